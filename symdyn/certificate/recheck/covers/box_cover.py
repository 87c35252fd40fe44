"""Re-check of a cover of a box: that there are exactly so many equilibria in it.

Each stored box of uniqueness is tested again, each zero is placed inside the closed box or outside of it, or exactly at
an end; the halving of the region is replayed, and each part must be closed for the reason that its letter states. So
every zero of the region is one of those, and those inside are counted, modulo 2 pi where coordinates are angles.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.covers.box_forms import BoxForms, misses, ranges
from symdyn.certificate.recheck.covers.exact_steps import check_periods, vanishing
from symdyn.certificate.recheck.covers.halving import STEPS, replay
from symdyn.certificate.recheck.covers.outward import Floats
from symdyn.certificate.refutation import Recheck, need
from symdyn.certificate.witness.covers.box_cover import LETTERS, BoxCoverWitness, Dyadic, ZeroBox

_MOST_BOXES = 3_000_000
_TURN = 6.283185307179586, 6.283185307179587  # 2 pi lies between
_SHARES = 1e-2, 1e-4, 1e-7, 1e-10  # parts of a box of uniqueness around its center


@dataclass(frozen=True)
class _Zeros:
    """Boxes of uniqueness (n, K), and tight enclosures of their zeros."""

    low: Floats
    high: Floats
    tight: tuple[Floats, Floats]

    def hold(self, low: Floats, high: Floats) -> Any:
        """Which boxes (n, B) lie in one of them."""
        inside = np.zeros(low.shape[1], dtype=bool)
        for k in range(self.low.shape[1]):
            inside |= np.all((low >= self.low[:, [k]]) & (high <= self.high[:, [k]]), axis=0)
        return inside


def check_box_cover(witness: BoxCoverWitness, verdict: str) -> Recheck:
    """The region, the zeros and where they lie, and every letter."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of a cover")
    corner, unit = _region(witness)
    angles = [k for k, ends in enumerate(witness.box) if ends is None]
    check_periods(witness.system, angles, "witness.program")
    zeros = _zeros(witness)
    for number, zero in enumerate(witness.zeros):
        _check_place(witness, zeros, number, zero)
    count = _different(witness, zeros, angles)
    need(count == witness.count, "witness.count", f"is {witness.count}, but there are {count}")
    boxes = _replay(witness, zeros, corner, unit)
    return Recheck(
        "proved",
        f"{boxes:,} parts of the box were closed again, around {zeros.low.shape[1]} that hold one zero each, "
        f"{count} of them in the box",
    )


def _region(witness: BoxCoverWitness) -> tuple[Floats, Floats]:
    """Lower corner and unit of the halving; the region holds the closed box, and a whole turn of each angle."""
    corner, sides = (np.asarray([_float(x) for x in numbers]) for numbers in (witness.corner, witness.sides))
    need(bool(np.isfinite(corner).all() and np.isfinite(sides).all()), "witness.corner", "is not finite")
    need(bool((sides > 0).all()), "witness.sides", "are not positive")
    unit = sides * 2.0**-STEPS
    top = corner + 2.0**STEPS * unit
    for k, ends in enumerate(witness.box):
        if ends is None:
            turn = Fraction(float(top[k])) - Fraction(float(corner[k])) >= Fraction(_TURN[1])
            need(turn and abs(corner[k]) < 100, f"witness.sides[{k}]", "is less than a turn")
        else:
            holds = Fraction(float(corner[k])) <= ends[0] and ends[1] <= Fraction(float(top[k]))
            need(holds, f"witness.sides[{k}]", "does not hold the box")
    return corner, unit


def _float(pair: Dyadic) -> float:
    return float(np.ldexp(float(pair[0]), pair[1]))


