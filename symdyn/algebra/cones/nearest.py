"""Least squares with non-negative coefficients, and vectors of two cones that a matrix does not tell apart; exact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations

import flint

Column = Sequence[int]


def nearest_in_cone(columns: Sequence[Column], data: Sequence[int | Fraction]) -> tuple[Fraction, tuple[Fraction, ...]]:
    """|y|^2 - min |E a - y|^2 over a >= 0, and an a that attains it (Lawson and Hanson's method over Q).

    Parameters
    ----------
    columns
        Of E, in whole numbers.
    data
        y.

    Examples
    --------
    >>> nearest_in_cone([(1, 0), (1, 1)], (3, -1))
    (Fraction(9, 1), (Fraction(3, 1), Fraction(0, 1)))
    """
    size = len(columns)
    products: list[Fraction] = [
        sum((Fraction(a * b) for a, b in zip(one, data, strict=True)), Fraction(0)) for one in columns
    ]
    found = [Fraction(0)] * size
    if max(products) <= 0:
        return Fraction(0), tuple(found)
    gram = [[sum(a * b for a, b in zip(one, other, strict=True)) for other in columns] for one in columns]
    free: list[int] = []
    while True:
        slopes: dict[int, Fraction] = {
            i: products[i] - sum(gram[i][j] * found[j] for j in free) for i in range(size) if i not in free
        }
        best = max(slopes, key=lambda i: slopes[i], default=None)
        if best is None or slopes[best] <= 0:
            return sum((products[j] * found[j] for j in free), Fraction(0)), tuple(found)
        free.append(best)
        while True:
            wanted = dict(zip(free, _solved(gram, products, free), strict=True))
            if min(wanted.values()) > 0:
                for i, value in wanted.items():
                    found[i] = value
                break
            # back to the first coefficient that reaches zero
            share = min(found[i] / (found[i] - x) for i, x in wanted.items() if x <= 0)
            for i, x in wanted.items():
                found[i] += share * (x - found[i])
            free = [i for i in free if found[i] > 0]


def _solved(gram: Sequence[Column], products: Sequence[Fraction], free: Sequence[int]) -> list[Fraction]:
    """Normal equations of columns that are independent, as they are in this method."""
    matrix = flint.fmpq_mat(flint.fmpz_mat([[gram[i][j] for j in free] for i in free]))
    right = flint.fmpq_mat(len(free), 1, [flint.fmpq(products[i].numerator, products[i].denominator) for i in free])
    return [Fraction(int(x.p), int(x.q)) for x in matrix.solve(right).entries()]


def collision(measured: Sequence[Column], outputs: Sequence[Column]) -> tuple[int, ...] | None:
    """Whole v >= 0 with sum v_j measured_j = 0 and sum v_j outputs_j not 0; None if there is none.

    Such v form a cone; if there is one, an extreme ray of {v >= 0, E v = 0} is one, where as many coordinates vanish as
    cut the kernel of E down to a line.

    Examples
    --------
    >>> collision([(1,), (-2,)], [(1, 0), (0, 1)]), collision([(1,), (2,)], [(1, 0), (0, 1)])
    ((2, 1), None)
    """
    seen, shown = (flint.fmpz_mat([list(one) for one in part]).transpose() for part in (measured, outputs))
    kernel, nullity = seen.nullspace()
    size = len(measured)
    basis = flint.fmpz_mat([[int(kernel[i, k]) for k in range(nullity)] for i in range(size)]) if nullity else None
    if basis is None or not any(int(x) for x in (shown * basis).entries()):
        return None
    for vector in _extreme(basis):
        if any(int(x) for x in (shown * flint.fmpz_mat([[x] for x in vector])).entries()):
            return vector
    return None


def _extreme(basis: flint.fmpz_mat) -> Iterator[tuple[int, ...]]:
    """Extreme rays of the non-negative vectors in the span of the columns."""
    size, nullity = basis.nrows(), basis.ncols()
    for zeros in combinations(range(size), nullity - 1):
        if zeros:
            part = flint.fmpz_mat([[int(basis[i, k]) for k in range(nullity)] for i in zeros])
            kernel, free = part.nullspace()
            if free != 1:
                continue
            weights = flint.fmpz_mat([[int(kernel[k, 0])] for k in range(nullity)])
        else:
            weights = flint.fmpz_mat([[1]])
        vector = [int(x) for x in (basis * weights).entries()]
        if min(vector) >= 0 or max(vector) <= 0:
            yield tuple(map(abs, vector))
