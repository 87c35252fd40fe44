"""Draws branches over a parameter: stable solid, unstable dashed, unknown dotted; events as marks."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.dynamics.figure import Figure
from symdyn.report.figures.furniture import note_gaps
from symdyn.report.figures.reading import agree, rows, table
from symdyn.report.figures.style import COLUMN, CYCLE, INK, MARKERS
from symdyn.report.figures.words import worded

_LINES: dict[Any, dict[str, Any]] = {
    True: {"linestyle": "-", "linewidth": 1.5},
    False: {"linestyle": "--", "linewidth": 0.9},
    None: {"linestyle": ":", "linewidth": 0.9},
}
_WORDS = {True: "stable", False: "unstable", None: "stability not known"}


def size(figure: Figure) -> tuple[float, float]:
    """One column; taller where branches are named above."""
    kinds = {text for _, _, text in rows(figure, "events")}
    return COLUMN, 2.4 + 0.07 * (len(_named(rows(figure, "names"))) + len(kinds))


def _named(names: tuple[str, ...]) -> list[str]:
    """The names of the legend; more of them than colours would tell nothing apart."""
    different = list(dict.fromkeys(names))
    return different if 1 < len(different) <= len(CYCLE) else []


def draw(figure: Figure, page: Any) -> None:
    """Runs of equal stability, joined where they meet."""
    from matplotlib.lines import Line2D

    names, stable = rows(figure, "names"), rows(figure, "stable")
    parameter, height = table(figure, "parameter"), table(figure, "height")
    agree(figure, names=len(names), stable=len(stable), parameter=len(parameter), height=len(height))
    axes = page.subplots()
    colours = {name: CYCLE[k % len(CYCLE)] for k, name in enumerate(dict.fromkeys(names))}
    for name, x, y, flags in zip(names, parameter, height, stable):
        agree(figure, parameter=len(x), height=len(y), stable=len(flags))
        begin = 0
        for end in range(1, len(x) + 1):
            if end == len(x) or flags[end] != flags[begin]:
                part = slice(begin, min(end + 1, len(x)))
                axes.plot(x[part], y[part], color=colours[name], **_LINES[flags[begin]])
                begin = end
    marks = _mark(axes, rows(figure, "events"))
    axes.set_xlabel(worded(figure.labels.get("x", r"\beta")))
    axes.set_ylabel(worded(figure.labels.get("y", "")))
    axes.margins(y=0.12)
    note_gaps(axes, *(np.asarray(row) for row in height))
    present = {flag for flags in stable for flag in flags}
    handles = [Line2D([], [], color=colours[name], label=worded(name)) for name in _named(names)]
    handles += [Line2D([], [], color=INK, label=_WORDS[f], **_LINES[f]) for f in _LINES if f in present]
    page.legend(handles=[*handles, *marks], loc="outside upper left", ncols=2)


def _mark(axes: Any, events: tuple[Any, ...]) -> list[Any]:
    """A mark at each event; its shape says of which kind, so that names do not lie over each other. The handles."""
    kinds = list(dict.fromkeys(str(text) for _, _, text in events))
    handles = []
    for k, kind in enumerate(kinds):
        places = [(x, y) for x, y, text in events if text == kind]
        style = {"marker": MARKERS[k % len(MARKERS)], "color": INK, "markersize": 4, "linestyle": "none"}
        handles += axes.plot(*zip(*places, strict=True), zorder=4, label=worded(kind), **style)
    return handles
