"""Configurations: points on the unit circle or sphere, one panel for each state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures.numbers import spoken
from symdyn.errors import ModelError, ShapeError
from symdyn.geometry.points import distinct_points

MOST_PANELS = 24
_SAME = 1e-6


def configurations(
    states: Mapping[str, tuple[Any, int]],
    *,
    lines: Sequence[Any] = (),
    view: tuple[float, float] = (25.0, 35.0),
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """The figure "configurations" of points of length 1 in two or three dimensions; those that coincide are counted.

    Parameters
    ----------
    states
        Name (LaTeX or words) of a panel to its points (n, d) and the sign -1 stable, 0 neutral, 1 unstable.
    lines
        Directions (d,) through the middle of every panel, such as eigenvectors; drawn in two dimensions.
    view
        For the sphere: elevation and azimuth in degrees from which it is seen.
    labels
        "x", "y" and "z", the names of the coordinates.

    Returns
    -------
    Figure
        With `names`, `points` (different ones of each panel), `counts` (how many tokens sit at each), `sign`, `lines`,
        `view`.

    Raises
    ------
    ModelError, ShapeError
        Without states, for more than `MOST_PANELS`, an unknown sign, or points elsewhere.
    """
    if not 0 < len(states) <= MOST_PANELS:
        raise ModelError(f"{len(states)} states: give from 1 to {MOST_PANELS}")
    places, counts, told = [], [], []
    dimensions = {np.shape(points)[-1] for points, _ in states.values() if np.ndim(points) == 2}
    if len(dimensions) != 1 or not dimensions <= {2, 3}:
        raise ShapeError("the states are not all points in two, or all in three dimensions: give (n, 2) or (n, 3)")
    for name, (points, sign) in states.items():
        x = np.asarray(points, dtype=float)
        if not np.allclose(np.linalg.norm(x, axis=-1), 1, atol=1e-6):
            raise ModelError(f"a point of {name!r} is off the unit sphere: normalise each point")
        if sign not in (-1, 0, 1):
            raise ModelError(f"the sign of {name!r} is {sign!r}: give -1 stable, 0 neutral or 1 unstable")
        different, numbers = distinct_points(x, within=_SAME)
        places.append(tuple(tuple(map(float, point)) for point in different))
        counts.append(numbers)
        told.append(f"{spoken(name)}: {' + '.join(map(str, numbers))}")
    what = "circle" if dimensions == {2} else "sphere"
    return Figure(
        "configurations",
        {
            "names": tuple(map(str, states)),
            "points": tuple(places),
            "counts": tuple(counts),
            "sign": tuple(sign for _, sign in states.values()),
            "lines": tuple(tuple(map(float, line)) for line in lines),
            "view": (float(view[0]), float(view[1])),
        },
        {"x": "x_1", "y": "x_2", "z": "x_3", **(labels or {})},
        f"Points on the {what}, how many sit at each place. {'; '.join(told)}.",
    )
