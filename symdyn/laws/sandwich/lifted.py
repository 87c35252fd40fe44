"""The sandwich for fields with functions: laws in coordinates and values below, brackets of the lifted fields above.

Both ranks are taken at a point mod p that keeps the relations of the values, in the coordinates: the values move with
them. Laws are identities modulo the relations, and D is the number of coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.lifting.reading import written_polynomial
from symdyn.algebra.linear.echelon import Echelon
from symdyn.algebra.linear.prime_field import Array, PrimeField
from symdyn.algebra.polynomials.sparse import SparsePolynomials
from symdyn.dynamics.answers.law import PolynomialForm
from symdyn.errors import ModelError
from symdyn.geometry.fields.bracket_span import BracketSpan
from symdyn.geometry.fields.lifted_fields import LiftedFields
from symdyn.geometry.lifted import LiftedFieldsModel
from symdyn.laws.sandwich.draw import Draw
from symdyn.laws.sandwich.engines import Pieces, pieces_of
from symdyn.laws.sandwich.evidence import Budget, Evidence
from symdyn.laws.sandwich.fields import DEFAULT_UNKNOWNS, Sandwich
from symdyn.laws.search.beyond import Beyond
from symdyn.laws.search.lifted import lifted_laws
from symdyn.laws.search.polynomial import SearchResult, is_affordable, number_of_unknowns

#: Unknowns of a search where a degree is asked for.
_MOST_UNKNOWNS = 20_000
#: Terms of the equations of a search, about, beyond degree 2.
_MOST_TERMS = 2_000_000
#: With so many variables at the most, more functions are tried.
_MOST_VARIABLES = 14


@dataclass
class LiftedDraw(Draw):
    """A draw whose gradients are those in the coordinates, the values moving along.

    Parameters
    ----------
    fields
        The lifted fields.
    """

    fields: LiftedFields | None = None

    def gradients(self, found: SparsePolynomials, field_: PrimeField) -> Array:
        """Gradients in the coordinates at the point."""
        assert self.fields is not None
        tower, p, point = self.fields.tower, field_.p, self.span.point
        slopes = tower.slopes(point, p)
        rows: Array = np.zeros((found.number, tower.dimension), dtype=field_.dtype)
        for number, terms in enumerate(found.to_terms()):
            table = {}
            for monomial, value in terms.items():
                exponent = [0] * tower.variables
                for k, power in monomial:
                    exponent[k] = power
                table[tuple(exponent)] = flint.fmpq(value)
            rows[number] = tower.total_gradient(tower.context.from_dict(table), point, p, slopes)
        return rows

    def rank_of_law(self, terms: dict[tuple[tuple[int, int], ...], int]) -> tuple[int, ...]:
        """Polynomials in the coordinates are kept first, then what has few functions."""
        assert self.fields is not None
        moving, D = self.fields.dimension, self.fields.tower.dimension
        used = {k for monomial in terms for k, _ in monomial if D <= k < moving}
        return (int(bool(used)), *super().rank_of_law(terms))


class _LiftedSandwich(Sandwich):
    """The sandwich of lifted fields."""

    fields: LiftedFields

    @property
    def size(self) -> int:
        """D, without the values."""
        return self.fields.tower.dimension

    def _empty_draw(self, seed: int, start: BracketSpan) -> Draw:
        return LiftedDraw(seed, start, Echelon[int](PrimeField(start.prime), self.size), fields=self.fields)

    def _is_affordable(self, degree: int, unknowns: int | None) -> bool:
        if not is_affordable(self.fields, degree, unknowns or max(_MOST_UNKNOWNS, DEFAULT_UNKNOWNS)):
            return False
        cost = number_of_unknowns(self.fields, degree)
        for value in self.fields.tower.values:
            if value.function == "root" and len(value.argument) > 1:  # denominators are multiplied out
                cost *= comb(len(value.argument) + (degree + value.index) // value.index, len(value.argument) - 1)
        return degree <= 2 or cost <= (_MOST_TERMS if unknowns is None else _MOST_TERMS // 10)

    def _laws_up_to(self, degree: int) -> SearchResult:
        return lifted_laws(self.fields, degree)

    def _search_elementary(self) -> None:
        """No further search is known here."""

    def _evidence(self, existence: dict[str, Any] | None) -> Evidence:
        self.found = []
        kinds = [self._kind_of(found) for _, found in self.laws]
        searched = "not searched beyond polynomials"
        if self.searched:
            searched = f"all polynomials of degree <= {self.searched} in coordinates and functions searched"
        others = len(kinds) - kinds.count("polynomial")
        self.beyond = Beyond(not_rational=kinds.count("functions"), not_polynomial=others, bounds=searched)
        return super()._evidence(existence)

    def _kind_of(self, found: SparsePolynomials) -> str:
        """Whether a law is a polynomial, has fractions of polynomials alone, or other functions."""
        D, values = self.size, self.fields.tower.values
        used = {int(k) - D for k in found.factors.ravel() if D <= k < D + len(values)}
        if not used:
            return "polynomial"
        plain = all(
            values[k].function == "root"
            and values[k].index == 1
            and not any(values[k].argument.degrees()[D : D + len(values)])
            for k in used
        )
        return "fractions" if plain else "functions"


def enriched(
    model: LiftedFieldsModel, pieces: Pieces, *, seed: int, degree: int | None, budget: Budget
) -> tuple[LiftedFieldsModel, Pieces]:
    """The same with more values, where laws are missing and more are found with them.

    A law may need e^-f where the fields have e^f, and ln u where they have powers of u.
    """
    ((_, evidence),) = pieces
    if evidence.exhibited >= evidence.upper or degree == 1:
        return model, pieces
    for extra in _more_functions(model):
        if budget.is_spent:
            break
        try:
            richer = LiftedFieldsModel(model.given, extra)
        except ModelError:
            continue
        found = pieces_of(richer, seed=seed, degree=degree, budget=budget)
        if found[0][1].exhibited > evidence.exhibited:
            return richer, found
    return model, pieces


def _more_functions(model: LiftedFieldsModel) -> list[tuple[sp.Expr, ...]]:
    """Inverses of exponentials and powers, then logarithms as well."""
    tower, D = model.reading.tower, model.dimension
    inverses, logarithms = [], []
    for number, value in enumerate(tower.values):
        written = model.reading.written[D + number]
        if value.function in ("exp", "power"):
            inverses.append(1 / written)
        elif value.function == "root" and written.has(*model.coords):
            logarithms.append(sp.log(written_polynomial(value.argument, model.reading.written)))
    both = tuple(dict.fromkeys((*inverses, *logarithms)))
    tried = [tuple(inverses), both] if inverses else [both]
    return [extra for extra in dict.fromkeys(tried) if extra and tower.variables + 2 * len(extra) <= _MOST_VARIABLES]


@pieces_of.register
def _lifted(model: LiftedFieldsModel, *, seed: int, degree: int | None, budget: Budget) -> Pieces:
    symbols: Any = model.symbols

    def form(terms: tuple[Any, ...]) -> PolynomialForm:
        return PolynomialForm(symbols, terms)

    return [(None, _LiftedSandwich(model.polynomial_fields, form, seed, degree, budget, 31, "field").run())]
