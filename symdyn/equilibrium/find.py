"""Equilibria of a flow or an iteration: found from many starts, certified one by one, counted where possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.linear.spectrum import SignCounts
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.equilibria.equilibrium import EquilibriumWitness
from symdyn.dynamics.answers.equilibrium import Equilibria, Equilibrium, Family, Stability
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iterate import nouns_of
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.given import shown_laws, shown_symmetries
from symdyn.equilibrium.asked.lowering import Model, Residual, residual
from symdyn.equilibrium.asked.options import (
    Clock,
    checked_array,
    checked_limit,
    checked_number,
    checked_seed,
    checked_switch,
)
from symdyn.equilibrium.certify import (
    certificate_of,
    certified_enclosure,
    require_tangency,
    residual_size,
    undecided_near,
)
from symdyn.equilibrium.classify import stability_at, stability_of
from symdyn.equilibrium.completeness import Found, completeness
from symdyn.equilibrium.cover.inside import Inside
from symdyn.equilibrium.cover.region import ClosedBox, closed_box
from symdyn.equilibrium.judge.degenerate import Repeated
from symdyn.equilibrium.judge.enclosure import Floats, NotCertifiedError
from symdyn.equilibrium.judge.on_switch import is_on_switch
from symdyn.equilibrium.judge.placed import residual_certificate
from symdyn.equilibrium.quotient.leaf import on_leaf, totals_through
from symdyn.equilibrium.quotient.moving_frame import orbits_modulo_rotations
from symdyn.equilibrium.search.gathering import Candidate
from symdyn.equilibrium.search.rounds import seed_of_round, starts_on_scales
from symdyn.equilibrium.search.routes import InHand, Question, by_algebra, by_search
from symdyn.equilibrium.solve.exact_certificates import exact_certificate
from symdyn.equilibrium.solve.level import level_of
from symdyn.equilibrium.with_symbols import equilibria_with_symbols, symbols_of
from symdyn.errors import ModelError
from symdyn.geometry.symmetry import Symmetries

DEFAULT_STARTS = 400
_BITS = 512
_LATE = "the time was over before this point was looked at"


@dataclass(frozen=True)
class _Given:
    """What holds for all candidates of a search."""

    laws: tuple[Any, ...]
    symmetries: Symmetries
    certified: bool
    clock: Clock


def equilibria(
    model: Model,
    *,
    starts: Any = None,
    seed: int = 0,
    laws: Sequence[Any] = (),
    certified: bool = True,
    covered: bool | None = None,
    box: Any = None,
    totals: Any = None,
    through: Any = None,
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
        A Flow or an Iteration. Where parameters have no numbers, rational equations are solved in formulas, each with
        the conditions under which it is real, and stability as conditions.
    starts
        How many random starts, or starts as an array of shape (n, B); 400 by default.
    seed
        Of the random starts.
    laws
        Conserved functions, as for `classify`.
    certified
        Whether each gets a certificate; without, the residual is all that is said.
    covered
        Whether to try an interval cover: of a product of circles, by default for up to three circles; modulo rotations
        for up to four circles, five that may be exchanged, or four tokens on spheres; of a box or of angles, by default
        for up to four unknowns.
    box
        Where to look: a mapping from each coordinate (or its name) to two numbers, or two numbers for all coordinates.
        Starts are drawn there, equilibria outside of the closed box are not listed, and that these are all in it is
        proved where branch and prune succeeds.
    totals
        A mapping from conserved functions to their values: equilibria on that leaf, which is a constraint of the
        answer's model. Each function must be shown to be conserved.
    through
        A state, as a mapping from each coordinate (or its name) to its value: equilibria with its values of all linear
        conserved functions, which are found by linear algebra.
    time_limit
        For all of it, in seconds.

    Returns
    -------
    Equilibria
        Modulo the finite symmetries of the model, in a fixed order; continua as families, each with one witness.

    Raises
    ------
    ModelError
        If parameters have no value and no formula was found, the field is not tangent to its constraint, a law or a
        symmetry is false, or an option is out of range.
    """
    if symbols_of(model):
        refused = {"starts": starts, "laws": laws or None, "box": box, "totals": totals or None}
        refused |= {"through": through}
        return equilibria_with_symbols(model, refused, checked_limit(time_limit))
    if through is not None:
        if totals:
            raise ModelError("totals came with a state that the leaf is through: keep one")
        totals = totals_through(model, through)
    model = on_leaf(model, totals)
    system = residual(model)
    number, limit = checked_seed(seed), checked_limit(time_limit)
    certified = checked_switch(certified, "certified")
    covered = None if covered is None else checked_switch(covered, "covered")
    where = closed_box(model.coords, box, getattr(model, "angles", ()))
    clock = Clock(limit)

    def draw(turn: int) -> Floats:
        drawn = seed_of_round(number, turn)
        return starts_on_scales(system, DEFAULT_STARTS, drawn) if where is None else where.starts(DEFAULT_STARTS, drawn)

    beginnings = draw(0) if starts is None else _starts(system, starts, number, where)
    require_tangency(model)
    known = shown_laws(model, laws) + (shown_laws(model, model.laws) if isinstance(model, Flow) else ())
    given = _Given(known, shown_symmetries(model, model.symmetries), certified, clock)
    # an image of an equilibrium under a symmetry may lie outside of the box
    merging = model.symmetries if where is None else Symmetries()
    asked = Question(
        model=model,
        merging=merging,
        shown=given.symmetries,
        where=where,
        covered=covered if certified else False,
        clock=clock,
    )
    hand = by_algebra(asked, starts) if len(asked.signs) == 1 else InHand()
    whole = where is None or all(ends is None for ends in where.ends)
    if hand.area is None and whole and covered is not False and starts is None and isinstance(model, Flow):
        solve = partial(equilibria, seed=number, covered=False, time_limit=clock.left())
        framed = orbits_modulo_rotations(model, given.symmetries, solve, covered, clock.left())
        if framed is not None and not framed.families and framed.proof is None:
            hand = replace(hand, reason="; ".join(filter(None, (hand.reason, framed.said))))
        elif framed is not None:
            area = Inside(system=system, box=where, candidates=[])
            hand = replace(hand, area=area, families=framed.families, reason=framed.said, proof=framed.proof)
    if hand.area is None:
        hand = by_search(asked, hand, beginnings, draw if starts is None else None)
    area = asked.inside([]) if hand.area is None else hand.area
    families = tuple(one if one.stability else _family(one, system, given) for one in hand.families)
    kept = [one for one in hand.candidates if one.is_inside is not False]
    items = tuple(_equilibrium(one, given) for one in _in_order(kept))
    outside = sum(one.is_sure for one in hand.candidates if one.is_inside is False) + len(area.outside)
    found = Found(
        model=model,
        system=system,
        items=items,
        families=families,
        starts=hand.counts,
        certified=sum(item.verdict is Verdict.PROVED for item in items) + outside,
        outside=outside,
        is_decided=certified and all(one.is_inside for one in kept),
        is_plain=asked.merges_nothing and len(asked.signs) == 1,
        where=area.in_words,
        unsolved=hand.reason,
        parts=hand.parts,
    )
    return Equilibria(
        items=items,
        completeness=hand.proof or completeness(found, hand.exact, covered, clock.left(), area, hand.unseen),
        families=families,
        starts=hand.counts,
        modulo=merging.described + (area.modulo or hand.modulo),
        model=model,
        expected=found.expected(hand.exact) if box is None else None,
    )


