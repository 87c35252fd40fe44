"""Layers of two heads, the fixed point that they reach, and the sequential iteration of Kaczmarz that it is.

Row t - 1 belongs to token t and its target x_{t+1}. With G the Gram matrix of x_1 .. x_T, D its diagonal and L what is
below: c = (D + L)^-1 (x_2, ..., x_{T+1}) and y = L c. Softmax divides by the row sums Z of D + L and Z' of L.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from scipy.linalg import lapack, solve_triangular

from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import real_array, whole
from symdyn.systems.causal_kernel_descent.sequences import (
    Array,
    Gram,
    Softmax,
    exact_matrix_of,
    gram,
    is_softmax,
    number_array,
    rows_of,
)

Kernel = str | Gram | Softmax
_MOST_LAYERS = 200_000


@dataclass(frozen=True, kw_only=True)
class Descent:
    """What layers give.

    Parameters
    ----------
    estimates
        (T, d), u after the last layer; u_1 = 0.
    residuals
        (T, d), the slots r that both heads read; that of token 1 is not read and stays x_1.
    history
        (layers + 1, T, d), the estimates before and after every layer, if they were asked for.
    first_exact
        For each token the first layer, from 1, from which its estimate agrees with the fixed point to 1e-12; 0 if none
        of these layers does.
    """

    estimates: Any
    residuals: Any
    history: Any
    first_exact: Any


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
    G = _checked_gram(keys, kernel)
    if isinstance(tokens, sp.MatrixBase):
        return _exact_fixed_point(G, targets, kernel)
    sums = below = None
    if is_softmax(kernel):
        sums, below = _row_sums(G)
        targets = sums[:, None] * targets
    c = solve_triangular(G, targets, lower=True, check_finite=False)
    predictions = targets - np.diagonal(G)[:, None] * c
    predictions[0] = 0
    if below is not None:
        predictions[1:] /= below[1:, None]
    errors = np.linalg.norm(tokens[1:] - predictions, axis=1)
    inverse_condition = (lapack.ztrcon if np.iscomplexobj(G) else lapack.dtrcon)(G, norm="1", uplo="L")[0]
    condition = float(1 / inverse_condition) if inverse_condition > 0 else float("inf")
    return FixedPoint(predictions=predictions, coefficients=c, errors=errors, condition=condition)


def _exact_fixed_point(G: sp.MatrixBase, targets: sp.MatrixBase, kernel: Kernel) -> FixedPoint:
    T, d = targets.shape
    sums, below = _row_sums(G) if is_softmax(kernel) else ([1] * T, [1] * T)
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
    >>> found.errors.tolist(), found.energy.tolist()
    ([1.0, 1.0, 0.0], [2.0, 1.0, 0.0, 0.0])
    """
    tokens = rows_of(X, least=2)
    exact = isinstance(tokens, sp.MatrixBase)
    T, d = tokens.shape[0] - 1, tokens.shape[1]
    if kernel == "linear":
        return _delta_rule(tokens, _omega(tokens, omega, exact))
    G = _checked_gram(tokens[:-1, :], kernel)
    if exact:
        found = _exact_fixed_point(G, tokens[1:, :], kernel)
        return Kaczmarz(predictions=found.predictions, errors=found.errors, operator=None, energy=None)
    sums, below = _row_sums(G) if is_softmax(kernel) else (np.ones(T), np.ones(T))
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
    told = None if omega is None else np.array(energy)
    return Kaczmarz(predictions=np.array(predictions), errors=np.array(errors), operator=W, energy=told)


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


def descend(
    X: Any, *, kernel: Kernel = "linear", step: Any = 1.0, layers: int, history: bool = False
) -> Descent:
    """Layers of two heads, one matrix product for each head and layer.

    Parameters
    ----------
    X, kernel
        As of `fixed_point`.
    step
        eta, in (0, 2/max k(x_t, x_t)), for softmax in (0, 2).
    layers
        How many.
    history
        Whether the estimates of every layer are kept.

    Raises
    ------
    ModelError, ShapeError
        If the step or the number of layers is out of range.

    Examples
    --------
    >>> descend([[1, 0], [0, 1], [-1, 0], [0, -1], [1, 0]], layers=3).first_exact.tolist()
    [1, 1, 2, 3]
    """
    tokens = rows_of(X, least=2)
    count = whole(layers, "the number of layers")
    A, B = _heads(tokens, kernel, step)
    if isinstance(tokens, sp.MatrixBase):
        return _exact_descent(tokens, kernel, A, B, count, history)
    T, d = tokens.shape[0] - 1, tokens.shape[1]
    limit = fixed_point(tokens, kernel=kernel).predictions
    r = tokens[:-1].copy()
    moving = r[1:].astype(np.result_type(r, A))
    u = np.zeros((T, d), dtype=moving.dtype)
    kept = np.zeros((count + 1, T, d), dtype=moving.dtype) if history else None
    last_apart = np.zeros(T, dtype=int)
    # both heads read r, so one product gives what each adds
    both = np.concatenate([B, -A])
    gap, half = np.empty((T - 1, d)), T - 1
    for n in range(1, count + 1):
        change = both @ moving
        u[1:] += change[:half]
        moving += change[half:]
        np.abs(u[1:] - limit[1:], out=gap)
        last_apart[1:][gap.max(axis=1) > 1e-12] = n
        if kept is not None:
            kept[n] = u
    first = np.where(last_apart < count, last_apart + 1, 0)
    return Descent(
        estimates=u, residuals=np.concatenate([r[:1].astype(moving.dtype), moving]), history=kept, first_exact=first
    )


