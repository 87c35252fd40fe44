"""The n-th iterate of a map as numbered steps, made from the steps of the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symdyn.certificate.refutation import integer, need
from symdyn.certificate.witness.program import Program, Step

LARGEST_ORDER = 64
_MOST_STEPS = 400_000


def read_order(data: Mapping[str, Any], place: str) -> int:
    """The order of the iterate, 1 where a record does not speak of one."""
    if "order" not in data:
        return 1
    order = integer(data["order"], f"{place}.order", least=2)
    need(order <= LARGEST_ORDER, f"{place}.order", f"is more than {LARGEST_ORDER}")
    need(data.get("dynamics") == "iteration", f"{place}.order", "is of what is no iteration")
    return order


def fixed_points_of(order: int, many: bool = True) -> str:
    """What the solutions are called."""
    if order == 1:
        return "fixed points" if many else "fixed point"
    return f"points x with F^{order}(x) = x" if many else f"point x with F^{order}(x) = x"


def iterated(program: Program, states: int, order: int) -> Program:
    """F^order(x) - x and then the other outputs at x, from F(x) and the others; the program itself for order 1.

    Parameters
    ----------
    program
        Its first `states` inputs are the state x, and its first `states` outputs F(x); for order 1 they are F(x) - x.
    states, order
        The number of coordinates, and how often the map is applied.
    """
    if order == 1:
        return program
    need(len(program.steps) * order <= _MOST_STEPS, "witness.order", "makes too many steps")
    steps: list[Step] = [("input", k) for k in range(program.inputs)]
    state, others = list(range(states)), list[int]()
    for turn in range(order):
        places = _append(steps, program, state)
        state = [places[k] for k in program.outputs[:states]]
        others = [places[k] for k in program.outputs[states:]] if turn == 0 else others
    steps.append(("rational", -1, 1))
    minus, moves = len(steps) - 1, []
    for k, number in enumerate(state):
        steps += [("multiply", minus, k), ("add", number, len(steps))]
        moves.append(len(steps) - 1)
    return Program(program.inputs, tuple(steps), (*moves, *others))


def _append(steps: list[Step], program: Program, state: Sequence[int]) -> list[int]:
    """One turn at a state: where each step of the program now stands."""
    places: list[int] = []
    for name, *operands in program.steps:
        if name == "input":
            places.append(state[operands[0]] if operands[0] < len(state) else operands[0])
            continue
        used = 0 if name in ("rational", "pi") else 1 if name in ("power", "root") else len(operands)
        steps.append((name, *(places[k] for k in operands[:used]), *operands[used:]))
        places.append(len(steps) - 1)
    return places
