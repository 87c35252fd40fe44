"""The other branch at a simple crossing, and the branch of twice the period at a flip.

Method: near the point where two branches cross, all equilibria lie near the plane of the two null vectors of the
derivative. In it the direction across the known branch meets the other branch, whatever its slope, on either side
(H. B. Keller 1977; E. L. Allgower and K. Georg, Introduction to Numerical Continuation Methods, section 8.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symdyn.equilibrium.follow.branch_system import BranchSystem, Floats
from symdyn.equilibrium.follow.crossings import Event

_DISTANCES = (0.1, 0.02, 0.5, 0.004)  # of the largest step
_SLANT = 20.0  # the other branch is met no farther than so many distances
_REGULAR = 1e-4


@dataclass(frozen=True)
class Departures:
    """Points beside a crossing on the branches that leave it.

    Parameters
    ----------
    system
        Whose zeros they are: at a flip that of twice the period.
    across
        On the other branch, on either side.
    onward
        On the other half of a pitchfork that was met on its side branch.
    """

    system: BranchSystem
    across: tuple[Floats, ...] = ()
    onward: tuple[Floats, ...] = ()


def departures(event: Event, step: float) -> Departures:
    """Where other branches leave a crossing; nowhere if there are more than two null vectors."""
    system = event.system.doubled() if event.flips else event.system
    vectors, singular = system.kernel(event.z)
    if len(singular) > 1 and singular[-2] < _REGULAR * max(1.0, singular[0]):
        return Departures(system)
    plane = vectors[:, -2:]
    along = plane.T @ event.tangent
    size = float(np.linalg.norm(along))
    if size < 0.5:
        return Departures(system)
    across = plane @ np.array([-along[1], along[0]]) / size
    sides = [_beside(system, event.z, sign * across, plane, step) for sign in (1.0, -1.0)]
    onward = [_beside(system, event.z, event.tangent, plane, step)] if event.turns else []
    return Departures(system, tuple(z for z in sides if z is not None), tuple(z for z in onward if z is not None))


def _beside(system: BranchSystem, z: Floats, direction: Floats, plane: Floats, step: float) -> Floats | None:
    """The point of a branch at some distance in a direction."""
    for distance in (share * step for share in _DISTANCES):
        found = system.corrected(z + distance * direction, direction)
        if found is None:
            continue
        way = system.apart(found[0], z)
        size = float(np.linalg.norm(way))
        aside = float(np.linalg.norm(way - plane @ (plane.T @ way)))
        if size < _SLANT * distance and aside < 0.5 * size and system.nullity(found[0]) == 1:
            return found[0]
    return None
