"""Small matrices of rational numbers: read from what users write, and written for readers and for floats."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.linear.spectrum import rational_matrix
from symdyn.errors import ModelError, ShapeError


def exact_rows(given: Any, shape: tuple[int, int], name: str) -> flint.fmpq_mat:
    """A rational matrix of this shape from nested lists, SymPy, FLINT or arrays of integers.

    Raises
    ------
    ModelError, ShapeError
        If an entry is no rational number, or the shape is another one.
    """
    try:
        rows = given.tolist() if hasattr(given, "tolist") else [list(row) for row in given]
        matrix = given if isinstance(given, flint.fmpq_mat) else rational_matrix(rows)
    except (TypeError, ValueError, AttributeError):
        raise ModelError(
            f"{name} is no matrix of exact rational numbers: write rows of integers, Fraction or sp.Rational"
        ) from None
    if (matrix.nrows(), matrix.ncols()) != shape:
        raise ShapeError(f"{name} has shape {(matrix.nrows(), matrix.ncols())}: give {shape}")
    return matrix


def identity_matrix(size: int) -> flint.fmpq_mat:
    """The identity."""
    return flint.fmpq_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])


def squared_norm(matrix: flint.fmpq_mat) -> flint.fmpq:
    """Sum of the squares of the entries."""
    return sum((entry * entry for entry in matrix.entries()), flint.fmpq(0))


def fraction(value: flint.fmpq) -> Fraction:
    """A FLINT rational as Fraction."""
    return Fraction(int(value.p), int(value.q))


def as_sympy(matrix: flint.fmpq_mat) -> sp.ImmutableMatrix:
    """A rational matrix for a reader."""
    entries = [sp.Rational(int(x.p), int(x.q)) for x in matrix.entries()]
    return sp.ImmutableMatrix(matrix.nrows(), matrix.ncols(), entries)


def as_floats(matrix: flint.fmpq_mat) -> Any:
    """A rational matrix as array of floats."""
    return np.array([float(fraction(x)) for x in matrix.entries()]).reshape(matrix.nrows(), matrix.ncols())


def as_objects(matrix: flint.fmpq_mat) -> Any:
    """A rational matrix as array of FLINT rationals."""
    array = np.empty(matrix.nrows() * matrix.ncols(), dtype=object)
    array[:] = matrix.entries()
    return array.reshape(matrix.nrows(), matrix.ncols())
