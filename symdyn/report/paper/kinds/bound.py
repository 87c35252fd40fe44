"""An inequality for all values in a box."""

from __future__ import annotations

import re
from typing import Any

import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.outcome import Outcome
from symdyn.numerics.intervals.inequality import Sides, is_nonnegative
from symdyn.report.paper.claim import PaperClaim, Stated, Tools, judged
from symdyn.report.paper.registry import kind

_RELATION = re.compile(r"<=|>=|<|>")


@kind("bound", required=("bound",), optional=("box",))
def bound(claim: PaperClaim, tools: Tools) -> Stated:
    """An inequality such as "x*(1 - x) <= 1/4" for all values in `box` = {x = [0, 1]}; no box for all real numbers."""
    text = claim.text("bound")
    parts, relations = _RELATION.split(text), _RELATION.findall(text)
    if len(relations) != 1:
        raise claim.refused('bound needs one of <= >= < >, as in "x*(1 - x) <= 1/4"', "bound")
    low, high = (claim.expression(part, "bound") for part in (parts if "<" in relations[0] else reversed(parts)))
    difference = high - low
    sides = _sides(claim, difference)
    strict = "=" not in relations[0]

    def measure() -> Outcome:
        found = is_nonnegative(difference, sides, strict=strict, deadline=tools.deadline)
        if found.verdict is Verdict.REFUTED:
            at = ", ".join(f"{symbol} = {value}" for symbol, value in found.point.items())
            values = f"{_value(low, found.point)} against {_value(high, found.point)}"
            return judged(False, found.verdict, f"fails at {at}: {values}")
        return judged(True if found.verdict is Verdict.PROVED else None, found.verdict, found.reason)

    box = ", ".join(f"{symbol} in [{side[0]}, {side[1]}]" for symbol, side in sides.items() if side is not None)
    return Stated(" ".join(text.replace("**", "^").split()) + (f" for {box}" if box else ""), measure)


def _sides(claim: PaperClaim, difference: sp.Expr) -> Sides:
    """The box, or the whole space where none is given."""
    box = claim.table("box")
    symbols = {symbol.name: symbol for symbol in sorted(difference.free_symbols, key=str)}
    if not symbols:
        raise claim.refused("bound has no symbols: write a claim of kind number, or name the variables", "bound")
    unknown = [name for name in box if name not in symbols]
    if unknown:
        raise claim.refused(f"{unknown[0]!r} in box does not occur in the bound", "box")
    missing = [name for name in symbols if name not in box]
    if box and missing:
        raise claim.refused(f"box gives no interval for {missing[0]}: add {missing[0]} = [0, 1]", "box")
    return {symbol: claim.interval(box[name], "box") if box else None for name, symbol in symbols.items()}


def _value(expression: sp.Expr, point: Any) -> str:
    value = expression.xreplace(dict(point))
    return str(value) if value.is_Rational and len(str(value)) <= 20 else f"{float(value):.6g}"
