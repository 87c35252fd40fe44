"""Which zero of an interval cover a state on circles is an image of."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.covers.model import group_of
from symdyn.certificate.witness.cover import CoverWitness, Dyadic, Matrix

_MOST_CIRCLES = 6


def orbit_of(cover: CoverWitness, state: Sequence[Fraction]) -> int | None:
    """The number of the equilibrium whose box of uniqueness holds an image of the state; None if none does.

    The boxes of different equilibria are disjoint, so that angles in floats tell them apart.
    """
    angles = [[_value(zero) for zero in box.center] for box in cover.zeros]
    radii = [_value(box.radius) for box in cover.zeros]
    size = len(cover.circles)
    orders = list(itertools.permutations(range(size))) if cover.is_exchangeable else [tuple(range(size))]
    if size > _MOST_CIRCLES or len(state) != 2 * size:
        return None
    for matrix in group_of(cover):
        image = _image(matrix, state)
        turned = [math.atan2(float(image[j]), float(image[i])) for i, j in cover.circles]
        tick()
        for order in orders:
            for box, radius, center in zip(cover.zeros, radii, angles, strict=True):
                gaps = (abs(math.remainder(turned[k] - c, 2 * math.pi)) for k, c in zip(order, center, strict=True))
                if max(gaps) <= radius:
                    return box.of
    return None


def _image(matrix: Matrix, state: Sequence[Fraction]) -> list[Fraction]:
    return [sum((x * y for x, y in zip(row, state, strict=True) if x), Fraction(0)) for row in matrix]



def _value(pair: Dyadic) -> float:
    return pair[0] * 2.0 ** pair[1]
