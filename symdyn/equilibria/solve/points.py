"""Solutions that algebra isolates, as candidates: where they are simple, certified at the refined point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import flint
import numpy as np

from symdyn.algebra.complex_zeros import BallZero
from symdyn.algebra.real_zeros import RealZero
from symdyn.equilibria.certify import is_shown
from symdyn.equilibria.enclosure import Enclosure, Floats, NotCertifiedError, enclose_at
from symdyn.equilibria.gathering import Candidate
from symdyn.equilibria.lowering import Residual

_BITS = 256


def candidates_of(system: Residual, zeros: Sequence[RealZero | BallZero]) -> list[Candidate]:
    """One candidate for each real solution; those that repeat are exact points where they are rational."""
    return [_candidate(system, zero) for zero in zeros]


def floats_at(zero: RealZero | BallZero) -> Floats:
    """The solution in floats."""
    return np.asarray([float(ball.mid()) for ball in zero.balls(_BITS)])


def _holds(enclosure: Enclosure, balls: Sequence[flint.arb]) -> bool:
    """Whether the ball of uniqueness holds the solution, so that the equilibrium in it is this one and no neighbour."""
    with flint.ctx.workprec(2 * _BITS):
        centers = [flint.arb(mantissa) * flint.arb(2) ** exponent for mantissa, exponent in enclosure.start]
        return all(flint.arb(c.mid(), enclosure.unique_radius).contains(b) for c, b in zip(centers, balls, strict=True))


def _candidate(system: Residual, zero: RealZero | BallZero) -> Candidate:
    balls = zero.balls(_BITS)
    solved = zero if isinstance(zero, RealZero) else None
    plain = Candidate(system, floats_at(zero), 1, exact=zero.exact, multiplicity=zero.multiplicity, zero=solved)
    if zero.multiplicity > 1:
        return plain
    try:
        enclosure = enclose_at(system, balls, bits=_BITS)
    except NotCertifiedError:
        return plain
    if not is_shown(system, enclosure) or not _holds(enclosure, balls):
        return plain
    return replace(plain, point=enclosure.point, enclosure=enclosure, is_inside=True, is_sure=True)
