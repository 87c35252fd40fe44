"""All roots of a function of one variable in an interval, proved: every part holds none, or exactly one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import flint
import sympy as sp

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.algebra.programs.switches import without_switches
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import whole
from symdyn.numerics.backends import ball_backend
from symdyn.numerics.enclosed_number import Enclosure, from_ball

_MOST_PARTS = 20_000
_FAR = 10**300
_SMALLEST = Fraction(1, 2**60)


@dataclass(frozen=True)
class ScalarRoots(Sequence[Enclosure]):
    """Roots in order.

    Parameters
    ----------
    items
        Each in its enclosure, in which it is the only one.
    slopes
        The derivative at each, enclosed; its sign is certain.
    between
        The interval that was looked at.
    undecided
        Parts of it that may hold roots: double ones, or more than one close together.
    """

    items: tuple[Enclosure, ...]
    slopes: tuple[Enclosure, ...]
    between: Enclosure
    undecided: tuple[Enclosure, ...] = field(default=())

    @property
    def completeness(self) -> Verdict:
        """PROVED if these are all roots in the interval, else UNDECIDED."""
        return Verdict.UNDECIDED if self.undecided else Verdict.PROVED

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, place: Any) -> Any:
        return self.items[place]

    def __iter__(self) -> Iterator[Enclosure]:
        return iter(self.items)


def scalar_roots(function: Any, symbol: sp.Symbol, between: tuple[Any, Any], *, digits: int = 12) -> ScalarRoots:
    """All roots of a formula in an interval, by interval Newton and bisection in balls.

    Parameters
    ----------
    function
        A SymPy expression in the symbol alone.
    symbol
        Real.
    between
        Two exact numbers or floats; roots at the ends count.
    digits
        Of each root, after its first.

    Returns
    -------
    ScalarRoots
        `completeness` is PROVED where every part of the interval was shown to hold no root or exactly one.

    Raises
    ------
    ModelError
        If the interval or the formula is not right.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> found = scalar_roots(sp.cos(x) - x, x, (-10, 10))
    >>> print(found[0], found.completeness)
    0.7390851332151607 (within 6e-17) PROVED
    """
    low, high = (_fraction(end) for end in _pair(between))
    if not low < high:
        raise ModelError(f"the interval goes from {low} to {high}: give the lower end first")
    formula = without_switches(sp.S.Zero + function)
    others = sorted(map(str, formula.free_symbols - {symbol}))
    if others:
        raise ModelError(f"the formula depends on {', '.join(others)} beside {symbol}: give numbers for them")
    if formula == 0:
        raise ModelError("the formula is zero everywhere: every number is a root")
    value = ball_backend.lower(straight_line([formula], (symbol,)))
    slope = ball_backend.lower(straight_line([sp.diff(formula, symbol)], (symbol,)))
    with flint.ctx.workprec(128 + 4 * whole(digits, "the number of digits", least=1, most=60)):
        return _Search(value, slope, digits).run(low, high)


def ball_roots(
    value: Callable[[flint.arb], flint.arb],
    slope: Callable[[flint.arb], flint.arb],
    cuts: Sequence[Any],
    *,
    digits: int = 12,
    most_parts: int = 2000,
) -> ScalarRoots:
    """All roots in an interval of a function that is given in balls, as one that is an integral.

    Parameters
    ----------
    value, slope
        The function and its derivative: called with a ball, they enclose all values on it.
    cuts
        The ends of the interval, and between them places where it is cut first, rising.
    digits
        Of each root, after its first.
    most_parts
        That are looked at; what is left then is undecided.

    Examples
    --------
    >>> found = ball_roots(lambda x: x * x - 2, lambda x: 2 * x, (0, 1, 4))
    >>> print(found[0], found.completeness)
    1.4142135623730951 (within 5e-17) PROVED
    """
    places = [_fraction(end) for end in cuts]
    if len(places) < 2 or any(not a < b for a, b in zip(places, places[1:], strict=False)):
        raise ModelError(f"the cuts are {came(cuts)}: give two numbers or more, rising")
    with flint.ctx.workprec(128 + 4 * digits):
        search = _Search(lambda x: _Entry(value(x[0])), lambda x: _Entry(slope(x[0])), digits, most_parts)
        return search.run(*places)


class _Entry:
    """A ball where a matrix with one entry is expected."""

    def __init__(self, value: flint.arb) -> None:
        self.value = value

    def __getitem__(self, _: Any) -> flint.arb:
        return self.value


def _pair(between: Any) -> tuple[Any, Any]:
    try:
        low, high = between
    except (TypeError, ValueError):
        raise ModelError(f"the interval is {came(between)}: give its two ends, as in (0, 1)") from None
    return low, high


def _fraction(value: Any) -> Fraction:
    if isinstance(value, sp.Rational):
        return Fraction(int(value.p), int(value.q))
    if isinstance(value, int | float | Fraction) and not isinstance(value, bool) and -_FAR < value < _FAR:
        return Fraction(value)
    raise ModelError(f"an end of the interval is {came(value)}: give a rational number or a float")


class _Search:
    """Bisection; a part is done when the function or its slope has a certain sign there."""

    def __init__(self, value: Any, slope: Any, digits: int, most_parts: int = _MOST_PARTS) -> None:
        self.value, self.slope = value, slope
        self.digits, self.most_parts = digits, most_parts
        self.found: list[tuple[Enclosure, Enclosure]] = []
        self.open: list[Enclosure] = []

    def run(self, *cuts: Fraction) -> ScalarRoots:
        low, high = cuts[0], cuts[-1]
        parts = list(zip(cuts, cuts[1:], strict=False))[::-1]
        looked = 0
        while parts:
            a, b = parts.pop()
            looked += 1
            over = looked > self.most_parts or b - a < _SMALLEST * max(Fraction(1), abs(a), abs(b))
            if self._excluded(a, b):
                continue
            if self._is_monotone(a, b):
                self._single(a, b)
            elif over:
                self.open.append(Enclosure(a, b))
            else:
                middle = a + (b - a) * Fraction(4097, 8192)  # seldom a root itself
                parts += [(middle, b), (a, middle)]
        unique = self._told_apart()
        return ScalarRoots(
            tuple(root for root, _ in unique), tuple(s for _, s in unique), Enclosure(low, high), _joined(self.open)
        )

    def _at(self, function: Any, a: Fraction, b: Fraction) -> flint.arb:
        try:
            return flint.arb(function([_ball(a, b)])[0, 0])
        except (ValueError, ZeroDivisionError):
            return flint.arb("nan")

    def _excluded(self, a: Fraction, b: Fraction) -> bool:
        whole_part = self._at(self.value, a, b)
        if whole_part.is_finite() and not whole_part.contains(0):
            return True
        middle = (a + b) / 2
        slope, value = self._at(self.slope, a, b), self._at(self.value, middle, middle)
        mean = value + slope * (_ball(a, b) - _ball(middle, middle))
        return bool(mean.is_finite()) and not mean.contains(0)

    def _is_monotone(self, a: Fraction, b: Fraction) -> bool:
        slope = self._at(self.slope, a, b)
        return bool(slope.is_finite()) and not slope.contains(0)

    def _single(self, a: Fraction, b: Fraction) -> None:
        """At most one root: signs at the ends decide, and Newton makes it narrow."""
        left, right = self._at(self.value, a, a), self._at(self.value, b, b)
        if left.contains(0) and not _is_zero(left):
            self.open.append(Enclosure(a, b))
            return
        if right.contains(0) and not _is_zero(right):
            self.open.append(Enclosure(a, b))
            return
        if _is_zero(left) or _is_zero(right):
            a = b = a if _is_zero(left) else b
        elif (left > 0) == (right > 0):
            return
        slope = self._at(self.slope, a, b)
        wanted = Fraction(1, 10**self.digits) * max(Fraction(1), abs(a))
        for _ in range(400):
            if b - a <= wanted:
                break
            middle = (a + b) / 2
            value = self._at(self.value, middle, middle)
            slope = self._at(self.slope, a, b)
            step = from_ball(_ball(middle, middle) - value / slope)
            low, high = max(a, step.low), min(b, step.high)
            if high - low > (b - a) / 2:
                if value > 0 or value < 0:
                    a, b = (a, middle) if (value > 0) != (left > 0) else (middle, b)
                    continue
                break
            a, b = low, high
        self.found.append((Enclosure(a, b), from_ball(self._at(self.slope, a, b))))

    def _told_apart(self) -> list[tuple[Enclosure, Enclosure]]:
        """One of two enclosures that meet at an end of two parts."""
        kept: list[tuple[Enclosure, Enclosure]] = []
        for root, slope in sorted(self.found, key=lambda one: one[0].low):
            if not kept or not kept[-1][0].meets(root):
                kept.append((root, slope))
        return kept


def _is_zero(value: flint.arb) -> bool:
    return bool(value == 0)


def _ball(a: Fraction, b: Fraction) -> flint.arb:
    low, high = (flint.arb(flint.fmpq(end.numerator, end.denominator)) for end in (a, b))
    return low if a == b else low.union(high)


def _joined(parts: list[Enclosure]) -> tuple[Enclosure, ...]:
    """Neighbours as one."""
    found: list[Enclosure] = []
    for part in sorted(parts, key=lambda one: one.low):
        if found and part.low <= found[-1].high:
            found[-1] = Enclosure(found[-1].low, max(part.high, found[-1].high))
        else:
            found.append(part)
    return tuple(found)
