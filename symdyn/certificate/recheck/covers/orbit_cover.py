"""Re-check of the number of orbits of rotations that consist of equilibria of a flow on circles.

The rotations commute with the flow, so that equilibria come in whole orbits; every orbit meets the slice in one state.
The halving of the box of all angles in the slice is replayed, so that each state in it at which the circles beside the
pivots rest is the one zero in one of the boxes of uniqueness. At each of these the pivots are shown to rest as well, or
one of them to turn.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import flint
import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.covers.boxes import Unique, unique_boxes
from symdyn.certificate.recheck.covers.cover import replay
from symdyn.certificate.recheck.covers.exact_steps import vanishing
from symdyn.certificate.recheck.covers.frame import checked_slice
from symdyn.certificate.recheck.covers.jets import on_circles, run
from symdyn.certificate.recheck.covers.model import CoverModel
from symdyn.certificate.recheck.covers.orbits import check_labels, check_rest, has_values
from symdyn.certificate.recheck.covers.outward import Interval
from symdyn.certificate.refutation import Recheck, need
from symdyn.certificate.witness.covers.orbit_cover import OrbitCoverWitness

_BITS = 100


def check_orbit_cover(witness: OrbitCoverWitness, verdict: str) -> Recheck:
    """The identities, the boxes of uniqueness, which of them hold equilibria that are different, and every letter."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of a cover")
    model = checked_slice(witness)
    zeros = unique_boxes(model, witness.zeros)
    check_rest(model, zeros)
    resting = sum(label >= 0 for label in zeros.of)
    need(all(label >= 0 for label in zeros.of[:resting]), "witness.zeros", "have one in which a pivot turns in between")
    _check_turning(witness, model, _part(zeros, resting, zeros.number))
    at_rest = _part(zeros, 0, resting)
    _check_pivots_rest(witness, model, at_rest)
    count = check_labels(model, at_rest)
    boxes = replay(model, witness.top, witness.levels, zeros)
    return Recheck(
        "proved",
        f"{boxes:,} boxes of a slice were closed again, around {zeros.number} that hold one zero each; orbits of "
        f"equilibria among them: {count}; that the rotations {'and exchanges ' * witness.exchangeable}commute with the "
        "flow was checked as an identity",
    )


def _part(zeros: Unique, first: int, last: int) -> Unique:
    chosen = slice(first, last)
    tight = zeros.tight[0][:, chosen], zeros.tight[1][:, chosen]
    return replace(zeros, low=zeros.low[:, chosen], high=zeros.high[:, chosen], tight=tight, of=zeros.of[chosen])


def _check_turning(witness: OrbitCoverWitness, model: CoverModel, zeros: Unique) -> None:
    """The speed of some pivot, at (1, 0) the second component of the field, is not 0."""
    if not zeros.number:
        return
    apart = np.zeros(zeros.number, dtype=bool)
    state = on_circles(model.circles, *zeros.tight, slopes=False)
    for jet in run(model.field, state, [witness.circles[k][1] for k in witness.pivots]):
        low, high = jet.value()
        apart |= (low > 0) | (high < 0)
    need(bool(apart.all()), "witness.zeros", "have one in which a pivot is said to turn, and may rest")


def _check_pivots_rest(witness: OrbitCoverWitness, model: CoverModel, zeros: Unique) -> None:
    """Where all others rest the sums of speeds leave 0 alone; else the field vanishes at an exact state."""
    if not zeros.number:
        return
    if witness.balance is None:
        for number in range(zeros.number):
            exact = _quarters(zeros, number)
            need(exact is not None, f"witness.zeros[{number}]", "is not shown to be at rest")
            assert exact is not None
            gone = vanishing(model.field, dict(enumerate(exact)))
            across = set(_tangential(witness, exact))
            need(across <= set(gone), f"witness.zeros[{number}]", "is not shown to be at rest")
        return
    state = on_circles(model.circles, *zeros.tight, slopes=False)
    factors = witness.in_slice(witness.balance.factors)
    values = [jet.value() for jet in run(factors, state, list(range(len(witness.circles))))]
    place = "witness.balance.factors"
    need(bool(np.isfinite(values).all()) and has_values(factors, state), place, "may have no value at a zero")
    need(all(_misses(values[k]) for k in witness.pivots), place, "may vanish at a zero")


def _tangential(witness: OrbitCoverWitness, exact: list[Fraction]) -> list[int]:
    """The component along each circle at a state of quarters; the other one is 0 since the field is tangent."""
    beside = dict(zip(witness.others, zip(exact[::2], exact[1::2], strict=True), strict=True))
    pairs = enumerate(witness.circles)
    return [j if k in witness.pivots or beside[k][0] else i for k, (i, j) in pairs]


def _misses(x: Interval) -> bool:
    return bool(((x[0] > 0) | (x[1] < 0)).all())


def _quarters(zeros: Unique, number: int) -> list[Fraction] | None:
    """Coordinates of the state near a zero whose angles are quarters of a turn; None if there is none."""
    state: list[Fraction] = []
    with flint.ctx.workprec(_BITS):
        for low, high in zip(*(end[:, number].tolist() for end in zeros.tight), strict=True):
            tick()
            turns = round((low + high) / np.pi)
            angle = flint.arb.pi() * turns / 2
            if not (flint.arb(low) <= angle <= flint.arb(high)):
                return None
            state += [Fraction(x) for x in ((1, 0), (0, 1), (-1, 0), (0, -1))[turns % 4]]
    return state
