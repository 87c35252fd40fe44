"""Laws in hand, held against exact fields: values and gradients over Q at rational points, by a walk over SymPy's tree.

A logarithm, an exponential or a power with a symbol above is a value of its own, drawn at random, with its derivative
by the chain rule: the identity is asked for all values at once. A law that is not conserved vanishes at a random point
with a chance of at most its degree / 2^20, and two points are asked.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import flint
import sympy as sp

from .quotients import Field

_HEIGHT = 2**20
#: Higher powers are values of their own.
_LARGEST_POWER = 64


class UnreadableError(Exception):
    """A law with a function that is not known here."""


@dataclass
class _Dual:
    """A value and its derivatives along the coordinates."""

    value: flint.fmpq
    slopes: list[flint.fmpq]

    def __add__(self, other: _Dual) -> _Dual:
        return _Dual(self.value + other.value, [a + b for a, b in zip(self.slopes, other.slopes)])

    def __mul__(self, other: _Dual) -> _Dual:
        slopes = [a * other.value + self.value * b for a, b in zip(self.slopes, other.slopes)]
        return _Dual(self.value * other.value, slopes)

    def times(self, factor: flint.fmpq, value: flint.fmpq) -> _Dual:
        """A function of this one with the value `value` and the derivative `factor`."""
        return _Dual(value, [factor * slope for slope in self.slopes])

    def power(self, n: int) -> _Dual:
        return self.times(n * self.value ** (n - 1) if n else flint.fmpq(0), self.value**n)


@dataclass
class _Walk:
    """Duals of expressions at one point."""

    places: Mapping[sp.Symbol, int]
    point: list[flint.fmpq]
    dimension: int
    draw: random.Random
    units: Mapping[sp.Expr, sp.Rational]
    values: dict[Any, _Dual] = field(default_factory=dict)

    def number(self, value: flint.fmpq) -> _Dual:
        return _Dual(value, [flint.fmpq(0)] * self.dimension)

    def of(self, expression: sp.Expr) -> _Dual:
        if isinstance(expression, sp.Rational):
            return self.number(flint.fmpq(int(expression.p), int(expression.q)))
        if isinstance(expression, sp.Symbol):
            place = self.places[expression]
            slopes = [flint.fmpq(int(k == place)) for k in range(self.dimension)]
            return _Dual(self.point[place], slopes)
        if isinstance(expression, sp.Add | sp.Mul):
            total, *others = map(self.of, expression.args)
            for other in others:
                total = total + other if isinstance(expression, sp.Add) else total * other
            return total
        if isinstance(expression, sp.exp):
            return self._exponential(expression.args[0])
        if isinstance(expression, sp.Pow):
            return self._power(*expression.args)
        if isinstance(expression, sp.log):
            inside = self.of(expression.args[0])
            return inside.times(1 / inside.value, self._drawn(expression))
        raise UnreadableError(str(expression))

    def _drawn(self, key: Any) -> flint.fmpq:
        """The value of a function that is independent of all others."""
        if key not in self.values:
            self.values[key] = self.number(_random_rational(self.draw))
        return self.values[key].value

    def _exponential(self, argument: sp.Expr) -> _Dual:
        """exp of a sum is a product, and of a whole multiple a power."""
        total = self.number(flint.fmpq(1))
        for coefficient, rest in _summands(argument):
            unit = self.units[rest]
            whole = coefficient / unit
            if abs(whole) > _LARGEST_POWER:
                raise UnreadableError(str(argument))
            value = self._drawn(("exp", rest))
            total = total * self.of(unit * rest).times(value, value).power(int(whole))
        return total

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> _Dual:
        if exponent.is_Integer and abs(exponent) <= _LARGEST_POWER:
            return self.of(base).power(int(exponent))
        coefficient, rest = exponent.as_coeff_Mul()
        is_whole = coefficient.is_Integer and abs(coefficient) <= _LARGEST_POWER
        whole, rest = (int(coefficient), rest) if is_whole else (1, exponent)
        inside, above = self.of(base), self.of(rest)
        if any(above.slopes):
            raise UnreadableError(f"{base}**{exponent}")
        value = self._drawn(("power", base, rest))
        return inside.times(value * above.value / inside.value, value).power(whole)


def _summands(argument: sp.Expr) -> list[tuple[sp.Rational, sp.Expr]]:
    """Rational coefficients and the rest of each summand."""
    return [part.as_coeff_Mul(rational=True) for part in sp.Add.make_args(sp.expand(argument))]


def _units(laws: Sequence[sp.Expr]) -> dict[sp.Expr, sp.Rational]:
    """For what stands in exponentials, the number of which all its coefficients are whole multiples."""
    found: dict[sp.Expr, sp.Rational] = {}
    for exponential in (part for law in laws for part in law.atoms(sp.exp)):
        for coefficient, rest in _summands(exponential.args[0]):
            found[rest] = _common(found[rest], coefficient) if rest in found else coefficient
    return found


def _common(one: sp.Rational, two: sp.Rational) -> sp.Rational:
    below = sp.ilcm(one.q, two.q)
    return sp.Rational(sp.igcd(one * below, two * below), below)


def _random_rational(draw: random.Random) -> flint.fmpq:
    return flint.fmpq(draw.choice((-1, 1)) * draw.randrange(2, _HEIGHT), draw.randrange(2, _HEIGHT))


@dataclass(frozen=True)
class Held:
    """What was seen of the laws in hand.

    Parameters
    ----------
    broken
        The first law that is not conserved at an exact point, as text; empty if there is none.
    rank
        Rank over Q of the gradients at the last point.
    unread
        Laws that were not read.
    """

    broken: str
    rank: int
    unread: int = 0


def held(
    laws: Sequence[sp.Expr],
    fields: Sequence[Field],
    places: Mapping[sp.Symbol, int],
    dimension: int,
    variables: int,
    draw: random.Random,
) -> Held:
    """Whether each law has the derivative zero along each field, at two rational points.

    Parameters
    ----------
    laws
        Scalar laws.
    fields
        Exact fields whose variables are coordinates and constants.
    places
        The number of each symbol's variable.
    dimension, variables
        Numbers of coordinates, and of coordinates and constants.
    draw
        Randomness of the points.
    """
    rows: list[list[flint.fmpq]] = []
    unread: set[int] = set()
    for _ in range(2):
        point = [_random_rational(draw) for _ in range(variables)]
        directions = [[_at(part, point) for part in one] for one in fields]
        walk, rows = _Walk(places, point, dimension, draw, _units(laws)), []
        for number, law in enumerate(laws):
            try:
                slopes = walk.of(law).slopes
            except UnreadableError:
                unread.add(number)
                continue
            for direction in directions:
                if sum((a * b for a, b in zip(slopes, direction)), flint.fmpq(0)) != 0:
                    return Held(str(law), 0)
            rows.append(slopes)
    rank = flint.fmpq_mat(rows).rank() if rows else 0
    return Held("", rank, len(unread))


def _at(polynomial: Any, point: list[flint.fmpq]) -> flint.fmpq:
    """The value of an integer polynomial at a rational point."""
    powers: dict[tuple[int, int], flint.fmpq] = {}
    total = flint.fmpq(0)
    for monomial, coefficient in polynomial.to_dict().items():
        term = flint.fmpq(coefficient)
        for place, power in enumerate(monomial):
            if power:
                key = (place, power)
                if key not in powers:
                    powers[key] = point[place] ** power
                term *= powers[key]
        total += term
    return total
