"""Equilibria on circles modulo rotations where formulas are not rational: a slice in which some circles are fixed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import flint
import numpy as np

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.covers.orbit_cover import OrbitCoverWitness
from symdyn.dynamics.answers.equilibrium import Equilibria, Family
from symdyn.dynamics.flow import Flow
from symdyn.equilibrium.asked.generators import detected_rotations
from symdyn.equilibrium.asked.lowering import Model, program_data, residual
from symdyn.equilibrium.certify import certified_enclosure
from symdyn.equilibrium.completeness import seen_to_rotate
from symdyn.equilibrium.cover.circles import Cover, cover
from symdyn.equilibrium.judge.enclosure import Floats, NotCertifiedError
from symdyn.equilibrium.quotient.action import Rotations, images, rotations_of, spheres_of
from symdyn.equilibrium.quotient.alike import are_alike, are_one_orbit, in_order
from symdyn.equilibrium.quotient.angles import on_circles
from symdyn.equilibrium.quotient.answer import InFrame
from symdyn.equilibrium.quotient.at_rest import Balanced, angular, balanced, rests
from symdyn.equilibrium.quotient.on_spheres import orbits_on_spheres
from symdyn.equilibrium.quotient.orbits import across_orbit
from symdyn.geometry.constraint import Constraint
from symdyn.geometry.symmetry import Symmetries
from symdyn.geometry.vector_field import VectorField

_SAME = 1e-7
_MOST_EXCHANGED = 5
_MOST_COVERED = 3
_MOST_ALIKE = 4  # circles beside the pivot, where all may be exchanged
_MOST_DETECTED = 6  # of circles on which rotations that nobody named are looked for


@lru_cache(maxsize=32)
def in_slice(flow: Flow, rotations: Rotations, alike: bool = False) -> Flow | None:
    """The flow of the other circles where the pivots are at (1, 0); every equilibrium has an image that is one of it.

    None where there are no others. Where all circles are alike the others may be exchanged.
    """
    rest = [k for k in range(len(rotations.tokens)) if k not in rotations.pivots]
    if not rest:
        return None
    fixed = {flow.coords[rotations.tokens[k][place]]: 1 - place for k in rotations.pivots for place in (0, 1)}
    speeds = angular(flow, rotations)
    coords = tuple(flow.coords[place] for k in rest for place in rotations.tokens[k])
    field = []
    for k in rest:
        (x, y), own = (flow.coords[place] for place in rotations.tokens[k]), speeds[k].subs(fixed)
        field += [-y * own, x * own]
    circles = tuple(coords[2 * i] ** 2 + coords[2 * i + 1] ** 2 - 1 for i in range(len(rest)))
    factors = tuple((2 * i, 2 * i + 1) for i in range(len(rest)))
    constraint = Constraint(coords, circles, (), factors, f"the product of {len(rest)} circles")
    return Flow(VectorField(coords, field), constraint, symmetries=Symmetries(exchangeable=factors if alike else ()))


def orbits_modulo_rotations(
    model: Model,
    symmetries: Symmetries,
    solve: Callable[[Flow], Equilibria],
    covered: bool | None,
    time_limit: float | None,
) -> InFrame | None:
    """Orbits of equilibria on circles or spheres, or with angles; None without rotations, or where a state is open.

    Parameters
    ----------
    model, symmetries
        The flow, and what was shown of it.
    solve
        Finds the equilibria in the slice.
    covered, time_limit
        Whether the slice is covered, by default for up to four circles, five that are alike, or four tokens on spheres;
        in seconds.
    """
    circled = on_circles(model)
    if circled is None:
        if not isinstance(model, Flow):
            return None
        on_spheres = orbits_on_spheres(model, symmetries, covered, time_limit)
        return on_spheres or orbits_in_frame(model, symmetries, solve, covered, time_limit)
    if symmetries.maps:
        return None
    groups = tuple(tuple(q for k in group for q in circled.places[k]) for group in symmetries.exchangeable)
    turns = circled.turns(model) if isinstance(model, Flow) else ()
    found = orbits_in_frame(circled.flow, Symmetries(groups, (), turns), solve, covered, time_limit)
    if found is None:
        return None
    families = []
    for one in found.families:
        values = circled.angles_at([float(one.witness[s]) for s in circled.flow.coords])
        families.append(Family(
            dimension=one.dimension,
            witness=dict(zip(model.coords, values, strict=True)),
            reason=one.reason,
            verdict=one.verdict,
            stability=one.stability,
        ))  # fmt: skip
    return InFrame(families, found.said, found.proof)


def orbits_in_frame(
    flow: Flow,
    symmetries: Symmetries,
    solve: Callable[[Flow], Equilibria],
    covered: bool | None,
    time_limit: float | None,
) -> InFrame | None:
    """The same for a flow on circles."""
    started = time.monotonic()
    tokens, generators = spheres_of(flow), symmetries.generators
    if {len(token) for token in tokens} != {2}:
        return None
    if not generators and len(tokens) <= _MOST_DETECTED:
        generators = detected_rotations(flow)
    rotations = rotations_of(flow, generators)
    if rotations is None:
        return None
    sums = balanced(flow, rotations)
    alike = sums is not None and are_alike(flow, rotations, symmetries.exchangeable)
    framed = in_slice(flow, rotations, alike)
    if framed is None or (not alike and len(symmetries.exchangeable) > _MOST_EXCHANGED):
        return None
    found = solve(framed)
    if found.families or any(item.verdict is not Verdict.PROVED for item in found):
        return None
    zeros: list[tuple[Floats, bool]] = []
    families = []
    group = symmetries.group(len(flow.coords))
    kept: list[Floats] = []
    starts = [np.asarray([float(x) for x in item.point.values()]) for item in found]
    for start in in_order(starts) if alike else starts:
        try:
            enclosed = certified_enclosure(residual(framed), start)
        except NotCertifiedError:
            return None
        balls = lifted(flow, rotations, enclosed.balls)
        at_rest = rests(flow, rotations, sums, balls)
        if at_rest is None:
            return None
        zeros.append((enclosed.point, at_rest))
        point = np.asarray([float(ball.mid()) for ball in balls])
        if not at_rest or _is_image(point, kept, rotations, group, () if alike else symmetries.exchangeable, alike):
            continue
        kept.append(point)
        at = dict(zip(flow.coords, point.tolist(), strict=True))
        dimension = len(rotations.pivots)
        stability = across_orbit(residual(flow), balls, dimension)
        families.append(Family(
            dimension=dimension,
            witness=at,
            reason="orbit of a symmetry",
            verdict=Verdict.PROVED,
            stability=stability,
        ))
    answer: Cover | None = None
    most = _MOST_ALIKE if alike else _MOST_COVERED
    if covered or (covered is None and len(framed.coords) <= 2 * most):
        left = None if time_limit is None else max(0.0, time_limit - (time.monotonic() - started))
        points = np.asarray([point for point, _ in zeros], dtype=float).reshape(len(zeros), len(framed.coords)).T
        answer = cover(framed, points, time_limit=left, is_turning=alike)
    if answer is not None and answer.is_complete:
        proof = _proof(flow, rotations, sums, answer, [at_rest for _, at_rest in zeros])
        return InFrame(families, "", _listed(proof, families, flow))
    if not families:
        return None
    reason = f"an interval cover is tried for up to {most + 1} circles, of which there are {len(tokens)} (covered=True)"
    if answer is not None:
        reason = f"an interval cover did not succeed, after {answer.boxes:,} boxes: {answer.reason}"
    said = f"in a frame that turns with the flow equilibria were searched from many starts; {reason}"
    return InFrame(families, said, None)


def _is_image(
    point: Floats,
    kept: Sequence[Floats],
    rotations: Rotations,
    group: Sequence[Floats],
    exchangeable: Sequence[Sequence[int]],
    alike: bool,
) -> bool:
    """Whether rotations and finite symmetries carry a state of the slice to one of those that are kept."""
    if alike:
        tokens = np.asarray(rotations.tokens)
        return any(are_one_orbit((element @ point)[tokens], other[tokens]) for element in group for other in kept)
    moved = [rotations.framed(image) for image in images(point, group, exchangeable)]
    return any(float(np.abs(image - other).max()) < _SAME for other in kept for image in moved)


def lifted(flow: Flow, rotations: Rotations, balls: Sequence[flint.arb]) -> list[flint.arb]:
    """The state in which the pivots are at (1, 0)."""
    state = [flint.arb(0)] * len(flow.coords)
    for k in rotations.pivots:
        state[rotations.tokens[k][0]] = flint.arb(1)
    rest = [place for k, token in enumerate(rotations.tokens) if k not in rotations.pivots for place in token]
    for place, ball in zip(rest, balls, strict=True):
        state[place] = ball
    return state


def _proof(
    flow: Flow, rotations: Rotations, sums: Balanced | None, answer: Cover, at_rest: Sequence[bool]
) -> Certificate:
    """The cover of the slice, with the flow and the rotations."""
    number = {k: place for place, k in enumerate(k for k, rests_ in enumerate(at_rest) if rests_)}
    stored = zip(answer.witness["zeros"], answer.of, strict=True)
    zeros = [{**zero, "of": number.get(label, -1)} for zero, label in stored]
    witness: dict[str, Any] = {
        "kind": OrbitCoverWitness.kind,
        "names": [str(symbol) for symbol in flow.coords],
        "program": program_data(straight_line(flow.field.components, flow.coords)),
        "circles": [list(token) for token in rotations.tokens],
        "weights": [list(row) for row in rotations.weights],
        "pivots": list(rotations.pivots),
        "speeds": answer.witness["speeds"],
        "balance": None,
        "top": answer.witness["top"],
        "zeros": sorted(zeros, key=lambda zero: zero["of"] < 0),
        "levels": answer.witness["levels"],
    }
    if answer.is_turning:
        witness["exchangeable"] = True
    if sums is not None:
        factors = program_data(straight_line(sums.factors, flow.coords))
        witness["balance"] = {"rows": [list(row) for row in sums.rows], "factors": factors}
    turning = len(at_rest) - sum(at_rest)
    beside = f"; in {turning} of the zeros a fixed circle turns" if turning else ""
    return certified(
        OrbitCoverWitness.read(witness),
        Verdict.PROVED,
        f"the rotations {'and exchanges ' * answer.is_turning}commute with the flow, which is shown as "
        f"{'identities' if answer.is_turning else 'an identity'}; interval cover of a slice that every "
        f"orbit meets{' once' * (not answer.is_turning)}: {answer.boxes:,} boxes, each excluded or in one of "
        f"{answer.zeros} that hold exactly one zero{beside}",
        provenance=provenance(),
    )


def _listed(proof: Certificate, families: Sequence[Family], flow: Flow) -> Certificate:
    """The proof, with the number of orbits modulo finite symmetries where these are fewer, or what turns instead."""
    if not families:
        return replace(proof, method=proof.method + seen_to_rotate(flow))
    count = OrbitCoverWitness.read(proof.witness).count
    if len(families) == count:
        return proof
    return replace(proof, method=f"{proof.method}; {len(families)} modulo the finite symmetries as well")
