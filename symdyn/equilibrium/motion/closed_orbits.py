"""Which states of an ensemble lie on which periodic orbit: limit cycles, each once, and families."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symdyn.algebra.budgets.deadline import OutOfTimeError
from symdyn.dynamics.answers.periodic_orbits import LimitCycle, PeriodicFamily
from symdyn.dynamics.flow import Flow
from symdyn.equilibrium.asked.generators import generators_of
from symdyn.equilibrium.motion.lowered import Floats, Motion
from symdyn.equilibrium.motion.orbit_families import Neighbours, neighbours_of, return_times
from symdyn.equilibrium.motion.shooting import PeriodicOrbit, first_orbit, path_of
from symdyn.equilibrium.motion.trajectories import followed
from symdyn.equilibrium.rotating import drift_defects, fitted_speeds

_NEAR, _ON_SADDLE = 5e-3, 1e-6
_SAME, _SAME_PERIOD = 1e-4, 1e-6
_MOST_MISSES, _MISSES_LATER = 8, (2, 1)
_MOST_MEMBERS = 4
_MOST_CYCLES = 64
_DRIFTS = 1e-4
_TURNS = 1e-6
_LONGER, _FOLLOWED_LONGER = 4, 12


@dataclass(kw_only=True)
class Gathered:
    """Periodic orbits, and for each state the number of its cycle or family, or -1.

    Parameters
    ----------
    cycles, families
        What was found.
    cycle, family
        For each state.
    longest
        The longest period that was looked for.
    is_late
        Whether the time limit ended the search.
    """

    cycle: Any
    family: Any
    longest: float
    cycles: list[LimitCycle] = field(default_factory=list)
    families: list[PeriodicFamily] = field(default_factory=list)
    is_late: bool = False

    @property
    def is_left(self) -> Any:
        """Which states lie on none of them."""
        return (self.cycle < 0) & (self.family < 0)


@dataclass
class _Known:
    """A cycle, its states along it, and the spacing of these."""

    orbit: PeriodicOrbit
    path: Floats
    spacing: float

    @property
    def size(self) -> float:
        return float(np.linalg.norm(self.orbit.scale))


def closed_orbits(move: Motion, flow: Flow, states: Floats, longest: float, *, extended: bool = False) -> Gathered:
    """The periodic orbits near which the states (n, B) lie, and which states lie on each.

    Cycles are compared as orbits, modulo the finite symmetries. Where there are none, and `extended`, a few of the
    states are followed for longer, and longer periods are looked for.
    """
    batch = states.shape[1]
    found = Gathered(cycle=np.full(batch, -1), family=np.full(batch, -1), longest=longest)
    known: list[_Known] = []
    try:
        _gather(found, known, move, flow, states, states, _MOST_MISSES)
        for misses in _MISSES_LATER if extended else ():
            if found.cycles or found.families or not batch:
                break
            found.longest *= _LONGER
            few = states[:, :_FOLLOWED_LONGER]
            later = followed(move, few, found.longest - longest)
            few = later.final[:, later.status == "end"]
            _gather(found, known, move, flow, few, states, misses)
    except OutOfTimeError:
        found.is_late = True
    order = sorted(range(len(found.cycles)), key=lambda k: found.cycles[k].period)
    place = np.asarray([*(order.index(k) for k in range(len(order))), -1])
    found.cycles = [
        dataclasses.replace(found.cycles[k], found=int((found.cycle == k).sum())) for k in order
    ]
    found.cycle = place[found.cycle]
    return found


def _gather(
    found: Gathered, known: list[_Known], move: Motion, flow: Flow, candidates: Floats, states: Floats, misses: int
) -> None:
    """Go through candidates that lie on no orbit yet; stop after so many that give nothing new to count.

    The candidates are the states, or others that were followed from some of them.
    """
    own = candidates is states
    tried = np.zeros(candidates.shape[1], dtype=bool)
    members: list[tuple[PeriodicOrbit, Neighbours]] = []
    missed = 0
    while missed < misses and len(members) < _MOST_MEMBERS and len(known) < _MOST_CYCLES:
        left = np.flatnonzero(~tried & (found.is_left if own else True))
        if not len(left):
            break
        tried[left[0]] = True
        orbit = first_orbit(move, candidates[:, left[0]], found.longest)
        if orbit is None:
            missed += 1
            continue
        again = next((k for k, one in enumerate(known) if _is_same(flow, one, orbit)), None)
        if again is not None:
            missed += 1
            if own and found.cycles[again].attracting:
                found.cycle[left[0]] = again
            continue
        beside = neighbours_of(move, orbit)
        if beside.dimension:
            members.append((orbit, beside))
            missed += 1
            continue
        path = path_of(move, orbit)
        spacing = float(np.linalg.norm(np.diff(path, axis=1) / orbit.scale[:, None], axis=0).max())
        known.append(_Known(orbit, path, spacing))
        found.cycles.append(_cycle(move, flow, orbit))
        waiting = np.flatnonzero(found.is_left)
        attracts = all(abs(m) < 1 for m in orbit.multipliers())
        # a chaotic trajectory passes near saddles all the time, and does not end on one
        on = _lie_on(move, flow, known[-1], states[:, waiting], _NEAR if attracts else _ON_SADDLE)
        found.cycle[waiting[on]] = len(known) - 1
        missed += not (on.any() and attracts)
    _add_families(found, move, flow, members, states)


def _cycle(move: Motion, flow: Flow, orbit: PeriodicOrbit) -> LimitCycle:
    turns = generators_of(flow)
    speeds: tuple[float, ...] = ()
    if turns and drift_defects(move.system, turns, orbit.start[:, None])[0] < _TURNS:
        speeds = tuple(fitted_speeds(move.system, turns, orbit.start[:, None])[:, 0].tolist())
    return LimitCycle(
        point=move.point(orbit.start),
        period=orbit.period,
        multipliers=_multipliers(move, orbit),
        residual=orbit.residual,
        found=0,
        speeds=speeds,
    )


def _multipliers(move: Motion, orbit: PeriodicOrbit) -> tuple[complex, ...]:
    """Those of time running forward."""
    values = orbit.multipliers()
    if not move.is_reversed:
        return values
    inverse = [1 / value if abs(value) > 1e-300 else complex(1e300) for value in values]
    return tuple(sorted(inverse, key=lambda z: (-abs(z), -z.imag)))


def _is_same(flow: Flow, one: _Known, other: PeriodicOrbit) -> bool:
    """Whether a periodic orbit is a known one, modulo the finite symmetries."""
    if abs(one.orbit.period - other.period) > _SAME_PERIOD * one.orbit.period:
        return False
    distance = float(flow.symmetries.distance(other.start, one.path).min())
    return distance < (_SAME + one.spacing) * one.size


def _lie_on(move: Motion, flow: Flow, one: _Known, states: Floats, within: float) -> Any:
    """Which states lie near the cycle, modulo the finite symmetries, and return after its period."""
    reduced, path = move.reduced(states), move.reduced(one.path)
    near = np.asarray(
        [
            float(flow.symmetries.distance(reduced[:, k], path).min()) < (within + one.spacing) * one.size
            for k in range(states.shape[1])
        ],
        dtype=bool,
    )
    if not near.any():
        return near
    end = followed(move, states[:, near], one.orbit.period).final
    gap = np.linalg.norm(move.gap(end, states[:, near]) / one.orbit.scale[:, None], axis=0)
    near[np.flatnonzero(near)] = gap < within
    return near


def _add_families(
    found: Gathered, move: Motion, flow: Flow, members: list[tuple[PeriodicOrbit, Neighbours]], states: Floats
) -> None:
    """One family for each dimension, with the states that come back to themselves."""
    if not members:
        return
    left = np.flatnonzero(found.is_left)
    shortest = min(orbit.period for orbit, _ in members)
    times = return_times(move, states[:, left], found.longest, shortest)
    for dimension in sorted({beside.dimension for _, beside in members}, reverse=True):
        ones = [(orbit, beside) for orbit, beside in members if beside.dimension == dimension]
        orbit, beside = ones[0]
        back = np.isfinite(times) if dimension == max(b.dimension for _, b in members) else np.zeros(len(times), bool)
        periods = [*(one.period for one, _ in ones), *times[back].tolist()]
        found.family[left[back]] = len(found.families)
        found.families.append(
            PeriodicFamily(
                dimension=dimension,
                point=move.point(orbit.start),
                period=orbit.period,
                multipliers=_multipliers(move, orbit),
                residual=orbit.residual,
                neighbours=tuple((move.point(one.start), one.period) for one in beside.orbits),
                reason=_reason(flow, orbit, dimension),
                shortest=min(periods),
                longest=max(periods),
                found=int(back.sum()),
            )
        )


def _reason(flow: Flow, orbit: PeriodicOrbit, dimension: int) -> str:
    turns = generators_of(flow)
    if turns:
        moved = np.asarray([np.asarray(turn, dtype=float) @ orbit.start / orbit.scale for turn in turns])
        # the motion itself may be one of the turns
        if int(np.linalg.matrix_rank(moved, tol=1e-7)) > dimension:
            return "orbit of a symmetry"
    return "periodic orbits beside it were closed"


def drifting(move: Motion, flow: Flow, states: Floats) -> Any:
    """Which states move along the orbit of a symmetry."""
    try:
        turns = generators_of(flow)
    except OutOfTimeError:
        turns = ()
    if not turns or not states.shape[1]:
        return np.zeros(states.shape[1], dtype=bool)
    return drift_defects(move.system, turns, states) < _DRIFTS
