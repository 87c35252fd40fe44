"""Enclosures over boxes on their own scale: ranges, mean-value forms, Krawczyk's operator, boxes that hold one zero.

A box is c + W t with t in [-1, 1]^n and W its half widths; the equations are divided by the size of their slopes. So
nothing here depends on the units of coordinates or equations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from symdyn.algebra.programs.steps import StraightLine
from symdyn.numerics.intervals.interval import Interval, add, constant, multiply, subtract
from symdyn.numerics.intervals.interval_program import enclosed

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# A bound counts as passed only if it is by this part of the width: another rounding must not change the answer. Where
# an inverse in floats takes part, its condition multiplies the rounding.
MARGIN = 1e-9
_MARGIN_OF_INVERSE = 1e-7
_LARGEST_CONDITION = 1e7
# halvings of the region: some that isolate every zero which can be told from a degenerate one
_FINE = (40, 32, 26, 20)


class Forms:
    """A program over boxes (n, B).

    Parameters
    ----------
    program
        Of functions of n unknowns.
    low, high
        Ends of the boxes.
    rows, columns
        Which functions and which unknowns: all, or as many of the one as of the other.
    """

    def __init__(
        self,
        program: StraightLine,
        low: Floats,
        high: Floats,
        rows: Sequence[int] | None = None,
        columns: Sequence[int] | None = None,
    ) -> None:
        n = len(low)
        self.program, self.low, self.high = program, low, high
        self.rows = list(range(n)) if rows is None else list(rows)
        self.columns = list(range(n)) if columns is None else list(columns)
        found = enclosed(program, low, high)
        self.undefined: Bools = found.undefined
        self.range = [found.values[i] for i in self.rows]
        with np.errstate(all="ignore"):
            self.center = (low + high) / 2
            self.half = [_half_width(low[j], high[j], self.center[j]) for j in self.columns]
            # derivatives by t
            self.slope = [
                [
                    multiply((found.slopes[i][0][j], found.slopes[i][1][j]), (half, half))
                    for j, half in zip(self.columns, self.half, strict=True)
                ]
                for i in self.rows
            ]

    @cached_property
    def value(self) -> list[Interval]:
        """Values at the centers; where unknowns are fixed, over what they are fixed to."""
        low, high = self.low.copy(), self.high.copy()
        low[self.columns] = high[self.columns] = self.center[self.columns]
        found = enclosed(self.program, low, high, with_slopes=False).values
        return [found[i] for i in self.rows]

    @cached_property
    def _middle(self) -> Floats:
        """Midpoints of the slopes, each row divided by its size; shape (B, n, n)."""
        return np.asarray([[(low + high) / 2 for low, high in row] for row in self.slope]).transpose(2, 0, 1)

    @cached_property
    def _inverse(self) -> tuple[Floats, Bools]:
        """A float matrix for each box, and whether it is a good one."""
        with np.errstate(all="ignore"):
            middle = self._middle
            size = np.abs(middle).max(axis=2)
            usable = np.isfinite(middle).all(axis=(1, 2)) & (size > 0).all(axis=1)
            scaled = np.where(usable[:, None, None], middle / size[:, :, None], np.eye(len(self.rows)))
            usable &= np.abs(np.linalg.det(scaled)) > 1e-13
            scaled[~usable] = np.eye(len(self.rows))
            inverse = np.linalg.inv(scaled)
            usable &= np.abs(inverse).max(axis=(1, 2)) < _LARGEST_CONDITION
            inverse = np.where(usable[:, None, None], inverse / size[:, None, :], 0.0)
        return inverse, usable

    def by_range(self) -> Bools:
        """Which boxes have no zero because some function has none, by its range."""
        return np.any([misses_zero(x) for x in self.range], axis=0)

    def by_mean_value(self) -> Bools:
        """The same by values at the centers and slopes."""
        with np.errstate(all="ignore"):
            found = [misses_zero(_spread(x, row)) for x, row in zip(self.value, self.slope, strict=True)]
        return np.any(found, axis=0)

    @cached_property
    def _turned(self) -> tuple[list[Interval], list[list[Interval]]]:
        """C f(c) and C f' for the matrix C of each box."""
        inverse, _ = self._inverse
        size = range(len(self.rows))
        with np.errstate(all="ignore"):
            weights = [[(inverse[:, i, k], inverse[:, i, k]) for k in size] for i in size]
            steps = [_combined(weight, self.value) for weight in weights]
            entries = [[_combined(weight, [row[j] for row in self.slope]) for j in size] for weight in weights]
        return steps, entries

    def by_inverse(self) -> Bools:
        """The same after multiplication by an inverse in floats."""
        steps, entries = self._turned
        _, usable = self._inverse
        with np.errstate(all="ignore"):
            pairs = zip(steps, entries, strict=True)
            found = [misses_zero(_spread(step, row), _MARGIN_OF_INVERSE) for step, row in pairs]
        return np.any(found, axis=0) & usable

    @cached_property
    def image(self) -> Interval:
        """Ends of t in the image of Krawczyk's operator, shape (n, B), which holds all zeros of the box."""
        steps, entries = self._turned
        ends = []
        with np.errstate(all="ignore"):
            for i, row in enumerate(entries):
                one = [subtract(constant(steps[i][0], int(i == j)), entry) for j, entry in enumerate(row)]
                ends.append(_spread((-steps[i][1], -steps[i][0]), one))
        return np.asarray([low for low, _ in ends]), np.asarray([high for _, high in ends])

    def holds_one(self) -> Bools:
        """Boxes in which Krawczyk's test finds exactly one zero."""
        low, high = self.image
        below, above = self._ends
        _, usable = self._inverse
        inside = (low > -1 + _MARGIN_OF_INVERSE) & (high < 1 - _MARGIN_OF_INVERSE)
        inside &= (below > self.low[self.columns]) & (above < self.high[self.columns])
        return np.asarray(inside.all(axis=0) & usable)

    @cached_property
    def _ends(self) -> Interval:
        """The image in the unknowns."""
        low, high = self.image
        half, center = np.asarray(self.half), self.center[self.columns]
        with np.errstate(all="ignore"):
            below = add((center, center), multiply((low, low), (half, half)))[0]
            above = add((center, center), multiply((high, high), (half, half)))[1]
        return below, above

    def image_ends(self) -> Interval:
        """The image in the unknowns, cut to the box."""
        below, above = self._ends
        # nan bounds nothing
        return np.fmax(below, self.low[self.columns]), np.fmin(above, self.high[self.columns])

    def best_side(self, shares: Floats) -> Any:
        """Along which unknown each box is best halved: where the functions change most, and no side is left behind.

        Parameters
        ----------
        shares
            Sides as parts of those of the whole region, shape (n, B).
        """
        with np.errstate(all="ignore"):
            size = np.asarray([[np.maximum(np.abs(low), np.abs(high)) for low, high in row] for row in self.slope])
            change = (size / np.maximum(size.max(axis=1, keepdims=True), 1e-300)).sum(axis=0)
        change = np.where(np.isfinite(change).all(axis=0), change, shares)
        return np.where(shares >= shares.max(axis=0) / 32, change, -1.0).argmax(axis=0)


