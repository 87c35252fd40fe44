"""Curves against a common axis: trainings with the drift of their laws, bounds against the truth, branches, series."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures.numbers import Numbers, gap_sentence, kept_places, plain_numbers, same_length, spoken
from symdyn.errors import ModelError

Line = tuple[Any, Any, Sequence[bool | None]]


def curves(
    x: Any,
    series: Mapping[str, Any],
    *,
    levels: Mapping[str, float] | None = None,
    marks: Mapping[str, float] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """The figure "curves": series over a common axis, and horizontal levels and marked places to compare them with.

    Parameters
    ----------
    x
        Places, shape (T,).
    series
        Name (LaTeX or words) to values (T,); what is not finite is a gap.
    levels
        Name to a height, such as a random baseline or a critical value.
    marks
        Name to a place on the common axis.
    labels
        "x" and "y", the labels of the axes.

    Raises
    ------
    ModelError, ShapeError
        If there is nothing to draw, or lengths differ.
    """
    places, values = _series(x, series)
    heights = plain_numbers(list(levels.values()), "levels") if levels else ()
    told = ", ".join(map(spoken, series))
    marked = ", ".join(f"{spoken(name)} at {height:.4g}" for name, height in (levels or {}).items())
    placed = "".join(f"; {spoken(name)} is marked at {float(place):.4g}" for name, place in (marks or {}).items())
    return Figure(
        "curves",
        {
            "x": places,
            "names": tuple(map(str, series)),
            "values": values,
            "level_names": tuple(map(str, levels or ())),
            "levels": heights,
            **({"mark_names": tuple(marks), "marks": tuple(map(float, marks.values()))} if marks else {}),
        },
        {"x": "x", "y": "", **(labels or {})},
        f"Curves of {told}{f' with horizontal levels: {marked}' if heights else ''}{placed}.{gap_sentence(*values)}",
    )


def training_curve(
    steps: Any,
    losses: Any,
    drifts: Mapping[str, Any],
    *,
    predicted: Mapping[str, Any] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """The figure "training curve": the loss above, how far each law has drifted below.

    Parameters
    ----------
    steps
        Step numbers or times, shape (T,).
    losses
        Shape (T,).
    drifts
        Name of a law (LaTeX or words) to |law now - law at the start| (T,); zeros are drawn as zeros.
    predicted
        For some of the laws, the drift that a formula predicts (T,).
    labels
        "x", "loss" and "drift", the labels of the axes.

    Raises
    ------
    ModelError, ShapeError
        Without laws, for a prediction of an unknown law, or if lengths differ.
    """
    if not drifts:
        raise ModelError("there are no drifts: give the values of at least one law")
    guesses = dict(predicted or {})
    for name in guesses:
        if name not in drifts:
            raise ModelError(f"a drift is predicted for {name!r}, which is no law of this training")
    names = {"loss": losses, **{f"drift {k}": v for k, v in drifts.items()}}
    names |= {f"predicted {k}": v for k, v in guesses.items()}
    places, values = _series(steps, names)
    count = len(drifts)
    largest = [max((abs(v) for v in row if v is not None), default=math.nan) for row in values[1 : 1 + count]]
    told = ", ".join(f"{spoken(name)} {size:.2g}" for name, size in zip(drifts, largest))
    return Figure(
        "training curve",
        {
            "x": places,
            "loss": values[0],
            "names": tuple(map(str, drifts)),
            "drift": values[1 : 1 + count],
            "predicted_names": tuple(map(str, guesses)),
            "predicted": values[1 + count :],
        },
        {"x": "step", "loss": "loss", "drift": "drift of the laws", **(labels or {})},
        f"Training curve: the loss, and the drift of {count} laws. Largest drift: {told}.{gap_sentence(*values)}",
    )


def bound_scaling(
    sizes: Any, truth: Any, bounds: Mapping[str, Any], *, labels: Mapping[str, str] | None = None
) -> Figure:
    """The figure "bound scaling": a quantity against its bounds on logarithmic axes, with the ratios.

    Parameters
    ----------
    sizes
        Positive, shape (T,).
    truth
        The quantity, positive, shape (T,).
    bounds
        Name to values (T,).
    labels
        "x", "y" and "truth".

    Raises
    ------
    ModelError, ShapeError
        Without bounds, for numbers that have no logarithm, or if lengths differ.
    """
    if not bounds:
        raise ModelError("there are no bounds: give at least one to compare the truth with")
    places, (true, *others) = _series(sizes, {"truth": truth, **{f"bound {k}": v for k, v in bounds.items()}})
    if any(v is not None and v <= 0 for row in (places, true, *others) for v in row):
        raise ModelError("a size, truth or bound is zero or negative: logarithmic axes need positive numbers")
    ratios = tuple(
        tuple(b / t if b is not None and t is not None else None for b, t in zip(row, true)) for row in others
    )
    told = []
    for name, row in zip(bounds, ratios):
        known = [r for r in row if r is not None]
        if known:
            told.append(f"{spoken(name)} over truth from {min(known):.3g} to {max(known):.3g}")
    return Figure(
        "bound scaling",
        {"x": places, "truth": true, "names": tuple(map(str, bounds)), "bounds": tuple(others), "ratio": ratios},
        {"x": "size", "y": "", "truth": "truth", **(labels or {})},
        f"Scaling of bounds against the truth, logarithmic axes: {'; '.join(told)}.{gap_sentence(true, *others)}",
    )


def bifurcation_diagram(
    branches: Mapping[str, Line] | Sequence[tuple[str, Line]],
    *,
    events: Sequence[tuple[float, float, str]] = (),
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """The figure "bifurcation diagram": branches over a parameter with their stability, and marked events.

    Parameters
    ----------
    branches
        Name to parameter values (T,), a coordinate or norm (T,), and stability (T,): True, False or None for unknown.
        In a sequence of pairs one name may come several times: these lines look alike.
    events
        Parameter, height, and LaTeX or words.
    labels
        "x" and "y", the labels of the axes.

    Raises
    ------
    ModelError, ShapeError
        Without branches, or if lengths differ.
    """
    if not branches:
        raise ModelError("there are no branches: give at least one")
    parameter, height, stable = [], [], []
    lines = list(branches.items() if isinstance(branches, Mapping) else branches)
    for name, (where, value, flags) in lines:
        across, up = plain_numbers(where, f"parameters of {name}"), plain_numbers(value, f"heights of {name}")
        same_length(parameters=across, heights=up, stabilities=flags)
        changes = [k for k in range(1, len(flags)) if flags[k] != flags[k - 1]]
        kept = sorted({*kept_places(up), *changes, *(k - 1 for k in changes)})
        parameter.append(tuple(across[k] for k in kept))
        height.append(tuple(up[k] for k in kept))
        stable.append(tuple(None if flags[k] is None else bool(flags[k]) for k in kept))
    return Figure(
        "bifurcation diagram",
        {
            "names": tuple(str(name) for name, _ in lines),
            "parameter": tuple(parameter),
            "height": tuple(height),
            "stable": tuple(stable),
            "events": tuple((float(a), float(b), str(text)) for a, b, text in events),
        },
        {"x": r"\beta", "y": "", **(labels or {})},
        _diagram_in_words(list(dict.fromkeys(str(name) for name, _ in lines)), len(events)) + gap_sentence(*height),
    )


def _diagram_in_words(names: list[str], events: int) -> str:
    shown = [spoken(name) for name in (names if len(names) <= 6 else names[:5])]
    counted = "1 branch" if len(names) == 1 else f"{len(names)} branches"
    marked = "1 event is marked" if events == 1 else f"{events or 'no'} events are marked"
    more = "" if len(names) == len(shown) else f" and {len(names) - len(shown)} more"
    return f"Bifurcation diagram of {counted} ({', '.join(shown)}{more}); {marked}."


def _series(x: Any, series: Mapping[str, Any]) -> tuple[Numbers, tuple[Numbers, ...]]:
    if not series:
        raise ModelError("there are no series: give at least one")
    places = plain_numbers(x, "places")
    rows = [plain_numbers(values, f"values of {name}") for name, values in series.items()]
    for name, row in zip(series, rows):
        same_length(places=places, **{f"values of {name}": row})
    kept = kept_places(*rows)
    return tuple(places[k] for k in kept), tuple(tuple(row[k] for k in kept) for row in rows)
