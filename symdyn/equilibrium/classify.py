"""Stability of one equilibrium: signs of the spectrum, and reasons for its neutral directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.budgets.time_budget import TimeSpentError, time_budget
from symdyn.algebra.linear.ball_spectrum import certified_moduli, certified_signs, moduli_beside
from symdyn.algebra.linear.spectrum import SignCounts, real_part_signs, root_signs
from symdyn.algebra.programs.derivatives import gradient
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.equilibrium import Stability
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iterate import nouns_of
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.given import shown_laws, shown_symmetries
from symdyn.equilibrium.asked.lowering import Model, Residual, residual
from symdyn.equilibrium.asked.options import checked_limit
from symdyn.equilibrium.asked.points import floats_of, point_values
from symdyn.equilibrium.asked.tangency import keeps_constraint
from symdyn.equilibrium.certify import certified_enclosure, require_tangency
from symdyn.equilibrium.judge.definite_laws import with_laws
from symdyn.equilibrium.judge.degenerate import Repeated, decided, signs_at_repeated
from symdyn.equilibrium.judge.enclosure import Enclosure, NotCertifiedError
from symdyn.equilibrium.judge.linearization import (
    Floats,
    ambient_jacobian,
    ball_tangent_map,
    exact_tangent_map,
    exact_values,
    float_tangent_map,
    rational_tangent_map,
)
from symdyn.equilibrium.judge.on_switch import stability_on_switch
from symdyn.errors import ModelError
from symdyn.geometry.symmetry import Symmetries

_RESIDUAL = 1e-8
_ZERO = 1e-8
_ROUNDING = 4e-16
_FARTHEST = 1e-2
_FLAT_DIRECTIONS = 12
_APPROXIMATION = 1e-4
_BITS = 400
_NO_TEST = "there is no linear test: derivatives of the field or of the constraint do not exist or are dependent here"
_MAX_SYMBOLIC = 8


def classify(
    model: Model,
    point: Any,
    *,
    laws: Sequence[Any] = (),
    symmetries: Symmetries | None = None,
    time_limit: float | None = None,
) -> Stability:
    """Count unstable, neutral and stable directions of an equilibrium, and explain the neutral ones.

    What is proved: all three numbers, if the point and the model are exact (rational data by FLINT, others by certain
    signs in balls after the zero eigenvalues were shown to vanish exactly), or if a float point is certified as a
    non-degenerate equilibrium. What is only observed: numbers from float eigenvalues, where neither applies.

    Parameters
    ----------
    model
        A Flow or an Iteration with numbers for all parameters.
    point
        Symbol to number; exact numbers give exact answers. A point within 1e-4 of a certified equilibrium stands for
        it.
    laws
        Conserved functions, beside those of the model; those with a gradient along the state space explain one neutral
        direction each. Only what is shown to be conserved by an identity explains anything.
    symmetries
        Beside those of the model; their infinitesimal generators explain directions along orbits, if they are shown to
        commute with it.
    time_limit
        In seconds; when they are over, what is returned rests on float eigenvalues alone, and says so.

    Raises
    ------
    ModelError
        If the point is no equilibrium (the residual is in the message), or a law or a symmetry is false.

    Notes
    -----
    A strict saddle is counted as unstable whether or not it has a stable direction (local maxima included).
    """
    residual(model)  # refuses what is no model
    limit = checked_limit(time_limit)
    values = point_values(model.coords, point)
    floats = floats_of(model.coords, values)
    system = _system_at(model, floats)
    try:
        with time_budget(limit):
            return _classified(model, system, exact_values(values), floats, laws, symmetries)
    except TimeSpentError:
        _check_rest(system, floats)
        return _unproved(system, floats, f"not decided in {limit:g} seconds: these are signs of float eigenvalues")


def _unproved(system: Residual, point: Floats, reason: str) -> Stability:
    """What float eigenvalues say, and no more; neutral ones are neither judged nor explained."""
    if not _has_tangent_map(system, point):
        return Stability(
            verdict=Verdict.OBSERVED,
            unstable=0,
            neutral=system.model.dimension,
            stable=0,
            reason=_NO_TEST,
        )
    observed = np.linalg.eigvals(_multipliers(float_tangent_map(system, point), system))
    size = growth(observed, isinstance(system.model, Iteration))
    doubt = _ZERO * max(1.0, float(np.abs(observed).max(initial=0.0)))
    positive, negative = int((size > doubt).sum()), int((size < -doubt).sum())
    counts = SignCounts(positive, len(size) - positive - negative, negative)
    eigenvalues = tuple(sorted(observed.tolist(), key=lambda z: (-z.real, z.imag)))
    return replace(stability_of(counts, Verdict.OBSERVED, (), eigenvalues), reason=reason)


def _classified(
    model: Model,
    system: Residual,
    exact: tuple[sp.Expr, ...] | None,
    floats: Floats,
    laws: Sequence[Any],
    symmetries: Symmetries | None,
) -> Stability:
    require_tangency(model)  # not that of the residual, which is kept for all models with the same formulas
    known = shown_laws(model, laws) + (shown_laws(model, model.laws) if isinstance(model, Flow) else ())
    everything = [shown_symmetries(model, one) for one in (model.symmetries, symmetries) if one is not None]
    enclosure = enclosure_near(system, floats)
    if enclosure is None:
        _check_rest(system, floats)
    return stability_at(system, exact, floats, enclosure, known, everything)


def stability_at(
    system: Residual,
    exact: tuple[sp.Expr, ...] | None,
    point: Floats,
    enclosure: Enclosure | None,
    laws: Sequence[sp.Expr],
    symmetries: Sequence[Symmetries],
    zero: Repeated | None = None,
) -> Stability:
    """The stability at a state at rest; laws and symmetries are those that were shown.

    Of a solution that repeats algebra may know more: one eigenvalue is 0, and so is the first term up to an order.
    """
    if enclosure is None and not _has_tangent_map(system, point):
        on_it = _on_switch(system, exact, point)
        return on_it or Stability(
            verdict=Verdict.OBSERVED,
            unstable=0,
            neutral=system.model.dimension,
            stable=0,
            reason=_NO_TEST,
        )
    counts, verdict, eigenvalues = signs_at(system, exact, point, enclosure)
    if verdict is not Verdict.PROVED and zero is not None and _is_kept(system):
        known = signs_at_repeated(system, zero)
        counts, verdict = (counts, verdict) if known is None else (known, Verdict.PROVED)
    here = point if enclosure is None else enclosure.point
    explained = explanations(system, here, laws, symmetries) if counts.zero else ()
    found = decided(stability_of(counts, verdict, explained, eigenvalues), system, exact, zero)
    return with_laws(found, system, exact, here, enclosure, laws)


def _on_switch(system: Residual, exact: tuple[sp.Expr, ...] | None, point: Floats) -> Stability | None:
    """The stability on a switch; of a float point it is only observed."""
    if exact is not None and all(isinstance(x, sp.Rational) for x in exact):
        return stability_on_switch(system, [Fraction(int(x.p), int(x.q)) for x in exact])
    if exact is not None:
        return None
    found = stability_on_switch(system, [Fraction(x) for x in point.tolist()])
    return None if found is None else replace(found, verdict=Verdict.OBSERVED)


def enclosure_near(system: Residual, point: Floats) -> Enclosure | None:
    """The enclosure of an isolated equilibrium of which the point is an approximation; None if there is none."""
    try:
        enclosure = certified_enclosure(system, point)
    except NotCertifiedError:
        return None
    distance = float(np.abs(enclosure.point - point).max())
    return enclosure if distance <= _APPROXIMATION * max(1.0, float(np.abs(point).max())) else None


def stability_of(
    counts: SignCounts, verdict: Verdict, explained: tuple[tuple[str, int], ...], eigenvalues: tuple[Any, ...]
) -> Stability:
    """A Stability from counts; what is explained never exceeds the neutral dimension."""
    room = counts.zero
    kept = []
    for reason, dimension in explained:
        used = min(dimension, room)
        if used:
            kept.append((reason, used))
            room -= used
    if counts.positive:
        conclusion = "unstable"
    elif not counts.zero:
        conclusion = "stable"
    else:
        conclusion = "stable modulo its family" if room == 0 and kept else "inconclusive"
    return Stability(
        verdict=verdict,
        unstable=counts.positive,
        neutral=counts.zero,
        stable=counts.negative,
        explained=tuple(kept),
        conclusion=conclusion,
        eigenvalues=eigenvalues,
    )


def _system_at(model: Model, point: Floats) -> Residual:
    """The residual; for an iteration with alternating sign the one that vanishes at the point."""
    system = residual(model)
    if isinstance(model, Iteration):
        other = residual(model, -1)
        if float(np.abs(other.value(point)).max()) < float(np.abs(system.value(point)).max()):
            return other
    return system


def _check_rest(system: Residual, floats: Floats) -> None:
    with np.errstate(all="ignore"):  # a value that is not finite is refused
        value = np.asarray(system.value(floats)).ravel()
    worst = float(np.abs(value).max())
    if not np.isfinite(worst) or worst > _RESIDUAL * max(1.0, float(np.abs(floats).max())):
        n = len(floats)
        leaves = np.abs(value[n:]).max(initial=0.0) > _RESIDUAL
        what = "leaves the constraint" if leaves else f"is no {nouns_of(system.model)[0]}"
        shown = ", ".join(f"{x:.3g}" for x in value[: min(n, 6)]) + (", ..." if n > 6 else "")
        field = "the next state minus this one" if isinstance(system.model, Iteration) else "the field"
        raise ModelError(f"this point {what}, {field} there is ({shown}): search for one with equilibria(flow)")


def _has_tangent_map(system: Residual, point: Floats) -> bool:
    """Whether there are derivatives at the point, and those of the constraint are independent."""
    with np.errstate(all="ignore"):  # derivatives that do not exist are seen as such
        slope = np.asarray(system.jacobian(point))
    normal = slope[len(point) :]
    if not np.isfinite(slope).all():
        return False
    return not len(normal) or bool(np.linalg.matrix_rank(normal) == len(normal))


def signs_at(
    system: Residual, exact: tuple[sp.Expr, ...] | None, floats: Floats, enclosure: Enclosure | None
) -> tuple[SignCounts, Verdict, tuple[Any, ...]]:
    """Counts of the signs of the spectrum (of moduli against 1 for an iteration), how they are known, and eigenvalues.

    Exactly at an exact zero; in balls at a certified one; else from floats, where eigenvalues that are not certainly
    away from the axis count as neutral.
    """
    discrete = isinstance(system.model, Iteration)
    here = floats if enclosure is None else enclosure.point
    observed = np.linalg.eigvals(_multipliers(float_tangent_map(system, here), system))
    eigenvalues = tuple(sorted(observed.tolist(), key=lambda z: (-z.real, z.imag)))
    kept = _is_kept(system)
    proved = enclosure.signs if enclosure is not None and kept else None
    if proved is None and kept and exact is not None and _vanishes_exactly(system, exact):
        proved = _exact_counts(system, exact, discrete)
    if proved is not None:
        return proved, Verdict.PROVED, eigenvalues
    size = growth(observed, discrete)
    scale = _ZERO * max(1.0, float(np.abs(observed).max(initial=0.0)))
    doubt = np.maximum(scale, 2 * _uncertainty(system, here, size, discrete))
    positive, negative = int((size > doubt).sum()), int((size < -doubt).sum())
    return SignCounts(positive, len(size) - positive - negative, negative), Verdict.OBSERVED, eigenvalues


def _is_kept(system: Residual) -> bool:
    """The tangent map of an iteration is one only if the constraint is kept."""
    model = system.model
    return not isinstance(model, Iteration) or keeps_constraint(model)


def growth(eigenvalues: Any, discrete: bool) -> Floats:
    """Real parts, or moduli of multipliers minus 1, from the largest to the smallest."""
    return np.sort(np.abs(eigenvalues) - 1.0 if discrete else np.real(eigenvalues))[::-1]


def _uncertainty(system: Residual, point: Floats, size: Floats, discrete: bool) -> Floats:
    """How much the growths change where the equilibrium may be as well: beside the point along its flat directions.

    Along a right singular vector v of the Jacobian with singular value s the zero is about (residual along it)/s away,
    and rounding alone leaves it open by about eps/s.
    """
    slope, value = np.asarray(system.jacobian(point)), np.asarray(system.value(point))[:, 0]
    left, singular, right = np.linalg.svd(slope)
    largest = float(singular.max(initial=0.0))
    worst = np.zeros(len(size))
    noise = _ROUNDING * max(1.0, float(np.abs(point).max())) * max(largest, 1e-300)
    for k in range(max(0, len(point) - _FLAT_DIRECTIONS), len(point)):
        s = float(singular[k]) if k < len(singular) else 0.0
        away = max(abs(float(left[:, k] @ value)) if k < left.shape[1] else 0.0, noise)
        step = min(away / s if s > 0 else np.inf, _FARTHEST * max(1.0, float(np.abs(point).max())))
        for sign in (-2.0, 2.0):
            moved = point + sign * step * right[k]
            with np.errstate(all="ignore"):  # what leaves the domain leaves the growth open
                beside = np.asarray(system.jacobian(moved))
            if not np.isfinite(beside).all():
                return np.full(len(size), np.inf)
            other = np.linalg.eigvals(_multipliers(float_tangent_map(system, moved), system))
            worst = np.maximum(worst, np.abs(growth(other, discrete) - size))
    return worst


def _multipliers(tangent_map: Floats, system: Residual) -> Floats:
    """For iterations the derivative of the map along the line of the state; for flows the map itself."""
    if isinstance(system.model, Iteration):
        return system.sign * (tangent_map + system.sign * np.eye(len(tangent_map)))
    return tangent_map


def _vanishes_exactly(system: Residual, point: tuple[sp.Expr, ...]) -> bool:
    values = dict(zip(system.coords, point, strict=True))
    for component in system.components + system.equations:
        value = component.subs(values)
        if value != 0 and sp.simplify(value) != 0:
            return False
    return True


def _exact_counts(system: Residual, point: tuple[sp.Expr, ...], discrete: bool) -> SignCounts | None:
    field, normal = ambient_jacobian(system, point)
    rational = rational_tangent_map(field, normal)
    if rational is not None:
        if not discrete:
            return real_part_signs(rational)
        size = rational.nrows()
        identity = flint.fmpq_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])
        return modulus_signs((rational * system.sign + identity).charpoly())
    tangent = exact_tangent_map(field, normal)
    if discrete:
        return _exact_moduli(sp.ImmutableMatrix(tangent * system.sign + sp.eye(tangent.rows)))
    with flint.ctx.workprec(_BITS):
        found = certified_signs(ball_tangent_map(tangent))
        if found is not None or tangent.rows > _MAX_SYMBOLIC:
            return found
        zeros = _zero_roots(tangent)
        return certified_signs(ball_tangent_map(tangent), zeros) if zeros else None


def _exact_moduli(multipliers: sp.ImmutableMatrix) -> SignCounts | None:
    """Moduli against 1 of a matrix of exact numbers; 1 and -1 may be among them where simplification shows it."""
    with flint.ctx.workprec(_BITS):
        found = certified_moduli(ball_tangent_map(multipliers))
        if found is not None or multipliers.rows > _MAX_SYMBOLIC:
            return found
        one = sp.eye(multipliers.rows)
        known = [_zero_roots(sp.ImmutableMatrix(multipliers - value * one)) for value in (1, -1)]
        return moduli_beside(ball_tangent_map(multipliers), *known) if any(known) else None


def _zero_roots(matrix: sp.ImmutableMatrix) -> int:
    """Multiplicity of the eigenvalue 0, as far as coefficients are shown to vanish by simplification."""
    t = sp.Dummy("t")
    coefficients = sp.Matrix(matrix).charpoly(t).all_coeffs()
    zeros = 0
    for coefficient in reversed(coefficients):
        if sp.simplify(coefficient) != 0:
            break
        zeros += 1
    return zeros


def modulus_signs(polynomial: flint.fmpq_poly) -> SignCounts:
    """Numbers of roots with modulus above, equal to and below 1; exact.

    The map z = (1 + w)/(1 - w) carries the half plane Re w < 0 to the disc |z| < 1 and infinity to z = -1.

    Examples
    --------
    >>> modulus_signs(flint.fmpq_poly([-1, 0, 4]))
    SignCounts(positive=0, zero=0, negative=2)
    """
    degree = polynomial.degree()
    plus, minus = flint.fmpq_poly([1, 1]), flint.fmpq_poly([1, -1])
    image = flint.fmpq_poly([0])
    for k, c in enumerate(polynomial.coeffs()):
        image += c * plus**k * minus ** (degree - k)
    found = root_signs(image)
    return SignCounts(found.positive, found.zero + degree - image.degree(), found.negative)


def explanations(
    system: Residual, point: Floats, laws: Sequence[sp.Expr], symmetries: Sequence[Symmetries]
) -> tuple[tuple[str, int], ...]:
    """Neutral directions owed to symmetries and to laws, each counted once.

    A symmetry generator A gives the null vector A x, a law h the left null vector grad h. Where the two pair to a
    number that is not zero they speak of the same simple eigenvalue; otherwise they add.
    """
    n = len(point)
    slope = np.asarray(system.jacobian(point))
    orbit = [np.asarray(a, dtype=float) @ point for s in symmetries for a in s.generators]
    orbit = [v for v in orbit if np.linalg.norm(slope @ v) <= 1e-7 * max(1.0, float(np.linalg.norm(v)))]
    right = _independent(np.asarray(orbit).reshape(len(orbit), n))
    tangent = np.eye(n)
    if len(slope) > n:
        normal = slope[n:]
        tangent -= normal.T @ np.linalg.solve(normal @ normal.T, normal)
    values = {symbol: float(x) for symbol, x in zip(system.coords, point.tolist(), strict=True)}
    gradients = [[float(g.subs(values)) for g in gradient(law, system.coords)] for law in laws]
    left = _independent((np.asarray(gradients).reshape(len(gradients), n)) @ tangent)
    left = np.asarray([g for g in left if np.linalg.norm(g @ slope[:n] @ tangent) <= 1e-7]).reshape(-1, n)
    both = int(np.linalg.matrix_rank(left @ right.T, tol=1e-7)) if len(left) and len(right) else 0
    found = []
    if len(right):
        found.append(("symmetry orbit", len(right)))
    if len(left) - both > 0:
        found.append(("conservation laws", len(left) - both))
    return tuple(found)


def _independent(rows: Floats) -> Floats:
    """Rows of an orthonormal basis of the row space, by singular values."""
    if not rows.size:
        return rows.reshape(0, rows.shape[1] if rows.ndim == 2 else 0)
    _, singular, right = np.linalg.svd(rows, full_matrices=False)
    return np.asarray(right[singular > 1e-9 * max(1.0, singular.max(initial=0.0))])
