"""Two atoms of unbalanced masses, where the constant grows exponentially in the radius; two tokens r and -r."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdyn.errors import ModelError, came
from symdyn.systems.attention_lipschitz.constants import local_lipschitz, weighted_jacobian
from symdyn.systems.attention_lipschitz.given import exact_number, is_exact, real_number


@dataclass(frozen=True, kw_only=True)
class TwoDiracs:
    """Two atoms in dimension one with unbalanced masses.

    Parameters
    ----------
    mass
        Of the light atom.
    constant
        Of W_2 (order 2) or W_1 (order 1) at this measure, without splitting; an Enclosure for exact numbers.
    lower_bound, upper_bound
        What the closed forms give: the upper one is the mean-field bound.
    places
        Of the light and the heavy atom.
    """

    mass: Any
    constant: Any
    lower_bound: Any
    upper_bound: Any
    places: tuple[Any, Any]


def two_diracs(score: Any, radius: Any, *, value: Any = 1, order: int = 2) -> TwoDiracs:
    """Two atoms whose constant grows exponentially in the radius (derived).

    g < 0: a light atom at -R of mass 1/(1 + e^(2 |g| R^2)), the other at R. With T = 2 |g| R^2 the constant of W_2 is
    at least |V|/2 (1 + T/2) e^(T/2), that of W_1 at least |V|/2 (1 + T/2) e^T, whose exponent is that of the upper
    bound. g >= 0: a light atom at R, the other at R/2, the same with T = g R^2/4.

    Parameters
    ----------
    score
        g; SymPy formulas give formulas, with a symbol of known sign.
    radius
        R, above 0.
    value
        V, a number.
    order
        2 or 1.

    Examples
    --------
    >>> found = two_diracs(-1.0, 1.0)
    >>> round(found.constant, 8), round(two_diracs(-1.0, 1.0, order=1).constant, 8)
    (2.90421547, 7.47704613)
    """
    if order not in (1, 2) or isinstance(order, bool):
        raise ModelError(f"the order is {order!r}: give 1 or 2")
    exact = any(map(is_exact, (score, radius, value)))
    if exact:
        g, R, v = (exact_number(one) for one in (score, radius, value))
        if not (g.is_negative or g.is_nonnegative) or not R.is_positive:
            raise ModelError(f"the sign of {came(g)} or of {came(R)} is not known: give symbols with their signs")
        negative, absolute, exponential = bool(g.is_negative), sp.Abs, sp.exp
    else:
        R = real_number(radius, "the radius", least=0)
        g, v = (real_number(one, name) for one, name in ((score, "the score"), (value, "the value")))
        negative, absolute, exponential = g < 0, abs, _exponential
    growth = -2 * g * R**2 if negative else g * R**2 / 4
    mass = 1 / (1 + exponential(growth))
    places = (-R, R) if negative else (R, R / 2)
    size = absolute(v)
    lower = size / 2 * (1 + growth / 2) * exponential(growth / order)
    t = absolute(g) * R**2
    upper = size * (t + (1 + 2 * t) * exponential(2 * t))
    constant = _of_diracs(g, v, places, mass, order, exact)
    return TwoDiracs(mass=mass, constant=constant, lower_bound=lower, upper_bound=upper, places=places)


def _of_diracs(g: Any, v: Any, places: Any, mass: Any, order: int, exact: bool) -> Any:
    rows = [[places[0]], [places[1]]]
    if exact and (g.free_symbols or v.free_symbols or places[0].free_symbols):
        J = weighted_jacobian(rows, [[g]], [[v]], weights=[mass, 1 - mass])
        if order == 1:
            ratio = sp.sqrt(mass / (1 - mass))
            first, second = abs(J[0, 0]) + abs(J[1, 0]) / ratio, abs(J[0, 1]) * ratio + abs(J[1, 1])
            return sp.Max(first, second)
        square, cross = sum(x**2 for x in J), J[0, 0] * J[1, 1] - J[0, 1] * J[1, 0]
        return sp.sqrt((square + sp.sqrt(square**2 - 4 * cross**2)) / 2)
    if exact:
        return local_lipschitz(rows, [[g]], [[v]], weights=[mass, 1 - mass], order=order, method="certified")
    if mass < 1e-300:
        raise ModelError("the mass of the light atom is below what floats hold: give fractions, whose balls do")
    return local_lipschitz(rows, [[g]], [[v]], weights=[mass, 1 - mass], order=order).value


def _exponential(x: float) -> float:
    return math.exp(x) if x < 709 else math.inf


def two_symmetric_tokens(score: Any, radius: Any) -> tuple[sp.ImmutableMatrix, tuple[sp.Expr, sp.Expr]]:
    """The Jacobian at X = (r, -r), d = 1, V = 1, and its eigenvalues, in formulas (derived).

    With t = g r^2 and p = 1/(1 + e^(-2 t)): J_11 = J_22 = p + 6 p (1 - p) t, J_12 = J_21 = (1 - p)(1 - 2 p t),
    eigenvalues 1 + 4 p (1 - p) t of (1, 1) and 2 p - 1 + 8 p (1 - p) t of (1, -1).

    Examples
    --------
    >>> J, (even, odd) = two_symmetric_tokens(0, 1)
    >>> J, even, odd
    (Matrix([
    [1/2, 1/2],
    [1/2, 1/2]]), 1, 0)
    """
    g, r = (one if isinstance(one, sp.Expr) else exact_number(sp.nsimplify(one)) for one in (score, radius))
    t = g * r**2
    p = 1 / (1 + sp.exp(-2 * t))
    own, other = p + 6 * p * (1 - p) * t, (1 - p) * (1 - 2 * p * t)
    eigenvalues = (1 + 4 * p * (1 - p) * t, 2 * p - 1 + 8 * p * (1 - p) * t)
    return sp.ImmutableMatrix([[own, other], [other, own]]), eigenvalues
