"""Straight-line programs as Python functions, for arithmetics that differ in how they write a step.

The one module that executes code: source that it writes itself from numbered steps, in which no name and no text of a
user occurs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from symdyn.algebra.programs.steps import FUNCTIONS, Step, StraightLine, operands_of

#: How the operands of a step are combined in source, from the step and the names of its operands.
Expression = Callable[[Step, Sequence[str]], str]

#: A constant written where it is used, from its step and its place among the constants of the program.
Constant = Callable[[Step, int], str]


def constants_of(program: StraightLine) -> tuple[Step, ...]:
    """The steps that are constants, in order."""
    return tuple(step for step in program.steps if step[0] in ("rational", "pi"))


def generated(
    program: StraightLine, constant: Constant, expressions: Mapping[str, Expression], scope: Mapping[str, Any]
) -> Callable[[Any, Any, Any], Any]:
    """The function run(x, c, out) that writes the outputs for inputs x and constants c into `out`, and returns it.

    Parameters
    ----------
    constant
        How a constant is written.
    expressions
        How the operations "power" and "root" (others if they differ from Python's) are written, from a step and the
        names of its operands.
    scope
        What the names of functions mean.
    """
    namespace = dict(scope)
    exec(compile(_source(program, constant, expressions), "<straight line>", "exec"), namespace)
    run: Callable[[Any, Any, Any], Any] = namespace["run"]
    return run


def _source(program: StraightLine, constant: Constant, expressions: Mapping[str, Expression]) -> str:
    """The text of the function: one line for each step, results written where they belong.

    A variable is taken again as soon as its value has been used for the last time: what is alive then fits the cache.
    """
    last = {k: number for number, step in enumerate(program.steps) for k in operands_of(step)}
    places: dict[int, list[int]] = {}
    for place, number in enumerate(program.outputs):
        places.setdefault(number, []).append(place)
    lines = ["def run(x, c, out):"]
    names: dict[int, str] = {}
    free: list[str] = []
    made = seen = 0
    for number, step in enumerate(program.steps):
        used = operands_of(step)
        if step[0] == "input":
            names[number] = f"x[{step[1][0]}]"
        elif not used:
            names[number] = constant(step, seen)
            seen += 1
        else:
            text = expressions.get(step[0], _plain)(step, [names[k] for k in used])
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


def _plain(step: Step, names: Sequence[str]) -> str:
    """A step as Python's operators and calls."""
    operation, _ = step
    if operation == "add":
        return " + ".join(names)
    if operation == "multiply":
        return "*".join(sorted(names, key=_is_number, reverse=True))  # numbers first, before arrays are made
    if operation == "divide":
        return f"{names[0]} / {names[1]}"
    if operation not in FUNCTIONS:
        raise ValueError(f"step {operation!r} is not known")
    return f"{operation}({names[0]})"


def _is_number(name: str) -> bool:
    return name[0] in "-0123456789c"
