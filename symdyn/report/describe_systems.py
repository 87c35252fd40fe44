"""Systems, claims, outcomes and figures as blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.outcome import Outcome
from symdyn.dynamics.system import Claim, System
from symdyn.report.blocks import Block, Cell, Formula, Proof, Statement, Table, Text, Title, Value
from symdyn.report.describe import describe, short_proof
from symdyn.report.notation import expression_formula

#: Entries of a list that are printed; JSON has them all.
_MOST_ENTRIES = 12


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


def value_cell(value: Value) -> Cell:
    """A value in a table."""
    return value if isinstance(value, Formula) else value_text(value)


@describe.register
def _system(system: System) -> tuple[Block, ...]:
    blocks: list[Block] = [Title((system.name,), (system.source,))]
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
    if system.parametrization is not None:
        blocks += [block for block in describe(system.parametrization) if isinstance(block, Text)]
    if system.claims:
        claims = tuple((claim.id, claim.statement, claim.source) for claim in system.claims)
        blocks.append(Table(("claim", "statement", "source"), claims))
    return tuple(blocks)


@describe.register
def _claim(claim: Claim) -> tuple[Block, ...]:
    rows = (("claim", claim.statement), ("expected", value_cell(value_of(claim.expected))), ("source", claim.source))
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
