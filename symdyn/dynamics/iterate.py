"""The n-th iterate of a map: an iteration whose fixed points are the points of period n and its divisors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.programs.steps import Steps, StraightLine, scheduled
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.dynamics.iteration import Iteration
from symdyn.errors import ModelError

#: The largest period that is served; formulas of the iterate grow with it.
LARGEST_PERIOD = 64


@dataclass(frozen=True)
class Iterate(Iteration):
    """The map x -> base(base(... x)), `order` times; made by `iterate`.

    Parameters
    ----------
    base
        The map that is iterated.
    order
        How often, at least 2.
    """

    base: Iteration | None = None
    order: int = 1

    def __post_init__(self, angles: Any) -> None:
        # the parts were checked in the base, and a walk through what they compose to would take long
        pass

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """Those of the base."""
        return self._base.parameters

    @property
    def _base(self) -> Iteration:
        assert self.base is not None
        return self.base

    def program(self, arguments: Sequence[sp.Symbol]) -> StraightLine:
        """base^order(x) - x and then the constraint, as steps: few, because those of one turn are repeated.

        Parameters
        ----------
        arguments
            The coordinates, then symbols that are parameters.
        """
        return iterated_line(base_program(self._base, arguments), len(self.coords), self.order)


def base_program(base: Iteration, arguments: Sequence[sp.Symbol]) -> StraightLine:
    """The next state and then the constraint, as steps."""
    equations = () if base.constraint is None else base.constraint.equations
    return straight_line((*base.update, *equations), tuple(arguments))


def iterate(iteration: Iteration, order: int) -> Iteration:
    """The iterate of an order; the map itself for order 1.

    Parameters
    ----------
    iteration
        The map; it may have parameters.
    order
        A positive whole number.

    Raises
    ------
    ModelError
        If it is no map, or the order is out of range.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> iterate(Iteration((x,), [1 - x**2]), 2).update
    Matrix([[1 - (1 - x**2)**2]])
    """
    order = checked_period(iteration, order)
    if order == 1:
        return iteration
    update = iteration.update
    for _ in range(order - 1):
        update = iteration.update.xreplace(dict(zip(iteration.coords, update, strict=True)))
    whole = sp.ImmutableMatrix(update)
    return Iterate(iteration.coords, whole, iteration.constraint, iteration.symmetries, (), iteration, order)


def nouns_of(model: Any) -> tuple[str, str]:
    """What one and several solutions are called: equilibria of flows, fixed points of maps, points of iterates."""
    if isinstance(model, Iterate):
        which = f"x with F^{model.order}(x) = x"
        return f"point {which}", f"points {which}"
    return ("fixed point", "fixed points") if isinstance(model, Iteration) else ("equilibrium", "equilibria")


def checked_period(iteration: Any, period: Any) -> int:
    """A period of a map as a positive whole number.

    Raises
    ------
    ModelError
        If it is none, or what came is no map.
    """
    if not isinstance(iteration, Iteration):
        raise ModelError(
            f"periodic points of a {type(iteration).__name__} are not defined: give an Iteration; a flow has limit "
            "cycles, sd.limit_cycles(flow)"
        )
    if isinstance(period, bool) or not isinstance(period, int | np.integer | sp.Integer) or period < 1:
        raise ModelError(f"the period is {period!r}: give a positive whole number, as in periodic_points(map, 3)")
    if period > LARGEST_PERIOD:
        raise ModelError(
            f"the period is {period}, and {LARGEST_PERIOD} is the largest that is served: give a smaller one"
        )
    return int(period)


def iterated_line(program: StraightLine, states: int, times: int) -> StraightLine:
    """F^times(x) - x and then the other outputs at x, from the steps of F(x) and the others.

    Parameters
    ----------
    program
        Its first `states` inputs are the state x, further ones parameters; its first `states` outputs are F(x).
    states, times
        How many coordinates there are, and the order of the iterate.
    """
    steps = Steps(("input", (k,)) for k in range(program.inputs))
    state = list(range(states))
    others: list[int] = []
    for turn in range(times):
        values = _one_turn(steps, program, state)
        state = [values[k] for k in program.outputs[:states]]
        others = [values[k] for k in program.outputs[states:]] if turn == 0 else others
    minus = steps.rational(-1)
    moves = [steps.total([state[k], steps.product([minus, k])]) for k in range(states)]
    outputs = (*moves, *others)
    return scheduled(StraightLine(program.inputs, tuple(steps.steps), outputs, (len(outputs), 1)))


def _one_turn(steps: Steps, program: StraightLine, state: Sequence[int]) -> list[int]:
    """The numbers of the steps of the program at a state."""
    values: list[int] = []
    for operation, operands in program.steps:
        if operation == "input":
            values.append(state[operands[0]] if operands[0] < len(state) else operands[0])
        elif operation in ("rational", "pi"):
            values.append(steps.emit(operation, *operands))
        elif operation in ("power", "root"):
            values.append(steps.emit(operation, values[operands[0]], *operands[1:]))
        else:
            values.append(steps.emit(operation, *(values[k] for k in operands)))
    return values
