"""Limit cycles on which trajectories end, families of periodic orbits, and the states along a cycle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.budgets.deadline import until
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.periodic_orbits import LimitCycle, LimitCycles
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.options import Clock, checked_limit, checked_switch
from symdyn.equilibrium.asked.points import float_point
from symdyn.equilibrium.motion.closed_orbits import Gathered, closed_orbits, drifting
from symdyn.equilibrium.motion.lowered import Floats, Motion, motion
from symdyn.equilibrium.motion.paths import trajectory
from symdyn.equilibrium.motion.starts import checked_starts
from symdyn.equilibrium.motion.trajectories import Ensemble, decay_rates, settled, usual_duration
from symdyn.errors import ModelError, came
from symdyn.numerics.backends import numpy_backend

DEFAULT_STARTS = 200
DEFAULT_DURATION = 60.0
_SAMPLES = 500
_STIFF = 1500.0


def limit_cycles(
    flow: Flow,
    *,
    starts: Any = DEFAULT_STARTS,
    duration: float | None = None,
    seed: int = 0,
    box: Any = None,
    backward: bool = False,
    time_limit: float | None = None,
) -> LimitCycles:
    """Limit cycles on which trajectories are found after some time; OBSERVED, in floats.

    Trajectories that do not come to rest are followed once more until they return near their state; Newton's method on
    the return map to the plane across the flow then gives a point and the least period, and the variational equation
    the multipliers. A periodic orbit with others beside it, as around a centre, is no limit cycle: it stands for a
    family. Only cycles that attract (with `backward`, that repel in all directions) are met this way, and some of the
    saddles in a chaotic set.

    Parameters
    ----------
    flow
        A Flow with numbers for all parameters.
    starts
        How many starts, drawn uniformly on the constraint or in the box, or an array of shape (n, B).
    duration
        Time before a return is looked for, and the longest period; dimensionless. None for 60 (of a flow that is far
        slower or faster than order one, for 60 typical times), and for periods up to 16 times as long where there is no
        shorter one.
    seed
        Of the starts.
    box
        Lower and upper end for all coordinates, or a mapping from each to its own.
    backward
        Follow trajectories backwards in time; multipliers are still those of time running forward.
    time_limit
        Seconds after which what was found so far is returned.

    Returns
    -------
    LimitCycles
        Sorted by period, one for each orbit of the finite symmetries.

    Raises
    ------
    ModelError
        If the flow has free parameters, the duration is not positive, or starts do not fit.

    Examples
    --------
    >>> from symdyn.geometry.vector_field import VectorField
    >>> x, y = sp.symbols("x y")
    >>> found = limit_cycles(Flow(VectorField((x, y), [y, (1 - x**2) * y - x])), starts=10, box=(-2, 2))
    >>> [round(cycle.period, 6) for cycle in found]
    [6.663287]
    """
    if isinstance(flow, Iteration):
        raise ModelError(
            "limit cycles of an Iteration are not defined, which has periodic points: ask for those, as with --period 2"
        )
    if not isinstance(flow, Flow):
        raise ModelError(f"limit cycles of a {type(flow).__name__} are not defined: give a Flow")
    check_duration(duration)
    checked_switch(backward, "backward")
    clock = Clock(checked_limit(time_limit))
    move = motion(flow)
    states, distribution = checked_starts(flow, starts, seed, box)
    if backward:
        move = move.reversed()
    time = usual_duration(move, states, DEFAULT_DURATION) if duration is None else float(duration)
    with clock.running():
        with until(half_of(clock)):
            ensemble = settled(move, states, time, longer=duration is None)
        counts, moving = _counted(move, ensemble)
        left = ensemble.final[:, moving]
        gathered = closed_orbits(move, flow, left, time, extended=duration is None)
        counts["on a limit cycle"] = int((gathered.cycle >= 0).sum())
        counts["on a family of periodic orbits"] = int((gathered.family >= 0).sum())
        rest = left[:, gathered.is_left]
        counts["rotating"] = int(drifting(move, flow, rest).sum())
    counts["undecided"] = states.shape[1] - sum(counts.values())
    tried = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
    which = f"{states.shape[1]} trajectories{' backwards' if backward else ''}, {distribution}"
    certificate = Certificate(
        claim="the orbits that are listed are limit cycles",
        verdict=Verdict.OBSERVED,
        method=f"of {which}, followed to time {ensemble.times.max():g}: {tried}; periods to {gathered.longest:g} were "
        f"looked for, others may exist{_late(ensemble, gathered)}",
        witness={"kind": "undecided"},
        provenance=provenance(seed=seed),
    )
    return LimitCycles(
        items=tuple(gathered.cycles),
        starts=counts,
        certificate=certificate,
        model=flow,
        families=tuple(gathered.families),
    )


def check_duration(duration: Any) -> None:
    """Refuse a duration that is no positive number; None stands for the usual one.

    Raises
    ------
    ModelError
        One sentence.
    """
    if duration is None:
        return
    real = isinstance(duration, int | float | np.integer | np.floating) and not isinstance(duration, bool)
    if not real or not 0 < duration < float("inf"):
        raise ModelError(f"the duration is {came(duration)}: give a positive number, as in duration=60")


def half_of(clock: Clock) -> float | None:
    """The time by which trajectories are to be followed, so that some is left to look at where they are."""
    return None if clock.limit is None else clock.started + 0.5 * clock.limit


def _counted(move: Motion, ensemble: Ensemble) -> tuple[dict[str, int], Any]:
    """How many came to rest or left the domain, and the places of the others."""
    inside = move.inside(ensemble.final)
    lost = (ensemble.status == "blow-up") | ~inside
    moving = np.flatnonzero(~lost & ~ensemble.resting)
    counts = {
        "came to rest": int((ensemble.resting & ~lost).sum()),
        "rotating": 0,
        "on a limit cycle": 0,
        "on a family of periodic orbits": 0,
        "left the domain": int(lost.sum()),
        "undecided": 0,
    }
    return counts, moving


def _late(ensemble: Ensemble, gathered: Gathered) -> str:
    if ensemble.is_late:
        return f"; the time limit ended the trajectories at time {float(np.median(ensemble.times)):.3g}"
    return "; the time limit ended the search" if gathered.is_late else ""


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
    move = motion(flow)
    times = np.linspace(0, cycle.period, samples + 1)
    run = _along(move, float_point(flow.coords, cycle.point), cycle.period, t_eval=times)
    return Orbit(run.y if move.project is None else move.project(run.y), times)


def _along(move: Motion, x: Floats, duration: float, **options: Any) -> Any:
    stiff = bool(decay_rates(move, x[:, None])[0] * duration > _STIFF)
    return trajectory(move, x, duration, rtol=1e-10, stiff=stiff, **options)


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
    run = _along(move, float_point(flow.coords, cycle.point), 1.001 * cycle.period, events=height)
    fresh = [place for time, place in zip(run.t_events[0], run.y_events[0], strict=True) if time > 1e-3 * cycle.period]
    return tuple(move.point(place) for place in fresh)
