"""How correlations of two inputs tend to 1 with depth: geometrically, or at the edge of chaos by a power law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flint
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.numerics.enclosed_number import Enclosure, from_ball
from symdyn.numerics.gaussian.balls import ball_mean
from symdyn.numerics.integrals import ball
from symdyn.systems.pseudo_iid_network.activation import Activation, Q, X, read_activation
from symdyn.systems.pseudo_iid_network.fixed_points import resting_variance
from symdyn.systems.pseudo_iid_network.mean_balls import mean_ball
from symdyn.systems.pseudo_iid_network.numbers import DIGITS, arb, nonnegative, positive

#: How far chi_1 may be from 1 for decimals that mean a point of the edge.
_MEANT = 1e-5


@dataclass(frozen=True, kw_only=True)
class Decay:
    """How 1 - c_l goes to 0.

    Parameters
    ----------
    kind
        "geometric", "power law", or "none" in the chaotic phase, where correlations leave 1.
    rate
        chi_1: the factor of a layer where the decay is geometric.
    exponent, coefficient
        1 - c_l ~ coefficient l^(-exponent) where it is a power law, else None.
    local_exponent, local_coefficient
        p and a of 1 - C(1 - e) = chi_1 e - a e^p: 2 for smooth phi, 3/2 where phi has kinks.
    verdict
        PROVED from formulas or enclosures; OBSERVED where decimals are taken to mean a point of the edge.
    """

    kind: str
    rate: Any
    exponent: Any
    coefficient: Any
    local_exponent: Any
    local_coefficient: Any
    verdict: Verdict


def correlation_decay(phi: Any, *, weight_variance: Any, bias_variance: Any, q: Any = None) -> Decay:
    """How correlations tend to 1: geometrically in the ordered phase, by a power law at the edge (derived).

    A smooth phi has C''(1) = sigma_w^2 q E phi''^2 and 1 - c_l ~ 2/(C''(1) l). Kinks at k where phi' jumps by J give
    1 - C(1 - e) = chi_1 e - a e^(3/2), a = sigma_w^2 sqrt(2)/(3 pi) sum J^2 exp(-k^2/(2 q)), and 1 - c_l ~ 4/(a l)^2.

    Parameters
    ----------
    phi
        As of `variance_map`.
    weight_variance, bias_variance
        Numbers from 0. Decimals within 1e-5 of the edge are taken to mean it, and then the answer is OBSERVED.
    q
        The variance, by default the attracting fixed point.

    Examples
    --------
    >>> correlation_decay("relu", weight_variance=2, bias_variance=0).coefficient
    9*pi**2/2
    """
    activation = read_activation(phi)
    w, b = nonnegative(weight_variance, "the weight variance"), nonnegative(bias_variance, "the bias variance")
    at = resting_variance(activation, w, b) if q is None else positive(q, "the variance q")
    place = arb(at) if isinstance(at, Enclosure) else ball(at)
    chi = ball(w) * mean_ball(activation, place, 1)
    closed = activation.closed(1)
    formula = None if closed is None or isinstance(at, Enclosure) else sp.simplify(w * closed.subs(Q, at))
    power, local = _local(activation, place, at, w)
    if formula == 1 or (not chi < 1 and not chi > 1) or abs(float(chi.mid()) - 1) < _MEANT:
        verdict = Verdict.PROVED if formula == 1 else Verdict.OBSERVED
        rate = sp.S.One if formula == 1 else _shown(chi)
        if local is None:
            return _decay("none", rate, power, local, verdict)  # a linear phi keeps correlations
        exponent = 1 / (power - 1)
        coefficient = 1 / local if power == 2 else 4 / local**2
        found = coefficient if isinstance(coefficient, sp.Expr) else _shown(coefficient)
        if isinstance(found, sp.Expr):
            found = sp.simplify(found)
        return _decay("power law", rate, power, local, verdict, exponent, found)
    rate = formula if formula is not None else _shown(chi)
    return _decay("geometric" if chi < 1 else "none", rate, power, local, Verdict.PROVED)


def _decay(
    kind: str, rate: Any, power: Any, local: Any, verdict: Verdict, exponent: Any = None, coefficient: Any = None
) -> Decay:
    shown = _shown(local) if isinstance(local, flint.arb) else local
    return Decay(
        kind=kind,
        rate=rate,
        exponent=exponent,
        coefficient=coefficient,
        local_exponent=power if local is not None else None,
        local_coefficient=shown,
        verdict=verdict,
    )


def _shown(value: flint.arb) -> Enclosure:
    return from_ball(value)


def _local(phi: Activation, place: flint.arb, at: Any, w: sp.Expr) -> tuple[sp.Rational, Any]:
    """p and a of 1 - C(1 - e) = chi_1 e - a e^p; a is exact where it can be, else a ball, None where it is 0."""
    if phi.kinks:
        jumps = _jumps(phi)
        if not isinstance(at, Enclosure) or all(k == 0 for k, _ in jumps):
            q = sp.S.One if isinstance(at, Enclosure) else at
            total = sum((jump**2 * sp.exp(-(k**2) / (2 * q)) for k, jump in jumps), sp.S.Zero)
            return sp.Rational(3, 2), sp.simplify(w * sp.sqrt(2) / (3 * sp.pi) * total)
        sizes = (ball(jump) ** 2 * (-(ball(k) ** 2) / (2 * place)).exp() for k, jump in jumps)
        return sp.Rational(3, 2), ball(w) * flint.arb(2).sqrt() / (3 * flint.arb.pi()) * sum(sizes, flint.arb(0))
    if all(f == 0 for _, _, f in phi.piecewise(2)):
        return sp.Integer(2), None
    bend = ball_mean(phi.squares(2), X, place, digits=DIGITS)
    return sp.Integer(2), ball(w) * place * bend / 2


def _jumps(phi: Activation) -> list[tuple[sp.Expr, sp.Expr]]:
    """Where phi' jumps, and by how much."""
    slopes = phi.piecewise(1)
    found = []
    for (_, _, left), (low, _, right) in zip(slopes, slopes[1:], strict=False):
        jump = sp.simplify((right - left).subs(X, low))
        if jump != 0:
            found.append((low, jump))
    return found
