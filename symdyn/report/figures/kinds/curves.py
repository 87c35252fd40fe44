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
    for level in levels:
        axes.axhline(level, color=INK, alpha=2 * FAINT, linewidth=0.6, linestyle=":", zorder=0)
    if not levels:
        logarithmic_or_linear(axes, "y", *values)
    low, high = axes.get_ylim()
    for (level, name), place in zip(sorted(zip(levels, level_names)), _apart(sorted(levels), 0.075 * (high - low))):
        axes.annotate(worded(name), (1, level), xytext=(1.02, place), xycoords=("axes fraction", "data"),
                      textcoords=("axes fraction", "data"), va="center", fontsize=7)  # fmt: skip
    for place, name in zip(figure.data.get("marks", ()), figure.data.get("mark_names", ()), strict=True):
        axes.axvline(place, color=INK, alpha=2 * FAINT, linewidth=0.6, linestyle="--", zorder=0)
        axes.annotate(worded(name), (place, 1), xycoords=("data", "axes fraction"), xytext=(0, 2),
                      textcoords="offset points", ha="center", va="bottom", fontsize=7)  # fmt: skip
    axes.set_xlabel(worded(figure.labels.get("x", "x")))
    axes.set_ylabel(worded(figure.labels.get("y", "")))
    note_gaps(axes, x, *values)
    page.legend(loc="outside upper left", ncols=1 if len(names) > 3 else len(names))


def _apart(heights: list[float], gap: float) -> list[float]:
    """Increasing heights moved up as far as names beside them need."""
    found: list[float] = []
    for height in heights:
        found.append(max(height, found[-1] + gap) if found else height)
    return found
