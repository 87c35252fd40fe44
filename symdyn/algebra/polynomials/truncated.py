"""Power series cut off at a total degree, over any field: products, compositions, linear systems, Taylor expansions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import symengine
import sympy as sp
from sympy.polys.matrices import DomainMatrix
from sympy.polys.matrices.exceptions import DMNonInvertibleMatrixError

Monomial = tuple[int, ...]
Series = dict[Monomial, Any]

#: A sum with it is an expression of symengine.
_ZERO = symengine.Integer(0)


class SingularError(Exception):
    """A matrix that has no inverse: its rank, and a vector that it takes to zero."""

    def __init__(self, rank: int, kernel: tuple[Any, ...]) -> None:
        super().__init__(f"rank {rank}")
        self.rank, self.kernel = rank, kernel


@dataclass(frozen=True)
class Field:
    """Numbers or rational functions: an exact SymPy domain, or floats where it is None."""

    domain: Any

    @classmethod
    def of(cls, values: Sequence[sp.Expr]) -> Field:
        """The smallest field that holds them; floats where one of them is a float."""
        if any(value.has(sp.Float) for value in values):
            return cls(None)
        domain, _ = sp.construct_domain(list(values) or [sp.Integer(1)], field=True, extension=True)
        return cls(domain)

    def read(self, value: sp.Expr) -> Any:
        """A SymPy value as an element."""
        return float(value) if self.domain is None else self.domain.from_sympy(sp.S.Zero + value)

    def write(self, value: Any) -> sp.Expr:
        """An element as SymPy writes it."""
        return sp.Float(value) if self.domain is None else self.domain.to_sympy(value)

    def inverse(self, rows: list[list[Any]]) -> list[list[Any]]:
        """The inverse matrix.

        Raises
        ------
        SingularError
            With rank and kernel vector, if there is none; in floats where the condition number exceeds 1e14.
        """
        size = len(rows)
        if self.domain is None:
            matrix = np.asarray(rows, dtype=float)
            _, values, right = np.linalg.svd(matrix)
            rank = int((values > 1e-14 * values[0]).sum()) if values[0] else 0
            if rank < size:
                raise SingularError(rank, tuple(right[-1].tolist()))
            return [list(row) for row in np.linalg.inv(matrix).tolist()]
        exact = DomainMatrix(rows, (size, size), self.domain)
        try:
            return [list(row) for row in exact.inv().to_list()]
        except DMNonInvertibleMatrixError:
            kernel = exact.nullspace().to_list()[0]
            raise SingularError(exact.rank(), tuple(map(self.write, kernel))) from None


@dataclass(frozen=True)
class Truncated:
    """Series in so many variables up to a total degree.

    Parameters
    ----------
    field
        Of the coefficients.
    variables
        How many.
    order
        The highest degree that is kept.
    """

    field: Field
    variables: int
    order: int

    def constant(self, value: Any) -> Series:
        """A constant."""
        return {(0,) * self.variables: value} if value != 0 else {}

    def variable(self, place: int) -> Series:
        """One of the variables."""
        return {tuple(int(k == place) for k in range(self.variables)): self.field.read(sp.Integer(1))}

    def add(self, *terms: Series) -> Series:
        """The sum."""
        total: Series = {}
        for term in terms:
            for power, value in term.items():
                total[power] = total[power] + value if power in total else value
        return {power: value for power, value in total.items() if value != 0}

    def scale(self, series: Series, factor: Any) -> Series:
        """The product with a number."""
        return {power: value * factor for power, value in series.items()} if factor != 0 else {}

    def multiply(self, one: Series, other: Series) -> Series:
        """The product, cut off."""
        total: Series = {}
        degrees = [(power, sum(power), value) for power, value in other.items()]
        for power, value in one.items():
            left = self.order - sum(power)
            for more, degree, factor in degrees:
                if degree <= left:
                    key = tuple(map(int.__add__, power, more))
                    part = value * factor
                    total[key] = total[key] + part if key in total else part
        return {power: value for power, value in total.items() if value != 0}

    def compose(self, coefficients: Mapping[Monomial, Any], arguments: Sequence[Series]) -> Series:
        """sum of c_a s^a over the multi-indices a, for series s without constant term."""
        known: dict[Monomial, Series] = {(0,) * len(arguments): self.constant(self.field.read(sp.Integer(1)))}

        def power(index: Monomial) -> Series:
            if index not in known:
                k = next(k for k, e in enumerate(index) if e)
                known[index] = self.multiply(power((*index[:k], index[k] - 1, *index[k + 1 :])), arguments[k])
            return known[index]

        return self.add(*(self.scale(power(index), value) for index, value in coefficients.items() if value != 0))

    def product(self, one: list[list[Series]], other: list[list[Series]]) -> list[list[Series]]:
        """The product of two matrices of series."""
        columns = list(zip(*other, strict=True))
        return [[self.add(*map(self.multiply, row, column)) for column in columns] for row in one]

    def solve(self, matrix: list[list[Series]], right: list[list[Series]]) -> list[list[Series]]:
        """X with matrix X = right, order by order from the constant part of the matrix.

        Raises
        ------
        SingularError
            If that is singular.
        """
        zero = (0,) * self.variables
        nothing = self.field.read(sp.Integer(0))
        start = self.field.inverse([[entry.get(zero, nothing) for entry in row] for row in matrix])
        inverse = [[self.constant(value) for value in row] for row in start]
        rest = [[{p: -v for p, v in entry.items() if any(p)} for entry in row] for row in matrix]
        found = self.product(inverse, right)
        for _ in range(self.order):
            moved = self.product(rest, found)
            both = [[self.add(a, b) for a, b in zip(*rows, strict=True)] for rows in zip(right, moved, strict=True)]
            found = self.product(inverse, both)
        return found


def multi_indices(variables: int, order: int) -> list[Monomial]:
    """All exponents with a sum up to `order`, by degree.

    Examples
    --------
    >>> multi_indices(2, 1)
    [(0, 0), (1, 0), (0, 1)]
    """
    found = []
    for degree in range(order + 1):
        for chosen in itertools.combinations_with_replacement(range(variables), degree):
            found.append(tuple(chosen.count(k) for k in range(variables)))
    return found


class Derivatives:
    """Partial derivatives of formulas, each taken once, in symengine."""

    def __init__(self, variables: Sequence[sp.Symbol]) -> None:
        self.variables = [_ZERO + symbol for symbol in variables]
        self._known: dict[tuple[Any, Monomial], Any] = {}

    def at(self, formula: Any, index: Monomial) -> Any:
        """The derivative of a symengine formula by this multi-index."""
        if not any(index):
            return formula
        key = formula, index
        if key not in self._known:
            k = next(k for k, e in enumerate(index) if e)
            lower = self.at(formula, (*index[:k], index[k] - 1, *index[k + 1 :]))
            self._known[key] = symengine.diff(lower, self.variables[k])
        return self._known[key]


def taylor_coefficients(
    formulas: Sequence[sp.Expr], variables: Sequence[sp.Symbol], point: Mapping[sp.Symbol, sp.Expr], order: int
) -> list[dict[Monomial, sp.Expr]]:
    """Taylor coefficients of formulas at a point, as SymPy values, derivative over factorial.

    Parameters
    ----------
    formulas, variables
        What is expanded, in which variables.
    point
        A value of every variable, and of other symbols where they have one.
    order
        The highest degree.
    """
    table = Derivatives(variables)
    values = {_ZERO + symbol: _ZERO + value for symbol, value in point.items()}
    indices = multi_indices(len(variables), order)
    found = []
    for formula in formulas:
        start = _ZERO + formula
        row = {}
        for index in indices:
            slope = table.at(start, index)
            if slope != 0:
                value = sp.S.Zero + (_ZERO + slope.subs(values))._sympy_()
                if value != 0:
                    row[index] = value / math.prod(map(math.factorial, index))
        found.append(row)
    return found
