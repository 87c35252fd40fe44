"""The Lie algebra that fields, matrices or sums of Pauli words generate: dimension, structure, orbits."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import sympy as sp

from symdyn.algebra.budgets.checked import checked_limit
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.shown import Answer
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.laws.lie_algebra import LieAlgebraWitness
from symdyn.errors import ModelError, came
from symdyn.geometry.lie import structure
from symdyn.geometry.lie.closure import Closed, Word, closed
from symdyn.geometry.lie.elements import Element, Elements, elements_of
from symdyn.geometry.vector_field import VectorField

_LARGEST = 2000


@dataclass(frozen=True, kw_only=True)
class LieAlgebra(Answer):
    """A Lie algebra over the real numbers.

    Parameters
    ----------
    dimension
        Of the algebra; None where it was not closed within the budget, or is infinite.
    lower
        It has at least this dimension.
    words
        A basis: a generator by its number, or (g, k), the bracket of generator g with word k.
    certificate
        PROVED: independent words, and relations that close them where the dimension is known.
    """

    dimension: int | None
    lower: int
    words: tuple[Word, ...]
    certificate: Certificate = field(repr=False)
    elements: Elements = field(repr=False, compare=False)
    found: Closed = field(repr=False, compare=False)

    @cached_property
    def basis(self) -> tuple[Any, ...]:
        """The words as fields (given fields), matrices, or sums of Pauli words, each of which is meant times i."""
        return tuple(self._shown(element) for element in self.found.basis)

    def _shown(self, element: Element) -> Any:
        if self.elements.of == "fields":
            coords = self.elements.coords
            parts = [sp.S.Zero] * len(coords)
            for (a, powers), value in element.items():
                parts[a] += _rational(value) * sp.Mul(*(x**n for x, n in zip(coords, powers, strict=True)))
            return VectorField(coords, parts)
        if self.elements.of == "matrices":
            matrix = sp.zeros(self.elements.size)
            for (a, b, part), value in element.items():
                matrix[a, b] += _rational(value) * (sp.I if part else 1)
            return matrix.as_immutable()
        return pauli_text(element)

    @cached_property
    def _ad(self) -> tuple[flint.fmpq_mat, ...]:
        if self.dimension is None:
            raise ModelError(
                f"the algebra was not closed (dimension at least {self.lower}): its structure is not known; give more "
                "time, or raise `most`"
            )
        return structure.adjoints(self.found.basis, self.elements.bracket)

    def adjoint(self, number: int) -> sp.ImmutableMatrix:
        """ad of a word, shape (dimension, dimension): column j has its bracket with word j."""
        return _matrix(self._ad[number])

    @cached_property
    def structure_constants(self) -> tuple[sp.ImmutableMatrix, ...]:
        """c with [b_i, b_j] = sum_k c[i][k, j] b_k: the adjoint matrices of all words."""
        return tuple(map(_matrix, self._ad))

    @cached_property
    def killing_form(self) -> sp.ImmutableMatrix:
        """K_ij = trace(ad b_i ad b_j), shape (dimension, dimension)."""
        return _matrix(structure.killing_form(self._ad))

    @cached_property
    def centre(self) -> int:
        """Dimension of the centre."""
        return structure.centre(self._ad)

    @cached_property
    def derived_series(self) -> tuple[int, ...]:
        """Dimensions of L, [L, L], [[L, L], [L, L]], ... until they stay."""
        return structure.series(self._ad, derived=True)

    @cached_property
    def lower_central_series(self) -> tuple[int, ...]:
        """Dimensions of L, [L, L], [L, [L, L]], ... until they stay."""
        return structure.series(self._ad, derived=False)

    @property
    def is_abelian(self) -> bool:
        """Whether all brackets vanish."""
        return self.centre == self.dimension

    @property
    def is_solvable(self) -> bool:
        """Whether the derived series ends at 0."""
        return self.derived_series[-1] == 0

    @property
    def is_nilpotent(self) -> bool:
        """Whether the lower central series ends at 0."""
        return self.lower_central_series[-1] == 0

    @property
    def is_semisimple(self) -> bool:
        """Whether the Killing form is nondegenerate (Cartan)."""
        return bool(self.dimension) and structure.killing_form(self._ad).rank() == self.dimension

    def rank_at(self, point: Mapping[sp.Symbol, Any]) -> int:
        """Dimension of what all fields of the algebra span at a rational point: that of the orbit through it.

        Raises
        ------
        ModelError
            If the algebra is not one of fields, or not closed where it does not span the space.
        """
        return rank_at(self.elements, self.found, point)[1]

    def _in_short(self) -> str:
        return f"dimension {self.dimension if self.dimension is not None else f'at least {self.lower}'}"


def lie_algebra(generators: Any, *, most: Any = 500, time_limit: float | None = None) -> LieAlgebra:
    """The Lie algebra over the real numbers that generators span with all their iterated brackets.

    This is another question than `involutive_closure`, whose coefficients are functions: so(3) has dimension 3 and
    orbits of dimension 2.

    What is proved: independent words, so a lower bound, always; the dimension, where every bracket of a generator with
    a word is a combination of the words, which a finite-dimensional algebra shows after finitely many.

    Parameters
    ----------
    generators
        A Distribution, a VectorField or a list of them, polynomial with rational coefficients; square matrices with
        rational or Gaussian rational entries; or sums of Pauli words as texts, "X0 X1 + 2 Z2" or "XXI", each of which
        stands for i times it.
    most
        Words at the most; an algebra of polynomial fields may be infinite-dimensional.
    time_limit
        In seconds.

    Returns
    -------
    LieAlgebra
        With its structure, exact.

    Raises
    ------
    ModelError, ShapeError
        If generators are of different kinds or sizes, or an entry is not rational.

    Examples
    --------
    >>> lie_algebra(["X0 X1", "Z0", "Z1"]).dimension
    6
    """
    if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= _LARGEST:
        raise ModelError(f"most is {most!r}: give a whole number from 1 to {_LARGEST}")
    started, limit = time.monotonic(), checked_limit(time_limit)
    elements = elements_of(generators)
    found = closed(elements, most=most, deadline=None if limit is None else started + limit)
    whole = found.brackets is not None
    size = len(found.basis)
    why = (
        "every bracket with a generator is a combination of them"
        if whole
        else "the budget was spent before they closed"
    )
    certificate = certified(
        witness_of(elements, found),
        Verdict.PROVED,
        f"{size} words, independent over Q; {why}",
        provenance=provenance(seconds=round(time.monotonic() - started, 4)),
    )
    return LieAlgebra(
        dimension=size if whole else None,
        lower=size,
        words=found.words,
        certificate=certificate,
        elements=elements,
        found=found,
    )


def rank_at(elements: Elements, found: Closed, point: Mapping[sp.Symbol, Any]) -> tuple[list[Fraction], int]:
    """The point, and the rank of the words at it, which is that of the algebra.

    Raises
    ------
    ModelError
        If the point does not fit, or the words are not all and do not span the space.
    """
    if elements.of != "fields":
        raise ModelError(f"a rank at a point is one of fields, and these are {elements.of}: leave the point out")
    if not isinstance(point, Mapping):
        example = ", ".join(f"{name}: 0" for name in elements.names[:3])
        raise ModelError(f"the point is {came(point)}: give a value for each coordinate, as in {{{example}}}")
    given = {str(symbol): value for symbol, value in point.items()}
    if set(given) != set(elements.names):
        raise ModelError(
            f"the point has {', '.join(given) or 'no names'}: give a value for {', '.join(elements.names)}"
        )
    values = [_fraction(given[name], name) for name in elements.names]
    rows = _evaluated(elements, found, values)
    rank = int(rows.rref()[1])
    if found.brackets is None and rank < elements.size:
        raise ModelError(
            f"the algebra was not closed, and the words found span dimension {rank} at the point: give more time, or "
            "raise `most`"
        )
    return values, rank


def growth_at(elements: Elements, found: Closed, values: list[Fraction]) -> tuple[int, ...]:
    """Ranks at a point of the generators, then with brackets of depth 1, 2, ..., until nothing is left to add."""
    depth: list[int] = []
    for word in found.words:
        depth.append(0 if isinstance(word, int) else depth[word[1]] + 1)
    rows = _evaluated(elements, found, values)
    levels: list[int] = []
    for level in range(max(depth, default=0) + 1):
        entries = [rows[k, a] for k, d in enumerate(depth) if d <= level for a in range(elements.size)]
        levels.append(int(flint.fmpq_mat(len(entries) // elements.size, elements.size, entries).rref()[1]))
        if levels[-1] == int(rows.rref()[1]):
            break
    return tuple(levels)


def _evaluated(elements: Elements, found: Closed, values: list[Fraction]) -> flint.fmpq_mat:
    """The words at a point, a row each."""
    rows = flint.fmpq_mat(max(1, len(found.basis)), elements.size)
    for k, element in enumerate(found.basis):
        for (a, powers), value in element.items():
            for x, n in zip(values, powers, strict=True):
                value *= flint.fmpq(x.numerator, x.denominator) ** n
            rows[k, a] += value
    return rows


def witness_of(
    elements: Elements, found: Closed, *, at: tuple[list[Fraction], int] | None = None
) -> LieAlgebraWitness:
    """The record of what was found, and of a rank at a point."""
    whole = found.brackets is not None
    return LieAlgebraWitness(
        of=elements.of,
        size=elements.size,
        names=elements.names,
        generators=tuple(
            tuple((key, int(value.p), int(value.q)) for key, value in sorted(element.items()))
            for element in elements.generators
        ),
        words=found.words,
        known=tuple(map(_stored, found.generators)) if whole else (),
        brackets=tuple(tuple(map(_stored, row)) for row in found.brackets or ()),
        point=None if at is None else tuple((value.numerator, value.denominator) for value in at[0]),
        rank=None if at is None else at[1],
    )


def _stored(entries: Any) -> tuple[tuple[int, int, int], ...]:
    return tuple((k, int(value.p), int(value.q)) for k, value in entries)


def pauli_text(element: Element) -> str:
    """X0 Y1 - 2 Z0."""
    parts = []
    for (x, z), value in sorted(element.items()):
        letters = [
            f"{'IXZY'[(x >> k & 1) + 2 * (z >> k & 1)]}{k}"
            for k in range(max(x.bit_length(), z.bit_length()))
            if (x | z) >> k & 1
        ]
        size = "" if abs(value) == 1 else f"{abs(value)} "
        parts.append(f"{'-' if value < 0 else '+'} {size}{' '.join(letters) or 'I0'}")
    text = " ".join(parts).removeprefix("+ ")
    return text or "0"


def _rational(value: flint.fmpq) -> sp.Rational:
    return sp.Rational(int(value.p), int(value.q))


def _matrix(matrix: flint.fmpq_mat) -> sp.ImmutableMatrix:
    rows = [[_rational(matrix[i, j]) for j in range(matrix.ncols())] for i in range(matrix.nrows())]
    return sp.ImmutableMatrix(rows) if rows else sp.ImmutableMatrix(0, 0, [])


def _fraction(value: Any, name: str) -> Fraction:
    try:
        if isinstance(value, (float, bool)):
            raise TypeError
        return Fraction(int(value.p), int(value.q)) if isinstance(value, sp.Rational) else Fraction(value)
    except (TypeError, ValueError, ZeroDivisionError):
        raise ModelError(f"the value {value!r} of {name} is no rational number: write a fraction") from None
