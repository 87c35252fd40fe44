"""Proof that a list of equilibria on spheres is complete modulo rotations: an interval cover of a slice.

The box of all unknowns of the slice is halved, level by level, until every box has a reason to be closed:

* `o`: it holds no state that is looked at, since tokens may be exchanged and space reflected;
* `c`: all states in it are so near to one on a line that they are that one, or no equilibria;
* `u`: all zeros in it lie in a box that holds at most one (the box does, or its image under Krawczyk's operator);
* `v`: some torque has no zero in it, by its range;
* `d`, `p`: the same by the mean-value form, plain or multiplied by a left inverse of the slopes;
* a digit: it is halved along that unknown.

Equilibria are met on the way. The letters are the witness: a re-checker repeats every one with arithmetic of its own.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from symdyn.algebra.budgets.deadline import OutOfTimeError, check_time
from symdyn.equilibrium.cover.branching import DEPTH, Region, halved
from symdyn.equilibrium.cover.sphere_forms import Around, around, collinear_radius, refined, slopes_of
from symdyn.equilibrium.cover.sphere_frame import Floats, Frame
from symdyn.equilibrium.cover.torques import Torques

_BATCH = 8_000
_SMALLEST = 2 ** (DEPTH - 20)
_PROBES = 64
_STARTS = 300
_SAME = 1e-6
_OPEN = ord("0")
_SLACK = 1e-9


@dataclass(frozen=True, kw_only=True)
class SphereCover:
    """Outcome of a cover.

    Parameters
    ----------
    states
        The equilibria that are not on a line, in floats, one for each orbit: shape (n, 3) each.
    zeros
        Boxes around their images in the slice; None where one of them is degenerate.
    radius
        Of the boxes around the states on a line; None where one of these is degenerate.
    levels
        The letters.
    boxes
        How many boxes were looked at.
    reason
        Why it failed; empty if it did not.
    """

    states: tuple[Floats, ...]
    zeros: Around | None
    radius: float | None
    levels: tuple[str, ...]
    boxes: int
    reason: str


def cover_of_slice(torques: Torques, *, covered: bool = True, max_boxes: int = 8_000_000) -> SphereCover:
    """Find the equilibria of a flow on spheres modulo rotations, reflections and exchanges, and try to prove all.

    Parameters
    ----------
    torques
        Of the flow; its symmetries are taken as exact.
    covered
        Whether the slice is covered after the search.
    max_boxes
        Budget.
    """
    return _Search(torques).done(covered, max_boxes)


class _Search:
    """The equilibria so far, and the boxes around them."""

    def __init__(self, torques: Torques) -> None:
        self.torques, self.frame = torques, Frame(len(torques.tokens))
        self.region = Region(self.frame.corner, self.frame.sides)
        self.states: list[Floats] = []
        self.zeros: Around | None = None
        self.radius: float | None = None
        self.levels: list[str] = []
        self.boxes = 0

    def done(self, covered: bool, max_boxes: int) -> SphereCover:
        reason = "a cover was not asked for"
        try:
            self._meet(*self._starts())
            self.radius = collinear_radius(self.torques, self.frame.tokens)
            if covered:
                reason = self._cover(max_boxes)
        except OutOfTimeError:
            reason = f"the time is spent, after {self.boxes:,} boxes" if self.boxes else "the time is spent"
        return SphereCover(
            states=tuple(self.states),
            zeros=self.zeros,
            radius=self.radius,
            levels=tuple(self.levels),
            boxes=self.boxes,
            reason=reason,
        )

    def _starts(self) -> tuple[Floats, Floats]:
        random, size = np.random.default_rng(0), self.frame.tokens - 2
        drawn = random.uniform(-1, 1, size=(self.frame.size, _STARTS))
        drawn[0] = np.pi * np.abs(drawn[0])
        return drawn, random.choice([1.0, -1.0], size=(size, _STARTS))

    def _meet(self, points: Floats, charts: Floats) -> None:
        """Newton's method from these points; every new equilibrium gets boxes around all its images."""
        before = len(self.states)
        unknowns_met, sides_met = refined(self.torques, self.frame, points, charts)
        for unknowns, sides in zip(unknowns_met.T, sides_met.T, strict=True):
            state = self.frame.state(unknowns, sides)
            on_a_line = np.abs(state[:, :2]).max() < 1e-4
            if not on_a_line and not any(_are_images(state, known) for known in self.states):
                self.states.append(state)
        if len(self.states) == before and self.zeros is not None:
            return
        places, of = [], []
        for number, state in enumerate(self.states):
            for image in self.frame.images(state):
                found = self.frame.places(image)
                places += found
                of += [number] * len(found)
        self.zeros = around(self.torques, self.frame, places, of)

    def _cover(self, max_boxes: int) -> str:
        """Halve until every box is closed; why it is not."""
        size = self.frame.size
        place, width = np.zeros((size, 1), dtype=np.int64), np.full((size, 1), 2**DEPTH, dtype=np.int64)
        while place.shape[1]:
            if self.radius is None or self.zeros is None:
                return "an equilibrium is degenerate, or nearly so: no box was found around it that holds no other"
            self.boxes += place.shape[1]
            if self.boxes > max_boxes:
                return f"the budget of {max_boxes:,} boxes is spent"
            letters = np.concatenate(
                [
                    self._closed(place[:, begin : begin + _BATCH], width[:, begin : begin + _BATCH], begin == 0)
                    for begin in range(0, place.shape[1], _BATCH)
                ]
            )
            self.levels.append(letters.tobytes().decode("ascii"))
            rest = letters < _OPEN + size
            place, width, side = place[:, rest], width[:, rest], letters[rest] - _OPEN
            if place.shape[1] and int(width.max(axis=0).min()) <= _SMALLEST:
                return "a small box was neither excluded nor next to an equilibrium that was met"
            place, width = halved(place, width, side)
        return ""

    def _closed(self, place: Any, width: Any, probes: bool) -> Any:
        """The letter of each box."""
        check_time()
        assert self.zeros is not None
        assert self.radius is not None
        ends = self.region.ends(place, width)
        letters = np.full(place.shape[1], _OPEN, dtype=np.uint8)
        across = self.frame.across(*ends)
        letters[across.any(axis=0)] += across.argmax(axis=0)[across.any(axis=0)].astype(np.uint8)
        waiting = np.asarray(~across.any(axis=0))

        def close(letter: str, numbers: Any, which: Any) -> None:
            letters[numbers[which]] = ord(letter)
            waiting[numbers[which]] = False

        def open_() -> Any:
            return np.flatnonzero(waiting)

        rest = open_()
        low, high, charts = self.frame.in_charts(ends[0][:, rest], ends[1][:, rest])
        close("c", rest, self._is_near_a_line(low, high))
        close("o", rest, self.frame.outside(self.frame.coordinates(low, high, charts)[0], low, high) & waiting[rest])
        close("u", rest, self.zeros.hold(low, high, charts) & waiting[rest])
        rest = open_()
        if not len(rest):
            return letters
        low, high, charts = self.frame.in_charts(ends[0][:, rest], ends[1][:, rest])
        ranges, form = slopes_of(self.torques, self.frame, low, high, charts)
        letters[rest] = _OPEN + form.half.argmax(axis=0)  # fewer boxes than by where the torques change most
        missed = [(x[0] > _SLACK * (x[1] - x[0])) | (x[1] < -_SLACK * (x[1] - x[0])) for x in ranges]
        close("v", rest, np.any(missed, axis=0))
        close("d", rest, form.by_mean_value() & waiting[rest])
        close("p", rest, form.by_inverse() & waiting[rest])
        below, above = ((low + high) / 2 + end for end in form.offsets())
        inside = self.zeros.hold(np.maximum(below, low), np.minimum(above, high), charts)
        close("u", rest, inside & waiting[rest])
        left = np.flatnonzero(waiting[rest])
        if probes and len(left):
            chosen = left[np.unique(np.linspace(0, len(left) - 1, _PROBES).astype(int))]
            self._meet((low + high)[:, chosen] / 2, charts[:, chosen])
        return letters

    def _is_near_a_line(self, low: Floats, high: Floats) -> Any:
        assert self.radius is not None
        reach = 2 * np.arctan(self.radius) * (1 - _SLACK)
        near = (high[0] <= reach) | (low[0] >= np.pi - reach)
        radius = self.radius * (1 - _SLACK)
        return near & np.all((low[1:] >= -radius) & (high[1:] <= radius), axis=0)


def _are_images(one: Floats, other: Floats) -> bool:
    """Whether exchanges, rotations and reflections carry one state to the other: by their products."""
    first, second = one @ one.T, other @ other.T
    if np.abs(np.sort(first, axis=None) - np.sort(second, axis=None)).max() > _SAME:
        return False
    orders = (list(order) for order in itertools.permutations(range(len(one))))
    return any(np.abs(first[np.ix_(order, order)] - second).max() < _SAME for order in orders)
