"""Answers that say how they are shown, as blocks."""

from __future__ import annotations

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.presented import Presented
from symdyn.report.blocks import Block, Statement, Title, plain
from symdyn.report.describe.nouns import describe, short_proof
from symdyn.report.describe.systems import equation_blocks, table_block
from symdyn.report.formats.mathematics import sentence


@describe.register
def _presented(answer: Presented) -> tuple[Block, ...]:
    what = answer.presented()
    blocks: list[Block] = [Title(sentence(what.title))]
    if what.sentence:
        words = sentence(what.sentence)
        verdict = answer.verdict if isinstance(answer.verdict, Verdict) else Verdict.OBSERVED
        blocks.append(Statement(plain(words), words, verdict, "answer"))
    blocks += [*equation_blocks(what.equations), *map(table_block, what.tables)]
    if answer.certificate is not None:
        blocks.append(short_proof(answer.certificate))
    return tuple(blocks)
