"""A flow or an iteration with one free parameter as numbers: residual, derivatives, and the spectrum on a branch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.step_derivatives import differentiated_line
from symdyn.algebra.straight_line import straight_line
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iterate import Iterate
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibria.lowering import Model, tangent_basis
from symdyn.equilibria.tangency import is_tangent
from symdyn.errors import ModelError
from symdyn.numerics import numpy_backend
from symdyn.numerics.backend import Lowered

Floats = np.ndarray[Any, np.dtype[np.float64]]
_CORRECTIONS = 12
_SOLVED = 1e-11
_DIFFERENCE = 1e-4


@dataclass(frozen=True)
class BranchSystem:
    """Residual [field; constraint] of states and one parameter z = (x, p), of n + 1 numbers.

    Parameters
    ----------
    model
        A flow or an iteration whose only free parameter is `parameter`.
    value, jacobian
        (n + 1,) to (n + m, 1) and (n + m, n + 1).
    """

    model: Model
    value: Lowered
    jacobian: Lowered

    @property
    def size(self) -> int:
        """n, the number of coordinates."""
        return len(self.model.coords)

    def residual(self, z: Floats) -> Floats:
        """Shape (n + m,); NaN outside the domain."""
        with np.errstate(all="ignore"):  # leaving the domain is seen as NaN by the caller
            return np.asarray(self.value(z)[:, 0])

    def derivative(self, z: Floats) -> Floats:
        """Shape (n + m, n + 1)."""
        with np.errstate(all="ignore"):
            return np.asarray(self.jacobian(z))

    def corrected(self, z: Floats, across: Floats) -> tuple[Floats, int] | None:
        """Newton's method onto the branch within the hyperplane through z across a direction, and its steps."""
        guess, size = z, max(1.0, float(np.abs(z).max()))
        for step in range(_CORRECTIONS):
            gap = np.append(self.residual(z), across @ (z - guess))
            matrix = np.vstack([self.derivative(z), across])
            if not (np.isfinite(gap).all() and np.isfinite(matrix).all()):
                return None
            if float(np.abs(gap).max()) < _SOLVED * size:
                return z, step
            z = z - np.linalg.lstsq(matrix, gap, rcond=1e-13)[0]
        return (z, _CORRECTIONS) if float(np.abs(gap).max()) < 1e-8 * size else None

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
    if parameter not in model.parameters:
        known = ", ".join(map(str, model.parameters)) or "none"
        raise ModelError(f"`{parameter}` is no free parameter of the model, which has {known}: keep it a symbol there")
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
    slopes = differentiated_line(program, list(range(len(unknowns))))
    return BranchSystem(model, numpy_backend.lower(program), numpy_backend.lower(slopes))
