"""Proof that a list of equilibria on circles is complete: an interval cover of the whole state space.

States are angles, one for each circle. The box of all states is halved along its longest side, level by level, until
every box has a reason to be closed:

* `o`: no state in it is ordered, and exchangeable circles may be ordered (with one more circle at angle 0, while all
  turn alike: no state whose gap at the end is the widest);
* `m`: a symmetry raises a fixed linear function of the state everywhere in it; in every orbit some state is highest;
* `u`: all zeros in it lie in a box in which Krawczyk's test finds exactly one zero (the box does, or its image under
  Krawczyk's operator);
* `v`: some angular speed has no zero in it, by its range;
* `d`, `p`: the same by the mean-value form, plain or multiplied by an inverse of the Jacobian.

Every equilibrium is then one of the zeros in the boxes of uniqueness; if each of these is an image of a listed one, the
list is complete. The letters are the witness: a re-checker repeats every one of them with arithmetic of its own.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.dynamics.flow import Flow
from symdyn.equilibrium.asked.lowering import program_data
from symdyn.equilibrium.certify import dyadic
from symdyn.equilibrium.cover.angular import AngularSpeeds, angular_speeds
from symdyn.equilibrium.cover.circle_forms import MARGIN, Linearised, Zeros, combined, misses_zero, unique_boxes
from symdyn.equilibrium.cover.circle_reduction import TOP, WEIGHTS, Reduction, images, turned_images
from symdyn.numerics.intervals.interval import Interval, constant, cosine, sine

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_BATCH = 20_000
_SMALLEST = 2.0**-17


@dataclass(frozen=True, kw_only=True)
class Cover:
    """Outcome of a cover.

    Parameters
    ----------
    is_complete
        Whether every box was closed.
    boxes
        How many boxes were looked at.
    zeros
        How many boxes of uniqueness were used (images under symmetries and the seam included).
    reason
        Why it failed, if it did.
    count
        How many different equilibria there are modulo the symmetries that were used.
    modulo
        The symmetries that were used, in words.
    witness
        What a re-checker needs, if it succeeded.
    of
        For each box of uniqueness the place in the list of the equilibrium that it is an image of.
    is_turning
        Whether one more circle, at angle 0, was exchanged with the others.
    """

    is_complete: bool
    boxes: int
    zeros: int
    reason: str = ""
    count: int = 0
    modulo: tuple[str, ...] = ()
    witness: dict[str, Any] = field(default_factory=dict, repr=False)
    of: tuple[int, ...] = ()
    is_turning: bool = False


def is_coverable(flow: Any) -> bool:
    """Whether the state space is a product of circles."""
    constraint = getattr(flow, "constraint", None)
    return (
        isinstance(flow, Flow)
        and constraint is not None
        and bool(constraint.factors)
        and all(len(group) == 2 for group in constraint.factors)
    )


def cover(
    flow: Flow,
    points: Floats,
    *,
    max_boxes: int = 3_000_000,
    time_limit: float | None = None,
    is_turning: bool = False,
) -> Cover:
    """Try to prove that all equilibria are images of the given ones.

    Parameters
    ----------
    flow
        On circles; its symmetries are taken as exact.
    points
        Known equilibria, shape (2 n, B), ambient coordinates.
    max_boxes
        Budget.
    time_limit
        In seconds.
    is_turning
        Whether there is one more circle, at angle 0, which may be exchanged with these, while all turn alike.

    Returns
    -------
    Cover
        What is proved: `is_complete`. The arithmetic is rigorous by IEEE rounding. Maps that are not rational and
        orthogonal, or generate many, are not used: images under them count as different.
    """
    started = time.monotonic()
    speeds = angular_speeds(flow)
    reduction = Reduction.of_turning() if is_turning else Reduction.of(flow, speeds.circles)
    if is_turning:
        centers, of = turned_images(np.asarray([np.arctan2(points[j], points[i]) for i, j in speeds.circles]))
    else:
        centers, of = images(speeds.circles, reduction, flow, points)
    try:
        zeros = unique_boxes(speeds, centers, of)
    except (ValueError, OverflowError) as failure:  # a function without an interval form
        return Cover(is_complete=False, boxes=0, zeros=0, reason=str(failure))
    if zeros is None:
        return Cover(
            is_complete=False,
            boxes=0,
            zeros=0,
            reason="an equilibrium of the list is degenerate: no box of uniqueness was found around it",
        )
    low, high = np.zeros((speeds.size, 1)), np.full((speeds.size, 1), TOP)
    levels: list[str] = []
    looked = 0
    while low.shape[1]:
        letters = []
        for begin in range(0, low.shape[1], _BATCH):
            part = slice(begin, begin + _BATCH)
            looked += low[:, part].shape[1]
            over = time_limit is not None and time.monotonic() - started > time_limit
            if looked > max_boxes or over:
                return Cover(
                    is_complete=False,
                    boxes=looked,
                    zeros=len(zeros.of),
                    reason="the budget of boxes or time was spent",
                )
            letters.append(_closed(speeds, reduction, zeros, low[:, part], high[:, part]))
        reasons = np.concatenate(letters)
        levels.append(reasons.tobytes().decode("ascii"))
        low, high = _bisected(low[:, reasons == ord("s")], high[:, reasons == ord("s")])
        if low.shape[1] and float((high - low).max()) < _SMALLEST:
            reason = "a small box was neither excluded nor next to a listed equilibrium"
            return Cover(is_complete=False, boxes=looked, zeros=len(zeros.of), reason=reason)
    witness = _witness(flow, speeds, reduction, zeros, levels)
    return Cover(
        is_complete=True,
        boxes=looked,
        zeros=len(zeros.of),
        reason="",
        count=len(set(zeros.of)),
        modulo=reduction.modulo(flow),
        witness=witness,
        of=tuple(zeros.of),
        is_turning=is_turning,
    )


def _closed(speeds: AngularSpeeds, reduction: Reduction, zeros: Zeros, low: Floats, high: Floats) -> Any:
    """The letter of each box; `s` for those that must be halved."""
    letters = np.full(low.shape[1], ord("s"), dtype=np.uint8)

    def close(letter: str, which: Any) -> None:
        """Of the boxes that are still open, those with a reason."""
        letters[open_()[which]] = ord(letter)

    def open_() -> Any:
        return np.flatnonzero(letters == ord("s"))

    with np.errstate(all="ignore"):  # infinity encloses, and nan closes no box
        if reduction.is_exchangeable:
            close("o", np.any(low[:-1] > high[1:], axis=0))
        if reduction.is_turning:
            rest = open_()
            gaps = np.concatenate([low[:1, rest], low[1:, rest] - high[:-1, rest]])
            close("o", np.any(gaps > 2 * np.pi - low[-1, rest] + MARGIN, axis=0))
        rest = open_()
        close("m", _raised(speeds, reduction, low[:, rest], high[:, rest]))
        rest = open_()
        close("u", zeros.hold(low[:, rest], high[:, rest]))
        rest = open_()
        if not len(rest):
            return letters
        low, high = low[:, rest], high[:, rest]
        form = Linearised(speeds, (low + high) / 2, low, high)
        by_range, by_mean = (np.zeros(len(rest), dtype=bool) for _ in range(2))
        for i in range(speeds.size):
            by_range |= misses_zero(form.range[i])
            by_mean |= misses_zero(form.mean_value(i))
        by_inverse, below, above = form.krawczyk()
        by_image = zeros.hold(np.maximum(low, below), np.minimum(high, above)) & np.isfinite(below + above).all(axis=0)
        for letter, which in (("u", by_image), ("p", by_inverse), ("d", by_mean), ("v", by_range)):
            letters[rest[which]] = ord(letter)
    return letters


def _raised(speeds: AngularSpeeds, reduction: Reduction, low: Floats, high: Floats) -> Bools:
    """Boxes in which some symmetry certainly raises the weighted sum of the coordinates."""
    raised = np.zeros(low.shape[1], dtype=bool)
    if not reduction.raised or not low.shape[1]:
        return raised
    coordinates: dict[int, Interval] = {}
    for number, (i, j) in enumerate(speeds.circles):
        angle = (low[number], high[number])
        coordinates[i], coordinates[j] = cosine(angle), sine(angle)
    like = low[0]
    for row in reduction.raised:
        terms = [(k, x) for k, x in enumerate(row) if x]
        total = combined(
            [constant(like, x.numerator, x.denominator) for _, x in terms], [coordinates[k] for k, _ in terms]
        )
        raised |= total[0] > MARGIN
    return raised


def _bisected(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Both halves of each box along its longest side, the first of equal ones; the lower half comes first."""
    every = np.arange(low.shape[1])
    side = (high - low).argmax(axis=0) if low.shape[1] else every
    middle = (low[side, every] + high[side, every]) / 2
    left_high, right_low = high.copy(), low.copy()
    left_high[side, every], right_low[side, every] = middle, middle
    size = 2 * low.shape[1]
    return (
        np.stack([low, right_low], axis=2).reshape(len(low), size),
        np.stack([left_high, high], axis=2).reshape(len(low), size),
    )


def _witness(
    flow: Flow, speeds: AngularSpeeds, reduction: Reduction, zeros: Zeros, levels: list[str]
) -> dict[str, Any]:
    return {
        "kind": "interval cover",
        "names": [str(symbol) for symbol in flow.coords],
        "program": program_data(straight_line(flow.field.components, flow.coords)),
        "circles": [list(circle) for circle in speeds.circles],
        "speeds": program_data(speeds.program_with_factors),
        "exchangeable": reduction.is_exchangeable,
        "maps": [[[int(x.p), int(x.q)] for x in matrix] for matrix in reduction.maps],
        "weights": list(WEIGHTS),
        "modulo": list(reduction.modulo(flow)),
        "top": list(dyadic(TOP)),
        "zeros": [
            {"center": [list(dyadic(x)) for x in center], "radius": list(dyadic(radius)), "of": number}
            for center, radius, number in zip(
                zeros.centers.T.tolist(), zeros.radii.tolist(), _numbered(zeros.of), strict=True
            )
        ],
        "levels": levels,
    }


def _numbered(labels: list[int]) -> list[int]:
    """Labels 0, 1, ... in the order of their first appearance."""
    first = list(dict.fromkeys(labels))
    return [first.index(label) for label in labels]
