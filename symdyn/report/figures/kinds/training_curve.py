"""Draws the loss of a training above, and the drift of each law below."""

from __future__ import annotations

from typing import Any

from symdyn.dynamics.figure import Figure
from symdyn.report.figures.furniture import logarithmic_or_linear, note_gaps
from symdyn.report.figures.reading import agree, column, rows, table
from symdyn.report.figures.style import COLUMN, INK, series_style
from symdyn.report.figures.words import worded


def size(figure: Figure) -> tuple[float, float]:
    """One column, two panels."""
    return COLUMN, 2.9 + 0.15 * len(rows(figure, "names"))


def draw(figure: Figure, page: Any) -> None:
    """Scales are logarithmic where the numbers span two decades; zeros stay on a linear part near 0."""
    x, names = column(figure, "x"), rows(figure, "names")
    drifts = table(figure, "drift", len(x))
    guessed, guesses = rows(figure, "predicted_names"), table(figure, "predicted", len(x))
    loss = column(figure, "loss")
    agree(figure, x=len(x), loss=len(loss))
    agree(figure, names=len(names), drift=len(drifts))
    agree(figure, predicted_names=len(guessed), predicted=len(guesses))
    upper, lower = page.subplots(2, 1, sharex=True)
    upper.plot(x, loss, color=INK)
    logarithmic_or_linear(upper, "y", loss)
    style = {name: series_style(k) for k, name in enumerate(names)}
    for name, row in zip(names, drifts):
        lower.plot(x, row, label=worded(name), **style[name])
    for name, row in zip(guessed, guesses):
        colour = style[name]["color"] if name in style else INK
        lower.plot(x, row, label=f"{worded(name)}, predicted", color=colour, linestyle="none", marker="o",
                   markersize=3, markerfacecolor="none", markevery=max(1, len(x) // 12))  # fmt: skip
    logarithmic_or_linear(lower, "y", *drifts, *guesses)
    upper.set_ylabel(worded(figure.labels.get("loss", "loss")))
    lower.set_ylabel(worded(figure.labels.get("drift", "drift")))
    lower.set_xlabel(worded(figure.labels.get("x", "step")))
    note_gaps(upper, loss, *drifts)
    lower.legend(loc="best", fontsize=7)
