"""A solution with irrational coordinates in the number field that its root of the eliminant generates."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.programs.steps import StraightLine
from symdyn.algebra.zeros.real_zeros import RealZero

_BITS = 256
_MOST = 60


@dataclass(frozen=True)
class FieldPoint:
    """Coordinates as polynomials in one root of an irreducible polynomial.

    Parameters
    ----------
    modulus
        Its coefficients, from the constant up.
    root
        Ends of an interval that holds one root.
    coordinates
        Coefficients of each coordinate.
    """

    modulus: tuple[int, ...]
    root: tuple[Fraction, Fraction]
    coordinates: tuple[tuple[Fraction, ...], ...]


def field_point(zero: RealZero) -> FieldPoint | None:
    """The solution in its number field; None where that is too large.

    Examples
    --------
    >>> from symdyn.algebra.programs.fractions_of_polynomials import ring
    >>> from symdyn.algebra.zeros.real_zeros import solutions
    >>> x, y = ring(2).gens()
    >>> found = field_point(solutions([(x**2 - 2)**2, y - 3*x], [], 2).zeros[0])
    >>> [round(float(sum(c * found.root[0] ** k for k, c in enumerate(q))), 9) for q in found.coordinates]
    [1.414213562, 4.242640687]
    """
    roots = zero.roots
    factor = next((f for f, _ in roots.representation.eliminant.factor()[1] if zero.vanishes(f)), None)
    if factor is None or factor.degree() > _MOST:
        return None
    bits = _BITS
    while True:
        check_time()
        ball = roots.roots(bits)[zero.number]
        low, high = _ends(ball)
        if _has_one(factor, low, high, bits):
            break
        bits *= 2
        if bits > 64 * _BITS:
            return None
    modulus = flint.fmpq_poly(factor)
    coordinates = []
    for place in range(roots.unknowns):
        above, below, _ = roots.numerator(roots.coordinate(place))
        _, inverse, _ = (flint.fmpq_poly(roots.denominator) * below % modulus).xgcd(modulus)
        value = flint.fmpq_poly(above) * inverse % modulus
        coordinates.append(tuple(Fraction(int(c.p), int(c.q)) for c in value.coeffs()))
    return FieldPoint(tuple(int(c) for c in factor.coeffs()), (low, high), tuple(coordinates))


def _ends(ball: Any) -> tuple[Fraction, Fraction]:
    """Dyadic ends a little outside of a ball."""
    middle = _fraction(ball.mid())
    radius = _fraction(ball.rad()) * 2 + abs(middle) * Fraction(1, 2**_BITS) + Fraction(1, 2 ** (2 * _BITS))
    return middle - radius, middle + radius


def _fraction(number: Any) -> Fraction:
    mantissa, exponent = (int(part) for part in number.man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent


def _has_one(factor: Any, low: Fraction, high: Fraction, bits: int) -> bool:
    """Different signs at the ends, and a derivative that does not vanish between them."""
    ends = [sum(int(c) * x**k for k, c in enumerate(factor.coeffs())) for x in (low, high)]
    with flint.ctx.workprec(2 * bits + int(factor.height_bits()) + 64):
        middle = (low + high) / 2
        radius = high - middle
        inside = flint.arb(
            flint.arb(flint.fmpq(middle.numerator, middle.denominator)),
            flint.arb(flint.fmpq(radius.numerator, radius.denominator)),
        )
        return ends[0] * ends[1] < 0 and not flint.arb_poly(factor.derivative())(inside).contains(0)


def values_in_field(program: StraightLine, point: FieldPoint) -> list[Any] | None:
    """The outputs of rational steps at a point of a number field, as polynomials in its root; None for other steps."""
    modulus = flint.fmpq_poly(list(point.modulus))
    inputs = [flint.fmpq_poly([flint.fmpq(c.numerator, c.denominator) for c in one]) for one in point.coordinates]
    values: list[Any] = []
    for name, operands in program.steps:
        check_time()
        if name == "input":
            value = inputs[operands[0]]
        elif name == "rational":
            value = flint.fmpq_poly([flint.fmpq(*operands)])
        elif name == "add":
            value = sum((values[k] for k in operands), flint.fmpq_poly([0]))
        elif name in ("multiply", "power"):
            value = flint.fmpq_poly([1])
            for k in operands if name == "multiply" else operands[:1] * operands[1]:
                value = value * values[k] % modulus
        elif name == "divide":
            common, inverse, _ = values[operands[1]].xgcd(modulus)
            if common.degree() != 0:
                return None
            value = values[operands[0]] * inverse % modulus
        else:
            return None
        values.append(value % modulus)
    return [values[k] for k in program.outputs]
