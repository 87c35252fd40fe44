"""Draws points in the plane with circles and polygons, both axes of one scale."""

from __future__ import annotations

from typing import Any

from symdyn.dynamics.figure import Figure
from symdyn.errors import ModelError
from symdyn.report.figures.furniture import faint_line
from symdyn.report.figures.reading import agree, floats, rows
from symdyn.report.figures.style import COLUMN, INK, marker_style
from symdyn.report.figures.words import worded


def size(figure: Figure) -> tuple[float, float]:
    """One column, nearly square."""
    return COLUMN, 2.9 + 0.12 * len(rows(figure, "names"))


def draw(figure: Figure, page: Any) -> None:
    """Small marks, and thin circles and polygons in ink."""
    from matplotlib.patches import Circle, Polygon

    names = rows(figure, "names")
    across = [floats(row, "places") for row in rows(figure, "across")]
    up = [floats(row, "heights") for row in rows(figure, "up")]
    agree(figure, names=len(names), across=len(across), up=len(up))
    axes = page.subplots()
    faint_line(axes, "horizontal")
    faint_line(axes, "vertical")
    for k, (name, a, b) in enumerate(zip(names, across, up)):
        agree(figure, places=len(a), heights=len(b))
        few = len(a) <= 10
        axes.plot(a, b, linestyle="none", markersize=4.5 if few else 1.6, label=worded(name), **marker_style(k))
    circle_names = rows(figure, "circle_names")
    circles = rows(figure, "circles")
    agree(figure, circles=len(circles), circle_names=len(circle_names))
    for k, (name, circle) in enumerate(zip(circle_names, circles)):
        if len(circle) != 3 or not circle[2] > 0:
            raise ModelError(f"a circle of the figure is {circle!r}: give its centre and a positive radius")
        x, y, radius = circle
        line = {"linewidth": 0.8, "linestyle": (0, (3, 1 + k))}
        axes.add_patch(Circle((x, y), radius, fill=False, edgecolor=INK, **line))
        axes.plot([], [], color=INK, label=worded(name), **line)  # its line in the legend, where a patch is a box
    for name, (a, b) in zip(figure.data.get("polygon_names", ()), figure.data.get("polygons", ())):
        corners = list(zip(floats(a, "corners"), floats(b, "corners")))
        axes.add_patch(Polygon(corners, fill=False, edgecolor=INK, linewidth=0.6, zorder=0, label=worded(name)))
    axes.set_aspect("equal", adjustable="datalim")
    axes.autoscale_view()
    axes.set_xlabel(worded(figure.labels.get("x", "")))
    axes.set_ylabel(worded(figure.labels.get("y", "")))
    page.legend(loc="outside upper left", ncols=2)
