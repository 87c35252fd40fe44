"""Draws a quantity and its bounds on logarithmic axes, with the ratio at the last size."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.dynamics.figure import Figure
from symdyn.errors import ModelError
from symdyn.report.figures.furniture import note_gaps, plain_ticks
from symdyn.report.figures.reading import agree, column, rows, table
from symdyn.report.figures.style import COLUMN, INK, series_style
from symdyn.report.figures.words import worded


def size(figure: Figure) -> tuple[float, float]:
    """One column."""
    return COLUMN, 2.2 + 0.15 * len(rows(figure, "names"))


def draw(figure: Figure, page: Any) -> None:
    """Points for the truth, lines for the bounds."""
    x, names, truth = column(figure, "x"), rows(figure, "names"), column(figure, "truth")
    bounds = table(figure, "bounds", len(x))
    agree(figure, x=len(x), truth=len(truth))
    agree(figure, names=len(names), bounds=len(bounds))
    if any((part[~np.isnan(part)] <= 0).any() for part in (x, truth, *bounds)):
        raise ModelError("a number is zero or negative: logarithmic axes need positive numbers")
    axes = page.subplots()
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.plot(x, truth, "o", color=INK, markersize=3.5, label=worded(figure.labels.get("truth", "truth")))
    for k, (name, row) in enumerate(zip(names, bounds)):
        axes.plot(x, row, label=worded(name), **series_style(k))
        known = np.flatnonzero(~np.isnan(row) & ~np.isnan(truth))
        if len(known):
            last = known[np.argmax(x[known])]
            axes.annotate(
                rf"$\times{row[last] / truth[last]:.3g}$", (x[last], row[last]), xytext=(4, 0),
                textcoords="offset points", va="center", fontsize=7, color=series_style(k)["color"],
            )  # fmt: skip
    axes.set_xlabel(worded(figure.labels.get("x", "size")))
    axes.set_ylabel(worded(figure.labels.get("y", "")))
    plain_ticks(axes.xaxis)
    plain_ticks(axes.yaxis)
    note_gaps(axes, x, truth, *bounds)
    page.legend(loc="outside upper left", ncols=1)
