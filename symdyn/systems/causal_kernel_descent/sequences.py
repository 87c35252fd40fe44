"""Sequences x_{t+1} = f(x_t) as rows, and kernels between their tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.formulas.read import parse_formula
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import one_of, whole
from symdyn.numerics.backends.numpy_backend import lower

Array = np.ndarray[Any, np.dtype[Any]]
Gram = Callable[[Any, Any], Any]

KERNELS = ("linear", "exponential", "softmax")
MOST_GROWTH = 1e12
_UNIT = 1e-9  # how far the norm of a float token may be from 1


@dataclass(frozen=True)
class Softmax:
    """A kernel that layers divide by its causal row sums; the word "softmax" is Softmax("exponential")."""

    kernel: str | Gram = "exponential"


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


def gram(X: Any, kernel: str | Gram | Softmax = "linear") -> Any:
    """k(x_i, x_j) of all pairs of rows, shape (n, n).

    Parameters
    ----------
    X
        (n, d); a SymPy matrix gives formulas.
    kernel
        "linear", <x, y>; "exponential", exp(<x, y> - 1); "softmax", which is the exponential before row sums divide
        it; or a function of X (n, d) and Y (m, d) that gives (n, m).

    Raises
    ------
    ModelError, ShapeError
        For an unknown word, or a shape that does not fit.

    Examples
    --------
    >>> gram(sp.Matrix([[1, 0], [0, 1]]), "exponential")
    Matrix([
    [       1, exp(-1)],
    [exp(-1),        1]])
    """
    tokens = rows_of(X)
    kernel = kernel.kernel if isinstance(kernel, Softmax) else kernel
    if callable(kernel):
        return _given(kernel, tokens)
    word = one_of(kernel, "the kernel", KERNELS)
    if isinstance(tokens, sp.MatrixBase):
        product = tokens * tokens.H
        return sp.ImmutableMatrix(product if word == "linear" else product.applyfunc(lambda s: sp.exp(s - 1)))
    if word == "linear":
        return tokens @ tokens.conj().T
    if np.iscomplexobj(tokens):
        raise ModelError(f"the tokens are complex: the {word} kernel is for real ones, the linear kernel takes them")
    product = tokens @ tokens.T
    product -= 1
    return np.exp(product, out=product)


def _given(kernel: Gram, tokens: Any) -> Any:
    n = tokens.shape[0]
    found = kernel(tokens, tokens)
    if isinstance(tokens, sp.MatrixBase):
        found = exact_matrix_of(found, "the values of the kernel")
    else:
        found = number_array(found, "the values of the kernel", ndim=2)
    if tuple(found.shape) != (n, n):
        raise ShapeError(f"the kernel gives the shape {tuple(found.shape)} for {n} rows: give (n, m)")
    return found


def is_softmax(kernel: Any) -> bool:
    """Whether layers divide by row sums."""
    return isinstance(kernel, Softmax) or (isinstance(kernel, str) and kernel == "softmax")