def _half_width(low: Floats, high: Floats, center: Floats) -> Floats:
    """At least the distance of the center to the ends."""
    return np.maximum(subtract((high, high), (center, center))[1], subtract((center, center), (low, low))[1])


def _spread(value: Interval, slopes: Sequence[Interval]) -> Interval:
    """value + the sum of slopes times [-1, 1]."""
    for low, high in slopes:
        size = np.maximum(np.abs(low), np.abs(high))
        value = add(value, (-size, size))
    return value


def _combined(weights: Sequence[Interval], parts: Sequence[Interval]) -> Interval:
    total = multiply(weights[0], parts[0])
    for weight, part in zip(weights[1:], parts[1:], strict=True):
        total = add(total, multiply(weight, part))
    return total


def misses_zero(x: Interval, margin: float = MARGIN) -> Bools:
    """Where an interval stays away from 0 by a part of its width."""
    with np.errstate(all="ignore"):
        slack = margin * (x[1] - x[0])
        return np.asarray((x[0] > slack) | (x[1] < -slack))


@dataclass(frozen=True)
class UniqueBoxes:
    """Boxes that hold exactly one zero each: centers and half widths, shapes (n, K)."""

    centers: Floats
    radii: Floats

    @property
    def number(self) -> int:
        """How many."""
        return self.centers.shape[1]

    def hold(self, low: Floats, high: Floats) -> Bools:
        """Which boxes (n, B) lie well inside one of them."""
        inside = np.zeros(low.shape[1], dtype=bool)
        for center, radius in zip(self.centers.T[:, :, None], 0.999 * self.radii.T[:, :, None], strict=True):
            inside |= np.all((low >= center - radius) & (high <= center + radius), axis=0)
        return inside

    def with_zeros(self, program: StraightLine, points: Floats, widths: Floats) -> UniqueBoxes:
        """Also boxes around those of the points (n, K) that approximate other simple zeros.

        Parameters
        ----------
        program
            The functions.
        points
            Approximate zeros.
        widths
            Sides of the region, shape (n,): the largest boxes that are tried.
        """
        radii = np.zeros(points.shape)
        rest = np.arange(points.shape[1])
        for k in (*_FINE, *range(1, min(_FINE))):
            if k == 1:  # only those that are isolated by a small box, each in the largest one that serves
                rest = np.flatnonzero(radii[0] > 0)
            if not len(rest):
                continue
            radius = np.repeat((widths * 2.0**-k)[:, None], len(rest), axis=1)
            middle = points[:, rest]
            good = Forms(program, middle - radius, middle + radius).holds_one()
            radii[:, rest[good]] = radius[:, good]
            rest = rest[~good]
        result = self
        for place in np.flatnonzero(radii[0] > 0).tolist():
            point = points[:, [place]]
            if not result.hold(point, point)[0]:
                result = UniqueBoxes(np.hstack([result.centers, point]), np.hstack([result.radii, radii[:, [place]]]))
        return result
