"""Linear forms in the outputs of phi that vanish on every loss gradient, exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sympy as sp

from symdyn.algebra.linear.exact import nullspace
from symdyn.algebra.polynomials.sparse import SparsePolynomials, from_terms, to_expression
from symdyn.algebra.polynomials.terms import plus
from symdyn.geometry.fields.flint_fields import TooLargeError, along, flint_fields, polynomial
from symdyn.laws.losses.spans import LossSpans
from symdyn.laws.search.polynomial import polynomial_laws

_MAX_PRODUCTS = 20_000


@dataclass(frozen=True)
class UnseenForms:
    """A basis of the forms, as expressions in the names of the outputs and as polynomials in the coordinates."""

    expressions: tuple[sp.Expr, ...]
    polynomials: SparsePolynomials

    @property
    def number(self) -> int:
        """How many."""
        return len(self.expressions)


def unseen_forms(spans: LossSpans) -> UnseenForms | None:
    """All forms with rational coefficients; None where they are not looked for."""
    if not spans.names:
        return None
    symbols = sp.symbols(spans.names)
    if spans.outputs is not None:
        return _of_outputs(spans, spans.outputs, symbols)
    if spans.losses.variables > spans.losses.dimension:
        return None
    found = polynomial_laws(spans.losses, 1, 1).laws
    return UnseenForms(tuple(to_expression(terms, symbols) for terms in found.to_terms()), found)


def _of_outputs(spans: LossSpans, outputs: SparsePolynomials, symbols: list[sp.Symbol]) -> UnseenForms | None:
    """Combinations sum c_k phi_k with sum c_k v(phi_k) = 0 for every loss gradient v, as polynomials."""
    n, terms = spans.losses.variables, outputs.to_terms()
    if spans.losses.number * len(terms) > _MAX_PRODUCTS:
        return None
    equations: dict[tuple[int, tuple[int, ...]], dict[int, int]] = {}
    try:
        for place, field in enumerate(flint_fields(spans.losses)):
            for k, part in enumerate(terms):
                for exponent, value in along(field, polynomial(part, n)).to_dict().items():
                    equations.setdefault((place, tuple(exponent)), {})[k] = int(value)
    except TooLargeError:
        return None
    rows = sorted({tuple(row.get(k, 0) for k in range(len(terms))) for row in equations.values()})
    kernel = nullspace(np.asarray(rows, dtype=object).reshape(len(rows), len(terms)), exact=True)
    return UnseenForms(
        tuple(sp.Add(*(c * symbol for c, symbol in zip(form, symbols, strict=True))) for form in kernel),
        from_terms([plus(zip(form, terms, strict=True)) for form in kernel], n),
    )
