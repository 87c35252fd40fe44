"""Richness of data as blocks and as JSON."""

from __future__ import annotations

from typing import Any

from symdyn.dynamics.answers.richness import Richness
from symdyn.report.blocks import Block, Cell, Equations, Formula, Provenance, Remarks, Statement
from symdyn.report.describe.nouns import describe, short_proof
from symdyn.report.formats.json import json_data
from symdyn.report.words.hypotheses import prose
from symdyn.report.words.notation import expression_latex, expression_text

_SHOWN = 12


@describe.register
def _richness(found: Richness) -> tuple[Block, ...]:
    known = {True: "rich: rank", False: "not rich: rank", None: "not seen to be rich: rank at least"}[found.is_rich]
    headline = f"{known} {found.rank} of {found.needed}"
    sentence = (f"{found.statement[:1].upper()}{found.statement[1:]}.",)
    rows = [(Formula(expression_text(form), expression_latex(form)), "no loss sees it") for form in found.unseen]
    remarks: list[tuple[str, Cell]] = [("where", prose(found.certificate.assumptions))]
    if found.missing:
        more = f", and {len(found.missing) - _SHOWN} more" if len(found.missing) > _SHOWN else ""
        names = ", ".join(found.missing[:_SHOWN]) + more
        remarks.insert(0, ("missing", f"the generators of {names} complete the span"))
    if found.is_rich is None:
        remarks.append(("laws", "those of the parametrization are laws of the model; whether it has others is open"))
    elif not found.is_rich:
        remarks.append(("laws", "those of the parametrization are laws of the model; the model may have others"))
    return (
        Statement(headline, sentence, found.verdict, f"richness-{found.certificate.fingerprint[:8]}"),
        Equations(tuple(rows)),
        short_proof(found.certificate),
        Remarks(tuple(remarks)),
        Provenance(found.certificate.provenance),
    )


@json_data.register
def _json(found: Richness) -> dict[str, Any]:
    return {
        "schema": "symdyn/richness/1",
        "rich": found.is_rich,
        "rank": found.rank,
        "needed": found.needed,
        "verdict": found.verdict.value,
        "statement": found.statement,
        "missing": list(found.missing),
        "unseen": [expression_text(form) for form in found.unseen],
        "loss": found.loss,
        "data": found.data,
        "certificate": found.certificate.to_data(),
        "provenance": dict(found.certificate.provenance),
    }
