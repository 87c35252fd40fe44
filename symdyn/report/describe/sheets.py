"""Answers that are a few named values as blocks."""

from __future__ import annotations

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.sheet import Sheet
from symdyn.report.blocks import Block, Table, Text, Title
from symdyn.report.describe.nouns import describe, short_proof
from symdyn.report.describe.systems import cell_of
from symdyn.report.formats.mathematics import sentence


@describe.register
def _sheet(answer: Sheet) -> tuple[Block, ...]:
    rows = tuple((sentence(name), cell_of(value)) for name, value in answer.rows() if value is not None)
    blocks: list[Block] = [
        Title((answer.title or type(answer).__name__,)),
        Table(("what", "value"), (*rows, ("verdict", str(answer.verdict)))),
    ]
    certificate = getattr(answer, "certificate", None)
    if certificate is not None and answer.verdict is certificate.verdict is Verdict.PROVED:
        blocks.append(Text((f"{certificate.claim[:1].upper()}{certificate.claim[1:]}.",)))
    if certificate is not None:
        blocks.append(short_proof(certificate))
    return tuple(blocks)
