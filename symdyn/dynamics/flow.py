"""Flows in continuous time, free or on a constraint."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.symbols import checked_coordinates, checked_expression, chosen_coordinates
from symdyn.algebra.programs.derivatives import gradient
from symdyn.algebra.programs.exact_steps import growth
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.brief import values_of
from symdyn.certificate.shown import Shown
from symdyn.dynamics.nullclines import jacobian_of, nullclines_of
from symdyn.errors import ModelError, ShapeError, came
from symdyn.geometry.constraint import Constraint
from symdyn.geometry.symmetry import Symmetries
from symdyn.geometry.vector_field import VectorField


@dataclass(frozen=True)
class Flow(Shown):
    """The flow x' = field(x), on the constraint if there is one; dimensionless time.

    Parameters
    ----------
    field
        The right-hand side; tangent to the constraint.
    constraint
        Where the state lives; None for the whole space.
    potential
        A function whose negative gradient (in some metric) the field is; its values order equilibria.
    symmetries
        Given symmetries; they merge equilibria and explain neutral directions.
    kernel
        The field as array code, from (n, B) to (n, B), where a system has a faster one than the formulas.
    kernel_jacobian
        Derivatives of the kernel as array code, from (n, B) to (n, n, B); searches for equilibria run on it.
    laws
        Conserved functions that are known; they explain neutral directions. Not checked here.
    angles
        Coordinates, or their names, that count modulo 2 pi; the field must have that period in each.

    Raises
    ------
    ModelError
        If `field` is no VectorField, the constraint has other coordinates, or the field is not shown to have the
        period 2 pi in an angle.
    """

    field: VectorField
    constraint: Constraint | None = None
    potential: sp.Expr | None = None
    symmetries: Symmetries = dataclasses.field(default_factory=Symmetries, compare=False)
    kernel: Callable[[Any], Any] | None = dataclasses.field(default=None, compare=False, repr=False)
    kernel_jacobian: Callable[[Any], Any] | None = dataclasses.field(default=None, compare=False, repr=False)
    laws: tuple[sp.Expr, ...] = dataclasses.field(default=(), compare=False, repr=False)
    angles: tuple[sp.Symbol, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.field, VectorField):
            raise ModelError(f"{came(self.field)} is no VectorField: write Flow(VectorField(coords, components))")
        if self.constraint is not None and self.constraint.coords != self.field.coords:
            raise ModelError(
                f"the constraint has coordinates {self.constraint.coords} and the field {self.field.coords}: they must "
                "agree, in order"
            )
        object.__setattr__(self, "angles", self._checked_angles())

    def _checked_angles(self) -> tuple[sp.Symbol, ...]:
        angles = chosen_coordinates(self.angles, self.coords, "angles")
        if angles and self.constraint is not None:
            raise ModelError("angles came with a constraint: give one of them, angles or circles with their equations")
        if angles:
            arguments = (*self.coords, *self.parameters)
            program = straight_line(tuple(self.field.components), arguments)
            for angle in angles:
                if any(turn != 0 for turn in growth(program, arguments.index(angle))):
                    raise ModelError(
                        f"the field is not shown to have the period 2 pi in the angle `{angle}`: let it enter by sines "
                        "and cosines of whole multiples, or drop it from the angles"
                    )
        return angles

    @property
    def coords(self) -> tuple[sp.Symbol, ...]:
        """The coordinates, in order."""
        return self.field.coords

    @cached_property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """Symbols that are no coordinates, by name; they need values before numbers can be computed."""
        more = frozenset() if self.constraint is None else self.constraint.parameters
        return tuple(sorted((self.field.components.free_symbols | more) - set(self.coords), key=str))

    @property
    def dimension(self) -> int:
        """Dimension of the state space."""
        return len(self.coords) if self.constraint is None else self.constraint.dimension

    def jacobian(self, at: Any = None) -> sp.ImmutableMatrix:
        """The matrix of partial derivatives of the field, shape (n, n); `sp.latex` of it is its LaTeX.

        Parameters
        ----------
        at
            A point or formula to put in, as a mapping from coordinate to value; simplified then.

        Raises
        ------
        ModelError
            If `at` is no point.

        Examples
        --------
        >>> from symdyn import Flow, VectorField
        >>> x, y, mu = sp.symbols("x y mu")
        >>> Flow(VectorField((x, y), [y, mu*(1 - x**2)*y - x])).jacobian(at={x: 0, y: 0})
        Matrix([
        [ 0,  1],
        [-1, mu]])
        """
        return jacobian_of(tuple(self.field.components), self.coords, at)

    def nullclines(self) -> dict[sp.Symbol, tuple[sp.Basic, ...]]:
        """For each coordinate of a flow in the plane the curves on which its rate is zero, as equations.

        There is one for each factor of the rate, solved for a coordinate where it enters linearly; (true,) where the
        rate is zero everywhere, () where it is zero nowhere. Parameters are generic.

        Raises
        ------
        ModelError
            If the state has not two coordinates, or lives on a constraint.

        Examples
        --------
        >>> from symdyn import Flow, VectorField
        >>> x, y, a = sp.symbols("x y a")
        >>> Flow(VectorField((x, y), [x*(1 - x - y), y*(x - a)])).nullclines()
        {x: (Eq(x, 0), Eq(y, 1 - x)), y: (Eq(x, a), Eq(y, 0))}
        """
        if self.constraint is not None and self.constraint.equations:
            raise ModelError("the flow lives on a curve or surface, and nullclines are of flows in the plane")
        return nullclines_of(tuple(self.field.components), self.coords)

    def _in_short(self) -> str:
        place = f" on {self.constraint.name}" if self.constraint is not None else ""
        rates = [(f"{symbol}'", rate) for symbol, rate in zip(self.coords, self.field.components, strict=True)]
        return f"{values_of(rates)}{place}"


def gradient_flow(
    loss: Any, coords: Any, *, metric: Any = None, constraint: Constraint | None = None, angles: Any = ()
) -> Flow:
    """The gradient flow x' = -M grad loss, projected to unit spheres if the constraint is made of them.

    Parameters
    ----------
    loss
        The potential.
    coords
        The coordinates.
    metric
        The matrix M (n, n), or the list of its diagonal; the identity by default.
    constraint
        None, or spheres: the gradient is projected to the tangent space; inequalities alone bound a domain.
    angles
        Coordinates that count modulo 2 pi.

    Raises
    ------
    ModelError, ShapeError
        If the metric has another shape, or the constraint is not made of spheres.
    """
    names = checked_coordinates(coords)
    potential = checked_expression(loss, "the loss")
    slope = sp.Matrix(gradient(potential, names))
    if metric is not None:
        matrix = sp.Matrix(metric) if sp.Matrix(metric).shape != (len(names), 1) else sp.diag(*metric)
        if matrix.shape != (len(names), len(names)):
            raise ShapeError(f"the metric has shape {matrix.shape}: give ({len(names)}, {len(names)}), or its diagonal")
        slope = matrix * slope
    components = list(-slope)
    if constraint is not None and constraint.equations:
        if not constraint.factors:
            raise ModelError(
                "the gradient is projected for spheres only: write the field on another constraint yourself"
            )
        for group in constraint.factors:
            along = sp.Add(*(components[k] * names[k] for k in group))
            for k in group:
                components[k] = components[k] - along * names[k]
    return Flow(VectorField(names, components), constraint, potential, angles=angles)
