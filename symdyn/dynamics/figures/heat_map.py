"""Figures of matrices: a field of colours for each, all on one scale that is symmetric about zero."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures.numbers import plain_numbers, spoken
from symdyn.errors import ModelError, ShapeError

_MOST = 64
_MOST_PANELS = 6


def heat_map(matrices: Mapping[str, Any], *, labels: Mapping[str, str] | None = None) -> Figure:
    """The figure "heat map": matrices side by side, entries by colour, the first row above; what is nan stays blank.

    Parameters
    ----------
    matrices
        Name (LaTeX or words) to rows of numbers, at most 64 x 64 each and six of them.
    labels
        "x" and "y".

    Raises
    ------
    ModelError, ShapeError
        If there is no matrix, or one is none or too large.

    Examples
    --------
    >>> heat_map({"C": [[1, 0], [0, -1]]}).alt
    'Heat maps: C (2 x 2, from -1 to 1).'
    """
    if not 0 < len(matrices) <= _MOST_PANELS:
        raise ModelError(f"{len(matrices)} matrices came: give from 1 to {_MOST_PANELS}")
    panels, told = [], []
    for name, given in matrices.items():
        try:
            array = np.asarray(given.tolist() if hasattr(given, "tolist") else given, dtype=float)
        except (TypeError, ValueError):
            raise ModelError(f"the matrix {name} has entries that are no numbers: give rows of numbers") from None
        if array.ndim != 2 or not array.size or max(array.shape) > _MOST:
            raise ShapeError(f"the matrix {name} has the shape {array.shape}: give at most {_MOST} x {_MOST}")
        panels.append(tuple(plain_numbers(row, f"entries of {name}") for row in array))
        known = array[np.isfinite(array)]
        ends = f", from {known.min():.3g} to {known.max():.3g}" if known.size else ""
        told.append(f"{spoken(name)} ({array.shape[0]} x {array.shape[1]}{ends})")
    return Figure(
        "heat map",
        {"names": tuple(map(str, matrices)), "values": tuple(panels)},
        {"x": "columns", "y": "rows", **(labels or {})},
        f"Heat maps: {', '.join(told)}.",
    )
