"""Lie algebras as blocks and as JSON."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symdyn.certificate.brief import counted
from symdyn.geometry.lie.algebra import LieAlgebra
from symdyn.geometry.lie.closure import Word
from symdyn.geometry.vector_field import VectorField
from symdyn.report.blocks import Block, Cell, Formula, Provenance, Remarks, Statement, Table, Title
from symdyn.report.describe.nouns import describe, short_proof
from symdyn.report.formats.json import json_data
from symdyn.report.words.hypotheses import prose
from symdyn.report.words.notation import expression_latex, expression_text

#: So many words are written out, and the structure of so many is computed for a reader.
_SHOWN, _MOST_FOR_STRUCTURE = 24, 60


@describe.register
def _algebra(found: LieAlgebra) -> tuple[Block, ...]:
    elements = found.elements
    what = {"fields": "field", "matrices": "matrix", "pauli words": "sum of Pauli words"}[elements.of]
    plural = {"matrix": "matrices", "sum of Pauli words": "sums of Pauli words"}.get(what, "")
    subject = f"Lie algebra of {counted(len(elements.generators), what, plural)}"
    number = found.dimension if found.dimension is not None else f"at least {found.lower}"
    sentence = (f"The Lie algebra over the real numbers that they generate has dimension {number}.",)
    remarks: list[tuple[str, Any]] = [("generators", prose(found.certificate.assumptions))]
    if found.dimension is not None and found.dimension <= _MOST_FOR_STRUCTURE:
        remarks.insert(0, ("structure", _structure(found)))
    rows: list[tuple[Cell, ...]] = [
        (str(k), _word(word), _value(found.basis[k])) for k, word in enumerate(found.words[:_SHOWN])
    ]
    more = len(found.words) - len(rows)
    return (
        Title((subject,), ()),
        Statement(
            f"dimension {number}", sentence, found.certificate.verdict, f"lie-{found.certificate.fingerprint[:8]}"
        ),
        Table(("word", "is", "value"), tuple(rows), f"{more:,} more are not shown" if more else ""),
        short_proof(found.certificate),
        Remarks(tuple(remarks)),
        Provenance(found.certificate.provenance),
    )


def _structure(found: LieAlgebra) -> str:
    names = [
        name
        for name, holds in (
            ("abelian", found.is_abelian),
            ("nilpotent", found.is_nilpotent),
            ("solvable", found.is_solvable),
            ("semisimple", found.is_semisimple),
        )
        if holds
    ]
    series = " > ".join(map(str, found.derived_series))
    said = f"{names[0]}; " if names else ""
    return f"{said}centre of dimension {found.centre}; derived series {series}"


def _word(word: Word) -> str:
    return f"generator {word + 1}" if isinstance(word, int) else f"[generator {word[0] + 1}, word {word[1]}]"


def _value(value: Any) -> Cell:
    if isinstance(value, str):
        return value
    if isinstance(value, VectorField):
        terms = [
            entry * sp.Symbol(f"d_{name}") for name, entry in zip(value.coords, value.components, strict=True) if entry
        ]
        return Formula(
            expression_text(sp.Add(*terms)),
            " + ".join(
                rf"({expression_latex(entry)}) \partial_{{{expression_latex(name)}}}"
                for name, entry in zip(value.coords, value.components, strict=True)
                if entry
            ),
        )
    entries = [(a, b, value[a, b]) for a in range(value.rows) for b in range(value.cols) if value[a, b] != 0]
    if value.rows <= 6:
        return Formula(", ".join(f"({a + 1}, {b + 1}): {entry}" for a, b, entry in entries), sp.latex(value))
    return f"a matrix with {counted(len(entries), 'entry', 'entries')}"


@json_data.register
def _json(found: LieAlgebra) -> dict[str, Any]:
    return {
        "schema": "symdyn/lie-algebra/1",
        "verdict": found.certificate.verdict.value,
        "dimension": found.dimension,
        "lower": found.lower,
        "certificate": found.certificate.to_data(),
        "provenance": dict(found.certificate.provenance),
    }
