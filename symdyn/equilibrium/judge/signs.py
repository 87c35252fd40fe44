"""Signs of the spectrum at a state at rest: exactly, in balls, or from floats with the doubt that they leave."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.linear.spectrum import SignCounts
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.lowering import Residual
from symdyn.equilibrium.asked.tangency import keeps_constraint
from symdyn.equilibrium.judge.enclosure import Enclosure
from symdyn.equilibrium.judge.exact_signs import exact_counts, vanishes_exactly
from symdyn.equilibrium.judge.linearization import (
    Floats,
    float_tangent_map,
)

_ZERO = 1e-8
_ROUNDING = 4e-16
_FARTHEST = 1e-2
_FLAT_DIRECTIONS = 12


def signs_at(
    system: Residual, exact: tuple[sp.Expr, ...] | None, floats: Floats, enclosure: Enclosure | None
) -> tuple[SignCounts, Verdict, tuple[Any, ...]]:
    """Counts of the signs of the spectrum (of moduli against 1 for an iteration), how they are known, and eigenvalues.

    Exactly at an exact zero; in balls at a certified one; else from floats, where eigenvalues that are not certainly
    away from the axis count as neutral.
    """
    discrete = isinstance(system.model, Iteration)
    here = floats if enclosure is None else enclosure.point
    observed = np.linalg.eigvals(multipliers(float_tangent_map(system, here), system))
    eigenvalues = tuple(sorted(observed.tolist(), key=lambda z: (-z.real, z.imag)))
    kept = is_kept(system)
    proved = enclosure.signs if enclosure is not None and kept else None
    if proved is None and kept and exact is not None and vanishes_exactly(system, exact):
        proved = exact_counts(system, exact, discrete)
    if proved is not None:
        return proved, Verdict.PROVED, eigenvalues
    size = growth(observed, discrete)
    scale = _ZERO * max(1.0, float(np.abs(observed).max(initial=0.0)))
    doubt = np.maximum(scale, 2 * _uncertainty(system, here, size, discrete))
    positive, negative = int((size > doubt).sum()), int((size < -doubt).sum())
    return SignCounts(positive, len(size) - positive - negative, negative), Verdict.OBSERVED, eigenvalues


def is_kept(system: Residual) -> bool:
    """The tangent map of an iteration is one only if the constraint is kept."""
    model = system.model
    return not isinstance(model, Iteration) or keeps_constraint(model)


def growth(eigenvalues: Any, discrete: bool) -> Floats:
    """Real parts, or moduli of multipliers minus 1, from the largest to the smallest."""
    return np.sort(np.abs(eigenvalues) - 1.0 if discrete else np.real(eigenvalues))[::-1]


def _uncertainty(system: Residual, point: Floats, size: Floats, discrete: bool) -> Floats:
    """How much the growths change where the equilibrium may be as well: beside the point along its flat directions.

    Along a right singular vector v of the Jacobian with singular value s the zero is about (residual along it)/s away,
    and rounding alone leaves it open by about eps/s.
    """
    slope, value = np.asarray(system.jacobian(point)), np.asarray(system.value(point))[:, 0]
    left, singular, right = np.linalg.svd(slope)
    largest = float(singular.max(initial=0.0))
    worst = np.zeros(len(size))
    noise = _ROUNDING * max(1.0, float(np.abs(point).max())) * max(largest, 1e-300)
    for k in range(max(0, len(point) - _FLAT_DIRECTIONS), len(point)):
        s = float(singular[k]) if k < len(singular) else 0.0
        away = max(abs(float(left[:, k] @ value)) if k < left.shape[1] else 0.0, noise)
        step = min(away / s if s > 0 else np.inf, _FARTHEST * max(1.0, float(np.abs(point).max())))
        for sign in (-2.0, 2.0):
            moved = point + sign * step * right[k]
            with np.errstate(all="ignore"):  # what leaves the domain leaves the growth open
                beside = np.asarray(system.jacobian(moved))
            if not np.isfinite(beside).all():
                return np.full(len(size), np.inf)
            other = np.linalg.eigvals(multipliers(float_tangent_map(system, moved), system))
            worst = np.maximum(worst, np.abs(growth(other, discrete) - size))
    return worst


def multipliers(tangent_map: Floats, system: Residual) -> Floats:
    """For iterations the derivative of the map along the line of the state; for flows the map itself."""
    if isinstance(system.model, Iteration):
        return system.sign * (tangent_map + system.sign * np.eye(len(tangent_map)))
    return tangent_map
