"""The fixed point of layers, and the sequential iteration of Kaczmarz that it is.

Row t - 1 belongs to token t and its target x_{t+1}. With G the Gram matrix of x_1 .. x_T, D its diagonal and L what is
below: c = (D + L)^-1 (x_2, ..., x_{T+1}) and y = L c. Softmax divides by the row sums Z of D + L and Z' of L.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from scipy.linalg import get_blas_funcs, lapack

from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.kernels.gram import Kernel, gram, is_softmax
from symdyn.numerics.kernels.numbers import Array, exact_matrix_of, number_array, rows_of

_BLOCK = 64
_ONE_THREAD = 200_000  # multiplications of a product that OpenBLAS does in one thread


@dataclass(frozen=True, kw_only=True)
class FixedPoint:
    """The limit of many layers.

    Parameters
    ----------
    predictions
        (T, d), the limit of u_t.
    coefficients
        (T, d), c.
    errors
        (T,), Euclidean norms of x_{t+1} - u_t.
    condition
        Estimate of the condition number of D + L in the norm of sums; None for exact input.
    """

    predictions: Any
    coefficients: Any
    errors: Any
    condition: float | None


@dataclass(frozen=True, kw_only=True)
class Kaczmarz:
    """The sequential iteration f_{t+1} = f_t + k(., x_t) (x_{t+1} - f_t(x_t)) / k(x_t, x_t).

    Parameters
    ----------
    predictions
        (T, d), f_t(x_t); for softmax the targets are Z_t x_{t+1}, and f_t(x_t) is divided by Z'_t.
    errors
        (T,), Euclidean norms of x_{t+1} - predictions.
    operator
        (d, d), W_{T+1} of the linear kernel; else None.
    energy
        (T + 1,), the squared Frobenius norms of W_t - Omega for t = 1 .. T + 1, if the kernel is linear and Omega is
        given or determined by the tokens; else None.
    """

    predictions: Any
    errors: Any
    operator: Any
    energy: Any


def fixed_point(X: Any, *, kernel: Kernel = "linear") -> FixedPoint:
    """The limit of the estimates, by one triangular solve.

    Parameters
    ----------
    X
        (T + 1, d), T at least 1. A SymPy matrix gives formulas.
    kernel
        As of `gram`; `Softmax(k)` divides any kernel k by its row sums.

    Raises
    ------
    ModelError, ShapeError
        If k(x, x) is not positive, or a row sum of softmax is zero.

    Examples
    --------
    >>> theta = sp.Symbol("theta")
    >>> X = sp.Matrix([[sp.cos(t * theta), sp.sin(t * theta)] for t in range(3)])
    >>> sp.simplify(fixed_point(X).predictions.row(1))
    Matrix([[cos(theta)**2, sin(2*theta)/2]])
    """
    tokens = rows_of(X, least=2)
    keys, targets = tokens[:-1, :], tokens[1:, :]
    G = checked_gram(keys, kernel)
    if isinstance(tokens, sp.MatrixBase):
        return _exact_fixed_point(G, targets, kernel)
    sums = below = None
    if is_softmax(kernel):
        sums, below = row_sums(G)
        targets = sums[:, None] * targets
    c = solve_lower(G, targets)
    predictions = targets - np.diagonal(G)[:, None] * c
    predictions[0] = 0
    if below is not None:
        predictions[1:] /= below[1:, None]
    errors = np.linalg.norm(tokens[1:] - predictions, axis=1)
    # the transpose is in the order of LAPACK, and its norm of rows that of columns of G
    inverse_condition = (lapack.ztrcon if np.iscomplexobj(G) else lapack.dtrcon)(G.T, norm="I", uplo="U")[0]
    condition = float(1 / inverse_condition) if inverse_condition > 0 else float("inf")
    return FixedPoint(predictions=predictions, coefficients=c, errors=errors, condition=condition)


def solve_lower(matrix: Array, right: Array) -> Array:
    """Solve with the lower triangle of a matrix (n, n), block by block, in products too small to be given to threads.

    They are limited by memory, not arithmetic: one call of LAPACK, or one product for each block, takes as long where
    no other program is at work, and many times as long where its threads wait for a core.

    Examples
    --------
    >>> solve_lower(np.array([[2.0, 9.0], [1.0, 1.0]]), np.array([[2.0], [3.0]])).tolist()
    [[1.0], [2.0]]
    """
    (trsm,) = get_blas_funcs(("trsm",), (matrix, right))
    found = np.empty(right.shape, dtype=np.result_type(matrix, right))
    width = max(_BLOCK, _ONE_THREAD // (_BLOCK * right.shape[1]))
    for start in range(0, len(matrix), _BLOCK):
        block = slice(start, min(start + _BLOCK, len(matrix)))
        known = right[block].astype(found.dtype)
        for first in range(0, start, width):
            part = slice(first, min(first + width, start))
            known -= matrix[block, part] @ found[part]
        found[block] = trsm(1.0, matrix[block, block].T, known, lower=0, trans_a=1)
    return found


def _exact_fixed_point(G: sp.MatrixBase, targets: sp.MatrixBase, kernel: Kernel) -> FixedPoint:
    T, d = targets.shape
    sums, below = row_sums(G) if is_softmax(kernel) else ([1] * T, [1] * T)
    rows, predictions = list[sp.MatrixBase](), list[sp.MatrixBase]()
    for t in range(T):
        reached = sum((G[t, j] * rows[j] for j in range(t)), sp.zeros(1, d))
        rows.append((sums[t] * targets.row(t) - reached) / G[t, t])
        predictions.append(reached / below[t] if t else sp.zeros(1, d))
    errors = tuple(_exact_norm(targets.row(t) - predictions[t]) for t in range(T))
    return FixedPoint(
        predictions=sp.ImmutableMatrix.vstack(*map(sp.ImmutableMatrix, predictions)),
        coefficients=sp.ImmutableMatrix.vstack(*map(sp.ImmutableMatrix, rows)),
        errors=errors,
        condition=None,
    )


def kaczmarz(X: Any, *, kernel: Kernel = "linear", omega: Any = None) -> Kaczmarz:
    """The same predictions one token after the other, and for the linear kernel the operator and its distance.

    Parameters
    ----------
    X, kernel
        As of `fixed_point`.
    omega
        The matrix with x_{t+1} = Omega x_t, for the energies; found from the tokens if they span all directions.

    Raises
    ------
    ModelError, ShapeError
        As `fixed_point`; or if Omega has another shape.

    Examples
    --------
    >>> found = kaczmarz([[1, 0], [0, 1], [-1, 0], [0, -1]])
    >>> found.errors.tolist(), found.energy.round(12).tolist()
    ([1.0, 1.0, 0.0], [2.0, 1.0, 0.0, 0.0])
    """
    tokens = rows_of(X, least=2)
    exact = isinstance(tokens, sp.MatrixBase)
    T, d = tokens.shape[0] - 1, tokens.shape[1]
    if kernel == "linear":
        return _delta_rule(tokens, _omega(tokens, omega, exact))
    G = checked_gram(tokens[:-1, :], kernel)
    if exact:
        found = _exact_fixed_point(G, tokens[1:, :], kernel)
        return Kaczmarz(predictions=found.predictions, errors=found.errors, operator=None, energy=None)
    sums, below = row_sums(G) if is_softmax(kernel) else (np.ones(T), np.ones(T))
    c = np.zeros((T, d), dtype=np.result_type(tokens, G))
    predictions = np.zeros_like(c)
    for t in range(T):
        reached = G[t, :t] @ c[:t]
        c[t] = (sums[t] * tokens[t + 1] - reached) / G[t, t]
        predictions[t] = reached / below[t] if t else 0
    errors = np.linalg.norm(tokens[1:] - predictions, axis=1)
    return Kaczmarz(predictions=predictions, errors=errors, operator=None, energy=None)


def _delta_rule(tokens: Any, omega: Any) -> Kaczmarz:
    """W <- W + (x_{t+1} - W x_t) x_t^*/|x_t|^2, in arrays or formulas."""
    exact = isinstance(tokens, sp.MatrixBase)
    T, d = tokens.shape[0] - 1, tokens.shape[1]
    W: Any = sp.zeros(d, d) if exact else np.zeros((d, d), dtype=tokens.dtype)
    predictions, errors, energy = [], [], []
    for t in range(T):
        x, target = ((tokens.row(k).T if exact else tokens[k][:, None]) for k in (t, t + 1))
        x_star = x.H if exact else x.conj().T
        square = (x_star * x)[0] if exact else (x_star @ x)[0, 0].real
        if square == 0:
            raise ModelError(f"token {t + 1} is 0: the iteration divides by k(x, x), leave it out")
        y = W * x if exact else W @ x
        energy.append(_energy(W, omega))
        W = W + ((target - y) * x_star / square if exact else (target - y) @ x_star / square)
        predictions.append(y.T if exact else y[:, 0])
        errors.append(_exact_norm(target - y) if exact else np.linalg.norm(target - y))
    energy.append(_energy(W, omega))
    if exact:
        rows = sp.ImmutableMatrix.vstack(*map(sp.ImmutableMatrix, predictions))
        told = None if omega is None else tuple(energy)
        return Kaczmarz(predictions=rows, errors=tuple(errors), operator=sp.ImmutableMatrix(W), energy=told)
    arrays = np.array(predictions), np.array(errors)
    energies = None if omega is None else np.array(energy)
    return Kaczmarz(predictions=arrays[0], errors=arrays[1], operator=W, energy=energies)


def _energy(W: Any, omega: Any) -> Any:
    if omega is None:
        return None
    if isinstance(W, sp.MatrixBase):
        return sum(x * sp.conjugate(x) for x in W - omega)
    return float(np.sum(np.abs(W - omega) ** 2))


def _omega(tokens: Any, omega: Any, exact: bool) -> Any:
    """The given matrix, or the one that the tokens determine; None if they determine none."""
    d = tokens.shape[1]
    if omega is not None:
        matrix = exact_matrix_of(omega, "Omega") if exact else number_array(omega, "Omega", ndim=2)
        if tuple(matrix.shape) != (d, d):
            raise ShapeError(f"Omega has the shape {tuple(matrix.shape)}: give ({d}, {d})")
        return matrix
    if exact or len(tokens) <= d:
        return None
    found, _, rank, _ = np.linalg.lstsq(tokens[:-1], tokens[1:], rcond=1e-10)
    return found.T if rank == d and np.abs(tokens[:-1] @ found - tokens[1:]).max() < 1e-9 else None


def checked_gram(keys: Any, kernel: Kernel) -> Any:
    """The Gram matrix of the keys, with k(x, x) > 0.

    Raises
    ------
    ModelError
        Naming the token where that is not so.
    """
    G = gram(keys, kernel)
    exact = isinstance(G, sp.MatrixBase)
    diagonal = [G[t, t] for t in range(G.rows)] if exact else np.diagonal(G).real
    wrong = next((t for t, x in enumerate(diagonal) if (x.is_nonpositive if exact else not x > 0)), None)
    if wrong is not None:
        raise ModelError(f"k(x, x) is {diagonal[wrong]} at token {wrong + 1}: it must be positive")
    return G


def row_sums(G: Any) -> tuple[Any, Any]:
    """Sums of each row up to the diagonal, and before it; none may vanish but that before the first."""
    sums: Any
    below: Any
    if isinstance(G, sp.MatrixBase):
        sums = [sum(G[t, j] for j in range(t + 1)) for t in range(G.rows)]
        below = [sums[t] - G[t, t] for t in range(G.rows)]
        wrong = [t for t in range(G.rows) if sp.S.Zero + sums[t] == 0 or (t and sp.S.Zero + below[t] == 0)]
    else:
        sums = np.array([row[: t + 1].sum() for t, row in enumerate(G)])
        below = np.array([row[:t].sum() for t, row in enumerate(G)])
        small = 1e-14 * np.abs(G).max()
        wrong = [t for t in range(len(G)) if abs(sums[t]) <= small or (t and abs(below[t]) <= small)]
    if wrong:
        raise ModelError(f"the row sum of the kernel at token {wrong[0] + 1} is zero: softmax divides by it")
    return sums, below


def _exact_norm(vector: sp.MatrixBase) -> sp.Expr:
    square = sum((x * sp.conjugate(x) if x.has(sp.I) else x**2 for x in vector), sp.S.Zero)
    return sp.sqrt(square)
