"""Where trajectories of a flow settle: at rest, on a family, rotating, on a limit cycle, or nowhere yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symdyn.algebra.budgets.deadline import OutOfTimeError, check_time, until
from symdyn.certificate.certificate import Certificate
from symdyn.dynamics.answers.attractor import RotatingState
from symdyn.dynamics.flow import Flow
from symdyn.equilibrium.asked.generators import generators_of
from symdyn.equilibrium.asked.lowering import Model
from symdyn.equilibrium.certify import certify
from symdyn.equilibrium.motion.closed_orbits import closed_orbits, drifting
from symdyn.equilibrium.motion.lowered import Floats, Motion, polished, tangent_spectra
from symdyn.equilibrium.motion.shooting import first_orbit
from symdyn.equilibrium.motion.trajectories import settled, slowest_decay
from symdyn.equilibrium.rotating import rotating_states
from symdyn.equilibrium.search.families import family_dimension
from symdyn.equilibrium.search.multistart import merged
from symdyn.geometry.symmetry import Symmetries

_NEUTRAL = 1e-6


@dataclass
class Tally:
    """Destinations in order of their discovery: counts, and what else a reader should know.

    Parameters
    ----------
    rows
        The destinations.
    reached
        The time (or number of steps) to which the last trajectory was followed.
    is_late
        Whether the time limit ended the work.
    """

    rows: list[Row] = field(default_factory=list)
    reached: float = 0.0
    is_late: bool = False

    def add(self, destination: str, description: str, count: int, point: Any = None, certificate: Any = None) -> None:
        """Count starts for a destination."""
        if count:
            self.rows.append(Row(
                destination=destination,
                description=description,
                count=count,
                point=point,
                certificate=certificate,
            ))


@dataclass(frozen=True, kw_only=True)
class Row:
    """A destination with its count; see `symdyn.dynamics.answers.attractor.Basin`."""

    destination: str
    description: str
    count: int
    point: Any = None
    certificate: Certificate | None = None


def settle_flow(
    flow: Flow, move: Motion, states: Floats, duration: float, *, longer: bool = False, until_half: float | None = None
) -> Tally:
    """Follow the starts to time `duration`, or longer where they are on their way, and say where each settled.

    Where the time limit is over, what was found by then is told, and the rest is undecided.
    """
    tally = Tally()
    with until(until_half):
        ensemble = settled(move, states, duration, longer=longer)
    tally.reached = float(ensemble.times.max(initial=0.0))
    inside = move.inside(ensemble.final)
    lost = (ensemble.status == "blow-up") | ~inside
    moving = np.flatnonzero(~ensemble.resting & ~lost)
    try:
        tally_resting(tally, flow, move, ensemble.final[:, ensemble.resting & ~lost])
        moving = _rotating(tally, flow, move, ensemble.final, moving)
        left = _on_closed_orbits(tally, flow, move, ensemble.final[:, moving], duration, longer=longer)
    except OutOfTimeError:
        tally.is_late, left = True, ensemble.final[:, moving]
    tally.is_late |= ensemble.is_late
    tally.add("left the domain", "blew up or left the domain", int(lost.sum()))
    counted = sum(row.count for row in tally.rows)
    tally.add("undecided", _why(move, left, tally), states.shape[1] - counted)
    return tally


def _why(move: Motion, left: Floats, tally: Tally) -> str:
    """Why states are undecided, and what would decide them."""
    if tally.is_late:
        return f"not settled at time {tally.reached:g}, when the time limit was over"
    with np.errstate(all="ignore"):  # states that are not finite have no zero nearby
        decay = slowest_decay(move, left)
    if decay is None:
        return f"not settled at time {tally.reached:g}"
    return (
        f"not settled at time {tally.reached:g}; the slowest eigenvalue of an equilibrium near one of them has the "
        f"real part {decay:.3g}: a duration of about {tally.reached + 15 / abs(decay):.2g} decides more"
    )


def _on_closed_orbits(
    tally: Tally, flow: Flow, move: Motion, states: Floats, duration: float, *, longer: bool
) -> Floats:
    """Count the states on limit cycles and in families of periodic orbits; returns the others."""
    found = closed_orbits(move, flow, states, duration, extended=longer)
    tally.is_late |= found.is_late
    for number, cycle in enumerate(found.cycles):
        largest = abs(cycle.multipliers[0]) if cycle.multipliers else 0.0
        described = f"{cycle.kind}, period {cycle.period:.7g}, largest multiplier {largest:.3g}"
        tally.add("limit cycle", described, int((found.cycle == number).sum()), cycle.point)
    for number, family in enumerate(found.families):
        periods = f"periods {family.shortest:.6g} to {family.longest:.6g}"
        tally.add(
            "family of periodic orbits",
            f"no limit cycle: of dimension {family.dimension}, {family.across}, {periods}",
            int((found.family == number).sum()),
            family.point,
        )
    return states[:, found.is_left]


def tally_resting(tally: Tally, flow: Flow, move: Motion, states: Floats) -> None:
    """Rows of equilibria modulo symmetries, of degenerate ones, and of families."""
    if not states.shape[1]:
        return
    zeros = move.reduced(polished(move.system, states))
    spectra = tangent_spectra(move.system, zeros)
    scale = np.maximum(1.0, np.abs(spectra).max(axis=1, initial=0.0))
    neutral = (spectra.real > -_NEUTRAL * scale[:, None]).sum(axis=1)
    _add_points(tally, flow, move, zeros[:, neutral == 0], flow.symmetries)
    for dimension in sorted(set(neutral[neutral > 0].tolist())):
        ones = zeros[:, neutral == dimension]
        spread = [family_dimension(move.system, ones[:, k]) for k in range(min(3, ones.shape[1]))]
        if min(spread) >= dimension:
            tally.add(
                "family",
                f"equilibria of a family of dimension {dimension}, attracting across it",
                ones.shape[1],
                move.point(ones[:, 0]),
            )
            continue
        known = f"; {min(spread)} of them along a family" if min(spread) else ""
        tally.add(
            "degenerate equilibrium",
            f"{dimension} neutral direction{'s' if dimension > 1 else ''}{known}: near it at the end, no more is known",
            ones.shape[1],
            move.point(ones[:, 0]),
        )


def _add_points(tally: Tally, flow: Flow, move: Motion, zeros: Floats, symmetries: Symmetries) -> None:
    if not zeros.shape[1]:
        return
    representatives, sizes = merged(zeros, symmetries)
    largest = tangent_spectra(move.system, representatives).real.max(axis=1, initial=-np.inf)
    for k, size in enumerate(sizes):
        point = move.point(representatives[:, k])
        tally.add("equilibrium", f"largest real part {largest[k]:.4g}", size, point, certified(flow, point))


def certified(model: Model, point: Any) -> Certificate | None:
    """The certificate of an equilibrium; none where the time is over."""
    try:
        check_time()
        return certify(model, point)
    except OutOfTimeError:
        return None


def _rotating(tally: Tally, flow: Flow, move: Motion, final: Floats, moving: Any) -> Any:
    """Count the states that drift along a symmetry orbit; returns the numbers of the others."""
    here = drifting(move, flow, final[:, moving])
    if here.any():
        turns = generators_of(flow)
        found = rotating_states(flow, generators=turns, starts=final[:, moving[here]], certified=False)
        for item in found:
            tally.add("rotating state", _described(item) + _isolated(flow, move, item), item.found, item.point)
        missed = int(here.sum()) - sum(item.found for item in found)
        tally.add("undecided", "drifting along a symmetry orbit, but no rotating state was found nearby", missed)
    return moving[~here]


def _described(item: RotatingState) -> str:
    speed = f"speed {item.speed:.7g}" if len(item.speeds) == 1 else f"speeds of norm {item.speed:.7g}"
    return f"{speed}, {item.stability.conclusion}"


def _isolated(flow: Flow, move: Motion, item: RotatingState) -> str:
    """That the state moves along a limit cycle, where its orbit is closed and the only one there."""
    if len(item.speeds) != 1 or item.stability.neutral != 1 or not item.speed:
        return ""
    state = np.asarray([float(item.point[symbol]) for symbol in flow.coords])
    orbit = first_orbit(move, state, 2.5 * np.pi / item.speed)
    return "" if orbit is None else f"; a limit cycle of period {orbit.period:.7g}"
