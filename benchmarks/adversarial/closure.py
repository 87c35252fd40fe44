"""The slow route: exact brackets over Q, exact ranks at rational points, and N = D - rank.

What it proves. The rank of fields and brackets over Q at one point is a lower bound of the generic rank of the
involutive closure, so D - rank is an upper bound of the number N of laws: proved, without primes. A proof of more laws
is false.

What is likely. A level of brackets that adds nothing over the field Q(x) of rational functions ends the closure, since
V_(k+1) = V_k + [V_0, V_k]. That it adds nothing is seen at two points whose coordinates have 40 random bits, and again
at a third one; a test at one point is wrong with a chance of at most degree / 2^40 (Schwartz and Zippel). So N is
likely D - rank, and bounds that say fewer are taken to be false. It is proved where the rank is D, and where
`is_closed` finds all brackets to be combinations of the basis by polynomial identities.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from dataclasses import dataclass

import flint

from .quotients import Field, Polynomial, Space, primitive

_BITS = 40
#: A bracket that may have more terms than this is left out, and the rank is then a lower bound alone.
MOST_TERMS = 4000
#: Determinants are expanded up to this size, with so many terms.
_MOST_MINOR, _MOST_MINOR_TERMS = 3, 30_000


@dataclass
class Closure:
    """What the slow route found.

    Parameters
    ----------
    dimension
        D.
    rank
        A proved lower bound of the generic rank of the involutive closure.
    is_settled
        Whether the last level of brackets added nothing: the rank is then very likely the generic one.
    is_proved
        Whether it is proved to be.
    """

    dimension: int
    rank: int
    is_settled: bool
    is_proved: bool

    @property
    def laws(self) -> int:
        """D - rank: an upper bound of the number of laws, and the number where the route is settled."""
        return self.dimension - self.rank


def bracket(space: Space, v: Field, w: Field) -> Field:
    """[v, w] with [v, w](g) = v(w(g)) - w(v(g)), times the scale of the derivations."""
    zero = space.ring.constant(0)
    out = []
    for a in range(space.dimension):
        total = zero
        for k in range(space.dimension):
            if not v[k].is_zero():
                total = total + v[k] * space.derivative(w[a], k)
            if not w[k].is_zero():
                total = total - w[k] * space.derivative(v[a], k)
        out.append(total)
    return out


class _Rows:
    """Values of fields at one point, independent over Q."""

    def __init__(self, point: list[int]) -> None:
        self.point = point
        self.rows: list[list[flint.fmpz]] = []

    def value(self, field: Field) -> list[flint.fmpz]:
        return [part(*self.point) for part in field]

    def add(self, field: Field) -> bool:
        """Whether the field is independent of those before at the point; kept if it is."""
        row = self.value(field)
        if not any(row) or len(self.rows) == len(row):
            return False
        if flint.fmpz_mat([*self.rows, row]).rank() == len(self.rows):
            return False
        self.rows.append(row)
        return True


class _Search:
    def __init__(self, space: Space, draw: random.Random) -> None:
        self.space, self.draw = space, draw
        self.points = [_Rows(self._point()) for _ in range(2)]
        self.basis: list[Field] = []
        self.rest: list[Field] = []
        self.is_capped = False

    def _point(self) -> list[int]:
        return [self.draw.choice((-1, 1)) * self.draw.randrange(2, 2**_BITS) for _ in range(self.space.variables)]

    @property
    def rank(self) -> int:
        return max(len(rows.rows) for rows in self.points)

    def keep(self, fields: Iterable[Field]) -> list[Field]:
        """The independent ones, short ones first."""
        kept = []
        for field in sorted(fields, key=_size):
            if self.rank == self.space.dimension:
                break
            adds = [rows.add(field) for rows in self.points]
            if any(adds):
                kept.append(field)
            else:
                self.rest.append(field)
        self.basis += kept
        return kept

    def brackets(self, first: list[Field], last: list[Field]) -> list[Field]:
        pairs = itertools.combinations(first, 2) if last is first else itertools.product(first, last)
        out = []
        for v, w in pairs:
            if _size(v) * _size(w) > 2 * MOST_TERMS * self.space.dimension:
                self.is_capped = True
                continue
            found = bracket(self.space, v, w)
            if any(not part.is_zero() for part in found):
                out.append(primitive(found))
        return out

    def is_stable(self) -> bool:
        """Whether nothing that was left out is independent at a third point."""
        third = _Rows(self._point())
        for field in self.basis:
            third.add(field)
        return not any(third.add(field) for field in self.rest)


def closure(space: Space, fields: Iterable[Field], draw: random.Random) -> Closure:
    """The involutive closure of fields, in exact arithmetic."""
    search = _Search(space, draw)
    first = search.keep(_distinct(fields))
    last = first
    while last and search.rank < space.dimension:
        last = search.keep(search.brackets(first, last))
    full = search.rank == space.dimension
    settled = full or (not search.is_capped and search.is_stable())
    proved = full or (settled and is_closed(search.basis, search.rest))
    return Closure(space.dimension, search.rank, settled, proved)


def is_closed(basis: list[Field], rest: list[Field]) -> bool:
    """Whether each field of `rest` is a combination of the basis over Q(x), by polynomial identities.

    One minor of the basis that is not zero suffices: every larger minor that holds it has to vanish. Only small ones
    are expanded; False says nothing.
    """
    if not basis:
        return not rest
    size = len(basis)
    if size > _MOST_MINOR:
        return False
    dimension = len(basis[0])
    terms = max(map(_size, [*basis, *rest]))
    if terms**2 * size > _MOST_MINOR_TERMS:
        return False
    for columns in itertools.combinations(range(dimension), size):
        if not _determinant([[field[c] for c in columns] for field in basis]).is_zero():
            break
    else:
        return False
    others = [c for c in range(dimension) if c not in columns]
    return all(
        _determinant([[row[k] for k in (*columns, c)] for row in (*basis, field)]).is_zero()
        for field in rest
        for c in others
    )


def _determinant(matrix: list[list[Polynomial]]) -> Polynomial:
    if len(matrix) == 1:
        return matrix[0][0]
    total = matrix[0][0] * 0
    for j, entry in enumerate(matrix[0]):
        if not entry.is_zero():
            part = entry * _determinant([row[:j] + row[j + 1 :] for row in matrix[1:]])
            total = total - part if j % 2 else total + part
    return total


def _size(field: Field) -> int:
    return sum(len(part) for part in field)


def _distinct(fields: Iterable[Field]) -> list[Field]:
    """Fields that are not zero, each once."""
    found = {}
    for field in fields:
        if any(not part.is_zero() for part in field):
            found.setdefault(tuple(map(str, field)), field)
    return list(found.values())
