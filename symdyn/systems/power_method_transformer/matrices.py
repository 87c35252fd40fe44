"""Matrices as they come: heads, scores, gain and mask, checked and made exact where they are exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.algebra.formulas.symbols import checked_expression, flattened
from symdyn.errors import ModelError, ShapeError

Floats = npt.NDArray[np.float64]


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


def as_matrix(value: Any, what: str) -> sp.ImmutableMatrix:
    """One matrix from a SymPy matrix, an array or nested lists; exact entries stay exact.

    Raises
    ------
    ShapeError
        If it has not two axes.
    """
    found = matrices(value, what)
    if len(found) != 1:
        raise ShapeError(f"{what} has three axes: give one matrix")
    return found[0]


def as_array(matrix: sp.MatrixBase) -> Floats:
    """The matrix as floats.

    Raises
    ------
    ModelError
        If it has symbols, or an entry beyond the range of floats.
    """
    free = sorted(map(str, matrix.free_symbols))
    if free:
        raise ModelError(f"`{free[0]}` has no value: arrays need numbers, so give one or ask for the formulas")
    found = np.array([[float(entry) for entry in matrix.row(i)] for i in range(matrix.rows)], dtype=np.float64)
    if not np.isfinite(found).all():
        raise ModelError("an entry of a matrix is beyond the range of floats: give numbers below 1e308")
    return found


def matrices(value: Any, what: str) -> tuple[sp.ImmutableMatrix, ...]:
    """One matrix, or one for each head, from two or three axes."""
    parts = list(value) if isinstance(value, (list, tuple)) else value
    if isinstance(parts, list) and parts and isinstance(parts[0], sp.MatrixBase):
        return tuple(as_matrix(part, what) for part in parts)
    entries, shape = flattened(value)
    if len(shape) not in (2, 3) or not entries:
        raise ShapeError(f"{what} has shape {shape}: give a matrix, as in [[3, 0], [0, 1]], or a list of them")
    checked = [checked_expression(entry, f"an entry of {what}") for entry in entries]
    rows, columns = shape[-2:]
    size = rows * columns
    return tuple(
        sp.ImmutableMatrix(rows, columns, checked[k * size : (k + 1) * size]) for k in range(len(checked) // size)
    )


def score_matrices(Q: Any, K: Any, heads: int, d: int) -> tuple[sp.ImmutableMatrix, ...]:
    """Q_h^T K_h of every head; the identity where neither is given."""
    if Q is None and K is None:
        return (sp.ImmutableMatrix(sp.eye(d)),) * heads
    if Q is None or K is None:
        raise ModelError(f"{'K' if Q is None else 'Q'} is given alone: give both Q and K, or neither")
    queries, keys = matrices(Q, "Q"), matrices(K, "K")
    if len(queries) != heads or len(keys) != heads:
        raise ShapeError(f"{len(queries)} Q and {len(keys)} K for {heads} heads: give one of each for each head")
    for q, k in zip(queries, keys, strict=True):
        if q.shape != k.shape or q.cols != d:
            raise ShapeError(f"Q of shape {q.shape} and K of shape {k.shape}: give two of shape (d_h, {d})")
    return tuple(sp.ImmutableMatrix(q.T * k) for q, k in zip(queries, keys, strict=True))


def gain_entries(gain: Any, d: int) -> tuple[sp.Expr, ...]:
    """The diagonal of Gamma; ones for None."""
    if gain is None:
        return (sp.S.One,) * d
    entries, shape = flattened(gain)
    if shape not in ((d,), (d, 1), (1, d)):
        raise ShapeError(f"gain has shape {shape}: give {d} numbers, the diagonal of Gamma")
    return tuple(checked_expression(entry, "an entry of gain") for entry in entries)


def allowed_pairs(mask: Any, n: int) -> sp.ImmutableMatrix:
    """The mask as a matrix of 0 and 1, every row with a 1 in it."""
    if mask is None:
        return sp.ImmutableMatrix(sp.ones(n, n))
    if isinstance(mask, str):
        if mask != "causal":
            raise ModelError(f"mask is {mask!r}: write causal, or give a matrix of 0 and 1")
        return sp.ImmutableMatrix(n, n, lambda i, j: int(int(j) <= int(i)))
    entries, shape = flattened(mask)
    if shape != (n, n):
        raise ShapeError(f"the mask has shape {shape}: give ({n}, {n}), one row for each token")
    if any(entry not in (0, 1) for entry in entries):
        raise ModelError("the mask has an entry that is neither 0 nor 1: write 1 where a token may attend to another")
    found = sp.ImmutableMatrix(n, n, [int(entry) for entry in entries])
    for i in range(n):
        if sum(found.row(i)) == 0:
            raise ModelError(f"row {i + 1} of the mask is zero: every token must attend to at least one token")
    return found
