"""Weights, masks and sizes of attention as users write them: checked, and exact where they are exact."""

from __future__ import annotations

import math
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.symbols import checked_expression, flattened
from symdyn.errors import ModelError, ShapeError

#: Which token attends to which, row by row; None for full attention.
Mask = tuple[tuple[bool, ...], ...] | None


def matrix(entries: Any, name: str) -> sp.ImmutableMatrix:
    """One matrix of real numbers or symbols, from nested lists, an array or a SymPy matrix.

    Raises
    ------
    ShapeError
        If it has not two axes.
    ModelError
        If an entry is not real or beyond the range of floats.
    """
    flat, shape = flattened(entries)
    if len(shape) != 2 or 0 in shape:
        raise ShapeError(f"{name} has shape {shape}: give a matrix, as in {name}=[[2, 0], [0, 1]]")
    return sp.ImmutableMatrix(*shape, [_real(entry, f"an entry of {name}") for entry in flat])


def matrices(entries: Any, name: str) -> tuple[sp.ImmutableMatrix, ...]:
    """One matrix, or one for each head: from two or three axes, or a list of SymPy matrices.

    Raises
    ------
    ShapeError, ModelError
        As for `matrix`.
    """
    parts = list(entries) if isinstance(entries, (list, tuple)) else entries
    if isinstance(parts, list) and parts and isinstance(parts[0], sp.MatrixBase):
        return tuple(matrix(part, name) for part in parts)
    flat, shape = flattened(entries)
    if len(shape) == 2:
        return (matrix(entries, name),)
    if len(shape) != 3 or 0 in shape:
        raise ShapeError(f"{name} has shape {shape}: give a matrix, as in [[3, 0], [0, 1]], or a list of them")
    size = shape[1] * shape[2]
    real = [_real(entry, f"an entry of {name}") for entry in flat]
    return tuple(sp.ImmutableMatrix(*shape[1:], real[k * size : (k + 1) * size]) for k in range(shape[0]))


def score_matrices(d: int, heads: int, B: Any = None, Q: Any = None, K: Any = None) -> tuple[sp.ImmutableMatrix, ...]:
    """B or Q^T K of every head, each (d, d); the identity where nothing is given.

    Raises
    ------
    ModelError
        If Q or K is given alone, or together with B.
    ShapeError
        If numbers of heads or shapes do not fit.
    """
    if B is not None and (Q is not None or K is not None):
        raise ModelError("B was given together with Q or K: give either B, or both Q and K with B = Q^T K")
    if B is not None:
        scores = matrices(B, "B")
    elif Q is None and K is None:
        scores = (sp.ImmutableMatrix(sp.eye(d)),) * heads
    elif Q is None or K is None:
        raise ModelError(
            f"{'Q' if Q is None else 'K'} is missing: Q and K come together, as B = Q^T K; give both, or neither"
        )
    else:
        queries, keys = matrices(Q, "Q"), matrices(K, "K")
        if len(queries) != heads or len(keys) != heads:
            raise ShapeError(f"{len(queries)} Q and {len(keys)} K for {heads} heads: give one of each for each head")
        for q, k in zip(queries, keys, strict=True):
            if q.cols != d or k.cols != d or q.rows != k.rows:
                raise ShapeError(f"Q has shape {q.shape} and K {k.shape}: both need {d} columns and equally many rows")
        scores = tuple(sp.ImmutableMatrix(q.T * k) for q, k in zip(queries, keys, strict=True))
    if len(scores) != heads:
        raise ShapeError(f"there are {len(scores)} score matrices for {heads} heads: give one for each head")
    for score in scores:
        if score.shape != (d, d):
            raise ShapeError(f"B has shape {score.shape} and the values {(d, d)}: they must agree")
    return scores


def head_matrices(W_O: Any, W_V: Any) -> tuple[sp.ImmutableMatrix, ...]:
    """The products F_h = W_O^h W_V^h of output (d, d_h) and value (d_h, d) matrices, head by head.

    Raises
    ------
    ShapeError
        If the numbers of heads or the shapes do not fit.
    """
    outputs, values = matrices(W_O, "W_O"), matrices(W_V, "W_V")
    if len(outputs) != len(values):
        raise ShapeError(f"{len(outputs)} matrices W_O for {len(values)} matrices W_V: give one of each for each head")
    for out, value in zip(outputs, values, strict=True):
        if out.cols != value.rows or out.rows != value.cols:
            raise ShapeError(f"W_O of shape {out.shape} with W_V of shape {value.shape}: give (d, d_h) and (d_h, d)")
    return tuple(sp.ImmutableMatrix(out * value) for out, value in zip(outputs, values, strict=True))


def inverse_temperature(beta: Any) -> sp.Expr:
    """A number from 0, or an expression in symbols.

    Raises
    ------
    ModelError
        If it is negative, not real or not finite.
    """
    if not isinstance(beta, (str, bool)) and beta in (float("inf"), float("-inf"), sp.oo, -sp.oo):
        raise ModelError(f"beta is {beta}: hard attention is another model; give a finite number, at least 0")
    if not isinstance(beta, (str, bool)) and (beta is sp.nan or beta != beta):
        raise ModelError("beta is nan: give a finite number, at least 0")
    value = checked_expression(beta, "beta")
    value = sp.S.Zero if value.is_Float and value.is_zero else value  # without temperature the field is polynomial
    if value.is_real is False or value.is_negative:
        raise ModelError(f"beta is {value}: the inverse temperature must be at least 0 (change the sign of B instead)")
    return _in_range(value, "beta")


def token_count(tokens: Any) -> int:
    """A whole number from 1.

    Raises
    ------
    ModelError
        Else.
    """
    if isinstance(tokens, bool) or not hasattr(tokens, "__index__") or int(tokens) < 1:
        raise ModelError(f"tokens is {tokens!r}: give a whole number, at least 1")
    return int(tokens)


def mask_rows(mask: Any, n: int) -> Mask:
    """None for full attention, else whether token i attends to token j.

    Raises
    ------
    ModelError, ShapeError
        For an unknown word, another shape, entries other than 0 and 1, or a token that attends to none.
    """
    if mask is None:
        return None
    if isinstance(mask, str):
        if mask != "causal":
            raise ModelError(f'mask is {mask!r}: write causal, or give a matrix of zeros and ones, or None')
        rows = [[j <= i for j in range(n)] for i in range(n)]
    else:
        flat, shape = flattened(mask)
        if shape != (n, n):
            raise ShapeError(f"the mask has shape {shape}: give ({n}, {n}), one row for each token")
        if any(entry not in (0, 1) for entry in flat):
            raise ModelError("the mask has an entry other than 0 and 1: give 1 where token i attends to token j")
        rows = [[bool(flat[i * n + j]) for j in range(n)] for i in range(n)]
    for i, row in enumerate(rows):
        if not any(row):
            raise ModelError(f"row {i + 1} of the mask is empty: every token must attend to at least one token")
    return None if all(map(all, rows)) else tuple(map(tuple, rows))


def _real(entry: Any, what: str) -> sp.Expr:
    value = checked_expression(entry, what)
    if value.is_real is False:
        raise ModelError(f"{what} is {value}: weights are real numbers")
    return _in_range(value, what)


def _in_range(value: sp.Expr, what: str) -> sp.Expr:
    if value.is_number and not math.isfinite(float(value)):
        raise ModelError(f"{what} is beyond the range of floats: give a number below 1e308")
    return value
