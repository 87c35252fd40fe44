"""Limit cycles seen in trajectories: a return near the start, Newton on the return map, Floquet multipliers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from scipy.integrate import solve_ivp

from symdyn.algebra.straight_line import straight_line
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.attractor import LimitCycle, LimitCycles
from symdyn.dynamics.flow import Flow
from symdyn.equilibria.generators import generators_of
from symdyn.equilibria.lowering import Residual, tangent_basis
from symdyn.equilibria.motion import Floats, Motion, checked_starts, motion
from symdyn.equilibria.points import float_point
from symdyn.equilibria.rotating import drift_defects
from symdyn.errors import ModelError, came
from symdyn.geometry.symmetry import Symmetries
from symdyn.numerics import numpy_backend
from symdyn.numerics.integrate import integrate

DEFAULT_STARTS = 200
DEFAULT_DURATION = 60.0
STOP = 1e-5
_RTOL = 1e-11
_SAMPLES = 500
_RETURNED = 1e-10
_NEAR = 5e-3
_MOST_CANDIDATES = 8
_DRIFTS = 1e-4


def limit_cycles(
    flow: Flow,
    *,
    starts: Any = DEFAULT_STARTS,
    duration: float = DEFAULT_DURATION,
    seed: int = 0,
    box: Any = None,
    backward: bool = False,
) -> LimitCycles:
    """Limit cycles on which trajectories are found after some time; OBSERVED, in floats.

    Trajectories that neither rest nor rotate are followed once more until they return near their state; Newton's method
    on the return map to the plane across the flow then gives a point and the period, and the variational equation the
    multipliers. Only cycles that attract (with `backward`, that repel in all directions) are met this way.

    Parameters
    ----------
    flow
        A Flow with numbers for all parameters.
    starts
        How many starts, drawn uniformly on the constraint or in the box, or an array of shape (n, B).
    duration
        Time before a return is looked for, and the longest period; dimensionless.
    seed
        Of the starts.
    box
        Lower and upper end for all coordinates, or a mapping from each to its own, of a flow without constraint.
    backward
        Follow trajectories backwards in time; multipliers are still those of time running forward.

    Returns
    -------
    LimitCycles
        Sorted by period, one for each orbit of the finite symmetries.

    Raises
    ------
    ModelError
        If the flow has free parameters, the duration is not positive, or starts do not fit.
    """
    if not isinstance(flow, Flow):
        raise ModelError(f"limit cycles of a {type(flow).__name__} are not defined: give a Flow")
    check_duration(duration)
    move = motion(flow)
    states, _ = checked_starts(flow, starts, seed, box)
    with np.errstate(all="ignore"):  # what leaves the domain is seen in the status
        run = integrate(
            move.forward,
            states,
            -duration if backward else duration,
            project=move.project,
            stop_speed=STOP,
            max_steps=20_000,
        )
    status = np.asarray(run.status)
    moving = np.flatnonzero((status == "end") & move.inside(run.final))
    counts = {
        "came to rest": int((status == "rest").sum()),
        "rotating": 0,
        "on a limit cycle": 0,
        "left the domain": int(((status == "blow-up") | ((status == "end") & ~move.inside(run.final))).sum()),
        "undecided": 0,
    }
    turns = generators_of(flow)
    if turns and len(moving):
        drifting = drift_defects(move.system, turns, run.final[:, moving]) < _DRIFTS
        counts["rotating"], moving = int(drifting.sum()), moving[~drifting]
    found, _ = cycles_through(move, flow.symmetries, run.final[:, moving], duration, backward=backward)
    counts["on a limit cycle"] = sum(cycle.found for cycle in found)
    counts["undecided"] = states.shape[1] - sum(counts.values())
    tried = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
    certificate = Certificate(
        claim="these are all limit cycles",
        verdict=Verdict.OBSERVED,
        method=f"{states.shape[1]} trajectories{' backwards' if backward else ''} to time {duration:g} ended: {tried}; "
        "others may exist",
        witness={"kind": "undecided"},
        provenance=provenance(seed=seed),
    )
    return LimitCycles(tuple(found), counts, certificate, flow)


def check_duration(duration: float) -> None:
    """Refuse a duration that is no positive number.

    Raises
    ------
    ModelError
        One sentence.
    """
    if not 0 < duration < float("inf"):
        raise ModelError(f"the duration is {came(duration)}: give a positive number, as in duration=60")


def cycles_through(
    move: Motion, symmetries: Symmetries, states: Floats, longest: float, *, backward: bool = False
) -> tuple[list[LimitCycle], Any]:
    """Cycles near which the states (n, B) lie, and for each state the number of its cycle or -1."""
    found: list[LimitCycle] = []
    place = np.full(states.shape[1], -1)
    tried = np.zeros(states.shape[1], dtype=bool)
    for _ in range(_MOST_CANDIDATES):
        left = np.flatnonzero((place < 0) & ~tried)
        if not len(left):
            break
        cycle = _cycle_at(move, states[:, left[0]], longest, backward=backward)
        tried[left[0]] = True
        if cycle is None:
            continue
        waiting = np.flatnonzero(place < 0)
        on = _lie_on(move, symmetries, cycle, states[:, waiting], -1.0 if backward else 1.0)
        place[waiting[on]] = len(found)
        found.append(LimitCycle(cycle.point, cycle.period, cycle.multipliers, cycle.residual, int(on.sum())))
    order = sorted(range(len(found)), key=lambda k: found[k].period)
    renumbered = np.asarray([*(order.index(k) for k in range(len(found))), -1])
    return [found[k] for k in order], renumbered[place]


def _cycle_at(move: Motion, state: Floats, longest: float, *, backward: bool) -> LimitCycle | None:
    """The cycle near a state, or None: no return, no convergence, or what converges is an equilibrium."""
    guess = _first_return(move, state, longest, backward=backward)
    if guess is None:
        return None
    x, period, last = state, guess, 0.0
    monodromy = basis = np.zeros((0, 0))
    for _ in range(20):
        end, speed = _end(move, x, period), _velocity(move, x)
        size = float(np.abs(end - x).max())
        if not np.isfinite(size) or np.linalg.norm(speed) < STOP:
            return None
        if size < _RETURNED:
            break
        if size > 0.1 * last:  # else the derivative at hand is good enough
            monodromy, basis = _monodromy(move, x, period, 1e-8)
        last = size
        step = _newton_step(monodromy, basis, end - x, speed, _velocity(move, end))
        if float(np.abs(step).max()) > 1.0 or period + step[-1] <= 0.1 * guess:
            return None
        x, period = x + basis @ step[:-1], period + float(step[-1])
        if move.project is not None:
            x = move.project(x[:, None])[:, 0]
    else:
        return None
    period = _least(move, x, period)
    monodromy, _ = _monodromy(move, x, period, _RTOL)
    values = sorted(np.linalg.eigvals(monodromy).tolist(), key=lambda z: (-abs(z), -complex(z).imag))
    trivial = min(range(len(values)), key=lambda k: abs(values[k] - 1))
    others = tuple(complex(value) for k, value in enumerate(values) if k != trivial)
    return LimitCycle(move.point(x), period, others, float(np.abs(_end(move, x, period) - x).max()))


def _newton_step(monodromy: Floats, basis: Floats, gap: Floats, speed: Floats, arrived: Floats) -> Floats:
    """A step along the tangent space across the flow, and a change of the period, that close the gap."""
    size = basis.shape[1]
    matrix = np.zeros((size + 1, size + 1))
    matrix[:size, :size] = monodromy - np.eye(size)
    matrix[:size, size] = basis.T @ arrived
    matrix[size, :size] = basis.T @ speed
    return np.asarray(np.linalg.lstsq(matrix, -np.append(basis.T @ gap, 0.0), rcond=1e-12)[0])


def _velocity(move: Motion, x: Floats) -> Floats:
    """The field at one state, taken on the constraint, so that a small error across it does not grow."""
    column = x[:, None]
    return move.forward(column if move.project is None else move.project(column))[:, 0]


def _followed(move: Motion, x: Floats, duration: float, rtol: float = _RTOL, **options: Any) -> Any:
    """One trajectory by SciPy's DOP853, which has events and dense output."""
    with np.errstate(all="ignore"):
        return solve_ivp(
            lambda _, state: _velocity(move, state),
            (0.0, duration),
            x,
            "DOP853",
            rtol=rtol,
            atol=1e-2 * rtol,
            **options
        )


