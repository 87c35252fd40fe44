"""What a program says exactly: which outputs vanish where inputs are fixed, and whether it turns with its angles."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction
from math import isqrt

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import need
from symdyn.certificate.witness.program import Program

_AT_ZERO = {
    "exp": 1, "cos": 1, "cosh": 1, "sin": 0, "tan": 0, "sinh": 0, "tanh": 0, "asin": 0, "atan": 0, "erf": 0, "abs": 0,
    "sqrt": 0,
}  # fmt: skip
_LARGEST = 10_000  # bits of a number that is followed exactly


def vanishing(program: Program, fixed: Mapping[int, Fraction]) -> list[int]:
    """The outputs that are exactly 0 wherever they have a value and the inputs named have these values."""
    values: list[Fraction | None] = []
    for name, *operands in program.steps:
        tick()
        value = _exact(name, operands, values, fixed)
        short = value is not None and max(abs(value.numerator), value.denominator).bit_length() < _LARGEST
        values.append(value if short else None)
    return [number for number, output in enumerate(program.outputs) if values[output] == 0]


def _exact(
    name: str, operands: list[int], values: list[Fraction | None], fixed: Mapping[int, Fraction]
) -> Fraction | None:
    if name == "input":
        return fixed.get(operands[0])
    if name == "rational":
        return Fraction(operands[0], operands[1])
    if name == "pi":
        return None
    parts = [values[k] for k in (operands[:1] if name in ("power", "root") else operands)]
    if name == "multiply" and any(part == 0 for part in parts):
        return Fraction(0)
    if name == "divide" and parts[0] == 0:
        return Fraction(0)
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    if name == "add":
        return sum(known, Fraction(0))
    if name == "multiply":
        product = Fraction(1)
        for part in known:
            product *= part
        return product
    if name == "divide":
        return known[0] / known[1] if known[1] else None
    return _of_one(name, operands, known[0])


def _of_one(name: str, operands: list[int], x: Fraction) -> Fraction | None:
    if name == "power":
        large = operands[1] * max(abs(x.numerator), x.denominator).bit_length() > _LARGEST
        return None if large else x ** operands[1]
    if x == 0 and (name in _AT_ZERO or name == "root"):
        return Fraction(_AT_ZERO.get(name, 0))
    if name == "abs":
        return abs(x)
    if name == "log" and x == 1:
        return Fraction(0)
    if name == "root" and x == 1:
        return Fraction(1)
    if name == "sqrt" and x > 0:
        above, below = isqrt(x.numerator), isqrt(x.denominator)
        return Fraction(above, below) if above**2 == x.numerator and below**2 == x.denominator else None
    return None


def check_periods(program: Program, angles: Collection[int], place: str) -> None:
    """Every output is the same where an angle is larger by 2 pi: it enters by sines, cosines and tangents alone."""
    for angle in angles:
        shifts: list[Fraction | None] = []  # by how many times 2 pi a step grows; None where that is not constant
        for name, *operands in program.steps:
            tick()
            shifts.append(_shift(name, operands, shifts, program, angle))
        for number, output in enumerate(program.outputs):
            need(shifts[output] == 0, place, f"output {number} is not shown to have the period 2 pi in input {angle}")


def _shift(
    name: str, operands: list[int], shifts: list[Fraction | None], program: Program, angle: int
) -> Fraction | None:
    if name == "input":
        return Fraction(int(operands[0] == angle))
    if name in ("rational", "pi"):
        return Fraction(0)
    parts = [shifts[k] for k in (operands[:1] if name in ("power", "root") else operands)]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    if not any(known):
        return Fraction(0)
    if name == "add":
        return sum(known, Fraction(0))
    if name == "multiply":
        factor = Fraction(1)
        for k, part in zip(operands, known, strict=True):
            step = program.steps[k]
            if part:
                factor *= part
            elif step[0] == "rational":
                factor *= Fraction(step[1], step[2])
            else:
                return None
        return factor if sum(part != 0 for part in known) == 1 else None
    if name == "divide" and not known[1] and program.steps[operands[1]][0] == "rational":
        step = program.steps[operands[1]]
        return known[0] * Fraction(step[2], step[1]) if step[1] else None
    turns = {"sin": 1, "cos": 1, "tan": 2}.get(name, 0)
    return Fraction(0) if turns and (known[0] * turns).denominator == 1 else None
