"""Numbers in documents, as floats or as text such as sqrt(3)/2, compared with dyadic ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint

from symdyn.certificate.canonical import canonical_text
from symdyn.certificate.recheck.documents.trees.formulas import Tree, UnreadableError, read_text

_BITS = 300
_FUNCTIONS = ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "asinh",
              "acosh", "atanh", "erf", "erfc", "erfi", "Ei", "Si", "Ci", "li")  # fmt: skip
_DECIMAL = re.compile(r"-?\d{1,400}(\.\d{1,400})?(e[-+]?\d{1,3})?")
#: A value is the point where it differs by no more than this, relative to its size.
_CLOSE = Fraction(1, 10**9)
_EXACTLY = Fraction(1, 2**200)


def is_same(value: Any, other: Any) -> bool:
    """Whether two pieces of JSON data are written alike: 1, 1.0 and true are not."""
    return canonical_text(value) == canonical_text(other)


def is_close(value: Any, exact: Fraction, *, is_exact: bool) -> bool:
    """Whether what a document writes for a number is that number: to nine digits; a formula of an exact one exactly.

    Raises
    ------
    UnreadableError
        If it is a formula that is not read.
    """
    if type(value) in (int, float) or (isinstance(value, str) and _DECIMAL.fullmatch(value)):
        if abs(float(value)) == float("inf") or value != value:
            return False
        found = Fraction(value)
        if is_exact and isinstance(value, str):
            return found == exact
        return abs(found - exact) <= _CLOSE * max(abs(found), abs(exact), Fraction(1, 10**9))
    if not isinstance(value, str):
        return False
    tree = read_text(value.replace("**", "^").replace("*", " "), {"pi": "pi"})
    with flint.ctx.workprec(_BITS):
        number = ball(tree, {})
        wanted = flint.arb(flint.fmpq(exact.numerator, exact.denominator))
        size = max(abs(exact), Fraction(1, 10**9)) * (_EXACTLY if is_exact else _CLOSE)
        return bool(abs(number - wanted) <= flint.arb(flint.fmpq(size.numerator, size.denominator)))


def ball(tree: Tree, point: Mapping[str, flint.arb]) -> flint.arb:
    """A ball that holds the value of a formula at a point.

    Raises
    ------
    UnreadableError
        If it has no real value there, or none that is known here.
    """
    kind = tree[0]
    if kind == "number":
        return flint.arb(flint.fmpq(tree[1].numerator, tree[1].denominator))
    if kind == "name":
        return point[tree[1]] if tree[1] in point else flint.arb.pi()
    parts = [ball(part, point) for part in tree[1:] if isinstance(part, tuple)]
    if kind == "minus":
        return -parts[0]
    if kind == "sum":
        return sum(parts[1:], parts[0])
    if kind == "product":
        return parts[0] * parts[1]
    if kind == "quotient":
        if 0 in parts[1]:
            raise UnreadableError("divides by zero")
        return parts[0] / parts[1]
    if kind == "power":
        return _finite(parts[0] ** parts[1])
    if kind == "call" and tree[1] in _FUNCTIONS:
        return _finite(getattr(parts[0], tree[1].lower())())
    raise UnreadableError("holds a function that is not read")


def _finite(value: flint.arb) -> flint.arb:
    if not value.is_finite():
        raise UnreadableError("has no real value")
    return value
