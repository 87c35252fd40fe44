"""Re-check of Lyapunov functions, and of points that show a function to be none.

The stored rate is compared with the derivative of the function along the field by formal fractions. Then each of the
two signs is shown again: by exact sums of squares, or on every part of a box.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint

from symdyn.certificate.recheck.identities.formal_fractions import Fractions, GivenUpError
from symdyn.certificate.recheck.identities.formal_functions import Functions
from symdyn.certificate.recheck.stability.formal_duals import axes, formally, moving, run
from symdyn.certificate.recheck.stability.positive_cover import Parts, check_cover
from symdyn.certificate.recheck.stability.second_order import second_order
from symdyn.certificate.recheck.stability.shifted import Polynomial, is_polynomial, shifted
from symdyn.certificate.recheck.stability.squares import check_squares
from symdyn.certificate.refutation import Recheck, RefutedError, UndecidedError, need
from symdyn.certificate.witness.program import Program
from symdyn.certificate.witness.stability.lyapunov import LyapunovWitness, NoLyapunovWitness, Proof, Setting

_BITS = 2000


def check_lyapunov(witness: LyapunovWitness, verdict: str) -> Recheck:
    """The function vanishes at rest and is positive elsewhere, and its rate has the sign that is said."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of a Lyapunov function")
    size = len(witness.setting.names)
    try:
        _check_identities(witness)
        _check_inside(witness)
        told = [_check_sign(witness, witness.positive, size, "witness.positive", strict=True)]
        if witness.falling.by == "zero":
            told.append("identically 0")
        else:
            row = len(witness.program.outputs) - 1 if witness.split else size + 1
            told.append(_check_sign(witness, witness.falling, row, "witness.falling", strict=witness.strict))
    except GivenUpError as reason:
        raise UndecidedError(f"the identities are out of reach here: {reason}") from None
    return Recheck("proved", f"the function is positive by {told[0]}; its rate: {told[1]}")


def _check_identities(witness: LyapunovWitness) -> None:
    """The point is at rest, the function vanishes there, and the rate is what it is said to be."""
    setting = witness.setting
    size = len(setting.names)
    part = _outputs(witness.program, range(size + 2))
    others = _outputs(witness.program, range(size + 2 + setting.inequalities, len(witness.program.outputs)))

    def wrong(field: Fractions, functions: Functions) -> str:
        point = [field.constant(x.numerator, x.denominator) for x in setting.point]
        here = [one.value for one in run(part, moving(point, []), field, functions)]
        rest = here[:size]
        if setting.dynamics == "iteration":
            rest = [field.add(x, field.minus(y)) for x, y in zip(rest, point, strict=True)]
        if any(x.above != 0 for x in rest):
            return "witness.setting.point: is not shown to be at rest"
        if here[size].above != 0:
            return "witness.program: has a function that is not shown to vanish at the point"
        state = [field.symbol(k) for k in range(size)]
        found = [one.value for one in run(part, moving(state, []), field, functions)]
        if setting.dynamics == "iteration":
            there = run(_outputs(part, [size]), moving(found[:size], []), field, functions)[0].value
            rate = field.add(there, field.minus(found[size]))
        else:
            rate = run(_outputs(part, [size]), moving(state, [found[:size]]), field, functions)[0].slopes[0]
        if field.add(rate, field.minus(found[size + 1])).above != 0:
            return "witness.program: has a rate that is not shown to be that of the function"
        if witness.falling.by == "zero" and rate.above != 0:
            return "witness.falling.by: says that the rate vanishes, which is not shown"
        if witness.split:
            s, r = (one.value for one in run(others, moving(state, []), field, functions))
            product = field.multiply(field.power(s, 2), r)
            if field.add(product, found[size + 1]).above != 0:
                return "witness.program: has factors that do not multiply to the rate"
        return ""

    # a program is run at the point and in symbols, and once more along the field or at the next state
    place, _, reason = formally(size, (witness.program,) * 3, wrong).partition(": ")
    if place:
        raise RefutedError(place, reason)


