"""Elementary functions of intervals on NumPy arrays, rigorous by IEEE rounding alone.

Exponentials, sines and cosines of floats are Taylor polynomials after an exact reduction; their rounding is bounded by
that of Horner's scheme, 2 n u times the sum of the absolute terms. Inverse functions of the library only propose a
value, which the exponential or the sine then confirms: no library function is trusted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from symdyn.numerics.intervals.interval import Floats, Interval, divide, multiply, subtract

# ln 2 and pi/2 in parts of at most 33 bits, so that small multiples of the first ones are exact
_LN2 = (0.6931471803691238, 1.9082149292705877e-10)
_HALF_PI = (1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21)
#: pi lies strictly between these two.
PI = (3.141592653589793, 3.1415926535897936)
#: pi/2 lies strictly between these two.
_QUARTER = (1.5707963267948966, 1.5707963267948968)
_EXP = tuple(1.0 / math.factorial(k) for k in range(15))
_SIN = tuple((-1.0) ** k / math.factorial(2 * k + 1) for k in range(11))
_COS = tuple((-1.0) ** k / math.factorial(2 * k) for k in range(11))
# above 2 n u (sum of absolute terms) for these polynomials, with the truncation and the reduction
_RELATIVE, _REDUCED = 1.5e-14, 4e-16
_FAR = 1e5
_LARGEST, _SMALLEST = 709.0, -700.0
_PROPOSED = 1e-13
_SERIES = 170


def exponential(x: Interval) -> Interval:
    """exp(x), which grows."""
    return exp_of_floats(x[0])[0], exp_of_floats(x[1])[1]


def exp_of_floats(x: Floats) -> Interval:
    """exp at floats."""
    with np.errstate(all="ignore"):
        inside = np.clip(x, _SMALLEST, _LARGEST)
        k = np.rint(np.nan_to_num(inside) / _LN2[0])
        r = (inside - k * _LN2[0]) - k * _LN2[1]
        value = np.ldexp(_horner(_EXP, r), k.astype(np.int64))
        low, high = value * (1 - _RELATIVE), value * (1 + _RELATIVE)
        return np.where(x < _SMALLEST, 0.0, low), np.where(x > _LARGEST, np.inf, high)


def _horner(coefficients: tuple[float, ...], x: Floats) -> Floats:
    total = np.full_like(x, coefficients[-1])
    for c in coefficients[-2::-1]:
        total = total * x + c
    return total


def logarithm(x: Interval) -> Interval:
    """log(x) of the positive part; it grows."""
    low, high = log_of_floats(np.maximum(x[0], 0.0))[0], log_of_floats(np.maximum(x[1], 0.0))[1]
    return np.where(x[0] > 0, low, -np.inf), high


def log_of_floats(x: Floats) -> Interval:
    """log at positive floats: log of the library, confirmed by exp."""
    with np.errstate(all="ignore"):
        proposed = np.log(x)
        slack = 2e-14 + 1e-15 * np.abs(proposed)
        low, high = proposed - slack, proposed + slack
        good_low = exp_of_floats(low)[1] <= x
        good_high = exp_of_floats(high)[0] >= x
        # 5e-324 <= x < 2e308, unless it is 0 or not finite
        bound = np.where(np.isfinite(x), 710.0, np.inf)
        return np.where(good_low, low, np.where(x > 0, -746.0, -np.inf)), np.where(good_high, high, bound)


def cosine(x: Interval) -> Interval:
    """cos(x): its ends, and the multiples of pi between them."""
    return _wave(x, 1)


def sine(x: Interval) -> Interval:
    """sin(x): its ends, and its turns."""
    return _wave(x, 0)


def _wave(x: Interval, quarter: int) -> Interval:
    with np.errstate(all="ignore"):
        ends = [sin_of_floats(end, quarter) for end in x]
        low, high = np.minimum(ends[0][0], ends[1][0]), np.maximum(ends[0][1], ends[1][1])
        turn = 0.5 - quarter / 2
        first, last = x[0] / np.pi - turn - 1e-9, x[1] / np.pi - turn + 1e-9
        far = ~((np.abs(x[0]) < _FAR) & (np.abs(x[1]) < _FAR))
        top = far | (2 * np.ceil(first / 2) <= last)
        bottom = far | (2 * np.ceil((first - 1) / 2) + 1 <= last)
        return np.where(bottom, -1.0, np.maximum(low, -1.0)), np.where(top, 1.0, np.minimum(high, 1.0))


def sin_of_floats(x: Floats, quarter: int = 0) -> Interval:
    """sin(x + quarter pi/2) at floats; all of [-1, 1] where |x| is large."""
    with np.errstate(all="ignore"):
        far = ~(np.abs(x) < _FAR)
        near = np.where(far, 0.0, x)
        k = np.rint(near / _QUARTER[0])
        r = ((near - k * _HALF_PI[0]) - k * _HALF_PI[1]) - k * _HALF_PI[2]
        square = r * r
        place = np.mod(k.astype(np.int64) + quarter, 4)
        odd = place % 2 == 1
        value = np.where(odd, _horner(_COS, square), r * _horner(_SIN, square))
        value = np.where(place >= 2, -value, value)
        slack = _RELATIVE * np.where(odd, 1.0, np.abs(value)) + np.where(k != 0, _REDUCED, 1e-300)
        low, high = np.maximum(value - slack, -1.0), np.minimum(value + slack, 1.0)
        return np.where(far, -1.0, low), np.where(far, 1.0, high)


def tangent(x: Interval) -> Interval:
    """tan(x), which grows between its poles; the whole line where there may be a pole."""
    pole = cosine(x)
    apart = (pole[0] > 0) | (pole[1] < 0)
    low = divide(sin_of_floats(x[0]), sin_of_floats(x[0], 1))[0]
    high = divide(sin_of_floats(x[1]), sin_of_floats(x[1], 1))[1]
    return np.where(apart, low, -np.inf), np.where(apart, high, np.inf)


def hyperbolic_sine(x: Interval) -> Interval:
    """sinh(x), which grows."""

    def at(end: Floats) -> Interval:
        low, high = subtract(exp_of_floats(end), exp_of_floats(-end))
        return low / 2, high / 2

    return at(x[0])[0], at(x[1])[1]


def hyperbolic_cosine(x: Interval) -> Interval:
    """cosh(x), which grows with |x|."""
    size = absolute(x)

    def at(end: Floats) -> Interval:
        up, down = exp_of_floats(end), exp_of_floats(-end)
        return (up[0] + down[0]) / 2 * (1 - 1e-15), (up[1] + down[1]) / 2 * (1 + 1e-15)

    return np.maximum(at(size[0])[0], 1.0), at(size[1])[1]


def hyperbolic_tangent(x: Interval) -> Interval:
    """tanh(x) = (1 - q)/(1 + q) with q = exp(-2 x), which grows."""

    def at(end: Floats) -> Interval:
        q = exp_of_floats(-2.0 * np.abs(end))
        one = (np.ones_like(end), np.ones_like(end))
        low, high = divide(subtract(one, q), (1.0 + q[0] - 1e-15, 1.0 + q[1] + 1e-15))
        return np.where(end < 0, -high, low), np.where(end < 0, -low, high)

    return np.maximum(at(x[0])[0], -1.0), np.minimum(at(x[1])[1], 1.0)


def arc_tangent(x: Interval) -> Interval:
    """atan(x), which grows: proposed by the library, confirmed by sin y <= x cos y."""
    low, high = np.arctan(x[0]) - _PROPOSED, np.arctan(x[1]) + _PROPOSED
    with np.errstate(all="ignore"):
        down, up = multiply(sin_of_floats(low, 1), (x[0], x[0])), multiply(sin_of_floats(high, 1), (x[1], x[1]))
        good_low = (low > -_QUARTER[0]) & (sin_of_floats(low)[1] <= down[0])
        good_high = (high < _QUARTER[0]) & (sin_of_floats(high)[0] >= up[1])
    return np.where(good_low, low, -_QUARTER[1]), np.where(good_high, high, _QUARTER[1])


def arc_sine(x: Interval) -> Interval:
    """asin(x) of the part within [-1, 1], which grows: proposed by the library, confirmed by the sine."""
    ends = np.clip(x[0], -1.0, 1.0), np.clip(x[1], -1.0, 1.0)
    low, high = np.full_like(ends[0], -_QUARTER[1]), np.full_like(ends[1], _QUARTER[1])
    with np.errstate(all="ignore"):
        for slack in (1e-6, 1e-9, _PROPOSED):  # near the ends the sine is flat
            below, above = np.arcsin(ends[0]) - slack, np.arcsin(ends[1]) + slack
            good_low = (below > -_QUARTER[0]) & (below < _QUARTER[0]) & (sin_of_floats(below)[1] <= ends[0])
            good_high = (above > -_QUARTER[0]) & (above < _QUARTER[0]) & (sin_of_floats(above)[0] >= ends[1])
            low, high = np.where(good_low, below, low), np.where(good_high, above, high)
    return np.where(np.isnan(x[0]), np.nan, low), np.where(np.isnan(x[1]), np.nan, high)


def arc_cosine(x: Interval) -> Interval:
    """acos(x) = pi/2 - asin(x)."""
    low, high = arc_sine(x)
    half = np.full_like(low, _QUARTER[0]), np.full_like(low, _QUARTER[1])
    below, above = subtract(half, (low, high))
    return np.maximum(below, 0.0), above


def error_function(x: Interval) -> Interval:
    """erf(x), which grows: 2/sqrt(pi) x exp(-x^2) sum of (2 x^2)^k / (1 3 5 ... (2 k + 1))."""
    return np.maximum(_erf(x[0])[0], -1.0), np.minimum(_erf(x[1])[1], 1.0)


def _erf(x: Floats) -> Interval:
    size = np.minimum(np.abs(x), 6.0)
    term = np.ones_like(size)
    total = np.ones_like(size)
    for k in range(1, _SERIES):  # positive terms, so that rounding is relative: below 4 * 170 u
        term = term * (2.0 * size * size / (2 * k + 1))
        total = total + term
    decay = exp_of_floats(-size * size)
    factor = 1.1283791670955126 * size * total
    low, high = factor * decay[0] * (1 - 2e-13), factor * decay[1] * (1 + 2e-13)
    low, high = low - 1e-300, np.minimum(high + 1e-300, 1.0)
    low, high = np.where(np.abs(x) > 6.0, 1.0 - 3e-17 - 2e-16, low), np.where(np.abs(x) > 6.0, 1.0, high)
    low, high = np.where(x < 0, -high, low), np.where(x < 0, -low, high)
    return np.where(np.isnan(x), np.nan, low), np.where(np.isnan(x), np.nan, high)


def absolute(x: Interval) -> Interval:
    """|x|."""
    size = np.abs(x[0]), np.abs(x[1])
    inside = (x[0] <= 0) & (x[1] >= 0)
    return np.where(inside, 0.0, np.minimum(*size)), np.maximum(*size)


def fractional_power(x: Interval, above: int, below: int) -> Interval:
    """x^(p/q) for p/q > 0 of the part that is not negative; it grows."""
    exponent = divide(_number(x[0], above), _number(x[0], below))
    low = exponential(multiply(exponent, log_of_floats(np.maximum(x[0], 1e-300))))[0]
    high = exponential(multiply(exponent, log_of_floats(np.maximum(x[1], 1e-300))))[1]
    return np.where(x[0] > 1e-300, np.maximum(low, 0.0), 0.0), high


def _number(like: Floats, value: int) -> Interval:
    return np.full_like(like, float(value)), np.full_like(like, float(value))


#: Functions of one argument.
FUNCTIONS: dict[str, Callable[[Interval], Interval]] = {
    "exp": exponential,
    "log": logarithm,
    "sin": sine,
    "cos": cosine,
    "tan": tangent,
    "sinh": hyperbolic_sine,
    "cosh": hyperbolic_cosine,
    "tanh": hyperbolic_tangent,
    "asin": arc_sine,
    "acos": arc_cosine,
    "atan": arc_tangent,
    "erf": error_function,
    "abs": absolute,
}


def is_undefined(operation: str, x: Interval) -> Any:
    """Where a function has no value anywhere in an interval."""
    if operation == "log":
        return x[1] <= 0
    if operation in ("sqrt", "root"):
        return x[1] < 0
    if operation in ("asin", "acos"):
        return (x[0] > 1) | (x[1] < -1)
    return np.zeros(np.shape(x[0]), dtype=bool)
