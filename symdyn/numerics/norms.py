"""Norms of matrices and of linear maps: stable rank, largest singular value in floats, and enclosed with a proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, generator, one_of, real_array, whole
from symdyn.numerics.enclosed_number import Enclosure

_Map = Callable[[Floats], Floats]
_DENSE = 1200
_MOST_ENCLOSED = 300


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


def stable_rank(matrix: Any) -> Any:
    """|A|_F^2 / |A|^2, between 1 and the rank; batches lead.

    Parameters
    ----------
    matrix
        Array (..., m, n), or a SymPy matrix of numbers, for which the answer is exact where its singular values are.

    Raises
    ------
    ModelError, ShapeError
        If it is zero or no matrix.

    Examples
    --------
    >>> stable_rank([[1, 0], [0, 1]]), stable_rank(sp.diag(2, 1))
    (2.0, 5/4)
    """
    if isinstance(matrix, sp.MatrixBase):
        square = sum(entry**2 for entry in matrix)
        if square == 0:
            raise ModelError("the matrix is zero, and has no stable rank: give another")
        gram = matrix.T * matrix if matrix.rows >= matrix.cols else matrix * matrix.T
        largest = max(gram.eigenvals(), key=lambda value: sp.re(sp.N(value, 30)))
        return sp.simplify(square / largest)
    values = real_array(matrix, "the matrix")
    if values.ndim < 2:
        raise ShapeError(f"the matrix has the shape {values.shape}: give an array (..., m, n)")
    largest = np.abs(values).max(axis=(-2, -1), initial=0)
    if (largest == 0).any():
        raise ModelError("the matrix is zero, and has no stable rank: give another")
    scaled = values / largest[..., None, None]
    across = np.swapaxes(scaled, -1, -2)
    # the largest eigenvalue of the smaller Gram matrix is as exact as a singular value, and comes sooner
    gram = scaled @ across if values.shape[-2] <= values.shape[-1] else across @ scaled
    found = (scaled**2).sum(axis=(-2, -1)) / np.linalg.eigvalsh(gram)[..., -1]
    return float(found) if found.ndim == 0 else found


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
    v = v / np.linalg.norm(v)
    rights, lefts = [v], list[Floats]()
    alphas, betas = list[float](), list[float]()
    size, rest, best = 0.0, np.inf, v
    for done in range(1, min(steps, len(v)) + 1):
        u = apply(rights[-1]) - (betas[-1] * lefts[-1] if lefts else 0)
        for other in lefts:
            u = u - (other @ u) * other
        alpha = float(np.linalg.norm(u))
        alphas.append(alpha)
        lefts.append(u / alpha if alpha > 0 else u)
        w = transpose(lefts[-1]) - alpha * rights[-1]
        for other in rights:
            w = w - (other @ w) * other
        beta = float(np.linalg.norm(w))
        bidiagonal = np.diag(alphas) + np.diag(betas, 1)
        left, singular, right = np.linalg.svd(bidiagonal)
        size = float(singular[0])
        if size == 0:
            return OperatorNorm(value=0.0, lower=0.0, residual=0.0, iterations=done, converged=True, method="lanczos")
        rest = beta * float(abs(left[-1, 0])) / size
        best = np.stack(rights, axis=1) @ right[0]
        if rest <= rtol or beta <= 1e-14 * size:
            break
        betas.append(beta)
        rights.append(w / beta)
    lower = float(np.linalg.norm(apply(best / np.linalg.norm(best))))
    return OperatorNorm(
        value=size, lower=lower, residual=float(rest), iterations=done, converged=bool(rest <= rtol), method="lanczos"
    )


def enclosed_norm(matrix: Any, *, digits: int = 8) -> Enclosure:
    """The largest singular value between two rational numbers, proved.

    From below by the exact quotient |A v|^2 / |v|^2 of a rational vector, from above by an LDL^T factorisation of
    t^2 - A^T A in balls with positive pivots. Floats are the fractions that they are.

    Parameters
    ----------
    matrix
        Array or SymPy matrix of rational numbers, (m, n), min(m, n) up to 300.
    digits
        Of the quotient of both ends, about.

    Raises
    ------
    ModelError
        If it is too large, or has an entry that is no number.

    Examples
    --------
    >>> found = enclosed_norm([[1, 1], [0, 1]])  # the golden ratio
    >>> found.contains((1 + sp.sqrt(5)) / 2), float(found.high - found.low) < 1e-7
    (True, True)
    """
    rows = _fractions(matrix)
    if min(rows.nrows(), rows.ncols()) > _MOST_ENCLOSED:
        raise ModelError(f"a norm is enclosed for up to {_MOST_ENCLOSED} rows or columns: give a smaller matrix")
    if rows.nrows() < rows.ncols():
        rows = rows.transpose()
    floats = np.array([[float(Fraction(int(x.p), int(x.q))) for x in row] for row in rows.tolist()])
    _, singular, right = np.linalg.svd(floats)
    if not floats.any() or singular[0] == 0:
        return Enclosure(Fraction(0), Fraction(0))
    size = rows.ncols()
    v = flint.fmpq_mat(size, 1, [_rational(float(x)) for x in right[0]])
    image = rows * v
    square = (image.transpose() * image)[0, 0] / (v.transpose() * v)[0, 0]
    low = _root_below(Fraction(int(square.p), int(square.q)))
    gram = rows.transpose() * rows
    gap = Fraction(1, 10 ** whole(digits, "the number of digits", least=1, most=12))
    for _ in range(60):
        high = low * (1 + gap)
        if _dominates(gram, high**2):
            return Enclosure(low, high)
        gap *= 4
    raise ModelError("the norm was not enclosed: its entries differ too much in size, scale the matrix")


def _dominates(gram: flint.fmpq_mat, square: Fraction) -> bool:
    """Whether square - gram is positive definite, by pivots of LDL^T in balls."""
    size = gram.nrows()
    for bits in (128, 256, 512, 1024):
        with flint.ctx.workprec(bits):
            a = [[-flint.arb(gram[i, j]) for j in range(size)] for i in range(size)]
            shift = flint.arb(flint.fmpq(square.numerator, square.denominator))
            for i in range(size):
                a[i][i] += shift
            verdict = _positive_pivots(flint.arb_mat(a))
        if verdict is not None:
            return verdict
    return False


def _positive_pivots(matrix: flint.arb_mat) -> bool | None:
    """Whether all pivots are positive; None where a ball holds zero."""
    size = matrix.nrows()
    rows = [[matrix[i, j] for j in range(size)] for i in range(size)]
    for k in range(size):
        pivot = rows[k][k]
        if not pivot > 0:
            return False if pivot < 0 else None
        for i in range(k + 1, size):
            factor = rows[i][k] / pivot
            for j in range(i, size):
                rows[j][i] = rows[i][j] = rows[i][j] - factor * rows[k][j]
    return True


def _fractions(matrix: Any) -> flint.fmpq_mat:
    if isinstance(matrix, sp.MatrixBase):
        if not all(entry.is_Rational for entry in matrix):
            raise ModelError("the matrix has entries that are no rational numbers: give fractions or floats")
        return flint.fmpq_mat(matrix.rows, matrix.cols, [flint.fmpq(int(x.p), int(x.q)) for x in matrix])
    given = np.asarray(matrix)
    exact = all(isinstance(x, int | Fraction | sp.Rational) for x in given.flat)
    if given.dtype == object and given.ndim == 2 and exact:
        values = [Fraction(int(x.p), int(x.q)) if isinstance(x, sp.Rational) else Fraction(x) for x in given.flat]
        rows, columns = given.shape
        return flint.fmpq_mat(rows, columns, [flint.fmpq(x.numerator, x.denominator) for x in values])
    array = real_array(matrix, "the matrix", ndim=2)
    rows, columns = array.shape
    return flint.fmpq_mat(rows, columns, [_rational(float(x)) for x in array.flat])


def _rational(value: float) -> flint.fmpq:
    exact = Fraction(value)
    return flint.fmpq(exact.numerator, exact.denominator)


def _root_below(square: Fraction) -> Fraction:
    """A fraction just below the square root."""
    with flint.ctx.workprec(128):
        root = flint.arb(flint.fmpq(square.numerator, square.denominator)).sqrt()
        mantissa, exponent = root.lower().man_exp()
    found = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return found if found**2 <= square else found * (1 - Fraction(1, 2**100))
