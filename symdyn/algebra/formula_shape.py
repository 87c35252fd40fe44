"""Budgets on the shape of a formula, checked on its postfix steps before anything is built.

SymPy walks expressions recursively and asks every node for its assumptions. What it can take was
measured on SymPy 1.14: about 220 nested sums and products, half as many nested calls and powers; some
0.03 ms for each node under a call or in an exponent, each time anew; and tanh, sinh and cosh of an
argument that is not known to be real are split into real and imaginary parts, which grow exponentially.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from symdyn.algebra.formula_grammar import Action, Step
from symdyn.algebra.formula_guard import Source

MAX_DEPTH = 200
MAX_WORK = 50_000
MAX_SPREAD = 32

_HYPERBOLIC = frozenset({"sinh", "cosh", "tanh"})
_REAL_FOR_REAL = _HYPERBOLIC | {"abs", "atan", "cos", "erf", "exp", "sigmoid", "sin", "tan"}
_SUM = frozenset({Action.ADD, Action.SUBTRACT})
_PRODUCT = frozenset({Action.MULTIPLY, Action.DIVIDE, Action.NEGATE})


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a part of a formula costs: `depth` of SymPy's tree, `size` in steps, `spread` into a + b*i.

    `integer` is the value of a literal integer, with sign.
    """

    action: Action
    depth: int = 0
    size: int = 1
    spread: float = 1.0
    is_real: bool = True
    integer: int | None = None

    def under(self, family: frozenset[Action]) -> int:
        """Depth below a sum (product); a sum (product) inside one merges with it."""
        return self.depth if self.action in family else self.depth + 1


def check_shape(steps: Sequence[Step], source: Source, is_real: Callable[[str], bool]) -> None:
    """Refuse what SymPy could not build, print or differentiate in reasonable time.

    Parameters
    ----------
    steps
        In postfix order.
    source
        The text, for messages.
    is_real
        Whether the symbol of a name is known to be real.

    Raises
    ------
    FormulaError
        If operations are nested too deep, or long arguments are nested, or a hyperbolic function has an
        argument that SymPy would split into too many parts.
    """
    stack: list[_Shape] = []
    work = 0
    for step in steps:
        operands = stack[len(stack) - step.operands :]
        del stack[len(stack) - step.operands :]
        shape = _shape(step, operands, is_real)
        if shape.depth > MAX_DEPTH:
            reason = (
                f"is nested {shape.depth} levels deep, where a sum or product is one and a power or call two: "
                f"up to {MAX_DEPTH} are allowed, write it in parts"
            )
            raise source.span_refusal(step.start, step.end, reason)
        work += _work(step, operands)
        if work > MAX_WORK:
            reason = (
                f"is one long argument or exponent too many: together they may have up to {MAX_WORK} names, "
                "numbers and signs, write it in parts"
            )
            raise source.span_refusal(step.start, step.end, reason)
        if step.word in _HYPERBOLIC and not operands[0].is_real and operands[0].spread > MAX_SPREAD:
            reason = (
                f"has an argument too long for {step.word} of symbols that need not be real: declare them real, "
                "or write it with exp"
            )
            raise source.span_refusal(step.start, step.end, reason)
        stack.append(shape)


def _work(step: Step, operands: Sequence[_Shape]) -> int:
    """How many nodes SymPy visits to build this step, where that is more than a few."""
    if step.action is Action.CALL:
        return operands[0].size
    if step.action is Action.POWER and operands[1].integer is None:
        return operands[0].size + operands[1].size
    return 0


def _shape(step: Step, operands: Sequence[_Shape], is_real: Callable[[str], bool]) -> _Shape:
    if step.action is Action.NUMBER:
        integer = int(step.word) if step.word.isdigit() else None
        return _Shape(Action.NUMBER, integer=integer)
    if step.action is Action.NAME:
        return _Shape(Action.NAME, is_real=is_real(step.word))
    return _Shape(
        step.action,
        _depth(step, operands),
        1 + sum(operand.size for operand in operands),
        _spread(step, operands),
        _stays_real(step, operands),
        _integer(step, operands),
    )


def _depth(step: Step, operands: Sequence[_Shape]) -> int:
    deepest = max(operand.depth for operand in operands)
    match step.action:
        case Action.ADD:
            return max(operand.under(_SUM) for operand in operands)
        case Action.SUBTRACT:
            return max(operands[0].under(_SUM), operands[1].under(_PRODUCT) + 1)
        case Action.MULTIPLY | Action.NEGATE:
            return max(operand.under(_PRODUCT) for operand in operands)
        case Action.DIVIDE:
            return max(operands[0].under(_PRODUCT), operands[1].depth + 3)
        case Action.POWER:
            return deepest + 2
        case Action.CALL:
            return deepest + (6 if step.word == "sigmoid" else 2)
        case _:
            return deepest


def _spread(step: Step, operands: Sequence[_Shape]) -> float:
    """How many terms real and imaginary parts have, as SymPy forms them; a rough upper estimate."""
    parts = [operand.spread for operand in operands]
    match step.action:
        case Action.ADD | Action.SUBTRACT | Action.ARRAY:
            return sum(parts)
        case Action.MULTIPLY:
            return parts[0] * parts[1]
        case Action.DIVIDE:
            return 2 * parts[0] * parts[1]
        case Action.POWER:
            exponent = operands[1].integer
            if exponent is None:
                return 8 * parts[0] * parts[1]
            return _power_spread(parts[0], abs(exponent)) * (2 if exponent < 0 else 1)
        case Action.CALL:
            return 2 * parts[0]
        case _:
            return parts[0]


def _power_spread(terms: float, exponent: int) -> float:
    """Monomials of a power of `terms` complex terms, up to the point where the number is only too large."""
    if exponent > MAX_SPREAD or terms > MAX_SPREAD:
        return math.inf
    return math.comb(exponent + 2 * math.ceil(terms) - 1, exponent) if exponent else 1


def _stays_real(step: Step, operands: Sequence[_Shape]) -> bool:
    real = all(operand.is_real for operand in operands)
    if step.action is Action.CALL:
        return real and step.word in _REAL_FOR_REAL
    if step.action is Action.POWER:
        return real and operands[1].integer is not None
    return real


def _integer(step: Step, operands: Sequence[_Shape]) -> int | None:
    value = operands[0].integer
    if value is None or step.action not in (Action.NEGATE, Action.AFFIRM):
        return None
    return -value if step.action is Action.NEGATE else value
