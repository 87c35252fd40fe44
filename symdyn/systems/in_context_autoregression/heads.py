"""Heads on tokens: the augmented one, which makes a gradient step, and the plain one with a row of positions."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import whole
from symdyn.systems.in_context_autoregression.entries import Array, check_row, read, unit_entries

_TOLERANCE = 1e-8


def gradient_step(tokens: Any, step: Any, *, steps: int = 1) -> Any:
    """The prediction W s_T after gradient steps for (1/2) sum |s_{t+1} - W s_t|^2 that begin at W = 0.

    One step predicts step * sum_t s_{t+1} <s_t, s_T>.

    Parameters
    ----------
    tokens
        s_1 .. s_T as rows, any sequence, real or complex: SymPy (T, d), or numbers (..., T, d).
    step
        Size of a step: a number, or a symbol.
    steps
        How many.

    Returns
    -------
    Matrix (d, 1) or array (..., d)

    Raises
    ------
    ModelError, ShapeError
        If a token is not finite, or there are fewer than two.

    Examples
    --------
    >>> gradient_step([[1, 0], [0, 1], [-1, 0]], sp.Rational(1, 2))
    Matrix([
    [   0],
    [-1/2]])
    """
    s, exact = _sequence(tokens, 2, step)
    size = _scalar(step, "the step", exact)
    past, following = s[..., :-1, :], s[..., 1:, :]
    moment = _transposed(following) @ np.conj(past)
    gram = _transposed(past) @ np.conj(past)
    W = 0 * moment
    for _ in range(whole(steps, "the number of steps", least=1)):
        W = W + size * (moment - W @ gram)
    return _column((W @ s[..., -1, :, None])[..., 0], exact)


def augmented_head(tokens: Any, a: Any, b: Any) -> Any:
    """Linear attention on the augmented tokens e_t = (0, s_t, s_{t-1}), s_0 = 0: the first block of its output at T.

    The output is sum_t <e_t, Q e_T> V e_t; of Q only the block from s_T to s_{t-1}, diag(a), is not zero, of V only the
    block from s_t to the first slot, diag(b).

    Parameters
    ----------
    tokens
        As in `gradient_step`.
    a, b
        Numbers or symbols; or d of them.

    Examples
    --------
    >>> eta = sp.Symbol("eta")
    >>> tokens = [[1, 0], [0, 1], [-1, 0]]
    >>> augmented_head(tokens, 1, eta) == gradient_step(tokens, eta)
    True
    """
    s, exact = _sequence(tokens, 1, a, b)
    d = s.shape[-1]
    zero = np.zeros((d, d), dtype=object if exact else float)
    if exact:
        zero[...] = sp.S.Zero
    left, right = (_diagonal(one, what, d, exact) for one, what in ((a, "a"), (b, "b")))
    before = np.concatenate([0 * s[..., :1, :], s[..., :-1, :]], axis=-2)
    e = np.concatenate([0 * s, s, before], axis=-1)
    Q = np.block([[zero, zero, zero], [zero, zero, zero], [zero, left, zero]])
    V = np.block([[zero, right, zero], [zero, zero, zero], [zero, zero, zero]])
    scores = np.conj(e) @ (Q @ e[..., -1, :, None])
    output = _transposed(e @ V.T) @ scores
    return _column(output[..., :d, 0], exact)


def predict(tokens: Any, C: Any, p: Any) -> Any:
    """The output of the plain heads, sum_t p_t sum_j C_kj conj(s_{T-1,j}) s_{t,j} s_{t,k}: it is compared with s_{T+1}.

    Parameters
    ----------
    tokens
        s_1 .. s_T as rows: SymPy (T, d), or numbers (..., T, d), real or complex.
    C
        B^T A, shape (d, d).
    p
        Positions, shape (T,).

    Raises
    ------
    ModelError, ShapeError
        If an entry is no number, or a shape does not fit.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> predict([[1, 0], [0, 1], [-1, 0]], [[2, 2], [2, 2]], [0, -sp.Rational(1, 2), 1]).T  # a quarter turn
    Matrix([[0, -1]])
    """
    s, exact = _sequence(tokens, 2, C, p)
    matrix, row = read(C, "C", exact), read(p, "p", exact)
    check_row(row)
    T, d = s.shape[-2:]
    if row.shape[-1] != T or matrix.shape[-2:] != (d, d):
        raise ShapeError(
            f"C has the shape {matrix.shape} and p {row.shape}: these tokens need (d, d) = ({d}, {d}) and (T,) = ({T},)"
        )
    weighted = (np.conj(s[..., -2:-1, :]) * s) @ _transposed(matrix)
    return _column((row[..., None] * weighted * s).sum(axis=-2), exact)


def recover_multiplier(tokens: Any) -> Any:
    """The multipliers lambda = conj(s_{T-1}) s_T of tokens s_{t+1} = lambda s_t, coordinate by coordinate.

    Parameters
    ----------
    tokens
        Rows in the eigenbasis, coordinates of modulus 1: SymPy (T, d), or numbers (..., T, d).

    Raises
    ------
    ModelError
        If the tokens do not follow such a map: the largest residual is stated.

    Examples
    --------
    >>> recover_multiplier([[1, 1], [sp.I, -1], [-1, 1]]).T
    Matrix([[I, -1]])
    """
    s, exact = _sequence(tokens, 2)
    found = np.conj(s[..., -2, :]) * s[..., -1, :]
    rest = s[..., 1:, :] - found[..., None, :] * s[..., :-1, :]
    if exact:
        rest_left = [one for one in map(sp.simplify, rest.ravel()) if one != 0]
        if rest_left:
            raise ModelError(_residual(rest_left[0]))
        found = np.array([sp.simplify(one) for one in found], dtype=object)
    elif np.abs(rest).max() > _TOLERANCE:
        raise ModelError(_residual(f"{np.abs(rest).max():.3g}"))
    return _column(found, exact)


def _residual(size: Any) -> str:
    return (
        f"these tokens leave a residual of {size} from s_(t+1) = lambda s_t: give them in the eigenbasis of a unitary "
        "map, each coordinate of modulus 1"
    )


def _sequence(tokens: Any, least: int, *others: Any) -> tuple[Array, bool]:
    """Tokens, and whether they and all others are exact; floats otherwise."""
    s, exact = unit_entries(tokens, *others)
    if s.shape[-2] < least:
        raise ShapeError(f"{s.shape[-2]} tokens came: give at least {least}, as rows (T, d)")
    return s, exact


def _scalar(value: Any, what: str, exact: bool) -> Any:
    if isinstance(value, bool) or not (isinstance(value, int | float | sp.Expr) or hasattr(value, "numerator")):
        raise ModelError(f"{what} is {came(value)}: give a number")
    if isinstance(value, sp.Expr):
        if not exact and not value.is_real:
            raise ModelError(f"{what} is {came(value)} and there are floats: give a real number, or no floats")
        return value if exact else float(value)
    if not np.isfinite(float(value)):
        raise ModelError(f"{what} is {came(value)}: give a finite number")
    return sp.Rational(value.numerator, value.denominator) if exact and hasattr(value, "numerator") else value


def _diagonal(values: Any, what: str, d: int, exact: bool) -> Array:
    if isinstance(values, list | tuple | np.ndarray | sp.MatrixBase):
        row = read(list(values), what, exact)
        if row.shape != (d,):
            raise ShapeError(f"{what} has the shape {row.shape}: give one number, or {d}")
    else:
        row = np.full(d, _scalar(values, what, exact), dtype=object if exact else float)
    found = np.zeros((d, d), dtype=row.dtype)
    if exact:
        found[...] = sp.S.Zero
    found[np.arange(d), np.arange(d)] = row
    return found


def _transposed(matrix: Array) -> Array:
    return np.swapaxes(matrix, -1, -2)


def _column(values: Array, exact: bool) -> Any:
    return sp.ImmutableMatrix(values.shape[-1], 1, list(values)) if exact else values
