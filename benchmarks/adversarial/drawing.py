"""Random formulas as functions of their variables: symbols give the engine's model, ring elements the slow route's."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

#: Primes that a program would compute with: the largest ones below 2^23, 2^31 and 2^61.
PRIMES = (8388593, 8388587, 2147483647, 2147483629, 2147483587, 2305843009213693951, 2305843009213693921)

#: A formula: from the values of its variables to its own.
Formula = Callable[[Sequence[Any]], Any]
Terms = list[tuple[tuple[int, ...], int | Fraction]]


def small(draw: random.Random) -> int:
    """A whole number from -9 to 9 that is not 0."""
    return draw.choice((-1, 1)) * draw.randint(1, 9)


def multiple(draw: random.Random) -> int:
    """A multiple of one to three of the primes, up to 10^30."""
    value = draw.randint(1, 3)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        value = value * draw.choice(PRIMES) if value < 10**12 else value
    return draw.choice((-1, 1)) * value


def huge(draw: random.Random) -> int:
    """A whole number from 2^62 to 10^40, often next to a power of 2."""
    if draw.random() < 0.4:
        return draw.choice((-1, 1)) * (2 ** draw.choice((62, 63, 64, 127, 128)) + draw.randint(-2, 2))
    return draw.choice((-1, 1)) * draw.randrange(2**62, 10 ** draw.randint(19, 40))


def odd(draw: random.Random) -> int | Fraction:
    """A coefficient that is inconvenient for someone: small, a multiple of a prime, huge, or a fraction."""
    kind = draw.random()
    if kind < 0.5:
        return small(draw)
    if kind < 0.75:
        return multiple(draw)
    return huge(draw) if kind < 0.9 else Fraction(small(draw), abs(multiple(draw)))


def monomials(variables: int, degree: int, least: int = 0) -> list[tuple[int, ...]]:
    """Exponents of all monomials of the degrees from `least` to `degree`."""
    box = itertools.product(range(degree + 1), repeat=variables)
    return [one for one in box if least <= sum(one) <= degree]


def random_monomial(draw: random.Random, variables: int, degree: int) -> tuple[int, ...]:
    """Exponents of total degree from 1 to `degree`."""
    exponents = [0] * variables
    for _ in range(draw.randint(1, degree)):
        exponents[draw.randrange(variables)] += 1
    return tuple(exponents)


def sparse_terms(
    draw: random.Random,
    variables: int,
    degree: int,
    most: int,
    coefficient: Callable[[random.Random], int | Fraction] = small,
) -> Terms:
    """One to `most` terms."""
    return [(random_monomial(draw, variables, degree), coefficient(draw)) for _ in range(draw.randint(1, most))]


def formula(terms: Terms) -> Formula:
    """The polynomial with these terms."""

    def value(x: Sequence[Any]) -> Any:
        total: Any = x[0] * 0
        for exponents, coefficient in terms:
            term: Any = coefficient
            for place, power in enumerate(exponents):
                if power:
                    term = x[place] ** power * term
            total = total + term
        return total

    return value


def sparse(draw: random.Random, variables: int, degree: int = 4, most: int = 4) -> Formula:
    """A polynomial of a few terms with small coefficients."""
    return formula(sparse_terms(draw, variables, degree, most))


def dense(draw: random.Random, variables: int, degree: int) -> Formula:
    """A polynomial with most terms up to a degree."""
    kept = [one for one in monomials(variables, degree) if draw.random() < 0.7]
    return formula([(one, small(draw)) for one in kept])
