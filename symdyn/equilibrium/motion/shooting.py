"""One periodic orbit: a return near the start, Newton's method on the return map, the least period, its multipliers.

Lengths are measured in half the range of each coordinate along the trajectory, so that units do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symdyn.equilibrium.motion.lowered import Floats, Motion
from symdyn.equilibrium.motion.paths import RTOL, STIFF, Frame, end_of, frame_at, integrated, trajectory, velocity
from symdyn.equilibrium.motion.returns import crossings, times_of_return
from symdyn.equilibrium.motion.trajectories import decay_rates

_CLOSED, _CLOSED_ENOUGH = 1e-12, 1e-8
_SAME_STATE = 1e-5
_LONGEST_STEP = 2.0
_NEWTON_STEPS = 40
_LEAST_EXTENT = 1e-3
_LARGEST_EXPONENT = 700.0


@dataclass(frozen=True, kw_only=True)
class PeriodicOrbit:
    """A closed trajectory of a motion.

    Parameters
    ----------
    start
        One of its states.
    period
        Its least period.
    scale
        The unit of each coordinate.
    residual
        Distance of the state after one period from the state, in these units.
    map
        The derivative of the state after one period, on the tangent space in `frame`.
    growth
        The integral of the divergence over one period.
    frame
        The tangent space at the state.
    is_stiff
        Whether it was followed by implicit steps.
    """

    start: Floats
    period: float
    scale: Floats
    residual: float
    map: Floats
    growth: float
    frame: Frame
    is_stiff: bool

    def multipliers(self) -> tuple[complex, ...]:
        """Eigenvalues of the map without the trivial 1, by falling modulus."""
        values = sorted(np.linalg.eigvals(self.map).tolist(), key=lambda z: (-abs(z), -complex(z).imag))
        if len(values) == 2 and len(self.start) == 2:
            # Liouville: the other one is their product, which rounding errors of the map would drown where it is small
            return (complex(np.exp(np.clip(self.growth, -_LARGEST_EXPONENT, _LARGEST_EXPONENT))),)
        trivial = min(range(len(values)), key=lambda k: abs(values[k] - 1))
        return tuple(complex(value) for k, value in enumerate(values) if k != trivial)


def first_orbit(move: Motion, state: Floats, longest: float) -> PeriodicOrbit | None:
    """The periodic orbit near a state, or None: no return, no convergence, or what converges is an equilibrium."""
    returns, scale = times_of_return(move, state, longest)
    for guess in returns:
        found = closed(move, state, guess, scale)
        if found is not None:
            return found
    return None


def closed(move: Motion, x: Floats, period: float, scale: Floats, held: Floats | None = None) -> PeriodicOrbit | None:
    """The orbit to which Newton's method leads from a state and a period; None if it does not settle.

    Parameters
    ----------
    move, x, period, scale
        The motion, a state, a time after which it is nearly back, and the units of the coordinates.
    held
        A direction in the tangent space at `x`, in the units, in which the state may not be moved.
    """
    guess, last, best, first = period, np.inf, np.inf, 0.0
    stiff = bool(decay_rates(move, x[:, None])[0] * period > STIFF)
    derivative: tuple[Floats, float] | None = None
    start = x
    frame = frame_at(move, x, scale)
    for _ in range(_NEWTON_STEPS):
        end, speed = end_of(move, x, period, scale, stiff=stiff), velocity(move, x)
        gap = frame.back @ move.gap(end, x)
        size = float(np.linalg.norm(move.gap(end, x) / scale))
        if not np.isfinite(size):
            return None
        if size < _CLOSED or (size < _CLOSED_ENOUGH and size > 0.5 * best):
            break
        best = min(best, size)
        if derivative is None or size > 0.1 * last:  # else the derivative at hand is good enough
            derivative = return_map(move, x, period, frame, 1e-8, stiff=stiff)
        last = size
        pace = float(np.linalg.norm(frame.back @ speed))
        first = first or pace
        if pace < _LEAST_EXTENT * first:  # on the way to an equilibrium
            return None
        system = newton_matrix(derivative[0], frame.back @ speed, guess * (frame.back @ velocity(move, end)))
        right = np.append(-gap, 0.0)
        if held is not None:
            system, right = np.vstack([system, np.append(held, 0.0)]), np.append(right, 0.0)
        step = np.linalg.lstsq(system, right, rcond=1e-12)[0] * np.append(np.ones(len(gap)), guess)
        if not float(np.abs(step[:-1]).max()) < _LONGEST_STEP or not 0.1 * guess < period + step[-1] < 10 * guess:
            return None
        x, period = x + frame.into @ step[:-1], period + float(step[-1])
        if move.project is not None:
            x = np.asarray(move.project(x[:, None])[:, 0])
        frame = frame_at(move, x, scale) if held is None else frame
    else:
        return None
    if float(np.linalg.norm(move.gap(x, start) / scale)) > 3.0:
        return None
    return _finished(move, x, period, scale, stiff=stiff)


def newton_matrix(derivative: Floats, speed: Floats, arrived: Floats) -> Floats:
    """Equations of a step across the flow, and a relative change of the period, that close the gap.

    The last column is the velocity at the end times the period; the kernel at a periodic orbit holds the directions in
    which there may be others beside it.
    """
    size = len(derivative)
    matrix = np.zeros((size + 1, size + 1))
    matrix[:size, :size] = derivative - np.eye(size)
    matrix[:size, size] = arrived
    matrix[size, :size] = speed / max(float(np.linalg.norm(speed)), 1e-300)
    return matrix


def _finished(move: Motion, x: Floats, period: float, scale: Floats, *, stiff: bool) -> PeriodicOrbit | None:
    """The orbit with its least period, if it is no equilibrium."""
    run = trajectory(move, x, period, scale, stiff=stiff, dense_output=True)
    if not run.success:
        return None
    sizes = np.linalg.norm(move.gap(run.y, x[:, None]) / scale[:, None], axis=0)
    if not sizes.max() > _LEAST_EXTENT:
        return None
    residual = float(np.linalg.norm(move.gap(run.y[:, -1], x) / scale))
    for time, place in crossings(move, run, x, velocity(move, x)):
        way = sizes[run.t <= time].max(initial=0.0)
        if time > 0.75 * period or way < 0.1 * sizes.max():
            continue
        if float(np.linalg.norm(move.gap(place, x) / scale)) < _SAME_STATE:
            period = float(time)
            residual = float(np.linalg.norm(move.gap(end_of(move, x, period, scale, stiff=stiff), x) / scale))
            break
    frame = frame_at(move, x, scale)
    derivative, growth = return_map(move, x, period, frame, RTOL, stiff=stiff)
    if not np.isfinite(derivative).all():
        return None
    return PeriodicOrbit(
        start=x,
        period=float(period),
        scale=scale,
        residual=residual,
        map=derivative,
        growth=growth,
        frame=frame,
        is_stiff=stiff,
    )


def return_map(
    move: Motion, x: Floats, period: float, frame: Frame, rtol: float, *, stiff: bool = False
) -> tuple[Floats, float]:
    """The derivative of the state after a period, in the frame, and the integral of the divergence."""
    n, into = len(x), frame.into
    shape = into.shape

    def speed(_: float, z: Floats) -> Floats:
        at = z[:n] if move.project is None else move.project(z[:n, None])[:, 0]
        slope = move.slope(at[:, None])[:, :, 0]
        grown = slope @ (frame.scale[:, None] * z[n:-1].reshape(shape))
        return np.concatenate([velocity(move, at), (grown / frame.scale[:, None]).ravel(), [np.trace(slope)]])

    def slope_of(_: float, z: Floats) -> Floats:
        # without second derivatives, which a modified Newton method can do without
        slope = move.slope(z[:n, None])[:, :, 0]
        scaled = slope * frame.scale / frame.scale[:, None]
        whole = np.zeros((len(z), len(z)))
        whole[:n, :n] = slope
        whole[n:-1, n:-1] = np.kron(scaled, np.eye(shape[1]))
        return whole

    start = np.concatenate([x, frame.basis.ravel(), [0.0]])
    atol = 1e-2 * rtol * np.concatenate([frame.scale, np.ones(frame.basis.size + 1)])
    options: dict[str, Any] = {"method": "LSODA", "jac": slope_of} if stiff else {}
    with np.errstate(all="ignore"):  # what is not finite is seen by the caller
        run = integrated(speed, period, start, rtol, atol, options)
    end = run.y[:, -1] if run.success else np.full(len(start), np.nan)
    return np.asarray(frame.basis.T @ end[n:-1].reshape(shape)), float(end[-1])


def path_of(move: Motion, orbit: PeriodicOrbit) -> Floats:
    """States along the orbit, (n, samples), as dense as its steps and at equal times."""
    run = trajectory(move, orbit.start, orbit.period, orbit.scale, 1e-9, stiff=orbit.is_stiff, dense_output=True)
    between = np.linspace(0, 1, 5)[:-1]
    steps = (run.t[:-1, None] + between * np.diff(run.t)[:, None]).ravel()
    times = np.union1d(np.append(steps, run.t[-1]), np.linspace(0, orbit.period, 501))
    states = np.asarray(run.sol(times))
    return states if move.project is None else np.asarray(move.project(states))
