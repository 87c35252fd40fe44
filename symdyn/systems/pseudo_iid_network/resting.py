"""The correlation below 1 that attracts in the chaotic phase, enclosed, and the depth scale there."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import sympy as sp

from symdyn.numerics.enclosed_number import Enclosure, from_ball
from symdyn.systems.pseudo_iid_network.activation import Activation, X
from symdyn.systems.pseudo_iid_network.layer_means import pair_ball, pair_floats
from symdyn.systems.pseudo_iid_network.mean_balls import exact_enclosure
from symdyn.systems.pseudo_iid_network.numbers import arb

_PAIR_DIGITS = 13


def correlation_scale(phi: Activation, q: flint.arb, chi: flint.arb, w: Fraction, b: Fraction) -> Enclosure | None:
    """-1/ln C' at the attracting correlation; None where that is not decided."""
    if chi > 0 and chi < 1:
        return from_ball(-1 / chi.log())
    if not chi > 1:
        return None
    resting = below_one(phi, q, w, b)
    if resting is None:
        return None
    slope = resting[1]
    return from_ball(-1 / slope.log()) if slope > 0 and slope < 1 else None


def below_one(phi: Activation, q: flint.arb, w: Fraction, b: Fraction) -> tuple[Enclosure, flint.arb] | None:
    """The one fixed point of C in [0, 1) where chi_1 > 1, with C' there.

    C is a power series with coefficients from 0, so it is convex on [0, 1]: one change of sign is all there is.
    """

    def gap(c: flint.arb) -> flint.arb:
        return (arb(b) + arb(w) * pair_ball(phi, q, c, digits=_PAIR_DIGITS)) / q - c

    def slope(c: flint.arb) -> flint.arb:
        return arb(w) * pair_ball(phi, q, c, 1, digits=_PAIR_DIGITS)

    at_zero = gap(flint.arb(0))
    if b == 0 and is_odd(phi):
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


def is_odd(phi: Activation) -> bool:
    """Whether phi(-x) = -phi(x), as far as that is seen."""
    return bool(sp.expand(phi.formula.subs(X, -X) + phi.formula) == 0) or _mirrors(phi)


def _mirrors(phi: Activation) -> bool:
    """Whether the pieces on the left are minus those on the right, mirrored."""
    pieces = phi.pieces or ()
    return all(
        (low, high) == (-other_high, -other_low) and sp.expand(f + other.subs(X, -X)) == 0
        for (low, high, f), (other_low, other_high, other) in zip(pieces, reversed(list(pieces)), strict=True)
    )
