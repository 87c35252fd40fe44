"""Attention matrices that are random, by independent entries or by keys and queries, and without their outlier."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, one_of, real_array, whole
from symdyn.numerics.ensembles import EntryLaw, gaussian, markov
from symdyn.numerics.softmax import softmax


def markov_attention(
    tokens: int, law: str | EntryLaw = "exponential", *, draws: int | None = None, seed: int = 0
) -> Floats:
    """Row-stochastic (T, T) or (draws, T, T), entries independent of this law before rows are divided by their sums."""
    return markov(checked_tokens(tokens), law, draws=draws, seed=seed)


def key_query_attention(
    X: Any,
    *,
    initialisation: str = "normal",
    key_dimension: int | None = None,
    scale: float | None = None,
    Q: Any = None,
    K: Any = None,
    draws: int | None = None,
    seed: int = 0,
) -> Floats:
    """softmax(X Q (X K)^T scale) by rows, (T, T) or (draws, T, T).

    Parameters
    ----------
    X
        Tokens (T, d).
    initialisation
        "normal", entries of Q and K of variance 1, or "xavier", 2/(d + d_k).
    key_dimension
        d_k; d unless given.
    scale
        1/sqrt(d_k) unless given.
    Q, K
        Matrices (d, d_k) to use instead of random ones.
    draws, seed
        Of random ones.

    Raises
    ------
    ModelError, ShapeError
        If one of Q and K is missing, or a shape does not fit.
    """
    tokens = real_array(X, "the tokens", ndim=2)
    d = tokens.shape[1]
    if (Q is None) != (K is None):
        raise ModelError("one of Q and K came: give both, or neither for random ones")
    if Q is not None:
        queries, keys = real_array(Q, "the matrix Q", ndim=2), real_array(K, "the matrix K", ndim=2)
        if queries.shape != keys.shape or queries.shape[0] != d:
            raise ShapeError(f"Q and K have shapes {queries.shape} and {keys.shape}: give ({d}, d_k) for both")
        inner = queries.shape[1]
    else:
        kind = one_of(initialisation, "the initialisation", ("normal", "xavier"))
        inner = d if key_dimension is None else whole(key_dimension, "the dimension of keys", least=1)
        size = 1.0 if kind == "normal" else np.sqrt(2 / (d + inner))
        queries, keys = (size * gaussian(d, inner, draws=draws, seed=seed + k) for k in (0, 10**6))
    factor = 1 / np.sqrt(inner) if scale is None else float(scale)
    scores = (tokens @ queries) @ np.swapaxes(tokens @ keys, -1, -2)
    return softmax(factor * scores)


def without_outlier(A: Any) -> Any:
    """A - (1/T) 1 1^T, for arrays (..., T, T) and for SymPy matrices.

    Raises
    ------
    ModelError, ShapeError
        If a row does not sum to 1: identically for formulas, within 1e-8 for arrays.
    """
    if isinstance(A, sp.MatrixBase):
        sums = [sp.simplify(sum(A.row(i))) for i in range(A.rows)]
        wrong = next((i for i, s in enumerate(sums) if s != 1), None)
        if A.rows != A.cols or wrong is not None:
            place = "" if wrong is None else f"row {wrong + 1} sums to {sums[wrong]}"
            raise ModelError(f"{place or 'the matrix is not square'}: give a square matrix whose rows sum to 1")
        return sp.ImmutableMatrix(A - sp.ones(A.rows, A.rows) / A.rows)
    values = stochastic(A)
    return values - 1 / values.shape[-1]


def stochastic(A: Any) -> Floats:
    values = real_array(A, "the attention matrix")
    if values.ndim < 2 or values.shape[-1] != values.shape[-2]:
        raise ShapeError(f"the attention matrix has the shape {values.shape}: give (..., T, T)")
    defects = np.abs(values.sum(axis=-1) - 1)
    worst = np.unravel_index(int(np.argmax(defects)), defects.shape)
    if defects[worst] > 1e-8:
        raise ModelError(
            f"row {int(worst[-1]) + 1} of the attention matrix sums to {values[worst].sum():.6g}: divide rows by their "
            "sums"
        )
    return values


def checked_tokens(tokens: Any) -> int:
    return whole(tokens, "the number of tokens", least=2)
