"""A function of two variables by colour, with lines where it has chosen values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures.numbers import plain_numbers, spoken
from symdyn.errors import ModelError, ShapeError

MOST_CELLS = 40_000


def level_map(
    function: Callable[[Any], Any] | Any,
    x: Any,
    y: Any,
    *,
    lines: Sequence[float] = (),
    points: Mapping[str, tuple[float, float]] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """The figure "level map".

    Parameters
    ----------
    function
        Of points (2, B), giving B values; or a table of them, rows by y; what is not finite stays blank.
    x, y
        Places along the axes, evenly spaced, growing; at least two each, 40,000 values in all.
    lines
        Values at which lines are drawn.
    points
        Name to a point that is marked.
    labels
        "x", "y" and "value", what the colours show.

    Raises
    ------
    ModelError, ShapeError
        If there are too few or too many places, or a table has another shape.

    Examples
    --------
    >>> level_map(lambda p: p[0] * p[1], [0, 1, 2], [0, 1]).data["values"]
    ((0.0, 0.0, 0.0), (0.0, 1.0, 2.0))
    """
    across, along = (np.asarray(one, dtype=float) for one in (x, y))
    if min(across.size, along.size) < 2 or across.size * along.size > MOST_CELLS:
        raise ModelError(f"a map of {across.size} x {along.size} places: give from 2 x 2 to {MOST_CELLS} in all")
    if callable(function):
        flat = np.asarray(function(np.stack(np.meshgrid(across, along)).reshape(2, -1)), dtype=float)
        if flat.shape != (across.size * along.size,):
            raise ShapeError(f"the values have the shape {flat.shape}: give one for each of {across.size * along.size}")
        table = flat.reshape(along.size, across.size)
    else:
        table = np.asarray(function, dtype=float)
        if table.shape != (along.size, across.size):
            raise ShapeError(f"the table has the shape {table.shape}, not {(along.size, across.size)}: rows go with y")
    known = table[np.isfinite(table)]
    ends = f"from {known.min():.4g} to {known.max():.4g}" if known.size else "nowhere finite"
    named = {**{"x": "x", "y": "y", "value": ""}, **(labels or {})}
    marked = ", ".join(f"{spoken(name)} at ({p[0]:.4g}, {p[1]:.4g})" for name, p in (points or {}).items())
    return Figure(
        "level map",
        {
            "x": plain_numbers(across, "x"),
            "y": plain_numbers(along, "y"),
            "values": tuple(plain_numbers(row, "values") for row in table),
            "lines": plain_numbers(sorted(lines), "lines") if len(lines) else (),
            "point_names": tuple(map(str, points or ())),
            "points": tuple((float(p[0]), float(p[1])) for p in (points or {}).values()),
        },
        named,
        f"Map of {spoken(named['value']) or 'values'} by colour, {ends}, on a grid of {across.size} by {along.size}"
        f"{f'; marked: {marked}' if marked else ''}.",
    )
