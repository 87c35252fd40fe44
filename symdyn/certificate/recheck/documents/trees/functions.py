"""Trees of formulas as exact functions: fractions of polynomials in the variables, and in functions of them.

Functions of an argument are free symbols, one for each argument, and so are powers too large to be multiplied out, one
for each irreducible factor. So two formulas that are equal here are equal as functions; formulas that differ here may
still be equal by an identity of these functions, and are then not compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import comb
from typing import Any

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.documents.trees.formulas import LARGEST_POWER, TooLargeError, Tree, UnreadableError
from symdyn.certificate.witness.laws.law import ElementaryLaw, PolynomialLaw, Terms

_MOST_TERMS = 20_000
_LARGEST_PRODUCT = 20_000_000
Value = tuple[Any, Any]  # numerator and denominator, polynomials over Q


class Functions:
    """Arithmetic with functions of named variables.

    Parameters
    ----------
    names
        The variables.
    atoms
        How many functions of arguments may occur.
    """

    def __init__(self, names: Sequence[str], atoms: int) -> None:
        self.place = {name: k for k, name in enumerate(names)}
        count = len(names) + atoms
        self.context = flint.fmpq_mpoly_ctx.get([f"y{k}" for k in range(max(1, count))], "lex")
        self.first, self.known = len(names), dict[Any, int]()
        self.one, self.zero = self.context.constant(1), self.context.constant(0)

    def value(self, tree: Tree) -> Value:
        """The function of a tree.

        Raises
        ------
        UnreadableError
            If it is none of these.
        """
        tick()
        kind = tree[0]
        if kind == "number":
            return self._number(tree[1])
        if kind == "name":
            return self.context.gen(self.place[tree[1]]), self.one
        if kind == "minus":
            above, below = self.value(tree[1])
            return -above, below
        if kind == "sum":
            total = self.value(tree[1])
            for part in tree[2:]:
                total = self.sum(total, self.value(part))
            return total
        if kind == "product":
            return self.product(self.value(tree[1]), self.value(tree[2]))
        if kind == "quotient":
            return self.product(self.value(tree[1]), self._inverse(self.value(tree[2])))
        if kind == "power":
            return self._power(self.value(tree[1]), self.value(tree[2]))
        if kind == "call":
            return self._call(tree[1], self.value(tree[2]))
        raise UnreadableError("holds e outside a power")

    def polynomial(self, terms: Terms) -> Value:
        """A stored polynomial."""
        table = {}
        for value, monomial in terms:
            exponent = [0] * self.context.nvars()
            for k in monomial:
                exponent[k] += 1
            table[tuple(exponent)] = flint.fmpq(value)
        return self.context.from_dict(table), self.one

    def law(self, law: PolynomialLaw | ElementaryLaw) -> Value:
        """A stored law; a sum of whole multiples of logarithms as the product whose logarithm it is."""
        if isinstance(law, PolynomialLaw):
            return self.polynomial(law.terms)
        whole = law.whole_weights()
        if whole is not None:
            product: Value = self.one, self.one
            for number, (_, argument) in zip(whole, law.logarithms, strict=True):
                product = self.product(product, self._whole_power(self.polynomial(argument), number))
            return product
        below = self.polynomial(law.denominator)
        total: Value = self.zero, self.one
        if law.numerator:
            total = self.product(self.polynomial(law.numerator), self._inverse(below))
        for weight, argument in law.logarithms:
            term = self.product(self.polynomial(weight), self._call("log", self.polynomial(argument)))
            total = self.sum(total, term)
        return total

    def are_equal(self, x: Value, y: Value) -> bool:
        """Whether two functions are one."""
        return bool(self._times(x[0], y[1]) == self._times(y[0], x[1]))

    def _number(self, value: Fraction) -> Value:
        return self.context.constant(flint.fmpq(value.numerator, value.denominator)), self.one

    def _times(self, x: Any, y: Any) -> Any:
        tick()
        if len(x) * len(y) > _LARGEST_PRODUCT:
            raise TooLargeError("is too large to be multiplied out")
        return x * y

    def sum(self, x: Value, y: Value) -> Value:
        """Their sum."""
        if x[1] == y[1]:
            return x[0] + y[0], x[1]
        return self._times(x[0], y[1]) + self._times(y[0], x[1]), self._times(x[1], y[1])

    def product(self, x: Value, y: Value) -> Value:
        """Their product."""
        return self._reduced(self._times(x[0], y[0]), self._times(x[1], y[1]))

    def _reduced(self, above: Any, below: Any) -> Value:
        """Without a common monomial or number, at least."""
        if above == 0:
            return self.zero, self.one
        if len(below) == 1 or len(above) * len(below) < 4000:
            common = above.gcd(below)
            if common != self.one and common != 0:
                return above / common, below / common
        return above, below

    def _inverse(self, x: Value) -> Value:
        if x[0] == 0:
            raise UnreadableError("divides by zero")
        return x[1], x[0]

    def _power(self, base: Value, exponent: Value) -> Value:
        number = _whole(exponent)
        if number is not None:
            return self._whole_power(base, number)
        return self._atom(("power", self._key(base), self._key(exponent)))

    def _whole_power(self, base: Value, exponent: int) -> Value:
        above, below = base if exponent >= 0 else self._inverse(base)
        size = abs(exponent)
        if size > LARGEST_POWER or max(_terms_of_power(above, size), _terms_of_power(below, size)) > _MOST_TERMS:
            return self._formal_power(above, size), self._formal_power(below, size)
        total: Value = self.one, self.one
        for _ in range(size):
            total = self._times(total[0], above), self._times(total[1], below)
        return total

    def _formal_power(self, base: Any, exponent: int) -> Any:
        """A power that is not multiplied out: a symbol for that of each factor."""
        content, factors = base.factor()
        total = self.one
        if content == -1:
            total = -total if exponent % 2 else total
        elif content != 1:
            total = self._atom(("power", str(content), exponent))[0]
        for factor, times in factors:
            total = self._times(total, self._atom(("power", str(factor), times * exponent))[0])
        return total

    def _call(self, function: str, argument: Value) -> Value:
        return self._atom((function, self._key(argument)))

    def _key(self, value: Value) -> Any:
        """A canonical form of a fraction: coprime, the denominator with leading coefficient 1."""
        above, below = value
        common = above.gcd(below)
        if common != 0:
            above, below = above / common, below / common
        lead = below.leading_coefficient()
        return str(above / lead), str(below / lead)

    def _atom(self, key: Any) -> Value:
        if key not in self.known:
            if self.first + len(self.known) >= self.context.nvars():
                raise TooLargeError("holds more functions than were counted")
            self.known[key] = self.first + len(self.known)
        return self.context.gen(self.known[key]), self.one


def _terms_of_power(base: Any, exponent: int) -> int:
    """At most so many terms has a power."""
    return comb(exponent + len(base) - 1, exponent) if len(base) > 1 else 1


def _whole(value: Value) -> int | None:
    """The whole number that a value is, or None."""
    above, below = value
    if not (above.is_constant() and below.is_constant()):
        return None
    number = flint.fmpq(above.coeffs()[0] if len(above) else 0) / flint.fmpq(below.coeffs()[0])
    return int(number.p) if number.q == 1 else None
