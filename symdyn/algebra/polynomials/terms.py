"""Small arithmetic on polynomials held as dictionaries of terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

#: ((variable, exponent), ...), sorted by variable, exponents positive.
Monomial = tuple[tuple[int, int], ...]
#: A polynomial with integer coefficients, none of them zero.
IntegerTerms = dict[Monomial, int]


def times(*factors: Mapping[Monomial, int]) -> IntegerTerms:
    """The product.

    Examples
    --------
    >>> times({((0, 1),): 2}, {((0, 1),): 1, (): 3})
    {((0, 2),): 2, ((0, 1),): 6}
    """
    total: IntegerTerms = {(): 1}
    for factor in factors:
        found: IntegerTerms = {}
        for left, first in total.items():
            for right, second in factor.items():
                monomial = merged(left, right)
                found[monomial] = found.get(monomial, 0) + first * second
        total = {monomial: value for monomial, value in found.items() if value}
    return total


def plus(summands: Iterable[tuple[int, Mapping[Monomial, int]]]) -> IntegerTerms:
    """The sum of integer multiples (multiple, polynomial)."""
    total: IntegerTerms = {}
    for scale, polynomial in summands:
        for monomial, value in polynomial.items():
            total[monomial] = total.get(monomial, 0) + scale * value
    return {monomial: value for monomial, value in total.items() if value}


def slope(polynomial: Mapping[Monomial, int], variable: int) -> IntegerTerms:
    """The partial derivative along a variable."""
    found: IntegerTerms = {}
    for monomial, value in polynomial.items():
        powers = dict(monomial)
        power = powers.pop(variable, 0)
        if power:
            if power > 1:
                powers[variable] = power - 1
            found[tuple(sorted(powers.items()))] = value * power
    return found


def renamed(polynomial: Mapping[Monomial, int], new: Callable[[int], int]) -> IntegerTerms:
    """The polynomial in other variables; `new` is one to one."""
    return {
        tuple(sorted((new(variable), power) for variable, power in monomial)): value
        for monomial, value in polynomial.items()
    }


def variable(number: int) -> IntegerTerms:
    """The variable as a polynomial."""
    return {((number, 1),): 1}


def merged(first: Monomial, second: Monomial) -> Monomial:
    """The product of two monomials."""
    powers = dict(first)
    for place, power in second:
        powers[place] = powers.get(place, 0) + power
    return tuple(sorted(powers.items()))
