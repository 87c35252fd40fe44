"""Spectra of attention matrices beside their limits, and the product of several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import Floats
from symdyn.numerics.norms import stable_rank
from symdyn.numerics.spectral_laws import distance, quarter_circle
from symdyn.systems.rank_collapse.attention import stochastic, without_outlier


@dataclass(frozen=True, kw_only=True)
class SpectralGap:
    """Spectra of an attention matrix (or of a batch, along the first axis) beside what sigma and T predict.

    Parameters
    ----------
    singular_values, bulk_singular_values
        Of A and of A^perp, falling, (..., T).
    eigenvalues
        Of A by falling modulus, (..., T).
    sigma
        Given, or estimated by sqrt(T (|A|_F^2 - 1)/T) and then `is_estimated`.
    gap, eigenvalue_gap
        s_1/s_2 and 1/|lambda_2|.
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
        If a row does not sum to 1, or sigma is no positive number.
    """
    values = stochastic(A)
    T = values.shape[-1]
    singular = np.asarray(np.linalg.svd(values, compute_uv=False), dtype=float)
    bulk = np.asarray(np.linalg.svd(values - 1 / T, compute_uv=False), dtype=float)
    eigenvalues: Any = np.linalg.eigvals(values)
    order = np.argsort(-np.abs(eigenvalues), axis=-1)
    eigenvalues = np.take_along_axis(eigenvalues, order, axis=-1)
    square = (values**2).sum(axis=(-1, -2))
    estimated = np.sqrt(np.maximum(square - 1, 0))
    size = estimated if sigma is None else np.full_like(estimated, float(sigma))
    if (size < 0).any():
        raise ModelError(f"sigma is {came(sigma)}: give the deviation of an entry over its mean")
    with np.errstate(divide="ignore", invalid="ignore"):
        gap, eigenvalue_gap = singular[..., 0] / singular[..., 1], 1 / np.abs(eigenvalues[..., 1])
        predicted = {
            "s_1": np.sqrt(1 + size**2 / T),
            "s_2": 2 * size / np.sqrt(T),
            "lambda_2": size / np.sqrt(T),
            "gap": np.sqrt(T) / (2 * size),
        }
    mean = float(np.mean(size))
    far = distance(np.sqrt(T) * bulk[..., :-1], quarter_circle(mean)) if mean > 0 else 0.0
    return SpectralGap(
        singular_values=singular,
        bulk_singular_values=bulk,
        eigenvalues=eigenvalues,
        sigma=size if size.ndim else float(size),
        is_estimated=sigma is None,
        gap=gap,
        eigenvalue_gap=eigenvalue_gap,
        frobenius_squared=square,
        stable_rank=stable_rank(values),
        quarter_circle_distance=far,
        disc_moment=T * (np.abs(eigenvalues[..., 1:]) ** 2).mean(axis=-1),
        predicted=predicted,
    )


@dataclass(frozen=True)
class MarkovProduct:
    """A_L ... A_1 = 1 common_row^T + remainder, remainder = E_L ... E_1 with E = A^perp."""

    product: Any
    common_row: Any
    remainder: Any


def split_product(factors: Any) -> MarkovProduct:
    """The product of row-stochastic factors (L, T, T) or SymPy matrices, and its two parts; exact for exact input."""
    listed = list(factors)
    if not listed:
        raise ModelError("there are no factors: give at least one")
    is_exact = isinstance(listed[0], sp.MatrixBase)
    T = listed[0].shape[-1]
    mended = [without_outlier(A) for A in listed]
    one = sp.ones(1, T) if is_exact else np.ones((1, T))
    product = remainder = sp.eye(T) if is_exact else np.eye(T)
    common = 0 * one
    for A, E in zip(listed, mended, strict=True):
        common = common + one @ remainder / T if not is_exact else common + one * remainder / T
        product = A * product if is_exact else np.asarray(A) @ product
        remainder = E * remainder if is_exact else E @ remainder
    return MarkovProduct(product, common, remainder)
