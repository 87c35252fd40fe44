"""The other branch at a simple crossing, and the branch of twice the period at a flip.

Method: near the point where two branches cross, all equilibria lie near the plane of the two null vectors of the
derivative. In it the direction across the known branch meets the other branch, whatever its slope, on either side
(H. B. Keller 1977; E. L. Allgower and K. Georg, Introduction to Numerical Continuation Methods, section 8.3).
"""

from __future__ import annotations

import numpy as np

from symdyn.equilibria.branch_system import BranchSystem, Floats
from symdyn.equilibria.crossings import Event

_DISTANCES = (0.1, 0.02, 0.5, 0.004)  # of the largest step
_SLANT = 20.0  # the other branch is met no farther than so many distances


def has_another_branch(event: Event) -> bool:
    """Whether another branch is expected there."""
    return event.meets or event.flips


def departures(event: Event, step: float) -> tuple[BranchSystem, list[Floats]]:
    """Points beside a crossing on the branches that leave it, and the system that they solve.

    Of a pitchfork that was met on its side branch the other half comes last.
    """
    system = event.system.doubled() if event.flips else event.system
    vectors, singular = system.kernel(event.z)
    if len(singular) > 1 and singular[-2] < 1e-4 * max(1.0, singular[0]):
        return system, []  # more than two null vectors: more branches than one leave here
    plane = vectors[:, -2:]
    along = plane.T @ event.tangent
    size = float(np.linalg.norm(along))
    if size < 0.5:
        return system, []
    across = plane @ np.array([-along[1], along[0]]) / size
    found = [_beside(system, event.z, sign * across, plane, step) for sign in (1.0, -1.0)]
    if event.turns:
        found.append(_beside(system, event.z, event.tangent, plane, step))
    return system, [z for z in found if z is not None]


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
