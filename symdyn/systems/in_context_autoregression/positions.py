"""Positions that are trained alone, on slow rotations: the closed form of gradient descent from zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import Floats, whole

_MOST = 10**9


@dataclass(frozen=True, kw_only=True)
class PositionalEncoding:
    """Rows of positions after gradient descent from zero.

    Parameters
    ----------
    iterations
        How many steps.
    rows
        (T - 1, T): row i, counted from 0, has i + 2 entries in use; the last one ends with p_{T-1} and p_T.
    loss
        The mean over rows.
    gram_spectrum
        Eigenvalues of G of the last row, falling; those near zero are why the rows stay smooth.
    """

    iterations: int
    rows: Floats
    loss: float
    gram_spectrum: Floats


def positional_encoding(
    slowness: float,
    *,
    length: int = 30,
    learning_rate: float = 0.5,
    tolerance: float = 1e-3,
    iterations: int | None = None,
) -> PositionalEncoding:
    """Gradient descent from zero on positions alone, for maps exp(i theta/slowness), theta uniform on [0, 2 pi], d = 1.

    A row p has the loss (p - e)^T G (p - e), with e = (0, ..., 0, 1) and G_jk = sin(x)/x for x = 4 pi (j - k)/slowness.
    With G = U diag(w) U^T, after k steps on the mean of T - 1 rows

        p = e - U (1 - 2 learning_rate w/(T - 1))^k U^T e.

    Parameters
    ----------
    slowness
        mu > 0.
    length
        T.
    learning_rate
        Of gradient descent.
    tolerance
        The first k at which the mean loss is below it counts.
    iterations
        k, instead of the tolerance.

    Raises
    ------
    ModelError
        If a number is not positive, or the learning rate is above the bound from which on descent grows.

    Examples
    --------
    >>> found = positional_encoding(300)
    >>> found.iterations, found.rows[-1, -2:].round(4)
    (473, array([0.1314, 0.1409]))
    """
    mu, rate = _positive(slowness, "the slowness"), _positive(learning_rate, "the learning_rate")
    T = whole(length, "the length", least=2)
    spectra = [_row(mu, n) for n in range(2, T + 1)]
    w = np.concatenate([values for values, _ in spectra])
    weight = np.concatenate([vectors[-1] for _, vectors in spectra]) ** 2 * w / (T - 1)
    bound = (T - 1) / float(w.max())
    if rate > bound:
        raise ModelError(f"the learning_rate {rate:g} is above {bound:.4g}, from which on it grows: take a smaller one")
    shrink = 1 - 2 * rate * w / (T - 1)

    def loss(k: int) -> float:
        return float(weight @ np.abs(shrink) ** (2 * k))

    wanted = _positive(tolerance, "the tolerance")
    k = _first_below(loss, wanted) if iterations is None else whole(iterations, "the number of iterations")
    rows = np.zeros((T - 1, T))
    for i, (values, vectors) in enumerate(spectra):
        rows[i, : i + 2] = -vectors @ ((1 - 2 * rate * values / (T - 1)) ** k * vectors[-1])
        rows[i, i + 1] += 1
    return PositionalEncoding(iterations=k, rows=rows, loss=loss(k), gram_spectrum=spectra[-1][0][::-1])


def _row(mu: float, n: int) -> tuple[Floats, Floats]:
    """Eigenvalues and eigenvectors of G of a row with n entries."""
    places = np.arange(n)
    # np.sinc(x) is sin(pi x)/(pi x)
    values, vectors = np.linalg.eigh(np.sinc(4 * (places[:, None] - places) / mu))
    return np.maximum(values, 0), vectors


def _first_below(loss: Any, tolerance: float) -> int:
    """The first step with a loss below the tolerance; the loss falls."""
    if loss(0) < tolerance:
        return 0
    high = 1
    while loss(high) >= tolerance:
        high *= 2
        if high > _MOST:
            raise ModelError(f"the loss is above {tolerance:g} after {_MOST:.0e} steps: give iterations")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if loss(middle) < tolerance else (middle, high)
    return high


def _positive(value: Any, what: str) -> float:
    if isinstance(value, bool) or not (hasattr(value, "__float__") or hasattr(value, "__index__")):
        raise ModelError(f"{what} is {came(value)}: give a positive number")
    if not 0 < float(value) < np.inf:
        raise ModelError(f"{what} is {came(value)}: give a positive number")
    return float(value)
