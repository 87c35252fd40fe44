"""Generators: ReLU networks without bias as lists of weight matrices, in floats and in whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.witness.cones.matrices import ScaledMatrix
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, real_array


@dataclass(frozen=True)
class Generator:
    """A checked generator.

    Parameters
    ----------
    floats
        The weights as arrays.
    linear_last
        Whether the last layer has no relu.
    exact
        The weights as fractions where they came so, else None; floats are the fractions that they are.
    """

    floats: tuple[Floats, ...]
    linear_last: bool = False
    exact: tuple[ScaledMatrix, ...] | None = field(default=None, repr=False)

    @property
    def latent(self) -> int:
        """k."""
        return int(self.floats[0].shape[1])

    @property
    def widths(self) -> tuple[int, ...]:
        """n_1 .. n_d."""
        return tuple(int(one.shape[0]) for one in self.floats)

    @property
    def bent(self) -> int:
        """How many layers have a relu."""
        return len(self.floats) - int(self.linear_last)

    @cached_property
    def whole(self) -> tuple[ScaledMatrix, ...]:
        """The weights in whole numbers."""
        return self.exact if self.exact is not None else tuple(map(dyadic, self.floats))

    def __call__(self, z: Any) -> Floats:
        """G(z) for z (..., k)."""
        values = real_array(z, "the latent vector")
        if values.shape[-1:] != (self.latent,):
            raise ShapeError(f"the latent vector has the shape {values.shape}: give (..., {self.latent})")
        for number, matrix in enumerate(self.floats):
            values = values @ matrix.T
            values = np.maximum(values, 0) if number < self.bent else values
        return values

    def output(self, z: Sequence[int | Fraction]) -> list[Any]:
        """G(z) times the product of the scales, exact."""
        values: list[Any] = list(z)
        for number, matrix in enumerate(self.whole):
            values = [sum(a * b for a, b in zip(row, values, strict=True) if b) for row in matrix.rows]
            values = [max(x, 0) for x in values] if number < self.bent else values
        return values

    def slopes(self, inside: Floats) -> Floats:
        """The matrices of G (..., n, k) on the cones around these latent vectors (..., k)."""
        values = np.asarray(inside, dtype=float)
        found = np.broadcast_to(np.eye(self.latent), (*values.shape, self.latent))
        for number, matrix in enumerate(self.floats):
            values, found = values @ matrix.T, matrix @ found
            if number < self.bent:
                found = found * (values > 0)[..., None]
                values = np.maximum(values, 0)
        return found


def generator_of(weights: Any, linear_last: bool = False) -> Generator:
    """A generator from its weight matrices W_1 (n_1, k) .. W_d (n_d, n_{d-1}), or from one.

    Raises
    ------
    ModelError, ShapeError
        If there is no layer, sizes do not fit, or a layer has fewer units than there are latent dimensions.
    """
    if isinstance(weights, Generator):
        return weights
    is_one = isinstance(weights, sp.MatrixBase) or (isinstance(weights, np.ndarray) and weights.ndim == 2)
    if is_one or not isinstance(weights, Sequence | np.ndarray) or not len(weights):
        raise ModelError(f"the generator is {came(weights)}: give a list of its weight matrices, as in [W_1, W_2]")
    exact = [_exact(one) for one in weights]
    floats = [
        real_array(one if rows is None else _as_floats(rows), f"weight matrix {k + 1}", ndim=2)
        for k, (one, rows) in enumerate(zip(weights, exact, strict=True))
    ]
    latent = floats[0].shape[1]
    for k, matrix in enumerate(floats):
        before = latent if k == 0 else floats[k - 1].shape[0]
        if matrix.shape[1] != before or not matrix.size:
            raise ShapeError(f"weight matrix {k + 1} has the shape {matrix.shape}: give (n, {before}), n at least 1")
        if matrix.shape[0] < latent:
            raise ModelError(
                f"layer {k + 1} has {matrix.shape[0]} units and the latent dimension is {latent}: give at least as many"
            )
    kept = None if any(one is None for one in exact) else tuple(one for one in exact if one is not None)
    return Generator(tuple(floats), bool(linear_last), kept)


def dyadic(matrix: Floats) -> ScaledMatrix:
    """Floats as the fractions that they are."""
    pairs = [[float(x).as_integer_ratio() for x in row] for row in matrix]
    scale = max(q for row in pairs for _, q in row)  # powers of two
    return ScaledMatrix(tuple(tuple(p * (scale // q) for p, q in row) for row in pairs), scale)


def scaled(matrix: Any, what: str) -> ScaledMatrix:
    """An exact matrix or an array in whole numbers."""
    found = _exact(matrix)
    return dyadic(real_array(matrix, what, ndim=2)) if found is None else found


def _exact(matrix: Any) -> ScaledMatrix | None:
    """Rows of whole numbers, fractions and SymPy rationals; None for anything else, arrays among it."""
    rows = matrix.tolist() if isinstance(matrix, sp.MatrixBase) else matrix
    if not isinstance(rows, list | tuple) or not all(isinstance(row, list | tuple) for row in rows):
        return None
    entries = [x for row in rows for x in row]
    good = all(isinstance(x, int | Fraction | sp.Rational) and not isinstance(x, bool) for x in entries)
    if not entries or not good or len({len(row) for row in rows}) != 1:
        return None
    return ScaledMatrix.of([[_fraction(x) for x in row] for row in rows])


def _fraction(value: Any) -> Fraction:
    return Fraction(int(value.p), int(value.q)) if isinstance(value, sp.Rational) else Fraction(value)


def _as_floats(matrix: ScaledMatrix) -> list[list[float]]:
    return [[float(Fraction(x, matrix.scale)) for x in row] for row in matrix.rows]
