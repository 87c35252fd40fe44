"""Rows of numbers, exact where SymPy or fractions came, else arrays; checked in the first lines."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError, came

Array = np.ndarray[Any, np.dtype[Any]]

_UNIT = 1e-9  # how far the norm of floats may be from 1


def is_exact(values: Any) -> bool:
    """Whether numbers are SymPy's or fractions: a SymPy matrix without floats, or lists with such an entry."""
    if isinstance(values, sp.MatrixBase):
        return not values.has(sp.Float)
    if isinstance(values, np.ndarray):
        return values.dtype == object and is_exact(values.tolist())
    if isinstance(values, Sequence) and not isinstance(values, str):
        return any(map(is_exact, values)) and not any(isinstance(x, float | complex) for x in values)
    return isinstance(values, Fraction) or (isinstance(values, sp.Expr) and not values.has(sp.Float))


def exact_matrix_of(values: Any, what: str) -> sp.ImmutableMatrix:
    """Rows of exact numbers or formulas."""
    given = values.tolist() if isinstance(values, np.ndarray | sp.MatrixBase) else values
    try:
        rows = [[sp.Rational(x) if isinstance(x, Fraction) else x for x in row] for row in given]
        found = sp.ImmutableMatrix(rows)
    except (TypeError, ValueError, sp.ShapeError):
        raise ShapeError(f"{what} are {came(values)}: give rows of equal length") from None
    if not all(isinstance(x, sp.Expr) for x in found) or found.has(sp.nan, sp.zoo, sp.oo):
        raise ModelError(f"{what} hold something that is no finite number: give integers, fractions or SymPy numbers")
    return found


def number_array(values: Any, what: str, *, ndim: int) -> Array:
    """Finite real or complex numbers."""
    try:
        found = np.asarray(values)
        found = found.astype(complex if np.iscomplexobj(found) else float)
    except (TypeError, ValueError, OverflowError):
        raise ModelError(f"{what} are {came(values)}: give rows of numbers, of equal length") from None
    if found.ndim != ndim:
        raise ShapeError(f"{what} have the shape {found.shape}: give an array with {ndim} axes")
    if not np.isfinite(found).all():
        raise ModelError(f"{what} hold nan or infinity: give finite numbers")
    return found


def rows_of(X: Any, what: str = "the tokens", *, least: int = 1) -> Any:
    """Tokens as a SymPy matrix where they are exact, else as an array, at least so many."""
    found = exact_matrix_of(X, what) if is_exact(X) else number_array(X, what, ndim=2)
    if found.shape[0] < least or found.shape[1] < 1:
        raise ShapeError(f"{what} have the shape {tuple(found.shape)}: give at least {least} rows, as in x_1, x_2")
    return found


def unit_rows(X: Any, what: str = "the tokens", *, least: int = 1) -> Any:
    """The same, each of norm 1.

    Raises
    ------
    ModelError
        If a token has another norm; it is named.
    """
    found = rows_of(X, what, least=least)
    if isinstance(found, sp.MatrixBase):
        squares = [sp.simplify(sum(x * sp.conjugate(x) for x in found.row(t))) for t in range(found.rows)]
        wrong = next((t for t, square in enumerate(squares) if square != 1), None)
        norm = "" if wrong is None else str(sp.sqrt(squares[wrong]))
    else:
        norms = np.linalg.norm(found, axis=1)
        wrong = next((t for t, size in enumerate(norms) if abs(size - 1) > _UNIT), None)
        norm = "" if wrong is None else f"{norms[wrong]:.6g}"
    if wrong is not None:
        raise ModelError(f"token {wrong + 1} has norm {norm}: this holds for tokens of norm 1, divide by the norm")
    return found
