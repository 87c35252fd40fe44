"""A flow or an iteration as numbers: residual, Jacobian and constraint, lowered once for every backend."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.programs.step_derivatives import differentiated_line
from symdyn.algebra.programs.steps import StraightLine
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.witness.program import Program
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iterate import Iterate, base_program
from symdyn.dynamics.iteration import Iteration
from symdyn.errors import ModelError
from symdyn.numerics.backends import ball_backend, numpy_backend
from symdyn.numerics.backends.backend import Lowered

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
        if self.model.parameters:
            names = ", ".join(map(str, self.model.parameters))
            raise ModelError(
                f"{names} has no value: give numbers for parameters, or use verify_equilibrium for formulas"
            )
        for symbol in self.model.coords:
            if symbol.is_real is False or symbol.is_zero:
                raise ModelError(f"the coordinate `{symbol}` is no real unknown: write sp.Symbol('{symbol}')")
            if symbol.is_rational is not None or (symbol.is_nonzero and not (symbol.is_positive or symbol.is_negative)):
                raise ModelError(
                    f"the coordinate `{symbol}` carries an assumption that is no sign, which equilibria do not heed: "
                    f"write sp.Symbol('{symbol}'), or positive=True, nonnegative=True and the like"
                )
        _check_numbers(self.value_program)

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
        if isinstance(self.model, Iterate) and self.sign == 1:
            return self.model.program(self.coords)
        return straight_line(self.components + self.equations, self.coords)

    @cached_property
    def jacobian_program(self) -> StraightLine:
        """Their derivatives, shape (n + m, n)."""
        return differentiated_line(self.value_program, range(len(self.coords)))

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


def _check_numbers(program: StraightLine) -> None:
    """Floats serve the searches, so every number of a formula must have one that is neither infinite nor lost."""
    for name, operands in program.steps:
        if name == "rational" and operands[0]:
            size = abs(operands[0]).bit_length() - operands[1].bit_length()
            if not -1000 < size < 1000:
                raise ModelError(
                    f"a number of about 10**{round(size * 0.30103)} in the formulas is out of the range of floating "
                    "point: measure coordinates or time in other units"
                )


def residual(model: Model, sign: int = 1) -> Residual:
    """The residual of a model, kept, so that it is lowered once."""
    if not isinstance(model, Flow | Iteration):
        raise ModelError(f"equilibria of a {type(model).__name__} are not defined: give a Flow or an Iteration")
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


def stored_program(program: StraightLine) -> Program:
    """A straight-line program as a witness holds it."""
    return Program(program.inputs, tuple((name, *rest) for name, rest in program.steps), program.outputs)


def order_and_program(system: Residual) -> tuple[int, Program]:
    """The order of the iterate, and the program that a witness holds: for an iterate that of the next state."""
    model = system.model
    if isinstance(model, Iterate) and model.base is not None and system.sign == 1:
        return model.order, stored_program(base_program(model.base, system.coords))
    return 1, stored_program(system.value_program)


def program_data(program: StraightLine) -> dict[str, Any]:
    """A straight-line program as JSON data."""
    return stored_program(program).to_data()
