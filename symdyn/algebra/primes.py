"""Primes that the engines compute with, by size.

Small primes keep products of residues exact in float64 matrix products; 31-bit primes keep products of
balanced residues exact in int64; 61-bit primes serve reconstruction and identities with bounded coefficients.
"""

from __future__ import annotations

import flint

#: The largest primes below 2^23, 2^31 and 2^61, in decreasing order.
_POWERS = {23: 23, 31: 31, 61: 61}
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
