"""Orbits of points of an iterate, in balls: after how many steps is a point back?"""

from __future__ import annotations

from functools import lru_cache

import flint
import numpy as np

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.dynamics.iterate import Iterate
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.lowering import Residual
from symdyn.equilibrium.judge.enclosure import Enclosure, Floats, NotCertifiedError
from symdyn.numerics.backends import ball_backend, numpy_backend
from symdyn.numerics.backends.backend import Lowered

_BITS = 256


@lru_cache(maxsize=64)
def next_in_balls(base: Iteration) -> Lowered:
    """The next state, in balls."""
    return ball_backend.lower(straight_line(tuple(base.update), base.coords))


@lru_cache(maxsize=64)
def next_in_floats(base: Iteration) -> Lowered:
    """The next state, in floats."""
    return numpy_backend.lower(straight_line(tuple(base.update), base.coords))


def orbit_in_balls(base: Iteration, balls: list[flint.arb], steps: int) -> list[list[flint.arb]]:
    """The state and the next ones."""
    found = [balls]
    with flint.ctx.workprec(_BITS):
        for _ in range(steps):
            found.append([row[0] for row in next_in_balls(base)(found[-1]).tolist()])
    return found


def orbit_in_floats(base: Iteration, point: Floats, steps: int) -> list[Floats]:
    """The same in floats."""
    found = [point]
    with np.errstate(all="ignore"):  # what leaves the domain is not finite, and near nothing
        for _ in range(steps):
            found.append(np.asarray(next_in_floats(base)(found[-1]))[:, 0])
    return found


def least_period(system: Residual, enclosure: Enclosure) -> int:
    """The least number of steps after which a certified point of an iterate is back.

    It divides the order; after it the point is in its ball of uniqueness again, and after other divisors it is not.

    Raises
    ------
    NotCertifiedError
        If that is not certain in these balls.
    """
    model = system.model
    if not isinstance(model, Iterate) or model.base is None:
        return 1
    divisors = [k for k in range(1, model.order) if model.order % k == 0]
    orbit = orbit_in_balls(model.base, enclosure.balls, max(divisors))
    with flint.ctx.workprec(_BITS):
        start = [flint.arb(mantissa) * flint.arb(2) ** exponent for mantissa, exponent in enclosure.start]
        for k in divisors:
            if all(abs(a - b) <= enclosure.unique_radius for a, b in zip(orbit[k], start, strict=True)):
                return k
            if not any(bool(a < b) or bool(a > b) for a, b in zip(orbit[k], enclosure.balls, strict=True)):
                raise NotCertifiedError("whether the point is back earlier is not certain at this precision")
    return model.order
