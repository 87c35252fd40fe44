"""Re-check of an equilibrium in a number field: all formulas are computed modulo the polynomial of one root."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import Recheck, RefutedError, UndecidedError, need
from symdyn.certificate.witness.equilibria.algebraic_point import AlgebraicPointWitness
from symdyn.certificate.witness.program import Program

_BITS = 2000
_LARGEST_POWER = 10_000
#: The interval of the root is so small that the coordinates are known to these digits.
_CLOSE = 1e-12


def check_algebraic_point(record: AlgebraicPointWitness, verdict: str) -> Recheck:
    """The interval holds one root, and there all formulas vanish."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of an exact point")
    modulus = flint.fmpq_poly(list(record.modulus))
    _check_root(record)
    for number, ball in enumerate(balls_of(record)):
        small = ball.is_finite() and ball.rad() <= _CLOSE * max(1e-9, float(abs(ball.mid())))
        need(bool(small) or ball == 0, f"witness.coordinates[{number}]", "is not known to enough digits")
    point = [flint.fmpq_poly([_fmpq(c) for c in one]) for one in record.coordinates]
    for number, value in enumerate(_run(record.system, point, modulus)):
        need(value.degree() < 0, "witness.program", f"formula {number + 1} is not zero modulo the polynomial")
    return Recheck("proved", "all formulas vanish modulo the polynomial, of which the interval holds exactly one root")


def balls_of(record: AlgebraicPointWitness) -> list[flint.arb]:
    """The coordinates over the interval of the root."""
    with flint.ctx.workprec(_BITS):
        root = _interval(record)
        return [flint.arb_poly([flint.arb(_fmpq(c)) for c in one])(root) for one in record.coordinates]


def _interval(record: AlgebraicPointWitness) -> flint.arb:
    low, high = (_fmpq(x) for x in record.root)
    return flint.arb(flint.arb((low + high) / 2), flint.arb((high - low) / 2))


def _check_root(record: AlgebraicPointWitness) -> None:
    """Values of different signs at the ends, and a derivative that is not 0 between them."""
    low, high = (_at(record.modulus, x) for x in record.root)
    need(low * high < 0, "witness.root", "has ends at which the polynomial is not of different signs")
    with flint.ctx.workprec(_BITS):
        slope = flint.arb_poly(flint.fmpz_poly(list(record.modulus)).derivative())(_interval(record))
        need(not slope.contains(0), "witness.root", "may hold several roots")


def _at(coefficients: Sequence[int], x: Fraction) -> Fraction:
    total = Fraction(0)
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return total


def _fmpq(value: Fraction) -> flint.fmpq:
    return flint.fmpq(value.numerator, value.denominator)


def _run(program: Program, point: list[flint.fmpq_poly], modulus: flint.fmpq_poly) -> list[flint.fmpq_poly]:
    values: list[flint.fmpq_poly] = []
    for name, *operands in program.steps:
        tick()
        values.append(_step(name, operands, values, point, modulus))
    return [values[k] for k in program.outputs]


def _step(
    name: str,
    operands: list[int],
    values: list[flint.fmpq_poly],
    point: list[flint.fmpq_poly],
    modulus: flint.fmpq_poly,
) -> flint.fmpq_poly:
    if name == "input":
        return point[operands[0]]
    if name == "rational":
        return flint.fmpq_poly([flint.fmpq(operands[0], operands[1])])
    if name == "add":
        return sum((values[k] for k in operands[1:]), values[operands[0]])
    if name == "multiply":
        total = values[operands[0]]
        for k in operands[1:]:
            total = total * values[k] % modulus
        return total
    if name == "power":
        need(operands[1] <= _LARGEST_POWER, "witness.program", "has a power out of range")
        total = base = values[operands[0]]
        for bit in bin(operands[1])[3:]:
            total = total * total % modulus
            total = total * base % modulus if bit == "1" else total
        return total
    if name == "divide":
        common, inverse, _ = values[operands[1]].xgcd(modulus)
        if common.degree() != 0:
            raise RefutedError("witness.program", "divides by what has a common root with the polynomial")
        return values[operands[0]] * inverse % modulus
    raise UndecidedError(f"the step {name} is not computed modulo a polynomial")
