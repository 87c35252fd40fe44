"""One direction of a branch, by arc length: predictor and corrector, and why it ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from symdyn.algebra.budgets.deadline import seconds_left
from symdyn.equilibrium.follow.branch_system import BranchSystem, Place
from symdyn.equilibrium.follow.crossings import ZERO, Event, Step, events

_TURN = 0.95
_FAR = 100.0  # from here on a branch may be on its way to infinity, and steps grow with the state
_FAR_STEP = 0.1
_STILL = 2e-4  # of the interval: how little the parameter moves while the state doubles
_EDGE = 1e-9
_FADED = 1e-7
_STEPS_FADED = 5


@dataclass(frozen=True)
class Course:
    """What holds for all branches of one answer.

    Parameters
    ----------
    low, high
        Ends of the interval.
    step
        Largest step of arc length at states of order one; the parameter never moves by more.
    points
        Most points in one direction.
    """

    low: float
    high: float
    step: float
    points: int

    def longest(self, place: Place) -> float:
        """Largest step of arc length from a place: it grows with the state, but not over the parameter."""
        size = float(np.abs(place.z[:-1]).max())
        length = self.step * max(1.0, size / max(1.0, (self.high - self.low) / 2))
        if size > _FAR:
            length = max(length, _FAR_STEP * size)
        return min(length, self.step / max(abs(float(place.tangent[-1])), 1e-12))


class Half:
    """A branch from a place in the direction of its tangent.

    It is filled while it is followed, so that what was followed is there when it is stopped.
    """

    def __init__(self, system: BranchSystem, start: Place, course: Course) -> None:
        self.system, self.course = system, course
        self.line, self.events = [start], list[Event]()
        self.end = "it was interrupted"
        self.stopped_at: Event | None = None
        self._length = course.longest(start)
        self._travelled, self._faded = 0.0, 0
        self._sizes = [(max(1.0, _size(start)), float(start.z[-1]))]

    def follow(self) -> None:
        """Go on until there is a reason to end."""
        while True:
            left = seconds_left()
            if left is not None and left <= 0:
                self.end = "the time limit"
            elif len(self.line) > self.course.points:
                self.end = f"the most points, {self.course.points}"
            elif not self._advanced():
                pass
            else:
                continue
            return

    def _advanced(self) -> bool:
        before = self.line[-1]
        after = self._stepped(before)
        if after is None:
            self.end = "no further point was found"
            return False
        if self._fades(before, after):
            self.end = "beyond it floats do not tell zeros of the field apart"
            return False
        for side, end in ((-1, self.course.low), (1, self.course.high)):
            if side * (after.z[-1] - end) > 0:
                self._to_the_end(before, after, end)
                return False
        happened = events(self.system, before, after)
        edge = self._edge(before, after)
        stops = [event for event in happened if event.turns]
        if edge is not None and not (stops and stops[0].share < edge[0]):
            self._cut(before, after, happened, edge)
            return False
        if stops:
            self.events += happened[: happened.index(stops[0]) + 1]
            self.line.append(self.system.place(stops[0].z, before.tangent))
            self.stopped_at, self.end = stops[0], stops[0].in_words
            return False
        self.events += happened
        self._travelled += float(np.linalg.norm(self.system.apart(after.z, before.z)))
        if self._travelled > 4 * self.course.longest(before) and self._is_back(before, after):
            self.line.append(self.line[0])
            self.end = "closed"
            return False
        self.line.append(after)
        return not self._leaves(after)

    def _stepped(self, before: Place) -> Place | None:
        """The next place; steps shrink until the branch turns little."""
        longest = self.course.longest(before)
        length = min(longest, self._length)
        nudged = False
        while length > 1e-8 * longest:
            found = self.system.corrected(before.z + length * before.tangent, before.tangent)
            if found is not None and found[1] <= 8 and np.linalg.norm(found[0] - before.z) < 2 * length:
                after = self.system.place(found[0], before.tangent)
                if after.tangent @ before.tangent > _TURN:
                    if nudged or all(abs(growth) > ZERO for growth in after.growths):
                        self._length = 1.4 * length
                        return after
                    nudged, length = True, 0.77 * length  # right on a crossing there is no sign: step short of it
                    continue
            length /= 2
        return None

    def _fades(self, before: Place, after: Place) -> bool:
        """Whether the derivative has become tiny and stays so, as it does not at a crossing."""
        if after.regular >= _FADED * self.line[0].regular:
            self._faded = 0
        elif np.linalg.norm(after.z - before.z) > 0.1 * self.course.longest(before):
            self._faded += 1
        return self._faded > _STEPS_FADED

    def _to_the_end(self, before: Place, after: Place, end: float) -> None:
        """The last step, cut where the parameter is at the end of the interval."""
        self.end = f"the end {end:g} of the interval"
        upright = np.zeros(len(after.z))
        upright[-1] = 1.0
        share = (end - before.z[-1]) / (after.z[-1] - before.z[-1])
        guess = before.z + share * (after.z - before.z)
        guess[-1] = end
        found = self.system.corrected(guess, upright)
        if found is None or np.linalg.norm(found[0] - before.z) <= 1e-12:
            return
        last = self.system.place(found[0], before.tangent)
        edge = self._edge(before, last)
        happened = events(self.system, before, last)
        if edge is not None:
            self._cut(before, last, happened, edge)
            return
        self.events += happened
        self.line.append(last)

    def _edge(self, before: Place, after: Place) -> tuple[float, str] | None:
        """The share of a step at which the branch leaves the domain, and the condition that it breaks."""
        scale = _EDGE * max(1.0, _size(after))
        margin, which = self.system.margin(after.z)
        if margin >= -scale:
            return None
        step = Step(self.system, before, after)
        assert self.system.domain is not None  # else no margin is negative
        words = f"the edge {self.system.domain.expressions[which]} = 0 of the domain"

        def above(share: float) -> float:
            least = self.system.margin(step(share))[0]
            return (-1.0 if np.isnan(least) else least) + scale / 2

        return (float(brentq(above, 0.0, 1.0, xtol=1e-12)) if above(0.0) > 0 else 0.0), words

    def _cut(self, before: Place, after: Place, happened: list[Event], edge: tuple[float, str]) -> None:
        share, self.end = edge
        # an edge that the dynamics keeps is left at a crossing, where the corrector is singular
        scale = 1e-6 * max(1.0, _size(after))
        here = [event for event in happened if event.meets and abs(self.system.margin(event.z)[0]) < scale]
        self.events += [event for event in happened if event.share <= share + 1e-4 or event in here[:1]]
        if here:
            self.stopped_at, self.end = here[0], f"{here[0].in_words}, {self.end}"
            self.line.append(self.system.place(here[0].z, before.tangent))
        elif share:
            self.line.append(self.system.place(Step(self.system, before, after)(share), before.tangent))

    def _is_back(self, before: Place, after: Place) -> bool:
        """Whether the branch has come back to its beginning during a step."""
        step = self.system.apart(after.z, before.z)
        to_start = self.system.apart(self.line[0].z, before.z)
        share = float(to_start @ step / (step @ step))
        return 0 <= share <= 1 and float(np.linalg.norm(share * step - to_start)) < 0.1 * self.course.longest(before)

    def _leaves(self, after: Place) -> bool:
        """Whether the state grows without bound while the parameter comes to a stand."""
        size, value = _size(after), float(after.z[-1])
        while len(self._sizes) > 1 and size < self._sizes[-1][0] / 2:
            self._sizes.pop()
        if size < 2 * self._sizes[-1][0]:
            return False
        self._sizes.append((size, value))
        if len(self._sizes) < 4 or size < _FAR * self._sizes[0][0]:
            return False
        first, second, third = (entry[1] for entry in self._sizes[-3:])
        width = self.course.high - self.course.low
        earlier, later = second - first, third - second
        if abs(later) > _STILL * width or abs(later) > 0.9 * abs(earlier) + 1e-9 * width:
            return False
        # of a geometric sequence the sum of all that is still to come is known
        limit = third + later**2 / (earlier - later) if abs(earlier - later) > 1e-12 * width else third
        if not self.course.low <= limit <= self.course.high:
            return False
        unit = 10.0 ** np.floor(np.log10(1e-3 * width))
        self.end = f"infinity, near {self.system.parameter} = {round(limit / unit) * unit + 0:.4g}"
        return True


def _size(place: Place) -> float:
    return float(np.abs(place.z[:-1]).max())

