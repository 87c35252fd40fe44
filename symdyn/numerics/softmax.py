"""Softmax of scores, and the derivative of attention on tokens as a linear map that forms no matrix of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, real_array
from symdyn.numerics.operator_norm import LinearMap


def softmax(scores: Any, *, weights: Any = None, mask: Any = None, axis: int = -1) -> Floats:
    """w_j e^{s_j} / sum_k w_k e^{s_k} along an axis, shifted so that nothing overflows.

    Parameters
    ----------
    scores
        Array; -inf stands for a term that is left out, as in a mask.
    weights
        Positive or zero, broadcast to the scores; taken as logarithms.
    mask
        True where a term counts, broadcast to the scores.
    axis
        Along which the values sum to 1.

    Raises
    ------
    ModelError
        If a score is nan or +inf, a weight is negative, or nothing is left along the axis.

    Examples
    --------
    >>> softmax([1000.0, 1000.0]).tolist(), softmax([0.0, 0.0], weights=[1, 3]).tolist()
    ([0.5, 0.5], [0.25, 0.75])
    """
    given = np.asarray(scores, dtype=float)
    if np.isnan(given).any() or (given == np.inf).any():
        raise ModelError("the scores hold nan or infinity: give finite numbers, or -inf for what is left out")
    if weights is not None:
        factors = real_array(weights, "the list of weights")
        if (factors < 0).any():
            raise ModelError("a weight is negative: give weights from 0")
        with np.errstate(divide="ignore"):
            given = given + np.log(factors)
    if mask is not None:
        given = np.where(np.asarray(mask, dtype=bool), given, -np.inf)
    top = given.max(axis=axis, keepdims=True)
    if (top == -np.inf).any():
        raise ModelError("a row of the scores has no term left: leave at least one in each row of the mask")
    shares = np.exp(given - top)
    return np.asarray(shares / shares.sum(axis=axis, keepdims=True))


def attention_tangent(X: Any, A: Any, V: Any, *, mask: Any = None, weights: Any = None) -> LinearMap:
    """The derivative of X -> softmax(X A X^T) X V^T at tokens X, as a linear map from (n d,) to (n d_out,), row by row.

    With S = X A X^T and P its softmax by rows, the direction D moves S by D A X^T + X A D^T, P by
    P (dS - row sums of P dS), and the output by dP X V^T + P D V^T: O(n^2 d) each, the matrix (n d, n d) is not formed.

    Parameters
    ----------
    X
        Tokens, shape (n, d), rows are tokens.
    A
        Scores, shape (d, d): the score of token i with token j is x_i^T A x_j.
    V
        Values, shape (d_out, d): token j carries V x_j.
    mask
        (n, n), True where i sees j.
    weights
        Of the tokens, (n,).

    Raises
    ------
    ModelError, ShapeError
        If a shape does not fit.
    """
    X = real_array(X, "the tokens", ndim=2)
    A, V = real_array(A, "the matrix of scores", ndim=2), real_array(V, "the matrix of values", ndim=2)
    n, d = X.shape
    out = V.shape[0]
    if A.shape != (d, d) or V.shape[1] != d:
        raise ShapeError(f"tokens of dimension {d} came with matrices {A.shape} and {V.shape}: give ({d}, {d})")
    P = softmax(X @ A @ X.T, weights=weights, mask=mask)
    right, left = X @ A, X @ A.T

    def apply(direction: Floats) -> Floats:
        D = _direction(direction, n, d)
        moved = D @ left.T + right @ D.T
        spread = P * (moved - (P * moved).sum(axis=1, keepdims=True))
        return np.asarray(((spread @ X + P @ D) @ V.T).ravel())

    def transpose(direction: Floats) -> Floats:
        G = _direction(direction, n, out) @ V
        gain = G @ X.T
        spread = P * (gain - (P * gain).sum(axis=1, keepdims=True))
        return np.asarray((spread @ left + spread.T @ right + P.T @ G).ravel())

    return LinearMap(apply, transpose, (n * out, n * d))


def _direction(given: Any, n: int, size: int) -> Floats:
    found = real_array(given, "the direction")
    if found.size != n * size:
        raise ShapeError(f"the direction has the shape {found.shape}: give ({n * size},) or ({n}, {size})")
    return found.reshape(n, size)
