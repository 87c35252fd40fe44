"""Sums of powers of a matrix for a symbolic number of them, and formulas with such powers as elements of a field."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symdyn.algebra.exact_matrix import ExactMatrix, exact_matrices
from symdyn.errors import ModelError


def is_formula(steps: Any) -> bool:
    """Whether a number of steps has symbols."""
    return isinstance(steps, sp.Expr) and bool(steps.free_symbols)


def sums_of_powers(S: sp.ImmutableMatrix, steps: sp.Expr) -> sp.ImmutableMatrix:
    """1 + S + ... + S^(N-1), by real eigenvectors.

    Raises
    ------
    ModelError
        If there are no d_z independent real ones.
    """
    if S.is_diagonal():
        return sp.ImmutableMatrix(sp.diag(*(_geometric(S[i, i], steps) for i in range(S.rows))))
    real = {symbol: sp.Dummy(symbol.name, real=True) for symbol in S.free_symbols if not symbol.is_real}
    back = {dummy: symbol for symbol, dummy in real.items()}
    try:
        P, D = S.subs(real).diagonalize()
    except (sp.matrices.exceptions.MatrixError, NotImplementedError):
        P = None
    if P is None or any(D[i, i].is_real is False or D[i, i].has(sp.CRootOf) for i in range(S.rows)):
        raise ModelError(
            "S has not as many real eigenvectors by radicals as rows: give a number of steps in the place of a symbol"
        )
    inverse = P.inv().applyfunc(sp.radsimp) if not P.free_symbols else P.inv()
    total = P * sp.diag(*(_geometric(D[i, i], steps) for i in range(S.rows))) * inverse
    return sp.ImmutableMatrix(total.subs(back))


def _geometric(value: sp.Expr, steps: sp.Expr) -> sp.Expr:
    if value == 1:
        return steps
    return (1 - _power(value, steps)) / (1 - value)


def _power(value: sp.Expr, steps: sp.Expr) -> sp.Expr:
    if value.is_zero:
        return sp.S.Zero if steps.is_positive else sp.Pow(0, steps)
    return sp.expand_power_exp(sp.Pow(value, steps))


def over_one_field(*matrices: Any) -> tuple[tuple[ExactMatrix, ...], dict[sp.Symbol, sp.Expr]]:
    """Matrices whose entries may have powers with symbolic exponents, with a symbol for each of these powers.

    Powers of rationals become those of primes, so that what is multiplicatively dependent is known to be; powers of
    other numbers are taken as independent.
    """
    given = [sp.ImmutableMatrix(matrix).applyfunc(sp.expand_power_exp) for matrix in matrices]
    stands: dict[sp.Expr, sp.Symbol] = {}

    def encoded(entry: sp.Expr) -> sp.Expr:
        powers = [one for one in entry.atoms(sp.Pow) if one.exp.free_symbols]
        return entry.xreplace({one: _encoded_power(one, stands) for one in powers})

    plain = [matrix.applyfunc(encoded) for matrix in given]
    found = exact_matrices(*plain)
    if found is None:
        raise ModelError("formulas with a symbolic number of steps have floats: give fractions")
    return found, {dummy: power for power, dummy in stands.items()}


def _encoded_power(power: sp.Pow, stands: dict[sp.Expr, sp.Symbol]) -> sp.Expr:
    total: sp.Expr = sp.S.One
    exponent = sp.expand(power.exp)
    for term in exponent.as_ordered_terms():
        number, rest = term.as_coeff_Mul()
        if rest == 1:
            total *= power.base**number
            continue
        if not number.is_Integer:
            number, rest = sp.S.One, term
        for base, times in _factors(power.base):
            key = sp.Pow(base, rest, evaluate=False)
            total *= stands.setdefault(key, sp.Dummy(f"p{len(stands)}", real=True)) ** (number * times)
    return total


def _factors(base: sp.Expr) -> list[tuple[sp.Expr, int]]:
    """Primes of a rational number, and its sign."""
    if not base.is_Rational or base.is_zero:
        return [(base, 1)]
    found = [(sp.Integer(p), int(k)) for p, k in sp.factorrat(abs(base)).items() if p != 1]
    return ([(sp.S.NegativeOne, 1)] if base < 0 else []) + found


def decoded(value: sp.Expr, stands: dict[sp.Symbol, sp.Expr]) -> sp.Expr:
    """A formula with the powers back in their places."""
    if not stands:
        return value
    back = {dummy: sp.Pow(*power.args) for dummy, power in stands.items()}
    return sp.factor(value).xreplace(back)
