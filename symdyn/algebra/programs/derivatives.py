"""Derivatives, taken in symengine; SymPy in and out where a person reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import symengine
import sympy as sp

from symdyn.algebra.programs.switches import without_switches
from symdyn.errors import ModelError

_UNKNOWN = (symengine.SympifyError, TypeError, ValueError, RuntimeError, NotImplementedError, AttributeError)


def entered(expressions: Sequence[Any], first: Sequence[sp.Symbol]) -> tuple[list[Any], dict[sp.Symbol, sp.Symbol]]:
    """The expressions in symengine, on internal names v0, v1, ... for `first` and then all other symbols.

    symengine knows a symbol by its name alone; internal names keep symbols apart that differ in their assumptions.

    Returns
    -------
    list, dict
        The symengine expressions, and the internal SymPy symbol of each symbol.
    """
    plain = [sp.Integer(e) if isinstance(e, int) else without_switches(e) for e in expressions]
    free: set[sp.Symbol] = set().union(*(e.free_symbols for e in plain))
    order = [*first, *sorted(free - set(first), key=lambda s: (s.name, sp.default_sort_key(s)))]
    renaming = {symbol: sp.Symbol(f"v{k}") for k, symbol in enumerate(order)}
    if not plain:
        return [], renaming
    hidden = any(isinstance(symbol, sp.Dummy) for symbol in order)  # symengine gives it another name
    if hidden or len({symbol.name for symbol in order}) < len(order):  # only SymPy tells them apart
        return _inside([e.xreplace(renaming) for e in plain]), renaming
    inside = _inside(plain)
    names = {symengine.Symbol(old.name): symengine.Symbol(new.name) for old, new in renaming.items()}
    return [entry.xreplace(names) for entry in inside], renaming


def _inside(expressions: list[Any]) -> list[Any]:
    """The expressions in symengine.

    Raises
    ------
    ModelError
        If one holds what symengine does not know: an integral, a root by its number.
    """
    try:
        return list(symengine.DenseMatrix(len(expressions), 1, expressions))
    except _UNKNOWN as failure:
        parts = (part for e in expressions for part in sp.preorder_traversal(e))
        strange = next((p for p in parts if not _enters(p) and all(map(_enters, p.args))), None)
        shown = str(failure if strange is None else strange)[:80]
        advice = "write it with sums, products, powers and functions"
        if isinstance(strange, sp.CRootOf):
            advice = "make it a coordinate with its polynomial as a constraint, or write a root such as sqrt(2)"
        raise ModelError(f"{shown} in the formulas has no numerical form: {advice}") from None


def _enters(part: Any) -> bool:
    try:
        symengine.DenseMatrix(1, 1, [part])
    except _UNKNOWN:
        return not isinstance(part, sp.Expr)
    return True


def differentiated(
    components: Sequence[Any], coords: Sequence[sp.Symbol]
) -> tuple[list[Any], dict[sp.Symbol, sp.Symbol]]:
    """Partial derivatives d components[i] / d coords[j] in symengine, row by row, and the internal symbols."""
    inside, renaming = entered(components, coords)
    if not inside or not coords:
        return [], renaming
    column = symengine.DenseMatrix(len(inside), 1, [_smooth(entry) for entry in inside])
    row = symengine.DenseMatrix(len(coords), 1, [symengine.Symbol(renaming[c].name) for c in coords])
    return list(column.jacobian(row)), renaming


def _smooth(entry: Any) -> Any:
    """Absolute values as roots of squares, which have derivatives."""
    sizes = entry.atoms(symengine.Abs)
    if not sizes:
        return entry
    inner = {one: symengine.sqrt(_smooth(one.args[0]) ** 2) for one in sizes}
    return entry.xreplace(inner)


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
    entries, renaming = differentiated(components, coords)
    back = {internal: symbol for symbol, internal in renaming.items()}
    return sp.ImmutableMatrix(len(components), len(coords), [entry._sympy_().xreplace(back) for entry in entries])


def jacobian_at(
    components: Sequence[sp.Expr], coords: Sequence[sp.Symbol], point: Sequence[sp.Expr]
) -> sp.ImmutableMatrix:
    """The matrix of partial derivatives at an exact point, where SymPy takes what is left.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> jacobian_at([x*sp.exp(y), y**2], [x, y], [sp.sqrt(2), sp.Integer(0)])
    Matrix([
    [1, sqrt(2)],
    [0,       0]])
    """
    entries, renaming = differentiated(components, coords)
    back = {internal: symbol for symbol, internal in renaming.items()}
    values = {symengine.Symbol(renaming[c].name): value for c, value in zip(coords, point, strict=True)}
    here = [_at(entry, values)._sympy_().xreplace(back) for entry in entries]
    return sp.ImmutableMatrix(len(components), len(coords), here)


def _at(entry: Any, values: Mapping[Any, Any]) -> Any:
    """One derivative with its own coordinates put in: of many unknowns it has few."""
    own = {symbol: values[symbol] for symbol in entry.free_symbols if symbol in values}
    return entry.subs(own) if own else entry


def gradient(function: sp.Expr, coords: Sequence[sp.Symbol]) -> tuple[sp.Expr, ...]:
    """Partial derivatives of one function."""
    return tuple(jacobian([function], coords))
