"""Re-check of exact inertia: congruence over the rational numbers; Hessians are made again from the function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import Recheck, UndecidedError, need
from symdyn.certificate.witness.program import Program
from symdyn.certificate.witness.stability.inertia import InertiaWitness, PointInertia, Signs

_MOST_BITS = 20_000
_MOST_DEGREE = 2_000

Slopes = dict[int, flint.fmpq]
#: Entries (row, column) with row <= column.
Triangle = dict[tuple[int, int], flint.fmpq]


class Second(NamedTuple):
    """A value, its first derivatives, and the upper triangle of the second ones; what is zero is left out."""

    value: flint.fmpq
    slope: Slopes
    bend: Triangle


def check_inertia(witness: InertiaWitness, verdict: str) -> Recheck:
    """Every sign is counted again; at points of a function value, slopes, Hessian and curve are computed again."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of exact counts")
    for number, one in enumerate(witness.matrices):
        found = signs_of(one.size, {(i, j): _rational(x) for i, j, x in one.entries})
        need(found == one.signs, f"witness.matrices[{number}].signs", f"are not those of the re-check, {list(found)}")
    if witness.function is None:
        return Recheck("proved", f"the signs of {_counted(len(witness.matrices), 'matrix', 'matrices')} were counted")
    for number, point in enumerate(witness.points):
        _check_point(witness.function, point, f"witness.points[{number}]")
    return Recheck("proved", f"{_counted(len(witness.points), 'critical point', 'critical points')} computed again")


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _check_point(function: Program, given: PointInertia, place: str) -> None:
    at = {k: _rational(x) for k, x in given.point}
    there = second_order(function, at)
    need(there.value == _rational(given.value), f"{place}.value", f"is not {there.value}")
    need(not there.slope, f"{place}.point", "is no critical point: the function has a slope there")
    found = signs_of(function.inputs, there.bend)
    need(found == given.signs, f"{place}.signs", f"are not those of the re-check, {list(found)}")
    if given.curve:
        along = _along(function, at, {k: (n, _rational(c)) for k, n, c in given.curve})
        first = next((c for c in along.coeffs()[1:] if c != 0), None)
        need(first is not None and first < 0, f"{place}.curve", "does not lead down")


def signs_of(size: int, triangle: Triangle) -> Signs:
    """Numbers of positive, zero and negative eigenvalues, by Sylvester's law on each block of the matrix."""
    rows: dict[int, Slopes] = defaultdict(dict)
    for (i, j), value in triangle.items():
        rows[i][j] = rows[j][i] = value
    total = [0, size - len(rows), 0]
    left = set(rows)
    while left:
        block, found = {min(left)}, {min(left)}
        while found:
            found = {j for i in found for j in rows[i]} - block
            block |= found
        left -= block
        for k, count in enumerate(_by_congruence({i: rows[i] for i in block})):
            total[k] += count
    return total[0], total[1], total[2]


def _by_congruence(rows: dict[int, Slopes]) -> list[int]:
    """Signs of the pivots; where the diagonal is zero, adding a row to another (and its column) makes a pivot."""
    total = [0, 0, 0]
    while rows:
        tick()
        pivot = min((i for i in rows if i in rows[i]), key=lambda i: len(rows[i]), default=None)
        if pivot is None:
            pivot = next((i for i in rows if rows[i]), None)
            if pivot is None:
                total[1] += len(rows)
                break
            _add(rows, pivot, next(iter(rows[pivot])), flint.fmpq(1))
        diagonal = rows[pivot][pivot]
        total[0 if diagonal > 0 else 2] += 1
        for other in [j for j in rows[pivot] if j != pivot]:
            _add(rows, other, pivot, -rows[pivot][other] / diagonal)
        del rows[pivot]
    return total


def _add(rows: dict[int, Slopes], to: int, other: int, factor: flint.fmpq) -> None:
    """Add a multiple of a row to another, and of its column likewise."""
    _bounded(factor)
    for j, value in list(rows[other].items()):
        _put(rows[to], j, rows[to].get(j, flint.fmpq(0)) + factor * value)
    column = {i: factor * row[other] for i, row in rows.items() if other in row}
    for i, value in column.items():
        _put(rows[i], to, rows[i].get(to, flint.fmpq(0)) + value)


def _put(row: dict[int, flint.fmpq], place: int, value: flint.fmpq) -> None:
    if value == 0:
        row.pop(place, None)
    else:
        row[place] = value


def second_order(program: Program, at: Mapping[int, flint.fmpq]) -> Second:
    """The output of a program with its derivatives at a point.

    Raises
    ------
    UndecidedError
        If it has a step that is no sum, product or power, or a number grows too long.
    """
    values: list[Second] = []
    for name, *operands in program.steps:
        tick()
        values.append(_step(name, operands, values, at))
        _bounded(values[-1].value)
    return values[program.outputs[0]]


