"""Regularisers R(M): the minimiser of R(M) - <M, C> and its value, in floats and exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, one_of, real_array
from symdyn.numerics.proximal import (
    column_shrinkage,
    polar_factor,
    singular_value_threshold,
    soft_threshold,
    truncated_svd,
)
from symdyn.systems.structured_transport.points import exact_of, is_exact

REGULARIZERS = ("quadratic", "l1", "l12", "nuclear", "rank", "orthogonal")
#: R(M), the minimiser over M, and the minimum, for each of them.
FORMULAS = {
    "quadratic": (r"\tfrac12 \|M\|_F^2", "C", r"-\tfrac12 \|C\|_F^2"),
    "l1": (
        r"\tfrac12 \|M\|_F^2 + \lambda \sum |M_{ij}|",
        r"\mathrm{sign}(C_{ij}) (|C_{ij}| - \lambda)_+",
        r"-\tfrac12 \sum (|C_{ij}| - \lambda)_+^2",
    ),
    "l12": (
        r"\tfrac12 \|M\|_F^2 + \lambda \sum_j \|M_{:j}\|",
        r"(1 - \lambda/\|C_{:j}\|)_+ C_{:j}",
        r"-\tfrac12 \sum_j (\|C_{:j}\| - \lambda)_+^2",
    ),
    "nuclear": (
        r"\tfrac12 \|M\|_F^2 + \lambda \|M\|_*",
        r"\sum_i (\sigma_i - \lambda)_+ u_i v_i^\top",
        r"-\tfrac12 \sum_i (\sigma_i - \lambda)_+^2",
    ),
    "rank": (
        r"\tfrac12 \|M\|_F^2, \ \mathrm{rank}(M) \le k",
        r"\sum_{i \le k} \sigma_i u_i v_i^\top",
        r"-\tfrac12 \sum_{i \le k} \sigma_i^2",
    ),
    "orthogonal": (r"0, \ M^\top M = I", r"\sum_i u_i v_i^\top", r"-\|C\|_*"),
}


def checked(regularizer: Any, weight: Any) -> tuple[str, Any]:
    """The name, and a weight that it can have.

    Raises
    ------
    ModelError
        If it is unknown, or the weight is missing, negative, or no whole number where it is a rank.
    """
    name = one_of(regularizer, "the regularizer", REGULARIZERS)
    if name in ("quadratic", "orthogonal"):
        if weight not in (None, 0):
            raise ModelError(f"the regularizer {name} has no weight, and {came(weight)} came: leave it out")
        return name, 0
    if weight is None:
        what = "its rank, a whole number from 1" if name == "rank" else "a number from 0"
        raise ModelError(f"the regularizer {name} needs a weight: give weight={what}")
    if name == "rank":
        if isinstance(weight, bool) or not hasattr(weight, "__index__") or int(weight) < 1:
            raise ModelError(f"the weight of the regularizer rank is {came(weight)}: give a whole number from 1")
        return name, int(weight)
    if isinstance(weight, sp.Expr):
        if weight.is_negative or weight.is_real is False or weight.is_finite is False:
            raise ModelError(f"the weight is {came(weight)}: give a number from 0")
        return name, weight
    number = real_array(weight, "the weight")
    if isinstance(weight, bool) or number.ndim or number < 0:
        raise ModelError(f"the weight is {came(weight)}: give a number from 0")
    return name, weight


def prox(C: Any, regularizer: str, weight: Any = None, *, start: Any = None, step: Any = None) -> Any:
    """The minimiser over M of R(M) - <M, C>; with a step, that of gamma R(M) - gamma <M, C> + |M - M_0|^2/2.

    Parameters
    ----------
    C
        (d_y, d_x); exact for SymPy numbers, symbols where no case has to be decided.
    regularizer
        quadratic, l1, l12 (norms of columns), nuclear, rank, orthogonal.
    weight
        lambda from 0; for rank the largest rank.
    start, step
        M_0 (d_y, d_x) and gamma above 0, both or none.

    Raises
    ------
    ModelError, ShapeError
        If the regularizer is unknown, the weight missing or negative, or shapes differ.

    Examples
    --------
    >>> prox([[3.0, -0.5]], "l1", 1).tolist()
    [[2.0, -0.0]]
    >>> prox(sp.Matrix([[3, 0], [4, 1]]), "l12", 1)
    Matrix([
    [12/5, 0],
    [16/5, 0]])
    """
    name, level = checked(regularizer, weight)
    if (start is None) != (step is None):
        raise ModelError("start and step belong together: give both, or none of them")
    exact = is_exact(C, *([start] if start is not None else []))
    matrix = exact_of(C, "C") if exact else _floats(C)
    if step is not None:
        _above_zero(step, "the step")
        before = exact_of(start, "start") if exact else _floats(start)
        if before.shape != matrix.shape:
            raise ShapeError(f"start has the shape {before.shape} and C {matrix.shape}: give one shape")
        gamma = sp.nsimplify(step) if exact else float(step)
        # gamma R is the quadratic part and gamma r: both together are one prox of what is divided by 1 + gamma
        quadratic = 0 if name == "orthogonal" else 1
        matrix = (before + gamma * matrix) / (1 + quadratic * gamma)
        level = level if name == "rank" else level * gamma / (1 + gamma)
    return _EXACT[name](matrix, sp.nsimplify(level)) if exact else _FLOATS[name](matrix, level)


def partial_minimum(C: Any, regularizer: str, weight: Any = None) -> Any:
    """The minimum over M of R(M) - <M, C>: -|prox(C)|_F^2/2, and minus the sum of singular values if orthogonal.

    Parameters
    ----------
    C, regularizer, weight
        As of `prox`.

    Examples
    --------
    >>> partial_minimum(sp.Matrix([[3, 0], [4, 1]]), "l12", 1), partial_minimum([[2.0]], "l1", 0.5)
    (-8, -1.125)
    """
    M = prox(C, regularizer, weight)
    if isinstance(M, sp.MatrixBase):
        if regularizer == "orthogonal":
            return -sp.simplify(sum(x * y for x, y in zip(M, exact_of(C, "C"), strict=True)))
        return -sp.simplify(sum(entry**2 for entry in M)) / 2
    if regularizer == "orthogonal":
        return -float(np.linalg.svd(_floats(C), compute_uv=False).sum())
    return -float((M**2).sum()) / 2


def regularization(M: Any, regularizer: str, weight: Any = None) -> float:
    """R(M) itself, in floats; constraints count as met."""
    name, level = checked(regularizer, weight)
    matrix = _floats(M)
    half = float((matrix**2).sum()) / 2
    if name == "orthogonal":
        return 0.0
    if name == "l1":
        return half + float(level) * float(np.abs(matrix).sum())
    if name == "l12":
        return half + float(level) * float(np.linalg.norm(matrix, axis=0).sum())
    if name == "nuclear":
        return half + float(level) * float(np.linalg.svd(matrix, compute_uv=False).sum())
    return half


def _floats(C: Any) -> Floats:
    return real_array(C.tolist() if isinstance(C, sp.MatrixBase) else C, "C", ndim=2)


def _above_zero(value: Any, what: str) -> None:
    number = real_array(value, what)
    if isinstance(value, bool) or number.ndim or not number > 0:
        raise ModelError(f"{what} is {came(value)}: give a number above 0")


_FLOATS: dict[str, Callable[[Floats, Any], Floats]] = {
    "quadratic": lambda C, _: C.copy(),
    "l1": lambda C, level: soft_threshold(C, float(level)),
    "l12": lambda C, level: column_shrinkage(C, float(level)),
    "nuclear": lambda C, level: singular_value_threshold(C, float(level)),
    "rank": lambda C, level: truncated_svd(C, min(level, *C.shape)),
    "orthogonal": lambda C, _: polar_factor(C),
}


def _soft(value: sp.Expr, level: sp.Expr) -> sp.Expr:
    return sp.Max(value - level, 0) - sp.Max(-value - level, 0)


def _exact_columns(C: sp.ImmutableMatrix, level: sp.Expr) -> sp.ImmutableMatrix:
    columns = []
    for j in range(C.cols):
        norm = sp.sqrt(sum(entry**2 for entry in C[:, j]))
        if (norm - level).is_positive is None:
            norm = sp.sqrt(sp.simplify(norm**2))
        columns.append(C[:, j] * (0 if norm == 0 else sp.Max(0, 1 - level / norm)))
    return sp.ImmutableMatrix(sp.Matrix.hstack(*columns))


def _by_singular_values(C: sp.ImmutableMatrix, kept: Callable[[list[sp.Expr]], list[sp.Expr]]) -> sp.ImmutableMatrix:
    """C times a function of C^T C, by its eigenspaces; `kept` gives the new singular values, the largest first."""
    if C.cols > C.rows:
        return sp.ImmutableMatrix(_by_singular_values(sp.ImmutableMatrix(C.T), kept).T)
    found = sorted((C.T * C).eigenvects(), key=lambda one: -float(sp.N(sp.re(one[0]))))
    values = [sp.sqrt(sp.simplify(value)) for value, times, _ in found for _ in range(times)]
    wanted, total, place = kept(values), sp.zeros(*C.shape), 0
    for value, times, vectors in found:
        new = wanted[place : place + times]
        if len(set(new)) > 1:
            raise ModelError("equal singular values are on both sides of the rank, and no matrix is the one nearest")
        if new[0] != 0:
            basis = sp.Matrix.hstack(*vectors)
            total += C * basis * (basis.T * basis).inv() * basis.T * new[0] / sp.sqrt(sp.simplify(value))
        place += times
    return sp.ImmutableMatrix(total.applyfunc(sp.simplify))


def _exact_polar(C: sp.ImmutableMatrix, _: Any) -> sp.ImmutableMatrix:
    if C.rank() < min(C.shape):
        raise ModelError("the matrix has not full rank, and no one nearest orthonormal matrix: give one of full rank")
    return _by_singular_values(C, lambda values: [sp.S.One] * len(values))


_EXACT: dict[str, Callable[[sp.ImmutableMatrix, sp.Expr], sp.ImmutableMatrix]] = {
    "quadratic": lambda C, _: C,
    "l1": lambda C, level: C.applyfunc(lambda entry: _soft(entry, level)),
    "l12": _exact_columns,
    "nuclear": lambda C, level: _by_singular_values(C, lambda values: [sp.Max(one - level, 0) for one in values]),
    "rank": lambda C, rank: _by_singular_values(
        C, lambda values: [one if place < rank else sp.S.Zero for place, one in enumerate(values)]
    ),
    "orthogonal": _exact_polar,
}
