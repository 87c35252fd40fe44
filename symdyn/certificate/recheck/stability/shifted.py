"""Outputs of a program as polynomials in the coordinates less a point, over the rational numbers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from symdyn.certificate.recheck.identities.formal_fractions import Fractions, GivenUpError, Quotient
from symdyn.certificate.recheck.identities.formal_functions import Functions
from symdyn.certificate.recheck.stability.formal_duals import formally, moving, run
from symdyn.certificate.witness.program import Program

#: Exponents to coefficient.
Polynomial = dict[tuple[int, ...], Fraction]


def shifted(program: Program, point: Sequence[Fraction], outputs: Sequence[int]) -> list[Polynomial]:
    """Each output, times the square of its denominator, as a polynomial in u = x - point.

    Raises
    ------
    GivenUpError
        If one is no rational function.
    """
    size = len(point)
    part = Program(program.inputs, program.steps, tuple(program.outputs[k] for k in outputs))

    def build(field: Fractions, functions: Functions) -> list[Polynomial]:
        state = at_shift(field, point)
        return [_cleared(one.value, size) for one in run(part, moving(state, []), field, functions)]

    return formally(size, (program,), build)


def at_shift(field: Fractions, point: Sequence[Fraction]) -> list[Quotient]:
    """The coordinates as point plus symbols."""
    return [
        field.add(field.symbol(k), field.constant(x.numerator, x.denominator)) for k, x in enumerate(point)
    ]


def is_polynomial(program: Program, point: Sequence[Fraction], output: int) -> bool:
    """Whether an output is a polynomial."""
    size = len(point)
    part = Program(program.inputs, program.steps, (program.outputs[output],))

    def build(field: Fractions, functions: Functions) -> bool:
        value = run(part, moving(at_shift(field, point), []), field, functions)[0].value
        return bool(value.below.is_constant()) and not any(map(int, value.above.degrees()[size:]))

    return formally(size, (program,), build)


def multiplied(one: Polynomial, other: Polynomial) -> Polynomial:
    """The product."""
    found: Polynomial = {}
    for a, x in one.items():
        for b, y in other.items():
            powers = tuple(i + j for i, j in zip(a, b, strict=True))
            found[powers] = found.get(powers, Fraction(0)) + x * y
    return {powers: x for powers, x in found.items() if x}


def _cleared(value: Quotient, size: int) -> Polynomial:
    found = _terms(value.above, size)
    below = _terms(value.below, size)
    return multiplied(found, below)


def _terms(polynomial: Any, size: int) -> Polynomial:
    found = {}
    for powers, coefficient in polynomial.to_dict().items():
        exponents = tuple(map(int, powers))
        if any(exponents[size:]):
            raise GivenUpError("a function is no rational one")
        found[exponents[:size]] = Fraction(int(coefficient))
    return found
