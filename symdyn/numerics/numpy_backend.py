"""Straight-line programs as NumPy functions.

The one module that executes code: source that it writes itself from numbered steps, in which no name and no text of a
user occurs.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from symdyn.algebra.straight_line import FUNCTIONS, Step, StraightLine
from symdyn.numerics.backend import Lowered

name = "numpy"
unit_roundoff = 2.0**-53

_NAMES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}
_SPECIAL = {"erf"}


def lower(program: StraightLine) -> Lowered:
    """The program as a function of an array (inputs, batch) or (inputs,); results (rows, columns[, batch]).

    Compiled programs are kept, so lowering the same program again costs nothing.
    """
    return _compiled(program)


@lru_cache(maxsize=256)
def _compiled(program: StraightLine) -> Lowered:
    constants = [k for k, (operation, _) in enumerate(program.steps) if operation in ("rational", "pi")]
    lines = ["def run(x, out):"]
    for number, step in enumerate(program.steps):
        lines.append(f"    t{number} = {_source(step, constants)}")
    lines += [f"    out[{place}] = t{number}" for place, number in enumerate(program.outputs)]
    lines.append("    return out")
    scope: dict[str, Any] = {
        function: getattr(np, _NAMES.get(function, function)) for function in FUNCTIONS if function not in _SPECIAL
    }
    if any(operation in _SPECIAL for operation, _ in program.steps):
        from scipy.special import erf

        scope["erf"] = erf
    exec(compile("\n".join(lines), "<straight line>", "exec"), scope)
    run = scope["run"]
    rows, columns = program.shape

    def call(x: Any) -> Any:
        x = np.asarray(x, dtype=float)
        if x.shape[:1] != (program.inputs,):
            raise ValueError(f"{x.shape} for {program.inputs} inputs: the first axis runs over the inputs")
        out = np.empty((len(program.outputs), *x.shape[1:]))
        return run(x, out).reshape(rows, columns, *x.shape[1:])

    return call


def _source(step: Step, constants: list[int]) -> str:
    """The right-hand side of a step; operands are numbers of earlier steps."""
    operation, operands = step
    if operation == "input":
        return f"x[{operands[0]}]"
    if operation == "rational":
        return repr(operands[0] / operands[1])
    if operation == "pi":
        return repr(float(np.pi))
    if operation == "add":
        return " + ".join(f"t{k}" for k in operands)
    if operation == "multiply":
        return "*".join(f"t{k}" for k in operands)
    if operation == "divide":
        return f"t{operands[0]} / t{operands[1]}"
    if operation == "power":
        base, exponent = operands
        return "*".join([f"t{base}"] * exponent) if exponent <= 4 else f"t{base} ** {exponent}"
    if operation == "root":
        return f"t{operands[0]} ** {operands[1] / operands[2]!r}"
    if operation not in FUNCTIONS:
        raise ValueError(f"step {operation!r} is not known")
    return f"{operation}(t{operands[0]})"
