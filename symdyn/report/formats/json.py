"""Nouns as JSON: the fields of the noun at the top level, with a schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import singledispatch
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.plain_text import plain_text
from symdyn.certificate.certificate import Certificate
from symdyn.dynamics.answers.count_formula import CountFormula
from symdyn.dynamics.answers.equilibrium import Equilibria, Equilibrium, Family, Stability
from symdyn.dynamics.answers.law import Law
from symdyn.dynamics.answers.law_count import LawCount
from symdyn.dynamics.answers.periodic import PeriodicPoints
from symdyn.dynamics.figure import Figure
from symdyn.equilibrium.verify import SymbolicEquilibrium
from symdyn.geometry.closure import Closure
from symdyn.report.describe.nouns import describe
from symdyn.report.formats.typed_json import encoded, report_data
from symdyn.report.report import Report
from symdyn.report.words.domain_texts import domain_texts
from symdyn.report.words.notation import expression_text, law_rows, model_names, told_apart


def json_text(noun: Any) -> str:
    """JSON text, indented at the top level only."""
    data = json_data(noun)
    body = ",\n ".join(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=True)}" for key, value in data.items())
    return "{" + body + "}\n"


@singledispatch
def json_data(noun: Any) -> dict[str, Any]:
    """The noun as JSON data: the form registered here, else the blocks of its description.

    Raises
    ------
    TypeError
        For a noun without a description; the message names the files to edit.
    """
    try:
        blocks = describe(noun)
    except TypeError:
        raise TypeError(
            f"{type(noun).__name__} has no JSON form: describe it in symdyn/report/describe/nouns.py, or "
            "register one in symdyn/report/formats/json.py"
        ) from None
    if json_data.dispatch(type(noun)) is not json_data.dispatch(object):
        return json_data(noun)  # registered while its description was loaded
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(noun).__name__).lower()
    return {"schema": f"symdyn/{kind}/1", "blocks": [encoded(block, "block") for block in blocks]}


@json_data.register
def _report(report: Report) -> dict[str, Any]:
    return report_data(report.title, report.blocks, report.certificates, report.provenance)


@json_data.register
def _figure(figure: Figure) -> dict[str, Any]:
    data = encoded(figure, "figure")
    return {"schema": "symdyn/figure/1", **{key: value for key, value in data.items() if key != "block"}}


@json_data.register
def _equilibrium(item: Equilibrium) -> dict[str, Any]:
    return {"schema": "symdyn/equilibrium/1", **_equilibrium_data(item)}


@json_data.register
def _stability_noun(stability: Stability) -> dict[str, Any]:
    return {"schema": "symdyn/stability/1", **stability_data(stability)}


@json_data.register
def _law_count(answer: LawCount) -> dict[str, Any]:
    with told_apart(model_names(answer.model)):
        return _law_count_data(answer)


def _law_count_data(answer: LawCount) -> dict[str, Any]:
    return {
        "schema": "symdyn/laws/1",
        "lower": answer.lower,
        "upper": answer.upper,
        "count": answer.count,
        "exhibited": answer.exhibited,
        "verdict": answer.verdict.value,
        "laws": [
            {"text": formula.text, "latex": formula.latex, "note": note, "source": law.source}
            for law in answer.laws
            for formula, note in law_rows(law, answer.model)
        ],
        "dimension": answer.dimension,
        "levels": list(answer.levels),
        "degree": answer.degree,
        "at": answer.at,
        "ladder": [
            {"notion": rung.notion, "lower": rung.lower, "upper": rung.upper, "bounds": rung.bounds}
            for rung in answer.ladder
        ],
        "hypotheses": list(answer.certificate.assumptions),
        "certificate": answer.certificate.to_data(),
        "provenance": dict(answer.certificate.provenance),
    }


@json_data.register
def _count_formula(found: CountFormula) -> dict[str, Any]:
    witness = found.certificate.witness
    return {
        "schema": "symdyn/count-formula/1",
        "family": found.family,
        "variables": witness["variables"],
        "formula": None if found.formula is None else expression_text(found.formula),
        "verdict": found.verdict.value,
        "pieces": witness["pieces"],
        "fitted": witness["fitted"],
        "held_out": witness["held out"],
        "unproved": [list(sizes) for sizes in found.unproved],
        "untested": list(found.untested),
        "hypotheses": list(found.certificate.assumptions),
        "certificate": found.certificate.to_data(),
        "provenance": dict(found.certificate.provenance),
    }


@json_data.register
def _certificate(certificate: Certificate) -> dict[str, Any]:
    return certificate.to_data()


@json_data.register
def _law(law: Law) -> dict[str, Any]:
    rows = law_rows(law)
    return {
        "schema": "symdyn/law/1",
        "text": [formula.text for formula, _ in rows],
        "latex": [formula.latex for formula, _ in rows],
        "count": law.count,
        "source": law.source,
    }


@json_data.register
def _closure(closure: Closure) -> dict[str, Any]:
    return {
        "schema": "symdyn/closure/1",
        "rank": closure.rank,
        "levels": list(closure.levels),
        "verdict": closure.certificate.verdict.value,
        "certificate": closure.certificate.to_data(),
        "provenance": dict(closure.certificate.provenance),
    }


@json_data.register
def _equilibria(found: Equilibria) -> dict[str, Any]:
    return {
        "schema": "symdyn/equilibria/1",
        "equilibria": [_equilibrium_data(item) for item in found],
        "completeness": found.completeness.to_data(),
        "expected": found.expected,
        **({"domain": list(domain)} if (domain := domain_texts(found)) else {}),
        **({"parameters": [str(symbol) for symbol in found.parameters]} if found.parameters else {}),
        "starts": dict(found.starts),
        "families": [_family_data(family) for family in found.families],
        "modulo": list(found.modulo),
        "provenance": dict(found.completeness.provenance),
    }


@json_data.register
def _periodic(found: PeriodicPoints) -> dict[str, Any]:
    cycles = [
        {
            "period": one.period,
            "points": [point_data(point) for point in one.points],
            "members": list(one.members),
            "multipliers": [_multiplier_data(value) for value in one.multipliers],
            "stability": stability_data(one.stability),
        }
        for one in found.cycles
    ]
    return {**_equilibria(found), "period": found.period, "cycles": cycles}


def _multiplier_data(value: Any) -> Any:
    """Real and imaginary part, or the text of a formula."""
    if isinstance(value, sp.Expr) and value.free_symbols:
        return str(value)
    return [complex(value).real, complex(value).imag]


def _family_data(family: Family) -> dict[str, Any]:
    return {
        "dimension": family.dimension,
        "witness": point_data(family.witness),
        "stability": None if family.stability is None else stability_data(family.stability),
        "reason": family.reason,
        "verdict": family.verdict.value,
        "others": [point_data(point) for point in family.others],
        "potential": None if family.potential is None else str(family.potential),
        "certificate": None if family.certificate is None else family.certificate.to_data(),
    }


def point_data(point: Mapping[sp.Symbol, Any]) -> dict[str, Any]:
    """Coordinates by name: floats, and exact values as text."""
    return {str(symbol): value if isinstance(value, float) else str(value) for symbol, value in point.items()}


def _equilibrium_data(item: Equilibrium) -> dict[str, Any]:
    return {
        "point": point_data(item.point),
        "kind": item.kind,
        **({"conditions": [plain_text(condition) for condition in item.conditions]} if item.conditions else {}),
        "stability": stability_data(item.stability),
        "multiplicity": item.multiplicity or None,
        "verdict": item.verdict.value,
        "certificate": item.certificate.to_data(),
    }


def stability_data(stability: Stability) -> dict[str, Any]:
    """The fields of a stability."""
    return {
        "verdict": stability.verdict.value,
        "unstable": stability.unstable,
        "neutral": stability.neutral,
        "stable": stability.stable,
        "explained": [list(pair) for pair in stability.explained],
        "conclusion": stability.conclusion,
        **_in_symbols(stability),
        **({"reason": stability.reason} if stability.reason else {}),
        **({"certificate": stability.certificate.to_data()} if stability.certificate is not None else {}),
    }


def _in_symbols(stability: Stability) -> dict[str, Any]:
    """Conditions and thresholds, where there are some."""
    found: dict[str, Any] = {}
    if stability.conditions is not None:
        found["conditions"] = [plain_text(condition) for condition in stability.conditions]
    if stability.thresholds:
        found["thresholds"] = {str(s): [str(value) for value in values] for s, values in stability.thresholds.items()}
    return found


@json_data.register
def _symbolic(found: SymbolicEquilibrium) -> dict[str, Any]:
    return {
        "schema": "symdyn/candidate/1",
        "verdict": found.verdict.value,
        "residual": [str(part) for part in found.residual],
        "eigenvalues": [[str(value), count] for value, count in found.eigenvalues],
        "kind": found.kind,
        "conclusion": found.conclusion,
        **({"stability": {"certificate": found.stability.to_data()}} if found.stability is not None else {}),
        "conditions": None if found.conditions is None else [plain_text(condition) for condition in found.conditions],
        "thresholds": {str(symbol): [str(value) for value in values] for symbol, values in found.thresholds.items()},
        "certificate": found.certificate.to_data(),
        "provenance": dict(found.certificate.provenance),
    }
