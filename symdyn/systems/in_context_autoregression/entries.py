"""Matrices and rows as users give them: object arrays of exact entries, or arrays of floats."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import one_of, real_array, whole

Array = np.ndarray[Any, np.dtype[Any]]
FAMILIES = ("unitary", "orthogonal")


class Head(NamedTuple):
    """C (..., d, d), p (..., T), whether coordinates are conjugate pairs, and whether entries are exact."""

    C: Array
    p: Array
    paired: bool
    exact: bool


class Heads(NamedTuple):
    """A and B (H, d), p (T,), whether coordinates are conjugate pairs, and whether entries are exact."""

    A: Array
    B: Array
    p: Array
    paired: bool
    exact: bool


def checked_head(C: Any, p: Any, family: Any) -> Head:
    """C and p; exact unless a float or an array of numbers is among them.

    Raises
    ------
    ModelError, ShapeError
        If an entry is no real number, C is not square, p is shorter than 2, or pairs need an even number.
    """
    paired = one_of(family, "the family", FAMILIES) == "orthogonal"
    exact = are_exact(C, p)
    matrix, row = (read(one, what, exact) for one, what in ((C, "C"), (p, "p")))
    if matrix.ndim < 2 or matrix.shape[-1] != matrix.shape[-2]:
        raise ShapeError(f"C has the shape {matrix.shape}: give a square matrix (d, d)")
    check_row(row)
    check_pairs(matrix.shape[-1], paired)
    if exact and (matrix.ndim > 2 or row.ndim > 1):
        raise ShapeError("exact matrices come one by one: give C (d, d) and p (T,), or arrays of floats in batches")
    return Head(matrix, row, paired, exact)


def checked_heads(A: Any, B: Any, p: Any, family: Any) -> Heads:
    """A, B and p.

    Raises
    ------
    ModelError, ShapeError
        As `checked_head`; and if A and B have different shapes.
    """
    paired = one_of(family, "the family", FAMILIES) == "orthogonal"
    exact = are_exact(A, B, p)
    first, second, row = (read(one, what, exact) for one, what in ((A, "A"), (B, "B"), (p, "p")))
    if first.ndim != 2 or first.shape != second.shape:
        raise ShapeError(f"the heads A and B have the shapes {first.shape} and {second.shape}: give (H, d) for both")
    check_row(row)
    check_pairs(first.shape[1], paired)
    return Heads(first, second, row, paired, exact)


def check_row(row: Array) -> None:
    """That there are at least two positions."""
    if not row.ndim or row.shape[-1] < 2:
        raise ShapeError(f"p has the shape {row.shape}: give at least two positions, p_1 .. p_T with T >= 2")


def check_pairs(dimension: int, paired: bool) -> None:
    """That conjugate pairs have an even number of coordinates."""
    if paired and dimension % 2:
        raise ModelError(f"conjugate pairs need an even dimension and {dimension} came: take d even, or family=unitary")


def sizes(heads: Any, dimension: Any, length: Any, family: Any) -> tuple[int, int, int, bool]:
    """H, d, T and whether coordinates are pairs."""
    paired = one_of(family, "the family", FAMILIES) == "orthogonal"
    found = (
        whole(heads, "the number of heads", least=1),
        whole(dimension, "the dimension", least=1),
        whole(length, "the length", least=2),
    )
    check_pairs(found[1], paired)
    return (*found, paired)


def are_exact(*values: Any) -> bool:
    """Whether none has a float; arrays of whole numbers are exact only beside what SymPy has."""
    if any(map(_has_floats, values)):
        return False
    arrays = any(isinstance(one, np.ndarray) and one.dtype != object for one in values)
    return not arrays or any(isinstance(entry, sp.Expr) for one in values for entry in _entries(one))


def is_exact(values: Any) -> bool:
    """Whether these have no float and are no array of numbers."""
    return are_exact(values)


def _has_floats(values: Any) -> bool:
    if isinstance(values, np.ndarray) and values.dtype != object:
        return values.dtype.kind not in "iu"
    return any(map(_is_float, _entries(values)))


def read(values: Any, what: str, exact: bool) -> Array:
    """An object array of SymPy expressions, or an array of floats; row and column matrices of SymPy are rows for p."""
    if isinstance(values, sp.MatrixBase):
        values = list(values) if what == "p" and 1 in values.shape else values.tolist()
    if not exact:
        numbers = values if isinstance(values, np.ndarray) and values.dtype != object else _floats(values, what)
        return real_array(numbers, what)
    return _objects(values, what, _exact)


def unit_entries(tokens: Any, *others: Any) -> tuple[Array, bool]:
    """Tokens (..., T, d) that may be complex: SymPy expressions if they and all others are exact, else floats.

    Raises
    ------
    ModelError, ShapeError
        If an entry is no finite number, or there are fewer than two axes.
    """
    exact = are_exact(tokens, *others)
    if exact:
        found = _objects(tokens.tolist() if hasattr(tokens, "tolist") else tokens, "the array of tokens", _plain)
    else:
        found = _complex(tokens)
    if found.ndim < 2 or (exact and found.ndim > 2):
        raise ShapeError(f"the tokens have the shape {found.shape}: give rows (T, d)")
    return found, exact


def out(value: Any, exact: bool) -> Any:
    """An expression, or a float; arrays of results stay arrays, and exact ones are matrices."""
    if isinstance(value, np.ndarray) and value.ndim:
        return sp.ImmutableMatrix(value.tolist()) if exact else value
    return sp.S.Zero + value if exact else float(value)


def partners(dimension: int) -> Array:
    """The other coordinate of each pair."""
    return np.arange(dimension) ^ 1


def _objects(values: Any, what: str, checked: Callable[[Any, str], sp.Expr]) -> Array:
    """An object array of checked entries."""
    try:
        found = np.array(values, dtype=object)
    except ValueError:
        found = np.array([values, None], dtype=object)[:1]
    flat = np.empty(found.size, dtype=object)
    if any(isinstance(one, list | tuple | np.ndarray) for one in found.ravel()):
        raise ShapeError(f"{what} has rows of different lengths: give an array")
    flat[:] = [checked(one, what) for one in found.ravel()]
    return flat.reshape(found.shape)


def _complex(tokens: Any) -> Array:
    try:
        found = np.asarray(tokens.tolist() if isinstance(tokens, sp.MatrixBase) else tokens)
        if found.dtype == object:
            found = found.astype(complex)
            found = found.real if not found.imag.any() else found
    except (TypeError, ValueError):
        raise ModelError(f"the tokens are {came(tokens)}: beside floats give numbers in rows of one length") from None
    if found.dtype.kind not in "fciu":
        raise ModelError(f"the tokens are {came(tokens)}: give an array of numbers (T, d)")
    found = found if found.dtype.kind in "fc" else found.astype(float)
    if not np.isfinite(found).all():
        raise ModelError("the tokens hold nan or infinity: give finite numbers")
    return found


def _is_float(value: Any) -> bool:
    floating = isinstance(value, float | complex | np.floating | np.complexfloating)
    return floating or (isinstance(value, sp.Expr) and value.has(sp.Float))


def _entries(values: Any) -> list[Any]:
    if isinstance(values, sp.MatrixBase):
        return list(values)
    if isinstance(values, np.ndarray):
        return list(values.ravel())
    if isinstance(values, list | tuple):
        return [entry for row in values for entry in _entries(row)]
    return [values]


def _floats(values: Any, what: str) -> Any:
    """Floats for what may be a mixture with exact numbers."""
    try:
        found = np.array(values, dtype=object)
        if any(isinstance(one, complex) or (isinstance(one, sp.Expr) and one.has(sp.I)) for one in found.ravel()):
            raise ModelError(f"{what} is complex: give real numbers")
        return found.astype(float)
    except (TypeError, ValueError) as fault:
        if isinstance(fault, ModelError):
            raise
        raise ModelError(f"{what} is {came(values)}: give real numbers in rows of one length") from None


def _exact(value: Any, what: str) -> sp.Expr:
    found = _plain(value, what)
    if found.is_real is False or found.has(sp.I):
        raise ModelError(f"{what} has the entry {came(value)}: give real numbers or symbols")
    return found


def _plain(value: Any, what: str) -> sp.Expr:
    if isinstance(value, Fraction):
        return sp.Rational(value.numerator, value.denominator)
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return sp.Integer(int(value))
    if isinstance(value, sp.Expr) and not value.has(sp.nan, sp.oo, -sp.oo, sp.zoo):
        return value
    raise ModelError(f"{what} has the entry {came(value)}: give real numbers or symbols")
