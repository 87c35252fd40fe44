"""One periodic orbit: a return near the start, Newton's method on the return map, the least period, its multipliers.

Lengths are measured in half the range of each coordinate along the trajectory, so that units do not matter.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from symdyn.algebra.budgets.deadline import check_time
from symdyn.equilibrium.asked.lowering import tangent_basis
from symdyn.equilibrium.motion.lowered import Floats, Motion
from symdyn.equilibrium.motion.trajectories import decay_rates

RTOL = 1e-11
_STIFF = 1500.0
_CLOSED, _CLOSED_ENOUGH = 1e-12, 1e-8
_SAME_STATE = 1e-5
_NEAR_RETURN, _CLOSE_RETURN = 0.1, 1e-3
_MOST_RETURNS = 3
_ON_ORBIT, _HALVINGS = 1e-6, 5
_LONGEST_STEP = 2.0
_DIED_OUT = 1e-2
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


@dataclass(frozen=True)
class Frame:
    """A basis of the tangent space at a state, orthonormal in the units of the coordinates.

    Parameters
    ----------
    basis
        Shape (n, d), in the units.
    scale
        The units, shape (n,).
    """

    basis: Floats
    scale: Floats

    @property
    def into(self) -> Floats:
        """From components to tangent vectors, (n, d)."""
        return np.asarray(self.scale[:, None] * self.basis)

    @property
    def back(self) -> Floats:
        """From vectors to components, (d, n)."""
        return np.asarray(self.basis.T / self.scale)


def frame_at(move: Motion, x: Floats, scale: Floats) -> Frame:
    """The tangent space of the constraint at a state."""
    n = len(x)
    if not move.system.equations:
        return Frame(np.eye(n), scale)
    return Frame(tangent_basis(np.asarray(move.system.jacobian(x))[n:] * scale), scale)


def velocity(move: Motion, x: Floats) -> Floats:
    """The field at one state, taken on the constraint, so that a small error across it does not grow."""
    check_time()
    column = x[:, None]
    return np.asarray(move.forward(column if move.project is None else move.project(column))[:, 0])


def trajectory(
    move: Motion,
    x: Floats,
    duration: float,
    scale: Any = 1.0,
    rtol: float = RTOL,
    *,
    stiff: bool = False,
    **options: Any,
) -> Any:
    """One trajectory by SciPy's DOP853, or LSODA where it is stiff: both have dense output."""
    if stiff:
        options |= {"method": "LSODA", "jac": lambda _, state: move.slope(state[:, None])[:, :, 0]}
    with np.errstate(all="ignore"):  # what is not finite is seen by the caller
        return _solved(lambda _, state: velocity(move, state), duration, x, rtol, 1e-2 * rtol * scale, options)


def _solved(speed: Any, duration: float, start: Floats, rtol: float, atol: Any, options: dict[str, Any]) -> Any:
    given: dict[str, Any] = {"method": "DOP853"} | options
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # LSODA warns where it gives up: that is a failure here, not a message
        try:
            return solve_ivp(speed, (0.0, duration), start, rtol=rtol, atol=atol, **given)
        except UserWarning:
            return solve_ivp(speed, (0.0, duration), start, rtol=rtol, atol=atol, **(given | {"method": "BDF"}))


def first_orbit(move: Motion, state: Floats, longest: float) -> PeriodicOrbit | None:
    """The periodic orbit near a state, or None: no return, no convergence, or what converges is an equilibrium."""
    returns, scale = _returns(move, state, longest)
    for guess in returns:
        found = closed(move, state, guess, scale)
        if found is not None:
            return found
    return None


def _returns(move: Motion, state: Floats, longest: float) -> tuple[list[float], Floats]:
    """Times at which the plane across the flow is met again near the state, the most promising first, and units.

    A state that already lies on an orbit comes back much closer after its period than after any part of it.
    """
    scale = np.ones(len(state))
    speed = velocity(move, state)
    if not np.isfinite(speed).all():
        return [], scale
    stiff = bool(decay_rates(move, state[:, None])[0] * longest > _STIFF)
    weight = np.minimum(1.0, np.maximum(np.abs(state), 1e-300))
    times, states, met = np.zeros(0), np.zeros((len(state), 0)), list[tuple[float, Floats]]()
    begin, x, near = 0.0, state, list[tuple[float, float]]()
    # a state on an orbit is back early, and the rest of the time need not be followed
    for end in longest / 2.0 ** np.arange(_HALVINGS, -1, -1):
        run = trajectory(move, x, end - begin, weight, 1e-9, stiff=stiff, dense_output=True)
        if not run.success:
            break
        met += [(begin + time, place) for time, place in _met(move, run, state, speed)]
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


def _met(move: Motion, run: Any, state: Floats, speed: Floats) -> list[tuple[float, Floats]]:
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


def units(states: Floats, gaps: Floats) -> Floats:
    """Half the range of each coordinate; of one that hardly moves, a small part of the others'."""
    ranges = 0.5 * (gaps.max(axis=1) - gaps.min(axis=1))
    size = np.maximum(np.abs(states).max(axis=1), 1e-300)
    largest = float((ranges / size).max(initial=0.0))
    # a coordinate that dies out has no scale of its own
    least = np.maximum(1e-3 * max(largest, 1e-6) * size, _DIED_OUT * float(ranges.max(initial=0.0)))
    return np.asarray(np.maximum(np.maximum(ranges, least), 1e-300))


def end_of(move: Motion, x: Floats, duration: float, scale: Floats, *, stiff: bool = False) -> Floats:
    """The state after a time; nan where there is none."""
    run = trajectory(move, x, duration, scale, stiff=stiff)
    end = np.asarray(run.y[:, -1]) if run.success else np.full(len(x), np.nan)
    return end if move.project is None else np.asarray(move.project(end[:, None])[:, 0])


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
    stiff = bool(decay_rates(move, x[:, None])[0] * period > _STIFF)
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
    for time, place in _met(move, run, x, velocity(move, x)):
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
        run = _solved(speed, period, start, rtol, atol, options)
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
