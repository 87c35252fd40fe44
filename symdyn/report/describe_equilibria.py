"""Equilibria as blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from symdyn.algebra.written_conditions import solved
from symdyn.certificate.verdict import Verdict, weakest
from symdyn.dynamics.equilibrium import Equilibria, Equilibrium, Family, Stability
from symdyn.equilibria.symbolic import SymbolicEquilibrium
from symdyn.report.blocks import Block, Equations, Formula, Provenance, Remarks, Rich, Statement, Table
from symdyn.report.describe import describe, short_proof
from symdyn.report.describe_equilibria_in_formulas import equilibria_in_formulas
from symdyn.report.notation import expression_formula, expression_latex, expression_text


@describe.register
def _equilibria(found: Equilibria) -> tuple[Block, ...]:
    if found.parameters:
        return equilibria_in_formulas(found)
    stable = sum(item.stability.conclusion.startswith("stable") for item in found)
    rows = tuple(
        (
            _kind(item),
            point,
            str(item.stability.unstable),
            str(item.stability.neutral),
            str(item.stability.stable),
            _conclusion(item.stability),
            str(item.verdict),
        )
        for item, point in zip(found, _told_apart([item.point for item in found]), strict=True)
    )
    number = _number(found)
    modulo = f", modulo {', '.join(found.modulo)}" if found.modulo else ""
    families = tuple(
        (
            "family",
            f"dimension {family.dimension}, through {_point(family.witness)}{_across(family)}{_level(family)}: "
            f"{family.reason} "
            f"({family.verdict})" + _others(found),
        )
        for family in found.families
    )
    completeness = found.completeness
    continua = ""
    if found.families:
        least = "" if completeness.verdict is Verdict.PROVED else "at least "
        continua = f" and {least}{_counted(len(found.families), 'family', 'families')} of equilibria"
    which = f", of which {stable} {'is' if stable == 1 else 'are'} stable" if found else ""
    sentence: Rich = (f"The search found {number}{modulo}{which}{continua}.",)
    headline = f"{number} found{modulo}" + (f", {stable} stable" if found else "") + continua
    if found.families and not found:
        sentence = (f"The search found{continua.removeprefix(' and')}{modulo}, and {number}.",)
        headline = f"{continua.removeprefix(' and ')} found{modulo}, {number}"
    table = (Table(("kind", "point", "unstable", "neutral", "stable", "", "verdict"), rows),) if rows else ()
    return (
        Statement(headline, sentence, _weakest(found), "equilibria"),
        *table,
        Remarks((*families, ("all", _about_all(found)))),
        Provenance(completeness.provenance),
    )


def _kind(item: Equilibrium) -> str:
    """What it is, and how often the solution repeats there."""
    return f"{item.kind}, multiplicity {item.multiplicity}" if item.multiplicity > 1 else item.kind


def _conclusion(stability: Stability) -> str:
    """The conclusion; where a term of even order decides, its kind of instability."""
    is_half = stability.conclusion == "unstable" and stability.reason.endswith(": semi-stable")
    return "semi-stable" if is_half else stability.conclusion


def _level(family: Family) -> str:
    return "" if family.potential is None else f", where the potential is {_point({'': family.potential})}"


def _across(family: Family) -> str:
    """What the family does to states beside it, in words."""
    known = family.stability
    if known is None:
        return ""
    return f", {known.unstable} unstable and {known.stable} stable directions across it there"


def _others(found: Equilibria) -> str:
    """Continua that a search met are told apart by their dimension alone; parts of a solution set are all listed."""
    return "; there may be others of this dimension" if found.starts else ""


def _number(found: Equilibria) -> str:
    """How many were found, and of how many, where that is known."""
    if found.expected is not None and len(found) != found.expected:
        all_of_them = _counted(found.expected, "equilibrium", "equilibria")
        fewer = len(found) < found.expected
        return f"{len(found)} of {all_of_them}" if fewer else f"{len(found)} candidates for {all_of_them}"
    if found:
        return _counted(len(found), "equilibrium", "equilibria")
    return "no isolated equilibrium" if found.families else "no equilibrium"


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _about_all(found: Equilibria) -> str:
    """What is known about there being no others; the bare claim would read as if it held."""
    known = found.completeness
    if known.verdict is Verdict.PROVED:
        return f"{known.claim}: {known.verdict}; {known.method}"
    if found.expected is not None and len(found) < found.expected:
        return f"these are not all: {known.method}"
    return f"whether {known.claim}: {known.verdict}; {known.method}"


def _weakest(found: Equilibria) -> Verdict:
    """How the list is known: as its weakest entry; completeness is stated apart."""
    return weakest(*(item.verdict for item in found)) if len(found) else found.completeness.verdict


def _point(point: Any) -> str:
    """Coordinates to six digits."""
    return _told_apart([point])[0]


def _told_apart(points: Sequence[Any]) -> list[str]:
    """Points to six digits, or to as many as tell them apart; what is small beside all others is shown as 0."""
    numbers = [abs(value) for point in points for value in point.values() if isinstance(value, float)]
    small = 1e-9 * min(1.0, max(numbers, default=1.0))
    different = len({tuple(point.values()) for point in points})
    shown: list[tuple[str, ...]] = []
    for digits, cut in ((6, small), (9, small), (6, 0.0), (12, 0.0), (17, 0.0)):
        shown = [tuple(_number_text(value, digits, cut) for value in point.values()) for point in points]
        if len(set(shown)) == different:
            break
    return [", ".join(one if len(one) <= 8 else (*one[:8], "...")) for one in shown]


def _number_text(value: Any, digits: int, cut: float) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.{digits}g}" if abs(value) > cut else "0"


@describe.register
def _stability(stability: Stability) -> tuple[Block, ...]:
    counts = f"{stability.unstable} unstable, {stability.neutral} neutral, {stability.stable} stable directions"
    remarks = tuple(("neutral", f"{dimension} owed to: {reason}") for reason, dimension in stability.explained)
    if stability.reason:
        remarks += (("neutral", stability.reason),)
    elif stability.unexplained:
        remarks += (("neutral", f"{stability.unexplained} unexplained: the linear test says nothing about them"),)
    return (
        Statement(
            f"{stability.conclusion}: {counts}", (f"The equilibrium has {counts}.",), stability.verdict, "stability"
        ),
        Remarks(remarks),
    )


@describe.register
def _symbolic(found: SymbolicEquilibrium) -> tuple[Block, ...]:
    rows = tuple(
        (expression_formula(value), found.kind if count == 1 else f"{found.kind}, {count} times")
        for value, count in found.eigenvalues
    )
    shown = [condition for condition in found.conditions or () if isinstance(condition, sp.core.relational.Relational)]
    conditions = tuple((expression_formula(condition), "condition of linear stability") for condition in shown)
    thresholds = tuple(
        (
            Formula(f"{symbol} = {expression_text(value)}", f"{expression_latex(symbol)} = {expression_latex(value)}"),
            "threshold",
        )
        for symbol, values in found.thresholds.items()
        for value in values
    )
    return (
        *describe(found.certificate)[:1],
        Equations(rows + conditions + thresholds),
        *((Remarks(_stability_words(found)),) if found.conclusion else ()),
        short_proof(found.certificate),
    )


def _stability_words(found: SymbolicEquilibrium) -> tuple[tuple[str, str], ...]:
    """The conclusion, and conditions that are solved case by case."""
    cases = [words for words in map(solved, found.conditions or ()) if words]
    return (("stability", found.conclusion), *(("condition", f"that is, {words}") for words in cases))


def _article(kind: str) -> str:
    return "a fixed point" if kind == "fixed point" else "an equilibrium"


@describe.register
def _equilibrium(item: Equilibrium) -> tuple[Block, ...]:
    return (
        Statement(
            f"{item.kind} at ({_point(item.point)})",
            (f"There is {_article(item.kind)} near ({_point(item.point)}).",),
            item.verdict,
            "equilibrium",
        ),
        *describe(item.stability),
        short_proof(item.certificate),
    )
