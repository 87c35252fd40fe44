"""Limit cycles, rotating states, basins, branches and drifts as blocks and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symdyn.certificate.certificate import Certificate
from symdyn.dynamics.attractor import Basins, RotatingState, RotatingStates
from symdyn.dynamics.branch import Continuation
from symdyn.dynamics.drift import Drift
from symdyn.dynamics.iteration import Iteration
from symdyn.dynamics.periodic_orbits import LimitCycle, LimitCycles, PeriodicFamily
from symdyn.report.blocks import Block, Provenance, Remarks, Statement, Table
from symdyn.report.describe import describe
from symdyn.report.json import json_data


def _point(point: Mapping[Any, Any] | None) -> str:
    if point is None:
        return ""
    shown = [f"{_snapped(float(value)):.6g}" for value in point.values()]
    return ", ".join(shown if len(shown) <= 8 else [*shown[:8], "..."])


def _snapped(value: float) -> float:
    """Rounding errors beside numbers of order one are shown as 0."""
    return 0.0 if abs(value) < 1e-12 else value


def complex_text(value: complex) -> str:
    """A complex number to six digits, real where it is."""
    real, imaginary = _snapped(value.real), _snapped(value.imag)
    return f"{real:.6g}{imaginary:+.6g}i" if imaginary else f"{real:.6g}"


def _counted(number: int, one: str, many: str) -> str:
    return f"no {one}" if not number else f"{number} {one if number == 1 else many}"


def _about_all(certificate: Certificate) -> str:
    """What is known about there being no others; the bare claim would read as if it held."""
    return f"whether {certificate.claim}: {certificate.verdict}; {certificate.method}"


def _starts(starts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in starts.items() if number)


_CYCLE = ("period", "a point on it", "kind", "Floquet multipliers", "starts")
_FAMILY = ("dimension", "periods met", "an orbit's period", "a point on it", "kind", "Floquet multipliers", "starts")


def _cycle_row(cycle: LimitCycle) -> tuple[str, ...]:
    turning = f", turns along a symmetry with speed {', '.join(f'{w:.6g}' for w in cycle.speeds)}"
    kind = cycle.kind + (turning if cycle.speeds else "")
    multipliers = ", ".join(map(complex_text, cycle.multipliers))
    return (f"{cycle.period:.8g}", _point(cycle.point), kind, multipliers, str(cycle.found))


def _family_row(family: PeriodicFamily) -> tuple[str, ...]:
    periods = f"{family.shortest:.6g} to {family.longest:.6g}"
    multipliers = ", ".join(map(complex_text, family.multipliers))
    return (
        str(family.dimension),
        periods,
        f"{family.period:.8g}",
        _point(family.point),
        f"{family.across}; {family.reason}",
        multipliers,
        str(family.found),
    )


@describe.register
def _cycles(found: LimitCycles) -> tuple[Block, ...]:
    words = _counted(len(found), "limit cycle", "limit cycles")
    sentences = [f"The search found {words}." if len(found) else "The search found no limit cycle."]
    families: tuple[Block, ...] = ()
    if found.families:
        words += f", {_counted(len(found.families), 'family', 'families')} of periodic orbits"
        sentences.append("Periodic orbits that have others beside them, as around a centre, are no limit cycles.")
        families = (Table(_FAMILY, tuple(map(_family_row, found.families))),)
    return (
        Statement(
            f"{words} found", tuple(sentences), found.certificate.verdict, "limit-cycles",
            "observed in trajectories, not proved; others may exist",
        ),
        *((Table(_CYCLE, tuple(map(_cycle_row, found))),) if len(found) else ()),
        *families,
        Remarks((("search", found.certificate.method), ("starts", _starts(found.starts)))),
        Provenance(found.certificate.provenance),
    )  # fmt: skip


@describe.register
def _cycle(cycle: LimitCycle) -> tuple[Block, ...]:
    return (Table(_CYCLE, (_cycle_row(cycle),)),)


@describe.register
def _periodic_family(family: PeriodicFamily) -> tuple[Block, ...]:
    beside = "; ".join(f"period {period:.8g} at {_point(point)}" for point, period in family.neighbours)
    return (Table(_FAMILY, (_family_row(family),)), Remarks((("beside it", beside),)))


def _rotating_row(state: RotatingState) -> tuple[str, ...]:
    stability = state.stability
    counts = (str(stability.unstable), str(stability.neutral), str(stability.stable))
    speeds = ", ".join(f"{speed:.8g}" for speed in state.speeds)
    return (speeds, _point(state.point), *counts, stability.conclusion, str(state.certificate.verdict))


_ROTATING = ("speed", "a state on it", "unstable", "neutral", "stable", "", "verdict")


@describe.register
def _rotating(found: RotatingStates) -> tuple[Block, ...]:
    words = _counted(len(found), "rotating state", "rotating states")
    return (
        Statement(
            f"{words} found", (f"The search found {words}.",), found.certificate.verdict, "rotating-states",
            "others may exist",
        ),
        Table(_ROTATING, tuple(map(_rotating_row, found))),
        Remarks((("search", found.certificate.method), ("starts", _starts(found.starts)))),
        Provenance(found.certificate.provenance),
    )


@describe.register
def _rotating_state(state: RotatingState) -> tuple[Block, ...]:
    return (Table(_ROTATING, (_rotating_row(state),)), *describe(state.certificate))


def _destinations(found: Basins) -> str:
    """Undecided starts have no destination."""
    return _counted(sum(row.destination != "undecided" for row in found), "destination", "destinations")


@describe.register
def _basins(found: Basins) -> tuple[Block, ...]:
    rows = tuple(
        (
            row.destination,
            _point(row.point),
            str(row.count),
            f"{row.fraction:.4g}",
            f"{row.lower:.4g} to {row.upper:.4g}",
            row.description,
        )
        for row in found
    )
    unit = "step" if isinstance(found.model, Iteration) else "time"
    where = f"{found.starts} starts, {found.distribution}, followed to {unit} {found.duration:g}"
    level = f"{100 * found[0].confidence:g} % {found.interval}" if len(found) else found.interval
    return (
        Statement(
            f"{_destinations(found)} of {found.starts} starts",
            (f"Of {where}, the shares below went to each destination.",),
            found.verdict,
            "basins",
            "estimated from a sample, not proved",
        ),
        Table(("destination", "a state", "starts", "share", f"{level} interval", ""), rows),
        Remarks((("where", where),)),
        Provenance(found.certificate.provenance),
    )


@describe.register
def _continuation(found: Continuation) -> tuple[Block, ...]:
    name, low, high = found.parameter, *found.interval
    words = f"{_counted(len(found), 'branch', 'branches')} of equilibria"
    branches = tuple(
        (
            str(k) if b.period == 1 else f"{k}, period {b.period}",
            " to ".join(f"{_snapped(end([*b.values, *(c.value for c in b.crossings)])):.6g}" for end in (min, max)),
            " or ".join(map(str, sorted(set(b.unstable)))),
            str(len(b.crossings)),
            "; ".join(dict.fromkeys(b.ends)),
        )
        for k, b in enumerate(found, start=1)
    )
    crossings = tuple(
        (
            str(k),
            f"{c.kind}, {c.criticality}" if c.criticality else c.kind,
            f"{_snapped(c.value):.10g}",
            _point(dict(enumerate(c.point))),
            complex_text(c.eigenvalue),
            str(c.multiplicity),
        )
        for k, b in enumerate(found, start=1)
        for c in b.crossings
    )
    what = "multiplier" if isinstance(found.model, Iteration) else "eigenvalue"
    return (
        Statement(
            f"{words} for {name} from {low:g} to {high:g}, "
            f"{_counted(len(crossings), 'change of stability', 'changes of stability')}",
            (f"For {name} between {low:g} and {high:g} the search found {words}.",),
            found.verdict,
            "continuation",
            "followed in floats, not proved",
        ),
        Table(("branch", str(name), "unstable directions", "crossings", "ends at"), branches),
        Table(("branch", "kind", str(name), "state", what, "multiplicity"), crossings),
        *((describe(found.figure())) if len(found) else ()),
        Remarks((("how", found.certificate.method), ("others", "there may be other branches and crossings"))),
        Provenance(found.certificate.provenance),
    )


@json_data.register
def _continuation_data(found: Continuation) -> dict[str, Any]:
    return {
        "schema": "symdyn/continuation/1",
        "parameter": str(found.parameter),
        "interval": list(found.interval),
        "coords": [str(symbol) for symbol in found.coords],
        "branches": [
            {
                "values": list(b.values),
                "points": [list(point) for point in b.points],
                "unstable": list(b.unstable),
                "ends": list(b.ends),
                "period": b.period,
                "images": [[list(point) for point in row] for row in b.images],
                "crossings": [
                    {
                        "kind": c.kind,
                        "criticality": c.criticality,
                        "value": c.value,
                        "point": list(c.point),
                        "eigenvalue": [c.eigenvalue.real, c.eigenvalue.imag],
                        "multiplicity": c.multiplicity,
                    }
                    for c in b.crossings
                ],
            }
            for b in found
        ],
        "verdict": found.verdict.value,
        "provenance": dict(found.certificate.provenance),
    }


@describe.register
def _drift(drift: Drift) -> tuple[Block, ...]:
    broken = [row for row in drift.laws if not row.is_conserved]
    headline = (
        f"{len(drift.laws)} families of laws followed over {drift.steps[-1] if drift.steps else 0} steps"
        + (f" of {drift.optimizer}" if drift.optimizer else "")
    )
    rows = tuple(
        (
            row.name,
            str(row.count),
            f"{row.initial:.3g}",
            f"{row.drift[-1]:.3g}",
            f"{row.predicted[-1]:.3g}" if row.predicted else "",
            row.conclusion,
        )
        for row in drift.laws
    )
    sentence = f"{headline}: {'none is' if not broken else f'{len(broken)} of them are'} broken."
    return (
        Statement(headline, (sentence,), drift.verdict, "drift"),
        Table(("laws", "entries", "size at the start", "drift", "predicted", "conclusion"), rows),
    )


@json_data.register
def _cycles_data(found: LimitCycles) -> dict[str, Any]:
    return {
        "schema": "symdyn/limit-cycles/1",
        "cycles": [
            {
                "period": cycle.period,
                "point": _values(cycle.point),
                "multipliers": [[m.real, m.imag] for m in cycle.multipliers],
                "residual": cycle.residual,
                "found": cycle.found,
                "kind": cycle.kind,
                "speeds": list(cycle.speeds),
            }
            for cycle in found
        ],
        "families": [
            {
                "dimension": family.dimension,
                "period": family.period,
                "point": _values(family.point),
                "multipliers": [[m.real, m.imag] for m in family.multipliers],
                "residual": family.residual,
                "neighbours": [{"point": _values(point), "period": period} for point, period in family.neighbours],
                "reason": family.reason,
                "shortest": family.shortest,
                "longest": family.longest,
                "found": family.found,
            }
            for family in found.families
        ],
        "verdict": found.certificate.verdict.value,
        "starts": dict(found.starts),
        "provenance": dict(found.certificate.provenance),
    }


@json_data.register
def _rotating_data(found: RotatingStates) -> dict[str, Any]:
    return {
        "schema": "symdyn/rotating-states/1",
        "states": [
            {
                "speeds": list(state.speeds),
                "point": _values(state.point),
                "stability": json_data(state.stability),
                "verdict": state.certificate.verdict.value,
                "certificate": state.certificate.to_data(),
            }
            for state in found
        ],
        "starts": dict(found.starts),
        "provenance": dict(found.certificate.provenance),
    }


@json_data.register
def _basins_data(found: Basins) -> dict[str, Any]:
    return {
        "schema": "symdyn/basins/1",
        "basins": [
            {
                "destination": row.destination,
                "description": row.description,
                "count": row.count,
                "fraction": row.fraction,
                "lower": row.lower,
                "upper": row.upper,
                "confidence": row.confidence,
                "point": None if row.point is None else _values(row.point),
            }
            for row in found
        ],
        "starts": found.starts,
        "distribution": found.distribution,
        "interval": found.interval,
        "duration": found.duration,
        "verdict": found.verdict.value,
        "provenance": dict(found.certificate.provenance),
    }


@json_data.register
def _drift_data(drift: Drift) -> dict[str, Any]:
    return {
        "schema": "symdyn/drift/1",
        "laws": [
            {
                "name": row.name,
                "count": row.count,
                "initial": row.initial,
                "drift": list(row.drift),
                "predicted": list(row.predicted),
                "conclusion": row.conclusion,
            }
            for row in drift.laws
        ],
        "steps": list(drift.steps),
        "every": drift.every,
        "optimizer": drift.optimizer,
        "verdict": drift.verdict.value,
    }


def _values(point: Mapping[Any, Any]) -> dict[str, float]:
    return {str(symbol): float(value) for symbol, value in point.items()}
