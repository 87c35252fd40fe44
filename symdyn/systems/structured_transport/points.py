"""Points, masses and plans as they are given: floats, or exact matrices where a fraction or formula says so."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, real_array
from symdyn.numerics.transport.plans import exact_masses, float_masses

_MASS = 1e-9


def listed(values: Any) -> Any:
    """Nested lists of what may be a matrix of SymPy; a list of numbers is a column."""
    if isinstance(values, sp.MatrixBase):
        return values.tolist()
    if isinstance(values, np.ndarray):
        return values.tolist() if values.ndim != 1 else [[one] for one in values.tolist()]
    if isinstance(values, list | tuple):
        return [list(row) if isinstance(row, list | tuple | np.ndarray) else [row] for row in values]
    return values


def is_exact(*given: Any) -> bool:
    """Whether a fraction or a SymPy number says that exact arithmetic is meant, and no float speaks against it."""
    entries = [one for values in given if values is not None for row in listed(values) for one in row]
    if any(isinstance(one, float | complex) or (isinstance(one, sp.Basic) and one.has(sp.Float)) for one in entries):
        return False
    return any(isinstance(one, Fraction | sp.Basic) for one in entries)


def exact_of(values: Any, what: str) -> sp.ImmutableMatrix:
    """An exact matrix.

    Raises
    ------
    ModelError, ShapeError
        If an entry is no number or formula, or rows have different lengths.
    """
    rows = listed(values)
    if not isinstance(rows, list) or not rows or not rows[0] or len({len(row) for row in rows}) > 1:
        raise ShapeError(f"{what} has rows of different lengths or none: give (n, d)")
    return sp.ImmutableMatrix([[_entry(one, what) for one in row] for row in rows])


def _entry(value: Any, what: str) -> sp.Expr:
    if isinstance(value, Fraction):
        return sp.Rational(value.numerator, value.denominator)
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return sp.Integer(int(value))
    if isinstance(value, sp.Expr) and not value.has(sp.nan, sp.oo, sp.zoo, sp.I):
        return value
    raise ModelError(f"{what} holds {came(value)}: give real numbers")


def points(values: Any, what: str) -> Floats:
    """(n, d); a list of numbers is a column."""
    found = real_array(values if not isinstance(values, sp.MatrixBase) else values.tolist(), what, ndim=(1, 2))
    found = found[:, None] if found.ndim == 1 else found
    if not found.size:
        raise ShapeError(f"{what} has the shape {found.shape}: give (n, d) with at least one point")
    return found


def both(X: Any, Y: Any) -> tuple[Floats, Floats]:
    """X (n, d_x) and Y (m, d_y)."""
    return points(X, "X"), points(Y, "Y")


def masses(a: Any, b: Any, n: int, m: int) -> tuple[Floats, Floats]:
    """Masses of both sides with one sum, scaled to 1.

    Raises
    ------
    ModelError, ShapeError
        If numbers do not fit, masses are negative, or the sums differ.
    """
    sides = []
    for given, count, name in ((a, n, "a"), (b, m, "b")):
        one = np.full(count, 1 / count) if given is None else real_array(given, f"the list of masses {name}", ndim=1)
        if len(one) != count:
            side = "X" if name == "a" else "Y"
            raise ShapeError(f"{len(one)} masses {name} came for {count} rows of {side}: give one for each")
        sides.append(one)
    first, second = sides
    totals = float(first.sum()), float(second.sum())
    if abs(totals[0] - totals[1]) > _MASS * max(1.0, abs(totals[0])):
        raise ModelError(f"the masses a sum to {totals[0]:g} and b to {totals[1]:g}: give both the sum 1")
    return float_masses(first, n, "a"), float_masses(second, m, "b")


def exact_sides(a: Any, b: Any, n: int, m: int) -> tuple[sp.ImmutableMatrix, sp.ImmutableMatrix]:
    """Masses as exact columns."""
    sides = (exact_masses(a, n, "a"), exact_masses(b, m, "b"))
    first, second = ([sp.Rational(one.numerator, one.denominator) for one in side] for side in sides)
    return sp.ImmutableMatrix(n, 1, first), sp.ImmutableMatrix(m, 1, second)


def plan_of(P: Any, n: int, m: int) -> Floats:
    """A plan (n, m) with entries from 0 and sum 1.

    Raises
    ------
    ModelError, ShapeError
        If it is none.
    """
    plan = real_array(P if not isinstance(P, sp.MatrixBase) else P.tolist(), "the plan P", ndim=2)
    if plan.shape != (n, m):
        raise ShapeError(f"the plan P has the shape {plan.shape}: give ({n}, {m}), a row for each row of X")
    if plan.min() < -_MASS or abs(float(plan.sum()) - 1) > 1e-6:
        what = f"the least entry {plan.min():g} and the sum {plan.sum():g}"
        raise ModelError(f"the plan P has {what}: give one from U(a, b)")
    return plan
