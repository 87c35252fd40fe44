"""Equilibria that are listed beside a cover of a box: as many as it counts, each another of its zeros."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symdyn.certificate.refutation import need
from symdyn.certificate.witness.covers.box_cover import BoxCoverWitness, ZeroBox, exact
from symdyn.certificate.witness.program import Program

# closer to 2 pi than a box of uniqueness is wide
_TURN = Fraction(6283185307179586477, 10**18)


def check_listed_in_box(
    witness: BoxCoverWitness, listed: Sequence[tuple[Program, Sequence[Fraction]]]
) -> None:
    """Refute unless each listed point lies in the box around another zero, and the formulas are the same.

    Parameters
    ----------
    witness
        The cover.
    listed
        The formulas of each certified equilibrium, and a point that is nearer to it than to any other.
    """
    need(len(listed) == witness.count, "equilibria", f"are {len(listed)}, but the cover counts {witness.count}")
    seen: set[int] = set()
    for number, (program, point) in enumerate(listed):
        place = f"equilibria[{number}]"
        need(program == witness.program, place, "is that of other formulas than the proof that these are all")
        labels = {zero.of for zero in witness.zeros if zero.of >= 0 and _holds(witness, zero, point)}
        need(len(labels) == 1, place, "is no zero of the cover")
        need(not labels & seen, place, "is the same zero of the cover as another one")
        seen |= labels


def _holds(witness: BoxCoverWitness, zero: ZeroBox, point: Sequence[Fraction]) -> bool:
    """Whether a point lies in the box around a zero, up to whole turns of angles."""
    for value, center, radius, ends in zip(point, zero.center, zero.radii, witness.box, strict=True):
        offset = value - exact(center)
        if ends is None:
            offset -= round(offset / _TURN) * _TURN
        if abs(offset) > exact(radius):
            return False
    return True
