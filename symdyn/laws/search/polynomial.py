"""Polynomial laws by graded linear algebra: all polynomials h up to a degree with v_i(h) = 0 for every field.

The unknowns are the coefficients of h. Equations with one unknown are peeled off, those of few fields first, what
remains falls into connected components (finer than any grading by signs or degrees), and each component is solved
apart. Candidates count only once they have been verified as identities.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.linear.exact import nullspace
from symdyn.algebra.polynomials.sparse import SparsePolynomials, integer_array
from symdyn.geometry.fields.polynomial_fields import PolynomialFields
from symdyn.laws.search.annihilation import conserved_mask, lie_derivative_entries, wide
from symdyn.laws.search.sparse_kernel import Entries, added, components, independent_rows, peeled

Ints = npt.NDArray[np.int64]
MAX_UNKNOWNS = 400_000
MAX_ENTRIES = 30_000_000
#: Entries of equations that are set up and thinned in a second, each as long as its monomial.
_CELLS_PER_SECOND = 20_000_000


def number_of_unknowns(fields: PolynomialFields, degree: int) -> int:
    """Number of monomials of degree 1 to `degree` in the coordinates, times 1 and each constant."""
    monomials = math.comb(fields.dimension + degree, degree) - 1
    return monomials * (1 + fields.variables - fields.dimension)


def is_affordable(fields: PolynomialFields, degree: int, unknowns: int = MAX_UNKNOWNS) -> bool:
    """Whether the search up to `degree` fits the budget of unknowns and entries."""
    wanted = number_of_unknowns(fields, degree)
    terms = fields.components.terms / max(1, fields.dimension)
    return wanted <= unknowns and wanted * degree * terms <= MAX_ENTRIES


@dataclass(frozen=True)
class SearchResult:
    """Verified laws, and whether there are no others of these degrees."""

    laws: SparsePolynomials
    complete: bool


def polynomial_laws(
    fields: PolynomialFields,
    lowest: int,
    highest: int,
    *,
    deadline: float | None = None,
    progress: Callable[[int], None] | None = None,
) -> SearchResult:
    """A basis of the polynomial laws whose monomials have degree between `lowest` and `highest`.

    Parameters
    ----------
    fields
        The generators.
    lowest, highest
        Degrees in the coordinates, lowest >= 1.
    deadline
        Value of `time.monotonic` after which no further component is solved.
    progress
        Called with the number of laws found so far.

    Returns
    -------
    SearchResult
        Laws with primitive integer coefficients, each verified as an identity.

    Raises
    ------
    OutOfTimeError
        If a deadline is over, or would be when the equations are set up.
    """
    terms = fields.components.terms / max(1, fields.dimension)
    width = max(8, fields.components.factors.shape[1])
    check_time(number_of_unknowns(fields, highest) * highest * terms * width / _CELLS_PER_SECOND)
    unknowns = _monomials(fields, lowest, highest)
    for attempt in range(3):
        found, finished = _candidates(fields, unknowns, attempt, deadline, progress)
        laws = _assembled(unknowns, found)
        mask = conserved_mask(fields, laws)
        # a candidate fails only if keys collided or equations were thinned too far: try again with all of them
        if mask.all() or not finished:
            break
    return SearchResult(laws.select(np.flatnonzero(mask).tolist()), finished and bool(mask.all()))


def _candidates(
    fields: PolynomialFields,
    unknowns: SparsePolynomials,
    attempt: int,
    deadline: float | None,
    progress: Callable[[int], None] | None,
) -> tuple[list[tuple[Ints, list[int]]], bool]:
    """Kernel vectors on their unknowns, and whether every component was solved."""
    alive = np.ones(unknowns.number, dtype=bool)
    few = _covering(fields)
    if len(few) < fields.number:  # the equations of all fields are then needed for the unknowns that remain
        _peeled_equations(fields.select(few), unknowns, alive, attempt)
    entries = _peeled_equations(fields, unknowns, alive, attempt)
    alive[entries[1]] = False
    found: list[tuple[Ints, list[int]]] = [(np.asarray([free]), [1]) for free in np.flatnonzero(alive)]
    for members, line, place, entry in components(entries, unknowns.number):
        if deadline is not None and time.monotonic() > deadline:
            return found, False
        rows = independent_rows(line, place, entry, len(members), thorough=attempt > 0)
        found += [(members, vector) for vector in nullspace(rows, exact=attempt > 1)]
        if progress is not None:
            progress(len(found))
    return found, True


def _covering(fields: PolynomialFields) -> list[int]:
    """Few and short fields that together move every coordinate that any field moves."""
    number, place = np.divmod(fields.components.row, fields.dimension)
    moves = np.zeros((fields.number, fields.dimension), dtype=bool)
    moves[number, place] = True
    length = np.maximum(1, np.bincount(number, minlength=fields.number))
    missing = moves.any(axis=0)
    chosen = []
    while missing.any():
        best = int((moves[:, missing].sum(axis=1) / length).argmax())
        chosen.append(best)
        missing &= ~moves[best]
    return sorted(chosen)


def _peeled_equations(
    fields: PolynomialFields, unknowns: SparsePolynomials, alive: npt.NDArray[np.bool_], attempt: int
) -> Entries:
    """Entries (equation, unknown, value) among the unknowns alive; those found to be zero are marked as dead."""
    members = np.flatnonzero(alive)
    entries = lie_derivative_entries(fields, unknowns.select(members.tolist()), attempt)
    _, equation = np.unique(entries.key, return_inverse=True)
    return peeled(added(equation, members[entries.column], wide(entries.value)), alive)


def _monomials(fields: PolynomialFields, lowest: int, highest: int) -> SparsePolynomials:
    """The unknowns, each a polynomial of one term: monomials in the coordinates, times 1 or one constant."""
    n, D = fields.variables, fields.dimension
    blocks = []
    for degree in range(lowest, highest + 1):
        size = math.comb(D + degree - 1, degree)
        flat = itertools.chain.from_iterable(itertools.combinations_with_replacement(range(D), degree))
        block = np.fromiter(flat, dtype=np.int64, count=size * degree).reshape(size, degree)
        for extra in (n, *range(D, n)):
            padded = np.full((size, highest + 1), n, dtype=np.int64)
            padded[:, :degree] = block
            padded[:, degree] = extra
            blocks.append(padded)
    factors = np.concatenate(blocks)
    count = len(factors)
    return SparsePolynomials(n, count, np.arange(count), np.ones(count, dtype=np.int64), factors)


def _assembled(unknowns: SparsePolynomials, found: list[tuple[Ints, list[int]]]) -> SparsePolynomials:
    """Kernel vectors as polynomials."""
    rows, places, coefficients = [], [], []
    for row, (members, vector) in enumerate(found):
        for member, coefficient in zip(members.tolist(), vector, strict=True):
            if coefficient:
                rows.append(row)
                places.append(member)
                coefficients.append(coefficient)
    return SparsePolynomials(
        unknowns.variables,
        len(found),
        np.asarray(rows, dtype=np.int64),
        integer_array(coefficients),
        unknowns.factors[np.asarray(places, dtype=np.int64)],
    )
