"""Functions of one argument on jets of intervals: values at the ends from Arb balls, derivatives by their formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import flint
import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.covers.outward import (
    Floats,
    Interval,
    Jet,
    cosine,
    exponential,
    less,
    outward,
    quotient,
    rational,
    square_root,
    times,
    whole_power,
)
from symdyn.certificate.refutation import UndecidedError

_HALF_PI = 1.5707963267948968  # above pi/2
_ONE = rational(1, 1)


def applied(name: str, operands: list[int], x: Jet) -> Jet:
    """A function of a jet.

    Raises
    ------
    UndecidedError
        For a step that has no form here.
    """
    value = x.value()
    with np.errstate(all="ignore"):  # infinity encloses, and nan proves nothing
        if name == "root":
            found = _root(value, operands[1], operands[2])
            return x.through(found, _rate_of_root(value, operands[1], operands[2]))
        if name not in _FUNCTIONS:
            raise UndecidedError(f"the program has the step {name}, which has no interval form")
        function, rate = _FUNCTIONS[name]
        found = function(value)
        return x.through(found, rate(value, found))


def has_no_value(name: str, x: Interval) -> Any:
    """Where a function has no value anywhere in an interval."""
    if name == "log":
        return x[1] <= 0
    if name in ("sqrt", "root"):
        return x[1] < 0
    if name in ("asin", "acos"):
        return (x[0] > 1) | (x[1] < -1)
    return np.zeros(x[0].shape, dtype=bool)


def _rising(
    function: Callable[[Any], Any], x: Interval, least: float, most: float, floor: float, ceiling: float
) -> Interval:
    """A function that grows: its values at the ends, and its bounds where an end is not between two numbers."""
    low = np.where(x[0] >= least, _at_floats(function, np.clip(x[0], least, most))[0], floor)
    high = np.where(x[1] <= most, _at_floats(function, np.clip(x[1], least, most))[1], ceiling)
    return np.maximum(low, floor), np.minimum(high, ceiling)


def _at_floats(function: Callable[[Any], Any], x: Floats) -> Interval:
    """Neighbours of the values at floats; nan at nan."""
    points, where = np.unique(x, return_inverse=True)
    low, high = np.full(points.shape, np.nan), np.full(points.shape, np.nan)
    with flint.ctx.workprec(100):
        for k, point in enumerate(points.tolist()):
            if k % 1000 == 0:
                tick()
            if math.isnan(point):
                continue
            ball = function(flint.arb(point))
            if not ball.is_finite():
                continue
            middle = float(ball)
            low[k], high[k] = (math.nextafter(math.nextafter(middle, end), end) for end in (-math.inf, math.inf))
            if not low[k] <= ball <= high[k]:
                low[k], high[k] = np.nan, np.nan
    return low[where].reshape(x.shape), high[where].reshape(x.shape)


def _tangent(x: Interval) -> Interval:
    pole = cosine(x)
    apart = ((pole[0] > 0) | (pole[1] < 0)) & (np.abs(x[0]) < 700) & (np.abs(x[1]) < 700)
    low, high = (_at_floats(flint.arb.tan, np.clip(end, -700, 700)) for end in x)
    return np.where(apart, low[0], -np.inf), np.where(apart, high[1], np.inf)


def _absolute(x: Interval) -> Interval:
    inside = (x[0] <= 0) & (x[1] >= 0)
    low = np.where(inside, 0.0, np.minimum(np.abs(x[0]), np.abs(x[1])))
    return low, np.maximum(np.abs(x[0]), np.abs(x[1]))


def _cosh(x: Interval) -> Interval:
    return _rising(flint.arb.cosh, _absolute(x), 0.0, 700.0, 1.0, np.inf)


def _arc_cosine(x: Interval) -> Interval:
    low, high = _rising(flint.arb.asin, x, -1.0, 1.0, -_HALF_PI, _HALF_PI)
    half = np.asarray([np.nextafter(_HALF_PI, 0)]), np.asarray([_HALF_PI])
    below, above = less(half, (low, high))
    return np.maximum(below, 0.0), above


def _root(x: Interval, above: int, below: int) -> Interval:
    def power(ball: Any) -> Any:
        return ball ** (flint.arb(above) / below) if ball > 0 else flint.arb(0)

    positive = np.maximum(x[0], 0.0), np.maximum(x[1], 0.0)
    return _rising(power, positive, 0.0, 1e30, 0.0, np.inf)


def _rate_of_root(x: Interval, above: int, below: int) -> Interval:
    """p/q x^(p/q - 1); not bounded where a part of x is negative."""
    rest = above - below
    slope = _root(x, rest, below) if rest > 0 else quotient(_ONE, _root(x, -rest, below))
    low, high = times(rational(above, below), slope)
    inside = x[0] >= 0
    return np.where(inside, low, -np.inf), np.where(inside, high, np.inf)


def _bell(x: Interval) -> Interval:
    """2/sqrt(pi) exp(-x^2)."""
    low, high = whole_power(x, 2)
    factor = outward(np.asarray([1.1283791670955126]), np.asarray([1.1283791670955126]))
    return times(factor, exponential((-high, -low)))


def _one_minus_square(x: Interval) -> Interval:
    low, high = less(_ONE, whole_power(x, 2))
    return np.maximum(low, 0.0), high


def _leg(x: Interval) -> Interval:
    """sqrt(1 - x^2), with 0 in it where a part of x is beyond 1."""
    return square_root(less(_ONE, whole_power(x, 2)))


def _sum_with_one(x: Interval) -> Interval:
    low, high = whole_power(x, 2)
    return outward(1.0 + low, 1.0 + high)


def _arcus(function: Any, size: float, bound: float) -> Callable[[Interval], Interval]:
    return lambda x: _rising(function, x, -size, size, -bound, bound)


_FUNCTIONS: dict[str, tuple[Callable[[Interval], Interval], Callable[[Interval, Interval], Interval]]] = {
    "log": (
        lambda x: _rising(flint.arb.log, x, 1e-300, 1e300, -np.inf, np.inf),
        lambda x, _: quotient(_ONE, x),
    ),
    "tan": (_tangent, lambda _, y: _sum_with_one(y)),
    "sinh": (_arcus(flint.arb.sinh, 700.0, np.inf), lambda x, _: _cosh(x)),
    "cosh": (_cosh, lambda x, _: _arcus(flint.arb.sinh, 700.0, np.inf)(x)),
    "tanh": (_arcus(flint.arb.tanh, 700.0, 1.0), lambda _, y: _one_minus_square(y)),
    "asin": (_arcus(flint.arb.asin, 1.0, _HALF_PI), lambda x, _: quotient(_ONE, _leg(x))),
    "acos": (_arc_cosine, lambda x, _: quotient(rational(-1, 1), _leg(x))),
    "atan": (_arcus(flint.arb.atan, 1e300, _HALF_PI), lambda x, _: quotient(_ONE, _sum_with_one(x))),
    "erf": (_arcus(flint.arb.erf, 20.0, 1.0), lambda x, _: _bell(x)),
    "abs": (
        _absolute,
        lambda x, _: (np.where(x[0] > 0, 1.0, -1.0), np.where(x[1] < 0, -1.0, 1.0)),
    ),
}
