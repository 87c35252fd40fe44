"""A box halved until a function is seen to be positive, or not negative, on every part.

Letters: v by its range, m by its value at the center and its slopes, h inside of a box around the point over which the
Hessian is positive definite, b by Bernstein coefficients, o where an inequality of the region certainly fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import comb
from typing import Any

import flint
import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.covers.halving import STEPS, replay
from symdyn.certificate.recheck.covers.jets import run
from symdyn.certificate.recheck.covers.outward import Floats, Jet, less, outward, times
from symdyn.certificate.recheck.stability.second_order import hessian, is_positive_definite, second_order
from symdyn.certificate.recheck.stability.shifted import Polynomial
from symdyn.certificate.refutation import need
from symdyn.certificate.witness.program import Program
from symdyn.certificate.witness.stability.lyapunov import LETTERS, Proof

_MOST_PARTS = 400_000
_BITS = 120
Ends = tuple[Fraction, Fraction]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The box, and what is asked on it.

    Parameters
    ----------
    program
        The function is the output `row`; inequalities of the region are the outputs `region`.
    row, region
        Places of outputs.
    box
        Both ends of every coordinate.
    polynomial
        The function in coordinates less the point, where it is one.
    point
        The equilibrium.
    strict
        Whether it is to be positive.
    """

    program: Program
    row: int
    region: tuple[int, ...]
    box: tuple[Ends, ...]
    polynomial: Polynomial | None
    point: tuple[Fraction, ...]
    strict: bool

    def corner(self) -> tuple[Floats, Floats]:
        """Lower corner and unit of the halving; what is halved holds the box."""
        low = np.asarray([_float(ends[0], -np.inf) for ends in self.box])
        high = np.asarray([_float(ends[1], np.inf) for ends in self.box])
        unit = (high - low) * 2.0**-STEPS  # exact where it can be, so that 0 is an end of parts of a symmetric box
        while not all(
            Fraction(float(c)) + 2**STEPS * Fraction(float(u)) >= ends[1]
            and Fraction(float(c + 2.0**STEPS * u)) >= ends[1]
            for c, u, ends in zip(low, unit, self.box, strict=True)
        ):
            unit = np.nextafter(unit, np.inf)
        return low, unit

    def ends(self, low: Any, width: Any) -> tuple[Floats, Floats]:
        """Both ends of parts (n, B), cut to floats around the box; neighbours share their ends."""
        corner, unit = self.corner()
        start = corner[:, None] + low * unit[:, None]
        end = corner[:, None] + (low + width) * unit[:, None]
        top = np.asarray([_float(ends[1], np.inf) for ends in self.box])
        return start, np.minimum(end, top[:, None])

    def closed(self, letter: str, start: Floats, end: Floats, near: Sequence[Ends] | None) -> Any:
        """Which parts are closed for the reason of a letter."""
        if letter == "v":
            least = natural(self.program, self.row, start, end)[0]
            return least > 0 if self.strict else least >= 0
        if letter == "m":
            return by_slopes(self.program, self.row, start, end) > 0
        if letter == "o":
            outside = [natural(self.program, k, start, end)[1] < 0 for k in self.region]
            return np.any(outside, axis=0) if outside else np.zeros(start.shape[1], dtype=bool)
        if letter == "h":
            return self._inside(start, end, near)
        if self.polynomial is None:
            return np.zeros(start.shape[1], dtype=bool)
        return np.asarray([self._bernstein(start[:, k], end[:, k]) for k in range(start.shape[1])], dtype=bool)

    def _inside(self, start: Floats, end: Floats, near: Sequence[Ends] | None) -> Any:
        if near is None:
            return np.zeros(start.shape[1], dtype=bool)
        low = np.asarray([_float(ends[0], np.inf) for ends in near])
        high = np.asarray([_float(ends[1], -np.inf) for ends in near])
        return np.all((start >= low[:, None]) & (end <= high[:, None]), axis=0)

    def _bernstein(self, start: Floats, end: Floats) -> bool:
        """Whether no coefficient is negative (or all are positive) on the part, cut to the box."""
        assert self.polynomial is not None
        low = [max(Fraction(float(x)), ends[0]) - p for x, ends, p in zip(start, self.box, self.point, strict=True)]
        high = [min(Fraction(float(x)), ends[1]) - p for x, ends, p in zip(end, self.box, self.point, strict=True)]
        if any(a > b for a, b in zip(low, high, strict=True)):
            return True  # beyond the box
        least = min(bernstein(self.polynomial, list(zip(low, high, strict=True))))
        return least > 0 if self.strict else least >= 0


