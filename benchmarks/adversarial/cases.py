"""One model twice: as the engine is given it, and as exact fields for the slow route."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from .quotients import Field, Quotient, Space, cleared


@dataclass(frozen=True)
class Case:
    """A model, and fields with the same laws that owe nothing to the engine.

    Parameters
    ----------
    text
        The question in Python.
    model
        Makes the engine's model; a refusal of it counts as one of the engine.
    space, fields
        Exact fields.
    places
        Numbers of the variables that the symbols of laws stand for.
    options
        Of `conservation_laws`, the seed among them.
    has_closure
        Whether to ask for the involutive closure as well.
    rank_at
        Exact dimension of the closure at the point in `options`, if one is given.
    """

    text: str
    model: Callable[[], Any]
    space: Space
    fields: Sequence[Field]
    places: Mapping[sp.Symbol, int]
    options: Mapping[str, Any] = field(default_factory=dict)
    has_closure: bool = False
    rank_at: int | None = None


def names(number: int) -> tuple[sp.Symbol, ...]:
    """Coordinates a, b, c, ..."""
    return tuple(sp.Symbol(name) for name in "abcdefghij"[:number])


def gradients(space: Space, outputs: Sequence[Quotient]) -> list[Field]:
    """The gradients of outputs."""
    return [cleared(space.gradient(output)) for output in outputs]


def call(model: str, options: Mapping[str, Any]) -> str:
    """How to ask the engine."""
    return f"sd.conservation_laws({model}{''.join(f', {key}={value!r}' for key, value in options.items())})"
