"""Derivatives, taken in symengine; SymPy in and out where a person reads them."""

from __future__ import annotations

from collections.abc import Sequence

import symengine
import sympy as sp


def jacobian(components: Sequence[sp.Expr], coords: Sequence[sp.Symbol]) -> sp.ImmutableMatrix:
    """Matrix of partial derivatives d components[i] / d coords[j], unsimplified.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> jacobian([x*y, y**2], [x, y])
    Matrix([
    [y,   x],
    [0, 2*y]])
    """
    column = symengine.DenseMatrix(len(components), 1, list(components))
    row = symengine.DenseMatrix(len(coords), 1, list(coords))
    entries = [entry._sympy_() for entry in column.jacobian(row)]
    return sp.ImmutableMatrix(len(components), len(coords), entries)


def gradient(function: sp.Expr, coords: Sequence[sp.Symbol]) -> tuple[sp.Expr, ...]:
    """Partial derivatives of one function."""
    return tuple(jacobian([function], coords))
