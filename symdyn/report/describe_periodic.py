"""Periodic points of a map as blocks: one row for each cycle."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symdyn.dynamics.periodic import PeriodicCycle, PeriodicPoints
from symdyn.report.blocks import Block, Provenance, Remarks, Statement, Table
from symdyn.report.describe import describe
from symdyn.report.describe_attractors import complex_text
from symdyn.report.describe_equilibria_in_formulas import equilibria_in_formulas
from symdyn.report.equilibria_words import about_all, conclusion_text, counted, family_rows, told_apart, weakest_of

_COLUMNS = ("least period", "points", "multipliers", "unstable", "neutral", "stable", "", "verdict")
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
    rows = tuple(_row(one, found) for one in found.cycles)
    table = (Table(_COLUMNS, rows),) if rows else ()
    about = f"there {'is' if number == 1 else 'are'} {words}" if number else f"there is {words}"
    return (
        Statement(
            f"{words} found{kept}{rest}{continua}",
            (f"The search says that {about}{kept}{rest}{continua}.",),
            weakest_of([item.verdict for item in found] or [found.completeness.verdict]),
            "periodic-points",
        ),
        *table,
        Remarks((*family_rows(found), ("all", about_all(found)))),
        Provenance(found.completeness.provenance),
    )


def _row(one: PeriodicCycle, found: PeriodicPoints) -> tuple[str, ...]:
    stability = one.stability
    points = told_apart(one.points)
    shown = points if len(points) <= _SHOWN else [*points[:_SHOWN], "..."]
    verdicts = [found[k].verdict for k in one.members if k is not None]
    return (
        str(one.period),
        "; ".join(shown),
        ", ".join(map(_multiplier_text, one.multipliers)),
        str(stability.unstable),
        str(stability.neutral),
        str(stability.stable),
        conclusion_text(stability),
        str(weakest_of(verdicts)),
    )


def _multiplier_text(value: Any) -> str:
    return str(value) if isinstance(value, sp.Expr) and value.free_symbols else complex_text(complex(value))


@describe.register
def _one_cycle(one: PeriodicCycle) -> tuple[Block, ...]:
    """A row."""
    multipliers = ", ".join(_multiplier_text(value) for value in one.multipliers)
    row = (str(one.period), "; ".join(told_apart(one.points)), multipliers, conclusion_text(one.stability))
    return (Table(("least period", "points", "multipliers", ""), (row,)),)
