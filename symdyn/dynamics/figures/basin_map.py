"""Basin maps: where each start of a grid ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures.angles import Angles, Floats, geometry_of, velocity_of
from symdyn.dynamics.figures.numbers import plain_numbers, spoken
from symdyn.dynamics.flow import Flow
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.integrate import integrate

GRID = 80
MOST_CELLS = 40_000
NEAR = 1e-2  # an end this near to a destination belongs to it; ends elsewhere are left open


def basin_map(
    destination: Any,
    x: Any,
    y: Any,
    names: Sequence[str],
    *,
    points: Sequence[Sequence[float]] = (),
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """The figure "basin map" from a function of the starts, or from a table.

    Parameters
    ----------
    destination
        Function of starts (2, B) that gives B whole numbers, places in `names`, or None or a negative number where a
        start is undecided; or a table of these of shape (len(y), len(x)).
    x, y
        Places of the starts along the axes: evenly spaced, increasing.
    names
        Of the destinations, LaTeX or words.
    points
        Where the destinations are, in the coordinates of the map; they are marked.
    labels
        "x" and "y", the labels of the axes.

    Returns
    -------
    Figure
        With `x`, `y`, `destination` (rows by y, None where undecided), `names`, `share` of the starts, `points`.

    Raises
    ------
    ModelError, ShapeError
        For an empty or oversized grid, a table of another shape, or a destination without name.
    """
    across, along = plain_numbers(np.asarray(x, dtype=float), "x"), plain_numbers(np.asarray(y, dtype=float), "y")
    if len(across) < 2 or len(along) < 2 or len(across) * len(along) > MOST_CELLS:
        raise ModelError(f"a grid of {len(across)} x {len(along)} starts: give from 2 x 2 to {MOST_CELLS} in all")
    if callable(destination):
        starts = np.stack(np.meshgrid(np.asarray(x, dtype=float), np.asarray(y, dtype=float))).reshape(2, -1)
        found = list(destination(starts))
        if len(found) != starts.shape[1]:
            raise ShapeError(f"{len(found)} destinations of {starts.shape[1]} starts: give one for each")
        rows = [found[k : k + len(across)] for k in range(0, len(found), len(across))]
    else:
        rows = [list(row) for row in destination]
        if len(rows) != len(along) or any(len(row) != len(across) for row in rows):
            raise ShapeError(f"the table of destinations is not {len(along)} x {len(across)}: rows go with y")
    ends = tuple(tuple(_place(value, len(names)) for value in row) for row in rows)
    flat = [value for row in ends for value in row]
    share = tuple(flat.count(k) / len(flat) for k in range(len(names)))
    undecided = flat.count(None)
    told = ", ".join(f"{spoken(name)} {part:.1%}" for name, part in zip(names, share))
    rest = f" {undecided} of {len(flat)} starts are undecided and left blank." if undecided else ""
    return Figure(
        "basin map",
        {
            "x": across,
            "y": along,
            "destination": ends,
            "names": tuple(map(str, names)),
            "share": share,
            "points": tuple(tuple(float(value) for value in point) for point in points),
        },
        {"x": "x", "y": "y", **(labels or {})},
        f"Basins of attraction on a grid of {len(across)} by {len(along)} starts. Share of the starts: {told}.{rest}",
    )


def flow_basins(
    flow: Flow,
    attractors: Mapping[str, Sequence[Any]],
    *,
    window: tuple[tuple[float, float], tuple[float, float]] | None = None,
    groups: Sequence[Sequence[int]] | None = None,
    grid: int = GRID,
    duration: float = 200.0,
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """The basin map of a planar flow, or of a flow on circles by two angles, by integration.

    An end belongs to the destination that has a point within 1e-2 of it, where the speed has fallen below 1e-5 or the
    duration is over; all others stay undecided. Floats: the map is observed, not proved.

    Parameters
    ----------
    flow
        As for `phase_portrait`, without parameters.
    attractors
        Name to points: two numbers each (coordinates or angles); several where symmetry makes them one.
    window
        ((x from, x to), (y from, y to)); needed in the plane, all angles by default.
    groups
        As for `phase_portrait`.
    grid
        Starts along each axis.
    duration
        Longest time, dimensionless.

    Raises
    ------
    ModelError
        As for `phase_portrait`, and without attractors.
    """
    if not attractors:
        raise ModelError("there are no attractors: name at least one point where starts may end")
    geometry = geometry_of(flow)
    angular = geometry in ("circle", "circles")
    if not angular and (geometry != "plane" or window is None):
        raise ModelError("a basin map needs a planar flow with a window, or a flow of two angles: give window=")
    reduced = Angles(flow, groups) if angular else None
    if reduced is not None and len(reduced.groups) != 2:
        raise ModelError(f"{len(reduced.groups)} angles: a basin map shows two; name two groups of circles")
    velocity: Callable[[Floats], Floats] = velocity_of(flow) if reduced is None else reduced.velocity
    listed = [(k, np.asarray(p, dtype=float)) for k, points in enumerate(attractors.values()) for p in points]
    low, high = zip(*(window or ((-math.pi, math.pi), (-math.pi, math.pi))))
    half = [(b - a) / (2 * grid) for a, b in zip(low, high)]
    # middles of cells: a start on a symmetry axis would end at a saddle
    x, y = (np.linspace(a + h, b - h, grid) for a, b, h in zip(low, high, half))

    def destination(starts: Floats) -> list[int | None]:
        run = integrate(velocity, starts, duration, rtol=1e-7, atol=1e-9, stop_speed=1e-5)
        best = np.full(starts.shape[1], np.inf)
        place = np.full(starts.shape[1], -1)
        for k, point in listed:
            apart = run.final - point[:, None]
            if angular:
                apart = np.angle(np.exp(1j * apart))
            distance = np.linalg.norm(apart, axis=0)
            closer = distance < best
            best[closer], place[closer] = distance[closer], k
        return [int(k) if d < NEAR else None for k, d in zip(place, best)]

    default = {"x": r"\theta_1", "y": r"\theta_2"} if angular else dict(zip("xy", map(str, flow.coords)))
    points = [tuple(point) for _, point in listed]
    return basin_map(destination, x, y, tuple(attractors), points=points, labels={**default, **(labels or {})})


def _place(value: Any, count: int) -> int | None:
    if value is None or (isinstance(value, float | np.floating) and not math.isfinite(value)):
        return None
    if isinstance(value, bool) or int(value) != value or value >= count:
        raise ModelError(f"destination {value!r} has no name: give whole numbers below {count}, or None")
    return int(value) if value >= 0 else None