def _zeros(witness: BoxCoverWitness) -> _Zeros:
    """Repeat Krawczyk's test on every stored box, and draw the enclosures of the zeros together."""
    size = len(witness.names)
    center = np.asarray([[_float(x) for x in zero.center] for zero in witness.zeros]).reshape(-1, size).T
    radii = np.asarray([[_float(x) for x in zero.radii] for zero in witness.zeros]).reshape(-1, size).T
    need(bool((radii > 0).all()), "witness.zeros", "have a radius that is not positive")
    low, high = np.nextafter(center - radii, np.inf), np.nextafter(center + radii, -np.inf)
    need(bool((low < high).all()), "witness.zeros", "have a radius that is too small")
    tight = low, high
    every = list(range(size))
    if center.shape[1]:
        failed = np.flatnonzero(~BoxForms(witness.system, low, high, every, every).holds_one())
        need(not len(failed), f"witness.zeros{failed[:1]}", "Krawczyk's test does not find exactly one zero there")
        for share in _SHARES:  # a large box contracts slowly; a zero in a part of it is the only one that it has
            ends = np.fmax(low, center - share * radii), np.fmin(high, center + share * radii)
            here = BoxForms(witness.system, *ends, every, every).holds_one()
            tight = np.where(here, ends[0], tight[0]), np.where(here, ends[1], tight[1])
        for _ in range(12):
            (below, above), _ = BoxForms(witness.system, *tight, every, every).image_ends()
            tight = np.fmax(tight[0], below), np.fmin(tight[1], above)
    return _Zeros(low, high, tight)


def _check_place(witness: BoxCoverWitness, zeros: _Zeros, number: int, zero: ZeroBox) -> None:
    """The zero lies inside the closed box, or outside, as its number says; by exact coordinates where it has some."""
    place = f"witness.zeros[{number}]"
    outside = False
    for k, ends in enumerate(witness.box):
        if ends is None:
            continue
        low, high = (Fraction(float(side[k, number])) for side in zeros.tight)
        outside = outside or high < ends[0] or low > ends[1]
        value = zero.exact[k]
        if zero.of >= 0:
            held = ends[0] <= low and high <= ends[1] if value is None else ends[0] <= value <= ends[1]
            need(held, place, "is not shown to lie in the box")
    fixed = {k: value for k, value in enumerate(zero.exact) if value is not None}
    if zero.of < 0:
        need(outside, place, "is not shown to lie outside of the box")
    elif fixed:
        _check_exact(witness, zeros, number, fixed)


def _check_exact(witness: BoxCoverWitness, zeros: _Zeros, number: int, fixed: dict[int, Fraction]) -> None:
    """Where these coordinates have their values enough functions vanish identically, and the others have a zero."""
    place = f"witness.zeros[{number}].exact"
    size = len(witness.names)
    free = [k for k in range(size) if k not in fixed]
    gone = vanishing(witness.system, fixed)
    need(len(gone) >= len(fixed), place, "are no values at which the equations vanish")
    dropped = sorted(gone, key=lambda k: (k not in fixed, k))[: len(fixed)]
    low, high = zeros.low[:, [number]].copy(), zeros.high[:, [number]].copy()
    for k, value in fixed.items():
        near = float(value)
        inside = Fraction(float(low[k, 0])) < value < Fraction(float(high[k, 0]))
        need(inside, place, "do not meet the box of the zero")
        low[k], high[k] = np.nextafter(near, -np.inf), np.nextafter(near, np.inf)
    if not free:
        return
    rows = [i for i in range(size) if i not in dropped]
    for share in (1.0, *_SHARES):  # around the zero, until the test contracts
        below, above = low.copy(), high.copy()
        for k in free:
            middle, width = (zeros.tight[0] + zeros.tight[1])[k, number] / 2, (high[k] - low[k]) * share / 2
            below[k], above[k] = np.maximum(low[k], middle - width), np.minimum(high[k], middle + width)
        if BoxForms(witness.system, below, above, rows, free).holds_one()[0]:
            return
    need(False, place, "have no zero beside them")


