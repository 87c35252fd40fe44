"""Enclosures of angular speeds over boxes: mean-value forms, Krawczyk's operator, boxes that hold exactly one zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from symdyn.equilibrium.cover.angular import AngularSpeeds
from symdyn.numerics.intervals.interval import Interval, add, constant, multiply, subtract

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_RADII = (0.25, 0.125, 0.0625, 0.03125, 2.0**-7, 2.0**-9, 2.0**-12)
# A bound counts as passed only if it is by this part of the width: another rounding must not change the answer. Where
# an inverse in floats takes part, its condition multiplies the rounding.
MARGIN = 1e-9
_MARGIN_OF_INVERSE = 1e-7
_LARGEST_CONDITION = 1e6


class Linearised:
    """Values at the centers of boxes and slopes over the boxes."""

    def __init__(self, speeds: AngularSpeeds, center: Floats, low: Floats, high: Floats) -> None:
        n = self.size = speeds.size
        box = [(low[i], high[i]) for i in range(n)]
        self.center = [(center[i], center[i]) for i in range(n)]
        self.offset = [subtract(box[i], self.center[i]) for i in range(n)]
        self.range, self.slope = zip(*speeds.values_and_slopes(box), strict=True)
        self.value = speeds.values(self.center)
        middle = np.asarray([(s[0] + s[1]) / 2 for s in self.slope]).transpose(2, 0, 1)
        self.usable = np.isfinite(middle).all(axis=(1, 2))
        middle[~self.usable] = np.eye(n)
        self.usable &= np.abs(np.linalg.det(middle)) > 1e-100
        middle[~self.usable] = np.eye(n)
        self.inverse = np.linalg.inv(middle)
        # another rounding must find nearly the same inverse
        self.usable &= np.abs(middle).max(axis=(1, 2)) * np.abs(self.inverse).max(axis=(1, 2)) < _LARGEST_CONDITION
        self.inverse[~self.usable] = np.eye(n)

    def mean_value(self, i: int) -> Interval:
        """Range of component i by the mean-value form."""
        total = self.value[i]
        for j in range(self.size):
            total = add(total, multiply((self.slope[i][0][j], self.slope[i][1][j]), self.offset[j]))
        return total

    def krawczyk(self) -> tuple[Bools, Floats, Floats]:
        """Boxes without a zero by the preconditioned mean-value form, and ends of the image of Krawczyk's operator."""
        without, ends = np.zeros(len(self.usable), dtype=bool), []
        for i in range(self.size):
            weight = [(self.inverse[:, i, k], self.inverse[:, i, k]) for k in range(self.size)]
            step = combined(weight, self.value)
            entries = [combined(weight, [(s[0][j], s[1][j]) for s in self.slope]) for j in range(self.size)]
            without |= misses_zero(add(step, combined(entries, self.offset)), _MARGIN_OF_INVERSE)
            one = [subtract(constant(step[0], int(i == j)), entry) for j, entry in enumerate(entries)]
            ends.append(add(subtract(self.center[i], step), combined(one, self.offset)))
        return without, np.asarray([low for low, _ in ends]), np.asarray([high for _, high in ends])


def combined(weights: list[Interval], parts: Any) -> Interval:
    """Sum of products."""
    total = multiply(weights[0], parts[0])
    for weight, part in zip(weights[1:], parts[1:], strict=True):
        total = add(total, multiply(weight, part))
    return total


def misses_zero(x: Interval, margin: float = MARGIN) -> Bools:
    slack = margin * (x[1] - x[0])
    return (x[0] > slack) | (x[1] < -slack)


@dataclass(frozen=True)
class Zeros:
    """Boxes with exactly one zero each: centers (n, K), radii (K,), and of which listed equilibrium it is an image."""

    centers: Floats
    radii: Floats
    of: list[int]

    def hold(self, low: Floats, high: Floats) -> Bools:
        """Which boxes lie well inside one of them."""
        inside = np.zeros(low.shape[1], dtype=bool)
        for center, radius in zip(self.centers.T[:, :, None], 0.999 * self.radii, strict=True):
            inside |= np.all((low >= center - radius) & (high <= center + radius), axis=0)
        return inside


def unique_boxes(speeds: AngularSpeeds, centers: Floats, of: list[int]) -> Zeros | None:
    """The largest box around each center in which Krawczyk's test finds exactly one zero; None if one has none."""
    radii = np.zeros(centers.shape[1])
    for radius in _RADII:
        rest = np.flatnonzero(radii == 0)
        if len(rest):
            middle = centers[:, rest]
            low, high = middle - radius, middle + radius
            _, below, above = Linearised(speeds, middle, low, high).krawczyk()
            slack = _MARGIN_OF_INVERSE * radius
            radii[rest[np.all((below > low + slack) & (above < high - slack), axis=0)]] = radius
    return None if (radii == 0).any() else Zeros(centers, radii, of)
