"""Bilevel problems on data as array functions, with the batch axis last: ridge and logistic regression."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp
from scipy.special import expit
from sympy import ImmutableMatrix as Matrix

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, one_of, real_array
from symdyn.numerics.backends import numpy_backend
from symdyn.systems.hypergradient.problem import Bilevel

Function = Callable[..., Floats]
OUTER = ("linear", "quadratic", "logistic")


@dataclass(frozen=True, kw_only=True)
class ArrayBilevel:
    """A bilevel problem as functions of x (n, B) and y (m, B); what they give has the batch axis last.

    Parameters
    ----------
    size
        (n, m).
    F, F_1, F_2
        (n, B), (n, n, B), (n, m, B).
    F_11, F_12
        Of x, y and a direction v (n, B): derivatives of F_1 and F_2 along v.
    diagonal_cross
        Derivatives by y of the diagonal of F_1, (n, m, B).
    outer
        l, (B,).
    l_1, l_2
        (n, B), (m, B).
    l_11, l_21
        Of x, y and v: (n, B), (m, B).
    is_affine
        Whether F is affine in x.
    name
        ridge or logistic, and the outer loss.
    """

    size: tuple[int, int]
    F: Function = field(repr=False)
    F_1: Function = field(repr=False)
    F_2: Function = field(repr=False)
    F_11: Function = field(repr=False)
    F_12: Function = field(repr=False)
    diagonal_cross: Function = field(repr=False)
    outer: Function = field(repr=False)
    l_1: Function = field(repr=False)
    l_2: Function = field(repr=False)
    l_11: Function = field(repr=False)
    l_21: Function = field(repr=False)
    is_affine: bool
    name: str


def ridge(A: Any, b: Any, *, outer: str = "linear", b_out: Any = None, A_out: Any = None) -> ArrayBilevel:
    """Inner energy |A x - b|^2/(2 N) + sum_i e^{y_i} x_i^2/(2 d), one weight for each coordinate.

    Parameters
    ----------
    A, b
        (N, d) and (N,).
    outer
        "linear": b_out.x + |y|^2; "quadratic": |A_out x - b_out|^2/2; "logistic": mean log(1 + exp(-b_out a.x)) over
        the rows of A_out.
    b_out, A_out
        Of the outer loss.

    Raises
    ------
    ModelError, ShapeError
        If sizes do not fit, or the outer loss lacks its data.
    """
    rows, targets = _data(A, b, "A", "b")
    count, d = rows.shape
    gram, moment = rows.T @ rows / count, rows.T @ targets / count

    def inner(x: Floats, y: Floats) -> Floats:
        return gram @ x - moment[:, None] + np.exp(y) * x / d

    def slope(x: Floats, y: Floats) -> Floats:
        return gram[:, :, None] + _diagonal(np.exp(y) / d)

    def bent(x: Floats, y: Floats, v: Floats) -> Floats:
        return np.zeros((d, d, x.shape[1]))

    return _assembled("ridge", d, inner, slope, bent, is_affine=True, outer=_outer(outer, d, A_out, b_out))


def logistic(A: Any, b: Any, *, outer: str = "logistic", b_out: Any = None, A_out: Any = None) -> ArrayBilevel:
    """Inner energy mean_k log(1 + exp(-b_k a_k.x)) + sum_i e^{y_i} x_i^2/(2 d), labels -1 and 1.

    Parameters
    ----------
    A, b, outer, b_out, A_out
        As of `ridge`.

    Raises
    ------
    ModelError, ShapeError
        As `ridge`, or if a label is not -1 or 1.
    """
    rows, labels = _data(A, b, "A", "b")
    _require_labels(labels, "b")
    count, d = rows.shape
    signed = rows * labels[:, None]
    pairs = np.ascontiguousarray((rows[:, :, None] * rows[:, None, :]).reshape(count, d * d).T) / count

    def inner(x: Floats, y: Floats) -> Floats:
        return -signed.T @ expit(-(signed @ x)) / count + np.exp(y) * x / d

    def slope(x: Floats, y: Floats) -> Floats:
        p = expit(signed @ x)
        return (pairs @ (p * (1 - p))).reshape(d, d, -1) + _diagonal(np.exp(y) / d)

    def bent(x: Floats, y: Floats, v: Floats) -> Floats:
        p = expit(signed @ x)
        return (pairs @ (p * (1 - p) * (1 - 2 * p) * (signed @ v))).reshape(d, d, -1)

    return _assembled("logistic", d, inner, slope, bent, is_affine=False, outer=_outer(outer, d, A_out, b_out))


def _assembled(
    name: str, d: int, inner: Function, slope: Function, bent: Function, *, is_affine: bool, outer: Mapping[str, Any]
) -> ArrayBilevel:
    def cross(x: Floats, y: Floats) -> Floats:
        return _diagonal(np.exp(y) * x / d)

    def cross_along(x: Floats, y: Floats, v: Floats) -> Floats:
        return _diagonal(np.exp(y) * v / d)

    def diagonal_cross(x: Floats, y: Floats) -> Floats:
        return _diagonal(np.exp(y) / d)

    return ArrayBilevel(
        size=(d, d), F=inner, F_1=slope, F_2=cross, F_11=bent, F_12=cross_along, diagonal_cross=diagonal_cross,
        is_affine=is_affine, name=f"{name}, {outer['name']} outer loss",
        **{key: value for key, value in outer.items() if key != "name"},
    )  # fmt: skip


def _outer(word: Any, d: int, A_out: Any, b_out: Any) -> dict[str, Any]:
    """l and its derivatives."""
    name = one_of(word, "the outer loss", OUTER)
    if b_out is None or (A_out is None and name != "linear"):
        raise ModelError(f"the {name} outer loss lacks {'b_out' if b_out is None else 'A_out'}: give it")
    nothing: Function = lambda x, y, *v: np.zeros((d, x.shape[1]))  # noqa: E731
    if name == "linear":
        c = real_array(b_out, "b_out", ndim=1)
        if c.shape != (d,):
            raise ShapeError(f"b_out has shape {c.shape}: give {(d,)}")
        return {
            "name": name, "outer": lambda x, y: c @ x + (y * y).sum(axis=0),
            "l_1": lambda x, y: np.repeat(c[:, None], x.shape[1], axis=1), "l_2": lambda x, y: 2 * y + 0 * x,
            "l_11": nothing, "l_21": nothing,
        }  # fmt: skip
    rows, targets = _data(A_out, b_out, "A_out", "b_out")
    if rows.shape[1] != d:
        raise ShapeError(f"A_out has {rows.shape[1]} columns: give {d}, one for each coordinate of x")
    if name == "quadratic":
        gram, moment = rows.T @ rows, rows.T @ targets
        return {
            "name": name, "outer": lambda x, y: ((rows @ x - targets[:, None]) ** 2).sum(axis=0) / 2,
            "l_1": lambda x, y: gram @ x - moment[:, None], "l_2": nothing, "l_11": lambda x, y, v: gram @ v,
            "l_21": nothing,
        }  # fmt: skip
    _require_labels(targets, "b_out")
    signed, count = rows * targets[:, None], len(rows)

    def l_11(x: Floats, y: Floats, v: Floats) -> Floats:
        p = expit(signed @ x)
        return np.asarray(signed.T @ (p * (1 - p) * (signed @ v)) / count)

    return {
        "name": name, "outer": lambda x, y: np.logaddexp(0, -(signed @ x)).mean(axis=0),
        "l_1": lambda x, y: -signed.T @ expit(-(signed @ x)) / count, "l_2": nothing, "l_11": l_11, "l_21": nothing,
    }  # fmt: skip


def _data(A: Any, b: Any, one: str, other: str) -> tuple[Floats, Floats]:
    rows, targets = real_array(A, one, ndim=2), real_array(b, other, ndim=1)
    if len(rows) != len(targets) or not len(rows) or not rows.shape[1]:
        raise ShapeError(f"{one} has shape {rows.shape} and {other} {targets.shape}: give (N, d) and (N,)")
    return rows, targets


def _require_labels(labels: Floats, what: str) -> None:
    if not np.isin(labels, (-1, 1)).all():
        raise ModelError(f"{what} has labels other than -1 and 1: write 2 b - 1 for labels 0 and 1")


def _diagonal(entries: Floats) -> Floats:
    """(d, B) as (d, d, B)."""
    d, batch = entries.shape
    found = np.zeros((d, d, batch))
    found[np.arange(d), np.arange(d)] = entries
    return found


def array_function(formulas: Sequence[sp.Expr], symbols: Sequence[sp.Symbol]) -> Function:
    """Formulas as a function from (symbols, B) to (formulas, B)."""
    run = numpy_backend.lower(straight_line(formulas, tuple(symbols)))

    def call(values: Floats) -> Floats:
        with np.errstate(all="ignore"):  # what is not finite is seen by the caller
            return np.asarray(run(values))[:, 0]

    return call


@lru_cache(maxsize=32)
def arrays_of(problem: Bilevel) -> ArrayBilevel:
    """Array functions of a problem of formulas, each lowered at its first use.

    Raises
    ------
    ModelError
        If it has parameters without values.
    """
    if problem.parameters:
        missing = ", ".join(map(str, problem.parameters))
        raise ModelError(f"{missing} have no values: put numbers into the formulas first")
    x, y = problem.x, problem.y
    n, m = len(x), len(y)
    v = tuple(sp.Dummy(f"v{k}") for k in range(n))

    def along(matrix: Matrix) -> Matrix:
        total = sp.zeros(*matrix.shape)
        for s, d in zip(x, v, strict=True):
            total += matrix.diff(s) * d
        return Matrix(total)

    diagonal = Matrix([problem.slope[k, k] for k in range(n)])
    plain, moved = (x, y), (x, y, v)
    loss = _lazily(lambda: Matrix([problem.outer]), plain, (1,))
    return ArrayBilevel(
        size=(n, m), F=_lazily(lambda: problem.F, plain, (n,)), F_1=_lazily(lambda: problem.slope, plain, (n, n)),
        F_2=_lazily(lambda: problem.cross, plain, (n, m)),
        F_11=_lazily(lambda: along(problem.slope), moved, (n, n)),
        F_12=_lazily(lambda: along(problem.cross), moved, (n, m)),
        diagonal_cross=_lazily(lambda: diagonal.jacobian(list(y)), plain, (n, m)),
        outer=lambda a, b: loss(a, b)[0],
        l_1=_lazily(lambda: problem.outer_x, plain, (n,)), l_2=_lazily(lambda: problem.outer_y, plain, (m,)),
        l_11=_lazily(lambda: along(problem.outer_x), moved, (n,)),
        l_21=_lazily(lambda: along(problem.outer_y), moved, (m,)),
        is_affine=problem.is_affine, name="formulas",
    )  # fmt: skip


def _lazily(part: Callable[[], Matrix], arguments: tuple[Any, ...], shape: tuple[int, ...]) -> Function:
    """Formulas as an array function, lowered when it is called first."""
    made: list[Callable[..., Any]] = []

    def call(*given: Floats) -> Floats:
        if not made:
            made.append(array_function(list(part()), [s for one in arguments for s in one]))
        return np.asarray(made[0](np.concatenate(given))).reshape(*shape, given[0].shape[1])

    return call