def _end(move: Motion, x: Floats, duration: float) -> Floats:
    run = _followed(move, x, duration)
    end = np.asarray(run.y[:, -1]) if run.success else np.full(len(x), np.nan)
    return end if move.project is None else move.project(end[:, None])[:, 0]


def _first_return(move: Motion, state: Floats, longest: float, *, backward: bool) -> float | None:
    """Time of the first return to the plane across the flow that comes near the state; None if there is none."""
    speed = _velocity(move, state)

    def across(_: float, x: Floats) -> float:
        return float(speed @ (x - state))

    across.direction = -1.0 if backward else 1.0  # type: ignore[attr-defined]
    run = _followed(move, state, -longest if backward else longest, 1e-9, events=across)
    if not run.success:
        return None
    size = float(np.linalg.norm(run.y - state[:, None], axis=0).max())
    for time, place in zip(np.abs(run.t_events[0]), run.y_events[0], strict=True):
        way = np.linalg.norm(run.y[:, np.abs(run.t) <= time] - state[:, None], axis=0).max(initial=0.0)
        if size > 1e-6 and way > 0.3 * size and np.linalg.norm(place - state) < 0.1 * size:
            return float(time)
    return None


def _monodromy(move: Motion, x: Floats, period: float, rtol: float) -> tuple[Floats, Floats]:
    """The derivative of the state after a period on the tangent space at x, and the orthonormal basis it is in."""
    n = len(x)
    basis = _tangent(move.system, x)
    shape = basis.shape

    def velocity(_: float, z: Floats) -> Floats:
        at = z[:n] if move.project is None else move.project(z[:n, None])[:, 0]
        slope = np.asarray(move.system.jacobian(at))[:n]
        return np.concatenate([_velocity(move, at), (slope @ z[n:].reshape(shape)).ravel()])

    run = solve_ivp(velocity, (0.0, period), np.append(x, basis.ravel()), "DOP853", rtol=rtol, atol=1e-2 * rtol)
    return np.asarray(basis.T @ run.y[n:, -1].reshape(shape)), basis