def _exact_descent(tokens: Any, kernel: Kernel, A: Any, B: Any, layers: int, history: bool) -> Descent:
    r, u = tokens[1:-1, :], sp.zeros(*tokens[1:-1, :].shape)
    zero = sp.zeros(1, tokens.shape[1])
    kept = [u]
    for _ in range(layers):
        u, r = (u + B * r).applyfunc(sp.expand), (r - A * r).applyfunc(sp.expand)
        kept.append(u)
    limit = fixed_point(tokens, kernel=kernel).predictions[1:, :]
    first = [1 if layers else 0]
    for t in range(limit.rows):
        equal = [all(sp.cancel(x) == 0 for x in one.row(t) - limit.row(t)) for one in kept]
        late = next((n for n in range(layers, 0, -1) if not equal[n]), 0)
        first.append(late + 1 if late < layers else 0)
    told = tuple(sp.ImmutableMatrix.vstack(zero, one) for one in kept) if history else None
    return Descent(
        estimates=sp.ImmutableMatrix.vstack(zero, u),
        residuals=sp.ImmutableMatrix.vstack(tokens[:1, :], r),
        history=told,
        first_exact=tuple(first),
    )


def exact_depth(X: Any, *, kernel: Kernel = "linear", step: Any = 1, tolerance: float = 1e-12) -> Array:
    """The first layer, from 1, from which each token is exact to a tolerance; shape (T,).

    Parameters
    ----------
    X, kernel, step
        As of `descend`, in numbers.
    tolerance
        Of the largest component.

    Raises
    ------
    ModelError
        If 200,000 layers do not suffice.

    Examples
    --------
    >>> exact_depth([[1, 0], [0.6, 0.8], [-0.28, 0.96], [-0.936, 0.352]]).tolist()
    [1, 1, 2]
    """
    tokens = rows_of(X, least=2)
    if isinstance(tokens, sp.MatrixBase):
        tokens = number_array(tokens.tolist(), "the tokens", ndim=2)
    allowed = float(real_array(tolerance, "the tolerance", ndim=0))
    if not allowed > 0:
        raise ModelError(f"the tolerance is {came(tolerance)}: give a positive number")
    A, B = _heads(tokens, kernel, step)
    limit = fixed_point(tokens, kernel=kernel).predictions[1:]
    r, u = tokens[1:-1].astype(np.result_type(tokens, A)), np.zeros_like(limit)
    last_apart = np.zeros(len(limit), dtype=int)
    settled = np.finfo(float).eps * max(1.0, float(np.abs(limit).max(initial=0))) / 8
    for n in range(1, _MOST_LAYERS + 1):
        u, r = u + B @ r, r - A @ r
        last_apart[np.abs(u - limit).max(axis=1, initial=0) > allowed] = n
        if np.abs(r).max(initial=0) <= settled:
            if (last_apart == n).any():
                raise ModelError(f"rounding leaves the layers {np.abs(u - limit).max():.1e} apart: allow for more")
            return np.concatenate([[1], last_apart + 1])
    raise ModelError(f"{_MOST_LAYERS:,} layers do not reach the fixed point: give a larger tolerance or fewer tokens")


def _heads(tokens: Any, kernel: Kernel, step: Any) -> tuple[Any, Any]:
    """What the heads add to u_t and take from r_t for t = 2 .. T: matrices (T - 1, T - 1) with the step in them."""
    G = _checked_gram(tokens[:-1, :], kernel)
    size = _checked_step(step, G, kernel)
    if isinstance(G, sp.MatrixBase):
        T = G.rows
        lower = sp.Matrix(T - 1, T - 1, lambda t, j: G[t, j] if j <= t else 0)
        upper = sp.Matrix(T - 1, T - 1, lambda t, j: G[t + 1, j] if j <= t else 0)
    else:
        lower, upper = np.tril(G[:-1, :-1]), np.tril(G[1:, :-1])
    if is_softmax(kernel):
        sums, below = _row_sums(G)
        if isinstance(G, sp.MatrixBase):
            lower = sp.Matrix(*lower.shape, lambda t, j: lower[t, j] / sums[t])
            upper = sp.Matrix(*upper.shape, lambda t, j: upper[t, j] / below[t + 1])
        else:
            lower, upper = lower / sums[:-1, None], upper / below[1:, None]
    return size * lower, size * upper


def _checked_gram(keys: Any, kernel: Kernel) -> Any:
    G = gram(keys, kernel)
    exact = isinstance(G, sp.MatrixBase)
    diagonal = [G[t, t] for t in range(G.rows)] if exact else np.diagonal(G).real
    wrong = next((t for t, x in enumerate(diagonal) if (x.is_nonpositive if exact else not x > 0)), None)
    if wrong is not None:
        raise ModelError(f"k(x, x) is {diagonal[wrong]} at token {wrong + 1}: it must be positive")
    return G


def _checked_step(step: Any, G: Any, kernel: Kernel) -> Any:
    if isinstance(G, sp.MatrixBase):
        size = sp.Rational(step) if isinstance(step, int | float | Fraction) else step
        if not isinstance(size, sp.Expr) or size.is_nonpositive:
            raise ModelError(f"the step is {came(step)}: give a positive number")
        return size
    size = float(real_array(step, "the step", ndim=0))
    largest = 1.0 if is_softmax(kernel) else float(np.diagonal(G).real.max())
    if not 0 < size < 2 / largest:
        raise ModelError(f"the step is {size:g}: give one above 0 and below {2 / largest:g}, where the layers converge")
    return size


def _row_sums(G: Any) -> tuple[Any, Any]:
    """Sums of each row up to the diagonal, and before it; none may vanish but that before the first."""
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
