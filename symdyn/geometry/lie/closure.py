"""Lie algebras closed under brackets: independent words modulo a prime, then relations over Q, verified.

The algebra that generators span is the span of the words [g, [h, ...]] nested to the right. So a space that contains
the generators, and every bracket of a generator with an element of a basis, is the whole algebra: as many brackets as
generators times basis are looked at, not one for each pair of the basis.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import flint
import numpy as np

from symdyn.algebra.linear.prime_field import Array, PrimeField
from symdyn.geometry.lie.elements import Element, Elements

#: A generator by its number, or the bracket (generator, number in the basis).
Word = int | tuple[int, int]
#: A vector in the basis: (number, coefficient), coefficients not 0.
Combination = tuple[tuple[int, flint.fmpq], ...]

_P = 2147483629


@dataclass(frozen=True, kw_only=True)
class Closed:
    """A basis of words, and what shows that it is all.

    Parameters
    ----------
    words
        Of the basis.
    basis
        The elements.
    generators
        Each generator in the basis.
    brackets
        For each generator and element of the basis their bracket in the basis; None where the algebra was not closed.
    """

    words: tuple[Word, ...]
    basis: tuple[Element, ...]
    generators: tuple[Combination, ...] = ()
    brackets: tuple[tuple[Combination, ...], ...] | None = None


def closed(given: Elements, *, most: int, deadline: float | None) -> Closed:
    """Words until every bracket with a generator lies in their span, or there are more than `most`, or "
    "the time is over."""
    span = _Span()
    words: list[Word] = []
    basis: list[Element] = []
    images: list[list[Element]] = []
    pending: list[tuple[Word, Element]] = [(number, element) for number, element in enumerate(given.generators)]
    place = 0
    while place < len(pending):
        word, element = pending[place]
        place += 1
        if not span.adds(element):
            continue
        if len(basis) >= most or (deadline is not None and time.monotonic() > deadline):
            return Closed(words=tuple(words), basis=tuple(basis))
        number = len(basis)
        words.append(word)
        basis.append(element)
        images.append([given.bracket(generator, element) for generator in given.generators])
        pending += [((g, number), image) for g, image in enumerate(images[-1]) if image]
    coordinates = Coordinates(basis)
    generators = [coordinates.of(element) for element in given.generators]
    brackets = [[coordinates.of(image[g]) for image in images] for g in range(len(given.generators))]
    if any(entry is None for entry in generators) or any(entry is None for row in brackets for entry in row):
        # a dependence modulo the prime alone: the words are independent, and not all
        return Closed(words=tuple(words), basis=tuple(basis))
    return Closed(
        words=tuple(words),
        basis=tuple(basis),
        generators=tuple(entry for entry in generators if entry is not None),
        brackets=tuple(tuple(entry for entry in row if entry is not None) for row in brackets),
    )


class Coordinates:
    """Coordinates in a basis, over Q: read at pivots, and verified at every other key."""

    def __init__(self, basis: Sequence[Element]) -> None:
        self._basis = basis
        self._single = {next(iter(e)): (k, next(iter(e.values()))) for k, e in enumerate(basis) if len(e) == 1}
        self.rank = len(basis)
        if len(self._single) == len(basis):
            return  # words of one key each, as Pauli words are
        self._keys = {key: number for number, key in enumerate(dict.fromkeys(k for e in basis for k in e))}
        size = len(basis)
        matrix = flint.fmpq_mat(size, len(self._keys))
        for row, element in enumerate(basis):
            for key, value in element.items():
                matrix[row, self._keys[key]] = value
        echelon, rank = matrix.rref()
        self.rank = int(rank)
        self._pivots = _pivots(echelon, self.rank)
        if self.rank == size:
            square = flint.fmpq_mat(size, size, [matrix[i, j] for i in range(size) for j in self._pivots])
            self._inverse = square.inv() if size else square

    def of(self, element: Element) -> Combination | None:
        """The element as a combination of the basis, which is independent; None if it is none."""
        if len(self._single) == len(self._basis):
            if any(key not in self._single for key in element):
                return None
            return tuple(
                sorted((k, value / one) for (k, one), value in ((self._single[e], v) for e, v in element.items()))
            )
        if any(key not in self._keys for key in element):
            return None
        numbered = {self._keys[key]: value for key, value in element.items()}
        size = len(self._basis)
        zero = flint.fmpq(0)
        row = flint.fmpq_mat(1, size, [numbered.get(j, zero) for j in self._pivots]) * self._inverse if size else None
        found = tuple((k, row[0, k]) for k in range(size) if row[0, k] != 0) if row is not None else ()
        rest = dict(element)
        for k, factor in found:
            for key, value in self._basis[k].items():
                left = rest.get(key, zero) - factor * value
                if left == 0:
                    rest.pop(key, None)
                else:
                    rest[key] = left
        return found if not rest else None


def _pivots(echelon: flint.fmpq_mat, rank: int) -> list[int]:
    found, column = [], 0
    for row in range(rank):
        while echelon[row, column] == 0:
            column += 1
        found.append(column)
    return found


@dataclass
class _Span:
    """Rows in reduced echelon form modulo a prime; columns are added as keys come."""

    single: set[Any] = field(default_factory=set)
    rows: Array = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))
    pivots: list[int] = field(default_factory=list)
    keys: dict[Any, int] = field(default_factory=dict)
    over: PrimeField = field(default_factory=lambda: PrimeField(_P))

    def adds(self, element: Element) -> bool:
        """Whether the element is independent of the others modulo the prime, and add it then.

        Elements that are independent modulo the prime are independent over Q; the converse is verified later.
        """
        if not element:
            return False
        if len(element) == 1 and not self.pivots:
            (key,) = element
            fresh = key not in self.single
            self.single.add(key)
            return fresh
        if any(int(value.q) % _P == 0 for value in element.values()):
            return False
        if self.single:
            # elements of more than one key have come: those of one go before them
            waiting, self.single = self.single, set()
            for key in waiting:
                self._reduced({key: flint.fmpq(1)})
        return self._reduced(element)

    def _reduced(self, element: Element) -> bool:
        """Reduce by the rows, and keep what is left."""
        for key in element:
            self.keys.setdefault(key, len(self.keys))
        if self.rows.shape[1] < len(self.keys):
            more = max(64, len(self.keys) * 2 - self.rows.shape[1])
            self.rows = np.pad(self.rows, ((0, 0), (0, more)))
        vector = np.zeros(self.rows.shape[1], dtype=np.int64)
        for key, value in element.items():
            vector[self.keys[key]] = int(value.p) * pow(int(value.q), -1, _P) % _P
        vector = self.over.reduce(vector)
        if self.pivots:
            vector = self.over.reduce(vector - self.over.matmul(vector[self.pivots][None], self.rows)[0])
        nonzero = np.flatnonzero(vector)
        if not nonzero.size:
            return False
        pivot = int(nonzero[0])
        vector = self.over.multiply(vector, np.array(self.over.inverse(vector[pivot])))
        column = self.rows[:, pivot]
        if np.any(column):
            self.rows = self.over.reduce(self.rows - self.over.multiply(column[:, None], vector[None]))
        self.rows = np.vstack([self.rows, vector[None]])
        self.pivots.append(pivot)
        return True
