"""Counterexamples among rational points of the circle: periods on which a kernel fails, or softmax is slowest."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError
from symdyn.numerics.arrays import whole
from symdyn.numerics.kernels.cyclic import limit_cycle, periodic_rate
from symdyn.numerics.kernels.gram import Kernel, is_softmax
from symdyn.numerics.kernels.numbers import Array
from symdyn.systems.causal_kernel_descent.softmax_limits import SoftmaxLimits, softmax_constants, softmax_limits

_MOST = 2_000_000
_BATCH = 50_000


@dataclass(frozen=True)
class Failure:
    """A period on which the errors of a kernel do not vanish.

    Parameters
    ----------
    tokens
        (m, 2), exact.
    cycle
        (m, 2), the errors that come back in every period, exact.
    """

    tokens: sp.ImmutableMatrix
    cycle: sp.ImmutableMatrix


def circle_points(denominator: int) -> tuple[tuple[sp.Rational, sp.Rational], ...]:
    """Points of the unit circle with rational coordinates whose common denominator is at most so large.

    Examples
    --------
    >>> len(circle_points(5)), len(circle_points(13))
    (12, 20)
    """
    most = whole(denominator, "the denominator", least=1, most=200)
    found = set()
    for c in range(1, most + 1):
        for a in range(c + 1):
            b = math.isqrt(c * c - a * a)
            if a * a + b * b == c * c and math.gcd(a, b, c) == 1:
                found |= {(sp.Rational(s * a, c), sp.Rational(t * b, c)) for s in (1, -1) for t in (1, -1)}
    return tuple(sorted(found, key=lambda p: (max(p[0].q, p[1].q), -p[0], -p[1])))


def smallest_failure(kernel: Kernel = "linear", *, period: int = 5, denominator: int = 13) -> Failure | None:
    """The first period of rational unit tokens of the plane, by length and denominators, on which errors remain.

    None if there is none among them. For the exponential kernel there is none of any length: Gram matrices of different
    tokens are positive definite.

    Parameters
    ----------
    kernel
        "linear", "exponential", or a function as of `gram` that takes exact tokens.
    period
        The longest one, at most 5.
    denominator
        The largest one of a coordinate.

    Raises
    ------
    ModelError
        For softmax, or sizes out of range.

    Examples
    --------
    >>> smallest_failure().tokens
    Matrix([
    [1,  0],
    [0,  1],
    [0, -1]])
    """
    if is_softmax(kernel):
        raise ModelError("softmax has no errors that remain: its slowest period is that of largest_softmax_constant")
    longest = whole(period, "the longest period", least=1, most=5)
    points = circle_points(denominator)
    if kernel == "exponential":
        return None
    for m in range(1, longest + 1):
        for places in _ordered(len(points), m):
            tokens = sp.ImmutableMatrix([points[k] for k in places])
            if not periodic_rate(tokens, kernel=kernel).converges:
                return Failure(tokens, limit_cycle(tokens, kernel=kernel))
    return None


def _ordered(count: int, length: int) -> Iterator[tuple[int, ...]]:
    """Sequences of different places, those of the first points first, the least place in front."""
    for last in range(length - 1, count):
        for others in itertools.combinations(range(last), length - 1):
            chosen = (*others, last)
            for rest in itertools.permutations(chosen[1:]):
                yield (chosen[0], *rest)


def largest_softmax_constant(*, period: int = 3, denominator: int = 13) -> tuple[sp.ImmutableMatrix, SoftmaxLimits]:
    """The period of different rational unit tokens of the plane with the largest constant of `softmax_limits`.

    That it is the largest is judged by floats; its constants are enclosed.

    Parameters
    ----------
    period
        m, from 2 to 5.
    denominator
        The largest one of a coordinate.

    Returns
    -------
    tuple
        The tokens (m, 2), and their limits.

    Raises
    ------
    ModelError
        If there are more than two million periods, or fewer points than tokens.
    """
    m = whole(period, "the period", least=2, most=5)
    points = circle_points(denominator)
    total = math.perm(len(points), m) // m
    if not 0 < total <= _MOST:
        raise ModelError(f"there are {total:,} periods of {m} among {len(points)} points: give from 1 to {_MOST:,}")
    array: Array = np.array([[float(x) for x in point] for point in points])
    best, place = -1.0, tuple[int, ...]()
    every = _ordered(len(points), m)
    while batch := list(itertools.islice(every, _BATCH)):
        largest = softmax_constants(array[np.array(batch)]).max(axis=1)
        k = int(np.argmax(largest))
        if largest[k] > best * (1 + 1e-9):
            best, place = float(largest[k]), batch[k]
    tokens = sp.ImmutableMatrix([points[k] for k in place])
    return tokens, softmax_limits(tokens)


def as_array(tokens: Any) -> Array:
    """Exact tokens as floats."""
    return np.array(sp.Matrix(tokens).tolist(), dtype=float)
