"""The seam between formulas and numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from symdyn.algebra.programs.steps import StraightLine

#: From inputs, shape (inputs,) or (inputs, batch), to results of shape (rows, columns) or (rows, columns, batch).
Lowered = Callable[[Any], Any]


class Backend(Protocol):
    """What every backend offers.

    Attributes
    ----------
    name
        "numpy", "balls" or "taylor".
    unit_roundoff
        Relative error of one operation; 0 for balls, which carry theirs.
    """

    name: str
    unit_roundoff: float

    def lower(self, program: StraightLine) -> Lowered:
        """A function that runs the program, batch axis last."""
        ...
