"""A search in rounds: it goes on while some equilibrium was met only once or twice, and says what may be unseen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symdyn.algebra.budgets.deadline import seconds_left
from symdyn.equilibrium.asked.array_code import zeros_of
from symdyn.equilibrium.asked.domain import allowed
from symdyn.equilibrium.asked.lowering import Residual
from symdyn.equilibrium.search.gathering import Candidate, Floats, nullities, representatives, settled
from symdyn.equilibrium.search.multistart import random_starts, solve_all
from symdyn.geometry.symmetry import Symmetries

#: Deviations of starts without a constraint or a box.
DEVIATIONS = (0.1, 2.0, 10.0, 100.0)
_MOST_ROUNDS = 5
_LARGE = 20  # unknowns, from which on a search has one round
_SEED = 7919
_STILL = 1e-8
_MOVING, _NOISE, _MORE_STEPS, _SHRINKS = 1e-3, 1e-10, 60, 0.3


@dataclass
class Ends:
    """Where the starts ended.

    Parameters
    ----------
    regular, flat
        Ends with a regular and with a singular Jacobian, once each.
    counts
        How many starts ended how.
    rounds
        How many rounds there were.
    """

    regular: list[Candidate] = field(default_factory=list)
    flat: list[Candidate] = field(default_factory=list)
    counts: dict[str, int] = field(
        default_factory=lambda: {"converged": 0, "positive residual": 0, "left the domain": 0}
    )
    rounds: int = 0

    def add(self, other: Ends) -> None:
        """What another search found as well."""
        self.regular += other.regular
        self.flat += other.flat
        self.rounds += other.rounds
        for name, share in other.counts.items():
            self.counts[name] = self.counts.get(name, 0) + share


def starts_on_scales(system: Residual, number: int, seed: int) -> Floats:
    """Starts on the constraint; without one normal, with deviations of several sizes in turn."""
    starts = random_starts(system, number, seed, 1.0)
    constraint = system.model.constraint
    if constraint is None:
        starts *= np.asarray(DEVIATIONS)[np.arange(number) % len(DEVIATIONS)]
    return starts


def search(
    system: Residual,
    first: Floats,
    draw: Callable[[int], Floats] | None,
    symmetries: Symmetries,
    reduced: Callable[[Floats], Floats] | None = None,
) -> Ends:
    """Run all starts to their ends; more of them while an end was met once or twice.

    Parameters
    ----------
    system
        What vanishes at an equilibrium.
    first
        The starts of the first round.
    draw
        Those of a later one; None where the caller gave all starts.
    symmetries
        Images under finite ones are one end.
    reduced
        Angles modulo 2 pi.
    """
    found = Ends()
    ends: list[Floats] = []
    steps: list[Floats] = []
    most = _MOST_ROUNDS if draw is not None and len(system.coords) < _LARGE else 1
    beginnings = first
    for number in range(most):
        endings = solve_all(zeros_of(system), beginnings)
        found.rounds += 1
        for name, share in endings.counts.items():
            found.counts[name] = found.counts.get(name, 0) + share
        points, last = settled(system, endings.points)
        good = np.isfinite(points).all(axis=0) & ~_runs_off(system, points, last)
        ends.append(points[:, good] if reduced is None else reduced(points[:, good]))
        steps.append(last[:, good])
        every, sizes = np.concatenate(ends, axis=1), np.concatenate(steps, axis=1)
        flat = nullities(system, every) > 0
        still = ~flat & (sizes.max(axis=0, initial=0.0) <= _STILL * np.abs(every).max(axis=0, initial=0.0) + _STILL**2)
        creeping = ~flat & ~still  # towards degenerate zeros
        found.regular = representatives(system, every[:, still], sizes[:, still], symmetries)
        left = seconds_left()
        rare = any(one.found <= 2 and allowed(system, one.point[:, None]).shape[1] for one in found.regular)
        found.regular += representatives(system, every[:, creeping], sizes[:, creeping], symmetries)
        found.flat = representatives(system, every[:, flat], sizes[:, flat], symmetries)
        if draw is None or not rare or (left is not None and left <= 0):
            break
        beginnings = draw(number + 1)
    return found


def _runs_off(system: Residual, points: Floats, last: Floats) -> Any:
    """Ends from which Newton's method goes on with steps that do not shrink: the field fades there, and has no zero."""
    away = np.zeros(points.shape[1], dtype=bool)
    size = np.abs(points).max(axis=0, initial=0.0)
    moving = np.flatnonzero(last.max(axis=0, initial=0.0) > np.maximum(_MOVING * size, _NOISE))
    if len(moving):
        _, later = settled(system, points[:, moving], _MORE_STEPS)
        away[moving] = later.max(axis=0) > _SHRINKS * last[:, moving].max(axis=0)
    return away


def unseen(candidates: list[Candidate]) -> str:
    """What the numbers of starts say about equilibria that no start met (Good and Turing)."""
    starts = sum(one.found for one in candidates)
    once = sum(one.found == 1 for one in candidates)
    if not starts or not once:
        return ""
    are = "1 equilibrium was" if once == 1 else f"{once} equilibria were"
    return f"; {are} met by one start alone, so about {once / starts:.1%} of all starts may lead to unseen ones"


def seed_of_round(seed: int, number: int) -> int:
    """Another seed for each round."""
    return seed + _SEED * number
