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
from symdyn.equilibria.array_code import zeros_of
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
from symdyn.equilibria.domain import allowed
from symdyn.equilibria.enclosure import Floats, NotCertifiedError
from symdyn.equilibria.exact_points import rational_zero_near
from symdyn.equilibria.families import families_among
from symdyn.equilibria.gathering import (
    Candidate,
    certified_candidates,
    clustered,
    different,
    nullities,
    representatives,
    settled,
)
from symdyn.equilibria.given import shown_laws, shown_symmetries
from symdyn.equilibria.lowering import Model, Residual, residual
from symdyn.equilibria.multistart import random_starts, solve_all
from symdyn.equilibria.options import checked_array, checked_limit, checked_number, checked_seed
from symdyn.equilibria.symbolic import residual_certificate
from symdyn.geometry.symmetry import Symmetries

DEFAULT_STARTS = 400
_CLUSTER = 1e-3
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
    time_limit: float | None = None,
) -> Equilibria:
    """Equilibria of a flow, or fixed points of an iteration.

    What is proved: each equilibrium whose certificate says so (existence and uniqueness in a ball; different ones have
    balls that do not meet); that there are no others, only if `completeness` is PROVED (an exact count of the real
    solutions of a polynomial system that is met by as many certified ones, or an interval cover of a product of
    circles). What is only observed: everything else; starts that end elsewhere are reported, and an empty list proves
    nothing.

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
        Whether to try an interval cover of a product of circles; by default for up to three circles.
    time_limit
        For the exact count and for the cover, in seconds.

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
    beginnings = _starts(system, starts, number)
    require_tangency(model)
    known = shown_laws(model, laws) + (shown_laws(model, model.laws) if isinstance(model, Flow) else ())
    given = _Given(known, shown_symmetries(model, model.symmetries), certified)
    signs = (1, -1) if isinstance(model, Iteration) and model.symmetries.maps else (1,)
    counts = {"converged": 0, "positive residual": 0, "left the domain": 0}
    candidates: list[Candidate] = []
    flat: list[Candidate] = []
    for sign in signs:
        one = residual(model, sign)
        endings = solve_all(zeros_of(one), beginnings)
        for name, share in endings.counts.items():
            counts[name] += share
        regular, singular = _gathered(one, endings.points, model.symmetries)
        candidates += regular
        flat += [c for c in singular if allowed(one, c.point[:, None]).shape[1]]
    candidates = different(certified_candidates(candidates), model.symmetries)
    exact = _counted(model, system, signs, bool(flat), limit)
    balls = [one for one in candidates if one.enclosure is not None]
    open_ones = [one for one in candidates if one.enclosure is None]
    families: list[Family] = []
    if exact is None or not exact.is_finite:
        families, isolated = families_among(flat, given.symmetries)
        open_ones += isolated
    else:
        open_ones += flat
    open_ones = _isolated(open_ones, balls, model.symmetries, exact, float(np.abs(beginnings).max()))
    points = sum(one.exact is not None for one in open_ones)
    kept = [one for one in balls if one.is_inside is not False]
    items = tuple(_equilibrium(one, given) for one in _in_order([*kept, *open_ones]))
    found = Found(
        model,
        system,
        items,
        tuple(families),
        counts,
        sum(one.is_sure for one in balls) + points,
        sum(one.is_sure for one in balls if one.is_inside is False),
        certified and all(one.is_inside for one in kept),
        len(signs) == 1 and _is_plain(model),
    )
    return Equilibria(
        items,
        completeness(found, exact, covered, limit),
        tuple(families),
        counts,
        model.symmetries.described,
        model,
        found.expected(exact),
    )


def _starts(system: Residual, starts: Any, seed: int) -> Floats:
    number = DEFAULT_STARTS if starts is None else checked_number(starts)
    return checked_array(starts, len(system.coords)) if number is None else random_starts(system, number, seed)


def _is_plain(model: Model) -> bool:
    """Whether no equilibria are merged by symmetries, so that a count of all can be compared with the list."""
    return not model.symmetries.maps and len(model.symmetries.exchangeable) < 2


def _gathered(system: Residual, points: Floats, symmetries: Symmetries) -> tuple[list[Candidate], list[Candidate]]:
    """The ends of a search once each: those with a regular Jacobian, and the others."""
    ends, steps = settled(system, points)
    good = np.isfinite(ends).all(axis=0)
    ends, steps = ends[:, good], steps[:, good]
    flat = nullities(system, ends) > 0
    return (
        representatives(system, ends[:, ~flat], steps[:, ~flat], symmetries),
        representatives(system, ends[:, flat], steps[:, flat], symmetries),
    )


def _counted(
    model: Model, system: Residual, signs: tuple[int, ...], has_flat: bool, limit: float | None
) -> RealCount | None:
    """The exact number of solutions, where it can be compared with the list or tells isolated points from families."""
    if len(signs) > 1 or not (has_flat or _is_plain(model)):
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
    radius = _CLUSTER * max(float(np.abs(one.point).max()) for one in inside)
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
