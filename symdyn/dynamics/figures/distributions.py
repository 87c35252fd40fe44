"""Figures of samples: histograms with a density, means with their intervals, log-log slopes, points in the plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures.numbers import gap_sentence, plain_numbers, same_length, spoken
from symdyn.errors import ModelError

_DENSITY_POINTS = 200
_MOST_POINTS = 4000


def histogram(
    samples: Mapping[str, Any],
    *,
    density: Any = None,
    density_name: str = "limit",
    bins: int = 30,
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """The figure "histogram": relative frequencies of samples in common bins, with a density to compare them with.

    Parameters
    ----------
    samples
        Name (LaTeX or words) to numbers.
    density
        A function of an array of places, as `SpectralLaw.density`.
    density_name
        Its name.
    bins
        How many, over the range of all samples.
    labels
        "x" and "y".

    Raises
    ------
    ModelError
        If there are no numbers, or all are equal.
    """
    given = {name: plain_numbers(part, f"numbers of {name}") for name, part in samples.items()}
    values = {name: [v for v in part if v is not None] for name, part in given.items()}
    every = [v for part in values.values() for v in part]
    if not every or min(every) == max(every):
        raise ModelError("a histogram needs numbers that differ: give more of them")
    edges = np.linspace(min(every), max(every), bins + 1)
    heights = [np.histogram(part, bins=edges, density=True)[0] for part in values.values()]
    places = np.linspace(edges[0], edges[-1], _DENSITY_POINTS)
    curve = () if density is None else plain_numbers(np.asarray(density(places), dtype=float), "density")
    told = ", ".join(f"{spoken(name)} ({len(part):,} numbers)" for name, part in values.items())
    return Figure(
        "histogram",
        {
            "edges": plain_numbers(edges, "edges"),
            "names": tuple(map(str, values)),
            "heights": tuple(plain_numbers(row, "heights") for row in heights),
            "x": plain_numbers(places, "places") if curve else (),
            "density": curve,
            "density_name": str(density_name),
        },
        {"x": "x", "y": "density", **(labels or {})},
        f"Histogram of {told}{f' with the density of the {spoken(density_name)}' if curve else ''}.",
    )


def band(
    x: Any,
    series: Mapping[str, Sequence[Any]],
    *,
    guides: Mapping[str, Any] | None = None,
    logarithmic: bool = False,
    falling: bool = False,
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """The figure "band": means with their intervals over a common axis, and curves to compare them with.

    Parameters
    ----------
    x
        Places, shape (T,).
    series
        Name to T estimates, or triples of mean, low and high.
    guides
        Name to values (T,), drawn thin.
    logarithmic
        Whether both axes are.
    falling
        Whether places fall from left to right.
    labels
        "x" and "y".

    Raises
    ------
    ModelError, ShapeError
        If there is nothing to draw, or lengths differ.
    """
    if not series:
        raise ModelError("there are no series: give at least one")
    places = plain_numbers(x, "places")
    rows = {name: [_triple(one) for one in part] for name, part in series.items()}
    curves = {name: plain_numbers(part, f"values of {name}") for name, part in (guides or {}).items()}
    same_length(places=places, **{f"values of {name}": part for name, part in {**rows, **curves}.items()})
    parts = [tuple(plain_numbers([one[k] for one in part], "values") for part in rows.values()) for k in range(3)]
    if logarithmic and any(v is not None and v <= 0 for v in (*places, *(v for row in parts[0] for v in row))):
        raise ModelError("a place or a mean is zero or negative: logarithmic axes need positive numbers")
    told = ", ".join(map(spoken, rows))
    beside = f"; beside them {', '.join(map(spoken, curves))}" if curves else ""
    return Figure(
        "band",
        {
            "x": places,
            "names": tuple(map(str, rows)),
            "mean": parts[0],
            "low": parts[1],
            "high": parts[2],
            "guide_names": tuple(map(str, curves)),
            "guides": tuple(curves.values()),
            "logarithmic": bool(logarithmic),
            **({"falling": True} if falling else {}),
        },
        {"x": "x", "y": "", **(labels or {})},
        f"Means with their intervals of {told}{beside}{', on logarithmic axes' if logarithmic else ''}."
        f"{gap_sentence(*parts[0])}",
    )


def _triple(one: Any) -> tuple[float, float, float]:
    if hasattr(one, "low"):
        return float(one), float(one.low), float(one.high)
    if isinstance(one, int | float | np.number):
        return float(one), float(one), float(one)
    mean, low, high = one
    return float(mean), float(low), float(high)


def scatter(
    points: Mapping[str, tuple[Any, Any]],
    *,
    circles: Mapping[str, tuple[float, float, float]] | None = None,
    polygons: Mapping[str, Any] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """The figure "scatter": points in the plane, with circles and polygons about them; both axes have one scale.

    Parameters
    ----------
    points
        Name to horizontal and vertical coordinates, or to complex numbers and None.
    circles
        Name to (x, y, radius).
    polygons
        Name to corners in order, as complex numbers; a hull for one.
    labels
        "x" and "y".

    Raises
    ------
    ModelError, ShapeError
        If there are no points, or lengths differ.
    """
    if not points:
        raise ModelError("there are no points: give at least one")
    across, up = [], []
    for name, (first, second) in points.items():
        numbers = np.asarray(first)
        left, right = (numbers.real, numbers.imag) if second is None else (first, second)
        a, b = plain_numbers(left, f"places of {name}"), plain_numbers(right, f"heights of {name}")
        same_length(places=a, heights=b)
        step = -(-len(a) // _MOST_POINTS)
        across.append(a[::step])
        up.append(b[::step])
    shown, drawn = dict(circles or {}), {name: np.asarray(corners) for name, corners in (polygons or {}).items()}
    told = ", ".join(f"{len(a):,} of {spoken(name)}" for name, a in zip(points, across, strict=True))
    beside = f", with {', '.join(map(spoken, (*shown, *drawn)))}" if shown or drawn else ""
    return Figure(
        "scatter",
        {
            "names": tuple(map(str, points)),
            "across": tuple(across),
            "up": tuple(up),
            "circle_names": tuple(map(str, shown)),
            "circles": tuple(tuple(float(v) for v in circle) for circle in shown.values()),
            **({"polygon_names": tuple(map(str, drawn)), "polygons": _corners(drawn)} if drawn else {}),
        },
        {"x": "", "y": "", **(labels or {})},
        f"Points in the plane: {told}{beside}.",
    )


def _corners(polygons: Mapping[str, Any]) -> tuple[tuple[Any, Any], ...]:
    """Places and heights of the corners of each."""
    return tuple(
        (plain_numbers(one.real, f"corners of {name}"), plain_numbers(one.imag, f"corners of {name}"))
        for name, one in polygons.items()
    )
