"""Points of simple fractions near which a function is lowest, by floats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.programs.derivatives import gradient
from symdyn.algebra.programs.straight_line import jacobian_line, straight_line
from symdyn.certificate.witness.stability.lyapunov import Ends
from symdyn.equilibrium.asked.exact_points import simple_points
from symdyn.numerics.backends import numpy_backend

Floats = np.ndarray[Any, np.dtype[np.float64]]
_STARTS = 12
_STEPS = 40
_WIDE = 3.0


def lowest_points(
    function: sp.Expr, coords: Sequence[sp.Symbol], box: Sequence[Ends], *, starts: Floats | None = None
) -> Iterator[tuple[Fraction, ...]]:
    """Points of simple fractions beside minima of a function in a box, from several starts."""
    ends = _descended(function, coords, box, drawn(box, _STARTS) if starts is None else starts)
    seen: set[tuple[Fraction, ...]] = set()
    for end in sorted(ends.T, key=lambda end: float(np.abs(end).max())):  # the nearest ones read best
        check_time()
        for point in simple_points(end.tolist(), max(1.0, float(np.abs(end).max()))):
            if point not in seen:
                seen.add(point)
                yield point


def _descended(function: sp.Expr, coords: Sequence[sp.Symbol], box: Sequence[Ends], points: Floats) -> Floats:
    """Newton's method with a growing and shrinking multiple of the identity, from all starts at once."""
    slopes = gradient(function, coords)
    value = numpy_backend.lower(straight_line([function], coords))
    slope = numpy_backend.lower(straight_line(slopes, coords))
    bend = numpy_backend.lower(jacobian_line(slopes, coords, coords))
    low = np.asarray([[-np.inf if a is None else float(a)] for a, _ in box])
    high = np.asarray([[np.inf if b is None else float(b)] for _, b in box])
    size, many = points.shape
    damping = np.ones(many)
    with np.errstate(all="ignore"):  # what has no value is no step
        for _ in range(_STEPS):
            check_time()
            here = np.broadcast_to(np.asarray(value(points))[0, 0], (many,))
            along = np.nan_to_num(np.broadcast_to(np.asarray(slope(points))[:, 0], (size, many)))
            curved = np.nan_to_num(np.broadcast_to(np.asarray(bend(points)), (size, size, many))).transpose(2, 0, 1)
            scale = np.abs(curved).max(axis=(1, 2)) + 1e-300
            least = np.linalg.eigvalsh(curved / scale[:, None, None])[:, 0]
            shift = np.maximum(-least, 0.0) + damping * 1e-3 + 1e-12
            moved = curved / scale[:, None, None] + shift[:, None, None] * np.eye(size)
            step = -np.linalg.solve(moved, (along / scale).T[:, :, None])[:, :, 0].T
            other = np.clip(points + step, low, high)
            better = np.broadcast_to(np.asarray(value(other))[0, 0], (many,)) <= here
            points = np.where(better, other, points)
            damping = np.where(better, damping / 4, np.minimum(damping * 16, 1e12))
    return points


def drawn(box: Sequence[Ends], count: int, *, seed: int = 0, wide: float = _WIDE) -> Floats:
    """Random states (n, count) in a box, within a few units of 0 or of the end where a side has none."""
    rng = np.random.default_rng(seed)
    rows = []
    for low, high in box:
        below = float(low) if low is not None else (float(high) - 2 * wide if high is not None else -wide)
        above = float(high) if high is not None else below + 2 * wide
        rows.append(rng.uniform(below, above, count))
    return np.asarray(rows)
