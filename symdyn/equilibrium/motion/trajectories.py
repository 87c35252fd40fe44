"""Ensembles of trajectories: explicit steps, implicit ones where the flow is stiff, and which of them come to rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symdyn.equilibrium.motion.lowered import Floats, Motion, polished, tangent_spectra
from symdyn.numerics.integrate import integrate
from symdyn.numerics.rosenbrock import integrate_stiff

STOP = 1e-5
NEUTRAL = 1e-6
_NEAR = 1e-2
_ROUNDS = 4
_FIRST_STEPS, _MOST_STEPS = 300, 40_000
_LIMITED, _FAR_AHEAD = 1.0, 3000.0
_LONGER, _TIMES_LONGER = 100.0, 3
_NEGLIGIBLE = 1e-6


@dataclass
class Ensemble:
    """Where trajectories are after some time.

    Parameters
    ----------
    final
        Last states, shape (n, B).
    times
        Times reached, shape (B,).
    status
        As of `symdyn.numerics.integrate.Trajectories`, per trajectory.
    resting
        Which came to rest where nothing leads away.
    """

    final: Floats
    times: Floats
    status: Any
    resting: Any

    @property
    def is_late(self) -> bool:
        """Whether the time limit ended it."""
        return bool((self.status == "late").any())


def tolerance(states: Floats) -> Floats:
    """Absolute tolerances for each coordinate, shape (n, 1), on the scale of the states where that is below 1."""
    typical = np.median(np.abs(states), axis=1, keepdims=True)
    return np.asarray(1e-10 * np.where((typical > 0) & (typical < 1), typical, 1.0))


def time_scale(move: Motion, states: Floats) -> float:
    """A typical time of the flow at the states: one over the smallest eigenvalue that is not negligible, its median."""
    with np.errstate(all="ignore"):
        slope = np.moveaxis(move.slope(states), -1, 0)
    fine = np.asarray(np.isfinite(slope).all(axis=(1, 2)))
    if not fine.any():
        return 1.0
    sizes = np.abs(np.linalg.eigvals(slope[fine]))
    largest = sizes.max(axis=1, keepdims=True)
    least = np.where(sizes > _NEGLIGIBLE * largest, sizes, np.inf).min(axis=1)
    rate = float(np.median(least))
    return 1.0 / rate if np.isfinite(rate) and rate > 0 else 1.0


def usual_duration(move: Motion, states: Floats, usual: float) -> float:
    """The usual duration, or as many typical times of a flow that is far slower or faster than order one."""
    typical = time_scale(move, states)
    return usual if 0.02 <= typical <= 20 else usual * typical


def followed(
    move: Motion, states: Floats, duration: Any, stop: float | None = None, *, atol: Any = None
) -> Ensemble:
    """Follow states for a time (one for all, or one for each), by implicit steps where the flow turns out stiff.

    A trajectory counts as stiff if its explicit steps are as long as the fastest decay allows, and many of them lie
    ahead.
    """
    batch = states.shape[1]
    ends = np.array(np.broadcast_to(np.asarray(duration, dtype=float), (batch,)))
    found = Ensemble(
        np.array(states), np.zeros(batch), np.full(batch, "steps", dtype=object), np.zeros(batch, dtype=bool)
    )
    absolute = tolerance(states) if atol is None else atol
    options: dict[str, Any] = {"project": move.project, "stop_speed": stop}
    going, spent, steps = np.arange(batch), 0, _FIRST_STEPS
    with np.errstate(all="ignore"):  # what leaves the domain is seen in the status
        while len(going) and spent < _MOST_STEPS:
            left = ends[going] - found.times[going]
            run = integrate(
                move.forward, found.final[:, going], left, atol=absolute, max_steps=steps, **options
            )
            _store(found, going, run)
            unfinished = np.asarray(run.status, dtype=object) == "steps"
            pace = np.where(run.steps > 0, run.times / np.maximum(run.steps, 1), 0.0)[unfinished]
            going = going[unfinished]
            spent, steps = spent + steps, 2 * steps
            stiff = going[_is_stiff(move, found.final[:, going], pace, ends[going] - found.times[going])]
            if len(stiff):
                late = ends[stiff] - found.times[stiff]
                atol_stiff = np.maximum(absolute * 1e3, 1e-300)
                _store(
                    found,
                    stiff,
                    integrate_stiff(
                        move.forward, move.slope, found.final[:, stiff], late, rtol=1e-5, atol=atol_stiff, **options
                    ),
                )
                going = np.setdiff1d(going, stiff)
    return found


def _store(found: Ensemble, places: Any, run: Any) -> None:
    found.final[:, places] = run.final
    found.times[places] += run.times
    found.status[places] = np.asarray(run.status, dtype=object)


def decay_rates(move: Motion, states: Floats) -> Floats:
    """The fastest decay at each state, of an eigenvalue that decays faster than it turns; 0 if there is none."""
    with np.errstate(all="ignore"):
        slope = np.moveaxis(move.slope(states), -1, 0)
    fine = np.asarray(np.isfinite(slope).all(axis=(1, 2)))
    values = np.linalg.eigvals(np.where(fine[:, None, None], slope, 0.0))
    rates = np.where(np.abs(values.imag) <= np.abs(values.real), -values.real, 0.0)
    return np.asarray(np.maximum(rates.max(axis=1), 0.0))


def _is_stiff(move: Motion, states: Floats, pace: Floats, left: Floats) -> Any:
    if not len(pace):
        return np.zeros(0, dtype=bool)
    rates = decay_rates(move, states)
    return np.asarray((rates * pace > _LIMITED) & (rates * left > _FAR_AHEAD))


def settled(move: Motion, states: Floats, duration: float, *, longer: bool = False) -> Ensemble:
    """Final states, and which of them came to rest where nothing leads away.

    A slow state counts as resting if Newton's method moves it little and no direction there is unstable; a stop near a
    saddle goes on without the stop for half of the remaining time, as often as that is needed. With `longer` states
    on their way to a stable equilibrium are followed for as long as its slowest eigenvalue asks.
    """
    with np.errstate(all="ignore"):
        speeds = np.linalg.norm(move.forward(states), axis=0)
    speeds = speeds[np.isfinite(speeds)]
    typical = float(np.median(speeds)) if len(speeds) else 1.0
    stop = STOP * (typical if 0 < typical < 1 else 1.0)
    atol = tolerance(states)
    found = _settled_until(move, followed(move, states, duration, stop, atol=atol), duration, stop, atol)
    for _ in range(_TIMES_LONGER if longer else 0):
        moving = np.flatnonzero((found.status == "end") & ~found.resting)
        more = np.minimum(1.2 * _time_needed(move, found.final[:, moving], stop), _LONGER * duration)
        moving, more = moving[more > 0], more[more > 0]
        if not len(moving):
            break
        start = found.final[:, moving]
        later = _settled_until(move, followed(move, start, more, stop, atol=atol), more, stop, atol)
        found.final[:, moving], found.status[moving] = later.final, later.status
        found.times[moving] += later.times
        found.resting[moving] = later.resting
    found.final = move.reduced(found.final)
    return found


def _settled_until(move: Motion, found: Ensemble, duration: Any, stop: float, atol: Any) -> Ensemble:
    ends = np.broadcast_to(np.asarray(duration, dtype=float), found.times.shape)
    with np.errstate(all="ignore"):  # a state that is not finite is not slow
        speeds = np.linalg.norm(move.forward(found.final), axis=0)
    slow = np.flatnonzero((found.status == "rest") | ((found.status == "end") & (speeds < stop)))
    for number in range(_ROUNDS):
        found.resting[slow] = _stays(move, found.final[:, slow])
        going = slow[~found.resting[slow]]
        if not len(going):
            break
        last = number == _ROUNDS - 1
        left = np.maximum(ends[going] - found.times[going], 0.0) * (1.0 if last else 0.5)
        _continue(move, found, going, left, None, atol)
        if last:
            with np.errstate(all="ignore"):
                speed = np.linalg.norm(move.forward(found.final[:, going]), axis=0)
            slow = going[speed < stop]
            found.resting[slow] = _stays(move, found.final[:, slow])
            break
        going = going[found.status[going] == "end"]
        _continue(move, found, going, np.maximum(ends[going] - found.times[going], 1e-300), stop, atol)
        slow = going[found.status[going] == "rest"]
    found.status[found.status == "rest"] = "end"
    return found


def _continue(move: Motion, found: Ensemble, places: Any, left: Floats, stop: float | None, atol: Any) -> None:
    if len(places):
        on = followed(move, found.final[:, places], left, stop, atol=atol)
        found.final[:, places], found.status[places] = on.final, on.status
        found.times[places] += on.times


def _zeros_nearby(move: Motion, states: Floats, near: float) -> tuple[Any, Any]:
    """Which states have a zero nearby, and the largest real part of its spectrum (infinite where there is none)."""
    zeros = polished(move.system, states)
    value = np.asarray(move.system.value(zeros))[:, 0]
    scale = np.maximum(1.0, np.abs(states).max(axis=0))
    good = (np.abs(value).max(axis=0) < 1e-9 * scale) & (np.linalg.norm(zeros - states, axis=0) < near * scale)
    largest = np.full(states.shape[1], np.inf)
    if good.any():
        spectra = tangent_spectra(move.system, zeros[:, good])
        ahead = -spectra.real if move.is_reversed else spectra.real
        largest[good] = ahead.max(axis=1, initial=-np.inf)
    return good, largest


def _stays(move: Motion, states: Floats) -> Any:
    """Whether Newton's method finds a zero nearby, without an unstable direction."""
    if not states.shape[1]:
        return np.zeros(0, dtype=bool)
    good, largest = _zeros_nearby(move, states, _NEAR)
    return good & (largest < NEUTRAL)


def _time_needed(move: Motion, states: Floats, stop: float) -> Floats:
    """How long the slowest eigenvalue of a stable equilibrium nearby takes to bring each state to rest, else 0."""
    if not states.shape[1]:
        return np.zeros(0)
    good, largest = _zeros_nearby(move, states, 1.0)
    with np.errstate(all="ignore"):
        speed = np.linalg.norm(move.forward(states), axis=0)
        # a turn or two more than needed, for spirals do not slow down evenly
        times = (np.log(np.maximum(speed / stop, 1.0)) + 1.0) / -largest
    known = good & (largest < -1e-12) & np.isfinite(times)
    return np.where(known, times, 0.0)


def slowest_decay(move: Motion, states: Floats) -> float | None:
    """The largest real part at stable equilibria near the states; None if there are none."""
    if not states.shape[1]:
        return None
    good, largest = _zeros_nearby(move, states, 1.0)
    good &= largest < 0
    return float(largest[good].max()) if good.any() else None
