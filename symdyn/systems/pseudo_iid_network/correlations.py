"""Fixed points of the correlation map, all of them: a convex power series has at most two in [0, 1]."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import sympy as sp

from symdyn.numerics.enclosed_number import Enclosure, from_ball
from symdyn.numerics.integrals import ball
from symdyn.numerics.scalar_maps import FixedPoint, FixedPoints
from symdyn.systems.pseudo_iid_network.activation import Q, read_activation
from symdyn.systems.pseudo_iid_network.fixed_points import resting_variance
from symdyn.systems.pseudo_iid_network.mean_balls import exact_enclosure, mean_ball
from symdyn.systems.pseudo_iid_network.numbers import arb, nonnegative, rational
from symdyn.systems.pseudo_iid_network.resting import below_one, is_odd


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
    if activation.closed(0) == Q and is_odd(activation) and b == 0 and w == 1:
        return FixedPoints((), between, family=True)
    chi = arb(w) * mean_ball(activation, place, 1)
    closed = activation.closed(1)
    edge = closed is not None and isinstance(at, sp.Expr) and sp.simplify(sp.Rational(w) * closed.subs(Q, at) - 1) == 0
    top = FixedPoint(exact_enclosure(Fraction(1)), from_ball(chi), "attracting" if edge or chi < 1 else _stability(chi))
    if edge:  # C(c) > c below 1, since C is convex and no straight line
        top = FixedPoint(exact_enclosure(Fraction(1)), exact_enclosure(Fraction(1)), "attracting")
    if edge or chi < 1:
        return FixedPoints((top,), between)
    resting = below_one(activation, place, w, b) if chi > 1 else None
    if resting is None:
        return FixedPoints((top,), between, undecided=(Enclosure(Fraction(0), Fraction(1)),))
    lower = FixedPoint(resting[0], from_ball(resting[1]), _stability(resting[1]))
    if b == 0 and is_odd(activation):
        mirrored = FixedPoint(exact_enclosure(Fraction(-1)), from_ball(chi), _stability(chi))
        return FixedPoints((mirrored, lower, top), between)
    return FixedPoints((lower, top), between)


def _stability(multiplier: flint.arb) -> str:
    return "attracting" if abs(multiplier) < 1 else "repelling" if abs(multiplier) > 1 else "undecided"

