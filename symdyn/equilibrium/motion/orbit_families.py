"""Families of periodic orbits, as around a centre, told from isolated ones by closing neighbours again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symdyn.equilibrium.motion.lowered import Floats, Motion
from symdyn.equilibrium.motion.paths import velocity
from symdyn.equilibrium.motion.shooting import PeriodicOrbit, closed, newton_matrix
from symdyn.numerics.integrate import integrate

_FLAT = 1e-6
_STEPS = (0.03, 0.006)  # in half the range of each coordinate; the second near the edge of a family
_CLOSED = 1e-8
_SAMPLES = 2000
_RETURNED = 2e-3
_LEFT = 0.1


@dataclass(frozen=True)
class Neighbours:
    """Other periodic orbits beside one.

    Parameters
    ----------
    dimension
        In how many independent directions there are some; 0 for an isolated orbit.
    orbits
        Those that were closed.
    flat
        In how many directions the linear part leaves it open.
    """

    dimension: int
    orbits: tuple[PeriodicOrbit, ...]
    flat: int


def neighbours_of(move: Motion, orbit: PeriodicOrbit) -> Neighbours:
    """Periodic orbits a small step away in each direction that the linear part allows."""
    back = orbit.frame.back
    speed = back @ velocity(move, orbit.start)
    matrix = newton_matrix(orbit.map, speed, orbit.period * speed)
    _, singular, right = np.linalg.svd(matrix)
    flat = right[singular < _FLAT + 1e-9 * float(np.abs(orbit.map).max())]
    found: list[PeriodicOrbit] = []
    dimension = 0
    for row in flat:
        direction = row[:-1]
        length = float(np.linalg.norm(direction))
        if length < 1e-3:
            continue
        ends = _ends(move, orbit, direction / length, row[-1] / length)
        dimension += bool(ends)
        found += ends
    return Neighbours(dimension, tuple(found), len(flat))


def _ends(move: Motion, orbit: PeriodicOrbit, direction: Floats, stretch: float) -> list[PeriodicOrbit]:
    """The orbits on both sides along a direction, with the relative change of the period; a shorter way if need be."""
    for step in _STEPS:
        found = []
        for moved in (step, -step):
            x = orbit.start + moved * orbit.frame.into @ direction
            if move.project is not None:
                x = move.project(x[:, None])[:, 0]
            one = closed(move, x, orbit.period * (1 + moved * stretch), orbit.scale, direction)
            if one is not None and one.residual < _CLOSED:
                found.append(one)
        if found:
            return found
    return []


def return_times(move: Motion, states: Floats, longest: float, shortest: float) -> Floats:
    """When each state first comes back to itself, nan if it does not until the longest time.

    Between two samples the trajectory is followed by its Taylor polynomial of degree two. Samples are as dense as the
    shortest period asks, as far as there is room.
    """
    n, batch = states.shape
    number = int(min(_SAMPLES * 4, max(_SAMPLES, 40 * longest / shortest)))
    times = np.linspace(0, longest, number + 1)[1:]
    with np.errstate(all="ignore"):  # a trajectory that leaves the domain has no samples there
        run = integrate(move.forward, states, longest, sample_times=times, project=move.project)
        gaps = move.gap(run.samples.transpose(1, 0, 2).reshape(n, -1), np.tile(states, (1, number)))
    gaps = gaps.reshape(n, number, batch)
    scale = np.maximum(0.5 * np.nanmax(np.abs(gaps), axis=1), 1e-300)
    distance = np.linalg.norm(gaps / scale[:, None], axis=0)
    found = np.full(batch, np.nan)
    for k in range(batch):
        row = distance[:, k]
        away = np.flatnonzero(row > _LEFT)
        if not len(away) or not np.isfinite(row).all():
            continue
        inner = np.arange(max(away[0], 1), number - 1)
        places = inner[(row[inner] <= row[inner - 1]) & (row[inner] <= row[inner + 1])]
        for place in places:
            x = run.samples[place, :, k]
            shift, close = _closest(move, x, states[:, k], scale[:, k])
            if close < _RETURNED and abs(shift) <= times[0]:
                found[k] = times[place] + shift
                break
    return found


def _closest(move: Motion, x: Floats, target: Floats, scale: Floats) -> tuple[float, float]:
    """How much later the trajectory through x passes nearest to a state, and how near."""
    speed = velocity(move, x)
    turn = move.slope(x[:, None])[:, :, 0] @ speed
    gap: Any = move.gap(target, x) / scale
    first, second = speed / scale, turn / scale
    shift = 0.0
    for _ in range(3):
        ahead = first + shift * second
        shift += float(ahead @ (gap - shift * first - 0.5 * shift**2 * second)) / max(float(ahead @ ahead), 1e-300)
    return shift, float(np.linalg.norm(gap - shift * first - 0.5 * shift**2 * second))
