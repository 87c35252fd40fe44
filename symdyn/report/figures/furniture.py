"""What several kinds of figures have in common: legends of stability, notes, scales."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from symdyn.report.figures.reading import Floats
from symdyn.report.figures.style import FAINT, INK, STABILITY_MARKS

#: Quotient of the ends of an axis up to which numbers are written plainly.
_DECADES = 2_000.0


def stability_legend(holder: Any, signs: Iterable[int], **options: Any) -> None:
    """A legend of the marks that occur, outside the axes."""
    from matplotlib.lines import Line2D

    present = set(signs)
    handles = [
        Line2D([], [], linestyle="none", label=name, **mark_style(sign))
        for sign, (name, _) in STABILITY_MARKS.items()
        if sign in present
    ]
    if handles:
        holder.legend(handles=handles, ncols=len(handles), handletextpad=0.1, columnspacing=1.2, **options)


def mark_style(sign: int) -> dict[str, Any]:
    """Marker, colour and filling of a stability mark, without a white face: it would shine on a dark page."""
    style = dict(STABILITY_MARKS[sign][1])
    style["markerfacecoloralt"] = "none"
    style["markeredgewidth"] = 1.1
    return style


def note_gaps(axes: Any, *values: Floats) -> None:
    """Say below the axes how many numbers are missing."""
    missing = sum(int(np.isnan(part).sum()) for part in values)
    if missing:
        axes.annotate(
            f"{missing} not finite, left out", (1, 1), xycoords="axes fraction", ha="right", va="bottom", fontsize=6.5
        )


def faint_line(axes: Any, orientation: str, place: float = 0.0) -> None:
    """A thin line across the axes, behind everything."""
    draw = axes.axhline if orientation == "horizontal" else axes.axvline
    draw(place, color=INK, alpha=FAINT, linewidth=0.6, zorder=0)


def logarithmic_or_linear(axes: Any, direction: str, *values: Floats) -> None:
    """Logarithmic if the numbers span two decades; with zeros or signs, linear near 0 and logarithmic beyond."""
    numbers = np.concatenate([part[~np.isnan(part)] for part in values])
    sizes = np.abs(numbers[numbers != 0])
    if not len(sizes) or sizes.max() < 100 * sizes.min():
        return
    set_scale = axes.set_yscale if direction == "y" else axes.set_xscale
    if (numbers > 0).all():
        set_scale("log")
        return
    low = math.floor(math.log10(sizes.min()))
    set_scale("symlog", linthresh=10.0**low, linscale=0.5)


def plain_ticks(axis: Any) -> None:
    """On a logarithmic axis of few decades 1, 2 and 5 times powers of ten as plain numbers, and no labels between."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    if not 0 < low < high < _DECADES * low:
        return
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
