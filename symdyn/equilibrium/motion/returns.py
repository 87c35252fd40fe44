"""Times at which a trajectory comes back near its start, across the plane that it left."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.equilibrium.motion.lowered import Floats, Motion
from symdyn.equilibrium.motion.paths import STIFF, trajectory, units, velocity
from symdyn.equilibrium.motion.trajectories import decay_rates

_NEAR_RETURN = 0.1
_CLOSE_RETURN = 1e-3
_MOST_RETURNS = 3
_ON_ORBIT = 1e-6
_HALVINGS = 5


def times_of_return(move: Motion, state: Floats, longest: float) -> tuple[list[float], Floats]:
    """Times at which the plane across the flow is met again near the state, the most promising first, and units.

    A state that already lies on an orbit comes back much closer after its period than after any part of it.
    """
    scale = np.ones(len(state))
    speed = velocity(move, state)
    if not np.isfinite(speed).all():
        return [], scale
    stiff = bool(decay_rates(move, state[:, None])[0] * longest > STIFF)
    weight = np.minimum(1.0, np.maximum(np.abs(state), 1e-300))
    times, states, met = np.zeros(0), np.zeros((len(state), 0)), list[tuple[float, Floats]]()
    begin, x, near = 0.0, state, list[tuple[float, float]]()
    # a state on an orbit is back early, and the rest of the time need not be followed
    for end in longest / 2.0 ** np.arange(_HALVINGS, -1, -1):
        run = trajectory(move, x, end - begin, weight, 1e-9, stiff=stiff, dense_output=True)
        if not run.success:
            break
        met += [(begin + time, place) for time, place in crossings(move, run, state, speed)]
        times, states = np.append(times, begin + run.t), np.concatenate([states, run.y], axis=1)
        begin, x = end, run.y[:, -1]
        gaps = move.gap(states, state[:, None])
        scale = units(states, gaps)
        near = _near_returns(move, state, scale, met, times, np.linalg.norm(gaps / scale[:, None], axis=0))
        if any(distance < _ON_ORBIT for _, distance in near):
            break
    close = [time for time, distance in near if distance < _CLOSE_RETURN]
    by_distance = sorted(near, key=lambda pair: pair[1])
    ordered = [*close[:1], *(time for time, _ in near[:1]), *(time for time, _ in by_distance)]
    return [float(time) for time in dict.fromkeys(ordered)][:_MOST_RETURNS], scale


def _near_returns(
    move: Motion, state: Floats, scale: Floats, met: list[tuple[float, Floats]], times: Floats, sizes: Floats
) -> list[tuple[float, float]]:
    """Times and distances of returns near the state, after the trajectory was far away."""
    near = []
    for time, place in met:
        distance = float(np.linalg.norm(move.gap(place, state) / scale))
        if distance < _NEAR_RETURN and sizes[times <= time].max(initial=0.0) > 0.3 * sizes.max():
            near.append((time, distance))
    return near


def crossings(move: Motion, run: Any, state: Floats, speed: Floats) -> list[tuple[float, Floats]]:
    """Times and states at which a trajectory passes the plane across the flow in its direction, between its steps."""
    normal = speed / max(float(speed @ speed), 1e-300)
    height = normal @ move.gap(run.y, state[:, None])
    found = []
    for k in np.flatnonzero((height[:-1] < 0) & (height[1:] >= 0)):
        low, high = run.t[k], run.t[k + 1]
        for _ in range(60):
            middle = 0.5 * (low + high)
            if not low < middle < high:
                break
            below = float(normal @ move.gap(run.sol(middle), state)) < 0
            low, high = (middle, high) if below else (low, middle)
        found.append((float(high), np.asarray(run.sol(high))))
    return found
