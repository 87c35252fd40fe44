"""What a program is at a rational point, with an unknown for every value of a function that is no fraction."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint

from symdyn.algebra.programs.steps import StraightLine, operands_of

_MOST_UNKNOWNS = 24
_MOST_TERMS = 200
_MOST_POWER = 40

Ratio = tuple[Any, Any]


def vanishes_formally(program: StraightLine, point: Sequence[Fraction]) -> bool:
    """Whether all outputs are 0 at a rational point whatever the values of functions there are, where they have one.

    Values of one function at one argument are one unknown; no other relation is used, so that False shows nothing.

    Examples
    --------
    >>> import sympy as sp
    >>> from symdyn.algebra.programs.straight_line import straight_line
    >>> x, y = sp.symbols("x y")
    >>> program = straight_line([(x*sp.exp(x) + y*sp.exp(y))/(sp.exp(x) + sp.exp(y)) - 1], (x, y))
    >>> vanishes_formally(program, [Fraction(1), Fraction(1)]), vanishes_formally(program, [Fraction(1), Fraction(2)])
    (True, False)
    """
    number = sum(name not in _RATIONAL for name, _ in program.steps)
    if number > _MOST_UNKNOWNS:
        return False
    unknowns = flint.fmpq_mpoly_ctx.get([f"t{k}" for k in range(max(1, number))], "lex")
    run = _Run(unknowns, point)
    for name, operands in program.steps:
        value = run.step(name, operands)
        if value is None:
            return False
        run.values.append(value)
    return all(run.values[k][0] == 0 for k in program.outputs)


_RATIONAL = ("input", "rational", "add", "multiply", "divide", "power")


class _Run:
    """Values of the steps so far, as fractions of polynomials."""

    def __init__(self, unknowns: Any, point: Sequence[Fraction]) -> None:
        self.one = unknowns.constant(1)
        self.gens = unknowns.gens()
        self.point = point
        self.values: list[Ratio] = []
        self.known: dict[tuple[str, ...], Any] = {}

    def number(self, value: Fraction) -> Ratio:
        """A fraction as one of polynomials."""
        return self.one * flint.fmpq(value.numerator, value.denominator), self.one

    def step(self, name: str, operands: tuple[int, ...]) -> Ratio | None:
        """The value of a step; None where it has none, or is too long."""
        if name == "input":
            return self.number(Fraction(self.point[operands[0]]))
        if name == "rational":
            return self.number(Fraction(*operands))
        parts = [self.values[k] for k in operands_of((name, operands))]
        found = self._rational(name, operands, parts) if name in _RATIONAL else self._function(name, operands, parts)
        return None if found is None or max(map(len, found)) > _MOST_TERMS else found

    def _rational(self, name: str, operands: tuple[int, ...], parts: list[Ratio]) -> Ratio | None:
        if name == "power":
            (above, below), power = parts[0], operands[1]
            if power < 0:
                above, below = below, above
            if below == 0 or abs(power) > _MOST_POWER:
                return None
            return _reduced(above ** abs(power), below ** abs(power))
        found = parts[0]
        for above, below in parts[1:]:
            if name == "add":
                found = _reduced(found[0] * below + above * found[1], found[1] * below)
            elif name == "multiply":
                found = _reduced(found[0] * above, found[1] * below)
            elif above == 0:
                return None
            else:
                found = _reduced(found[0] * below, found[1] * above)
            if max(map(len, found)) > _MOST_TERMS:
                return None
        return found

    def _function(self, name: str, operands: tuple[int, ...], parts: list[Ratio]) -> Ratio:
        if name == "exp" and parts[0][0] == 0:
            return self.one, self.one
        key = (name, str(operands[1:]), *(f"{above}/{below}" for above, below in parts))
        if key not in self.known:
            self.known[key] = self.gens[len(self.known)]
        return self.known[key], self.one


def _reduced(above: Any, below: Any) -> Ratio:
    """Without common factors, and with the leading coefficient one below."""
    if above == 0:
        return above, below / below
    common = above.gcd(below)
    above, below = above / common, below / common
    return above / below.leading_coefficient(), below / below.leading_coefficient()
