"""Kernels of large sparse integer matrices: equations with one unknown are peeled off, components are solved apart."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from symdyn.algebra.linear.echelon import Echelon
from symdyn.algebra.linear.exact import nullspace
from symdyn.algebra.linear.prime_field import PrimeField
from symdyn.algebra.linear.primes import prime

Ints = npt.NDArray[np.int64]
Values = npt.NDArray[Any]
#: Equation, unknown and value of each entry.
Entries = tuple[Ints, Ints, Values]

#: Matrices with so many entries are not thinned.
_SMALL = 20_000


def kernel(entries: Entries, number: int) -> Iterator[tuple[Ints, list[int]]]:
    """Vectors that span the kernel, as their unknowns and values there; up to errors of rare hashes.

    Parameters
    ----------
    entries
        Of the matrix, like ones not yet added.
    number
        Number of unknowns.
    """
    alive = np.ones(number, dtype=bool)
    left = peeled(added(*entries), alive)
    alive[left[1]] = False
    for free in np.flatnonzero(alive):
        yield np.asarray([free]), [1]
    for members, line, place, value in components(left, number):
        for vector in nullspace(independent_rows(line, place, value, len(members), thorough=True)):
            yield members, vector


def added(equation: Ints, column: Ints, value: Values) -> Entries:
    """Like entries added, zeros dropped."""
    if not len(equation):
        return equation, column, value
    order = np.lexsort((column, equation))
    equation, column, value = equation[order], column[order], value[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (equation[1:] != equation[:-1]) | (column[1:] != column[:-1])
    sums = np.add.reduceat(value, np.flatnonzero(new))
    keep = sums != 0
    return equation[new][keep], column[new][keep], sums[keep]


def peeled(entries: Entries, alive: npt.NDArray[np.bool_]) -> Entries:
    """What remains when unknowns that stand alone in an equation are set to zero, which marks them as dead."""
    equation, column, value = entries
    while len(equation):
        _, equation = np.unique(equation, return_inverse=True)
        alone = np.bincount(equation)[equation] == 1
        if not alone.any():
            break
        alive[column[alone]] = False
        keep = alive[column]
        equation, column, value = equation[keep], column[keep], value[keep]
    return equation, column, value


def components(entries: Entries, number: int) -> Iterator[tuple[Ints, Ints, Ints, Values]]:
    """Connected components: their unknowns, and their entries as (row, place among the unknowns, value)."""
    equation, column, value = entries
    if not len(equation):
        return
    label = np.arange(number)
    while True:  # every equation takes the least label of its unknowns, until nothing changes
        least = np.full(equation.max() + 1, number)
        np.minimum.at(least, equation, label[column])
        smaller = label.copy()
        np.minimum.at(smaller, column, least[equation])
        smaller = smaller[smaller]
        if (smaller == label).all():
            break
        label = smaller
    order = np.lexsort((column, equation, label[column]))
    equation, column, value = equation[order], column[order], value[order]
    owner = label[column]
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    for begin, end in zip(starts, np.r_[starts[1:], len(owner)], strict=True):
        members, place = np.unique(column[begin:end], return_inverse=True)
        _, line = np.unique(equation[begin:end], return_inverse=True)
        yield members, line, place, value[begin:end]


def independent_rows(line: Ints, place: Ints, value: Values, width: int, *, thorough: bool) -> Values:
    """The equations of a component as a dense matrix, thinned to independent rows mod p."""
    line, place, value = _different(line, place, value, width)
    height = int(line.max()) + 1
    if height <= width + 8 or height * width <= _SMALL:
        dense = np.zeros((height, width), dtype=value.dtype)
        dense[line, place] = value
        return dense
    field = PrimeField(prime(23))
    echelon = Echelon[int](field, width)
    starts = np.searchsorted(line, np.arange(height + 1))
    kept: list[Values] = []
    idle = 0
    for rows in np.array_split(np.random.default_rng(0).permutation(height), math.ceil(height / 256)):
        dense = np.zeros((len(rows), width), dtype=value.dtype)
        for i, row in enumerate(rows.tolist()):
            inside = slice(starts[row], starts[row + 1])
            dense[i, place[inside]] = value[inside]
        before = len(echelon.kept)
        echelon.add(field.array(dense), list(range(len(rows))))
        fresh = [dense[i] for i in echelon.kept[before:]]
        kept += fresh
        idle = idle + 1 if not fresh else 0
        if echelon.rank == width or (idle == 3 and not thorough):
            break  # a kernel that is too large is seen when its vectors are verified
    return np.asarray(kept, dtype=value.dtype)


def _different(line: Ints, place: Ints, value: Values, width: int) -> Entries:
    """The equations without repetitions, by a random 64-bit sum for each."""
    if value.dtype == object:
        return line, place, value
    weights = np.random.default_rng(0).integers(0, 2**64, size=width, dtype=np.uint64)
    starts = np.flatnonzero(np.r_[True, line[1:] != line[:-1]])
    _, first = np.unique(np.add.reduceat(value.astype(np.uint64) * weights[place], starts), return_index=True)
    new = np.full(len(starts), -1)
    new[np.sort(first)] = np.arange(len(first))
    keep = new[line] >= 0
    return new[line[keep]], place[keep], value[keep]
