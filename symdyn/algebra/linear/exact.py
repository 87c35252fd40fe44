"""Exact linear algebra over Q through FLINT: nullspaces with readable bases, ranks, rational reconstruction."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import numpy.typing as npt

from symdyn.algebra.linear.primes import prime

_EXACT_COLUMNS = 48


def integer_matrix(rows: Any) -> flint.fmpz_mat:
    """A FLINT matrix from a two-dimensional array of integers, of any size."""
    array = _integers(rows)
    height, width = array.shape
    return flint.fmpz_mat(height, width, [int(x) for x in array.ravel().tolist()])


def _integers(rows: Any) -> npt.NDArray[Any]:
    """An array of integers; NumPy would read a list of integers beyond 64 bits as floats."""
    return rows if isinstance(rows, np.ndarray) else np.asarray(rows, dtype=object)


def rank(rows: Any) -> int:
    """Rank over Q of an integer matrix."""
    array = _integers(rows)
    return int(integer_matrix(array).rank()) if array.size else 0


def rational(residue: int, modulus: int) -> Fraction | None:
    """The fraction of least height that reduces to `residue`, if one has height below sqrt(modulus / 2).

    Examples
    --------
    >>> rational(2 * pow(3, -1, 10007) % 10007, 10007)
    Fraction(2, 3)
    """
    bound = int((modulus // 2) ** 0.5)
    r0, r1 = modulus, residue % modulus
    t0, t1 = 0, 1
    while r1 > bound:
        quotient = r0 // r1
        r0, r1 = r1, r0 - quotient * r1
        t0, t1 = t1, t0 - quotient * t1
    if t1 == 0 or abs(t1) > bound:
        return None
    found = Fraction(r1, t1)
    return found if (found.numerator - residue * found.denominator) % modulus == 0 else None


def nullspace(rows: Any, *, exact: bool = False) -> list[list[int]]:
    """Primitive integer vectors that span the kernel over Q of an integer matrix, with short entries (LLL).

    For more than a few columns the kernel is computed modulo a 61-bit prime and reconstructed, exactly only if that
    fails or `exact` asks for it: the caller verifies what it uses.
    """
    rows = _integers(rows)
    columns = rows.shape[1]
    if columns == 0:
        return []
    if not rows.shape[0]:
        return [[int(i == j) for j in range(columns)] for i in range(columns)]
    vectors = None if exact or columns <= _EXACT_COLUMNS else _modular_nullspace(rows)
    if vectors is None:
        matrix, nullity = integer_matrix(rows).nullspace()
        entries = matrix.tolist()
        vectors = [[int(entries[i][j]) for i in range(columns)] for j in range(nullity)]
    return reduced_basis([_primitive(vector) for vector in vectors])


def _modular_nullspace(rows: npt.NDArray[Any]) -> list[list[int]] | None:
    p = prime(61)
    height, columns = rows.shape
    matrix = flint.nmod_mat(height, columns, [int(x) % p for x in rows.ravel().tolist()], p)
    echelon, rank_ = matrix.rref()
    entries = [[int(x) for x in row] for row in echelon.tolist()[:rank_]]
    pivots = [next(j for j, x in enumerate(row) if x) for row in entries]
    taken = set(pivots)
    vectors = []
    for free in (j for j in range(columns) if j not in taken):
        fractions = [rational(-row[free], p) for row in entries]
        if any(fraction is None for fraction in fractions):
            return None
        vector = [Fraction(0)] * columns
        vector[free] = Fraction(1)
        for pivot, fraction in zip(pivots, fractions, strict=True):
            vector[pivot] = fraction or Fraction(0)
        common = math.lcm(1, *(x.denominator for x in vector))
        vectors.append([int(x * common) for x in vector])
    return vectors


def _primitive(vector: list[int]) -> list[int]:
    content = math.gcd(*vector)
    return [x // content for x in vector] if content > 1 else vector


def reduced_basis(vectors: list[list[int]]) -> list[list[int]]:
    """An LLL-reduced basis of the same lattice, each vector with a positive first entry, shortest first."""
    if len(vectors) > 1:
        vectors = [[int(x) for x in row] for row in integer_matrix(np.asarray(vectors, dtype=object)).lll().tolist()]
    vectors = [_primitive(vector) for vector in vectors]
    signed = [vector if next((x for x in vector if x), 1) > 0 else [-x for x in vector] for vector in vectors]
    return sorted(signed, key=lambda vector: (sum(x * x for x in vector), [-x for x in vector]))
