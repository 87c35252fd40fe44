"""Numbers of figures: plain floats, None where there is none, and no more of them than can be seen."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from symdyn.errors import ModelError, ShapeError

MOST_POINTS = 400  # of one curve: more than the dots of a column at 8 cm

Numbers = tuple[float | None, ...]


def plain_numbers(values: Any, what: str) -> Numbers:
    """Floats; None for what is not finite (a gap in the figure).

    Raises
    ------
    ModelError
        If `values` is empty or has something that is no real number.
    """
    listed = list(values.ravel() if isinstance(values, np.ndarray) else values)
    if not listed:
        raise ModelError(f"there are no {what}: a figure needs at least one")
    return tuple(_number(value, what) for value in listed)


def _number(value: Any, what: str) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ModelError(f"{value!r} among the {what} is no real number: give numbers, or None for a gap") from None
    return number if math.isfinite(number) else None


def same_length(**sequences: Sequence[Any]) -> None:
    """Refuse sequences of different length.

    Raises
    ------
    ShapeError
        Naming two that differ.
    """
    (first, values), *others = sequences.items()
    for name, other in others:
        if len(other) != len(values):
            raise ShapeError(f"{len(values)} {first} and {len(other)} {name}: give one for each")


def spoken(label: str) -> str:
    r"""A label in words for a text alternative: commands lose their backslash, letters in upright boxes come out.

    Examples
    --------
    >>> spoken(r"\mathrm{consensus\ at}\ \lambda_{1}")
    'consensus at lambda_1'
    >>> spoken(r"S = \{1, 2\}")
    'S = {1, 2}'
    """
    text = re.sub(r"\\(?:mathrm|text|operatorname)\{([^{}]*)\}", r"\1", label)
    text = re.sub(r"\\[ ,;!]|\\quad", " ", text)
    return " ".join(re.sub(r"\\(?![{}])|(?<!\\)[{}]", "", text).replace("\\", "").split())


def gap_sentence(*sequences: Iterable[Any]) -> str:
    """Says how many values are missing; empty if none."""
    values = [value for sequence in sequences for value in sequence]
    missing = sum(value is None for value in values)
    if not missing:
        return ""
    verb = "is not finite and is" if missing == 1 else "are not finite and are"
    return f" {missing} of {len(values)} values {verb} left out."


def kept_places(*curves: Numbers, most: int = MOST_POINTS) -> list[int]:
    """Places of the points to draw: both ends, and of each bucket the extremes of every curve.

    All places are kept if there are at most `most` of them; otherwise at most about that many.
    """
    length = len(curves[0])
    if length <= most:
        return list(range(length))
    buckets = max(1, most // (2 * len(curves)))
    kept = {0, length - 1}
    for curve in curves:
        values: npt.NDArray[np.float64] = np.array([math.nan if v is None else v for v in curve])
        for part in np.array_split(np.arange(length), buckets):
            inside = values[part]
            if np.isnan(inside).any():  # a gap stays a gap
                kept.add(int(part[int(np.argmax(np.isnan(inside)))]))
            if not np.isnan(inside).all():
                kept |= {int(part[int(np.nanargmin(inside))]), int(part[int(np.nanargmax(inside))])}
    return sorted(kept)
