"""Rational functions over Z in coordinates, constants and transcendental values, with their derivatives.

Nothing here is shared with the package: polynomials are FLINT's over the integers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import flint

Polynomial = flint.fmpz_mpoly
#: The components of a vector field.
Field = list[Polynomial]


@dataclass(frozen=True)
class Space:
    """The ring in which fields live, and its derivations D_k along the coordinates.

    A value such as y = exp(u) is a variable of its own with D_u y = y. All derivations may carry one common factor,
    `scale`, which keeps them polynomial: brackets are then multiplied by it, and no rank changes.

    Parameters
    ----------
    ring
        Its first `dimension` generators are the coordinates, then come constants and values.
    dimension
        D, the number of coordinates.
    scale
        The factor of the derivations.
    rules
        For each coordinate the derivatives of the values, times `scale`, by the number of the variable.
    """

    ring: Any
    dimension: int
    scale: Any = 1
    rules: Sequence[Mapping[int, Polynomial]] = field(default=())

    @classmethod
    def of(cls, dimension: int, others: int = 0) -> Space:
        """Coordinates, and symbols that are constant along all fields."""
        names = tuple(f"x{k}" for k in range(dimension + others))
        return cls(flint.fmpz_mpoly_ctx.get(names, flint.Ordering.degrevlex), dimension)

    @property
    def variables(self) -> int:
        """Number of variables of the ring."""
        return int(self.ring.nvars())

    def generators(self) -> list[Quotient]:
        """All variables."""
        one = self.ring.constant(1)
        return [Quotient(generator, one) for generator in self.ring.gens()]

    def number(self, value: int | Fraction) -> Quotient:
        """A rational number."""
        exact = Fraction(value)
        return Quotient(self.ring.constant(exact.numerator), self.ring.constant(exact.denominator))

    def derivative(self, polynomial: Polynomial, k: int) -> Polynomial:
        """D_k of a polynomial, times `scale`."""
        total = polynomial.derivative(k)
        if self.rules:
            total = total * self.scale
            for number, rule in self.rules[k].items():
                slope = polynomial.derivative(number)
                if not slope.is_zero():
                    total = total + slope * rule
        return total

    def gradient(self, quotient: Quotient) -> list[Quotient]:
        """All derivatives of a quotient, times `scale`."""
        above, below = quotient.above, quotient.below
        if below.is_constant():
            return [Quotient(self.derivative(above, k), below) for k in range(self.dimension)]
        return [
            Quotient(self.derivative(above, k) * below - above * self.derivative(below, k), below * below).reduced()
            for k in range(self.dimension)
        ]


@dataclass(frozen=True)
class Quotient:
    """A rational function."""

    above: Polynomial
    below: Polynomial

    def _other(self, value: Any) -> Quotient:
        if isinstance(value, Quotient):
            return value
        exact, ring = Fraction(value), self.above.context()
        return Quotient(ring.constant(exact.numerator), ring.constant(exact.denominator))

    def __add__(self, value: Any) -> Quotient:
        other = self._other(value)
        if self.below == other.below:
            return Quotient(self.above + other.above, self.below)
        return Quotient(self.above * other.below + other.above * self.below, self.below * other.below).reduced()

    def __mul__(self, value: Any) -> Quotient:
        other = self._other(value)
        return Quotient(self.above * other.above, self.below * other.below).reduced()

    def __truediv__(self, value: Any) -> Quotient:
        other = self._other(value)
        if other.above.is_zero():
            raise ZeroDivisionError("a quotient with the denominator zero")
        return Quotient(self.above * other.below, self.below * other.above).reduced()

    def __rtruediv__(self, value: Any) -> Quotient:
        return self._other(value) / self

    def __neg__(self) -> Quotient:
        return Quotient(-self.above, self.below)

    def __sub__(self, value: Any) -> Quotient:
        return self + -self._other(value)

    def __rsub__(self, value: Any) -> Quotient:
        return self._other(value) - self

    def __pow__(self, power: int) -> Quotient:
        if power < 0:
            return self._other(1) / self**-power
        return Quotient(self.above**power, self.below**power)

    __radd__, __rmul__ = __add__, __mul__

    def reduced(self) -> Quotient:
        """The same function without common factors; constants below are left alone, they cost nothing."""
        if self.below.is_constant():
            return self
        common = self.above.gcd(self.below)
        return self if common.is_constant() else Quotient(self.above // common, self.below // common)


def cleared(components: Sequence[Quotient]) -> Field:
    """The field times a function that makes its components polynomials without a common factor.

    Spans over functions do not change by it.
    """
    common = common_multiple([part.below for part in components])
    return primitive([part.above * (common // part.below) for part in components])


def common_multiple(polynomials: Sequence[Polynomial]) -> Polynomial:
    """The least common multiple over Z, contents included."""
    common = polynomials[0]
    for other in polynomials[1:]:
        if other != common:
            common = common * (other // common.gcd(other))
    return common


def primitive(components: Field) -> Field:
    """The field without a factor that all its components have."""
    live = [part for part in components if not part.is_zero()]
    if not live:
        return components
    common = live[0]
    for part in live[1:]:
        if common.is_one():
            return components
        common = common.gcd(part)
    return components if common.is_one() else [part // common for part in components]
