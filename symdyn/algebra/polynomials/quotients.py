"""Quotients of integer polynomials, on FLINT."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import comb

import flint

from symdyn.algebra.budgets.deadline import check_time
from symdyn.errors import ModelError

Poly = flint.fmpz_mpoly
#: A numerator or denominator with more terms is refused.
MAX_TERMS = 20_000


@dataclass(frozen=True)
class Quotient:
    """above / below in lowest terms; the leading coefficient of `below` is positive."""

    above: Poly
    below: Poly

    @staticmethod
    def of(above: Poly, below: Poly) -> Quotient:
        """The quotient, reduced.

        Raises
        ------
        ModelError
            If `below` is zero, or the terms are too many.
        """
        check_time()
        if below.is_zero():
            raise ModelError("an output divides by zero: give a model that is defined at generic points")
        common = above.gcd(below) if not above.is_zero() else below
        above, below = above / common, below / common
        if len(above) > MAX_TERMS or len(below) > MAX_TERMS:
            raise _too_large()
        if below.leading_coefficient() < 0:
            above, below = -above, -below
        return Quotient(above, below)

    def __add__(self, other: Quotient) -> Quotient:
        if self.below == other.below:
            return Quotient.of(self.above + other.above, self.below)
        return Quotient.of(self.above * other.below + other.above * self.below, self.below * other.below)

    def __mul__(self, other: Quotient) -> Quotient:
        return Quotient.of(self.above * other.above, self.below * other.below)

    def __truediv__(self, other: Quotient) -> Quotient:
        return Quotient.of(self.above * other.below, self.below * other.above)

    def __pow__(self, power: int) -> Quotient:
        if power < 0:
            return Quotient.of(_power(self.below, -power), _power(self.above, -power))
        return Quotient(_power(self.above, power), _power(self.below, power))

    def scaled(self, factor: Fraction) -> Quotient:
        """The quotient times a rational number."""
        return Quotient.of(self.above * factor.numerator, self.below * factor.denominator)

    @property
    def is_zero(self) -> bool:
        """Whether it is the quotient zero."""
        return bool(self.above.is_zero())

    def primitive(self) -> tuple[Fraction, Quotient]:
        """(r, q) with self = r q, q with coprime integer coefficients and a positive first one; self is not zero."""
        up, above = self.above.primitive()
        down, below = self.below.primitive()
        sign = 1
        if above.leading_coefficient() < 0:
            above, sign = -above, -1
        return Fraction(sign * int(up), int(down)), Quotient(above, below)


def _power(base: Poly, power: int) -> Poly:
    """A power whose terms are bounded before any is made: by products of those of the base, and by monomials."""
    used = sum(degree > 0 for degree in base.degrees())
    degree = power * max(0, int(base.total_degree()))
    most = min(comb(len(base) + power - 1, power) if len(base) else 0, comb(used + degree, degree))
    if most > 2 * MAX_TERMS:
        raise _too_large()
    check_time()
    return base**power


def _too_large() -> ModelError:
    return ModelError(
        f"an output has more than {MAX_TERMS:,} terms when its functions are replaced by their values: give a smaller "
        "model"
    )
