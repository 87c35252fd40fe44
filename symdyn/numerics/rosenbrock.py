"""Many stiff trajectories at once by a Rosenbrock method of order four, each with its own step size.

The method is RODAS (Hairer and Wanner, Solving Ordinary Differential Equations II, section IV.7): L-stable, six stages,
one Jacobian and one inverse for each step, so that steps follow the slow motion and not the fastest decay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdyn.algebra.budgets.deadline import seconds_left
from symdyn.numerics.integrate import Floats, RightSide, Trajectories

_GAMMA = 0.25
_A = (
    (),
    (1.544,),
    (0.9466785280815826, 0.2557011698983284),
    (3.314825187068521, 2.896124015972201, 0.9986419139977817),
    (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950),
)
_C = (
    (),
    (-5.6688,),
    (-2.430093356833875, -0.2063599157091915),
    (-0.1073529058151375, -9.594562251023355, -20.47028614809616),
    (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160),
    (8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054),
)
_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 6.0
_ORDER = 4


def integrate_stiff(
    right_side: RightSide,
    jacobian: Callable[[Floats], Floats],
    starts: Floats,
    duration: Any,
    *,
    rtol: float = 1e-6,
    atol: Any = 1e-9,
    project: Callable[[Floats], Floats] | None = None,
    stop_speed: float | None = None,
    max_steps: int = 20_000,
) -> Trajectories:
    """Integrate x' = right_side(x) from every start, as `symdyn.numerics.integrate.integrate` does without samples.

    Parameters
    ----------
    right_side, jacobian
        Functions of states (n, b): velocities (n, b) and their derivatives (n, n, b).
    starts
        Shape (n, B).
    duration
        Positive: one number, or one for each start; dimensionless.
    rtol, atol
        Relative and absolute tolerance of the local error.
    project
        Applied to accepted states, to stay on a constraint.
    stop_speed
        Stop where the norm of the velocity falls below this.
    max_steps
        Accepted and rejected steps together.
    """
    x = np.array(starts, dtype=float)
    n, batch = x.shape
    final, times, status = x.copy(), np.zeros(batch), np.full(batch, "steps", dtype=object)
    steps = np.zeros(batch, dtype=np.int64)
    end = np.array(np.broadcast_to(np.asarray(duration, dtype=float), (batch,)))
    alive, t = np.arange(batch), np.zeros(batch)
    speed = np.linalg.norm(right_side(x), axis=0)
    size = np.linalg.norm(x, axis=0) + float(np.max(atol))
    h = np.minimum(end, 1e-3 * size / np.maximum(speed, 1e-300))
    for _ in range(max_steps):
        if not len(alive):
            break
        left = seconds_left()
        if left is not None and left <= 0:
            status[alive] = "late"
            break
        step = np.minimum(h, end[alive] - t)
        new, change = _stages(right_side, jacobian, x, step)
        if project is not None:
            new = project(new)
        scale = atol + rtol * np.maximum(np.abs(x), np.abs(new))
        error = np.sqrt(np.square(change / scale).mean(axis=0))
        good = (error <= 1.0) & np.isfinite(new).all(axis=0)  # a nan compares False
        factor = np.clip(_SAFETY * np.maximum(np.where(np.isfinite(error), error, 1e6), 1e-10) ** (-1 / _ORDER),
                         _SHRINK, np.where(good, _GROW, _SAFETY))  # fmt: skip
        h = np.where(good & (step < h), np.maximum(h, step * factor), step * factor)
        x = np.where(good, new, x)
        arrived = good & (step >= end[alive] - t)
        t = np.where(arrived, end[alive], np.where(good, t + step, t))
        steps[alive[good]] += 1
        stuck = h < 1e-14 * np.maximum(1.0, t)
        resting = np.zeros(len(alive), dtype=bool)
        if stop_speed is not None:
            resting = good & (np.linalg.norm(right_side(x), axis=0) < stop_speed)
        for word, here in (("rest", resting), ("blow-up", stuck & ~resting), ("end", arrived)):
            status[alive[here]] = word
        done = arrived | stuck | resting
        final[:, alive[done]], times[alive[done]] = x[:, done], t[done]
        alive, x, t, h = alive[~done], x[:, ~done], t[~done], h[~done]
    final[:, alive], times[alive] = x, t
    return Trajectories(final, times, np.zeros((0, n, batch)), tuple(status.tolist()), steps)


def _stages(
    right_side: RightSide, jacobian: Callable[[Floats], Floats], x: Floats, h: Floats
) -> tuple[Floats, Floats]:
    """One step of each trajectory: new states, and the estimate of the error."""
    n = len(x)
    slope = np.moveaxis(np.asarray(jacobian(x)), -1, 0)
    fine = np.asarray(np.isfinite(slope).all(axis=(1, 2)))
    matrix = np.eye(n) / (_GAMMA * h)[:, None, None] - np.where(fine[:, None, None], slope, 0.0)
    try:
        inverse = np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        inverse = np.linalg.pinv(matrix)
    stages: list[Floats] = []
    place = x
    for number, row in enumerate(_C):
        if number < len(_A):
            place = x + sum((a * k for a, k in zip(_A[number], stages, strict=True)), np.zeros_like(x))
        else:
            place = place + stages[-1]  # the embedded solution; the last stage is its error
        pull = sum((c * k for c, k in zip(row, stages, strict=True)), np.zeros_like(x)) / h
        force = right_side(place) + pull
        stages.append((inverse @ force.T[:, :, None])[:, :, 0].T)
    return place + stages[-1], np.where(fine, stages[-1], np.nan)
