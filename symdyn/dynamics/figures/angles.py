"""Flows of two numbers as arrays: in the plane, on a sphere, on circles by angles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.dynamics.flow import Flow
from symdyn.errors import ModelError
from symdyn.numerics.backends import numpy_backend

Floats = npt.NDArray[np.float64]
Velocity = Callable[[Floats], Floats]

AGREEMENT = 1e-9  # relative: velocities of circles that are to turn together


def velocity_of(flow: Flow) -> Velocity:
    """The field as array code, from states (n, B) to (n, B); nan where it is not defined.

    Raises
    ------
    ModelError
        If a parameter has no value.
    """
    if flow.parameters:
        names = ", ".join(map(str, flow.parameters))
        raise ModelError(f"{names} has no value: give numbers for parameters before a figure is drawn")
    if flow.kernel is not None:
        run = flow.kernel
    else:
        lowered = numpy_backend.lower(straight_line(tuple(flow.field.components), flow.coords))

        def run(x: Floats) -> Floats:
            return np.asarray(lowered(x)[:, 0, :])

    def velocity(x: Floats) -> Floats:
        with np.errstate(all="ignore"):  # what is not finite becomes a gap, which the figure mentions
            return np.asarray(run(x), dtype=float)

    return velocity


def geometry_of(flow: Flow) -> str:
    """ "line", "plane", "circle", "sphere" or "circles"; refused with a sentence if none.

    Raises
    ------
    ModelError
        If the flow lives elsewhere.
    """
    constraint = flow.constraint
    is_open = constraint is None or not constraint.equations
    if is_open and len(flow.coords) in (1, 2):
        return "line" if len(flow.coords) == 1 else "plane"
    factors = constraint.factors if constraint is not None else ()
    if len(factors) == 1 and len(factors[0]) in (2, 3):
        return "circle" if len(factors[0]) == 2 else "sphere"
    if factors and all(len(group) == 2 for group in factors):
        return "circles"
    where = "without constraint" if constraint is None else f"on {constraint.name}"
    raise ModelError(
        f"a flow of {len(flow.coords)} coordinates {where} has no phase portrait: it needs one or two coordinates, "
        "a circle, a sphere in three dimensions, or circles of which groups turn together"
    )


class Angles:
    """A flow on circles with groups of circles that turn together: the state is one angle for each group.

    Parameters
    ----------
    flow
        On unit circles.
    groups
        Which circles, counted from 0, share each angle; by default one each.

    Raises
    ------
    ModelError
        If the groups do not list every circle once.
    """

    def __init__(self, flow: Flow, groups: Sequence[Sequence[int]] | None = None) -> None:
        assert flow.constraint is not None
        self.circles = flow.constraint.factors
        count = len(self.circles)
        self.groups = tuple((k,) for k in range(count)) if groups is None else tuple(tuple(g) for g in groups)
        if sorted(k for group in self.groups for k in group) != list(range(count)):
            raise ModelError(f"groups {self.groups} of {count} circles: list every circle once, as in ((0, 1), (2,))")
        self.size = len(flow.coords)
        self.run = velocity_of(flow)

    def states(self, angles: Floats) -> Floats:
        """Coordinates (n, B) of angles (groups, B)."""
        x = np.empty((self.size, angles.shape[1]))
        for angle, group in zip(angles, self.groups, strict=True):
            for k in group:
                first, second = self.circles[k]
                x[first], x[second] = np.cos(angle), np.sin(angle)
        return x

    def angles(self, point: Any) -> Floats | None:
        """Angles (groups,) of coordinates (n,), between -pi and pi; None if circles of a group differ."""
        x = np.asarray(point, dtype=float)
        turned = np.array([np.arctan2(x[second], x[first]) for first, second in self.circles])
        for group in self.groups:
            if np.abs(np.exp(1j * turned[list(group)]) - np.exp(1j * turned[group[0]])).max() > 1e-6:
                return None
        return turned[[group[0] for group in self.groups]]

    def velocity(self, angles: Floats) -> Floats:
        """How fast the angles (groups, B) turn.

        Raises
        ------
        ModelError
            If circles of a group do not stay together.
        """
        x = self.states(angles)
        v = self.run(x)
        turning = np.array([x[a] * v[b] - x[b] * v[a] for a, b in self.circles])
        scale = 1.0 + float(np.nanmax(np.abs(turning), initial=0.0))
        for group in self.groups:
            apart = np.abs(turning[list(group)] - turning[group[0]])
            if float(np.nanmax(apart, initial=0.0)) > AGREEMENT * scale:
                raise ModelError(f"circles {group} do not stay together under this flow: choose other groups")
        return turning[[group[0] for group in self.groups]]
