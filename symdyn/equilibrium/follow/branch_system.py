"""A flow or an iteration with one free parameter as numbers: residual, derivatives, and the spectrum on a branch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.programs.step_derivatives import differentiated_line
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iterate import Iterate
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.domain import Domain, domain_of_states
from symdyn.equilibrium.asked.lowering import Model, tangent_basis
from symdyn.equilibrium.asked.tangency import is_tangent
from symdyn.errors import ModelError
from symdyn.numerics.backends import numpy_backend
from symdyn.numerics.backends.backend import Lowered

Floats = np.ndarray[Any, np.dtype[np.float64]]
_CORRECTIONS = 12
_SOLVED = 1e-11
_SETTLED = 1e-10
_DIFFERENCE = 1e-4
_FAR_OUT = 10.0


@dataclass(frozen=True, kw_only=True)
class Place:
    """A point of a branch and what is known there.

    Parameters
    ----------
    z
        State and parameter.
    tangent
        Unit vector along the branch.
    spectrum
        Eigenvalues, or multipliers, by falling growth.
    growths
        Their real parts, or moduli less 1.
    border
        Sign and logarithm of the determinant of the derivative bordered by the tangent. It is 0 where two branches meet
        and at no fold, and changes its sign where they cross.
    regular
        The smallest singular value of the derivative: how well floats tell the branch from what is beside it.
    """

    z: Floats
    tangent: Floats
    spectrum: tuple[complex, ...]
    growths: tuple[float, ...]
    border: tuple[float, float]
    regular: float


@dataclass(frozen=True, kw_only=True)
class BranchSystem:
    """Residual [field; constraint] of states and one parameter z = (x, p), of n + 1 numbers.

    Parameters
    ----------
    model
        A flow or an iteration.
    parameter
        Its only free parameter.
    value, jacobian
        (n + 1,) to (n + m, 1) and (n + m, n + 1).
    domain
        Conditions on the states.
    margins
        (n + 1,) to (k, 1): what these conditions want to be positive.
    period
        Of iterations: the states that so many steps carry to themselves.
    """

    model: Model
    parameter: sp.Symbol
    value: Lowered
    jacobian: Lowered
    domain: Domain | None = None
    margins: Lowered | None = None
    period: int = 1

    @property
    def size(self) -> int:
        """n, the number of coordinates."""
        return len(self.model.coords)

    def doubled(self) -> BranchSystem:
        """The same iteration with twice the period."""
        return replace(self, period=2 * self.period)

    def orbit(self, z: Floats) -> list[Floats]:
        """As many states as the period has, from z on."""
        states = [z]
        for _ in range(self.period - 1):
            state = states[-1].copy()
            state[: self.size] += self._values(state)[: self.size]
            states.append(state)
        return states

    def residual(self, z: Floats) -> Floats:
        """Shape (n + m,); NaN outside the domain."""
        steps = [self._values(state) for state in self.orbit(z)]
        moved = sum(step[: self.size] for step in steps)
        return np.concatenate([moved, steps[0][self.size :]])

    def derivative(self, z: Floats) -> Floats:
        """Shape (n + m, n + 1), along the orbit by the chain rule."""
        n, unit = self.size, np.eye(self.size, self.size + 1)
        slopes = [self._slopes(state) for state in self.orbit(z)]
        along = unit
        for slope in slopes:
            along = along + slope[:n, :n] @ along
            along[:, n] += slope[:n, n]
        return np.vstack([along - unit, slopes[0][n:]])

    def _values(self, z: Floats) -> Floats:
        with np.errstate(all="ignore"):  # leaving the domain is seen as NaN by the caller
            return np.asarray(self.value(z)[:, 0])

    def _slopes(self, z: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return np.asarray(self.jacobian(z))

    def place(self, z: Floats, along: Floats) -> Place:
        """What is known at a point of a branch, its tangent oriented like a direction."""
        derivative = self.derivative(z)
        _, singular, right = np.linalg.svd(derivative)
        tangent = right[-1] if right[-1] @ along >= 0 else -right[-1]
        spectrum = self.spectrum(z)
        sign, size = np.linalg.slogdet(np.vstack([self._square(derivative), tangent]))
        growths, regular = tuple(map(self.growth, spectrum)), float(singular[self.size - 1])
        return Place(
            z=z,
            tangent=tangent,
            spectrum=tuple(spectrum),
            growths=growths,
            border=(float(sign), float(size)),
            regular=regular,
        )

    def kernel(self, z: Floats) -> tuple[Floats, Floats]:
        """Right singular vectors (as columns) and singular values of the derivative, by falling values."""
        _, singular, right = np.linalg.svd(self._square(self.derivative(z)))
        return right.T, singular

    def _square(self, derivative: Floats) -> Floats:
        """Field along the constraint, and the constraint across it, as n rows that depend smoothly on the point."""
        n = self.size
        across = derivative[n:, :n]
        if not len(across):
            return derivative
        basis = tangent_basis(across)
        return np.asarray(basis @ (basis.T @ derivative[:n]) + across.T @ derivative[n:])

    def margin(self, z: Floats) -> tuple[float, int]:
        """The least of what the domain wants to be positive, and its place; infinite without a domain."""
        if self.margins is None:
            return np.inf, 0
        with np.errstate(all="ignore"):
            values = np.asarray(self.margins(z))[:, 0]
        least = int(np.argmin(np.where(np.isnan(values), -np.inf, values)))
        return float(values[least]), least

    def apart(self, z: Floats, other: Floats) -> Floats:
        """The difference of two points, in angles the nearest way round."""
        difference = z - other
        for k in self._turning:
            difference[k] = np.remainder(difference[k] + np.pi, 2 * np.pi) - np.pi
        return difference

    def wrapped(self, z: Floats) -> Floats:
        """The same point with its angles between -pi and pi."""
        return self.apart(z, np.zeros(len(z)))

    @cached_property
    def _turning(self) -> tuple[int, ...]:
        return tuple(self.model.coords.index(angle) for angle in getattr(self.model, "angles", ()))

    def polished(self, z: Floats, across: Floats) -> Floats:
        """A corrected point after two more steps: beside a branch point the residual is flat."""
        guess = z
        for _ in range(2):
            gap = np.append(self.residual(z), across @ (z - guess))
            better = z - np.linalg.lstsq(np.vstack([self.derivative(z), across]), gap, rcond=1e-13)[0]
            if not np.abs(self.residual(better)).max() <= np.abs(gap).max():
                break
            z = better
        return z

    def corrected(self, z: Floats, across: Floats) -> tuple[Floats, int] | None:
        """Newton's method onto the branch within the hyperplane through z across a direction, and its steps."""
        guess, size, before = z, max(1.0, float(np.abs(z).max())), np.inf
        gap_size = np.inf
        for step in range(_CORRECTIONS):
            gap = np.append(self.residual(z), across @ (z - guess))
            matrix = np.vstack([self.derivative(z), across])
            if not (np.isfinite(gap).all() and np.isfinite(matrix).all()):
                return None
            before, gap_size = gap_size, float(np.abs(gap).max())
            move = np.linalg.lstsq(matrix, gap, rcond=1e-13)[0]
            settled = float(np.abs(move).max()) < _SETTLED * size
            # beside a crossing a move is rounding errors, far out the residual is
            if gap_size < _SOLVED * size and not settled and gap_size > 0.5 * before:
                return z, step
            z = z - move
            if settled and (gap_size < _SOLVED * size or size > _FAR_OUT):
                return z, step
        return (z, _CORRECTIONS) if gap_size < 1e-8 * size else None

    def tangent(self, z: Floats, along: Floats | None = None) -> Floats:
        """Unit vector along the branch; with `along`, oriented like it."""
        vector = np.linalg.svd(self.derivative(z))[2][-1]
        return np.asarray(-vector if along is not None and vector @ along < 0 else vector)

    def nullity(self, z: Floats) -> int:
        """Dimension of the set of equilibria and parameters to first order; 1 on a regular branch."""
        singular = np.linalg.svd(self.derivative(z), compute_uv=False)
        return self.size + 1 - int((singular > 1e-8 * max(1.0, singular[0])).sum())

    def basis(self, z: Floats) -> Floats:
        """Orthonormal basis of the tangent space of the constraint."""
        return tangent_basis(self.derivative(z)[self.size :, : self.size])

    def spectrum(self, z: Floats) -> list[complex]:
        """Eigenvalues of the tangent Jacobian (multipliers of an iteration), by falling growth."""
        basis = self.basis(z)
        matrix = basis.T @ self.derivative(z)[: self.size, : self.size] @ basis
        if isinstance(self.model, Iteration):
            matrix = matrix + np.eye(len(matrix))
        values = [complex(value) for value in np.linalg.eigvals(matrix)]
        return sorted(values, key=lambda value: (-self.growth(value), value.imag))

    def growth(self, eigenvalue: complex) -> float:
        """Real part, or modulus of a multiplier minus 1: positive means unstable."""
        return abs(eigenvalue) - 1 if isinstance(self.model, Iteration) else eigenvalue.real

    def degeneracy(self, z: Floats) -> tuple[float, float]:
        """For a simple zero of the tangent Jacobian with null vectors v, w: |w F_p| and |w (d/dv)^2 F|, relative.

        The first is not zero at a fold, the second at a transcritical crossing; both vanish at a pitchfork. The second
        derivative is taken along a curve of the constraint with tangent v that to second order keeps w F_x = 0.
        """
        n, basis = self.size, self.basis(z)
        derivative = self.derivative(z)
        left, _, right = np.linalg.svd(basis.T @ derivative[:n, :n] @ basis)
        w, v = basis @ left[:, -1], basis @ right[-1]
        forward, backward = (self._retracted(z, sign * _DIFFERENCE * v) for sign in (1, -1))
        bend = (w @ (self.residual(forward)[:n] + self.residual(backward)[:n])) / _DIFFERENCE**2
        return abs(float(w @ derivative[:n, n])), abs(float(bend))

    def in_tangent_coordinates(self, z: Floats) -> tuple[Callable[[Floats], Floats], Floats]:
        """The field near a point in orthonormal coordinates of the tangent space, and the basis of these.

        The point of the constraint above u lies along the normals at z, so that the coordinates of its velocity are u'.
        """
        n, basis, normals = self.size, self.basis(z), self.derivative(z)[self.size :, : self.size].T

        def field(u: Floats) -> Floats:
            x = z.copy()
            x[:n] += basis @ u
            for _ in range(6 if normals.size else 0):
                slope = self.derivative(x)[n:, :n] @ normals
                x[:n] -= normals @ np.linalg.lstsq(slope, self.residual(x)[n:], rcond=None)[0]
            return np.asarray(basis.T @ self.residual(x)[:n])

        return field, basis

    def _retracted(self, z: Floats, step: Floats) -> Floats:
        """z + step put back on the constraint along its normals."""
        n = self.size
        x = z.copy()
        x[:n] += step
        for _ in range(3):
            normal = self.derivative(x)[n:, :n]
            if not len(normal):
                break
            x[:n] -= np.linalg.lstsq(normal, self.residual(x)[n:], rcond=None)[0]
        return x


