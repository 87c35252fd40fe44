"""Branch and prune: every part of a region is excluded, or lies beside a zero that Krawczyk's test isolates.

The region is halved level by level until each part has a letter:

* `n`: some step of the formulas has no value anywhere in it (a logarithm of negative numbers);
* `v`: some function has no zero in it, by its range;
* `d`, `p`: the same by the mean-value form, plain or multiplied by an inverse of the Jacobian;
* `u`: all zeros in it lie in a box that holds exactly one zero (the part does, or its image under Krawczyk's operator);
* a digit: it is halved along that unknown.

Zeros that nobody knew are met on the way. The letters are the witness: a re-checker repeats every one of them with
arithmetic of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from symdyn.algebra.budgets.deadline import OutOfTimeError, check_time
from symdyn.algebra.programs.steps import StraightLine
from symdyn.equilibrium.cover.forms import Floats, Forms, UniqueBoxes, misses_zero
from symdyn.numerics.intervals.interval_program import enclosed

#: Sides are counted in parts of 2^-DEPTH of those of the region.
DEPTH = 40
_SMALLEST = 2 ** (DEPTH - 28)
_BATCH = 8_000
_PROBES = 48
_OPEN = ord("0")


@dataclass(frozen=True)
class Region:
    """A box in floats: its lower corner and its sides, shapes (n,)."""

    corner: Floats
    sides: Floats

    def ends(self, place: Any, width: Any) -> tuple[Floats, Floats]:
        """The parts at these places, of these widths, in units of 2^-DEPTH; neighbours share their ends exactly."""
        unit = (self.sides * 2.0**-DEPTH)[:, None]
        corner = self.corner[:, None]
        return corner + place * unit, corner + (place + width) * unit


@dataclass(frozen=True, kw_only=True)
class Branching:
    """Outcome of branch and prune.

    Parameters
    ----------
    zeros
        The boxes of uniqueness.
    levels
        A letter for each part of each level.
    boxes
        How many parts were looked at.
    left
        Ends of the parts that are open, shapes (n, B).
    reason
        Why some are; empty if none is.
    """

    zeros: UniqueBoxes
    levels: tuple[str, ...]
    boxes: int
    left: tuple[Floats, Floats]
    reason: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether all zeros of the region are among those in the boxes of uniqueness."""
        return not self.reason


def branch(
    program: StraightLine,
    region: Region,
    known: Floats,
    refine: Callable[[Floats], Floats],
    *,
    max_boxes: int = 400_000,
) -> Branching:
    """All zeros of a program in a region; stops at the deadline, with what is known by then.

    Parameters
    ----------
    program
        As many functions as unknowns.
    region
        Where.
    known
        Approximate zeros, shape (n, K).
    refine
        Newton's method: from points (n, B) to approximate zeros (n, C).
    max_boxes
        Budget.

    Raises
    ------
    ValueError
        For a function without an interval form.
    """
    n = len(region.corner)
    zeros = UniqueBoxes(np.zeros((n, 0)), np.zeros((n, 0))).with_zeros(program, known, region.sides)
    place, width = np.zeros((n, 1), dtype=np.int64), np.full((n, 1), 2**DEPTH, dtype=np.int64)
    levels: list[str] = []
    looked = 0
    while place.shape[1]:
        try:
            looked += place.shape[1]
            if looked > max_boxes:
                reason = "the budget of boxes is spent"
                return Branching(
                    zeros=zeros,
                    levels=tuple(levels),
                    boxes=looked,
                    left=region.ends(place, width),
                    reason=reason,
                )
            letters, zeros = _level(program, region, zeros, place, width, refine)
        except OutOfTimeError:
            return Branching(
                zeros=zeros,
                levels=tuple(levels),
                boxes=looked,
                left=region.ends(place, width),
                reason="the time is spent",
            )
        levels.append(letters.tobytes().decode("ascii"))
        rest = letters < _OPEN + n
        place, width, side = place[:, rest], width[:, rest], letters[rest] - _OPEN
        if place.shape[1] and int(width.max(axis=0).min()) <= _SMALLEST:
            small = width.max(axis=0) <= _SMALLEST
            ends = region.ends(place[:, small], width[:, small])
            reason = "small boxes were neither excluded nor shown to hold exactly one zero"
            return Branching(zeros=zeros, levels=tuple(levels), boxes=looked, left=ends, reason=reason)
        place, width = halved(place, width, side)
    return Branching(zeros=zeros, levels=tuple(levels), boxes=looked, left=(np.zeros((n, 0)), np.zeros((n, 0))))


