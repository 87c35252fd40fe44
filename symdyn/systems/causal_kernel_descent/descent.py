"""Layers of two heads, and after how many of them each token is exact."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import real_array, whole
from symdyn.numerics.kernels.gram import Kernel, is_softmax
from symdyn.numerics.kernels.kaczmarz import checked_gram, fixed_point, row_sums
from symdyn.numerics.kernels.numbers import Array, number_array, rows_of

_MOST_LAYERS = 200_000
_TOGETHER = 100  # layers that are compared with the limit at once


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
    >>> X = [[1, 0], [0.6, 0.8], [-0.28, 0.96], [-0.936, 0.352], [-0.8432, -0.5376]]
    >>> descend(X, layers=3).first_exact.tolist()
    [1, 1, 2, 3]
    """
    tokens = rows_of(X, least=2)
    count = whole(layers, "the number of layers")
    A, B = _heads(tokens, kernel, step)
    if isinstance(tokens, sp.MatrixBase):
        return _exact_descent(tokens, kernel, A, B, count, history)
    T, d = tokens.shape[0] - 1, tokens.shape[1]
    limit = fixed_point(tokens, kernel=kernel).predictions
    moving = tokens[1:-1].astype(np.result_type(tokens, A))
    u = np.zeros((T, d), dtype=moving.dtype)
    kept = np.zeros((count + 1, T, d), dtype=moving.dtype) if history else None
    last_apart = np.zeros(T, dtype=int)
    # both heads read r, so one product gives what each adds
    both, half = np.concatenate([B, -A]), T - 1
    change = np.empty((2 * half, d), dtype=moving.dtype)
    recent = np.empty((min(_TOGETHER, count), half, d), dtype=moving.dtype)
    for start in range(0, count, _TOGETHER):
        together = min(_TOGETHER, count - start)
        for k in range(together):
            np.matmul(both, moving, out=change)
            u[1:] += change[:half]
            moving += change[half:]
            recent[k] = u[1:]
        apart = np.abs(recent[:together] - limit[1:]).max(axis=2, initial=0) > 1e-12
        last = np.where(apart.any(axis=0), start + together - np.argmax(apart[::-1], axis=0), 0)
        last_apart[1:] = np.maximum(last_apart[1:], last)
        if kept is not None:
            kept[start + 1 : start + together + 1, 1:] = recent[:together]
    first = np.where(last_apart < count, last_apart + 1, 0)
    residuals = np.concatenate([tokens[:1].astype(moving.dtype), moving])
    return Descent(estimates=u, residuals=residuals, history=kept, first_exact=first)


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
    G = checked_gram(tokens[:-1, :], kernel)
    size = _checked_step(step, G, kernel)
    if isinstance(G, sp.MatrixBase):
        T = G.rows
        lower = sp.Matrix(T - 1, T - 1, lambda t, j: G[t, j] if j <= t else 0)
        upper = sp.Matrix(T - 1, T - 1, lambda t, j: G[t + 1, j] if j <= t else 0)
    else:
        lower, upper = np.tril(G[:-1, :-1]), np.tril(G[1:, :-1])
    if is_softmax(kernel):
        sums, below = row_sums(G)
        if isinstance(G, sp.MatrixBase):
            lower = sp.Matrix(*lower.shape, lambda t, j: lower[t, j] / sums[t])
            upper = sp.Matrix(*upper.shape, lambda t, j: upper[t, j] / below[t + 1])
        else:
            lower, upper = lower / sums[:-1, None], upper / below[1:, None]
    return size * lower, size * upper


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
