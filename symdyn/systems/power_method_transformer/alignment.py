"""Alignment: how much of the tokens lies along the winning direction, layer by layer, against chance.

For one direction the measure is |v^T x|/|x|, averaged over tokens; a random direction has about sqrt(2/(pi d)). For the
plane of a complex pair it is the root mean square of |P x|/|x|, with sqrt(2/d) for a random direction. Dimensionless.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.errors import ShapeError
from symdyn.systems.power_method_transformer.matrices import Floats, as_array, as_matrix
from symdyn.systems.power_method_transformer.model import Layer


@dataclass(frozen=True)
class AlignmentCurve:
    """Alignment before and after each layer.

    Parameters
    ----------
    values
        One number for each state of the trajectory.
    baseline
        What a random direction gives.
    """

    values: tuple[float, ...]
    baseline: float


def line_baseline(dimension: Any) -> sp.Expr:
    """sqrt(2/(pi d)), the mean of |v^T x| over random unit x for large d."""
    return sp.sqrt(2 / (sp.pi * dimension))


def plane_baseline(dimension: Any) -> sp.Expr:
    """sqrt(2/d), the root mean square of |P x| over random unit x; exact for every d."""
    return sp.sqrt(sp.Integer(2) / dimension)


def aligned(states: npt.ArrayLike, directions: npt.ArrayLike) -> float:
    """Alignment of tokens (n, d) with the span of the columns of `directions` (d,), (d, 1) or (d, 2).

    Raises
    ------
    ShapeError
        If the sizes do not agree.
    """
    x = np.asarray(states, dtype=np.float64)
    span = np.asarray(directions, dtype=np.float64)
    columns = span[:, None] if span.ndim == 1 else span
    if x.ndim != 2 or columns.ndim != 2 or x.shape[1] != len(columns):
        raise ShapeError(f"tokens of shape {x.shape} and directions of shape {span.shape}: give (n, d) and (d, k)")
    basis = np.linalg.qr(columns)[0]
    parts = np.linalg.norm(x @ basis, axis=1) / np.linalg.norm(x, axis=1)
    return float(parts.mean() if columns.shape[1] == 1 else np.sqrt(np.square(parts).mean()))


def alignment_curve(layers: Sequence[Layer], start: npt.ArrayLike, directions: npt.ArrayLike) -> AlignmentCurve:
    """Alignment of the tokens along a stack of layers, which may differ."""
    x = np.asarray(start, dtype=np.float64)
    values = [aligned(x, directions)]
    for one in layers:
        x = one.step(x)
        values.append(aligned(x, directions))
    size = 1 if np.ndim(directions) == 1 else int(np.shape(directions)[1])
    d = sp.Integer(x.shape[1])
    baseline = line_baseline(d) if size == 1 else sp.sqrt(size / d)
    return AlignmentCurve(tuple(values), float(baseline))


def winning_span(F: Any, rule: str = "|1+lambda|") -> Floats:
    """The winning eigenvector, shape (d, 1), or the plane of a complex pair, shape (d, 2), in floats; orthonormal.

    Right eigenvectors of the F that acts on columns.
    """
    values, vectors = np.linalg.eig(as_array(as_matrix(F, "F")))
    keys = {"|lambda|": np.abs(values), "|1+lambda|": np.abs(1 + values), "Re lambda": values.real}[rule]
    k = int(np.argmax(keys))
    vector = vectors[:, k]
    columns = [vector.real] if values[k].imag == 0 else [vector.real, vector.imag]
    return np.asarray(np.linalg.qr(np.stack(columns, axis=1))[0])
