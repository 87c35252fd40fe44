"""Primes and points that no input can steer, and the chance that one of them loses rank.

A rank at a point mod p is a lower bound of the generic rank and nothing else: a field may vanish at the point, and p
may divide it. So points, mixes and all primes but the first are drawn with a fingerprint of the fields, which nobody
can aim at, and no prime is taken that divides a coefficient.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import singledispatch
from typing import Any

import numpy as np

from symdyn.algebra.linear.digests import digest_words
from symdyn.algebra.linear.primes import NUMBER_OF_PRIMES, fits, prime, random_prime
from symdyn.geometry.fields.generators import Generators

#: So many primes are looked at for one that divides no coefficient; any prime is sound, if less likely to be good.
_LOOKED_AT = 300


@singledispatch
def drawn_point(generators: Any, p: int, seed: int) -> list[int]:
    """Residues in 1..p-1 for all variables."""
    rng = np.random.default_rng([seed, p, *generators.fingerprint])
    found: list[int] = rng.integers(1, p, size=generators.variables).tolist()
    return found


def seed_of_mixes(generators: Generators, p: int, seed: int) -> int:
    """The seed that a certificate names for the mixes."""
    return int(np.random.default_rng([seed, p, *generators.fingerprint, 1]).integers(2**62))


def fitting_primes(generators: Generators, bits: int, seed: int) -> Iterator[int]:
    """Primes that divide no coefficient: the largest of so many bits, then pseudo-random ones."""
    coefficients = generators.coefficients
    largest = (prime(bits, index) for index in range(_LOOKED_AT))
    yield next((p for p in largest if fits(p, coefficients)), prime(bits))
    rng = np.random.default_rng([seed, bits, *generators.fingerprint, 2])
    while True:
        yield random_prime(rng, bits, coefficients)


def primes_at(generators: Generators, values: Sequence[Fraction], seed: int) -> Iterator[int]:
    """Pseudo-random primes of 31 bits that divide no coefficient, no numerator and no denominator of a point."""
    rng = np.random.default_rng([seed, *generators.fingerprint, *digest_words(repr(values).encode())])
    sizes = [n for value in values for n in (value.numerator, value.denominator) if n]
    while True:
        p = random_prime(rng, 31, generators.coefficients)
        if all(n % p for n in sizes):
            yield p


@singledispatch
def chance_of_loss(generators: Any, p: int, depth: int) -> float:
    """Bound of the chance that a span which closed at a random point mod a random prime misses rank.

    With brackets up to `depth` the span is wrong only if, at some level, a minor that is not zero vanishes: since the
    prime divides it (a coefficient of b bits has at most b / (bits - 1) such primes), or at the point and the mixes
    (Schwartz and Zippel: at most its degree over p - 1). Both are bounded by sizes of the fields alone.

    Parameters
    ----------
    p
        The prime, drawn by `random_prime`.
    depth
        Depth of the last brackets looked at, which added nothing.
    """
    bits = p.bit_length()
    size, degree = generators.dimension, generators.total_degree
    height = math.log2(max(1, generators.height))
    total, length, power = 0.0, height, degree
    for level in range(depth + 1):
        if level:  # a component of [v, w] is a sum of products, each of a derivative and a component
            length += height + math.log2(max(1, power + degree))
            power = max(0, power + degree - 1)
        total += size * (power + level + 1) / (p - 1)
        # twice: primes that divide a coefficient are not drawn, and they are less than half of all
        total += 2 * size * (length + math.log2(size + 1)) / (bits - 1) / NUMBER_OF_PRIMES[bits]
    return min(1.0, total)
