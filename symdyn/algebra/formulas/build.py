"""Postfix steps to SymPy expressions, with plain Add, Mul and Pow on operands that are already built.

Nothing here receives text but validated names and digits. Next to each operand that has no symbol goes a
float, its approximate value: it decides nothing but what to refuse (a root of a negative number, a
divisor that may be zero, an exponent out of bounds).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Any, TypeAlias

import sympy as sp

from symdyn.algebra.budgets.call_budget import BudgetSpentError, call_budget
from symdyn.algebra.formulas import numbers
from symdyn.algebra.formulas.functions import EXPONENTIAL, FUNCTIONS
from symdyn.algebra.formulas.grammar import Action, Step
from symdyn.algebra.formulas.guard import Source
from symdyn.errors import FormulaError

FormulaArray: TypeAlias = "sp.Expr | tuple[FormulaArray, ...]"

# calls and returns while SymPy builds: half a second for a short formula; a long one may take ten
MIN_EVENTS = 2_000_000
EVENTS_PER_STEP = 3_000
MAX_EVENTS = 40_000_000
_NEAR_ZERO = 1e-9


class _Head(Enum):
    ATOM = "a complete expression"
    SUM = "terms to be added"
    PRODUCT = "factors to be multiplied"
    ARRAY = "a tuple or list"


@dataclass(slots=True)
class _Operand:
    """An operand; a sum or product keeps its parts apart until it is complete, so that it is built once.

    `constant` is None if the operand depends on a symbol, nan if its value is not known.
    """

    head: _Head
    parts: list[FormulaArray]
    constant: float | None


def build(steps: Sequence[Step], source: Source, symbols: Mapping[str, sp.Symbol], exact: bool) -> FormulaArray:
    """The expression, or the nested tuple of expressions, that the steps compute.

    Raises
    ------
    FormulaError
        If a decimal comes although `exact`, a result is not finite and real or has too many digits, or SymPy
        takes too long.
    """
    builder = _Builder(source, symbols, exact)
    if not any(_may_take_long(step, before) for before, step in pairwise(steps)):
        return builder.run(steps)
    try:
        with call_budget(min(MIN_EVENTS + EVENTS_PER_STEP * len(steps), MAX_EVENTS)):
            return builder.run(steps)
    except (BudgetSpentError, RecursionError):
        real = all(symbol.is_real for symbol in symbols.values())
        raise builder.error(
            builder.step,
            "takes too long, with long arguments, or functions and roots in one another: write it in parts"
            + ("" if real else ", or with symbols that are real"),
        ) from None


def _may_take_long(step: Step, before: Step) -> bool:
    """Whether a step is a call, or a power but for one by a literal integer."""
    return step.action is Action.CALL or (step.action is Action.POWER and not before.word.isdigit())


class _Builder:
    """Runs the steps on a stack of operands; `step` is the one at work."""

    def __init__(self, source: Source, symbols: Mapping[str, sp.Symbol], exact: bool) -> None:
        self.source, self.symbols, self.exact = source, symbols, exact
        self.step: Step

    def run(self, steps: Sequence[Step]) -> FormulaArray:
        stack: list[_Operand] = []
        for step in steps:
            self.step = step
            operands = stack[len(stack) - step.operands :]
            del stack[len(stack) - step.operands :]
            stack.append(self._apply(step, operands))
        (result,) = stack
        return self._entry(result, steps[-1])

    def _entry(self, operand: _Operand, step: Step) -> FormulaArray:
        """A complete formula, checked as a whole, or an array of such."""
        if operand.head is _Head.ARRAY:
            return operand.parts[0]
        expression = self._complete(operand, step)
        reason = numbers.fault(expression)
        if reason is not None:
            raise self.error(step, reason)
        return expression

    def _apply(self, step: Step, operands: Sequence[_Operand]) -> _Operand:
        if step.action is Action.NUMBER:
            return _atom(numbers.read_number(step, self.source, self.exact), None)
        if step.action is Action.NAME:
            if step.word == "pi":
                return _atom(sp.pi, math.pi)
            return _atom(self.symbols[step.word], None)
        if step.action is Action.ARRAY:
            entries = tuple(self._entry(operand, step) for operand in operands)
            return _Operand(_Head.ARRAY, [entries], None)
        if any(operand.head is _Head.ARRAY for operand in operands):
            raise self.error(step, "calculates with a list: write the operation inside, entry by entry")
        match step.action:
            case Action.ADD:
                return self._sum(step, *operands)
            case Action.SUBTRACT:
                return self._sum(step, operands[0], self._negative(step, operands[1]))
            case Action.MULTIPLY:
                return self._product(step, *operands)
            case Action.DIVIDE:
                return self._product(step, operands[0], self._inverse(step, operands[1]))
            case Action.POWER:
                return self._power(step, *operands)
            case Action.NEGATE:
                return self._negative(step, operands[0])
            case Action.CALL:
                return self._call(step, operands)
            case _:
                return operands[0]

    def _sum(self, step: Step, left: _Operand, right: _Operand) -> _Operand:
        terms = self._parts(left, _Head.SUM, step)
        terms.extend(self._parts(right, _Head.SUM, step))
        return _Operand(_Head.SUM, terms, _estimate(lambda a, b: a + b, left, right))

    def _product(self, step: Step, left: _Operand, right: _Operand) -> _Operand:
        factors = self._parts(left, _Head.PRODUCT, step)
        factors.extend(self._parts(right, _Head.PRODUCT, step))
        return _Operand(_Head.PRODUCT, factors, _estimate(lambda a, b: a * b, left, right))

    def _negative(self, step: Step, operand: _Operand) -> _Operand:
        factors = self._parts(operand, _Head.PRODUCT, step)
        factors.append(sp.Integer(-1))
        return _Operand(_Head.PRODUCT, factors, _estimate(lambda a: -a, operand))

    def _inverse(self, step: Step, operand: _Operand) -> _Operand:
        divisor = self._complete(operand, step)
        self._check_nonzero(step, divisor, operand.constant)
        return _atom(sp.Pow(divisor, -1), _estimate(lambda a: 1 / a, operand))

    def _power(self, step: Step, left: _Operand, right: _Operand) -> _Operand:
        base, exponent = self._complete(left, step), self._complete(right, step)
        self._check_exponent(step, base, exponent, right.constant)
        if right.constant is None or right.constant < 0:
            self._check_nonzero(step, base, left.constant)
        largest = numbers.largest_coefficient(sp.Add.make_args(exponent))
        size = numbers.content_digits(base) * float(largest)
        if size > numbers.MAX_DIGITS:
            raise self.error(step, f"has about {size:.0f} digits: up to {numbers.MAX_DIGITS} are allowed")
        if exponent.is_Rational and not exponent.is_Integer:
            self._check_root(step, base, left.constant)
        return _atom(sp.Pow(base, exponent), _estimate(lambda a, b: a**b, left, right))

    def _call(self, step: Step, operands: Sequence[_Operand]) -> _Operand:
        function = FUNCTIONS[step.word]
        if len(operands) > 1:
            built = function.build(*(self._complete(operand, step) for operand in operands))
            return _atom(built, _estimate(function.approximate, *operands))
        (operand,) = operands
        argument = self._complete(operand, step)
        value = _estimate(function.approximate, operand)
        if operand.constant is not None:
            if operand.constant == 0 and step.word in ("log", "ln"):
                raise self.error(step, "is not finite: keep the argument of a logarithm above zero")
            if not math.isfinite(operand.constant):
                raise self.error(step, "has an argument that is too large: write a smaller number")
            if value is not None and math.isnan(value):
                raise self.error(step, "is not a real number: formulas are real")
        if step.word == "sqrt":
            self._check_root(step, argument, operand.constant)
        if step.word in EXPONENTIAL:
            self._check_growth(step, argument, operand.constant)
        result = function.build(argument)
        if result in numbers.NOT_A_VALUE:
            raise self.error(step, "is not finite: keep the argument away from the poles")
        return _atom(result, value)

    def _check_exponent(self, step: Step, base: sp.Expr, exponent: sp.Expr, constant: float | None) -> None:
        largest = numbers.largest_coefficient(sp.Add.make_args(exponent))
        bounded = constant is None or abs(constant) <= numbers.MAX_EXPONENT
        if bounded and largest <= numbers.MAX_EXPONENT:
            return
        if base.is_Rational and numbers.digits(base) * float(min(largest, 10**9)) > 10**6:
            size = "has more than 10^6 digits"
        else:
            size = f"has an exponent above {numbers.MAX_EXPONENT}"
        raise self.error(step, f"{size}: exponents up to {numbers.MAX_EXPONENT} are allowed")

    def _check_nonzero(self, step: Step, divisor: sp.Expr, constant: float | None) -> None:
        if divisor.is_Rational:
            if divisor == 0:
                raise self.error(step, "divides by zero: write a divisor that is not zero")
        elif constant is not None and not abs(constant) > _NEAR_ZERO:
            raise self.error(step, "divides by a number that cannot be told from zero: simplify the divisor")

    def _check_root(self, step: Step, base: sp.Expr, constant: float | None) -> None:
        if constant is not None and constant < 0:
            raise self.error(step, "is a root of a negative number: formulas are real")
        limit = numbers.MAX_ROOT_DIGITS
        if numbers.content_digits(base) > limit:
            raise self.error(step, f"is a root of a long number: up to {limit} digits are allowed")

    def _check_growth(self, step: Step, argument: sp.Expr, constant: float | None) -> None:
        """Refuse exp(1001), and exp(1001*log(2) + u), which SymPy turns into a power of 2."""
        largest = numbers.largest_coefficient(
            term for term in sp.Add.make_args(argument) if term.is_Rational or term.has(sp.log)
        )
        if largest > numbers.MAX_EXPONENT or (constant is not None and abs(constant) > numbers.MAX_EXPONENT):
            raise self.error(
                step, f"has an argument above {numbers.MAX_EXPONENT}: up to {numbers.MAX_EXPONENT} is allowed"
            )

    def _parts(self, operand: _Operand, head: _Head, step: Step) -> list[FormulaArray]:
        """The terms (factors) of an operand that joins a sum (product); the list is handed over."""
        return operand.parts if operand.head is head else [self._complete(operand, step)]

    def _complete(self, operand: _Operand, step: Step) -> sp.Expr:
        """Build a pending sum or product, once."""
        parts = operand.parts
        if operand.head is _Head.SUM:
            self._check_digits(step, numbers.sum_digits(parts))
            expression = sp.Add(*parts)
        elif operand.head is _Head.PRODUCT:
            self._check_digits(step, numbers.product_digits(parts))
            expression = sp.Mul(*parts)
        else:
            return parts[0]
        if expression.is_Rational:
            operand.constant = _float(expression)
        elif operand.constant is None and len(expression.args) < len(parts) and not expression.free_symbols:
            operand.constant = math.nan  # the symbols cancelled
        operand.head, operand.parts = _Head.ATOM, [expression]
        return expression

    def _check_digits(self, step: Step, size: float) -> None:
        if size > numbers.MAX_DIGITS:
            raise self.error(step, f"has numbers of about {size:.0f} digits: up to {numbers.MAX_DIGITS} are allowed")

    def error(self, step: Step, reason: str) -> FormulaError:
        return self.source.span_refusal(step.start, step.end, reason)


def _atom(expression: sp.Expr, constant: float | None) -> _Operand:
    """A complete expression; a number knows its own value best."""
    return _Operand(_Head.ATOM, [expression], _float(expression) if expression.is_Rational else constant)


def _float(number: sp.Rational) -> float:
    try:
        return int(number.p) / int(number.q)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _estimate(operation: Callable[..., Any], *operands: _Operand) -> float | None:
    """The float that belongs to a result: None with a symbol, nan if it is not real or not known."""
    values = [operand.constant for operand in operands]
    if any(value is None for value in values):
        return None
    try:
        result = operation(*values)
    except OverflowError:
        return math.inf
    except (ValueError, ZeroDivisionError):
        return math.nan
    return result if isinstance(result, float) else math.nan
