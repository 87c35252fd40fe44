"""Equilibria as blocks."""

from __future__ import annotations

from typing import Any

from symdyn.certificate.verdict import Verdict, weakest
from symdyn.dynamics.equilibrium import Equilibria, Equilibrium, Stability
from symdyn.equilibria.symbolic import SymbolicEquilibrium
from symdyn.report.blocks import Block, Equations, Formula, Provenance, Remarks, Rich, Statement, Table
from symdyn.report.describe import describe, short_proof
from symdyn.report.notation import expression_formula, expression_latex, expression_text


@describe.register
def _equilibria(found: Equilibria) -> tuple[Block, ...]:
    stable = sum(item.stability.conclusion.startswith("stable") for item in found)
    rows = tuple(
        (
            item.kind,
            _point(item.point),
            str(item.stability.unstable),
            str(item.stability.neutral),
            str(item.stability.stable),
            item.stability.conclusion,
            str(item.verdict),
        )
        for item in found
    )
    number = "no equilibrium" if not found else f"{len(found)} equilibri{'um' if len(found) == 1 else 'a'}"
    modulo = f", modulo {', '.join(found.modulo)}" if found.modulo else ""
    families = tuple(
        (
            "family",
            f"dimension {family.dimension}, through {_point(family.witness)}: {family.reason} ({family.verdict})",
        )
        for family in found.families
    )
    completeness = found.completeness
    sentence: Rich = (f"The search found {number}{modulo}, of which {stable} stable.",)
    return (
        Statement(f"{number} found{modulo}, {stable} stable", sentence, _weakest(found), "equilibria"),
        Table(("kind", "point", "unstable", "neutral", "stable", "", "verdict"), rows),
        Remarks((*families, ("all", f"{completeness.claim}: {completeness.verdict}; {completeness.method}"))),
        Provenance(completeness.provenance),
    )


def _weakest(found: Equilibria) -> Verdict:
    """How the list is known: as its weakest entry; completeness is stated apart."""
    return weakest(*(item.verdict for item in found)) if len(found) else found.completeness.verdict


def _point(point: Any) -> str:
    """Coordinates to six digits; what is below 1e-9 in absolute value is shown as 0."""
    shown = [
        (f"{value:.6g}" if abs(value) > 1e-9 else "0") if isinstance(value, float) else str(value)
        for value in point.values()
    ]
    return ", ".join(shown if len(shown) <= 8 else [*shown[:8], "..."])


@describe.register
def _stability(stability: Stability) -> tuple[Block, ...]:
    counts = f"{stability.unstable} unstable, {stability.neutral} neutral, {stability.stable} stable directions"
    remarks = tuple(("neutral", f"{dimension} owed to: {reason}") for reason, dimension in stability.explained)
    if stability.unexplained:
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
        (expression_formula(value), "eigenvalue" if count == 1 else f"eigenvalue, {count} times")
        for value, count in found.eigenvalues
    )
    conditions = tuple((expression_formula(condition), "condition of stability") for condition in found.conditions)
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
        short_proof(found.certificate),
    )


@describe.register
def _equilibrium(item: Equilibrium) -> tuple[Block, ...]:
    return (
        Statement(
            f"{item.kind} at ({_point(item.point)})",
            (f"There is an equilibrium near ({_point(item.point)}).",),
            item.verdict,
            "equilibrium",
        ),
        *describe(item.stability),
        short_proof(item.certificate),
    )
