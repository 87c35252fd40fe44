"""States on spheres modulo rotations: which of each orbit are looked at, and their coordinates over boxes of unknowns.

Two tokens fix a rotation: the first is at (0, 0, 1), the second at (sin a, 0, cos a). Each further one has two
unknowns, its place (u, v) in a stereographic chart of the half sphere above or below. Tokens may be exchanged and space
reflected, so in every orbit there is a state in which

* no two tokens are further from a line than the first two: |x_j . x_k| >= |cos a|;
* the first two are in order: the sum of (x_1 - x_2) . x_j over the others is not negative;
* the third is farthest from their plane, y_3 >= |y_j|, and the heights of those after it fall.

In the box of all unknowns u runs from -1 to 3: up to 1 in the chart above, from there, less 2, in the one below.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from symdyn.numerics.intervals.interval import Interval, add, cosine, divide, multiply, sine, square, subtract
from symdyn.numerics.intervals.interval_functions import absolute

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: The angle a runs from 0 to this dyadic number, a little more than pi.
TOP = 3217 / 1024
_SURE = 1e-9
_NEAR = 1e-6
_OVERLAP = 1.2  # zeros near an equator are given in both charts


@dataclass(frozen=True)
class Frame:
    """The slice of the states of some tokens."""

    tokens: int

    @property
    def size(self) -> int:
        """The number of unknowns."""
        return 2 * self.tokens - 3

    @property
    def corner(self) -> Floats:
        """Lower ends of the box of all unknowns."""
        return np.asarray([0.0] + [-1.0, -1.0] * (self.tokens - 2))

    @property
    def sides(self) -> Floats:
        """Its sides."""
        return np.asarray([TOP] + [4.0, 2.0] * (self.tokens - 2))

    def across(self, low: Floats, high: Floats) -> Bools:
        """Which sides of boxes run over two charts, shape (m, B); only those of u may."""
        found = np.zeros(low.shape, dtype=bool)
        found[1::2] = (low[1::2] < 1) & (high[1::2] > 1)
        return found

    def in_charts(self, low: Floats, high: Floats) -> tuple[Floats, Floats, Floats]:
        """The ends of boxes in their charts, and the side of each chart, 1 or -1, shape (n - 2, B)."""
        below = low[1::2] >= 1
        low, high = low.copy(), high.copy()
        low[1::2] -= 2 * below
        high[1::2] -= 2 * below
        return low, high, np.where(below, -1.0, 1.0)

    def coordinates(self, low: Floats, high: Floats, charts: Floats) -> tuple[list[Interval], list[Interval]]:
        """Enclosures of all coordinates, token by token, each (B,), and of their derivatives, each (m, B)."""
        batch = low.shape[1]
        zero, one = np.zeros(batch), np.ones(batch)
        angle = low[0], high[0]
        across, up = cosine(angle), sine(angle)
        values: list[Interval] = [(zero, zero), (zero, zero), (one, one), up, (zero, zero), across]
        slopes = [self._slope(batch, {}) for _ in range(3)]
        slopes += [self._slope(batch, at) for at in ({0: across}, {}, {0: (-up[1], -up[0])})]
        for j, chart in enumerate(charts):
            a, b = 1 + 2 * j, 2 + 2 * j
            found, rates = in_chart((low[a], high[a]), (low[b], high[b]), chart > 0)
            values += found
            slopes += [self._slope(batch, {a: by_u, b: by_v}) for by_u, by_v in rates]
        return values, slopes

    def _slope(self, batch: int, entries: dict[int, Interval]) -> Interval:
        low, high = np.zeros((self.size, batch)), np.zeros((self.size, batch))
        for k, (below, above) in entries.items():
            low[k], high[k] = below, above
        return low, high

    def outside(self, x: list[Interval], low: Floats, high: Floats) -> Bools:
        """Which boxes hold no state that is looked at, or no point of a half sphere; boxes are given in charts."""
        vectors = [x[3 * k : 3 * k + 3] for k in range(self.tokens)]
        with np.errstate(all="ignore"):
            least = absolute(vectors[1][2])[0] - _SURE
            found = np.zeros(low.shape[1], dtype=bool)
            for a in range(1, self.size, 2):
                length = add(square((low[a], high[a])), square((low[a + 1], high[a + 1])))
                found |= length[0] > 1 + _SURE
            order: Interval = np.zeros(low.shape[1]), np.zeros(low.shape[1])
            for j in range(2, self.tokens):
                order = add(order, subtract(vectors[j][2], _dot(vectors[1], vectors[j])))
                for k in range(j):
                    found |= absolute(_dot(vectors[k], vectors[j]))[1] < least
            found |= order[1] < -_SURE
            for j in range(2, self.tokens):
                height, first = vectors[j][1], vectors[2][1]
                found |= (first[1] < -_SURE) if j == 2 else (add(first, height)[1] < -_SURE)
                found |= (subtract(vectors[j - 1][1], height)[1] < -_SURE) if j > 2 else False
        return found

    # --- single states, in floats ------------------------------------------------------------------------------------
    def states(self, unknowns: Floats, charts: Floats) -> Floats:
        """The coordinates of states, token by token: shape (3 n, B)."""
        angle, none = unknowns[0], np.zeros(unknowns.shape[1])
        rows = [none, none, none + 1, np.sin(angle), none, np.cos(angle)]
        for j, chart in enumerate(charts):
            u, v = unknowns[1 + 2 * j], unknowns[2 + 2 * j]
            k = 2 / (1 + u * u + v * v)
            rows += [u * k, v * k, chart * (k - 1)]
        return np.asarray(rows)

    def state(self, unknowns: Floats, charts: Floats) -> Floats:
        """The tokens of one state, shape (n, 3)."""
        return self.states(unknowns[:, None], np.asarray(charts)[:, None])[:, 0].reshape(-1, 3)

    def places(self, state: Floats) -> list[tuple[Floats, Floats]]:
        """Unknowns and charts of a state whose first two tokens are not on a line; several beside an equator."""
        first, second = state[0], state[1]
        dot = float(np.clip(first @ second, -1.0, 1.0))
        direction = second - dot * first
        direction /= np.linalg.norm(direction)
        turned = state @ np.asarray([direction, np.cross(first, direction), first]).T
        choices: list[list[tuple[float, float, float]]] = []
        for x, y, z in turned[2:]:
            near = [(x / (1 + side * z), y / (1 + side * z), side) for side in (1.0, -1.0) if 1 + side * z > 1e-3]
            choices.append([(u, v, side) for u, v, side in near if np.hypot(u, v) <= _OVERLAP])
        angle = float(np.arctan2(np.linalg.norm(np.cross(first, second)), dot))
        return [
            (np.asarray([angle] + [value for u, v, _ in one for value in (u, v)]), np.asarray([c for *_, c in one]))
            for one in itertools.product(*choices)
        ]

    def images(self, state: Floats) -> list[Floats]:
        """All states of the slice that exchanges and reflections make of one, once each, framed and in the domain."""
        found: list[Floats] = []
        for order in itertools.permutations(range(self.tokens)):
            moved = state[list(order)]
            spread = 1 - abs(moved @ moved.T) ** 2
            if spread[0, 1] < spread.max() - _NEAR or spread[0, 1] < _NEAR:
                continue
            for side in (1.0, -1.0):
                unknowns, charts = self.places(moved * [1.0, side, 1.0])[0]
                one = self.state(unknowns, charts)
                if self._is_looked_at(one) and not any(np.abs(one - other).max() < _NEAR for other in found):
                    found.append(one)
        return found

    def _is_looked_at(self, state: Floats) -> bool:
        heights, order = state[2:, 1], float(((state[0] - state[1]) @ state[2:].T).sum())
        if order < -_NEAR or not len(heights):
            return order >= -_NEAR
        falls = bool((np.diff(heights) <= _NEAR).all()) and heights[0] >= -_NEAR
        return falls and bool((heights[0] + heights >= -_NEAR).all())


def in_chart(u: Interval, v: Interval, is_above: Any) -> tuple[list[Interval], list[tuple[Interval, Interval]]]:
    """x, y, z of a token in a stereographic chart, and their derivatives by u and v."""
    one, two, half = (_all(value, u) for value in (1.0, 2.0, 0.5))
    squares = square(u), square(v)
    k = divide(two, add(one, add(*squares)))
    z = subtract(k, one)
    values = [_first(u, v, k), _first(v, u, k), _signed(z, is_above)]
    quarter = multiply(half, square(k))
    by_u = multiply(quarter, subtract(add(one, squares[1]), squares[0]))
    by_v = multiply(quarter, subtract(add(one, squares[0]), squares[1]))
    product = multiply(multiply(u, v), square(k))
    mixed = -product[1], -product[0]
    falls = [multiply(w, square(k)) for w in (u, v)]
    down = [_signed((-w[1], -w[0]), is_above) for w in falls]
    return values, [(by_u, mixed), (mixed, by_v), (down[0], down[1])]


def _first(u: Interval, v: Interval, k: Interval) -> Interval:
    """2 u / (1 + u^2 + v^2), which grows with u where |u| <= 1, and has the sign of u."""
    plain = multiply(u, k)
    near, far = absolute(v)
    low = _at(u[0], np.where(u[0] > 0, far, near))[0]
    high = _at(u[1], np.where(u[1] > 0, near, far))[1]
    grows = (u[0] >= -1) & (u[1] <= 1)
    return np.where(grows, np.maximum(low, plain[0]), plain[0]), np.where(grows, np.minimum(high, plain[1]), plain[1])


def _at(u: Floats, v: Floats) -> Interval:
    one, two = _all(1.0, (u, u)), _all(2.0, (u, u))
    return divide(multiply(two, (u, u)), add(one, add(square((u, u)), square((v, v)))))


def _all(value: float, like: Interval) -> Interval:
    filled = np.full_like(like[0], value)
    return filled, filled


def _signed(x: Interval, is_above: Any) -> Interval:
    return np.where(is_above, x[0], -x[1]), np.where(is_above, x[1], -x[0])


def _dot(x: list[Interval], y: list[Interval]) -> Interval:
    total = multiply(x[0], y[0])
    for a, b in zip(x[1:], y[1:], strict=True):
        total = add(total, multiply(a, b))
    return total
