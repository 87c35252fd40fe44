"""Rotating states: relative equilibria F(x) = sum_a omega_a G_a x of a flow with rotational symmetry.

The speeds omega are unknowns beside x. The search leaves the phase along the orbit free; a certificate fixes it by a
hyperplane through the state found, and is then the certificate of an equilibrium of the extended system.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.budgets.deadline import OutOfTimeError, seconds_left
from symdyn.algebra.linear.ball_spectrum import certified_signs
from symdyn.algebra.linear.spectrum import SignCounts
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.attractor import RotatingState, RotatingStates
from symdyn.dynamics.answers.equilibrium import Stability
from symdyn.dynamics.flow import Flow
from symdyn.equilibrium.asked.generators import generators_of, is_equivariant
from symdyn.equilibrium.asked.lowering import Residual, residual, tangent_basis
from symdyn.equilibrium.asked.options import Clock, checked_array, checked_limit, checked_number, checked_seed
from symdyn.equilibrium.asked.tangency import is_tangent
from symdyn.equilibrium.certify import certificate_of
from symdyn.equilibrium.classify import stability_of
from symdyn.equilibrium.judge.enclosure import Enclosure, NotCertifiedError, enclose, tangent_map_in
from symdyn.equilibrium.motion.lowered import Floats
from symdyn.equilibrium.search.multistart import random_starts, solve_all
from symdyn.errors import ModelError, ShapeError
from symdyn.geometry.constraint import Constraint
from symdyn.geometry.vector_field import VectorField

DEFAULT_STARTS = 200
_AT_REST = 1e-7
_SAME = 1e-6
_NEUTRAL = 1e-6


def rotating_states(
    flow: Flow,
    *,
    generators: Sequence[Any] | None = None,
    starts: Any = DEFAULT_STARTS,
    seed: int = 0,
    certified: bool = True,
    time_limit: float | None = None,
) -> RotatingStates:
    """Relative equilibria of a flow: states that move along the orbit of a symmetry with constant speed.

    What is proved: each state whose certificate says so; beside the equation it needs that x' = G x commutes with the
    flow, which is listed as an assumption and, where that succeeds, shown as an identity. What is only observed: that
    there are no others.

    Parameters
    ----------
    flow
        A Flow with numbers for all parameters.
    generators
        Matrices G_a, shape (n, n), such that x' = G_a x commutes with the flow; by default those of the flow's
        symmetries, else the rotations that are detected.
    starts
        How many random starts, or an array of shape (n, B).
    seed
        Of the random starts.
    certified
        Whether to run the ball test on each.
    time_limit
        Seconds after which what was found so far is returned, without the ball test where that was not made yet.

    Returns
    -------
    RotatingStates
        One for each pair of speed and spectrum in the moving frame (both within 1e-6): orbits that a symmetry
        exchanges count once.

    Raises
    ------
    ModelError, ShapeError
        If the flow has free parameters or no rotational symmetry is known, or a generator has another shape.
    """
    if not isinstance(flow, Flow):
        raise ModelError(f"rotating states of a {type(flow).__name__} are not defined: give a Flow")
    n = len(flow.coords)
    turns = _checked(generators, n) if generators is not None else generators_of(flow)
    if not turns:
        raise ModelError(
            "no rotational symmetry of this flow is known: give generators, skew matrices G such that x' = G x "
            "commutes with the flow"
        )
    clock = Clock(checked_limit(time_limit))
    extended = residual(_extended(flow, turns))
    count = checked_number(starts)
    states = checked_array(starts, n) if count is None else random_starts(residual(flow), count, checked_seed(seed))
    arrays = [np.asarray(g, dtype=float) for g in turns]
    with clock.running():
        endings = solve_all(extended, np.concatenate([states, _speeds(residual(flow), arrays, states)]))
    counts = {"rotating": 0, "at rest": 0, "neither": states.shape[1] - endings.points.shape[1]}
    groups: list[tuple[Floats, Floats, int]] = []
    for k in range(endings.points.shape[1]):
        end = endings.points[:, k]
        size = float(np.linalg.norm(sum(w * g for w, g in zip(end[n:], arrays, strict=True))))
        moves = float(np.linalg.norm(sum(w * (g @ end[:n]) for w, g in zip(end[n:], arrays, strict=True))))
        if moves < _AT_REST:
            counts["at rest"] += 1
            continue
        counts["rotating"] += 1
        key = np.concatenate([[size], _key(_moving_spectrum(extended, end, n))])
        for place, (known, other, number) in enumerate(groups):
            if float(np.abs(known - key).max()) < _SAME * max(1.0, float(np.abs(key).max())):
                groups[place] = (known, other, number + 1)
                break
        else:
            groups.append((key, end, 1))
    groups.sort(key=lambda group: tuple(np.round(group[0], 6)))
    with clock.running():
        items = tuple(
            _state(flow, turns, extended, end, number, certified and not _is_late()) for _, end, number in groups
        )
    tried = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
    certificate = Certificate(
        claim="the states that are listed rotate along a symmetry",
        verdict=Verdict.OBSERVED,
        method=f"starts ended so: {tried}; others may exist",
        witness={"kind": "undecided"},
        provenance=provenance(seed=seed),
    )
    return RotatingStates(items=items, generators=turns, starts=counts, certificate=certificate, model=flow)


def _is_late() -> bool:
    left = seconds_left()
    return left is not None and left <= 0


def _checked(generators: Sequence[Any], n: int) -> tuple[sp.ImmutableMatrix, ...]:
    found = tuple(sp.ImmutableMatrix(g) for g in generators)
    for matrix in found:
        if matrix.shape != (n, n):
            raise ShapeError(f"a generator has shape {matrix.shape}: give ({n}, {n}), it acts on all coordinates")
    return found


def _extended(flow: Flow, turns: Sequence[sp.ImmutableMatrix], phases: Sequence[sp.Expr] = ()) -> Flow:
    """The flow of (x, omega) with field (F - omega G x, phases): its equilibria are the rotating states."""
    stem = "omega_"
    while any(symbol.name.startswith(stem) for symbol in flow.coords):
        stem += "_"
    speeds = tuple(sp.Symbol(f"{stem}{a + 1}", real=True) for a in range(len(turns)))
    place = sp.Matrix(flow.coords)
    drift = sum((w * (g * place) for w, g in zip(speeds, turns, strict=True)), sp.zeros(len(flow.coords), 1))
    components = [*(flow.field.components - drift), *(phases or [sp.S.Zero] * len(turns))]
    coords = flow.coords + speeds
    constraint = None if flow.constraint is None else Constraint(coords, flow.constraint.equations)
    return Flow(VectorField(coords, components), constraint)


def _speeds(system: Residual, arrays: list[Floats], states: Floats) -> Floats:
    """Speeds (r, B) that fit the field best in the least-squares sense."""
    n = len(states)
    field = np.asarray(system.value(states))[:n, 0]
    moved = np.stack([g @ states for g in arrays])  # (r, n, B)
    gram = np.einsum("anb,cnb->bac", moved, moved)
    right = np.einsum("anb,nb->ba", moved, field)
    return np.asarray((np.linalg.pinv(gram) @ right[:, :, None])[:, :, 0].T)


def fitted_speeds(system: Residual, generators: Sequence[sp.ImmutableMatrix], states: Floats) -> Floats:
    """Speeds (r, B) of the rotations that fit the field best."""
    return _speeds(system, [np.asarray(g, dtype=float) for g in generators], states)


def drift_defects(system: Residual, generators: Sequence[sp.ImmutableMatrix], states: Floats) -> Floats:
    """How far the field is from the motion along the symmetry orbit, relative to the field, shape (B,)."""
    arrays = [np.asarray(g, dtype=float) for g in generators]
    speeds = _speeds(system, arrays, states)
    field = np.asarray(system.value(states))[: len(states), 0]
    drift = sum(w * (g @ states) for w, g in zip(speeds, arrays, strict=True))
    return np.asarray(np.linalg.norm(field - drift, axis=0) / np.maximum(np.linalg.norm(field, axis=0), 1e-300))


def _moving_spectrum(extended: Residual, end: Floats, n: int) -> Any:
    """Eigenvalues of the tangent map of F - omega G at a state, omega held."""
    slope = np.asarray(extended.jacobian(end))
    basis = tangent_basis(slope[len(end) :, :n])
    return np.linalg.eigvals(basis.T @ slope[:n, :n] @ basis)


def _key(values: Any) -> Floats:
    """Real parts, then moduli of imaginary parts, of eigenvalues in an order that does not depend on the route."""
    rounded = sorted(values.tolist(), key=lambda z: (round(z.real, 5), round(abs(z.imag), 5)))
    return np.asarray([part for z in rounded for part in (z.real, abs(z.imag))])


def _state(
    flow: Flow, turns: tuple[sp.ImmutableMatrix, ...], extended: Residual, end: Floats, found: int, certified: bool
) -> RotatingState:
    n = len(flow.coords)
    size = float(np.abs(np.asarray(extended.value(end))).max())
    certificate = Certificate(
        claim="there is a rotating state near this point",
        verdict=Verdict.OBSERVED,
        method=f"the residual is {size:.1e}",
        witness={"kind": "undecided", "residual": size},
        provenance=provenance(),
    )
    signs = None
    if certified:
        with contextlib.suppress(OutOfTimeError):  # then what is known is the residual
            certificate, signs, end = _certified(flow, turns, end, size)
    point = dict(zip(flow.coords, end[:n].tolist(), strict=True))
    return RotatingState(
        point=point,
        speeds=tuple(end[n:].tolist()),
        stability=_stability(extended, turns, end, signs),
        certificate=certificate,
        found=found,
    )


def _stability(
    extended: Residual, turns: Sequence[sp.ImmutableMatrix], end: Floats, signs: SignCounts | None
) -> Stability:
    n = len(end) - len(turns)
    values = _moving_spectrum(extended, end, n)
    orbit = np.asarray([np.asarray(g, dtype=float) @ end[:n] for g in turns])
    dimension = int(np.linalg.matrix_rank(orbit, tol=1e-7))
    scale = _NEUTRAL * max(1.0, float(np.abs(values).max()))
    counts = signs or SignCounts(
        int((values.real > scale).sum()),
        int((np.abs(values.real) <= scale).sum()),
        int((values.real < -scale).sum()),
    )
    listed = tuple(sorted(values.tolist(), key=lambda z: (-z.real, z.imag)))
    verdict = Verdict.OBSERVED if signs is None else Verdict.PROVED
    return stability_of(counts, verdict, (("symmetry orbit", dimension),), listed)


def _certified(
    flow: Flow, turns: tuple[sp.ImmutableMatrix, ...], end: Floats, size: float
) -> tuple[Certificate, SignCounts | None, Floats]:
    """A certificate of the extended system with the phase fixed at the state, certain signs in the moving frame, and
    the state that was certified."""
    n = len(flow.coords)
    here = [sp.Rational(x) for x in end[:n].tolist()]
    phases = [
        sp.Add(*(c * (x - a) for c, x, a in zip(g * sp.Matrix(here), flow.coords, here, strict=True))) for g in turns
    ]
    try:
        if not is_tangent(_extended(flow, turns)):
            raise NotCertifiedError("the field or the rotation was not shown to be tangent to the constraint")
        system = residual(_extended(flow, turns, phases))
        enclosure = enclose(system, end)
    except NotCertifiedError as reason:
        undecided = Certificate(
            claim="near this point there is exactly one state that rotates, up to its phase",
            verdict=Verdict.UNDECIDED,
            method=str(reason),
            witness={"kind": "undecided", "residual": size},
            provenance=provenance(),
        )
        return undecided, None, end
    exact = all(is_equivariant(flow, g) for g in turns)
    bits = 256
    certificate = dataclasses.replace(
        certificate_of(system, enclosure, bits, speeds=len(turns), commutes=exact),
        method="Krawczyk's test in balls on (F - omega G x, constraint, phase) with the speed as an unknown; unique "
        f"within {enclosure.unique_radius:g}",
    )
    signs = _moving_signs(system, enclosure, n, len(turns), bits) if exact else None
    return certificate, signs, enclosure.point


def _moving_signs(system: Residual, enclosure: Enclosure, n: int, generators: int, bits: int) -> SignCounts | None:
    """Signs of the spectrum in the moving frame; with one generator G x is a null vector exactly, so one zero is."""
    if generators != 1:
        return None
    with flint.ctx.workprec(bits):
        rows = [row[:n] for row in system.ball_jacobian(enclosure.balls).tolist()]
        slope = flint.arb_mat(rows[:n] + rows[n + generators :])
        middle = np.asarray([[float(x.mid()) for x in row] for row in rows[n + generators :]]).reshape(-1, n)
        return certified_signs(tangent_map_in(slope, tangent_basis(middle), n), zeros=1)
