"""Values of functions as variables: the rule by which each moves, its relation, and residues that keep the relations.

ds = rate(x, s) d(argument) with a polynomial rate: e^f has ds = s df, ln u has ds = t du with t = 1/u, sin f and cos f
have dsin = cos df and dcos = -sin df with sin^2 + cos^2 = 1, s = u^(-1/q) has ds = -(1/q) s^(q + 1) du with s^q u = 1,
and u^a has ds = a s t du. Every negative and every fractional power is made of roots s of this kind, so nothing is
divided by. What vanishes modulo the relations vanishes where the functions are defined; the converse needs that there
are no other relations, which `values_are_free` shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.linear.digests import digest_words
from symdyn.algebra.linear.primes import random_prime

Poly = Any
#: Points are drawn anew so often until every root has a value mod p.
_TRIES = 3_000
_PRIMES = 3


@dataclass(frozen=True)
class Value:
    """A variable s that stands for a function of the variables before it.

    Parameters
    ----------
    function
        "exp", "log", "sin", "cos", "tanh", "root" (u^(-1/index)) or "power" (u^exponent).
    argument
        f or u.
    rate
        ds = rate d(argument).
    index
        q of a root.
    exponent
        Of a power, a polynomial in the constants.
    partner
        For log and power the number of the root of the same argument; for sin that of cos, for cos that of sin.
    """

    function: str
    argument: Poly
    rate: Poly
    index: int = 1
    exponent: Poly = None
    partner: int = -1


@dataclass(frozen=True)
class Tower:
    """Coordinates, values and constants, as variables of one ring of polynomials over Q in this order.

    Parameters
    ----------
    context
        The ring.
    dimension
        D, the number of coordinates.
    values
        The values; number j is variable D + j.
    constants
        How many symbolic constants there are.
    """

    context: Any
    dimension: int
    values: tuple[Value, ...]
    constants: int

    @property
    def variables(self) -> int:
        """How many variables there are."""
        return self.dimension + len(self.values) + self.constants

    def lifted(self, components: Sequence[Poly]) -> list[Poly]:
        """The components of a field, and after them the speeds of the values."""
        speeds = list(components)
        for value in self.values:
            speeds.append(value.rate * along(value.argument, speeds))
        return speeds

    def reduced(self, polynomials: Sequence[Poly]) -> list[Poly]:
        """Combinations of independent products of values, which have the linear relations of the functions.

        All are multiplied by one function that is not zero, for each product of fractional powers by another one:
        these products are independent over the field of everything else.
        """
        found = list(polynomials)
        gens = self.context.gens()
        numbered = [(self.dimension + number, value) for number, value in enumerate(self.values)]
        for place, value in reversed(numbered):
            if value.function == "root" and value.index == 1:
                found = _without_roots(found, place, value, gens)
        for place, value in numbered:
            if value.function == "sin":
                square = 1 - gens[self.dimension + value.partner] ** 2
                found = [_with_square(poly, place, gens[place], square) for poly in found]
        roots = [(place, value) for place, value in numbered if value.function == "root" and value.index > 1]
        if not roots:
            return found
        parts = [_by_residues(poly, roots) for poly in found]
        total = [poly * 0 for poly in found]
        for residues in dict.fromkeys(key for table in parts for key in table):
            own = [table.get(residues, poly * 0) for table, poly in zip(parts, found, strict=True)]
            for place, value in roots:
                own = _without_roots(own, place, value, gens)
            total = [x + y for x, y in zip(total, own, strict=True)]
        return total

    def point(self, p: int, rng: np.random.Generator) -> list[int] | None:
        """Residues that keep every relation; None if none were found."""
        for _ in range(_TRIES):
            values = rng.integers(1, p, size=self.variables).tolist()
            if self._keeps(values, p, rng):
                return [int(x) for x in values]
        return None

    def _keeps(self, values: list[int], p: int, rng: np.random.Generator) -> bool:
        """Put values that keep the relations in their places; False where a root has none."""
        for number, value in enumerate(self.values):
            place = self.dimension + number
            if value.function == "root":
                under = residue(value.argument, values, p)
                roots = _roots(pow(under, -1, p), value.index, p) if under else []
                if not roots:
                    return False
                values[place] = roots[int(rng.integers(len(roots)))]
            elif value.function == "sin":
                t = values[place]
                if (1 + t * t) % p == 0:
                    return False
                below = pow(1 + t * t, -1, p)
                values[place], values[self.dimension + value.partner] = 2 * t * below % p, (1 - t * t) * below % p
        return True

    def slopes(self, point: Sequence[int], p: int) -> list[list[int]]:
        """Gradient of each value in the coordinates, at a point mod p."""
        found: list[list[int]] = []
        for value in self.values:
            rate = residue(value.rate, point, p)
            found.append([rate * x % p for x in self.total_gradient(value.argument, point, p, found)])
        return found

    def total_gradient(
        self, polynomial: Poly, point: Sequence[int], p: int, slopes: Sequence[Sequence[int]]
    ) -> list[int]:
        """Gradient in the coordinates of a function of coordinates and values."""
        D = self.dimension
        total = [residue(polynomial.derivative(a), point, p) for a in range(D)]
        degrees = polynomial.degrees()
        for number, slope in enumerate(slopes):
            if degrees[D + number]:
                partial = residue(polynomial.derivative(D + number), point, p)
                total = [(x + partial * y) % p for x, y in zip(total, slope, strict=True)]
        return total


def along(polynomial: Poly, speeds: Sequence[Poly]) -> Poly:
    """Derivative along a field, given by the speeds of the variables; those without one stand still."""
    total = polynomial * 0
    degrees = polynomial.degrees()
    for place, speed in enumerate(speeds):
        if degrees[place] and speed != 0:
            total += polynomial.derivative(place) * speed
    return total


def residue(polynomial: Poly, point: Sequence[int], p: int) -> int:
    """Value of a polynomial over Q at a point mod p."""
    total = 0
    for exponent, value in polynomial.to_dict().items():
        term = int(value.p) * pow(int(value.q), -1, p) % p
        for x, power in zip(point, exponent, strict=True):
            if power:
                term = term * pow(x, int(power), p) % p
        total += term
    return total % p


def values_are_free(tower: Tower) -> bool:
    """Whether the values are seen to have no other relations than their own.

    Exponentials and logarithms are algebraically independent if exponents and logarithms are linearly independent
    over Q modulo constants, and so are sines for their arguments (Ax 1971; Rothstein and Caviness 1979): linear
    independence of differentials, which has as many independent values mod p at a few points, shows it. Roots of
    polynomials without square factors, two of which have no factor in common, have no relation beyond their own
    (Kummer); the reader takes them of such ones.
    """
    groups = [
        [k for k, value in enumerate(tower.values) if value.function in names]
        for names in (("exp", "log", "power", "tanh"), ("sin",))
    ]
    parts = [f"{value.function}{value.argument}".encode() for value in tower.values]
    rng = np.random.default_rng(digest_words(*parts)) if parts else np.random.default_rng(0)
    return all(any(_are_independent(tower, group, rng) for _ in range(_PRIMES)) for group in groups if group)


def _are_independent(tower: Tower, numbers: Sequence[int], rng: np.random.Generator) -> bool:
    p = random_prime(rng, 31)
    values = tower.values
    logarithms = {values[k].partner for k in numbers if values[k].function == "log"}
    powers = {values[k].partner for k in numbers if values[k].function == "power"}
    adjoined, columns = sorted(powers - logarithms), list[list[int]]()  # u^a is e^(a ln u)
    size = len(numbers) + len(adjoined)
    for _ in range(size + 2):
        point = tower.point(p, rng)
        if point is None:
            continue
        slopes = tower.slopes(point, p)
        rows = [_differential(tower, k, point, p, slopes) for k in numbers]
        rows += [_logarithm(tower, k, point, p, slopes) for k in adjoined]
        columns += [list(column) for column in zip(*rows, strict=True)]
    if not columns:
        return False
    table = flint.nmod_mat(len(columns), size, [x for column in columns for x in column], p)
    return int(table.rank()) == size


def _logarithm(tower: Tower, root: int, point: Sequence[int], p: int, slopes: Sequence[Sequence[int]]) -> list[int]:
    """Differential of the logarithm of the argument of a root."""
    value = tower.values[root]
    below = pow(point[tower.dimension + root], value.index, p)
    return [x * below % p for x in tower.total_gradient(value.argument, point, p, slopes)]


def _differential(
    tower: Tower, number: int, point: Sequence[int], p: int, slopes: Sequence[Sequence[int]]
) -> list[int]:
    """That of an exponent or of a logarithm."""
    value = tower.values[number]
    if value.function == "log":
        return list(slopes[number])
    if value.function == "power":
        below = pow(point[tower.dimension + number], -1, p)
        return [x * below % p for x in slopes[number]]
    return tower.total_gradient(value.argument, point, p, slopes)


def _roots(value: int, index: int, p: int) -> list[int]:
    """The solutions of x^index = value mod p."""
    if index == 1:
        return [value]
    found = flint.nmod_poly([-value % p, *([0] * (index - 1)), 1], p).roots()
    return sorted(int(root) for root, _ in found)


def _without_roots(polynomials: Sequence[Poly], place: int, value: Value, gens: Sequence[Poly]) -> list[Poly]:
    """Powers of s below q, by s^q = 1 / u; all times one power of u."""
    most = max((int(poly.degrees()[place]) for poly in polynomials), default=0) // value.index
    if not most:
        return list(polynomials)
    powers = [value.argument * 0 + 1]
    for _ in range(most):
        powers.append(powers[-1] * value.argument)
    found = []
    for poly in polynomials:
        check_time()
        found.append(_reduced_root(poly, place, value, powers, gens[place]))
    return found


def _reduced_root(poly: Poly, place: int, value: Value, powers: Sequence[Poly], own: Poly) -> Poly:
    most = len(powers) - 1
    if poly == 0:
        return poly
    return _sum(
        part * powers[most - power // value.index] * own ** (power % value.index)
        for power, part in _by_power(poly, place)
    )


def _by_residues(polynomial: Poly, roots: Sequence[tuple[int, Value]]) -> dict[tuple[int, ...], Poly]:
    """The terms by what the exponents of roots leave modulo their indices."""
    tables: dict[tuple[int, ...], dict[tuple[int, ...], Any]] = {}
    for exponent, value in polynomial.to_dict().items():
        key = tuple(int(exponent[place]) % root.index for place, root in roots)
        tables.setdefault(key, {})[exponent] = value
    context = polynomial.context()
    return {key: context.from_dict(table) for key, table in tables.items()}


def _with_square(polynomial: Poly, place: int, own: Poly, square: Poly) -> Poly:
    """Powers of s below 2, by s^2 = square."""
    if int(polynomial.degrees()[place]) < 2:
        return polynomial
    return _sum(part * square ** (power // 2) * own ** (power % 2) for power, part in _by_power(polynomial, place))


def _by_power(polynomial: Poly, place: int) -> list[tuple[int, Poly]]:
    """The coefficients of the powers of one variable."""
    tables: dict[int, dict[tuple[int, ...], Any]] = {}
    for exponent, value in polynomial.to_dict().items():
        rest = tuple(0 if k == place else int(e) for k, e in enumerate(exponent))
        tables.setdefault(int(exponent[place]), {})[rest] = value
    context = polynomial.context()
    return [(power, context.from_dict(table)) for power, table in tables.items()]


def _sum(polynomials: Iterable[Poly]) -> Poly:
    first, *others = polynomials
    for poly in others:
        first = first + poly
    return first
