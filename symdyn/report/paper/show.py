"""The check of a paper as a table for a terminal, as blocks for documents, and as JSON."""

from __future__ import annotations

import textwrap
from typing import Any

from symdyn.certificate.provenance import provenance
from symdyn.report.blocks import Block, Remarks, Table
from symdyn.report.describe.nouns import describe
from symdyn.report.formats.json import json_data
from symdyn.report.paper.check import Checked, PaperCheck

WIDTH = 80
_MOST_ID = 22
_MOST_SAYS = 40


def check_text(check: PaperCheck) -> str:
    """The table for a terminal: line, claim, what it says, verdict, and a reason or the seconds."""
    places = [_place(row, check) for row in check.results]
    first = max([4, *map(len, places)])
    second = min(_MOST_ID, max([5, *(len(row.id) for row in check.results)]))
    third = max(20, min(_MOST_SAYS, WIDTH - first - second - 19))
    lines = ["  " + "line".rjust(first) + "  " + "claim".ljust(second) + "  " + "says".ljust(third) + "  verdict"]
    for place, row in zip(places, check.results, strict=True):
        lines += _row(place.rjust(first), row, second, third)
    return "\n".join([*lines, *(_note(text) for text in check.notes), "  " + _summary(check)]) + "\n"


def _place(row: Checked, check: PaperCheck) -> str:
    return str(row.line) if row.file == check.paper else f"{row.file}:{row.line}"


def _row(place: str, row: Checked, second: int, third: int) -> list[str]:
    names = textwrap.wrap(row.id, second) or [""]
    says = textwrap.wrap(row.says, third) or [""]
    height = max(len(names), len(says))
    cells = [
        "  " + (place if k == 0 else " " * len(place)) + "  "
        + (names[k] if k < len(names) else "").ljust(second) + "  "
        + (says[k] if k < len(says) else "").ljust(third)
        for k in range(height)
    ]  # fmt: skip
    remark = f"{row.seconds:.2f} s" if row.holds and row.verdict == "proved" else row.reason
    cells[0] += f"  {row.verdict.upper()}"
    if len(cells[0]) + 2 + len(remark) <= WIDTH:
        cells[0] = f"{cells[0].ljust(len(cells[0]))}  {remark}"
        return [line.rstrip() for line in cells]
    indent = " " * 8
    return [line.rstrip() for line in cells] + textwrap.wrap(
        remark, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False
    )


def _note(text: str) -> str:
    return textwrap.fill(f"note: {text}", WIDTH, initial_indent="  ", subsequent_indent="    ")


def _summary(check: PaperCheck) -> str:
    wrong, total = sum(not row.holds for row in check.results), len(check.results)
    claims = "claim" if total == 1 else "claims"
    if not wrong:
        return f"{total} {claims}, all of them hold" if total != 1 else "1 claim, and it holds"
    return f"{wrong} of {total} {claims} {'does' if wrong == 1 else 'do'} not hold"


@describe.register
def _blocks(check: PaperCheck) -> tuple[Block, ...]:
    header = ("line", "claim", "says", "verdict", "reason")
    rows = tuple((_place(r, check), r.id, r.says, r.verdict.upper(), r.reason) for r in check.results)
    return Table(header, rows), Remarks((("result", _summary(check)), *(("note", text) for text in check.notes)))


@json_data.register
def _json(check: PaperCheck) -> dict[str, Any]:
    return {
        "schema": "symdyn/check/1",
        "paper": check.paper,
        "claims": check.claims_file,
        "holds": check.holds,
        "results": [
            {
                "id": row.id,
                "verdict": row.verdict,
                "reason": row.reason,
                "holds": row.holds,
                "says": row.says,
                "file": row.file,
                "line": row.line,
                "seconds": row.seconds,
            }
            for row in check.results
        ],
        "values": dict(check.values),
        "notes": list(check.notes),
        "provenance": provenance(),
    }
