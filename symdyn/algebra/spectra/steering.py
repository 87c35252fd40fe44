"""Steering a matrix: three ways to change F so that a chosen unit vector w leads, exact for exact input. Derived.

1. rank one: F + (kappa w - F w) w^T has w as eigenvector at kappa and, beyond it, the spectrum of F compressed to the
   complement of w.
2. transport: R F R^T with R orthogonal and R v = w keeps the spectrum and moves the leading eigenvector v to w.
3. additive: F + tau w w^T only tilts v towards w and, where w is orthogonal to it, does nothing below a threshold.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.formulas.symbols import checked_expression, flattened
from symdyn.algebra.linear.float_matrix import as_array
from symdyn.errors import ModelError, ShapeError


def rank_one(F: Any, target: Any, strength: Any) -> sp.ImmutableMatrix:
    """F' = F + (kappa w - F w) w^T, so that F' w = kappa w exactly."""
    given, w = _given(F, target)
    return _simplified(given + (strength * w - given * w) * w.T)


def compressed(F: Any, target: Any) -> sp.ImmutableMatrix:
    """F on the complement of w, in a basis of it: its spectrum is what `rank_one` leaves beside kappa."""
    given, w = _given(F, target)
    basis = sp.Matrix.hstack(*w.T.nullspace()) if len(w) > 1 else sp.zeros(len(w), 0)
    return _simplified((basis.T * basis).LUsolve(basis.T * given * basis))


def needed_strength(F: Any, target: Any, shift: int = 1) -> float:
    """The bound that |shift + kappa| must exceed for w to lead after `rank_one`: the largest |shift + nu| left by it.

    The shift is 1 for the powers of I + F, and 0 for those of F.
    """
    values = np.linalg.eigvals(as_array(compressed(F, target)))
    return float(np.abs(shift + values).max(initial=0.0))


def transport(F: Any, start: Any, target: Any) -> tuple[sp.ImmutableMatrix, sp.ImmutableMatrix]:
    """R F R^T and the rotation R with R v = w; for F = W_O W_V in weights W_O -> R W_O and W_V -> W_V R^T.

    Raises
    ------
    ModelError
        If w = -v, where the plane of the rotation is undefined.
    """
    given, w = _given(F, target)
    _, v = _given(F, start)
    cosine = sp.simplify((v.T * w)[0])
    if sp.simplify(1 + cosine) == 0:
        raise ModelError("the target is minus the start: the rotation is undefined, so steer to the start itself")
    both = v + w
    turn = _simplified(sp.eye(len(w)) - both * both.T / (1 + cosine) + 2 * w * v.T)
    return _simplified(turn * given * turn.T), turn


def additive(F: Any, target: Any, strength: Any) -> sp.ImmutableMatrix:
    """F + tau w w^T."""
    given, w = _given(F, target)
    return _simplified(given + strength * w * w.T)


def additive_threshold(F: Any, target: Any, leading: Any, start: Any) -> sp.Expr:
    """The tau below which `additive` leaves the winner (eigenvalue `leading`, vector `start`) of a symmetric F alone.

    For w orthogonal to the eigenvector v it is 1 / (w^T (lambda - F)^+ w), where the largest eigenvalue on the
    complement of v passes lambda; for any other w it is 0, because v ceases to be an eigenvector at once.

    Raises
    ------
    ModelError
        If F is not symmetric, v is no eigenvector at lambda, or lambda is not simple.
    """
    given, w = _given(F, target)
    _, v = _given(F, start)
    if given != given.T:
        raise ModelError("F is not symmetric: the threshold of the additive construction is known for symmetric F")
    if any(sp.simplify(entry) != 0 for entry in given * v - leading * v):
        raise ModelError(f"the start is no eigenvector of F at {leading}: give the winning pair")
    if sp.simplify((v.T * w)[0]) != 0:
        return sp.S.Zero
    shifted = leading * sp.eye(len(w)) - given + v * v.T
    if sp.simplify(shifted.det()) == 0:
        raise ModelError(f"the eigenvalue {leading} is not simple: the winner is no single direction")
    return sp.simplify(1 / (w.T * shifted.LUsolve(w))[0])


def _given(F: Any, vector: Any) -> tuple[sp.ImmutableMatrix, sp.ImmutableMatrix]:
    """F, and the vector as a unit column."""
    found, column = _read(F, "F"), _read(vector, "the vector")
    d = found.rows
    if found.shape != (d, d) or len(column) != d:
        raise ShapeError(f"F of shape {found.shape} with a vector of {len(column)} entries: give (d, d) and d entries")
    length = sp.sqrt(sum(entry**2 for entry in column))
    if length == 0:
        raise ModelError("the vector is zero: give a direction")
    return found, sp.ImmutableMatrix(d, 1, list(column)) / length


def _read(value: Any, what: str) -> sp.ImmutableMatrix:
    entries, shape = flattened(value)
    if len(shape) not in (1, 2):
        raise ShapeError(f"{what} has shape {shape}: give a matrix and a vector, as in [[3, 0], [0, 1]] and [0, 1]")
    return sp.ImmutableMatrix(*(*shape, 1)[:2], [checked_expression(entry, f"an entry of {what}") for entry in entries])


def _simplified(matrix: sp.MatrixBase) -> sp.ImmutableMatrix:
    return sp.ImmutableMatrix(matrix.applyfunc(lambda entry: sp.radsimp(sp.expand(entry))))
