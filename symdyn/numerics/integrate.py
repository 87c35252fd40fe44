"""Many trajectories of one autonomous flow at once: DOP853 with a step size for each.

The batch axis is last. Trajectories that have finished are set aside, so that the arrays shrink with the work. The
coefficients are SciPy's (Hairer, Norsett and Wanner 1993); SciPy's own solver stays the reference for single runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.integrate import DOP853

from symdyn.algebra.budgets.deadline import seconds_left

Floats = npt.NDArray[np.float64]
RightSide = Callable[[Floats], Floats]

_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 10.0
_ORDER = 8
_ERRORS = np.stack([DOP853.E5, DOP853.E3])


@dataclass(frozen=True)
class Trajectories:
    """Ends of trajectories, and what was sampled on the way.

    Parameters
    ----------
    final
        Last states, shape (n, B).
    times
        Times reached, shape (B,); dimensionless.
    samples
        States at the sample times, shape (len(samples), n, B); nan where a trajectory ended before.
    status
        "end" (duration reached), "rest" (slower than the stop speed), "steps" (too many steps), "late" (the deadline of
        `symdyn.algebra.budgets.deadline` was over) or "blow-up", per trajectory.
    steps
        Accepted steps, shape (B,).
    """

    final: Floats
    times: Floats
    samples: Floats
    status: tuple[str, ...]
    steps: npt.NDArray[np.int64]


def integrate(
    right_side: RightSide,
    starts: Any,
    duration: Any,
    *,
    rtol: float = 1e-8,
    atol: Any = 1e-10,
    sample_times: Any = (),
    project: Callable[[Floats], Floats] | None = None,
    stop_speed: float | None = None,
    max_steps: int = 100_000,
) -> Trajectories:
    """Integrate x' = right_side(x) from every start.

    Parameters
    ----------
    right_side
        Function of states (n, b) with any batch size b; the array is reused, so it must not keep or change it.
    starts
        Shape (n, B).
    duration
        End of time, positive or negative; dimensionless. One number, or one for each start, of one sign.
    rtol, atol
        Relative and absolute tolerance of the local error, as in SciPy; atol may be of shape (n, 1).
    sample_times
        Times between 0 and `duration`, increasing in modulus, at which states are recorded (steps end there).
    project
        Applied to accepted states, to stay on a constraint.
    stop_speed
        Stop where the norm of the velocity falls below this; choose it well above atol.
    max_steps
        Accepted and rejected steps together.

    Raises
    ------
    ValueError
        If `starts` is not of shape (n, B) or not finite.
    """
    x = np.array(starts, dtype=float)
    if x.ndim != 2 or not np.isfinite(x).all():
        raise ValueError(f"starts of shape {x.shape}: give finite numbers of shape (n, B), one column for each start")
    return _Run(
        right_side, x, duration, rtol, atol, np.asarray(sample_times, float), project, stop_speed, max_steps
    ).run()


class _Run:
    def __init__(
        self,
        right_side: RightSide,
        x: Floats,
        duration: Any,
        rtol: float,
        atol: Any,
        sample_times: Floats,
        project: Callable[[Floats], Floats] | None,
        stop_speed: float | None,
        max_steps: int,
    ) -> None:
        self.f, self.project, self.stop_speed, self.max_steps = right_side, project, stop_speed, max_steps
        n, batch = x.shape
        ends = np.broadcast_to(np.asarray(duration, dtype=float), (batch,))
        self.direction = 1.0 if (ends >= 0).all() else -1.0
        self.rtol, self.atol = rtol, atol
        between = np.broadcast_to(np.abs(sample_times)[:, None], (len(sample_times), batch))
        self.stops = np.concatenate([between, np.abs(ends)[None]])
        self.final = x.copy()
        self.work = np.empty((DOP853.n_stages + 2) * x.size)
        self.times = np.zeros(batch)
        self.samples = np.full((len(sample_times), n, batch), np.nan)
        self.status = np.full(batch, "steps", dtype=object)
        self.steps = np.zeros(batch, dtype=np.int64)

    def velocity(self, x: Floats) -> Floats:
        return self.direction * self.f(x)

    def run(self) -> Trajectories:
        """Advance all unfinished trajectories together, one step each."""
        alive = np.arange(self.final.shape[1])
        x = self.final.copy()
        k = self.velocity(x)
        t = np.zeros(len(alive))
        target = np.zeros(len(alive), dtype=np.int64)  # which stop comes next
        h = self._first_steps(x, k)
        for _ in range(self.max_steps):
            if not len(alive):
                break
            left = seconds_left()
            if left is not None and left <= 0:
                self.status[alive] = "late"
                break
            room = self.stops[target, alive] - t
            step = np.minimum(h, room)
            new, fresh, error = self._try(x, k, step)
            good = error <= 1.0  # a nan compares False: such a step is rejected and shrinks
            factor = np.where(
                good,
                np.minimum(_GROW, _SAFETY * np.maximum(error, 1e-10) ** (-1 / _ORDER)),
                np.maximum(
                    _SHRINK, _SAFETY * np.where(error > 1.0, error, np.where(error <= 1.0, 1.0, 1e6)) ** (-1 / _ORDER)
                ),
            )
            h = np.where(good & (step < h), np.maximum(h, step * factor), step * factor)
            np.copyto(x, new, where=good)
            np.copyto(k, fresh, where=good)
            t[good] += step[good]
            self.steps[alive[good]] += 1
            arrived = good & (step >= room)
            t[arrived] = self.stops[target[arrived], alive[arrived]]
            self._record(alive, x, target, arrived)
            target[arrived] += 1
            done = self._finished(alive, x, k, t, h, target)
            if done.any():
                self.final[:, alive[done]], self.times[alive[done]] = x[:, done], t[done]
                keep = ~done
                alive, t, h, target = alive[keep], t[keep], h[keep], target[keep]
                x, k = np.ascontiguousarray(x[:, keep]), np.ascontiguousarray(k[:, keep])
        self.final[:, alive], self.times[alive] = x, t
        return Trajectories(
            self.final, self.direction * self.times, self.samples, tuple(self.status.tolist()), self.steps
        )

    def _first_steps(self, x: Floats, k: Floats) -> Floats:
        scale = self.atol + self.rtol * np.abs(x)
        size, speed = _rms(x / scale), _rms(k / scale)
        first = np.where((size < 1e-5) | (speed < 1e-5), 1e-6, 0.01 * size / np.maximum(speed, 1e-300))
        ahead = self.velocity(x + first * k)
        curvature = _rms((ahead - k) / scale) / first
        largest = np.maximum(speed, curvature)
        second = np.where(
            largest <= 1e-15, np.maximum(1e-6, first * 1e-3), (0.01 / np.maximum(largest, 1e-300)) ** (1 / _ORDER)
        )
        return np.minimum(100 * first, second)

    def _try(self, x: Floats, k: Floats, h: Floats) -> tuple[Floats, Floats, Floats]:
        """One step of each trajectory: new states, velocities there, error in units of the tolerance."""
        n, batch = x.shape
        stages, point = self._buffers(n, batch)
        flat, flat_point = stages.reshape(len(stages), -1), point.reshape(-1)
        stages[0] = k
        for s in range(1, DOP853.n_stages):
            np.matmul(DOP853.A[s, :s], flat[:s], out=flat_point)
            point *= h
            point += x
            np.multiply(self.f(point), self.direction, out=stages[s])
        new = (DOP853.B @ flat[:-1]).reshape(n, batch)
        new *= h
        new += x
        if self.project is not None:
            new = self.project(new)
        np.multiply(self.f(new), self.direction, out=stages[-1])
        scale = np.maximum(np.abs(x), np.abs(new))
        scale *= self.rtol
        scale += self.atol
        both = (_ERRORS @ flat).reshape(2, n, batch)
        both /= scale
        fifth, third = np.square(both, out=both).sum(axis=1)
        denominator = fifth + 0.01 * third
        error = np.where(denominator > 0, h * fifth / np.sqrt(np.where(denominator > 0, denominator, 1.0) * n), 0.0)
        return new, stages[-1], np.where(np.isfinite(new).all(axis=0) & np.isfinite(denominator), error, np.nan)

    def _buffers(self, n: int, batch: int) -> tuple[Floats, Floats]:
        """Room for the velocities (stages + 1, n, batch) and for one state, overwritten by every step."""
        size = n * batch
        stages = self.work[: (DOP853.n_stages + 1) * size].reshape(DOP853.n_stages + 1, n, batch)
        return stages, self.work[-size:].reshape(n, batch)

    def _record(self, alive: Any, x: Floats, target: Any, arrived: Any) -> None:
        sampled = np.flatnonzero(arrived & (target < len(self.samples)))
        self.samples[target[sampled], :, alive[sampled]] = x[:, sampled].T

    def _finished(self, alive: Any, x: Floats, k: Floats, t: Floats, h: Floats, target: Any) -> Any:
        at_end = target >= len(self.stops)
        stuck = h < 1e-14 * np.maximum(1.0, t)
        resting = np.zeros(len(alive), dtype=bool)
        if self.stop_speed is not None:
            resting = np.sqrt(np.square(k).sum(axis=0)) < self.stop_speed
        self.status[alive[at_end]] = "end"
        self.status[alive[stuck & ~at_end]] = "blow-up"
        self.status[alive[resting & ~at_end]] = "rest"
        return at_end | stuck | resting


def _rms(x: Floats) -> Floats:
    return np.sqrt(np.square(x).mean(axis=0))
