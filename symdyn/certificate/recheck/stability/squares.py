"""Sums of squares: forms with matrices that are not negative, times polynomials of a region."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.stability.shifted import Polynomial, multiplied
from symdyn.certificate.refutation import need
from symdyn.certificate.witness.stability.lyapunov import Squares


def check_squares(
    polynomial: Polynomial, squares: Sequence[Squares], region: Sequence[Polynomial], place: str, *, strict: bool
) -> None:
    """The squares add up to the polynomial, and no matrix is negative.

    If it is to be positive but at the point, one of the matrices that stand alone is positive definite, and its
    monomials hold a power of every coordinate.
    """
    total: Polynomial = {}
    positive = False
    for number, one in enumerate(squares):
        tick()
        here = f"{place}.squares[{number}]"
        need(one.of < len(region), f"{here}.of", "is no polynomial of the region")
        rows = full(one)
        need(is_semidefinite(rows), f"{here}.gram", "is not positive semidefinite")
        if one.of < 0:
            positive = positive or (_has_powers(one) and is_definite(rows))
        form = of_form(one.basis, rows)
        for powers, value in (form if one.of < 0 else multiplied(form, region[one.of])).items():
            total[powers] = total.get(powers, Fraction(0)) + value
    left = {p for p in {*total, *polynomial} if total.get(p, 0) != polynomial.get(p, 0)}
    need(not left, f"{place}.squares", "do not add up to the function")
    need(positive or not strict, f"{place}.squares", "may vanish at another point")


def full(one: Squares) -> list[list[Fraction]]:
    """The symmetric matrix."""
    size = len(one.basis)
    return [[one.gram[max(i, j) * (max(i, j) + 1) // 2 + min(i, j)] for j in range(size)] for i in range(size)]


def of_form(basis: Sequence[tuple[int, ...]], rows: Sequence[Sequence[Fraction]]) -> Polynomial:
    """z^T Q z."""
    found: Polynomial = {}
    for a, row in zip(basis, rows, strict=True):
        for b, value in zip(basis, row, strict=True):
            if value:
                powers = tuple(i + j for i, j in zip(a, b, strict=True))
                found[powers] = found.get(powers, Fraction(0)) + value
    return {powers: value for powers, value in found.items() if value}


def is_definite(rows: Sequence[Sequence[Fraction]]) -> bool:
    """Whether all pivots are positive."""
    return _least_pivot(rows) > 0


def is_semidefinite(rows: Sequence[Sequence[Fraction]]) -> bool:
    """Whether no pivot is negative, and where one is 0 so is the rest of its row."""
    return _least_pivot(rows) >= 0


def _least_pivot(rows: Sequence[Sequence[Fraction]]) -> int:
    """1 if all pivots are positive, 0 if some are 0 with their rows, -1 otherwise."""
    left = [list(row) for row in rows]
    size, least = len(left), 1
    for k in range(size):
        tick()
        pivot = left[k][k]
        if pivot < 0 or (pivot == 0 and any(left[k][k:])):
            return -1
        if pivot == 0:
            least = 0
            continue
        for i in range(k + 1, size):
            factor = left[i][k] / pivot
            if factor:
                for j in range(k, size):
                    left[i][j] -= factor * left[k][j]
    return least


def _has_powers(one: Squares) -> bool:
    pure = {next(k for k, e in enumerate(powers) if e) for powers in one.basis if sum(e > 0 for e in powers) == 1}
    return len(pure) == len(one.basis[0])
