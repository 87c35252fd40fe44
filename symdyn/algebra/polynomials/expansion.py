"""Expansion of a SymPy expression into monomials, with a budget and exact coefficients."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

import flint
import sympy as sp

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.formulas.symbols import OTHER_FLOW
from symdyn.errors import ModelError

#: A polynomial: ((variable, exponent), ...), sorted by variable, to a rational coefficient.
Terms = dict[tuple[tuple[int, int], ...], int | Fraction]

#: More terms than this are refused; a network with more is a program, not a formula.
MAX_TERMS = 2_000_000
MAX_EXPONENT = 1000
#: Numbers that the gradients may hold: for each term its degree, times the variables in it. 320 MB in all.
MAX_CELLS = 40_000_000
#: Terms that FLINT multiplies out, and Python turns into a dictionary, in a second.
_TERMS_PER_SECOND = 100_000


class TooManyTermsError(ModelError):
    """The expanded polynomial would be too large to hold."""


def expanded(expression: sp.Expr, index: Mapping[sp.Symbol, int], where: str, memo: dict[sp.Expr, Terms]) -> Terms:
    """The expression as a polynomial in the symbols of `index`.

    Raises
    ------
    ModelError
        If it is no polynomial with rational coefficients.
    TooManyTermsError
        If it has over MAX_TERMS terms, or its gradients would hold over MAX_CELLS numbers.
    OutOfTimeError
        If a deadline is over, or would be.
    """
    found = _Expansion(index, where, memo).of(expression)
    cells = sum(sum(power for _, power in monomial) * len(monomial) for monomial in found)
    _check_cells(cells, len(found), where)
    return found


def _check_cells(cells: int, terms: int, where: str) -> None:
    if cells > MAX_CELLS:
        raise TooManyTermsError(
            f"{where} has {terms:,} terms when it is expanded, too many of so high a degree: give the model as a "
            "network program (symdyn.networks), or with fewer factors"
        )


def not_a_polynomial(expression: sp.Expr, where: str) -> ModelError:
    """The refusal of a part of an expression that is no polynomial."""
    if expression.is_Float:
        exact = Fraction(str(expression)) if expression.is_finite else None
        advice = f": write {exact.numerator}/{exact.denominator}" if exact is not None else ""
        return ModelError(
            f"{expression} in {where} is a floating-point number, and laws are decided exactly{advice}"
        )
    return ModelError(
        f"{_short(expression)} in {where} is not a polynomial in the coordinates with rational coefficients: "
        f"{_advice(expression)}"
    )


class _Expansion:
    def __init__(self, index: Mapping[sp.Symbol, int], where: str, memo: dict[sp.Expr, Terms]) -> None:
        self.index, self.where, self.memo = index, where, memo

    def of(self, expression: sp.Expr) -> Terms:
        known = self.memo.get(expression)
        if known is None:
            known = self.memo[expression] = self._of(expression)
        return known

    def _of(self, expression: sp.Expr) -> Terms:
        if expression.is_Symbol:
            if expression not in self.index:
                raise ModelError(
                    f"`{expression}` in {self.where} is neither a coordinate nor a constant: add it to the "
                    "coordinates, or to `constants`"
                )
            return {((self.index[expression], 1),): 1}
        if expression.is_Rational:
            if expression.is_zero:
                return {}
            return {(): int(expression.p) if expression.q == 1 else Fraction(int(expression.p), int(expression.q))}
        if expression.is_Add:
            return self._sum(expression)
        if expression.is_Mul:
            return self._product(expression)
        if expression.is_Pow and expression.exp.is_Integer and expression.exp >= 0:
            return self._power(expression)
        raise not_a_polynomial(expression, self.where)

    def _sum(self, expression: sp.Expr) -> Terms:
        total: Terms = {}
        for part in expression.args:
            check_time()
            for monomial, coefficient in self.of(part).items():
                value = total.get(monomial, 0) + coefficient
                if value:
                    total[monomial] = value
                else:
                    del total[monomial]
            self._check(len(total))
        return total

    def _product(self, expression: sp.Expr) -> Terms:
        total: Terms = {(): 1}
        for part in sorted((self.of(argument) for argument in expression.args), key=len):
            total = self._multiply(total, part)
        return total

    def _power(self, expression: sp.Expr) -> Terms:
        exponent = int(expression.exp)
        if exponent > MAX_EXPONENT:
            raise ModelError(f"the exponent {exponent} in {self.where} is too large: exponents up to {MAX_EXPONENT}")
        if exponent == 0:
            return {(): 1}
        base = self.of(expression.base)
        if len(base) == 1:
            ((monomial, coefficient),) = base.items()
            return {tuple((place, power * exponent) for place, power in monomial): coefficient**exponent}
        self._check_power(base, exponent)
        return _flint_power(base, exponent)

    def _check_power(self, base: Terms, exponent: int) -> None:
        """Bound the terms before any is made: products of the terms of the base, and monomials of the degree."""
        variables = len({place for monomial in base for place, _ in monomial})
        degree = exponent * max(sum(power for _, power in monomial) for monomial in base)
        most = min(math.comb(len(base) + exponent - 1, exponent), math.comb(variables + degree, degree))
        if most > 2 * MAX_TERMS:
            self._check(most)
        if () not in base and all(sum(power for _, power in monomial) == 1 for monomial in base):
            # a power of a sum of different variables has all these terms
            _check_cells(most * degree * min(variables, degree) // 2, most, self.where)
        check_time(most / _TERMS_PER_SECOND)

    def _multiply(self, left: Terms, right: Terms) -> Terms:
        if len(left) == 1:
            ((monomial, coefficient),) = left.items()
            if not monomial:
                return {other: coefficient * value for other, value in right.items()}
        self._check(len(left) * len(right) // 5)
        check_time(len(left) * len(right) / _TERMS_PER_SECOND / 10)
        out: Terms = {}
        for first, first_value in left.items():
            for second, second_value in right.items():
                monomial = _merged(first, second)
                value = out.get(monomial, 0) + first_value * second_value
                if value:
                    out[monomial] = value
                else:
                    del out[monomial]
            self._check(len(out))
            check_time()
        return out

    def _check(self, terms: int) -> None:
        if terms > MAX_TERMS:
            raise TooManyTermsError(
                f"{self.where} has more than {MAX_TERMS:,} terms when it is expanded: give the model as a network "
                "program (symdyn.networks), or with fewer factors"
            )


def _flint_power(base: Terms, exponent: int) -> Terms:
    """A power of a sum, in the variables that it has."""
    variables = sorted({place for monomial in base for place, _ in monomial})
    position = {place: k for k, place in enumerate(variables)}
    context = flint.fmpq_mpoly_ctx.get([f"x{k}" for k in range(max(1, len(variables)))], "lex")
    table = {}
    for monomial, coefficient in base.items():
        exponents = [0] * max(1, len(variables))
        for place, power in monomial:
            exponents[position[place]] = power
        table[tuple(exponents)] = flint.fmpq(coefficient.numerator, coefficient.denominator)
    out: Terms = {}
    for powers, value in (context.from_dict(table) ** exponent).to_dict().items():
        monomial = tuple((variables[k], int(power)) for k, power in enumerate(powers) if power)
        out[monomial] = int(value.p) if value.q == 1 else Fraction(int(value.p), int(value.q))
    return out


def _merged(first: tuple[tuple[int, int], ...], second: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    if not first:
        return second
    if not second:
        return first
    if first[-1][0] < second[0][0]:
        return first + second
    powers = dict(first)
    for place, power in second:
        powers[place] = powers.get(place, 0) + power
    return tuple(sorted(powers.items()))


def _short(expression: sp.Expr) -> str:
    text = str(expression)
    return text if len(text) <= 60 else text[:57] + "..."


def _advice(expression: sp.Expr) -> str:
    if expression.has(sp.I):
        return "laws are those of real parameters, so give real and imaginary parts as outputs of their own"
    if expression.is_number:
        return (
            "a symbol in its place, listed in `constants`, stands for a generic value, and the count is then that of "
            "generic values, which this number need not be"
        )
    if expression.is_Pow and expression.exp.is_Integer:
        return (
            "replace the output by a polynomial function of it, as 1/u by u, or give a Predictor, which reads fractions"
        )
    if expression.has(sp.exp):
        return OTHER_FLOW
    return (
        "give polynomials in the parameters, or a Predictor where inputs stand in the function; a function of "
        "parameters taken as a parameter of its own has another gradient flow, so the option metric changes with it"
    )
