"""Forms of laws beyond one polynomial: sums of functions of one parameter, and polynomials with functions of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from symdyn.algebra.polynomials import to_expression

Monomial = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class SeparableForm:
    """sum_k v_k int s / m_k(s) ds, with m_k the k-th diagonal entry of a separable metric.

    Parameters
    ----------
    variables
        The coordinates.
    weights
        (k, v_k) for the v_k that are not zero.
    metric
        m_k for each of these k.
    """

    variables: tuple[sp.Symbol, ...]
    weights: tuple[tuple[int, int], ...]
    metric: tuple[sp.Expr, ...]

    count = 1

    @cached_property
    def _expression(self) -> sp.Expr:
        parts = []
        for (k, weight), entry in zip(self.weights, self.metric, strict=True):
            symbol = self.variables[k]
            parts.append(weight * sp.integrate(sp.cancel(symbol / entry), symbol))
        total = sp.Add(*parts)
        content = total.primitive()[0] if total.is_Add or total.is_Mul else sp.Integer(1)
        return total / content

    def expression(self) -> sp.Expr:
        """As a SymPy expression, ln theta standing for ln |theta|, with coprime integer coefficients."""
        return self._expression

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data; the metric stands in the model."""
        return {"kind": "separable", "weights": [list(pair) for pair in self.weights]}


@dataclass(frozen=True)
class TimedForm:
    """A polynomial in coordinates, constants and functions of time such as E = e^T.

    Parameters
    ----------
    variables
        Coordinates, constants, then the functions of time.
    terms
        Terms of the polynomial, as in `PolynomialForm`.
    functions
        (symbol, closed form or None) for each function of time.
    """

    variables: tuple[sp.Symbol, ...]
    terms: tuple[tuple[Monomial, int], ...]
    functions: tuple[tuple[sp.Symbol, sp.Expr | None], ...]

    count = 1

    @cached_property
    def closed(self) -> Mapping[sp.Symbol, sp.Expr]:
        """The functions of time that are known in closed form."""
        return {symbol: value for symbol, value in self.functions if value is not None}

    def factored(self) -> tuple[sp.Expr, list[sp.Expr]]:
        """A common factor, the power of e^T in all terms, and the terms without it."""
        if not self.functions:
            return sp.Integer(1), [to_expression(dict([term]), self.variables) for term in self.terms]
        place = self.variables.index(self.functions[0][0])
        least = min(dict(monomial).get(place, 0) for monomial, _ in self.terms)
        rest = []
        for monomial, value in self.terms:
            powers = {k: power - least * (k == place) for k, power in monomial}
            kept = tuple((k, power) for k, power in powers.items() if power)
            rest.append(to_expression({kept: value}, self.variables).subs(self.closed))
        return (self.functions[0][0] ** least).subs(self.closed), rest

    def expression(self) -> sp.Expr:
        """As a SymPy expression with the closed forms put in."""
        factor, rest = self.factored()
        return sp.Mul(factor, sp.Add(*rest), evaluate=factor.is_number)

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data: a polynomial over all variables of the phase space."""
        return {
            "kind": "polynomial",
            "terms": [[c, [x for place, power in monomial for x in (place, power)]] for monomial, c in self.terms],
        }
