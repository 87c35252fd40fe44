"""Affine inner iterations, quadratic outer losses, and the two applications of the paper that have this form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.exact_matrix import ExactMatrix, exact_matrices, exact_matrix
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.norms import enclosed_norm
from symdyn.systems.implicit_deep_learning.given import Matrix, alike, column_of, fitting, floats, rows_of, zeros


@dataclass(frozen=True)
class AffineInner:
    """z_{k+1} = S z_k + T theta + r from z_0 = Z theta + z_start.

    Parameters
    ----------
    S
        (d_z, d_z). Integers, fractions, algebraic numbers and symbols in all matrices make answers exact; one float
        makes all of them floats.
    T
        (d_z, d_theta).
    r
        (d_z,); zero if None.
    start_map
        Z (d_z, d_theta); zero if None.
    start
        z_start (d_z,); zero if None.

    Raises
    ------
    ModelError, ShapeError
        If an entry is no finite real number or formula, or shapes do not fit.

    Examples
    --------
    >>> half = sp.Rational(1, 2)
    >>> AffineInner([[half]], [[half]]).is_exact
    True
    """

    S: Any
    T: Any
    r: Any = None
    start_map: Any = None
    start: Any = None

    def __post_init__(self) -> None:
        S, T = rows_of(self.S, "S"), rows_of(self.T, "T")
        d, width = S.shape[0], T.shape[1]
        if S.shape[0] != S.shape[1]:
            raise ShapeError(f"S has the shape {S.shape}: give a square matrix (d_z, d_z)")
        found = {
            "S": S,
            "T": fitting(T, (d, width), "T", "(d_z, d_theta)"),
            "r": fitting(column_of(self.r, d, "r"), (d, 1), "r", "(d_z,)"),
            "start_map": fitting(zeros(d, width) if self.start_map is None else rows_of(self.start_map, "start_map"),
                                 (d, width), "start_map", "(d_z, d_theta)"),
            "start": fitting(column_of(self.start, d, "start"), (d, 1), "start", "(d_z,)"),
        }  # fmt: skip
        for name, value in alike(found).items():
            object.__setattr__(self, name, value)

    @property
    def is_exact(self) -> bool:
        """Whether the entries are exact numbers and formulas."""
        return isinstance(self.S, sp.MatrixBase)

    @property
    def states(self) -> int:
        """d_z."""
        return int(self.S.shape[0])

    @property
    def parameters(self) -> int:
        """d_theta."""
        return int(self.T.shape[1])

    @property
    def parts(self) -> tuple[Any, Any, Any, Any, Any]:
        """S, T, r, Z, z_start."""
        return self.S, self.T, self.r, self.start_map, self.start

    @property
    def symbols(self) -> tuple[str, ...]:
        """Names of the symbols in the entries."""
        parts = self.parts if self.is_exact else ()
        return tuple(sorted({symbol.name for one in parts for symbol in one.free_symbols}))

    def in_floats(self) -> AffineInner:
        """With floats in the place of exact numbers."""
        return AffineInner(*(floats(one) for one in self.parts))

    def exact(self) -> tuple[ExactMatrix, ...] | None:
        """S, T, r, Z, z_start over one field; None for floats."""
        return self._over_one_field

    @cached_property
    def _over_one_field(self) -> tuple[ExactMatrix, ...] | None:
        return exact_matrices(*self.parts) if self.is_exact else None


@dataclass(frozen=True)
class QuadraticLoss:
    """scale/2 |K_out z - w|^2.

    Parameters
    ----------
    K_out
        (d_out, d_z).
    w
        (d_out,).
    scale
        Above 0; a mean over T tasks is 1/T.

    Raises
    ------
    ModelError, ShapeError
        If the scale is not positive, so that the loss has no least value, or shapes do not fit.

    Examples
    --------
    >>> QuadraticLoss([[1]], [3])([[1]])
    2
    """

    K_out: Any
    w: Any
    scale: Any = 1

    def __post_init__(self) -> None:
        K = rows_of(self.K_out, "K_out")
        w = fitting(column_of(self.w, K.shape[0], "w"), (K.shape[0], 1), "w", "(d_out,)")
        scale = rows_of([[self.scale]], "the scale")
        found = alike({"K_out": K, "w": w, "scale": scale})
        size = found["scale"][0, 0]
        if not (size.is_positive if isinstance(size, sp.Expr) and size.free_symbols else size > 0):
            raise ModelError(f"the scale is {came(self.scale)}: a loss that has a least value needs one above 0")
        for name, value in {**found, "scale": size}.items():
            object.__setattr__(self, name, value)

    @property
    def is_exact(self) -> bool:
        """Whether the entries are exact numbers and formulas."""
        return isinstance(self.K_out, sp.MatrixBase)

    def in_floats(self) -> QuadraticLoss:
        """With floats in the place of exact numbers."""
        return QuadraticLoss(floats(self.K_out), floats(self.w), float(self.scale))

    def __call__(self, z: Any) -> Any:
        """The value at one state."""
        state = column_of(z, self.K_out.shape[1], "z")
        if isinstance(state, sp.MatrixBase) != self.is_exact:
            return self.in_floats()(floats(state)) if self.is_exact else self(floats(state))
        error = self.K_out @ state - self.w
        value = self.scale * (error.T @ error)[0, 0] / 2
        return value if isinstance(value, sp.Expr) else float(value)


def gradient_descent(K: Any, U: Any, c: Any = None, *, step: Any, start: Any = None) -> AffineInner:
    """z <- z - step K^T (K z + U theta + c), gradient descent on |K z + U theta + c|^2/2.

    Parameters
    ----------
    K
        (d_x, d_z).
    U
        (d_x, d_theta).
    c
        (d_x,); zero if None.
    step
        Above 0 and below 2/lambda_max(K^T K).
    start
        z_0 (d_z,); zero if None.

    Raises
    ------
    ModelError
        If the step is out of range; the bound is named.

    Examples
    --------
    >>> gradient_descent([[2]], [[1]], step=sp.Rational(1, 8)).S
    Matrix([[1/2]])
    >>> gradient_descent([[2]], [[1]], step=1)
    Traceback (most recent call last):
    ...
    symdyn.errors.ModelError: the step is 1: gradient descent needs one above 0 and below 2/lambda_max = 1/2
    """
    found = alike({
        "K": rows_of(K, "K"), "U": rows_of(U, "U"), "c": column_of(c, rows_of(K, "K").shape[0], "c"),
        "step": rows_of([[step]], "the step"),
    })  # fmt: skip
    K, U, c, size = found["K"], found["U"], found["c"], found["step"][0, 0]
    fitting(U, (K.shape[0], U.shape[1]), "U", "(d_x, d_theta)")
    fitting(c, (K.shape[0], 1), "c", "(d_x,)")
    check_step(size, K, "gradient descent", gram=False)
    eye = sp.eye(K.shape[1]) if isinstance(K, sp.MatrixBase) else np.eye(K.shape[1])
    return AffineInner(eye - size * (K.T @ K), -size * (K.T @ U), -size * (K.T @ c), start=start)


def meta_learning(tasks: Sequence[tuple[Any, Any]], *, step: Any, proximal: Any) -> AffineInner:
    """One block z <- z - step (A_t z - b_t + proximal (z - theta)) for each task, all from z_0 = theta (iMAML).

    Parameters
    ----------
    tasks
        Pairs (A_t, b_t): numbers, or matrices (d, d) and vectors (d,).
    step
        Above 0 and below 2/(lambda_max(A_t) + proximal) for every task.
    proximal
        The pull towards theta, at least 0.

    Raises
    ------
    ModelError, ShapeError
        If there is no task, shapes differ, or the step is out of range; the bound is named.

    Examples
    --------
    >>> inner = meta_learning([(1, 2)], step=sp.Rational(1, 4), proximal=1)
    >>> inner.S, inner.T, inner.start_map
    (Matrix([[1/2]]), Matrix([[1/4]]), Matrix([[1]]))
    """
    if not isinstance(tasks, list | tuple) or not tasks or not all(len(tuple(task)) == 2 for task in tasks):
        raise ModelError(f"the tasks are {came(tasks)}: give pairs (A, b), at least one")
    matrices = [_task_matrix(A) for A, _ in tasks]
    d = matrices[0].shape[0]
    named: dict[str, Any] = {"step": rows_of([[step]], "the step"), "proximal": rows_of([[proximal]], "the proximal")}
    for k, (A, (_, b)) in enumerate(zip(matrices, tasks, strict=True)):
        named[f"A{k}"] = fitting(A, (d, d), f"A of task {k + 1}", "(d, d), the same for all tasks")
        vector = b if isinstance(b, list | tuple) or getattr(b, "shape", False) else [b]
        named[f"b{k}"] = fitting(column_of(vector, d, f"b of task {k + 1}"), (d, 1), f"b of task {k + 1}", "(d,)")
    found = alike(named)
    size, pull = found["step"][0, 0], found["proximal"][0, 0]
    if pull.is_negative if isinstance(pull, sp.Expr) else pull < 0:
        raise ModelError(f"the proximal is {came(proximal)}: give a number from 0")
    exact = isinstance(found["A0"], sp.MatrixBase)
    eye: Any = sp.eye(d) if exact else np.eye(d)
    count = len(matrices)
    blocks = []
    for k in range(count):
        H = found[f"A{k}"] + pull * eye
        check_step(size, H, f"task {k + 1}", gram=True)
        blocks.append(eye - size * H)
    S = sp.diag(*blocks) if exact else np.kron(np.eye(count), np.ones((d, d))) * np.tile(np.hstack(blocks), (count, 1))
    stack: Any = sp.Matrix.vstack if exact else (lambda *parts: np.vstack(parts))
    return AffineInner(
        S, stack(*[size * pull * eye] * count), stack(*(size * found[f"b{k}"] for k in range(count))),
        start_map=stack(*[eye] * count),
    )  # fmt: skip


def _task_matrix(A: Any) -> Matrix:
    return rows_of(A if isinstance(A, list | tuple) or getattr(A, "shape", False) else [[A]], "A of a task")


def check_step(step: Any, matrix: Matrix, what: str, *, gram: bool = False) -> None:
    """That 0 < step < 2/lambda_max of a symmetric matrix (`gram`), or of K^T K; nothing is said of symbols.

    Raises
    ------
    ModelError
        With the bound, exact where it is a square root.
    """
    if isinstance(matrix, np.ndarray):
        values = np.linalg.eigvals(matrix) if gram else np.linalg.svd(matrix, compute_uv=False) ** 2
        largest = float(np.abs(values).max())
        if not step > 0 or not np.abs(1 - step * values).max() <= 1 or step * largest >= 2:
            bound = f"2/lambda_max = {2 / largest:.10g}" if largest else "infinity"
            raise ModelError(f"the step is {step:g}: {what} needs one above 0 and below {bound}")
        return
    square = matrix if gram else matrix.T @ matrix
    if square.free_symbols or step.free_symbols:
        if step.is_nonpositive:
            raise ModelError(f"the step is {step}: {what} needs one above 0")
        return
    if gram and square != square.T:
        check_step(float(step), floats(square), what, gram=True)
        return
    stable = step > 0 and _is_positive(2 / step * sp.eye(square.rows) - square)
    if not stable:
        raise ModelError(f"the step is {step}: {what} needs one above 0 and below 2/lambda_max = {_bound(square)}")


def _is_positive(square: Any) -> bool:
    found = exact_matrix(square)
    return found is not None and found.inertia()[0] == square.rows


def _bound(square: Any) -> str:
    """2/lambda_max of a positive matrix: a number, or digits of an enclosure."""
    t = sp.Symbol("t")
    best: list[tuple[float, Any]] = []
    for factor, _ in sp.factor_list(sp.ImmutableMatrix(square).charpoly(t).as_expr(), t)[1]:
        values = np.roots([float(x) for x in sp.Poly(factor, t).all_coeffs()]).real
        shown = max(sp.roots(factor, t), key=sp.re) if sp.degree(factor, t) <= 2 else None
        best.append((float(values.max()), shown))
    largest, exact = max(best, key=lambda pair: pair[0])
    if largest <= 0:
        return "infinity"
    if exact is not None:
        return str(sp.radsimp(2 / exact))
    if all(entry.is_Rational for entry in square):
        return f"{2 / float(enclosed_norm(square)):.10g}"
    return f"{2 / largest:.10g}"
