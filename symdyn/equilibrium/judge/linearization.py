"""The tangent Jacobian at an equilibrium, in exact numbers, in balls or in floats.

At an equilibrium of a tangent field the ambient Jacobian maps the tangent space into itself, so its restriction A with
J N = N A needs no orthonormal basis N and keeps rational data rational. Off an equilibrium it depends on the basis, and
is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.linear.rational_kernel import rational_kernel
from symdyn.algebra.linear.spectrum import rational_matrix
from symdyn.algebra.programs.derivatives import jacobian_at
from symdyn.equilibrium.asked.lowering import Residual, tangent_basis
from symdyn.errors import ModelError
from symdyn.numerics.backends.ball_backend import exact_ball

Floats = np.ndarray[Any, np.dtype[np.float64]]


def exact_values(values: Sequence[Any]) -> tuple[sp.Expr, ...] | None:
    """The values as exact SymPy numbers, or None if one is a float."""
    exact = []
    for value in values:
        if isinstance(value, float | np.floating) or (isinstance(value, sp.Basic) and value.has(sp.Float)):
            return None
        if isinstance(value, sp.Expr):
            exact.append(value)
        else:
            exact.append(sp.Rational(int(value.numerator), int(value.denominator)))
    return tuple(exact)


def ambient_jacobian(system: Residual, point: Sequence[sp.Expr]) -> tuple[sp.ImmutableMatrix, sp.ImmutableMatrix]:
    """Exact derivatives of the field and of the constraint at an exact point."""
    field = jacobian_at(system.components, system.coords, point)
    if not system.equations:
        return field, sp.ImmutableMatrix(0, len(point), [])
    return field, jacobian_at(system.equations, system.coords, point)


def exact_tangent_map(field: sp.ImmutableMatrix, normal: sp.ImmutableMatrix) -> sp.ImmutableMatrix:
    """A with J N = N A on the kernel N of the constraint's derivative.

    Raises
    ------
    ModelError
        If the gradients of the constraint are dependent at the point.
    """
    if normal.rows == 0:
        return field
    basis = sp.Matrix.hstack(*(sp.Matrix(normal).nullspace(simplify=sp.simplify) or [sp.zeros(normal.cols, 0)]))
    if basis.cols != normal.cols - normal.rows:
        raise ModelError(
            "the gradients of the constraint are dependent at this point: it is a singular point of the set"
        )
    gram = basis.T * basis
    return sp.ImmutableMatrix(gram.LUsolve(basis.T * (sp.Matrix(field) * basis)))


def rational_tangent_map(field: sp.ImmutableMatrix, normal: sp.ImmutableMatrix) -> flint.fmpq_mat | None:
    """The same in FLINT rationals, or None if an entry is not rational."""
    if not all(entry.is_Rational for entry in [*field, *normal]):
        return None
    jacobian = rational_matrix(sp.Matrix(field).tolist())
    if normal.rows == 0:
        return jacobian
    basis = rational_kernel(rational_matrix(sp.Matrix(normal).tolist()))
    if basis.ncols() != normal.cols - normal.rows:
        raise ModelError(
            "the gradients of the constraint are dependent at this point: it is a singular point of the set"
        )
    transposed = basis.transpose()
    return (transposed * basis).solve(transposed * jacobian * basis)


def ball_tangent_map(matrix: sp.ImmutableMatrix) -> flint.arb_mat:
    """Balls around the entries of an exact matrix, at the working precision."""
    from symdyn.algebra.programs.straight_line import straight_line
    from symdyn.numerics.backends import ball_backend

    if all(entry.is_Rational for entry in matrix):
        return flint.arb_mat(matrix.rows, matrix.cols, [exact_ball(entry) for entry in matrix])
    program = straight_line(list(matrix), [], (matrix.rows, matrix.cols))
    return flint.arb_mat(ball_backend.lower(program)([]))


def float_tangent_map(system: Residual, point: Floats) -> Floats:
    """The tangent Jacobian in an orthonormal basis, in floats."""
    n = len(point)
    slope = np.asarray(system.jacobian(point))
    basis = tangent_basis(slope[n:])
    return np.asarray(basis.T @ slope[:n] @ basis)
