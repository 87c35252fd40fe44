"""Interval arithmetic on NumPy arrays, rigorous by IEEE rounding alone.

Sums, products, quotients and square roots are correctly rounded, so one step outward encloses them. Exponentials, sines
and cosines are summed from Taylor polynomials with a remainder in the same arithmetic; no library function is trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from symdyn.algebra.steps import StraightLine

Floats = npt.NDArray[np.float64]
Interval = tuple[Floats, Floats]

# pi lies strictly between these two neighbouring floats
_PI = (3.141592653589793, 3.1415926535897936)


def _outward(low: Any, high: Any) -> Interval:
    return np.nextafter(low, -np.inf), np.nextafter(high, np.inf)


def add(x: Interval, y: Interval) -> Interval:
    """x + y."""
    return _outward(x[0] + y[0], x[1] + y[1])


def subtract(x: Interval, y: Interval) -> Interval:
    """x - y."""
    return _outward(x[0] - y[1], x[1] - y[0])


def multiply(x: Interval, y: Interval) -> Interval:
    """x y."""
    products = (x[0] * y[0], x[0] * y[1], x[1] * y[0], x[1] * y[1])
    low, high = products[0], products[0]
    for product in products[1:]:
        low, high = np.minimum(low, product), np.maximum(high, product)
    return _outward(low, high)


def divide(x: Interval, y: Interval) -> Interval:
    """x / y; the whole line where y may be zero."""
    safe = (y[0] > 0) | (y[1] < 0)
    low, high = np.where(safe, y[0], 1.0), np.where(safe, y[1], 1.0)
    inverse = _outward(1.0 / high, 1.0 / low)
    quotient = multiply(x, inverse)
    return np.where(safe, quotient[0], -np.inf), np.where(safe, quotient[1], np.inf)


def square(x: Interval) -> Interval:
    """x^2, not negative."""
    a, b = x[0] * x[0], x[1] * x[1]
    low = np.where((x[0] < 0) & (x[1] > 0), 0.0, np.nextafter(np.minimum(a, b), -np.inf))
    return np.maximum(low, 0.0), np.nextafter(np.maximum(a, b), np.inf)


def power(x: Interval, exponent: int) -> Interval:
    """x^n for n >= 1 by products; even powers are not negative."""
    result = x if exponent % 2 else square(x)
    for _ in range((exponent - 1) // 2):
        result = multiply(result, square(x))
    return result if exponent % 2 else (np.maximum(result[0], 0.0), result[1])


def exponential(x: Interval) -> Interval:
    """exp(x), by x / 2^10 and ten squarings."""
    low, high = _exp_point(np.stack(x))
    return low[0], high[1]


def _exp_point(x: Floats) -> Interval:
    small = (x / 1024.0, x / 1024.0)  # exact: a power of two
    one = (np.ones_like(x), np.ones_like(x))
    total = one
    for k in range(8, 0, -1):  # Horner: 1 + s (1 + s/2 (1 + s/3 ...))
        total = add(one, multiply(divide(small, (np.full_like(x, k), np.full_like(x, k))), total))
    # remainder below |s|^9 / 9! * exp(|s|) <= 1e-5 * |s|^9 for |s| <= 1
    tail = np.nextafter(1e-5 * np.abs(small[0]) ** 9, np.inf) * (1 + 1e-10)
    low, high = _outward(total[0] - tail, total[1] + tail)
    wide = np.abs(small[0]) > 1.0
    result = (np.where(wide, 0.0, np.maximum(low, 0.0)), np.where(wide, np.inf, high))
    with np.errstate(over="ignore"):  # an overflow is infinity, which encloses
        for _ in range(10):
            result = square(result)
    return np.where(wide & (x < 0), 0.0, result[0]), np.where(wide & (x < 0), 1.0, result[1])


def cosine(x: Interval) -> Interval:
    """cos(x) for |x| up to about 100: values at the ends, and +-1 where a multiple of pi may lie inside."""
    below, above = _cos_point(np.stack(x))
    low, high = below.min(axis=0), above.max(axis=0)
    first = np.floor(x[0] / _PI[1] - 1e-9) - 1
    for step in range(5):  # the multiples of pi near the left end
        k = first + step
        candidates = np.stack([k * _PI[0], k * _PI[1]])
        inside = (candidates.min(axis=0) - 1e-12 <= x[1]) & (candidates.max(axis=0) + 1e-12 >= x[0])
        even = np.mod(k, 2) == 0
        high, low = np.where(inside & even, 1.0, high), np.where(inside & ~even, -1.0, low)
    wide = x[1] - x[0] > 6.0
    return np.where(wide, -1.0, np.maximum(low, -1.0)), np.where(wide, 1.0, np.minimum(high, 1.0))


def sine(x: Interval) -> Interval:
    """sin(x) = cos(x - pi/2)."""
    half = (np.full_like(x[0], _PI[0] / 2), np.full_like(x[0], _PI[1] / 2))
    return cosine(subtract(x, half))


def _cos_point(x: Floats) -> Interval:
    """cos of floats: Taylor at x / 2^7, then seven times 2 c^2 - 1."""
    small = (x / 128.0, x / 128.0)
    squared = square(small)
    one, two = (np.ones_like(x), np.ones_like(x)), (np.full_like(x, 2.0), np.full_like(x, 2.0))
    total = one
    for k in range(6, 0, -1):
        divisor = np.full_like(x, float((2 * k - 1) * (2 * k)))
        total = subtract(one, multiply(divide(squared, (divisor, divisor)), total))
    tail = np.nextafter(2e-11 * np.abs(small[0]) ** 14, np.inf) * (1 + 1e-10)  # |s|^14 / 14! and more
    result = _outward(total[0] - tail, total[1] + tail)
    for _ in range(7):
        result = subtract(multiply(two, square(result)), one)
    return result


_UNARY = {"exp": exponential, "cos": cosine, "sin": sine}


def run(program: StraightLine, inputs: Sequence[Interval]) -> list[Interval]:
    """Enclosures of all outputs of a program, for inputs of one shape.

    Raises
    ------
    ValueError
        For a step without an interval form (only + - * / powers, exp, sin, cos and square roots have one).
    """
    like = inputs[0][0]
    values: list[Interval] = []
    for operation, operands in program.steps:
        if operation == "input":
            values.append(inputs[operands[0]])
        elif operation == "rational":
            middle = np.full_like(like, operands[0] / operands[1])
            exact = float(operands[0] / operands[1]).as_integer_ratio() == (operands[0], operands[1])
            values.append((middle, middle) if exact else _outward(middle, middle))
        elif operation == "pi":
            values.append((np.full_like(like, _PI[0]), np.full_like(like, _PI[1])))
        elif operation in ("add", "multiply"):
            total = values[operands[0]]
            for k in operands[1:]:
                total = (add if operation == "add" else multiply)(total, values[k])
            values.append(total)
        elif operation == "divide":
            values.append(divide(values[operands[0]], values[operands[1]]))
        elif operation == "power":
            values.append(power(values[operands[0]], operands[1]))
        elif operation == "sqrt":
            low, high = values[operands[0]]
            root = _outward(np.sqrt(np.maximum(low, 0.0)), np.sqrt(np.maximum(high, 0.0)))
            values.append((np.maximum(root[0], 0.0), root[1]))
        elif operation in _UNARY:
            values.append(_UNARY[operation](values[operands[0]]))
        else:
            raise ValueError(f"the step {operation} has no interval form")
    return [values[k] for k in program.outputs]
