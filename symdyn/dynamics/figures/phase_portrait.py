"""Phase portraits: where the field points on a line, in the plane, on the circle or sphere, or for two angles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symdyn.dynamics.answers.equilibrium import Equilibrium
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures.angles import Angles, Floats, geometry_of, velocity_of
from symdyn.dynamics.figures.numbers import gap_sentence
from symdyn.dynamics.flow import Flow
from symdyn.errors import ModelError
from symdyn.numerics.integrate import integrate

GRID = 25  # places along each axis of a window
ON_LINE = 201  # places along a line
ON_CIRCLE = 72  # places around a circle
ON_SPHERE = 60  # starts spread over a sphere
SAMPLES = 40  # points of one path on the sphere
_SIGNS = {"stable": -1, "unstable": 1}
Window = tuple[tuple[float, float], tuple[float, float]]
Marked = tuple[Any, int]  # point, sign


def phase_portrait(
    flow: Flow,
    equilibria: Sequence[Any] = (),
    *,
    window: Window | None = None,
    groups: Sequence[Sequence[int]] | None = None,
    view: tuple[float, float] = (25.0, 35.0),
    grid: int = GRID,
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """The figure "phase portrait" of a flow whose state has one or two coordinates or angles, or is on S^2.

    Parameters
    ----------
    flow
        On a line, in the plane, on the circle, on the sphere S^2, or on a product of circles; without parameters.
    equilibria
        To be marked: Equilibrium nouns, or pairs of a point (n numbers, or a mapping from symbol to number) and the
        sign -1 stable, 0 neutral, 1 unstable. Those outside the window, or that the groups do not hold, are left out;
        on circles every image under the symmetries of the flow is marked.
    window
        ((x from, x to), (y from, y to)) for the plane, ((x from, x to),) for a line; by default large enough for the
        equilibria.
    groups
        For circles: which of them, counted from 0, share one angle and turn together; at most two groups. Without
        groups there are at most two circles.
    view
        For the sphere: elevation and azimuth in degrees from which it is seen.
    grid
        Places along an axis, at least 2.
    labels
        To replace "x", "y", the labels of the axes.

    Returns
    -------
    Figure
        With `geometry`. Line: `x`, `speed` (k,). Plane and angles: `x`, `y` (m,), `u`, `v` (m, m), rows by y.
        Circle: `angle`, `turning` (k,). Sphere: `paths`, a tuple of paths of points (3 numbers), `arrows` and
        `directions`, tangent there, `view`.
        Always `equilibria` (points in the coordinates drawn) and `sign`.

    Raises
    ------
    ModelError
        If the flow lives elsewhere or has parameters, or circles of a group do not stay together.
    """
    if grid < 2:
        raise ModelError(f"grid is {grid}: give at least 2 places along an axis")
    geometry = geometry_of(flow)
    marked = [_marked(flow, entry) for entry in equilibria]
    if geometry == "line":
        return _line(flow, marked, window, dict(labels or {}))
    if geometry == "plane":
        return _plane(flow, marked, window, grid, dict(labels or {}))
    if geometry == "sphere":
        return _sphere(flow, marked, view, dict(labels or {}))
    return _circles(flow, marked, groups, grid, dict(labels or {}))


def sign_of(stability: Any) -> int:
    """-1 stable, 1 unstable, 0 for what the linearisation leaves open."""
    if stability.unstable:
        return 1
    return -1 if stability.stable and not stability.neutral else 0


def _marked(flow: Flow, entry: Any) -> Marked:
    point, sign = (entry.point, sign_of(entry.stability)) if isinstance(entry, Equilibrium) else entry
    sign = _SIGNS.get(str(sign), sign)
    if sign not in (-1, 0, 1):
        raise ModelError(f"the sign of an equilibrium is {sign!r}: give -1 stable, 0 neutral or 1 unstable")
    try:
        values = [float(point[c]) for c in flow.coords] if isinstance(point, Mapping) else [float(x) for x in point]
    except (KeyError, TypeError, ValueError):
        raise ModelError(f"the equilibrium {point} has no number for each of {flow.coords}: give one each") from None
    if len(values) != len(flow.coords):
        raise ModelError(f"an equilibrium of {len(values)} numbers for {len(flow.coords)} coordinates: give one each")
    return values, sign


def _plane(flow: Flow, marked: list[Marked], window: Window | None, grid: int, labels: dict[str, str]) -> Figure:
    if window is None:
        reach = 1.5 * max([1.0, *(abs(x) for point, _ in marked for x in point)])
        window = ((-reach, reach), (-reach, reach))
    axes = _axes(window, grid)
    names = {"x": str(flow.coords[0]), "y": str(flow.coords[1]), **labels}
    return _field_figure("plane", velocity_of(flow), axes, marked, names, "in the plane")


def _line(flow: Flow, marked: list[Marked], window: Any, labels: dict[str, str]) -> Figure:
    """The velocity over the state: motion is to the right where it is positive."""
    places = [point[0] for point, _ in marked]
    low, high = min(places, default=0.0), max(places, default=0.0)
    room = max(0.5 * (high - low), 1.0 if low == high else 0.0)
    ((start, end),) = _checked(((low - room, high + room),) if window is None else window[:1])
    x = np.linspace(start, end, ON_LINE)
    speed = velocity_of(flow)(x[None])[0]
    shown = [m for m in marked if start <= m[0][0] <= end]
    data = {"geometry": "line", "x": _plain(x), "speed": _plain(speed)} | _points(shown)
    name = str(flow.coords[0])
    alt = f"Phase portrait on a line: the velocity over the state. {_counted(shown)}{gap_sentence(data['speed'])}"
    return Figure("phase portrait", data, {"x": name, "y": f"{name}'", **labels}, alt)


def _axes(window: Window, grid: int) -> tuple[Floats, Floats]:
    (left, right), (low, high) = _checked(window)
    return np.linspace(left, right, grid), np.linspace(low, high, grid)


def _checked(window: Any) -> tuple[tuple[float, float], ...]:
    for low, high in window:
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ModelError(f"the window {window} is empty: write ((x from, x to), (y from, y to))")
    return tuple((float(low), float(high)) for low, high in window)


def _circles(
    flow: Flow, marked: list[Marked], groups: Sequence[Sequence[int]] | None, grid: int, labels: dict[str, str]
) -> Figure:
    reduced = Angles(flow, groups)
    turned: list[Marked] = []
    for point, sign in marked:
        turned += [(angles, sign) for angles in reduced.images(point, flow.symmetries)]
    if len(reduced.groups) == 1:
        angle = np.linspace(-math.pi, math.pi, ON_CIRCLE, endpoint=False)
        turning = reduced.velocity(angle[None])[0]
        data = {"geometry": "circle", "angle": _plain(angle), "turning": _plain(turning)} | _points(turned)
        alt = f"Phase portrait on the circle. {_counted(turned)}{gap_sentence(data['turning'])}"
        return Figure("phase portrait", data, {"angle": r"\theta", **labels}, alt)
    if len(reduced.groups) != 2:
        raise ModelError(
            f"{len(reduced.groups)} angles: a phase portrait shows two; name groups of circles that turn together, "
            "as in groups=((0, 1), (2,))"
        )
    axes = _axes(((-math.pi, math.pi), (-math.pi, math.pi)), grid)
    names = {"x": r"\theta_1", "y": r"\theta_2", **labels}
    # a point on the seam is drawn on both sides of it
    both: list[Marked] = [
        (np.array([a, b]), sign)
        for (first, second), sign in turned
        for a in _images(float(first))
        for b in _images(float(second))
    ]
    figure = _field_figure("angles", reduced.velocity, axes, both, names, "of two angles")
    return Figure(figure.kind, figure.data, figure.labels, figure.alt.replace(_counted(both), _counted(turned)))


def _images(angle: float) -> tuple[float, ...]:
    return (-math.pi, math.pi) if math.pi - abs(angle) < 1e-6 else (angle,)


def _field_figure(
    geometry: str,
    velocity: Any,
    axes: tuple[Floats, Floats],
    marked: Sequence[Marked],
    labels: dict[str, str],
    where: str,
) -> Figure:
    x, y = axes
    states = np.stack(np.meshgrid(x, y)).reshape(2, -1)
    u, v = velocity(states).reshape(2, len(y), len(x))
    shown = [m for m in marked if x[0] <= m[0][0] <= x[-1] and y[0] <= m[0][1] <= y[-1]]
    data = {
        "geometry": geometry,
        "x": _plain(x),
        "y": _plain(y),
        "u": tuple(_plain(row) for row in u),
        "v": tuple(_plain(row) for row in v),
    } | _points(shown)
    alt = f"Phase portrait {where}. {_counted(shown)}{gap_sentence(*data['u'], *data['v'])}"
    return Figure("phase portrait", data, labels, alt)


def _sphere(flow: Flow, marked: list[Marked], view: tuple[float, float], labels: dict[str, str]) -> Figure:
    velocity = velocity_of(flow)
    # starts spread evenly by the golden angle, so that paths cover the sphere whatever the flow does
    k = np.arange(ON_SPHERE)
    height = 1 - (2 * k + 1) / ON_SPHERE
    turn = k * math.pi * (3 - math.sqrt(5))
    starts = np.stack([np.sqrt(1 - height**2) * np.cos(turn), np.sqrt(1 - height**2) * np.sin(turn), height])
    speed = np.linalg.norm(velocity(starts), axis=0)
    typical = float(np.median(speed[np.isfinite(speed)])) if np.isfinite(speed).any() else 0.0
    paths: list[tuple[tuple[float, ...], ...]] = []
    if typical > 0:
        duration = 0.5 / typical  # so that a path is about as long as half a radius
        run = integrate(
            velocity, starts[:, np.isfinite(speed)], duration, rtol=1e-6, atol=1e-8,
            sample_times=np.linspace(0, duration, SAMPLES + 1)[1:], project=lambda x: x / np.linalg.norm(x, axis=0),
        )  # fmt: skip
        for start, path in zip(starts[:, np.isfinite(speed)].T, np.moveaxis(run.samples, 2, 0)):
            kept = path[np.isfinite(path).all(axis=1)]
            paths.append(tuple(_point(p) for p in (start, *kept)))
    places = starts[:, np.isfinite(speed)]
    arrows = velocity(places)
    data = {
        "geometry": "sphere",
        "paths": tuple(paths),
        "arrows": tuple(_point(p) for p in places.T),
        "directions": tuple(_point(p) for p in arrows.T),
        "view": (float(view[0]), float(view[1])),
    } | _points(marked)
    missing = int((~np.isfinite(speed)).sum())
    gap = f" {missing} of {ON_SPHERE} starts have no velocity and are left out." if missing else ""
    names = {name: str(symbol) for name, symbol in zip("xyz", flow.coords)}
    alt = f"Phase portrait on the sphere, seen from outside. {_counted(marked)}{gap}"
    return Figure("phase portrait", data, names | labels, alt)


def _points(marked: Sequence[Marked]) -> dict[str, Any]:
    return {"equilibria": tuple(_point(point) for point, _ in marked), "sign": tuple(sign for _, sign in marked)}


def _counted(marked: Sequence[Marked]) -> str:
    signs = [sign for _, sign in marked]
    if not signs:
        return "No equilibria are marked."
    return (
        f"Marked equilibria: {signs.count(-1)} stable, {signs.count(0)} with neutral directions, "
        f"{signs.count(1)} unstable."
    )


def _point(values: Any) -> tuple[float, ...]:
    return tuple(float(x) for x in values)


def _plain(values: Any) -> tuple[float | None, ...]:
    return tuple(float(x) if math.isfinite(x) else None for x in values)
