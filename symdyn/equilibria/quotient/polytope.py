"""Starts in a polytope on its own scale: mixtures of vertices in random directions."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from symdyn.geometry.constraint import Constraint

Floats = np.ndarray[Any, np.dtype[np.float64]]
_DIRECTIONS = 40
_FAR = 100.0


def polytope_starts(constraint: Constraint, number: int, seed: int) -> Floats | None:
    """Points of shape (n, number) where all inequalities hold; None where something is not linear, or nothing is found.

    Where the set is not bounded, states to a hundred times the largest constant are drawn.
    """
    vertices = _vertices(constraint)
    if vertices is None:
        return None
    weights = np.random.default_rng(seed).gamma(0.3, size=(vertices.shape[1], number))
    return np.asarray(vertices @ (weights / weights.sum(axis=0)))


@lru_cache(maxsize=64)
def _vertices(constraint: Constraint) -> Floats | None:
    import scipy.optimize  # takes long to import, and few models need it

    rows = [_linear(expression, constraint.coords) for expression in (*constraint.equations, *constraint.inequalities)]
    if not constraint.inequalities or any(row is None for row in rows):
        return None
    table = np.asarray([row for row in rows if row is not None])
    if not np.isfinite(table).all():
        return None
    equal, less = np.split(table, [len(constraint.equations)])
    size = _FAR * max(1.0, float(np.abs(table[:, -1]).max(initial=0.0)))
    rng = np.random.default_rng(len(constraint.coords))
    found = []
    for direction in rng.normal(size=(_DIRECTIONS, len(constraint.coords))):
        end = scipy.optimize.linprog(
            direction,
            A_ub=-less[:, :-1],
            b_ub=less[:, -1],
            A_eq=equal[:, :-1] if len(equal) else None,
            b_eq=-equal[:, -1] if len(equal) else None,
            bounds=(-size, size),
        )
        if end.status == 0:
            found.append(end.x)
    if not found:
        return None
    ends = np.asarray(found)
    size = max(float(np.abs(ends).max()), 1e-300)
    _, first = np.unique(np.round(ends / size, 9), axis=0, return_index=True)
    return np.asarray(ends[np.sort(first)].T)


def _linear(expression: sp.Expr, coords: tuple[sp.Symbol, ...]) -> list[float] | None:
    """Coefficients and constant of a linear expression."""
    slopes = [sp.diff(expression, symbol) for symbol in coords]
    constant = expression.subs(dict.fromkeys(coords, 0))
    numbers = [*slopes, constant]
    return [float(x) for x in numbers] if all(x.is_number and x.is_finite for x in numbers) else None
