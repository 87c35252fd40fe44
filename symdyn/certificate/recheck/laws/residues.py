"""Plain modular arithmetic for the re-checker: numbers with nilpotents, determinants, pseudo-random mixes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import numpy as np

from symdyn.certificate.refutation import need

Residues = Any  # a NumPy array of integers in 0..p-1
Dual = list[Any]  # one array for each subset of the nilpotents, as a bit mask


def check_prime(p: Any, place: str) -> int:
    """A prime below 2^31, or a refutation."""
    need(type(p) is int and 2 < p < 2**31 and bool(flint.fmpz(p).is_prime()), place, f"{p!r} is no prime below 2^31")
    return int(p)


def times(p: int) -> Callable[[Residues, Residues], Residues]:
    """Product entry by entry mod p."""
    return lambda x, y: x * y % p


def matrix_times(p: int) -> Callable[[Residues, Residues], Residues]:
    """Matrix product mod p, exact: through float64 for p below 2^23, else in 16-bit halves."""

    def product(x: Residues, y: Residues) -> Residues:
        if p < 2**23 and x.shape[-1] <= 64:  # entries below 2^23, 64 products: sums stay below 2^53
            return (x.astype(np.float64) @ y.astype(np.float64)).astype(np.int64) % p
        if p < 2**23:
            total = np.zeros((), dtype=np.int64)
            for k in range(0, x.shape[-1], 64):
                total = total + product(x[..., k : k + 64], y[..., k : k + 64, :])
            return total % p
        total = np.zeros((), dtype=np.int64)
        for k in range(0, x.shape[-1], 2**14):  # factors below 2^16 and 2^31, 2^14 products: sums stay below 2^61
            left, right = x[..., k : k + 2**14], y[..., k : k + 2**14, :]
            total = total + ((left >> 16) @ right % p << 16) + (left & 0xFFFF) @ right
            total = total % p
        return total

    return product


def dual_product(x: Dual, y: Dual, operation: Callable[[Residues, Residues], Residues], p: int) -> Dual:
    """Product in F_p[e_1, ..., e_k]/(e_i^2)."""
    return [
        sum(operation(x[a], y[s ^ a]) for a in range(s + 1) if a & s == a) % p  # the subsets a of s
        for s in range(len(x))
    ]


def determinant(rows: Residues, p: int) -> int:
    """Determinant mod p of a square array."""
    size = len(rows)
    if size == 0:
        return 1
    return int(flint.nmod_mat(size, size, rows.ravel().tolist(), p).det())


_MASK = (1 << 64) - 1


def mix(seed: int, number: int, length: int, p: int) -> Residues:
    """Coefficients of mix `number`: splitmix64(splitmix64(seed * 0xD1B54A32D192ED03 + number) + i) mod p."""
    head = _splitmix(np.asarray([(seed * 0xD1B54A32D192ED03 + number) & _MASK], dtype=np.uint64))
    return (_splitmix(head + np.arange(length, dtype=np.uint64)) % np.uint64(p)).astype(np.int64)


def _splitmix(state: Any) -> Any:
    z = state + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
