"""The cone theorem: tokens on one side of a dominant eigenvector meet there, whatever the attention. Derived.

Let v be a unit vector with M v = lambda v and v^T M = lambda v^T, so that the complement of v is invariant under M, let
nu < lambda be the spectral norm of M on it, and let v^T x_i > 0 for all tokens x_i. With r = max_i tan angle(x_i, v),
a = min_i v^T x_i / |x_i| and any row-stochastic attention alpha, which may depend on the tokens and change in time,

* the flow x_i' = (I - x_i x_i^T) M sum_j alpha_ij x_j on the sphere has r(t) <= r(0) exp(-(lambda - nu) t),
* the layer x_i <- x_i + M sum_j alpha_ij x_j, normalised, takes r to at most r (1 + nu a)/(1 + lambda a), and a grows,
* the layer x_i <- M sum_j alpha_ij x_j, normalised, takes r to at most r nu / lambda.

Along v a token gets at least lambda sum_j alpha_ij v^T x_j, across v at most nu r times the same sum. Dimensionless.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.algebra.linear.spectrum import rational_matrix, symmetric_signs
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError

Floats = npt.NDArray[np.float64]

_ROUNDING = 1e-10  # of an eigenvector in floats, relative to the largest entry of the matrix


@dataclass(frozen=True, kw_only=True)
class Cone:
    """What the cone theorem says about one matrix and one direction.

    Parameters
    ----------
    direction
        The unit vector v, shape (d, 1).
    eigenvalue, norm
        lambda, and nu, the spectral norm of the matrix on the complement of v.
    holds
        Whether the hypotheses on the matrix hold.
    reason
        Which one fails, or that all hold.
    verdict
        PROVED from exact numbers, OBSERVED from floats.
    """

    direction: sp.ImmutableMatrix
    eigenvalue: sp.Expr
    norm: sp.Expr
    holds: bool
    reason: str
    verdict: Verdict

    @property
    def rate(self) -> sp.Expr | None:
        """lambda - nu, the rate of the flow; None where the theorem does not apply."""
        return sp.simplify(self.eigenvalue - self.norm) if self.holds else None

    def factor(self, least: Any, *, residual: bool = True) -> Any:
        """What r is multiplied with in one layer at most, from a = `least`: an array, a number or a symbol.

        Examples
        --------
        >>> cone(sp.diag(3, 1), sp.Matrix([1, 0])).factor(sp.Rational(1, 2))
        3/5
        """
        given = isinstance(least, sp.Expr | int)
        first, second = (value if given else float(value) for value in (self.eigenvalue, self.norm))
        return (1 + second * least) / (1 + first * least) if residual else second / first


def cone(matrix: sp.MatrixBase, direction: sp.MatrixBase) -> Cone:
    """Check the hypotheses on a matrix and a direction: exactly for exact numbers, else in floats.

    Raises
    ------
    ModelError, ShapeError
        If the matrix has symbols or is not square, or the direction is zero or has another size.

    Examples
    --------
    >>> cone(sp.diag(2, 1), sp.Matrix([1, 0])).rate
    1
    >>> cone(sp.diag(1, -2), sp.Matrix([1, 0])).reason
    'the norm 2 of the matrix on the complement of v is not below lambda = 1'
    """
    d = matrix.rows
    if matrix.cols != d or len(direction) != d:
        raise ShapeError(
            f"a matrix of shape {matrix.shape} and a direction of {len(direction)} entries: give (d, d) and d entries"
        )
    if matrix.free_symbols or direction.free_symbols:
        raise ModelError("the cone theorem is checked for numbers: give values to the symbols")
    length = sp.sqrt(sum(entry**2 for entry in direction))
    if length == 0:
        raise ModelError("the direction is zero: give an eigenvector")
    v = sp.ImmutableMatrix(d, 1, [sp.radsimp(entry / length) for entry in direction])
    exact = not matrix.has(sp.Float) and not v.has(sp.Float)
    value = sp.simplify((v.T * matrix * v)[0])
    verdict = Verdict.PROVED if exact else Verdict.OBSERVED
    scale = max([1.0, *(abs(float(entry)) for entry in matrix)])
    for image, name in ((matrix * v, "v is no eigenvector"), (matrix.T * v, "the complement of v is not invariant")):
        if not all(_vanishes(entry, exact, scale) for entry in image - value * v):
            return _cone(v, value, _float_norm(matrix - value * v * v.T), False, name, verdict)
    across = sp.ImmutableMatrix((matrix - value * v * v.T).applyfunc(sp.simplify))
    norm, below, known = _compared(across, value, exact)
    verdict = verdict if known else Verdict.OBSERVED
    shown = [sp.N(number, 6) if not number.is_Integer else number for number in (norm, value)]
    fault = f"the norm {shown[0]} of the matrix on the complement of v is not below lambda = {shown[1]}"
    return _cone(v, value, norm, below, "all hypotheses on the matrix hold" if below else fault, verdict)


def cone_radius(states: npt.ArrayLike, direction: Any) -> tuple[Floats, Floats]:
    """r = max_i tan angle(x_i, v) and a = min_i v^T x_i / |x_i|, for states (n, d) or (n, d, B).

    Both have the shape () or (B,); r is infinite where a token lies outside of the half-space.
    """
    x = np.asarray(states, dtype=np.float64)
    v = np.array([float(entry) for entry in direction])
    v = v / np.linalg.norm(v)
    along = np.einsum("ia...,a->i...", x, v)
    across = x - along[:, None] * v.reshape((1, -1) + (1,) * (x.ndim - 2))
    aside = np.linalg.norm(across, axis=1)
    tangent = np.divide(aside, along, out=np.full_like(aside, np.inf), where=along > 0)
    return np.asarray(tangent.max(axis=0)), np.asarray((along / np.linalg.norm(x, axis=1)).min(axis=0))


def states_in_cone(random: np.random.Generator, tokens: int, direction: Any, draws: int) -> Floats:
    """Random unit tokens with v^T x_i > 0, shape (tokens, d, draws)."""
    v = np.array([float(entry) for entry in direction])
    v = v / np.linalg.norm(v)
    x = random.normal(size=(tokens, len(v), draws))
    along = np.einsum("iab,a->ib", x, v)
    x += np.einsum("ib,a->iab", np.abs(along) - along, v)
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True))


def _cone(v: sp.ImmutableMatrix, value: sp.Expr, norm: sp.Expr, holds: bool, reason: str, verdict: Verdict) -> Cone:
    return Cone(direction=v, eigenvalue=value, norm=norm, holds=holds, reason=reason, verdict=verdict)


def _vanishes(entry: sp.Expr, exact: bool, scale: float) -> bool:
    """Digits rule most numbers out before the exact test is asked."""
    if abs(sp.N(entry, 50)) > _ROUNDING * scale:
        return False
    return bool(sp.simplify(entry) == 0) if exact else True


def _compared(across: sp.ImmutableMatrix, value: sp.Expr, exact: bool) -> tuple[sp.Expr, bool, bool]:
    """The norm of `across`, whether it is below `value`, and whether that is decided exactly."""
    gram = sp.ImmutableMatrix((across.T * across).applyfunc(sp.simplify)) if exact else across
    roots = sp.roots(gram.charpoly(), cubics=False, quartics=False) if exact else {}
    closed = exact and sum(roots.values()) == across.rows
    norm = sp.sqrt(max(roots, key=lambda root: float(sp.N(root)))) if closed else _float_norm(across)
    if exact and value.is_Rational and all(entry.is_Rational for entry in gram):
        # nu < lambda if and only if lambda^2 - G is positive definite, G = across^T across
        rest = value**2 * sp.eye(across.rows) - gram
        counts = symmetric_signs(rational_matrix([list(rest.row(i)) for i in range(rest.rows)]))
        return norm, bool(value > 0 and counts.positive == across.rows), True
    if closed:
        sign = sp.simplify(value - norm).is_positive
        if sign is not None:
            return norm, bool(sign), True
    return norm, bool(float(norm) < float(value)), False


def _float_norm(matrix: sp.MatrixBase) -> sp.Expr:
    return sp.Float(float(np.linalg.norm(np.array(matrix.tolist(), dtype=float), 2)))
