"""Draws eigenvalues in the complex plane, one panel for each equilibrium."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symdyn.dynamics.figure import Figure
from symdyn.errors import ModelError
from symdyn.report.figures.furniture import faint_line, mark_style, stability_legend
from symdyn.report.figures.reading import Floats, agree, floats, rows
from symdyn.report.figures.style import COLUMN, FAINT, INK, PAGE
from symdyn.report.figures.words import worded

_ACROSS = 4  # panels in a row over two columns


def size(figure: Figure) -> tuple[float, float]:
    """One panel fits a column, more of them a page."""
    panels = len(rows(figure, "names"))
    if panels <= 1:
        return COLUMN, 2.4
    across = min(panels, _ACROSS)
    width = COLUMN if across == 2 else PAGE * across / _ACROSS if across < _ACROSS else PAGE
    return max(COLUMN, width), 0.35 + 1.75 * math.ceil(panels / _ACROSS)


def draw(figure: Figure, page: Any) -> None:
    """Marks by stability, multiplicities beside them, the boundary of stability shaded."""
    names = rows(figure, "names")
    parts = [rows(figure, name) for name in ("real", "imaginary", "multiplicity", "sign")]
    if not names:
        raise ModelError("there are no spectra: a figure of the kind 'eigenvalue plane' needs at least one")
    agree(figure, names=len(names), **dict(zip(("real", "imaginary", "multiplicity", "sign"), map(len, parts))))
    across = min(len(names), _ACROSS)
    panels = page.subplots(math.ceil(len(names) / across), across, squeeze=False)
    for panel in panels.ravel()[len(names) :]:
        panel.set_axis_off()
    for k, (name, panel) in enumerate(zip(names, panels.ravel())):
        real, imaginary = (floats(part[k], "eigenvalues") for part in parts[:2])
        agree(figure, real=len(real), imaginary=len(imaginary), multiplicity=len(parts[2][k]), sign=len(parts[3][k]))
        _panel(panel, real, imaginary, parts[2][k], parts[3][k], figure.data["boundary"])
        panel.set_xlabel(worded(figure.labels.get("real", r"\mathrm{Re}")))
        if k % across == 0:
            panel.set_ylabel(worded(figure.labels.get("imaginary", r"\mathrm{Im}")))
        if name:
            panel.set_title(worded(name))
    stability_legend(page, [sign for signs in parts[3] for sign in signs], loc="outside upper center")


def _panel(panel: Any, real: Floats, imaginary: Floats, counts: Any, signs: Any, boundary: str) -> None:
    from matplotlib.patches import Circle

    faint_line(panel, "horizontal")
    if boundary == "unit circle":
        panel.add_patch(Circle((0, 0), 1, facecolor=INK, alpha=0.08, zorder=-1))
        panel.add_patch(Circle((0, 0), 1, facecolor="none", edgecolor=INK, linewidth=0.8))
        panel.set_aspect("equal", adjustable="box")
        reach = 1.0
    else:
        panel.axvline(0, color=INK, linewidth=0.8)
        reach = 0.0
    low, high = min(-reach, float(real.min()), 0.0), max(reach, float(real.max()), 0.0)
    margin = 0.18 * (high - low or 1.0)
    panel.set_xlim(low - margin, high + margin)
    tall = max(reach, float(np.abs(imaginary).max()))
    tall = 1.35 * (tall if tall > 0.02 * (high - low) else 0.3 * (high - low or 1.0))
    panel.set_ylim(-tall, tall)
    if boundary != "unit circle":
        panel.axvspan(low - margin, 0, facecolor=INK, alpha=0.08, zorder=-1, linewidth=0)
    for x, y, count, sign in zip(real, imaginary, counts, signs):
        panel.plot([x], [y], clip_on=False, zorder=3, **mark_style(int(sign)))
        if count > 1:
            panel.annotate(
                rf"$\times{int(count)}$", (x, y), xytext=(0, 4), textcoords="offset points", ha="center", va="bottom",
                fontsize=7,
            )  # fmt: skip
    panel.locator_params(nbins=5)
    panel.tick_params(length=2.5)
    panel.spines[["left", "bottom"]].set_alpha(FAINT + 0.4)
