"""Draws matrices as panels of cells, dark where an entry is large; zeros stay white."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.dynamics.figure import Figure
from symdyn.errors import ModelError
from symdyn.report.figures.reading import Floats, agree, floats, rows
from symdyn.report.figures.style import COLUMN
from symdyn.report.figures.words import worded

_PANEL = 1.75


def _panels(figure: Figure) -> list[Floats]:
    found = []
    for matrix in rows(figure, "entries"):
        table = [floats(row, "entries") for row in matrix]
        if not table or len({len(row) for row in table}) > 1:
            raise ModelError("a matrix of the heat maps has rows of different lengths or none")
        found.append(np.array(table))
    return found


def size(figure: Figure) -> tuple[float, float]:
    """One column, two panels in each row."""
    return COLUMN, 0.3 + _PANEL * -(-len(rows(figure, "names")) // 2)


def draw(figure: Figure, page: Any) -> None:
    """Each panel has its own scale, printed with its name."""
    names, matrices = rows(figure, "names"), _panels(figure)
    agree(figure, names=len(names), entries=len(matrices))
    lines = -(-len(names) // 2)
    axes = np.atleast_1d(page.subplots(lines, min(2, len(names)), squeeze=False)).ravel()
    for panel, name, matrix in zip(axes, names, matrices):
        largest = float(np.nanmax(matrix)) if np.isfinite(matrix).any() else 0.0
        places = [np.arange(count + 1) - 0.5 for count in (matrix.shape[1], matrix.shape[0])]
        panel.pcolormesh(*places, matrix, cmap="Greys", vmin=0, vmax=largest or 1.0)
        panel.invert_yaxis()
        panel.set_title(f"{worded(name)} (to {largest:.3g})", fontsize=8)
        panel.locator_params(nbins=5, integer=True)
        panel.tick_params(labelsize=7)
    for panel in axes[len(names) :]:
        panel.set_axis_off()
    page.supxlabel(worded(figure.labels.get("x", "column")), fontsize=9)
    page.supylabel(worded(figure.labels.get("y", "row")), fontsize=9)
