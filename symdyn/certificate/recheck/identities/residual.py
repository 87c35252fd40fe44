"""Re-check of a formula for an equilibrium: the field there vanishes as a formal fraction, or certainly does not."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint

from symdyn.certificate.recheck.identities.formal_fractions import Fractions, GivenUpError, Quotient
from symdyn.certificate.recheck.identities.formal_functions import FinerUnitError, Functions
from symdyn.certificate.refutation import Recheck, need
from symdyn.certificate.witness.equilibria.residual import ResidualWitness
from symdyn.certificate.witness.program import FUNCTIONS, Program

_BITS = 300
_MOST_RESTARTS = 20
_MOST_SYMBOLS = 120
_MOST_INPUTS = 120


def check_residual(record: ResidualWitness, verdict: str) -> Recheck:
    """An identity is proved again, a counterexample is computed again; what is not decided is undecided."""
    need(verdict in ("proved", "refuted", "undecided"), "verdict", f"is {verdict}, which no formula has")
    if verdict == "undecided":
        return Recheck("undecided", "the certificate itself does not claim a proof")
    need(record.at is not None, "witness.at", "is missing: no values are known at which the formulas are real")
    assert record.at is not None
    values = values_at(record, record.at)
    need(values is not None, "witness.at", "gives the candidate or the field no real value")
    assert values is not None
    if verdict == "refuted":
        need(record.component is not None, "witness.component", "is missing")
        assert record.component is not None
        apart = values[record.component]
        need(bool(apart > 0) or bool(apart < 0), "witness.component", "may be zero there")
        return Recheck("proved", f"formula {record.component + 1} is {apart.str(6, radius=False)} at the stored values")
    need(record.component is None, "witness.component", "is that of a counterexample")
    for number, value in enumerate(values):
        need(value.contains(0), "witness.field", f"formula {number + 1} is not zero at the stored values")
    reason = vanishes(record)
    if reason:
        return Recheck("undecided", f"the formulas do not reduce to zero here: {reason}")
    return Recheck("proved", "all formulas reduce to zero at the candidate, and have real values at the stored ones")


def vanishes(record: ResidualWitness) -> str:
    """Empty where all formulas of the field reduce to zero at the candidate; else why that is not seen."""
    units: dict[Any, int] = {}
    for _ in range(_MOST_RESTARTS):
        try:
            left = [k for k, value in enumerate(_formal(record, units)) if value.above != 0]
        except FinerUnitError:
            continue
        except GivenUpError as reason:
            return str(reason)
        return f"formula {left[0] + 1} is left" if left else ""
    return "exponents have too many denominators"


def _formal(record: ResidualWitness, units: dict[Any, int]) -> list[Quotient]:
    """The field at the candidate, as fractions in the parameters and symbols of functions."""
    inputs = len(record.parameters)
    steps = record.candidate.steps + record.system.steps
    others = sum(step[0] in FUNCTIONS or step[0] in ("root", "pi") for step in steps)
    if inputs > _MOST_INPUTS or others > _MOST_SYMBOLS:
        raise GivenUpError("there are more symbols than this re-checker holds apart")
    field = Fractions(inputs, 3 * others + 12 if others else 1)
    functions = Functions(field, units)
    if others:
        functions.pi()
    given = [field.symbol(k) for k in range(inputs)]
    candidate = formal_run(record.candidate, given, field, functions)
    return formal_run(record.system, candidate + given, field, functions)


def formal_run(
    program: Program, inputs: list[Quotient], field: Fractions, functions: Functions
) -> list[Quotient]:
    """The outputs of a program as formal fractions."""
    values: list[Quotient] = []
    for name, *operands in program.steps:
        values.append(_step(name, operands, values, inputs, field, functions))
    return [values[k] for k in program.outputs]


def _step(
    name: str,
    operands: list[int],
    values: list[Quotient],
    inputs: list[Quotient],
    field: Fractions,
    functions: Functions,
) -> Quotient:
    if name == "input":
        return inputs[operands[0]]
    if name == "rational":
        return field.constant(operands[0], operands[1])
    if name == "pi":
        return functions.pi()
    if name in ("add", "multiply"):
        total = values[operands[0]]
        for k in operands[1:]:
            total = (field.add if name == "add" else field.multiply)(total, values[k])
        return total
    if name == "divide":
        return field.divide(values[operands[0]], values[operands[1]])
    if name == "power":
        return field.power(values[operands[0]], operands[1])
    if name == "root":
        return functions.root(values[operands[0]], operands[1], operands[2])
    return functions.apply(name, values[operands[0]])


def values_at(record: ResidualWitness, at: tuple[Fraction, ...]) -> list[flint.arb] | None:
    """Balls of the field at the candidate for given parameters; None where something has no real value."""
    with flint.ctx.workprec(_BITS):
        given = [flint.arb(flint.fmpq(x.numerator, x.denominator)) for x in at]
        try:
            candidate = balls_along(record.candidate, given)
            found = None if candidate is None else balls_along(record.system, candidate + given)
        except ZeroDivisionError:
            return None
        return found


def point_of(record: ResidualWitness) -> list[flint.arb] | None:
    """Balls of a candidate without parameters; None where it has some, or no real value."""
    if record.parameters:
        return None
    with flint.ctx.workprec(_BITS):
        try:
            return balls_along(record.candidate, [])
        except ZeroDivisionError:
            return None


def balls_along(program: Program, inputs: list[flint.arb]) -> list[flint.arb] | None:
    """Balls of the outputs of a program; None where a step has no real value."""
    values: list[flint.arb] = []
    for name, *operands in program.steps:
        value = _ball(name, operands, values, inputs)
        if not value.is_finite():
            return None
        values.append(value)
    return [values[k] for k in program.outputs]


def _ball(name: str, operands: list[int], values: list[flint.arb], inputs: list[flint.arb]) -> flint.arb:
    if name == "input":
        return inputs[operands[0]]
    if name == "rational":
        return flint.arb(flint.fmpq(operands[0], operands[1]))
    if name == "pi":
        return flint.arb.pi()
    if name == "add":
        return sum((values[k] for k in operands[1:]), values[operands[0]])
    if name == "multiply":
        total = values[operands[0]]
        for k in operands[1:]:
            total = total * values[k]
        return total
    if name == "divide":
        return values[operands[0]] / values[operands[1]]
    x = values[operands[0]]
    if name == "power":
        total = x
        for bit in bin(operands[1])[3:]:
            total = total * total
            total = total * x if bit == "1" else total
        return total
    if name == "root":
        return x ** flint.arb(flint.fmpq(operands[1], operands[2])) if not _is_zero(x) else flint.arb(0)
    if name in ("sqrt", "log", "abs") and _is_zero(x):
        return flint.arb("nan") if name == "log" else flint.arb(0)
    return abs(x) if name == "abs" else getattr(x, name)()


def _is_zero(x: flint.arb) -> bool:
    return bool(x == 0)
