"""Two routes to equilibria: algebra for rational systems, a search from many starts for the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from symdyn.algebra.budgets.time_budget import TimeSpentError, time_budget
from symdyn.certificate.certificate import Certificate
from symdyn.dynamics.answers.equilibrium import Family
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.domain import allowed
from symdyn.equilibrium.asked.generators import detected_rotations
from symdyn.equilibrium.asked.lowering import Model, Residual, residual
from symdyn.equilibrium.asked.options import Clock
from symdyn.equilibrium.cover.inside import Inside, inside
from symdyn.equilibrium.cover.region import ClosedBox
from symdyn.equilibrium.judge.enclosure import Floats
from symdyn.equilibrium.quotient.angles import OnCircles, on_circles
from symdyn.equilibrium.quotient.orbits import Orbits, orbits_of
from symdyn.equilibrium.search.fading import lasting
from symdyn.equilibrium.search.families import families_among
from symdyn.equilibrium.search.gathering import Candidate, certified_candidates, different, is_the_one
from symdyn.equilibrium.search.isolated import gathered
from symdyn.equilibrium.search.rounds import Ends, search, unseen
from symdyn.equilibrium.solve.cases import ByCases, candidates_by_cases, families_by_cases, solved_by_cases
from symdyn.equilibrium.solve.continua import are_orbits, families_of
from symdyn.equilibrium.solve.parts import Parts, parts_of
from symdyn.equilibrium.solve.points import candidates_of, values_at
from symdyn.equilibrium.solve.system import RealCount, UnsolvedError, solved
from symdyn.geometry.symmetry import Symmetries

# of the time that is left: a search that follows has the rest
_SOLVING = 0.6
# likewise: what was found is then certified
_SEARCHING = 0.6


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of both routes.

    Parameters
    ----------
    model
        What is searched.
    merging
        Finite symmetries by which equilibria are told apart.
    shown
        The symmetries that were shown to be some.
    where
        A box, or None.
    covered
        Whether branch and prune is tried in it.
    clock
        How much time is left.
    """

    model: Model
    merging: Symmetries
    shown: Symmetries
    where: ClosedBox | None
    covered: bool | None
    clock: Clock

    @property
    def signs(self) -> tuple[int, ...]:
        """Signs of the state in the equations, where an iteration may flip it."""
        return (1, -1) if isinstance(self.model, Iteration) and self.merging.maps else (1,)

    @property
    def merges_nothing(self) -> bool:
        """Whether no equilibria are merged by symmetries, so that a count of all can be compared with the list."""
        return not self.merging.maps and len(self.merging.exchangeable) < 2

    def inside(self, candidates: list[Candidate]) -> Inside:
        """What of these lies in the box, and whether they are all."""
        return inside(
            residual(self.model), self.where, candidates, covered=self.covered, time_limit=self.clock.left()
        )


@dataclass(frozen=True, kw_only=True)
class InHand:
    """What is in hand, and how it was come by.

    Parameters
    ----------
    area
        The box and the candidates in it; None where algebra has none.
    candidates
        All of them.
    families
        Continua.
    counts
        Where the starts ended.
    exact
        The exact number of solutions.
    reason
        Why there is none.
    parts
        The parts of an infinite solution set.
    unseen
        What the starts say about equilibria that none met.
    proof
        That these are all orbits.
    """

    area: Inside | None = None
    candidates: Sequence[Candidate] = ()
    families: Sequence[Family] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    exact: RealCount | None = None
    reason: str = ""
    parts: Parts | None = None
    unseen: str = ""
    proof: Certificate | None = None

    @property
    def modulo(self) -> tuple[str, ...]:
        """The periods by which solutions were merged."""
        turning = () if self.exact is None else tuple(name for name, _, _ in self.exact.angles)
        return (f"2 pi in {', '.join(turning)}",) if turning else ()


def by_algebra(asked: Question, starts: Any) -> InHand:
    """All equilibria of a rational system; only their number where starts are given, or why there is nothing."""
    circled = on_circles(asked.model)
    system, exact = residual(asked.model if circled is None else circled.flow), None
    left = asked.clock.left()
    limit = None if left is None else _SOLVING * left
    try:
        with time_budget(limit):
            if asked.where is None and asked.shown.generators and isinstance(starts, int | np.integer | None):
                orbits = orbits_of(system, asked.shown.generators, asked.shown, limit)
                if orbits is not None:
                    return _orbits_in_hand(asked, orbits, None)
            cases = solved_by_cases(system, limit) if circled is None else None
            if cases is not None:
                return _by_cases(asked, system, cases, starts)
            exact = solved(system, limit)
            if circled is not None:
                return _on_circles(asked, circled, exact) if isinstance(starts, int | np.integer | None) else InHand()
            if not isinstance(starts, int | np.integer | None):
                return InHand(exact=None if exact.by else exact)
            if exact.is_finite:
                area = asked.inside(_once(candidates_of(system, exact.zeros), asked))
                return InHand(area=area, candidates=area.candidates, exact=exact)
            if asked.where is not None:
                return InHand(exact=exact)  # which points of a continuum lie in the box is not told
            parts = parts_of(system, limit)
            if not asked.merges_nothing and not are_orbits(parts, asked.shown):
                return InHand(exact=exact)  # images of continua under finite symmetries are not told
            families = families_of(system, parts, asked.shown)
            area = asked.inside(_once(candidates_of(system, parts.isolated), asked))
            return InHand(area=area, candidates=area.candidates, families=families, exact=exact, parts=parts)
    except UnsolvedError as reason:
        return InHand(exact=exact, reason=str(reason))
    except TimeSpentError:
        return InHand(exact=exact, reason="the time for solving the equations was over")


