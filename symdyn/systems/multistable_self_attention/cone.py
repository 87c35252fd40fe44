"""The cone theorem: tokens in an open half-space around a dominant eigenvector meet there, at a known rate. Derived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.systems.multistable_self_attention.eigen import eigenvectors
from symdyn.systems.multistable_self_attention.parameters import Attention


@dataclass(frozen=True)
class Cone:
    """What the cone theorem says about an eigenvalue of V with unit eigenvector v.

    If the complement of v is V-invariant, V has norm nu < lambda on it and v^T x_i(0) > 0 for all i, then r(t),
    the largest tangent of an angle between a token and v, is at most r(0) exp(-(lambda - nu) t), for any B, beta, mask.

    Parameters
    ----------
    eigenvalue, eigenvector
        lambda and v.
    norm
        nu, the spectral norm of V on the complement of v.
    holds
        Whether the hypotheses hold.
    rate
        lambda - nu where they hold, else None.
    reason
        Which hypothesis fails, or that all hold.
    verdict
        PROVED from exact weights, OBSERVED from floats.
    """

    eigenvalue: sp.Expr
    eigenvector: sp.ImmutableMatrix
    norm: sp.Expr
    holds: bool
    rate: sp.Expr | None
    reason: str
    verdict: Verdict


def cone(model: Attention, eigenvalue: Any) -> Cone:
    """Check the hypotheses of the cone theorem at a real eigenvalue of V.

    Raises
    ------
    ValueError
        If a weight is a symbol.
    """
    if not model.is_numeric:
        raise ValueError("the cone theorem is checked for numbers: give values to the symbols")
    value = sp.S.Zero + eigenvalue
    v = eigenvectors(model.V, value)[0]
    exact = model.is_exact and not v.has(sp.Float)
    verdict = Verdict.PROVED if exact else Verdict.OBSERVED
    back = model.V.T * v - value * v
    rest = model.V * (sp.eye(model.dimension) - v * v.T)
    if not all(_vanishes(entry, exact) for entry in back):
        size = sp.Float(np.linalg.norm(np.array(rest.evalf().tolist(), dtype=float), 2))
        return Cone(value, v, size, False, None, "the orthogonal complement of v is not invariant under V", verdict)
    norm, norm_exact = _norm(sp.ImmutableMatrix(rest.applyfunc(sp.simplify)))
    difference = sp.simplify(value - norm)
    dominates = bool(sp.N(difference, 50) > (sp.Float(10) ** -40 if exact and norm_exact else 1e-12))
    verdict = verdict if norm_exact else Verdict.OBSERVED
    if not dominates:
        reason = f"the norm {sp.N(norm, 6)} of V on the complement of v is not below lambda = {sp.N(value, 6)}"
        return Cone(value, v, norm, False, None, reason, verdict)
    return Cone(value, v, norm, True, difference, "all hypotheses on V hold", verdict)


def largest_tangent(cone_: Cone, states: Any) -> Any:
    """max_i tan angle(x_i, v) for states of shape (n d, batch); infinite where a token leaves the half-space."""
    v = np.array(cone_.eigenvector.tolist(), dtype=float).ravel()
    x = np.asarray(states, dtype=float)
    x = x.reshape(-1, len(v), x.shape[-1])
    along = np.einsum("a,iab->ib", v, x)
    across = np.linalg.norm(x - along[:, None] * v[None, :, None], axis=1)
    ratio = np.where(along > 0, across / np.where(along > 0, along, 1.0), np.inf)
    return ratio.max(axis=0)


def _vanishes(entry: sp.Expr, exact: bool) -> bool:
    """Digits rule most numbers out before the exact test is asked."""
    if abs(sp.N(entry, 50)) > 1e-10:
        return False
    return bool(sp.simplify(entry) == 0) if exact else True


def _norm(matrix: sp.ImmutableMatrix) -> tuple[sp.Expr, bool]:
    """The spectral norm, exact if roots of degree two suffice."""
    if not matrix.has(sp.Float):
        gram = sp.ImmutableMatrix((matrix.T * matrix).applyfunc(sp.simplify))
        roots = sp.roots(gram.charpoly(), cubics=False, quartics=False)
        if sum(roots.values()) == matrix.rows:
            return sp.sqrt(max(roots, key=lambda e: float(sp.N(e)))), True
    return sp.Float(float(np.linalg.norm(np.array(matrix.tolist(), dtype=float), 2))), False
