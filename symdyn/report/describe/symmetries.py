"""Linear symmetries as blocks and as JSON."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symdyn.dynamics.answers.linear_symmetries import LinearSymmetries
from symdyn.report.blocks import Block, Equations, Formula, Provenance, Remarks, Statement, Title
from symdyn.report.describe.nouns import describe, short_proof
from symdyn.report.formats.json import json_data
from symdyn.report.words.hypotheses import prose
from symdyn.report.words.models import introduce
from symdyn.report.words.notation import expression_latex, expression_text


@describe.register
def _symmetries(found: LinearSymmetries) -> tuple[Block, ...]:
    introduction = introduce(found.model)
    symmetric, antisymmetric = len(found.symmetric), len(found.antisymmetric)
    headline = f"{symmetric} symmetric and {antisymmetric} antisymmetric linear symmetries"
    sentence = (
        *introduction.hypotheses,
        f" There are {symmetric} linearly independent symmetric and {antisymmetric} antisymmetric matrices X with ",
        Formula("dphi(theta) X theta = 0", r"d\phi(\theta) X \theta = 0"),
        ".",
    )
    label = f"{introduction.label}-symmetries-{found.certificate.fingerprint[:8]}"
    rows = [(_formula(law), "gradient flow") for law in found.gradient_flow_laws]
    rows += [(_formula(law), "momentum, times its integrating factor") for law in found.momentum_laws]
    return (
        Title(introduction.subject, introduction.notes),
        Statement(headline, sentence, found.certificate.verdict, label),
        Equations(tuple(rows)),
        short_proof(found.certificate),
        Remarks((("laws", _laws(found)), ("where", prose(found.certificate.assumptions)))),
        Provenance(found.certificate.provenance),
    )


def _laws(found: LinearSymmetries) -> str:
    """Which laws of gradient flow come from a symmetry, and how many do not."""
    if found.without_symmetry is None:
        return f"{found.independent} independent laws of gradient flow come from these; their number is not proved"
    return (
        f"{found.independent} of the {found.laws} laws of gradient flow come from these, and {found.without_symmetry} "
        "from no linear symmetry"
    )


def _formula(law: sp.Expr) -> Formula:
    return Formula(expression_text(law), expression_latex(law))


@json_data.register
def _json(found: LinearSymmetries) -> dict[str, Any]:
    return {
        "schema": "symdyn/symmetries/1",
        "verdict": found.certificate.verdict.value,
        "dimension": found.dimension,
        "symmetric": [_integers(X) for X in found.symmetric],
        "antisymmetric": [_integers(X) for X in found.antisymmetric],
        "gradient flow laws": [_text(law) for law in found.gradient_flow_laws],
        "momentum laws": [_text(law) for law in found.momentum_laws],
        "laws": found.laws,
        "independent": found.independent,
        "without symmetry": found.without_symmetry,
        "certificate": found.certificate.to_data(),
        "provenance": dict(found.certificate.provenance),
    }


def _integers(matrix: sp.ImmutableMatrix) -> list[list[int]]:
    return [[int(x) for x in row] for row in matrix.tolist()]


def _text(law: sp.Expr) -> dict[str, str]:
    formula = _formula(law)
    return {"text": formula.text, "latex": formula.latex}
