"""Draws points on circles or spheres, a panel for each state, with the number of points where several coincide."""

from __future__ import annotations

import math
import textwrap
from typing import Any

import numpy as np

from symdyn.dynamics.figure import Figure
from symdyn.report.figures.furniture import mark_style, stability_legend
from symdyn.report.figures.reading import agree, column, rows
from symdyn.report.figures.style import COLUMN, FAINT, INK, PAGE
from symdyn.report.figures.words import worded

_IN_A_COLUMN, _ON_A_PAGE = 2, 4
_PANEL = 1.5  # inches
_LETTERS = 29  # above a panel


def size(figure: Figure) -> tuple[float, float]:
    """Two panels beside each other in a column, or four on a page where there are more than four."""
    count = len(rows(figure, "names"))
    across = _IN_A_COLUMN if count <= _ON_A_PAGE else _ON_A_PAGE
    return (COLUMN if count <= _ON_A_PAGE else PAGE), _PANEL * 1.2 * math.ceil(count / across) + 0.3


def draw(figure: Figure, page: Any) -> None:
    """Marks by stability; a number beside a mark says how many points sit there."""
    names, points, counts, signs = (rows(figure, name) for name in ("names", "points", "counts", "sign"))
    agree(figure, names=len(names), points=len(points), counts=len(counts), sign=len(signs))
    across = min(len(names), _IN_A_COLUMN if len(names) <= _ON_A_PAGE else _ON_A_PAGE)
    grid = page.subplots(math.ceil(len(names) / across), across, squeeze=False)
    for axes in grid.ravel():
        axes.set_axis_off()
    for axes, name, places, numbers, sign in zip(grid.ravel(), names, points, counts, signs):
        agree(figure, points=len(places), counts=len(numbers))
        seen = _seen(figure, axes, np.array(places, dtype=float))
        for (x, y, depth), number in zip(seen.tolist(), numbers):
            alpha = 1.0 if depth >= 0 else 0.5
            axes.plot([x], [y], linestyle="none", alpha=alpha, clip_on=False, zorder=3, **mark_style(sign))
            if number > 1:
                # outside of a circle, inside of a sphere, whose coordinates are named outside
                away = (0.24 if len(places[0]) == 2 else -0.24) / max(0.3, math.hypot(x, y))
                place = (x * (1 + away), y * (1 + away))
                axes.annotate(str(number), place, ha="center", va="center", fontsize=7.5)
        axes.set_title("\n".join(_lines(str(name))), fontsize=7.5, pad=2)
        axes.set_xlim(-1.4, 1.4)
        axes.set_ylim(-1.4, 1.4)
        axes.set_aspect("equal")
    stability_legend(page, signs, loc="outside upper center")


def _lines(name: str) -> list[str]:
    """Words in lines that fit a panel; LaTeX stays together."""
    if "\\" in name or len(name) <= _LETTERS:
        return [worded(name)]
    return [worded(line) for line in textwrap.wrap(name, _LETTERS)]


def _seen(figure: Figure, axes: Any, places: Any) -> Any:
    """The circle or sphere with its lines; and the places on the paper, with the depth as third number."""
    around = np.linspace(0, 2 * math.pi, 121)
    axes.plot(np.cos(around), np.sin(around), color=INK, linewidth=0.7, zorder=1)
    if places.shape[1] == 2:
        for line in rows(figure, "lines"):
            x, y = np.array(line, dtype=float) / math.hypot(*line)
            axes.plot([-x, x], [-y, y], color=INK, alpha=FAINT, linewidth=0.6, linestyle=":", zorder=0)
        return np.column_stack([places, np.ones(len(places))])
    elevation, azimuth = (math.radians(angle) for angle in column(figure, "view"))
    towards = np.array(
        [math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation)]
    )
    right = np.array([-math.sin(azimuth), math.cos(azimuth), 0.0])
    frame = np.stack([right, np.cross(towards, right), towards])
    circle = np.stack([np.cos(around), np.sin(around), np.zeros_like(around)])
    for turned in (circle, circle[[2, 0, 1]], circle[[0, 2, 1]]):
        x, y, depth = frame @ turned
        style = {"color": INK, "alpha": FAINT, "linewidth": 0.5, "zorder": 0}
        for part, dashes in ((depth >= 0, "-"), (depth < 0, ":")):
            axes.plot(np.where(part, x, np.nan), y, linestyle=dashes, **style)
    for k, name in enumerate("xyz"):
        label = worded(figure.labels.get(name, name))
        axes.annotate(label, 1.35 * frame[:2, k], ha="center", va="center", fontsize=6.5)
    return places @ frame.T
