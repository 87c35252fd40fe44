"""Flows in continuous time."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symdyn.errors import ModelError
from symdyn.geometry.vector_field import VectorField


@dataclass(frozen=True)
class Flow:
    """The flow x' = field(x); dimensionless time.

    Parameters
    ----------
    field
        The right-hand side.

    Raises
    ------
    ModelError
        If `field` is no VectorField.
    """

    field: VectorField

    def __post_init__(self) -> None:
        if not isinstance(self.field, VectorField):
            raise ModelError(f"{self.field!r} is no VectorField: write Flow(VectorField(coords, components))")

    @property
    def coords(self) -> tuple[sp.Symbol, ...]:
        """The coordinates, in order."""
        return self.field.coords
