"""Equilibria in a box, or modulo 2 pi: branch and prune after a search, and the proof that these are all."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from symdyn.algebra.budgets.deadline import OutOfTimeError, until
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.covers.box_cover import BoxCoverWitness, Dyadic, ZeroBox
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.lowering import Residual, order_and_program
from symdyn.equilibrium.asked.options import Clock
from symdyn.equilibrium.certify import dyadic
from symdyn.equilibrium.cover.branching import Branching, branch
from symdyn.equilibrium.cover.region import TURN, ClosedBox, Place
from symdyn.equilibrium.search.gathering import Candidate, Floats, certified_candidates, different, settled
from symdyn.geometry.symmetry import Symmetries

MOST_UNKNOWNS = 4
_SECONDS = 20.0  # where no limit is given
_STEPS = 12
_PARTS = 3
_SETTLED = 1e-9


@dataclass(frozen=True, kw_only=True)
class Inside:
    """What a search of a box found.

    Parameters
    ----------
    system
        What vanishes at an equilibrium.
    box
        The box; None for a search without one.
    candidates
        Certified candidates that are not outside, and the others.
    places
        Where each of the certified ones lies.
    outside
        Certified ones that were met outside.
    branching
        Outcome of branch and prune; None where it was not tried.
    reason
        Why it was not.
    """

    system: Residual
    box: ClosedBox | None
    candidates: list[Candidate]
    places: list[Place] = field(default_factory=list)
    outside: list[Candidate] = field(default_factory=list)
    branching: Branching | None = None
    reason: str = ""

    @property
    def in_words(self) -> str:
        """The box, to follow a noun; empty without one."""
        return "" if self.box is None else self.box.in_words

    @property
    def modulo(self) -> tuple[str, ...]:
        """The periods by which states were merged."""
        turning = [] if self.box is None else [self.box.coords[k].name for k in self.box.angles]
        return (f"2 pi in {', '.join(turning)}",) if turning else ()

    @property
    def is_open(self) -> bool:
        """Whether branch and prune was tried, and left parts of the box undecided."""
        return self.branching is not None and not self.branching.is_complete

    def open_ones(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Of candidates that are not certified, those in the box up to rounding."""
        if self.box is None:
            return list(candidates)
        return [one for one in candidates if self.box.near(one.point[:, None])[0]]


def inside(
    system: Residual,
    box: ClosedBox | None,
    candidates: list[Candidate],
    *,
    covered: bool | None = None,
    time_limit: float | None = None,
) -> Inside:
    """Look at every part of the box, and keep what lies in it.

    Parameters
    ----------
    system
        What vanishes at an equilibrium.
    box
        None for a search without one: the candidates are returned as they are.
    candidates
        Of the search, certified where that is possible.
    covered
        Whether branch and prune is tried; by default for up to four unknowns.
    time_limit
        In seconds.
    """
    if box is None:
        return Inside(system=system, box=None, candidates=candidates)
    reason = _hindrance(system, covered)
    outcome: Branching | None = None
    if not reason:
        known = np.asarray([one.point for one in candidates if one.enclosure is not None])
        clock = Clock(time_limit)
        try:
            with until(time.monotonic() + (_SECONDS if time_limit is None else time_limit)):
                outcome = _branched(system, box, known.reshape(-1, len(box.ends)).T)
        except (ValueError, OverflowError, OutOfTimeError) as failure:
            reason = str(failure) or "the time is spent"
        if outcome is not None:
            points = box.reduced(outcome.zeros.centers)
            met = [Candidate(system=system, point=points[:, k], found=0) for k in range(points.shape[1])]
            more = [one for one in certified_candidates(met, clock) if one.enclosure is not None]
            candidates = different([*candidates, *more], Symmetries())
    kept: list[Candidate] = []
    outside: list[Candidate] = []
    places: list[Place] = []
    for one in candidates:
        if one.enclosure is None:
            continue
        place = box.place(system.value_program, one.enclosure.balls, one.enclosure.unique_radius)
        if place.is_inside is False:
            outside.append(one)
        else:
            kept.append(one)
            places.append(place)
    found = Inside(
        system=system,
        box=box,
        candidates=kept,
        places=places,
        outside=outside,
        branching=outcome,
        reason=reason,
    )
    return replace(found, candidates=[*kept, *found.open_ones([one for one in candidates if one.enclosure is None])])


def _hindrance(system: Residual, covered: bool | None) -> str:
    """Why branch and prune is not tried."""
    size = len(system.coords)
    if covered is False:
        return "a cover was not asked for"
    if system.equations:
        return "a cover of a box is for systems without equations of constraint"
    if size > MOST_UNKNOWNS and not covered:
        return f"a cover of a box is tried for up to {MOST_UNKNOWNS} unknowns, of which there are {size} (covered=True)"
    return ""


def _branched(system: Residual, box: ClosedBox, known: Floats) -> Branching:
    def refine(points: Floats) -> Floats:
        ends, steps = settled(system, points, _STEPS)
        scale = np.maximum(np.abs(ends), _SETTLED * box.region().sides[:, None])
        good = np.isfinite(ends).all(axis=0) & (steps <= _SETTLED * scale).all(axis=0)
        return np.asarray(ends[:, good])

    return branch(system.value_program, box.region(), _with_copies(box, known), refine)


