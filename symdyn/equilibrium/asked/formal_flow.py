"""Derivatives along a linear field, with functions that the field does not change as independent symbols.

Rotations keep scalar products, and so the exponentials of them: what remains of an equivariance is an identity of
polynomials, which symengine expands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import symengine
import sympy as sp

from symdyn.algebra.programs.derivatives import entered


def commutes_formally(
    field: Sequence[sp.Expr], invariants: Sequence[sp.Expr], coords: Sequence[sp.Symbol], generator: sp.ImmutableMatrix
) -> bool:
    """Whether DF(x) G x = G F(x), and x' = G x keeps other functions, as identities of polynomials in such symbols.

    An identity that holds with independent symbols holds; False means that it was not shown.
    """
    if any(value.has(sp.Float) for value in [*field, *invariants, *generator]):
        return False  # rounding may cancel what is not 0
    inside, renaming = entered([*field, *invariants], coords)
    states = [symengine.Symbol(renaming[c].name) for c in coords]
    entries, _ = entered(list(generator), ())
    rows = [entries[k * len(states) : (k + 1) * len(states)] for k in range(len(states))]
    along = _Along(states, [_combined(row, states) for row in rows])
    try:
        plain = [along.plain(value) for value in inside]
        if any(along.rate(value) != 0 for value in plain[len(rows) :]):
            return False
        velocities = plain[: len(rows)]
        return all(
            symengine.expand(along.rate(value) - _combined(row, velocities)) == 0
            for row, value in zip(rows, velocities, strict=True)
        )
    except _MovedError:
        return False


class _MovedError(Exception):
    """A function changes along the field, so that symbols do not serve."""


def _combined(factors: Sequence[Any], values: Sequence[Any]) -> Any:
    return sum((f * v for f, v in zip(factors, values, strict=True) if f != 0), symengine.Integer(0))


class _Along:
    """The derivative along x' = G x of polynomials in the states and in symbols for functions and reciprocals."""

    def __init__(self, states: Sequence[Any], velocities: Sequence[Any]) -> None:
        self.rates: dict[Any, Any] = dict(zip(states, velocities, strict=True))
        self.symbols: dict[Any, Any] = {}

    def plain(self, expression: Any) -> Any:
        """The expression as a polynomial."""
        if expression.is_Symbol or expression.is_number is True:
            return expression
        if expression.is_Add or expression.is_Mul:
            return type(expression)(*map(self.plain, expression.args))
        if expression.is_Pow and expression.args[1].is_Integer:
            base, exponent = expression.args
            return self.plain(base) ** exponent if exponent > 0 else self._reciprocal(base) ** -exponent
        if expression not in self.symbols:
            if any(self.rate(self.plain(part)) != 0 for part in expression.args):
                raise _MovedError
            self.symbols[expression] = self._new(symengine.Integer(0))
        return self.symbols[expression]

    def rate(self, polynomial: Any) -> Any:
        """The derivative, expanded."""
        parts = (polynomial.diff(s) * self.rates[s] for s in polynomial.free_symbols if s in self.rates)
        return symengine.expand(sum(parts, symengine.Integer(0)))

    def _reciprocal(self, base: Any) -> Any:
        key = base**-1
        if key not in self.symbols:
            rate = self.rate(self.plain(base))
            symbol = self.symbols[key] = self._new(rate)
            self.rates[symbol] = -(symbol**2) * rate
        return self.symbols[key]

    def _new(self, rate: Any) -> Any:
        symbol = symengine.Symbol(f"f{len(self.symbols)}")
        self.rates[symbol] = rate
        return symbol