def _starts(system: Residual, starts: Any, seed: int, where: ClosedBox | None) -> Floats:
    number = checked_number(starts)
    if number is None:
        return checked_array(starts, len(system.coords))
    return starts_on_scales(system, number, seed) if where is None else where.starts(number, seed)


def _in_order(candidates: Sequence[Candidate]) -> list[Candidate]:
    """From the largest coordinates down, after rounding, so that the order does not depend on the starts."""
    return sorted(candidates, key=lambda one: tuple(round(x, 6) for x in one.point.tolist()), reverse=True)


def _equilibrium(one: Candidate, given: _Given) -> Equilibrium:
    system = one.system
    exact = None if one.exact is None else tuple(sp.Rational(x.numerator, x.denominator) for x in one.exact)
    exact = one.formula or exact
    named = one.point.tolist() if exact is None or one.enclosure is not None else exact
    at = dict(zip(system.coords, named, strict=True))
    zero = None if one.zero is None or one.multiplicity < 2 else Repeated(one.zero.balls(_BITS), one.multiplicity)
    if one.enclosure is None and one.zero is None and given.clock.is_over():
        stability = Stability(
            verdict=Verdict.OBSERVED,
            unstable=0,
            neutral=system.model.dimension,
            stable=0,
            reason=_LATE,
        )
    else:
        stability = stability_at(system, exact, one.point, one.enclosure, given.laws, (given.symmetries,), zero)
    kind = "equilibrium"
    if isinstance(system.model, Iteration):
        kind = "fixed point" if system.sign == 1 else "period two in sign"
    if kind == "equilibrium" and one.enclosure is None and one.exact and is_on_switch(system, one.exact):
        kind = "equilibrium on a switch"
    certificate = _certificate(one, given)
    is_simple = certificate.witness.get("kind") == EquilibriumWitness.kind
    return Equilibrium(
        point=at,
        kind=kind,
        stability=stability,
        certificate=certificate,
        orbit=one.found,
        multiplicity=1 if is_simple else one.multiplicity,
    )


