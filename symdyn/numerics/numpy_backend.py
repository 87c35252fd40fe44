"""Straight-line programs as NumPy functions.

The one module that executes code: source that it writes itself from numbered steps, in which no name and no text of a
user occurs.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from symdyn.algebra.steps import FUNCTIONS, Step, StraightLine, operands_of
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
    source = _source(program)
    scope: dict[str, Any] = {
        function: getattr(np, _NAMES.get(function, function)) for function in FUNCTIONS if function not in _SPECIAL
    }
    if any(operation in _SPECIAL for operation, _ in program.steps):
        from scipy.special import erf

        scope["erf"] = erf
    exec(compile(source, "<straight line>", "exec"), scope)
    run = scope["run"]
    rows, columns = program.shape

    def call(x: Any) -> Any:
        x = np.asarray(x, dtype=float)
        if x.shape[:1] != (program.inputs,):
            raise ValueError(f"{x.shape} for {program.inputs} inputs: the first axis runs over the inputs")
        out = np.empty((len(program.outputs), *x.shape[1:]))
        return run(x, out).reshape(rows, columns, *x.shape[1:])

    return call


def _source(program: StraightLine) -> str:
    """The text of the function: one line for each step, results written where they belong.

    A variable is taken again as soon as its value has been used for the last time: what is alive then fits the cache.
    """
    last = {k: number for number, step in enumerate(program.steps) for k in operands_of(step)}
    places: dict[int, list[int]] = {}
    for place, number in enumerate(program.outputs):
        places.setdefault(number, []).append(place)
    lines = ["def run(x, out):"]
    names: dict[int, str] = {}
    free: list[str] = []
    made = 0
    for number, step in enumerate(program.steps):
        used = operands_of(step)
        if not used:  # an input or a constant is written where it is used
            names[number] = _leaf(step)
        else:
            text = _expression(step, [names[k] for k in used])
            free += [names[k] for k in dict.fromkeys(used) if last[k] == number and names[k].startswith("t")]
            if number not in last and number in places:
                names[number] = f"out[{places[number].pop()}]"
            else:
                if not free:
                    free.append(f"t{made}")
                    made += 1
                names[number] = free.pop()
            lines.append(f"    {names[number]} = {text}")
        lines += [f"    out[{place}] = {names[number]}" for place in places.get(number, ())]
    return "\n".join([*lines, "    return out"])


def _leaf(step: Step) -> str:
    operation, operands = step
    if operation == "input":
        return f"x[{operands[0]}]"
    return repr(operands[0] / operands[1] if operation == "rational" else math.pi)


def _expression(step: Step, names: list[str]) -> str:
    """The right-hand side of a step from the names of its operands."""
    operation, operands = step
    if operation == "add":
        return " + ".join(names)
    if operation == "multiply":
        return "*".join(sorted(names, key=_is_number, reverse=True))  # numbers first, before arrays are made
    if operation == "divide":
        return f"{names[0]} / {names[1]}"
    if operation == "power":
        return "*".join(names * operands[1]) if operands[1] <= 4 else f"({names[0]}) ** {operands[1]}"
    if operation == "root":
        return f"({names[0]}) ** {operands[1] / operands[2]!r}"
    if operation not in FUNCTIONS:
        raise ValueError(f"step {operation!r} is not known")
    return f"{operation}({names[0]})"


def _is_number(name: str) -> bool:
    return name[0] not in "tox"