def _step(name: str, operands: list[int], values: list[Second], at: Mapping[int, flint.fmpq]) -> Second:
    if name == "input":
        return Second(at.get(operands[0], flint.fmpq(0)), {operands[0]: flint.fmpq(1)}, {})
    if name == "rational":
        return Second(flint.fmpq(operands[0], operands[1]), {}, {})
    if name in ("add", "multiply"):
        total = values[operands[0]]
        for k in operands[1:]:
            total = (_sum if name == "add" else _product)(total, values[k])
        return total
    if name == "power":
        one, n = values[operands[0]], operands[1]
        _short(one.value, n)
        first, second = n * one.value ** (n - 1), n * (n - 1) * one.value ** (n - 2)
        bend = {spot: first * x for spot, x in one.bend.items()}
        _add_square(bend, one.slope, one.slope, second / 2)
        return _cleaned(one.value**n, {k: first * x for k, x in one.slope.items()}, bend)
    raise UndecidedError(f"the function has the step {name}, and this re-checker only knows polynomials")


def _sum(x: Second, y: Second) -> Second:
    slope, bend = dict(x.slope), dict(x.bend)
    for k, value in y.slope.items():
        slope[k] = slope.get(k, flint.fmpq(0)) + value
    for spot, value in y.bend.items():
        bend[spot] = bend.get(spot, flint.fmpq(0)) + value
    return _cleaned(x.value + y.value, slope, bend)


def _product(x: Second, y: Second) -> Second:
    slope: Slopes = defaultdict(flint.fmpq)
    bend: Triangle = defaultdict(flint.fmpq)
    for one, other in ((x, y), (y, x)):
        if other.value != 0:
            for k, value in one.slope.items():
                slope[k] += value * other.value
            for spot, value in one.bend.items():
                bend[spot] += value * other.value
    _add_square(bend, x.slope, y.slope, flint.fmpq(1))
    return _cleaned(x.value * y.value, slope, bend)


def _add_square(bend: Triangle, x: Slopes, y: Slopes, factor: flint.fmpq) -> None:
    """Add factor (x y^T + y x^T), upper triangle."""
    tick()
    if factor == 0:
        return
    for i, a in x.items():
        for j, b in y.items():
            spot = (min(i, j), max(i, j))
            value = factor * a * b * (2 if i == j else 1)
            bend[spot] = bend.get(spot, flint.fmpq(0)) + value


def _cleaned(value: flint.fmpq, slope: Slopes, bend: Triangle) -> Second:
    return Second(
        value, {k: x for k, x in slope.items() if x != 0}, {spot: x for spot, x in bend.items() if x != 0}
    )


def _along(
    program: Program, at: Mapping[int, flint.fmpq], curve: Mapping[int, tuple[int, flint.fmpq]]
) -> flint.fmpq_poly:
    """The output along a curve, as a polynomial in e."""
    values: list[flint.fmpq_poly] = []
    for name, *operands in program.steps:
        tick()
        if name == "input":
            k = operands[0]
            exponent, coefficient = curve.get(k, (1, flint.fmpq(0)))
            moved = [at.get(k, flint.fmpq(0)), *[flint.fmpq(0)] * (exponent - 1), coefficient]
            value = flint.fmpq_poly(moved)
        elif name == "rational":
            value = flint.fmpq_poly([flint.fmpq(operands[0], operands[1])])
        elif name == "power":
            base = values[operands[0]]
            _of_degree(base.degree() * operands[1])
            for c in base.coeffs():
                _short(c, operands[1])
            value = base ** operands[1]
        else:
            value = values[operands[0]]
            for k in operands[1:]:
                value = value + values[k] if name == "add" else value * values[k]
                _of_degree(value.degree())
        for c in value.coeffs():
            _bounded(c)
        values.append(value)
    return values[program.outputs[0]]


def _of_degree(degree: int) -> None:
    if degree > _MOST_DEGREE:
        raise UndecidedError("the function has too high a degree for this re-checker")


def _short(value: flint.fmpq, exponent: int) -> None:
    bits = max(int(value.p).bit_length(), int(value.q).bit_length())
    if bits > 1 and bits * exponent > _MOST_BITS:
        raise UndecidedError("a power is a number too long for this re-checker")


def _bounded(value: flint.fmpq) -> None:
    if max(int(value.p).bit_length(), int(value.q).bit_length()) > _MOST_BITS:
        raise UndecidedError("the numbers of this elimination are too long for this re-checker")


def _rational(value: Fraction) -> flint.fmpq:
    return flint.fmpq(value.numerator, value.denominator)
