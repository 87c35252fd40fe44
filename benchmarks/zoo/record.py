"""A system of the zoo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

import symdyn as sd


@dataclass(frozen=True)
class ZooSystem:
    """A flow, and how many equilibria it has.

    Parameters
    ----------
    name
        What it is called.
    coords, field
        The flow; written in fractions.
    known
        How many equilibria there are in the domain.
    how
        How that number is known: "exact" by hand, "Sturm" of one unknown, "supports" by linear algebra over every
        support, "eliminant" by Sturm's count of SymPy's eliminant, "msolve" by msolve on the equations.
    source
        Where the system is from.
    on, where
        Equations of constraint, and what is not negative.
    """

    name: str
    coords: tuple[sp.Symbol, ...]
    field: tuple[Any, ...]
    known: int
    how: str
    source: str
    on: tuple[Any, ...] = ()
    where: tuple[Any, ...] = ()

    def flow(self) -> sd.Flow:
        """A flow for which nothing was computed yet."""
        constraint = None
        if self.on or self.where:
            constraint = sd.Constraint(self.coords, self.on, inequalities=self.where)
        return sd.Flow(sd.VectorField(self.coords, list(self.field)), constraint=constraint)

    def equations(self) -> list[Any]:
        """What vanishes."""
        return [*self.field, *self.on]


def gradient(potential: Any, coords: Sequence[sp.Symbol]) -> tuple[Any, ...]:
    """The field of x' = -grad."""
    return tuple(-sp.diff(potential, c) for c in coords)
