"""Re-check of formulas that vanish wherever equations hold: multiplied out again, or a zero enclosed again."""

from __future__ import annotations

from typing import Any

import flint

from symdyn.certificate.recheck.equilibria.equilibrium import simple_zero
from symdyn.certificate.recheck.identities.formal_fractions import Fractions, GivenUpError
from symdyn.certificate.recheck.identities.formal_functions import FinerUnitError, Functions
from symdyn.certificate.recheck.identities.residual import balls_along, formal_run
from symdyn.certificate.refutation import Recheck, RefutedError, need
from symdyn.certificate.witness.program import FUNCTIONS, Program
from symdyn.certificate.witness.vanishing import VanishingWitness

_BITS = 256
_MOST_RESTARTS = 20
_MOST_SYMBOLS = 120
#: Steps that have a finite value everywhere: of cofactors no others, or they could divide by an equation.
_ENTIRE = {"input", "rational", "pi", "add", "multiply", "power", "exp", "sin", "cos", "sinh", "cosh", "tanh", "atan",
           "erf"}  # fmt: skip


def check_vanishing(record: VanishingWitness, verdict: str) -> Recheck:
    """A proof is multiplied out again; at a counterexample the equations are solved again in balls."""
    need(verdict in ("proved", "refuted"), "verdict", f"is {verdict}, which no such witness has")
    if verdict == "refuted":
        need(record.at is not None, "witness.at", "is missing")
        return _counterexample(record)
    need(record.cofactors is not None, "witness.cofactors", "are missing")
    assert record.cofactors is not None
    wild = next((step[0] for step in record.cofactors.steps if step[0] not in _ENTIRE), None)
    need(wild is None, "witness.cofactors", f"use {wild}, which may have no value")
    units: dict[Any, int] = {}
    for _ in range(_MOST_RESTARTS):
        try:
            return _multiplied_out(record, record.cofactors, units)
        except FinerUnitError:
            continue
        except GivenUpError as reason:
            return Recheck("undecided", f"the formulas were not multiplied out here: {reason}")
    return Recheck("undecided", "exponents have too many denominators")


def _multiplied_out(record: VanishingWitness, cofactors: Program, units: dict[Any, int]) -> Recheck:
    steps = record.program.steps + cofactors.steps
    others = sum(step[0] in FUNCTIONS or step[0] in ("root", "pi") for step in steps)
    if others > _MOST_SYMBOLS or len(record.names) > _MOST_SYMBOLS:
        raise GivenUpError("there are more symbols than this re-checker holds apart")
    field = Fractions(len(record.names), 3 * others + 12 if others else 1)
    functions = Functions(field, units)
    if others:
        functions.pi()
    given = [field.symbol(k) for k in range(len(record.names))]
    outputs = formal_run(record.program, given, field, functions)
    factors = formal_run(cofactors, given, field, functions)
    formulas, equations = record.sizes[:2]
    for k in range(formulas):
        total = outputs[k]
        for value, exponent in zip(outputs[formulas + equations :], record.exponents[k], strict=True):
            for _ in range(exponent):
                total = field.multiply(total, value)
        for i in range(equations):
            term = field.multiply(factors[k * equations + i], outputs[formulas + i])
            total = field.add(total, field.multiply(field.constant(-1, 1), term))
        need(total.above == 0, f"witness.cofactors[{k}]", "do not give the formula")
    return Recheck("proved", f"{formulas} formulas are combinations of {equations} equations, multiplied out again")


def _counterexample(record: VanishingWitness) -> Recheck:
    assert record.at is not None
    assert record.component is not None
    formulas, equations, nonzero, _ = record.sizes
    size = equations
    with flint.ctx.workprec(_BITS):
        inner = [flint.arb(m) * flint.arb(2) ** e for m, e in record.center]
        radius = flint.arb(record.radius[0]) * flint.arb(2) ** record.radius[1]
        outer = [flint.arb(flint.fmpq(x.numerator, x.denominator)) for x in record.at]
        steps = tuple(
            ("rational", record.at[s[1] - size].numerator, record.at[s[1] - size].denominator)
            if s[0] == "input" and s[1] >= size
            else s
            for s in record.program.steps
        )
        try:
            if size:
                field = Program(size, steps, record.program.outputs[formulas : formulas + equations])
                inner = simple_zero(field, inner, radius)
            values = balls_along(record.program, [*inner, *outer])
        except ZeroDivisionError:
            values = None
    if values is None:
        raise RefutedError("witness.at", "gives a formula no real value")
    for place, value in enumerate(values[formulas + equations :]):
        good = value > 0 or (place < nonzero and value < 0)
        need(bool(good), "witness.at", f"violates condition {place + 1}")
    apart = values[record.component]
    need(bool(apart > 0) or bool(apart < 0), "witness.component", "may be zero there")
    shown = apart.str(6, radius=False)
    return Recheck("proved", f"formula {record.component + 1} is {shown} at a zero that was enclosed again")
