"""Proximal maps and nearest matrices: thresholds, truncated singular values, polar factors."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, real_array, whole


def soft_threshold(values: Any, level: float) -> Floats:
    """argmin_z |z - x|^2/2 + level |z|_1: every entry moved towards zero by the level, and no further.

    Examples
    --------
    >>> soft_threshold([3.0, -1.0, 0.5], 1.0).tolist()
    [2.0, -0.0, 0.0]
    """
    x = real_array(values, "the array")
    return np.asarray(np.sign(x) * np.maximum(np.abs(x) - _level(level), 0))


def column_shrinkage(matrix: Any, level: float) -> Floats:
    """argmin_Z |Z - X|_F^2/2 + level (sum of the norms of the columns): each column moved towards zero by the level."""
    x = _matrix(matrix)
    norms = np.linalg.norm(x, axis=-2, keepdims=True)
    scale = np.maximum(norms - _level(level), 0) / np.where(norms > 0, norms, 1)
    return np.asarray(x * scale)


def singular_value_threshold(matrix: Any, level: float) -> Floats:
    """argmin_Z |Z - X|_F^2/2 + level (sum of the singular values of Z)."""
    u, s, v = np.linalg.svd(_matrix(matrix), full_matrices=False)
    return np.asarray((u * np.maximum(s - _level(level), 0)[..., None, :]) @ v)


def truncated_svd(matrix: Any, rank: int) -> Floats:
    """A nearest matrix of at most this rank, in the Frobenius and the spectral norm (Eckart, Young)."""
    x = _matrix(matrix)
    kept = whole(rank, "the rank", most=min(x.shape[-2:]))
    u, s, v = np.linalg.svd(x, full_matrices=False)
    return np.asarray((u[..., :, :kept] * s[..., None, :kept]) @ v[..., :kept, :])


def polar_factor(matrix: Any) -> Floats:
    """The nearest matrix with orthonormal columns (rows if it is wide), U V^T of the singular value decomposition.

    Raises
    ------
    ModelError
        If the matrix has not full rank, so that there is no one nearest.
    """
    x = _matrix(matrix)
    u, s, v = np.linalg.svd(x, full_matrices=False)
    if (s[..., -1] <= np.finfo(float).eps * max(x.shape[-2:]) * s[..., 0]).any():
        raise ModelError("the matrix has not full rank, and no one nearest orthonormal matrix: give one of full rank")
    return np.asarray(u @ v)


def _level(level: Any) -> float:
    if isinstance(level, bool) or not isinstance(level, int | float | np.integer | np.floating) or not level >= 0:
        raise ModelError(f"the level is {came(level)}: give a number from 0")
    return float(level)


def _matrix(matrix: Any) -> Floats:
    found = real_array(matrix, "the matrix")
    if found.ndim < 2:
        raise ShapeError(f"the matrix has the shape {found.shape}: give an array (..., m, n)")
    return found
