"""The first term that is not 0 along the one neutral direction of an equilibrium; its sign decides the stability.

Let J be the derivative at the point, with one simple eigenvalue 0. There is one curve z(s), with first derivative in
the kernel of J, along which the field is b(s) e for a fixed e outside of the image of J. The field on a centre manifold
has the same order as b, and the sign of b's first coefficient times a factor that J gives: the manifold agrees with the
curve up to that order. If all other directions are stable, this term decides (the reduction principle).

For a map whose multiplier is -1 the second iterate is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from symdyn.algebra.programs.power_series import NoSeriesError, series_of
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.lowering import Residual, tangent_basis
from symdyn.equilibrium.judge.enclosure import Floats
from symdyn.errors import ModelError

MOST_TERMS = 24
_MOST_UNKNOWNS = 12
_MOST_STEPS = 5000
_GRAIN = 64
_SEPARATED = 1e-6
Series = Callable[[Sequence[Any], int], list[Any]]


@dataclass(frozen=True)
class FirstTerm:
    """The reduced field is c s^order + ..., with the sign of c.

    Parameters
    ----------
    order
        At least 2.
    sign
        1 or -1.
    is_twice
        Whether it is that of the second iterate.
    """

    order: int
    sign: int
    is_twice: bool = False

    @property
    def conclusion(self) -> str:
        """The stability, where all other directions are stable."""
        return "stable" if self.order % 2 and self.sign < 0 else "unstable"

    @property
    def in_words(self) -> str:
        """How it decides."""
        kind = "semi-stable" if self.order % 2 == 0 else "unstable" if self.sign > 0 else "asymptotically stable"
        where = "second iterate along the neutral direction" if self.is_twice else "neutral direction"
        return f"the first term that is not 0 in the {where} has order {self.order}{self._sign}: {kind}"

    @property
    def _sign(self) -> str:
        return "" if self.order % 2 == 0 else f" and is {'positive' if self.sign > 0 else 'negative'}"


def first_term(system: Residual, point: Sequence[Any], order: int = 0) -> FirstTerm | None:
    """The first term at a zero with one neutral direction; None where it is not seen.

    Parameters
    ----------
    system
        What vanishes there.
    point
        The zero: fractions, or balls that hold it; these need the order.
    order
        The multiplicity of the zero where that is known, which is the order of the first term.
    """
    n = len(point)
    if n > _MOST_UNKNOWNS or len(system.value_program.steps) > _MOST_STEPS or system.sign != 1:
        return None
    exact = [flint.fmpq(x.numerator, x.denominator) if isinstance(x, Fraction) else x for x in point]
    floats = np.asarray([float(x) for x in point])
    plain = _rates(system)
    try:
        found = _along(system, plain, exact, floats, order)
        if found is not None or not isinstance(system.model, Iteration):
            return found
        twice = _along(system, _rates_of_second(plain, n), exact, floats, order)
        return None if twice is None else FirstTerm(twice.order, twice.sign, True)
    except (NoSeriesError, ZeroDivisionError, ModelError):
        return None


def _rates(system: Residual) -> Series:
    return lambda inputs, terms: series_of(system.value_program, inputs, terms)


def _rates_of_second(plain: Series, n: int) -> Series:
    """f(f(x)) - x and the constraint, from f(x) - x."""

    def run(inputs: Sequence[Any], terms: int) -> list[Any]:
        first = plain(inputs, terms)
        change = [_coefficients(y, terms) for y in first[:n]]
        moved = [
            [c + d for c, d in zip(_padded(x, terms, y[0] * 0), y, strict=True)]
            for x, y in zip(inputs, change, strict=True)
        ]
        second = plain(moved, terms)
        return [*(a + b for a, b in zip(first[:n], second[:n], strict=True)), *first[n:]]

    return run


def _padded(coefficients: Sequence[Any], terms: int, zero: Any) -> list[Any]:
    return [*coefficients[:terms], *[zero] * (terms - len(coefficients))]


def _coefficients(series: Any, terms: int) -> list[Any]:
    return [series[k] for k in range(terms)]


def _along(system: Residual, rates: Series, point: list[Any], floats: Floats, order: int) -> FirstTerm | None:
    """The first coefficient of b, with the sign that it has on the centre manifold."""
    n = len(point)
    turned = _rounded(tangent_basis(np.asarray(system.jacobian(floats))[n:])).T.tolist()
    square, back = _square(rates, point, turned)
    size = len(turned)
    matrix = _bordered(square, size)
    if matrix is None:
        return None
    kernel = _solved(matrix, n, [0] * n + [1])
    left = _solved(matrix.transpose(), n, [0] * n + [1])
    pairing = sum((x * y for x, y in zip(left, kernel[:n], strict=False)), kernel[0] * 0)
    if _sign(pairing) == 0 or (not order and kernel[n] != 0):
        return None
    curve = [[back[i][j] * kernel[j] for j in range(n)] for i in range(n)]
    path = [[x, sum(row[1:], row[0])] for x, row in zip(point, curve, strict=True)]
    for k in range(2, (order or MOST_TERMS) + 1):
        values = _turned(rates(path, k + 1), turned, n, k)
        solved = _solved(matrix, n, [*(-v for v in values), 0])
        here = -solved[n] * pairing
        if (order == k or not order) and _sign(here):
            return FirstTerm(k, _sign(here))
        for i in range(n):
            path[i].append(sum((back[i][j] * solved[j] for j in range(1, n)), back[i][0] * solved[0]))
    return None


def _turned(series: list[Any], turned: list[list[Any]], n: int, k: int) -> list[Any]:
    """Coefficient k of [U^T F; h]."""
    field = [s[k] for s in series[:n]]
    rows = [sum((_number(u, f) * f for u, f in zip(row, field, strict=True)), field[0] * 0) for row in turned]
    return rows + [s[k] for s in series[n:]]


def _square(rates: Series, point: list[Any], turned: list[list[Any]]) -> tuple[Any, list[list[Any]]]:
    """Derivative of [U^T F; h] in coordinates y with z = p + Q y, Q the inverse of (U^T, Dh), and Q."""
    n = len(point)
    columns = []
    for j in range(n):
        path = [[x, x * 0 + int(i == j)] for i, x in enumerate(point)]
        columns.append([s[1] for s in rates(path, 2)])
    slope = [[columns[j][i] for j in range(n)] for i in range(len(columns[0]))]
    like = slope[0][0]
    kind = type(_matrix([[like]]))
    above = _matrix([[_number(u, like) for u in row] for row in turned]) * _matrix(slope[:n])
    frame = _matrix([*[[_number(u, like) for u in row] for row in turned], *slope[n:]])
    whole = kind([*above.tolist(), *slope[n:]])
    back = frame.inv()
    return whole * back, back.tolist()


def _bordered(square: Any, size: int) -> Any:
    """[[J, e], [r, 0]] with simple numbers near the singular vectors of the smallest singular value.

    None if two are small.
    """
    n = square.nrows()
    floats = np.asarray([[float(x) for x in row] for row in square.tolist()])
    left, singular, right = np.linalg.svd(floats[:size, :size])
    if size > 1 and singular[-2] < _SEPARATED * singular[0]:
        return None
    e, r = _rounded(left[:, -1]), _rounded(right[-1])
    like = square[0, 0]
    rows = [
        [*row, _number(e[i] if i < size else Fraction(0), like)] for i, row in enumerate(square.tolist())
    ]
    last = [*(_number(x, like) for x in r), *[like * 0] * (n - size), like * 0]
    return _matrix([*rows, last])


def _rounded(values: Any) -> Any:
    """Simple fractions near floats."""
    return np.vectorize(lambda x: Fraction(round(float(x) * _GRAIN), _GRAIN), otypes=[object])(values)


def _number(value: Fraction, like: Any) -> Any:
    number = flint.fmpq(value.numerator, value.denominator)
    return flint.arb(number) if isinstance(like, flint.arb) else number


def _matrix(rows: list[list[Any]]) -> Any:
    return flint.arb_mat(rows) if isinstance(rows[0][0], flint.arb) else flint.fmpq_mat(rows)


def _solved(matrix: Any, n: int, right: list[Any]) -> list[Any]:
    found = matrix.solve(type(matrix)(n + 1, 1, right))
    return [found[i, 0] for i in range(n + 1)]


def _sign(value: Any) -> int:
    return 1 if value > 0 else -1 if value < 0 else 0
