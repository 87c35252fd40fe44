"""Straight-line programs in Arb balls: every result encloses the exact value.

Rationals enter as exact rationals. Integer powers are emitted as products, because a power of a ball that contains zero
need not be finite.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import flint

from symdyn.algebra.programs.steps import Step, StraightLine
from symdyn.numerics.backends.backend import Lowered
from symdyn.numerics.backends.generated import constants_of, generated

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
    """The program as a function of a sequence of numbers or balls; a FLINT matrix (rows, columns) of balls.

    Compiled programs are kept. The working precision is that of the call.
    """
    return _compiled(program)


@lru_cache(maxsize=256)
def _compiled(program: StraightLine) -> Lowered:
    scope = {**_FUNCTIONS, "product_power": _product_power, "exponent": _exponent}
    run = generated(program, _constant, {"power": _power, "root": _root}, scope)
    constants = [
        flint.fmpq(*operands) if operation == "rational" else None for operation, operands in constants_of(program)
    ]

    def call(x: Sequence[Any]) -> flint.arb_mat:
        if len(x) != program.inputs:
            raise ValueError(f"{len(x)} values for {program.inputs} inputs: give one for each")
        rounded = [flint.arb.pi() if value is None else flint.arb(value) for value in constants]
        entries = run([exact_ball(value) for value in x], rounded, [None] * len(program.outputs))
        return flint.arb_mat(*program.shape, entries)

    return call


def _constant(_: Step, place: int) -> str:
    return f"c[{place}]"


def _power(step: Step, names: Sequence[str]) -> str:
    return f"product_power({names[0]}, {step[1][1]})"


def _root(step: Step, names: Sequence[str]) -> str:
    return f"{names[0]} ** exponent({step[1][1]}, {step[1][2]})"


def _exponent(numerator: int, denominator: int) -> flint.arb:
    return flint.arb(flint.fmpq(numerator, denominator))


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
