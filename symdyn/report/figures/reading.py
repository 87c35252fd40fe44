"""What a figure's data are, read back as arrays, however they came: from Python or from JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from symdyn.dynamics.figure import Figure
from symdyn.errors import ModelError

Floats = npt.NDArray[np.float64]


def rows(figure: Figure, name: str) -> tuple[Any, ...]:
    """Entry `name` of the data as a tuple.

    Raises
    ------
    ModelError
        If it is missing or no sequence.
    """
    if name not in figure.data:
        what = f"the figure of kind {figure.kind!r}"
        raise ModelError(f"{what} has no {name!r} in its data: the functions of sd.figures write it")
    found = figure.data[name]
    if isinstance(found, str) or not isinstance(found, Sequence):
        raise ModelError(f"{name!r} of the figure of kind {figure.kind!r} is {found!r}: give a tuple")
    return tuple(found)


def floats(values: Any, what: str) -> Floats:
    """Numbers as an array of one dimension, nan for None and for what is not finite.

    Raises
    ------
    ModelError
        If there are none, or something is no number.
    """
    listed = list(values)
    if not listed:
        raise ModelError(f"there are no {what}: a figure needs at least one")
    for value in listed:
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float | np.number)):
            raise ModelError(f"{value!r} among the {what} is no real number: give numbers, or None for a gap")
    numbers = np.array([math.nan if value is None else float(value) for value in listed])
    return np.where(np.isfinite(numbers), numbers, math.nan)


def column(figure: Figure, name: str) -> Floats:
    """Entry `name` of the data as an array of one dimension."""
    return floats(rows(figure, name), f"{name} of the figure of kind {figure.kind!r}")


def table(figure: Figure, name: str, length: int | None = None) -> list[Floats]:
    """Entry `name` of the data as arrays of one dimension, each of the given length.

    Raises
    ------
    ModelError
        If lengths differ from it.
    """
    listed = [floats(row, f"{name} of the figure of kind {figure.kind!r}") for row in rows(figure, name)]
    if length is not None and any(len(row) != length for row in listed):
        lengths = ", ".join(str(len(row)) for row in listed)
        raise ModelError(f"{name!r} of the figure of kind {figure.kind!r} has rows of {lengths}: all need {length}")
    return listed


def agree(figure: Figure, **lengths: int) -> None:
    """Refuse data of different lengths.

    Raises
    ------
    ModelError
        Naming the lengths.
    """
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{length} {name}" for name, length in lengths.items())
        raise ModelError(f"the data of the figure of kind {figure.kind!r} do not fit together: {told}")
