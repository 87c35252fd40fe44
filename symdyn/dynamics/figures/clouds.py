"""Figures of many points under a curve: a quantity at random states, and the bound that it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures.numbers import plain_numbers, same_length, spoken
from symdyn.errors import ModelError

_MOST_POINTS = 2000


def cloud(
    points: Mapping[str, tuple[Any, Any]],
    *,
    curves: Mapping[str, tuple[Any, Any]] | None = None,
    logarithmic: bool = False,
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """The figure "cloud": points, and curves to compare them with.

    Parameters
    ----------
    points
        Name (LaTeX or words) to places and heights, (n,) each; of more than 2000 every second, third, ... is kept.
    curves
        Name to places and heights.
    logarithmic
        Whether both axes are.
    labels
        "x" and "y", the labels of the axes.

    Raises
    ------
    ModelError, ShapeError
        If there is nothing to draw, lengths differ, or a logarithm is asked of what has none.
    """
    if not points:
        raise ModelError("there are no points: give at least one")
    dots = {name: _pair(one, name, most=_MOST_POINTS) for name, one in points.items()}
    lines = {name: _pair(one, name, most=None) for name, one in (curves or {}).items()}
    every = (v for pair in (*dots.values(), *lines.values()) for row in pair for v in row)
    if logarithmic and any(v is not None and v <= 0 for v in every):
        raise ModelError("a place or a height is zero or negative: logarithmic axes need positive numbers")
    told = ", ".join(f"{len(one[0]):,} of {spoken(name)}" for name, one in dots.items())
    beside = f" with {', '.join(map(spoken, lines))}" if lines else ""
    return Figure(
        "cloud",
        {
            "names": tuple(map(str, dots)),
            "across": tuple(one[0] for one in dots.values()),
            "up": tuple(one[1] for one in dots.values()),
            "curve_names": tuple(map(str, lines)),
            "curve_across": tuple(one[0] for one in lines.values()),
            "curve_up": tuple(one[1] for one in lines.values()),
            "logarithmic": bool(logarithmic),
        },
        {"x": "x", "y": "", **(labels or {})},
        f"Points: {told}{beside}{', on logarithmic axes' if logarithmic else ''}.",
    )


def _pair(pair: tuple[Any, Any], name: str, *, most: int | None) -> tuple[Any, Any]:
    across, up = plain_numbers(pair[0], f"places of {name}"), plain_numbers(pair[1], f"heights of {name}")
    same_length(places=across, heights=up)
    step = 1 if most is None else max(1, -(-len(across) // most))
    return across[::step], up[::step]
