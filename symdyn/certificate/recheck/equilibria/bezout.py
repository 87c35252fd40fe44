"""Re-check that stored points are near all complex solutions: Krawczyk's test at each, and Bezout's bound.

A regular solution is an irreducible part of the solution set, and n polynomials in n unknowns have at most as many
parts as the product of their degrees (Fulton, Intersection Theory, Example 8.4.6).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import Recheck, UndecidedError, need
from symdyn.certificate.witness.equilibria.solution_count import Polynomial, SolutionCountWitness

_BITS = 160
_UNIT = -64
_EXPONENTS = (-20, -25, -30, -35, -40, -45, -50)
Balls = list[Any]


@dataclass(frozen=True)
class _Box:
    """A stored point, the exponent of a radius around it, and balls that hold the one solution there."""

    numbers: tuple[int, ...]
    exponent: int
    balls: Balls

    def mirrored(self) -> _Box:
        """The box of the conjugate solution."""
        numbers = tuple(-x if k % 2 else x for k, x in enumerate(self.numbers))
        return _Box(numbers, self.exponent, [])

    def is_apart(self, other: _Box) -> bool:
        least = (1 << (self.exponent - _UNIT)) + (1 << (other.exponent - _UNIT))
        return any(abs(a - b) > least for a, b in zip(self.numbers, other.numbers, strict=True))


def check_all_zeros(witness: SolutionCountWitness) -> Recheck:
    """As many solutions as Bezout's bound are certified again, none at a pole; the real ones in the domain counted."""
    size = len(witness.names)
    need(len(witness.equations) == size, "witness.zeros", "are given, but there are not as many equations as unknowns")
    bound = math.prod(max(sum(powers) for _, powers in terms) for terms in witness.equations)
    number = sum(2 if any(zero[1::2]) else 1 for zero in witness.zeros)
    need(number == bound == witness.complex, "witness.zeros", f"stand for {number} solutions, not for all {bound}")
    with flint.ctx.workprec(_BITS):
        slopes = [[_derivative(terms, k) for k in range(size)] for terms in witness.equations]
        boxes = [_box(witness.equations, slopes, zero, k) for k, zero in enumerate(witness.zeros)]
        real = [box for box in boxes if not any(box.numbers[1::2])]
        _need_apart(boxes + [box.mirrored() for box in boxes if any(box.numbers[1::2])])
        if any(_value(pole, box.balls).contains(0) for pole in witness.denominators for box in boxes):
            raise UndecidedError("whether a denominator vanishes at a solution is not decided in balls")
        inside = sum(_is_inside(witness, box) for box in real)
    need(inside == witness.real, "witness.real", f"is {witness.real}, but the re-check counts {inside}")
    return Recheck("proved", f"{bound} complex solutions were certified again, which is Bezout's bound, {inside} real")


def _box(equations: Sequence[Polynomial], slopes: Any, zero: tuple[int, ...], number: int) -> _Box:
    tick()
    unit = flint.arb(2) ** _UNIT
    center = [flint.acb(unit * a, unit * b) for a, b in zip(zero[::2], zero[1::2], strict=True)]
    place = f"witness.zeros[{number}]"
    try:
        inverse = _derivatives(slopes, center).inv().mid()
    except ZeroDivisionError:
        need(False, place, "is near a singular point")
    start = flint.acb_mat([[z] for z in center])
    step = inverse * flint.acb_mat([[_value(terms, center)] for terms in equations])
    size = len(center)
    identity = flint.acb_mat([[int(i == j) for j in range(size)] for i in range(size)])
    for exponent in _EXPONENTS:
        part = flint.arb(0, flint.arb(2) ** exponent)
        spread = flint.acb_mat([[flint.acb(part, part)]] * size)
        box = (start + spread).entries()
        image = (start - step + (identity - inverse * _derivatives(slopes, box)) * spread).entries()
        if all(_contains(large, small) for large, small in zip(box, image, strict=True)):
            return _Box(zero, exponent, image)
    need(False, place, "Krawczyk's test finds no solution near it")
    raise AssertionError


def _contains(large: Any, small: Any) -> bool:
    inner = large.real.contains_interior(small.real) and large.imag.contains_interior(small.imag)
    return bool(small.is_finite() and inner)


def _need_apart(boxes: Sequence[_Box]) -> None:
    """Every two boxes do not meet; only neighbours in the first coordinate are compared."""
    ordered = sorted(boxes, key=lambda box: box.numbers)
    widest = 2 << (max(box.exponent for box in boxes) - _UNIT)
    for number, one in enumerate(ordered):
        tick()
        for other in ordered[number + 1 :]:
            if other.numbers[0] - one.numbers[0] > widest:
                break
            need(one.is_apart(other), "witness.zeros", "are not shown to be different")


def _is_inside(witness: SolutionCountWitness, box: _Box) -> bool:
    """Whether all inequalities hold at a real solution."""
    inside = True
    for item in witness.inequalities:
        value = _value(item.polynomial, box.balls).real
        if value.contains(0):
            raise UndecidedError("the sign of an inequality at a solution is not decided in balls")
        inside = inside and bool(value > 0)
    return inside


def _derivative(terms: Polynomial, k: int) -> Polynomial:
    lowered = ((c * m[k], (*m[:k], m[k] - 1, *m[k + 1 :])) for c, m in terms if m[k])
    return tuple(lowered)


def _derivatives(slopes: Any, at: Balls) -> Any:
    return flint.acb_mat([[_value(terms, at) for terms in row] for row in slopes])


def _value(terms: Polynomial, at: Balls) -> Any:
    """A polynomial in balls, by products: a power of a ball around 0 may be no number."""
    total = flint.acb(0)
    for value, powers in terms:
        product = flint.acb(value)
        for ball, power in zip(at, powers, strict=True):
            for _ in range(power):
                product = product * ball
        total = total + product
    return total
