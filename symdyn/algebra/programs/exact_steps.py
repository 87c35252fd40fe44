"""What a program says exactly: which outputs vanish where some inputs are fixed, and by what it grows with an angle."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import isqrt, prod

from symdyn.algebra.programs.steps import Step, StraightLine, operands_of

_AT_ZERO = {"exp": 1, "cos": 1, "cosh": 1} | dict.fromkeys(
    ("sin", "tan", "sinh", "tanh", "asin", "atan", "erf", "abs", "sqrt", "root"), 0
)
_AT_ONE = {"log": 0, "root": 1, "sqrt": 1}
_MOST_BITS = 10_000

Known = Fraction | None


def vanishing_outputs(program: StraightLine, fixed: Mapping[int, Fraction]) -> list[int]:
    """The outputs that are exactly 0 wherever they have a value and these inputs have these values.

    Examples
    --------
    >>> import sympy as sp
    >>> from symdyn.algebra.programs.straight_line import straight_line
    >>> x, y = sp.symbols("x y")
    >>> vanishing_outputs(straight_line([x*sp.exp(y), y - 1], (x, y)), {0: Fraction(0)})
    [0]
    """
    values: list[Known] = []
    for step in program.steps:
        value = fixed.get(step[1][0]) if step[0] == "input" else _value(step, [values[k] for k in operands_of(step)])
        short = value is not None and max(abs(value.numerator), value.denominator).bit_length() < _MOST_BITS
        values.append(value if short else None)
    return [number for number, output in enumerate(program.outputs) if values[output] == 0]


def _value(step: Step, parts: list[Known]) -> Known:
    name, operands = step
    if name == "rational":
        return Fraction(*operands)
    if (name == "multiply" and 0 in parts) or (name == "divide" and parts[0] == 0):
        return Fraction(0)
    known = [part for part in parts if part is not None]
    if not parts or len(known) < len(parts):
        return None
    if name == "add":
        return sum(known, Fraction(0))
    if name == "multiply":
        return prod(known, start=Fraction(1))
    if name == "divide":
        return known[0] / known[1] if known[1] else None
    return _of_one(name, operands, known[0])


def _of_one(name: str, operands: tuple[int, ...], x: Fraction) -> Known:
    if name == "power":
        bits = max(abs(x.numerator), x.denominator).bit_length()
        return x ** operands[1] if operands[1] * bits < _MOST_BITS else None
    if name == "abs":
        return abs(x)
    if x == 0 and name in _AT_ZERO:
        return Fraction(_AT_ZERO[name])
    if x == 1 and name in _AT_ONE:
        return Fraction(_AT_ONE[name])
    if name == "sqrt" and x > 0:
        found = Fraction(isqrt(x.numerator), isqrt(x.denominator))
        return found if found * found == x else None
    return None


def growth(program: StraightLine, angle: int) -> list[Known]:
    """By how many times 2 pi each output grows where an input does so by 2 pi; None where that is not shown.

    An input may enter a sum, a rational multiple, and sines, cosines and tangents of whole (or for tangents half)
    multiples.

    Examples
    --------
    >>> import sympy as sp
    >>> from symdyn.algebra.programs.straight_line import straight_line
    >>> a = sp.Symbol("a")
    >>> growth(straight_line([sp.sin(2*a) + 1, a + sp.cos(a), sp.sin(a/2)], (a,)), 0)
    [Fraction(0, 1), Fraction(1, 1), None]
    """
    turns: list[Known] = []
    for step in program.steps:
        if step[0] == "input":
            turns.append(Fraction(int(step[1][0] == angle)))
        else:
            turns.append(_growth(step, [turns[k] for k in operands_of(step)], program))
    return [turns[k] for k in program.outputs]


def _growth(step: Step, parts: list[Known], program: StraightLine) -> Known:
    name, operands = step
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    if not any(known):
        return Fraction(0)
    if name == "add":
        return sum(known, Fraction(0))
    if name in ("multiply", "divide"):
        return _multiple(name, operands, known, program)
    period = {"sin": 1, "cos": 1, "tan": 2}.get(name)
    return Fraction(0) if period and (known[0] * period).denominator == 1 else None


def _multiple(name: str, operands: tuple[int, ...], known: list[Fraction], program: StraightLine) -> Known:
    """The growth of a rational multiple of one step that grows."""
    if sum(part != 0 for part in known) != 1 or (name == "divide" and known[1]):
        return None
    total = Fraction(1)
    for place, (k, part) in enumerate(zip(operands, known, strict=True)):
        operation, data = program.steps[k]
        if part:
            total *= part
        elif operation != "rational" or not data[0]:
            return None
        else:
            total *= Fraction(*data) if name == "multiply" or place == 0 else 1 / Fraction(*data)
    return total
