"""Straight-line programs in Arb balls: every result encloses the exact value.

Rationals enter as exact rationals. Integer powers are emitted as products, because a power of a ball that contains zero
need not be finite.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import flint

from symdyn.algebra.steps import StraightLine
from symdyn.numerics.backend import Lowered

name = "balls"
unit_roundoff = 0.0

_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    function: operator.methodcaller(function)
    for function in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "erf", "sqrt")
}
_FUNCTIONS["abs"] = abs


def exact_ball(value: Any) -> flint.arb:
    """A ball that encloses an integer, fraction, FLINT rational, float (as the dyadic that it is) or ball.

    Raises
    ------
    TypeError
        For anything else.
    """
    if isinstance(value, flint.arb):
        return value
    if isinstance(value, flint.fmpq | flint.fmpz):
        return flint.arb(flint.fmpq(value))
    if isinstance(value, float):
        return flint.arb(float(value))
    if hasattr(value, "dtype"):
        return exact_ball(value.item())
    if hasattr(value, "p") and hasattr(value, "q"):
        return flint.arb(flint.fmpq(int(value.p), int(value.q)))
    if hasattr(value, "numerator"):
        return flint.arb(flint.fmpq(int(value.numerator), int(value.denominator)))
    raise TypeError(f"{value!r} is no number that a ball can enclose")


def lower(program: StraightLine) -> Lowered:
    """The program as a function of a sequence of numbers or balls; a FLINT matrix (rows, columns) of balls."""

    def call(x: Sequence[Any]) -> flint.arb_mat:
        if len(x) != program.inputs:
            raise ValueError(f"{len(x)} values for {program.inputs} inputs: give one for each")
        values: list[flint.arb] = []
        for operation, operands in program.steps:
            values.append(_step(operation, operands, values, x))
        return flint.arb_mat(*program.shape, [values[k] for k in program.outputs])

    return call


def _step(operation: str, operands: tuple[int, ...], values: list[flint.arb], x: Sequence[Any]) -> flint.arb:
    if operation == "input":
        return exact_ball(x[operands[0]])
    if operation == "rational":
        return flint.arb(flint.fmpq(operands[0], operands[1]))
    if operation == "pi":
        return flint.arb.pi()
    if operation == "add":
        return sum((values[k] for k in operands[1:]), values[operands[0]])
    if operation == "multiply":
        total = values[operands[0]]
        for k in operands[1:]:
            total = total * values[k]
        return total
    if operation == "divide":
        return values[operands[0]] / values[operands[1]]
    if operation == "power":
        return _product_power(values[operands[0]], operands[1])
    if operation == "root":
        return values[operands[0]] ** flint.arb(flint.fmpq(operands[1], operands[2]))
    return _FUNCTIONS[operation](values[operands[0]])


def _product_power(base: flint.arb, exponent: int) -> flint.arb:
    """Repeated squaring by products."""
    result: flint.arb | None = None
    while exponent:
        if exponent & 1:
            result = base if result is None else result * base
        exponent >>= 1
        if exponent:
            base = base * base
    return result if result is not None else flint.arb(1)
