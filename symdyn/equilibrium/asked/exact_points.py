"""Rational points at which the equations vanish exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import flint

from symdyn.algebra.programs.exact_steps import vanishing_outputs
from symdyn.algebra.programs.formal_steps import vanishes_formally
from symdyn.algebra.programs.steps import StraightLine
from symdyn.equilibrium.asked.lowering import Residual

_LARGEST_DENOMINATOR = 10**6
_BITS = 1000
_WIDTHS = (1e-3, 1e-5, 1e-7, 1e-10, 1e-13)


def rational_zero_near(system: Residual, point: Sequence[float], size: float) -> tuple[Fraction, ...] | None:
    """A point of simple fractions near a float one at which the equations vanish exactly; None if none is seen.

    In each of several boxes around the point, which shrink relative to `size`, the simplest fractions are tried.
    """
    return next((near for near in simple_points(point, size) if vanishes_at(system, near)), None)


def simple_points(point: Sequence[float], size: float) -> Iterator[tuple[Fraction, ...]]:
    """The points of simplest fractions in boxes around a float one, which shrink relative to `size`."""
    for width in _WIDTHS:
        radius = Fraction(width * size)
        yield tuple(simplest_between(Fraction(x) - radius, Fraction(x) + radius) for x in point)


def vanishes_at(system: Residual, point: Sequence[Fraction]) -> bool:
    """Whether all formulas have a value at a rational point, and it is exactly 0."""
    values = rational_values(system.value_program, point)
    if values is not None:
        return not any(values)
    known = vanishing_outputs(system.value_program, dict(enumerate(point)))
    whole = len(known) == len(system.value_program.outputs)
    return (whole or vanishes_formally(system.value_program, point)) and has_value(system, point)


def has_value(system: Residual, point: Sequence[Fraction]) -> bool:
    """Whether balls give all formulas a finite value at a rational point."""
    with flint.ctx.workprec(_BITS):
        try:
            value = system.ball_value([flint.arb(flint.fmpq(x.numerator, x.denominator)) for x in point])
        except (ZeroDivisionError, ValueError):
            return False
        return all(x.is_finite() for row in value.tolist() for x in row)


def simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of smallest denominator in an interval, nearest to 0 among those.

    Examples
    --------
    >>> simplest_between(Fraction("0.32"), Fraction("0.34")), simplest_between(Fraction(-1, 2), Fraction(1, 9))
    (Fraction(1, 3), Fraction(0, 1))
    """
    if low <= 0 <= high:
        return Fraction(0)
    if high < 0:
        return -simplest_between(-high, -low)
    whole = low.numerator // low.denominator
    if low == whole:
        return Fraction(whole)
    if whole + 1 <= high:
        return Fraction(whole + 1)
    return whole + 1 / simplest_between(1 / (high - whole), 1 / (low - whole))


def holds(ball: flint.arb, value: Fraction) -> bool:
    """Whether a ball holds a fraction: multiplied out, so that no rounding of the fraction decides it."""
    with flint.ctx.workprec(_BITS):
        return bool((ball * value.denominator).contains(value.numerator))


def rational_zero(system: Residual, balls: Sequence[flint.arb]) -> tuple[Fraction, ...] | None:
    """The rational point of small denominators in the balls, if the equations vanish there exactly."""
    point = []
    for ball in balls:
        mantissa, exponent = (int(part) for part in ball.mid().man_exp())
        value = (Fraction(mantissa) * Fraction(2) ** exponent).limit_denominator(_LARGEST_DENOMINATOR)
        if not holds(ball, value):
            return None
        point.append(value)
    values = rational_values(system.value_program, point)
    return tuple(point) if values is not None and not any(values) else None


def has_pole(program: StraightLine, point: Sequence[Fraction]) -> bool:
    """Whether a step of a program divides by a number that is exactly 0 at a rational point."""
    values: list[Fraction] = []
    for name, operands in program.steps:
        try:
            value = _rational_step(name, operands, values, point)
        except ZeroDivisionError:
            return True
        if value is None:
            return False
        values.append(value)
    return False


def rational_values(program: StraightLine, point: Sequence[Fraction]) -> list[Fraction] | None:
    """The outputs of a program at a rational point, exactly; None where a step is no rational function."""
    values: list[Fraction] = []
    for name, operands in program.steps:
        try:
            value = _rational_step(name, operands, values, point)
        except ZeroDivisionError:
            return None
        if value is None:
            return None
        values.append(value)
    return [values[k] for k in program.outputs]


def _rational_step(
    name: str, operands: tuple[int, ...], values: list[Fraction], point: Sequence[Fraction]
) -> Fraction | None:
    if name == "input":
        return Fraction(point[operands[0]])
    if name == "rational":
        return Fraction(*operands)
    if name == "add":
        return sum((values[k] for k in operands), Fraction(0))
    if name == "multiply":
        total = Fraction(1)
        for k in operands:
            total *= values[k]
        return total
    if name == "divide":
        return values[operands[0]] / values[operands[1]]
    if name == "power":
        return values[operands[0]] ** operands[1]
    return abs(values[operands[0]]) if name == "abs" else None
