"""Where trajectories of a flow settle: at rest, on a family, rotating, on a limit cycle, or nowhere yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symdyn.certificate.certificate import Certificate
from symdyn.dynamics.attractor import RotatingState
from symdyn.dynamics.flow import Flow
from symdyn.equilibria.certify import certify
from symdyn.equilibria.cycles import STOP, cycles_through
from symdyn.equilibria.families import family_dimension
from symdyn.equilibria.generators import generators_of
from symdyn.equilibria.motion import Floats, Motion, polished, tangent_spectra
from symdyn.equilibria.multistart import merged
from symdyn.equilibria.rotating import drift_defects, rotating_states
from symdyn.geometry.symmetry import Symmetries
from symdyn.numerics.integrate import Trajectories, integrate

_NEUTRAL = 1e-6
_NEAR = 1e-2
_DRIFTS = 1e-4
_ROUNDS = 4
_MOST_STEPS = 20_000


@dataclass
class Tally:
    """Destinations in order of their discovery: counts, and what else a reader should know."""

    rows: list[Row] = field(default_factory=list)

    def add(self, destination: str, description: str, count: int, point: Any = None, certificate: Any = None) -> None:
        """Count starts for a destination."""
        if count:
            self.rows.append(Row(destination, description, count, point, certificate))


@dataclass(frozen=True)
class Row:
    """A destination with its count; see `symdyn.dynamics.attractor.Basin`."""

    destination: str
    description: str
    count: int
    point: Any = None
    certificate: Certificate | None = None


def settle_flow(flow: Flow, move: Motion, states: Floats, duration: float) -> Tally:
    """Follow the starts to time `duration` and say where each of them settled."""
    tally = Tally()
    run, resting = _followed(move, states, duration)
    status = np.asarray(run.status)
    inside = move.inside(run.final)
    lost = (status == "blow-up") | ~inside
    tally_resting(tally, flow, move, run.final[:, resting & ~lost])
    moving = np.flatnonzero(~resting & ~lost & (status == "end"))
    moving = _rotating(tally, flow, move, run.final, moving)
    cycles, place = cycles_through(move, flow.symmetries, run.final[:, moving], duration)
    for number, cycle in enumerate(cycles):
        how = {True: "attracting", False: "not attracting", None: "neutral"}[cycle.attracting]
        largest = abs(cycle.multipliers[0]) if cycle.multipliers else 0.0
        described = f"{how}, period {cycle.period:.7g}, largest multiplier {largest:.3g}"
        tally.add("limit cycle", described, int((place == number).sum()), cycle.point)
    tally.add("left the domain", "blew up or left the constraint", int(lost.sum()))
    counted = sum(row.count for row in tally.rows)
    tally.add("undecided", f"not settled at time {duration:g}", states.shape[1] - counted)
    return tally


def _followed(move: Motion, states: Floats, duration: float) -> tuple[Trajectories, Any]:
    """Final states, and which of them came to rest where nothing leads away.

    A slow state counts as resting if Newton's method moves it little and no direction there is unstable; a stop near a
    saddle goes on without the stop for half of the remaining time, as often as that is needed.
    """
    with np.errstate(all="ignore"):  # what leaves the domain is seen in the status
        typical = float(np.median(np.linalg.norm(move.forward(states), axis=0)))
        stop = STOP * (typical if 0 < typical < 1 else 1.0)
        run = integrate(
            move.forward, states, duration, project=move.project, stop_speed=stop, max_steps=_MOST_STEPS
        )
        status, final, times = np.asarray(run.status, dtype=object), run.final, run.times
        resting = np.zeros(len(status), dtype=bool)
        slow = np.flatnonzero(status == "rest")
        for number in range(_ROUNDS):
            resting[slow] = _stays(move, final[:, slow])
            going = slow[~resting[slow]]
            if not len(going):
                break
            last = number == _ROUNDS - 1
            left = float((duration - times[going]).max()) * (1.0 if last else 0.5)
            on = integrate(move.forward, final[:, going], left, project=move.project, max_steps=_MOST_STEPS)
            final[:, going], times[going] = on.final, times[going] + left
            status[going] = on.status
            finished = np.flatnonzero(np.asarray(on.status) == "end")
            speed = np.linalg.norm(move.forward(final[:, going[finished]]), axis=0)
            slow = going[finished[speed < stop]]
            if last:
                resting[slow] = _stays(move, final[:, slow])
                break
            again = going[finished[speed >= stop]]
            more = integrate(
                move.forward,
                final[:, again],
                max(left, 1e-9),
                project=move.project,
                stop_speed=stop,
                max_steps=_MOST_STEPS,
            )
            final[:, again], status[again] = more.final, more.status
            times[again] += more.times
            slow = np.concatenate([slow, again[np.asarray(more.status) == "rest"]]).astype(int)
    status[status == "rest"] = "end"
    return Trajectories(final, times, run.samples, tuple(status.tolist()), run.steps), resting


def _stays(move: Motion, states: Floats) -> Any:
    """Whether Newton's method finds a zero nearby, without an unstable direction."""
    if not states.shape[1]:
        return np.zeros(0, dtype=bool)
    zeros = polished(move.system, states)
    value = np.asarray(move.system.value(zeros))[:, 0]
    scale = np.maximum(1.0, np.abs(states).max(axis=0))
    good = (np.abs(value).max(axis=0) < 1e-9 * scale) & (np.linalg.norm(zeros - states, axis=0) < _NEAR * scale)
    spectra = np.zeros((states.shape[1], 1), dtype=complex)
    if good.any():
        found = tangent_spectra(move.system, zeros[:, good])
        spectra = np.full((states.shape[1], found.shape[1]), np.inf, dtype=complex)
        spectra[good] = found
    return good & (spectra.real.max(axis=1) < _NEUTRAL)


def tally_resting(tally: Tally, flow: Flow, move: Motion, states: Floats) -> None:
    """Rows of equilibria modulo symmetries, of degenerate ones, and of families."""
    if not states.shape[1]:
        return
    zeros = polished(move.system, states)
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
        tally.add("equilibrium", f"largest real part {largest[k]:.4g}", size, point, certify(flow, point))


def _rotating(tally: Tally, flow: Flow, move: Motion, final: Floats, moving: Any) -> Any:
    """Count the states that drift along a symmetry orbit; returns the numbers of the others."""
    turns = generators_of(flow)
    if not turns or not len(moving):
        return moving
    drifting = drift_defects(move.system, turns, final[:, moving]) < _DRIFTS
    if drifting.any():
        found = rotating_states(flow, generators=turns, starts=final[:, moving[drifting]], certified=False)
        for item in found:
            tally.add("rotating state", _described(item), item.found, item.point)
        missed = int(drifting.sum()) - sum(item.found for item in found)
        tally.add("undecided", "drifting along a symmetry orbit, but no rotating state was found nearby", missed)
    return moving[~drifting]


def _described(item: RotatingState) -> str:
    speed = f"speed {item.speed:.7g}" if len(item.speeds) == 1 else f"speeds of norm {item.speed:.7g}"
    return f"{speed}, {item.stability.conclusion}"
