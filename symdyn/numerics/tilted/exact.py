"""Measures and matrices as arrays or as formulas: what is meant exactly stays exact."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats
from symdyn.numerics.empirical_measure import EmpiricalMeasure, measure


def as_measure(mu: Any) -> EmpiricalMeasure:
    """A measure as it is, or the uniform one on atoms; those of a SymPy matrix may hold symbols."""
    if isinstance(mu, EmpiricalMeasure):
        return mu
    if isinstance(mu, sp.MatrixBase) and mu.free_symbols:
        return EmpiricalMeasure(sp.ImmutableMatrix(mu), (sp.Rational(1, mu.rows),) * mu.rows)
    return measure(mu)


def floats_of(mu: EmpiricalMeasure) -> tuple[Floats, Floats]:
    """Atoms (n, d) and weights (n,) as floats."""
    if not mu.is_exact:
        return mu.atoms, mu.weights
    try:
        return np.array(mu.atoms.tolist(), dtype=float), np.array(mu.weights, dtype=float)
    except TypeError:
        raise ModelError("the measure has symbols, and the rest is floats: give formulas for all, or numbers") from None


def is_formula(values: Any) -> bool:
    """Whether values are meant exactly: a SymPy object, or lists of integers and fractions with one of them."""
    if isinstance(values, sp.Basic | sp.MatrixBase):
        return not values.has(sp.Float)
    if not isinstance(values, list | tuple):
        return isinstance(values, Fraction)
    listed = list(_entries(values))
    said = any(isinstance(one, sp.Expr | Fraction) for one in listed)
    return said and all(_exact(one) is not None for one in listed)


def formulas(values: Any, what: str) -> sp.ImmutableMatrix:
    """Exact entries as a SymPy matrix.

    Raises
    ------
    ModelError, ShapeError
        If an entry is a float or no number, or rows have different lengths.
    """
    if isinstance(values, sp.MatrixBase | np.ndarray):
        rows = values.tolist()
    else:
        rows = [list(row) if isinstance(row, list | tuple) else [row] for row in values]
    if not rows or len({len(row) for row in rows}) > 1:
        raise ShapeError(f"{what} has rows of different lengths or none: give a matrix")
    found = [[_exact(entry) for entry in row] for row in rows]
    for row, kept in zip(rows, found):
        if None in kept:
            wrong = row[kept.index(None)]
            raise ModelError(f"{what} holds {came(wrong)}: beside formulas give integers, fractions or formulas")
    return sp.ImmutableMatrix(found)


def exact_number(value: Any, what: str) -> sp.Expr:
    """An integer, fraction or formula.

    Raises
    ------
    ModelError
        If it is none.
    """
    found = _exact(value)
    if found is None:
        raise ModelError(f"{what} is {came(value)}: give an integer, a fraction or a formula")
    return found


def _exact(value: Any) -> sp.Expr | None:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        return None
    if isinstance(value, int | float | np.integer):
        return sp.Integer(int(value))
    if isinstance(value, Fraction):
        return sp.Rational(value.numerator, value.denominator)
    good = isinstance(value, sp.Expr) and not value.has(sp.Float, sp.nan, sp.oo, sp.zoo)
    return value if good else None


def _entries(values: Any) -> Any:
    for one in values:
        if isinstance(one, list | tuple):
            yield from _entries(one)
        else:
            yield one
