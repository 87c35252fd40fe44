"""The largest singular value of a matrix or of a linear map in floats, with its residual."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError
from symdyn.numerics.arrays import Floats, generator, one_of, real_array, whole

_Map = Callable[[Floats], Floats]
_DENSE = 1200
_EVERY = 40
_STOPPED = 1e-14


@dataclass(frozen=True)
class LinearMap:
    """A linear map known by what it does.

    Parameters
    ----------
    apply
        From arrays (n,) to (m,).
    transpose
        From arrays (m,) to (n,).
    shape
        (m, n).
    """

    apply: Callable[[Floats], Floats] = field(repr=False, compare=False)
    transpose: Callable[[Floats], Floats] = field(repr=False, compare=False)
    shape: tuple[int, int]

    def matrix(self) -> Floats:
        """The matrix, column by column."""
        return np.stack([self.apply(column) for column in np.eye(self.shape[1])], axis=1)


@dataclass(frozen=True, kw_only=True)
class OperatorNorm:
    """The largest singular value in floats, and how well it is known.

    Parameters
    ----------
    value
        The norm.
    lower
        |A v| for the unit vector found: the norm is at least this, up to rounding.
    residual
        |A^T A v - value^2 v| / value^2 for the unit vector found.
    iterations
        Applications of A^T A.
    converged
        Whether the residual fell below the tolerance.
    method
        "dense", "power" or "lanczos".
    """

    value: float
    lower: float
    residual: float
    iterations: int
    converged: bool
    method: str

    verdict = Verdict.OBSERVED

    def __float__(self) -> float:
        return self.value


def operator_norm(
    matrix: Any, *, method: str = "auto", rtol: float = 1e-8, max_iterations: int = 1000, seed: int = 0
) -> OperatorNorm:
    """The largest singular value of a matrix or of a linear map.

    Parameters
    ----------
    matrix
        Array (m, n) or a LinearMap.
    method
        "dense" (singular values), "power" (of A^T A), "lanczos" (Golub-Kahan with full orthogonalisation), or "auto":
        dense up to 1200 rows or columns, else lanczos.
    rtol
        The iteration stops where the residual |A^T A v - s^2 v| / s^2 falls below; never by the increment.
    max_iterations, seed
        Of the iteration.

    Raises
    ------
    ModelError, ShapeError
        If an option or the matrix is not right.

    Examples
    --------
    >>> round(operator_norm([[3, 0], [4, 5]], method="lanczos").value, 9)  # 3 sqrt 5
    6.708203932
    """
    name = one_of(method, "the method", ("auto", "dense", "power", "lanczos"))
    steps = whole(max_iterations, "the number of iterations", least=1)
    if isinstance(rtol, bool) or not 0 < rtol < 1:
        raise ModelError(f"the tolerance is {rtol!r}: give a number between 0 and 1")
    given = matrix if isinstance(matrix, LinearMap) else None
    array = None if given is not None else real_array(matrix, "the matrix", ndim=2)
    shape = given.shape if given is not None else array.shape  # type: ignore[union-attr]
    if name == "auto":
        name = "dense" if min(shape) <= _DENSE else "lanczos"
    if name == "dense":
        dense = given.matrix() if given is not None else np.asarray(array)
        _, singular, right = np.linalg.svd(dense, full_matrices=False)
        v, s = right[0], float(singular[0])
        image = dense @ v
        rest = float(np.linalg.norm(dense.T @ image - s**2 * v) / s**2) if s else 0.0
        return OperatorNorm(
            value=s, lower=float(np.linalg.norm(image)), residual=rest, iterations=0, converged=True, method=name
        )
    apply, transpose = _maps(given, array)
    start = generator(seed).normal(size=shape[1])
    run = _power if name == "power" else _lanczos
    return run(apply, transpose, start, rtol, steps)


def _maps(given: LinearMap | None, array: Floats | None) -> tuple[_Map, _Map]:
    if given is not None:
        return given.apply, given.transpose
    matrix = np.asarray(array)
    return (lambda v: np.asarray(matrix @ v)), (lambda u: np.asarray(matrix.T @ u))


def _power(
    apply: _Map, transpose: _Map, v: Floats, rtol: float, steps: int
) -> OperatorNorm:
    v = v / np.linalg.norm(v)
    size, rest, done = 0.0, 0.0, 0
    for done in range(1, steps + 1):
        image = apply(v)
        size = float(np.linalg.norm(image))
        if size == 0:
            return OperatorNorm(value=0.0, lower=0.0, residual=0.0, iterations=done, converged=True, method="power")
        w = transpose(image) / size**2
        rest = float(np.linalg.norm(w - v))
        if rest <= rtol:
            break
        v = w / np.linalg.norm(w)
    return OperatorNorm(
        value=size, lower=size, residual=rest, iterations=done, converged=rest <= rtol, method="power"
    )


def _lanczos(
    apply: _Map, transpose: _Map, v: Floats, rtol: float, steps: int
) -> OperatorNorm:
    """Golub-Kahan bidiagonalisation, every new vector made orthogonal to all before."""
    rights, lefts = _Basis(v / np.linalg.norm(v)), _Basis(None)
    alphas, betas = list[float](), list[float]()
    size, rest, best = 0.0, np.inf, rights.last
    most = min(steps, len(v))
    for done in range(1, most + 1):
        u = lefts.without(apply(rights.last))
        alpha = float(np.linalg.norm(u))
        alphas.append(alpha)
        lefts.append(u / alpha if alpha > 0 else u)
        w = rights.without(transpose(lefts.last))
        beta = float(np.linalg.norm(w))
        # a look at every step of the first ones, then at every fifth: the small matrix grows too
        if done <= _EVERY or done % 5 == 0 or done == most or beta <= _STOPPED * size:
            left, singular, right = np.linalg.svd(np.diag(alphas) + np.diag(betas, 1))
            size = float(singular[0])
            if size == 0:
                return OperatorNorm(
                    value=0.0, lower=0.0, residual=0.0, iterations=done, converged=True, method="lanczos"
                )
            rest = beta * float(abs(left[-1, 0])) / size
            if rest <= rtol or beta <= _STOPPED * size or done == most:
                best = right[0] @ rights.rows
                break
        betas.append(beta)
        rights.append(w / beta)
    lower = float(np.linalg.norm(apply(best / np.linalg.norm(best))))
    return OperatorNorm(
        value=size, lower=lower, residual=float(rest), iterations=done, converged=bool(rest <= rtol), method="lanczos"
    )


class _Basis:
    """Orthonormal rows, to which others are added."""

    def __init__(self, first: Floats | None) -> None:
        self._rows = np.zeros((0, 0)) if first is None else first[None].copy()
        self._size = 0 if first is None else 1

    @property
    def rows(self) -> Floats:
        return self._rows[: self._size]

    @property
    def last(self) -> Floats:
        return np.asarray(self._rows[self._size - 1])

    def append(self, row: Floats) -> None:
        if self._size == len(self._rows):
            larger = np.empty((2 * self._size + 8, len(row)))
            larger[: self._size] = self.rows if self._size else 0
            self._rows = larger
        self._rows[self._size] = row
        self._size += 1

    def without(self, vector: Floats) -> Floats:
        """The part orthogonal to all rows; what rounding leaves of the others is taken off a second time."""
        found = np.asarray(vector, dtype=float)
        for _ in range(2):
            if self._size:
                found = found - self.rows.T @ (self.rows @ found)
        return found