def _check_inside(witness: LyapunovWitness) -> None:
    """No inequality of the region certainly fails at the point."""
    size = len(witness.setting.names)
    with flint.ctx.workprec(_BITS):
        found = second_order(witness.program, [_ball(x) for x in witness.setting.point])
        for k in range(size + 2, size + 2 + witness.setting.inequalities):
            value = found[k].value
            need(value.is_finite() and not value < 0, "witness.setting.point", "does not lie in the region")


def _check_sign(witness: LyapunovWitness, proof: Proof, row: int, place: str, *, strict: bool) -> str:
    """One of the two signs; of the rate it is that of its negative, unless the rate is split."""
    setting = witness.setting
    size = len(setting.names)
    turned = row == size + 1
    program = negated(witness.program, row) if turned else witness.program
    if proof.by == "squares":
        polynomial = shifted(program, setting.point, [row])[0]
        check_squares(polynomial, proof.squares, region_polynomials(setting, witness.program), place, strict=strict)
        return f"{len(proof.squares)} matrices of squares"
    closed = [(low, high) for low, high in setting.box if low is not None and high is not None]
    need(len(closed) == size, "witness.setting.box", "is not bounded")
    if proof.near is not None:
        need(has_no_slope(program, setting.point, row), f"{place}.near", "the slope there is not shown to be 0")
    expanded = any("b" in level for level in proof.levels)
    parts = Parts(
        program=program,
        row=row,
        region=tuple(range(size + 2, size + 2 + setting.inequalities)),
        box=tuple(closed),
        polynomial=polynomial_or_none(program, setting.point, row) if expanded else None,
        point=setting.point,
        strict=strict,
    )
    return f"{check_cover(parts, proof, place):,} parts of the box"


def negated(program: Program, row: int) -> Program:
    """The program with the negative of one output."""
    count = len(program.steps)
    steps = (*program.steps, ("rational", -1, 1), ("multiply", count, program.outputs[row]))
    outputs = (*program.outputs[:row], count + 1, *program.outputs[row + 1 :])
    return Program(program.inputs, steps, outputs)


def polynomial_or_none(program: Program, point: Sequence[Fraction], row: int) -> Polynomial | None:
    """An output times the square of its denominator, in coordinates less the point; None for other functions."""
    try:
        return shifted(program, point, [row])[0]
    except GivenUpError:
        return None


def region_polynomials(setting: Setting, program: Program) -> list[Polynomial]:
    """Polynomials that are not negative in the region: of the sides of the box, and then the inequalities.

    Raises
    ------
    GivenUpError
        If one is no polynomial.
    """
    size = len(setting.names)
    found = side_polynomials(setting)
    for k in range(size + 2, size + 2 + setting.inequalities):
        if not is_polynomial(program, setting.point, k):
            raise GivenUpError("an inequality is no polynomial")
        found += shifted(program, setting.point, [k])
    return found


def side_polynomials(setting: Setting) -> list[Polynomial]:
    """Of each coordinate with ends: u - low, high - u, or their product, in coordinates less the point."""
    size = len(setting.names)
    found = []
    none = (0,) * size
    for k, ((low, high), p) in enumerate(zip(setting.box, setting.point, strict=True)):
        one = tuple(int(j == k) for j in range(size))
        two = tuple(2 * int(j == k) for j in range(size))
        if low is not None and high is not None:
            a, b = low - p, high - p
            terms = {none: -a * b, one: a + b, two: Fraction(-1)}
        elif low is not None:
            terms = {none: p - low, one: Fraction(1)}
        elif high is not None:
            terms = {none: high - p, one: Fraction(-1)}
        else:
            continue
        found.append({powers: value for powers, value in terms.items() if value})
    return found


def has_no_slope(program: Program, point: Sequence[Fraction], row: int) -> bool:
    """Whether an output and its slope vanish at the point, by formal fractions."""
    part = _outputs(program, [row])

    def build(field: Fractions, functions: Functions) -> bool:
        here = [field.constant(x.numerator, x.denominator) for x in point]
        found = run(part, moving(here, axes(field, len(point))), field, functions)[0]
        return found.value.above == 0 and all(x.above == 0 for x in found.slopes)

    return formally(0, (program,), build)


