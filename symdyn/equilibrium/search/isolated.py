"""Ends that are not certified: gathered to isolated points, at exact ones where all vanishes there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from symdyn.equilibrium.asked.domain import allowed
from symdyn.equilibrium.asked.exact_points import has_value, rational_zero_near, simple_points
from symdyn.equilibrium.asked.options import Clock
from symdyn.equilibrium.search.gathering import Candidate, clustered, settled
from symdyn.equilibrium.solve.system import RealCount
from symdyn.geometry.symmetry import Symmetries

_CLUSTER, _LOCATED = 1e-3, 1e-6
_WIDEST = 0.01
_MORE_STEPS, _TOWARDS, _ON = 60, 0.5, 1e-13


def gathered(
    candidates: Sequence[Candidate],
    balls: Sequence[Candidate],
    symmetries: Symmetries,
    exact: RealCount | None,
    spread: float,
    clock: Clock,
) -> list[Candidate]:
    """Candidates that are not certified, gathered to at most as many as the exact count leaves open, if that can be."""
    inside = [one for one in candidates if allowed(one.system, one.point[:, None]).shape[1]]
    if not inside:
        return []
    radius = max(_CLUSTER * max(float(np.abs(one.point).max()) for one in inside), _LOCATED * min(spread, 10.0))
    inside = _at_exact_points(clustered(inside, symmetries, radius), spread, clock)
    found = inside
    if exact is None or not exact.is_finite:
        return found
    room = exact.real - sum(one.is_inside is not False for one in balls)
    if room <= 0:
        return []
    radius = max(radius, 1e-9 * spread)
    while len(found) > room and radius < _WIDEST * spread:
        radius *= 3
        found = clustered(inside, symmetries, radius)
    return found


def _at_exact_points(candidates: Sequence[Candidate], spread: float, clock: Clock) -> list[Candidate]:
    """Candidates beside a rational point at which all vanishes are that point; each such point once.

    Where the time is over, candidates that were not looked at stay as they are.
    """
    found: dict[Any, Candidate] = {}
    for number, one in enumerate(candidates):
        if clock.is_over():
            found[number] = one
            continue
        size = max(spread, float(np.abs(one.point).max()))
        point = rational_zero_near(one.system, one.point.tolist(), size) if one.system.sign == 1 else None
        if point is None:
            if not _leaves(one, size):
                found[number] = one
            continue
        count = one.found + (found[point].found if point in found else 0)
        found[point] = replace(one, point=np.asarray([float(x) for x in point]), exact=point, found=count)
    return list(found.values())


def _leaves(one: Candidate, size: float) -> bool:
    """Whether Newton's method goes on towards a simple point at which the formulas have no value.

    Near a degenerate zero that is none of these points it would go to the zero.
    """
    edges = [p for p in simple_points(one.point.tolist(), size) if not has_value(one.system, p)]
    if not edges:
        return False
    later, _ = settled(one.system, one.point[:, None], _MORE_STEPS)
    for edge in edges:
        at = np.asarray([float(x) for x in edge])
        before, after = (float(np.abs(point - at).max()) for point in (one.point, later[:, 0]))
        if after <= _TOWARDS * before or before <= _ON * size:
            return True
    return False
