"""A flow or an iteration as numbers: residual, Jacobian and constraint, lowered once for every backend."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.steps import StraightLine
from symdyn.algebra.straight_line import jacobian_line, straight_line
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration
from symdyn.errors import ModelError
from symdyn.numerics import ball_backend, numpy_backend
from symdyn.numerics.backend import Lowered

Model = Flow | Iteration


@dataclass(frozen=True)
class Residual:
    """What vanishes at an equilibrium: the field (or update minus sign * state), then the constraint.

    Parameters
    ----------
    model
        A flow or an iteration without free parameters.
    sign
        For iterations: 1 for fixed points, -1 for states that go to their negative.
    """

    model: Model
    sign: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.model, Flow | Iteration):
            raise ModelError(
                f"equilibria of a {type(self.model).__name__} are not defined: give a Flow or an Iteration"
            )
        if self.model.parameters:
            names = ", ".join(map(str, self.model.parameters))
            raise ModelError(
                f"{names} has no value: give numbers for parameters, or use verify_equilibrium for formulas"
            )

    @property
    def coords(self) -> tuple[sp.Symbol, ...]:
        """The unknowns."""
        return self.model.coords

    @cached_property
    def components(self) -> tuple[sp.Expr, ...]:
        """The field, or update - sign * state."""
        if isinstance(self.model, Flow):
            return tuple(self.model.field.components)
        return tuple(u - self.sign * x for u, x in zip(self.model.update, self.model.coords, strict=True))

    @cached_property
    def equations(self) -> tuple[sp.Expr, ...]:
        """The constraint."""
        return () if self.model.constraint is None else self.model.constraint.equations

    @cached_property
    def value_program(self) -> StraightLine:
        """Field and constraint, shape (n + m, 1)."""
        return straight_line(self.components + self.equations, self.coords)

    @cached_property
    def jacobian_program(self) -> StraightLine:
        """Their derivatives, shape (n + m, n)."""
        return jacobian_line(self.components + self.equations, self.coords, self.coords)

    @cached_property
    def value(self) -> Lowered:
        """NumPy: (n, B) to (n + m, 1, B)."""
        return numpy_backend.lower(self.value_program)

    @cached_property
    def jacobian(self) -> Lowered:
        """NumPy: (n, B) to (n + m, n, B)."""
        return numpy_backend.lower(self.jacobian_program)

    @cached_property
    def ball_value(self) -> Lowered:
        """Balls."""
        return ball_backend.lower(self.value_program)

    @cached_property
    def ball_jacobian(self) -> Lowered:
        """Balls."""
        return ball_backend.lower(self.jacobian_program)


def residual(model: Model, sign: int = 1) -> Residual:
    """The residual of a model, kept, so that it is lowered once."""
    return _residual(model, sign, getattr(model, "kernel", None), getattr(model, "kernel_jacobian", None))


@lru_cache(maxsize=64)
def _residual(model: Model, sign: int, *_: Any) -> Residual:
    # flows are equal if their formulas are; array code must tell them apart here
    return Residual(model, sign)


def tangent_basis(constraint_jacobian: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Orthonormal basis (n, n - m) of the kernel of an (m, n) matrix, in floats.

    Raises
    ------
    ModelError
        If the gradients of the constraint are dependent there.
    """
    m, n = constraint_jacobian.shape
    if m == 0:
        return np.eye(n)
    _, singular, right = np.linalg.svd(constraint_jacobian)
    if singular.min() < 1e-9 * max(1.0, singular.max()):
        raise ModelError(
            "the gradients of the constraint are dependent at this point: it is a singular point of the set"
        )
    return np.asarray(right[m:].T)


def float_point(coords: tuple[sp.Symbol, ...], point: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Values of a point (mapping from symbol, or sequence in order) as floats.

    Raises
    ------
    ModelError
        If a coordinate is missing or unknown, or a value is no finite real number.
    """
    values = point_values(coords, point)
    floats = []
    for symbol, value in zip(coords, values, strict=True):
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise ModelError(f"the value {value} of `{symbol}` is no real number: give one") from None
        if not np.isfinite(number):
            raise ModelError(f"the value {value} of `{symbol}` is not finite: give a real number")
        floats.append(number)
    return np.asarray(floats)


def point_values(coords: tuple[sp.Symbol, ...], point: Any) -> list[Any]:
    """Values of a point in the order of the coordinates.

    Raises
    ------
    ModelError
        If a coordinate is missing or unknown.
    """
    if hasattr(point, "keys"):
        names = {str(symbol): symbol for symbol in coords}
        given = {names.get(str(key), key): point[key] for key in point}
        unknown = [key for key in given if key not in coords]
        missing = [symbol for symbol in coords if symbol not in given]
        if unknown or missing:
            what = f"`{unknown[0]}` is no coordinate" if unknown else f"`{missing[0]}` has no value"
            raise ModelError(f"{what}: give one number for each of {', '.join(map(str, coords))}")
        return [given[symbol] for symbol in coords]
    values = list(np.asarray(point, dtype=object).ravel())
    if len(values) != len(coords):
        raise ModelError(
            f"the point has {len(values)} values and the state {len(coords)} coordinates: give one for each"
        )
    return values
