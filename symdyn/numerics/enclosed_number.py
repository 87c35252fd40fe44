"""A number between two fractions, proved."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, came


@dataclass(frozen=True)
class Enclosure:
    """A number between two fractions.

    Parameters
    ----------
    low, high
        The ends, which belong to it.

    Raises
    ------
    ModelError
        If the ends are in the wrong order.

    Examples
    --------
    >>> print(Enclosure(Fraction(314159, 100000), Fraction(314160, 100000)))
    3.1416 (within 1e-05)
    """

    low: Fraction
    high: Fraction

    verdict = Verdict.PROVED

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            value = getattr(self, name)
            if isinstance(value, sp.Rational):
                value = Fraction(int(value.p), int(value.q))
            if isinstance(value, bool) or not isinstance(value, int | Fraction):
                raise ModelError(f"an end of an enclosure is {came(value)}: give a fraction")
            object.__setattr__(self, name, Fraction(value))
        if self.low > self.high:
            raise ModelError(f"an enclosure goes from {self.low} to {self.high}: give the lower end first")

    def __float__(self) -> float:
        return float((self.low + self.high) / 2)

    @property
    def width(self) -> Fraction:
        """high - low."""
        return self.high - self.low

    def contains(self, value: Any) -> bool:
        """Whether an exact number lies between the ends, decided exactly."""
        exact = sp.nsimplify(value) if isinstance(value, float) else sp.S.Zero + value
        low, high = (sp.Rational(end.numerator, end.denominator) for end in (self.low, self.high))
        return bool(low <= exact) and bool(exact <= high)

    def meets(self, other: Enclosure) -> bool:
        """Whether two enclosures have a number in common."""
        return self.low <= other.high and other.low <= self.high

    def __str__(self) -> str:
        """The certain digits."""
        if self.low == self.high:
            return str(self.low)
        middle, half = (self.low + self.high) / 2, (self.high - self.low) / 2
        for digits in range(17, 0, -1):
            shown = f"{float(middle):.{digits}g}"
            value = Fraction(shown)
            unit = Fraction(10) ** _exponent(value, digits)
            if abs(self.low - value) <= unit and abs(self.high - value) <= unit:
                return f"{shown} (within {float(max(half, abs(middle - value) + half)):.0e})"
        return f"{float(middle):.1g} (within {float(half):.0e})"


def _exponent(value: Fraction, digits: int) -> int:
    """Power of ten of the last of so many digits."""
    if value == 0:
        return -digits
    size, power = abs(value), 0
    while size >= 10:
        size, power = size / 10, power + 1
    while size < 1:
        size, power = size * 10, power - 1
    return power - digits + 1


def from_ball(ball: flint.arb) -> Enclosure:
    """The fractions at the ends of a ball.

    Raises
    ------
    ModelError
        If the ball is not finite.
    """
    if not ball.is_finite():
        raise ModelError("the ball is not finite: compute with more digits")
    ends = []
    for end in (ball.lower(), ball.upper()):
        mantissa, exponent = end.man_exp()
        ends.append(Fraction(int(mantissa)) * Fraction(2) ** int(exponent))
    return Enclosure(ends[0], ends[1])
