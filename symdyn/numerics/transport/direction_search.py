"""Cones of directions: opened, bounded by transport at their vertices, split and closed, in fractions."""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.optimize import nnls

from symdyn.numerics.arrays import Floats
from symdyn.numerics.proximal import column_shrinkage, singular_value_threshold, soft_threshold
from symdyn.numerics.transport.plans import least_plan, potentials_of

_BITS = 40
_WHOLE = 2**50
_SHRINK = {"l1": soft_threshold, "l12": column_shrinkage, "nuclear": singular_value_threshold}

Vector = tuple[int, ...]


@dataclass(frozen=True)
class Points:
    """Whole numbers: points over units, masses over their sum."""

    x: Any
    y: Any
    units: tuple[int, int]
    a: Any
    b: Any
    homogeneous: bool
    regularizer: str
    weight: Fraction

    @property
    def over(self) -> int:
        """What whole values are divided by."""
        units = self.units[0] * self.units[1]
        return int(self.a.sum()) * (units if self.homogeneous else 4 * units * units)

    def scores(self, vertex: Vector) -> Any:
        """Linear values of couples at (M, t), whole numbers."""
        units = self.units[0] * self.units[1]
        factor = 1 if self.homogeneous else 4 * units
        largest = [int(np.abs(side).max()) for side in (self.x, self.y)]
        entries = self.x.shape[1] * self.y.shape[1]
        most = max(map(abs, vertex[:-1]), default=0) * largest[0] * largest[1] * entries * factor
        most += 0 if self.homogeneous else vertex[-1] * largest[0] ** 2 * largest[1] ** 2 * entries
        # what fits is added up in machine integers, and is exact as floats too
        kind: Any = np.int64 if most * (len(self.x) + len(self.y)) < _WHOLE else object
        x, y = self.x.astype(kind), self.y.astype(kind)
        M = np.array(vertex[:-1], dtype=kind).reshape(y.shape[1], x.shape[1])
        found = (x @ M.T) @ y.T * factor
        if not self.homogeneous and vertex[-1]:
            found = found + vertex[-1] * np.outer((x**2).sum(axis=1), (y**2).sum(axis=1))
        return found

    def linear(self, plan: Any) -> tuple[list[Fraction], Fraction]:
        """C_P and the second part, as fractions."""
        total, units = int(self.a.sum()), self.units[0] * self.units[1]
        C = self.y.T @ (plan.T @ self.x)
        sizes = 0 if self.homogeneous else int((self.x**2).sum(axis=1) @ plan @ (self.y**2).sum(axis=1))
        return [Fraction(int(c), total * units) for c in C.ravel()], Fraction(sizes, 4 * total * units * units)