def check_cover(parts: Parts, proof: Proof, place: str) -> int:
    """Halve the box as the letters say; how many parts there were."""
    size = len(parts.box)
    if proof.near is not None:
        check_near(parts, proof.near, f"{place}.near")

    def closed(letter: str, low: Any, width: Any) -> Any:
        return parts.closed(letter, *parts.ends(low, width), proof.near)

    levels = f"{place}.levels"
    return replay(proof.levels, size, closed, letters=LETTERS, first="A", most=_MOST_PARTS, place=levels)


def check_near(parts: Parts, near: Sequence[Ends], place: str) -> None:
    """The Hessian is positive definite over the box around the point; that the slope is 0 there is shown elsewhere."""
    inside = all(low < p < high for (low, high), p in zip(near, parts.point, strict=True))
    need(inside, place, "does not hold the point")
    need(is_convex(parts.program, parts.row, near), place, "is no box over which the Hessian is positive definite")


def is_convex(program: Program, row: int, near: Sequence[Ends]) -> bool:
    """Whether the Hessian of an output is positive definite over a box."""
    with flint.ctx.workprec(_BITS):
        sides = [_ball(low).union(_ball(high)) for low, high in near]
        one = second_order(Program(program.inputs, program.steps, (program.outputs[row],)), sides)[0]
        return bool(one.value.is_finite()) and is_positive_definite(hessian(one))


def natural(program: Program, row: int, start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Range of an output over parts; nan where nothing is known."""
    inputs = [Jet(start[[k]], end[[k]]) for k in range(len(start))]
    low, high = run(program, inputs, [row])[0].value()
    shape = start.shape[1]
    return np.broadcast_to(low, (shape,)), np.broadcast_to(high, (shape,))


def by_slopes(program: Program, row: int, start: Floats, end: Floats) -> Floats:
    """A lower bound by the value at the center and the slopes over the part."""
    size, many = start.shape
    center = start + (end - start) / 2
    points, inputs = [], []
    for k in range(size):
        low, high = np.zeros((1 + size, many)), np.zeros((1 + size, many))
        low[0], high[0] = start[k], end[k]
        low[1 + k] = high[1 + k] = 1.0
        inputs.append(Jet(low, high))
        points.append(Jet(center[[k]], center[[k]]))
    with np.errstate(all="ignore"):
        least = np.broadcast_to(run(program, points, [row])[0].value()[0], (many,)).copy()
        jet = run(program, inputs, [row])[0]
        for k in range(size):
            away = np.maximum(
                less((end[k], end[k]), (center[k], center[k]))[1], less((center[k], center[k]), (start[k], start[k]))[1]
            )
            steep = np.maximum(np.abs(jet.low[1 + k]), np.abs(jet.high[1 + k]))
            most = times((steep, steep), (away, away))[1]
            least = outward(least - most, least)[0]
    return np.asarray(least)


def bernstein(polynomial: Polynomial, box: Sequence[Ends]) -> list[Fraction]:
    """All Bernstein coefficients over a box: the values there lie between the least and the largest."""
    size = len(box)
    degrees = [max((powers[k] for powers in polynomial), default=0) for k in range(size)]
    table: dict[tuple[int, ...], Fraction] = dict(polynomial)
    for k, (low, high) in enumerate(box):
        tick()
        table = _on_side(table, k, degrees[k], low, high - low)
    return [table.get(place, Fraction(0)) for place in product(*(range(d + 1) for d in degrees))]


def _on_side(
    table: dict[tuple[int, ...], Fraction], k: int, degree: int, low: Fraction, width: Fraction
) -> dict[tuple[int, ...], Fraction]:
    """x_k = low + width t, and then the coefficients in t as those of Bernstein."""
    lines: dict[tuple[int, ...], list[Fraction]] = {}
    for powers, value in table.items():
        rest = (*powers[:k], *powers[k + 1 :])
        lines.setdefault(rest, [Fraction(0)] * (degree + 1))[powers[k]] += value
    found = {}
    for rest, line in lines.items():
        moved = [Fraction(0)] * (degree + 1)
        for power, value in enumerate(line):
            for j in range(power + 1):
                moved[j] += value * comb(power, j) * low ** (power - j) * width**j
        for i in range(degree + 1):
            total = sum((moved[j] * Fraction(comb(i, j), comb(degree, j)) for j in range(i + 1)), Fraction(0))
            found[(*rest[:k], i, *rest[k:])] = total
    return found


def _float(value: Fraction, towards: float) -> float:
    """The nearest float on one side of a fraction."""
    near = float(value)
    exact = Fraction(near)
    if (towards > 0 and exact < value) or (towards < 0 and exact > value):
        near = float(np.nextafter(near, towards))
    return near


def _ball(value: Fraction) -> flint.arb:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))
