"""Draws a function of two variables by colour, with level lines and marked points."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.dynamics.figure import Figure
from symdyn.errors import ModelError
from symdyn.report.figures.reading import agree, column, rows, table
from symdyn.report.figures.style import COLUMN, INK
from symdyn.report.figures.words import worded

_BANDS = 25


def size(figure: Figure) -> tuple[float, float]:
    """One column, square beside its scale."""
    return COLUMN, 0.82 * COLUMN + 0.17 * len(rows(figure, "point_names"))


def draw(figure: Figure, page: Any) -> None:
    """Colours with a scale at the right; lines carry their values; points are named above."""
    from matplotlib.ticker import MaxNLocator

    x, y = column(figure, "x"), column(figure, "y")
    values = np.array(table(figure, "values", len(x)))
    agree(figure, y=len(y), values=len(values))
    if len(x) < 2 or len(y) < 2:
        raise ModelError("the map has fewer than 2 x 2 places: give more")
    if not np.isfinite(values).any():
        raise ModelError("no value of the map is finite: there is nothing to draw")
    names, points = rows(figure, "point_names"), rows(figure, "points")
    agree(figure, point_names=len(names), points=len(points))
    axes = page.subplots()
    # bands of colour are vectors; a picture of pixels would be none
    low, high = np.nanmin(values), np.nanmax(values)
    bands = np.linspace(low, high if high > low else low + 1, _BANDS)
    shown = axes.contourf(x, y, np.ma.masked_invalid(values), levels=bands, cmap="cividis")
    shown.set_edgecolor("face")
    lines = column(figure, "lines") if rows(figure, "lines") else np.zeros(0)
    inside = [value for value in lines if low < value < high]
    if inside:
        drawn = axes.contour(x, y, values, levels=inside, colors="white", linewidths=0.7)
        axes.clabel(drawn, fontsize=6, fmt="%g")
    for name, point, mark in zip(names, points, "osD^v*" * (1 + len(names) // 6)):
        axes.plot(
            *point, mark, color="white", markeredgecolor=INK, markersize=5, clip_on=False, zorder=5, linestyle="none",
            label=worded(name),
        )  # fmt: skip
    axes.set_box_aspect(1)
    axes.set_xlabel(worded(figure.labels.get("x", "x")))
    axes.set_ylabel(worded(figure.labels.get("y", "y")))
    axes.locator_params(nbins=5)
    scale = page.colorbar(shown, ax=axes, shrink=0.9, format="%.3g")
    scale.locator = MaxNLocator(5)
    scale.update_ticks()
    scale.set_label(worded(figure.labels.get("value", "")))
    if names:
        page.legend(loc="outside upper left", ncols=1)
