"""Polynomials with integer coefficients as sparse arrays of monomials.

A monomial is a sorted row of variable numbers, repeated as often as its exponent says and padded with the number of
variables: u^2 w with variables (u, v, w) is (0, 0, 2, 3, 3, ...). SymPy expressions enter by a walk over the tree.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.polynomials.expansion import MAX_TERMS, Terms, TooManyTermsError, expanded
from symdyn.errors import ModelError

IntArray = npt.NDArray[np.int64]

#: Python writes no number of more than 4,300 digits, and squares of coefficients are among those of laws.
MOST_DIGITS = 2000
_LARGEST = 10**MOST_DIGITS


@dataclass(frozen=True)
class SparsePolynomials:
    """A list of polynomials in common variables.

    Parameters
    ----------
    variables
        Number of variables n.
    number
        Number of polynomials.
    row
        Shape (T,): the polynomial that each term belongs to, in increasing order.
    coefficient
        Shape (T,): non-zero integers of any size, int64 below 2^50 and object above.
    factors
        Shape (T, q): sorted variable numbers, padded with n.
    """

    variables: int
    number: int
    row: IntArray
    coefficient: npt.NDArray[Any]
    factors: IntArray

    @property
    def terms(self) -> int:
        """Number of terms of all polynomials together."""
        return len(self.row)

    @property
    def degree(self) -> int:
        """Largest total degree (0 for constants and for no terms)."""
        return int((self.factors < self.variables).sum(axis=1).max(initial=0))

    def partial_degree(self, first: int) -> int:
        """Largest total degree in the variables before number `first`."""
        return int((self.factors < first).sum(axis=1).max(initial=0))

    def select(self, rows: Sequence[int]) -> SparsePolynomials:
        """The polynomials `rows` (increasing), renumbered in that order."""
        place = np.full(self.number, -1, dtype=np.int64)
        place[list(rows)] = np.arange(len(rows))
        keep = place[self.row] >= 0
        return SparsePolynomials(
            self.variables, len(rows), place[self.row[keep]], self.coefficient[keep], self.factors[keep]
        )

    def to_data(self) -> dict[str, Any]:
        """Flat JSON lists: row, coefficient and length of each term, and its variables with repetition."""
        live = self.factors < self.variables
        return {
            "row": self.row.tolist(),
            "coefficient": [int(value) for value in self.coefficient.tolist()],
            "size": live.sum(axis=1).tolist(),
            "variable": self.factors[live].tolist(),
        }

    def exponents(self) -> IntArray:
        """Dense exponents, shape (T, n)."""
        dense = np.zeros((self.terms, self.variables + 1), dtype=np.int64)
        every = np.arange(self.terms)
        for slot in range(self.factors.shape[1]):
            np.add.at(dense, (every, self.factors[:, slot]), 1)
        return dense[:, : self.variables]

    def to_terms(self) -> list[dict[tuple[tuple[int, int], ...], int]]:
        """Each polynomial as a dictionary from ((variable, exponent), ...) to its coefficient."""
        out: list[dict[tuple[tuple[int, int], ...], int]] = [{} for _ in range(self.number)]
        listed = zip(self.row.tolist(), self.coefficient.tolist(), self.factors.tolist(), strict=True)
        for place, (row, coefficient, factors) in enumerate(listed):
            if place % 1024 == 0:
                check_time()
            monomial: dict[int, int] = {}
            for variable in factors:
                if variable == self.variables:
                    break
                monomial[variable] = monomial.get(variable, 0) + 1
            out[row][tuple(monomial.items())] = coefficient
        return out


def integer_array(values: Sequence[int]) -> npt.NDArray[Any]:
    """Integers as int64 below 2^50 (so that small multiples fit), else as Python integers."""
    if all(-(2**50) < value < 2**50 for value in values):
        return np.asarray(values, dtype=np.int64)
    return np.asarray(values, dtype=object)


def from_terms(polynomials: Iterable[Mapping[tuple[tuple[int, int], ...], int]], variables: int) -> SparsePolynomials:
    """Arrays from dictionaries ((variable, exponent), ...) -> non-zero integer."""
    rows: list[int] = []
    coefficients: list[int] = []
    lists: list[list[int]] = []
    number = 0
    for polynomial in polynomials:
        for place, (monomial, coefficient) in enumerate(polynomial.items()):
            if place % 1024 == 0:
                check_time()
            if coefficient:
                rows.append(number)
                coefficients.append(coefficient)
                lists.append([variable for variable, power in monomial for _ in range(power)])
        number += 1
    width = max((len(row) for row in lists), default=0)
    factors = np.full((len(lists), width), variables, dtype=np.int64)
    for place, row in enumerate(lists):
        factors[place, : len(row)] = row
    return SparsePolynomials(variables, number, np.asarray(rows, dtype=np.int64), integer_array(coefficients), factors)


def added_terms(
    row: IntArray, coefficient: npt.NDArray[Any], factors: IntArray
) -> tuple[IntArray, npt.NDArray[Any], IntArray]:
    """Terms ordered by polynomial, like ones added and zeros dropped; the factors of each are sorted."""
    order = np.lexsort((*factors.T, row))
    row, coefficient, factors = row[order], coefficient[order], factors[order]
    if not len(row):
        return row, coefficient, factors
    new = np.r_[True, (row[1:] != row[:-1]) | (factors[1:] != factors[:-1]).any(axis=1)]
    largest = max(abs(int(coefficient.max())), abs(int(coefficient.min())))
    if largest * len(row) >= 2**62:
        coefficient = coefficient.astype(object)
    sums = np.add.reduceat(coefficient, np.flatnonzero(new))
    keep = sums != 0
    return row[new][keep], sums[keep], factors[new][keep]


def integer_multiples(polynomials: Sequence[Terms]) -> list[dict[tuple[tuple[int, int], ...], int]]:
    """The polynomials times one common denominator of all their coefficients."""
    common = math.lcm(
        1, *(c.denominator for polynomial in polynomials for c in polynomial.values() if isinstance(c, Fraction))
    )
    return [{monomial: int(c * common) for monomial, c in polynomial.items()} for polynomial in polynomials]


def polynomials_from_expressions(
    expressions: Sequence[sp.Expr],
    variables: Sequence[sp.Symbol],
    *,
    names: Sequence[str] | None = None,
    group: int = 1,
) -> SparsePolynomials:
    """SymPy expressions as polynomials with integer coefficients.

    Parameters
    ----------
    expressions
        Polynomial in `variables`, with rational coefficients.
    variables
        The symbols, in order.
    names
        What to call each expression in a refusal; "output 1", ... by default.
    group
        So many consecutive expressions are multiplied by one common denominator: 1 for outputs (scaling an output
        changes no law), the dimension for the components of a field (whose direction must stay).

    Raises
    ------
    ModelError
        If an expression is not such a polynomial; the message names the part that is not. If a coefficient has over
        MOST_DIGITS digits.
    TooManyTermsError
        If one is too large to be expanded, or all are together.
    OutOfTimeError
        If a deadline is over.
    """
    index = {symbol: place for place, symbol in enumerate(variables)}
    memo: dict[sp.Expr, Terms] = {}
    found, terms = [], 0
    for place, expression in enumerate(expressions):
        found.append(expanded(expression, index, names[place] if names is not None else f"output {place + 1}", memo))
        terms += len(found[-1])
        if terms > MAX_TERMS:
            raise TooManyTermsError(
                f"the first {place + 1} of {len(expressions)} expressions have {terms:,} terms when they are expanded, "
                f"more than {MAX_TERMS:,}: give the model as a network program (symdyn.networks), or with fewer factors"
            )
    scaled = [part for start in range(0, len(found), group) for part in integer_multiples(found[start : start + group])]
    if any(abs(value) >= _LARGEST for part in scaled for value in part.values()):
        raise ModelError(
            f"a coefficient has more than {MOST_DIGITS:,} digits without denominators, and certificates hold no such "
            "number: measure parameters in other units"
        )
    return from_terms(scaled, len(variables))


def to_expression(
    polynomial: Mapping[tuple[tuple[int, int], ...], int | Fraction], variables: Sequence[sp.Expr]
) -> sp.Expr:
    """A dictionary of terms as a SymPy expression, with an expression for each variable."""
    terms = []
    for monomial, coefficient in polynomial.items():
        powers = [sp.Pow(variables[place], power) for place, power in monomial]
        terms.append(sp.Mul(sp.Rational(coefficient), *powers))
    return sp.Add(*terms)
