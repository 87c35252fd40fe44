"""The stability of an equilibrium: dimensions, the conclusion, conditions on parameters, thresholds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.plain_text import plain_text
from symdyn.certificate.verdict import Verdict, weakest
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration
from symdyn.dynamics.outcome import Outcome
from symdyn.equilibrium.classify import classify
from symdyn.equilibrium.verify import verify_equilibrium
from symdyn.numerics.intervals.regions import same_region
from symdyn.numerics.intervals.vanishing import vanishes
from symdyn.report.paper.claim import PaperClaim, Stated, Tools, judged
from symdyn.report.paper.models import flow_of, point_of
from symdyn.report.paper.registry import kind

_DIMENSIONS = ("unstable", "neutral", "stable")
_CONCLUSIONS = ("stable", "stable, not asymptotically", "unstable", "stable modulo its family", "inconclusive")
_RELATION = re.compile(r"<=|>=|<|>")


@kind(
    "stability",
    required=("model", "point", "unstable|neutral|stable|conclusion|condition|threshold"),
    optional=("set", "domain"),
)
def stability(claim: PaperClaim, tools: Tools) -> Stated:
    """Dimensions and conclusion need numbers for all parameters; `condition` and `threshold` speak of parameters."""
    model = flow_of(claim, tools)
    point = point_of(claim, model)
    expected = {key: claim.whole(key) for key in _DIMENSIONS if key in claim.fields}
    conclusion = claim.text("conclusion") if "conclusion" in claim.fields else None
    if conclusion is not None and conclusion not in _CONCLUSIONS:
        raise claim.refused(f"conclusion is {conclusion!r}: write one of {', '.join(_CONCLUSIONS)}", "conclusion")
    parametric = "condition" in claim.fields or "threshold" in claim.fields
    if (expected or conclusion) and parametric:
        raise claim.refused("dimensions stand together with conditions: make two claims of them")
    if (expected or conclusion) and model.parameters:
        open_ones = ", ".join(map(str, model.parameters))
        raise claim.refused(f"dimensions need numbers for {open_ones}: add set = {{ ... }}, or state a condition")
    if not parametric:
        says = ", ".join([*([conclusion] if conclusion else []), *(f"{v} {k}" for k, v in expected.items())])
        return Stated(f"{says} at {_shown(point)}", lambda: _numbers(model, point, expected, conclusion))
    names = {symbol.name: symbol for symbol in model.parameters}
    conditions = [side for text in claim.names("condition") for side in _condition(claim, text, names)]
    thresholds = {
        _parameter(claim, name, names): claim.expression(value, "threshold", names)
        for name, value in _threshold_table(claim).items()
    }
    domain = {
        _parameter(claim, name, names): claim.interval(value, "domain") for name, value in claim.table("domain").items()
    }
    parts = [f"linearly stable iff {' and '.join(claim.names('condition'))}"] if conditions else []
    parts += [f"threshold {symbol} = {value}" for symbol, value in thresholds.items()]
    return Stated(", ".join(parts), lambda: _conditions(model, point, conditions, thresholds, domain))


def _shown(point: Mapping[sp.Symbol, sp.Expr]) -> str:
    text = ", ".join(f"{symbol} = {value}" for symbol, value in point.items())
    return text if len(text) <= 50 else text[:47] + "..."


def _parameter(claim: PaperClaim, name: str, names: Mapping[str, sp.Symbol]) -> sp.Symbol:
    if name not in names:
        known = ", ".join(names) or 'none: write parameters = { a = "symbol" } in the model'
        raise claim.refused(f"{name!r} is no parameter that is left open: those are {known}", "threshold")
    return names[name]


def _threshold_table(claim: PaperClaim) -> dict[str, Any]:
    """Names and values, from a table or from a text as "r = 3"."""
    value = claim.fields.get("threshold", {})
    if not isinstance(value, str):
        return claim.table("threshold")
    name, equals, number = (part.strip() for part in value.partition("="))
    if not (equals and name and number) or "=" in number:
        raise claim.refused(f'threshold is {value!r}: write "r = 3", or a table, as in {{ r = "3" }}', "threshold")
    return {name: number}


def _condition(claim: PaperClaim, text: str, names: Mapping[str, sp.Symbol]) -> list[sp.Expr]:
    """Expressions that are negative where the condition holds; a chain as 1 < r < 3 has two."""
    parts, relations = _RELATION.split(text), _RELATION.findall(text)
    if len(set(relations)) != 1 or len(relations) > 2 or "=" in relations[0]:
        raise claim.refused(
            f'{text!r} in condition needs one of < >, as in "beta > log(3)/4" or "1 < r < 3"', "condition"
        )
    sides = [claim.expression(part, "condition", names) for part in parts]
    return [a - b if relations[0] == "<" else b - a for a, b in pairwise(sides)]


def _numbers(
    model: Flow | Iteration, point: Mapping[sp.Symbol, Any], expected: Mapping[str, int], conclusion: str | None
) -> Outcome:
    found = classify(model, point)
    values = {name: str(getattr(found, name)) for name in _DIMENSIONS} | {"": found.conclusion}
    wrong = [f"{name} {getattr(found, name)}" for name, value in expected.items() if getattr(found, name) != value]
    if conclusion is not None and found.conclusion != conclusion:
        wrong.append(found.conclusion)
    counts = f"{found.unstable} unstable, {found.neutral} neutral, {found.stable} stable, {found.conclusion}"
    if not wrong:
        how = "exact or certain signs of the spectrum" if found.verdict is Verdict.PROVED else "float eigenvalues"
        return judged(True, found.verdict, f"{how}: {counts}", values)
    return judged(False, Verdict.REFUTED if found.verdict is Verdict.PROVED else found.verdict, counts, values)


def _conditions(
    model: Flow | Iteration,
    point: Mapping[sp.Symbol, Any],
    claimed: list[sp.Expr],
    thresholds: Mapping[sp.Symbol, sp.Expr],
    domain: Mapping[sp.Symbol, tuple[Fraction, Fraction]],
) -> Outcome:
    found = verify_equilibrium(model, point)
    if found.verdict is not Verdict.PROVED:
        if found.verdict is Verdict.REFUTED:
            return judged(False, found.verdict, f"this is no equilibrium: {found.certificate.method}")
        return judged(None, Verdict.UNDECIDED, f"not shown to be an equilibrium: {found.certificate.method}")
    if found.conditions is None:
        return judged(None, Verdict.UNDECIDED, f"the linear test is {found.conclusion}")
    if sp.false in found.conditions:
        return judged(False, Verdict.REFUTED, f"it is {found.conclusion}")
    sides = [side for condition in found.conditions for side in _negative_sides(condition)]
    reads = " and ".join(map(plain_text, found.conditions)) or "stable for all values of the parameters"
    verdicts, reasons = [], []
    for symbol, value in thresholds.items():
        agrees, verdict, reason = _changes(sides, symbol, value)
        if not agrees:
            return judged(agrees, verdict, f"{reason}; linearly stable iff {reads}")
        verdicts.append(verdict)
        reasons.append(reason)
    if claimed:
        same = same_region(sides, claimed, domain)
        if same.verdict is Verdict.REFUTED:
            at = ", ".join(f"{symbol} = {value}" for symbol, value in same.point.items())
            return judged(
                False, same.verdict, f"{same.reason.replace('there', f'at {at}')}; linearly stable iff {reads}"
            )
        verdicts.append(same.verdict)
        reasons.append(f"linearly stable iff {reads}; {same.reason}")
    return judged(True, weakest(*verdicts), "; ".join(reasons))


def _negative_sides(condition: Any) -> Iterator[sp.Expr]:
    """Expressions that are negative together where a condition lhs < rhs holds; |e| < c is e < c and -e < c."""
    if isinstance(condition, sp.Ne):
        yield -((condition.lhs - condition.rhs) ** 2)
    elif isinstance(condition.lhs, sp.Abs) and condition.lhs.args[0].is_real:
        yield condition.lhs.args[0] - condition.rhs
        yield -condition.lhs.args[0] - condition.rhs
    else:
        yield condition.lhs - condition.rhs if condition.rel_op == "<" else condition.rhs - condition.lhs


def _changes(sides: list[sp.Expr], symbol: sp.Symbol, value: sp.Expr) -> tuple[bool | None, Verdict, str]:
    """Whether one of the sides vanishes at the value and crosses zero there."""
    open_question = False
    for side in sides:
        if symbol not in side.free_symbols:
            continue
        zero = vanishes(side.xreplace({symbol: value})).verdict
        slope = vanishes(sp.diff(side, symbol).xreplace({symbol: value})).verdict
        if zero is Verdict.PROVED and slope is Verdict.REFUTED:
            return True, Verdict.PROVED, f"an eigenvalue crosses at {symbol} = {value}"
        open_question = open_question or zero is not Verdict.REFUTED
    if open_question:
        return None, Verdict.UNDECIDED, f"whether a condition changes at {symbol} = {value} is open"
    return False, Verdict.REFUTED, f"no condition changes at {symbol} = {value}"
