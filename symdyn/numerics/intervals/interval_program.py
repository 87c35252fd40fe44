"""Straight-line programs over boxes: enclosures of values and of derivatives, for every function that has steps.

Of a function that is defined on a part of the box only (a logarithm, a root), the value encloses its range on that
part, and the derivative is not bounded: what rests on slopes then proves nothing there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symdyn.algebra.programs.steps import StraightLine
from symdyn.numerics.intervals import interval_functions as functions
from symdyn.numerics.intervals.interval import Floats, Interval, add, constant, divide, multiply, root, square, subtract

Slope = Interval | None  # None for the derivative of a constant


@dataclass(frozen=True)
class Enclosed:
    """What is known of a program over boxes (n, B).

    Parameters
    ----------
    values
        Of each output, shape (B,).
    slopes
        Of each output, shape (n, B): its derivatives; empty where none were asked for.
    undefined
        Boxes, shape (B,), in which some step certainly has no value.
    """

    values: list[Interval]
    slopes: list[Interval]
    undefined: Any


def enclosed(program: StraightLine, low: Floats, high: Floats, *, with_slopes: bool = True) -> Enclosed:
    """Enclosures of the outputs over boxes with these ends, each of shape (n, B).

    Raises
    ------
    ValueError
        For a step without an interval form.
    """
    n, batch = low.shape
    values: list[Interval] = []
    slopes: list[Slope] = []
    undefined = np.zeros(batch, dtype=bool)
    units = [np.zeros((n, batch)) for _ in range(n)]
    for k, unit in enumerate(units):
        unit[k] = 1.0
    with np.errstate(all="ignore"):  # infinity encloses, and nan proves nothing
        for operation, operands in program.steps:
            if operation == "input":
                k = operands[0]
                values.append((low[k], high[k]))
                slopes.append((units[k], units[k]))
                continue
            values.append(_value(operation, operands, values, low[0]))
            if operation not in ("rational", "pi"):
                undefined |= functions.is_undefined(operation, values[operands[0]])
            slopes.append(_slope(operation, operands, values, slopes) if with_slopes else None)
    flat = np.zeros((n, batch))
    found = [slopes[k] or (flat, flat) for k in program.outputs] if with_slopes else []
    return Enclosed([values[k] for k in program.outputs], found, undefined)


def _value(operation: str, operands: tuple[int, ...], values: list[Interval], like: Floats) -> Interval:
    if operation == "rational":
        return constant(like, *operands)
    if operation == "pi":
        return np.full_like(like, functions.PI[0]), np.full_like(like, functions.PI[1])
    x = values[operands[0]]
    if operation in ("add", "multiply"):
        for k in operands[1:]:
            x = (add if operation == "add" else multiply)(x, values[k])
        return x
    if operation == "divide":
        return divide(x, values[operands[1]])
    if operation == "power":
        return _whole_power(x, operands[1])
    if operation == "sqrt":
        return root(x)
    if operation == "root":
        return functions.fractional_power(x, operands[1], operands[2])
    if operation in functions.FUNCTIONS:
        return functions.FUNCTIONS[operation](x)
    raise ValueError(f"the step {operation} has no interval form")


def _whole_power(x: Interval, exponent: int) -> Interval:
    """x^n by its ends: odd powers grow, even ones with |x|."""
    if exponent % 2 == 0:
        size = functions.absolute(x)
        return np.maximum(_power_of_float(size[0], exponent)[0], 0.0), _power_of_float(size[1], exponent)[1]
    return _power_of_float(x[0], exponent)[0], _power_of_float(x[1], exponent)[1]


def _power_of_float(x: Floats, exponent: int) -> Interval:
    """By repeated squaring."""
    result, base = None, (x, x)
    while exponent:
        if exponent & 1:
            result = base if result is None else multiply(result, base)
        exponent >>= 1
        if exponent:
            base = square(base)
    return result if result is not None else (np.ones_like(x), np.ones_like(x))


def _slope(operation: str, operands: tuple[int, ...], values: list[Interval], slopes: list[Slope]) -> Slope:
    """Derivatives of the step that was made last."""
    if operation in ("rational", "pi"):
        return None
    if operation == "add":
        return _sum([slopes[k] for k in operands])
    if operation == "multiply":
        total, slope = values[operands[0]], slopes[operands[0]]
        for k in operands[1:]:
            slope = _sum([_scaled(slope, values[k]), _scaled(slopes[k], total)])
            total = multiply(total, values[k])
        return slope
    value = values[-1]
    if operation == "divide":
        over = _scaled(slopes[operands[1]], value)
        above = _sum([slopes[operands[0]], None if over is None else (-over[1], -over[0])])
        return None if above is None else divide(above, values[operands[1]])
    inner = slopes[operands[0]]
    return None if inner is None else multiply(inner, _rate(operation, operands, values[operands[0]], value))


def _rate(operation: str, operands: tuple[int, ...], x: Interval, value: Interval) -> Interval:
    """The derivative of a function of one argument."""
    one = constant(x[0], 1)
    if operation == "power":
        n = operands[1]
        return multiply(constant(x[0], n), _whole_power(x, n - 1) if n > 2 else x)
    if operation == "root":
        return _rate_of_root(operands[1], operands[2], x)
    if operation == "abs":
        return np.where(x[0] > 0, 1.0, -1.0), np.where(x[1] < 0, -1.0, 1.0)
    if operation == "exp":
        return value
    if operation in ("sin", "sinh", "cosh"):
        other = {"sin": "cos", "sinh": "cosh", "cosh": "sinh"}[operation]
        return functions.FUNCTIONS[other](x)
    if operation == "cos":
        low, high = functions.sine(x)
        return -high, -low
    if operation == "tan":
        return add(one, square(value))
    if operation == "tanh":
        low, high = subtract(one, square(value))
        return np.maximum(low, 0.0), high
    if operation == "erf":
        low, high = square(x)
        bell = functions.exponential((-high, -low))
        return multiply(bell, (np.full_like(x[0], 1.1283791670955123), np.full_like(x[0], 1.1283791670955130)))
    sign = constant(x[0], -1 if operation == "acos" else 1)
    return divide(sign, _inverse_rate(operation, x, value))


def _inverse_rate(operation: str, x: Interval, value: Interval) -> Interval:
    """What the derivative is one over, up to its sign."""
    if operation == "log":
        return x
    if operation == "atan":
        return add(constant(x[0], 1), square(x))
    return multiply(constant(x[0], 2), value) if operation == "sqrt" else _leg(x)


def _leg(x: Interval) -> Interval:
    """sqrt(1 - x^2); with 0 in it where a part of x is beyond 1, so that its inverse is not bounded."""
    return root(subtract(constant(x[0], 1), square(x)))


def _rate_of_root(above: int, below: int, x: Interval) -> Interval:
    """p/q x^(p/q - 1); not bounded where a part of x is negative."""
    rest = above - below
    if rest > 0:
        slope = functions.fractional_power(x, rest, below)
    else:
        slope = divide(constant(x[0], 1), functions.fractional_power(x, -rest, below))
    low, high = multiply(constant(x[0], above, below), slope)
    inside = x[0] >= 0
    return np.where(inside, low, -np.inf), np.where(inside, high, np.inf)


def _sum(parts: Sequence[Slope]) -> Slope:
    total: Slope = None
    for part in parts:
        total = part if total is None else total if part is None else add(total, part)
    return total


def _scaled(slope: Slope, factor: Interval) -> Slope:
    return None if slope is None else multiply(slope, factor)