def _tangent(system: Residual, x: Floats) -> Floats:
    n = len(x)
    return tangent_basis(np.asarray(system.jacobian(x))[n:]) if system.equations else np.eye(n)


def _least(move: Motion, x: Floats, period: float) -> float:
    """The least period: a fraction of the return time that returns as well."""
    for parts in range(6, 1, -1):
        if float(np.abs(_end(move, x, period / parts) - x).max()) < 1e-6:
            return period / parts
    return period


@dataclass(frozen=True)
class Orbit:
    """States along one period, shape (n, samples + 1), and their times."""

    states: Floats
    times: Floats


def orbit(flow: Flow, cycle: LimitCycle, samples: int = _SAMPLES) -> Orbit:
    """States along a cycle at equal times; the last is the first again.

    Raises
    ------
    ModelError
        If the flow has free parameters or other coordinates than the cycle.
    """
    return _orbit(motion(flow), float_point(flow.coords, cycle.point), cycle.period, samples)


def _orbit(move: Motion, x: Floats, period: float, samples: int) -> Orbit:
    times = np.linspace(0, period, samples + 1)
    run = _followed(move, x, period, 1e-10, t_eval=times)
    return Orbit(run.y if move.project is None else move.project(run.y), times)


def _lie_on(move: Motion, symmetries: Symmetries, cycle: LimitCycle, states: Floats, direction: float) -> Any:
    """Which states lie near the cycle, modulo the finite symmetries, and return after its period."""
    along = _orbit(move, np.asarray(list(cycle.point.values())), cycle.period, _SAMPLES).states
    spacing = float(np.linalg.norm(np.diff(along, axis=1), axis=0).max())
    near = np.asarray(
        [float(symmetries.distance(states[:, k], along).min()) < _NEAR + spacing for k in range(states.shape[1])],
        dtype=bool,
    )
    with np.errstate(all="ignore"):
        run = integrate(move.forward, states, direction * cycle.period, project=move.project, max_steps=20_000)
    returned = np.linalg.norm(run.final - states, axis=0) < _NEAR * max(1.0, float(np.abs(along).max()))
    return near & returned


def crossings(flow: Flow, cycle: LimitCycle, section: sp.Expr) -> tuple[Mapping[sp.Symbol, float], ...]:
    """States of a cycle where an expression of the coordinates passes zero upwards, by rising time.

    Parameters
    ----------
    flow, cycle
        A flow and one of its cycles.
    section
        An expression in the coordinates; two crossings within one step of the integrator are missed.

    Raises
    ------
    ModelError
        If the expression has other symbols.
    """
    move = motion(flow)
    lowered = numpy_backend.lower(straight_line([section], flow.coords))

    def height(_: float, x: Floats) -> float:
        return float(np.asarray(lowered(x)).reshape(()))

    height.direction = 1.0  # type: ignore[attr-defined]
    # a little more than a period, so that a crossing at its very start is not lost
    run = _followed(move, float_point(flow.coords, cycle.point), 1.001 * cycle.period, events=height)
    fresh = [place for time, place in zip(run.t_events[0], run.y_events[0], strict=True) if time > 1e-3 * cycle.period]
    return tuple(move.point(place) for place in fresh)
