"""Systems, claims, outcomes and figures as blocks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Exhibit
from symdyn.dynamics.exhibit import Table as TableOfValues
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration
from symdyn.dynamics.marked_text import parts_of
from symdyn.dynamics.outcome import Outcome
from symdyn.dynamics.system import Claim, System
from symdyn.numerics.enclosed_number import Enclosure
from symdyn.numerics.estimate import Estimate, PowerLaw
from symdyn.report.blocks import (
    Block,
    Captioned,
    Cell,
    Equations,
    Formula,
    Proof,
    Rich,
    Statement,
    Table,
    Text,
    Title,
    Value,
    plain,
    rich,
)
from symdyn.report.describe.nouns import describe, short_proof
from symdyn.report.formats.mathematics import formula, sentence
from symdyn.report.words.notation import expression_formula

#: Entries of a list that are printed; JSON has them all.
_MOST_ENTRIES = 12
#: Operations of the formulas of a flow that a study writes out where its system states no equations.
_MOST_OPERATIONS = 600


def value_of(value: Any) -> Value:
    """What was expected or measured, as a report stores it: numbers, texts, formulas, tuples of them."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, sp.Basic | sp.MatrixBase):
        return _number(value) if getattr(value, "is_number", False) and value.is_Number else expression_formula(value)
    if isinstance(value, Mapping):
        return tuple((str(key), value_of(entry)) for key, entry in value.items())
    if isinstance(value, tuple | list):
        return tuple(map(value_of, value))
    if hasattr(value, "tolist"):
        return value_of(value.tolist())
    return str(value)


def _number(value: Any) -> Value:
    return int(value) if value.is_Integer else float(value) if value.is_Float else str(value)


def value_text(value: Value) -> str:
    """A value on a line."""
    if isinstance(value, Formula):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.8g}"
    if isinstance(value, tuple):
        rest = (f"... {len(value)} in all",) if len(value) > _MOST_ENTRIES else ()
        return f"({', '.join((*map(value_text, value[:_MOST_ENTRIES]), *rest))})"
    return "none" if value is None else str(value)


def value_parts(value: Value) -> Rich:
    """A value as running text; formulas in lists of them stay formulas."""
    if isinstance(value, Formula):
        return (value,)
    if not (isinstance(value, tuple) and any(isinstance(entry, Formula | tuple) for entry in value)):
        return (value_text(value),)
    inner: Rich = ()
    for entry in value[:_MOST_ENTRIES]:
        inner += ((", ",) if inner else ()) + value_parts(entry)
    return ("(", *inner, f", ... {len(value)} in all)" if len(value) > _MOST_ENTRIES else ")")


def value_cell(value: Value) -> Cell:
    """A value in a table."""
    return value if isinstance(value, Formula) else value_text(value)


def cell_of(value: Any) -> Cell:
    """A value of a table that a system makes."""
    if isinstance(value, str):
        return sentence(value)
    if isinstance(value, Verdict | Enclosure):
        return str(value)
    if isinstance(value, Estimate | PowerLaw):
        return _with_interval(value)
    if isinstance(value, tuple | list):
        shown: Rich = ()
        for entry in value:
            shown += ((", ",) if shown else ()) + rich(cell_of(entry))
        return shown
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else value_cell(value_of(value))


def _with_interval(value: Estimate | PowerLaw) -> Formula:
    """A number with half the width of its interval, to the digits that this leaves."""
    number, half = float(value), (value.high - value.low) / 2
    digits = max(0, min(6, 1 - math.floor(math.log10(half)))) if half > 0 else 4
    return Formula(f"{number:.{digits}f}\u00b1{half:.{digits}f}", rf"{number:.{digits}f} \pm {half:.{digits}f}")


@describe.register
def _table(table: TableOfValues) -> tuple[Block, ...]:
    return (table_block(table),)


def table_block(table: TableOfValues) -> Table:
    """A table of values as a block."""
    return Table(tuple(map(cell_of, table.header)), tuple(tuple(map(cell_of, row)) for row in table.rows))


