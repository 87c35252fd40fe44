"""Draws critical points at the height of their values, in columns, with the ways down between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.dynamics.figure import Figure
from symdyn.errors import ModelError
from symdyn.report.figures.furniture import mark_style
from symdyn.report.figures.reading import agree, column, rows
from symdyn.report.figures.style import COLUMN, INK
from symdyn.report.figures.words import worded


def size(figure: Figure) -> tuple[float, float]:
    """One column, taller for more values."""
    return COLUMN, min(6.0, 2.2 + 0.14 * len(set(rows(figure, "value"))))


def draw(figure: Figure, page: Any) -> None:
    """Filled squares without a way down, diamonds where no Hessian shows one, else open circles; name and index."""
    names, index, kinds = rows(figure, "names"), rows(figure, "index"), rows(figure, "node_kind")
    height, places = column(figure, "value"), column(figure, "column")
    agree(figure, names=len(names), index=len(index), node_kind=len(kinds), value=len(height), column=len(places))
    from matplotlib.lines import Line2D

    across = _spread(places, height)
    axes = page.subplots()
    leaving: set[int] = set()
    legend: dict[str, dict[str, Any]] = {}
    for a, b in rows(figure, "edges"):
        if not (0 <= a < len(names) and 0 <= b < len(names)):
            raise ModelError(f"the edge ({a}, {b}) joins critical points that are not there")
        leaving.add(a)
        axes.annotate(
            "", xy=(across[b], height[b]), xytext=(across[a], height[a]),
            arrowprops={"arrowstyle": "-|>", "color": INK, "alpha": 0.5, "linewidth": 0.6, "mutation_scale": 6,
                        "shrinkA": 4, "shrinkB": 4,
                        "connectionstyle": f"arc3,rad={0.35 if across[a] == across[b] else 0.0}"},
        )  # fmt: skip
    for k, name in enumerate(names):
        mark = _mark(kinds[k], k in leaving)
        legend.setdefault(kinds[k], mark)
        axes.plot([across[k]], [height[k]], linestyle="none", zorder=3, **mark)
        count = "" if index[k] is None else f", {index[k]}"
        axes.annotate(f"{worded(name)}{count}", (across[k], height[k]), xytext=(5, 3), textcoords="offset points",
                      fontsize=7, ha="left")  # fmt: skip
    levels = dict(zip(height.tolist(), rows(figure, "exact")))
    kept: list[float] = []
    for level in sorted(levels):
        if not kept or level - kept[-1] > 0.035 * (np.ptp(height) or 1.0):
            kept.append(level)
    axes.set_yticks(kept, [worded(levels[level]) for level in kept])
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.margins(0.08)
    axes.set_xlim(across.min() - 0.3, across.max() + 0.9)
    axes.set_ylabel(worded(figure.labels.get("y", "loss")))
    axes.set_title("name, number of unstable directions" if any(i is not None for i in index) else "", fontsize=7)
    if any(legend):
        told = ((worded(kind), mark) for kind, mark in legend.items() if kind)
        handles = [Line2D([], [], linestyle="none", label=kind, **mark) for kind, mark in told]
        page.legend(handles=handles, loc="outside lower center", ncols=3, handletextpad=0.1, columnspacing=1.0)


def _mark(kind: str, leads_on: bool) -> dict[str, Any]:
    if not leads_on:
        return {**mark_style(-1), "marker": "s"}
    return mark_style(0 if "non-strict" in kind else 1)


def _spread(places: Any, height: Any) -> Any:
    """Nodes of one column at nearly one height side by side."""
    across = places.astype(float).copy()
    near = 0.05 * (np.ptp(height) or 1.0)
    for k in range(len(across)):
        rivals = [j for j in range(k) if places[j] == places[k] and abs(height[j] - height[k]) < near]
        across[k] += 0.3 * len(rivals)
    return across
