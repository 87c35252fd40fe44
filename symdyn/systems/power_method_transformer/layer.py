"""The layer: what one attention layer does to its tokens, as exact formulas and as arrays; the package states it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.algebra.linear.float_matrix import as_rational
from symdyn.dynamics.attention import Attention, Floats
from symdyn.dynamics.iteration import Iteration
from symdyn.dynamics.tokens.attention_input import inverse_temperature, mask_rows, matrices, score_matrices, token_count
from symdyn.dynamics.tokens.token_norms import TokenNorm, token_norm
from symdyn.errors import ModelError, ShapeError
from symdyn.geometry.symmetry import Symmetries

FORMS = ("post-LN", "no residual", "pre-LN")
MOST_FORMULAS = 36


@dataclass(frozen=True)
class Layer:
    """One attention layer without feed-forward block.

    Parameters
    ----------
    attention
        The heads F_h = W_O^h W_V^h as values, the scores Q_h^T K_h, beta, the number of tokens and the mask.
    form
        One of `FORMS`.
    norm
        The normalisation N of each token.
    """

    attention: Attention
    form: str
    norm: TokenNorm

    @property
    def tokens(self) -> int:
        """Number n of tokens."""
        return self.attention.tokens

    @property
    def dimension(self) -> int:
        """Dimension d of a token."""
        return self.attention.dimension

    @property
    def F(self) -> sp.ImmutableMatrix:  # noqa: N802
        """The sum of the heads: at consensus the heads together apply exactly this matrix, whatever Q, K and mask."""
        return self.attention.V

    @property
    def is_numeric(self) -> bool:
        """Whether no parameter is a symbol."""
        return self.attention.is_numeric and not any(g.free_symbols for g in self.norm.gain)

    @property
    def residual(self) -> int:
        """1 where the powered matrix is I + F, else 0."""
        return int(self.form == "post-LN")

    def rational(self) -> Layer:
        """The same layer with its floats taken for the rational numbers that they are."""
        values, scores = (tuple(map(as_rational, part)) for part in (self.attention.values, self.attention.scores))
        exact = replace(self.attention, values=values, scores=scores, beta=as_rational(self.attention.beta))
        return replace(self, attention=exact)

    def exact_step(self, states: sp.MatrixBase) -> sp.ImmutableMatrix:
        """The next tokens, shape (n, d), in exact arithmetic or in symbols."""
        states = sp.ImmutableMatrix(states)
        if self.form == "pre-LN":
            return sp.ImmutableMatrix(states + self.attention.outputs(self.norm.of(states)))
        return self.norm.of(self.residual * states + self.attention.outputs(states))

    def step(self, states: npt.ArrayLike) -> Floats:
        """The next tokens as arrays, shape (n, d) or, batch axis last, (n, d, B); nan where a row to normalise is 0."""
        x = np.asarray(states, dtype=np.float64)
        if x.shape[:2] != (self.tokens, self.dimension) or x.ndim not in (2, 3):
            n, d = self.tokens, self.dimension
            raise ShapeError(f"states have shape {x.shape}: give ({n}, {d}) or, for a batch, ({n}, {d}, B)")
        batch = x[:, :, None] if x.ndim == 2 else x
        if self.form == "pre-LN":
            result = batch + self.attention.outputs_at(self.norm.at(batch))
        else:
            result = self.norm.at(self.residual * batch + self.attention.outputs_at(batch))
        return result[:, :, 0] if x.ndim == 2 else result

    def trajectory(self, start: npt.ArrayLike, layers: int) -> Floats:
        """As `trajectory` of so many equal layers."""
        return trajectory([self] * layers, start)

    def iteration(self) -> Iteration | None:
        """The layer as formulas.

        None for more than `MOST_FORMULAS` coordinates, where only arrays are of use, and for a layer that takes every
        state to 0, so that there is nothing to normalise.
        """
        n, d = self.tokens, self.dimension
        if n * d > MOST_FORMULAS:
            return None
        states = self.attention.state
        update = self.exact_step(states)
        if update.has(sp.nan):
            return None
        groups = tuple(tuple(range(i * d, (i + 1) * d)) for i in range(n))
        exchanged = groups if n > 1 and self.attention.allowed is None else ()
        sign = (sp.ImmutableMatrix(-sp.eye(n * d)),)
        constraint = None if self.form == "pre-LN" else self.norm.image(states)
        return Iteration(tuple(states), update, constraint, Symmetries(exchanged, sign, (), ("global sign",)))


def layer(
    F: Any, tokens: int = 1, beta: Any = 1, Q: Any = None, K: Any = None, form: str = "post-LN", norm: str = "L2",
    mask: Any = None, gain: Any = None,
) -> Layer:  # fmt: skip
    """A layer from matrices as they come, checked; the parameters and refusals are those of `build`."""
    heads = matrices(F, "F")
    d = heads[0].rows
    if any(matrix.shape != (d, d) for matrix in heads):
        raise ShapeError(f"F has the shape {heads[0].shape}: every head needs a square matrix of one size (d, d)")
    if form not in FORMS:
        raise ModelError(f"form is {form!r}: write one of {', '.join(FORMS)}")
    n = token_count(tokens)
    attention = Attention(
        values=heads, scores=score_matrices(d, len(heads), Q=Q, K=K), beta=inverse_temperature(beta), tokens=n,
        allowed=mask_rows(mask, n),
    )  # fmt: skip
    return Layer(attention, form, token_norm(norm, d, gain))


def uniform(layer: Layer, tokens: int) -> Layer:
    """The layer for so many tokens under full uniform attention, with the sum of the heads as its one head."""
    flat = sp.ImmutableMatrix(sp.zeros(layer.dimension, layer.dimension))
    attention = Attention(values=(layer.F,), scores=(flat,), beta=sp.S.Zero, tokens=tokens)
    return replace(layer, attention=attention)


def single(layer: Layer) -> Layer:
    """The layer for one token: what it does to a consensus."""
    return uniform(layer, 1)


def trajectory(layers: Sequence[Layer], start: npt.ArrayLike) -> Floats:
    """States before and after each layer of a stack, whose layers may differ, shape (layers + 1, n, d[, B])."""
    path = [np.asarray(start, dtype=np.float64)]
    for one in layers:
        path.append(one.step(path[-1]))
    return np.stack(path)
