"""Linear regression in context: least squares with covariances that pairs of heads show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, real_array
from symdyn.numerics.empirical_measure import measure
from symdyn.numerics.tilted.exact import exact_number, floats_of, formulas
from symdyn.numerics.tilted.means import head_covariance


@dataclass(frozen=True)
class Regression:
    """A linear regression in context.

    Parameters
    ----------
    coefficient
        Mean of x y over mean of x^2 + ridge; a tuple for several features. Exact for exact data.
    by_heads
        The same with the mean of x y from the covariances that pairs of heads show at the scale.
    exact
        The coefficient as floats.
    error
        Largest difference of `by_heads` from it.
    """

    coefficient: Any
    by_heads: Any
    exact: Any
    error: float


def in_context_regression(x: Any, y: Any, *, scale: Any = None, ridge: Any = 0) -> Regression:
    """Least squares through the origin, mean-normalised, with the mean of x y from two heads for each feature.

    Two heads give cov(x, y), the mean of x y where the data are centred; else the product of the means is added.

    Parameters
    ----------
    x
        Features of the tokens, (n,) or (n, p).
    y
        Targets (n,).
    scale
        Tilt of the heads; 0.01 over the largest |x| unless given.
    ridge
        Added to the mean of x^2, from 0.

    Raises
    ------
    ModelError, ShapeError
        If lengths differ, or the mean of x^2 is singular and there is no ridge.

    Examples
    --------
    >>> in_context_regression([1, sp.S(2), 3], [2, 3, 7], ridge=sp.Rational(1, 2)).coefficient
    58/31
    """
    data = measure(x)
    n, p = data.atoms.shape
    targets = list(y) if isinstance(y, list | tuple | sp.MatrixBase) else y
    amounts = real_array(targets, "the list of targets", ndim=1)
    extra = float(real_array(ridge, "the ridge", ndim=0))
    if len(amounts) != n:
        raise ShapeError(f"{len(amounts)} targets came with {n} rows of x: give one for each")
    if extra < 0:
        raise ModelError(f"the ridge is {extra:g}: give a number from 0")
    rows, _ = floats_of(data)
    gram = rows.T @ rows / n + extra * np.eye(p)
    exact = _solved(gram, rows.T @ amounts / n)
    size = max(float(np.abs(rows).max()), 1e-300)
    s = 0.01 / size if scale is None else float(real_array(scale, "the scale", ndim=0))
    along = np.array([head_covariance(data, s, values=amounts, direction=unit) for unit in np.eye(p)])
    heads = _solved(gram, along + rows.mean(axis=0) * amounts.mean())
    error = float(np.abs(heads - exact).max())
    floats = (heads.tolist(), exact.tolist())
    kept: list[Any] = floats[1]
    if data.is_exact and not any(isinstance(one, float) for one in [*targets, ridge]):
        X, Y = data.atoms, formulas(targets, "the list of targets")
        kept = list((X.T * X / n + exact_number(ridge, "the ridge") * sp.eye(p)).LUsolve(X.T * Y / n))
    told = [one[0] if p == 1 else tuple(one) for one in (kept, *floats)]
    return Regression(told[0], told[1], told[2], error)


def _solved(matrix: Floats, right: Floats) -> Floats:
    if np.linalg.cond(matrix) > 1e14:
        raise ModelError("the mean of x x^T is singular: give features that are independent, or a ridge")
    return np.asarray(np.linalg.solve(matrix, right))
