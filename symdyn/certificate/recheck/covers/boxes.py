"""Enclosures over boxes of angles: ranges, mean-value forms, and Krawczyk's operator, whose image holds all zeros."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symdyn.certificate.recheck.covers.jets import on_circles, run
from symdyn.certificate.recheck.covers.model import CoverModel
from symdyn.certificate.recheck.covers.outward import Floats, Interval, less, outward, times
from symdyn.certificate.refutation import need
from symdyn.certificate.witness.covers.cover import Dyadic, UniqueBox


class Forms:
    """The functions N over boxes of shape (n, B), and at their centers."""

    def __init__(self, model: CoverModel, low: Floats, high: Floats, *, slopes: bool = True) -> None:
        self.size = model.size
        outputs = list(range(model.size))
        jets = run(model.speeds, on_circles(model.circles, low, high, slopes=slopes), outputs)
        self.range = [jet.value() for jet in jets]
        if not slopes:
            return
        self.center = (low + high) / 2
        self.slope = [[(jet.low[1 + j], jet.high[1 + j]) for j in outputs] for jet in jets]
        points = on_circles(model.circles, self.center, self.center, slopes=False)
        self.value = [jet.value() for jet in run(model.speeds, points, outputs)]
        self.offset = [less((low[j], high[j]), (self.center[j], self.center[j])) for j in outputs]
        self.inverse = _inverse(np.asarray([[(a + b) / 2 for a, b in row] for row in self.slope]))

    def by_range(self) -> Any:
        """Which boxes have no zero because some function has none, by its range."""
        return np.any([_misses(x) for x in self.range], axis=0)

    def by_mean_value(self) -> Any:
        """The same by its value at the center and the range of its slopes."""
        return np.any([_misses(self._spread(x, row)) for x, row in zip(self.value, self.slope, strict=True)], axis=0)

    def by_inverse(self) -> Any:
        """The same after multiplication by a float matrix."""
        steps, turned = self._turned()
        return np.any([_misses(self._spread(x, row)) for x, row in zip(steps, turned, strict=True)], axis=0)

    def image(self) -> Interval:
        """Ends of c - C N(c) + (1 - C N') (box - c), shapes (n, B)."""
        steps, turned = self._turned()
        ends = []
        for i in range(self.size):
            one = np.ones_like(self.center[0])
            rest = [less((one * (i == j), one * (i == j)), turned[i][j]) for j in range(self.size)]
            ends.append(self._spread(less((self.center[i], self.center[i]), steps[i]), rest))
        low, high = zip(*ends, strict=True)
        return np.asarray(low), np.asarray(high)

    def _turned(self) -> tuple[list[Interval], list[list[Interval]]]:
        """C N(c) and C N'."""
        rows = [[(c, c) for c in row] for row in self.inverse]
        columns = list(zip(*self.slope, strict=True))
        return [_dot(row, self.value) for row in rows], [[_dot(row, column) for column in columns] for row in rows]

    def _spread(self, value: Interval, slopes: list[Interval]) -> Interval:
        low, high = _dot(slopes, self.offset)
        return outward(value[0] + low, value[1] + high)


def _dot(left: Any, right: Any) -> Interval:
    low, high = times(left[0], right[0])
    for x, y in zip(left[1:], right[1:], strict=True):
        more = times(x, y)
        low, high = outward(low + more[0], high + more[1])
    return low, high


def _misses(x: Interval) -> Any:
    return (x[0] > 0) | (x[1] < 0)


def _inverse(slopes: Floats) -> Floats:
    """Approximate inverses of (n, n, B) matrices; the identity where there is none. Any matrix would be sound."""
    matrices = slopes.transpose(2, 0, 1).copy()
    good = np.isfinite(matrices).all(axis=(1, 2))
    matrices[~good] = np.eye(len(slopes))
    bad = ~(np.abs(np.linalg.det(matrices)) > 1e-300)
    matrices[bad] = np.eye(len(slopes))
    return np.asarray(np.linalg.inv(matrices).transpose(1, 2, 0), dtype=np.float64)


@dataclass(frozen=True)
class Unique:
    """Boxes that hold exactly one zero each: ends (n, K), a tight enclosure of the zero, and the label of its orbit."""

    low: Floats
    high: Floats
    tight: Interval
    of: list[int]

    @property
    def number(self) -> int:
        """How many."""
        return len(self.of)

    def hold(self, low: Floats, high: Floats) -> Any:
        """Which boxes of shape (n, B) lie in one of them."""
        inside = np.zeros(low.shape[1], dtype=bool)
        for k in range(self.number):
            inside |= np.all((low >= self.low[:, [k]]) & (high <= self.high[:, [k]]), axis=0)
        return inside


def unique_boxes(model: CoverModel, stored: Sequence[UniqueBox]) -> Unique:
    """Repeat Krawczyk's test on every stored box, and draw the enclosures of the zeros together."""
    centers, radii, labels = [], [], []
    for number, zero in enumerate(stored):
        place = f"witness.zeros[{number}]"
        center = [_float(x, place) for x in zero.center]
        need(len(center) == model.size, place, f"has not {model.size} angles")
        centers.append(center)
        radii.append(_float(zero.radius, place))
        need(0 < radii[-1] < 1, place, "has no radius between 0 and 1")
        labels.append(zero.of)
    middle = np.asarray(centers, dtype=float).reshape(len(centers), model.size).T
    low, high = outward(middle - np.asarray(radii), middle + np.asarray(radii))
    tight = low, high
    for repeat in range(10):
        below, above = Forms(model, *tight).image() if labels else tight
        if repeat == 0:
            failed = np.flatnonzero(~np.all((below > low) & (above < high), axis=0))
            need(not len(failed), f"witness.zeros{failed[:1]}", "Krawczyk's test does not find exactly one zero there")
        tight = np.fmax(tight[0], below), np.fmin(tight[1], above)  # nan bounds nothing
    return Unique(low, high, tight, labels)


def _float(pair: Dyadic, place: str) -> float:
    mantissa, exponent = pair
    need(abs(mantissa) <= 2**53 and abs(exponent) < 200, place, "has a number that is no float")
    return mantissa * 2.0**exponent
