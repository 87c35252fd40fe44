"""Alignment: how much of the tokens lies along given directions, against chance. Dimensionless."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.errors import ShapeError

Floats = npt.NDArray[np.float64]


def alignment(states: npt.ArrayLike, directions: npt.ArrayLike) -> Floats:
    """Alignment of tokens (..., n, d) with the span of the columns of `directions`, (d,) or (d, k), shape (...).

    For one direction the mean of |v^T x|/|x| over the tokens; for more the root mean square of |P x|/|x|, P the
    orthogonal projection on their span.

    Raises
    ------
    ShapeError
        If the sizes do not agree.

    Examples
    --------
    >>> float(alignment([[3.0, 4.0], [0.0, 1.0]], [0.0, 2.0]))
    0.9
    """
    x, basis = _checked(states, directions)
    parts = np.linalg.norm(x @ basis, axis=-1) / np.linalg.norm(x, axis=-1)
    return np.asarray(parts.mean(-1) if basis.shape[1] == 1 else np.sqrt(np.square(parts).mean(-1)))


def largest_tangent(states: npt.ArrayLike, directions: npt.ArrayLike) -> Floats:
    """The largest tangent of an angle between a token and the span of the directions, shapes as in `alignment`.

    Examples
    --------
    >>> float(largest_tangent([[3.0, 4.0], [0.0, 1.0]], [0.0, 2.0]))
    0.75
    """
    x, basis = _checked(states, directions)
    inside = x @ basis
    along, across = np.linalg.norm(inside, axis=-1), np.linalg.norm(x - inside @ basis.T, axis=-1)
    return np.asarray(np.divide(across, along, out=np.full_like(along, np.inf), where=along > 0).max(-1))


def random_alignment(dimension: Any, directions: int = 1) -> sp.Expr:
    """The mean of `alignment` over random tokens: about sqrt(2/(pi d)) for one direction, sqrt(k/d) for k > 1.

    Exactly Gamma(d/2) / (sqrt(pi) Gamma((d+1)/2)) for one direction; for several the root mean square.

    Examples
    --------
    >>> random_alignment(3), random_alignment(768, 2)
    (1/2, sqrt(6)/48)
    """
    d = sp.S.Zero + dimension
    if directions > 1:
        return sp.sqrt(sp.Integer(directions) / d)
    return sp.gamma(d / 2) / (sp.sqrt(sp.pi) * sp.gamma((d + 1) / 2))


def _checked(states: npt.ArrayLike, directions: npt.ArrayLike) -> tuple[Floats, Floats]:
    x, span = np.asarray(states, dtype=np.float64), np.asarray(directions, dtype=np.float64)
    columns = span[:, None] if span.ndim == 1 else span
    if x.ndim < 2 or columns.ndim != 2 or x.shape[-1] != len(columns):
        raise ShapeError(f"tokens of shape {x.shape} and directions of shape {span.shape}: give (n, d) and (d, k)")
    return x, np.linalg.qr(columns)[0]
