"""Both ranks of the sandwich at one point modulo one prime: of fields with their brackets, and of gradients of laws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from symdyn.algebra.linear.echelon import Echelon
from symdyn.algebra.linear.prime_field import Array, PrimeField
from symdyn.algebra.polynomials.sparse import SparsePolynomials
from symdyn.dynamics.answers.law import Law, PolynomialForm
from symdyn.geometry.fields.bracket_span import BracketSpan
from symdyn.laws.sandwich.evidence import polynomial_gradients

#: From terms to the form of a law.
Form = Callable[[tuple[Any, ...]], PolynomialForm]


@dataclass
class Draw:
    """Both ranks at one point modulo one prime.

    Parameters
    ----------
    seed
        Of the point and of the mixes.
    span
        Fields and brackets there.
    independent
        Gradients of laws there.
    laws
        The laws of these gradients.
    """

    seed: int
    span: BracketSpan
    independent: Echelon[int]
    laws: list[tuple[Law, SparsePolynomials]] = field(default_factory=list)

    @property
    def known(self) -> int:
        """Both ranks together; the dimension where the sandwich closes."""
        return self.span.rank + self.independent.rank

    def gradients(self, found: SparsePolynomials, field_: PrimeField) -> Array:
        """Gradients of polynomials at the point."""
        return polynomial_gradients(found, self.independent.columns, self.span.point, field_)

    def rank_of_law(self, terms: dict[tuple[tuple[int, int], ...], int]) -> tuple[int, ...]:
        """Laws of low degree are kept first."""
        return (max(sum(power for _, power in monomial) for monomial in terms),)

    def keep(self, found: SparsePolynomials, source: str, form: Form) -> None:
        """Keep the laws that add independent gradients, those of low degree first."""
        terms = found.to_terms()
        order = sorted(range(len(terms)), key=lambda i: (*self.rank_of_law(terms[i]), i))
        field_ = self.independent.prime_field
        rows = self.gradients(found, field_)
        names = [len(self.laws) + place for place in range(len(order))]
        before = self.independent.rank
        for first in range(0, len(order), 256):
            self.independent.add(rows[order[first : first + 256]], names[first : first + 256])
        chosen = [order[name - len(self.laws)] for name in self.independent.kept[before:]]
        start = len(self.laws)
        self.laws += [(Law(form(tuple(terms[i].items())), source=source), found.select([i])) for i in chosen]
        self.independent.kept[before:] = list(range(start, len(self.laws)))
