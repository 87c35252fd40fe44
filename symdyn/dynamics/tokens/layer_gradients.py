"""How far the output of layers X -> A X W moves with the values of one layer: norms of Jacobians, never formed."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, generator, positive, real_array, real_number, whole
from symdyn.numerics.estimate import Estimate, mean_interval
from symdyn.numerics.softmax import softmax

_NUMBERS_AT_ONCE = 4_000_000


def gradient_norm_squared(attentions: Any, X0: Any, values: Any, layer: int) -> Any:
    """|dX_L/dW_l|_F^2 for attention that does not depend on X, without the Jacobian: exact for exact input.

    The Jacobian is the Kronecker product of A_L .. A_1 X_0 W_1 .. W_{l-1} and (W_{l+1} .. W_L)^T (derived), so the
    square is |A_L .. A_1 X_0 W_1 .. W_{l-1}|_F^2 |W_{l+1} .. W_L|_F^2, the last factor d for l = L.

    Parameters
    ----------
    attentions, values
        (L, T, T) and (L, d, d), draws may lead; or lists of L SymPy matrices.
    X0
        (T, d).
    layer
        l, from 1 to L.

    Raises
    ------
    ModelError, ShapeError
        If attention is a function of the tokens, or shapes do not fit.

    Examples
    --------
    >>> A = [sp.Matrix([[1, 1], [0, 2]]) / 2] * 2
    >>> gradient_norm_squared(A, sp.eye(2), [2 * sp.eye(2)] * 2, 1)  # |A^2|^2 |W_2|^2
    13
    """
    if callable(attentions):
        raise ModelError("the attention depends on X, and the formula assumes not: use gradient_norm_key_query")
    A, W, left = _stacks(attentions, values, X0)
    place = whole(layer, "the layer", least=1, most=len(A))
    for matrix in A:
        left = matrix @ left
    for matrix in W[: place - 1]:
        left = left @ matrix
    d = left.shape[-1]
    right = sp.eye(d) if isinstance(left, sp.MatrixBase) else np.eye(d)
    for matrix in W[place:]:
        right = right @ matrix
    return _square(left) * _square(right)


def jacobian_norm_squared(attentions: Any, X0: Any, values: Any, layer: int) -> Any:
    """The same by the Jacobian, direction by direction through all layers: slow, and without the formula.

    X_L is linear in W_l, so that its derivative in an entry is its value at the unit matrix of that entry.
    """
    A, W, X = _stacks(attentions, values, X0)
    place = whole(layer, "the layer", least=1, most=len(A)) - 1
    d, total = X.shape[-1], 0
    for i, j in itertools.product(range(d), repeat=2):
        unit = np.zeros((d, d), dtype=int)
        unit[i, j] = 1
        moved = X
        for k, (matrix, value) in enumerate(zip(A, W, strict=True)):
            direction = sp.Matrix(unit) if isinstance(moved, sp.MatrixBase) else unit
            moved = matrix @ moved @ (direction if k == place else value)
        total += _square(moved)
    return total


def mean_gradient_norm_squared(attentions: Any, X0: Any, depth: int, *, value_variance: Any = 1) -> Any:
    """The mean over independent centred W_l of variance v, for every layer v^(L-1) d^L |A_L .. A_1 X_0|_F^2.

    Examples
    --------
    >>> mean_gradient_norm_squared([sp.eye(2)] * 3, sp.eye(2), 3, value_variance=sp.Symbol("v"))
    16*v**2
    """
    layers = whole(depth, "the depth", least=1)
    A, _, product = _stacks(attentions, None, X0)
    if len(A) != layers:
        raise ShapeError(f"{len(A)} attentions came with depth {layers}: give one for each layer")
    for matrix in A:
        product = matrix @ product
    if not isinstance(value_variance, sp.Expr):
        value_variance = float(positive(value_variance, "the variance of values"))
    return value_variance ** (layers - 1) * product.shape[-1] ** layers * _square(product)


def _stacks(attentions: Any, values: Any, X0: Any) -> tuple[list[Any], list[Any], Any]:
    """Matrices by layer, and the tokens; arrays keep what leads."""
    if isinstance(attentions, list | tuple) and attentions and isinstance(attentions[0], sp.MatrixBase):
        A, W, X = list(attentions), list(attentions if values is None else values), sp.Matrix(X0)
    else:
        stacked = real_array(attentions, "the attention matrices", ndim=(3, 4))
        weights = stacked if values is None else real_array(values, "the value matrices", ndim=(3, 4))
        X = real_array(X0, "the tokens", ndim=(2, 3))
        A, W = (list(np.moveaxis(one, -3, 0)) for one in (stacked, weights))
    if len(A) != len(W) or not A:
        raise ShapeError(f"{len(A)} attentions came with {len(W)} values: give one of each for a layer")
    T, d = X.shape[-2:]
    if A[0].shape[-2:] != (T, T) or (values is not None and W[0].shape[-2:] != (d, d)):
        raise ShapeError(f"tokens {(T, d)} came with matrices {A[0].shape} and {W[0].shape}: give (T, T) and (d, d)")
    return A, W, X


def _square(matrix: Any) -> Any:
    if isinstance(matrix, sp.MatrixBase):
        return sum((entry**2 for entry in matrix), sp.S.Zero)
    found = (np.asarray(matrix) ** 2).sum(axis=(-2, -1))
    return float(found) if found.ndim == 0 else found


def gradient_norm_key_query(
    X0: Any,
    queries: Any,
    keys: Any,
    values: Any,
    layer: int,
    *,
    scale: float | None = None,
    remove_outlier: bool = False,
    probes: int | None = None,
    seed: int = 0,
) -> float | Estimate:
    """|dX_L/dW_l|_F^2 where attention is softmax(X Q (X K)^T scale) of the tokens of its layer.

    Directions of W_l are pushed through the layers, many at once; the Jacobian is not formed.

    Parameters
    ----------
    X0
        (T, d).
    queries, keys, values
        (L, d, d_k), (L, d, d_k) and (L, d, d).
    layer
        l, from 1 to L.
    scale
        1/sqrt(d_k) unless given.
    remove_outlier
        Whether A - (1/T) 1 1^T stands for A.
    probes
        None: all d^2 directions, and the answer is a float. Else so many Gaussian directions, whose mean square is the
        norm (Hutchinson), and the answer is an Estimate.
    seed
        Of the directions.

    Raises
    ------
    ModelError, ShapeError
        If shapes do not fit.
    """
    X = real_array(X0, "the tokens", ndim=2)
    Q, K, W = (real_array(m, w, ndim=3) for m, w in ((queries, "Q"), (keys, "K"), (values, "the value matrices")))
    T, d = X.shape
    if Q.shape != K.shape or Q.shape[1] != d or W.shape != (len(Q), d, d):
        raise ShapeError(
            f"tokens {X.shape} came with Q {Q.shape}, K {K.shape} and W {W.shape}: give (L, d, d_k) twice and (L, d, d)"
        )
    place = whole(layer, "the layer", least=1, most=len(Q))
    factor = 1 / np.sqrt(Q.shape[2]) if scale is None else real_number(scale, "the scale")
    scores = factor * Q @ np.swapaxes(K, 1, 2)
    states, weights = [X], []
    for M, value in zip(scores, W, strict=True):
        weights.append(softmax(states[-1] @ M @ states[-1].T))
        states.append((weights[-1] - remove_outlier / T) @ states[-1] @ value)

    def pushed(directions: Floats) -> Floats:
        """Directions (k, d, d) of W_l as squares of what X_L moves."""
        D = ((weights[place - 1] - remove_outlier / T) @ states[place - 1]) @ directions
        for k in range(place, len(W)):
            here, A, M = states[k], weights[k], scores[k]
            moved = D @ (M @ here.T) + (here @ M) @ np.swapaxes(D, 1, 2)
            spread = A * (moved - (A * moved).sum(axis=2, keepdims=True))
            D = (spread @ here + (A - remove_outlier / T) @ D) @ W[k]
        return np.asarray((D**2).sum(axis=(1, 2)))

    at_once = max(1, _NUMBERS_AT_ONCE // (T * max(T, d)))
    if probes is not None:
        number, rng = whole(probes, "the number of probes", least=2), generator(seed)
        sizes = [min(at_once, number - start) for start in range(0, number, at_once)]
        squares = np.concatenate([pushed(rng.normal(size=(size, d, d))) for size in sizes])
        return mean_interval(squares, seed=seed)
    total = 0.0
    for start in range(0, d * d, at_once):
        chosen = np.arange(start, min(start + at_once, d * d))
        units = np.zeros((len(chosen), d * d))
        units[np.arange(len(chosen)), chosen] = 1
        total += float(pushed(units.reshape(-1, d, d)).sum())
    return total
