"""Stability of one equilibrium: signs of the spectrum, and reasons for its neutral directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.budgets.time_budget import TimeSpentError, time_budget
from symdyn.algebra.linear.spectrum import SignCounts
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.equilibrium import Stability
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iterate import nouns_of
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.exact_points import holds, simple_points, vanishes_at
from symdyn.equilibrium.asked.given import shown_laws, shown_symmetries
from symdyn.equilibrium.asked.lowering import Model, Residual, residual
from symdyn.equilibrium.asked.options import checked_limit
from symdyn.equilibrium.asked.points import floats_of, point_values
from symdyn.equilibrium.certify import certified_enclosure, require_tangency
from symdyn.equilibrium.judge.definite_laws import with_laws
from symdyn.equilibrium.judge.degenerate import Repeated, decided, signs_at_repeated
from symdyn.equilibrium.judge.enclosure import Enclosure, NotCertifiedError
from symdyn.equilibrium.judge.explanations import explanations
from symdyn.equilibrium.judge.linearization import (
    Floats,
    exact_values,
    float_tangent_map,
)
from symdyn.equilibrium.judge.on_switch import stability_on_switch
from symdyn.equilibrium.judge.signs import growth, is_kept, multipliers, signs_at
from symdyn.errors import ModelError
from symdyn.geometry.symmetry import Symmetries

_RESIDUAL = 1e-8
_ZERO = 1e-8
_APPROXIMATION = 1e-4
_NO_TEST = "there is no linear test: derivatives of the field or of the constraint do not exist or are dependent here"


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
    observed = np.linalg.eigvals(multipliers(float_tangent_map(system, point), system))
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
    if verdict is not Verdict.PROVED and exact is None and enclosure is not None:
        exact = _exact_zero_in(system, enclosure)
        if exact is not None:
            counts, verdict, eigenvalues = signs_at(system, exact, point, enclosure)
    if verdict is not Verdict.PROVED and zero is not None and is_kept(system):
        known = signs_at_repeated(system, zero)
        counts, verdict = (counts, verdict) if known is None else (known, Verdict.PROVED)
    here = point if enclosure is None else enclosure.point
    explained = explanations(system, here, laws, symmetries) if counts.zero else ()
    found = decided(stability_of(counts, verdict, explained, eigenvalues), system, exact, zero)
    return with_laws(found, system, exact, here, enclosure, laws)


def _exact_zero_in(system: Residual, enclosure: Enclosure) -> tuple[sp.Expr, ...] | None:
    """The point of simple fractions that is the zero in an enclosure, if it is one."""
    for near in simple_points(enclosure.point.tolist(), 1.0):
        if all(holds(ball, x) for ball, x in zip(enclosure.balls, near, strict=True)) and vanishes_at(system, near):
            return tuple(sp.Rational(x.numerator, x.denominator) for x in near)
    return None


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
