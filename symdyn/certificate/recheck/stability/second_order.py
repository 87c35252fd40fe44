"""Stored programs in balls with first and second derivatives, and definite matrices of balls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import UndecidedError
from symdyn.certificate.witness.program import Program

Ball = flint.arb
Rows = list[list[flint.arb]]


class Second(NamedTuple):
    """A value, its gradient, and the lower triangle of its Hessian, row by row; both empty for constants."""

    value: Ball
    slope: list[Ball]
    bend: Rows


def second_order(program: Program, point: Sequence[Ball]) -> list[Second]:
    """The outputs at a point, or over a box of balls; what has no derivative there has none that is finite."""
    values: list[Second] = []
    for name, *operands in program.steps:
        tick()
        values.append(_step(name, operands, values, point))
    return [_filled(values[k], len(point)) for k in program.outputs]


def hessian(one: Second) -> Rows:
    """The full symmetric matrix."""
    size = len(one.slope)
    return [[one.bend[max(i, j)][min(i, j)] for j in range(size)] for i in range(size)]


def is_positive_definite(matrix: Rows) -> bool:
    """Whether every symmetric matrix in the balls is positive definite: all pivots are certainly positive.

    Rows and columns are scaled by powers of two first, so that units do not matter.
    """
    size = len(matrix)
    scale = []
    for k in range(size):
        if not (matrix[k][k].is_finite() and matrix[k][k] > 0):
            return False
        exponent = int(matrix[k][k].mid().man_exp()[1]) + int(matrix[k][k].mid().man_exp()[0]).bit_length()
        scale.append(flint.arb(2) ** (-(exponent // 2)))
    left = [[matrix[i][j] * scale[i] * scale[j] for j in range(size)] for i in range(size)]
    for k in range(size):
        pivot = left[k][k]
        if not (pivot.is_finite() and pivot > 0):
            return False
        for i in range(k + 1, size):
            factor = left[i][k] / pivot
            for j in range(k + 1, i + 1):
                left[i][j] = left[j][i] = left[i][j] - factor * left[j][k]
    return True


def _filled(one: Second, size: int) -> Second:
    if one.slope:
        return one
    zero = flint.arb(0)
    return Second(one.value, [zero] * size, [[zero] * (k + 1) for k in range(size)])


def _step(name: str, operands: list[int], values: list[Second], point: Sequence[Ball]) -> Second:
    if name == "input":
        one = _filled(Second(point[operands[0]], [], []), len(point))
        one.slope[operands[0]] = flint.arb(1)
        return one
    if name == "rational":
        return Second(flint.arb(flint.fmpq(operands[0], operands[1])), [], [])
    if name == "pi":
        return Second(flint.arb.pi(), [], [])
    total = values[operands[0]]
    if name in ("add", "multiply"):
        for k in operands[1:]:
            total = (_sum if name == "add" else _product)(total, values[k])
        return total
    if name == "divide":
        below = values[operands[1]].value
        inverse = 1 / below
        turned = _through(values[operands[1]], inverse, -inverse * inverse, 2 * inverse * inverse * inverse)
        return _product(total, turned)
    if name == "power":
        n, x = operands[1], total.value
        low = _power(x, n - 2)
        return _through(total, low * x * x, n * low * x, n * (n - 1) * low)
    return _through(total, *_function(name, total.value, operands))


def _power(x: Ball, exponent: int) -> Ball:
    """A whole power by squares, so that an even one is not negative."""
    if exponent == 0:
        return flint.arb(1)
    half = _power(x, exponent // 2)
    square = _square(half)
    return square * x if exponent % 2 else square


def _square(x: Ball) -> Ball:
    square = x * x
    if x.contains(0):
        top = abs(x).abs_upper()
        return square.intersection(flint.arb(0).union(top * top))
    return square


def _sum(x: Second, y: Second) -> Second:
    if not x.slope or not y.slope:
        one = x if x.slope else y
        return Second(x.value + y.value, one.slope, one.bend)
    return Second(
        x.value + y.value,
        [a + b for a, b in zip(x.slope, y.slope, strict=True)],
        [[a + b for a, b in zip(r, s, strict=True)] for r, s in zip(x.bend, y.bend, strict=True)],
    )


def _product(x: Second, y: Second) -> Second:
    value = _square(x.value) if x is y else x.value * y.value
    if not x.slope or not y.slope:
        one, factor = (x, y.value) if x.slope else (y, x.value)
        return Second(value, [factor * a for a in one.slope], [[factor * a for a in row] for row in one.bend])
    bend = []
    for i in range(len(x.slope)):
        row = []
        for j in range(i + 1):
            cross = x.slope[i] * y.slope[j] + x.slope[j] * y.slope[i]
            row.append(x.bend[i][j] * y.value + cross + x.value * y.bend[i][j])
        bend.append(row)
    slope = [a * y.value + x.value * b for a, b in zip(x.slope, y.slope, strict=True)]
    return Second(value, slope, bend)


def _through(x: Second, value: Ball, first: Ball, second: Ball) -> Second:
    """A function of one argument, from its value and two derivatives."""
    if not x.slope:
        return Second(value, [], [])
    bend = [
        [first * x.bend[i][j] + second * (x.slope[i] * x.slope[j]) for j in range(i + 1)] for i in range(len(x.slope))
    ]
    return Second(value, [first * a for a in x.slope], bend)


def _function(name: str, x: Ball, operands: list[int]) -> tuple[Ball, Ball, Ball]:
    """Value and two derivatives of a function of one argument."""
    if name == "root":
        share = flint.fmpq(operands[1], operands[2])
        value = x ** flint.arb(share)
        first = share * value / x
        return value, first, (share - 1) * first / x
    if name == "abs":
        sign = flint.arb(1) if x > 0 else flint.arb(-1) if x < 0 else flint.arb("nan")
        return abs(x), sign, sign * 0
    if name not in _RULES:
        raise UndecidedError(f"the program has the step {name}, of which no second derivative is known here")
    return _RULES[name](x)


def _leg(x: Ball) -> Ball:
    return 1 / (1 - _square(x)).sqrt()


def _tangent(x: Ball) -> tuple[Ball, Ball, Ball]:
    value = x.tan()
    return value, 1 + _square(value), 2 * value * (1 + _square(value))


def _tanh(x: Ball) -> tuple[Ball, Ball, Ball]:
    value = x.tanh()
    return value, 1 - _square(value), -2 * value * (1 - _square(value))


def _atan(x: Ball) -> tuple[Ball, Ball, Ball]:
    slope = 1 / (1 + _square(x))
    return x.atan(), slope, -2 * x * slope * slope


def _bell(x: Ball) -> tuple[Ball, Ball, Ball]:
    slope = 2 * (-_square(x)).exp() / flint.arb.pi().sqrt()
    return x.erf(), slope, -2 * x * slope


def _root(x: Ball) -> tuple[Ball, Ball, Ball]:
    value = x.sqrt()
    return value, 1 / (2 * value), -1 / (4 * value * x)


_RULES: dict[str, Callable[[Ball], tuple[Ball, Ball, Ball]]] = {
    "exp": lambda x: (x.exp(), x.exp(), x.exp()),
    "log": lambda x: (x.log(), 1 / x, -1 / _square(x)),
    "sin": lambda x: (x.sin(), x.cos(), -x.sin()),
    "cos": lambda x: (x.cos(), -x.sin(), -x.cos()),
    "tan": _tangent,
    "sinh": lambda x: (x.sinh(), x.cosh(), x.sinh()),
    "cosh": lambda x: (x.cosh(), x.sinh(), x.cosh()),
    "tanh": _tanh,
    "asin": lambda x: (x.asin(), _leg(x), x * _leg(x) ** 3),
    "acos": lambda x: (x.acos(), -_leg(x), -x * _leg(x) ** 3),
    "atan": _atan,
    "erf": _bell,
    "sqrt": _root,
}
