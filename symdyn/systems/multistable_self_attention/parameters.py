"""The parameters of self-attention: read, checked, and kept exact. All quantities are dimensionless."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.symbols import checked_expression, flattened
from symdyn.errors import ModelError


@dataclass(frozen=True)
class Attention:
    """Weights and sizes of one attention head that acts on tokens on the unit sphere.

    Parameters
    ----------
    V, B
        Value matrix and score matrix Q^T K, shape (d, d); the score of tokens i, j is x_i^T B x_j.
    beta
        Inverse temperature, at least 0.
    tokens
        Number n of tokens.
    allowed
        None for full attention; else (n, n), whether token i attends to token j.
    """

    V: sp.ImmutableMatrix
    B: sp.ImmutableMatrix
    beta: sp.Expr
    tokens: int
    allowed: tuple[tuple[bool, ...], ...] | None = None

    @property
    def dimension(self) -> int:
        """Dimension d of the space of a token; the spheres have dimension d - 1."""
        return int(self.V.rows)

    @cached_property
    def state(self) -> sp.ImmutableMatrix:
        """The tokens as rows, shape (n, d): x_1_1, x_1_2, ..."""
        return sp.ImmutableMatrix(
            self.tokens, self.dimension, lambda i, a: sp.Symbol(f"x_{int(i) + 1}_{int(a) + 1}", real=True)
        )

    @cached_property
    def coords(self) -> tuple[sp.Symbol, ...]:
        """The coordinates, token by token."""
        return tuple(self.state)

    @property
    def is_numeric(self) -> bool:
        """Whether no parameter is a symbol."""
        return not (self.V.free_symbols | self.B.free_symbols | self.beta.free_symbols)

    @property
    def is_exact(self) -> bool:
        """Whether no parameter is a float."""
        return not (self.V.has(sp.Float) or self.B.has(sp.Float) or self.beta.has(sp.Float))

    def attends(self, token: int) -> tuple[int, ...]:
        """The tokens that a token attends to, counted from 0."""
        if self.allowed is None:
            return tuple(range(self.tokens))
        return tuple(j for j, open_ in enumerate(self.allowed[token]) if open_)


def attention(
    V: Any, B: Any = None, *, Q: Any = None, K: Any = None, beta: Any = 1, tokens: Any = 3, mask: Any = None
) -> Attention:
    """Read the parameters; rational numbers stay exact and symbols stay symbols.

    Raises
    ------
    ModelError
        For wrong shapes, a beta that is negative or not finite, no tokens, or an unknown mask.
    """
    value = _matrix(V, "V")
    if value.rows != value.cols:
        raise ModelError(f"V has shape {value.shape}: the value matrix must be square, as in V=[[2, 0], [0, 1]]")
    d = value.rows
    if d < 2:
        raise ModelError("V is 1 x 1: tokens on the sphere S^0 cannot move; give at least a 2 x 2 matrix")
    score = _score(d, B, Q, K)
    temperature = _beta(beta)
    if isinstance(tokens, bool) or not hasattr(tokens, "__index__") or int(tokens) < 1:
        raise ModelError(f"tokens is {tokens!r}: give a whole number, at least 1")
    n = int(tokens)
    return Attention(value, score, temperature, n, _allowed(mask, n))


def _matrix(entries: Any, name: str) -> sp.ImmutableMatrix:
    flat, shape = flattened(entries)
    if len(shape) != 2 or 0 in shape:
        raise ModelError(f"{name} has shape {shape}: give a matrix, as in {name}=[[2, 0], [0, 1]]")
    checked = [checked_expression(entry, f"an entry of {name}") for entry in flat]
    for entry in checked:
        if entry.is_real is False:
            raise ModelError(f"{name} contains {entry}: weights are real numbers")
        _in_range(entry, f"an entry of {name}")
    return sp.ImmutableMatrix(*shape, checked)


def _score(d: int, B: Any, Q: Any, K: Any) -> sp.ImmutableMatrix:
    if Q is None and K is None:
        score = sp.ImmutableMatrix(sp.eye(d)) if B is None else _matrix(B, "B")
        if score.shape != (d, d):
            raise ModelError(f"B has shape {score.shape} and V {(d, d)}: they must agree")
        return score
    if B is not None:
        raise ModelError("B was given together with Q or K: give either B, or both Q and K with B = Q^T K")
    if Q is None or K is None:
        raise ModelError(f"{'Q' if Q is None else 'K'} is missing: Q and K come together, as B = Q^T K")
    query, key = _matrix(Q, "Q"), _matrix(K, "K")
    if query.cols != d or key.cols != d or query.rows != key.rows:
        raise ModelError(f"Q has shape {query.shape} and K {key.shape}: both need {d} columns and equally many rows")
    return sp.ImmutableMatrix(query.T * key)


def _beta(beta: Any) -> sp.Expr:
    if not isinstance(beta, (str, bool)) and beta in (float("inf"), float("-inf"), sp.oo, -sp.oo):
        raise ModelError(f"beta is {beta}: hard attention is another model; give a finite number, at least 0")
    if not isinstance(beta, (str, bool)) and (beta is sp.nan or beta != beta):
        raise ModelError("beta is nan: give a finite number, at least 0")
    value = checked_expression(beta, "beta")
    value = sp.S.Zero if value.is_Float and value.is_zero else value  # without temperature the field is polynomial
    if value.is_real is False or value.is_negative:
        raise ModelError(f"beta is {value}: the inverse temperature must be at least 0 (change the sign of B instead)")
    _in_range(value, "beta")
    return value


def _in_range(value: sp.Expr, what: str) -> None:
    if value.is_number and not math.isfinite(float(value)):
        raise ModelError(f"{what} is beyond the range of floats: give a number below 1e308")


def _allowed(mask: Any, n: int) -> tuple[tuple[bool, ...], ...] | None:
    if mask is None:
        return None
    if isinstance(mask, str):
        if mask != "causal":
            raise ModelError(f'mask is {mask!r}: give None, "causal", or a matrix of zeros and ones')
        rows = [[j <= i for j in range(n)] for i in range(n)]
    else:
        flat, shape = flattened(mask)
        if shape != (n, n):
            raise ModelError(f"the mask has shape {shape}: give ({n}, {n}), one row for each token")
        if any(entry not in (0, 1) for entry in flat):
            raise ModelError("the mask has an entry other than 0 and 1: give 1 where token i attends to token j")
        rows = [[bool(flat[i * n + j]) for j in range(n)] for i in range(n)]
    for i, row in enumerate(rows):
        if not any(row):
            raise ModelError(f"row {i + 1} of the mask is empty: each token must attend to at least one token")
    return None if all(map(all, rows)) else tuple(map(tuple, rows))
