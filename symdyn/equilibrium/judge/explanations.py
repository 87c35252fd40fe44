"""Reasons for neutral directions: symmetries and conservation laws, each counted once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import sympy as sp

from symdyn.algebra.programs.derivatives import gradient
from symdyn.equilibrium.asked.lowering import Residual
from symdyn.equilibrium.judge.linearization import (
    Floats,
)
from symdyn.geometry.symmetry import Symmetries


def explanations(
    system: Residual, point: Floats, laws: Sequence[sp.Expr], symmetries: Sequence[Symmetries]
) -> tuple[tuple[str, int], ...]:
    """Neutral directions owed to symmetries and to laws, each counted once.

    A symmetry generator A gives the null vector A x, a law h the left null vector grad h. Where the two pair to a
    number that is not zero they speak of the same simple eigenvalue; otherwise they add.
    """
    n = len(point)
    slope = np.asarray(system.jacobian(point))
    orbit = [np.asarray(a, dtype=float) @ point for s in symmetries for a in s.generators]
    orbit = [v for v in orbit if np.linalg.norm(slope @ v) <= 1e-7 * max(1.0, float(np.linalg.norm(v)))]
    right = _independent(np.asarray(orbit).reshape(len(orbit), n))
    tangent = np.eye(n)
    if len(slope) > n:
        normal = slope[n:]
        tangent -= normal.T @ np.linalg.solve(normal @ normal.T, normal)
    values = {symbol: float(x) for symbol, x in zip(system.coords, point.tolist(), strict=True)}
    gradients = [[float(g.subs(values)) for g in gradient(law, system.coords)] for law in laws]
    left = _independent((np.asarray(gradients).reshape(len(gradients), n)) @ tangent)
    left = np.asarray([g for g in left if np.linalg.norm(g @ slope[:n] @ tangent) <= 1e-7]).reshape(-1, n)
    both = int(np.linalg.matrix_rank(left @ right.T, tol=1e-7)) if len(left) and len(right) else 0
    found = []
    if len(right):
        found.append(("symmetry orbit", len(right)))
    if len(left) - both > 0:
        found.append(("conservation laws", len(left) - both))
    return tuple(found)


def _independent(rows: Floats) -> Floats:
    """Rows of an orthonormal basis of the row space, by singular values."""
    if not rows.size:
        return rows.reshape(0, rows.shape[1] if rows.ndim == 2 else 0)
    _, singular, right = np.linalg.svd(rows, full_matrices=False)
    return np.asarray(right[singular > 1e-9 * max(1.0, singular.max(initial=0.0))])
