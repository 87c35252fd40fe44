"""Linear independence over Q of rows of quotients, by their values at points modulo a prime."""

from __future__ import annotations

from collections.abc import Sequence

import flint
import numpy as np

from symdyn.algebra.linear.digests import digest_words
from symdyn.algebra.linear.primes import random_prime
from symdyn.algebra.polynomials.quotients import Poly, Quotient

_PRIMES = 3


def rank_at_points(rows: Sequence[Sequence[Quotient]]) -> int:
    """Rank of the rows at a few points together, mod p: never more than their rank over Q, as functions.

    Prime and points are drawn with the rows themselves, and the best of three primes is kept. A point at which a
    denominator vanishes is left out for all rows: a pole set to zero could make dependent rows look independent.
    """
    if not rows or not rows[0]:
        return 0
    parts = [str(part).encode() for row in rows for entry in row for part in (entry.above, entry.below)]
    rng = np.random.default_rng(digest_words(*parts))
    best = 0
    for _ in range(_PRIMES):
        best = max(best, _rank_mod(rows, random_prime(rng, 31), rng))
        if best == len(rows):
            break
    return best


def _rank_mod(rows: Sequence[Sequence[Quotient]], p: int, rng: np.random.Generator) -> int:
    columns: list[list[int]] = []
    for _ in range(2 * len(rows) + 8):
        point = rng.integers(1, p, size=rows[0][0].above.context().nvars()).tolist()
        below = [[residue(entry.below, point, p) for entry in row] for row in rows]
        if not all(map(all, below)):
            continue
        values = [
            [residue(entry.above, point, p) * pow(under, -1, p) % p for entry, under in zip(row, unders, strict=True)]
            for row, unders in zip(rows, below, strict=True)
        ]
        columns += [list(column) for column in zip(*values, strict=True)]
        if len(columns) >= (len(rows) + 2) * len(rows[0]):
            break
    if not columns:
        return 0
    return int(flint.nmod_mat(len(columns), len(rows), [x for column in columns for x in column], p).rank())


def residue(poly: Poly, point: Sequence[int], p: int) -> int:
    """Value of a polynomial mod p."""
    total = 0
    for exponent, value in poly.to_dict().items():
        term = int(value) % p
        for x, power in zip(point, exponent, strict=True):
            if power:
                term = term * pow(x, int(power), p) % p
        total += term
    return total % p
