"""Signs of polynomials on boxes, exactly: Bernstein coefficients in integers, halved where they do not decide.

On a box a polynomial lies between its smallest and largest Bernstein coefficient, and its values at the corners are
coefficients (Bernstein 1952; Garloff 1986). Halving makes the coefficients converge to the values.
"""

from __future__ import annotations

import heapq
import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

#: An array of Python integers.
Integers = np.ndarray[Any, np.dtype[np.object_]]
Box = tuple[tuple[Fraction, Fraction], ...]

MAX_COEFFICIENTS = 50_000
MAX_BOXES = 20_000


@dataclass(frozen=True)
class BoxSign:
    """What is known of "polynomial >= 0 (or > 0) on the box".

    Parameters
    ----------
    holds
        True or False with certainty, None if boxes or time ran out.
    boxes
        How many boxes were looked at.
    point
        Where it fails.
    """

    holds: bool | None
    boxes: int
    point: tuple[Fraction, ...] = ()


def nonnegative_on_box(
    polynomial: sp.Poly, box: Box, *, strict: bool = False, deadline: float | None = None
) -> BoxSign:
    """Whether a polynomial with rational coefficients is >= 0 (or > 0) on a box; exact where it is decided.

    Parameters
    ----------
    polynomial
        In as many generators as the box has sides.
    box
        Lower and upper end of each variable.
    strict
        Ask for > 0.
    deadline
        On the monotonic clock.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> nonnegative_on_box(sp.Poly(x - x**2, x), ((Fraction(0), Fraction(1)),)).holds
    True
    """
    if math.prod(d + 1 for d in polynomial.degree_list()) > MAX_COEFFICIENTS:
        return BoxSign(None, 0)
    pending: list[tuple[int, Any, int, Box, Integers]] = []
    count = itertools.count()
    boxes = 0
    fresh = [(box, _bernstein(polynomial, box))]
    while fresh or pending:
        for sides, coefficients in fresh:
            boxes += 1
            worst = coefficients.min()
            if worst > 0 or (worst == 0 and not strict):
                continue
            for corner in itertools.product(*((0, -1) if size > 1 else (0,) for size in coefficients.shape)):
                value = coefficients[corner]
                if value < 0 or (strict and value == 0):
                    return BoxSign(False, boxes, tuple(side[place] for side, place in zip(sides, corner, strict=True)))
            heapq.heappush(pending, (-_width_rank(sides), Fraction(1), next(count), sides, coefficients))
        if not pending:
            return BoxSign(True, boxes)
        if boxes >= MAX_BOXES or (deadline is not None and time.monotonic() > deadline):
            return BoxSign(None, boxes)
        *_, sides, coefficients = heapq.heappop(pending)
        fresh = _halves(sides, coefficients)
    return BoxSign(True, boxes)


def _width_rank(box: Box) -> int:
    """Wide boxes come first, so that the first point found is a simple one."""
    return max((math.frexp(float(high - low))[1] for low, high in box), default=0)


def _bernstein(polynomial: sp.Poly, box: Box) -> Integers:
    """Bernstein coefficients on the box, all times one positive integer."""
    degrees = polynomial.degree_list()
    coefficients: Integers = np.full([d + 1 for d in degrees], Fraction(0), dtype=object)
    for monomial, value in polynomial.terms():
        coefficients[monomial] = Fraction(int(value.p), int(value.q))
    for axis, (degree, (low, high)) in enumerate(zip(degrees, box, strict=True)):
        power: Integers = np.full((degree + 1, degree + 1), Fraction(0), dtype=object)  # x^j in the basis of t
        for j in range(degree + 1):
            for i in range(j + 1):
                power[i, j] = math.comb(j, i) * low ** (j - i) * (high - low) ** i
        change: Integers = np.full((degree + 1, degree + 1), Fraction(0), dtype=object)
        for i in range(degree + 1):
            for j in range(i + 1):
                change[i, j] = Fraction(math.comb(i, j), math.comb(degree, j))
        moved = np.moveaxis(coefficients, axis, 0)
        flat = moved.reshape(degree + 1, -1)
        flat = np.dot(change, np.dot(power, flat))
        coefficients = np.moveaxis(flat.reshape(moved.shape), 0, axis)
    fractions: list[Fraction] = coefficients.ravel().tolist()
    common = math.lcm(*(value.denominator for value in fractions))
    whole = [int(value * common) for value in fractions]
    result: Integers = np.empty(len(whole), dtype=object)
    result[:] = whole
    return result.reshape(coefficients.shape)


def _halves(box: Box, coefficients: Integers) -> list[tuple[Box, Integers]]:
    """The two halves of a box along its longest side among those that matter (de Casteljau, times 2^degree)."""
    sides = [(high - low) * (size > 1) for (low, high), size in zip(box, coefficients.shape, strict=True)]
    axis = sides.index(max(sides))
    degree = coefficients.shape[axis] - 1
    row = np.moveaxis(coefficients, axis, 0)
    left, right = [row[0] * 2**degree], [row[-1] * 2**degree]
    for step in range(1, degree + 1):
        row = row[:-1] + row[1:]
        left.append(row[0] * 2 ** (degree - step))
        right.append(row[-1] * 2 ** (degree - step))
    low, high = box[axis]
    middle = (low + high) / 2
    return [
        ((*box[:axis], (low, middle), *box[axis + 1 :]), np.moveaxis(np.array(left, dtype=object), 0, axis)),
        ((*box[:axis], (middle, high), *box[axis + 1 :]), np.moveaxis(np.array(right[::-1], dtype=object), 0, axis)),
    ]


def rational_polynomial(expression: sp.Expr, variables: Sequence[sp.Symbol]) -> sp.Poly | None:
    """The expression as a polynomial over Q, or None if it is none."""
    if not expression.is_polynomial(*variables):
        return None
    try:
        found = sp.Poly(expression, *variables, domain="QQ")
    except sp.CoercionFailed:
        return None
    return found
