"""Matrices of exact numbers as arrays of floats, and floats as the rational numbers that they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.errors import ModelError


def as_array(matrix: sp.MatrixBase) -> npt.NDArray[np.float64]:
    """The matrix as floats.

    Raises
    ------
    ModelError
        If it has symbols, or an entry beyond the range of floats.

    Examples
    --------
    >>> as_array(sp.Matrix([[sp.Rational(1, 2), sp.sqrt(4)]]))
    array([[0.5, 2. ]])
    """
    free = sorted(map(str, matrix.free_symbols))
    if free:
        raise ModelError(f"`{free[0]}` has no value: arrays need numbers, so give one or ask for the formulas")
    found = np.array([[float(entry) for entry in matrix.row(i)] for i in range(matrix.rows)], dtype=np.float64)
    if not np.isfinite(found).all():
        raise ModelError("an entry of a matrix is beyond the range of floats: give numbers below 1e308")
    return found


def as_rational(value: Any) -> Any:
    """A SymPy expression or matrix with each float as the rational number that it is.

    Examples
    --------
    >>> as_rational(sp.Float(0.5) * sp.Symbol("x"))
    x/2
    """
    return value.xreplace({number: sp.Rational(number) for number in value.atoms(sp.Float)})
