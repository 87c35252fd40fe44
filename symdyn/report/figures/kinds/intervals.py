"""Draws points with vertical intervals, every series at places of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.dynamics.figure import Figure
from symdyn.report.figures.furniture import note_gaps
from symdyn.report.figures.reading import Floats, agree, floats, rows
from symdyn.report.figures.style import COLUMN, FAINT, INK, marker_style
from symdyn.report.figures.words import worded


def size(figure: Figure) -> tuple[float, float]:
    """One column."""
    return COLUMN, 2.1 + 0.1 * len(rows(figure, "names"))


def draw(figure: Figure, page: Any) -> None:
    """A mark and a line through its interval for each number; marked places thin and dotted."""
    names = rows(figure, "names")
    x, y, low, high = ([floats(row, part) for row in rows(figure, part)] for part in ("x", "y", "low", "high"))
    agree(figure, names=len(names), x=len(x), y=len(y), low=len(low), high=len(high))
    axes = page.subplots()
    for k, (name, across, up, least, most) in enumerate(zip(names, x, y, low, high)):
        agree(figure, places=len(across), heights=len(up), lows=len(least), highs=len(most))
        style = marker_style(k)
        axes.vlines(across, least, most, color=style["color"], linewidth=0.8, alpha=0.7)
        # later ones are smaller, so that equal points are seen
        axes.plot(across, up, linestyle="none", markersize=max(2.5, 5 - 0.5 * k), label=worded(name), **style)
    marks, mark_names = rows(figure, "marks"), rows(figure, "mark_names")
    agree(figure, marks=len(marks), mark_names=len(mark_names))
    for place, name in zip(marks, mark_names):
        axes.axvline(place, color=INK, alpha=2 * FAINT, linewidth=0.6, linestyle=":", zorder=0)
        axes.annotate(worded(name), (place, 1), xycoords=("data", "axes fraction"), xytext=(0, 2),
                      textcoords="offset points", ha="center", va="bottom", fontsize=7)  # fmt: skip
    logarithmic = str(figure.data.get("logarithmic", ""))
    for letter, axis, values in (("x", axes.xaxis, x), ("y", axes.yaxis, y)):
        if letter in logarithmic:
            (axes.set_xscale if letter == "x" else axes.set_yscale)("log")
            _plain_ticks(axis, np.concatenate(values))
    axes.set_xlabel(worded(figure.labels.get("x", "x")))
    axes.set_ylabel(worded(figure.labels.get("y", "")))
    note_gaps(axes, *y)
    page.legend(loc="outside upper left", ncols=2)


def _plain_ticks(axis: Any, values: Floats) -> None:
    """Below two decades ticks at 1, 2, 5 as plain numbers: powers of ten would be one or none."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    known = values[np.isfinite(values)]
    if len(known) and known.max() < 100 * known.min():
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())
