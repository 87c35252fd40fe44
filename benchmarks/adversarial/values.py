"""Transcendental values at given inputs as variables that are algebraically independent, with their derivatives.

With the inputs fixed, an argument is a polynomial sum_m c_m m of the parameters. exp of it is a product of powers of
the values exp(m / n), sine and cosine are rational in tan(m / 2n), and so on: what depends on each other is written
through the same values, exactly. The values that are left are algebraically independent over the parameters:
exponentials of linearly independent polynomials, logarithms of different primes, error functions of different arguments
(Ax; Liouville). Constants such as exp(1), log 2 and 2 / sqrt(pi) are variables without derivative, as if they were
independent, which is not known of all of them together.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import Any

import flint

from .quotients import Quotient, Space, common_multiple

Monomial = tuple[int, ...]


@dataclass
class _Found:
    """Values that formulas ask for: denominators n by monomial, and the others by key."""

    exponentials: dict[Monomial, int] = field(default_factory=dict)
    tangents: dict[Monomial, int] = field(default_factory=dict)
    others: dict[Hashable, Any] = field(default_factory=dict)


@dataclass
class Values:
    """The functions that formulas call, on polynomials of the parameters.

    Parameters
    ----------
    dimension
        Number of parameters.
    space
        None on a first pass, which only collects the values; then a space with a variable for each.
    found
        What was collected.
    numbers
        Variable numbers of the values.
    """

    dimension: int
    space: Space
    found: _Found
    numbers: Mapping[Hashable, int] | None = None

    def parameters(self) -> list[Quotient]:
        """The parameters."""
        return self.space.generators()[: self.dimension]

    def _variable(self, key: Hashable) -> Quotient:
        if self.numbers is None:
            return self.space.number(17)
        return self.space.generators()[self.numbers[key]]

    def _parts(self, argument: Quotient) -> list[tuple[Monomial, Fraction]]:
        """Monomials in the parameters and their coefficients."""
        if not argument.below.is_constant():
            raise ValueError("an argument that is no polynomial of the parameters")
        below = int(argument.below.leading_coefficient())
        return [
            (tuple(int(e) for e in monomial[: self.dimension]), Fraction(int(c), below))
            for monomial, c in argument.above.to_dict().items()
        ]

    def _units(self, argument: Quotient, kind: str) -> list[tuple[Monomial, int]]:
        """Monomials and the whole multiples of m / n that occur."""
        known: dict[Monomial, int] = getattr(self.found, kind)
        parts = self._parts(argument)
        if self.numbers is None:
            for monomial, c in parts:
                known[monomial] = lcm(known.get(monomial, 1), c.denominator)
        return [(monomial, int(c * known[monomial])) for monomial, c in parts]

    def exp(self, argument: Quotient) -> Quotient:
        total = self.space.number(1)
        for monomial, power in self._units(argument, "exponentials"):
            total = total * self._variable(("exponentials", monomial)) ** power
        return total

    def turned(self, argument: Quotient) -> tuple[Quotient, Quotient]:
        """Cosine and sine."""
        cosine, sine = self.space.number(1), self.space.number(0)
        for monomial, power in self._units(argument, "tangents"):
            t = self._variable(("tangents", monomial))
            below = 1 + t * t
            c, s = (1 - t * t) / below, 2 * t / below
            s = s if power > 0 else -s
            for _ in range(abs(power)):
                cosine, sine = cosine * c - sine * s, sine * c + cosine * s
        return cosine, sine

    def cos(self, argument: Quotient) -> Quotient:
        return self.turned(argument)[0]

    def sin(self, argument: Quotient) -> Quotient:
        return self.turned(argument)[1]

    def tan(self, argument: Quotient) -> Quotient:
        cosine, sine = self.turned(argument)
        return sine / cosine

    def sinh(self, argument: Quotient) -> Quotient:
        return (self.exp(argument) - self.exp(-argument)) / 2

    def cosh(self, argument: Quotient) -> Quotient:
        return (self.exp(argument) + self.exp(-argument)) / 2

    def tanh(self, argument: Quotient) -> Quotient:
        square = self.exp(2 * argument)
        return (square - 1) / (square + 1)

    def log(self, argument: Quotient) -> Quotient:
        """The logarithm of a polynomial, up to a constant i pi."""
        total = self.space.number(0)
        content, factors = argument.above.factor()
        parts = [(str(factor), power) for factor, power in factors]
        parts += [(str(p), e) for p, e in flint.fmpz(abs(int(content))).factor()]
        parts += [(str(p), -e) for p, e in flint.fmpz(abs(int(argument.below.leading_coefficient()))).factor()]
        for text, power in parts:
            key = ("log", text)
            self.found.others.setdefault(key, None)
            total = total + int(power) * self._variable(key)
        for factor, _ in factors:
            self.found.others["log", str(factor)] = Quotient(factor, argument.above.context().constant(1))
        return total

    def erf(self, argument: Quotient) -> Quotient:
        """The error function, odd; the derivative has the constant c = 2 / sqrt(pi)."""
        sign = -1 if argument.above.leading_coefficient() < 0 else 1
        inside = argument * sign
        key = ("erf", str(inside.above), str(inside.below))
        self.exp(-(inside * inside))
        self.found.others.setdefault(key, inside)
        self.found.others.setdefault(("constant", "c"), None)
        return sign * self._variable(key)

    def normal(self, argument: Quotient) -> Quotient:
        """erf(z / sqrt 2), with the constant sqrt(2 / pi)."""
        sign = -1 if argument.above.leading_coefficient() < 0 else 1
        inside = argument * sign
        key = ("normal", str(inside.above), str(inside.below))
        self.exp(-(inside * inside) / 2)
        self.found.others.setdefault(key, inside)
        self.found.others.setdefault(("constant", "d"), None)
        return sign * self._variable(key)


def with_values(dimension: int, use: Callable[[Values], Any]) -> Values:
    """The values that `use` asks for, each with its variable and its rule of derivation."""
    plain = Values(dimension, Space.of(dimension), _Found())
    use(plain)
    found = plain.found
    keys: list[Hashable] = [("exponentials", m) for m in found.exponentials]
    keys += [("tangents", m) for m in found.tangents]
    keys += list(found.others)
    numbers = {key: dimension + place for place, key in enumerate(keys)}
    space = Space.of(dimension, len(keys))
    values = Values(dimension, space, found, numbers)
    rules = [{numbers[key]: _derivative(key, k, values) for key in keys} for k in range(dimension)]
    factor = common_multiple([space.ring.constant(1), *(rule.below for row in rules for rule in row.values())])
    exact = tuple({number: rule.above * (factor // rule.below) for number, rule in row.items()} for row in rules)
    values.space = Space(space.ring, dimension, factor, exact)
    return values


def _derivative(key: Any, k: int, values: Values) -> Quotient:
    """D_k of a value."""
    kind, what, *_ = key
    value = values._variable(key)
    if kind in ("exponentials", "tangents"):
        inside = values.space.number(Fraction(1, getattr(values.found, kind)[what]))
        for parameter, power in zip(values.parameters(), what):
            inside = inside * parameter**power
        slope = _plain_derivative(inside, k)
        return value * slope if kind == "exponentials" else (1 + value * value) * slope / 2
    inside = values.found.others[key]
    if inside is None:
        return values.space.number(0)
    inside = _moved(inside, values)
    slope = _plain_derivative(inside, k)
    if kind == "log":
        return slope / inside
    constant, factor = ("c", 1) if kind == "erf" else ("d", 2)
    return values._variable(("constant", constant)) * values.exp(-(inside * inside) / factor) * slope


def _plain_derivative(quotient: Quotient, k: int) -> Quotient:
    return Quotient(quotient.above.derivative(k), quotient.below)


def _moved(quotient: Quotient, values: Values) -> Quotient:
    """A polynomial of the parameters in the larger ring."""
    total = values.space.number(0)
    for monomial, c in values._parts(quotient):
        term = values.space.number(c)
        for parameter, power in zip(values.parameters(), monomial):
            term = term * parameter**power
        total = total + term
    return total
