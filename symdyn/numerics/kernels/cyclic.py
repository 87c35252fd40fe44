"""Periodic tokens: cyclic projections, their rate in a period, and where targets are no linear image, the limit cycle.

One period takes the error by P = prod_i (1 - phi_i phi_i^T / k_ii) on the span of the features. For G = L + D + L^T the
eigenvalues of P are the roots of det(z (D + L) + L^T), but for a root 1 for each dimension of the kernel of G.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.enclosure import Enclosure
from symdyn.numerics.kernels.gram import Kernel, gram, is_softmax
from symdyn.numerics.kernels.numbers import Array, rows_of
from symdyn.numerics.root_moduli import EnclosedRoots, rate_of_roots

Z = sp.Symbol("z")
_RANK = 1e-12
_CONSISTENT = 1e-9
_SAME = 1e-12
_MOST_EXACT = 6


@dataclass(frozen=True, kw_only=True)
class PeriodicRate:
    """What cyclic projections do on one period of tokens.

    Parameters
    ----------
    per_period, per_step
        The spectral radius of P, and its m-th root: factors by which the error falls. An Enclosure and a float for
        exact tokens.
    spectrum
        Eigenvalues of P on the span, the largest modulus first.
    converges
        Whether the radius is below 1 and some map of features gives all targets.
    residual
        The largest error of the best such map; exact for exact tokens of rank m or a linear kernel.
    cycle
        (m,) norms of the errors that remain, token by token; None where they fall to zero.
    rank
        Of the Gram matrix of one period.
    certificate
        Of the radius, for exact tokens.
    """

    per_period: Any
    per_step: float
    spectrum: Array
    converges: bool
    residual: Any
    cycle: Any
    rank: int
    certificate: Certificate | None = None


def periodic_rate(tokens: Any, *, kernel: Kernel = "exponential") -> PeriodicRate:
    """The rate of cyclic projections on a period of tokens, and whether the errors vanish.

    Parameters
    ----------
    tokens
        (m, d), one period; x_{i+1} is the target at x_i, the first at the last. Exact tokens (up to m = 6) give an
        enclosed radius.
    kernel
        As of `gram`; for softmax see `softmax_limits`.

    Raises
    ------
    ModelError, ShapeError
        If a token repeats with another successor, or the kernel is softmax.

    Examples
    --------
    >>> found = periodic_rate([[1, 0], [0, 1], [0, -1]], kernel="linear")
    >>> found.converges, found.cycle.round(6).tolist()
    (False, [0.0, 1.414214, 1.414214])
    """
    if is_softmax(kernel):
        raise ModelError("softmax has no geometric rate: softmax_limits gives its constants")
    rows = checked_period(tokens)
    G = gram(rows, kernel)
    if isinstance(rows, sp.MatrixBase):
        if rows.free_symbols:
            raise ModelError(f"`{sorted(map(str, rows.free_symbols))[0]}` has no value: the rate needs numbers")
        return _exact_rate(rows, G.applyfunc(sp.simplify), kernel)
    return _float_rate(rows, G)


def checked_period(tokens: Any) -> Any:
    """Tokens of one period, of which equal ones have equal successors.

    Raises
    ------
    ModelError
        Naming both places.
    """
    rows = rows_of(tokens)
    exact = isinstance(rows, sp.MatrixBase)
    if not exact and np.iscomplexobj(rows):
        raise ModelError("the tokens are complex: give the real and imaginary parts as coordinates")
    m = rows.shape[0]

    def same(i: int, j: int) -> bool:
        gap = rows[i % m, :] - rows[j % m, :]
        return all(x.equals(0) for x in gap) if exact else bool(np.abs(gap).max() < _SAME)

    for i in range(m):
        for j in range(i):
            if same(i, j) and not same(i + 1, j + 1):
                raise ModelError(
                    f"tokens {j + 1} and {i + 1} are equal and their successors are not: x_{{t+1}} is no function of "
                    "x_t, change one of them"
                )
    return rows


def _float_rate(rows: Array, G: Array) -> PeriodicRate:
    m = len(rows)
    if not np.allclose(G, G.T, atol=1e-12):
        raise ModelError("the kernel is not symmetric on these tokens: cyclic projections need k(x, y) = k(y, x)")
    values, vectors = np.linalg.eigh(G)
    kept = values > _RANK * values.max()
    if values.min() < -1e-9 * values.max():
        raise ModelError("the kernel is not positive semidefinite on these tokens: it has no features")
    features = vectors[:, kept] * np.sqrt(values[kept])
    squares = (features**2).sum(axis=1)
    P = np.eye(features.shape[1])
    for phi, square in zip(features, squares, strict=True):
        P -= np.outer(phi, phi @ P) / square
    spectrum = np.linalg.eigvals(P)
    spectrum = spectrum[np.argsort(-np.abs(spectrum), kind="stable")]
    targets = np.roll(rows, -1, axis=0)
    best = np.linalg.lstsq(features, targets, rcond=None)[0]
    residual = float(np.abs(features @ best - targets).max())
    radius = float(np.abs(spectrum[0]))
    consistent = residual <= _CONSISTENT
    cycle = None if consistent else np.linalg.norm(_cycle(rows, G), axis=1)
    return PeriodicRate(
        per_period=radius,
        per_step=radius ** (1 / m),
        spectrum=spectrum,
        converges=bool(consistent and radius < 1),
        residual=residual,
        cycle=cycle,
        rank=int(kept.sum()),
    )


def limit_cycle(tokens: Any, *, kernel: Kernel = "linear") -> Any:
    """Errors x_{i+1} - f(x_i) that come back in every period, (m, d): the limit of Kaczmarz' iteration.

    With N a basis of the kernel of the Gram matrix they are D N (N^T (D + L) N)^-1 N^T (x_2, ..., x_m, x_1): changes of
    one period cancel, and what is predicted is what some map of features gives. Zero where some map gives all targets.

    Parameters
    ----------
    tokens, kernel
        As of `periodic_rate`.

    Raises
    ------
    ModelError, ShapeError
        As `periodic_rate`.

    Examples
    --------
    >>> limit_cycle(sp.Matrix([[1, 0], [0, 1], [0, -1]]))
    Matrix([
    [0,  0],
    [1, -1],
    [1, -1]])
    """
    rows = checked_period(tokens)
    return _cycle(rows, gram(rows, kernel))


def _cycle(rows: Any, G: Any) -> Any:
    m = rows.shape[0]
    if isinstance(rows, sp.MatrixBase):
        kernel = G.nullspace(simplify=True)
        if not kernel:
            return sp.ImmutableMatrix.zeros(*rows.shape)
        N = sp.Matrix.hstack(*kernel)
        lower = sp.Matrix(m, m, lambda i, j: G[i, j] if j <= i else 0)
        targets = sp.Matrix.vstack(rows[1:, :], rows[:1, :])
        diagonal = sp.diag(*[G[i, i] for i in range(m)])
        return sp.ImmutableMatrix(diagonal * N * (N.T * lower * N).LUsolve(N.T * targets))
    values, vectors = np.linalg.eigh(G)
    N = vectors[:, values <= _RANK * values.max()]
    inner = np.linalg.solve(N.T @ np.tril(G) @ N, N.T @ np.roll(rows, -1, axis=0))
    return np.diagonal(G)[:, None] * (N @ inner)


def period_polynomial(G: Any) -> sp.Poly:
    """det(z (D + L) + L^T)/z of a Gram matrix G = L + D + L^T, in exact numbers or symbols.

    Examples
    --------
    >>> g = sp.Symbol("g")
    >>> period_polynomial(sp.Matrix([[1, g], [g, 1]]))
    Poly(z - g**2, z, domain='ZZ[g]')
    """
    m = G.rows
    names = sp.Matrix(m, m, lambda i, j: sp.Dummy(f"g{min(i, j)}{max(i, j)}"))
    names = sp.Matrix(m, m, lambda i, j: names[min(i, j), max(i, j)])
    pencil = sp.Matrix(m, m, lambda i, j: Z * names[i, j] if j <= i else names[i, j])
    found = sp.Poly(sp.expand(pencil.det(method="berkowitz")), Z)
    values = {names[i, j]: G[i, j] for i in range(m) for j in range(i, m)}
    coefficients = [coefficient.xreplace(values) for coefficient in found.all_coeffs()]
    return sp.Poly(coefficients[:-1], Z) if m > 0 else found


def _exact_rate(rows: sp.ImmutableMatrix, G: sp.ImmutableMatrix, kernel: Kernel) -> PeriodicRate:
    m = rows.rows
    if m > _MOST_EXACT:
        raise ShapeError(f"{m} exact tokens came: formulas of a period are for at most {_MOST_EXACT}, give floats")
    if m == 1:
        return _single(rows)
    targets = sp.Matrix.vstack(rows[1:, :], rows[:1, :])
    if kernel == "exponential":  # positive definite on different tokens, and equal ones have equal targets
        rank, consistent = len({tuple(rows.row(i)) for i in range(m)}), True
    else:
        rank = G.rank(simplify=True)
        consistent = rank == m or G.row_join(targets).rank(simplify=True) == rank
    coefficients = period_polynomial(G).all_coeffs()
    for _ in range(m - rank):
        coefficients = _divided_by_one(coefficients)
    # with one direction all projections are zero there
    rate = _rate_of(coefficients)
    values = rate.values()
    cycle = None if consistent else tuple(sp.sqrt(sum(x**2 for x in _cycle(rows, G).row(i))) for i in range(m))
    low, high = rate.modulus.low, rate.modulus.high
    return PeriodicRate(
        per_period=rate.modulus,
        per_step=float(rate.modulus) ** (1 / m),
        spectrum=np.concatenate([values, np.zeros(max(rank - len(values), 0))]),
        converges=bool(consistent and low <= high < 1),
        residual=sp.S.Zero if consistent else _exact_residual(G, targets),
        cycle=cycle,
        rank=rank,
        certificate=rate.certificate,
    )


def _single(rows: sp.ImmutableMatrix) -> PeriodicRate:
    zero = np.zeros(1)
    return PeriodicRate(
        per_period=Enclosure(Fraction(0), Fraction(0)), per_step=0.0, spectrum=zero, converges=True, residual=sp.S.Zero,
        cycle=None, rank=1,
    )


def _rate_of(coefficients: list[sp.Expr]) -> EnclosedRoots:
    """Of coefficients from the highest power down."""
    return rate_of_roots(coefficients[::-1] if len(coefficients) > 1 else [0, 1])


def _divided_by_one(coefficients: list[sp.Expr]) -> list[sp.Expr]:
    """Horner's scheme at z = 1, where the remainder vanishes."""
    quotient, running = list[sp.Expr](), sp.S.Zero
    for coefficient in coefficients[:-1]:
        running = running + coefficient
        quotient.append(running)
    return quotient


def _exact_residual(G: sp.MatrixBase, targets: sp.Matrix) -> sp.Expr:
    """The largest entry of the part of the targets that is orthogonal to the range of the Gram matrix."""
    N = sp.Matrix.hstack(*G.nullspace(simplify=True))
    beyond = N * (N.T * N).LUsolve(N.T * targets)
    return max((abs(x) for x in beyond), key=float)
