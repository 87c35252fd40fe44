"""Orbits x_{t+1} = f(x_t) of a matrix, a function or formulas, as rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.formulas.read import parse_formula
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import whole
from symdyn.numerics.backends.numpy_backend import lower
from symdyn.numerics.kernels.numbers import Array, exact_matrix_of, is_exact, number_array

MOST_GROWTH = 1e12


def orbit(f: Any, start: Any, *, length: int, normalise: bool = False) -> Any:
    """x_1 .. x_{length + 1} as rows: `start`, f(start), f(f(start)), ...

    Parameters
    ----------
    f
        A matrix (d, d), a function of (d,), or d formulas in x1, ..., xd, as texts or SymPy.
    start
        x_1, shape (d,), may be complex. Exact if it has a fraction or a SymPy number, and f is a matrix or formulas.
    length
        Steps, at least 1.
    normalise
        Whether every token is divided by its norm.

    Raises
    ------
    ModelError, ShapeError
        If shapes do not fit, or a token grows beyond 1e12.

    Examples
    --------
    >>> orbit([[0, 1], [1, 0]], [3, 4], length=2).tolist()
    [[3.0, 4.0], [4.0, 3.0], [3.0, 4.0]]
    >>> orbit(["2*x1*x2", "x2**2 - x1**2"], [sp.Rational(3, 5), sp.Rational(4, 5)], length=1)
    Matrix([
    [  3/5,  4/5],
    [24/25, 7/25]])
    """
    steps = whole(length, "the length", least=1)
    exact = is_exact(start) and not callable(f)
    first = exact_matrix_of([list(start)], "the start") if exact else number_array(start, "the start", ndim=1)
    step = _step(f, len(first), exact)
    rows = [first]
    for number in range(steps + 1):
        latest = rows[-1]
        if normalise:
            norm = sp.sqrt(sum(x * sp.conjugate(x) for x in latest)) if exact else np.linalg.norm(latest)
            if norm == 0:
                raise ModelError(f"token {number + 1} is 0: it cannot be divided by its norm, give another start")
            rows[-1] = latest = latest / norm
        elif not exact and not np.abs(latest).max() <= MOST_GROWTH:
            raise ModelError(f"token {number + 1} grows beyond {MOST_GROWTH:.0e}: shorten the orbit or set normalise")
        if number < steps:
            rows.append(step(latest))
    return sp.ImmutableMatrix([list(row) for row in rows]) if exact else np.array(rows)


def _step(f: Any, size: int, exact: bool) -> Callable[[Any], Any]:
    if callable(f):
        return lambda x: number_array(f(x), "what the map gives", ndim=1)
    entries = list(f) if isinstance(f, sp.MatrixBase) and 1 in f.shape and size > 1 else f
    if _is_list_of_formulas(entries):
        return _formula_step(entries, size, exact)
    matrix = exact_matrix_of(f, "the map") if exact else number_array(_plain(f), "the map", ndim=2)
    if matrix.shape != (size, size):
        raise ShapeError(f"the map has the shape {tuple(matrix.shape)} and the start {size} entries: give (d, d)")
    return (lambda x: sp.ImmutableMatrix((matrix * x.T).T)) if exact else (lambda x: matrix @ x)


def _plain(f: Any) -> Any:
    return np.array(f.tolist(), dtype=complex if f.has(sp.I) else float) if isinstance(f, sp.MatrixBase) else f


def _is_list_of_formulas(f: Any) -> bool:
    return isinstance(f, Sequence) and not isinstance(f, str) and all(isinstance(x, str | sp.Expr) for x in f)


def _formula_step(f: Sequence[Any], size: int, exact: bool) -> Callable[[Any], Any]:
    names = {f"x{k + 1}": sp.Symbol(f"x{k + 1}") for k in range(size)}
    symbols = tuple(names.values())
    formulas = [
        parse_formula(x, names, exact=False, where=f"component {k + 1} of the map") if isinstance(x, str) else x
        for k, x in enumerate(f)
    ]
    if len(formulas) != size:
        raise ShapeError(f"the map has {len(formulas)} formulas and the start {size} entries: give one for each")
    other = sorted({str(s) for x in formulas for s in x.free_symbols} - set(names))
    if other:
        raise ModelError(f"the map has the name {other[0]}: its variables are {', '.join(names)}")
    if exact:
        return lambda x: sp.ImmutableMatrix([[g.subs(dict(zip(symbols, x, strict=True))) for g in formulas]])
    lowered = lower(straight_line(formulas, symbols))

    def step(x: Array) -> Array:
        if np.iscomplexobj(x):
            raise ModelError("the start is complex, and formulas are over the real numbers: give a matrix or function")
        return np.asarray(lowered(x)).reshape(size)

    return step
