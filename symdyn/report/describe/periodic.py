"""Periodic points of a map as blocks: one row for each cycle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.periodic import PeriodicCycle, PeriodicPoints
from symdyn.report.blocks import Block, Cell, Formula, Provenance, Reference, Remarks, Rich, Statement, Table
from symdyn.report.describe.attractors import complex_text
from symdyn.report.describe.equilibria_in_formulas import equilibria_in_formulas
from symdyn.report.describe.nouns import describe
from symdyn.report.words.dynamics_words import after_display, capital, label_of, stated
from symdyn.report.words.equilibria_words import about_all, conclusion_text, counted, family_rows, weakest_of
from symdyn.report.words.exact_points import exact_points
from symdyn.report.words.notation import expression_latex
from symdyn.report.words.point_formulas import complex_latex, point_formulas, point_header

_COLUMNS = ("least period", "points", "multipliers", "unstable", "neutral", "stable", "stability", "verdict")
_SHOWN = 8


@describe.register
def _periodic(found: PeriodicPoints) -> tuple[Block, ...]:
    """The number of points and cycles, a row for each cycle, and what is known of others."""
    if found.parameters:
        return equilibria_in_formulas(found)
    own = [one for one in found.cycles if one.period == found.period]
    number = len(found.of_least_period)
    stable = sum(one.stability.conclusion == "stable" for one in own)
    others = len(found) - number
    what = "fixed point" if found.period == 1 else f"point of least period {found.period}"
    plural = what.replace("point", "points", 1)
    words = counted(number, what, plural) if number else f"no {what}"
    if own and found.period > 1:
        words += f" in {counted(len(own), 'cycle', 'cycles')}"
    rest = f", and {counted(others, 'point', 'points')} of smaller periods" if others else ""
    continua = f", and {counted(len(found.families), 'family', 'families')} of such points" if found.families else ""
    kept = f", {stable} stable" if own else ""
    exact = exact_points(found.model, list(found))
    rows = tuple(_row(one, found, exact) for one in found.cycles)
    label = label_of("periodic-points", found.model, found.completeness)
    header = (*_COLUMNS[:1], _points_header(list(getattr(found.model, "coords", ()))), *_COLUMNS[2:])
    caption = "Cycles, with their multipliers and the numbers of their unstable, neutral and stable directions"
    table = (Table(header, rows, caption, f"tab:{label}"),) if rows else ()
    where: Rich = (" (", Reference("the table below", f"tab:{label}"), ")") if rows else ()
    return (
        Statement(
            f"{words} found{kept}{rest}{continua}",
            _sentence(found, f"{words}{kept}{rest}{continua}", where),
            weakest_of([item.verdict for item in found] or [found.completeness.verdict]),
            label,
        ),
        *table,
        Remarks((*family_rows(found), ("all", about_all(found)))),
        Provenance(found.completeness.provenance),
    )


def _sentence(found: PeriodicPoints, words: str, table: Rich) -> Rich:
    """What the map has where that is proved, else what a search found."""
    dynamics = stated(found.model)
    if found.completeness.verdict is Verdict.PROVED:
        return after_display((*capital(dynamics), f" has {words}", *table, ", and no others."))
    unknown = "; that there are no others is not proved."
    return after_display(("For ", *dynamics, f" a search found {words}", *table, unknown))


def _points_header(coords: Sequence[Any]) -> Formula:
    return Formula("points", point_header(coords).latex)


def _row(one: PeriodicCycle, found: PeriodicPoints, exact: Sequence[Any]) -> tuple[Cell, ...]:
    stability = one.stability
    verdicts = [found[k].verdict for k in one.members if k is not None]
    known = [None if k is None else exact[k] for k in one.members]
    return (
        str(one.period),
        _points(one.points, known),
        _multipliers(one),
        str(stability.unstable),
        str(stability.neutral),
        str(stability.stable),
        conclusion_text(stability),
        str(weakest_of(verdicts)),
    )


def _points(points: Sequence[Any], exact: Sequence[Any] | None = None) -> Rich:
    """Points one after the other; the first of many."""
    shown: list[str | Formula] = []
    for formula in point_formulas(points, exact)[:_SHOWN]:
        shown += [*(["; "] if shown else []), formula]
    return (*shown, *(("; ...",) if len(points) > _SHOWN else ()))


def _multipliers(one: PeriodicCycle) -> Rich:
    shown: list[str | Formula] = []
    for value in one.multipliers:
        text = _multiplier_text(value)
        is_formula = isinstance(value, sp.Expr) and value.free_symbols
        latex = expression_latex(value) if is_formula else complex_latex(text)
        shown += [*([", "] if shown else []), Formula(text, latex)]
    return tuple(shown)


def _multiplier_text(value: Any) -> str:
    return str(value) if isinstance(value, sp.Expr) and value.free_symbols else complex_text(complex(value))


@describe.register
def _one_cycle(one: PeriodicCycle) -> tuple[Block, ...]:
    """A row."""
    row = (str(one.period), _points(one.points), _multipliers(one), conclusion_text(one.stability))
    return (Table(("least period", "points", "multipliers", "stability"), (row,)),)
