"""Equilibria as blocks."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from symdyn.algebra.conditions.written_conditions import solved
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.equilibrium import Equilibria, Equilibrium, Stability
from symdyn.dynamics.iterate import nouns_of
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.verify import SymbolicEquilibrium
from symdyn.report.blocks import Block, Cell, Equations, Formula, Provenance, Remarks, Rich, Statement, Table
from symdyn.report.describe import periodic as periodic  # periodic points are equilibria of their own form
from symdyn.report.describe.equilibria_in_formulas import equilibria_in_formulas
from symdyn.report.describe.nouns import describe, short_proof
from symdyn.report.words.certified_dynamics import certified_dynamics
from symdyn.report.words.domain_texts import domain_formulas
from symdyn.report.words.dynamics_words import after_display, capital, label_of, stated
from symdyn.report.words.equilibria_sentences import family_point, sentence_of
from symdyn.report.words.equilibria_words import (
    about_all,
    conclusion_text,
    counted,
    family_rows,
    point_text,
    weakest_of,
)
from symdyn.report.words.exact_points import exact_points
from symdyn.report.words.notation import expression_formula, expression_latex, expression_text
from symdyn.report.words.point_formulas import has_decimals, point_formula, point_formulas, point_header

_MOST_REASONS = 4


@describe.register
def _equilibria(found: Equilibria) -> tuple[Block, ...]:
    if found.parameters:
        return equilibria_in_formulas(found)
    stable = sum(item.stability.conclusion.startswith("stable") for item in found)
    points = point_formulas([item.point for item in found], exact_points(found.model, list(found)))
    number = _number(found)
    modulo = f", modulo {', '.join(found.modulo)}" if found.modulo else ""
    continua = ""
    if found.families:
        least = "" if found.completeness.verdict is Verdict.PROVED else "at least "
        continua = f" and {least}{counted(len(found.families), 'family', 'families')} of {nouns_of(found.model)[1]}"
    headline = f"{number} found{modulo}" + (f", {stable} stable" if found else "") + continua
    if found.families and not found:
        headline = f"{continua.removeprefix(' and ')} found{modulo}, {number}"
    domain = (("domain", (*bounds, "; states outside are not listed")),) if (bounds := domain_formulas(found)) else ()
    families = family_rows(found, lambda family: family_point(found, family))
    what = "fixed-points" if isinstance(found.model, Iteration) else "equilibria"
    label = label_of(what, found.model, found.completeness)
    return (
        Statement(headline, sentence_of(found, points, f"tab:{label}"), _weakest(found), label),
        *((_table(found, points, f"tab:{label}"),) if found else ()),
        Remarks((*families, *domain, *_reasons(found), ("all", about_all(found)))),
        Provenance(found.completeness.provenance),
    )


def _table(found: Equilibria, points: Sequence[Formula], label: str) -> Table:
    """A row for each, without the column of kinds where all are of the plain one."""
    rows: list[tuple[Cell, ...]] = [
        (
            _kind(item),
            point,
            str(item.stability.unstable),
            str(item.stability.neutral),
            str(item.stability.stable),
            conclusion_text(item.stability),
            str(item.verdict),
        )
        for item, point in zip(found, points, strict=True)
    ]
    coords = point_header(list(found[0].point))
    header: tuple[Cell, ...] = ("kind", coords, "unstable", "neutral", "stable", "stability", "verdict")
    one, many = nouns_of(found.model)
    if all(_kind(item) == one for item in found):
        header, rows = header[1:], [row[1:] for row in rows]
    rounded = "; decimals are rounded" if has_decimals(points) else ""
    caption = f"{many[:1].upper()}{many[1:]}, with the numbers of their unstable, neutral and stable directions"
    return Table(header, tuple(rows), f"{caption}{rounded}", label)


def _reasons(found: Equilibria) -> tuple[tuple[str, str], ...]:
    """What proves a stability where the linear test is silent, for the first few."""
    known = [item for item in found if item.stability.certificate is not None][:_MOST_REASONS]
    return tuple(("stable", f"{point_text(item.point)}: {item.stability.reason}") for item in known)


def _kind(item: Equilibrium) -> str:
    """What it is, and how often the solution repeats there."""
    return f"{item.kind}, multiplicity {item.multiplicity}" if item.multiplicity > 1 else item.kind


def _number(found: Equilibria) -> str:
    """How many were found, and of how many, where that is known."""
    one, many = nouns_of(found.model)
    if found.expected is not None and len(found) != found.expected:
        all_of_them = counted(found.expected, one, many)
        fewer = len(found) < found.expected
        return f"{len(found)} of {all_of_them}" if fewer else f"{len(found)} candidates for {all_of_them}"
    if found:
        return counted(len(found), one, many)
    return f"no isolated {one}" if found.families else f"no {one}"


def _weakest(found: Equilibria) -> Verdict:
    """How the list is known: as its weakest entry; completeness is stated apart."""
    return weakest_of([item.verdict for item in found]) if len(found) else found.completeness.verdict


@describe.register
def _stability(stability: Stability) -> tuple[Block, ...]:
    counts = f"{stability.unstable} unstable, {stability.neutral} neutral, {stability.stable} stable directions"
    remarks = tuple(("neutral", f"{dimension} owed to: {reason}") for reason, dimension in stability.explained)
    if stability.reason:
        label = "switch" if stability.reason.startswith("on a switch") else "neutral"
        remarks += ((label, stability.reason),)
    elif stability.unexplained:
        remarks += (("neutral", f"{stability.unexplained} unexplained: the linear test says nothing about them"),)
    sentence: Rich = (f"The linearization there has {counts}.",)
    return (
        Statement(f"{stability.conclusion}: {counts}", sentence, stability.verdict, ""),
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
    label = label_of("candidate", found.model, found.certificate)
    return (
        Statement(found.certificate.claim, _candidate(found, bool(rows)), found.verdict, label),
        Equations(rows + conditions + thresholds),
        *((Remarks(_stability_words(found)),) if found.conclusion else ()),
        short_proof(found.certificate),
        *((short_proof(found.stability),) if found.stability is not None else ()),
    )


def _candidate(found: SymbolicEquilibrium, has_spectrum: bool) -> Rich:
    """That the point is an equilibrium of the flow, both written; whether that holds the verdict says."""
    if found.model is None:
        return ("Statement: ", found.certificate.claim, ".")
    names = point_header(list(found.point)).latex
    point = point_formula(found.point, list(found.point.values()))
    given: Rich = ()
    for place, one in enumerate(found.assumed):
        given += (" and " if place else ", where ", expression_formula(one))
    what = f"is {'an' if nouns_of(found.model)[0][0] == 'e' else 'a'} {nouns_of(found.model)[0]}"
    where = ("the state ",) if names.startswith(r"\text") else ()
    shown = point if where else Formula(f"({found.certificate.claim})", f"{names} = {point.latex}")
    many = f"{found.kind}s" if len(found.eigenvalues) != 1 or found.eigenvalues[0][1] > 1 else found.kind
    spectrum = f"; its {many}, and where it is linearly stable, are given by" if found.conditions else f"; its {many}:"
    ending = spectrum if has_spectrum else "."
    return after_display(("For ", *stated(found.model), *given, ", ", *where, shown, f" {what}{ending}"))


def _stability_words(found: SymbolicEquilibrium) -> tuple[tuple[str, str], ...]:
    """The conclusion, and conditions that are solved case by case."""
    cases = [words for words in map(solved, found.conditions or ()) if words]
    return (("stability", found.conclusion), *(("condition", f"that is, {words}") for words in cases))


@describe.register
def _equilibrium(item: Equilibrium) -> tuple[Block, ...]:
    dynamics = certified_dynamics(item.certificate)
    point = point_formula(item.point)
    article = "an" if item.kind[:1] in "aeiou" else "a"
    lead: Rich = ("There is ",) if dynamics is None else (*capital(stated(dynamics)), " has ")
    return (
        Statement(
            f"{item.kind} at ({point.text})",
            after_display((*lead, f"{article} {item.kind} near ", point, ".")),
            item.verdict,
            f"one-{'fixed-point' if item.kind == 'fixed point' else 'state'}-{item.certificate.fingerprint[:8]}",
        ),
        *describe(item.stability),
        short_proof(item.certificate),
    )
