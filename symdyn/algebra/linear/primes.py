"""Primes that the engines compute with, by size.

Small primes keep products of residues exact in float64 matrix products; 31-bit primes keep products of
balanced residues exact in int64; 61-bit primes serve reconstruction and identities with bounded coefficients.
"""

from __future__ import annotations

from typing import Any

import flint
import numpy as np

#: The largest primes below 2^23, 2^31 and 2^61, in decreasing order.
_POWERS = {23: 23, 31: 31, 61: 61}
#: Primes between 2^(bits - 1) and 2^bits.
NUMBER_OF_PRIMES = {23: 268_216, 31: 50_697_537}
_MOST_REFUSED = 300
_CACHE: dict[int, list[int]] = {}


def prime(bits: int, index: int = 0) -> int:
    """Return the `index`-th largest prime below 2^bits.

    Parameters
    ----------
    bits
        23, 31 or 61.
    index
        0 for the largest.

    Raises
    ------
    ValueError
        If `bits` is another size or `index` is negative.

    Examples
    --------
    >>> prime(31), prime(31, 1), prime(61)
    (2147483647, 2147483629, 2305843009213693951)
    """
    if bits not in _POWERS or index < 0:
        raise ValueError(f"no table of {bits}-bit primes at index {index}: bits is one of 23, 31, 61, index >= 0")
    found = _CACHE.setdefault(bits, [])
    candidate = found[-1] - 2 if found else 2**bits - 1
    while len(found) <= index:
        if flint.fmpz(candidate).is_prime():
            found.append(candidate)
        candidate -= 2
    return found[index]


def random_prime(rng: np.random.Generator, bits: int, integers: Any = ()) -> int:
    """A prime between 2^(bits - 1) and 2^bits, all equally likely among those that divide none of the integers.

    After some hundred primes that divide one of them any prime will do: none makes a rank too large.

    Examples
    --------
    >>> p = random_prime(np.random.default_rng(0), 31)
    >>> 2**30 < p < 2**31
    True
    """
    refused = 0
    while True:
        p = int(rng.integers(2 ** (bits - 2), 2 ** (bits - 1))) * 2 + 1
        if flint.fmpz(p).is_prime():
            if refused >= _MOST_REFUSED or fits(p, integers):
                return p
            refused += 1


def fits(p: int, integers: Any) -> bool:
    """Whether a prime divides none of the integers."""
    return bool(np.all(np.asarray(integers) % p != 0)) if len(integers) else True
