"""Fractions of polynomials over Z in symbols, modulo relations y^q = u for some of them.

A fraction whose numerator reduces to zero vanishes wherever it has a value, if the relations hold there. Where it does
not reduce to zero nothing is known: the relations need not be all.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import flint

Terms = tuple[tuple[tuple[int, ...], int], ...]

_MOST_TERMS = 4000
_LARGEST_POWER = 1000


class GivenUpError(Exception):
    """The identity is out of reach here; the text says why."""


class Quotient(NamedTuple):
    """above / below, two FLINT polynomials."""

    above: Any
    below: Any


class Fractions:
    """Arithmetic with fractions; the first symbols are inputs, others are made as needed."""

    def __init__(self, inputs: int, symbols: int) -> None:
        self.context = flint.fmpz_mpoly_ctx.get([f"y{k}" for k in range(inputs + symbols)], "degrevlex")
        self.gens = self.context.gens()
        self.used = inputs
        self.relations: list[tuple[int, int, Quotient]] = []  # symbol, power, what the power is

    def constant(self, above: int, below: int = 1) -> Quotient:
        """A rational number."""
        return self.quotient(self.context.constant(above), self.context.constant(below))

    def symbol(self, k: int) -> Quotient:
        """The k-th symbol."""
        return Quotient(self.gens[k], self.context.constant(1))

    def fresh(self) -> int:
        """The number of a new symbol."""
        if self.used == len(self.gens):
            raise GivenUpError("there are more functions than this re-checker holds apart")
        self.used += 1
        return self.used - 1

    def relate(self, k: int, power: int, value: Quotient) -> None:
        """Symbol k to this power is a fraction in earlier symbols."""
        self.relations.append((k, power, value))

    def quotient(self, above: Any, below: Any) -> Quotient:
        """A fraction in lowest terms, reduced."""
        if below == 0:
            raise GivenUpError("a division by zero is not excluded")
        above, factor = self._reduced(above)
        below, other = self._reduced(below)
        if below == 0:
            raise GivenUpError("a division by zero is not excluded")
        above, below = self._times(above, other), self._times(below, factor)
        if above == 0:
            return Quotient(above, self.context.constant(1))
        common = above.gcd(below)
        above, below = above / common, below / common
        return Quotient(-above, -below) if int(below.leading_coefficient()) < 0 else Quotient(above, below)

    def add(self, x: Quotient, y: Quotient) -> Quotient:
        """x + y."""
        if x.below == y.below:
            return self.quotient(x.above + y.above, x.below)
        above = self._times(x.above, y.below) + self._times(y.above, x.below)
        return self.quotient(above, self._times(x.below, y.below))

    def multiply(self, x: Quotient, y: Quotient) -> Quotient:
        """x y."""
        return self.quotient(self._times(x.above, y.above), self._times(x.below, y.below))

    def divide(self, x: Quotient, y: Quotient) -> Quotient:
        """x / y."""
        if y.above == 0:
            raise GivenUpError("a division by zero is not excluded")
        return self.quotient(self._times(x.above, y.below), self._times(x.below, y.above))

    def power(self, x: Quotient, exponent: int) -> Quotient:
        """x^n for a whole number n."""
        if abs(exponent) > _LARGEST_POWER:
            raise GivenUpError("a power is too large")
        base = x if exponent >= 0 else self.divide(self.constant(1), x)
        total = self.constant(1)
        for bit in bin(abs(exponent))[2:]:
            total = self.multiply(total, total)
            total = self.multiply(total, base) if bit == "1" else total
        return total

    def minus(self, x: Quotient) -> Quotient:
        """-x."""
        return Quotient(-x.above, x.below)

    def rational(self, x: Quotient) -> flint.fmpq | None:
        """The number that a fraction is; None for others."""
        if x.above.is_constant() and x.below.is_constant():
            return flint.fmpq(int(x.above.coefficient(0)) if x.above != 0 else 0, int(x.below.coefficient(0)))
        return None

    def _times(self, x: Any, y: Any) -> Any:
        if len(x) * len(y) > 50 * _MOST_TERMS:
            raise GivenUpError("the formulas are too large to be multiplied out")
        product = x * y
        if len(product) > _MOST_TERMS:
            raise GivenUpError("the formulas are too large to be multiplied out")
        return product

    def _reduced(self, polynomial: Any) -> tuple[Any, Any]:
        """(P, B) with B times the polynomial equal to P modulo the relations, and P of low degree in each root."""
        factor = self.context.constant(1)
        for k, power, value in reversed(self.relations):
            if polynomial == 0 or int(polynomial.degrees()[k]) < power:
                continue
            polynomial, extra = self._lowered(polynomial, k, power, value)
            factor = self._times(factor, extra)
        return polynomial, factor

    def _lowered(self, polynomial: Any, k: int, power: int, value: Quotient) -> tuple[Any, Any]:
        highest = int(polynomial.degrees()[k]) // power
        parts: dict[int, dict[tuple[int, ...], int]] = {}
        for exponents, coefficient in polynomial.to_dict().items():
            turns, rest = divmod(int(exponents[k]), power)
            lower = (*exponents[:k], rest, *exponents[k + 1 :])
            parts.setdefault(turns, {})[tuple(map(int, lower))] = int(coefficient)
        total = self.context.constant(0)
        for turns, terms in parts.items():
            part = self.context.from_dict(terms)
            for factor in [value.above] * turns + [value.below] * (highest - turns):
                part = self._times(part, factor)
            total = total + part
        extra = self.context.constant(1)
        for _ in range(highest):
            extra = self._times(extra, value.below)
        return total, extra


def key_of(polynomial: Any) -> Terms:
    """A polynomial as something to look up."""
    return tuple(sorted((tuple(map(int, e)), int(c)) for e, c in polynomial.to_dict().items()))
