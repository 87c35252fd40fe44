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
_HIT_AND_RUN = 60
_SMALLEST = 1e-12


def polytope_starts(constraint: Constraint, number: int, seed: int) -> Floats | None:
    """Points of shape (n, number) where all inequalities hold; None where something is not linear, or nothing is found.

    Where the set is not bounded, states to a hundred times the largest constant are drawn.
    """
    vertices = _vertices(constraint)
    if vertices is None:
        return None
    weights = np.random.default_rng(seed).gamma(0.3, size=(vertices.shape[1], number))
    return np.asarray(vertices @ (weights / weights.sum(axis=0)))


def uniform_in_polytope(constraint: Constraint, number: int, seed: int) -> Floats | None:
    """Points of shape (n, number) that are uniform on a bounded polytope, up to the mixing of hit and run.

    Each point runs by itself from a mixture of vertices: along a random direction it is drawn anew from the segment
    inside. None where something is not linear or the set is not bounded.
    """
    table, vertices = _rows(constraint), _vertices(constraint)
    if table is None or vertices is None or not _is_bounded(constraint):
        return None
    equal, less = np.split(table, [len(constraint.equations)])
    n = len(constraint.coords)
    _, singular, right = np.linalg.svd(equal[:, :-1]) if len(equal) else (None, np.zeros(0), np.eye(n))
    along = right[int((singular > _SMALLEST * singular.max(initial=1.0)).sum()) :].T
    rng = np.random.default_rng(seed)
    weights = rng.exponential(size=(vertices.shape[1], number))
    x = np.asarray(vertices @ (weights / weights.sum(axis=0)))
    if not along.shape[1]:
        return x
    # directions in the shape of the set, so that thin ones mix as well as round ones
    middle = vertices.mean(axis=1, keepdims=True)
    shape = along @ (along.T @ (vertices - middle))
    for _ in range(_HIT_AND_RUN * max(1, along.shape[1])):
        direction = shape @ rng.normal(size=(shape.shape[1], number))
        room, slope = less[:, :-1] @ x + less[:, [-1]], less[:, :-1] @ direction
        steps = -room / np.where(np.abs(slope) > _SMALLEST, slope, np.nan)
        low = np.nan_to_num(np.where(slope > 0, steps, -np.inf), nan=-np.inf).max(axis=0)
        high = np.nan_to_num(np.where(slope < 0, steps, np.inf), nan=np.inf).min(axis=0)
        fine = np.isfinite(low) & np.isfinite(high) & (low < high)
        chosen = rng.uniform(size=number)
        x = x + direction * np.where(fine, np.where(fine, low, 0) * (1 - chosen) + np.where(fine, high, 0) * chosen, 0)
    return x


@lru_cache(maxsize=64)
def _is_bounded(constraint: Constraint) -> bool:
    import scipy.optimize  # takes long to import, and few models need it

    table = _rows(constraint)
    if table is None:
        return False
    equal, less = np.split(table, [len(constraint.equations)])
    n = len(constraint.coords)
    return all(
        scipy.optimize.linprog(
            sign * np.eye(n)[k],
            A_ub=-less[:, :-1],
            b_ub=less[:, -1],
            A_eq=equal[:, :-1] if len(equal) else None,
            b_eq=-equal[:, -1] if len(equal) else None,
            bounds=(None, None),
        ).status
        == 0
        for k in range(n)
        for sign in (1, -1)
    )


def _rows(constraint: Constraint) -> Floats | None:
    """Coefficients and constants of equations, then of inequalities; None where something is not linear."""
    rows = [_linear(expression, constraint.coords) for expression in (*constraint.equations, *constraint.inequalities)]
    found = [row for row in rows if row is not None]
    return np.asarray(found) if constraint.inequalities and len(found) == len(rows) else None


@lru_cache(maxsize=64)
def _vertices(constraint: Constraint) -> Floats | None:
    import scipy.optimize  # takes long to import, and few models need it

    table = _rows(constraint)
    if table is None:
        return None
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
