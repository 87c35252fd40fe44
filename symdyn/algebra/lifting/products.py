"""Powers and logarithms of products as variables: those of the factors, which come together or apart.

A factor u has one root u^(-1/q) for all its powers with rational exponents, a logarithm, and a power for each symbolic
exponent. Factors stay together, as in sqrt(1 - x^2), until one of them comes without the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import flint
import sympy as sp

from symdyn.algebra.lifting.values import Poly, Value
from symdyn.errors import ModelError

MOST_VALUES = 60
_LARGEST_INDEX = 60


class AgainError(Exception):
    """A value has to be taken finer, or of another multiple: reading starts again with what was learned."""


class Products:
    """Values that were made so far, and what was learned about them.

    Parameters
    ----------
    first
        How many variables come before the values.
    """

    def __init__(self, first: int) -> None:
        self.first = first
        self.context = flint.fmpq_mpoly_ctx.get([f"x{k}" for k in range(first + MOST_VALUES)], "lex")
        self.gens = self.context.gens()
        self.one = self.gens[0] ** 0
        # what was learned: factors that stay together, indices of roots, multiples of arguments, units of exponents
        self.blocks: dict[str, frozenset[str]] = {}
        self.indices: dict[str, int] = {}
        self.multiples: dict[str, Fraction] = {}
        self.units: dict[Any, int] = {}
        self.forget()

    def forget(self) -> None:
        """Drop all values, and keep what was learned."""
        self.values: list[Value] = []
        self.places: dict[Any, int] = {}

    def exponential(self, argument: Poly, node: sp.Basic) -> Poly:
        """e^argument."""
        raise NotImplementedError

    def _value(self, key: Any, made: Callable[[Poly], Value]) -> int:
        """The variable of a value, made where it is not there."""
        if key not in self.places:
            if len(self.values) >= MOST_VALUES:
                raise ModelError(f"the model is made of more than {MOST_VALUES} functions: give a smaller one")
            place = self.first + len(self.values)
            self.values.append(made(self.gens[place]))
            self.places[key] = place
        return self.places[key]

    def _function_at(self, place: int) -> Value | None:
        return self.values[place - self.first] if place >= self.first else None

    def _signed(self, poly: Poly) -> tuple[int, Poly]:
        return (-1, -poly) if poly.leading_coefficient() < 0 else (1, poly)

    def _inverse(self, free: Poly) -> Poly:
        """1 / s of a value s that is not zero."""
        return self.gens[self._root_place(free, 1)]

    def _root_place(self, under: Poly, index: int) -> int:
        q = flint.fmpq(-1, index)
        return self._value(
            ("root", str(under)), lambda own: Value("root", under, q * own ** (index + 1), index)
        )

    def _factors(self, poly: Poly, node: sp.Basic) -> tuple[Fraction, list[tuple[Poly, int]]]:
        """A number, and factors with coprime whole coefficients whose first is positive; no two share a factor."""
        if poly == 0:
            raise ModelError(f"{node} divides by zero, or is a function at zero: give a model that is defined")
        number, factors = poly.factor()
        total, special = Fraction(int(number.p), int(number.q)), []
        by_power: dict[int, dict[str, Poly]] = {}
        for factor, power in factors:
            scale = _content(factor)
            total *= scale ** int(power)
            primitive = factor * flint.fmpq(scale.denominator, scale.numerator)
            if self._special(primitive) is None:
                by_power.setdefault(int(power), {})[str(primitive)] = primitive
            else:
                special.append((primitive, int(power)))
        blocks = [(block, power) for power in sorted(by_power) for block in self._in_blocks(by_power[power])]
        return total, special + blocks

    def _in_blocks(self, factors: dict[str, Poly]) -> list[Poly]:
        """Factors of one power as products of blocks: factors that came together so far, and no other way."""
        wanted = frozenset(factors)
        cut = {block for key in wanted if (block := self.blocks.get(key)) is not None and not block <= wanted}
        for block in cut:
            for part in (block & wanted, block - wanted):
                self.blocks |= dict.fromkeys(part, part)
        if cut:
            raise AgainError
        fresh = wanted - frozenset(self.blocks)
        self.blocks |= dict.fromkeys(fresh, fresh)
        products = []
        for block in sorted({self.blocks[key] for key in wanted}, key=sorted):
            product = self.one
            for key in sorted(block):
                product *= factors[key]
            products.append(product)
        return products

    def _special(self, factor: Poly) -> Value | None:
        """The value that a factor is, if it is an exponential, a root or a power."""
        if len(factor) != 1:
            return None
        place = next(k for k, power in enumerate(factor.degrees()) if power)
        value = self._function_at(place)
        return value if value is not None and value.function in ("exp", "root", "power") else None

    def rational_power(self, base: Poly, r: Fraction, node: sp.Basic) -> Poly:
        if r.denominator == 1 and r >= 0:
            return base ** int(r)
        number, factors = self._factors(base, node)
        ordinary = [(factor, power) for factor, power in factors if self._special(factor) is None]
        number = self._settled(number, ordinary if r.denominator > 1 else [], node)
        for factor, power in ordinary:
            if r.denominator == 1:
                continue
            number /= self.multiples.get(str(factor), Fraction(1)) ** power
        total = self.one * _rational(_number_power(number, r, node))
        for factor, power in factors:
            value, x = self._special(factor), r * power
            if value is None:
                multiple = self.multiples.get(str(factor), Fraction(1))
                if r.denominator == 1:
                    total *= _rational(multiple ** -int(x))
                total *= self._factor_power(factor * _rational(multiple), x, node)
            elif value.function == "exp":
                total *= self.exponential(value.argument * _rational(x), node)
            elif value.function == "root":
                total *= self.rational_power(value.argument, -x / value.index, node)
            elif x.denominator == 1:
                total *= self._inverse(factor) ** int(-x) if x < 0 else factor ** int(x)
            else:
                total *= self.symbolic_power(value.argument, x, value.exponent, node)
        return total

    def _factor_power(self, under: Poly, x: Fraction, node: sp.Basic) -> Poly:
        """u^x for an irreducible u, by the root of u."""
        if x.denominator == 1 and x >= 0:
            return under ** int(x)
        key = str(under)
        index = lcm(self.indices.get(key, 1), x.denominator)
        if index > _LARGEST_INDEX:
            raise ModelError(f"{node} is a root of index {index}: at most {_LARGEST_INDEX} is taken; write a symbol")
        if index > 1 and self._has_values(under):
            raise ModelError(
                f"{node} is a root of sines or of roots, whose relations are not known here: take its value as a "
                "coordinate of its own, with its derivative as the component"
            )
        if index != self.indices.get(key, 1):
            self.indices[key] = index
            if ("root", key) in self.places:
                raise AgainError
        own = self.gens[self._root_place(under, index)]
        steps = int(-x * index)
        whole = max(0, -(steps // index))  # u^x = u^whole s^(steps + whole index)
        return under**whole * own ** (steps + whole * index)

    def _has_values(self, poly: Poly) -> bool:
        degrees = poly.degrees()
        return any(
            degrees[self.first + k] and value.function in ("sin", "cos", "root") for k, value in enumerate(self.values)
        )

    def _settled(self, number: Fraction, factors: Sequence[tuple[Poly, int]], node: sp.Basic) -> Fraction:
        """The number of a product; what has no rational power is given to a factor that has no multiple yet."""
        rest = number
        for factor, power in factors:
            rest /= self.multiples.get(str(factor), Fraction(1)) ** power
        if rest != 1:
            for factor, power in factors:
                if abs(power) == 1 and str(factor) not in self.multiples:
                    self.multiples[str(factor)] = rest**power
                    if any(key in self.places for key in (("root", str(factor)), ("log", str(factor)))):
                        raise AgainError
                    break
        for factor, _ in factors:
            self.multiples.setdefault(str(factor), Fraction(1))
        return number

    def logarithm(self, argument: Poly, node: sp.Basic) -> Poly:
        number, factors = self._factors(argument, node)
        ordinary = [(factor, power) for factor, power in factors if self._special(factor) is None]
        self._settled(number, ordinary, node)
        total = self.one * 0
        for factor, power in factors:
            value = self._special(factor)
            if value is None:
                multiple = self.multiples[str(factor)]
                number /= multiple**power
                total += power * self._log_of(factor * _rational(multiple))
            elif value.function == "exp":
                total += power * value.argument
            elif value.function == "root":
                total += self.logarithm(value.argument, node) * flint.fmpq(-power, value.index)
            else:
                total += power * value.exponent * self.logarithm(value.argument, node)
        if number != 1:
            raise ModelError(
                f"{node} has the number log({number}) in it, which is not rational: write a symbol for it among "
                "`constants`"
            )
        return total

    def _reciprocal(self, under: Poly) -> tuple[int, Poly]:
        """The place of the root of u, and 1 / u by it."""
        index = self.indices.get(str(under), 1)
        place = self._root_place(under, index)
        return place, self.gens[place] ** index

    def _log_of(self, under: Poly) -> Poly:
        place, below = self._reciprocal(under)
        partner = place - self.first
        found = self._value(("log", str(under)), lambda own: Value("log", under, below, partner=partner))
        return self.gens[found]

    def symbolic_power(self, base: Poly, factor: Fraction, monomial: Poly, node: sp.Basic) -> Poly:
        """base^(factor monomial), the monomial one in constants."""
        number, factors = self._factors(base, node)
        ordinary = [(part, power) for part, power in factors if self._special(part) is None]
        self._settled(number, ordinary, node)
        total = self.one
        for part, power in factors:
            value = self._special(part)
            if value is None:
                multiple = self.multiples[str(part)]
                number /= multiple**power
                total *= self._power_of(part * _rational(multiple), factor * power, monomial)
            elif value.function == "exp":
                total *= self.exponential(value.argument * monomial * _rational(factor * power), node)
            elif value.function == "root":
                total *= self.symbolic_power(value.argument, -factor * power / value.index, monomial, node)
            else:
                total *= self.symbolic_power(value.argument, factor * power, monomial * value.exponent, node)
        if number != 1:
            raise ModelError(
                f"{node} is a power of the number {number} with a symbol in its exponent: write a symbol for it among "
                "`constants`"
            )
        return total

    def _power_of(self, under: Poly, factor: Fraction, monomial: Poly) -> Poly:
        key = ("power", str(under), str(monomial))
        unit = Fraction(1, self.units.get(key, 1))
        steps = factor / unit
        if steps.denominator != 1:
            self.units[key] = lcm(self.units.get(key, 1), factor.denominator)
            raise AgainError
        root, below = self._reciprocal(under)
        exponent = monomial * _rational(unit)
        place = self._value(
            key, lambda own: Value("power", under, exponent * own * below, 1, exponent, root - self.first)
        )
        power = int(steps)
        return self.gens[place] ** power if power >= 0 else self._inverse(self.gens[place]) ** -power


def _rational(value: Fraction) -> Any:
    return flint.fmpq(value.numerator, value.denominator)


def _content(poly: Poly) -> Fraction:
    """The positive or negative number whose quotient has coprime whole coefficients, the first of them positive."""
    values = list(poly.to_dict().values())
    above, below = 0, 1
    for value in values:
        above, below = gcd(above, int(value.p)), lcm(below, int(value.q))
    sign = -1 if poly.leading_coefficient() < 0 else 1
    return Fraction(sign * above, below)


def _number_power(number: Fraction, r: Fraction, node: sp.Basic) -> Fraction:
    if r.denominator == 1:
        return number ** int(r)
    if number < 0:
        raise ModelError(
            f"{node} is a fractional power of a negative number: give its argument the sign that makes it positive"
        )
    roots = [sp.integer_nthroot(part, r.denominator) for part in (number.numerator, number.denominator)]
    if not all(exact for _, exact in roots):
        raise ModelError(
            f"{node} has the number {number} to the power {r} in it, which is not rational: write a symbol for it "
            "among `constants`"
        )
    return Fraction(int(roots[0][0]), int(roots[1][0])) ** r.numerator
