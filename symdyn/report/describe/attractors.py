"""Limit cycles, rotating states, basins, branches and drifts as blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symdyn.certificate.certificate import Certificate
from symdyn.dynamics.answers.attractor import Basins, RotatingState, RotatingStates
from symdyn.dynamics.answers.branch import Continuation
from symdyn.dynamics.answers.drift import Drift
from symdyn.dynamics.answers.periodic_orbits import LimitCycle, LimitCycles, PeriodicFamily
from symdyn.dynamics.iteration import Iteration
from symdyn.report.blocks import (
    Block,
    Captioned,
    Cell,
    Formula,
    Provenance,
    Reference,
    Remarks,
    Rich,
    Statement,
    Table,
    plain,
)
from symdyn.report.describe.nouns import describe
from symdyn.report.formats import json_attractors as json_attractors  # their JSON is registered with their blocks
from symdyn.report.words.dynamics_words import after_display, label_of, stated
from symdyn.report.words.notation import expression_latex
from symdyn.report.words.point_formulas import complex_latex, point_formula


def _point(point: Mapping[Any, Any] | None) -> Cell:
    """A state in floats."""
    if point is None:
        return ""
    return point_formula({symbol: _snapped(float(value)) for symbol, value in point.items()})


def _number(text: str) -> Formula:
    """A number in decimals, or several; a minus sign is that of mathematics."""
    return Formula(text, complex_latex(text))


def _table(header: tuple[Cell, ...], rows: Sequence[tuple[Cell, ...]], caption: str, label: str) -> tuple[Table, ...]:
    """A table that floats; none without rows."""
    return (Table(header, tuple(rows), caption, f"tab:{label}"),) if rows else ()


def _see(label: str, is_there: bool) -> Rich:
    return (" (", Reference("the table below", f"tab:{label}"), ")") if is_there else ()


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


def _cycle_row(cycle: LimitCycle) -> tuple[Cell, ...]:
    turning = f", turns along a symmetry with speed {', '.join(f'{w:.6g}' for w in cycle.speeds)}"
    kind = cycle.kind + (turning if cycle.speeds else "")
    multipliers = ", ".join(map(complex_text, cycle.multipliers))
    return (_number(f"{cycle.period:.8g}"), _point(cycle.point), kind, _number(multipliers), str(cycle.found))


def _family_row(family: PeriodicFamily) -> tuple[Cell, ...]:
    periods = f"{family.shortest:.6g} to {family.longest:.6g}"
    multipliers = ", ".join(map(complex_text, family.multipliers))
    return (
        str(family.dimension),
        periods,
        f"{family.period:.8g}",
        _point(family.point),
        f"{family.across}; {family.reason}",
        _number(multipliers),
        str(family.found),
    )


@describe.register
def _cycles(found: LimitCycles) -> tuple[Block, ...]:
    label = label_of("limit-cycles", found.model, found.certificate)
    words = _counted(len(found), "limit cycle", "limit cycles")
    sentence: Rich = ("For ", *stated(found.model), f" a search found {words}", *_see(label, len(found) > 0), ".")
    if found.families:
        continua = _counted(len(found.families), "family", "families")
        words += f", {continua} of periodic orbits"
        beside = " Periodic orbits that have others beside them, as around a centre, are no limit cycles"
        sentence += (f"{beside}: of these it found {continua}", *_see(f"{label}-families", True), ".")
    return (
        Statement(
            f"{words} found", after_display(sentence), found.certificate.verdict, label,
            "observed in trajectories, not proved; others may exist",
        ),
        *_table(_CYCLE, list(map(_cycle_row, found)), "Limit cycles; decimals are rounded", label),
        *_table(_FAMILY, list(map(_family_row, found.families)), "Families of periodic orbits; decimals are rounded",
                f"{label}-families"),
        Remarks((("search", found.certificate.method), ("starts", _starts(found.starts)))),
        Provenance(found.certificate.provenance),
    )  # fmt: skip


@describe.register
def _cycle(cycle: LimitCycle) -> tuple[Block, ...]:
    return (Table(_CYCLE, (_cycle_row(cycle),)),)


@describe.register
def _periodic_family(family: PeriodicFamily) -> tuple[Block, ...]:
    beside = "; ".join(f"period {period:.8g} at {plain(_point(point))}" for point, period in family.neighbours)
    return (Table(_FAMILY, (_family_row(family),)), Remarks((("beside it", beside),)))


def _rotating_row(state: RotatingState) -> tuple[Cell, ...]:
    stability = state.stability
    counts = (str(stability.unstable), str(stability.neutral), str(stability.stable))
    speeds = ", ".join(f"{speed:.8g}" for speed in state.speeds)
    return (_number(speeds), _point(state.point), *counts, stability.conclusion, str(state.certificate.verdict))


_ROTATING = ("speed", "a state on it", "unstable", "neutral", "stable", "stability", "verdict")


@describe.register
def _rotating(found: RotatingStates) -> tuple[Block, ...]:
    words = _counted(len(found), "rotating state", "rotating states")
    label = label_of("rotating-states", found.model, found.certificate)
    sentence: Rich = ("For ", *stated(found.model), f" a search found {words}", *_see(label, len(found) > 0), ".")
    return (
        Statement(f"{words} found", after_display(sentence), found.certificate.verdict, label, "others may exist"),
        *_table(_ROTATING, list(map(_rotating_row, found)), "Rotating states; decimals are rounded", label),
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
    rows: list[tuple[Cell, ...]] = [
        (
            row.destination,
            _point(row.point),
            str(row.count),
            f"{row.fraction:.4g}",
            f"{row.lower:.4g} to {row.upper:.4g}",
            row.description,
        )
        for row in found
    ]
    unit = "step" if isinstance(found.model, Iteration) else "time"
    where = f"{found.starts} starts, {found.distribution}, followed to {unit} {found.duration:g}"
    level = f"{100 * found[0].confidence:g} % {found.interval}" if len(found) else found.interval
    label = label_of("basins", found.model, found.certificate)
    sentence: Rich = ("For ", *stated(found.model), f" the destinations of {where}, were observed", *_see(label, True))
    return (
        Statement(
            f"{_destinations(found)} of {found.starts} starts",
            after_display((*sentence, ".")),
            found.verdict,
            label,
            "estimated from a sample, not proved",
        ),
        *_table(
            ("destination", "a state", "starts", "share", f"{level} interval", "what is known of it"),
            rows,
            f"Where {found.starts} starts went, with the {level} interval of each share",
            label,
        ),
        Remarks((("where", where),)),
        Provenance(found.certificate.provenance),
    )


@describe.register
def _continuation(found: Continuation) -> tuple[Block, ...]:
    name, low, high = found.parameter, *found.interval
    parameter = Formula(str(name), expression_latex(name))
    words = f"{_counted(len(found), 'branch', 'branches')} of equilibria"
    branches: list[tuple[Cell, ...]] = [
        (
            str(k) if b.period == 1 else f"{k}, period {b.period}",
            _range([*b.values, *(c.value for c in b.crossings)]),
            " or ".join(map(str, sorted(set(b.unstable)))),
            str(len(b.crossings)),
            "; ".join(dict.fromkeys(b.ends)),
        )
        for k, b in enumerate(found, start=1)
    ]
    crossings: list[tuple[Cell, ...]] = [
        (
            str(k),
            f"{c.kind}, {c.criticality}" if c.criticality else c.kind,
            _number(f"{_snapped(c.value):.10g}"),
            _point(dict(enumerate(c.point))),
            _number(complex_text(c.eigenvalue)),
            str(c.multiplicity),
        )
        for k, b in enumerate(found, start=1)
        for c in b.crossings
    ]
    what = "multiplier" if isinstance(found.model, Iteration) else "eigenvalue"
    label = label_of("continuation", found.model, found.certificate)
    interval = Formula(f"{name} between {low:g} and {high:g}", rf"{parameter.latex} \in [{low:g}, {high:g}]")
    number = _counted(len(crossings), "change of stability", "changes of stability")
    changes = f"{label}-changes"
    sentence: Rich = (
        "For ", *stated(found.model), ", for ", interval, f" a search found {words}", *_see(label, bool(branches)),
        f" with {number}", *_see(changes, bool(crossings)), "; there may be others.",
    )  # fmt: skip
    about = f" for {name} from {low:g} to {high:g}"
    return (
        Statement(
            f"{words}{about}, {number}", after_display(sentence), found.verdict, label,
            "followed in floats, not proved",
        ),
        *_table(("branch", parameter, "unstable directions", "crossings", "ends at"), branches,
                "Branches of equilibria", label),
        *_table(("branch", "kind", parameter, "state", what, "multiplicity"), crossings,
                "Changes of stability; decimals are rounded", changes),
        *_diagram(found, label),
        Remarks((("how", found.certificate.method), ("others", "there may be other branches and crossings"))),
        Provenance(found.certificate.provenance),
    )  # fmt: skip


def _range(values: Sequence[float]) -> Rich:
    low, high = (_number(f"{_snapped(end):.6g}") for end in (min(values), max(values)))
    return low, " to ", high


def _diagram(found: Continuation, label: str) -> tuple[Block, ...]:
    """The bifurcation diagram as a figure with caption and label."""
    if not len(found):
        return ()
    caption = f"Branches of equilibria over ${expression_latex(found.parameter)}$"
    return (Captioned(id="bifurcation diagram", label=label, caption=caption, source="", content=found.figure()),)


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
        Statement(headline, (sentence,), drift.verdict, ""),
        Table(("laws", "entries", "size at the start", "drift", "predicted", "conclusion"), rows),
    )
