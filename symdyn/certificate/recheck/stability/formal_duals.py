"""Stored programs run on formal fractions together with derivatives along some directions.

Where a numerator reduces to zero the derivative vanishes wherever the program has a value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.identities.formal_fractions import Fractions, GivenUpError, Quotient
from symdyn.certificate.recheck.identities.formal_functions import FinerUnitError, Functions
from symdyn.certificate.witness.program import FUNCTIONS, Program

_MOST_RESTARTS = 20
_MOST_SYMBOLS = 60
_MOST_INPUTS = 40
Answer = TypeVar("Answer")


class Dual(NamedTuple):
    """A formal fraction and its derivatives along the directions."""

    value: Quotient
    slopes: tuple[Quotient, ...] = ()


def formally(inputs: int, programs: Sequence[Program], build: Callable[[Fractions, Functions], Answer]) -> Answer:
    """What is built over fractions in so many inputs and the symbols that the functions of some programs need.

    Raises
    ------
    GivenUpError
        If there are too many of them, or the formulas grow too large.
    """
    steps = [step for program in programs for step in program.steps]
    others = sum(step[0] in FUNCTIONS or step[0] in ("root", "pi") for step in steps)
    if inputs > _MOST_INPUTS or others > _MOST_SYMBOLS:
        raise GivenUpError("there are more symbols than this re-checker holds apart")
    units: dict[Any, int] = {}
    for _ in range(_MOST_RESTARTS):
        field = Fractions(inputs, 8 * others + 12 if others else 1)
        functions = Functions(field, units)
        if others:
            functions.pi()
        try:
            return build(field, functions)
        except FinerUnitError:
            continue
    raise GivenUpError("exponents have too many denominators")


def run(program: Program, inputs: Sequence[Dual], field: Fractions, functions: Functions) -> list[Dual]:
    """The outputs of a program, with derivatives along as many directions as its inputs have slopes."""
    many = len(inputs[0].slopes) if inputs else 0
    values: list[Dual] = []
    for name, *operands in program.steps:
        tick()
        values.append(_Step(field, functions, many).dual(name, operands, values, inputs))
    return [values[k] for k in program.outputs]


class _Step:
    """The rules of differentiation, for one step after another."""

    def __init__(self, field: Fractions, functions: Functions, many: int) -> None:
        self.field, self.functions = field, functions
        self.still = (field.constant(0),) * many

    def dual(self, name: str, operands: list[int], values: list[Dual], inputs: Sequence[Dual]) -> Dual:
        f = self.field
        if name == "input":
            return inputs[operands[0]]
        if name == "rational":
            return Dual(f.constant(operands[0], operands[1]), self.still)
        if name == "pi":
            return Dual(self.functions.pi(), self.still)
        total = values[operands[0]]
        if name in ("add", "multiply"):
            for k in operands[1:]:
                total = self._sum(total, values[k]) if name == "add" else self._product(total, values[k])
            return total
        if name == "divide":
            below = values[operands[1]]
            value = f.divide(total.value, below.value)
            rates = [
                f.divide(f.add(a, f.minus(f.multiply(value, b))), below.value)
                for a, b in zip(total.slopes, below.slopes, strict=True)
            ]
            return Dual(value, tuple(rates))
        if name == "power":
            slope = f.multiply(f.constant(operands[1]), f.power(total.value, operands[1] - 1))
            return self._through(total, f.power(total.value, operands[1]), lambda: slope)
        if name == "root":
            above, below_ = operands[1], operands[2]
            value = self.functions.root(total.value, above, below_)
            return self._through(
                total, value, lambda: f.multiply(f.constant(above, below_), f.divide(value, total.value))
            )
        value = self.functions.apply(name, total.value)
        return self._through(total, value, lambda: self._slope(name, total.value, value))

    def _sum(self, x: Dual, y: Dual) -> Dual:
        f = self.field
        return Dual(f.add(x.value, y.value), tuple(f.add(a, b) for a, b in zip(x.slopes, y.slopes, strict=True)))

    def _product(self, x: Dual, y: Dual) -> Dual:
        f = self.field
        slopes = [
            f.add(f.multiply(a, y.value), f.multiply(x.value, b)) for a, b in zip(x.slopes, y.slopes, strict=True)
        ]
        return Dual(f.multiply(x.value, y.value), tuple(slopes))

    def _through(self, x: Dual, value: Quotient, slope: Callable[[], Quotient]) -> Dual:
        """A function of a dual; its derivative is asked for only where something moves."""
        if all(a.above == 0 for a in x.slopes):
            return Dual(value, self.still)
        rate = slope()
        return Dual(value, tuple(self.field.multiply(rate, a) for a in x.slopes))

    def _slope(self, name: str, x: Quotient, value: Quotient) -> Quotient:
        f, apply = self.field, self.functions.apply
        one = f.constant(1)
        if name == "exp":
            return value
        if name in ("sin", "sinh", "cosh"):
            return apply({"sin": "cos", "sinh": "cosh", "cosh": "sinh"}[name], x)
        if name == "cos":
            return f.minus(apply("sin", x))
        if name == "log":
            return f.divide(one, x)
        if name == "sqrt":
            return f.divide(f.constant(1, 2), value)
        if name in ("tan", "tanh"):
            square = f.power(value, 2)
            return f.add(one, square if name == "tan" else f.minus(square))
        if name == "abs":
            return f.divide(value, x)
        if name == "atan":
            return f.divide(one, f.add(one, f.power(x, 2)))
        if name in ("asin", "acos"):
            leg = self.functions.root(f.add(one, f.minus(f.power(x, 2))), 1, 2)
            return f.divide(f.constant(1 if name == "asin" else -1), leg)
        bell = self.functions.exponential(f.minus(f.power(x, 2)))
        return f.divide(f.multiply(f.constant(2), bell), self.functions.root(self.functions.pi(), 1, 2))


def moving(point: Sequence[Quotient], directions: Sequence[Sequence[Quotient]]) -> list[Dual]:
    """A point with directions, each of which has one entry for each coordinate."""
    return [Dual(x, tuple(one[k] for one in directions)) for k, x in enumerate(point)]


def axes(field: Fractions, size: int) -> list[list[Quotient]]:
    """The directions of the coordinates."""
    return [[field.constant(int(j == k)) for k in range(size)] for j in range(size)]
