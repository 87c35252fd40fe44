"""The cone: tokens on one side of the winning direction come together at it, with a bound for every layer.

Let v be a unit vector, F v = lambda v with lambda > 0, the complement of v invariant under F, with norm nu* of F on it,
nu* < lambda, and v^T x_i > 0 for all tokens. Then for every row-stochastic attention a post-LN layer with L2
normalisation takes r = max_i tan angle(x_i, v) to at most r (1 + nu* a)/(1 + lambda a), a = min_i v^T x_i; a does not
decrease, so convergence to consensus at v is at least geometric. Derived.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.errors import ModelError, ShapeError
from symdyn.systems.power_method_transformer.matrices import Floats, as_array, as_matrix


@dataclass(frozen=True)
class Cone:
    """Data of the cone theorem for one F and one direction.

    Parameters
    ----------
    direction
        The unit vector v, shape (d,).
    value
        lambda.
    spread
        nu*, the spectral norm of F on the complement of v.
    residual
        Largest entry of F v - lambda v and of v^T F - lambda v^T: how well the hypotheses hold in floats.
    """

    direction: Floats
    value: float
    spread: float
    residual: float


def cone(F: Any, direction: npt.ArrayLike, tolerance: float = 1e-10) -> Cone:
    """The data of the theorem, hypotheses checked in floats.

    Raises
    ------
    ShapeError, ModelError
        If the direction is no eigenvector, its complement not invariant, or the norm there not below lambda > 0.
    """
    matrix = as_array(as_matrix(F, "F"))
    v = np.asarray(direction, dtype=np.float64)
    if v.shape != (len(matrix),):
        raise ShapeError(f"the direction has shape {v.shape}: give ({len(matrix)},)")
    length = float(np.linalg.norm(v))
    if not length > 0:
        raise ModelError("the direction is zero or no number: give an eigenvector of F")
    v = v / length
    value = float(v @ matrix @ v)
    residual = float(max(np.abs(matrix @ v - value * v).max(), np.abs(v @ matrix - value * v).max()))
    if residual > tolerance * max(1.0, float(np.abs(matrix).max())):
        raise ModelError(
            f"the direction is no eigenvector of F with an invariant complement (residual {residual:.2g}): "
            "the cone theorem needs both"
        )
    across = np.eye(len(v)) - np.outer(v, v)
    spread = float(np.linalg.norm(across @ matrix @ across, 2))
    if not (value > 0 and spread < value):
        raise ModelError(f"lambda = {value:.6g} and norm {spread:.6g} across: the cone theorem needs norm < lambda > 0")
    return Cone(v, value, spread, residual)


def cone_radius(states: npt.ArrayLike, direction: npt.ArrayLike) -> tuple[Floats, Floats]:
    """r = max_i tan angle(x_i, v) and a = min_i v^T x_i / |x_i|, for states (n, d) or (n, d, B); r is inf outside."""
    x = np.asarray(states, dtype=np.float64)
    v = np.asarray(direction, dtype=np.float64)
    along = np.einsum("ia...,a->i...", x, v)
    across = x - along[:, None] * v.reshape((1, -1) + (1,) * (x.ndim - 2))
    aside = np.sqrt(np.square(across).sum(axis=1))
    tangent = np.divide(aside, along, out=np.full_like(aside, np.inf), where=along > 0)
    lengths = np.sqrt(np.square(x).sum(axis=1))
    return np.asarray(tangent.max(axis=0)), np.asarray((along / lengths).min(axis=0))


def cone_factor(value: Any, spread: Any, a: Any) -> sp.Expr:
    """The bound on r+ / r of one layer: (1 + nu* a)/(1 + lambda a)."""
    return (1 + spread * a) / (1 + value * a)


def cone_bound(data: Cone, states: npt.ArrayLike) -> Floats:
    """The bound on the radius after one layer, from the states before it."""
    radius, a = cone_radius(states, data.direction)
    return np.asarray(radius * (1 + data.spread * a) / (1 + data.value * a))