class Search:
    """The state of a search: vertices with their tops, splits, cones that are open, and how others were closed."""

    def __init__(self, points: Points, gap: Fraction) -> None:
        self.points = points
        self.gap = gap
        self.vertices: list[Vector] = []
        self.prices: list[Vector] = []
        self.tops: list[Fraction] = []
        self.plan_of: list[int] = []
        self.plans: list[Any] = []
        self.lines: list[tuple[list[Fraction], Fraction]] = []
        self.known: dict[bytes, int] = {}
        self.splits: list[Vector] = []
        self.cones: dict[int, Vector] = {}
        self.bounds: dict[Vector, int] = {}
        self.closed: list[tuple[int, int]] = []
        self.best, self.lower = -1, Fraction(-1)
        self.count = 0

    @property
    def limit(self) -> Fraction:
        """What a bound may allow."""
        return self.lower + self.gap

    def vertex(self, row: Vector) -> int:
        """A new vertex: the best plan there, certified by prices."""
        points = self.points
        scores = points.scores(row)
        plan = np.rint(least_plan(-scores.astype(float), points.a.astype(float), points.b.astype(float)))
        if plan.sum() < 2:  # equal masses are assigned one by one
            plan = np.rint(plan / plan.max())
        plan = plan.astype(np.int64)
        _, columns = potentials_of(-scores, plan > 0)
        prices = tuple(-int(v) for v in columns)
        rows = (scores - np.array(prices, dtype=scores.dtype)).max(axis=1)
        top = sum(int(p) * int(v) for p, v in zip(points.a, rows)) + sum(int(q) * v for q, v in zip(points.b, prices))
        self.vertices.append(row)
        self.prices.append(prices)
        self.tops.append(Fraction(top, points.over))
        key = plan.tobytes()
        if key not in self.known:
            self.known[key] = len(self.plans)
            self.plans.append(plan)
            self.lines.append(points.linear(plan.astype(points.x.dtype)))
            D, _, c = self.bound_of_plan(self.known[key])
            value = sum((v * v for v in D), Fraction(0)) / 2 + c
            if value > self.lower:
                self.best, self.lower = self.known[key], value
        self.plan_of.append(self.known[key])
        return len(self.vertices) - 1

    def bound_of_plan(self, number: int) -> tuple[list[Fraction], list[Fraction], Fraction]:
        """D, S, c of the plan itself: its linear value, with what r takes off."""
        C, c = self.lines[number]
        taken = self.taken(np.array(C, dtype=float), C)
        return [p - q for p, q in zip(C, taken)], taken, c

    def float_value(self, number: int) -> float:
        """The value of a plan in floats: |prox(C_P)|^2/2."""
        C = np.array(self.lines[number][0], dtype=float).reshape(self.points.y.shape[1], self.points.x.shape[1])
        return float((_SHRINK[self.points.regularizer](C, float(self.points.weight)) ** 2).sum()) / 2

    def taken(self, at: Floats, exact: Sequence[Fraction] | None = None) -> list[Fraction]:
        """S in the dual ball for which C - S is the prox of C."""
        w, name = self.points.weight, self.points.regularizer
        if name == "quadratic" or not w:
            return [Fraction(0)] * len(at)
        if name == "l1" and exact is not None:
            return [max(-w, min(w, c)) for c in exact]
        shape = (self.points.y.shape[1], self.points.x.shape[1])
        left = at - np.asarray(_SHRINK[name](at.reshape(shape), float(w))).ravel()
        scale = 2**_BITS / max(float(w), 1e-300)
        found = [Fraction(round(float(v) * scale)) * w / 2**_BITS for v in left]
        if name == "l1":
            return [max(-w, min(w, v)) for v in found]
        # rounded inwards, into the ball
        inward = Fraction(2**26 - 1, 2**26)
        return [v * inward for v in found]

    def subgradient(self, centre: Floats) -> list[Fraction]:
        """S of the dual ball with <S, M> = r(M) at the centre of a cone."""
        return self.taken(centre * (1e3 * (1 + float(self.points.weight)) / max(float(np.abs(centre).max()), 1e-300)))

    def admit(self, corners: Vector) -> tuple[float, int] | None:
        """A cone, closed if it can be; else its upper bound and number."""
        number = self.count
        self.count += 1
        for plan in {self.plan_of[v] for v in corners}:
            if self.closes(number, corners, *self.bound_of_plan(plan)):
                return None
        upper, D, c, S, inflate = self.relaxed(corners)
        if upper <= float(self.limit):
            size = max(float(np.abs(D).max()), abs(c), 1e-12)
            moved, lift = inflate
            D, c = D + 1e-9 * size * moved, c + 1e-9 * size * lift
            unit = 2 ** max(0, _BITS - math.frexp(size)[1])
            slope = [Fraction(round(float(v) * unit), unit) for v in D]
            constant = Fraction(0) if self.points.homogeneous else Fraction(math.ceil(float(c) * unit), unit)
            if self.closes(number, corners, slope, S, constant):
                return None
        self.cones[number] = corners
        return upper, number

    def closes(self, cone: int, corners: Vector, D: list[Fraction], S: list[Fraction], c: Fraction) -> bool:
        """Whether the linear function does, decided in fractions; then it is written down."""
        if sum((v * v for v in D), Fraction(0)) / 2 + c > self.limit:
            return False
        total = [p + q for p, q in zip(D, S)]
        for v in corners:
            row = self.vertices[v]
            if sum((p * q for p, q in zip(total, row)), Fraction(0)) + c * row[-1] < self.tops[v]:
                return False
        scale = math.lcm(*(v.denominator for v in (*D, *S, c)))
        written = (scale, *(int(v * scale) for v in (*D, *S, c)))
        place = self.bounds.setdefault(written, len(self.bounds))
        self.closed.append((cone, place))
        return True

    def relaxed(self, corners: Vector) -> tuple[float, Floats, float, list[Fraction], tuple[Floats, float]]:
        """The least |D|^2/2 + c of linear functions above the tops, in floats, and a direction that lifts all."""
        rows = np.array([[float(v) for v in self.vertices[k]] for k in corners])
        V, t = rows[:, :-1], rows[:, -1]
        lengths = np.sqrt((rows**2).sum(axis=1))
        S = self.subgradient((V / lengths[:, None]).sum(axis=0))
        w = np.array([float(self.tops[k]) for k in corners]) - V @ np.array(S, dtype=float)
        if self.points.homogeneous:
            if (w <= 0).all():
                return 0.0, np.zeros(V.shape[1]), 0.0, S, (np.zeros(V.shape[1]), 0.0)
            plane = np.linalg.solve(V, np.stack([w, lengths], axis=1))
            shares, _ = nnls((V / lengths[:, None]).T, plane[:, 0])
            D = (V / lengths[:, None]).T @ shares
            return float(D @ D) / 2, D, 0.0, S, (plane[:, 1], 0.0)
        plane = np.linalg.solve(rows, np.stack([w, lengths], axis=1))
        C, c = plane[:-1, 0], float(plane[-1, 0])
        heavy = 1e3 * (1 + float(np.abs(C).max()))
        scaled = rows / lengths[:, None]
        shares, _ = nnls(np.vstack([scaled[:, :-1].T, heavy * scaled[:, -1]]), np.append(C, heavy))
        M = scaled[:, :-1].T @ shares / max(float(scaled[:, -1] @ shares), 1e-300)
        constant = c + float((C - M) @ M)
        short = float(np.max((w - V @ M - constant * t) / lengths))
        lift = max(short, 0.0)
        D, constant = M + lift * plane[:-1, 1], constant + lift * float(plane[-1, 1])
        return float(D @ D) / 2 + constant, D, constant, S, (plane[:-1, 1], float(plane[-1, 1]))

    def split(self, cone: int) -> list[tuple[float, int]]:
        """Two cones for one, by its widest edge."""
        corners = self.cones.pop(cone)
        rows = np.array([[float(v) for v in self.vertices[k]] for k in corners])
        lengths = np.sqrt((rows**2).sum(axis=1))
        unit = rows / lengths[:, None]
        angles = unit @ unit.T
        i, j = np.unravel_index(int(np.argmin(angles)), angles.shape)
        ratio = lengths[j] / lengths[i]
        p, q = (max(1, round(ratio)), 1) if ratio >= 1 else (1, max(1, round(1 / ratio)))
        first, second = corners[i], corners[j]
        row = tuple(p * u + q * v for u, v in zip(self.vertices[first], self.vertices[second]))
        new = self.vertex(row)
        self.splits.append((cone, first, second, p, q))
        halves = (tuple(new if v == first else v for v in corners), tuple(new if v == second else v for v in corners))
        return [found for half in halves if (found := self.admit(half)) is not None]

    def run(self, seconds: float) -> bool:
        """Whether every cone was closed in time."""
        points = self.points
        size = points.x.shape[1] * points.y.shape[1]
        reach = self._reach()
        for k in range(size):
            for sign in (1, -1):
                self.vertex(tuple(sign * reach[0] if place == k else 0 for place in range(size + 1)))
        if not points.homogeneous:
            self.vertex((*[0] * size, reach[1]))
        apex = () if points.homogeneous else (2 * size,)
        heap: list[tuple[float, int]] = []
        for r in range(2**size):
            found = self.admit((*(2 * k + (r >> k & 1) for k in range(size)), *apex))
            if found is not None:
                heapq.heappush(heap, (-found[0], found[1]))
        until = time.monotonic() + seconds
        while heap:
            if time.monotonic() > until:
                self._give_up(heap)
                return False
            for upper, number in self.split(heapq.heappop(heap)[1]):
                heapq.heappush(heap, (-upper, number))
        return True

    def _reach(self) -> tuple[int, int]:
        """Lengths of axes and of t, so that both weigh alike at the size of C."""
        points = self.points
        C = float(np.abs(points.x.astype(float)).max()) * float(np.abs(points.y.astype(float)).max())
        size = max(C / (points.units[0] * points.units[1]), 1e-300)
        power = math.frexp(size)[1]
        return (1 << max(power, 0), 1 << max(-power, 0))

    def _give_up(self, heap: list[tuple[float, int]]) -> None:
        """Close what is open at the largest bound that is left."""
        top = Fraction(-min(heap)[0]) * Fraction(1_000_001, 1_000_000) + Fraction(1, 10**12)
        self.gap = max(self.gap, top - self.lower)
        waiting = {number: self.cones[number] for _, number in heap}
        for number, corners in waiting.items():
            kept, self.count = self.count, number
            while self.admit(corners) is not None:
                self.gap *= Fraction(11, 10)
                self.count = number
            self.count = kept
