"""Equilibria of a flow or an iteration: found from many starts, certified one by one, counted where possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.spectrum import SignCounts
from symdyn.algebra.time_budget import TimeSpentError, time_budget
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.equilibrium import Equilibria, Equilibrium, Family, Stability
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibria.certify import (
    certificate_of,
    certified_enclosure,
    require_tangency,
    residual_size,
    undecided_near,
)
from symdyn.equilibria.classify import stability_at, stability_of
from symdyn.equilibria.completeness import Found, completeness
from symdyn.equilibria.enclosure import Floats, NotCertifiedError
from symdyn.equilibria.gathering import Candidate, different
from symdyn.equilibria.given import shown_laws, shown_symmetries
from symdyn.equilibria.lowering import Model, Residual, residual
from symdyn.equilibria.multistart import random_starts
from symdyn.equilibria.options import checked_array, checked_limit, checked_number, checked_seed
from symdyn.equilibria.search import ends_of, gathered_ends
from symdyn.equilibria.solve.continua import are_orbits, families_of
from symdyn.equilibria.solve.parts import Parts, parts_of
from symdyn.equilibria.solve.points import candidates_of
from symdyn.equilibria.solve.system import RealCount, UnsolvedError, solved
from symdyn.equilibria.symbolic import residual_certificate
from symdyn.geometry.symmetry import Symmetries

DEFAULT_STARTS = 400


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
    is_plain = _is_plain(model) and len(signs) == 1
    hand = _by_algebra(model, given, starts, limit) if len(signs) == 1 else _Hand()
    if hand.candidates is None:
        hand = _by_search(model, beginnings, signs, hand, given)
    candidates = hand.candidates or []
    families = tuple(replace(one, stability=_across(one, system, given)) for one in hand.families)
    kept = [one for one in candidates if one.is_inside is not False]
    items = tuple(_equilibrium(one, given) for one in _in_order(kept))
    found = Found(
        model,
        system,
        items,
        families,
        hand.counts,
        sum(one.is_sure or one.exact is not None for one in candidates),
        sum(one.is_sure for one in candidates if one.is_inside is False),
        certified and all(one.is_inside for one in kept),
        is_plain,
        hand.reason,
        hand.parts,
    )
    return Equilibria(
        items,
        completeness(found, hand.exact, covered, limit),
        families,
        hand.counts,
        model.symmetries.described,
        model,
        found.expected(hand.exact),
    )


@dataclass(frozen=True)
class _Hand:
    """What is in hand: candidates (None where algebra has none), continua, and how they were come by."""

    candidates: list[Candidate] | None = None
    families: Sequence[Family] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    exact: RealCount | None = None
    reason: str = ""
    parts: Parts | None = None


def _by_algebra(model: Model, given: _Given, starts: Any, limit: float | None) -> _Hand:
    """All equilibria of a rational system; only their number where starts are given, or why there is nothing."""
    system, exact = residual(model), None
    try:
        with time_budget(limit):
            exact = solved(system, limit)
            if not isinstance(starts, int | np.integer | None):
                return _Hand(exact=exact)
            if exact.is_finite:
                return _Hand(_once(candidates_of(system, exact.zeros), model), exact=exact)
            parts = parts_of(system, limit)
            if not _is_plain(model) and not are_orbits(parts, given.symmetries):
                return _Hand(exact=exact)  # images of continua under finite symmetries are not told
            families = families_of(system, parts, given.symmetries)
            return _Hand(_once(candidates_of(system, parts.isolated), model), families, {}, exact, "", parts)
    except UnsolvedError as reason:
        return _Hand(exact=exact, reason=str(reason))
    except TimeSpentError:
        return _Hand(exact=exact, reason="the time for solving the equations was over")


def _once(candidates: list[Candidate], model: Model) -> list[Candidate]:
    """One candidate for each orbit of the finite symmetries."""
    # not those of the residual: it is kept for all models with the same formulas
    return candidates if _is_plain(model) else different(candidates, model.symmetries)


def _by_search(model: Model, beginnings: Floats, signs: tuple[int, ...], known: _Hand, given: _Given) -> _Hand:
    ends = ends_of(model, beginnings, signs)
    candidates, families = gathered_ends(ends, known.exact, model.symmetries, given.symmetries)
    return replace(known, candidates=candidates, families=families, counts=ends.counts)


def _starts(system: Residual, starts: Any, seed: int) -> Floats:
    number = DEFAULT_STARTS if starts is None else checked_number(starts)
    return checked_array(starts, len(system.coords)) if number is None else random_starts(system, number, seed)


def _is_plain(model: Model) -> bool:
    """Whether no equilibria are merged by symmetries, so that a count of all can be compared with the list."""
    return not model.symmetries.maps and len(model.symmetries.exchangeable) < 2


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


def _across(one: Family, system: Residual, given: _Given) -> Stability:
    """Stability at the witness of a family, with the directions along it explained."""
    values = list(one.witness.values())
    exact = tuple(values) if all(isinstance(value, sp.Rational) for value in values) else None
    point = np.asarray([float(value) for value in values])
    found = stability_at(system, exact, point, None, given.laws, (given.symmetries,))
    along = min(one.dimension, found.neutral)
    more = ((f"family of dimension {one.dimension}", along),)
    signs = SignCounts(found.unstable, found.neutral, found.stable)
    return stability_of(signs, found.verdict, more + found.explained, found.eigenvalues)


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
    if one.enclosure is not None and one.is_sure:
        return certificate_of(system, one.enclosure)
    if one.exact is not None:
        proof = residual_certificate(system.model, [sp.Rational(x.numerator, x.denominator) for x in one.exact])
        return replace(proof, method=f"{proof.method}{_repeated(one)}")
    try:
        return certificate_of(system, certified_enclosure(system, one.point))
    except NotCertifiedError as reason:
        return undecided_near(system, one.point, f"{reason}{_repeated(one)}")


def _repeated(one: Candidate) -> str:
    """What algebra knows of a solution that Krawczyk's test does not certify."""
    if one.multiplicity < 2:
        return ""
    return f"; the solution there has multiplicity {one.multiplicity}, and algebra isolates it from all others"
