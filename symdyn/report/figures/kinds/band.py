"""Draws means with their intervals over a common axis."""

from __future__ import annotations

from typing import Any

from symdyn.dynamics.figure import Figure
from symdyn.report.figures.furniture import logarithmic_or_linear, note_gaps, plain_ticks
from symdyn.report.figures.reading import agree, column, rows, table
from symdyn.report.figures.style import COLUMN, INK, series_style
from symdyn.report.figures.words import worded


def size(figure: Figure) -> tuple[float, float]:
    """One column."""
    lines = len(rows(figure, "names")) + len(rows(figure, "guide_names"))
    return COLUMN, 2.1 + 0.15 * lines


def draw(figure: Figure, page: Any) -> None:
    """A line with marks and a band for each series; what it is compared with thin and dotted, in ink."""
    x, names = column(figure, "x"), rows(figure, "names")
    parts = [table(figure, part, len(x)) for part in ("mean", "low", "high")]
    agree(figure, names=len(names), means=len(parts[0]), lows=len(parts[1]), highs=len(parts[2]))
    guide_names = rows(figure, "guide_names")
    guides = table(figure, "guides", len(x))
    agree(figure, guides=len(guides), guide_names=len(guide_names))
    axes = page.subplots()
    if figure.data.get("logarithmic"):
        axes.set_xscale("log")
        axes.set_yscale("log")
    else:
        logarithmic_or_linear(axes, "y", *parts[0])
    for k, (name, mean, low, high) in enumerate(zip(names, *parts)):
        style = series_style(k)
        axes.fill_between(x, low, high, color=style["color"], alpha=0.2, linewidth=0)
        axes.plot(x, mean, marker="o", markersize=2.5, label=worded(name), **style)
    for k, (name, row) in enumerate(zip(guide_names, guides)):
        axes.plot(x, row, color=INK, linewidth=0.7, linestyle=(0, (1, 1 + k)), label=worded(name))
    axes.set_xlabel(worded(figure.labels.get("x", "x")))
    axes.set_ylabel(worded(figure.labels.get("y", "")))
    if figure.data.get("falling"):
        axes.invert_xaxis()
    if figure.data.get("logarithmic"):
        plain_ticks(axes.xaxis)
        plain_ticks(axes.yaxis)
    note_gaps(axes, x, *parts[0])
    page.legend(loc="outside upper left", ncols=1)
