"""Re-check of laws sum_j w_j ln|P_j| + A / B: weights conserved, the rate zero as an identity, gradients mod p."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import Any

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.laws.polynomial_model import PolynomialModel, polynomial_gradient
from symdyn.certificate.recheck.laws.residues import mix
from symdyn.certificate.refutation import need
from symdyn.certificate.witness.laws.law import ElementaryLaw, Monomial, Terms


class Elementary:
    """A stored law, with the model whose variables it uses.

    Parameters
    ----------
    model
        The model.
    law
        Weights, arguments and the fraction.
    place
        Where it is stored, for a refutation.
    """

    def __init__(self, model: PolynomialModel, law: ElementaryLaw, place: str) -> None:
        self.model, self.place = model, place
        self.pairs, self.above, self.below = law.logarithms, law.numerator, law.denominator
        # a multiple of an argument would be the same law: one way of writing it is enough
        content = [gcd(*(value for value, _ in argument)) for _, argument in self.pairs]
        need(all(x == 1 for x in content), place, "has a logarithm whose argument is not primitive")

    def check(self) -> None:
        """Refute unless every generator annihilates the function, identically."""
        names = [f"y{k}" for k in range(self.model.variables)]
        context = flint.fmpz_mpoly_ctx.get(names, "lex")
        made = [(_poly(weight, context), _poly(argument, context)) for weight, argument in self.pairs]
        above, below = _poly(self.above, context), _poly(self.below, context)
        need(not below.is_zero() and not any(p.is_zero() for _, p in made), self.place, "divides by zero")
        fields: dict[int, dict[int, list[tuple[int, Monomial]]]] = {}
        for generator, k, value, monomial in self.model.components:
            fields.setdefault(generator, {}).setdefault(k, []).append((value, monomial))
        for generator, components in fields.items():
            tick()
            field = {k: _poly(terms, context) for k, terms in components.items()}
            moved = f"is not conserved: generator {generator} does not annihilate it"
            for weight, _ in made:
                need(_rate(field, weight).is_zero(), self.place, "has a weight that is not conserved")
            # the rate times B^2 and all P_j
            total = _rate(field, above) * below - above * _rate(field, below)
            for _, argument in made:
                total = total * argument
            for number, (weight, argument) in enumerate(made):
                term = weight * _rate(field, argument) * below * below
                for other, (_, factor) in enumerate(made):
                    if other != number:
                        term = term * factor
                total += term
            need(total.is_zero(), self.place, moved)

    def gradient(self, value: dict[int, int], p: int) -> list[int]:
        """Gradient at a point mod p, without the part ln P_j dw_j (see `check_logarithms`)."""
        coordinates = self.model.coordinates
        out = [0] * len(coordinates)
        for weight, argument in self.pairs:
            below = _value(argument, value, p)
            need(below != 0, self.place, "has a logarithm of zero at the point")
            scale = _value(weight, value, p) * pow(below, -1, p)
            slopes = polynomial_gradient(argument, value, coordinates, p)
            out = [x + scale * slope for x, slope in zip(out, slopes, strict=True)]
        below = _value(self.below, value, p)
        need(below != 0, self.place, "divides by zero at the point")
        inverse, above = pow(below, -1, p), _value(self.above, value, p)
        up = polynomial_gradient(self.above, value, coordinates, p)
        down = polynomial_gradient(self.below, value, coordinates, p)
        return [(x + (a * below - above * b) * inverse * inverse) % p for x, a, b in zip(out, up, down, strict=True)]

    def weighed(self) -> list[Terms]:
        """Arguments of the logarithms whose weight depends on coordinates."""
        inside = set(self.model.coordinates)
        return [argument for weight, argument in self.pairs if any(inside & set(m) for _, m in weight)]


def check_logarithms(arguments: list[Terms], model: PolynomialModel, p: int, place: str) -> None:
    """Refute unless the dP_j / P_j are linearly independent over the constants.

    Then the ln P_j are algebraically independent over the rational functions (Ostrowski), so the gradients
    w dP / P + ln P dw have at least the rank that they have with every ln P_j replaced by 0.
    """
    distinct = [terms for number, terms in enumerate(arguments) if terms not in arguments[:number]]
    if not distinct:
        return
    rows: list[list[int]] = [[] for _ in distinct]
    fixed = {k: int(x) for k, x in zip(model.constants, mix(7, 0, len(model.constants), p), strict=True)}
    for number in range(1, len(distinct) + 2):
        drawn = mix(7, number, len(model.coordinates), p)
        value = {**fixed, **{k: int(x) for k, x in zip(model.coordinates, drawn, strict=True)}}
        for row, argument in zip(rows, distinct, strict=True):
            below = _value(argument, value, p)
            need(below != 0, place, "has a logarithm of zero at a point drawn")
            inverse = pow(below, -1, p)
            row += [x * inverse % p for x in polynomial_gradient(argument, value, model.coordinates, p)]
    matrix = flint.nmod_mat(len(rows), len(rows[0]), [x for row in rows for x in row], p)
    need(int(matrix.rank()) == len(rows), place, "has logarithms that are not seen to be independent")


def _poly(terms: Sequence[tuple[int, Monomial]], context: Any) -> Any:
    table: dict[tuple[int, ...], int] = {}
    for value, monomial in terms:
        exponent = [0] * context.nvars()
        for k in monomial:
            exponent[k] += 1
        table[tuple(exponent)] = table.get(tuple(exponent), 0) + value
    return context.from_dict(table)


def _rate(field: dict[int, Any], function: Any) -> Any:
    return sum((component * function.derivative(k) for k, component in field.items()), function * 0)


def _value(terms: Terms, value: dict[int, int], p: int) -> int:
    total = 0
    for coefficient, monomial in terms:
        product = coefficient
        for k in monomial:
            product = product * value[k] % p
        total += product
    return total % p
