"""Straight-line programs as the re-checker reads them."""

from __future__ import annotations

from typing import Any

from symdyn.certificate.refutation import integer, integers, need


def checked_program(data: Any, inputs: int, outputs: int, place: str) -> dict[str, Any]:
    """The steps and outputs of a stored program in which every step uses earlier ones.

    Raises
    ------
    RefutedError
        If it has another number of inputs or outputs, or a step that is none.
    """
    need(isinstance(data, dict), place, "is missing")
    need(data.get("inputs") == inputs and inputs > 0, f"{place}.inputs", f"are not {inputs}")
    steps = data.get("steps")
    need(isinstance(steps, list), f"{place}.steps", "are missing")
    assert isinstance(steps, list)
    for number, step in enumerate(steps):
        _check_step(step, number, inputs, f"{place}.steps[{number}]")
    results = integers(data.get("outputs"), f"{place}.outputs", least=0, below=len(steps))
    need(len(results) == outputs, f"{place}.outputs", f"are not {outputs}")
    return {"steps": steps, "outputs": results}


def _check_step(step: Any, number: int, inputs: int, place: str) -> None:
    need(isinstance(step, list) and bool(step) and isinstance(step[0], str), place, "is no step")
    operands = integers(step[1:], place)
    if step[0] == "input":
        need(len(operands) == 1 and 0 <= integer(operands[0], place) < inputs, place, "is no input")
    elif step[0] == "rational":
        need(len(operands) == 2 and operands[1] > 0, place, "is no fraction")
    else:
        need(bool(operands) or step[0] == "pi", place, "uses no step")
        used = operands[:1] if step[0] in ("power", "root") else operands
        need(all(0 <= k < number for k in used), place, "uses a later step")
