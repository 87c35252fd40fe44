"""Equilibria of a flow or an iteration: found from many starts, certified one by one, counted where possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.time_budget import TimeSpentError, time_budget
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.equilibrium import Equilibria, Equilibrium, Family
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibria.certify import (
    certificate_of,
    certified_enclosure,
    require_tangency,
    residual_size,
    undecided_near,
)
from symdyn.equilibria.classify import stability_at
from symdyn.equilibria.completeness import Found, completeness
from symdyn.equilibria.count import RealCount, real_solutions
from symdyn.equilibria.cover.inside import inside
from symdyn.equilibria.cover.region import ClosedBox, closed_box
from symdyn.equilibria.domain import allowed
from symdyn.equilibria.enclosure import Floats, NotCertifiedError
from symdyn.equilibria.exact_points import rational_zero_near
from symdyn.equilibria.fading import lasting
from symdyn.equilibria.families import families_among
from symdyn.equilibria.gathering import (
    Candidate,
    certified_candidates,
    clustered,
    different,
)
from symdyn.equilibria.given import shown_laws, shown_symmetries
from symdyn.equilibria.lowering import Model, Residual, residual
from symdyn.equilibria.options import Clock, checked_array, checked_limit, checked_number, checked_seed
from symdyn.equilibria.rounds import Ends, search, seed_of_round, starts_on_scales, unseen
from symdyn.equilibria.symbolic import residual_certificate
from symdyn.geometry.symmetry import Symmetries

DEFAULT_STARTS = 400
_CLUSTER, _LOCATED = 1e-3, 1e-6
_WIDEST = 0.01


@dataclass(frozen=True)
class _Given:
    """What holds for all candidates of a search."""

    laws: tuple[Any, ...]
    symmetries: Symmetries
    certified: bool


def equilibria(
    model: Model,
    *,
    starts: Any = None,
    seed: int = 0,
    laws: Sequence[Any] = (),
    certified: bool = True,
    covered: bool | None = None,
    box: Any = None,
    time_limit: float | None = None,
) -> Equilibria:
    """Equilibria of a flow, or fixed points of an iteration.

    What is proved: each equilibrium whose certificate says so (existence and uniqueness in a ball; different ones have
    balls that do not meet); that there are no others, only if `completeness` is PROVED (an exact count of the real
    solutions of a polynomial system that is met by as many certified ones, or an interval cover of a product of
    circles, of a box, or of angles). What is only observed: everything else; starts that end elsewhere are reported,
    and an empty list proves nothing.

    Parameters
    ----------
    model
        A Flow or an Iteration with numbers for all parameters.
    starts
        How many random starts, or starts as an array of shape (n, B); 400 by default.
    seed
        Of the random starts.
    laws
        Conserved functions, as for `classify`.
    certified
        Whether each gets a certificate; without, the residual is all that is said.
    covered
        Whether to try an interval cover: of a product of circles, by default for up to three circles; of a box or of
        angles, by default for up to four unknowns.
    box
        Where to look: a mapping from each coordinate (or its name) to two numbers, or two numbers for all coordinates.
        Starts are drawn there, equilibria outside of the closed box are not listed, and that these are all in it is
        proved where branch and prune succeeds.
    time_limit
        For all of it, in seconds.

    Returns
    -------
    Equilibria
        Modulo the finite symmetries of the model, in a fixed order; continua as families, each with one witness.

    Raises
    ------
    ModelError
        If parameters have no value, the field is not tangent to its constraint, a law or a symmetry is false, or an
        option is out of range.
    """
    system = residual(model)
    number, limit = checked_seed(seed), checked_limit(time_limit)
    where = closed_box(model.coords, box, getattr(model, "angles", ()))
    clock = Clock(limit)

    def draw(turn: int) -> Floats:
        drawn = seed_of_round(number, turn)
        return starts_on_scales(system, DEFAULT_STARTS, drawn) if where is None else where.starts(DEFAULT_STARTS, drawn)

    beginnings = draw(0) if starts is None else _starts(system, starts, number, where)
    require_tangency(model)
    known = shown_laws(model, laws) + (shown_laws(model, model.laws) if isinstance(model, Flow) else ())
    given = _Given(known, shown_symmetries(model, model.symmetries), certified)
    # an image of an equilibrium under a symmetry may lie outside of the box
    merging = model.symmetries if where is None else Symmetries()
    signs = (1, -1) if isinstance(model, Iteration) and merging.maps else (1,)
    ends = Ends()
    with clock.running():
        for sign in signs:
            reduced = None if where is None else where.reduced
            ends.add(search(residual(model, sign), beginnings, draw if starts is None else None, merging, reduced))
    counts, candidates = ends.counts, ends.regular
    flat = [c for c in ends.flat if allowed(c.system, c.point[:, None]).shape[1]]
    candidates = different(certified_candidates(candidates), merging)
    tried = covered if certified else False
    area = inside(system, where, candidates, covered=tried, time_limit=clock.left())
    candidates, flat = area.candidates, clock.unless_late(lasting, area.open_ones(flat))
    exact = _counted(merging, system, signs, bool(flat), clock.left())
    balls = [one for one in candidates if one.enclosure is not None]
    open_ones = clock.unless_late(lasting, [one for one in candidates if one.enclosure is None])
    families: list[Family] = []
    if exact is None or not exact.is_finite:
        families, isolated = families_among(flat, given.symmetries)
        open_ones += isolated
    else:
        open_ones += flat
    open_ones = _isolated(open_ones, [*balls, *area.outside], merging, exact, float(np.abs(beginnings).max()))
    points = sum(one.exact is not None for one in open_ones)
    kept = [one for one in balls if one.is_inside is not False]
    items = tuple(_equilibrium(one, given) for one in _in_order([*kept, *open_ones]))
    found = Found(
        model,
        system,
        items,
        tuple(families),
        counts,
        sum(one.is_sure for one in [*balls, *area.outside]) + points,
        sum(one.is_sure for one in balls if one.is_inside is False) + len(area.outside),
        certified and all(one.is_inside for one in kept),
        len(signs) == 1 and _is_plain(merging),
        area.in_words,
    )
    return Equilibria(
        items,
        completeness(found, exact, covered, clock.left(), area, unseen(balls)),
        tuple(families),
        counts,
        merging.described + area.modulo,
        model,
        found.expected(exact) if box is None else None,
    )


def _starts(system: Residual, starts: Any, seed: int, where: ClosedBox | None) -> Floats:
    number = checked_number(starts)
    if number is None:
        return checked_array(starts, len(system.coords))
    return starts_on_scales(system, number, seed) if where is None else where.starts(number, seed)


def _is_plain(symmetries: Symmetries) -> bool:
    """Whether no equilibria are merged by symmetries, so that a count of all can be compared with the list."""
    return not symmetries.maps and len(symmetries.exchangeable) < 2


def _counted(
    merging: Symmetries, system: Residual, signs: tuple[int, ...], has_flat: bool, limit: float | None
) -> RealCount | None:
    """The exact number of solutions, where it can be compared with the list or tells isolated points from families."""
    if len(signs) > 1 or not (has_flat or _is_plain(merging)):
        return None
    try:
        with time_budget(limit):
            return real_solutions(system)
    except TimeSpentError:
        return None


def _isolated(
    candidates: Sequence[Candidate],
    balls: Sequence[Candidate],
    symmetries: Symmetries,
    exact: RealCount | None,
    spread: float,
) -> list[Candidate]:
    """Candidates that are not certified, gathered to at most as many as the exact count leaves open, if that can be."""
    inside = [one for one in candidates if allowed(one.system, one.point[:, None]).shape[1]]
    if not inside:
        return []
    radius = max(_CLUSTER * max(float(np.abs(one.point).max()) for one in inside), _LOCATED * min(spread, 10.0))
    inside = _at_exact_points(clustered(inside, symmetries, radius), spread)
    found = inside
    if exact is None or not exact.is_finite:
        return found
    room = exact.real - len(balls)
    if room <= 0:
        return []
    radius = max(radius, 1e-9 * spread)
    while len(found) > room and radius < _WIDEST * spread:
        radius *= 3
        found = clustered(inside, symmetries, radius)
    return found


def _at_exact_points(candidates: Sequence[Candidate], spread: float) -> list[Candidate]:
    """Candidates beside a rational point at which all vanishes are that point; each such point once."""
    found: dict[Any, Candidate] = {}
    for number, one in enumerate(candidates):
        size = max(spread, float(np.abs(one.point).max()))
        point = rational_zero_near(one.system, one.point.tolist(), size) if one.system.sign == 1 else None
        if point is None:
            found[number] = one
            continue
        count = one.found + (found[point].found if point in found else 0)
        found[point] = replace(one, point=np.asarray([float(x) for x in point]), exact=point, found=count)
    return list(found.values())


def _in_order(candidates: Sequence[Candidate]) -> list[Candidate]:
    """From the largest coordinates down, after rounding, so that the order does not depend on the starts."""
    return sorted(candidates, key=lambda one: tuple(round(x, 6) for x in one.point.tolist()), reverse=True)


def _equilibrium(one: Candidate, given: _Given) -> Equilibrium:
    system = one.system
    exact = None if one.exact is None else tuple(sp.Rational(x.numerator, x.denominator) for x in one.exact)
    at = dict(zip(system.coords, one.point.tolist() if exact is None else exact, strict=True))
    stability = stability_at(system, exact, one.point, one.enclosure, given.laws, (given.symmetries,))
    kind = "equilibrium"
    if isinstance(system.model, Iteration):
        kind = "fixed point" if system.sign == 1 else "period two in sign"
    return Equilibrium(at, kind, stability, _certificate(one, given), one.found)


def _certificate(one: Candidate, given: _Given) -> Certificate:
    system = one.system
    if not given.certified or system.sign != 1:
        size = residual_size(system, one.point)
        return Certificate(
            claim="there is an equilibrium near this point",
            verdict=Verdict.OBSERVED,
            method=f"the residual is {size:.1e}, from {one.found} of the starts",
            witness={"kind": "undecided", "residual": size},
            provenance=provenance(),
        )
    if one.exact is not None:
        return residual_certificate(system.model, [sp.Rational(x.numerator, x.denominator) for x in one.exact])
    try:
        return certificate_of(system, certified_enclosure(system, one.point))
    except NotCertifiedError as reason:
        return undecided_near(system, one.point, str(reason))
