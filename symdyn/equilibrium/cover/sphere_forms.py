"""Torques over boxes of a slice of states on spheres: mean-value forms, contraction, boxes of uniqueness.

There are more torques than unknowns. They are multiplied by a left inverse C of their slopes at the middle: each zero
of the torques in a box lies in the image c - C N(c) + (1 - C N') (box - c); if that lies inside there is at most one.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from symdyn.algebra.budgets.deadline import check_time
from symdyn.equilibrium.cover.sphere_frame import Bools, Floats, Frame, in_chart
from symdyn.equilibrium.cover.torques import Torques
from symdyn.numerics.intervals.interval import Interval, run, run_with_slopes

_RADII = tuple(2.0**-k for k in range(2, 14))
# a bound counts as passed only if it is by this part of its size: another rounding must not change the answer
_MARGIN = 1e-7
_SUM = 1e-14  # above the rounding of a sum of up to 40 products, as a part of the sum of their sizes
_UP = 1 + 1e-13
_LARGEST_CONDITION = 1e6
_STEPS = 30
_CONTRACTIONS = 10
_FINE = 2.0**45
_SMALL = 1e-10
_DIFFERENCE = 1e-5


@dataclass(frozen=True)
class Slopes:
    """Middles and radii of values (N, B) and of their slopes (N, m, B), with half widths (m, B) of the boxes.

    `given` are the matrices C, shape (B, m, N); left inverses of the slopes where there are none.
    """

    value: tuple[Floats, Floats]
    slope: tuple[Floats, Floats]
    half: Floats
    given: Floats | None = None

    def by_mean_value(self) -> Bools:
        """Boxes in which some function has no zero, by its value at the center and its slopes."""
        with np.errstate(all="ignore"):
            spread = np.einsum("imb,mb->ib", np.abs(self.slope[0]) + self.slope[1], self.half) * _UP
            gap = np.abs(self.value[0]) - self.value[1]
            return np.asarray(np.any(gap > spread * (1 + _MARGIN), axis=0))

    @cached_property
    def inverse(self) -> tuple[Floats, Bools]:
        """The matrices C, and whether they are good ones."""
        if self.given is not None:
            return self.given, np.ones(len(self.given), dtype=bool)
        with np.errstate(all="ignore"):
            scaled = np.moveaxis(self.slope[0], 2, 0) * self.half.T[:, None, :]
            usable = np.asarray(np.isfinite(scaled).all(axis=(1, 2)))
            scaled = np.where(usable[:, None, None], scaled, 0.0)
            size = np.sqrt((scaled**2).sum(axis=1))
            usable &= (size > 1e-150).all(axis=1)
            even = np.where(usable[:, None, None], scaled / size[:, None, :], np.eye(*scaled.shape[1:]))
            rows, triangle = np.linalg.qr(even)
            usable &= (np.abs(np.einsum("bmm->bm", triangle)) > 1 / _LARGEST_CONDITION).all(axis=1)
            solved = np.linalg.inv(np.where(usable[:, None, None], triangle, np.eye(len(self.half))))
            usable &= np.abs(solved).max(axis=(1, 2)) < _LARGEST_CONDITION
            turned = solved @ np.swapaxes(rows, 1, 2) * (self.half.T / size)[:, :, None]
        return np.where(usable[:, None, None], turned, 0.0), usable

    @cached_property
    def _turned(self) -> tuple[Floats, Floats, Floats, Floats]:
        """C N(c) and its error, then |1 - C N'| and |C N'| times the half widths, each (m, B)."""
        inverse, _ = self.inverse
        with np.errstate(all="ignore"):
            slope, size = np.moveaxis(self.slope[0], 2, 0), np.abs(inverse)
            step = np.einsum("bmi,ib->mb", inverse, self.value[0])
            error = np.einsum("bmi,ib->mb", size, self.value[1] + _SUM * np.abs(self.value[0])) * _UP
            product = np.einsum("bmi,bik->bmk", inverse, slope)
            wide = np.einsum("bmi,bik->bmk", size, np.moveaxis(self.slope[1], 2, 0) + _SUM * np.abs(slope)) * _UP
            rest = np.abs(np.eye(product.shape[1]) - product) + wide
            sums = [np.einsum("bmk,kb->mb", part, self.half) * _UP for part in (rest, np.abs(product) + wide)]
        return step, error, sums[0], sums[1]

    def by_inverse(self) -> Bools:
        """Boxes in which some row of C N has no zero."""
        step, error, _, whole = self._turned
        with np.errstate(all="ignore"):
            return np.asarray(np.any(np.abs(step) - error > whole * (1 + _MARGIN), axis=0) & self.inverse[1])

    def offsets(self) -> Interval:
        """Ends of the image less the center, shapes (m, B); beyond the box where there is no good inverse."""
        step, error, rest, _ = self._turned
        wide = (rest + error) * (1 + _MARGIN) + _SUM * np.abs(step)
        usable = self.inverse[1] & np.isfinite(wide).all(axis=0)
        return np.where(usable, -step - wide, -2.0 * self.half), np.where(usable, -step + wide, 2.0 * self.half)

    def holds_at_most_one(self) -> Bools:
        """Boxes whose image lies inside, so that C N has exactly one zero there, and N at most that one."""
        low, high = self.offsets()
        inner = self.half * (1 - _MARGIN)
        return np.asarray(((low > -inner) & (high < inner)).all(axis=0))


def slopes_of(
    torques: Torques, frame: Frame, low: Floats, high: Floats, charts: Floats, inverse: Floats | None = None
) -> tuple[list[Interval], Slopes]:
    """Ranges of the torques over boxes in charts, and their values and slopes."""
    found = run_with_slopes(torques.program, *_placed(torques, *frame.coordinates(low, high, charts)))
    center = (low + high) / 2
    values, _ = frame.coordinates(center, center, charts)
    points = run(torques.program, _placed(torques, values, values)[0])
    half = np.maximum(high - center, center - low) * (1 + 1e-15) + 1e-300
    stacked = [tuple(np.stack(ends) for ends in zip(*part, strict=True)) for part in (points, [s for _, s in found])]
    (low_value, high_value), (low_slope, high_slope) = stacked
    middles = _middle(low_value, high_value), _middle(low_slope, high_slope)
    return [x for x, _ in found], Slopes(*middles, half, inverse)


def _placed(
    torques: Torques, values: Sequence[Interval], slopes: Sequence[Interval]
) -> tuple[list[Interval], list[Interval]]:
    """Token by token to the order of the coordinates."""
    order = np.argsort([k for token in torques.tokens for k in token])
    return [values[k] for k in order], [slopes[k] for k in order]


def _middle(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    with np.errstate(all="ignore"):
        middle = (low + high) / 2
        radius = (high - low) / 2 * _UP + np.abs(middle) * 1e-15 + 1e-300
        good = np.isfinite(middle) & np.isfinite(radius)
    return np.where(good, middle, 0.0), np.where(good, radius, np.inf)


@dataclass(frozen=True)
class Around:
    """Boxes in charts with at most one zero: centers (m, K), radii (K,), charts (n - 2, K), and the label of each."""

    centers: Floats
    radii: Floats
    charts: Floats
    of: tuple[int, ...]

    def hold(self, low: Floats, high: Floats, charts: Floats) -> Bools:
        """Which boxes lie well inside one of them."""
        inside = np.zeros(low.shape[1], dtype=bool)
        for k in range(len(self.of)):
            center, radius = self.centers[:, [k]], 0.999 * self.radii[k]
            here = np.all((low >= center - radius) & (high <= center + radius), axis=0)
            inside |= here & np.all(charts == self.charts[:, [k]], axis=0)
        return inside


def around(torques: Torques, frame: Frame, places: Sequence[tuple[Floats, Floats]], of: Sequence[int]) -> Around | None:
    """The largest box around each place in which there is at most one zero; None if one has none."""
    size = len(places)
    centers = np.rint(np.asarray([at for at, _ in places]).reshape(size, frame.size).T * _FINE) / _FINE
    charts = np.asarray([sides for _, sides in places], dtype=float).reshape(size, frame.tokens - 2).T
    radii = np.zeros(size)
    for radius in _RADII:
        check_time()
        rest = np.flatnonzero(radii == 0)
        if len(rest):
            middle = centers[:, rest]
            _, found = slopes_of(torques, frame, middle - radius, middle + radius, charts[:, rest])
            radii[rest[found.holds_at_most_one()]] = radius
    return None if (radii == 0).any() else Around(centers, radii, charts, tuple(of))


def enclosed(torques: Torques, frame: Frame, found: Around, number: int) -> tuple[Interval, Floats]:
    """Ends of the unknowns (m, 1) of the zero of C N in a box, by repeated contraction, and its C, shape (m, N)."""
    center, radius, charts = found.centers[:, [number]], found.radii[number], found.charts[:, [number]]
    low, high = center - radius, center + radius
    inverse = slopes_of(torques, frame, low, high, charts)[1].inverse[0]
    for _ in range(_CONTRACTIONS):
        below, above = slopes_of(torques, frame, low, high, charts, inverse)[1].offsets()
        middle = (low + high) / 2
        low, high = np.fmax(low, middle + below - 1e-15), np.fmin(high, middle + above + 1e-15)
    return (low, high), inverse[0]


def refined(torques: Torques, frame: Frame, points: Floats, charts: Floats) -> tuple[Floats, Floats]:
    """Zeros in floats, by Gauss and Newton from points (m, B) in charts: those that converged, with their charts."""
    size, batch = points.shape
    offsets = _DIFFERENCE * np.hstack([np.zeros((size, 1)), np.eye(size), -np.eye(size)])
    ridge = 1e-13 * np.eye(size)
    points, step, value = points.copy(), np.full(points.shape, np.inf), points
    for _ in range(_STEPS):
        check_time()
        spread = (points[:, None, :] + offsets[:, :, None]).reshape(size, -1)
        sides = np.tile(charts, (1, 2 * size + 1))
        with np.errstate(all="ignore"):
            found = torques.in_floats(frame.states(spread, sides)).reshape(-1, 2 * size + 1, batch)
            value, slope = found[:, 0], (found[:, 1 : size + 1] - found[:, size + 1 :]) / (2 * _DIFFERENCE)
            slope, value = (np.where(np.isfinite(part), part, 0.0) for part in (slope, value))
            square = np.einsum("imb,ikb->bmk", slope, slope)
            square += (np.trace(square, axis1=1, axis2=2)[:, None, None] + 1e-200) * ridge
            step = np.linalg.solve(square, np.einsum("imb,ib->bm", slope, value)[:, :, None])[:, :, 0].T
            points = points - step * np.minimum(1.0, 0.5 / np.maximum(np.abs(step).max(axis=0), 1e-300))
    good = (np.abs(step).max(axis=0) < _SMALL) & (np.abs(value).max(axis=0) < 1e-8) & (np.abs(points) < 4).all(axis=0)
    return points[:, good], charts[:, good]


def collinear_radius(torques: Torques, tokens: int) -> float | None:
    """How far around all states on a line, in charts, there is no other zero; None where that is not shown."""
    for k in range(2, 14):
        check_time()
        if all(_is_alone(torques, signs, 2.0**-k) for signs in itertools.product((1.0, -1.0), repeat=tokens - 1)):
            return 2.0**-k
    return None


def _is_alone(torques: Torques, signs: Sequence[float], radius: float) -> bool:
    """Whether the slopes by the places of all tokens but the first stay regular."""
    size = 2 * len(signs)
    none = np.zeros((size, 1)), np.zeros((size, 1))
    values: list[Interval] = [(np.full(1, x), np.full(1, x)) for x in (0.0, 0.0, 1.0)]
    slopes: list[Interval] = [none, none, none]
    wide = np.full(1, -radius), np.full(1, radius)
    for j, sign in enumerate(signs):
        found, rates = in_chart(wide, wide, np.full(1, sign > 0))
        values += found
        for by_u, by_v in rates:
            ends = []
            for u, v in zip(by_u, by_v, strict=True):
                row = np.zeros((size, 1))
                row[2 * j], row[2 * j + 1] = u, v
                ends.append(row)
            slopes.append((ends[0], ends[1]))
    found_slopes = [slope for _, slope in run_with_slopes(torques.program, *_placed(torques, values, slopes))]
    low, high = (np.stack(ends) for ends in zip(*found_slopes, strict=True))
    none_at_all = np.zeros((len(low), 1))
    form = Slopes((none_at_all, none_at_all), _middle(low, high), np.full((size, 1), radius))
    return bool(form.holds_at_most_one()[0])
