"""The functions that a formula may call, each with one argument."""

import math
from collections.abc import Callable
from typing import NamedTuple

import sympy as sp

_ROUNDING = 1e-9


class Function(NamedTuple):
    """What a name builds, and the float that goes with it."""

    build: Callable[[sp.Expr], sp.Expr]
    approximate: Callable[[float], float]


def _sigmoid(argument: sp.Expr) -> sp.Expr:
    return sp.Pow(sp.Add(1, sp.exp(sp.Mul(-1, argument))), -1)


def _clamped(function: Callable[[float], float]) -> Callable[[float], float]:
    """`function` on [-1, 1], which rounding may have left by a little."""
    return lambda x: function(max(-1.0, min(1.0, x)) if abs(x) < 1 + _ROUNDING else x)


FUNCTIONS = {
    "abs": Function(sp.Abs, abs),
    "acos": Function(sp.acos, _clamped(math.acos)),
    "asin": Function(sp.asin, _clamped(math.asin)),
    "atan": Function(sp.atan, math.atan),
    "cos": Function(sp.cos, math.cos),
    "cosh": Function(sp.cosh, math.cosh),
    "erf": Function(sp.erf, math.erf),
    "exp": Function(sp.exp, math.exp),
    "ln": Function(sp.log, math.log),
    "log": Function(sp.log, math.log),
    "sigmoid": Function(_sigmoid, lambda x: 1 / (1 + math.exp(-x))),
    "sin": Function(sp.sin, math.sin),
    "sinh": Function(sp.sinh, math.sinh),
    "sqrt": Function(sp.sqrt, math.sqrt),
    "tan": Function(sp.tan, math.tan),
    "tanh": Function(sp.tanh, math.tanh),
}

#: SymPy turns exp(n*log(2)) into 2**n: arguments of these are bounded like exponents.
EXPONENTIAL = frozenset({"cosh", "exp", "sigmoid", "sinh", "tanh"})
