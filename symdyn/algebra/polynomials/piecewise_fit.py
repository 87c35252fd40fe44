"""Exact piecewise polynomials through a table of integers: a decision list of linear conditions on the sizes.

A fit is no proof. A piece is accepted only if it goes exactly through more points than it has coefficients, so that
the points beyond those could have contradicted it.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Exponents = tuple[int, ...]
Terms = tuple[tuple[Exponents, Fraction], ...]
#: Points that a piece must pass beyond the number of its coefficients.
SURPLUS = 2
_LARGEST_BOUND = 3
#: Exceptions at the smallest sizes are tried up to this degree.
_EXCEPTIONS_DEGREE = 2
_MOST_VARIABLES = 3


@dataclass(frozen=True)
class Condition:
    """coefficients . w >= bound; or, with a modulus, coefficients . w = bound modulo it."""

    coefficients: tuple[int, ...]
    bound: int
    modulus: int = 0

    def holds(self, points: Ints) -> npt.NDArray[np.bool_]:
        """For each row of `points` whether it satisfies the condition."""
        value = points @ np.asarray(self.coefficients, dtype=np.int64)
        held: npt.NDArray[np.bool_] = value % self.modulus == self.bound if self.modulus else value >= self.bound
        return held


@dataclass(frozen=True)
class Piece:
    """A polynomial where a condition holds and those of the pieces before it do not; None for what is left.

    Parameters
    ----------
    condition
        Where it holds.
    terms
        Exponents and coefficient of each monomial.
    """

    condition: Condition | None
    terms: Terms

    def value(self, point: Sequence[int]) -> Fraction:
        """The polynomial at a point."""
        total = Fraction(0)
        for exponents, coefficient in self.terms:
            product = 1
            for size, power in zip(point, exponents, strict=True):
                product *= size**power
            total += coefficient * product
        return total


def evaluate(pieces: Sequence[Piece], point: Sequence[int]) -> Fraction:
    """The first piece whose condition holds, at the point."""
    row = np.asarray([point], dtype=np.int64)
    for piece in pieces:
        if piece.condition is None or bool(piece.condition.holds(row)[0]):
            return piece.value(point)
    raise AssertionError("a decision list ends without condition")


def piecewise_fit(
    points: Any, values: Any, *, degree: int, most_pieces: int = 6, deadline: float | None = None
) -> tuple[Piece, ...] | None:
    """A decision list of polynomials of total degree up to `degree` exactly through all values; None if none is found.

    Conditions compare sums of up to three sizes with coefficients -1, 0, 1, or one size with twice another, or take a
    size modulo 2. The search is greedy: None does not say that there is no such formula.

    Parameters
    ----------
    points
        Shape (m, n), integers; all different.
    values
        Shape (m,), integers.
    degree
        Largest total degree.
    most_pieces
        Largest number of pieces.
    deadline
        Value of `time.monotonic` after which no further condition is tried.
    """
    points, values = np.asarray(points, dtype=np.int64), np.asarray(values, dtype=np.int64)
    for doubled in (False, True):
        conditions = list(_conditions(points.shape[1], doubled))
        best = _shortest(points, values, degree, most_pieces, conditions, math.inf if deadline is None else deadline)
        if best is not None:
            return _with_plain_bounds(best, points, values)
    return None


def _shortest(
    points: Ints, values: Ints, degree: int, most_pieces: int, conditions: list[Condition], deadline: float
) -> tuple[Piece, ...] | None:
    """The shortest of the decision lists of all degrees, a piece counting as much as two coefficients."""
    solved: list[tuple[Piece, ...]] = []
    for highest in range(degree + 1):
        search = _Search(points, values, _exponents(points.shape[1], highest), most_pieces, conditions, deadline)
        plain = search.decision_list(None)
        solved += [plain] if plain is not None else []
        if plain is None and highest <= _EXCEPTIONS_DEGREE:
            found = map(search.decision_list, _smallest_sizes(points))
            solved += [pieces for pieces in found if pieces is not None]
        if any(len(pieces) == 1 for pieces in solved):
            break
    return min(solved, key=lambda pieces: sum(2 + len(piece.terms) for piece in pieces), default=None)


def _smallest_sizes(points: Ints) -> Iterator[Condition]:
    """That one or two sizes are as small as they come, where formulas have their exceptions."""
    least = points.min(axis=0)
    for number in (1, 2):
        for chosen in itertools.combinations(range(points.shape[1]), number):
            signs = tuple(-int(place in chosen) for place in range(points.shape[1]))
            yield Condition(signs, -int(least[list(chosen)].sum()))


def _exponents(variables: int, degree: int) -> list[Exponents]:
    box = itertools.product(range(degree + 1), repeat=variables)
    return sorted((e for e in box if sum(e) <= degree), key=lambda e: (sum(e), max(e, default=0), [-x for x in e]))


class _Search:
    """Decision lists of polynomials with given monomials, found greedily."""

    def __init__(
        self,
        points: Ints,
        values: Ints,
        exponents: list[Exponents],
        most_pieces: int,
        conditions: list[Condition],
        deadline: float,
    ) -> None:
        self.values, self.exponents, self.most_pieces, self.conditions = values, exponents, most_pieces, conditions
        self.points, self.deadline = points, deadline
        self.table = np.stack([np.prod(points ** np.asarray(e, dtype=np.int64), axis=1) for e in exponents], axis=1)
        self.masks = np.stack([condition.holds(points) for condition in conditions])

    def decision_list(self, first: Condition | None) -> tuple[Piece, ...] | None:
        """Pieces one by one, each the one that most points confirm; `first` is taken before any other."""
        pieces: list[Piece] = []
        left = np.ones(len(self.points), dtype=bool)
        if first is not None:
            here = first.holds(self.points)
            found = self._polynomial(here)
            if found is None:
                return None
            pieces, left = [Piece(first, found[0])], ~here
        while True:
            whole = self._polynomial(left)
            if whole is not None:
                return (*pieces, Piece(None, whole[0]))
            number = self._next(left) if len(pieces) + 1 < self.most_pieces else None
            if number is None:
                return None
            confirmed = self._polynomial(self.masks[number] & left)
            assert confirmed is not None
            pieces.append(Piece(self.conditions[number], confirmed[0]))
            left &= ~self.masks[number]

    def _next(self, left: npt.NDArray[np.bool_]) -> int | None:
        """Number of the best condition: one that leaves a polynomial, then one that many points confirm, then plain."""
        best: tuple[tuple[int, ...], int] | None = None
        seen: set[bytes] = set()
        for number, condition in enumerate(self.conditions):
            if time.monotonic() > self.deadline:
                return None
            here = self.masks[number] & left
            key = here.tobytes()
            if key in seen or not here.any():
                continue
            seen.add(key)
            found = self._polynomial(here)
            if found is None:
                continue
            other = self._polynomial(left & ~here)
            surplus = found[1] if other is None else min(found[1], other[1])
            plain = -sum(map(abs, condition.coefficients)), -abs(condition.bound), -condition.modulus
            rank = (int(other is not None), surplus, *plain)
            if best is None or rank > best[0]:
                best = rank, number
        return None if best is None else best[1]

    def _polynomial(self, chosen: npt.NDArray[np.bool_]) -> tuple[Terms, int] | None:
        return _polynomial(self.table[chosen], self.values[chosen], self.exponents)


def _polynomial(table: Ints, values: Ints, exponents: list[Exponents]) -> tuple[Terms, int] | None:
    """The polynomial through the values that uses the first monomials, and by how many points it is confirmed."""
    height, width = table.shape
    entries = np.concatenate([table, values[:, None]], axis=1)
    reduced, denominator, rank = flint.fmpz_mat(height, width + 1, entries.ravel().tolist()).rref()
    pivots = []
    for row in range(rank):
        pivots.append(next(column for column in range(width + 1) if reduced[row, column] != 0))
    if width in pivots or height < rank + SURPLUS:
        return None
    solution = [Fraction(int(reduced[row, width]), int(denominator)) for row in range(rank)]
    terms = tuple((exponents[column], value) for column, value in zip(pivots, solution, strict=True) if value)
    return terms, height - rank


def _conditions(variables: int, doubled: bool) -> Iterator[Condition]:
    """Comparisons of sums of sizes, or of one size with twice another, and parities; plain ones first."""
    signs = [s for s in itertools.product((0, 1, -1), repeat=variables) if 0 < sum(map(abs, s)) <= _MOST_VARIABLES]
    if doubled:
        for double, single in itertools.permutations(range(variables), 2):
            pair = tuple(2 * (k == double) - (k == single) for k in range(variables))
            signs += [pair, tuple(-x for x in pair)]
    for coefficients in sorted(signs, key=lambda s: sum(map(abs, s))):
        for bound in sorted(range(-_LARGEST_BOUND, _LARGEST_BOUND + 1), key=abs):
            yield Condition(coefficients, bound)
    for place in range(variables):
        for rest in (0, 1):
            yield Condition(tuple(int(k == place) for k in range(variables)), rest, 2)


def _with_plain_bounds(pieces: tuple[Piece, ...], points: Ints, values: Ints) -> tuple[Piece, ...]:
    """Bounds as near to zero as the values allow: neighbouring polynomials often agree beyond their border."""
    for place, piece in enumerate(pieces):
        condition = piece.condition
        if condition is None or condition.modulus:
            continue
        for bound in sorted(range(-abs(condition.bound), abs(condition.bound) + 1), key=abs):
            moved = Piece(Condition(condition.coefficients, bound), piece.terms)
            changed = (*pieces[:place], moved, *pieces[place + 1 :])
            if all(evaluate(changed, p) == v for p, v in zip(points.tolist(), values.tolist(), strict=True)):
                pieces = changed
                break
    return pieces