def _outputs(program: Program, places: Any) -> Program:
    return Program(program.inputs, program.steps, tuple(program.outputs[k] for k in places))


def check_no_lyapunov(witness: NoLyapunovWitness, verdict: str) -> Recheck:
    """The point lies in the region, and shows that the function is none."""
    need(verdict == "refuted", "verdict", f"is {verdict}, but the witness is a point that refutes")
    try:
        reason = shown_wrong(witness)
    except GivenUpError as failure:
        raise UndecidedError(f"the point is out of reach here: {failure}") from None
    return Recheck("proved", reason)


def shown_wrong(witness: NoLyapunovWitness) -> str:
    """What fails at the point, in words.

    Raises
    ------
    RefutedError
        If nothing is shown to fail.
    """
    setting = witness.setting
    size = len(setting.names)
    with flint.ctx.workprec(_BITS):
        at = [one.value for one in second_order(witness.at, ())]
        if witness.wrong == "at rest":
            at = [flint.arb(flint.fmpq(x.numerator, x.denominator)) for x in setting.point]
            value = second_order(witness.program, at)[size].value
            need(value.is_finite() and bool(value > 0 or value < 0), "witness.wrong", "may be 0 at the equilibrium")
            return f"the function is {value.str(6, radius=False)} at the equilibrium, not 0"
        _check_place(witness, at)
        found = second_order(witness.program, at)
        if witness.wrong == "positive":
            other = any(bool(x != y) for x, y in zip(at, map(_ball, setting.point), strict=True))
            need(other, "witness.at", "is not shown to be another point than the equilibrium")
            value = found[size].value
            bad = value.is_finite() and (bool(value < 0) or _is_zero(witness, size))
            need(bad, "witness.wrong", "is positive there, or not shown not to be")
            return f"the function is {'0' if not value < 0 else value.str(6, radius=False)} at another point"
        rate = _rate(witness, at)
        need(rate.is_finite() and bool(rate > 0), "witness.wrong", "does not grow there, or is not shown to")
        what = "change" if setting.dynamics == "iteration" else "rate"
        return f"its {what} at the point is {rate.str(6, radius=False)}"


def _rate(witness: NoLyapunovWitness, at: Sequence[flint.arb]) -> flint.arb:
    size = len(witness.setting.names)
    found = second_order(witness.program, at)
    speed = [one.value for one in found[:size]]
    if witness.setting.dynamics == "iteration":
        return second_order(witness.program, speed)[size].value - found[size].value
    return sum((s * f for s, f in zip(found[size].slope, speed, strict=True)), flint.arb(0))


def _check_place(witness: NoLyapunovWitness, at: Sequence[flint.arb]) -> None:
    need(all(x.is_finite() for x in at), "witness.at", "has no value")
    size = len(witness.setting.names)
    for x, (low, high) in zip(at, witness.setting.box, strict=True):
        inside = (low is None or bool(x * low.denominator >= low.numerator)) and (
            high is None or bool(x * high.denominator <= high.numerator)
        )
        need(inside, "witness.at", "is not shown to lie in the box")
    found = second_order(witness.program, at)
    for k in range(size + 1, size + 1 + witness.setting.inequalities):
        value = found[k].value
        holds = value.is_finite() and (bool(value >= 0) or _is_zero(witness, k))
        need(holds, "witness.at", "is not shown to lie in the region")


def _is_zero(witness: NoLyapunovWitness, row: int) -> bool:
    """Whether an output vanishes at the point, by formal fractions."""
    part = _outputs(witness.program, [row])

    def build(field: Fractions, functions: Functions) -> bool:
        at = [one.value for one in run(witness.at, (), field, functions)]
        return run(part, moving(at, []), field, functions)[0].value.above == 0

    return formally(0, (witness.program, witness.at), build)


def _ball(value: Fraction) -> flint.arb:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


