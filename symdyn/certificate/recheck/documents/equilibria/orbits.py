"""Which zero of an interval cover a state on circles is, or is an image of."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.covers.jets import run
from symdyn.certificate.recheck.covers.model import group_of
from symdyn.certificate.recheck.covers.outward import Jet
from symdyn.certificate.witness.covers.cover import CoverWitness, Dyadic, Matrix, UniqueBox
from symdyn.certificate.witness.covers.orbit_cover import OrbitCoverWitness

_MOST_CIRCLES = 6
# a written float differs from a zero by its rounding, relative to the slopes of the field
_VANISHES = 1e-11


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


def is_in_slice(cover: OrbitCoverWitness, state: Sequence[float]) -> bool:
    """Whether a state is an equilibrium in the slice, as far as floats tell: in a box, and the field is small."""
    if any(abs(state[cover.circles[k][side]] - (1 - side)) > _VANISHES for k in cover.pivots for side in (0, 1)):
        return False
    if any(abs(math.hypot(state[i], state[j]) - 1) > _VANISHES for i, j in cover.circles):
        return False
    angles = [math.atan2(state[j], state[i]) for i, j in (cover.circles[k] for k in cover.others)]
    tick()
    if not any(zero.of >= 0 and _holds(zero, angles) for zero in cover.zeros):
        return False
    rows = np.vstack([np.asarray(state, dtype=float), np.eye(len(state))]).T[:, :, None]
    jets = run(cover.program, [Jet(row, row) for row in rows], list(range(len(state))))
    ends = np.asarray([[np.abs(jet.low).max(axis=1), np.abs(jet.high).max(axis=1)] for jet in jets]).max(axis=1)
    return bool(np.isfinite(ends).all() and ends[:, 0].max() <= _VANISHES * max(1.0, float(ends[:, 1:].max())))


def _holds(zero: UniqueBox, angles: Sequence[float]) -> bool:
    gaps = (abs(math.remainder(a - _value(c), 2 * math.pi)) for a, c in zip(angles, zero.center, strict=True))
    return max(gaps) <= _value(zero.radius)


def _image(matrix: Matrix, state: Sequence[Fraction]) -> list[Fraction]:
    return [sum((x * y for x, y in zip(row, state, strict=True) if x), Fraction(0)) for row in matrix]


def _value(pair: Dyadic) -> float:
    return pair[0] * 2.0 ** pair[1]
