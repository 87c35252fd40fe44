"""The search: where random starts end, certified, told apart, and gathered to isolated points and families."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symdyn.dynamics.equilibrium import Family
from symdyn.equilibria.array_code import zeros_of
from symdyn.equilibria.domain import allowed
from symdyn.equilibria.enclosure import Floats
from symdyn.equilibria.exact_points import rational_zero_near
from symdyn.equilibria.families import families_among
from symdyn.equilibria.gathering import (
    Candidate,
    certified_candidates,
    clustered,
    different,
    nullities,
    representatives,
    settled,
)
from symdyn.equilibria.lowering import Model, Residual, residual
from symdyn.equilibria.multistart import solve_all
from symdyn.equilibria.solve.system import RealCount
from symdyn.geometry.symmetry import Symmetries

_CLUSTER = 1e-3
_WIDEST = 0.01


@dataclass(frozen=True)
class Ends:
    """Where the starts ended.

    Parameters
    ----------
    regular
        Different states with a regular Jacobian, certified where that succeeds.
    flat
        States with a singular one, or none.
    counts
        How many starts ended in which way.
    spread
        Size of the largest start.
    """

    regular: tuple[Candidate, ...]
    flat: tuple[Candidate, ...]
    counts: Mapping[str, int]
    spread: float


def ends_of(model: Model, beginnings: Floats, signs: Sequence[int]) -> Ends:
    """Run all starts, for each sign of the state that is asked for."""
    counts = {"converged": 0, "positive residual": 0, "left the domain": 0}
    candidates: list[Candidate] = []
    flat: list[Candidate] = []
    for sign in signs:
        one = residual(model, sign)
        endings = solve_all(zeros_of(one), beginnings)
        for name, share in endings.counts.items():
            counts[name] += share
        regular, singular = _gathered(one, endings.points, model.symmetries)
        candidates += regular
        flat += [c for c in singular if allowed(one, c.point[:, None]).shape[1]]
    found = different(certified_candidates(candidates), model.symmetries)
    return Ends(tuple(found), tuple(flat), counts, float(np.abs(beginnings).max()))


def gathered_ends(
    ends: Ends, exact: RealCount | None, symmetries: Symmetries, shown: Symmetries
) -> tuple[list[Candidate], list[Family]]:
    """All candidates, certified ones first, and the families; no family where the exact count is finite."""
    balls = [one for one in ends.regular if one.enclosure is not None]
    open_ones = [one for one in ends.regular if one.enclosure is None]
    families: list[Family] = []
    if exact is None or not exact.is_finite:
        families, isolated = families_among(ends.flat, shown)
        open_ones += isolated
    else:
        open_ones += ends.flat
    return [*balls, *_isolated(open_ones, balls, symmetries, exact, ends.spread)], families


def _gathered(system: Residual, points: Floats, symmetries: Symmetries) -> tuple[list[Candidate], list[Candidate]]:
    """The ends of a search once each: those with a regular Jacobian, and the others."""
    ends, steps = settled(system, points)
    good = np.isfinite(ends).all(axis=0)
    ends, steps = ends[:, good], steps[:, good]
    flat = nullities(system, ends) > 0
    return (
        representatives(system, ends[:, ~flat], steps[:, ~flat], symmetries),
        representatives(system, ends[:, flat], steps[:, flat], symmetries),
    )


def _isolated(
    candidates: Sequence[Candidate],
    balls: Sequence[Candidate],
    symmetries: Symmetries,
    exact: RealCount | None,
    spread: float,
) -> list[Candidate]:
    """Candidates that are not certified, gathered to at most as many as the exact count leaves open, if that can be."""
    inside = [one for one in candidates if allowed(one.system, one.point[:, None]).shape[1]]
    if not inside:
        return []
    radius = _CLUSTER * max(float(np.abs(one.point).max()) for one in inside)
    inside = _at_exact_points(clustered(inside, symmetries, radius), spread)
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


def _at_exact_points(candidates: Sequence[Candidate], spread: float) -> list[Candidate]:
    """Candidates beside a rational point at which all vanishes are that point; each such point once."""
    found: dict[Any, Candidate] = {}
    for number, one in enumerate(candidates):
        size = max(spread, float(np.abs(one.point).max()))
        point = rational_zero_near(one.system, one.point.tolist(), size) if one.system.sign == 1 else None
        if point is None:
            found[number] = one
            continue
        count = one.found + (found[point].found if point in found else 0)
        found[point] = replace(one, point=np.asarray([float(x) for x in point]), exact=point, found=count)
    return list(found.values())
