"""Exact arguments that a span of polynomial fields is involutive.

Where one of them holds, Frobenius gives exactly D - rank independent functions that are constant along the fields,
near generic points, whether or not anyone can write them down.
"""

from __future__ import annotations

import time
from typing import Any

import flint
import numpy as np

from symdyn.geometry.fields.bracket_span import BracketSpan, Word
from symdyn.geometry.fields.flint_fields import MAX_TERMS, Field, TooLargeError, flint_fields
from symdyn.geometry.fields.generators import largest_rank
from symdyn.geometry.fields.polynomial_fields import PolynomialFields

_MAX_RANK = 6
_MAX_ALGEBRA = 40
_MAX_BRACKETS = 2000


def involutive_argument(
    fields: PolynomialFields, span: BracketSpan, deadline: float | None = None
) -> dict[str, Any] | None:
    """The exact argument that the closure has generic rank `span.rank`, as witness data; None if none was found.

    Tried in turn: the rank is the dimension; there is a single field, which is not zero where the span was found, or
    zero identically; the words span a Lie algebra over Q that is closed under brackets with the generators; the same
    over rational functions, by identities between minors. The last two are identities over the integers, in which all
    generators must lie in the span of the words: a span that lost rank at its point mod p fails them.

    Parameters
    ----------
    fields
        All generators.
    span
        Words that are independent at a point, with their pivot columns.
    deadline
        Value of `time.monotonic` after which identities are given up.
    """
    if span.rank == largest_rank(fields):
        return {"by": "full rank"}
    if fields.number == 1:
        # of rank 0 at a point mod p a field may yet be any field
        known = span.rank == 1 or not fields.components.terms
        return {"by": "single field"} if known else None
    if not all(_is_index_word(word) for word in span.words):
        return None
    try:
        generators = flint_fields(fields)
        basis = [_word_field(word, generators) for word in span.words]
        if len(generators) * len(basis) > _MAX_BRACKETS:
            return None
        # with all generators, not only those among the words: the words may span the others only together
        brackets = []
        for v in generators:
            for b in basis:
                _check_time(deadline)
                brackets += [] if v is b else [_bracket(v, b)]
        if _spans_over_rationals(basis, generators + brackets):
            return {"by": "closed algebra"}
        if _spans_over_functions(basis, span.columns, generators + brackets, deadline):
            return {"by": "relations"}
    except TooLargeError:
        return None
    return None


def _is_index_word(word: Word) -> bool:
    while isinstance(word, tuple):
        if not isinstance(word[0], int):
            return False
        word = word[1]
    return isinstance(word, int)


def _bracket(v: Field, w: Field) -> Field:
    """Dw v - Dv w."""
    zero = v[0] * 0
    out = []
    for a in range(len(v)):
        total = zero
        for b in range(len(v)):
            if not v[b].is_zero():
                total += w[a].derivative(b) * v[b]
            if not w[b].is_zero():
                total -= v[a].derivative(b) * w[b]
        out.append(_checked(total))
    return out


def _word_field(word: Word, generators: list[Field]) -> Field:
    if isinstance(word, int):
        return generators[word]
    return _bracket(generators[word[0]], _word_field(word[1], generators))


def _check_time(deadline: float | None) -> None:
    if deadline is not None and time.monotonic() > deadline:
        raise TooLargeError


def _checked(polynomial: flint.fmpz_mpoly) -> flint.fmpz_mpoly:
    if len(polynomial) > MAX_TERMS:
        raise TooLargeError
    return polynomial


def _spans_over_rationals(basis: list[Field], others: list[Field]) -> bool:
    """Whether each of `others` is a rational combination of `basis` (which is independent)."""
    if len(basis) > _MAX_ALGEBRA:
        return False
    index: dict[tuple[int, tuple[int, ...]], int] = {}
    rows = []
    for field in basis + others:
        row: dict[int, int] = {}
        for a, component in enumerate(field):
            for exponent, value in component.to_dict().items():
                place = index.setdefault((a, tuple(int(e) for e in exponent)), len(index))
                row[place] = int(value)
        rows.append(row)
    dense = np.zeros((len(rows), len(index)), dtype=object)
    for i, sparse in enumerate(rows):
        for place, number in sparse.items():
            dense[i, place] = number
    matrix = flint.fmpz_mat(len(rows), len(index), dense.ravel().tolist())
    return int(matrix.rank()) == len(basis)


def _spans_over_functions(
    basis: list[Field], columns: list[int], others: list[Field], deadline: float | None
) -> bool:
    """Whether each of `others` is a combination of `basis` with rational functions as coefficients.

    With B the minor of `basis` on its pivot columns (not zero), the coefficients are w_C adj(B) / det(B).
    """
    size = len(basis)
    if not 0 < size <= _MAX_RANK:
        return False
    minor = [[field[c] for c in columns] for field in basis]
    determinant = _determinant(minor)
    adjugate = [[_cofactor(minor, j, i) for j in range(size)] for i in range(size)]
    rest = [c for c in range(len(basis[0])) if c not in set(columns)]
    for field in others:
        _check_time(deadline)
        weights = [
            _checked(sum((field[c] * adjugate[i][j] for i, c in enumerate(columns)), determinant * 0))
            for j in range(size)
        ]
        for c in rest:
            combined = sum((weight * basis[j][c] for j, weight in enumerate(weights)), determinant * 0)
            if _checked(combined) != field[c] * determinant:
                return False
    return True


def _determinant(matrix: list[list[flint.fmpz_mpoly]]) -> flint.fmpz_mpoly:
    """Expansion along the first row; sizes up to _MAX_RANK."""
    if len(matrix) == 1:
        return matrix[0][0]
    total = matrix[0][0] * 0
    for j, entry in enumerate(matrix[0]):
        if not entry.is_zero():
            term = entry * _determinant([row[:j] + row[j + 1 :] for row in matrix[1:]])
            total = total - term if j % 2 else total + term
    return _checked(total)


def _cofactor(matrix: list[list[flint.fmpz_mpoly]], row: int, column: int) -> flint.fmpz_mpoly:
    if len(matrix) == 1:
        return matrix[0][0] * 0 + 1
    minor = [line[:column] + line[column + 1 :] for i, line in enumerate(matrix) if i != row]
    determinant = _determinant(minor)
    return -determinant if (row + column) % 2 else determinant