def _by_cases(asked: Question, system: Residual, cases: ByCases, starts: Any) -> InHand:
    """What algebra says of a field that is polynomial on each side of its switches."""
    exact = cases.count
    if not isinstance(starts, int | np.integer | None):
        return InHand(exact=exact)
    if cases.open_cases and (asked.where is not None or not asked.merges_nothing):
        return InHand(exact=exact)
    area = asked.inside(_once(candidates_by_cases(system, cases), asked))
    reason = ""
    if cases.open_cases:
        reason = f"there are infinitely many in {cases.open_cases} of the {cases.cases} parts that the switches make"
    return InHand(
        area=area,
        candidates=area.candidates,
        families=families_by_cases(system, cases),
        exact=exact,
        reason=reason,
    )


def _on_circles(asked: Question, circled: OnCircles, exact: RealCount) -> InHand:
    """What algebra says of a flow with angles."""
    if not exact.is_finite:
        turns = detected_rotations(circled.flow)
        orbits = orbits_of(residual(circled.flow), turns, Symmetries(), asked.clock.left()) if turns else None
        is_told = orbits is not None and asked.merges_nothing
        return InHand() if orbits is None or not is_told else _orbits_in_hand(asked, orbits, circled)
    exact = circled.counted(asked.model, exact)
    found = _once(circled.candidates(asked.model, exact.zeros), asked)
    whole = asked.where is not None and all(ends is None for ends in asked.where.ends)
    # all are in hand: a cover of all angles is made only where it is asked for
    area = (replace(asked, covered=False) if whole and not asked.covered else asked).inside(found)
    return InHand(area=area, candidates=area.candidates, exact=exact)


def _orbits_in_hand(asked: Question, orbits: Orbits, circled: OnCircles | None) -> InHand:
    """Orbits as families, in the coordinates of the model."""
    families = [
        one.family(asked.model.coords, values_at(one.zero) if circled is None else circled.values(one.zero))
        for one in orbits.found
    ]
    area = Inside(system=residual(asked.model), box=asked.where, candidates=[])
    return InHand(area=area, candidates=(), families=families, reason=orbits.reason, proof=orbits.proof)


def _once(candidates: list[Candidate], asked: Question) -> list[Candidate]:
    """One candidate for each orbit of the finite symmetries."""
    # not those of the residual: it is kept for all models with the same formulas
    return candidates if asked.merges_nothing else different(candidates, asked.merging)


def by_search(asked: Question, known: InHand, first: Floats, draw: Callable[[int], Floats] | None) -> InHand:
    """Where starts end: certified, told apart, and gathered to isolated points and families.

    Parameters
    ----------
    asked
        What is searched, and where.
    known
        What algebra found.
    first, draw
        The starts of the first round, and those of later ones; None where there are none.
    """
    exact = known.exact
    ends = Ends()
    reduced = None if asked.where is None else asked.where.reduced
    with asked.clock.running(_SEARCHING):
        for sign in asked.signs:
            ends.add(search(residual(asked.model, sign), first, draw, asked.merging, reduced))
        regular = certified_candidates(ends.regular, asked.clock)
    area = asked.inside(different(regular, asked.merging))
    flat = [one for one in ends.flat if allowed(one.system, one.point[:, None]).shape[1]]
    flat = asked.clock.unless_late(lasting, area.open_ones(flat))
    balls = [one for one in area.candidates if one.enclosure is not None]
    open_ones = asked.clock.unless_late(lasting, [one for one in area.candidates if one.enclosure is None])
    families: list[Family] = []
    if exact is None or not exact.is_finite:
        with asked.clock.running():
            families, isolated = families_among(flat, asked.shown)
        open_ones += isolated
    else:
        open_ones += flat
    spread = float(np.abs(first).max()) if first.size else 0.0
    found = gathered(open_ones, [*balls, *area.outside], asked.merging, exact, spread, asked.clock)
    found = [one for one in found if not any(is_the_one(one, other) for other in balls)]
    return replace(
        known,
        area=area,
        candidates=[*balls, *found],
        families=families,
        counts=ends.counts,
        unseen=unseen(balls),
    )
