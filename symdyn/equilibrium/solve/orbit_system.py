"""Points of an iterate by the equations of their orbits: n states, each the next one of the one before.

The n-th iterate written out has the n-th power of the degree of the map; the equations of the orbit have the degree of
the map, and often they are a Groebner basis as they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from symdyn.algebra.zeros.ball_zero import BallZero
from symdyn.algebra.zeros.real_zeros import RealRoots, RealZero
from symdyn.dynamics.iterate import Iterate
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.domain import domain_of
from symdyn.equilibrium.asked.lowering import Residual, residual
from symdyn.geometry.constraint import Constraint


@dataclass(frozen=True)
class FirstState:
    """The first of the states of an orbit that is isolated in balls."""

    orbit: BallZero
    size: int
    multiplicity = 1

    @property
    def exact(self) -> tuple[Fraction, ...] | None:
        """The point, if it is rational."""
        exact = self.orbit.exact
        return None if exact is None else exact[: self.size]

    def balls(self, bits: int = 64) -> list[Any]:
        """The point in balls."""
        return self.orbit.balls(bits)[: self.size]


def systems_of(system: Residual, most: int) -> list[Residual]:
    """The systems that stand for this one, the likely fastest first: itself, and that of orbits.

    The iterate written out does not know the conditions on the states between, and is left out where there are some.

    Parameters
    ----------
    system
        Of any model.
    most
        The largest number of unknowns.
    """
    model = system.model
    if not isinstance(model, Iterate) or model.base is None or system.sign != 1:
        return [system]
    found = [] if domain_of(system) is not None else [system]
    if len(model.coords) * model.order <= most:
        found.append(residual(orbit_map(model.base, model.order)))
    return found if len(model.coords) == 1 else found[::-1]


def orbit_map(base: Iteration, order: int) -> Iteration:
    """The map of n states whose fixed points are the cycles: each state goes to the place of the next one."""
    states = [base.coords, *(_copy(base.coords, turn) for turn in range(1, order))]
    names = [dict(zip(base.coords, state, strict=True)) for state in states]
    updates = [entry.xreplace(one) for one in [names[-1], *names[:-1]] for entry in base.update]
    coords = tuple(symbol for state in states for symbol in state)
    constraint = None
    if base.constraint is not None:
        laws, bounds = base.constraint.equations, base.constraint.inequalities
        constraint = Constraint(
            coords,
            tuple(law.xreplace(one) for one in names for law in laws),
            tuple(bound.xreplace(one) for one in names for bound in bounds),
        )
    return Iteration(coords, sp.ImmutableMatrix(len(coords), 1, updates), constraint)


def _copy(coords: Sequence[sp.Symbol], turn: int) -> tuple[sp.Symbol, ...]:
    """The names of a later state: x after 1 step, ...; in ASCII, as names of unknowns are."""
    return tuple(sp.Symbol(f"{symbol.name}_after_{turn}", **symbol.assumptions0) for symbol in coords)


def first_states(zeros: Sequence[RealZero | BallZero], size: int) -> tuple[Any, ...]:
    """The first states of orbits as solutions."""
    views: dict[int, RealRoots] = {}
    found: list[Any] = []
    for zero in zeros:
        if isinstance(zero, BallZero):
            found.append(FirstState(zero, size))
            continue
        roots = views.setdefault(id(zero.roots), RealRoots(zero.roots.representation, size))
        found.append(RealZero(roots, zero.number))
    return tuple(found)
