"""Points of period n of a map: fixed points of its n-th iterate, gathered in cycles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.equilibria.equilibrium import EquilibriumWitness
from symdyn.dynamics.answers.equilibrium import Equilibria, Equilibrium, Stability
from symdyn.dynamics.answers.periodic import PeriodicCycle, PeriodicPoints
from symdyn.dynamics.iterate import checked_period
from symdyn.dynamics.iterate import iterate as iterate  # a door for those who follow branches
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.lowering import residual
from symdyn.equilibrium.asked.options import Clock, checked_limit
from symdyn.equilibrium.asked.orbits_of_maps import orbit_in_floats
from symdyn.equilibrium.find import equilibria
from symdyn.equilibrium.judge.enclosure import Floats
from symdyn.equilibrium.judge.signs import signs_at
from symdyn.geometry.symmetry import Symmetries

_SAME = 1e-6


def periodic_points(
    iteration: Iteration,
    period: int,
    *,
    starts: Any = None,
    seed: int = 0,
    certified: bool = True,
    covered: bool | None = None,
    box: Any = None,
    time_limit: float | None = None,
) -> PeriodicPoints:
    """Points x with F^n(x) = x of a map F, with their least periods, their cycles and the multipliers of these.

    What is proved: each point whose certificate says so, its least period with it, and the numbers of multipliers
    outside and inside the unit circle; that there are no others only if `completeness` is PROVED (all solutions of
    a polynomial or rational system, or a cover of a box). Symmetries of the map merge nothing here.

    Parameters
    ----------
    iteration
        The map F. Where parameters have no numbers the points are formulas in them, as for `equilibria`.
    period
        n. Points of a smaller period that divides n are points with F^n(x) = x, and are listed too.
    starts, seed, certified, covered, box, time_limit
        As for `equilibria`.

    Returns
    -------
    PeriodicPoints
        The points, those of least period n first, cycle by cycle.

    Raises
    ------
    ModelError
        If the period is no positive whole number, what came is no map, no formula was found for a map with parameters,
        or an option is out of range.

    Examples
    --------
    >>> import sympy as sp
    >>> x = sp.Symbol("x")
    >>> found = periodic_points(Iteration((x,), [sp.Rational(16, 5) * x * (1 - x)]), 2)
    >>> [(cycle.period, cycle.stability.conclusion) for cycle in found.cycles]
    [(2, 'stable'), (1, 'unstable'), (1, 'unstable')]
    """
    order = checked_period(iteration, period)
    base = replace(iteration, symmetries=Symmetries())
    model = iterate(base, order)
    clock = Clock(checked_limit(time_limit))
    options: dict[str, Any] = {"seed": seed, "certified": certified, "covered": covered, "box": box}
    if iteration.parameters:
        given = {name: value for name, value in (("starts", starts), ("box", box)) if value is not None}
        return formulas_in_cycles(base, order, equilibria(model, time_limit=clock.left(), **given))
    found = equilibria(model, starts=starts, time_limit=clock.left(), **options)
    missing = [] if box is not None or found.expected is not None else _missing(base, order, found)
    if missing:
        known = [list(map(float, item.point.values())) for item in found]
        again = equilibria(model, starts=np.asarray([*known, *missing]).T, time_limit=clock.left(), **options)
        if len(again) > len(found):
            found = replace(again, completeness=found.completeness, starts=found.starts)
    return gathered_in_cycles(base, order, found)


def gathered_in_cycles(base: Iteration, order: int, found: Equilibria) -> PeriodicPoints:
    """The fixed points of an iterate as cycles of the map."""
    points = [np.asarray([float(value) for value in item.point.values()]) for item in found]
    cycles: list[tuple[int, list[int | None], list[Any]]] = []
    left = set(range(len(points)))
    while left:
        first = min(left)
        members, orbit = _cycle_through(base, order, first, points, found)
        left -= {first, *(k for k in members if k is not None)}
        cycles.append((len(members), members, orbit))
    return _as_cycles(base, order, found, cycles)


def formulas_in_cycles(base: Iteration, order: int, found: Equilibria) -> PeriodicPoints:
    """Points that are formulas in symbols, gathered by simplification of the next states."""
    points = [tuple(item.point.values()) for item in found]
    orbits: list[tuple[int, list[int | None], list[Any]]] = []
    left = list(range(len(points)))
    while left:
        states = [points[left[0]]]
        while len(states) < order:
            following = _next_formula(base, states[-1])
            if order % len(states) == 0 and _vanish(following, states[0]):
                break
            states.append(following)
        members: list[int | None] = [left[0]]
        for state in states[1:]:
            same = (k for k in left if k not in members and _vanish(state, points[k]))
            members.append(next(same, None))
        left = [k for k in left if k not in members]
        orbits.append((len(states), members, states))
    return _as_cycles(base, order, found, orbits)


def _next_formula(base: Iteration, state: tuple[Any, ...]) -> tuple[Any, ...]:
    here = dict(zip(base.coords, state, strict=True))
    return tuple(sp.simplify(entry.subs(here, simultaneous=True)) for entry in base.update)


def _vanish(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return all(sp.simplify(a - b) == 0 for a, b in zip(one, other, strict=True))


def _as_cycles(
    base: Iteration, order: int, found: Equilibria, cycles: list[tuple[int, list[int | None], list[Any]]]
) -> PeriodicPoints:
    """The noun, with the points in the order of their cycles."""
    cycles.sort(key=lambda one: -one[0])
    listed = [k for _, members, _ in cycles for k in members if k is not None]
    places: dict[int | None, int | None] = {old: new for new, old in enumerate(listed)} | {None: None}
    items = tuple(_named(found[k], period) for period, members, _ in cycles for k in members if k is not None)
    gathered = tuple(
        _cycle(base, order, [None if k is None else found[k] for k in members], orbit, [places[k] for k in members])
        for _, members, orbit in cycles
    )
    return PeriodicPoints(
        items=items,
        completeness=found.completeness,
        families=found.families,
        starts=found.starts,
        modulo=found.modulo,
        model=found.model,
        expected=found.expected,
        parameters=found.parameters,
        period=order,
        cycles=gathered,
    )


def _cycle_through(
    base: Iteration, order: int, first: int, points: Sequence[Floats], found: Equilibria
) -> tuple[list[int | None], list[Floats]]:
    """The cycle of a point: places of its points in the list, None where one is not there, and all its states.

    The least period is that of the certificate, and where there is none that seen in floats. Each state is that of the
    list where there is one, so that errors do not grow along the cycle.
    """
    length = _least_period(base, order, points[first], found[first])
    members: list[int | None] = [first]
    orbit = [points[first]]
    for _ in range(length - 1):
        state = orbit_in_floats(base, orbit[-1], 1)[1]
        place = _nearest(state, points)
        members.append(None if place in members else place)
        orbit.append(state if place is None else points[place])
    return members, orbit


def _least_period(base: Iteration, order: int, point: Floats, item: Equilibrium) -> int:
    witness = item.certificate.witness
    if item.verdict is Verdict.PROVED and witness.get("kind") == EquilibriumWitness.kind:
        return int(witness.get("least", 1))
    orbit = orbit_in_floats(base, point, order)
    divisors = [k for k in range(1, order) if order % k == 0]
    return next((k for k in divisors if _is_same(orbit[k], point)), order)


def _is_same(one: Floats, other: Floats) -> bool:
    return bool((np.abs(one - other) <= _SAME * max(1.0, float(np.abs(other).max()))).all())


def _nearest(state: Floats, points: Sequence[Floats]) -> int | None:
    """The place of the point that a state is, up to rounding."""
    if not np.isfinite(state).all():
        return None
    gaps = [float(np.abs(state - one).max()) for one in points]
    best = int(np.argmin(gaps))
    return best if _is_same(state, points[best]) else None


def _missing(base: Iteration, order: int, found: Equilibria) -> list[list[float]]:
    """States of the cycles of points that were found which are not in the list themselves."""
    points = [np.asarray([float(value) for value in item.point.values()]) for item in found]
    more: list[Floats] = []
    for point, item in zip(points, found, strict=True):
        for state in orbit_in_floats(base, point, _least_period(base, order, point, item) - 1)[1:]:
            if np.isfinite(state).all() and _nearest(state, [*points, *more]) is None:
                more.append(state)
    return [state.tolist() for state in more]


def _named(item: Equilibrium, period: int) -> Equilibrium:
    return replace(item, kind=kind_of(period))


def kind_of(period: int) -> str:
    """What a point of a least period is called."""
    return "fixed point" if period == 1 else f"point of least period {period}"


def _cycle(
    base: Iteration,
    order: int,
    items: Sequence[Equilibrium | None],
    orbit: Sequence[Any],
    members: Sequence[int | None],
) -> PeriodicCycle:
    """The cycle, with multipliers of the product of Jacobians over its least period."""
    period, first = len(items), next(item for item in items if item is not None)
    stability: Stability = first.stability
    multipliers = stability.eigenvalues
    if period < order and not base.parameters:
        multipliers = signs_at(residual(iterate(base, period)), None, orbit[0], None)[2]
    points = [
        dict(zip(base.coords, map(_plain, state), strict=True)) if item is None else item.point
        for item, state in zip(items, orbit, strict=True)
    ]
    if not base.parameters:
        multipliers = tuple(sorted(multipliers, key=lambda value: (-abs(value), value.imag)))
    elif period < order:
        multipliers = ()  # the formulas known are those of the iterate
    return PeriodicCycle(
        period=period,
        points=tuple(points),
        members=tuple(members),
        multipliers=multipliers,
        stability=stability,
    )


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, np.floating) else value
