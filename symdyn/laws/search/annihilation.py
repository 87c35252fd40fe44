"""The linear map h -> (v_1(h), ..., v_d(h)) on polynomials, as sparse entries with exact monomials.

Monomials are compared through random 64-bit sums (one random number for each variable, added up with the exponents):
equal monomials have equal sums. Where unequal ones collide the entries are merged, so a search sees too few
equations; a verification compares the monomials themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.polynomials.sparse import SparsePolynomials
from symdyn.geometry.fields.flint_fields import along, polynomial
from symdyn.geometry.fields.polynomial_fields import PolynomialFields

#: Numbers that are held at once while polynomials are verified.
_BATCH = 20_000_000
Keys = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Entries:
    """Terms of v_i(h_j): polynomial j, key of (field i, monomial), integer value, and where each came from."""

    column: Ints
    key: Keys
    value: npt.NDArray[np.object_] | Ints
    source: tuple[Ints, Ints, Ints]  # term of h, slot in it, term of the fields


def lie_derivative_entries(fields: PolynomialFields, functions: SparsePolynomials, seed: int = 0) -> Entries:
    """All terms of v_i(h) for every field v_i and every polynomial h, before like terms are added.

    Parameters
    ----------
    fields
        The fields, over the same variables as the functions.
    functions
        The polynomials h.
    seed
        Of the random keys.
    """
    rng = np.random.default_rng([seed, 64])
    weights = rng.integers(0, 2**64, size=fields.variables + 1, dtype=np.uint64)
    weights[-1] = 0  # the padding variable stands for 1
    field_keys = rng.integers(0, 2**64, size=fields.number, dtype=np.uint64)
    number, place = np.divmod(fields.components.row, fields.dimension)
    term_keys = weights[fields.components.factors].sum(axis=1, dtype=np.uint64) + field_keys[number]
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(fields.dimension + 1))
    function_keys = weights[functions.factors].sum(axis=1, dtype=np.uint64)

    left_values, right_values = functions.coefficient, fields.components.coefficient
    if _largest(left_values) * _largest(right_values) * max(1, functions.factors.shape[1]) >= 2**62:
        left_values, right_values = left_values.astype(object), right_values.astype(object)
    columns, keys, values, sources = [], [], [], []
    for slot in range(functions.factors.shape[1]):
        variable = functions.factors[:, slot]
        first = variable < fields.dimension
        if slot:
            first &= functions.factors[:, slot - 1] != variable
        chosen = np.flatnonzero(first)
        if not len(chosen):
            continue
        power = (functions.factors[chosen] == variable[chosen, None]).sum(axis=1)
        left, right = _pairs(starts[variable[chosen]], starts[variable[chosen] + 1])
        term = order[right]
        owner = chosen[left]
        columns.append(functions.row[owner])
        keys.append(function_keys[owner] - weights[variable[owner]] + term_keys[term])
        values.append(power[left] * left_values[owner] * right_values[term])
        sources.append((owner, np.full(len(owner), slot), term))
    if not columns:
        empty = np.zeros(0, dtype=np.int64)
        return Entries(empty, np.zeros(0, dtype=np.uint64), empty, (empty, empty, empty))
    joined = tuple(np.concatenate(parts) for parts in zip(*sources, strict=True))
    return Entries(
        np.concatenate(columns), np.concatenate(keys), np.concatenate(values), (joined[0], joined[1], joined[2])
    )


def _largest(values: npt.NDArray[np.object_] | Ints) -> int:
    """Largest absolute value, as a Python integer."""
    if not len(values):
        return 0
    return max(int(values.max()), -int(values.min()))


def _pairs(begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    """All pairs (k, x) with begin[k] <= x < end[k]."""
    lengths = end - begin
    left = np.repeat(np.arange(len(begin)), lengths)
    offset = np.arange(len(left)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return left, begin[left] + offset


def conserved_mask(fields: PolynomialFields, functions: SparsePolynomials) -> npt.NDArray[np.bool_]:
    """Which of the polynomials are annihilated by every field, identically and over the integers.

    Exact: like terms are found by their keys, and every group is checked to hold one monomial only.

    Raises
    ------
    OutOfTimeError
        If a deadline is over.
    """
    masks = []
    weights = _weights(fields, functions)
    for chosen in _batches(weights):
        check_time()
        by_flint = weights[chosen].sum() > 3 * _BATCH
        masks.append((_mask_by_flint if by_flint else _mask)(fields, functions.select(chosen)))
    return np.concatenate(masks) if masks else np.ones(0, dtype=bool)


def _mask_by_flint(fields: PolynomialFields, functions: SparsePolynomials) -> npt.NDArray[np.bool_]:
    """The same by FLINT's products of polynomials, which never hold all terms at once."""
    n, D = fields.variables, fields.dimension
    components = [polynomial(terms, n) for terms in fields.components.to_terms()]
    exact = [components[i * D : (i + 1) * D] for i in range(fields.number)]
    return np.asarray(
        [
            all(along(field, polynomial(terms, n)).is_zero() for field in exact)
            for terms in functions.to_terms()
        ]
    )


