"""Moments of random orthogonal matrices and of random projections, exact: Weingarten's formula.

    E O_{i1 j1} ... O_{ik jk} = sum over pairings p of the rows and q of the columns of Wg(p, q)

where p pairs places with equal rows, q places with equal columns. Wg inverts the matrix n^(loops of p and q); it
depends on the lengths of the loops alone, so it is found from as many equations as there are partitions of k/2. The
moment is a rational function of the size; at a size that is a number its value is meant, poles of single terms cancel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sympy as sp

from symdyn.errors import ModelError, came

_MOST_FACTORS = 10
_SIZE = sp.Symbol("n")

#: Pairs of places.
Pairing = tuple[tuple[int, int], ...]


def haar_moment(n: Any, entries: Sequence[tuple[int, int]] | Mapping[tuple[int, int], int]) -> sp.Expr:
    """E of a product of entries of O, uniform in the orthogonal group of size n.

    Parameters
    ----------
    n
        A whole number from 1, or a symbol.
    entries
        Places (row, column), each as often as it is a factor; or places with their powers. Only which rows and which
        columns are equal matters.

    Raises
    ------
    ModelError
        If n is neither, there are more rows or columns than n, or more than ten factors.

    Examples
    --------
    >>> n = sp.Symbol("n")
    >>> haar_moment(n, {(1, 1): 2}), haar_moment(n, [(1, 1), (1, 2), (2, 1), (2, 2)])
    (1/n, -1/(n*(n - 1)*(n + 2)))
    >>> haar_moment(8, {(1, 1): 8})
    1/128
    """
    size, places = _size(n, "the size"), _places(entries)
    rows, columns = [i for i, _ in places], [j for _, j in places]
    _check_range(size, rows, columns)
    if len(places) % 2:
        return sp.S.Zero
    if not places:
        return sp.S.One
    left, right = _equal(rows), _equal(columns)
    counts: dict[tuple[int, ...], int] = {}
    for p in left:
        for q in right:
            kind = _loops(p, q)
            counts[kind] = counts.get(kind, 0) + 1
    table = _weingarten(len(places) // 2)
    return _at(sum((c * table[kind] for kind, c in counts.items()), sp.S.Zero), {_SIZE: size})


def projection_moment(m: Any, r: Any, entries: Sequence[tuple[int, int]] | Mapping[tuple[int, int], int]) -> sp.Expr:
    """E of a product of entries of Q = C C^T, r orthonormal columns C uniform in R^m: a uniform projection of rank r.

    Parameters
    ----------
    m, r
        Size and rank, whole numbers with r <= m, or symbols.
    entries
        Places of Q, as in `haar_moment`; at most five factors, which are ten of C.

    Examples
    --------
    >>> m, r = sp.symbols("m r")
    >>> projection_moment(m, r, {(1, 1): 2})
    r*(r + 2)/(m*(m + 2))
    """
    size, rank = _size(m, "the size"), _size(r, "the rank")
    if size.is_Integer and rank.is_Integer and rank > size:
        raise ModelError(f"the rank is {rank} and the size {size}: give a rank up to the size")
    places = _places(entries)
    if not places:
        return sp.S.One
    rows = [index for place in places for index in place]
    _check_range(size, rows, [])
    if len(rows) > _MOST_FACTORS:
        raise ModelError(f"a moment of {len(places)} entries of a projection: at most {_MOST_FACTORS // 2} are taken")
    natural = tuple((2 * k, 2 * k + 1) for k in range(len(places)))
    table = _weingarten(len(places))
    rank_symbol = sp.Symbol("r")
    total = sp.S.Zero
    weights = [(q, rank_symbol ** len(_loops(natural, q))) for q in _pairings(tuple(range(len(rows))))]
    for p in _equal(rows):
        counts: dict[tuple[int, ...], sp.Expr] = {}
        for q, weight in weights:
            kind = _loops(p, q)
            counts[kind] = counts.get(kind, sp.S.Zero) + weight
        total += sum(c * table[kind] for kind, c in counts.items())
    return _at(total, {_SIZE: size, rank_symbol: rank})


def _size(value: Any, what: str) -> sp.Expr:
    if isinstance(value, bool) or not (hasattr(value, "__index__") or isinstance(value, sp.Expr)):
        raise ModelError(f"{what} is {came(value)}: give a whole number from 1, or a symbol")
    exact = sp.Integer(int(value)) if hasattr(value, "__index__") and not isinstance(value, sp.Expr) else value
    if exact.is_number and not (exact.is_Integer and exact > 0):
        raise ModelError(f"{what} is {exact}: give a whole number from 1, or a symbol")
    return exact


def _places(entries: Any) -> list[tuple[int, int]]:
    pairs = list(entries.items()) if isinstance(entries, Mapping) else [(place, 1) for place in entries]
    found = []
    for place, power in pairs:
        good = isinstance(place, tuple | list) and len(place) == 2 and isinstance(power, int) and power >= 0
        if not good:
            raise ModelError(f"an entry is {came(place)}: give (row, column), or such places with their powers")
        found += [(place[0], place[1])] * power
    if len(found) > _MOST_FACTORS:
        raise ModelError(f"a moment of {len(found)} factors: at most {_MOST_FACTORS} are taken")
    return found


def _check_range(size: sp.Expr, rows: list[int], columns: list[int]) -> None:
    for what, listed in (("rows", rows), ("columns", columns)):
        if size.is_Integer and len(set(listed)) > size:
            raise ModelError(f"{len(set(listed))} different {what} came with the size {size}: give a larger size")


def _at(value: sp.Expr, values: dict[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The cancelled rational function at numbers or symbols."""
    return sp.factor(sp.factor(value).subs(values, simultaneous=True))


