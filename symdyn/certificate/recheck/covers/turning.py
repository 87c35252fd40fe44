"""Circles that turn alike and may be exchanged, one of them at angle 0: which states are looked at, and their orbits.

Any circle may be the one at angle 0. It is chosen so that the gap that ends there, in the order of the angles, is the
widest: angles do not fall, and 2 pi less the last one is at least every other gap.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.covers.boxes import Unique
from symdyn.certificate.recheck.covers.outward import Floats
from symdyn.certificate.refutation import need

_TURN = 6.283185307179586, 6.283185307179587  # 2 pi lies between
#: Ends of an angle.
Ends = tuple[float, float]


def leaves_another_gap(low: Floats, high: Floats) -> Any:
    """Which boxes of angles (n, B) hold no state whose last gap is the widest."""
    last = np.nextafter(_TURN[1] - low[-1], np.inf)
    gaps = np.concatenate([low[:1], np.nextafter(low[1:] - high[:-1], -np.inf)])
    return np.any(gaps > last, axis=0)


def check_turned_labels(zeros: Unique) -> int:
    """The number of labels; refutes unless boxes with equal ones hold states of one orbit, and others do not."""
    states = [[(0.0, 0.0), *_angles(zeros, k)] for k in range(zeros.number)]
    first: dict[int, int] = {}
    for number, label in enumerate(zeros.of):
        first.setdefault(label, number)
    for number, label in enumerate(zeros.of):
        same = number == first[label] or any(_lies_in(zeros, number, image) for image in _turned(states[first[label]]))
        need(same, f"witness.zeros[{number}].of", "is no image of the first of these")
    for (one, i), (other, j) in itertools.combinations(first.items(), 2):
        apart = not any(_may_agree(image, states[j]) for image in _turned(states[i]))
        need(apart, f"witness.zeros[{j}].of", f"the equilibria {one} and {other} are not told apart")
    return len(first)


def _angles(zeros: Unique, number: int) -> list[Ends]:
    return [(float(low), float(high)) for low, high in zip(*(end[:, number] for end in zeros.tight), strict=True)]


def _turned(state: Sequence[Ends]) -> Iterator[list[Ends]]:
    """The angles of all circles, with each in turn at 0, from a little below 0 to a little below 2 pi, in order."""
    for k, (below, above) in enumerate(state):
        tick()
        image: list[Ends] = [(0.0, 0.0)]
        for i, (low, high) in enumerate(state):
            if i != k:
                least, most = np.nextafter(low - above, -np.inf), np.nextafter(high - below, np.inf)
                turns = -np.floor((least + most) / 2 / _TURN[0] + 0.01)
                shift = sorted((turns * _TURN[0], turns * _TURN[1]))
                image.append(
                    (float(np.nextafter(least + shift[0], -np.inf)), float(np.nextafter(most + shift[1], np.inf)))
                )
        yield sorted(image, key=lambda ends: ends[0] + ends[1])


def _lies_in(zeros: Unique, number: int, image: Sequence[Ends]) -> bool:
    """Whether all circles but one that is at angle 0 lie in a box, in their order."""
    rest = list(image)
    rest.remove((0.0, 0.0))
    box = zip(zeros.low[:, number], zeros.high[:, number], strict=True)
    return all(low <= below and above <= high for (below, above), (low, high) in zip(rest, box, strict=True))


def _may_agree(one: Sequence[Ends], other: Sequence[Ends]) -> bool:
    """Whether circles of two states may be the same ones in some order."""
    table = [[_meet(x, y) for y in other] for x in one]
    taken: dict[int, int] = {}

    def placed(row: int, tried: set[int]) -> bool:
        for column, fits in enumerate(table[row]):
            if fits and column not in tried:
                tried.add(column)
                if column not in taken or placed(taken[column], tried):
                    taken[column] = row
                    return True
        return False

    return all(placed(row, set()) for row in range(len(table)))


def _meet(x: Ends, y: Ends) -> bool:
    """Whether two angles may be the same, up to a turn."""
    for turns in (-1, 0, 1):
        shift = sorted((turns * _TURN[0], turns * _TURN[1]))
        if x[0] + shift[0] <= y[1] + 1e-14 and y[0] <= x[1] + shift[1] + 1e-14:
            return True
    return False
