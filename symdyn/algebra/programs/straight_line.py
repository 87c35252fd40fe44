"""Formulas lowered once, for every backend.

Formulas enter symengine, common subexpressions are shared there, and what remains is a list of steps. A backend turns
each step into its own arithmetic; exact rationals stay exact until it does. Derivatives are taken on the steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import symengine
import sympy as sp

from symdyn.algebra.programs.derivatives import entered
from symdyn.algebra.programs.step_derivatives import differentiated_line
from symdyn.algebra.programs.steps import FUNCTIONS, Steps, StraightLine, scheduled
from symdyn.errors import ModelError


def straight_line(
    expressions: Sequence[Any], arguments: Sequence[sp.Symbol], shape: tuple[int, int] | None = None
) -> StraightLine:
    """Lower SymPy (or symengine) expressions.

    Raises
    ------
    ModelError
        If an expression has a symbol that is no argument, or a function that the backends do not know.
    """
    entries, renaming = entered(expressions, arguments)
    return _lowered(entries, len(arguments), renaming, shape or (len(entries), 1))


def jacobian_line(
    components: Sequence[Any], coords: Sequence[sp.Symbol], arguments: Sequence[sp.Symbol]
) -> StraightLine:
    """Lower the matrix of partial derivatives: shape (components, coords).

    Raises
    ------
    ModelError
        As `straight_line`, or if a coordinate is missing among the arguments.
    """
    places = {symbol: k for k, symbol in enumerate(arguments)}
    missing = [str(symbol) for symbol in coords if symbol not in places]
    if missing:
        raise ModelError(f"`{missing[0]}` is no argument: list all coordinates among the arguments")
    return differentiated_line(straight_line(components, arguments), [places[symbol] for symbol in coords])


def _lowered(
    entries: list[Any], inputs: int, renaming: dict[sp.Symbol, sp.Symbol], shape: tuple[int, int]
) -> StraightLine:
    shared, reduced = symengine.cse(entries) if entries else ([], [])
    lowering = _Lowering(
        [symengine.Symbol(f"v{k}") for k in range(inputs)], {new.name: str(old) for old, new in renaming.items()}
    )
    for symbol, value in shared:
        lowering.known[symbol] = lowering.step_of(value)
    outputs = tuple(lowering.step_of(entry) for entry in reduced)
    return scheduled(StraightLine(inputs, tuple(lowering.steps), outputs, shape))


# functions that are quotients of others: above (1 for none) and below
_INVERTED = {
    "sec": (None, "cos"),
    "csc": (None, "sin"),
    "cot": ("cos", "sin"),
    "sech": (None, "cosh"),
    "csch": (None, "sinh"),
    "coth": ("cosh", "sinh"),
}


class _Lowering(Steps):
    """Steps so far, and where each expression already stands."""

    def __init__(self, inputs: Sequence[Any], originals: dict[str, str]) -> None:
        super().__init__(("input", (k,)) for k in range(len(inputs)))
        self.known: dict[Any, int] = {symbol: k for k, symbol in enumerate(inputs)}
        self.originals = originals

    def step_of(self, expression: Any) -> int:
        found = self.known.get(expression)
        if found is None:
            found = self.known[expression] = self._make(expression)
        return found

    def _make(self, expression: Any) -> int:
        kind = type(expression).__name__
        if expression.is_Symbol:
            raise ModelError(
                f"`{self.originals.get(str(expression), expression)}` has no value: list it among the arguments"
            )
        if expression.is_number is True:
            return self._number(expression, kind)
        if expression.is_Add:
            return self.emit("add", *(self.step_of(part) for part in expression.args))
        if expression.is_Mul:
            return self._product(expression)
        if expression.is_Pow:
            return self._power(*expression.args)
        if kind in ("Max", "Min"):
            return self._largest(expression.args, 1 if kind == "Max" else -1)
        name = kind.lower()
        if name in _INVERTED and len(expression.args) == 1:
            above, below = _INVERTED[name]
            argument = self.step_of(expression.args[0])
            top = self.emit(above, argument) if above else self.emit("rational", 1, 1)
            return self.emit("divide", top, self.emit(below, argument))
        if name in FUNCTIONS and len(expression.args) == 1:
            return self.emit(name, self.step_of(expression.args[0]))
        raise ModelError(
            f"the function {_named(expression)} is not known to the numerical backends: use {', '.join(FUNCTIONS)}, "
            "Max, Min, sign, Heaviside, Piecewise, and those that are made of them, as sech or acosh"
        )

    def _largest(self, arguments: Any, sign: int) -> int:
        """max(a, b) = (a + b + |a - b|)/2, and min with the other sign, one argument after another."""
        total = self.step_of(arguments[0])
        minus, half = self.emit("rational", -1, 1), self.emit("rational", 1, 2)
        for argument in arguments[1:]:
            other = self.step_of(argument)
            gap = self.emit("abs", self.emit("add", total, self.emit("multiply", minus, other)))
            part = gap if sign == 1 else self.emit("multiply", minus, gap)
            total = self.emit("multiply", half, self.emit("add", total, other, part))
        return total

    def _number(self, number: Any, kind: str) -> int:
        if kind == "Pi":
            return self.emit("pi")
        if kind == "Exp1":
            return self.emit("exp", self.emit("rational", 1, 1))
        if number.is_Rational:
            exact = number._sympy_()
            return self.emit("rational", int(exact.p), int(exact.q))
        if number.is_Float if hasattr(number, "is_Float") else kind == "RealDouble":
            # a float is a dyadic rational; it enters as exactly that
            exact = sp.Rational(number._sympy_())
            return self.emit("rational", int(exact.p), int(exact.q))
        if kind == "GoldenRatio":
            return self.step_of((1 + symengine.sqrt(5)) / 2)
        if kind in ("Catalan", "EulerGamma"):
            raise ModelError(f"the constant {kind} is not known to the numerical backends: use fractions, pi, exp(1)")
        raise ModelError(f"the number {number} is not real or not finite: give real numbers")

    def _product(self, product: Any) -> int:
        above, below = [], []
        for factor in product.args:
            if factor.is_Pow and _is_negative_integer(factor.args[1]):
                below.append(self._power(factor.args[0], -factor.args[1]))
            else:
                above.append(self.step_of(factor))
        top = self.emit("multiply", *above) if len(above) > 1 else (above[0] if above else self.emit("rational", 1, 1))
        if not below:
            return top
        return self.emit("divide", top, self.emit("multiply", *below) if len(below) > 1 else below[0])

    def _power(self, base: Any, exponent: Any) -> int:
        if type(base).__name__ == "Exp1":
            return self.emit("exp", self.step_of(exponent))
        if exponent.is_Rational:
            exact = exponent._sympy_()
            if exact < 0:
                return self.emit("divide", self.emit("rational", 1, 1), self._power(base, -exponent))
            if exact == 1:
                return self.step_of(base)
            if exact.q == 1:
                return self.emit("power", self.step_of(base), int(exact))
            if (exact.p, exact.q) == (1, 2):
                return self.emit("sqrt", self.step_of(base))
            return self.emit("root", self.step_of(base), int(exact.p), int(exact.q))
        return self.emit("exp", self.emit("multiply", self.step_of(exponent), self.emit("log", self.step_of(base))))


def _named(expression: Any) -> str:
    """The name of a function as SymPy has it."""
    try:
        return str(expression._sympy_().func.__name__)
    except (AttributeError, TypeError, RuntimeError):
        return type(expression).__name__


def _is_negative_integer(exponent: Any) -> bool:
    return bool(exponent.is_Integer) and exponent < 0
