"""Curves of equilibria that were followed: joined from two directions, told apart, each crossing on one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations

import numpy as np

from symdyn.dynamics.answers.branch import Branch
from symdyn.equilibrium.follow.branch_system import BranchSystem, Floats
from symdyn.equilibrium.follow.crossings import MEETINGS, ZERO, Event
from symdyn.equilibrium.follow.following import Half
from symdyn.geometry.symmetry import Symmetries

_SAME = 1e-6
_NEAR = 1e-5
_ROUGH = 1e-3
_PERMUTED = 5


@dataclass(frozen=True)
class Curve:
    """Two directions of a branch from one place; or of one that leaves a crossing, which is then its first point.

    Parameters
    ----------
    system
        Whose zeros these are.
    back, forth
        The two directions; `back` is None where the branch begins at the crossing.
    origin
        The crossing that lies between both, or before `forth`.
    """

    system: BranchSystem
    back: Half | None
    forth: Half | None
    origin: Event | None = None

    @property
    def points(self) -> Floats:
        """Shape (T, n + 1), by arc length."""
        return np.array([z for z, _ in self._line()])

    def _line(self) -> list[tuple[Floats, int | None]]:
        """Points with their numbers of unstable directions; None at crossings, where there is no such number."""
        halves = [[] if half is None else _counted(half) for half in (self.back, self.forth)]
        back, forth = halves[0][::-1], halves[1]
        if self.origin is not None:
            return [*back, (self.origin.z, None), *forth]
        closed = self.back is not None and self.back is not self.forth and back and forth
        return [*back[:-1], *forth] if closed else [*back, *forth]

    @property
    def events(self) -> list[Event]:
        """In the order of the branch; that of the origin where the branch goes through it."""
        back, forth = ([] if half is None else half.events for half in (self.back, self.forth))
        through = self.origin is not None and self.back is not None and self.forth is not None
        origin = [replace(self.origin, turns=False)] if self.origin is not None and through else []
        return [*back[::-1], *origin, *forth]

    def holds(self, z: Floats) -> bool:
        """Whether a point of the same system lies on it, modulo the finite symmetries of the model."""
        states = self.system.orbit(z)
        if any(self._passes(state) for state in states):
            return True
        symmetries = self.system.model.symmetries
        if not symmetries.maps and not symmetries.exchangeable:
            return False
        return any(self._passes(image) for image in _images(symmetries, z)) or self._passes_an_image(z)

    @cached_property
    def _segments(self) -> tuple[Floats, Floats]:
        points = self.points
        return points[:-1], np.diff(points, axis=0)

    def _passes(self, z: Floats) -> bool:
        starts, ways = self._segments
        if not len(starts):
            return bool(np.linalg.norm(self.system.apart(z, self.points[0])) < _SAME * max(1.0, np.abs(z).max()))
        offsets = np.array([self.system.apart(z, start) for start in starts])
        sizes = np.maximum(np.square(ways).sum(axis=1), 1e-300)
        shares = np.clip((offsets * ways).sum(axis=1) / sizes, 0.0, 1.0)
        gaps = np.linalg.norm(offsets - shares[:, None] * ways, axis=1)
        near = np.flatnonzero(gaps < np.maximum(0.3 * np.sqrt(sizes), _SAME))
        size = _SAME * max(1.0, float(np.abs(z).max()))
        for k in near[np.argsort(gaps[near])][:6]:
            if gaps[k] < size:
                return True
            foot = z - (offsets[k] - shares[k] * ways[k])
            found = self.system.corrected(foot, ways[k] / np.sqrt(sizes[k]))
            if found is not None and np.linalg.norm(self.system.apart(found[0], z)) < size:
                return True
        return False

    def _passes_an_image(self, z: Floats) -> bool:
        """At the same value of the parameter, up to a symmetry."""
        symmetries = self.system.model.symmetries
        upright = np.zeros(len(z))
        upright[-1] = 1.0
        starts, ways = self._segments
        before, after = starts[:, -1] - z[-1], starts[:, -1] + ways[:, -1] - z[-1]
        for k in np.flatnonzero((before * after <= 0) & (before != after)):
            guess = starts[k] + before[k] / (before[k] - after[k]) * ways[k]
            guess[-1] = z[-1]
            found = self.system.corrected(guess, upright)
            if found is None:
                continue
            if symmetries.distance(z[:-1], found[0][:-1, None])[0] < _SAME * max(1.0, float(np.abs(z).max())):
                return True
        return False

    def branch(self, kept: Sequence[Event], listed: Sequence[Event]) -> Branch:
        """As it is, with those of its crossings that are listed here, and the names of all that are listed anywhere."""
        line = self._line()
        counts = [count for _, count in line]
        known = [k for k, count in enumerate(counts) if count is not None]
        filled = [counts[min(known, key=lambda other: (abs(other - k), -other))] for k in range(len(line))]
        back_end, forth_end = (None if half is None else _end(half, listed) for half in (self.back, self.forth))
        start = "" if self.origin is None else _listed_as(self.origin, listed)
        images = [[tuple(map(float, state[:-1])) for state in self.system.orbit(z)[1:]] for z, _ in line]
        return Branch(
            values=tuple(float(z[-1]) for z, _ in line),
            points=tuple(tuple(map(float, z[:-1])) for z, _ in line),
            unstable=tuple(int(count or 0) for count in filled),
            crossings=tuple(event.crossing for event in kept),
            ends=(back_end or start, forth_end or start),
            period=self.system.period,
            images=tuple(zip(*images, strict=True)) if self.system.period > 1 else (),
        )


def _listed_as(event: Event, listed: Sequence[Event]) -> str:
    """A crossing in words, by the name under which it is listed."""
    return next((other for other in listed if is_same(event, other)), event).in_words


def _end(half: Half, listed: Sequence[Event]) -> str:
    stopped = half.stopped_at
    return half.end if stopped is None else half.end.replace(stopped.in_words, _listed_as(stopped, listed))


def _images(symmetries: Symmetries, z: Floats) -> Iterator[Floats]:
    """A point moved by the finite symmetries, as far as permutations are few enough to be listed."""
    groups = np.asarray(symmetries.exchangeable, dtype=int)
    listed = 1 < len(groups) <= _PERMUTED
    orders = [np.array(order) for order in permutations(range(len(groups)))] if listed else []
    for element in symmetries.group(len(z) - 1):
        moved = np.append(element @ z[:-1], z[-1])
        yield moved
        for order in orders:
            image = moved.copy()
            image[groups] = moved[groups[order]]
            yield image


def _counted(half: Half) -> list[tuple[Floats, int | None]]:
    counts: list[tuple[Floats, int | None]] = [
        (place.z, sum(growth > ZERO for growth in place.growths)) for place in half.line
    ]
    if half.stopped_at is not None:
        counts[-1] = (counts[-1][0], None)
    return counts


def told_apart(curves: Sequence[Curve]) -> list[list[Event]]:
    """For each curve those of its crossings that are listed with it: each is listed once.

    Where two branches meet, that is on the one that goes through; else on the one that was followed first.
    """
    all_events = [(number, event) for number, curve in enumerate(curves) for event in curve.events]
    chosen: list[tuple[int, Event]] = []
    for number, event in sorted(all_events, key=lambda pair: pair[1].turns):
        if not any(is_same(event, other) for _, other in chosen):
            chosen.append((number, event))
    return [[event for number, event in chosen if number == k] for k in range(len(curves))]


def is_same(one: Event, other: Event) -> bool:
    """Whether two crossings are one, met on two branches."""
    kinds = {one.crossing.kind, other.crossing.kind}
    if len(kinds) > 1 and not kinds <= set(MEETINGS):
        return False
    # many branches meet so flatly that the place is known to the root of the residual only
    several = len(kinds) > 1 or max(one.crossing.multiplicity, other.crossing.multiplicity) > 1
    size = (_ROUGH if several and "Hopf" not in kinds else _NEAR) * max(1.0, float(np.abs(one.z).max()))
    if abs(one.z[-1] - other.z[-1]) > size:
        return False
    symmetries = one.system.model.symmetries
    states = one.system.orbit(one.z)
    return any(
        float(np.linalg.norm(one.system.apart(state, other.z))) < size
        or float(symmetries.distance(state[:-1], other.z[:-1, None])[0]) < size
        for state in states
    )
