"""Equilibria of a flow or an iteration: found from many starts, certified one by one, counted where possible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.recheck.covers.cover import cover_claim
from symdyn.certificate.provenance import provenance
from symdyn.certificate.recheck.equilibria.solution_count import count_claim
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.equilibrium import Equilibria, Equilibrium, Family
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibria.array_code import zeros_of
from symdyn.equilibria.certify import certify
from symdyn.equilibria.classify import classify
from symdyn.equilibria.count import real_solutions
from symdyn.equilibria.cover import cover, is_coverable
from symdyn.equilibria.linearization import Floats, float_tangent_map
from symdyn.equilibria.lowering import Model, Residual, residual
from symdyn.equilibria.multistart import merged, random_starts, solve_all
from symdyn.errors import ModelError
from symdyn.geometry.symmetry import Symmetries

DEFAULT_STARTS = 400
_FLAT = 1e-6
_MAX_CIRCLES = 3


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

    What is proved: each equilibrium whose certificate says so (existence and uniqueness in a ball); that there are no
    others, only if `completeness` is PROVED (an exact count of the real solutions of a polynomial system, or an
    interval cover of a product of circles). What is only observed: everything else; starts that end elsewhere are
    reported, and an empty list proves nothing.

    Parameters
    ----------
    model
        A Flow or an Iteration with numbers for all parameters.
    starts
        How many random starts, or starts as an array of shape (n, B); 400 by default.
    seed
        Of the random starts.
    laws
        Conserved functions, passed on to `classify`.
    certified
        Whether to run the ball test on each.
    covered
        Whether to try an interval cover of a product of circles; by default for up to three circles.
    time_limit
        For the cover, in seconds.

    Returns
    -------
    Equilibria
        Modulo the finite symmetries of the model, in a fixed order; continua as families, each with one witness.

    Raises
    ------
    ModelError
        If parameters have no value, or starts have another shape.
    """
    system = residual(model)
    beginnings = _starts(system, starts, seed)
    signs = (1, -1) if isinstance(model, Iteration) and model.symmetries.maps else (1,)
    counts = {"converged": 0, "positive residual": 0, "left the domain": 0}
    items: list[Equilibrium] = []
    families: list[Family] = []
    for sign in signs:
        one = residual(model, sign)
        endings = solve_all(zeros_of(one), beginnings)
        for name, number in endings.counts.items():
            counts[name] += number
        points = _allowed(one, endings.points)
        isolated = np.asarray([_nullity(one, points[:, k]) == 0 for k in range(points.shape[1])], dtype=bool)
        representatives, sizes = merged(points[:, isolated], model.symmetries)
        for k in range(representatives.shape[1]):
            items.append(_equilibrium(one, representatives[:, k], sign, laws, certified, sizes[k]))
        families += _families(one, points[:, ~isolated], model.symmetries, laws, items, sign)
    items = _disjoint(items)
    return Equilibria(
        tuple(items),
        _completeness(model, system, items, families, counts, signs, covered, time_limit),
        tuple(families),
        counts,
        model.symmetries.described,
        model,
    )


def _disjoint(items: list[Equilibrium]) -> list[Equilibrium]:
    """Without those that lie in the ball of uniqueness of another: two balls that overlap are one equilibrium."""
    kept: list[Equilibrium] = []
    for item in items:
        here = np.asarray(list(item.point.values()), dtype=float)
        if all(float(np.abs(here - there).max()) > radius for there, radius in map(_ball, kept)):
            kept.append(item)
    return kept


def _ball(item: Equilibrium) -> tuple[Floats, float]:
    """Center and radius of uniqueness; radius 0 where nothing was certified."""
    mantissa, exponent = item.certificate.witness.get("radius", (0, 0))
    return np.asarray(list(item.point.values()), dtype=float), float(mantissa) * 2.0**exponent


