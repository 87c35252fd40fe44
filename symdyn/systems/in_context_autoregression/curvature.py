"""Slopes and curvature of the loss in the heads and positions, and where its flat directions come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp
from sympy.polys.matrices import DomainMatrix

from symdyn.algebra.linear.spectrum import rational_matrix, symmetric_signs
from symdyn.algebra.spectra.inertia_certificate import CriticalPoint, critical_point_certificate
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError
from symdyn.systems.in_context_autoregression.entries import Array, Heads, checked_heads, out, partners
from symdyn.systems.in_context_autoregression.losses import Sums, loss_of, paired_entries, sums_of

_TOLERANCE = 1e-8


@dataclass(frozen=True, kw_only=True)
class Nullity:
    """Signs of the Hessian at a critical point, and where its kernel comes from.

    Parameters
    ----------
    nullity, negative, size
        Eigenvalues that are zero, those below zero, and all.
    explained
        Independent directions: "heads", of A -> M A, B -> M^-T B, H^2 of them for H <= d heads of full rank; "scale",
        1 of A -> x A, p -> p/x; "family", 1 where a curve of other optima goes through the point, else 0.
    spanned
        Their number together; the kernel is spanned by them where this is the nullity.
    loss
        At the point.
    certificate
        Exact inertia for rational points; None for others.
    """

    nullity: int
    negative: int
    size: int
    explained: Mapping[str, int]
    spanned: int
    loss: Any
    certificate: Certificate | None

    @property
    def verdict(self) -> Verdict:
        """PROVED with a certificate, else OBSERVED."""
        return Verdict.OBSERVED if self.certificate is None else self.certificate.verdict

    @property
    def is_explained(self) -> bool:
        """Whether the kernel is the span of the directions named."""
        return self.spanned == self.nullity


def slopes(C: Array, p: Array, paired: bool) -> tuple[Array, Array]:
    """Derivatives of the loss of one head by C (d, d) and by p (T,)."""
    sums, T = sums_of(p), len(p)
    r, square = C.sum(axis=1), (C * C).sum()
    others = np.arange(T) != T - 2
    by_p = 2 * p * square
    by_p[T - 2] = 2 * p[T - 2] * (r * r).sum()
    if paired:
        o = paired_entries(C)
        cross, extra = (r * o).sum(), (o * o).sum()
        S = p[others].sum()
        by_p[others] += 2 * p[T - 2] * cross + 2 * (S - p[others]) * extra
        by_p[T - 2] += 2 * S * cross
    by_p[T - 1] -= 2 * np.trace(C)
    return slope_by_matrix(C, sums, paired), by_p


def slope_by_matrix(C: Array, sums: Sums, paired: bool) -> Array:
    """The derivative of the loss by C for given sums over positions."""
    d = len(C)
    places = np.arange(d)
    r = C.sum(axis=1)
    found = 2 * sums.others * C
    found += 2 * sums.square * r[:, None]
    if paired:
        o, other = paired_entries(C), partners(d)
        found += 2 * sums.mixed * o[:, None]
        found[places, other] += 2 * sums.mixed * r + 2 * sums.cross * o
    found[places, places] -= 2 * sums.last
    return found


def curvature_by_matrix(d: int, sums: Sums, paired: bool) -> Array:
    """The second derivative of the loss by C, shape (d d, d d): rows of C do not mix."""
    zero = 0 * sums.last
    found = np.full((d, d, d, d), zero, dtype=object if isinstance(zero, sp.Expr) else float)
    for k in range(d):
        block = np.full((d, d), 2 * sums.square)
        block[np.arange(d), np.arange(d)] += 2 * sums.others
        if paired:
            other = k ^ 1
            block[other, :] += 2 * sums.mixed
            block[:, other] += 2 * sums.mixed
            block[other, other] += 2 * sums.cross
        found[k, :, k, :] = block
    return found.reshape(d * d, d * d)


def mixed_curvature(C: Array, p: Array, paired: bool) -> tuple[Array, Array]:
    """Second derivatives of the loss of one head: by C and p (d d, T), and by p (T, T)."""
    d, T = len(C), len(p)
    diagonal, square = np.arange(T), (C * C).sum()
    r, one = C.sum(axis=1), 0 * C
    a, S = p[T - 2], p.sum() - p[T - 2]
    by_both = (4 * C)[:, :, None] * p
    by_both[:, :, T - 2] = 4 * a * (r[:, None] + one)
    by_p = np.full((T, T), 0 * square, dtype=C.dtype)
    by_p[diagonal, diagonal] = 2 * square
    by_p[T - 2, T - 2] = 2 * (r * r).sum()
    if paired:
        o, other = paired_entries(C), partners(d)
        cross, extra, others = (r * o).sum(), (o * o).sum(), np.delete(diagonal, T - 2)
        change, swapped = o[:, None] + one, one.copy()
        change[np.arange(d), other] += r
        swapped[np.arange(d), other] = o
        by_both[:, :, others] += 2 * a * change[:, :, None] + 4 * swapped[:, :, None] * (S - p[others])
        by_both[:, :, T - 2] += 2 * S * change
        by_p[np.ix_(others, others)] += 2 * extra
        by_p[others, others] -= 2 * extra
        by_p[others, T - 2] += 2 * cross
        by_p[T - 2, others] += 2 * cross
    by_both[np.arange(d), np.arange(d), T - 1] -= 2
    return by_both.reshape(d * d, T), by_p


def hessian(A: Any, B: Any, p: Any, *, family: str = "unitary") -> Any:
    """The second derivative of the loss in (A, B, p), entries of A and B row by row, shape (2 H d + T, 2 H d + T).

    Parameters
    ----------
    A, B
        Heads as rows, (H, d): SymPy, exact numbers, or floats.
    p
        Positions (T,).
    family
        "unitary" or "orthogonal".

    Raises
    ------
    ModelError, ShapeError
        If an entry is no real number or a shape does not fit.
    """
    heads = checked_heads(A, B, p, family)
    return out(_hessian(heads), heads.exact)


def hessian_nullity(A: Any, B: Any, p: Any, *, family: str = "unitary") -> Nullity:
    """How many eigenvalues of the Hessian are zero and negative at a critical point, and which symmetries explain them.

    Rational points are decided exactly, with a certificate that computes the Hessian again from the loss. Others are
    observed: of exact ones gradient and rank are exact and signs are taken from floats; floats are judged within 1e-8.

    Parameters
    ----------
    A, B, p, family
        As in `hessian`.

    Raises
    ------
    ModelError
        If the point is not critical: the gradient is stated; or if it has symbols.

    Examples
    --------
    >>> found = hessian_nullity([[1, 0], [0, 1]], [[1, 0], [0, 1]], [0, 0, 0, 1])
    >>> found.nullity, found.negative, found.size, found.verdict, found.is_explained
    (5, 0, 12, Verdict.PROVED, True)
    """
    heads = checked_heads(A, B, p, family)
    if heads.exact and any(one.free_symbols for part in heads[:3] for one in part.ravel()):
        raise ModelError("the point has symbols: give numbers for them, since signs are counted")
    if not heads.exact:
        return _nullity_in_floats(heads)
    rational = all(one.is_Rational for part in heads[:3] for one in part.ravel())
    gradient = [one if rational else sp.simplify(one) for one in gradient_of(heads)]
    if any(one != 0 for one in gradient):
        raise ModelError(_not_critical(f"has the entry {next(one for one in gradient if one != 0)}"))
    if not rational:
        return _nullity_over_field(heads)
    matrix = rational_matrix(_hessian(heads).tolist())
    signs = symmetric_signs(matrix)
    explained, spanned = _explained(heads, lambda rows: rational_matrix(rows.tolist()).rank())
    loss = loss_of(heads.B.T @ heads.A, sums_of(heads.p), heads.paired)
    return Nullity(
        nullity=signs.zero, negative=signs.negative, size=matrix.nrows(), explained=explained, spanned=spanned,
        loss=loss, certificate=_certificate(heads, matrix, loss),
    )  # fmt: skip


def gradient_of(heads: Heads) -> Array:
    """The gradient in (A, B, p)."""
    by_C, by_p = slopes(heads.B.T @ heads.A, heads.p, heads.paired)
    return np.concatenate([(heads.B @ by_C).ravel(), (heads.A @ by_C.T).ravel(), by_p])


def tangent_directions(heads: Heads) -> Array:
    """Directions in which the loss stays, as rows: H^2 of A -> M A, B -> M^-T B, the scale, the family (or zero)."""
    A, B, p = heads[:3]
    H, d = A.shape
    T = len(p)
    found = np.full((H * H + 2, 2 * H * d + T), 0 * p[0], dtype=A.dtype)
    for g in range(H):
        for h in range(H):
            by_A, by_B = 0 * A, 0 * B
            by_A[g], by_B[h] = A[h], -B[g]
            found[g * H + h, : 2 * H * d] = np.concatenate([by_A.ravel(), by_B.ravel()])
    found[-2] = np.concatenate([A.ravel(), 0 * B.ravel(), -p])
    if on_family(heads):
        # C = (1 + c K)/p_T and p_{T-1} = -c p_T/(1 + c) along c; A or B moves, whichever has the rank d
        c = (B.T @ A)[0, 1] * p[T - 1]
        swap = np.zeros((d, d), dtype=A.dtype) + 0 * A[:1, :1]
        swap[np.arange(d), partners(d)] += 1
        with_A, with_B = (_lifted(swap / p[T - 1], one, heads.exact) for one in (B, A))
        if with_A is None and with_B is None:
            return found
        n = H * d
        found[-1, :n] += 0 if with_A is None else with_A.ravel()
        found[-1, n : 2 * n] += 0 if with_A is not None or with_B is None else with_B.ravel()
        found[-1, 2 * H * d + T - 2] = -p[T - 1] / (1 + c) ** 2
    return found


def on_family(heads: Heads) -> bool:
    """Whether the point is on the curve of optima of conjugate pairs that at least d heads have."""
    H, d = heads.A.shape
    loss = loss_of(heads.B.T @ heads.A, sums_of(heads.p), heads.paired)
    return heads.paired and d <= H and (loss == 0 if heads.exact else bool(abs(loss) < _TOLERANCE))


def _lifted(change: Array, other: Array, exact: bool) -> Array | None:
    """X (H, d) with other^T X = change, which is symmetric; None where `other` has not the rank d."""
    if exact:
        matrix = sp.Matrix(other.tolist())
        if matrix.rank() < matrix.cols:
            return None
        return np.array((matrix * (matrix.T * matrix).inv()).tolist(), dtype=object) @ change
    if np.linalg.matrix_rank(other, tol=_TOLERANCE) < other.shape[1]:
        return None
    return np.asarray(np.linalg.pinv(other.T) @ change)


def _explained(heads: Heads, rank: Callable[[Array], int]) -> tuple[dict[str, int], int]:
    """What each kind of direction adds to the rank of those before it, and the rank of all."""
    directions = tangent_directions(heads)
    own, scaled, every = (rank(directions[:count]) for count in (-2, -1, None))
    return {"heads": own, "scale": scaled - own, "family": every - scaled}, every


def _hessian(heads: Heads) -> Array:
    A, B, p, paired, exact = heads
    H, d = A.shape
    T = len(p)
    C = B.T @ A
    by_C, _ = slopes(C, p, paired)
    by_both, by_p = mixed_curvature(C, p, paired)
    second = np.block([[curvature_by_matrix(d, sums_of(p), paired), by_both], [by_both.T, by_p]])
    lift = jacobian(A, B, T)
    found = lift.T @ second @ lift
    bilinear = np.kron(np.eye(H, dtype=int).astype(object) if exact else np.eye(H), by_C.T)
    n = H * d
    found[:n, n : 2 * n] += bilinear
    found[n : 2 * n, :n] += bilinear.T
    return found


def jacobian(A: Array, B: Array, extra: int) -> Array:
    """The derivative of (C, positions) by (A, B, positions), shape (d d + extra, 2 H d + extra)."""
    H, d = A.shape
    found = np.full((d, d, 2 * H * d + extra), 0 * A[0, 0], dtype=A.dtype)
    for h in range(H):
        for j in range(d):
            found[:, j, h * d + j] = B[h]
            found[j, :, (H + h) * d + j] = A[h]
    kept = np.zeros((extra, 2 * H * d + extra), dtype=A.dtype) + 0 * A[0, 0]
    kept[np.arange(extra), 2 * H * d + np.arange(extra)] += 1
    return np.concatenate([found.reshape(d * d, -1), kept])


def _nullity_in_floats(heads: Heads) -> Nullity:
    matrix = _hessian(heads)
    size = float(np.abs(np.linalg.eigvalsh(matrix)).max())
    gradient = float(np.abs(gradient_of(heads)).max())
    if gradient > _TOLERANCE * max(1.0, size):
        raise ModelError(_not_critical(f"has an entry of {gradient:.3g}"))
    values = np.linalg.eigvalsh(matrix)
    explained, spanned = _explained(heads, lambda rows: int(np.linalg.matrix_rank(rows, tol=_TOLERANCE)))
    return Nullity(
        nullity=int((np.abs(values) <= _TOLERANCE * size).sum()), negative=int((values < -_TOLERANCE * size).sum()),
        size=len(values), explained=explained, spanned=spanned,
        loss=float(loss_of(heads.B.T @ heads.A, sums_of(heads.p), heads.paired)), certificate=None,
    )  # fmt: skip


def _nullity_over_field(heads: Heads) -> Nullity:
    """At an exact critical point with roots: the rank over their field, signs of the others in floats."""
    matrix = sp.Matrix(_hessian(heads).tolist())
    zero = matrix.rows - int(DomainMatrix.from_Matrix(matrix, extension=True).to_field().rank())
    A, B, p = (part.astype(float) for part in heads[:3])
    floats = _nullity_in_floats(Heads(A, B, p, heads.paired, False))
    loss = sp.simplify(loss_of(heads.B.T @ heads.A, sums_of(heads.p), heads.paired))
    return replace(floats, nullity=zero, loss=loss)


def _not_critical(what: str) -> str:
    return f"the point is not critical, its gradient {what}: give a point where the gradient vanishes"


def _certificate(heads: Heads, matrix: flint.fmpq_mat, loss: sp.Rational) -> Certificate | None:
    H, d = heads.A.shape
    coords, function = loss_in_symbols(H, d, len(heads.p), heads.paired)
    values = [Fraction(int(x.p), int(x.q)) for part in heads[:3] for x in part.ravel()]
    name = "the optimum" if loss == 0 else "the point"
    point = CriticalPoint(name, values, Fraction(int(loss.p), int(loss.q)), matrix)
    return critical_point_certificate(function, coords, [point])


def loss_in_symbols(H: int, d: int, T: int, paired: bool) -> tuple[tuple[sp.Symbol, ...], sp.Expr]:
    """Symbols of A, B, p in order, and the loss in them, not multiplied out."""
    A = sp.symbols(f"a1:{H + 1}_1:{d + 1}")
    B = sp.symbols(f"b1:{H + 1}_1:{d + 1}")
    p = sp.symbols(f"p1:{T + 1}")
    one, other = (np.array(part, dtype=object).reshape(H, d) for part in (A, B))
    return (*A, *B, *p), loss_of(other.T @ one, sums_of(np.array(p, dtype=object)), paired)
