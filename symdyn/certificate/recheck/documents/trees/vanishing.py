"""Whether a tree of a formula is zero: by formal fractions with the rules of functions, or certainly not at a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.documents.trees.formulas import Tree, UnreadableError, calls
from symdyn.certificate.recheck.documents.trees.values import ball
from symdyn.certificate.recheck.identities.formal_fractions import Fractions, GivenUpError, Quotient
from symdyn.certificate.recheck.identities.formal_functions import FinerUnitError, Functions

_MOST_RESTARTS = 20
_BITS = 300
#: Points at which a formula is looked at: values of the variables run through these, over 64.
_STARTS = (67, 131, 29)


def vanishes(tree: Tree, names: Sequence[str]) -> bool | None:
    """True if it reduces to zero, False if its value at a point is certainly not zero, None if neither is seen."""
    if _is_apart(tree, names, _STARTS[0]):
        return False
    units: dict[Any, int] = {}
    for _ in range(_MOST_RESTARTS):
        try:
            if _Formal(names, tree, units).value(tree).above == 0:
                return True
            break
        except FinerUnitError:
            continue
        except (GivenUpError, UnreadableError):
            break
    return False if any(_is_apart(tree, names, start) for start in _STARTS[1:]) else None


def _is_apart(tree: Tree, names: Sequence[str], start: int) -> bool:
    """Whether the value at a point is certainly not zero."""
    with flint.ctx.workprec(_BITS):
        point = {name: flint.arb(flint.fmpq(start + 37 * k, 64)) for k, name in enumerate(names)}
        try:
            found = ball(tree, point)
        except (UnreadableError, ZeroDivisionError):
            return False
        return bool(found > 0) or bool(found < 0)


class _Formal:
    """Formal fractions of trees in named variables."""

    def __init__(self, names: Sequence[str], tree: Tree, units: dict[Any, int]) -> None:
        self.field = Fractions(len(names), 3 * calls(tree) + 40)
        self.functions = Functions(self.field, units)
        self.variables: Mapping[str, int] = {name: k for k, name in enumerate(names)}

    def value(self, tree: Tree) -> Quotient:
        tick()
        field, kind = self.field, tree[0]
        if kind == "number":
            return field.constant(tree[1].numerator, tree[1].denominator)
        if kind == "name":
            return self.functions.pi() if tree[1] not in self.variables else field.symbol(self.variables[tree[1]])
        if kind == "minus":
            return field.minus(self.value(tree[1]))
        if kind == "sum":
            total = self.value(tree[1])
            for part in tree[2:]:
                total = field.add(total, self.value(part))
            return total
        if kind == "product":
            return field.multiply(self.value(tree[1]), self.value(tree[2]))
        if kind == "quotient":
            return field.divide(self.value(tree[1]), self.value(tree[2]))
        if kind == "power":
            return self._power(self.value(tree[1]), self.value(tree[2]))
        if kind == "call":
            return self.functions.apply(tree[1], self.value(tree[2]))
        raise UnreadableError("holds e outside a power")

    def _power(self, base: Quotient, exponent: Quotient) -> Quotient:
        number = self.field.rational(exponent)
        if number is None:
            return self.functions.exponential(self.field.multiply(exponent, self.functions.logarithm(base)))
        if number.q == 1:
            return self.field.power(base, int(number.p))
        return self.functions.root(base, int(number.p), int(number.q))
