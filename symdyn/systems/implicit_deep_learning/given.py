"""Matrices that users give: exact numbers and formulas, or floats; checked in the first lines."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.exact_matrix import as_formulas
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, real_array

#: A SymPy matrix, or an array of floats.
Matrix = Any


def rows_of(values: Any, what: str) -> Matrix:
    """A matrix of exact numbers and formulas, or of floats.

    Raises
    ------
    ModelError, ShapeError
        If it is none.
    """
    shape = getattr(values, "shape", None)
    listed = isinstance(values, list | tuple) and values and all(isinstance(row, list | tuple) for row in values)
    if not listed and (shape is None or len(shape) != 2):
        raise ShapeError(f"{what} is {came(values)}: give a matrix, as rows of numbers")
    try:
        found = as_formulas(values)
        if found is None:
            return real_array([[float(x) for x in row] for row in as_lists(values)], what, ndim=2)
    except ShapeError:
        raise ShapeError(f"{what} has rows of different lengths: give rows of equal length") from None
    except (ModelError, TypeError, ValueError, OverflowError):
        raise ModelError(f"{what} holds what is no finite real number: give numbers or formulas") from None
    if 0 in found.shape:
        raise ShapeError(f"{what} has the shape {found.shape}: give at least one row and column")
    return found


def as_lists(values: Any) -> Any:
    """Nested lists of an array or matrix."""
    return values.tolist() if hasattr(values, "tolist") else values


def column_of(values: Any, size: int, what: str) -> Matrix:
    """A vector as a column; zeros for None."""
    if values is None:
        return zeros(size, 1)
    listed = as_lists(values)
    if size == 1 and not isinstance(listed, list | tuple):
        listed = [listed]
    if isinstance(listed, list | tuple) and listed and not isinstance(listed[0], list | tuple):
        listed = [[x] for x in listed]
    found = rows_of(listed, what)
    return found.T if found.shape[0] == 1 and found.shape[1] == size and size > 1 else found


def fitting(matrix: Matrix, shape: tuple[int, int], what: str, wanted: str) -> Matrix:
    """The matrix, if it has this shape."""
    if tuple(matrix.shape) != shape:
        raise ShapeError(f"{what} has the shape {tuple(matrix.shape)} and {shape} is needed: give {wanted}")
    return matrix


def alike(given: dict[str, Any]) -> dict[str, Any]:
    """All exact, or all floats."""
    if all(isinstance(one, sp.MatrixBase) for one in given.values()):
        return given
    return {name: floats(one) for name, one in given.items()}


def floats(matrix: Any) -> Floats:
    """A matrix of exact numbers as floats.

    Raises
    ------
    ModelError
        If it has symbols.
    """
    if isinstance(matrix, np.ndarray):
        return matrix
    if matrix.free_symbols:
        names = ", ".join(sorted(symbol.name for symbol in matrix.free_symbols))
        raise ModelError(f"symbols ({names}) came beside floats: give numbers, or no floats")
    return np.array([[float(x) for x in row] for row in matrix.tolist()]).reshape(matrix.shape)


def as_array(matrix: sp.MatrixBase) -> Any:
    """Exact entries as an array of objects of the same shape."""
    found = np.empty(matrix.shape, dtype=object)
    for i, j in np.ndindex(*matrix.shape):
        found[i, j] = matrix[i, j]
    return found


def zeros(rows: int, columns: int) -> sp.ImmutableMatrix:
    """Exact zeros."""
    return sp.ImmutableMatrix.zeros(rows, columns)
