"""Re-check of measures that are equal, or told apart by a tilt: exact comparison, and balls."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import Recheck, UndecidedError, need
from symdyn.certificate.witness.measures.tilted_means import Atoms, TiltedMeansWitness

_LARGEST_EXPONENT = 10**6
_PRECISIONS = (128, 512, 2048)


def check_tilted_means(record: TiltedMeansWitness, verdict: str) -> Recheck:
    """The measures are equal after their atoms are merged; or their tilted means are as far apart as is said.

    Raises
    ------
    RefutedError
        With the place where it fails.
    UndecidedError
        If balls do not decide it.
    """
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of a proof")
    if not record.direction:
        need(_merged(record.first) == _merged(record.second), "witness.second", "is another measure than first")
        return Recheck("proved", "the atoms of both were merged, and are equal with equal weights")
    if record.transport is not None:
        distance = _distance_on_the_line(record)
        need(distance == record.transport, "witness.transport", f"is not the distance, which is {distance}")
    _check_apart(record)
    return Recheck("proved", "both tilted means were enclosed in balls again")


def _merged(measure: Atoms) -> dict[tuple[Fraction, ...], Fraction]:
    found: dict[tuple[Fraction, ...], Fraction] = defaultdict(Fraction)
    for point, weight in zip(measure.points, measure.weights):
        found[point] += weight
    return found


def _check_apart(record: TiltedMeansWitness) -> None:
    places = [measure.along(record.direction) for measure in (record.first, record.second)]
    largest = max(abs(record.tilt * y) for row in places for y in row)
    if largest > _LARGEST_EXPONENT:
        raise UndecidedError(f"an exponent is above {_LARGEST_EXPONENT}: balls are not tried")
    for bits in _PRECISIONS:
        tick()
        with flint.ctx.workprec(bits):
            first, second = (
                _tilted_mean(row, measure.weights, record.tilt)
                for row, measure in zip(places, (record.first, record.second))
            )
            gap = abs(first - second) - _ball(record.apart)
            if gap >= 0:
                return
            need(not gap < 0, "witness.apart", "is more than the tilted means are apart")
    raise UndecidedError("balls do not decide whether the tilted means are as far apart as is said")


def _tilted_mean(places: tuple[Fraction, ...], weights: tuple[Fraction, ...], tilt: Fraction) -> flint.arb:
    above, below = flint.arb(0), flint.arb(0)
    for y, weight in zip(places, weights):
        share = _ball(weight) * _ball(tilt * y).exp()
        above, below = above + share * _ball(y), below + share
    return above / below


def _ball(value: Fraction) -> flint.arb:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def _distance_on_the_line(record: TiltedMeansWitness) -> Fraction:
    """The integral of the difference of the two distribution functions."""
    steps: dict[Fraction, Fraction] = defaultdict(Fraction)
    for sign, measure in ((1, record.first), (-1, record.second)):
        for y, weight in zip(measure.along(record.direction), measure.weights):
            steps[y] += sign * weight
    total, height, before = Fraction(0), Fraction(0), min(steps)
    for y in sorted(steps):
        total += abs(height) * (y - before)
        height, before = height + steps[y], y
    return total
