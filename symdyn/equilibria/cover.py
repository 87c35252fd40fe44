"""Proof that a list of equilibria on circles is complete: an interval cover of the whole state space.

States are angles, one for each circle. Every box of a subdivision is either excluded, because some angular velocity has
no zero in it, or lies in a box in which Krawczyk's test finds exactly one zero. If no box is left, every equilibrium is
one of these zeros; if each of them is an image of a listed equilibrium, the list is complete.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.algebra.steps import StraightLine
from symdyn.algebra.straight_line import jacobian_line, straight_line
from symdyn.dynamics.flow import Flow
from symdyn.numerics.interval import Interval, add, multiply, run, subtract

Floats = npt.NDArray[np.float64]

_TOP = 6.5  # a dyadic number above 2 pi: the seam is covered twice
_BATCH = 20_000
_SMALLEST = 2.0**-17
_RADII = (0.25, 0.125, 0.0625, 0.03125, 2.0**-7, 2.0**-9, 2.0**-12)


@dataclass(frozen=True)
class Cover:
    """Outcome of a cover.

    Parameters
    ----------
    is_complete
        Whether every box was excluded or lies in a box with exactly one zero.
    boxes
        How many boxes were looked at.
    zeros
        How many boxes of uniqueness were used (images under symmetries and the seam included).
    reason
        Why it failed, if it did.
    """

    is_complete: bool
    boxes: int
    zeros: int
    reason: str = ""


class _Angles:
    """The angular velocities of a flow on circles, as programs for interval evaluation."""

    def __init__(self, flow: Flow) -> None:
        assert flow.constraint is not None
        self.groups = flow.constraint.factors
        n = len(self.groups)
        angles = sp.symbols(f"a:{n}", real=True)
        place: dict[sp.Symbol, sp.Expr] = {}
        for angle, (i, j) in zip(angles, self.groups, strict=True):
            place[flow.coords[i]], place[flow.coords[j]] = sp.cos(angle), sp.sin(angle)
        speeds = []
        for i, j in self.groups:
            x, y = flow.coords[i], flow.coords[j]
            speed = sp.expand(x * flow.field.components[j] - y * flow.field.components[i])
            # zeros of a quotient are zeros of its numerator
            speeds.append(sp.fraction(sp.together(speed))[0].xreplace(place))
        self.value: StraightLine = straight_line(speeds, angles)
        self.slope: StraightLine = jacobian_line(speeds, angles, angles)
        self.size = n

    def values(self, box: list[Interval]) -> list[Interval]:
        return run(self.value, box)

    def slopes(self, box: list[Interval]) -> list[list[Interval]]:
        flat = run(self.slope, box)
        return [flat[i * self.size : (i + 1) * self.size] for i in range(self.size)]


def is_coverable(flow: Any) -> bool:
    """Whether the state space is a product of circles."""
    constraint = getattr(flow, "constraint", None)
    return (
        isinstance(flow, Flow)
        and constraint is not None
        and bool(constraint.factors)
        and all(len(group) == 2 for group in constraint.factors)
    )


def cover(flow: Flow, points: Floats, *, max_boxes: int = 3_000_000, time_limit: float | None = None) -> Cover:
    """Try to prove that all equilibria are images of the given ones.

    Parameters
    ----------
    flow
        On circles; its symmetries are taken as exact.
    points
        Known equilibria, shape (2 n, B), ambient coordinates.
    max_boxes
        Budget.
    time_limit
        In seconds.

    Returns
    -------
    Cover
        What is proved: `is_complete`. The arithmetic is rigorous by IEEE rounding.
    """
    started = time.monotonic()
    system = _Angles(flow)
    exchangeable = len(flow.symmetries.exchangeable) == system.size > 1
    zeros = _unique_boxes(system, _images(flow, system, points))
    if zeros is None:
        return Cover(False, 0, 0, "an equilibrium of the list is degenerate: no box of uniqueness was found around it")
    low, high = np.zeros((system.size, 1)), np.full((system.size, 1), _TOP)
    looked = 0
    while low.shape[1]:
        looked += min(low.shape[1], _BATCH)
        over = time_limit is not None and time.monotonic() - started > time_limit
        if looked > max_boxes or over:
            return Cover(False, looked, zeros[0].shape[1], "the budget of boxes or time was spent")
        part_low, part_high = low[:, -_BATCH:], high[:, -_BATCH:]
        low, high = low[:, :-_BATCH], high[:, :-_BATCH]
        if exchangeable:  # one order of the angles stands for all
            ordered = np.all(part_low[:-1] <= part_high[1:], axis=0)
            part_low, part_high = part_low[:, ordered], part_high[:, ordered]
        open_ = ~_inside(part_low, part_high, zeros)
        part_low, part_high = part_low[:, open_], part_high[:, open_]
        if not part_low.shape[1]:
            continue
        left = ~_excluded(system, part_low, part_high)
        part_low, part_high = part_low[:, left], part_high[:, left]
        if part_low.shape[1] and float((part_high - part_low).max()) < _SMALLEST:
            return Cover(
                False, looked, zeros[0].shape[1], "a small box was neither excluded nor next to a listed equilibrium"
            )
        halves = _bisected(part_low, part_high)
        low, high = np.concatenate([low, halves[0]], axis=1), np.concatenate([high, halves[1]], axis=1)
    return Cover(True, looked, zeros[0].shape[1])


def _images(flow: Flow, system: _Angles, points: Floats) -> Floats:
    """Angles of all images under the finite maps, ordered if tokens are exchangeable, with copies across the seam."""
    exchangeable = len(flow.symmetries.exchangeable) == system.size > 1
    found: list[tuple[float, ...]] = []
    for element in flow.symmetries.group(len(points)):
        image = element @ points
        angles = np.asarray([np.arctan2(image[j], image[i]) % (2 * np.pi) for i, j in system.groups])
        for k in range(angles.shape[1]):
            spread = [
                [a + turn for turn in (0.0, 2 * np.pi, -2 * np.pi) if -0.3 < a + turn < _TOP + 0.3]
                for a in angles[:, k]
            ]
            for choice in itertools.product(*spread):
                found.append(tuple(sorted(choice)) if exchangeable else choice)
    unique: list[tuple[float, ...]] = []
    for candidate in sorted(found):
        if not any(max(abs(a - b) for a, b in zip(candidate, known, strict=True)) < 1e-5 for known in unique):
            unique.append(candidate)
    return np.asarray(unique, dtype=float).reshape(len(unique), system.size).T


def _unique_boxes(system: _Angles, centers: Floats) -> tuple[Floats, Floats] | None:
    """The largest box around each center in which Krawczyk's test finds exactly one zero; None if one has none."""
    radii = np.zeros(centers.shape[1])
    for radius in _RADII:
        rest = np.flatnonzero(radii == 0)
        if len(rest):
            radii[rest[_contracts(system, centers[:, rest], radius)]] = radius
    if (radii == 0).any():
        return None
    return centers - 0.999 * radii, centers + 0.999 * radii


