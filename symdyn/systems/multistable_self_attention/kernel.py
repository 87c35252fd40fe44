"""The field as array code, batch axis last."""

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
        keys = np.matmul(B, x)
        scores = x[:, None, 0] * keys[None, :, 0]
        for a in range(1, d):
            scores += x[:, None, a] * keys[None, :, a]
        if barred is not None:
            scores[barred] = -np.inf
        scores -= scores.max(axis=1, keepdims=True)  # the largest weight is 1: no overflow at any beta
        weights = np.exp(scores, out=scores)
        weights /= weights.sum(axis=1, keepdims=True)
        mean = weights[:, 0, None] * x[0]
        for j in range(1, n):
            mean += weights[:, j, None] * x[j]
        y = np.matmul(V, mean)
        radial = (x * y).sum(axis=1, keepdims=True) / np.square(x).sum(axis=1, keepdims=True)
        return np.asarray((y - radial * x).reshape(np.shape(state)))

    return velocity
