"""Basin fractions: which share of the starts goes where, with confidence intervals. A sample, so always OBSERVED."""

from __future__ import annotations

from typing import Any

from scipy.stats import binomtest

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.attractor import Basin, Basins
from symdyn.dynamics.flow import Flow
from symdyn.equilibrium.asked.lowering import Model
from symdyn.equilibrium.asked.options import Clock, checked_limit
from symdyn.equilibrium.cycles import check_duration, half_of
from symdyn.equilibrium.motion.lowered import motion
from symdyn.equilibrium.motion.settle import Row, settle_flow
from symdyn.equilibrium.motion.starts import checked_starts
from symdyn.equilibrium.motion.steps import settle_iteration
from symdyn.equilibrium.motion.trajectories import usual_duration
from symdyn.errors import ModelError, came

INTERVALS = {"Clopper-Pearson": "exact", "Wilson": "wilson"}
DEFAULT_STARTS = 1000
DEFAULT_DURATION = 100.0


def basins(
    model: Model,
    *,
    starts: Any = DEFAULT_STARTS,
    duration: float | None = None,
    seed: int = 0,
    box: Any = None,
    confidence: float = 0.95,
    interval: str = "Clopper-Pearson",
    time_limit: float | None = None,
) -> Basins:
    """Shares of starts by destination: equilibria modulo symmetries, families, limit cycles, rotating states, ...

    Trajectories run to `duration`. A start counts for an equilibrium only if it stopped where Newton's method finds one
    nearby without an unstable or neutral direction; one that stopped near a saddle goes on. Whatever has not settled is
    counted as undecided, in a row of its own.

    What is proved: at most that a destination exists (its certificate). The fractions are a sample.

    Parameters
    ----------
    model
        A Flow or an Iteration with numbers for all parameters; a flow's own array code is used where it has some.
    starts
        How many starts, drawn uniformly on the constraint or in the box, or an array of shape (n, B).
    duration
        Time for a flow, number of steps for an iteration; dimensionless. None for 100 (of a flow that is far slower or
        faster than order one, for 100 typical times), and for longer where starts are on their way: as long as the
        slowest eigenvalue of an equilibrium nearby asks, or up to 10,000 steps.
    seed
        Of the starts.
    box
        Lower and upper end for all coordinates, or a mapping from each to its own.
    confidence
        Level of the interval of each row, between 0 and 1; the rows together have a lower one.
    interval
        "Clopper-Pearson" (never below its level) or "Wilson" (shorter; its level on the average).
    time_limit
        Seconds after which what was found so far is returned; the rest is undecided.

    Returns
    -------
    Basins
        A sequence of destinations by falling count, the undecided last.

    Raises
    ------
    ModelError
        If parameters have no value, or an option is out of range.

    Examples
    --------
    >>> import sympy as sp
    >>> from symdyn.geometry.vector_field import VectorField
    >>> x = sp.Symbol("x")
    >>> found = basins(Flow(VectorField((x,), [x - x**3])), starts=100, box=(-1, 3))
    >>> [(row.destination, round(row.point[x], 6)) for row in found]
    [('equilibrium', 1.0), ('equilibrium', -1.0)]
    """
    if interval not in INTERVALS:
        raise ModelError(f"interval is {came(interval)}: write one of {', '.join(INTERVALS)}")
    if not 0 < confidence < 1:
        raise ModelError(f"confidence is {confidence}: give a number between 0 and 1, as in 0.95")
    check_duration(duration)
    clock = Clock(checked_limit(time_limit))
    move = motion(model)
    states, distribution = checked_starts(model, starts, seed, box)
    longer = duration is None
    with clock.running():
        if isinstance(model, Flow):
            time = usual_duration(move, states, DEFAULT_DURATION) if duration is None else float(duration)
            tally = settle_flow(model, move, states, time, longer=longer, until_half=half_of(clock))
        else:
            steps = max(1, round(DEFAULT_DURATION if duration is None else duration))
            tally = settle_iteration(model, move, states, steps, longer=longer)
    total = states.shape[1]
    ordered = sorted(tally.rows, key=lambda row: (row.destination == "undecided", -row.count))
    rows = tuple(_basin(row, total, confidence, interval) for row in ordered)
    drawn = distribution != "given starts"
    unit = "time" if isinstance(model, Flow) else "step"
    late = ", when the time limit was over" if tally.is_late else ""
    certificate = Certificate(
        claim=f"the basins have the given shares of {'the space' if drawn else 'the starts'}",
        verdict=Verdict.OBSERVED,
        method=f"{total} starts, {distribution}, followed to {unit} {tally.reached:g}{late}; {confidence:g} {interval} "
        "intervals, each for its row alone",
        witness={"kind": "undecided"},
        provenance=provenance(**({"seed": seed} if drawn else {})),
    )
    return Basins(
        items=rows,
        starts=total,
        distribution=distribution,
        seed=seed if drawn else None,
        duration=tally.reached,
        interval=interval,
        certificate=certificate,
        model=model,
    )


def _basin(row: Row, total: int, confidence: float, interval: str) -> Basin:
    ends = binomtest(row.count, total).proportion_ci(confidence, method=INTERVALS[interval])  # type: ignore[arg-type]
    return Basin(
        destination=row.destination,
        description=row.description,
        count=row.count,
        fraction=row.count / total,
        lower=float(ends.low),
        upper=float(ends.high),
        confidence=confidence,
        point=row.point,
        certificate=row.certificate,
    )
