"""Numbers in documents, as floats or as text such as sqrt(3)/2, compared with dyadic ones."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint

from symdyn.certificate.recheck.documents.formulas import Tree, UnreadableError, read_text

_BITS = 300
#: A value is the point where it differs by no more than this, relative to its size.
_CLOSE = Fraction(1, 10**9)


def is_close(value: Any, exact: Fraction) -> bool:
    """Whether what a document writes for a number is a dyadic number, to nine digits.

    Raises
    ------
    UnreadableError
        If it is no number.
    """
    if type(value) in (int, float):
        found = Fraction(value) if value == value and abs(value) != float("inf") else None
        if found is None:
            raise UnreadableError("is no finite number")
        return abs(found - exact) <= _CLOSE * max(abs(found), abs(exact), Fraction(1, 10**9))
    if not isinstance(value, str):
        raise UnreadableError("is neither a number nor a text")
    tree = read_text(value.replace("**", "^").replace("*", " "), {"pi": "pi"})
    with flint.ctx.workprec(_BITS):
        ball = _ball(tree)
        wanted = flint.arb(flint.fmpq(exact.numerator, exact.denominator))
        size = max(abs(exact), Fraction(1, 10**9)) * _CLOSE
        return bool(abs(ball - wanted) <= flint.arb(flint.fmpq(size.numerator, size.denominator)))


def _ball(tree: Tree) -> flint.arb:
    kind = tree[0]
    if kind == "number":
        return flint.arb(flint.fmpq(tree[1].numerator, tree[1].denominator))
    if kind == "name":
        return flint.arb.pi()
    if kind == "minus":
        return -_ball(tree[1])
    if kind == "sum":
        total = _ball(tree[1])
        for part in tree[2:]:
            total += _ball(part)
        return total
    if kind == "product":
        return _ball(tree[1]) * _ball(tree[2])
    if kind == "quotient":
        below = _ball(tree[2])
        if 0 in below:
            raise UnreadableError("divides by zero")
        return _ball(tree[1]) / below
    if kind == "power":
        found = _ball(tree[1]) ** _ball(tree[2])
        if not found.is_finite():
            raise UnreadableError("has no real value")
        return found
    if kind == "call" and tree[1] in ("sqrt", "exp", "log"):
        found = getattr(_ball(tree[2]), tree[1])()
        if not found.is_finite():
            raise UnreadableError("has no real value")
        return found
    raise UnreadableError("holds a function that is not read")
