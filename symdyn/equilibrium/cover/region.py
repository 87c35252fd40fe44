"""A closed box in which equilibria are looked for, and angles, which count modulo 2 pi."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.programs.steps import StraightLine
from symdyn.certificate.witness.covers.box_cover import Ends, box_text
from symdyn.equilibrium.asked.exact_points import simplest_between
from symdyn.equilibrium.asked.points import Floats, real_number
from symdyn.equilibrium.cover.branching import Region
from symdyn.equilibrium.cover.exactly import is_exactly
from symdyn.errors import ModelError, came

TURN = 2 * np.pi
# an angle of -1e-12 is 0 up to rounding, and not 2 pi
_SEAM = 1e-9
_INFLATED = 1e-6
_FINEST = 2**1074
_LARGEST = 10**300
_SIMPLE = Fraction(1, 10**12)
_BITS = 1000


@dataclass(frozen=True)
class ClosedBox:
    """Both ends of each coordinate, which belong to the box; None for an angle.

    Parameters
    ----------
    coords
        The coordinates.
    ends
        Of each.
    """

    coords: tuple[sp.Symbol, ...]
    ends: tuple[Ends, ...]

    @property
    def angles(self) -> tuple[int, ...]:
        """The places of coordinates that count modulo 2 pi."""
        return tuple(k for k, ends in enumerate(self.ends) if ends is None)

    @property
    def in_words(self) -> str:
        """The box as text."""
        return box_text([symbol.name for symbol in self.coords], self.ends)

    def corners(self) -> tuple[Floats, Floats]:
        """Lower and upper ends in floats; of an angle 0 and 2 pi."""
        pairs = [(0.0, TURN) if ends is None else (float(ends[0]), float(ends[1])) for ends in self.ends]
        return np.asarray([low for low, _ in pairs]), np.asarray([high for _, high in pairs])

    def region(self) -> Region:
        """A region around the box, a little larger, so that a zero at an end lies inside of it."""
        low, high = self.corners()
        sides = high - low
        # uneven, so that halving does not meet the middle, where symmetric systems have zeros
        corner = low - _INFLATED * sides - 1e-15 * np.abs(low)
        return Region(corner, (high - corner) + 2.3 * _INFLATED * sides + 1e-15 * np.abs(high))

    def starts(self, number: int, seed: int) -> Floats:
        """Points drawn uniformly, shape (n, number)."""
        low, high = self.corners()
        return np.random.default_rng(seed).uniform(low[:, None], high[:, None], size=(len(low), number))

    def reduced(self, points: Floats) -> Floats:
        """The points (n, B) with angles from 0 to 2 pi."""
        result = np.array(points)
        for k in self.angles:
            result[k] -= TURN * np.floor((points[k] + _SEAM) / TURN)
        return result

    def near(self, points: Floats) -> Any:
        """Which points (n, B) lie in the box up to rounding."""
        low, high = self.corners()
        slack = 1e-9 * (high - low)
        slack[list(self.angles)] = np.inf
        return ((points >= (low - slack)[:, None]) & (points <= (high + slack)[:, None])).all(axis=0)

    def place(self, program: StraightLine, balls: Sequence[flint.arb], radius: float) -> Place:
        """Where a zero that is alone in these balls lies: in the closed box, outside, or exactly at ends of it.

        Parameters
        ----------
        program
            The functions that vanish there.
        balls, radius
            One ball for each coordinate, and how far around their centers there is no other zero.
        """
        nowhere = (None,) * len(self.ends)
        at: dict[int, Fraction] = {}
        for k, (ball, ends) in enumerate(zip(balls, self.ends, strict=True)):
            if ends is None:
                continue
            low, high = ends
            if _below(ball, low) or _below(-ball, -high):
                return Place(False, nowhere)
            if not _below(-ball, -low):
                at[k] = low
            elif not _below(ball, high):
                at[k] = high
        if not at:
            return Place(True, nowhere)
        for fixed in (at, dict(enumerate(_simplest(balls)))):
            held = all(ends is None or ends[0] <= fixed.get(k, ends[0]) <= ends[1] for k, ends in enumerate(self.ends))
            if held and is_exactly(program, fixed, balls, radius):
                return Place(True, tuple(fixed.get(k) for k in range(len(self.ends))))
        return Place(None, nowhere)


@dataclass(frozen=True)
class Place:
    """Whether a zero is in the box (None: not decided), and coordinates that it has exactly, where that was needed."""

    is_inside: bool | None
    exact: tuple[Fraction | None, ...]


def _simplest(balls: Sequence[flint.arb]) -> list[Fraction]:
    """The simplest fraction near each ball."""
    found = []
    for ball in balls:
        middle = Fraction(float(ball.mid()))
        found.append(simplest_between(middle - _SIMPLE * (1 + abs(middle)), middle + _SIMPLE * (1 + abs(middle))))
    return found


def _below(ball: flint.arb, value: Fraction) -> bool:
    """Whether a ball is certainly below a fraction: multiplied out, so that no rounding of the fraction decides it."""
    with flint.ctx.workprec(_BITS):
        return bool(ball * value.denominator < value.numerator)


def closed_box(coords: Sequence[sp.Symbol], box: Any, angles: Sequence[sp.Symbol] = ()) -> ClosedBox | None:
    """The box that a caller gives: a mapping from symbol or name to two numbers, or two numbers for all coordinates.

    Parameters
    ----------
    coords
        The coordinates.
    box
        None where there is none; numbers are exact, floats are the fractions that they are.
    angles
        Coordinates that count modulo 2 pi, and have no ends.

    Raises
    ------
    ModelError
        If a coordinate is missing, unknown or an angle, or its ends are no two numbers in order.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> closed_box((x, y), {"x": (0, 20), y: (-sp.Rational(1, 3), 1)}).in_words
    ' in the box x in [0, 20], y in [-1/3, 1]'
    """
    known = tuple(coords)
    if box is None:
        return ClosedBox(known, (None,) * len(known)) if angles and len(angles) == len(known) else None
    free = [symbol for symbol in known if symbol not in angles]
    names = ", ".join(symbol.name for symbol in known)
    if isinstance(box, Mapping):
        given = _by_symbol(known, box, names)
        turning = [symbol for symbol in given if symbol in angles]
        if turning:
            raise ModelError(f"`{turning[0]}` is an angle, which counts modulo 2 pi: leave it out of the box")
        missing = [symbol for symbol in free if symbol not in given]
        if missing:
            raise ModelError(f"the box has no ends for `{missing[0]}`: give two numbers for each of {names}")
    else:
        given = dict.fromkeys(free, box)
    return ClosedBox(known, tuple(None if s in angles else _pair(s, given[s]) for s in known))


def _by_symbol(coords: tuple[sp.Symbol, ...], box: Mapping[Any, Any], names: str) -> dict[sp.Symbol, Any]:
    by_name = {symbol.name: symbol for symbol in coords}
    given: dict[sp.Symbol, Any] = {}
    for key, value in box.items():
        symbol = key if key in coords else by_name.get(str(key))
        if symbol is None:
            raise ModelError(f"`{key}` in the box is no coordinate: the coordinates are {names}")
        if symbol in given:
            raise ModelError(f"`{symbol}` has two sides in the box: give one")
        given[symbol] = value
    return given


def _pair(symbol: sp.Symbol, value: Any) -> tuple[Fraction, Fraction]:
    shown = f"the box gives `{symbol}` the ends {came(value)}"
    example = "give two numbers, the lower one first, as in (0, 20)"
    if isinstance(value, str | bytes | Mapping) or not hasattr(value, "__len__") or len(value) != 2:
        raise ModelError(f"{shown}: {example}")
    low, high = (_end(symbol, end) for end in value)
    if low >= high:
        raise ModelError(f"{shown}, which hold nothing between them: {example}")
    if float(high) - float(low) <= 1e-12 * max(abs(float(low)), abs(float(high))):
        raise ModelError(f"{shown}, which are one number in floating point: give ends that are farther apart")
    return low, high


def _end(symbol: sp.Symbol, value: Any) -> Fraction:
    number = None if isinstance(value, bool | np.bool_) else real_number(value)
    if number is None or (isinstance(number, float) and not np.isfinite(number)):
        raise ModelError(f"the end {came(value)} of `{symbol}` in the box is no finite number: give one")
    if isinstance(number, float):
        number = sp.Rational(*number.as_integer_ratio())
    if not isinstance(number, sp.Rational) or number.is_infinite:
        raise ModelError(f"the end {value} of `{symbol}` in the box is no fraction: give one near it, as 6.2832")
    if abs(number) > _LARGEST or int(number.q) > _FINEST:
        raise ModelError(f"an end of `{symbol}` in the box is beyond floating point: give a smaller number")
    return Fraction(int(number.p), int(number.q))