def _family(one: Family, system: Residual, given: _Given) -> Family:
    """A family with its stability across, and the value of the potential of a gradient flow on it."""
    potential = system.model.potential if isinstance(system.model, Flow) else None
    here = None if potential is None else level_of(potential, one)
    return replace(one, stability=_across(one, system, given), potential=here)


def _across(one: Family, system: Residual, given: _Given) -> Stability:
    """Stability at the witness of a family, with the directions along it explained."""
    values = list(one.witness.values())
    exact = tuple(values) if all(isinstance(value, sp.Rational) for value in values) else None
    point = np.asarray([float(value) for value in values])
    found = stability_at(system, exact, point, None, given.laws, (given.symmetries,))
    along = min(one.dimension, found.neutral)
    # directions of a law or a symmetry may be those of the family: only what is beyond its dimension explains more
    beyond, rest = [], along
    for reason, dimension in found.explained:
        if dimension > rest:
            beyond.append((reason, dimension - rest))
        rest = max(0, rest - dimension)
    more = ((f"family of dimension {one.dimension}", along),)
    signs = SignCounts(found.unstable, found.neutral, found.stable)
    return stability_of(signs, found.verdict, more + tuple(beyond), found.eigenvalues)


def _certificate(one: Candidate, given: _Given) -> Certificate:
    system = one.system
    if not given.certified or system.sign != 1:
        size, noun = residual_size(system, one.point), nouns_of(system.model)[0]
        return Certificate(
            claim=f"there is {'an' if noun == 'equilibrium' else 'a'} {noun} near this point",
            verdict=Verdict.OBSERVED,
            method=f"the residual is {size:.1e}, from {one.found} of the starts",
            witness={"kind": "undecided", "residual": size},
            provenance=provenance(),
        )
    try:
        # near another one the test may fail from the floats of its center
        if one.enclosure is not None and one.is_sure:
            return certificate_of(system, one.enclosure)
    except NotCertifiedError as reason:
        return undecided_near(system, one.point, str(reason))
    if one.exact is not None:
        proof = residual_certificate(system.model, [sp.Rational(x.numerator, x.denominator) for x in one.exact])
        return replace(proof, method=f"{proof.method}{_repeated(one)}")
    if one.formula is not None:
        proof = residual_certificate(system.model, list(one.formula))
        if proof.verdict is Verdict.PROVED:
            return replace(proof, method=f"{proof.method}{_repeated(one)}")
    algebraic = None if one.zero is None else exact_certificate(system, one.zero)
    if algebraic is not None:
        return replace(algebraic, method=f"{algebraic.method}{_repeated(one)}")
    if given.clock.is_over():
        return undecided_near(system, one.point, _LATE)
    try:
        return certificate_of(system, certified_enclosure(system, one.point))
    except NotCertifiedError as reason:
        return undecided_near(system, one.point, f"{reason}{_repeated(one)}")


def _repeated(one: Candidate) -> str:
    """What algebra knows of a solution that Krawczyk's test does not certify."""
    if one.multiplicity < 2:
        return ""
    return f"; the solution there has multiplicity {one.multiplicity}, and algebra isolates it from all others"
