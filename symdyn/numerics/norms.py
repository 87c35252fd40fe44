"""Norms of matrices and of linear maps: stable rank, the largest singular value in floats or enclosed."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import real_array
from symdyn.numerics.enclosed_norm import cesaro_norm, enclosed_norm, norm_certificate
from symdyn.numerics.operator_norm import LinearMap, OperatorNorm, operator_norm

__all__ = [
    "LinearMap",
    "OperatorNorm",
    "cesaro_norm",
    "enclosed_norm",
    "norm_certificate",
    "operator_norm",
    "stable_rank",
]


def stable_rank(matrix: Any) -> Any:
    """|A|_F^2 / |A|^2, between 1 and the rank; batches lead.

    Parameters
    ----------
    matrix
        Array (..., m, n), or a SymPy matrix of numbers, for which the answer is exact where its singular values are.

    Raises
    ------
    ModelError, ShapeError
        If it is zero or no matrix.

    Examples
    --------
    >>> stable_rank([[1, 0], [0, 1]]), stable_rank(sp.diag(2, 1))
    (2.0, 5/4)
    """
    if isinstance(matrix, sp.MatrixBase):
        square = sum(entry**2 for entry in matrix)
        if square == 0:
            raise ModelError("the matrix is zero, and has no stable rank: give another")
        gram = matrix.T * matrix if matrix.rows >= matrix.cols else matrix * matrix.T
        largest = max(gram.eigenvals(), key=lambda value: sp.re(sp.N(value, 30)))
        return sp.simplify(square / largest)
    values = real_array(matrix, "the matrix")
    if values.ndim < 2:
        raise ShapeError(f"the matrix has the shape {values.shape}: give an array (..., m, n)")
    largest = np.abs(values).max(axis=(-2, -1), initial=0)
    if (largest == 0).any():
        raise ModelError("the matrix is zero, and has no stable rank: give another")
    scaled = values / largest[..., None, None]
    across = np.swapaxes(scaled, -1, -2)
    # the largest eigenvalue of the smaller Gram matrix is as exact as a singular value, and comes sooner
    gram = scaled @ across if values.shape[-2] <= values.shape[-1] else across @ scaled
    found = (scaled**2).sum(axis=(-2, -1)) / np.linalg.eigvalsh(gram)[..., -1]
    return float(found) if found.ndim == 0 else found