def _with_copies(box: ClosedBox, points: Floats) -> Floats:
    """The points and, of angles near 0 or 2 pi, those at the other end."""
    for k in box.angles:
        near = [points]
        for side in (0.0, TURN):
            other = points[:, np.abs(points[k] - side) < 0.1].copy()
            other[k] += TURN - 2 * side
            near.append(other)
        points = np.concatenate(near, axis=1)
    return points


def box_certificate(found: Inside) -> Certificate | None:
    """The proof that the certified ones in the box are all; None where there is none."""
    if found.box is None or found.branching is None or not found.branching.is_complete or _reason(found):
        return None
    witness = _witness(found, found.box, found.branching)
    return certified(
        witness,
        Verdict.PROVED,
        f"branch and prune over {found.branching.boxes:,} parts in interval arithmetic: each is excluded, or "
        f"lies in one of {len(witness.zeros)} boxes that hold exactly one zero (Krawczyk)",
        provenance=provenance(),
    )


def what_is_left(found: Inside) -> str:
    """Why these are not shown to be all; empty without a box."""
    if found.box is None:
        return ""
    return f"; branch and prune{found.box.in_words}: {_reason(found)}"


def _reason(found: Inside) -> str:
    assert found.box is not None
    if found.reason:
        return found.reason
    if found.branching is None or not found.branching.is_complete:
        return _open_parts(found)
    if len(found.places) < len(found.candidates):
        return "an equilibrium of the list is not certified"
    if any(place.is_inside is None for place in found.places):
        return "an equilibrium is within rounding of an end of the box, and not shown to be exactly there"
    if any(not one.is_sure or not one.is_inside for one in found.candidates):
        return "an equilibrium is not shown to fulfil the conditions on states"
    if None in _numbers(found, found.box, found.branching):
        return "a zero that branch and prune isolates is not certified in balls"
    return ""


def _open_parts(found: Inside) -> str:
    if found.branching is None:
        return "branch and prune was not done"
    low, high = found.branching.left
    if not low.shape[1]:
        return found.branching.reason
    assert found.box is not None
    shown = "; ".join(_shown_part(found.box, low[:, k], high[:, k]) for k in range(min(_PARTS, low.shape[1])))
    more = ", among them" if low.shape[1] > _PARTS else ":"
    return f"{found.branching.reason} ({low.shape[1]:,} open{more} {shown})"


def _shown_part(box: ClosedBox, low: Floats, high: Floats) -> str:
    return ", ".join(f"{s} in [{a:.9g}, {b:.9g}]" for s, a, b in zip(box.coords, low, high, strict=True))


def _numbers(found: Inside, box: ClosedBox, outcome: Branching) -> list[int | None]:
    """For each box of uniqueness the number of its equilibrium, -1 where it is outside, None where it is not known."""
    numbers: list[int | None] = []
    low, high = box.corners()
    for center, radius in zip(outcome.zeros.centers.T, outcome.zeros.radii.T, strict=True):
        number: int | None = None
        if any(
            box.ends[k] is not None and (center[k] + radius[k] < low[k] or center[k] - radius[k] > high[k])
            for k in range(len(center))
        ):
            number = -1
        for label, one in enumerate([*found.candidates[: len(found.places)], *found.outside]):
            if _is_at(box, one, center, radius):
                number = label if label < len(found.places) else -1
                break
        numbers.append(number)
    return numbers


def _is_at(box: ClosedBox, one: Candidate, center: Floats, radius: Floats) -> bool:
    """Whether a certified zero lies in a box of uniqueness, up to whole turns."""
    offset = one.point - center
    for k in box.angles:
        offset[k] -= TURN * np.rint(offset[k] / TURN)
    return bool((np.abs(offset) <= 0.99 * radius).all())


def _witness(found: Inside, box: ClosedBox, outcome: Branching) -> BoxCoverWitness:
    region = box.region()
    zeros = []
    top = region.corner + region.sides
    numbers = _numbers(found, box, outcome)
    for center, radius, number in zip(outcome.zeros.centers.T, outcome.zeros.radii.T, numbers, strict=True):
        if (center + radius < region.corner).any() or (center - radius > top).any():
            continue
        at = found.places[number].exact if number is not None and number >= 0 else (None,) * len(center)
        zeros.append(ZeroBox(_dyadics(center), _dyadics(radius), at, -1 if number is None else number))
    order, program = order_and_program(found.system)
    return BoxCoverWitness(
        names=tuple(symbol.name for symbol in box.coords),
        dynamics="iteration" if isinstance(found.system.model, Iteration) else "flow",
        program=program,
        box=box.ends,
        corner=_dyadics(region.corner),
        sides=_dyadics(region.sides),
        zeros=tuple(zeros),
        levels=outcome.levels,
        count=len(found.places),
        order=order,
    )


def _dyadics(values: Any) -> tuple[Dyadic, ...]:
    return tuple(dyadic(float(x)) for x in values)
