"""Pseudo-random integer combinations of generators, fixed by a seed and a number.

A certificate names a combination by its number alone; whoever re-checks it derives the same coefficients from
the rule below (SplitMix64 of Steele, Lea and Flood 2014, applied to a counter).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_STREAM = np.uint64(0xD1B54A32D192ED03)


def splitmix64(state: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The SplitMix64 finaliser on an array of 64-bit states."""
    z = state + _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def mix_coefficients(seed: int, numbers: npt.ArrayLike, length: int, p: int) -> npt.NDArray[np.int64]:
    """Coefficients in 0..p-1 of the combinations `numbers`: shape (len(numbers), length).

    Entry (s, i) is splitmix64(splitmix64(seed * STREAM + s) + i) mod p.

    Parameters
    ----------
    seed
        Any non-negative integer; taken mod 2^64.
    numbers
        Numbers of the combinations, shape (m,).
    length
        Number of generators that are combined.
    p
        The prime.
    """
    start = np.uint64((seed * int(_STREAM)) % 2**64)
    heads = splitmix64(np.asarray(numbers, dtype=np.uint64) + start)
    places = np.arange(length, dtype=np.uint64)
    return (splitmix64(heads[:, None] + places[None, :]) % np.uint64(p)).astype(np.int64)
