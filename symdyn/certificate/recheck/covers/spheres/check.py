"""Re-check of the number of orbits of states on spheres that consist of equilibria.

Rotations and reflections of space and exchanges of tokens commute with the flow, so that equilibria come in whole
orbits. Those of states on a line are counted. Each other orbit has a state in the slice whose box of unknowns is halved
again, and each part must be closed for the reason that its letter states: so it is the one zero in one of the boxes.
"""

from __future__ import annotations

from typing import Any

import flint
import numpy as np

from symdyn.certificate.recheck.covers.halving import STEPS, replay
from symdyn.certificate.recheck.covers.outward import Floats
from symdyn.certificate.recheck.covers.spheres.forms import torques_over
from symdyn.certificate.recheck.covers.spheres.frame import TOP, are_outside, in_slice
from symdyn.certificate.recheck.covers.spheres.model import check_identities
from symdyn.certificate.recheck.covers.spheres.zeros import Isolated, check_on_lines, check_orbits, check_rest, isolated
from symdyn.certificate.refutation import Recheck, need
from symdyn.certificate.witness.covers.sphere_cover import LETTERS, SphereCoverWitness

_MOST_BOXES = 8_000_000
_PI = 3.141592653589793, 3.1415926535897936  # pi lies between


def check_sphere_cover(witness: SphereCoverWitness, verdict: str) -> Recheck:
    """The identities, the boxes around equilibria, which of them are of one orbit, and every letter."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of a cover")
    check_identities(witness)
    reach = _reach(check_on_lines(witness))
    zeros = isolated(witness)
    check_rest(witness, zeros)
    check_orbits(witness, zeros)
    boxes = _replay(witness, zeros, reach)
    return Recheck(
        "proved",
        f"{boxes:,} boxes of a slice were closed again, around {len(witness.zeros)} that hold one zero each; orbits of "
        f"equilibria: {witness.count}, {witness.on_a_line} of them on a line; that rotations, reflections and "
        "exchanges commute with the flow was checked as identities",
    )


def _reach(radius: float) -> tuple[float, float]:
    """The radius in charts, and the angle with tan(a/2) = radius, rounded down."""
    with flint.ctx.workprec(100):
        angle = float(2 * flint.arb(radius).atan())
    return radius, float(np.nextafter(np.nextafter(angle, 0.0), 0.0))


def _replay(witness: SphereCoverWitness, zeros: Isolated, reach: tuple[float, float]) -> int:
    size = witness.unknowns
    further = len(witness.tokens) - 2
    corner = np.asarray([0.0] + [-1.0, -1.0] * further)[:, None]
    unit = np.asarray([TOP] + [4.0, 2.0] * further)[:, None] * 2.0**-STEPS

    def closed(letter: str, low: Any, width: Any) -> Any:
        start, end = corner + low * unit, corner + (low + width) * unit
        # a part that runs over two charts is closed for no reason
        whole = ~((start[1::2] < 1) & (end[1::2] > 1)).any(axis=0)
        below = start[1::2] >= 1
        start[1::2] -= 2 * below
        end[1::2] -= 2 * below
        return whole & _closed(witness, zeros, reach, letter, start, end, np.where(below, -1.0, 1.0))

    place = "witness.levels"
    return replay(witness.levels, size, closed, letters=LETTERS, first="0", most=_MOST_BOXES, place=place)


def _closed(
    witness: SphereCoverWitness,
    zeros: Isolated,
    reach: tuple[float, float],
    letter: str,
    low: Floats,
    high: Floats,
    charts: Floats,
) -> Any:
    """Which parts are closed for the reason of a letter; every answer is (B,)."""
    if letter == "c":
        near = (high[0] <= reach[1]) | (np.nextafter(low[0] + reach[1], -np.inf) >= _PI[1])
        return near & np.all((low[1:] >= -reach[0]) & (high[1:] <= reach[0]), axis=0)
    tokens = witness.tokens
    if letter == "o":
        return are_outside(tokens, in_slice(tokens, low, high, charts, slopes=False), low, high)
    if letter == "u":
        found = zeros.hold(low, high, charts)
        rest = np.flatnonzero(~found)
        if len(rest):
            below, above = torques_over(
                witness.torques, tokens, low[:, rest], high[:, rest], charts[:, rest]
            ).image()
            ends = np.fmax(low[:, rest], below), np.fmin(high[:, rest], above)
            found[rest] = zeros.hold(*ends, charts[:, rest])
        return found
    form = torques_over(witness.torques, tokens, low, high, charts)
    if letter == "v":
        return np.any([(x[0] > 0) | (x[1] < 0) for x in form.range], axis=0)
    return form.by_mean_value() if letter == "d" else form.by_inverse()
