"""Derivatives of trees of formulas."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from symdyn.certificate.recheck.documents.trees.formulas import Tree, UnreadableError

ZERO: Tree = ("number", Fraction(0))
ONE: Tree = ("number", Fraction(1))
_TWO: Tree = ("number", Fraction(2))


def derivative(tree: Tree, name: str) -> Tree:
    """The derivative by a variable.

    Raises
    ------
    UnreadableError
        If it holds a function whose derivative is not known here.
    """
    kind = tree[0]
    if kind == "name":
        return ONE if tree[1] == name else ZERO
    if kind == "number" or not _has(tree, name):
        return ZERO
    if kind in ("sum", "minus"):
        return (kind, *(derivative(part, name) for part in tree[1:]))
    first, second = tree[1], tree[2]
    if kind == "product":
        return ("sum", ("product", derivative(first, name), second), ("product", first, derivative(second, name)))
    if kind == "quotient":
        rise = ("sum", derivative(first, name), ("minus", ("product", tree, derivative(second, name))))
        return ("quotient", rise, second)
    if kind == "power":
        if _has(second, name):
            raise UnreadableError("has a power with a moving exponent")
        lower = ("power", first, ("sum", second, ("minus", ONE)))
        return ("product", second, ("product", lower, derivative(first, name)))
    if kind == "call" and first in _SLOPES:
        return ("product", _SLOPES[first](second), derivative(second, name))
    raise UnreadableError("has a function whose derivative is not known")


def _has(tree: Tree, name: str) -> bool:
    return tree == ("name", name) or any(isinstance(part, tuple) and _has(part, name) for part in tree[1:])


def _square(x: Tree) -> Tree:
    return ("power", x, _TWO)


def _inverse(x: Tree) -> Tree:
    return ("quotient", ONE, x)


def _call(function: str, x: Tree) -> Tree:
    return ("call", function, x)


def _gauss(exponent: Tree) -> Tree:
    return ("quotient", ("product", _TWO, _call("exp", exponent)), _call("sqrt", ("name", "pi")))


def _plus(*parts: Tree) -> Tree:
    return ("sum", *parts)


#: The derivatives of the functions that are integrals of rational functions, and of their exponentials, are made of.
_SLOPES: dict[str, Callable[[Tree], Tree]] = {
    "exp": lambda x: _call("exp", x),
    "log": _inverse,
    "sqrt": lambda x: _inverse(("product", _TWO, _call("sqrt", x))),
    "erf": lambda x: _gauss(("minus", _square(x))),
    "erfc": lambda x: ("minus", _gauss(("minus", _square(x)))),
    "erfi": lambda x: _gauss(_square(x)),
    "atan": lambda x: _inverse(_plus(ONE, _square(x))),
    "atanh": lambda x: _inverse(_plus(ONE, ("minus", _square(x)))),
    "acoth": lambda x: _inverse(_plus(ONE, ("minus", _square(x)))),
    "asin": lambda x: _inverse(_call("sqrt", _plus(ONE, ("minus", _square(x))))),
    "acos": lambda x: ("minus", _inverse(_call("sqrt", _plus(ONE, ("minus", _square(x)))))),
    "asinh": lambda x: _inverse(_call("sqrt", _plus(ONE, _square(x)))),
    "acosh": lambda x: _inverse(_call("sqrt", _plus(_square(x), ("minus", ONE)))),
    "Ei": lambda x: ("quotient", _call("exp", x), x),
    "Si": lambda x: ("quotient", _call("sin", x), x),
    "Ci": lambda x: ("quotient", _call("cos", x), x),
    "li": lambda x: _inverse(_call("log", x)),
    "sin": lambda x: _call("cos", x),
    "cos": lambda x: ("minus", _call("sin", x)),
    "tan": lambda x: _plus(ONE, _square(_call("tan", x))),
    "sinh": lambda x: _call("cosh", x),
    "cosh": lambda x: _call("sinh", x),
    "tanh": lambda x: _plus(ONE, ("minus", _square(_call("tanh", x)))),
}