def _starts(system: Residual, starts: Any, seed: int) -> Floats:
    if starts is None or isinstance(starts, int):
        number = DEFAULT_STARTS if starts is None else starts
        if number < 1:
            raise ModelError(f"starts is {number}: give at least one")
        return random_starts(system, number, seed)
    given = np.asarray(starts, dtype=float)
    if given.ndim != 2 or len(given) != len(system.coords) or not np.isfinite(given).all():
        raise ModelError(f"starts of shape {given.shape}: give finite numbers of shape ({len(system.coords)}, B)")
    return given


def _allowed(system: Residual, points: Floats) -> Floats:
    """Points that violate no inequality of the constraint."""
    constraint = system.model.constraint
    if constraint is None or not constraint.inequalities or not points.shape[1]:
        return points
    from symdyn.algebra.straight_line import straight_line
    from symdyn.numerics import numpy_backend

    values = numpy_backend.lower(straight_line(constraint.inequalities, system.coords))(points)[:, 0]
    return points[:, (np.asarray(values) >= -1e-9).all(axis=0)]


def _nullity(system: Residual, point: Floats) -> int:
    """Number of singular values of the tangent Jacobian that are zero to working accuracy."""
    tangent = float_tangent_map(system, point)
    if not tangent.size:
        return 0
    singular = np.linalg.svd(tangent, compute_uv=False)
    return int((singular < _FLAT * max(1.0, singular.max(initial=0.0))).sum())


def _equilibrium(
    system: Residual, point: Floats, sign: int, laws: Sequence[Any], certified: bool, found: int
) -> Equilibrium:
    at = {symbol: float(x) for symbol, x in zip(system.coords, point.tolist(), strict=True)}
    stability = classify(system.model, at, laws=laws)
    size = float(np.abs(np.asarray(system.value(point))).max())
    if certified and sign == 1:
        certificate = certify(system.model, at)
    else:
        certificate = Certificate(
            claim="there is an equilibrium near this point",
            verdict=Verdict.OBSERVED,
            method=f"the residual is {size:.1e}, from {found} of the starts",
            witness={"kind": "undecided", "residual": size},
            provenance=provenance(),
        )
    kind = (
        "equilibrium"
        if not isinstance(system.model, Iteration)
        else ("fixed point" if sign == 1 else "period two in sign")
    )
    return Equilibrium(at, kind, stability, certificate, found)


def _families(
    system: Residual,
    points: Floats,
    symmetries: Symmetries,
    laws: Sequence[Any],
    items: list[Equilibrium],
    sign: int,
) -> list[Family]:
    """Continua, told from degenerate isolated points by moving along the kernel and solving again."""
    families: list[Family] = []
    seen: list[Floats] = []
    for k in range(points.shape[1]):
        point = points[:, k]
        dimension = family_dimension(system, point)
        if dimension == 0:
            near = [other for other in seen if float(symmetries.distance(point, other[:, None])[0]) < 1e-3]
            if not near:
                seen.append(point)
                items.append(_equilibrium(system, point, sign, laws, True, 1))
            continue
        if any(family.dimension == dimension for family in families):
            continue
        witness = {symbol: float(x) for symbol, x in zip(system.coords, point.tolist(), strict=True)}
        orbit = [np.asarray(a, dtype=float) @ point for a in symmetries.generators]
        rank = int(np.linalg.matrix_rank(np.asarray(orbit), tol=1e-7)) if orbit else 0
        reason = "orbit of a symmetry" if rank >= dimension else "neighbouring equilibria were found along the kernel"
        families.append(Family(dimension, witness, reason, Verdict.OBSERVED))
    return families


