"""Draws matrices as fields of colours, on one scale that is symmetric about zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.dynamics.figure import Figure
from symdyn.errors import ModelError
from symdyn.report.figures.reading import agree, floats, rows
from symdyn.report.figures.style import COLUMN, PAGE
from symdyn.report.figures.words import worded

_ACROSS = 3
_ENDS = ["#00497a", "#66aad6", "#ffffff", "#eb9a55", "#8f3d00"]
_COLOURS = 47  # odd, so that zero is white; few, so that the bar of colours stays a vector drawing


def size(figure: Figure) -> tuple[float, float]:
    """One column for up to two matrices side by side, the page for three in a row."""
    count = len(rows(figure, "names"))
    across = _across(count)
    width = COLUMN if across < _ACROSS else PAGE
    return width, (width / across + 0.15) * -(-count // across) + 0.45


def draw(figure: Figure, page: Any) -> None:
    """Vermilion above zero, blue below, white at zero; entries that are not there are left out."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    names, panels = rows(figure, "names"), rows(figure, "values")
    agree(figure, names=len(names), values=len(panels))
    arrays = []
    for panel in panels:
        lines = [floats(row, "entries") for row in panel]
        if len({len(line) for line in lines}) > 1:
            raise ModelError("a matrix of the figure has rows of different lengths: give rows of one length")
        arrays.append(np.stack(lines))
    known = np.concatenate([array[np.isfinite(array)] for array in arrays])
    top = float(np.abs(known).max()) if known.size and np.abs(known).max() > 0 else 1.0
    colours = LinearSegmentedColormap.from_list("signed", _ENDS, _COLOURS)
    scale = Normalize(-top, top)
    across = _across(len(panels))
    grid = page.subplots(-(-len(panels) // across), across, squeeze=False).ravel()
    for axes, name, array in zip(grid, names, arrays):
        height, width = array.shape
        across_edges, up_edges = np.arange(width + 1) + 0.5, np.arange(height + 1) + 0.5
        axes.pcolormesh(across_edges, up_edges, np.ma.masked_invalid(array), cmap=colours, norm=scale)
        axes.invert_yaxis()
        axes.set_aspect("equal")
        axes.set_title(worded(name))
        axes.locator_params(integer=True, nbins=5)
        axes.set_xlabel(worded(figure.labels.get("x", "")))
        axes.spines[:].set_visible(True)
    grid[0].set_ylabel(worded(figure.labels.get("y", "")))
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    page.colorbar(ScalarMappable(scale, colours), ax=list(grid), orientation="horizontal", shrink=0.6, aspect=30)


def _across(count: int) -> int:
    return 2 if count == 4 else min(count, _ACROSS)