def _contracts(system: _Angles, center: Floats, radius: float) -> npt.NDArray[np.bool_]:
    """Where Krawczyk's operator carries the box of this radius into its interior."""
    n, batch = center.shape
    point = [(center[i], center[i]) for i in range(n)]
    box = [(center[i] - radius, center[i] + radius) for i in range(n)]
    middle = np.asarray([[(s[0] + s[1]) / 2 for s in row] for row in system.slopes(point)]).transpose(2, 0, 1)
    good = np.isfinite(middle).all(axis=(1, 2))
    middle[~good] = np.eye(n)
    good &= np.abs(np.linalg.det(middle)) > 1e-12
    middle[~good] = np.eye(n)
    inverse = np.linalg.inv(middle)
    value, slope = system.values(point), system.slopes(box)
    width = (np.full(batch, -radius), np.full(batch, radius))
    for i in range(n):
        weight = [(inverse[:, i, k], inverse[:, i, k]) for k in range(n)]
        image: Interval = point[i]
        for j in range(n):
            image = subtract(image, multiply(weight[j], value[j]))
            entry: Interval = (np.full(batch, float(i == j)), np.full(batch, float(i == j)))
            for k in range(n):
                entry = subtract(entry, multiply(weight[k], slope[k][j]))
            image = add(image, multiply(entry, width))
        good &= (image[0] > box[i][0]) & (image[1] < box[i][1])
    return good


def _inside(low: Floats, high: Floats, zeros: tuple[Floats, Floats]) -> npt.NDArray[np.bool_]:
    """Whether a box lies in one of the boxes of uniqueness."""
    inside = np.zeros(low.shape[1], dtype=bool)
    for k in range(zeros[0].shape[1]):
        inside |= np.all((low >= zeros[0][:, k : k + 1]) & (high <= zeros[1][:, k : k + 1]), axis=0)
    return inside


def _excluded(system: _Angles, low: Floats, high: Floats) -> npt.NDArray[np.bool_]:
    """Boxes without a zero: natural enclosure, then the mean-value form, plain and preconditioned."""
    n = system.size
    box = [(low[i], high[i]) for i in range(n)]
    without = np.zeros(low.shape[1], dtype=bool)
    for below, above in system.values(box):
        without |= (below > 0) | (above < 0)
    rest = np.flatnonzero(~without)
    if not len(rest):
        return without
    low, high = low[:, rest], high[:, rest]
    box = [(low[i], high[i]) for i in range(n)]
    center = (low + high) / 2
    point = [(center[i], center[i]) for i in range(n)]
    offset = [subtract(box[i], point[i]) for i in range(n)]
    value, slope = system.values(point), system.slopes(box)
    middle = np.asarray([[(s[0] + s[1]) / 2 for s in row] for row in slope]).transpose(2, 0, 1)
    usable = np.isfinite(middle).all(axis=(1, 2))
    middle[~usable] = np.eye(n)
    usable &= np.abs(np.linalg.det(middle)) > 1e-12
    middle[~usable] = np.eye(n)
    inverse = np.linalg.inv(middle)
    found = np.zeros(len(rest), dtype=bool)
    zero = np.zeros(len(rest))
    for i in range(n):
        weight = [(inverse[:, i, k], inverse[:, i, k]) for k in range(n)]
        plain = value[i]
        for j in range(n):
            plain = add(plain, multiply(slope[i][j], offset[j]))
        found |= (plain[0] > 0) | (plain[1] < 0)
        total: Interval = (zero, zero)
        for k in range(n):
            total = add(total, multiply(weight[k], value[k]))
        for j in range(n):
            entry: Interval = (zero, zero)
            for k in range(n):
                entry = add(entry, multiply(weight[k], slope[k][j]))
            total = add(total, multiply(entry, offset[j]))
        found |= (total[0] > 0) | (total[1] < 0)
    without[rest[found]] = True
    return without


def _bisected(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Both halves of each box along its longest side; the ends are dyadic."""
    every = np.arange(low.shape[1])
    side = (high - low).argmax(axis=0)
    middle = (low[side, every] + high[side, every]) / 2
    left_high, right_low = high.copy(), low.copy()
    left_high[side, every], right_low[side, every] = middle, middle
    return np.concatenate([low, right_low], axis=1), np.concatenate([left_high, high], axis=1)
