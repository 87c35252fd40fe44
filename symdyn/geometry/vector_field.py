"""Vector fields and their Lie bracket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.symbols import check_names, checked_coordinates, checked_expression, flattened
from symdyn.algebra.programs.derivatives import gradient, jacobian
from symdyn.certificate.brief import values_of
from symdyn.certificate.shown import Shown
from symdyn.errors import ModelError, ShapeError


@dataclass(frozen=True)
class VectorField(Shown):
    """A vector field sum_a v_a d/dx_a; dimensionless.

    Parameters
    ----------
    coords
        The coordinates x, shape (n,).
    components
        The components v, shape (n, 1) or (n,).

    Raises
    ------
    ModelError, ShapeError
        For duplicate coordinates, text, or a wrong number of components.
    """

    coords: tuple[sp.Symbol, ...]
    components: sp.ImmutableMatrix

    def __post_init__(self) -> None:
        coords = checked_coordinates(self.coords)
        entries, shape = flattened(self.components)
        if len(entries) != len(coords):
            raise ShapeError(f"{len(entries)} components for {len(coords)} coordinates: give one component for each")
        if shape not in ((len(coords),), (len(coords), 1), (1, len(coords)), ()):
            raise ShapeError(f"components of shape {shape}: give shape ({len(coords)}, 1)")
        checked = [checked_expression(entry, f"component {place + 1}") for place, entry in enumerate(entries)]
        check_names(set(coords).union(*(entry.free_symbols for entry in checked)))
        object.__setattr__(self, "coords", coords)
        object.__setattr__(self, "components", sp.ImmutableMatrix(len(coords), 1, checked))

    def __call__(self, function: Any) -> sp.Expr:
        """The derivative v(g) = sum_a v_a dg/dx_a of a function."""
        expression = checked_expression(function, "the function")
        return sp.Add(*(v * d for v, d in zip(self.components, gradient(expression, self.coords), strict=True)))

    def _in_short(self) -> str:
        return values_of(zip(self.coords, self.components, strict=True), ": ")


def lie_bracket(v: VectorField, w: VectorField) -> VectorField:
    """The field [v, w](g) = v(w(g)) - w(v(g)), in components Dw v - Dv w.

    Parameters
    ----------
    v, w
        Fields with the same coordinates in the same order.

    Raises
    ------
    ModelError
        If the coordinates differ.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> lie_bracket(VectorField((x, y), [1, 0]), VectorField((x, y), [0, x])).components
    Matrix([
    [0],
    [1]])
    """
    if v.coords != w.coords:
        raise ModelError(
            f"the fields have coordinates {v.coords} and {w.coords}: a bracket needs the same ones in the same order"
        )
    derivative = jacobian(list(w.components), v.coords) * v.components
    derivative -= jacobian(list(v.components), v.coords) * w.components
    return VectorField(v.coords, derivative.applyfunc(sp.expand))
