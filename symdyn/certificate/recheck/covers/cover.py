"""Re-check of an interval cover: that a list of equilibria of a flow on circles is complete.

Every equilibrium has an image under the symmetries that is highest for a linear function and whose angles, within
[0, 2 pi], are ordered where circles may be permuted. The halving of the box of all angles is replayed, and each box
must be closed for the reason that its letter states; so that image is the one zero in one of the boxes of uniqueness.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.covers.boxes import Forms, Unique, unique_boxes
from symdyn.certificate.recheck.covers.halving import halved
from symdyn.certificate.recheck.covers.jets import on_circles
from symdyn.certificate.recheck.covers.model import CoverModel, checked_model
from symdyn.certificate.recheck.covers.orbits import check_orbits
from symdyn.certificate.recheck.covers.outward import Interval, rational, times
from symdyn.certificate.recheck.covers.turning import leaves_another_gap
from symdyn.certificate.refutation import Recheck, need
from symdyn.certificate.witness.covers.cover import LETTERS, CoverWitness, Dyadic

_BATCH = 4096
_STEPS = 30  # how often a side may be halved
_MOST_BOXES = 5_000_000
#: For each map the coefficients of w(g x) - w(x), each with its place.
Raised = Sequence[Sequence[tuple[int, Interval]]]


def check_cover(witness: CoverWitness, verdict: str) -> Recheck:
    """The identities, the boxes of uniqueness, which of them are images of each other, and every letter."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of a cover")
    model = checked_model(witness)
    zeros = unique_boxes(model, witness.zeros)
    count = check_orbits(model, zeros)
    need(count == witness.count, "witness.zeros", f"are said to be of {witness.count} equilibria, and are of {count}")
    boxes = replay(model, witness.top, witness.levels, zeros, _raised(model, witness))
    return Recheck(
        "proved",
        f"{boxes:,} boxes were closed again, around {zeros.number} that hold one zero each: {count} equilibria and "
        "images of them; tangency and symmetries were checked as identities",
    )


def replay(model: CoverModel, end: Dyadic, levels: Sequence[str], zeros: Unique, raised: Raised = ()) -> int:
    """Halve the box of all angles as the letters say; how many boxes there were."""
    mantissa, exponent = end
    need(0 < mantissa < 2**22 and abs(exponent) < 50, "witness.top", "is no short dyadic number")
    top = mantissa * 2.0**exponent
    need(6.2831854 < top < 12.0, "witness.top", "is not a little more than 2 pi")
    unit = top * 2.0**-_STEPS
    low = np.zeros((model.size, 1), dtype=np.int64)
    width = np.full((model.size, 1), 2**_STEPS, dtype=np.int64)
    total = 0
    for level, letters in enumerate(levels):
        place = f"witness.levels[{level}]"
        need(len(letters) == low.shape[1], place, f"has not {low.shape[1]} letters")
        total += len(letters)
        need(total <= _MOST_BOXES, place, f"is beyond {_MOST_BOXES} boxes")
        reasons = np.frombuffer(letters.encode("ascii"), dtype=np.uint8)
        for letter in LETTERS[1:]:
            chosen = np.flatnonzero(reasons == ord(letter))
            for begin in range(0, len(chosen), _BATCH):
                tick()
                part = chosen[begin : begin + _BATCH]
                closed = _closed(model, zeros, raised, letter, low[:, part] * unit, (low + width)[:, part] * unit)
                need(bool(closed.all()), place, f"has a letter {letter} that does not hold")
        low, width = _halved(low[:, reasons == ord("s")], width[:, reasons == ord("s")], place)
    need(not low.shape[1], "witness.levels", f"leave {low.shape[1]} boxes open")
    return total


def _halved(low: Any, width: Any, place: str) -> tuple[Any, Any]:
    """Both halves of each box along its longest side, the first of equal ones; the lower half comes first."""
    every = np.arange(low.shape[1])
    side = width.argmax(axis=0) if len(every) else every
    return halved(low, width, side, place)


def _raised(model: CoverModel, witness: CoverWitness) -> Raised:
    """For each map g the coefficients of w(g x) - w(x), with w the sum of a x + b y over the circles."""
    form = [0] * (2 * model.size)
    for circle in model.circles:
        for k, weight in zip(circle, witness.weights, strict=True):
            form[k] = weight
    rows = []
    for matrix in model.group:
        moved = [sum(form[i] * matrix[i][j] for i in range(len(form))) - form[j] for j in range(len(form))]
        rows.append([(k, rational(x.numerator, x.denominator)) for k, x in enumerate(moved) if x])
    return [row for row in rows if row]


def _closed(model: CoverModel, zeros: Unique, raised: Raised, letter: str, low: Any, high: Any) -> Any:
    """Which boxes are closed for the reason of a letter; every shape is (n, B), every answer (B,)."""
    if letter == "o":
        none = np.zeros(low.shape[1], dtype=bool)
        falls = np.any(low[:-1] > high[1:], axis=0) if model.is_exchangeable else none
        return falls | leaves_another_gap(low, high) if model.is_turning else falls
    if letter == "m":
        return _is_raised(model, raised, low, high)
    if letter == "u":
        closed = zeros.hold(low, high)
        rest = np.flatnonzero(~closed)
        if len(rest):
            below, above = Forms(model, low[:, rest], high[:, rest]).image()
            finite = np.isfinite(below + above).all(axis=0)
            inside = zeros.hold(np.maximum(low[:, rest], below), np.minimum(high[:, rest], above))
            closed[rest] = inside & finite
        return closed
    forms = Forms(model, low, high, slopes=letter != "v")
    return {"v": forms.by_range, "d": forms.by_mean_value, "p": forms.by_inverse}[letter]()


def _is_raised(model: CoverModel, raised: Raised, low: Any, high: Any) -> Any:
    """Whether some symmetry raises the linear function everywhere in the box."""
    found = np.zeros(low.shape[1], dtype=bool)
    state = on_circles(model.circles, low, high, slopes=False)
    for row in raised:
        total = np.zeros(low.shape[1])
        for k, weight in row:
            total = np.nextafter(total + times(weight, state[k].value())[0], -np.inf)
        found |= total > 0
    return found
