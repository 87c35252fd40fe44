"""One mode of a balanced product of h layers: u' = h u^(2 - 2/h) (sigma - u), for u = w_h ... w_1 with all |w_k| equal.

Time is dimensionless. The formulas are derived.
"""

from __future__ import annotations

import math
from typing import Any

import sympy as sp
from scipy.integrate import quad

from symdyn.algebra.formulas.symbols import checked_expression
from symdyn.errors import ModelError


def mode_velocity(depth: int, sigma: Any, u: Any) -> sp.Expr:
    """du/dt = h u^(2 - 2/h) (sigma - u) of an aligned balanced mode (derived)."""
    return depth * u ** (2 - sp.Rational(2, depth)) * (sigma - u)


def mode_path(sigma: Any, start: Any, time: Any) -> sp.Expr:
    """u(t) for two layers: sigma e^(2 sigma t) / (e^(2 sigma t) - 1 + sigma/u0), as a formula (derived)."""
    growth = sp.exp(2 * sigma * time)
    return sigma * growth / (growth - 1 + sigma / start)


def half_time(sigma: Any, start: Any) -> sp.Expr:
    """Time at which a mode of two layers has learnt half: ln((sigma - u0)/u0) / (2 sigma), as a formula (derived)."""
    return sp.log((sigma - start) / start) / (2 * sigma)


def mode_time(depth: int, sigma: float, start: float, end: float) -> float:
    """Time from u = start to u = end, both between 0 and sigma, for any depth; numerical quadrature.

    With u = w^h it is the integral of dw / (w^(h-1) (sigma - w^h)).

    Raises
    ------
    ModelError
        If the ends are not in order between 0 and sigma.
    """
    if not 0 < start <= end < sigma:
        raise ModelError(f"a mode goes from u0 to u with 0 < u0 <= u < sigma: got {start}, {end} and sigma = {sigma}")
    # in log w the integrand varies slowly near 0, where most of the time is spent
    value, _ = quad(
        lambda x: math.exp((2 - depth) * x) / (sigma - math.exp(depth * x)),
        math.log(start) / depth,
        math.log(end) / depth,
        epsabs=0.0,
        epsrel=1e-11,
        limit=500,
    )
    return float(value)


def escape_time(depth: int, sigma: Any, start: Any) -> sp.Expr:
    """Leading time to leave u = 0 from a small u0 > 0: u0^-(1 - 2/h) / ((h - 2) sigma) for h >= 3 (derived).

    For h = 2 it is the half-time.
    """
    if depth == 2:
        return half_time(sigma, start)
    return checked_expression(start, "the start") ** (sp.Rational(2, depth) - 1) / ((depth - 2) * sigma)
