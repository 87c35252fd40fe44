"""The interaction energy: self-attention climbs it where B = V is symmetric, and descends it where B = -V."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import sympy as sp

from symdyn.systems.multistable_self_attention.kernel import kernel
from symdyn.systems.multistable_self_attention.parameters import Attention


def orientation(model: Attention) -> int:
    """1 if the flow climbs the energy, -1 if it descends it, 0 if there is no such energy.

    It needs V symmetric, a symmetric mask, and B = V, B = -V or beta = 0 (where B drops out).
    """
    if not _is_zero(model.V - model.V.T):
        return 0
    if model.allowed is not None and model.allowed != tuple(zip(*model.allowed, strict=True)):
        return 0
    if model.beta == 0 or _is_zero(model.B - model.V):
        return 1
    return -1 if _is_zero(model.B + model.V) else 0


def energy(model: Attention) -> sp.Expr | None:
    """E = 1/(2 beta) sum_ij exp(beta x_i^T B x_j) over allowed pairs; at beta = 0 its limit 1/2 sum_ij x_i^T V x_j.

    With Z_i the softmax denominator, dE/dt = +-sum_i Z_i |dx_i/dt|^2, with the sign of `orientation`.
    None if there is no such energy.
    """
    if orientation(model) == 0:
        return None
    X = model.state
    pairs = [(i, j) for i in range(model.tokens) for j in model.attends(i)]
    if model.beta == 0:
        scores = X * model.V * X.T
        return sp.Rational(1, 2) * sp.Add(*(scores[i, j] for i, j in pairs))
    scores = X * model.B * X.T
    return sp.Add(*(sp.exp(model.beta * scores[i, j]) for i, j in pairs)) / (2 * model.beta)


def potential(model: Attention) -> sp.Expr | None:
    """What the flow descends: -E or E."""
    value = energy(model)
    return None if value is None else -orientation(model) * value


def partition_functions(model: Attention) -> tuple[sp.Expr, ...]:
    """The softmax denominators Z_i = sum_j exp(beta x_i^T B x_j)."""
    scores = model.state * model.B * model.state.T
    return tuple(sp.Add(*(sp.exp(model.beta * scores[i, j]) for j in model.attends(i))) for i in range(model.tokens))


def gradient_defects(model: Attention, outputs: sp.ImmutableMatrix) -> Iterator[sp.Expr]:
    """grad_i E -+ Z_i y_i, entry by entry; they vanish identically, with the exponentials as independent symbols.

    It gives dx_i/dt = +-(1/Z_i) P_i grad_i E, hence dE/dt = +-sum_i Z_i |dx_i/dt|^2. None if there is no energy.
    """
    value, sign, X = energy(model), orientation(model), model.state
    if value is None:
        return
    for i, partition in enumerate(partition_functions(model)):
        for a in range(model.dimension):
            yield sp.diff(value, X[i, a]) - sign * partition * outputs[i, a]


def energy_rates(model: Attention, point: Any) -> tuple[float, float]:
    """At a numeric point: dE/dt along the flow from the gradient of E, and +-sum_i Z_i |dx_i/dt|^2.

    Raises
    ------
    ValueError
        If the model has no energy.
    """
    if orientation(model) == 0:
        raise ValueError("there is no energy: it needs V symmetric, a symmetric mask and B = V or B = -V")
    x = np.asarray(point, dtype=float).reshape(model.tokens, model.dimension)
    velocity = kernel(model)(x.reshape(-1, 1)).reshape(x.shape)
    V, B = np.array(model.V.tolist(), dtype=float), np.array(model.B.tolist(), dtype=float)
    mask = np.ones((model.tokens,) * 2, dtype=bool) if model.allowed is None else np.array(model.allowed)
    weights = np.where(mask, np.exp(float(model.beta) * x @ B @ x.T), 0.0)
    sign = orientation(model)
    slope = sign * weights @ x @ V.T
    return float((slope * velocity).sum()), float(sign * (weights.sum(axis=1) * np.square(velocity).sum(axis=1)).sum())


def _is_zero(matrix: sp.MatrixBase) -> bool:
    return all(sp.expand(entry).is_zero is True for entry in matrix)
