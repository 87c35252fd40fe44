"""Straight-line programs as NumPy functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from symdyn.algebra.programs.steps import FUNCTIONS, Step, StraightLine
from symdyn.numerics.backends.backend import Lowered
from symdyn.numerics.backends.generated import generated

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
    scope: dict[str, Any] = {
        function: getattr(np, _NAMES.get(function, function)) for function in FUNCTIONS if function not in _SPECIAL
    }
    if any(operation in _SPECIAL for operation, _ in program.steps):
        from scipy.special import erf

        scope["erf"] = erf
    run = generated(program, _constant, {"power": _power, "root": _root}, scope)
    rows, columns = program.shape

    def call(x: Any) -> Any:
        x = np.asarray(x, dtype=float)
        if x.shape[:1] != (program.inputs,):
            raise ValueError(f"{x.shape} for {program.inputs} inputs: the first axis runs over the inputs")
        out = np.empty((len(program.outputs), *x.shape[1:]))
        return run(x, None, out).reshape(rows, columns, *x.shape[1:])

    return call


def _constant(step: Step, _: int) -> str:
    operation, operands = step
    return repr(operands[0] / operands[1] if operation == "rational" else math.pi)


def _power(step: Step, names: Sequence[str]) -> str:
    exponent = step[1][1]
    return "*".join([names[0]] * exponent) if exponent <= 4 else f"({names[0]}) ** {exponent}"


def _root(step: Step, names: Sequence[str]) -> str:
    _, numerator, denominator = step[1]
    return f"({names[0]}) ** {numerator / denominator!r}"
