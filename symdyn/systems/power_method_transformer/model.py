"""The layer: what one attention layer does to its tokens, as exact formulas and as arrays.

Tokens are the rows of a matrix X, shape (tokens, dimension). A matrix F acts on a token as a column, x -> F x, so on
all tokens as X -> X F^T; code that writes x @ W has W = F^T, whose eigenvectors are left eigenvectors of F. One layer
with heads F_h, attention alpha^h and normalisation N of each row is

* post-LN: x_i <- N(x_i + sum_h F_h sum_j alpha^h_ij x_j),
* no residual: x_i <- N(sum_h F_h sum_j alpha^h_ij x_j),
* pre-LN: x_i <- x_i + sum_h F_h sum_j alpha^h_ij N(x_j),

where alpha^h_ij is proportional to exp(beta (Q_h y_i)^T (K_h y_j)) over the j that the mask allows, with y the tokens
that the heads see: X itself, or N(X) in pre-LN. All quantities are dimensionless; time counts layers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.algebra.formulas.symbols import checked_expression
from symdyn.dynamics.iteration import Iteration
from symdyn.errors import ModelError, ShapeError
from symdyn.geometry.constraint import Constraint, product_of_spheres
from symdyn.geometry.symmetry import Symmetries
from symdyn.systems.power_method_transformer.matrices import (
    Floats,
    allowed_pairs,
    as_array,
    gain_entries,
    matrices,
    score_matrices,
)

FORMS = ("post-LN", "no residual", "pre-LN")
NORMS = ("L2", "RMSNorm", "LayerNorm")
MOST_FORMULAS = 36


@dataclass(frozen=True)
class Layer:
    """One attention layer without feed-forward block.

    Parameters
    ----------
    heads
        The matrices F_h = W_O^h W_V^h, each of shape (d, d).
    scores
        The matrices Q_h^T K_h, each of shape (d, d).
    tokens
        Number n of tokens.
    beta
        Inverse temperature of the softmax.
    form, norm
        One of `FORMS`, one of `NORMS`; RMSNorm and LayerNorm without the small constant that guards a division.
    allowed
        Shape (n, n), 1 where token i may attend to token j.
    gain
        Diagonal of Gamma; all ones where None was given.
    """

    heads: tuple[sp.ImmutableMatrix, ...]
    scores: tuple[sp.ImmutableMatrix, ...]
    tokens: int
    beta: sp.Expr
    form: str
    norm: str
    allowed: sp.ImmutableMatrix
    gain: tuple[sp.Expr, ...]

    @property
    def dimension(self) -> int:
        """Dimension d of a token."""
        return int(self.heads[0].rows)

    @property
    def F(self) -> sp.ImmutableMatrix:  # noqa: N802
        """The sum of the heads: at consensus the heads together apply exactly this matrix, whatever Q, K and mask."""
        return sp.ImmutableMatrix(sum(self.heads[1:], self.heads[0]))

    @property
    def plain(self) -> bool:
        """Whether the normalisation only rescales a token."""
        return self.norm != "LayerNorm" and all(g == 1 for g in self.gain)

    def attention(self, seen: sp.MatrixBase, head: int) -> sp.ImmutableMatrix:
        """Row-stochastic attention matrix of one head, exact."""
        n = self.tokens
        inner = self.beta * seen * self.scores[head] * seen.T
        # a token that sees one token alone has weight 1 there; SymPy would keep exp(s) exp(-s)
        alone = [sum(self.allowed.row(i)) == 1 for i in range(n)]
        weights = sp.Matrix(n, n, lambda i, j: self.allowed[i, j] * (1 if alone[int(i)] else sp.exp(inner[i, j])))
        totals = [sum(weights.row(i)) for i in range(n)]
        return sp.ImmutableMatrix(n, n, lambda i, j: weights[i, j] / totals[i])

    def normalised(self, states: sp.MatrixBase) -> sp.ImmutableMatrix:
        """N applied to every row, exact."""
        d = self.dimension
        rows = sp.Matrix(states)
        if self.norm == "LayerNorm":
            rows = rows - rows * sp.ones(d, d) / d
        size = 1 if self.norm == "L2" else sp.sqrt(d)
        lengths = [sp.sqrt(sum(entry**2 for entry in rows.row(i))) for i in range(rows.rows)]
        return sp.ImmutableMatrix(rows.rows, d, lambda i, a: self.gain[a] * size * rows[i, a] / lengths[i])

    def exact_step(self, states: sp.MatrixBase) -> sp.ImmutableMatrix:
        """The next tokens, shape (n, d), in exact arithmetic or in symbols."""
        seen = self.normalised(states) if self.form == "pre-LN" else sp.ImmutableMatrix(states)
        out = sp.zeros(self.tokens, self.dimension)
        for head, matrix in enumerate(self.heads):
            out += self.attention(seen, head) * seen * matrix.T
        if self.form == "pre-LN":
            return sp.ImmutableMatrix(states + out)
        return self.normalised(states + out if self.form == "post-LN" else out)

    def iteration(self) -> Iteration | None:
        """The layer as formulas.

        None for more than `MOST_FORMULAS` coordinates, where only arrays are of use, and for a layer that takes every
        state to 0, so that there is nothing to normalise.
        """
        n, d = self.tokens, self.dimension
        if n * d > MOST_FORMULAS:
            return None
        states = sp.ImmutableMatrix(n, d, lambda i, a: sp.Symbol(f"x{i + 1}_{a + 1}", real=True))
        update = self.exact_step(states)
        if update.has(sp.nan):
            return None
        full = n > 1 and all(entry == 1 for entry in self.allowed)
        groups = tuple(tuple(range(i * d, (i + 1) * d)) for i in range(n)) if full else ()
        sign = (sp.ImmutableMatrix(-sp.eye(n * d)),)
        symmetries = Symmetries(groups, sign, (), ("global sign",))
        return Iteration(tuple(states), update, self.constraint(states), symmetries)

    def constraint(self, states: sp.MatrixBase) -> Constraint | None:
        """Where the normalisation puts the tokens; None for pre-LN, and where a gain of zero flattens it."""
        d = self.dimension
        if self.form == "pre-LN" or d < 2 or any(g == 0 for g in self.gain):
            return None
        if self.norm == "L2" and self.plain:
            return product_of_spheres(sp.Matrix(states))
        size = 1 if self.norm == "L2" else d
        before = [[states[i, a] / self.gain[a] for a in range(d)] for i in range(states.rows)]
        equations = [sum(entry**2 for entry in row) - size for row in before]
        if self.norm == "LayerNorm":
            equations += [sum(row) for row in before]
        return Constraint(tuple(states), tuple(equations), (), (), f"image of {self.norm}, for each token")

    def step(self, states: npt.ArrayLike) -> Floats:
        """The next tokens as arrays, shape (n, d) or, batch axis last, (n, d, B); nan where a row to normalise is 0."""
        x = np.asarray(states, dtype=np.float64)
        if x.shape[:2] != (self.tokens, self.dimension) or x.ndim not in (2, 3):
            raise ShapeError(
                f"states have shape {x.shape}: give ({self.tokens}, {self.dimension}) or, for a batch, "
                f"({self.tokens}, {self.dimension}, B)"
            )
        batch = x[:, :, None] if x.ndim == 2 else x
        seen = self._normalised_array(batch) if self.form == "pre-LN" else batch
        out = np.zeros_like(batch)
        allowed, _, heads = self._arrays
        for matrix, score in heads:
            inner = np.einsum("iab,ajb->ijb", seen, np.tensordot(score, seen, (1, 1)))
            inner = np.where(allowed, inner, -np.inf)
            weights = np.exp(inner - inner.max(axis=1, keepdims=True))
            weights /= weights.sum(axis=1, keepdims=True)
            out += np.einsum("ijb,ajb->iab", weights, np.tensordot(matrix, seen, (1, 1)))
        if self.form == "pre-LN":
            result = batch + out
        else:
            result = self._normalised_array(batch + out if self.form == "post-LN" else out)
        return result[:, :, 0] if x.ndim == 2 else result

    def trajectory(self, start: npt.ArrayLike, layers: int) -> Floats:
        """States before and after each of `layers` equal layers, shape (layers + 1, n, d[, B])."""
        path = [np.asarray(start, dtype=np.float64)]
        for _ in range(layers):
            path.append(self.step(path[-1]))
        return np.stack(path)

    @cached_property
    def _arrays(self) -> tuple[npt.NDArray[np.bool_], Floats, tuple[tuple[Floats, Floats], ...]]:
        """The mask, the gain with the scale of the norm, and F_h and beta Q_h^T K_h of every head."""
        size = 1.0 if self.norm == "L2" else np.sqrt(self.dimension)
        gain = size * as_array(sp.Matrix([list(self.gain)]))[0][None, :, None]
        heads = tuple(
            (as_array(matrix), as_array(self.beta * score))
            for matrix, score in zip(self.heads, self.scores, strict=True)
        )
        return as_array(self.allowed)[:, :, None] > 0, gain, heads

    def _normalised_array(self, x: Floats) -> Floats:
        if self.norm == "LayerNorm":
            x = x - x.mean(axis=1, keepdims=True)
        lengths = np.sqrt(np.square(x).sum(axis=1, keepdims=True))
        return np.asarray(self._arrays[1] * np.divide(x, lengths, out=np.full_like(x, np.nan), where=lengths > 0))


def layer(
    F: Any,
    tokens: int = 1,
    beta: Any = 1,
    Q: Any = None,
    K: Any = None,
    form: str = "post-LN",
    norm: str = "L2",
    mask: Any = None,
    gain: Any = None,
) -> Layer:
    """A layer from matrices as they come, checked.

    `F` is one (d, d) matrix or a list of them, one for each head; `Q` and `K` are then lists too. Without Q and K the
    scores are beta y_i^T y_j. `mask` is None, "causal", or an (n, n) matrix of 0 and 1.

    Raises
    ------
    ModelError, ShapeError
        One sentence each, for what does not fit.
    """
    heads = matrices(F, "F")
    d = heads[0].rows
    if any(matrix.shape != (d, d) for matrix in heads):
        raise ShapeError(f"F has the shape {heads[0].shape}: every head needs a square matrix of one size (d, d)")
    if isinstance(tokens, bool) or not hasattr(tokens, "__index__") or int(tokens) < 1:
        raise ModelError(f"tokens is {tokens!r}: give a whole number from 1")
    if form not in FORMS:
        raise ModelError(f"form is {form!r}: write one of {', '.join(FORMS)}")
    if norm not in NORMS:
        raise ModelError(f"norm is {norm!r}: write one of {', '.join(NORMS)}")
    if norm == "LayerNorm" and d < 2:
        raise ShapeError("LayerNorm of a token of dimension 1 is 0/0: give F of size 2 or more")
    n = int(tokens)
    scores = score_matrices(Q, K, len(heads), d)
    gains = gain_entries(gain, d)
    temperature = checked_expression(beta, "beta")
    if temperature.is_number:
        as_array(sp.Matrix([[temperature]]))  # refuses what floats cannot hold
    return Layer(heads, scores, n, temperature, form, norm, allowed_pairs(mask, n), gains)
