"""How deep SymPy's tree of a formula will be, decided on its postfix steps before anything is built.

SymPy walks expressions recursively. Within Python's recursion limit of 1,000 frames it builds and prints
about 220 nested sums and products, and half as many nested calls and powers (SymPy 1.14).
"""

from collections.abc import Sequence

from symdyn.algebra.formulas.grammar import Action, Step
from symdyn.algebra.formulas.guard import Source

MAX_DEPTH = 200

_SUM = frozenset({Action.ADD, Action.SUBTRACT})
_PRODUCT = frozenset({Action.MULTIPLY, Action.DIVIDE, Action.NEGATE})
_POWER_LEVELS = 2
_CALL_LEVELS = {"sigmoid": 6}


def check_depth(steps: Sequence[Step], source: Source) -> None:
    """Refuse what is nested too deep for SymPy.

    Chains such as a + b + c or -----a are one level, however long: they are built at once.

    Raises
    ------
    FormulaError
        If the depth is above MAX_DEPTH, where a sum or product is one level and a power or call two.
    """
    stack: list[tuple[Action, int]] = []
    for step in steps:
        operands = stack[len(stack) - step.operands :]
        del stack[len(stack) - step.operands :]
        depth = _depth(step, operands) if operands else 0
        if depth > MAX_DEPTH:
            reason = (
                f"is nested {depth} levels deep (a sum or product is one, a power or call two): "
                f"up to {MAX_DEPTH} are allowed, write it in parts"
            )
            raise source.span_refusal(step.start, step.end, reason)
        stack.append((step.action, depth))


def _depth(step: Step, operands: Sequence[tuple[Action, int]]) -> int:
    match step.action:
        case Action.ADD:
            return max(_under(_SUM, operand) for operand in operands)
        case Action.SUBTRACT:
            return max(_under(_SUM, operands[0]), _under(_PRODUCT, operands[1]) + 1)
        case Action.MULTIPLY | Action.NEGATE:
            return max(_under(_PRODUCT, operand) for operand in operands)
        case Action.DIVIDE:
            return max(_under(_PRODUCT, operands[0]), operands[1][1] + _POWER_LEVELS + 1)
        case Action.POWER:
            return max(depth for _, depth in operands) + _POWER_LEVELS
        case Action.CALL:
            return max(depth for _, depth in operands) + _CALL_LEVELS.get(step.word, 2)
        case _:
            return max(depth for _, depth in operands)


def _under(family: frozenset[Action], operand: tuple[Action, int]) -> int:
    """Depth below a sum (product); a sum (product) inside one merges with it."""
    action, depth = operand
    return depth if action in family else depth + 1
