"""Equilibria of tokens on spheres modulo rotations, reflections and exchanges, where formulas are not rational."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.budgets.deadline import OutOfTimeError, until
from symdyn.algebra.budgets.limited import limited
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.covers.cover import Dyadic
from symdyn.certificate.witness.covers.sphere_cover import MOST_TOKENS, ChartBox, SphereCoverWitness
from symdyn.dynamics.answers.equilibrium import Family
from symdyn.dynamics.flow import Flow
from symdyn.equilibrium.asked.generators import detected_rotations
from symdyn.equilibrium.asked.lowering import program_data, residual
from symdyn.equilibrium.certify import dyadic
from symdyn.equilibrium.cover.sphere_forms import Around, enclosed
from symdyn.equilibrium.cover.sphere_frame import Floats, Frame
from symdyn.equilibrium.cover.spheres import SphereCover, cover_of_slice
from symdyn.equilibrium.cover.torques import Torques, torques
from symdyn.equilibrium.quotient.action import rotations_of, spheres_of
from symdyn.equilibrium.quotient.alike import commutes, exchange_of
from symdyn.equilibrium.quotient.answer import InFrame
from symdyn.equilibrium.quotient.orbits import across_orbit
from symdyn.geometry.symmetry import Symmetries
from symdyn.numerics.backends import ball_backend

_MOST_COVERED = 4
_SECONDS = 60.0  # where no limit is given
_BITS = 256
_COVERED = "tokens are covered modulo rotations where they"
Balls = list[flint.arb]


def orbits_on_spheres(
    flow: Flow, symmetries: Symmetries, covered: bool | None, time_limit: float | None
) -> InFrame | None:
    """Orbits of equilibria of exchangeable tokens on spheres; None where rotations do not act on all of them alike.

    Parameters
    ----------
    flow, symmetries
        The flow, and what was shown of it.
    covered, time_limit
        Whether the slice is covered, by default for up to four tokens; in seconds.
    """
    tokens = spheres_of(flow)
    if len(tokens) < 2 or {len(token) for token in tokens} in ({1}, {2}):
        return None
    deadline = time.monotonic() + (_SECONDS if time_limit is None else time_limit)
    try:
        with limited(deadline):
            if not _turn_together(flow, symmetries):
                return None
            forces = _forces(flow, tokens, symmetries)
        if isinstance(forces, str):
            return InFrame([], forces, None)
        tried = covered or (covered is None and len(tokens) <= _MOST_COVERED)
        with until(deadline):
            answer = cover_of_slice(forces, covered=tried)
        return _in_frame(flow, forces, answer, tried)
    except OutOfTimeError:
        return InFrame([], "the time was spent before equilibria modulo rotations were searched", None)
    except (ValueError, OverflowError):  # a function without an interval form
        return None


def _forces(flow: Flow, tokens: tuple[tuple[int, ...], ...], symmetries: Symmetries) -> Torques | str:
    """The torques; in words why tokens are not covered modulo rotations."""
    hindrance = _hindrance(tokens, symmetries)
    if hindrance:
        return hindrance
    if not _has_symmetries(flow, tokens):
        return f"{_COVERED} are shown to commute with exchanges and reflections"
    forces = torques(flow, tokens)
    if forces.balance is None:
        return f"{_COVERED} have torques with a sum that is shown to vanish everywhere"
    return forces


def _turn_together(flow: Flow, symmetries: Symmetries) -> bool:
    """Whether all rotations of larger spheres act on all tokens alike."""
    rotations = rotations_of(flow, symmetries.generators or detected_rotations(flow))
    return rotations is not None and not rotations.weights


def _hindrance(tokens: tuple[tuple[int, ...], ...], symmetries: Symmetries) -> str:
    """Why these are not covered modulo rotations."""
    if {len(token) for token in tokens} != {3}:
        return f"{_COVERED} are on spheres of three-dimensional space"
    if len(tokens) > MOST_TOKENS:
        return f"{_COVERED} are no more than {MOST_TOKENS}"
    if {tuple(group) for group in symmetries.exchangeable} != set(tokens):
        return f"{_COVERED} may all be exchanged, as `exchangeable` of the symmetries says"
    return ""


def _has_symmetries(flow: Flow, tokens: tuple[tuple[int, ...], ...]) -> bool:
    """Whether a reflection of space and exchanges of neighbours commute with the flow, as identities."""
    size = len(flow.coords)
    second = [token[1] for token in tokens]
    reflection = tuple(range(size)), tuple(-1 if k in second else 1 for k in range(size))
    exchanges = [exchange_of(size, one, other) for one, other in zip(tokens, tokens[1:], strict=False)]
    return all(commutes(flow, *one) for one in (reflection, *exchanges))


def _in_frame(flow: Flow, forces: Torques, answer: SphereCover, tried: bool) -> InFrame:
    """The orbits that are certain, and the proof that these are all."""
    frame = Frame(len(forces.tokens))
    families = [_on_a_line(flow, forces, opposite) for opposite in range(len(forces.tokens) // 2 + 1)]
    certain = True
    for number in range(len(answer.states)):
        found = _isolated(flow, forces, frame, answer.zeros, number)
        certain = certain and found is not None
        families += [] if found is None else [found]
    if certain and not answer.reason and answer.zeros is not None and answer.radius is not None:
        return InFrame(families, "", _proof(flow, forces, answer, answer.zeros, answer.radius))
    reason = f"an interval cover did not succeed: {answer.reason or 'a zero was not shown to be at rest'}"
    if not tried:
        reason = f"an interval cover is tried for up to {_MOST_COVERED} tokens, of which there are {frame.tokens}"
        reason += " (covered=True)"
    said = "modulo rotations, reflections and exchanges of tokens equilibria were searched from many starts"
    return InFrame(families, f"{said}; {reason}", None)


def _family(flow: Flow, state: Sequence[Any], balls: Balls, dimension: int) -> Family:
    return Family(
        dimension=dimension,
        witness=dict(zip(flow.coords, state, strict=True)),
        reason="orbit of a symmetry",
        verdict=Verdict.PROVED,
        stability=across_orbit(residual(flow), balls, dimension),
    )


def _on_a_line(flow: Flow, forces: Torques, opposite: int) -> Family:
    """Some tokens at a point and the others opposite: rotations about the line leave the state alone, so it rests."""
    state = [0.0] * len(flow.coords)
    for number, token in enumerate(forces.tokens):
        state[token[0]] = -1.0 if number >= len(forces.tokens) - opposite else 1.0
    return _family(flow, state, [flint.arb(x) for x in state], 2)


def _isolated(flow: Flow, forces: Torques, frame: Frame, zeros: Around | None, number: int) -> Family | None:
    """An orbit through a state that is not on a line; None where that is not shown to rest."""
    if zeros is None:
        return None
    place = zeros.of.index(number)
    (low, high), inverse = enclosed(forces, frame, zeros, place)
    values, _ = frame.coordinates(low, high, zeros.charts[:, [place]])
    balls = [flint.arb(0)] * len(flow.coords)
    with flint.ctx.workprec(_BITS):
        for k, (below, above) in zip((k for token in forces.tokens for k in token), values, strict=True):
            ends = flint.arb(float(below[0])), flint.arb(float(above[0]))
            balls[k] = ends[0].union(ends[1])
        if not _rests(forces, balls, inverse):
            return None
    return _family(flow, [float(ball.mid()) for ball in balls], balls, 3)


def _rests(forces: Torques, balls: Balls, inverse: Floats) -> bool:
    """Whether the torques vanish at the zero of C N: they are orthogonal to their tokens, and balanced.

    With these C N = 0 is a system of linear equations for N, as many as unknowns, which has one solution, 0.
    """
    assert forces.balance is not None
    width, rows = len(balls), inverse.tolist()
    factors = _values(forces.factors, forces, balls)
    weights = _values(forces.balance, forces, balls)
    if not all(x.is_finite() and x != 0 for x in factors):
        return False
    for number, token in enumerate(forces.tokens):
        row = [flint.arb(0)] * width
        for axis, k in enumerate(token):
            row[3 * number + axis] = balls[k] / factors[3 * number + axis]
        rows.append(row)
    for axis in range(3):
        row = [flint.arb(0)] * width
        for number, weight in enumerate(weights):
            row[3 * number + axis] = weight / factors[3 * number + axis]
        rows.append(row)
    determinant = flint.arb_mat([[flint.arb(x) for x in row] for row in rows]).det()
    return bool(determinant.is_finite() and determinant != 0)


def _values(parts: Sequence[sp.Expr], forces: Torques, balls: Balls) -> Balls:
    lowered = ball_backend.lower(straight_line(parts, forces.flow.coords))
    return [row[0] for row in lowered(balls).tolist()]


def _proof(flow: Flow, forces: Torques, answer: SphereCover, zeros: Around, radius: float) -> Certificate:
    assert forces.balance is not None
    boxes = zip(zeros.centers.T.tolist(), zeros.radii.tolist(), zeros.charts.T.tolist(), zeros.of, strict=True)
    stored = tuple(
        ChartBox(tuple(int(side) for side in charts), tuple(map(_dyadic, center)), _dyadic(size), of)
        for center, size, charts, of in boxes
    )
    witness = {
        "kind": SphereCoverWitness.kind,
        "names": [str(symbol) for symbol in flow.coords],
        "program": program_data(straight_line(flow.field.components, flow.coords)),
        "tokens": [list(token) for token in forces.tokens],
        "torques": program_data(forces.program_with_factors),
        "balance": program_data(straight_line(forces.balance, flow.coords)),
        "radius": list(_dyadic(radius)),
        "zeros": [zero.to_data() for zero in stored],
        "levels": list(answer.levels),
    }
    return certified(
        SphereCoverWitness.read(witness),
        Verdict.PROVED,
        "rotations, a reflection and exchanges commute with the flow, which is shown as identities; interval cover of "
        f"a slice that every orbit meets: {answer.boxes:,} boxes, each excluded, next to a state on a line, or in one "
        f"of {len(stored)} that hold exactly one zero",
        provenance=provenance(),
    )


def _dyadic(value: float) -> Dyadic:
    mantissa, exponent = dyadic(float(np.float64(value)))
    return int(mantissa), int(exponent)
