"""The Jacobian at any equilibrium in closed form, as arrays. Derived; an independent route beside differentiation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from symdyn.systems.multistable_self_attention.parameters import Attention

Floats = npt.NDArray[np.float64]


def closed_form_jacobian(model: Attention, point: Any) -> Floats:
    """Tangent Jacobian at an equilibrium, shape (n (d-1), n (d-1)), in an orthonormal basis of each tangent space.

    With the attention mean M_i and covariance C_i, the block of tokens i, k is
    P_i { alpha_ik V [I + beta (x_k - M_i) x_i^T B] + delta_ik [beta V C_i B^T - mu_i I] }.
    Off an equilibrium terms are missing: do not use it there.

    Parameters
    ----------
    point
        Coordinates of the tokens, n d numbers or shape (n, d).
    """
    n, d = model.tokens, model.dimension
    x = np.array(point, dtype=float).reshape(n, d)
    V, B = (np.array(m.tolist(), dtype=float) for m in (model.V, model.B))
    beta = float(model.beta)
    scores = beta * x @ B @ x.T
    if model.allowed is not None:
        scores = np.where(np.array(model.allowed), scores, -np.inf)
    alpha = np.exp(scores - scores.max(axis=1, keepdims=True))
    alpha /= alpha.sum(axis=1, keepdims=True)
    mean = alpha @ x
    bases = [tangent_frame(token) for token in x]
    rows = []
    for i in range(n):
        radial = x[i] @ V @ mean[i]
        covariance = (alpha[i][:, None] * x).T @ x - np.outer(mean[i], mean[i])
        blocks = []
        for k in range(n):
            block = alpha[i, k] * V @ (np.eye(d) + beta * np.outer(x[k] - mean[i], x[i] @ B))
            if i == k:
                block = block + beta * V @ covariance @ B.T - radial * np.eye(d)
            blocks.append(bases[i].T @ block @ bases[k])
        rows.append(blocks)
    return np.asarray(np.block(rows))


def tangent_frame(token: Any) -> Floats:
    """An orthonormal basis of the space orthogonal to a vector, shape (d, d-1)."""
    _, _, rows = np.linalg.svd(np.asarray(token, dtype=float)[None])
    return np.asarray(rows[1:].T)