def _pairings(places: tuple[int, ...]) -> Iterator[Pairing]:
    if not places:
        yield ()
        return
    first, *rest = places
    for k, other in enumerate(rest):
        for more in _pairings((*rest[:k], *rest[k + 1 :])):
            yield ((first, other), *more)


def _equal(labels: list[int]) -> list[Pairing]:
    """Pairings of places with equal labels: those of each label apart, put together."""
    groups: dict[int, list[int]] = {}
    for place, label in enumerate(labels):
        groups.setdefault(label, []).append(place)
    found: list[Pairing] = [()]
    for group in groups.values():
        found = [(*one, *more) for one in found for more in _pairings(tuple(group))] if len(group) % 2 == 0 else []
    return found


def _loops(p: Pairing, q: Pairing) -> tuple[int, ...]:
    """Half the lengths of the loops that two pairings make, longest first."""
    first = {a: b for pair in p for a, b in (pair, pair[::-1])}
    second = {a: b for pair in q for a, b in (pair, pair[::-1])}
    left, lengths = set(first), []
    while left:
        place, length = left.pop(), 0
        start = place
        while True:
            other = first[place]
            left.discard(other)
            place = second[other]
            left.discard(place)
            length += 1
            if place == start:
                break
        lengths.append(length)
    return tuple(sorted(lengths, reverse=True))


@lru_cache(maxsize=8)
def _weingarten(half: int) -> dict[tuple[int, ...], sp.Expr]:
    """Wg by the lengths of loops, of 2 half factors, as rational functions of n."""
    every = list(_pairings(tuple(range(2 * half))))
    identity = every[0]
    of: dict[tuple[int, ...], Pairing] = {}
    kinds = [_loops(identity, q) for q in every]
    for kind, q in zip(kinds, every, strict=True):
        of.setdefault(kind, q)
    unknown = list(of)
    rows = []
    for p in of.values():
        row = dict.fromkeys(unknown, sp.S.Zero)
        for kind, q in zip(kinds, every, strict=True):
            row[kind] += _SIZE ** len(_loops(p, q))
        rows.append([row[kind] for kind in unknown])
    right = sp.Matrix([int(kind == (1,) * half) for kind in unknown])
    field = sp.QQ.frac_field(_SIZE)
    matrix = sp.polys.matrices.DomainMatrix.from_Matrix(sp.Matrix(rows)).convert_to(field)
    solved = matrix.lu_solve(sp.polys.matrices.DomainMatrix.from_Matrix(right).convert_to(field)).to_Matrix()
    return dict(zip(unknown, (sp.factor(value) for value in solved), strict=True))