def _weights(fields: PolynomialFields, functions: SparsePolynomials) -> Ints:
    """About how many numbers the derivatives of each polynomial hold."""
    width = min(functions.factors.shape[1] + fields.components.factors.shape[1], fields.variables)
    each = max(1, functions.factors.shape[1]) * max(1, fields.components.terms // max(1, fields.dimension))
    return np.asarray(np.bincount(functions.row, minlength=functions.number) * each * max(1, width), dtype=np.int64)


def _batches(weights: Ints) -> list[list[int]]:
    """Consecutive polynomials whose weights add up to about _BATCH."""
    if not len(weights):
        return []
    group = np.cumsum(weights) // _BATCH
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    return [list(range(a, b)) for a, b in zip(starts, np.r_[starts[1:], len(weights)], strict=True)]


def _mask(fields: PolynomialFields, functions: SparsePolynomials) -> npt.NDArray[np.bool_]:
    conserved = np.ones(functions.number, dtype=bool)
    for seed in range(64):
        entries = lie_derivative_entries(fields, functions, seed)
        if not len(entries.key):
            return conserved
        order = np.lexsort((entries.key, entries.column))
        key, column = entries.key[order], entries.column[order]
        new = np.ones(len(order), dtype=bool)
        new[1:] = (key[1:] != key[:-1]) | (column[1:] != column[:-1])
        starts = np.flatnonzero(new)
        if not _one_monomial_each(fields, functions, entries, order, new):
            continue  # a collision of keys: draw other ones
        sums = np.add.reduceat(wide(entries.value[order]), starts)
        conserved[column[starts[sums != 0]]] = False
        return conserved
    raise AssertionError("64 draws of random keys collided, which has probability below 2^-1000")


def wide(values: npt.NDArray[np.object_] | Ints) -> npt.NDArray[np.object_] | Ints:
    """Values whose sums cannot overflow."""
    if values.dtype == object:
        return values
    return values if _largest(values) * max(1, len(values)) < 2**62 else values.astype(object)


def _one_monomial_each(
    fields: PolynomialFields, functions: SparsePolynomials, entries: Entries, order: Ints, new: npt.NDArray[np.bool_]
) -> bool:
    """Whether entries with equal keys have equal field and monomial."""
    owner, slot, term = (part[order] for part in entries.source)
    if functions.factors.shape[1] + fields.components.factors.shape[1] > functions.variables:
        # high powers of few variables: exponents are shorter than factors
        monomials = functions.exponents()[owner] + fields.components.exponents()[term]
        monomials[np.arange(len(owner)), functions.factors[owner, slot]] -= 1
    else:
        left = functions.factors[owner].copy()
        left[np.arange(len(owner)), slot] = functions.variables
        monomials = np.sort(np.concatenate([left, fields.components.factors[term]], axis=1), axis=1)
    number = fields.components.row[term] // fields.dimension
    same = ~new[1:]
    return bool((number[1:][same] == number[:-1][same]).all() and (monomials[1:][same] == monomials[:-1][same]).all())