def _different(witness: BoxCoverWitness, zeros: _Zeros, angles: list[int]) -> int:
    """How many numbers the zeros in the box have; zeros of one number are copies, others are not."""
    inside = [k for k, zero in enumerate(witness.zeros) if zero.of >= 0]
    for first, one in enumerate(inside):
        for other in inside[:first]:
            tick()
            place = f"witness.zeros[{one}]"
            same = witness.zeros[one].of == witness.zeros[other].of
            shift = _shift_between(zeros, one, other, angles)
            if same:
                low, high = zeros.tight[0][:, one] + shift[0], zeros.tight[1][:, one] + shift[1]
                fits = (np.nextafter(low, -np.inf) >= zeros.low[:, other]).all()
                fits = fits and (np.nextafter(high, np.inf) <= zeros.high[:, other]).all()
                need(bool(fits), f"{place}.of", "is that of a zero which is not shown to be the same")
            else:
                low = np.nextafter(zeros.tight[0][:, one] + shift[0], -np.inf)
                high = np.nextafter(zeros.tight[1][:, one] + shift[1], np.inf)
                apart = (low > zeros.tight[1][:, other]).any() or (high < zeros.tight[0][:, other]).any()
                need(bool(apart), f"{place}.of", "is not shown to be another zero")
    numbers = {witness.zeros[k].of for k in inside}
    need(numbers == set(range(len(numbers))), "witness.zeros", "are not numbered from 0")
    return len(numbers)


def _shift_between(zeros: _Zeros, one: int, other: int, angles: list[int]) -> tuple[Floats, Floats]:
    """Whole turns that bring one zero nearest to another: ends of the shift, shapes (n,)."""
    middle = (zeros.tight[0] + zeros.tight[1]) / 2
    turns = np.zeros(len(middle))
    turns[angles] = np.rint((middle[angles, other] - middle[angles, one]) / _TURN[0])
    ends = np.nextafter(turns * _TURN[0], -np.inf), np.nextafter(turns * _TURN[1], np.inf)
    low, high = np.minimum(*ends), np.maximum(*ends)
    bounds = np.minimum(low, turns * _TURN[1]), np.maximum(high, turns * _TURN[0])
    return np.where(turns == 0, 0.0, bounds[0]), np.where(turns == 0, 0.0, bounds[1])


def _replay(witness: BoxCoverWitness, zeros: _Zeros, corner: Floats, unit: Floats) -> int:
    """Halve the region as the letters say; how many parts there were."""

    def closed(letter: str, low: Any, width: Any) -> Any:
        # neighbours share their ends exactly, since they are computed alike
        start, end = (corner[:, None] + steps * unit[:, None] for steps in (low, low + width))
        return _closed(witness, zeros, letter, start, end)

    size, place = len(corner), "witness.levels"
    return replay(witness.levels, size, closed, letters=LETTERS, first="0", most=_MOST_BOXES, place=place)


def _closed(witness: BoxCoverWitness, zeros: _Zeros, letter: str, low: Floats, high: Floats) -> Any:
    """Which parts are closed for the reason of a letter; every shape is (n, B), every answer (B,)."""
    every = list(range(len(low)))
    if letter == "n":
        gaps = np.zeros(low.shape[1], dtype=bool)
        ranges(witness.system, low, high, gaps)
        return gaps
    if letter == "v":
        return np.any([misses(x) for x in ranges(witness.system, low, high)], axis=0)
    if letter == "u":
        closed = zeros.hold(low, high)
        rest = np.flatnonzero(~closed)
        if len(rest):
            (below, above), finite = BoxForms(witness.system, low[:, rest], high[:, rest], every, every).image_ends()
            closed[rest] = zeros.hold(below, above) & finite
        return closed
    forms = BoxForms(witness.system, low, high, every, every)
    return forms.by_inverse() if letter == "p" else forms.by_mean_value()
