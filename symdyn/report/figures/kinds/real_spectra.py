"""Draws real spectra on lines under one another."""

from __future__ import annotations

from typing import Any

from symdyn.dynamics.figure import Figure
from symdyn.errors import ModelError
from symdyn.report.figures.furniture import faint_line, mark_style
from symdyn.report.figures.reading import agree, floats, rows
from symdyn.report.figures.style import COLUMN, INK, PAGE
from symdyn.report.figures.words import worded

_WORDS = {-1: "negative", 0: "zero", 1: "positive"}


def size(figure: Figure) -> tuple[float, float]:
    """One column, wider for many eigenvalues, taller for more spectra."""
    most = max((len(row) for row in rows(figure, "value")), default=0)
    return (COLUMN if most <= 8 else 0.75 * PAGE), 0.8 + 0.32 * len(rows(figure, "names"))


def draw(figure: Figure, page: Any) -> None:
    """Open circles for negative eigenvalues, diamonds for zero, filled circles for positive; multiplicities above."""
    from matplotlib.lines import Line2D

    names, values, counts, signs = (rows(figure, name) for name in ("names", "value", "multiplicity", "sign"))
    if not names:
        raise ModelError("there are no spectra: a figure of the kind 'real spectra' needs at least one")
    agree(figure, names=len(names), value=len(values), multiplicity=len(counts), sign=len(signs))
    axes = page.subplots()
    axes.axvline(0, color=INK, linewidth=0.8, zorder=0)
    for k in range(len(names)):
        row = floats(values[k], "eigenvalues")
        agree(figure, value=len(row), multiplicity=len(counts[k]), sign=len(signs[k]))
        faint_line(axes, "horizontal", -k)
        for x, count, sign in zip(row, counts[k], signs[k]):
            axes.plot([x], [-k], zorder=3, linestyle="none", **mark_style(-int(sign)))
            if count > 1:
                # beside the line at zero, not on it
                axes.annotate(rf"$\times{int(count)}$", (x, -k), xytext=(0 if sign else 3, 3.5), ha="left" if not sign
                              else "center", va="bottom", textcoords="offset points", fontsize=6.5)  # fmt: skip
    axes.set_yticks([-k for k in range(len(names))], [worded(name) for name in names])
    axes.set_ylim(-len(names) + 0.4, 0.75)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.06)
    axes.set_xlabel(worded(figure.labels.get("x", "eigenvalue")))
    present = [sign for sign in _WORDS if any(sign in row for row in signs)]
    handles = [Line2D([], [], linestyle="none", label=_WORDS[sign], **mark_style(-sign)) for sign in present]
    page.legend(handles=handles, loc="outside upper center", ncols=3, handletextpad=0.1, columnspacing=1.2)
