"""Re-check of a network that multiplies tilted means: errors of its net of squares, carried from factor to factor."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import Recheck, need
from symdyn.certificate.witness.measures.product_network import ProductNetworkWitness


def check_product_network(record: ProductNetworkWitness, verdict: str) -> Recheck:
    """The bound holds for all factors from -1 to 1, among which the tilted means are.

    With |p - exact| <= e and |g| <= 1 the exact product moves by e, and the net by a quarter of the range of S(z) - z^2
    on |z| <= 2 + e.

    Raises
    ------
    RefutedError
        With the place where it fails.
    """
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of a proof")
    for number, head in enumerate(record.heads):
        size = sum(map(abs, head.direction))
        need(size <= 1, f"witness.heads[{number}].direction", "gives tilted means beyond [-1, 1]")
    net = _Net(record)
    total = Fraction(0)
    for chain in record.chains:
        error = Fraction(0)
        for added in chain.added:
            tick()
            error += net.range_of_errors(2 + error) / 4
            total += abs(added) * error
    need(total <= record.bound, "witness.bound", "is below the errors that the squares may make")
    return Recheck("proved", f"errors of {len(record.knots)} pieces were carried through {record.layers} products")


class _Net:
    """S(z) = offset + sum turns_j max(0, z - knots_j), by values and slopes at its knots."""

    def __init__(self, record: ProductNetworkWitness) -> None:
        self.knots, self.known = record.knots, dict[Fraction, Fraction]()
        self.values, self.slopes = [record.offset], [record.turns[0]]
        for before, knot, turn in zip(record.knots, record.knots[1:], record.turns[1:]):
            self.values.append(self.values[-1] + self.slopes[-1] * (knot - before))
            self.slopes.append(self.slopes[-1] + turn)
        self.offset = record.offset

    def range_of_errors(self, reach: Fraction) -> Fraction:
        """Largest minus smallest S(z) - z^2 on [-reach, reach]."""
        if reach not in self.known:
            self.known[reach] = self._range(reach)
        return self.known[reach]

    def _range(self, reach: Fraction) -> Fraction:
        inside = [knot for knot in self.knots if -reach < knot < reach]
        places = [-reach, *inside, reach]
        errors = [self._value(z) - z * z for z in places]
        for left, right in zip(places, places[1:]):
            top = self._slope(left) / 2  # where S(z) - z^2, concave on a piece, is largest
            if left < top < right:
                errors.append(self._value(top) - top * top)
        return max(errors) - min(errors)

    def _piece(self, z: Fraction) -> int:
        return bisect_right(self.knots, z) - 1

    def _slope(self, z: Fraction) -> Fraction:
        """To the right of z."""
        k = self._piece(z)
        return self.slopes[k] if k >= 0 else Fraction(0)

    def _value(self, z: Fraction) -> Fraction:
        k = self._piece(z)
        return self.values[k] + self.slopes[k] * (z - self.knots[k]) if k >= 0 else self.offset
