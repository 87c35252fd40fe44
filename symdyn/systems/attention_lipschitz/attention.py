"""Attention on tokens and its Jacobian: formulas for exact input, arrays for floats, a linear map without a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, real_array
from symdyn.numerics.operator_norm import LinearMap
from symdyn.numerics.softmax import attention_tangent, softmax
from symdyn.systems.attention_lipschitz.given import Input, exact_matrix, is_exact, read

_MOST_BYTES = 2 * 10**9


def scores_matrix(Q: Any, K: Any) -> Any:
    """A = K^T Q / sqrt(k) of shape (d, d), from queries and keys (k, d) or heads (h, k, d); exact for exact input.

    Examples
    --------
    >>> scores_matrix([[1.0, 2.0]], [[3.0, 4.0]]).tolist()
    [[3.0, 6.0], [4.0, 8.0]]
    """
    if is_exact(Q) or is_exact(K):
        queries, keys = exact_matrix(Q, "the matrix Q"), exact_matrix(K, "the matrix K")
        _same_shapes(queries.shape, keys.shape)
        return sp.ImmutableMatrix(keys.T * queries / sp.sqrt(queries.rows))
    queries, keys = real_array(Q, "the matrix Q", ndim=(2, 3)), real_array(K, "the matrix K", ndim=(2, 3))
    _same_shapes(queries.shape, keys.shape)
    return np.swapaxes(keys, -1, -2) @ queries / np.sqrt(queries.shape[-2])


def attention(X: Any, A: Any, V: Any, *, mask: Any = None, weights: Any = None) -> Any:
    """f(X)_i = V sum_j P_ij x_j as rows, (n, d_out), summed over heads.

    Parameters
    ----------
    X
        Tokens (n, d) as rows; arrays may have batches before, SymPy tokens give formulas.
    A, V
        (d, d) and (d_out, d), or one of each for every head.
    mask
        None, "causal" (j <= i), or boolean (n, n), True where i sees j.
    weights
        (n,), above 0 with sum 1: masses of the tokens, factors in the softmax.

    Raises
    ------
    ModelError, ShapeError
        If something is no number or does not fit.

    Examples
    --------
    >>> attention([[0.0], [1.0]], [[0.0]], [[2.0]]).tolist()
    [[1.0], [1.0]]
    """
    given = read(X, A, V, mask, weights)
    if given.heads.is_exact:
        total = sp.zeros(given.number, given.heads.outputs)
        for score, value in zip(given.heads.scores, given.heads.values, strict=True):
            total += exact_weights(given, score) * given.tokens * value.T
        return sp.ImmutableMatrix(total)
    parts = (
        float_weights(given, score) @ given.tokens @ value.T
        for score, value in zip(given.heads.scores, given.heads.values, strict=True)
    )
    return np.asarray(sum(parts))


def jacobian(X: Any, A: Any, V: Any, *, mask: Any = None, weights: Any = None) -> Any:
    """Df(X) of shape (n d_out, n d), rows i d_out + a and columns j d + b, by its formula (derived).

    J_ij = V (P_ij (I + (x_j - m_i) (A x_i)^T) + [i = j] C_i A), with mean m_i and covariance C_i of the tokens under
    P_i; summed over heads. With weights this is the derivative in the positions of the atoms, before masses scale it.

    Raises
    ------
    ModelError, ShapeError
        As `attention`, or if the matrix would take more than 2 GB; `jacobian_map` forms none.
    """
    given = read(X, A, V, mask, weights)
    n, d, out = given.number, given.heads.dimension, given.heads.outputs
    if given.heads.is_exact:
        return _exact_jacobian(given)
    size = 8 * n * d * n * out * int(np.prod(given.tokens.shape[:-2], dtype=int))
    if size > _MOST_BYTES:
        raise ModelError(f"the Jacobian would take {size / 1e9:.1f} GB: use jacobian_map, which forms no matrix")
    total = np.zeros((*given.tokens.shape[:-2], n, out, n, d))
    own = np.zeros((*given.tokens.shape[:-2], n, out, d))
    X = given.tokens
    for score, value in zip(given.heads.scores, given.heads.values, strict=True):
        P = float_weights(given, score)
        images = X @ value.T
        apart = images[..., None, :, :] - (P @ images)[..., :, None, :]
        weighted = P[..., None] * apart
        total += np.einsum("...ij,ab->...iajb", P, value)
        total += np.einsum("...ija,...ib->...iajb", weighted, X @ score.T)
        # sum_j P_ij V (x_j - m_i) x_j^T A: the mean on the right cancels under these weights
        own += np.einsum("...ija,...jb->...iab", weighted, X) @ score
    every = np.arange(n)
    total[..., every, :, every, :] += np.moveaxis(own, -3, 0)
    return total.reshape(*given.tokens.shape[:-2], n * out, n * d)


def jacobian_map(X: Any, A: Any, V: Any, *, mask: Any = None, weights: Any = None) -> LinearMap:
    """The Jacobian as a linear map: J and J^T in O(n^2 d), the matrix is not formed; summed over heads.

    Raises
    ------
    ModelError, ShapeError
        As `attention`.
    """
    given = read(X, A, V, mask, weights)
    if given.heads.is_exact or given.tokens.ndim != 2:
        raise ModelError("a linear map is made of floats: give tokens (n, d) as an array of floats")
    parts = [
        attention_tangent(given.tokens, score.T, value, mask=given.mask, weights=given.weights)
        for score, value in zip(given.heads.scores, given.heads.values, strict=True)
    ]
    if len(parts) == 1:
        return parts[0]
    return LinearMap(
        lambda v: np.asarray(sum(part.apply(v) for part in parts)),
        lambda u: np.asarray(sum(part.transpose(u) for part in parts)),
        parts[0].shape,
    )


def float_weights(given: Input, score: Floats) -> Floats:
    """P for one head, (..., n, n)."""
    X = given.tokens
    with np.errstate(over="ignore", invalid="ignore"):
        S = (X @ score.T) @ np.swapaxes(X, -1, -2)
    if not np.isfinite(S).all():
        raise ModelError("the scores of the tokens are beyond the range of floats: scale the tokens or A")
    return softmax(S, mask=given.mask, weights=given.weights)


def exact_weights(given: Input, score: Any) -> Any:
    """P for one head, as formulas."""
    X, n = given.tokens, given.number
    S = X * score.T * X.T
    rows = []
    for i in range(n):
        seen = [j for j in range(n) if given.mask is None or given.mask[i, j]]
        terms = {j: sp.exp(S[i, j]) * (1 if given.weights is None else given.weights[j]) for j in seen}
        total = sp.Add(*terms.values())
        # a token that sees one alone: SymPy would keep exp(s) / exp(s)
        rows.append([(terms[j] / total if len(seen) > 1 else sp.S.One) if j in terms else sp.S.Zero for j in range(n)])
    return sp.ImmutableMatrix(rows)


def _exact_jacobian(given: Input) -> Any:
    X, n, heads = given.tokens, given.number, given.heads
    d, out = heads.dimension, heads.outputs
    total = sp.zeros(n * out, n * d)
    for score, value in zip(heads.scores, heads.values, strict=True):
        P = exact_weights(given, score)
        means = P * X
        for i in range(n):
            query = (score * X.row(i).T).T
            apart = [(X.row(j) - means.row(i)).T for j in range(n)]
            covariance = sum((P[i, j] * one * one.T for j, one in enumerate(apart)), sp.zeros(d, d))
            for j in range(n):
                block = P[i, j] * (sp.eye(d) + apart[j] * query) if P[i, j] != 0 else sp.zeros(d, d)
                block = value * (block + covariance * score) if i == j else value * block
                total[i * out : (i + 1) * out, j * d : (j + 1) * d] += block
    return sp.ImmutableMatrix(total)


def _same_shapes(queries: Any, keys: Any) -> None:
    if queries != keys or not all(queries):
        raise ShapeError(f"Q and K have shapes {queries} and {keys}: give (k, d) for both")
