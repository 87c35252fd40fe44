"""Fixed points of the correlation map, all of them: a convex power series has at most two in [0, 1]."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.numerics.enclosed_number import Enclosure, from_ball
from symdyn.numerics.integrals import ball
from symdyn.numerics.scalar_maps import FixedPoint, FixedPoints
from symdyn.systems.pseudo_iid_network.activation import Activation, Q, X, read_activation
from symdyn.systems.pseudo_iid_network.maps import pair_ball, pair_floats, resting_variance
from symdyn.systems.pseudo_iid_network.mean_balls import exact_enclosure, mean_ball
from symdyn.systems.pseudo_iid_network.numbers import arb, nonnegative, rational

_PAIR_DIGITS = 13


def correlation_scale(phi: Activation, q: flint.arb, chi: flint.arb, w: Fraction, b: Fraction) -> Enclosure | None:
    """-1/ln C' at the attracting correlation; None where that is not decided."""
    if chi > 0 and chi < 1:
        return from_ball(-1 / chi.log())
    if not chi > 1:
        return None
    resting = _below_one(phi, q, w, b)
    if resting is None:
        return None
    slope = resting[1]
    return from_ball(-1 / slope.log()) if slope > 0 and slope < 1 else None


def _below_one(phi: Activation, q: flint.arb, w: Fraction, b: Fraction) -> tuple[Enclosure, flint.arb] | None:
    """The one fixed point of C in [0, 1) where chi_1 > 1, with C' there.

    C is a power series with coefficients from 0, so it is convex on [0, 1]: one change of sign is all there is.
    """

    def gap(c: flint.arb) -> flint.arb:
        return (arb(b) + arb(w) * pair_ball(phi, q, c, digits=_PAIR_DIGITS)) / q - c

    def slope(c: flint.arb) -> flint.arb:
        return arb(w) * pair_ball(phi, q, c, 1, digits=_PAIR_DIGITS)

    at_zero = gap(flint.arb(0))
    if b == 0 and _is_odd(phi):
        return exact_enclosure(Fraction(0)), slope(flint.arb(0))
    if not at_zero > 0:
        return None
    place = _in_floats(phi, float(q.mid()), float(w), float(b))
    if place is None:
        return None
    for width in (Fraction(1, 10**10), Fraction(1, 10**8), Fraction(1, 10**6)):
        low, high = Fraction(place) - width, Fraction(place) + width
        if low > 0 and high < 1 and gap(arb(low)) > 0 and gap(arb(high)) < 0:
            inside = Enclosure(low, high)
            return inside, slope(arb(low)).union(slope(arb(high)))  # C' rises
    return None


def _in_floats(phi: Activation, q: float, w: float, b: float) -> float | None:
    """By Newton's method from 0, which rises to the fixed point since C is convex."""
    c, at = 0.0, np.array(q)
    for _ in range(60):
        place = np.array(c)
        gap = (b + w * float(pair_floats(phi, at, at, place, 0))) / q - c
        slope = w * float(pair_floats(phi, at, at, place, 1)) - 1
        if not slope < 0:
            return c if abs(gap) < 1e-12 else None
        step = -gap / slope
        c = min(c + step, 1.0)
        if step < 1e-14:
            return c
    return None


def _is_odd(phi: Activation) -> bool:
    return bool(sp.expand(phi.formula.subs(X, -X) + phi.formula) == 0) or _mirrors(phi)


def _mirrors(phi: Activation) -> bool:
    """Whether the pieces on the left are minus those on the right, mirrored."""
    pieces = phi.pieces or ()
    return all(
        (low, high) == (-other_high, -other_low) and sp.expand(f + other.subs(X, -X)) == 0
        for (low, high, f), (other_low, other_high, other) in zip(pieces, reversed(list(pieces)), strict=True)
    )


def correlation_fixed_points(phi: Any, *, weight_variance: Any, bias_variance: Any, q: Any = None) -> FixedPoints:
    """All fixed points in [-1, 1] of the correlation map at a fixed point of the variance; c = 1 is the last of them.

    C(c) = (sigma_b^2 + sigma_w^2 sum_k a_k^2 c^k)/q is convex on [0, 1] and C(1) = 1, so chi_1 decides how many there
    are in [0, 1]; below 0 there are none but mirror images, which an odd phi has without bias (derived).

    Parameters
    ----------
    phi, weight_variance, bias_variance
        As of `variance_fixed_points`.
    q
        The variance, by default the attracting fixed point.

    Examples
    --------
    >>> found = correlation_fixed_points("tanh", weight_variance=2.5, bias_variance=0.05)
    >>> [round(float(one.value), 6) for one in found], [one.stability for one in found]
    ([0.446804, 1.0], ['attracting', 'repelling'])
    """
    activation = read_activation(phi)
    w, b = rational(weight_variance, "the weight variance"), rational(bias_variance, "the bias variance")
    at = resting_variance(activation, sp.Rational(w), sp.Rational(b)) if q is None else nonnegative(q, "the variance q")
    place = arb(at) if isinstance(at, Enclosure) else ball(at)
    between = Enclosure(Fraction(-1), Fraction(1))
    if activation.closed(0) == Q and _is_odd(activation) and b == 0 and w == 1:
        return FixedPoints((), between, family=True)
    chi = arb(w) * mean_ball(activation, place, 1)
    closed = activation.closed(1)
    edge = closed is not None and isinstance(at, sp.Expr) and sp.simplify(sp.Rational(w) * closed.subs(Q, at) - 1) == 0
    top = FixedPoint(exact_enclosure(Fraction(1)), from_ball(chi), "attracting" if edge or chi < 1 else _stability(chi))
    if edge:  # C(c) > c below 1, since C is convex and no straight line
        top = FixedPoint(exact_enclosure(Fraction(1)), exact_enclosure(Fraction(1)), "attracting")
    if edge or chi < 1:
        return FixedPoints((top,), between)
    resting = _below_one(activation, place, w, b) if chi > 1 else None
    if resting is None:
        return FixedPoints((top,), between, undecided=(Enclosure(Fraction(0), Fraction(1)),))
    lower = FixedPoint(resting[0], from_ball(resting[1]), _stability(resting[1]))
    if b == 0 and _is_odd(activation):
        mirrored = FixedPoint(exact_enclosure(Fraction(-1)), from_ball(chi), _stability(chi))
        return FixedPoints((mirrored, lower, top), between)
    return FixedPoints((lower, top), between)


def _stability(multiplier: flint.arb) -> str:
    return "attracting" if abs(multiplier) < 1 else "repelling" if abs(multiplier) > 1 else "undecided"

