"""Jets of intervals: a value and its partial derivatives, on arrays, each end one float further out than computed.

IEEE arithmetic rounds sums, products, quotients and square roots to the nearest float, so the next one encloses them.
Exponentials, sines and cosines of floats come from Arb balls.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import numpy.typing as npt

from symdyn.certificate.refutation import RefutedError

Floats = npt.NDArray[np.float64]
Interval = tuple[Floats, Floats]

# farther out the multiples of pi are not placed by floats
_FAR = 1e5


@dataclass(frozen=True)
class Jet:
    """Ends of a value (row 0) and of its derivatives (the other rows); shape (1 + n, B)."""

    low: Floats
    high: Floats

    def value(self) -> Interval:
        """Ends of the value, shape (B,)."""
        return self.low[0], self.high[0]

    def __add__(self, other: Jet) -> Jet:
        return Jet(*outward(self.low + other.low, self.high + other.high))

    def __mul__(self, other: Jet) -> Jet:
        low, high = times(self.value(), other.value())
        rows = [(low[None], high[None])]
        if len(self.low) > 1:
            left = times((self.low[1:], self.high[1:]), other.value())
            right = times(self.value(), (other.low[1:], other.high[1:]))
            rows.append(outward(left[0] + right[0], left[1] + right[1]))
        return Jet(*(np.concatenate(ends) for ends in zip(*rows, strict=True)))

    def through(self, value: Interval, slope: Interval) -> Jet:
        """A function of this one, from its value and its derivative there."""
        low, high = times(slope, (self.low[1:], self.high[1:]))
        return Jet(np.concatenate([value[0][None], low]), np.concatenate([value[1][None], high]))


def outward(low: Floats, high: Floats) -> Interval:
    """One float further out."""
    return np.nextafter(low, -np.inf), np.nextafter(high, np.inf)


def times(x: Interval, y: Interval) -> Interval:
    """All products of a number in x and one in y; nan where an end is infinite and another 0, which proves nothing."""
    ends = np.stack(np.broadcast_arrays(*(a * b for a in x for b in y)))
    return outward(ends.min(axis=0), ends.max(axis=0))


def less(x: Interval, y: Interval) -> Interval:
    """x - y."""
    return outward(x[0] - y[1], x[1] - y[0])


def quotient(x: Interval, y: Interval) -> Interval:
    """x / y; the whole line where y may be 0."""
    ends = np.stack(np.broadcast_arrays(*(a / b for a in x for b in y)))
    low, high = outward(ends.min(axis=0), ends.max(axis=0))
    apart = (y[0] > 0) | (y[1] < 0)
    return np.where(apart, low, -np.inf), np.where(apart, high, np.inf)


def rational(above: int, below: int) -> Interval:
    """A fraction, shape (1,)."""
    middle = np.asarray([above / below])
    return (middle, middle) if Fraction(above, below) == Fraction(above / below) else outward(middle, middle)


def whole_power(x: Interval, exponent: int) -> Interval:
    """x^n for n >= 1, by its ends, where it is monotone on either side of 0."""
    (lowest, low), (high, highest) = _power_of_float(x[0], exponent), _power_of_float(x[1], exponent)
    if exponent % 2:
        return lowest, highest
    inside = (x[0] <= 0) & (x[1] >= 0)
    return np.where(inside, 0.0, np.minimum(lowest, high)), np.maximum(low, highest)


def _power_of_float(x: Floats, exponent: int) -> Interval:
    size = np.abs(x)
    low, high = size, size
    for bit in bin(exponent)[3:]:
        low, high = np.nextafter(low * low, -np.inf), np.nextafter(high * high, np.inf)
        if bit == "1":
            low, high = np.nextafter(low * size, -np.inf), np.nextafter(high * size, np.inf)
    low = np.maximum(low, 0.0)
    return (np.where(x < 0, -high, low), np.where(x < 0, -low, high)) if exponent % 2 else (low, high)


def square_root(x: Interval) -> Interval:
    """Of the part that is not negative."""
    low, high = outward(np.sqrt(np.maximum(x[0], 0.0)), np.sqrt(np.maximum(x[1], 0.0)))
    return np.maximum(low, 0.0), high


def exponential(x: Interval) -> Interval:
    """exp(x), which grows."""
    return (
        np.maximum(_at_floats(flint.arb.exp, x[0], (0.0, np.inf))[0], 0.0),
        _at_floats(flint.arb.exp, x[1], (0.0, np.inf))[1],
    )


def cosine(x: Interval) -> Interval:
    """cos(x): its ends, and the multiples of pi between them."""
    return _wave(flint.arb.cos, x, 0.0)


def sine(x: Interval) -> Interval:
    """sin(x), with its turns half of pi later."""
    return _wave(flint.arb.sin, x, 0.5)


def _wave(function: Callable[[Any], Any], x: Interval, turn: float) -> Interval:
    ends = [_at_floats(function, end, (-1.0, 1.0)) for end in x]
    low, high = np.minimum(ends[0][0], ends[1][0]), np.maximum(ends[0][1], ends[1][1])
    first, last = x[0] / np.pi - turn - 1e-9, x[1] / np.pi - turn + 1e-9
    far = ~((np.abs(x[0]) < _FAR) & (np.abs(x[1]) < _FAR))
    top = far | (2 * np.ceil(first / 2) <= last)
    bottom = far | (2 * np.ceil((first - 1) / 2) + 1 <= last)
    return np.where(bottom, -1.0, np.maximum(low, -1.0)), np.where(top, 1.0, np.minimum(high, 1.0))


def _at_floats(function: Callable[[Any], Any], x: Floats, otherwise: tuple[float, float]) -> Interval:
    """Neighbours of the values at floats; the whole range where a float is not of moderate size."""
    points, where = np.unique(x, return_inverse=True)
    low, high = np.full(points.shape, otherwise[0]), np.full(points.shape, otherwise[1])
    with flint.ctx.workprec(100):
        for k, point in enumerate(points.tolist()):
            if abs(point) <= 700:
                ball = function(flint.arb(point))
                middle = float(ball)
                low[k], high[k] = math.nextafter(middle, -math.inf), math.nextafter(middle, math.inf)
                if not low[k] <= ball <= high[k]:
                    raise RefutedError("witness", "a function has no float near its value")
    return low[where].reshape(x.shape), high[where].reshape(x.shape)
