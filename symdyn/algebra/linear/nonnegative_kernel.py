"""The non-negative integer vectors of a kernel: extreme rays of the cone {y >= 0, y N = 0}."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

Row = tuple[int, ...]


def nonnegative_kernel(matrix: Sequence[Sequence[int]], *, most: int = 5000) -> tuple[Row, ...] | None:
    """All y >= 0 with y N = 0 whose set of positive entries is smallest, with coprime integer entries.

    Every non-negative solution is a non-negative combination of these. Columns are eliminated one by one: rows in
    which the column is 0 stay, and pairs of opposite sign are added up; a sum is kept if no other row has its zeros
    and more, which keeps exactly the extreme rays (Farkas; as for minimal invariants of Petri nets).

    Parameters
    ----------
    matrix
        N, with a row for each entry of y; integers.
    most
        So many rows at a time at the most.

    Returns
    -------
    tuple or None
        In the order of their positive entries; None where more rows than `most` would be needed.

    Examples
    --------
    >>> nonnegative_kernel([[-1], [-1], [1]])  # A + B -> C: A + C and B + C are kept
    ((1, 0, 1), (0, 1, 1))
    """
    size, columns = len(matrix), len(matrix[0]) if matrix else 0
    rows: list[tuple[Row, Row]] = [
        (tuple(int(a) for a in line), tuple(int(k == j) for j in range(size))) for k, line in enumerate(matrix)
    ]
    left = set(range(columns))
    while left:
        column = min(left, key=lambda c: _pairs(rows, c))
        left.remove(column)
        kept = [row for row in rows if row[0][column] == 0]
        up = [row for row in rows if row[0][column] > 0]
        down = [row for row in rows if row[0][column] < 0]
        if len(kept) + len(up) * len(down) > most * 20:
            return None
        supports = [_support(row) for row in rows]
        for one in up:
            for other in down:
                both = _support(one) | _support(other)
                if sum(1 for support in supports if support <= both) <= 2:
                    kept.append(_sum(one, other, column))
        if len(kept) > most:
            return None
        rows = kept
    found = {row[1] for row in rows}
    return tuple(sorted(found, key=lambda y: (tuple(k for k, a in enumerate(y) if a), y)))


def _support(row: tuple[Row, Row]) -> frozenset[int]:
    return frozenset(k for k, a in enumerate(row[1]) if a)


def _pairs(rows: Sequence[tuple[Row, Row]], column: int) -> tuple[int, int]:
    """How many sums the column needs; ties by its number."""
    up = sum(row[0][column] > 0 for row in rows)
    down = sum(row[0][column] < 0 for row in rows)
    return up * down - up - down, column


def _sum(one: tuple[Row, Row], other: tuple[Row, Row], column: int) -> tuple[Row, Row]:
    a, b = -other[0][column], one[0][column]
    left = [a * x + b * y for x, y in zip(one[0], other[0], strict=True)]
    right = [a * x + b * y for x, y in zip(one[1], other[1], strict=True)]
    factor = gcd(*left, *right)
    return tuple(x // factor for x in left), tuple(x // factor for x in right)
