"""Measured points with their intervals, and sectors of the plane, as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures.numbers import gap_sentence, plain_numbers, same_length, spoken
from symdyn.errors import ModelError


def intervals(
    series: Mapping[str, tuple[Any, Sequence[Any]]],
    *,
    marks: Mapping[str, float] | None = None,
    logarithmic: str = "",
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """The figure "intervals": points with vertical intervals, every series at places of its own.

    Parameters
    ----------
    series
        Name to places (T,) and T numbers with ends: objects with `low` and `high` that are floats, or triples.
    marks
        Name to a place on the horizontal axis that is marked by a line.
    logarithmic
        "x", "y", "xy" or nothing.
    labels
        "x" and "y".

    Raises
    ------
    ModelError, ShapeError
        If there is nothing to draw, lengths differ, or a logarithmic axis has a number that is not positive.
    """
    if not series:
        raise ModelError("there are no series: give at least one")
    if logarithmic not in ("", "x", "y", "xy"):
        raise ModelError(f"the logarithmic axes are {logarithmic!r}: write 'x', 'y', 'xy' or nothing")
    places, triples = [], []
    for name, (where, found) in series.items():
        across = plain_numbers(where, f"places of {name}")
        same_length(places=across, numbers=found)
        places.append(across)
        triples.append([_ends(one) for one in found])
    parts = [tuple(plain_numbers([one[k] for one in row], "numbers") for row in triples) for k in range(3)]
    lines = {str(name): float(place) for name, place in (marks or {}).items()}
    for axis, rows in (("x", (*places, tuple(lines.values()))), ("y", parts[0])):
        if axis in logarithmic and any(v is not None and v <= 0 for row in rows for v in row):
            raise ModelError(f"the {axis} axis has a number that is not positive: a logarithmic one needs such")
    told = ", ".join(f"{len(row)} of {spoken(name)}" for name, row in zip(series, places, strict=True))
    marked = ", ".join(f"{spoken(name)} at {place:.4g}" for name, place in lines.items())
    return Figure(
        "intervals",
        {
            "names": tuple(map(str, series)),
            "x": tuple(places),
            "y": parts[0],
            "low": parts[1],
            "high": parts[2],
            "mark_names": tuple(lines),
            "marks": tuple(lines.values()),
            "logarithmic": logarithmic,
        },
        {"x": "x", "y": "", **(labels or {})},
        f"Points with intervals: {told}{f'; marked {marked}' if marked else ''}.{gap_sentence(*parts[0])}",
    )


def _ends(one: Any) -> tuple[float, float, float]:
    if hasattr(one, "low") and hasattr(one, "high"):
        return float(one), float(one.low), float(one.high)
    if isinstance(one, Sequence) and len(one) == 3:
        return float(one[0]), float(one[1]), float(one[2])
    raise ModelError(f"{one!r} has no interval: give an estimate, or a triple of value, low and high")


def sectors(
    ends: Sequence[tuple[float, float]], values: Sequence[int], *, labels: Mapping[str, str] | None = None
) -> Figure:
    """The figure "sectors": the plane cut into sectors at the origin, each with a whole number.

    Parameters
    ----------
    ends
        For each sector the angles where it begins and ends, counterclockwise, in radians.
    values
        What is told of it, as the number of active units.
    labels
        "value": what the numbers are.

    Raises
    ------
    ModelError, ShapeError
        If there is none, or lengths differ.
    """
    if not len(ends):
        raise ModelError("there are no sectors: give at least one")
    same_length(sectors=ends, values=values)
    first = plain_numbers([begin for begin, _ in ends], "angles")
    # an end is told beyond its beginning, by at most a full turn
    turns = [(end - begin) % (2 * np.pi) or 2 * np.pi for begin, end in ends]
    shown = {"value": "value", **(labels or {})}
    lowest, highest = min(values), max(values)
    return Figure(
        "sectors",
        {"begin": first, "turn": plain_numbers(turns, "angles"), "value": tuple(int(v) for v in values)},
        shown,
        f"The plane cut into {len(ends)} sectors at the origin; {spoken(shown['value'])} from {lowest} to {highest}.",
    )
