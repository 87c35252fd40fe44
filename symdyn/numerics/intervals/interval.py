"""Interval arithmetic on NumPy arrays, rigorous by IEEE rounding alone.

Sums, products, quotients and square roots are correctly rounded, so one step outward encloses them. Exponentials, sines
and cosines are summed from Taylor polynomials with a remainder in the same arithmetic; no library function is trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from symdyn.algebra.programs.steps import StraightLine

Floats = npt.NDArray[np.float64]
Interval = tuple[Floats, Floats]

_SCALAR = np.zeros(())
# pi lies strictly between these two neighbouring floats
_PI = (3.141592653589793, 3.1415926535897936)


# The neighbours of a float x are at most 2^-52 |x| away, or less than _TINY where |x| < 1e-290; _ULP is above 2^-52 by
# more than its own product loses. Seven times faster than nextafter, and right where subnormal numbers become 0.
_ULP, _TINY = 2.3e-16, 1e-300


def _outward(low: Any, high: Any) -> Interval:
    return low - (np.abs(low) * _ULP + _TINY), high + (np.abs(high) * _ULP + _TINY)


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
    low, high = _outward(np.minimum(a, b), np.maximum(a, b))
    return np.maximum(np.where((x[0] < 0) & (x[1] > 0), 0.0, low), 0.0), high


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
        total = add(one, multiply(multiply(small, constant(_SCALAR, 1, k)), total))
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
    """cos(x): values at the ends, and +-1 where a multiple of pi may lie inside; all of [-1, 1] where |x| > 100."""
    # farther out the products with pi are not within 1e-12
    wide = ~((x[1] - x[0] <= 6.0) & (np.abs(x[0]) <= 100.0) & (np.abs(x[1]) <= 100.0))
    x = np.where(wide, 0.0, x[0]), np.where(wide, 0.0, x[1])
    below, above = _cos_point(np.stack(x))
    low, high = below.min(axis=0), above.max(axis=0)
    first = np.floor(x[0] / _PI[1] - 1e-9) - 1
    for step in range(5):  # the multiples of pi near the left end
        k = first + step
        candidates = np.stack([k * _PI[0], k * _PI[1]])
        inside = (candidates.min(axis=0) - 1e-12 <= x[1]) & (candidates.max(axis=0) + 1e-12 >= x[0])
        even = np.mod(k, 2) == 0
        high, low = np.where(inside & even, 1.0, high), np.where(inside & ~even, -1.0, low)
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
        total = subtract(one, multiply(multiply(squared, constant(_SCALAR, 1, (2 * k - 1) * (2 * k))), total))
    tail = np.nextafter(2e-11 * np.abs(small[0]) ** 14, np.inf) * (1 + 1e-10)  # |s|^14 / 14! and more
    result = _outward(total[0] - tail, total[1] + tail)
    for _ in range(7):
        result = subtract(multiply(two, square(result)), one)
    return result


def root(x: Interval) -> Interval:
    """The square root of the part that is not negative."""
    low, high = _outward(np.sqrt(np.maximum(x[0], 0.0)), np.sqrt(np.maximum(x[1], 0.0)))
    return np.maximum(low, 0.0), high


def constant(like: Floats, above: int, below: int = 1) -> Interval:
    """The rational number above / below, in the shape of an array."""
    middle = np.full_like(like, above / below)
    return (middle, middle) if float(above / below).as_integer_ratio() == (above, below) else _outward(middle, middle)


_UNARY: dict[str, Callable[[Interval], Interval]] = {"exp": exponential, "cos": cosine, "sin": sine, "sqrt": root}


def run(program: StraightLine, inputs: Sequence[Interval]) -> list[Interval]:
    """Enclosures of all outputs of a program, for inputs of one shape.

    Raises
    ------
    ValueError
        For a step without an interval form (only + - * / powers, exp, sin, cos and square roots have one).
    """
    with np.errstate(all="ignore"):  # an overflow gives infinity, which encloses, or nan, which proves nothing
        values = _values(program, inputs)
    return [values[k] for k in program.outputs]


def _values(program: StraightLine, inputs: Sequence[Interval]) -> list[Interval]:
    like = inputs[0][0]
    values: list[Interval] = []
    for operation, operands in program.steps:
        if operation == "input":
            values.append(inputs[operands[0]])
        elif operation == "rational":
            values.append(constant(like, *operands))
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
        elif operation in _UNARY:
            values.append(_UNARY[operation](values[operands[0]]))
        else:
            raise ValueError(f"the step {operation} has no interval form")
    return values


def run_with_slopes(
    program: StraightLine, inputs: Sequence[Interval], slopes: Sequence[Interval]
) -> list[tuple[Interval, Interval]]:
    """Enclosures of all outputs and of their partial derivatives, by forward differentiation along the steps.

    Parameters
    ----------
    program
        With steps that have an interval form, as in `run`.
    inputs
        Each of shape (B,).
    slopes
        Of the inputs, each of shape (n, B): derivatives in n directions.

    Returns
    -------
    list of (value, slopes)
        Of shapes (B,) and (n, B).
    """
    with np.errstate(all="ignore"):
        values = _values(program, inputs)
        found: list[Interval | None] = []
        for (operation, operands), value in zip(program.steps, values, strict=True):
            is_input = operation == "input"
            found.append(slopes[operands[0]] if is_input else _slope(operation, operands, value, values, found))
    flat = np.zeros_like(slopes[0][0])
    return [(values[k], found[k] or (flat, flat)) for k in program.outputs]


def _slope(
    operation: str, operands: tuple[int, ...], value: Interval, values: list[Interval], slopes: list[Interval | None]
) -> Interval | None:
    """Derivatives of one step; None for a constant."""
    if operation == "add":
        return _sum([slopes[k] for k in operands])
    if operation == "multiply":
        total, slope = values[operands[0]], slopes[operands[0]]
        for k in operands[1:]:
            slope = _sum([_scaled(slope, values[k]), _scaled(slopes[k], total)])
            total = multiply(total, values[k])
        return slope
    if operation == "divide":
        over = _scaled(slopes[operands[1]], value)
        above = _sum([slopes[operands[0]], None if over is None else (-over[1], -over[0])])
        return None if above is None else divide(above, values[operands[1]])
    if operation in ("rational", "pi") or slopes[operands[0]] is None:
        return None
    x = values[operands[0]]
    if operation == "power":
        exponent = operands[1]
        return _scaled(slopes[operands[0]], multiply(constant(x[0], exponent), power(x, exponent - 1)))
    if operation == "sqrt":
        return _scaled(slopes[operands[0]], divide(constant(x[0], 1, 2), value))
    if operation == "cos":
        low, high = sine(x)
        return _scaled(slopes[operands[0]], (-high, -low))
    return _scaled(slopes[operands[0]], value if operation == "exp" else cosine(x))


def _sum(parts: Sequence[Interval | None]) -> Interval | None:
    total: Interval | None = None
    for part in parts:
        total = part if total is None else total if part is None else add(total, part)
    return total


def _scaled(slope: Interval | None, factor: Interval) -> Interval | None:
    return None if slope is None else multiply(slope, factor)
