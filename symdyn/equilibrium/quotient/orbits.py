"""Equilibria modulo rotations, by algebra: the solutions in slices of the state space, and the signs across orbits."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.budgets.deadline import OutOfTimeError, until
from symdyn.algebra.linear.ball_spectrum import certified_signs
from symdyn.algebra.linear.spectrum import SignCounts
from symdyn.algebra.programs.fractions_of_polynomials import ring
from symdyn.algebra.zeros.groebner import BasisTooLargeError
from symdyn.algebra.zeros.quotient_algebra import TooManySolutionsError
from symdyn.algebra.zeros.real_zeros import RealZero, Solutions, solutions
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.equilibria.orbit_count import OrbitCountWitness
from symdyn.dynamics.answers.equilibrium import Family, Stability
from symdyn.equilibrium.asked.lowering import Residual, tangent_basis
from symdyn.equilibrium.classify import stability_of
from symdyn.equilibrium.judge.enclosure import Floats, NotCertifiedError, tangent_map_in
from symdyn.equilibrium.judge.linearization import float_tangent_map
from symdyn.equilibrium.quotient.action import Rotations, Slice, images, rotations_of
from symdyn.equilibrium.solve.parts import split
from symdyn.equilibrium.solve.points import floats_at
from symdyn.equilibrium.solve.system import UnsolvedError, equations_of, is_inside, terms_of
from symdyn.errors import ModelError
from symdyn.geometry.symmetry import Symmetries

_BITS = 256
_SECONDS = 20.0
_SAME = 1e-7
_MOST_IMAGES = 6000
ALONG = "symmetry orbit"


@dataclass(frozen=True)
class Orbit:
    """One orbit of equilibria, or a continuum of them.

    Parameters
    ----------
    zero
        A state of it, in a slice.
    dimension
        Of the orbit, or of the continuum.
    stability
        Across the orbit, where signs are certain in balls.
    is_alone
        False for a continuum of orbits.
    """

    zero: RealZero
    dimension: int
    stability: Stability | None
    is_alone: bool = True

    def family(self, coords: Sequence[sp.Symbol], values: Sequence[Any]) -> Family:
        """The orbit with these values of a state."""
        reason = "orbit of a symmetry" if self.is_alone else "a part of the solution set, by algebra"
        verdict = Verdict.PROVED if self.is_alone else Verdict.OBSERVED
        return Family(
            dimension=self.dimension,
            witness=dict(zip(coords, values, strict=True)),
            reason=reason,
            verdict=verdict,
            stability=self.stability,
        )


@dataclass(frozen=True)
class Orbits:
    """All equilibria modulo rotations.

    Parameters
    ----------
    found
        The orbits, each once modulo finite symmetries.
    proof
        That these are all; None where continua of orbits are among them.
    reason
        What is known then.
    """

    found: tuple[Orbit, ...]
    proof: Certificate | None
    reason: str = ""


def orbits_of(
    system: Residual, generators: Sequence[sp.ImmutableMatrix], symmetries: Symmetries, time_limit: float | None = None
) -> Orbits | None:
    """Equilibria of a polynomial or rational flow on spheres modulo rotations; None where the route does not lead.

    Parameters
    ----------
    system
        Of the flow.
    generators
        Matrices that are shown to commute with it.
    symmetries
        Finite ones, by which orbits are told apart.
    time_limit
        In seconds.
    """
    rotations = rotations_of(system.model, generators)
    number = math.factorial(len(symmetries.exchangeable)) if len(symmetries.exchangeable) < 8 else _MOST_IMAGES
    if rotations is None or number * len(symmetries.group(len(system.coords))) >= _MOST_IMAGES:
        return None
    deadline = time.monotonic() + (_SECONDS if time_limit is None else min(time_limit, _SECONDS))
    try:
        with until(deadline):
            return _orbits(system, rotations, symmetries)
    except (OutOfTimeError, BasisTooLargeError, TooManySolutionsError, ArithmeticError, UnsolvedError):
        return None


def _orbits(system: Residual, rotations: Rotations, symmetries: Symmetries) -> Orbits | None:
    equations, poles, conditions = equations_of(system)
    if conditions:
        return None
    unknowns, slices = len(system.coords), rotations.slices()
    counted: list[tuple[Slice, list[Any], Solutions, list[RealZero]]] = []
    found: list[Orbit] = []
    for one in slices:
        all_equations = _in_slice(equations, one, unknowns)
        solved = solutions(all_equations, poles, unknowns)
        if solved.dimension > 0:
            if len(slices) > 1:
                return None  # a continuum in one slice may end in another
            parts = split(all_equations, poles, [], unknowns)
            found += [Orbit(c.witnesses[0], c.part.dimension + one.dimension, None, False) for c in parts.continua]
            found += [_orbit(system, zero, one) for zero in parts.isolated]
            reason = (
                f"modulo rotations there are continua, {len(parts.continua)} with a witness and {parts.unseen} on "
                f"which no regular real point was met, and {len(parts.isolated)} orbits beside them; a part may be "
                "several continua"
            )
            return Orbits(_once(found, rotations, symmetries), None, reason)
        inside = [(ring(unknowns).gens()[k], True) for k in one.positive]
        zeros = [zero for zero in solved.zeros if is_inside(zero, inside)]
        counted.append((one, all_equations, solved, zeros))
        found += [_orbit(system, zero, one) for zero in zeros]
    kept = _once(found, rotations, symmetries)
    listed = f"; {len(kept)} modulo the finite symmetries as well" if len(kept) < len(found) else ""
    return Orbits(kept, _proof(system, rotations, counted, poles, listed))


def _in_slice(equations: Sequence[Any], one: Slice, unknowns: int) -> list[Any]:
    """The equations, and those of the position."""
    x = ring(unknowns).gens()
    position = [*(x[k] - 1 for k in one.ones), *(x[k] for k in one.zeros)]
    return [*position, *(p for p in equations if p not in position and -p not in position)]


def _orbit(system: Residual, zero: RealZero, one: Slice) -> Orbit:
    return Orbit(zero, one.dimension, across_orbit(system, zero.balls(_BITS), one.dimension))


def across_orbit(system: Residual, balls: Sequence[flint.arb], dimension: int) -> Stability | None:
    """Stability of an orbit of this dimension through a state in balls; None where a sign across it is uncertain."""
    signs = _signs(system, balls, dimension)
    if signs is None:
        return None
    middle = np.asarray([float(ball.mid()) for ball in balls])
    observed = np.linalg.eigvals(float_tangent_map(system, middle))
    shown = tuple(sorted(observed.tolist(), key=lambda z: (-z.real, z.imag)))
    return stability_of(signs, Verdict.PROVED, ((ALONG, dimension),), shown)


def _signs(system: Residual, balls: Sequence[flint.arb], dimension: int) -> SignCounts | None:
    """Signs of the spectrum; along the orbit, all of which is at rest, eigenvalues vanish."""
    with flint.ctx.workprec(_BITS):
        slope = system.ball_jacobian(balls)
        middle = np.asarray([[float(x.mid()) for x in row] for row in slope.tolist()])
        try:
            return certified_signs(tangent_map_in(slope, tangent_basis(middle[len(balls) :]), len(balls)), dimension)
        except (NotCertifiedError, ModelError, ZeroDivisionError):
            return None


def _once(found: Sequence[Orbit], rotations: Rotations, symmetries: Symmetries) -> tuple[Orbit, ...]:
    """One for each class of orbits that finite symmetries carry to each other; the largest first."""
    kept: list[tuple[Orbit, Floats]] = []
    is_plain = not symmetries.maps and len(symmetries.exchangeable) < 2
    for one in found:
        point = floats_at(one.zero)
        if is_plain or not one.is_alone:
            kept.append((one, point))
            continue
        group = symmetries.group(len(point))
        moved = [rotations.framed(image) for image in images(point, group, symmetries.exchangeable)]
        if not any(float(np.abs(image - other).max()) < _SAME for _, other in kept for image in moved):
            kept.append((one, point))
    return tuple(sorted((one for one, _ in kept), key=lambda one: -one.dimension))


def _proof(
    system: Residual,
    rotations: Rotations,
    counted: Sequence[tuple[Slice, list[Any], Solutions, list[RealZero]]],
    poles: Sequence[Any],
    listed: str,
) -> Certificate:
    names = [str(symbol) for symbol in system.coords]
    parts = []
    for one, equations, solved, zeros in counted:
        solutions_ = {
            "kind": "count of real solutions",
            "names": names,
            "equations": [terms_of(p) for p in equations],
            "real": len(zeros),
            "complex": solved.complex,
        }
        if poles:
            solutions_["denominators"] = [terms_of(p) for p in poles]
        if one.positive:
            unknown = ring(len(names)).gens()
            solutions_["inequalities"] = [[terms_of(unknown[k]), True] for k in one.positive]
        parts.append({"pivots": list(one.pivots), "solutions": solutions_})
    witness = {
        "kind": OrbitCountWitness.kind,
        "names": names,
        "tokens": [list(token) for token in rotations.tokens],
        "weights": [list(row) for row in rotations.weights],
        "slices": parts,
    }
    number = "one slice that every orbit meets once" if len(parts) == 1 else f"{len(parts)} slices, one for every orbit"
    return certified(
        OrbitCountWitness.read(witness),
        Verdict.PROVED,
        "the rotations commute with the flow, which was shown as an identity; all solutions were isolated by algebra "
        f"in {number}{listed}",
        provenance=provenance(),
    )
