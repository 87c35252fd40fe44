"""A regular real zero in a box that holds no other: refined to any precision, with exact signs of polynomials."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.zeros.ball_system import UNIT, BallSystem

_MOST_BITS = 8192
_LARGEST_DENOMINATOR = 1000
_MOST_ROUNDS = 60


@dataclass(frozen=True)
class BallZero:
    """A regular real zero, the only one in a box around a point.

    Parameters
    ----------
    system
        Its equations.
    numbers
        The point in units of 2^UNIT.
    radius
        The exponent of the radius.
    """

    system: BallSystem
    numbers: tuple[int, ...]
    radius: int
    multiplicity = 1

    @cached_property
    def exact(self) -> tuple[Fraction, ...] | None:
        """The point, if it is one of small denominators."""
        point = tuple((v * Fraction(2) ** UNIT).limit_denominator(_LARGEST_DENOMINATOR) for v in self.numbers)
        near = all(abs(x - v * Fraction(2) ** UNIT) < Fraction(2) ** self.radius for x, v in zip(point, self.numbers))
        values = [flint.fmpq(x.numerator, x.denominator) for x in point]
        return point if near and all(v == 0 for v in self.system.values(values)) else None

    def balls(self, bits: int = 64) -> list[Any]:
        """The point in balls, each with about so many correct bits."""
        if self.exact is not None:
            with flint.ctx.workprec(bits + 16):
                return [flint.arb(flint.fmpq(x.numerator, x.denominator)) for x in self.exact]
        return self._contracted(bits)

    def _contracted(self, bits: int) -> list[Any]:
        """Newton's operator on the box: what is in it and no longer in the image is no zero."""
        with flint.ctx.workprec(2 * bits + 64):
            unit = flint.arb(2) ** UNIT
            box = [flint.arb(unit * v, flint.arb(2) ** self.radius) for v in self.numbers]
            for _ in range(_MOST_ROUNDS):
                check_time()
                if all(b.rel_accuracy_bits() >= bits or b.rad() < flint.arb(2) ** (-bits) for b in box):
                    break
                box = self._newton(box)
        return box

    def _newton(self, box: list[Any]) -> list[Any]:
        size = len(box)
        center = [b.mid() for b in box]
        inverse = flint.arb_mat(self.system.derivatives(center)).mid().inv().mid()
        step = (inverse * flint.arb_mat([[v] for v in self.system.values(center)])).entries()
        identity = flint.arb_mat([[int(i == j) for j in range(size)] for i in range(size)])
        spread = flint.arb_mat([[b - c] for b, c in zip(box, center, strict=True)])
        moved = ((identity - inverse * flint.arb_mat(self.system.derivatives(box))) * spread).entries()
        return [b.intersection(c - s + m) for b, c, s, m in zip(box, center, step, moved, strict=True)]

    def sign(self, polynomial: Any) -> int:
        """The exact sign of a polynomial here.

        Raises
        ------
        ArithmeticError
            If it is as near 0 as can be told.
        """
        one = BallSystem((polynomial,), self.system.unknowns)
        if self.exact is not None:
            value = one.values([flint.fmpq(x.numerator, x.denominator) for x in self.exact])[0]
            return int(value > 0) - int(value < 0)
        bits = 64
        while bits <= _MOST_BITS:
            with flint.ctx.workprec(2 * bits + 64):
                ball = one.values(self._contracted(bits))[0]
            if ball > 0 or ball < 0:
                return 1 if ball > 0 else -1
            bits *= 4
        raise ArithmeticError("whether a zero fulfils a condition was not decided in balls")
