"""Draws the plane cut into sectors at the origin, darker where their number is larger."""

from __future__ import annotations

import math
from typing import Any

from symdyn.dynamics.figure import Figure
from symdyn.report.figures.reading import agree, column
from symdyn.report.figures.style import COLUMN, INK, PALETTE
from symdyn.report.figures.words import worded

_NARROW = math.radians(7)  # below that a number does not fit


def size(figure: Figure) -> tuple[float, float]:
    """One column, nearly square."""
    return COLUMN, 2.9


def draw(figure: Figure, page: Any) -> None:
    """A wedge for each sector, with its number where there is room; the opacity says it too."""
    from matplotlib.patches import Wedge

    begin, turn, value = (column(figure, name) for name in ("begin", "turn", "value"))
    agree(figure, beginnings=len(begin), turns=len(turn), values=len(value))
    axes = page.subplots()
    lowest, spread = float(value.min()), float(value.max() - value.min()) or 1.0
    shown = set()
    for start, angle, number in sorted(zip(begin, turn, value), key=lambda one: float(one[2])):
        share = (float(number) - lowest) / spread
        ends = math.degrees(start), math.degrees(start + angle)
        label = f"{number:g}" if number not in shown else None
        shown.add(number)
        axes.add_patch(
            Wedge((0, 0), 1, *ends, facecolor=PALETTE["blue"], alpha=0.08 + 0.62 * share, linewidth=0, label=label)
        )
        if angle < math.radians(359):
            axes.plot([0, math.cos(start)], [0, math.sin(start)], color=INK, linewidth=0.5)
        if angle >= _NARROW:
            middle = start + angle / 2
            axes.annotate(f"{number:g}", (0.86 * math.cos(middle), 0.86 * math.sin(middle)), ha="center", va="center",
                          fontsize=7)  # fmt: skip
    axes.set_xlim(-1.05, 1.05)
    axes.set_ylim(-1.05, 1.05)
    axes.set_aspect("equal")
    axes.set_axis_off()
    page.legend(loc="outside right center", title=worded(figure.labels.get("value", "value")), ncols=1)