@describe.register
def _exhibit(exhibit: Exhibit) -> tuple[Block, ...]:
    made = exhibit.made()
    content = made if isinstance(made, Figure) else table_block(made)
    return (
        Captioned(id=exhibit.id, label=exhibit.id, caption=exhibit.caption, source=exhibit.source, content=content),
    )


def equation_blocks(equations: tuple[str, ...]) -> tuple[Block, ...]:
    """Sentences that state a model: those that begin with mathematics are displayed, what follows is their remark."""
    blocks: list[Block] = []
    for text in equations:
        (first, is_math), *rest = parts_of(text)
        if not is_math:
            blocks.append(Text(sentence(text)))
            continue
        words = tuple(formula(part) if inner else part for part, inner in rest)
        if blocks and isinstance(blocks[-1], Equations):
            blocks[-1] = Equations((*blocks[-1].rows, (formula(first), "")))
        else:
            blocks.append(Equations(((formula(first), ""),)))
        remark = _remark(words)
        if remark:
            blocks.append(Text(remark))
    return tuple(blocks)


def _remark(words: Rich) -> Rich:
    """What stands after a displayed formula, without the comma before it."""
    if words and isinstance(words[0], str):
        words = (words[0].lstrip(" ,;:"), *words[1:])
    return tuple(part for part in words if part not in ("", "."))


@describe.register
def _system(system: System) -> tuple[Block, ...]:
    blocks: list[Block] = [Title((system.name,), (plain(sentence(system.source)),)), *equation_blocks(system.equations)]
    if system.parameters:
        rows = tuple((name, value_cell(value_of(value))) for name, value in system.parameters.items())
        blocks.append(Table(("parameter", "value"), rows))
    for dynamics in (system.flow, system.iteration):
        if dynamics is not None:
            what = "flow" if dynamics is system.flow else "iteration"
            place = "" if dynamics.constraint is None else f" on {dynamics.constraint.name}"
            blocks.append(
                Text((f"Its {what} has {len(dynamics.coords)} coordinates and dimension {dynamics.dimension}{place}.",))
            )
            if not system.equations and _is_short(dynamics):
                blocks += describe(dynamics)[1:]
    if system.parametrization is not None:
        blocks += [block for block in describe(system.parametrization) if isinstance(block, Text)]
    if system.exhibits:
        exhibits = tuple((one.id, sentence(one.caption), sentence(one.source)) for one in system.exhibits)
        blocks.append(Table(("exhibit", "what it shows", "source"), exhibits))
    if system.claims:
        claims = tuple((claim.id, sentence(claim.statement), sentence(claim.source)) for claim in system.claims)
        blocks.append(Table(("claim", "statement", "source"), claims))
    return tuple(blocks)


def _is_short(dynamics: Flow | Iteration) -> bool:
    """Whether its formulas state the model to a reader, who needs no more than a page of them."""
    rates = dynamics.field.components if isinstance(dynamics, Flow) else dynamics.update
    return len(dynamics.coords) <= _MOST_ENTRIES and sp.count_ops(sp.ImmutableMatrix(list(rates))) <= _MOST_OPERATIONS


@describe.register
def _claim(claim: Claim) -> tuple[Block, ...]:
    assumed = tuple(("assumed", sentence(text)) for text in claim.hypotheses)
    expected = ("expected", value_cell(value_of(claim.expected)))
    rows = (("claim", sentence(claim.statement)), *assumed, expected, ("source", sentence(claim.source)))
    return Title((claim.id,)), Table(("field", "value"), rows)


@describe.register
def _outcome(found: Outcome) -> tuple[Block, ...]:
    measured = value_text(value_of(found.measured))
    known = "observed not to hold" if found.holds is False and found.verdict is not Verdict.REFUTED else ""
    ending = f", {known}" if known else ""
    sentence = (f"The measurement gives {measured}{ending}.",)
    statement = Statement(f"measured: {measured}{ending}", sentence, found.verdict, "measurement", known)
    if found.certificate is not None:
        return statement, short_proof(found.certificate)
    reason = found.reason
    return (statement, Proof(((reason,),), ((f"{reason.rstrip('.')}.",),), "", "How it is known")) if reason else (
        statement,
    )


@describe.register
def _figure(figure: Figure) -> tuple[Block, ...]:
    return (figure,)