def family_dimension(system: Residual, point: Floats, step: float = 1e-2) -> int:
    """Least nullity of neighbours reached by moving along kernel directions and solving again."""
    n = len(point)
    slope = np.asarray(system.jacobian(point))
    _, singular, right = np.linalg.svd(slope)
    flat = np.concatenate([singular, np.zeros(n - len(singular))]) < _FLAT * max(1.0, singular.max(initial=0.0))
    directions = right[flat]
    if not len(directions):
        return 0
    moved = np.concatenate([point[:, None] + step * directions.T, point[:, None] - step * directions.T], axis=1)
    endings = solve_all(zeros_of(system), moved)
    away = [
        endings.points[:, k]
        for k in range(endings.points.shape[1])
        if 0.3 * step < float(np.linalg.norm(endings.points[:, k] - point)) < 3 * step
    ]
    return min((_nullity(system, neighbour) for neighbour in away), default=0)


def _covered(
    model: Model, items: list[Equilibrium], families: list[Family], covered: bool | None, time_limit: float | None
) -> tuple[Certificate | None, str]:
    """A certificate of completeness by an interval cover, or why there is none."""
    if families or not items or not is_coverable(model) or any(item.verdict is not Verdict.PROVED for item in items):
        return None, ""
    circles = len(model.constraint.factors) if model.constraint is not None else 0
    if covered is False or (covered is None and circles > _MAX_CIRCLES):
        return None, ""
    points = np.asarray([list(item.point.values()) for item in items], dtype=float).T
    found = cover(model, points, time_limit=time_limit)  # type: ignore[arg-type]
    if not found.is_complete:
        return None, f"; an interval cover did not succeed: {found.reason}"
    certificate = Certificate(
        claim=cover_claim(found.count, found.modulo),
        verdict=Verdict.PROVED,
        method=f"interval cover of {found.boxes:,} boxes: each is excluded, or lies in one of {found.zeros} boxes that "
        "hold exactly one zero, an image of a listed equilibrium",
        witness=found.witness,
        assumptions=("the symmetries of the flow are exact",) if found.modulo else (),
        provenance=provenance(),
    )
    return certificate, ""


def _completeness(
    model: Model,
    system: Residual,
    items: list[Equilibrium],
    families: list[Family],
    counts: dict[str, int],
    signs: tuple[int, ...],
    covered: bool | None,
    time_limit: float | None,
) -> Certificate:
    by_cover, failed = _covered(model, items, families, covered, time_limit)
    if by_cover is not None:
        return by_cover
    tried = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
    exact = (
        real_solutions(system)
        if len(signs) == 1 and not model.symmetries.maps and not model.symmetries.exchangeable
        else None
    )
    proved = sum(item.verdict is Verdict.PROVED for item in items)
    if exact is not None and exact.is_finite and not families and exact.real == proved == len(items):
        return Certificate(
            claim=count_claim(exact.real),
            verdict=Verdict.PROVED,
            method="the signature of the trace form of the polynomial system counts the real solutions (Hermite), "
            "and as many were certified in balls",
            witness={
                "kind": "count of real solutions",
                "names": [str(symbol) for symbol in system.coords],
                "equations": exact.equations,
                "real": exact.real,
                "complex": exact.complex,
            },
            provenance=provenance(),
        )
    note = failed
    if exact is not None and exact.is_finite:
        note = f"; the system has exactly {exact.real} real solutions"
    elif exact is not None:
        note = "; the solution set has positive dimension"
    if not items and not families:
        note += _rotating(model)
    return Certificate(
        claim="these are all equilibria",
        verdict=Verdict.OBSERVED,
        method=f"random starts ended so: {tried}{note}; others may exist",
        witness={"kind": "undecided"},
        provenance=provenance(),
    )


def _rotating(model: Model) -> str:
    """What is seen to rotate where nothing rests."""
    from symdyn.equilibria.generators import generators_of
    from symdyn.equilibria.rotating import rotating_states

    if not isinstance(model, Flow) or not generators_of(model):
        return ""
    speeds = [max(map(abs, state.speeds)) for state in rotating_states(model, starts=50, certified=False)]
    shown = ", ".join(f"{speed:.6g}" for speed in speeds)
    return f"; rotating states were found instead, with speed {shown}" if speeds else ""
