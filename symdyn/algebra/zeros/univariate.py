"""Rational univariate representation: all solutions of a system as rational functions of the roots of one polynomial.

With t a linear form that takes different values at different solutions, chi the characteristic polynomial of
multiplication by t, and any linear function l on the algebra, chi(T) times the series sum_i l(v t^i) / T^(i + 1) is a
polynomial g_v, and v = g_v(t) / g_1(t) at each solution where the algebra is reduced and g_1 prime to chi.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flint

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.zeros.groebner import groebner_basis
from symdyn.algebra.zeros.quotient_algebra import QuotientAlgebra

_FORMS = 40
# of a characteristic polynomial, which no clock interrupts, for n^4 times the bits of an entry
_SECONDS_PER_BIT = 3e-11


@dataclass(frozen=True)
class Representation:
    """The solutions of a system with finitely many, by the roots of an integer polynomial.

    Parameters
    ----------
    algebra
        Polynomials modulo the radical of the system.
    weights
        The linear form t.
    scale
        The eliminant has the roots scale * t.
    eliminant
        Monic and square-free, with one root for each complex solution.
    layers
        Pairs of a square-free polynomial in t and a multiplicity: the solutions at its roots have that.
    rows
        Row i: the function v -> l(v (scale t)^i) on the algebra.
    """

    algebra: QuotientAlgebra
    weights: tuple[int, ...]
    scale: int
    eliminant: Any
    layers: tuple[tuple[Any, int], ...]
    rows: Any

    @property
    def complex(self) -> int:
        """Number of different complex solutions."""
        return int(self.eliminant.degree())

    def numerator(self, polynomial: Any) -> tuple[Any, int]:
        """g_v of a polynomial v, and the positive number by which it is to be divided."""
        vector, below = self.algebra.element(polynomial).numer_denom()
        return _numerator(self.eliminant, self.rows * vector), int(below)

    @property
    def denominator(self) -> Any:
        """g_1."""
        return _numerator(self.eliminant, self.rows * _one(self.algebra.dimension))


def represented(algebra: QuotientAlgebra, basis: Sequence[Any]) -> Representation:
    """The representation of an algebra, that of its radical where solutions repeat.

    The linear forms that are tried have small integer weights; one separates if its characteristic polynomial is
    square-free, and on the radical some do.
    """
    tried = _separating(algebra, forms=2)
    if tried is None:
        radical = _radical(algebra, basis)
        tried = _separating(radical, forms=_FORMS)
        if tried is None:
            raise ArithmeticError("no linear form of small weights separates the solutions")
    else:
        radical = algebra
    weights, matrix, scale, eliminant = tried
    rows = _rows(radical, matrix, eliminant)
    if radical is algebra:
        layers: tuple[tuple[Any, int], ...] = ((None, 1),)
    else:
        numbers, below = algebra.combination(weights).numer_denom()
        layers = tuple((_stretched(f, int(below)), int(m)) for f, m in numbers.charpoly().factor_squarefree()[1])
    return Representation(radical, weights, scale, eliminant, layers, rows)


def _weights(unknowns: int) -> Any:
    """Small weights, a different combination each time."""
    for number in range(1, _FORMS + 1):
        if number <= unknowns and unknowns > 1:
            continue
        yield tuple(1 if unknowns == 1 else (number**k) % 97 - 48 * (k % 2) or 1 for k in range(unknowns))


def _separating(algebra: QuotientAlgebra, forms: int) -> tuple[tuple[int, ...], Any, int, Any] | None:
    """A linear form with a square-free characteristic polynomial: weights, integer matrix, its scale, and that."""
    for number, weights in enumerate(_weights(algebra.unknowns)):
        if number >= forms:
            return None
        check_time()
        matrix, scale = algebra.combination(weights).numer_denom()
        bits = max((int(abs(value)).bit_length() for value in matrix.entries()), default=0)
        check_time(_SECONDS_PER_BIT * algebra.dimension**4 * bits)
        polynomial = matrix.charpoly()
        if polynomial.gcd(polynomial.derivative()).degree() == 0:
            return weights, matrix, int(scale), polynomial
    return None


def _rows(algebra: QuotientAlgebra, matrix: Any, eliminant: Any) -> Any:
    """Powers of t under a linear function such that g_1 is prime to the eliminant."""
    size = algebra.dimension
    one = _one(size)
    for shift in range(_FORMS):
        row = flint.fmpz_mat(1, size, [((3 * k + 5) * (shift + 2)) % 7 - 3 for k in range(size)])
        listed = []
        for _ in range(size):
            check_time()
            listed.append(row.entries())
            row = row * matrix
        rows = flint.fmpz_mat(listed)
        if _numerator(eliminant, rows * one).gcd(eliminant).degree() == 0:
            return rows
    raise ArithmeticError("no linear function of small weights is general enough")


def _one(size: int) -> Any:
    """The element 1, which is the first monomial."""
    return flint.fmpz_mat(size, 1, [1] + [0] * (size - 1))


def _numerator(eliminant: Any, column: Any) -> Any:
    """The polynomial part of the eliminant times sum_i s_i / T^(i + 1)."""
    return (eliminant * flint.fmpz_poly(column.entries()[::-1])).right_shift(len(column.entries()))


def _stretched(polynomial: Any, scale: int) -> Any:
    """The polynomial in T whose roots are those of the given one divided by the scale."""
    return flint.fmpz_poly([c * scale**k for k, c in enumerate(polynomial.coeffs())])


def _radical(algebra: QuotientAlgebra, basis: Sequence[Any]) -> QuotientAlgebra:
    """The algebra of the radical: the square-free part of each unknown's minimal polynomial is added (Seidenberg)."""
    context = basis[0].context()
    added = []
    for place, matrix in enumerate(algebra.multiplications):
        check_time()
        numbers, below = matrix.numer_denom()
        layers = numbers.minpoly().factor_squarefree()[1]
        if all(power == 1 for _, power in layers):
            continue
        part = flint.fmpz_poly([1])
        for factor, _ in layers:
            part = part * factor
        table = {}
        for k, value in enumerate(_stretched(part, int(below)).coeffs()):
            if value:
                table[tuple(k * (j == place) for j in range(algebra.unknowns))] = int(value)
        added.append(context.from_dict(table))
    if not added:
        return algebra
    return QuotientAlgebra(groebner_basis([*basis, *added], algebra.unknowns), algebra.unknowns)
