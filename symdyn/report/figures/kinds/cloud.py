"""Draws many points and the curves that they are compared with."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.dynamics.figure import Figure
from symdyn.errors import ModelError
from symdyn.report.figures.reading import agree, floats, rows
from symdyn.report.figures.style import COLUMN, INK, marker_style
from symdyn.report.figures.words import worded


def size(figure: Figure) -> tuple[float, float]:
    """One column."""
    return COLUMN, 2.2 + 0.15 * (len(rows(figure, "names")) + len(rows(figure, "curve_names")))


def draw(figure: Figure, page: Any) -> None:
    """Small marks; curves in ink."""
    names, curve_names = rows(figure, "names"), rows(figure, "curve_names")
    dots = [[floats(row, "numbers") for row in rows(figure, part)] for part in ("across", "up")]
    lines = [[floats(row, "numbers") for row in rows(figure, part)] for part in ("curve_across", "curve_up")]
    agree(figure, names=len(names), across=len(dots[0]), up=len(dots[1]))
    agree(figure, curve_names=len(curve_names), curve_across=len(lines[0]), curve_up=len(lines[1]))
    axes = page.subplots()
    if figure.data.get("logarithmic"):
        if any((row[~np.isnan(row)] <= 0).any() for part in (*dots, *lines) for row in part):
            raise ModelError("a number is zero or negative: logarithmic axes need positive numbers")
        axes.set_xscale("log")
        axes.set_yscale("log")
    for k, (name, a, b) in enumerate(zip(names, *dots)):
        agree(figure, places=len(a), heights=len(b))
        mark = 1.6 if len(a) > 100 else 3.0
        style = {**marker_style(k), "linestyle": "none", "markersize": mark, "markeredgewidth": 0}
        axes.plot(a, b, label=worded(name), **style)
    for k, (name, a, b) in enumerate(zip(curve_names, *lines)):
        agree(figure, places=len(a), heights=len(b))
        axes.plot(a, b, color=INK, linewidth=0.9, linestyle=(0, (4, 1 + k)), label=worded(name))
    axes.set_xlabel(worded(figure.labels.get("x", "x")))
    axes.set_ylabel(worded(figure.labels.get("y", "")))
    page.legend(loc="outside upper left", ncols=1)
