"""Which engine proves bounds for a model: each registers here, beside its own code."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from symdyn.errors import ModelError
from symdyn.laws.sandwich.evidence import Budget, Evidence

#: The parts of a model (what has a `where` for the witness; None for the whole), each with what is known about it.
Pieces = Sequence[tuple[Any, Evidence]]


@singledispatch
def pieces_of(model: Any, *, seed: int, degree: int | None, budget: Budget) -> Pieces:
    """The parts of a model, each with what is known about its laws.

    Raises
    ------
    ModelError
        If no engine is registered for the kind of model.
    """
    raise ModelError(
        f"laws of a {type(model).__name__} are not defined: give a Parametrization, a network, a Distribution or a Flow"
    )
