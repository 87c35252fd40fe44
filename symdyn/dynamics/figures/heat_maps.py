"""Heat maps: sizes of the entries of matrices, one panel each, on one scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures.numbers import spoken
from symdyn.errors import ModelError
from symdyn.numerics.arrays import real_array


def heat_maps(matrices: Mapping[str, Any], *, labels: Mapping[str, str] | None = None) -> Figure:
    """The figure "heat maps": |entries| of matrices, each panel on the scale of its largest entry.

    Parameters
    ----------
    matrices
        Name (LaTeX or words) to an array (m, n).
    labels
        "x" and "y", what columns and rows are.

    Raises
    ------
    ModelError, ShapeError
        If there is no matrix, or one is empty or not finite.
    """
    if not matrices:
        raise ModelError("there are no matrices: give at least one")
    sizes = {name: np.abs(real_array(one, f"the matrix {name}", ndim=2)) for name, one in matrices.items()}
    if any(not one.size for one in sizes.values()):
        raise ModelError("a matrix is empty: give one with entries")
    told = "; ".join(
        f"{spoken(name)}, {one.shape[0]} x {one.shape[1]}, {100 * (one == 0).mean():.0f} per cent zeros"
        for name, one in sizes.items()
    )
    return Figure(
        "heat maps",
        {
            "names": tuple(map(str, sizes)),
            "entries": tuple(tuple(map(tuple, one.tolist())) for one in sizes.values()),
        },
        {"x": "column", "y": "row", **(labels or {})},
        f"Heat maps of the sizes of entries: {told}.",
    )
