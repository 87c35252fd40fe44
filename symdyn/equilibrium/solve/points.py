"""Solutions that algebra isolates, as candidates: where they are simple, certified at the refined point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.zeros.ball_zero import BallZero
from symdyn.algebra.zeros.real_zeros import RealZero
from symdyn.equilibrium.asked.lowering import Residual
from symdyn.equilibrium.certify import is_shown
from symdyn.equilibrium.judge.enclosure import Enclosure, Floats, NotCertifiedError, enclose_at
from symdyn.equilibrium.search.gathering import Candidate

_BITS = 256


def candidates_of(system: Residual, zeros: Sequence[RealZero | BallZero]) -> list[Candidate]:
    """One candidate for each real solution; those that repeat are exact points where they are rational."""
    return [_candidate(system, zero) for zero in zeros]


def floats_at(zero: RealZero | BallZero) -> Floats:
    """The solution in floats."""
    return np.asarray([float(ball.mid()) for ball in zero.balls(_BITS)])


def values_at(zero: RealZero) -> list[sp.Expr | float]:
    """The solution in fractions, if it is rational, else in floats."""
    if zero.exact is None:
        return floats_at(zero).tolist()
    return [sp.Rational(value.numerator, value.denominator) for value in zero.exact]


def _holds(enclosure: Enclosure, balls: Sequence[flint.arb]) -> bool:
    """Whether the ball of uniqueness holds the solution, so that the equilibrium in it is this one and no neighbour."""
    with flint.ctx.workprec(2 * _BITS):
        centers = [flint.arb(mantissa) * flint.arb(2) ** exponent for mantissa, exponent in enclosure.start]
        return all(flint.arb(c.mid(), enclosure.unique_radius).contains(b) for c, b in zip(centers, balls, strict=True))


def _candidate(system: Residual, zero: RealZero | BallZero) -> Candidate:
    found = candidate_at(system, zero.balls(_BITS), zero.exact, zero.multiplicity)
    return replace(found, zero=zero if isinstance(zero, RealZero) else None)


def candidate_at(
    system: Residual, balls: Sequence[flint.arb], exact: tuple[Fraction, ...] | None, multiplicity: int
) -> Candidate:
    """A solution in balls as a candidate, certified where it is simple."""
    middle = np.asarray([float(ball.mid()) for ball in balls])
    plain = Candidate(system=system, point=middle, found=1, exact=exact, multiplicity=multiplicity)
    if multiplicity > 1:
        return plain
    try:
        enclosure = enclose_at(system, balls, bits=_BITS)
    except NotCertifiedError:
        return plain
    if not is_shown(system, enclosure) or not _holds(enclosure, balls):
        return plain
    return replace(plain, point=enclosure.point, enclosure=enclosure, is_inside=True, is_sure=True)
