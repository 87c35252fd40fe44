"""One generator dg(theta, x)^T w of a model, taken apart into fields of the parameters alone.

Its components are quotients of polynomials in parameters, inputs and transcendental values. Written in functions of
inputs and values that are linearly independent over the functions of the parameters, its coefficients are polynomial
fields, and over all inputs the generators span what these span.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm
from typing import Any

from symdyn.algebra.polynomials.quotients import Poly, Quotient

Terms = dict[tuple[tuple[int, int], ...], int]


def fields_of_generator(row: Sequence[Quotient], dimension: int, first: int) -> list[list[Terms]]:
    """The fields that go with independent functions of inputs and values.

    If every denominator is a monic polynomial of one value alone, as 1 + e^z is, the functions are those of partial
    fractions: monomials, and monomials over the denominator of a value with a lower power of it (derived: poles in one
    value are not made up for by another). The units of a layer then stay apart. Otherwise the generator is multiplied
    with the common denominator, which keeps the span, and the functions are monomials.

    Parameters
    ----------
    row
        The components, one for each parameter.
    dimension
        Number of parameters, the first variables.
    first
        Number of the first variable that is a value; inputs come before it.
    """
    parts = _partial_fractions(row, first)
    numerators = _over_common_denominator(row) if parts is None else parts
    fields: dict[Any, list[Terms]] = {}
    for place, kind, numerator in numerators:
        for exponent, value in numerator.to_dict().items():
            key = kind, tuple(exponent[dimension:])
            monomial = tuple((k, int(power)) for k, power in enumerate(exponent[:dimension]) if power)
            terms = fields.setdefault(key, [{} for _ in range(dimension)])[place]
            terms[monomial] = terms.get(monomial, 0) + int(value)
    return list(fields.values())


def _over_common_denominator(row: Sequence[Quotient]) -> list[tuple[int, int, Poly]]:
    common = row[0].below
    for part in row[1:]:
        common = common * (part.below / common.gcd(part.below))
    return [(place, -1, part.above * (common / part.below)) for place, part in enumerate(row)]


def _partial_fractions(row: Sequence[Quotient], first: int) -> list[tuple[int, int, Poly]] | None:
    """Place, value whose denominator it is over (-1 for none) and numerator; None if a denominator is another."""
    whole = 1
    below: dict[int, Poly] = {}
    split: list[tuple[int, Poly, Poly, int]] = []
    for part in row:
        content, monic = part.below.primitive()
        used = [k for k, degree in enumerate(part.below.degrees()) if degree]
        if len(used) > 1 or any(k < first for k in used) or monic.leading_coefficient() != 1:
            return None
        value = used[0] if used else -1
        known = below.get(value, monic)
        below[value] = known * (monic / known.gcd(monic))
        whole = lcm(int(whole), int(content))
        split.append((value, part.above, monic, int(content)))
    found = []
    for place, (value, above, monic, scale) in enumerate(split):
        numerator = above * (below[value] / monic) * (whole // scale)
        polynomial, rest = (numerator, None) if value < 0 else divmod(numerator, below[value])
        found.append((place, -1, polynomial))
        if rest is not None:
            found.append((place, value, rest))
    return found
