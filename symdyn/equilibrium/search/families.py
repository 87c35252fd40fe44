"""Continua of equilibria, told from degenerate isolated points by moving along the kernel and solving again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from symdyn.algebra.budgets.deadline import OutOfTimeError, check_time, seconds_left
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.equilibrium import Family
from symdyn.equilibrium.asked.array_code import zeros_of
from symdyn.equilibrium.asked.lowering import Residual
from symdyn.equilibrium.judge.enclosure import Floats
from symdyn.equilibrium.search.gathering import Candidate, clustered, nullities, settled, squares
from symdyn.equilibrium.search.multistart import solve_all
from symdyn.geometry.symmetry import Symmetries

_FLAT = 1e-6
_STAYS = 0.2
_STEPS = 80
_NEAR = 1e-3
_MOST = 60


def families_among(
    candidates: Sequence[Candidate], symmetries: Symmetries
) -> tuple[list[Family], list[Candidate]]:
    """One family for each dimension, and the candidates that are isolated.

    Continua of one dimension are not told apart: where there is one, there may be others. Where the time is over,
    candidates that were not looked at are left out beside a family, and returned as they are without one.
    """
    families: list[Family] = []
    isolated: list[Candidate] = []
    left = seconds_left()
    if left is not None and left <= 0:
        return [], list(candidates)
    size = max((float(np.abs(one.point).max()) for one in candidates), default=0.0)
    # points of a family lie apart, and degenerate isolated ones attract many starts: these come first
    rest = clustered(candidates, symmetries, _NEAR * size)[:_MOST]
    for number, one in enumerate(rest):
        try:
            check_time()
            dimension = family_dimension(one.system, one.point)
        except OutOfTimeError:  # beside a family others may exist, which is said; without one nothing is known of them
            return families, isolated + ([] if families else rest[number:])
        if dimension == 0:
            isolated.append(one)
        elif not any(family.dimension == dimension for family in families):
            families.append(_family(one, dimension, symmetries))
    return families, isolated


def _family(one: Candidate, dimension: int, symmetries: Symmetries) -> Family:
    witness = dict(zip(one.system.coords, one.point.tolist(), strict=True))
    orbit = [np.asarray(a, dtype=float) @ one.point for a in symmetries.generators]
    rank = int(np.linalg.matrix_rank(np.asarray(orbit), tol=1e-7)) if orbit else 0
    reason = "orbit of a symmetry" if rank >= dimension else "neighbouring equilibria were found along the kernel"
    return Family(dimension=dimension, witness=witness, reason=reason, verdict=Verdict.OBSERVED)


def family_dimension(system: Residual, point: Floats, step: float = 1e-2) -> int:
    """Dimension of the set of equilibria at a point, as far as neighbours show it; 0 for an isolated point.

    States a step away along the kernel are solved again. Those count that stay where they are under many more steps of
    Newton's method: near a degenerate isolated point they would creep towards it. The dimension is the number of
    independent directions in which neighbours lie, and at most the least nullity there.
    """
    with np.errstate(all="ignore"):  # where there is no derivative, nothing is known
        _, square = squares(system, point[:, None])
    if not np.isfinite(square).all():
        return 0
    _, singular, right = np.linalg.svd(square[0])
    flat = singular < _FLAT * max(1.0, float(singular.max(initial=0.0)))
    directions = right[flat]
    if not len(directions):
        return 0
    size = step * max(1.0, float(np.abs(point).max()))
    moved = np.concatenate([point[:, None] + size * directions.T, point[:, None] - size * directions.T], axis=1)
    ends = solve_all(zeros_of(system), moved).points
    later, _ = settled(system, ends, _STEPS)
    distance = np.linalg.norm(ends - point[:, None], axis=0)
    stays = np.linalg.norm(later - ends, axis=0) < _STAYS * distance
    away = stays & (distance > 0.3 * size) & (distance < 3 * size)
    if not away.any():
        return 0
    offsets = later[:, away] - point[:, None]
    rank = int((np.linalg.svd(offsets, compute_uv=False) > 0.1 * size).sum())
    return int(min(rank, nullities(system, later[:, away]).min()))
