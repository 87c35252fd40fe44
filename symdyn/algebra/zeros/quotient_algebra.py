"""The algebra of polynomials modulo an ideal with finitely many solutions: multiplication as rational matrices.

Normal forms are taken of the border of the standard monomials alone; all other products are those of FLINT matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import flint

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.zeros.groebner import Exponents, leading

Vector = dict[int, Any]


class TooManySolutionsError(Exception):
    """The algebra has a larger dimension than is allowed."""


class QuotientAlgebra:
    """Polynomials modulo the ideal of a reduced Groebner basis for the graded reverse lexicographic order.

    Parameters
    ----------
    basis
        The basis, of an ideal with finitely many complex solutions, at least one.
    unknowns
        How many.
    most
        The largest dimension that is allowed.

    Raises
    ------
    TooManySolutionsError
        If it is larger.
    """

    def __init__(self, basis: Sequence[Any], unknowns: int, most: int = 120) -> None:
        self.unknowns = unknowns
        self._rules: dict[Exponents, list[tuple[Exponents, Any]]] = {}
        for polynomial in basis:
            terms = [(tuple(map(int, powers)), flint.fmpq(value)) for powers, value in polynomial.terms()]
            lead, scale = terms[0]
            self._rules[lead] = [(powers, -value / scale) for powers, value in terms[1:]]
        self.monomials = _below([leading(p) for p in basis], unknowns, most)
        self._place = {m: k for k, m in enumerate(self.monomials)}
        self._known: dict[Exponents, Vector] = {m: {k: flint.fmpq(1)} for m, k in self._place.items()}

    @property
    def dimension(self) -> int:
        """Number of solutions, counted as they repeat."""
        return len(self.monomials)

    @cached_property
    def multiplications(self) -> tuple[Any, ...]:
        """For each unknown the matrix of multiplication by it; column j is that of monomial j."""
        border = sorted(
            {_times(m, k) for m in self.monomials for k in range(self.unknowns)} - set(self._place),
            key=lambda m: (sum(m), m[::-1]),
        )
        # an element below in the order has its normal form before; ties of degree are solved by recursion
        for monomial in border:
            self._normal(monomial)
        size = self.dimension
        found = []
        for k in range(self.unknowns):
            entries = [[flint.fmpq(0)] * size for _ in range(size)]
            for j, m in enumerate(self.monomials):
                for i, value in self._known[_times(m, k)].items():
                    entries[i][j] = value
            found.append(flint.fmpq_mat(entries))
        return tuple(found)

    def _normal(self, monomial: Exponents) -> Vector:
        known = self._known.get(monomial)
        if known is not None:
            return known
        check_time()
        rule = self._rules.get(monomial)
        if rule is not None:
            parts = rule
        else:
            # some x_k divides it such that the quotient is on the border too
            k = next(k for k in range(self.unknowns) if monomial[k] and _lower(monomial, k) not in self._place)
            below = self._normal(_lower(monomial, k))
            parts = [(_times(self.monomials[j], k), value) for j, value in below.items()]
        total: Vector = {}
        for m, c in parts:
            for j, value in self._normal(m).items():
                total[j] = total[j] + c * value if j in total else c * value
        self._known[monomial] = {j: value for j, value in total.items() if value != 0}
        return self._known[monomial]

    def element(self, polynomial: Any) -> Any:
        """The coordinates of a polynomial, as a column."""
        size = self.dimension
        powers: dict[Exponents, Any] = {}

        def column(monomial: Exponents) -> Any:
            if monomial not in powers:
                if monomial in self._place:
                    unit = [[int(j == self._place[monomial])] for j in range(size)]
                    powers[monomial] = flint.fmpq_mat(unit)
                else:
                    k = next(k for k in range(self.unknowns) if monomial[k])
                    powers[monomial] = self.multiplications[k] * column(_lower(monomial, k))
            return powers[monomial]

        total = flint.fmpq_mat(size, 1)
        for exponents, value in polynomial.to_dict().items():
            check_time()
            full = (*map(int, exponents), *(0,) * (self.unknowns - len(exponents)))
            total = total + column(full) * flint.fmpq(value)
        return total

    def combination(self, weights: Sequence[int]) -> Any:
        """The matrix of multiplication by a linear form."""
        total = flint.fmpq_mat(self.dimension, self.dimension)
        for weight, matrix in zip(weights, self.multiplications, strict=True):
            if weight:
                total = total + matrix * flint.fmpq(weight)
        return total

    @cached_property
    def traces(self) -> Any:
        """The trace of multiplication by each monomial, as a row."""
        products = self._products
        size = self.dimension
        return flint.fmpq_mat([[sum((p[i, i] for i in range(size)), flint.fmpq(0)) for p in products]])

    @cached_property
    def _products(self) -> list[Any]:
        size = self.dimension
        found = [flint.fmpq_mat([[int(i == j) for j in range(size)] for i in range(size)])]
        for m in self.monomials[1:]:
            check_time()
            k = next(k for k in range(self.unknowns) if m[k])
            found.append(self.multiplications[k] * found[self._place[_lower(m, k)]])
        return found

    def trace_form(self, weight: Any = None) -> Any:
        """The symmetric form (f, g) -> trace of multiplication by weight * f * g (Hermite).

        Its rank is the number of different complex solutions at which the weight is not 0, its signature the number of
        real ones with a positive weight minus that of those with a negative one.
        """
        rows = []
        for product in self._products:
            check_time()
            weighted = self.traces * product
            rows.append(weighted)
        form = flint.fmpq_mat([row.entries() for row in rows])
        if weight is None:
            return form
        column = self.element(weight)
        matrix = flint.fmpq_mat(self.dimension, self.dimension)
        for j, product in enumerate(self._products):
            matrix = matrix + product * column[j, 0]
        return form * matrix


def _below(leads: Sequence[Exponents], unknowns: int, most: int) -> list[Exponents]:
    """Monomials that no leading one divides, by increasing degree."""
    found: list[Exponents] = []
    layer = [(0,) * unknowns]
    while layer:
        alive = [m for m in layer if not any(all(a <= b for a, b in zip(lead, m, strict=True)) for lead in leads)]
        found += alive
        if len(found) > most:
            raise TooManySolutionsError(f"there are more than {most} complex solutions, counted as they repeat")
        layer = sorted({_times(m, k) for m in alive for k in range(unknowns)})
    return found


def _times(monomial: Exponents, k: int) -> Exponents:
    return (*monomial[:k], monomial[k] + 1, *monomial[k + 1 :])


def _lower(monomial: Exponents, k: int) -> Exponents:
    return (*monomial[:k], monomial[k] - 1, *monomial[k + 1 :])
