"""Laws that are no polynomials: sums of logarithms with conserved weights, and a rational function."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import Any

import sympy as sp

from symdyn.algebra.polynomials.sparse import to_expression

Monomial = tuple[tuple[int, int], ...]
Terms = tuple[tuple[Monomial, int], ...]

ONE: Terms = (((), 1),)


@dataclass(frozen=True)
class ElementaryForm:
    """The function sum_j w_j ln|P_j| + A / B of polynomials; every weight w_j is itself conserved, or a number.

    Parameters
    ----------
    variables
        Symbols that the variables of the terms stand for.
    logarithms
        Pairs (w_j, P_j) of polynomials, as terms.
    numerator, denominator
        A and B, as terms; B is ONE where there is no fraction.
    """

    variables: tuple[sp.Symbol, ...]
    logarithms: tuple[tuple[Terms, Terms], ...]
    numerator: Terms = ()
    denominator: Terms = ONE

    @property
    def has_numbers_as_weights(self) -> bool:
        """Whether every weight is a whole number."""
        return all(not monomial for weight, _ in self.logarithms for monomial, _ in weight)

    @property
    def is_rational(self) -> bool:
        """Whether the function is rational, or the logarithm of a rational function."""
        return not self.logarithms or (not self.numerator and self.has_numbers_as_weights)

    @property
    def is_polynomial(self) -> bool:
        """Whether the function is a polynomial, or the logarithm of a product of polynomials."""
        if not self.logarithms:
            return self.denominator == ONE
        signs = {weight[0][1] > 0 for weight, _ in self.logarithms}
        return self.is_rational and len(signs) == 1

    @property
    def degree(self) -> int:
        """Degree of the product of the arguments to their weights, for a form that `is_polynomial`."""
        weights = [abs(weight[0][1]) for weight, _ in self.logarithms]
        common = gcd(*weights) if weights else 1
        parts = [weight // common * _degree(part) for weight, (_, part) in zip(weights, self.logarithms, strict=True)]
        return sum(parts) if parts else _degree(self.numerator)

    def expression(self) -> sp.Expr:
        """The function; where it is the logarithm of a rational function, that function."""
        pairs = [
            (to_expression(dict(weight), self.variables), to_expression(dict(argument), self.variables))
            for weight, argument in self.logarithms
        ]
        if pairs and self.is_rational:
            common = gcd(*(int(weight) for weight, _ in pairs)) * (-1 if pairs[0][0] < 0 else 1)
            return sp.Mul(*(argument ** (weight / common) for weight, argument in pairs))
        fraction = to_expression(dict(self.numerator), self.variables) / to_expression(
            dict(self.denominator), self.variables
        )
        return sp.Add(*(weight * sp.log(argument) for weight, argument in pairs), fraction)

    def renumbered(self, variables: tuple[sp.Symbol, ...], numbers: list[int]) -> ElementaryForm:
        """The same function of the variables `numbers` among others."""

        def moved(terms: Terms) -> Terms:
            return tuple((tuple((numbers[k], power) for k, power in monomial), value) for monomial, value in terms)

        logarithms = tuple((moved(weight), moved(argument)) for weight, argument in self.logarithms)
        return ElementaryForm(variables, logarithms, moved(self.numerator), moved(self.denominator))

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data: numbers of variables, not names."""
        return {
            "kind": "elementary",
            "logarithms": [[flat(weight), flat(argument)] for weight, argument in self.logarithms],
            "numerator": flat(self.numerator),
            "denominator": flat(self.denominator),
        }


def flat(terms: Terms) -> list[Any]:
    """Terms as JSON lists [coefficient, [variable, exponent, ...]]."""
    return [[c, [x for place, power in monomial for x in (place, power)]] for monomial, c in terms]


def _degree(terms: Terms) -> int:
    return max((sum(power for _, power in monomial) for monomial, _ in terms), default=0)
