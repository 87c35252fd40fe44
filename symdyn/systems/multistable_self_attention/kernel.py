"""The field and its derivatives as array code, batch axis last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from symdyn.systems.multistable_self_attention.parameters import Attention

Floats = npt.NDArray[np.float64]


def kernel(model: Attention) -> Callable[[Any], Any]:
    """The field as array code, from states (n d, batch) to velocities of the same shape."""
    n, d = model.tokens, model.dimension
    V, B = np.array(model.V.tolist(), dtype=float), np.array((model.beta * model.B).tolist(), dtype=float)
    barred = None if model.allowed is None else ~np.array(model.allowed)

    def velocity(state: Any) -> Floats:
        x = np.asarray(state, dtype=float).reshape(n, d, -1)
        weights = _weights(x, B, barred)
        mean = weights[:, 0, None] * x[0]
        for j in range(1, n):
            mean += weights[:, j, None] * x[j]
        y = np.matmul(V, mean)
        radial = (x * y).sum(axis=1, keepdims=True) / np.square(x).sum(axis=1, keepdims=True)
        return np.asarray((y - radial * x).reshape(np.shape(state)))

    return velocity


def kernel_jacobian(model: Attention) -> Callable[[Any], Any]:
    """Derivatives of `kernel` as array code, from states (n d, batch) to matrices (n d, n d, batch).

    With M_i the attention mean, y_i = V M_i, C_i the covariance of the tokens under the weights of token i,
    P_i = I - x_i x_i^T / |x_i|^2 and a_i = x_i.y_i / |x_i|^2, the block of tokens i, k is
    P_i V alpha_ik [I + (x_k - M_i) (beta B^T x_i)^T] + delta_ik [P_i V C_i (beta B)^T - a_i I - x_i (y_i - 2 a_i x_i)^T
    / |x_i|^2].
    """
    n, d = model.tokens, model.dimension
    V, B = np.array(model.V.tolist(), dtype=float), np.array((model.beta * model.B).tolist(), dtype=float)
    barred = None if model.allowed is None else ~np.array(model.allowed)

    def jacobian(state: Any) -> Floats:
        x = np.asarray(state, dtype=float).reshape(n, d, -1)
        batch = x.shape[2]
        weights = _weights(x, B, barred)
        mean = np.einsum("ikz,kaz->iaz", weights, x)
        values, y = np.matmul(V, x), np.matmul(V, mean)
        square = np.square(x).sum(axis=1)
        along = (x * y).sum(axis=1) / square
        unit = x / square[:, None]
        projected = V[None, :, :, None] - x[:, :, None] * np.einsum("iaz,ab->ibz", unit, V)[:, None]
        query = np.matmul(B.T, x)
        out = np.empty((n, d, n, d, batch))
        for i in range(n):  # token by token: what is made for one stays in the cache
            apart = values - y[i]
            apart -= (unit[i] * apart).sum(axis=1)[:, None] * x[i]
            apart *= weights[i][:, None]  # P_i V (x_k - M_i) alpha_ik
            np.multiply(projected[i][:, None], weights[i][None, :, None], out=out[i])
            out[i] += np.swapaxes(apart, 0, 1)[:, :, None] * query[i]
            own = np.einsum("kaz,kbz->abz", apart, np.matmul(B, x))
            own -= x[i][:, None] * (y[i] - 2 * along[i] * x[i]) / square[i]
            own[np.arange(d), np.arange(d)] -= along[i]
            out[i, :, i] += own
        return out.reshape(n * d, n * d, *np.shape(state)[1:])

    return jacobian


def _weights(x: Floats, B: Floats, barred: Any) -> Floats:
    """The attention weights alpha_ij, shape (n, n, batch)."""
    keys = np.matmul(B, x)
    scores = x[:, None, 0] * keys[None, :, 0]
    for a in range(1, x.shape[1]):
        scores += x[:, None, a] * keys[None, :, a]
    if barred is not None:
        scores[barred] = -np.inf
    scores -= scores.max(axis=1, keepdims=True)  # the largest weight is 1: no overflow at any beta
    weights = np.exp(scores, out=scores)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(weights)
