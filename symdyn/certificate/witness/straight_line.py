"""Straight-line programs: formulas as steps, each of which uses earlier ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symdyn.certificate.refutation import integers, listed, need, one_of, record

UNARY = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "erf", "sqrt", "abs")
STEPS = ("input", "rational", "pi", "add", "multiply", "divide", "power", "root", *UNARY)
_MOST_STEPS = 2_000_000
_LARGEST_POWER = 10_000

Step = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class StraightLine:
    """Steps and which of them are the outputs.

    Parameters
    ----------
    inputs
        Number of inputs.
    steps
        Name and operands. ("input", k); ("rational", p, q); ("pi",); ("add", steps...); ("multiply", steps...);
        ("divide", a, b); ("power", a, whole exponent from 2); ("root", a, p, q) for a^(p/q); a function of one step.
    outputs
        Numbers of steps.
    """

    inputs: int
    steps: tuple[Step, ...]
    outputs: tuple[int, ...]

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "inputs": self.inputs,
            "steps": [[name, *operands] for name, operands in self.steps],
            "outputs": list(self.outputs),
        }


def read_straight_line(value: Any, inputs: int, outputs: int, place: str) -> StraightLine:
    """A stored program with so many inputs and outputs, or a refutation."""
    data = record(value, place, ("inputs", "steps", "outputs"))
    need(data["inputs"] == inputs and type(data["inputs"]) is int, f"{place}.inputs", f"are not {inputs}")
    stored = listed(data["steps"], f"{place}.steps")
    need(len(stored) <= _MOST_STEPS, f"{place}.steps", f"are more than {_MOST_STEPS}")
    steps = tuple(_step(step, number, inputs, f"{place}.steps[{number}]") for number, step in enumerate(stored))
    results = integers(data["outputs"], f"{place}.outputs", least=0, below=len(steps))
    need(len(results) == outputs, f"{place}.outputs", f"are not {outputs}")
    return StraightLine(inputs, steps, tuple(results))


def _step(step: Any, number: int, inputs: int, place: str) -> Step:
    need(bool(listed(step, place)), place, "is no step")
    name = one_of(step[0], place, STEPS)
    operands = tuple(integers(step[1:], place))
    if name == "input":
        need(len(operands) == 1 and 0 <= operands[0] < inputs, place, "is no input")
    elif name == "rational":
        need(len(operands) == 2 and operands[1] > 0, place, "is no fraction")
    elif name == "pi":
        need(not operands, place, "has operands")
    elif name in ("power", "root"):
        need(len(operands) == (2 if name == "power" else 3), place, "has another number of operands")
        need(0 <= operands[0] < number, place, "uses a later step")
        whole = name == "root" or 2 <= operands[1] <= _LARGEST_POWER
        need(whole and (name == "power" or operands[2] > 0), place, "has a power out of range")
    else:
        arity = {"divide": 2}.get(name, 1 if name in UNARY else None)
        need(bool(operands) and arity in (None, len(operands)), place, "has another number of operands")
        need(all(0 <= k < number for k in operands), place, "uses a later step")
    return name, operands
