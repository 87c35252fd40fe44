"""Draws relative frequencies as steps, with a density."""

from __future__ import annotations

from typing import Any

from symdyn.dynamics.figure import Figure
from symdyn.report.figures.reading import agree, column, floats, rows, table
from symdyn.report.figures.style import COLUMN, INK, series_style
from symdyn.report.figures.words import worded


def size(figure: Figure) -> tuple[float, float]:
    """One column."""
    return COLUMN, 2.2 + 0.12 * len(rows(figure, "names"))


def draw(figure: Figure, page: Any) -> None:
    """Outlines, so that samples that overlap are seen; the density in ink."""
    edges, names = column(figure, "edges"), rows(figure, "names")
    heights = table(figure, "heights", len(edges) - 1)
    agree(figure, names=len(names), heights=len(heights))
    axes = page.subplots()
    for k, (name, row) in enumerate(zip(names, heights)):
        colour = series_style(k)["color"]
        axes.stairs(row, edges, label=worded(name), color=colour, linewidth=1.0)
        axes.stairs(row, edges, fill=True, color=colour, alpha=0.2, linewidth=0)
    curve = rows(figure, "density")
    if curve:
        x, y = column(figure, "x"), floats(curve, "density")
        agree(figure, x=len(x), density=len(y))
        axes.plot(x, y, color=INK, linewidth=1.0, label=worded(str(figure.data.get("density_name", "limit"))))
    axes.set_xlabel(worded(figure.labels.get("x", "x")))
    axes.set_ylabel(worded(figure.labels.get("y", "density")))
    axes.set_ylim(bottom=0)
    page.legend(loc="outside upper left", ncols=2 if len(names) < 3 else 1)