def branch_system(model: Model, parameter: sp.Symbol) -> BranchSystem:
    """Lower a model with one free parameter.

    Raises
    ------
    ModelError
        If the model has other free parameters, does not depend on this one, or leaves its constraint.
    """
    if not isinstance(model, Flow | Iteration):
        raise ModelError(f"equilibria of a {type(model).__name__} are not defined: give a Flow or an Iteration")
    if parameter in model.coords:
        raise ModelError(f"`{parameter}` is a coordinate of the model: name a parameter, which keeps one value in time")
    if parameter not in model.parameters:
        known = ", ".join(map(str, model.parameters)) or "none"
        raise ModelError(f"`{parameter}` is no free parameter of the model, which has {known}: keep it a symbol there")
    domain = domain_of_states(model)
    others = [symbol for symbol in model.parameters if symbol != parameter]
    if others:
        raise ModelError(f"`{others[0]}` has no value: give numbers for all parameters but `{parameter}`")
    if isinstance(model, Flow) and not is_tangent(model):
        raise ModelError("the field is not tangent to its constraint: project it, or give the constraint it keeps")
    field = (
        tuple(model.field.components)
        if isinstance(model, Flow)
        else tuple(u - x for u, x in zip(model.update, model.coords, strict=True))
    )
    rows = field + (() if model.constraint is None else model.constraint.equations)
    unknowns = (*model.coords, parameter)
    program = model.program(unknowns) if isinstance(model, Iterate) else straight_line(rows, unknowns)
    return BranchSystem(
        model=model,
        parameter=parameter,
        value=numpy_backend.lower(program),
        jacobian=numpy_backend.lower(differentiated_line(program, list(range(len(unknowns))))),
        domain=domain,
        margins=None if domain is None else numpy_backend.lower(straight_line(domain.expressions, unknowns)),
    )
