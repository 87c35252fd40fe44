"""Iterations in discrete time: layers, power steps, variance maps."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from functools import cached_property
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.symbols import check_names, checked_coordinates, checked_expression, flattened
from symdyn.certificate.brief import values_of
from symdyn.certificate.shown import Shown
from symdyn.dynamics.nullclines import jacobian_of
from symdyn.errors import ModelError, ShapeError
from symdyn.geometry.constraint import Constraint
from symdyn.geometry.symmetry import Symmetries


@dataclass(frozen=True)
class Iteration(Shown):
    """The map x -> update(x), on the constraint if there is one.

    Parameters
    ----------
    coords
        The coordinates, in order.
    update
        Next values, shape (n,) or (n, 1).
    constraint
        A set that the map keeps.
    symmetries
        As for flows. With the global sign among the maps, fixed points are looked for projectively: a state that
        goes to its negative counts as fixed, with alternating sign.
    angles
        Refused: fixed points modulo 2 pi are looked for one number of whole turns at a time.

    Raises
    ------
    ModelError, ShapeError
        For a wrong number of components or other coordinates.
    """

    coords: tuple[sp.Symbol, ...]
    update: sp.ImmutableMatrix
    constraint: Constraint | None = None
    symmetries: Symmetries = field(default_factory=Symmetries, compare=False)
    angles: InitVar[Any] = ()

    def __post_init__(self, angles: Any) -> None:
        if angles:
            raise ModelError(
                "an Iteration has no angles: its fixed points after m whole turns are those of update - 2*pi*m, so "
                "give sd.Iteration(coords, [update - 2*pi*m]) for each m, with a box of one turn"
            )
        coords = checked_coordinates(self.coords)
        entries, _ = flattened(self.update)
        if len(entries) != len(coords):
            raise ShapeError(f"{len(entries)} next values for {len(coords)} coordinates: give one for each")
        checked = [checked_expression(entry, f"next value {k + 1}") for k, entry in enumerate(entries)]
        check_names(set(coords).union(*(entry.free_symbols for entry in checked)))
        object.__setattr__(self, "coords", coords)
        object.__setattr__(self, "update", sp.ImmutableMatrix(len(coords), 1, checked))
        if self.constraint is not None and self.constraint.coords != coords:
            raise ModelError("the constraint has other coordinates than the iteration: they must agree, in order")

    @cached_property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """Symbols that are no coordinates, by name."""
        more = frozenset() if self.constraint is None else self.constraint.parameters
        return tuple(sorted((self.update.free_symbols | more) - set(self.coords), key=str))

    @property
    def dimension(self) -> int:
        """Dimension of the state space."""
        return len(self.coords) if self.constraint is None else self.constraint.dimension

    def step(self, point: Any) -> sp.ImmutableMatrix:
        """The next state of a point given as a mapping from symbol to value."""
        return sp.ImmutableMatrix(self.update.subs(dict(point)))

    def jacobian(self, at: Any = None) -> sp.ImmutableMatrix:
        """The matrix of partial derivatives of the next values, shape (n, n); `at` puts in a point, simplified.

        Raises
        ------
        ModelError
            If `at` is no point.
        """
        return jacobian_of(tuple(self.update), self.coords, at)

    def _in_short(self) -> str:
        place = f" on {self.constraint.name}" if self.constraint is not None else ""
        return f"{values_of(zip(self.coords, self.update, strict=True), ' -> ')}{place}"
