"""Matrices over one field: rationals, algebraic numbers in one extension, or fractions of polynomials in symbols.

Symbols are independent and real: a rank is that of generic values.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.polys.domains.domain import Domain
from sympy.polys.matrices import DomainMatrix
from sympy.polys.polyerrors import CoercionFailed

from symdyn.errors import ModelError, ShapeError


@dataclass(frozen=True)
class ExactMatrix:
    """A matrix over a real field.

    Parameters
    ----------
    inner
        The entries, over a field.

    Examples
    --------
    >>> A = exact_matrix([[1, 2], [2, 4]])
    >>> A.rank, A.nullspace().to_sympy()
    (1, Matrix([
    [-2],
    [ 1]]))
    >>> A.solve(exact_matrix([[1], [3]])) is None
    True
    """

    inner: DomainMatrix

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.inner.shape[0]), int(self.inner.shape[1])

    @property
    def T(self) -> ExactMatrix:  # noqa: N802
        """The transpose."""
        return ExactMatrix(self.inner.transpose())

    @property
    def rank(self) -> int:
        """The rank; for symbols that of generic values."""
        return len(self.pivots) if all(self.shape) else 0

    @property
    def pivots(self) -> tuple[int, ...]:
        """The first columns that are independent of those before them."""
        return tuple(self.inner.rref()[1]) if all(self.shape) else ()

    @property
    def is_zero(self) -> bool:
        """Whether all entries vanish."""
        return not all(self.shape) or bool(self.inner.is_zero_matrix)

    def __add__(self, other: ExactMatrix) -> ExactMatrix:
        return ExactMatrix(self.inner + other.inner)

    def __sub__(self, other: ExactMatrix) -> ExactMatrix:
        return ExactMatrix(self.inner - other.inner)

    def __matmul__(self, other: ExactMatrix) -> ExactMatrix:
        return ExactMatrix(self.inner * other.inner)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExactMatrix) and self.shape == other.shape and (self - other).is_zero

    __hash__ = None  # type: ignore[assignment]

    def identity(self, size: int) -> ExactMatrix:
        """The identity over the same field."""
        return ExactMatrix(DomainMatrix.eye((size, size), self.inner.domain).to_dense())

    def zeros(self, rows: int, columns: int) -> ExactMatrix:
        """Zeros over the same field."""
        return ExactMatrix(DomainMatrix.zeros((rows, columns), self.inner.domain).to_dense())

    def beside(self, *others: ExactMatrix) -> ExactMatrix:
        """With other matrices at the right."""
        return ExactMatrix(self.inner.hstack(*(one.inner for one in others)))

    def above(self, *others: ExactMatrix) -> ExactMatrix:
        """With other matrices below."""
        return ExactMatrix(self.inner.vstack(*(one.inner for one in others)))

    def columns(self, places: Iterable[int]) -> ExactMatrix:
        """The columns at these places."""
        return self._part(range(self.shape[0]), places)

    def rows(self, places: Iterable[int]) -> ExactMatrix:
        """The rows at these places."""
        return self._part(places, range(self.shape[1]))

    def _part(self, rows: Iterable[int], columns: Iterable[int]) -> ExactMatrix:
        down, across = list(rows), list(columns)
        if not down or not across:
            return self.zeros(len(down), len(across))
        return ExactMatrix(self.inner.extract(down, across))

    def power(self, exponent: int) -> ExactMatrix:
        """The power of a square matrix."""
        return ExactMatrix(self.inner ** int(exponent)) if exponent else self.identity(self.shape[0])

    def basis(self) -> ExactMatrix:
        """Columns of the matrix that form a basis of its range."""
        return self.columns(self.pivots)

    def nullspace(self) -> ExactMatrix:
        """Columns that form a basis of the kernel, (columns, nullity)."""
        width = self.shape[1]
        if not all(self.shape):
            return self.identity(width)
        reduced, pivots = self.inner.rref()
        free = [j for j in range(width) if j not in pivots]
        solved = ExactMatrix(reduced).rows(range(len(pivots))).columns(free)
        minus = self.zeros(*solved.shape) - solved
        order = sorted(range(width), key=lambda place: ([*pivots, *free]).index(place))
        ranked = sorted(range(width), key=order.__getitem__)
        if not free:
            return self.zeros(width, 0)
        stacked = minus.above(self.identity(len(free))) if pivots else self.identity(len(free))
        return stacked.rows(ranked)

    def solve(self, right: ExactMatrix) -> ExactMatrix | None:
        """One X with A X = B, zero at what is free; None if there is none."""
        width = self.shape[1]
        if not width:
            return self.zeros(0, right.shape[1]) if right.is_zero else None
        reduced, pivots = self.beside(right).inner.rref()
        if any(place >= width for place in pivots):
            return None
        found = self.zeros(width, right.shape[1])
        if not pivots or not right.shape[1]:
            return found
        chosen = ExactMatrix(reduced).rows(range(len(pivots))).columns(range(width, width + right.shape[1]))
        spread = self.identity(width).columns(pivots)
        return spread @ chosen

    def in_range(self, columns: ExactMatrix) -> ExactMatrix | None:
        """Coefficients X with A X = columns, the proof that these lie in the range of A; None if one does not."""
        return self.solve(columns)

    def pseudoinverse(self) -> ExactMatrix:
        """The matrix that gives least squares of least norm (Moore, Penrose), by a factorisation of full rank."""
        height, width = self.shape
        if self.is_zero:
            return self.zeros(width, height)
        reduced, pivots = self.inner.rref()
        tall, flat = self.columns(pivots), ExactMatrix(reduced).rows(range(len(pivots)))
        return flat.T @ (flat @ flat.T).inverse() @ (tall.T @ tall).inverse() @ tall.T

    def inverse(self) -> ExactMatrix:
        """The inverse of a square matrix of full rank.

        Raises
        ------
        ModelError
            If there is none.
        """
        found = self.solve(self.identity(self.shape[0])) if self.shape[0] == self.shape[1] else None
        if found is None:
            raise ModelError(f"the matrix of shape {self.shape} has no inverse: give a square one of full rank")
        return found

    def least_squares(self, right: ExactMatrix) -> ExactMatrix:
        """The X of least norm with |A X - B| least."""
        return self.pseudoinverse() @ right

    def projector(self) -> ExactMatrix:
        """The orthogonal projection onto the range."""
        if self.is_zero:
            return self.zeros(self.shape[0], self.shape[0])
        basis = self.basis()
        return basis @ (basis.T @ basis).inverse() @ basis.T

    def inertia(self) -> tuple[int, int, int]:
        """How many eigenvalues of a symmetric matrix are positive, negative and zero.

        By the signs of its characteristic polynomial, whose roots are real (Descartes).

        Raises
        ------
        ModelError
            If an entry has a symbol.
        """
        signs = []
        for value in self.inner.charpoly():
            number = self.inner.domain.to_sympy(value)
            if number.free_symbols:
                raise ModelError("the matrix has a symbol: give numbers, since signs are asked")
            signs.append(0 if number.is_zero else 1 if number > 0 else -1)
        zero = next(k for k, sign in enumerate(reversed(signs)) if sign)
        kept = [sign for sign in signs if sign]
        positive = sum(one != other for one, other in zip(kept, kept[1:]))
        return positive, self.shape[0] - positive - zero, zero

    def over(self, field: Domain) -> ExactMatrix:
        """The same matrix over a larger field."""
        return ExactMatrix(self.inner.convert_to(field))

    def to_sympy(self) -> sp.ImmutableMatrix:
        """For a reader."""
        return sp.ImmutableMatrix(*self.shape, list(self.inner.to_Matrix()) if all(self.shape) else [])

    def fractions(self) -> list[list[Fraction]] | None:
        """The entries as fractions, row by row; None if one is no rational number."""
        entries = [[self.inner.domain.to_sympy(x) for x in row] for row in self.inner.to_dense().to_ddm()]
        if not all(x.is_Rational for row in entries for x in row):
            return None
        return [[Fraction(int(x.p), int(x.q)) for x in row] for row in entries]


def exact_matrix(rows: Any) -> ExactMatrix | None:
    """The matrix over the smallest field that is known here; None if it has floats.

    Parameters
    ----------
    rows
        Nested lists, a NumPy array or SymPy matrix of integers, fractions, algebraic numbers, and formulas that are
        rational in symbols.

    Raises
    ------
    ModelError, ShapeError
        If an entry is no real number of these, or rows differ in length.

    Examples
    --------
    >>> root = exact_matrix([[sp.sqrt(2), 2], [1, sp.sqrt(2)]])
    >>> root.rank, exact_matrix([[0.5]]) is None
    (1, True)
    """
    found = exact_matrices(rows)
    return None if found is None else found[0]


def exact_matrices(*given: Any) -> tuple[ExactMatrix, ...] | None:
    """Several matrices over one field; None if one of them has floats."""
    matrices = [as_formulas(rows) for rows in given]
    if any(one is None for one in matrices):
        return None
    known = [one for one in matrices if one is not None]
    field = field_of([entry for one in known for entry in one])
    return tuple(_over(one, field) for one in known)


def _over(matrix: sp.ImmutableMatrix, field: Domain) -> ExactMatrix:
    rows = [[field.from_sympy(entry) for entry in row] for row in matrix.tolist()] if matrix.rows else []
    return ExactMatrix(DomainMatrix(rows, matrix.shape, field).to_dense())


def as_formulas(rows: Any) -> sp.ImmutableMatrix | None:
    """Rows as SymPy numbers and formulas; None if there are floats among them.

    Raises
    ------
    ModelError, ShapeError
        If an entry is neither, or rows differ in length.
    """
    listed = rows.tolist() if hasattr(rows, "tolist") else rows
    shape = getattr(rows, "shape", None)
    try:
        entries = [[_entry(x) for x in row] for row in listed]
    except TypeError:
        raise ModelError("a matrix holds what is no real number: give integers, fractions or SymPy numbers") from None
    if len({len(row) for row in entries}) > 1:
        raise ShapeError("a matrix has rows of different lengths: give rows of equal length")
    if any(x is None for row in entries for x in row):
        return None
    width = int(shape[1]) if shape is not None and len(shape) == 2 else len(entries[0]) if entries else 0
    return sp.ImmutableMatrix(len(entries), width, [x for row in entries for x in row])


def _entry(value: Any) -> sp.Expr | None:
    """A SymPy number or formula; None for a float."""
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, Fraction):
        return sp.Rational(value.numerator, value.denominator)
    if hasattr(value, "__index__"):
        return sp.Integer(int(value))
    if isinstance(value, sp.Expr):
        if value.has(sp.Float):
            return None
        if value.has(sp.nan, sp.zoo, sp.oo) or value.is_real is False:
            raise TypeError
        return value
    float(value)
    if isinstance(value, str | complex):
        raise TypeError
    return None


def field_of(entries: Iterable[sp.Expr]) -> Domain:
    """The field that holds all of these numbers and formulas.

    Raises
    ------
    ModelError
        If one is no algebraic number and no rational function of symbols.
    """
    listed = [entry for entry in entries if not entry.is_Rational]
    symbols = sorted(set().union(*(entry.free_symbols for entry in listed)), key=lambda one: one.name)
    numbers = set().union(*(entry.atoms(sp.Pow, sp.NumberSymbol, sp.Function) for entry in listed))
    roots = sorted((x for x in numbers if not x.free_symbols and not x.is_Rational), key=sp.default_sort_key)
    strange = [x for x in roots if not x.is_algebraic]
    if strange:
        raise ModelError(f"{strange[0]} is no algebraic number: give fractions, roots or floats")
    field: Domain = sp.QQ
    if roots:
        field = field.algebraic_field(*roots)
    if symbols:
        field = field.frac_field(*symbols)
    try:
        for entry in listed:
            field.from_sympy(entry)
    except (CoercionFailed, ValueError):
        raise ModelError("an entry is no rational function of its symbols: give sums, products and quotients") from None
    return field
