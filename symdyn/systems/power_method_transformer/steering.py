"""Steering: three ways to change F so that tokens turn to a chosen unit vector w, exact for exact input (derived).

1. rank one: F + (kappa w - F w) w^T has w as eigenvector at kappa and, beyond it, the spectrum of F compressed to the
   complement of w.
2. transport: R F R^T with R orthogonal and R v = w keeps the spectrum and moves the winner to w.
3. additive: F + tau w w^T only tilts the winner towards w and, where w is orthogonal to it, does nothing below a
   threshold.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from symdyn.errors import ModelError, ShapeError
from symdyn.systems.power_method_transformer.matrices import as_matrix


def rank_one(F: Any, target: Any, strength: Any) -> sp.ImmutableMatrix:
    """F' = F + (kappa w - F w) w^T, so that F' w = kappa w exactly."""
    matrix, w = _given(F, target)
    return _simplified(matrix + (strength * w - matrix * w) * w.T)


def compressed(F: Any, target: Any) -> sp.ImmutableMatrix:
    """F on the complement of w, in a basis of it: its spectrum is what `rank_one` leaves beside kappa."""
    matrix, w = _given(F, target)
    basis = sp.Matrix.hstack(*w.T.nullspace()) if len(w) > 1 else sp.zeros(len(w), 0)
    return _simplified((basis.T * basis).LUsolve(basis.T * matrix * basis))


def needed_strength(F: Any, target: Any) -> float:
    """The bound that |1 + kappa| must exceed for w to win in post-LN: the largest |1 + nu'| of `compressed`."""
    values = compressed(F, target).eigenvals(multiple=True)
    return max((abs(complex(1 + value)) for value in values), default=0.0)


def transport(F: Any, start: Any, target: Any) -> tuple[sp.ImmutableMatrix, sp.ImmutableMatrix]:
    """R F R^T and the rotation R with R v = w; in weights W_O -> R W_O and W_V -> W_V R^T.

    Raises
    ------
    ModelError
        If w = -v, where the plane of the rotation is undefined.
    """
    matrix, w = _given(F, target)
    _, v = _given(F, start)
    cosine = sp.simplify((v.T * w)[0])
    if sp.simplify(1 + cosine) == 0:
        raise ModelError("the target is minus the start: the rotation is undefined, so steer to the start itself")
    both = v + w
    turn = _simplified(sp.eye(len(w)) - both * both.T / (1 + cosine) + 2 * w * v.T)
    return _simplified(turn * matrix * turn.T), turn


def additive(F: Any, target: Any, strength: Any) -> sp.ImmutableMatrix:
    """F + tau w w^T."""
    matrix, w = _given(F, target)
    return _simplified(matrix + strength * w * w.T)


def additive_threshold(F: Any, target: Any, leading: Any, start: Any) -> sp.Expr:
    """The tau below which `additive` leaves the winner (eigenvalue `leading`, vector `start`) of a symmetric F alone.

    For w orthogonal to the eigenvector v it is 1 / (w^T (lambda - F)^+ w), where the largest eigenvalue on the
    complement of v passes lambda; for any other w it is 0, because v ceases to be an eigenvector at once.

    Raises
    ------
    ModelError
        If F is not symmetric, v is no eigenvector at lambda, or lambda is not simple.
    """
    matrix, w = _given(F, target)
    _, v = _given(F, start)
    if matrix != matrix.T:
        raise ModelError("F is not symmetric: the threshold of the additive construction is known for symmetric F")
    if any(sp.simplify(entry) != 0 for entry in matrix * v - leading * v):
        raise ModelError(f"the start is no eigenvector of F at {leading}: give the winning pair")
    if sp.simplify((v.T * w)[0]) != 0:
        return sp.S.Zero
    shifted = leading * sp.eye(len(w)) - matrix + v * v.T
    if sp.simplify(shifted.det()) == 0:
        raise ModelError(f"the eigenvalue {leading} is not simple: the winner is no single direction")
    return sp.simplify(1 / (w.T * shifted.LUsolve(w))[0])


def _given(F: Any, vector: Any) -> tuple[sp.ImmutableMatrix, sp.ImmutableMatrix]:
    """F, and the vector as a unit column."""
    matrix = as_matrix(F, "F")
    entries = list(vector) if isinstance(vector, sp.MatrixBase) else list(as_matrix([list(vector)], "the vector"))
    d = matrix.rows
    if matrix.shape != (d, d) or len(entries) != d:
        raise ShapeError(
            f"F of shape {matrix.shape} with a vector of {len(entries)} entries: give (d, d) and d entries"
        )
    column = sp.ImmutableMatrix(d, 1, entries)
    length = sp.sqrt(sum(entry**2 for entry in column))
    if length == 0:
        raise ModelError("the vector is zero: give a direction")
    return matrix, sp.ImmutableMatrix(column / length)


def _simplified(matrix: sp.MatrixBase) -> sp.ImmutableMatrix:
    return sp.ImmutableMatrix(matrix.applyfunc(lambda entry: sp.radsimp(sp.expand(entry))))
