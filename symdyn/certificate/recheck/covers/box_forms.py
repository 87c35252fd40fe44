"""Enclosures over boxes of any unknowns, on their own scale: x = c + w t with t in [-1, 1]^n and w the half widths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symdyn.certificate.recheck.covers.jets import run
from symdyn.certificate.recheck.covers.outward import Floats, Interval, Jet, less, outward, times
from symdyn.certificate.witness.program import Program


def ranges(program: Program, low: Floats, high: Floats, gaps: Any = None) -> list[Interval]:
    """Enclosures of all outputs over boxes (n, B)."""
    inputs = [Jet(low[[k]], high[[k]]) for k in range(len(low))]
    return [jet.value() for jet in run(program, inputs, list(range(len(program.outputs))), gaps)]


def misses(x: Interval) -> Any:
    """Where an interval has no zero."""
    return (x[0] > 0) | (x[1] < 0)


class BoxForms:
    """Some outputs of a program as functions of some of its inputs, as many, over boxes (n, B)."""

    def __init__(
        self, program: Program, low: Floats, high: Floats, rows: Sequence[int], columns: Sequence[int]
    ) -> None:
        self.low, self.high, self.columns = low, high, list(columns)
        size, batch = len(self.columns), low.shape[1]
        center = (low + high) / 2
        self.center = center[self.columns]
        inputs, points = [], []
        for k in range(len(low)):
            bottom, top = np.zeros((1 + size, batch)), np.zeros((1 + size, batch))
            bottom[0], top[0] = low[k], high[k]
            ends = [low[[k]], high[[k]]]
            if k in self.columns:
                bottom[1 + self.columns.index(k)] = top[1 + self.columns.index(k)] = 1.0
                ends = [center[[k]], center[[k]]]
            inputs.append(Jet(bottom, top))
            points.append(Jet(*ends))
        with np.errstate(all="ignore"):
            ends_of = [less((high[k], high[k]), (center[k], center[k]))[1] for k in self.columns]
            starts_of = [less((center[k], center[k]), (low[k], low[k]))[1] for k in self.columns]
            self.half = np.maximum(np.asarray(ends_of), np.asarray(starts_of))
            self.value = [jet.value() for jet in run(program, points, list(rows))]
            jets = run(program, inputs, list(rows))
            self.slope = [
                [times((jet.low[1 + j], jet.high[1 + j]), (self.half[j], self.half[j])) for j in range(size)]
                for jet in jets
            ]
            self.inverse = _inverse(np.asarray([[(a + b) / 2 for a, b in row] for row in self.slope]))

    def by_mean_value(self) -> Any:
        """Which boxes have no zero by values at the centers and slopes."""
        with np.errstate(all="ignore"):
            return np.any([misses(_spread(x, row)) for x, row in zip(self.value, self.slope, strict=True)], axis=0)

    def by_inverse(self) -> Any:
        """The same after multiplication by a float matrix."""
        with np.errstate(all="ignore"):
            steps, turned = self._turned()
            return np.any([misses(_spread(x, row)) for x, row in zip(steps, turned, strict=True)], axis=0)

    def image(self) -> Interval:
        """Ends of t in the image of Krawczyk's operator, shape (n, B), which holds all zeros of the box."""
        with np.errstate(all="ignore"):
            steps, turned = self._turned()
            ends = []
            for i, row in enumerate(turned):
                one = np.ones_like(self.center[0])
                rest = [less((one * (i == j), one * (i == j)), entry) for j, entry in enumerate(row)]
                ends.append(_spread((-steps[i][1], -steps[i][0]), rest))
        return np.asarray([low for low, _ in ends]), np.asarray([high for _, high in ends])

    def holds_one(self) -> Any:
        """In which boxes Krawczyk's test finds exactly one zero."""
        below, above = self._ends()
        low, high = self.low[self.columns], self.high[self.columns]
        return ((below > low) & (above < high)).all(axis=0)

    def image_ends(self) -> tuple[Interval, Any]:
        """The image in the unknowns, cut to the box, and where it is bounded."""
        below, above = self._ends()
        finite = np.isfinite(below + above).all(axis=0)
        return (np.fmax(below, self.low[self.columns]), np.fmin(above, self.high[self.columns])), finite

    def _ends(self) -> Interval:
        """The image in the unknowns."""
        low, high = self.image()
        with np.errstate(all="ignore"):
            below, above = times((low, low), (self.half, self.half))[0], times((high, high), (self.half, self.half))[1]
            return outward(self.center + below, self.center + above)

    def _turned(self) -> tuple[list[Interval], list[list[Interval]]]:
        rows = [[(c, c) for c in row] for row in self.inverse]
        columns = list(zip(*self.slope, strict=True))
        return [_dot(row, self.value) for row in rows], [[_dot(row, column) for column in columns] for row in rows]


def _dot(left: Any, right: Any) -> Interval:
    low, high = times(left[0], right[0])
    for x, y in zip(left[1:], right[1:], strict=True):
        more = times(x, y)
        low, high = outward(low + more[0], high + more[1])
    return low, high


def _spread(value: Interval, slopes: Sequence[Interval]) -> Interval:
    """value + the sum of slopes times [-1, 1]."""
    for low, high in slopes:
        size = np.maximum(np.abs(low), np.abs(high))
        value = outward(value[0] - size, value[1] + size)
    return value


def _inverse(slopes: Floats) -> Floats:
    """Approximate inverses of (n, n, B) matrices, rows scaled first; 0 where there is none. Any matrix is sound."""
    matrices = slopes.transpose(2, 0, 1)
    size = np.abs(matrices).max(axis=2)
    good = np.isfinite(matrices).all(axis=(1, 2)) & (size > 0).all(axis=1)
    scaled = np.where(good[:, None, None], matrices / size[:, :, None], np.eye(len(slopes)))
    good &= np.abs(np.linalg.det(scaled)) > 1e-14
    scaled[~good] = np.eye(len(slopes))
    inverse = np.where(good[:, None, None], np.linalg.inv(scaled) / size[:, None, :], 0.0)
    return np.asarray(inverse.transpose(1, 2, 0), dtype=np.float64)
