"""Arrays of residues modulo one prime.

Residues are balanced: at most (p+1)/2 in absolute value, and 0 for multiples of p only. A prime below 2^23 is held in
float64, where a matrix product of inner dimension up to 512 is exact in one BLAS call; a prime below 2^31 is held in
int64, and its matrix products split one operand into 16-bit halves so that BLAS still does the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class PrimeField:
    """The field F_p on NumPy arrays.

    Parameters
    ----------
    p
        An odd prime below 2^31.
    """

    p: int

    def __post_init__(self) -> None:
        if not 2 < self.p < 2**31:
            raise ValueError(f"prime {self.p}: arrays of residues need an odd prime below 2^31")

    @property
    def is_small(self) -> bool:
        """Whether residues live in float64 (p < 2^23)."""
        return self.p < 2**23

    @property
    def dtype(self) -> type:
        """The NumPy type of residues."""
        return np.float64 if self.is_small else np.int64

    def reduce(self, x: Array) -> Array:
        """Balanced residues of an integer-valued array (|x| <= 2^53 in float64, < 2^62 in int64).

        In float64 the rounded quotient may be off by one beside a tie: the result is then (p+1)/2 in absolute value
        instead of (p-1)/2, for which the block sizes of `matmul` leave room.
        """
        if self.is_small:
            quotient = np.rint(x * (1.0 / self.p))
            quotient *= self.p
            return x - quotient
        half = self.p >> 1
        return (x + half) % self.p - half

    def array(self, values: Any) -> Array:
        """Residues of integers of any size."""
        raw = np.asarray(values)
        if raw.dtype.kind not in "iu" and not isinstance(values, np.ndarray):
            raw = np.asarray(values, dtype=object)  # a list of integers beyond 64 bits is no list of floats
        if raw.dtype == object or raw.dtype == np.uint64:
            raw = np.asarray(raw % self.p, dtype=np.int64) if raw.size else raw.astype(np.int64)
        if raw.dtype.kind != "f":
            half = self.p >> 1
            raw = (raw.astype(np.int64) % self.p + half) % self.p - half
            return raw.astype(self.dtype)
        return self.reduce(raw.astype(self.dtype))

    def multiply(self, x: Array, y: Array) -> Array:
        """Product entry by entry, reduced."""
        return self.reduce(x * y)

    def matmul(self, x: Array, y: Array) -> Array:
        """Matrix product (stacked as in NumPy), reduced."""
        inner = x.shape[-1]
        step = 512 if self.is_small else 128
        if inner <= step:
            return self._matmul_block(x, y)
        total = self._matmul_block(x[..., :step], y[..., :step, :])
        for start in range(step, inner, step):
            block = self._matmul_block(x[..., start : start + step], y[..., start : start + step, :])
            total = self.reduce(total + block)
        return total

    def _matmul_block(self, x: Array, y: Array) -> Array:
        if self.is_small:
            return self.reduce(x @ y)
        # x = 2^16 high + low with 0 <= low < 2^16 and |y| < 2^30: 128 products stay below 2^53
        right = y.astype(np.float64)
        high, low = x >> 16, x & 0xFFFF
        top = self.reduce((high.astype(np.float64) @ right).astype(np.int64))
        bottom = (low.astype(np.float64) @ right).astype(np.int64)
        return self.reduce((top << 16) + bottom)

    def inverse(self, value: Any) -> int:
        """Inverse of one non-zero residue, balanced."""
        inverse = pow(int(value) % self.p, -1, self.p)
        return inverse - self.p if inverse > self.p >> 1 else inverse
