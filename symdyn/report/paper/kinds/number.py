"""A number with its printed digits: the value of an expression, a root, or what a claim of the catalog measures."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import flint
import sympy as sp

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.outcome import Outcome
from symdyn.errors import ModelError
from symdyn.numerics.backends import ball_backend
from symdyn.numerics.intervals.vanishing import ball_value, vanishes
from symdyn.report.paper.claim import PaperClaim, Stated, Tools, judged
from symdyn.report.paper.models import claim_of_system
from symdyn.report.paper.numerals import Numeral, numeral, rounded
from symdyn.report.paper.registry import kind

_BITS = 400


@kind(
    "number",
    required=("value", "expression|root_of|measured"),
    optional=("set", "tolerance", "system"),
)
def number(claim: PaperClaim, tools: Tools) -> Stated:
    """`value` prints `expression`, a root of `root_of` in one unknown, or what claim `measured` of `system` measures.

    A printed decimal agrees with a number at most half a unit of its last digit away (or `tolerance`).
    """
    text = claim.text("value")
    printed = numeral(text)
    if printed is None:
        raise claim.refused(f'value is {text!r}: write a number in quotes, as in value = "0.0143"', "value")
    tolerance = printed.tolerance
    if "tolerance" in claim.fields:
        given = numeral(claim.text("tolerance"))
        if given is None or given.value < 0:
            raise claim.refused('tolerance is no positive number: write it in quotes, as in "0.0003"', "tolerance")
        tolerance = given.value
    sources = [key for key in ("expression", "root_of", "measured") if key in claim.fields]
    if len(sources) != 1:
        raise claim.refused(f"{' and '.join(sources)} stand together: keep one", sources[1])
    if sources == ["measured"]:
        return _measured(claim, tools, text, printed, tolerance)
    names = {name: claim.expression(value, "set", {}) for name, value in claim.table("set").items()}
    symbols = claim.symbols(*names)
    expression = claim.expression(claim.fields[sources[0]], sources[0])
    expression = expression.xreplace({s: names[s.name] for s in expression.free_symbols if s.name in symbols})
    free = sorted(map(str, expression.free_symbols))
    if sources == ["expression"]:
        if free:
            raise claim.refused(f"{free[0]} has no value: add set = {{ {free[0]} = ... }}", "expression")
        shown = str(claim.fields["expression"]).replace("**", "^")
        return Stated(f"{shown} = {text}", lambda: _certified(expression, text, printed, tolerance))
    if len(free) != 1:
        raise claim.refused(f"root_of needs one unknown, this has {len(free)}: set the others", "root_of")
    if tolerance == 0:
        raise claim.refused('a root needs decimals or a tolerance, as in value = "1.3247"', "value")
    shown = str(claim.fields["root_of"]).replace("**", "^")
    return Stated(f"{shown} = 0 at {free[0]} = {text}", lambda: _root(expression, text, printed, tolerance))


def _certified(expression: sp.Expr, text: str, printed: Numeral, tolerance: Fraction) -> Outcome:
    try:
        ball = ball_value(ball_backend.lower(straight_line([expression], [])), [], _BITS)
    except ModelError as failure:
        return judged(None, Verdict.UNDECIDED, str(failure).rstrip("."))
    if ball is None:
        return judged(None, Verdict.UNDECIDED, "the expression is not finite, or not defined")
    with flint.ctx.workprec(_BITS):
        distance = abs(ball - _ball(printed.value))
        allowed = _ball(tolerance)
        right = _to_print(ball, printed)
        values = {"": right or text}
        if distance > allowed:
            return judged(False, Verdict.REFUTED, f"it is {ball.str(12, radius=False)}, printed {text}", values)
        if tolerance and distance <= allowed:
            return judged(True, Verdict.PROVED, f"{ball.str(12, radius=False)}, certain in balls", values)
    exact = vanishes(expression - sp.Rational(printed.value.numerator, printed.value.denominator))
    if exact.verdict is Verdict.PROVED and tolerance == 0:
        return judged(True, exact.verdict, "exactly", values)
    return judged(None, Verdict.UNDECIDED, "the balls do not tell it from the printed number", values)


def _to_print(ball: flint.arb, printed: Numeral) -> str | None:
    """The computed value with the digits of the printed one."""
    return rounded(ball, printed.unit or Fraction(1)) if printed.unit or printed.value.denominator == 1 else None


def _root(expression: sp.Expr, text: str, printed: Numeral, tolerance: Fraction) -> Outcome:
    """A change of sign between the ends of the printed interval, where the function is continuous."""
    (unknown,) = expression.free_symbols
    lowered = ball_backend.lower(straight_line([expression], [unknown]))
    low, high = printed.value - tolerance, printed.value + tolerance
    with flint.ctx.workprec(_BITS):
        ends = [ball_value(lowered, [_ball(x)], _BITS) for x in (low, high)]
        whole = ball_value(lowered, [_ball(low).union(_ball(high))], _BITS)
        if whole is None or ends[0] is None or ends[1] is None:
            return judged(None, Verdict.UNDECIDED, "the function is not shown to be continuous there")
        if whole > 0 or whole < 0:
            return judged(False, Verdict.REFUTED, f"there is no root between {float(low):.12g} and {float(high):.12g}")
        if ends[0] * ends[1] < 0:
            return judged(True, Verdict.PROVED, "the function changes sign within the printed digits", {"": text})
    return judged(None, Verdict.UNDECIDED, "no change of sign within the printed digits")


def _measured(claim: PaperClaim, tools: Tools, text: str, printed: Numeral, tolerance: Fraction) -> Stated:
    if "system" not in claim.fields:
        raise claim.refused("measured needs the field system: the name of a system of the catalog", "measured")
    found = claim_of_system(claim, tools, "measured")

    def measure() -> Outcome:
        result = found.measured(seed=tools.seed)
        value = _number(result.measured)
        if value is None:
            return judged(None, Verdict.UNDECIDED, f"the claim measures {str(result.measured)[:60]!r}, no number")
        right = _to_print(flint.arb(float(value)), printed)
        values = {"": right or text}
        reason = f"measured {value:.6g}; {result.reason}"
        if not result.holds:  # a number that rests on a claim that fails is not safe to print
            return judged(result.holds, result.verdict, reason, values)
        agrees = abs(Fraction(value) - printed.value) <= tolerance
        verdict = Verdict.REFUTED if result.verdict is Verdict.PROVED and not agrees else result.verdict
        return judged(agrees, verdict, reason, values)

    return Stated(f"{found.id} = {text}", measure, accepted="observed")


def _number(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) and not isinstance(value, bool | str) else None


def _ball(x: Fraction) -> flint.arb:
    return flint.arb(flint.fmpq(x.numerator, x.denominator))
