"""Draws phase portraits: the velocity over a line, streamlines in the plane, arrows on a circle, paths on a sphere."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symdyn.dynamics.figure import Figure
from symdyn.errors import ModelError
from symdyn.report.figures.furniture import faint_line, mark_style, note_gaps, stability_legend
from symdyn.report.figures.reading import Floats, agree, column, rows, table
from symdyn.report.figures.style import COLUMN, FAINT, INK
from symdyn.report.figures.words import worded

_STREAM = {"linewidth": 0.6, "arrowsize": 0.6, "arrowstyle": "-|>", "density": 0.9}


def size(figure: Figure) -> tuple[float, float]:
    """One column, about square."""
    return COLUMN, COLUMN + 0.15


def draw(figure: Figure, page: Any) -> None:
    """By geometry; equilibria are marked by their stability."""
    geometry = figure.data["geometry"]
    if geometry not in _DRAWN:
        raise ModelError(f"geometry is {geometry!r}: a phase portrait is drawn for {', '.join(_DRAWN)}")
    axes = page.subplots()
    _DRAWN[geometry](figure, axes)
    stability_legend(page, rows(figure, "sign"), loc="outside upper center")


def _field(figure: Figure, axes: Any) -> None:
    x, y = column(figure, "x"), column(figure, "y")
    u, v = (np.array(table(figure, name, len(x))) for name in ("u", "v"))
    agree(figure, y=len(y), u=len(u), v=len(v))
    speed = np.hypot(u, v)
    if np.isnan(speed).all() or not np.nanmax(speed) > 0:
        raise ModelError("the field vanishes or is not finite everywhere in the window: there is nothing to draw")
    gaps = np.ma.masked_invalid(u), np.ma.masked_invalid(v)
    axes.streamplot(x, y, *gaps, color=INK, zorder=1, **_STREAM)
    for part in (*axes.collections, *axes.patches):
        part.set_alpha(0.6)
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(y[0], y[-1])
    axes.set_aspect((x[-1] - x[0]) / (y[-1] - y[0]))
    axes.set_xlabel(worded(figure.labels.get("x", "x")))
    axes.set_ylabel(worded(figure.labels.get("y", "y")))
    _mark(axes, [tuple(point) for point in rows(figure, "equilibria")], rows(figure, "sign"))
    note_gaps(axes, np.where(np.isnan(speed), np.nan, 0.0).ravel())


def _line(figure: Figure, axes: Any) -> None:
    x, speed = column(figure, "x"), column(figure, "speed")
    agree(figure, x=len(x), speed=len(speed))
    faint_line(axes, "horizontal")
    sizes = np.abs(speed[~np.isnan(speed)])
    usual = 3 * float(np.quantile(sizes, 0.9)) if len(sizes) else 0.0
    turned = np.flatnonzero(np.diff(np.sign(speed)) != 0)
    poles = [k + 1 for k in turned if min(abs(speed[k]), abs(speed[k + 1])) > 0.5 * usual]
    axes.plot(np.insert(x, poles, np.nan), np.insert(speed, poles, np.nan), color=INK, linewidth=0.9, zorder=1)
    if len(sizes) and sizes.max() > 3 * usual > 0:
        axes.set_ylim(-usual, usual)
    axes.set_xlabel(worded(figure.labels.get("x", "x")))
    axes.set_ylabel(worded(figure.labels.get("y", "x'")))
    axes.set_xlim(x[0], x[-1])
    length = 0.06 * (x[-1] - x[0])
    for run in np.split(np.arange(len(x)), turned + 1):
        middle, sign = (x[run[0]] + x[run[-1]]) / 2, np.sign(speed[run[len(run) // 2]])
        if x[run[-1]] - x[run[0]] > length and sign in (-1, 1):
            _arrow(axes, (middle - sign * length / 2, 0), (middle + sign * length / 2, 0))
    at_rest = [float(point[0]) for point in rows(figure, "equilibria")]
    _mark(axes, [(place, 0.0) for place in at_rest], rows(figure, "sign"))
    note_gaps(axes, speed)


def _angles(figure: Figure, axes: Any) -> None:
    _field(figure, axes)
    ticks = [-math.pi, -math.pi / 2, 0, math.pi / 2, math.pi]
    names = [r"$-\pi$", r"$-\pi/2$", "$0$", r"$\pi/2$", r"$\pi$"]
    axes.set_xticks(ticks, names)
    axes.set_yticks(ticks, names)


def _circle(figure: Figure, axes: Any) -> None:
    angle, turning = column(figure, "angle"), column(figure, "turning")
    agree(figure, angle=len(angle), turning=len(turning))
    around = np.linspace(0, 2 * math.pi, 181)
    axes.plot(np.cos(around), np.sin(around), color=INK, linewidth=0.9, zorder=1)
    fastest = np.nanmax(np.abs(turning), initial=0.0)
    at_rest = [float(point[0]) for point in rows(figure, "equilibria")]
    for theta, rate in zip(angle[::4], turning[::4]):
        # an arrow as long as an equilibrium's mark would be taken for motion there
        near = any(abs(math.remainder(theta - other, 2 * math.pi)) < 0.14 for other in at_rest)
        if math.isnan(rate) or near or abs(rate) < 1e-9 * fastest or not fastest:
            continue
        length = math.copysign(0.06 + 0.14 * abs(rate) / fastest, rate)
        start, end = ((math.cos(t), math.sin(t)) for t in (theta - length / 2, theta + length / 2))
        _arrow(axes, start, end)
    reach = 1.3
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    axes.set_aspect("equal")
    axes.set_axis_off()
    name = figure.labels.get("angle", r"\theta")
    for theta, tail in ((0.0, "= 0"), (math.pi / 2, r"= \pi/2"), (math.pi, r"= \pi"), (-math.pi / 2, r"= -\pi/2")):
        words = worded(f"{name} {tail}" if theta == 0 else tail.removeprefix("= "))
        place = (0.8 * math.cos(theta), 0.83 * math.sin(theta))
        axes.annotate(words, place, ha="center", va="center", fontsize=7)
    _mark(axes, [(math.cos(theta), math.sin(theta)) for theta in at_rest], rows(figure, "sign"))
    note_gaps(axes, turning)


def _sphere(figure: Figure, axes: Any) -> None:
    elevation, azimuth = (math.radians(angle) for angle in column(figure, "view"))
    towards = np.array(
        [math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation)]
    )
    right = np.array([-math.sin(azimuth), math.cos(azimuth), 0.0])
    up = np.cross(towards, right)
    frame = np.stack([right, up, towards])
    around = np.linspace(0, 2 * math.pi, 181)
    axes.plot(np.cos(around), np.sin(around), color=INK, linewidth=0.9)
    equator = frame @ np.stack([np.cos(around), np.sin(around), np.zeros_like(around)])
    _split(axes, equator, {"color": INK, "linewidth": 0.4, "alpha": FAINT})
    for path in rows(figure, "paths"):
        seen = frame @ np.array(path, dtype=float).T
        _split(axes, seen, {"color": INK, "linewidth": 0.7, "alpha": 0.6})
        if seen[2, -1] > 0.1 and np.linalg.norm(seen[:, -1] - seen[:, 0]) > 0.04:
            _arrow(axes, tuple(seen[:2, -2] - 0.2 * (seen[:2, -1] - seen[:2, -2])), tuple(seen[:2, -1]), alpha=0.6)
    for k, name in enumerate("xyz"):
        tip = frame[:, k]
        axes.annotate(worded(figure.labels.get(name, name)), 1.16 * tip[:2] / max(0.75, float(np.linalg.norm(tip[:2]))),
                      ha="center", va="center", alpha=1.0 if tip[2] >= 0 else 0.5)  # fmt: skip
        axes.plot([tip[0] * 0.96, tip[0] * 1.04], [tip[1] * 0.96, tip[1] * 1.04], color=INK, linewidth=0.6)
    points = [frame @ np.array(point, dtype=float) for point in rows(figure, "equilibria")]
    _mark(axes, [tuple(point[:2]) for point in points], rows(figure, "sign"), [float(point[2]) for point in points])
    axes.set_xlim(-1.25, 1.25)
    axes.set_ylim(-1.25, 1.25)
    axes.set_aspect("equal")
    axes.set_axis_off()


def _split(axes: Any, seen: Floats, style: dict[str, Any]) -> None:
    """The part in front solid, the part behind faint and dotted."""
    front = np.where(seen[2] >= 0, seen[:2], np.nan)
    back = np.where(seen[2] <= 0, seen[:2], np.nan)
    axes.plot(*front, **style)
    axes.plot(*back, **style | {"linestyle": ":", "alpha": 0.5 * style["alpha"]})


def _arrow(axes: Any, tail: Any, head: Any, alpha: float = 1.0) -> None:
    axes.annotate(
        "", xy=head, xytext=tail,
        arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 0.7, "mutation_scale": 7, "alpha": alpha,
                    "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip


def _mark(axes: Any, points: Any, signs: Any, depth: Any = None) -> None:
    for k, (point, sign) in enumerate(zip(points, signs, strict=True)):
        behind = depth is not None and depth[k] < 0
        axes.plot(
            [point[0]], [point[1]], clip_on=False, zorder=4, alpha=0.4 if behind else 1.0, **mark_style(int(sign))
        )


_DRAWN = {"line": _line, "plane": _field, "angles": _angles, "circle": _circle, "sphere": _sphere}
