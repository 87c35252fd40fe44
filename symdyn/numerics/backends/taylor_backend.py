"""Straight-line programs compiled to machine code by heyoka (the extra [taylor]).

heyoka is imported when a program is lowered, so that this module can always be imported.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np

from symdyn.algebra.programs.steps import FUNCTIONS, Step, StraightLine
from symdyn.errors import ModelError
from symdyn.numerics.backends.backend import Lowered
from symdyn.numerics.integrate import Floats, RightSide

name = "taylor"
unit_roundoff = 2.0**-53


def is_installed() -> bool:
    """Whether heyoka can be imported."""
    try:
        _heyoka()
    except ModelError:
        return False
    return True


def lower(program: StraightLine) -> Lowered:
    """The program as a compiled function of an array (inputs, batch) or (inputs,); results (rows, columns[, batch]).

    Compiled programs are kept, so lowering the same program again costs nothing.

    Raises
    ------
    ModelError
        If heyoka is not installed.
    """
    compiled = _compiled(program)
    rows, columns = program.shape

    def call(x: Any) -> Any:
        states = np.ascontiguousarray(x, dtype=float)
        if states.shape[:1] != (program.inputs,):
            raise ValueError(f"{states.shape} for {program.inputs} inputs: the first axis runs over the inputs")
        flat = compiled(states.reshape(program.inputs, -1) if states.ndim != 1 else states)
        return flat.reshape(rows, columns, *states.shape[1:])

    return call


def right_side(program: StraightLine) -> RightSide:
    """The program as a right side for `integrate`: from states (n, batch) to velocities (n, batch).

    Raises
    ------
    ModelError
        If heyoka is not installed, or the program has not one result for each input.
    """
    if program.shape != (program.inputs, 1):
        raise ModelError(
            f"{program.shape} results for {program.inputs} inputs: a right side has one velocity for each coordinate"
        )
    return _compiled(program)


@lru_cache(maxsize=64)
def _compiled(program: StraightLine) -> Callable[[Any], Floats]:
    """From (inputs, batch) or (inputs,) to (outputs, batch) or (outputs,)."""
    heyoka = _heyoka()
    inputs = [heyoka.expression(f"x{k}") for k in range(program.inputs)]
    values: list[Any] = []
    for step in program.steps:
        values.append(_expression(heyoka, step, values, inputs))
    outputs = [values[k] for k in program.outputs]
    if not inputs or not outputs:
        return _without_variables(program)
    compiled: Callable[[Any], Floats] = heyoka.cfunc(outputs, inputs)
    return compiled


def _without_variables(program: StraightLine) -> Callable[[Any], Floats]:
    """heyoka needs a variable and a result; constants are NumPy's."""
    from symdyn.numerics.backends import numpy_backend

    lowered = numpy_backend.lower(program)
    return lambda x: np.asarray(lowered(x)).reshape(len(program.outputs), *np.shape(x)[1:])


def _heyoka() -> Any:
    try:
        return import_module("heyoka")
    except ImportError:
        raise ModelError(
            "heyoka is not installed, and compiled right sides need it: pip install 'symdyn-toolkit[taylor]'"
        ) from None


def _expression(heyoka: Any, step: Step, values: list[Any], inputs: list[Any]) -> Any:
    """A step as an expression of heyoka."""
    operation, operands = step
    if operation == "input":
        return inputs[operands[0]]
    if operation == "rational":
        return heyoka.expression(operands[0] / operands[1])
    if operation == "pi":
        return heyoka.expression(math.pi)
    if operation == "add":
        return heyoka.sum([values[k] for k in operands])
    if operation == "multiply":
        return heyoka.prod([values[k] for k in operands])
    if operation == "divide":
        return values[operands[0]] / values[operands[1]]
    if operation == "power":
        return values[operands[0]] ** float(operands[1])
    if operation == "root":
        return values[operands[0]] ** (operands[1] / operands[2])
    if operation == "abs":
        return heyoka.select(heyoka.lt(values[operands[0]], 0.0), -values[operands[0]], values[operands[0]])
    if operation not in FUNCTIONS:
        raise ValueError(f"step {operation!r} is not known")
    return getattr(heyoka, operation)(values[operands[0]])
