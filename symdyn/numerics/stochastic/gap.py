"""Spectra of row-stochastic matrices beside their limits: the gap, by floats and with a proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, real_array
from symdyn.numerics.singular_gap import singular_gap
from symdyn.numerics.spectral_laws import distance, quarter_circle
from symdyn.numerics.stochastic.outlier import row_stochastic, without_outlier

_MOST_CERTIFIED = 200


@dataclass(frozen=True, kw_only=True)
class SpectralGap:
    """Spectra of an attention matrix (or of a batch, along the first axis) beside what sigma and T predict.

    Parameters
    ----------
    singular_values, bulk_singular_values
        Of A and of A - (1/T) 1 1^T, falling, (..., T).
    eigenvalues
        Of A by falling modulus, (..., T).
    sigma
        Given, or estimated by sqrt(|A|_F^2 - 1) and then `is_estimated`.
    gap, eigenvalue_gap
        s_1/s_2 and 1/|lambda_2|; infinite where all rows are equal.
    frobenius_squared, stable_rank
        |A|_F^2 and |A|_F^2/|A|^2.
    quarter_circle_distance
        Kolmogorov-Smirnov, of sqrt(T) times the bulk singular values from the quarter circle of scale sigma.
    disc_moment
        Mean of T |lambda|^2 over the bulk; sigma^2/2 in the limit.
    predicted
        s_1, s_2, |lambda_2| and the gap from sigma and T.
    """

    singular_values: Floats
    bulk_singular_values: Floats
    eigenvalues: Any
    sigma: Any
    is_estimated: bool
    gap: Any
    eigenvalue_gap: Any
    frobenius_squared: Any
    stable_rank: Any
    quarter_circle_distance: float
    disc_moment: Any
    predicted: dict[str, Any]


def spectral_gap(A: Any, *, sigma: Any = None) -> SpectralGap:
    """Singular values, eigenvalues and the gap of row-stochastic matrices (..., T, T).

    Raises
    ------
    ModelError, ShapeError
        If a row does not sum to 1, or sigma is no number from 0.

    Examples
    --------
    >>> float(spectral_gap([[0.5, 0.5], [0.5, 0.5]]).gap)  # equal rows: exactly of rank one
    inf
    """
    values = row_stochastic(A)
    T = values.shape[-1]
    if T < 2:
        raise ShapeError("the attention matrix has one token: a gap needs at least two")
    singular = np.array(np.linalg.svd(values, compute_uv=False), dtype=float)
    bulk = np.array(np.linalg.svd(values - 1 / T, compute_uv=False), dtype=float)
    eigenvalues: Any = np.linalg.eigvals(values)
    eigenvalues = np.take_along_axis(eigenvalues, np.argsort(-np.abs(eigenvalues), axis=-1), axis=-1)
    are_equal = (np.ptp(values, axis=-2) == 0).all(axis=-1)
    singular[are_equal, 1:] = 0
    eigenvalues[are_equal, 1:] = 0
    square = (values**2).sum(axis=(-1, -2))
    size = np.sqrt(np.maximum(square - 1, 0)) if sigma is None else np.full_like(square, _checked(sigma))
    with np.errstate(divide="ignore"):
        gap, eigenvalue_gap = singular[..., 0] / singular[..., 1], 1 / np.abs(eigenvalues[..., 1])
        predicted = {
            "s_1": np.sqrt(1 + size**2 / T),
            "s_2": 2 * size / np.sqrt(T),
            "lambda_2": size / np.sqrt(T),
            "gap": np.sqrt(T) / (2 * size),
        }
    mean = float(np.mean(size))
    return SpectralGap(
        singular_values=singular,
        bulk_singular_values=bulk,
        eigenvalues=eigenvalues,
        sigma=size if size.ndim else float(size),
        is_estimated=sigma is None,
        gap=gap,
        eigenvalue_gap=eigenvalue_gap,
        frobenius_squared=square,
        stable_rank=square / singular[..., 0] ** 2,
        quarter_circle_distance=distance(np.sqrt(T) * bulk[..., :-1], quarter_circle(mean)) if mean > 0 else 0.0,
        disc_moment=T * (np.abs(eigenvalues[..., 1:]) ** 2).mean(axis=-1),
        predicted=predicted,
    )


def _checked(sigma: Any) -> float:
    try:
        size = float(sigma)
    except (TypeError, ValueError):
        size = -1.0
    if not 0 <= size < np.inf:
        raise ModelError(f"sigma is {came(sigma)}: give the deviation of an entry over its mean, a number from 0")
    return size


def certified_gap(A: Any) -> Certificate:
    """PROVED: s_1/s_2 of one row-stochastic matrix is at least a number, stored with the matrix and its SHA-256.

    Parameters
    ----------
    A
        Array (T, T) or SymPy matrix of rational numbers, T up to 200; floats are the fractions that they are.

    Raises
    ------
    ModelError, ShapeError
        If it is larger, or a row does not sum to 1 within 1e-8.

    Examples
    --------
    >>> certified_gap([[0.75, 0.25], [0.25, 0.75]]).claim.partition("satisfy ")[2]  # 2, up to rounding below
    's_1/s_2 >= 1.999997'
    """
    if isinstance(A, sp.MatrixBase):
        without_outlier(A)  # asks that rows sum to 1 exactly
    values = row_stochastic(real_array(A, "the attention matrix", ndim=2))
    if not 2 <= len(values) <= _MOST_CERTIFIED:
        raise ModelError(f"the attention matrix has {len(values)} tokens: a gap is proved for 2 to {_MOST_CERTIFIED}")
    return singular_gap(A if isinstance(A, sp.MatrixBase) else values)
