"""Draws series over a common axis, with horizontal levels."""

from __future__ import annotations

from typing import Any

from symdyn.dynamics.figure import Figure
from symdyn.report.figures.furniture import logarithmic_or_linear, note_gaps
from symdyn.report.figures.reading import agree, column, rows, table
from symdyn.report.figures.style import COLUMN, FAINT, INK, series_style
from symdyn.report.figures.words import worded


def size(figure: Figure) -> tuple[float, float]:
    """One column."""
    return COLUMN, 2.1 + 0.15 * len(rows(figure, "names"))


def draw(figure: Figure, page: Any) -> None:
    """Each series with its own colour and dashes; levels are named at the right."""
    x, names = column(figure, "x"), rows(figure, "names")
    values = table(figure, "values", len(x))
    levels, level_names = rows(figure, "levels"), rows(figure, "level_names")
    agree(figure, names=len(names), values=len(values))
    agree(figure, levels=len(levels), level_names=len(level_names))
    axes = page.subplots()
    for k, (name, row) in enumerate(zip(names, values)):
        axes.plot(x, row, label=worded(name), **series_style(k))
    for name, level in zip(level_names, levels):
        axes.axhline(level, color=INK, alpha=2 * FAINT, linewidth=0.6, linestyle=":", zorder=0)
        axes.annotate(worded(name), (1.01, level), xycoords=("axes fraction", "data"), va="center", fontsize=7)
    if not levels:
        logarithmic_or_linear(axes, "y", *values)
    axes.set_xlabel(worded(figure.labels.get("x", "x")))
    axes.set_ylabel(worded(figure.labels.get("y", "")))
    note_gaps(axes, x, *values)
    page.legend(loc="outside upper left", ncols=1 if len(names) > 3 else len(names))
