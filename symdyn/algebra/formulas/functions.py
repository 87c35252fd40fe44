"""The functions that a formula may call: of one argument, but for max and min of several."""

import math
from collections.abc import Callable
from typing import NamedTuple

import sympy as sp

_ROUNDING = 1e-9


class Function(NamedTuple):
    """What a name builds, and the float that goes with it."""

    build: Callable[..., sp.Expr]
    approximate: Callable[..., float]


def _sigmoid(argument: sp.Expr) -> sp.Expr:
    return sp.Pow(sp.Add(1, sp.exp(sp.Mul(-1, argument))), -1)


def _clamped(function: Callable[[float], float]) -> Callable[[float], float]:
    """`function` on [-1, 1], which rounding may have left by a little."""
    return lambda x: function(max(-1.0, min(1.0, x)) if abs(x) < 1 + _ROUNDING else x)


def _sign(x: float) -> float:
    return float((x > 0) - (x < 0))


#: Those of two arguments or more.
OF_SEVERAL = frozenset({"max", "min"})

FUNCTIONS = {
    "abs": Function(sp.Abs, abs),
    "acos": Function(sp.acos, _clamped(math.acos)),
    "acosh": Function(sp.acosh, math.acosh),
    "asin": Function(sp.asin, _clamped(math.asin)),
    "asinh": Function(sp.asinh, math.asinh),
    "atan": Function(sp.atan, math.atan),
    "atanh": Function(sp.atanh, math.atanh),
    "cos": Function(sp.cos, math.cos),
    "cosh": Function(sp.cosh, math.cosh),
    "cot": Function(sp.cot, lambda x: 1 / math.tan(x)),
    "coth": Function(sp.coth, lambda x: 1 / math.tanh(x)),
    "csc": Function(sp.csc, lambda x: 1 / math.sin(x)),
    "csch": Function(sp.csch, lambda x: 1 / math.sinh(x)),
    "erf": Function(sp.erf, math.erf),
    "exp": Function(sp.exp, math.exp),
    "heaviside": Function(sp.Heaviside, lambda x: (1 + _sign(x)) / 2),
    "ln": Function(sp.log, math.log),
    "log": Function(sp.log, math.log),
    "max": Function(sp.Max, max),
    "min": Function(sp.Min, min),
    "relu": Function(lambda x: sp.Max(0, x), lambda x: max(0.0, x)),
    "sec": Function(sp.sec, lambda x: 1 / math.cos(x)),
    "sech": Function(sp.sech, lambda x: 1 / math.cosh(x)),
    "sigmoid": Function(_sigmoid, lambda x: 1 / (1 + math.exp(-x))),
    "sign": Function(sp.sign, _sign),
    "sin": Function(sp.sin, math.sin),
    "sinh": Function(sp.sinh, math.sinh),
    "sqrt": Function(sp.sqrt, math.sqrt),
    "tan": Function(sp.tan, math.tan),
    "tanh": Function(sp.tanh, math.tanh),
}

#: SymPy turns exp(n*log(2)) into 2**n: arguments of these are bounded like exponents.
EXPONENTIAL = frozenset({"cosh", "coth", "csch", "exp", "sech", "sigmoid", "sinh", "tanh"})
