"""Polynomial vector fields as sparse arrays, evaluated in nilpotent algebras mod p."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, reduce

import numpy as np

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.linear.digests import digest_words, integer_bytes
from symdyn.algebra.linear.jets import Jet, constant, multiply
from symdyn.algebra.linear.prime_field import Array, PrimeField
from symdyn.algebra.polynomials.sparse import IntArray, SparsePolynomials

_CHUNK = 3_000_000


@dataclass(frozen=True)
class PolynomialFields:
    """Fields v_1, ..., v_d whose components are integer polynomials.

    Parameters
    ----------
    dimension
        D, the number of components of each field.
    number
        d, the number of fields.
    components
        d * D polynomials: number i * D + a is component a of field i. Its variables are the D coordinates, then the
        symbolic constants.
    """

    dimension: int
    number: int
    components: SparsePolynomials
    _order: tuple[IntArray, IntArray, IntArray, IntArray] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.components.number != self.dimension * self.number:
            raise ValueError(
                f"{self.components.number} components for {self.number} fields in dimension {self.dimension}: "
                "give dimension * number polynomials"
            )
        fields, places = np.divmod(self.components.row, self.dimension)
        order = np.argsort(places, kind="stable")
        present, starts = np.unique(places[order], return_index=True)
        object.__setattr__(self, "_order", (order, fields[order], present, starts))

    @property
    def variables(self) -> int:
        """D plus the number of symbolic constants."""
        return self.components.variables

    @property
    def degree(self) -> int:
        """Largest total degree of a component in the coordinates."""
        return self.components.partial_degree(self.dimension)

    @cached_property
    def total_degree(self) -> int:
        """Largest total degree of a component in coordinates and constants."""
        return self.components.degree

    @cached_property
    def height(self) -> int:
        """Largest sum of the absolute values of the coefficients of a component."""
        terms = self.components
        if not terms.terms:
            return 0
        starts = np.flatnonzero(np.r_[True, terms.row[1:] != terms.row[:-1]])
        return int(max(np.add.reduceat(abs(terms.coefficient).astype(object), starts)))

    @property
    def coefficients(self) -> Array:
        """All coefficients."""
        return self.components.coefficient

    @cached_property
    def fingerprint(self) -> tuple[int, ...]:
        """Words of a hash of the fields."""
        terms = self.components
        sizes = f"{self.dimension} {self.number} {terms.variables} {terms.factors.shape[1]}".encode()
        return digest_words(sizes, *(integer_bytes(part) for part in (terms.row, terms.coefficient, terms.factors)))

    def select(self, numbers: list[int]) -> PolynomialFields:
        """The fields `numbers` (increasing)."""
        rows = [i * self.dimension + a for i in numbers for a in range(self.dimension)]
        return PolynomialFields(self.dimension, len(numbers), self.components.select(rows))

    def combine(self, coefficients: Array, point: Jet, field: PrimeField) -> Jet:
        """The combinations `coefficients` (B, d) at the point, shape (B, D)."""
        batch = len(coefficients)
        step = max(1, _CHUNK // max(1, self.components.terms * len(point)))
        if batch <= step:
            return self._combine(coefficients, point, field)
        pieces = []
        for start in range(0, batch, step):
            if start:
                check_time()
            rows = slice(start, start + step)
            moved = tuple(part if part is None or part.ndim == 1 else part[rows] for part in point)
            pieces.append(self._combine(coefficients[rows], moved, field))
        return tuple(
            None if parts[0] is None else np.concatenate([part for part in parts if part is not None])
            for parts in zip(*pieces, strict=True)
        )

    def _combine(self, coefficients: Array, point: Jet, field: PrimeField) -> Jet:
        if len(point) == 1 and point[0] is not None and point[0].ndim == 1:
            return (field.matmul(coefficients, self._at(point, field)),)
        order, fields, present, starts = self._order
        weights = field.array(self.components.coefficient[order])
        monomials = self._monomials(point, field, order)
        scale = field.multiply(coefficients[:, fields], weights)
        out: list[Array | None] = []
        for part in monomials:
            if part is None:
                out.append(None)
                continue
            values = field.multiply(np.broadcast_to(part, scale.shape), scale)
            result: Array = np.zeros((len(coefficients), self.dimension), dtype=field.dtype)
            if len(present):
                result[:, present] = field.reduce(np.add.reduceat(values, starts, axis=1))
            out.append(result)
        return tuple(out)

    def _at(self, point: Jet, field: PrimeField) -> Array:
        """The fields at one point, shape (number, D)."""
        terms = self.components
        values: Array = np.zeros(terms.number, dtype=field.dtype)
        (monomials,) = self._monomials(point, field, np.arange(terms.terms))
        if monomials is not None and terms.terms:
            present, starts = np.unique(terms.row, return_index=True)
            values[present] = np.add.reduceat(field.multiply(monomials, field.array(terms.coefficient)), starts)
        return field.reduce(values).reshape(self.number, self.dimension)

    def _monomials(self, point: Jet, field: PrimeField, order: IntArray) -> Jet:
        """Values of all monomials, the padding variable being 1."""
        factors = self.components.factors[order]
        padded = tuple(
            None
            if part is None
            else np.concatenate(
                [part, np.full((*part.shape[:-1], 1), 1 if mask == 0 else 0, dtype=field.dtype)], axis=-1
            )
            for mask, part in enumerate(point)
        )
        slots = [
            tuple(None if part is None else part[..., factors[:, slot]] for part in padded)
            for slot in range(factors.shape[1])
        ]
        one = constant(np.ones(len(factors), dtype=field.dtype), len(point))
        return reduce(lambda x, y: multiply(field, x, y), slots, one)


def gradients(outputs: SparsePolynomials, dimension: int) -> PolynomialFields:
    """The gradients of polynomials with respect to the first `dimension` variables."""
    rows, coefficients, factors = [], [], []
    width = outputs.factors.shape[1]
    for slot in range(width):
        variable = outputs.factors[:, slot]
        first = variable < dimension
        if slot:
            first &= outputs.factors[:, slot - 1] != variable
        chosen = np.flatnonzero(first)
        if not len(chosen):
            continue
        power = (outputs.factors[chosen] == variable[chosen, None]).sum(axis=1)
        rows.append(outputs.row[chosen] * dimension + variable[chosen])
        coefficients.append(outputs.coefficient[chosen] * power)
        factors.append(np.delete(outputs.factors[chosen], slot, axis=1))
    if not rows:
        empty = np.zeros(0, dtype=np.int64)
        components = SparsePolynomials(
            outputs.variables, outputs.number * dimension, empty, empty, np.zeros((0, 0), dtype=np.int64)
        )
        return PolynomialFields(dimension, outputs.number, components)
    row = np.concatenate(rows)
    order = np.argsort(row, kind="stable")
    components = SparsePolynomials(
        outputs.variables,
        outputs.number * dimension,
        row[order],
        np.concatenate(coefficients)[order],
        np.concatenate(factors)[order],
    )
    return PolynomialFields(dimension, outputs.number, components)
