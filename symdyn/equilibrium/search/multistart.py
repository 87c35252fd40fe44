"""Levenberg-Marquardt from many starts at once, batch axis last.

The unknowns are the ambient coordinates and the residual is (field, constraint), so no charts are needed. Starts that
have converged, or that stopped at a positive residual, are set aside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from symdyn.algebra.budgets.deadline import seconds_left
from symdyn.equilibrium.asked.lowering import Residual
from symdyn.equilibrium.quotient.polytope import polytope_starts

Floats = npt.NDArray[np.float64]

_TOLERANCE = 1e-13
_STEPS = 200


@dataclass(frozen=True)
class Zeros:
    """A residual as array code.

    Parameters
    ----------
    value
        From states (n, B) to (rows, 1, B).
    jacobian
        From states (n, B) to (rows, n, B).
    """

    value: Callable[[Any], Any]
    jacobian: Callable[[Any], Any]


@dataclass(frozen=True)
class Endings:
    """Where the starts ended.

    Parameters
    ----------
    points
        Zeros found, shape (n, C), polished.
    counts
        How many starts "converged", stopped at a "positive residual", or "left the domain"; and how many were
        "not finished in time", if there are such.
    """

    points: Floats
    counts: dict[str, int]


def random_starts(system: Residual, number: int, seed: int, spread: float = 2.0) -> Floats:
    """Starts of shape (n, number): uniform on spheres and simplices, else normal with the given spread."""
    rng = np.random.default_rng(seed)
    constraint = system.model.constraint
    n = len(system.coords)
    starts = rng.normal(scale=spread, size=(n, number))
    if constraint is None:
        return starts
    for group in constraint.factors:
        rows = list(group)
        starts[rows] /= np.linalg.norm(starts[rows], axis=0)
    if constraint.inequalities and not constraint.factors:
        # the plain simplex has a simpler way, and many starts fit it
        plain = constraint.inequalities == constraint.coords and constraint.equations == (sum(constraint.coords) - 1,)
        own = None if plain else polytope_starts(constraint, number, seed)
        if own is not None:
            return own
        starts = np.abs(starts)
        starts /= starts.sum(axis=0)
    return starts


def solve_all(system: Residual | Zeros, starts: Floats) -> Endings:
    """Run every start to a zero, or to where it stops."""
    x = starts.copy()
    n, batch = x.shape
    found: list[Floats] = []
    counts = {"converged": 0, "positive residual": 0, "left the domain": 0}
    damping = np.full(batch, 1e-2)
    with np.errstate(all="ignore"):  # an overflow on the way is seen below, as a value that is not finite
        value = np.asarray(system.value(x))[:, 0]
        cost = np.square(value).sum(axis=0)
        for _ in range(_STEPS):
            left = seconds_left()
            if left is not None and left <= 0:
                counts["not finished in time"] = x.shape[1]
                x = x[:, :0]
                break
            finite = np.isfinite(cost)
            counts["left the domain"] += int((~finite).sum())
            done = finite & (np.abs(value).max(axis=0) < _TOLERANCE * np.maximum(1.0, np.abs(x).max(axis=0)))
            if done.any():
                found.append(x[:, done])
                counts["converged"] += int(done.sum())
            stuck = finite & ~done & (damping > 1e12)
            counts["positive residual"] += int(stuck.sum())
            keep = finite & ~done & ~stuck
            x, value, cost, damping = x[:, keep], value[:, keep], cost[keep], damping[keep]
            if not x.shape[1]:
                break
            step = _steps(np.asarray(system.jacobian(x)), value, damping)
            new = x + step
            new_value = np.asarray(system.value(new))[:, 0]
            new_cost = np.square(new_value).sum(axis=0)
            better = new_cost < cost
            x, value = np.where(better, new, x), np.where(better, new_value, value)
            cost = np.where(better, new_cost, cost)
            damping = np.where(better, np.maximum(damping / 10, 1e-15), damping * 4)
        rest = np.abs(value).max(axis=0, initial=0.0) if x.shape[1] else np.zeros(0)
    settled = rest < 1e-9
    if settled.any():
        found.append(x[:, settled])
    counts["converged"] += int(settled.sum())
    counts["positive residual"] += int((~settled).sum())
    points = np.concatenate(found, axis=1) if found else np.zeros((n, 0))
    return Endings(points, counts)


def _steps(jacobian: Floats, value: Floats, damping: Floats) -> Floats:
    """Damped least-squares steps; the damping has a floor relative to the size of J^T J."""
    slope = np.moveaxis(jacobian, -1, 0)
    gram = np.swapaxes(slope, 1, 2) @ slope
    size = np.trace(gram, axis1=1, axis2=2) / gram.shape[1]
    shift = (damping * np.maximum(size, 1e-12))[:, None, None] * np.eye(gram.shape[1])
    right = np.swapaxes(slope, 1, 2) @ value.T[:, :, None]
    return np.asarray(-np.linalg.solve(gram + shift, right)[:, :, 0].T)


def merged(points: Floats, symmetries: Any, tolerance: float = 1e-6) -> tuple[Floats, list[int]]:
    """One representative of each orbit, in a fixed order, and how many points fell to each.

    Order: lexicographic from the largest coordinates down, after rounding to 6 digits, so that it does not depend on
    the starts.
    """
    representatives: list[Floats] = []
    sizes: list[int] = []
    order = np.lexsort(np.round(points, 6)[::-1])[::-1]
    remaining = points[:, order]
    while remaining.shape[1]:
        first = remaining[:, 0]
        radius = tolerance * max(1.0, float(np.abs(first).max()))
        near = symmetries.distance(first, remaining, radius) < radius
        near[0] = True
        representatives.append(first)
        sizes.append(int(near.sum()))
        remaining = remaining[:, ~near]
    return np.asarray(representatives).T.reshape(len(points), len(representatives)), sizes
