"""How a function of one variable behaves on a half line: a straight line and what stays within a bound of it."""

from __future__ import annotations

from dataclasses import dataclass

import flint
import sympy as sp

from symdyn.numerics.integrals import ball

_MOST_TERMS = 200


@dataclass(frozen=True)
class Tail:
    """|f(x) - slope x| <= offset on the half line; where the slope is not known, |f(x)| <= steepest |x| + offset."""

    slope: sp.Expr | None
    steepest: flint.arb
    offset: flint.arb


def tail(formula: sp.Expr, symbol: sp.Symbol, side: int) -> Tail | None:
    """The behaviour for symbol >= 0 (side 1) or <= 0 (side -1); None where it is not seen, or faster than linear.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> tail(x * (1 + sp.tanh(x)) / 2, x, 1).slope, tail(x * (1 + sp.tanh(x)) / 2, x, -1).slope
    (1, 0)
    """
    rest = _Rest(symbol, side)
    replaced = rest.of(formula)
    if replaced is None or not replaced.is_polynomial(symbol, *rest.rates):
        return None
    polynomial = sp.Poly(replaced, symbol, *rest.rates)
    if len(polynomial.terms()) > _MOST_TERMS:
        return None
    slope: sp.Expr | None = sp.S.Zero
    steepest, offset = flint.arb(0), flint.arb(0)
    for (power, *others), coefficient in polynomial.terms():
        if coefficient.free_symbols:
            return None
        rate, size = flint.arb(0), abs(ball(coefficient))
        for times, (speed, bound) in zip(others, rest.rates.values(), strict=True):
            rate, size = rate + times * speed, size * bound**times
        if rate > 0:  # x^k e^(-r x) <= (k/(r e))^k
            peak = flint.arb(power) / (rate * flint.arb(1).exp())
            offset += size * (peak**power if power else flint.arb(1))
        elif power == 0:
            offset += size
        elif power == 1:
            steepest += size
            slope = slope + coefficient if slope is not None and not any(others) else None
        else:
            return None
    return Tail(slope, steepest, offset)


class _Rest:
    """What is left of bounded functions when their limit is taken away, as symbols with a rate of decay and a bound."""

    def __init__(self, symbol: sp.Symbol, side: int) -> None:
        self.symbol, self.side = symbol, side
        self.rates: dict[sp.Dummy, tuple[flint.arb, flint.arb]] = {}

    def of(self, formula: sp.Expr) -> sp.Expr | None:
        """The formula with those symbols; None where a function is not known here."""
        if self.symbol not in formula.free_symbols or formula == self.symbol:
            return formula
        if formula.is_Add or formula.is_Mul or (formula.is_Pow and formula.exp.is_Integer and formula.exp > 0):
            parts = [self.of(part) if part.free_symbols else part for part in formula.args]
            return None if any(part is None for part in parts) else formula.func(*parts)
        if isinstance(formula, sp.sin | sp.cos | sp.atan):
            return self._left(flint.arb(0), flint.arb(1 if not isinstance(formula, sp.atan) else 2))
        if isinstance(formula, sp.log):
            return self._logarithm(formula)
        if isinstance(formula, sp.tanh | sp.erf | sp.exp):
            return self._bounded(formula)
        return None

    def _bounded(self, formula: sp.Expr) -> sp.Expr | None:
        found = self._linear(formula.args[0])
        if found is None:
            return self._gaussian(formula)
        rate, shift, direction = found
        if isinstance(formula, sp.exp):
            return self._left(rate, shift.exp()) if direction < 0 else None
        toward = -direction * shift
        if isinstance(formula, sp.tanh):  # tanh y = 1 - 2/(1 + e^(2 y))
            return direction * (1 - 2 * self._left(2 * rate, (2 * toward).exp()))
        return direction * (1 - self._left(rate, 2 * toward.exp()))  # erfc(y) <= 2 e^-y

    def _gaussian(self, formula: sp.Expr) -> sp.Expr | None:
        """exp(-a x^2 + b) <= exp(-x + 1/(4 a) + b) on the half line."""
        if not isinstance(formula, sp.exp) or not formula.args[0].is_polynomial(self.symbol):
            return None
        poly = sp.Poly(formula.args[0], self.symbol)
        a = -poly.coeff_monomial(self.symbol**2)
        if poly.degree() != 2 or poly.coeff_monomial(self.symbol) != 0 or not a.is_positive:
            return None
        return self._left(flint.arb(1), ball(1 / (4 * a) + poly.coeff_monomial(1)).exp())

    def _logarithm(self, formula: sp.Expr) -> sp.Expr | None:
        """log(1 + e^u) is u or 0, and at most e^(-|u|) more."""
        constant, rest = formula.args[0].as_coeff_Add()
        found = self._linear(rest.args[0]) if constant == 1 and isinstance(rest, sp.exp) else None
        if found is None:
            return None
        rate, shift, direction = found
        left = self._left(rate, (-direction * shift).exp())
        return left + rest.args[0] if direction > 0 else left

    def _linear(self, inner: sp.Expr) -> tuple[flint.arb, flint.arb, int] | None:
        """|a|, b, and the direction of a x + b on the half line."""
        if not inner.is_polynomial(self.symbol) or sp.degree(inner, self.symbol) != 1:
            return None
        slope, shift = sp.diff(inner, self.symbol), inner.subs(self.symbol, 0)
        return abs(ball(slope)), ball(shift), int(sp.sign(slope)) * self.side

    def _left(self, rate: flint.arb, bound: flint.arb) -> sp.Dummy:
        symbol = sp.Dummy()
        self.rates[symbol] = rate, bound
        return symbol
