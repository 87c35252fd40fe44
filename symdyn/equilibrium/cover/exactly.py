"""Coordinates that a zero has exactly: at an end of a box no enclosure can tell on which side it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import flint
import numpy as np

from symdyn.algebra.programs.exact_steps import vanishing_outputs
from symdyn.algebra.programs.steps import StraightLine
from symdyn.equilibrium.cover.forms import Forms

_SHARES = (0.9, 1e-2, 1e-4, 1e-7, 1e-10)


def is_exactly(
    program: StraightLine, fixed: Mapping[int, Fraction], balls: Sequence[flint.arb], radius: float
) -> bool:
    """Whether the zero that is alone near these balls has exactly these values in the coordinates named.

    Among all states with these values, so many functions must vanish identically, and the others must have a
    zero where the balls are alone; that is the one.

    Parameters
    ----------
    program
        As many functions as coordinates.
    fixed
        Values by the places of coordinates.
    balls, radius
        Balls that hold the zero, and how far around their centers there is no other.
    """
    size = len(balls)
    gone = vanishing_outputs(program, fixed)
    free = [k for k in range(size) if k not in fixed]
    center = np.asarray([float(ball.mid()) for ball in balls])
    near = all(abs(float(value) - center[k]) < 0.5 * radius for k, value in fixed.items())
    if len(gone) < len(fixed) or not near:
        return False
    if not free:
        return True
    dropped = sorted(gone, key=lambda k: (k not in fixed, k))[: len(fixed)]
    rows = [i for i in range(size) if i not in dropped]
    for share in _SHARES:
        low, high = center - share * radius, center + share * radius
        for k, value in fixed.items():
            low[k], high[k] = np.nextafter(float(value), -np.inf), np.nextafter(float(value), np.inf)
        if Forms(program, low[:, None], high[:, None], rows, free).holds_one()[0]:
            return True
    return False
