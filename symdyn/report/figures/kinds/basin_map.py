"""Draws basin maps: one outlined area for each destination, numbered where it is widest."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from symdyn.dynamics.figure import Figure
from symdyn.errors import ModelError
from symdyn.report.figures.reading import Floats, agree, column, rows
from symdyn.report.figures.style import COLUMN, CYCLE, INK
from symdyn.report.figures.words import worded

_HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "oo", "||||")
_OPACITY = 0.45
Loop = list[tuple[int, int]]


def size(figure: Figure) -> tuple[float, float]:
    """One column; taller where more destinations are named above."""
    return COLUMN, COLUMN + 0.1 + 0.17 * len(rows(figure, "names"))


def draw(figure: Figure, page: Any) -> None:
    """Areas by colour, hatching and number; undecided starts stay blank."""
    x, y = column(figure, "x"), column(figure, "y")
    ends = rows(figure, "destination")
    names = rows(figure, "names")
    agree(figure, y=len(y), destination=len(ends))
    if any(len(row) != len(x) for row in ends) or len(x) < 2 or len(y) < 2:
        raise ModelError(f"the table of destinations is not {len(y)} x {len(x)}, or smaller than 2 x 2")
    label = np.array([[-1 if end is None else int(end) for end in row] for row in ends])
    if label.max() >= len(names):
        raise ModelError(f"destination {label.max()} has no name: there are {len(names)} names")
    axes = page.subplots()
    corners = [
        np.append(place - step / 2, place[-1] + step / 2) for place, step in ((x, x[1] - x[0]), (y, y[1] - y[0]))
    ]
    shares = figure.data.get("share", ())
    for k, name in enumerate(names):
        share = f" ({100 * shares[k]:.1f} %)" if k < len(shares) else ""
        _area(axes, label == k, corners, k, f"{k + 1}: {worded(name)}{share}")
    if (label < 0).any():
        axes.plot([], [], linestyle="none", label=f"blank: undecided ({100 * (label < 0).mean():.1f} %)")
    for point in rows(figure, "points"):
        if corners[0][0] <= point[0] <= corners[0][-1] and corners[1][0] <= point[1] <= corners[1][-1]:
            axes.plot([point[0]], [point[1]], "o", color=INK, markersize=4, clip_on=False, zorder=5)
    axes.set_xlim(corners[0][0], corners[0][-1])
    axes.set_ylim(corners[1][0], corners[1][-1])
    axes.set_box_aspect(1)
    axes.set_xlabel(worded(figure.labels.get("x", "x")))
    axes.set_ylabel(worded(figure.labels.get("y", "y")))
    axes.locator_params(nbins=6)
    page.legend(loc="outside upper left", ncols=1, labelspacing=0.3)


def _area(axes: Any, inside: npt.NDArray[np.bool_], corners: list[Floats], number: int, name: str) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    colour, hatch = CYCLE[number % len(CYCLE)], _HATCHES[number % len(_HATCHES)]
    face = {"facecolor": (*_rgb(colour), _OPACITY), "edgecolor": INK, "linewidth": 0.5, "hatch": hatch, "label": name}
    vertices: list[tuple[float, float]] = []
    codes: list[Any] = []
    for loop in outlines(inside):
        vertices += [(corners[0][i], corners[1][j]) for i, j in [*loop, loop[0]]]
        codes += [Path.MOVETO, *[Path.LINETO] * (len(loop) - 1), Path.CLOSEPOLY]
    if not vertices:
        vertices, codes = [(corners[0][0], corners[1][0])], [Path.MOVETO]
    axes.add_patch(PathPatch(Path(vertices, codes), **face))
    if inside.any():
        i, j = _widest(inside)
        axes.annotate(
            str(number + 1), (np.mean(corners[0][i : i + 2]), np.mean(corners[1][j : j + 2])), ha="center", va="center",
            fontsize=9, fontweight="bold", zorder=6,
        )  # fmt: skip


def _rgb(colour: str) -> tuple[float, float, float]:
    return tuple(int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))  # type: ignore[return-value]


def _widest(inside: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """The cell (column, row) that is farthest from the border of the area."""
    from scipy.ndimage import distance_transform_edt

    distance = distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
    row, place = np.unravel_index(int(distance.argmax()), distance.shape)
    return int(place), int(row)


def outlines(inside: npt.NDArray[np.bool_]) -> list[Loop]:
    """Border of a set of cells as closed loops of corners (column, row), straight runs merged.

    The area is on the left of every loop, so that outer borders turn left and holes turn right: their signed areas add
    up to the number of cells.

    Examples
    --------
    >>> outlines(np.array([[True, True]]))
    [[(0, 0), (2, 0), (2, 1), (0, 1)]]
    """
    padded = np.pad(inside, 1)
    following: dict[tuple[int, int], Loop] = {}
    for j, i in np.argwhere(inside).tolist():
        for (dj, di), start, end in (
            ((-1, 0), (i, j), (i + 1, j)),
            ((0, 1), (i + 1, j), (i + 1, j + 1)),
            ((1, 0), (i + 1, j + 1), (i, j + 1)),
            ((0, -1), (i, j + 1), (i, j)),
        ):
            if not padded[j + 1 + dj, i + 1 + di]:
                following.setdefault(start, []).append(end)
    loops = []
    while following:
        start = min(following)
        loop, here, before = [start], start, start
        while True:
            ends = following[here]
            # where two cells touch at a corner, turn left, so that loops do not cross themselves
            after = ends[0] if len(ends) == 1 else max(ends, key=lambda end: _turn(before, here, end))
            ends.remove(after)
            if not ends:
                del following[here]
            if after == start:
                break
            loop.append(after)
            before, here = here, after
        loops.append([p for k, p in enumerate(loop) if _turn(loop[k - 1], p, loop[(k + 1) % len(loop)])])
    return loops


def _turn(before: tuple[int, int], here: tuple[int, int], after: tuple[int, int]) -> int:
    return (here[0] - before[0]) * (after[1] - here[1]) - (here[1] - before[1]) * (after[0] - here[0])
