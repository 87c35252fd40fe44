"""Gaussian mean widths: of spheres, of unions of subspaces, and of the range of a ReLU network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import generator, one_of, real_array, whole
from symdyn.numerics.estimate import Estimate, mean_interval

COUNTS = ("log", "cover")


def sphere_width(dimension: Any) -> sp.Expr:
    """E sup <g, x> over the unit sphere of R^k, which is E |g| = sqrt(2) Gamma((k + 1)/2) / Gamma(k/2).

    Parameters
    ----------
    dimension
        k, a whole number or a symbol.

    Examples
    --------
    >>> sphere_width(1), sphere_width(2)
    (sqrt(2)/sqrt(pi), sqrt(2)*sqrt(pi)/2)
    """
    k = _size(dimension, "the dimension")
    return sp.sqrt(2) * sp.gamma((k + 1) / 2) / sp.gamma(k / 2)


def gaussian_width(bases: Any, *, draws: int = 1000, seed: int = 0) -> Estimate:
    """E max_i |P_i g| over a union of subspaces, by drawing g.

    Parameters
    ----------
    bases
        (N, n, k): the columns of each matrix span a subspace; (n, k) for a single one.
    draws, seed
        Of g.

    Raises
    ------
    ModelError, ShapeError
        If the columns of a basis are dependent.
    """
    given = real_array(bases, "the array of bases", ndim=(2, 3))
    frames = given[None] if given.ndim == 2 else given
    number, n, k = frames.shape
    if not number or not 0 < k <= n:
        raise ShapeError(f"the array of bases has the shape {given.shape}: give (N, n, k) with k from 1 to n")
    q, r = np.linalg.qr(frames)
    diagonal = np.abs(np.diagonal(r, axis1=1, axis2=2))
    bad = diagonal.min(axis=1) <= 1e-12 * np.linalg.norm(frames, axis=(1, 2))
    if bad.any():
        place = int(np.argmax(bad)) + 1
        raise ModelError(f"the columns of basis {place} are dependent: give a basis of each subspace")
    # all projections by one product
    g = generator(seed).normal(size=(whole(draws, "the number of draws", least=2), n))
    parts = (g @ q.transpose(1, 0, 2).reshape(n, number * k)).reshape(len(g), number, k)
    return _estimate(np.sqrt((parts**2).sum(axis=2).max(axis=1)), seed)


def _estimate(sample: Any, seed: int) -> Estimate:
    found: Estimate = mean_interval(sample, seed=seed)
    return found


def union_width_bound(count: Any, dimension: Any) -> sp.Expr:
    """sqrt(k) + sqrt(2 log N), above the width of a union of N subspaces of dimension k.

    Examples
    --------
    >>> union_width_bound(1, 4)
    2
    """
    number, k = _size(count, "the number of subspaces"), _size(dimension, "the dimension")
    return sp.sqrt(k) + sp.sqrt(2 * sp.log(number))


def cover_count(hyperplanes: int, dimension: int) -> int:
    """2 sum_{i<k} C(n - 1, i): cones into which n central hyperplanes cut R^k at most (Cover).

    Examples
    --------
    >>> cover_count(10, 2), cover_count(10, 3), cover_count(3, 5)
    (20, 92, 8)
    """
    n = whole(hyperplanes, "the number of hyperplanes", least=1)
    k = whole(dimension, "the dimension", least=1)
    return 2 * sum(comb(n - 1, i) for i in range(k))


@dataclass(frozen=True)
class RangeWidth:
    """How many cones the range of a ReLU network lies in at most, and what that says of its width.

    Parameters
    ----------
    log_count
        Upper bound of log N: floats for whole numbers, exact for SymPy ones.
    bound
        sqrt(2 k) + 2 sqrt(log N), above the width omega of differences of outputs on the sphere (derived).
    formula
        The bound in k and n_1 .. n_d.
    """

    log_count: Any
    bound: Any
    formula: sp.Expr

    def __float__(self) -> float:
        return float(self.bound)


def relu_range_width(latent: Any, widths: Any, *, linear_last: bool = False, count: str = "log") -> RangeWidth:
    """Bound of the width of (T - T) on the sphere, T the range of a ReLU network without bias.

    Parameters
    ----------
    latent
        k.
    widths
        n_1 .. n_d, each at least k.
    linear_last
        Whether the last layer has no relu, and so cuts nothing.
    count
        "log": log N <= k sum log(2 e n_i/k); "cover": the product of the counts of Cover, sharper.

    Raises
    ------
    ModelError
        If a width is no whole number, or below k.

    Examples
    --------
    >>> round(relu_range_width(5, (50, 200)).bound, 4)
    16.8574
    """
    kind = one_of(count, "the count", COUNTS)
    k, sizes, exact = _range_sizes(latent, widths)
    cutting = sizes[: len(sizes) - int(bool(linear_last))]
    names = (sp.Symbol("k", positive=True), *sp.symbols(f"n_1:{len(sizes) + 1}", positive=True))
    if kind == "log":
        total = sum((k * sp.log(2 * sp.E * n / k) for n in cutting), sp.S.Zero)
    else:
        total = sp.log(sp.prod([cover_count(int(n), int(k)) for n in cutting]))
    general = sum((_general_log(names[0], n, kind) for n in names[1 : 1 + len(cutting)]), sp.S.Zero)
    bound = sp.sqrt(2 * k) + 2 * sp.sqrt(total)
    formula = sp.sqrt(2 * names[0]) + 2 * sp.sqrt(general)
    return RangeWidth(total, bound, formula) if exact else RangeWidth(float(total), float(bound), formula)


def _general_log(k: sp.Symbol, n: sp.Symbol, kind: str) -> sp.Expr:
    if kind == "log":
        return k * sp.log(2 * sp.E * n / k)
    i = sp.Symbol("i", integer=True)
    return sp.log(2 * sp.Sum(sp.binomial(n - 1, i), (i, 0, k - 1)))


def _range_sizes(latent: Any, widths: Any) -> tuple[sp.Expr, list[sp.Expr], bool]:
    """k and n_i, and whether one came as a SymPy number."""
    if isinstance(widths, str) or not isinstance(widths, Sequence | np.ndarray) or not len(widths):
        raise ModelError(f"the widths are {came(widths)}: give one for each layer, as in (50, 200)")
    k = _size(latent, "the latent dimension", symbols=False)
    sizes = [_size(n, f"width {place}", symbols=False) for place, n in enumerate(widths, start=1)]
    for place, n in enumerate(sizes, start=1):
        if n < k:
            raise ModelError(f"width {place} is {n} and the latent dimension is {k}: give at least as many units")
    return k, sizes, any(isinstance(one, sp.Basic) for one in (latent, *widths))


def _size(value: Any, what: str, *, symbols: bool = True) -> sp.Expr:
    if isinstance(value, sp.Expr) and symbols and value.free_symbols:
        return value
    if isinstance(value, sp.Integer):
        value = int(value)
    return sp.Integer(whole(value, what, least=1))
