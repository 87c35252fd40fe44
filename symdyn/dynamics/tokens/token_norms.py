"""Normalisation of tokens: L2, RMSNorm and LayerNorm with their gain, exact and as arrays.

Tokens are rows x of d entries; Gamma is the diagonal matrix of the gain and Pi = I - 1 1^T / d. L2 is Gamma x / |x|,
RMSNorm sqrt(d) Gamma x / |x|, LayerNorm sqrt(d) Gamma Pi x / |Pi x|, without the small constant that guards a division
and without bias. Dimensionless.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.algebra.formulas.symbols import checked_expression, flattened
from symdyn.algebra.linear.float_matrix import as_array
from symdyn.errors import ModelError, ShapeError
from symdyn.geometry.constraint import Constraint, product_of_spheres

Floats = npt.NDArray[np.float64]

NORMS = ("L2", "RMSNorm", "LayerNorm")


@dataclass(frozen=True)
class TokenNorm:
    """One normalisation.

    Parameters
    ----------
    name
        One of `NORMS`.
    gain
        Diagonal of Gamma, d entries.
    """

    name: str
    gain: tuple[sp.Expr, ...]

    @property
    def is_plain(self) -> bool:
        """Whether a token is only rescaled."""
        return self.name != "LayerNorm" and all(g == 1 for g in self.gain)

    @property
    def size(self) -> sp.Expr:
        """Length of a normalised token where the gain is one."""
        return sp.S.One if self.name == "L2" else sp.sqrt(len(self.gain))

    @property
    def matrix(self) -> sp.ImmutableMatrix:
        """Gamma, or Gamma Pi: what is applied to a token before it is rescaled."""
        scale, d = sp.diag(*self.gain), len(self.gain)
        return sp.ImmutableMatrix(scale * (sp.eye(d) - sp.ones(d, d) / d) if self.name == "LayerNorm" else scale)

    def of(self, states: sp.MatrixBase) -> sp.ImmutableMatrix:
        """Every row normalised, exact or in symbols."""
        rows, d = sp.Matrix(states), len(self.gain)
        if self.name == "LayerNorm":
            rows = rows - rows * sp.ones(d, d) / d
        lengths = [sp.sqrt(sum(entry**2 for entry in rows.row(i))) for i in range(rows.rows)]
        return sp.ImmutableMatrix(rows.rows, d, lambda i, a: self.gain[a] * self.size * rows[i, a] / lengths[i])

    def at(self, states: Floats) -> Floats:
        """Tokens (n, d[, B]) normalised along the axis 1; nan where there is nothing to rescale."""
        x = states - states.mean(axis=1, keepdims=True) if self.name == "LayerNorm" else states
        lengths = np.sqrt(np.square(x).sum(axis=1, keepdims=True))
        unit = np.divide(x, lengths, out=np.full_like(x, np.nan), where=lengths > 0)
        return np.asarray(self._scale.reshape((1, -1) + (1,) * (x.ndim - 2)) * unit)

    def image(self, states: sp.MatrixBase) -> Constraint | None:
        """Where the normalised tokens lie; None for d = 1, and where a gain of zero flattens it."""
        d = len(self.gain)
        if d < 2 or any(g == 0 for g in self.gain):
            return None
        if self.name == "L2" and self.is_plain:
            return product_of_spheres(sp.Matrix(states))
        before = [[states[i, a] / self.gain[a] for a in range(d)] for i in range(states.rows)]
        equations = [sum(entry**2 for entry in row) - self.size**2 for row in before]
        if self.name == "LayerNorm":
            equations += [sum(row) for row in before]
        return Constraint(tuple(states), tuple(equations), (), (), f"image of {self.name}, for each token")

    @cached_property
    def _scale(self) -> Floats:
        return as_array(sp.Matrix([[self.size * g for g in self.gain]]))[0]


def token_norm(name: str, d: int, gain: Any = None) -> TokenNorm:
    """A normalisation of tokens with d entries, checked; ones for a gain of None.

    Raises
    ------
    ModelError, ShapeError
        For an unknown name, LayerNorm of one entry, and a gain of another shape.

    Examples
    --------
    >>> token_norm("RMSNorm", 2).of(sp.Matrix([[3, 4]]))
    Matrix([[3*sqrt(2)/5, 4*sqrt(2)/5]])
    """
    if name not in NORMS:
        raise ModelError(f"norm is {name!r}: write one of {', '.join(NORMS)}")
    if name == "LayerNorm" and d < 2:
        raise ShapeError("LayerNorm of a token of dimension 1 is 0/0: give tokens of dimension 2 or more")
    entries, shape = flattened([1] * d if gain is None else gain)
    if shape not in ((d,), (d, 1), (1, d)):
        raise ShapeError(f"gain has shape {shape}: give {d} numbers, the diagonal of Gamma")
    return TokenNorm(name, tuple(checked_expression(entry, "an entry of gain") for entry in entries))