def _level(
    program: StraightLine, region: Region, zeros: UniqueBoxes, place: Any, width: Any, refine: Any
) -> tuple[Any, UniqueBoxes]:
    """The letters of one level, after zeros that were met on it were added."""
    letters = np.full(place.shape[1], _OPEN, dtype=np.uint8)
    probed = 0
    for begin in range(0, place.shape[1], _BATCH):
        check_time()
        part = slice(begin, begin + _BATCH)
        low, high = region.ends(place[:, part], width[:, part])
        shares = width[:, part] * 2.0**-DEPTH
        found = _closed(program, zeros, low, high, shares)
        rest = np.flatnonzero(found < _OPEN + len(low))
        if len(rest) and probed < _PROBES:
            chosen = rest[: _PROBES - probed]
            probed += len(chosen)
            more = zeros.with_zeros(program, _new(region, zeros, refine((low + high)[:, chosen] / 2)), region.sides)
            if more.number > zeros.number:
                zeros = more
                found[rest] = _closed(program, zeros, low[:, rest], high[:, rest], shares[:, rest])
        letters[part] = found
    return letters, zeros


def _new(region: Region, zeros: UniqueBoxes, points: Floats) -> Floats:
    """The points of the region that approximate no known zero, once each."""
    low, high = region.corner[:, None], (region.corner + region.sides)[:, None]
    points = points[:, ((points >= low) & (points <= high)).all(axis=0) & ~zeros.hold(points, points)]
    _, first = np.unique(np.round((points - low) / region.sides[:, None], 9), axis=1, return_index=True)
    return points[:, first]


def _closed(program: StraightLine, zeros: UniqueBoxes, low: Floats, high: Floats, shares: Floats) -> Any:
    """The letter of each box; the digit of a side for those that must be halved."""
    letters = np.full(low.shape[1], _OPEN, dtype=np.uint8)
    waiting = np.ones(low.shape[1], dtype=bool)

    def close(letter: str, numbers: Any, which: Any) -> None:
        letters[numbers[which]] = ord(letter)
        waiting[numbers[which]] = False

    every = np.arange(low.shape[1])
    close("u", every, zeros.hold(low, high))
    rest = np.flatnonzero(waiting)
    if not len(rest):
        return letters
    plain = enclosed(program, low[:, rest], high[:, rest], with_slopes=False)
    close("v", rest, np.any([misses_zero(x) for x in plain.values], axis=0))
    close("n", rest, plain.undefined)
    rest = np.flatnonzero(waiting)
    if not len(rest):
        return letters
    forms = Forms(program, low[:, rest], high[:, rest])
    below, above = forms.image_ends()
    finite = np.isfinite(forms.image[0] + forms.image[1]).all(axis=0)
    sides = forms.best_side(shares[:, rest])
    letters[rest] = _OPEN + sides
    # an empty image lies in any box, also in one beside the region; the letter for it is p
    close("u", rest, zeros.hold(below, above) & finite & (below <= above).all(axis=0))
    close("p", rest, forms.by_inverse() & waiting[rest])
    close("d", rest, forms.by_mean_value() & waiting[rest])
    return letters


def halved(place: Any, width: Any, side: Any) -> tuple[Any, Any]:
    """Both halves of each part along its side, the lower one first."""
    every = np.arange(place.shape[1])
    half = width.copy()
    half[side, every] //= 2
    upper = place.copy()
    upper[side, every] += half[side, every]
    size = 2 * place.shape[1]
    return (
        np.stack([place, upper], axis=2).reshape(len(place), size),
        np.stack([half, half], axis=2).reshape(len(place), size),
    )
