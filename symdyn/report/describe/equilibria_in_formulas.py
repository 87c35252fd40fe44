"""Equilibria that are formulas in symbols, as blocks: points, where they exist, where they are stable, thresholds."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symdyn.certificate.verdict import weakest
from symdyn.dynamics.answers.equilibrium import Equilibria, Equilibrium, Family, Stability
from symdyn.dynamics.iterate import nouns_of
from symdyn.dynamics.iteration import Iteration
from symdyn.report.blocks import Block, Equations, Formula, Provenance, Remarks, Rich, Statement
from symdyn.report.words.dynamics_words import after_display, label_of, stated
from symdyn.report.words.notation import expression_formula, expression_latex, expression_text

_MOST_COORDINATES = 12


def equilibria_in_formulas(found: Equilibria) -> tuple[Block, ...]:
    """The list, each with its conditions; then what is known of others."""
    one, many = nouns_of(found.model)
    number = f"{len(found)} {one if len(found) == 1 else many}" if found else f"no {one}"
    if found.families:
        continua = f"{len(found.families)} {'family' if len(found.families) == 1 else 'families'}"
        number = f"{number} and {continua}" if found else continua
    symbols = ", ".join(map(str, found.parameters))
    headline = f"{number} found as formulas in {symbols}"
    named = [piece for symbol in found.parameters for piece in (", ", expression_formula(symbol))][1:]
    what = "fixed points" if isinstance(found.model, Iteration) else "equilibria"
    solved = f", the equations of {what} were solved in formulas in "
    sentence: Rich = ("For ", *stated(found.model), solved, *named, f": {number}.")
    label = label_of(what.replace(" ", "-"), found.model, found.completeness)
    verdict = weakest(*(item.verdict for item in found)) if len(found) else found.completeness.verdict
    blocks: list[Block] = [Statement(headline, after_display(sentence), verdict, label)]
    for item in found:
        blocks += [Equations(_rows(item)), Remarks((("stability", item.stability.conclusion),))]
    for family in found.families:
        blocks += [Equations(_family_rows(family)), Remarks((("family", _family_words(family)),))]
    known = found.completeness
    all_ = Remarks((("all", f"whether {known.claim}: {known.verdict}; {known.method}"),))
    return (*blocks, all_, Provenance(known.provenance))


def _rows(item: Equilibrium) -> tuple[tuple[Formula, str], ...]:
    exists = tuple((expression_formula(one), "where it exists") for one in item.conditions)
    return ((_point(item.point), f"{item.kind}, {item.verdict}"), *exists, *_stability_rows(item.stability))


def _family_rows(family: Family) -> tuple[tuple[Formula, str], ...]:
    more = () if family.stability is None else _stability_rows(family.stability)
    return ((_point(family.witness), f"family of dimension {family.dimension}"), *more)


def _family_words(family: Family) -> str:
    across = "" if family.stability is None else f"; {family.stability.conclusion}"
    return f"{family.reason}{across} ({family.verdict})"


def _stability_rows(stability: Stability) -> tuple[tuple[Formula, str], ...]:
    shown = [one for one in stability.conditions or () if isinstance(one, sp.core.relational.Relational)]
    conditions = tuple((expression_formula(one), "condition of linear stability") for one in shown)
    return (*conditions, *_thresholds(stability))


def _thresholds(stability: Stability) -> tuple[tuple[Formula, str], ...]:
    return tuple(
        (_equal(symbol, value), "threshold") for symbol, values in stability.thresholds.items() for value in values
    )


def _equal(symbol: sp.Symbol, value: Any) -> Formula:
    return Formula(f"{symbol} = {expression_text(value)}", f"{expression_latex(symbol)} = {expression_latex(value)}")


def _point(point: Any) -> Formula:
    """All coordinates with their formulas; a terminal has the first of many."""
    pairs = [_equal(symbol, value) for symbol, value in point.items()]
    more = ["..."] if len(pairs) > _MOST_COORDINATES else []
    text = ", ".join([*(pair.text for pair in pairs[:_MOST_COORDINATES]), *more])
    return Formula(text, r",\; \allowbreak ".join(pair.latex for pair in pairs))
