"""Fields with functions as the re-checker reads them: speeds of the values by its own table, modulo their relations.

The speeds are derived from the components on the coordinates by the chain rule. Identities hold modulo the relations:
sin^2 + cos^2 = 1, and s^q u = 1 for a root s = u^(-1/q). That there are no others is shown here: exponents, logarithms
and arguments of sines have linearly independent differentials at points mod p, so that their values are algebraically
independent (Ax 1971), and arguments of roots have no square factor and no factor in common (Kummer). Then what holds on
the graph of the functions holds at every point that keeps the relations.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.laws.polynomial_model import PolynomialModel
from symdyn.certificate.recheck.laws.residues import mix
from symdyn.certificate.refutation import UndecidedError, need
from symdyn.certificate.witness.laws.law import Terms
from symdyn.certificate.witness.laws.lifted_model import LiftedFields, RationalTerms, StoredValue
from symdyn.certificate.witness.laws.models import PolynomialTerms

_MOST_TERMS = 200_000
_PRIMES = (2**31 - 1, 2**31 - 19, 2**31 - 61)
_POINTS = 300
_LARGEST_PRODUCT = 2_000_000
_LARGEST_POWER = 200
_PLACE = "witness.model.values"
#: Values that are free, by how their differentials enter the two tests of independence.
_EXPONENTS = ("exp", "log", "power", "tanh")


class LiftedModel(PolynomialModel):
    """Lifted fields, ready for arithmetic; its dimension is that of coordinates and values together."""

    def __init__(self, model: LiftedFields) -> None:
        self.stored = model
        self.leaf_dimension = model.dimension
        names = [f"y{i}" for i in range(len(model.names))]
        self.context = flint.fmpq_mpoly_ctx.get(names, "degrevlex")
        self.gens = self.context.gens()
        self.arguments = [self._polynomial(value.argument) for value in model.values]
        self._check_partners()
        self.rates = [self._rate(k, value) for k, value in enumerate(model.values)]
        rows = self._rows()
        super().__init__(self._terms(rows))
        self._check_freedom()

    def _polynomial(self, terms: RationalTerms | Terms) -> Any:
        table: dict[tuple[int, ...], Any] = {}
        for value, monomial in terms:
            exponent = [0] * len(self.stored.names)
            for k in monomial:
                exponent[k] += 1
            fraction = Fraction(value)
            key = tuple(exponent)
            table[key] = table.get(key, flint.fmpq(0)) + flint.fmpq(fraction.numerator, fraction.denominator)
        return self.context.from_dict(table)

    def _own(self, number: int) -> Any:
        return self.gens[self.leaf_dimension + number]

    def _check_partners(self) -> None:
        values = self.stored.values
        for number, value in enumerate(values):
            if value.function in ("log", "power"):
                other = values[value.partner]
                same = other.function == "root" and self.arguments[value.partner] == self.arguments[number]
                need(same, f"{_PLACE}[{number}].partner", "is no root of the same argument")
            elif value.function in ("sin", "cos"):
                other = values[value.partner]
                wanted = "cos" if value.function == "sin" else "sin"
                same = other.function == wanted and self.arguments[value.partner] == self.arguments[number]
                need(same, f"{_PLACE}[{number}].partner", f"is no {wanted} of the same argument")

    def _rate(self, number: int, value: StoredValue) -> Any:
        """ds / d(argument): the table of derivatives."""
        own = self._own(number)
        if value.function == "exp":
            return own
        if value.function == "tanh":
            return 1 - own * own
        if value.function == "sin":
            return self._own(value.partner)
        if value.function == "cos":
            return -self._own(value.partner)
        if value.function == "root":
            return flint.fmpq(-1, value.index) * own ** (value.index + 1)
        below = self._own(value.partner) ** self.stored.values[value.partner].index
        return below if value.function == "log" else _product(self._polynomial(value.exponent), own * below)

    def _rows(self) -> list[list[Any]]:
        """Components of each field on coordinates and values."""
        model, D = self.stored, self.stored.dimension
        terms: list[list[tuple[int, tuple[int, ...]]]] = [[] for _ in range(model.number * D)]
        start = 0
        for row, value, size in zip(model.row, model.coefficient, model.size, strict=True):
            terms[row].append((value, tuple(sorted(model.variable[start : start + size]))))
            start += size
        found = []
        for number in range(model.number):
            speeds = [self._polynomial(tuple(row)) for row in terms[number * D : (number + 1) * D]]
            for k, argument in enumerate(self.arguments):
                speeds.append(self._checked(_product(self.rates[k], self._along(argument, speeds))))
            found.append(speeds)
        return found

    def _along(self, polynomial: Any, speeds: Sequence[Any]) -> Any:
        total = polynomial * 0
        for k, speed in enumerate(speeds):
            tick()
            total += _product(polynomial.derivative(k), speed)
        return total

    def _checked(self, polynomial: Any) -> Any:
        if len(polynomial) > _MOST_TERMS:
            raise UndecidedError("the speeds of the values have too many terms for this re-checker")
        return polynomial

    def _terms(self, rows: list[list[Any]]) -> PolynomialTerms:
        """All components as stored terms, with whole coefficients."""
        size = self.leaf_dimension + len(self.stored.values)
        row, coefficient, sizes, variables = [], [], [], []
        for number, speeds in enumerate(rows):
            for a, speed in enumerate(speeds):
                for exponent, value in speed.to_dict().items():
                    need(int(value.q) == 1, "witness.model.coefficient", "makes the speed of a value that is not whole")
                    row.append(number * size + a)
                    coefficient.append(int(value.p))
                    sizes.append(int(sum(exponent)))
                    variables += [k for k, power in enumerate(exponent) for _ in range(int(power))]
        return PolynomialTerms(
            "fields",
            self.stored.names,
            size,
            self.stored.number,
            tuple(row),
            tuple(coefficient),
            tuple(sizes),
            tuple(variables),
        )

    # --- relations ---

    def check_point(self, point: Sequence[int], p: int, place: str) -> None:
        """Refute unless the residues keep every relation."""
        for number, value in enumerate(self.stored.values):
            own = point[self.leaf_dimension + number] % p
            if value.function == "sin":
                other = point[self.leaf_dimension + value.partner]
                need((own * own + other * other) % p == 1, place, f"is on no circle at value {number + 1}")
            elif value.function == "root":
                under = self._at(self.arguments[number], point, p)
                need(pow(own, value.index, p) * under % p == 1, place, f"is no root at value {number + 1}")
            elif value.function in ("exp", "power"):
                need(own != 0, place, f"has an exponential that is zero at value {number + 1}")

    def annihilates(self, terms: Terms) -> str | None:
        """None if every generator annihilates the polynomial modulo the relations; else where it does not."""
        law = self._polynomial(terms)
        size = self.leaf_dimension + len(self.stored.values)
        for number, speeds in enumerate(self._speeds):
            if not self.vanishes(self._checked(self._along(law, speeds[:size]))):
                return f"generator {number} does not annihilate it"
        return None

    @property
    def _speeds(self) -> list[list[Any]]:
        size = self.leaf_dimension + len(self.stored.values)
        tables: list[list[dict[tuple[int, ...], Any]]] = [[{} for _ in range(size)] for _ in range(self.number)]
        for generator, k, value, monomial in self.components:
            exponent = [0] * len(self.stored.names)
            for variable in monomial:
                exponent[variable] += 1
            tables[generator][k][tuple(exponent)] = flint.fmpq(value)
        return [[self.context.from_dict(table) for table in row] for row in tables]

    def vanishes(self, polynomial: Any) -> bool:
        """Whether a polynomial is zero modulo the relations.

        From the last value to the first, powers of a root s are brought below q by s^q = 1 / u, all times a power of
        u, and those of a sine below 2: what is left has independent products of values.
        """
        for number in reversed(range(len(self.stored.values))):
            value, place = self.stored.values[number], self.leaf_dimension + number
            if polynomial == 0:
                return True
            if value.function == "root":
                parts = _by_power(polynomial, place)
                most = max(parts) // value.index
                powers = _powers(self.arguments[number], most)
                polynomial = _sum(
                    _product(part, powers[most - power // value.index]) * self.gens[place] ** (power % value.index)
                    for power, part in parts.items()
                )
            elif value.function == "sin":
                parts = _by_power(polynomial, place)
                powers = _powers(1 - self._own(value.partner) ** 2, max(parts) // 2)
                polynomial = _sum(
                    _product(part, powers[power // 2]) * self.gens[place] ** (power % 2)
                    for power, part in parts.items()
                )
            self._checked(polynomial)
        return bool(polynomial == 0)

    # --- gradients on the coordinates ---

    def leaf_gradient(self, terms: Terms, point: dict[int, int], p: int) -> list[int]:
        """Gradient in the coordinates of a function of coordinates and values, at a point mod p."""
        values = [point[k] for k in range(len(self.stored.names))]
        return self._total(self._polynomial(terms), values, p, self._slopes(values, p))

    def _slopes(self, point: Sequence[int], p: int) -> list[list[int]]:
        found: list[list[int]] = []
        for rate, argument in zip(self.rates, self.arguments, strict=True):
            scale = self._at(rate, point, p)
            found.append([scale * x % p for x in self._total(argument, point, p, found)])
        return found

    def _total(self, polynomial: Any, point: Sequence[int], p: int, slopes: Sequence[Sequence[int]]) -> list[int]:
        D = self.leaf_dimension
        total = [self._at(polynomial.derivative(a), point, p) for a in range(D)]
        for number, slope in enumerate(slopes):
            partial = self._at(polynomial.derivative(D + number), point, p)
            total = [(x + partial * y) % p for x, y in zip(total, slope, strict=True)]
        return total

    def _at(self, polynomial: Any, point: Sequence[int], p: int) -> int:
        tick()
        total = 0
        for exponent, value in polynomial.to_dict().items():
            if int(value.q) % p == 0:
                raise UndecidedError("the prime divides a denominator of the argument of a value")
            term = int(value.p) * pow(int(value.q), -1, p) % p
            for x, power in zip(point, exponent, strict=True):
                term = term * pow(int(x), int(power), p) % p if power else term
            total += term
        return total % p

    # --- there are no other relations ---

    def _check_freedom(self) -> None:
        values = self.stored.values
        self._check_roots([k for k, value in enumerate(values) if value.function == "root" and value.index > 1])
        for number, value in enumerate(values):
            if value.function == "root":
                need(not self.vanishes(self.arguments[number]), f"{_PLACE}[{number}].argument", "vanishes identically")
        exponents = [k for k, value in enumerate(values) if value.function in _EXPONENTS]
        circles = [k for k, value in enumerate(values) if value.function == "sin"]
        for group in (exponents, circles):
            free = not group or any(self._are_independent(group, p) for p in _PRIMES)
            need(free, _PLACE, "are not seen to be independent: their arguments have dependent differentials")

    def _check_roots(self, numbers: Sequence[int]) -> None:
        """Arguments of roots: no sines or roots in them, no square factor, no factor in common."""
        barred = [
            self.leaf_dimension + k
            for k, value in enumerate(self.stored.values)
            if value.function in ("sin", "cos", "root")
        ]
        for number in numbers:
            argument, place = self.arguments[number], f"{_PLACE}[{number}].argument"
            degrees = argument.degrees()
            need(not argument.is_constant(), place, "is a number, under a root")
            need(not any(degrees[k] for k in barred), place, "has sines or roots in it, under a root")
            single = all(power == 1 for _, power in argument.factor_squarefree()[1])
            need(single, place, "has a square factor, under a root")
        for one, other in itertools.combinations(numbers, 2):
            common = self.arguments[one].gcd(self.arguments[other])
            need(common.is_constant(), f"{_PLACE}[{other}].argument", "has a factor in common with another root")

    def _are_independent(self, numbers: Sequence[int], p: int) -> bool:
        values = self.stored.values
        logarithms = {values[k].partner for k in numbers if values[k].function == "log"}
        powers = {values[k].partner for k in numbers if values[k].function == "power"}
        adjoined, columns = sorted(powers - logarithms), list[list[int]]()
        size = len(numbers) + len(adjoined)
        for seed in range(_POINTS):
            point = self._drawn(seed, p)
            if point is None:
                continue
            slopes = self._slopes(point, p)
            rows = [self._differential(k, point, p, slopes) for k in numbers]
            rows += [self._logarithm(k, point, p, slopes) for k in adjoined]
            columns += [list(column) for column in zip(*rows, strict=True)]
            if len(columns) >= (size + 2) * self.leaf_dimension:
                break
        if not columns:
            return False
        flat = [x for column in columns for x in column]
        return int(flint.nmod_mat(len(columns), size, flat, p).rank()) == size

    def _logarithm(self, root: int, point: Sequence[int], p: int, slopes: Sequence[Sequence[int]]) -> list[int]:
        """Differential of the logarithm of the argument of a root."""
        below = pow(point[self.leaf_dimension + root], self.stored.values[root].index, p)
        return [x * below % p for x in self._total(self.arguments[root], point, p, slopes)]

    def _differential(self, number: int, point: Sequence[int], p: int, slopes: Sequence[Sequence[int]]) -> list[int]:
        """That of the exponent, or of the logarithm of the value."""
        value = self.stored.values[number]
        if value.function == "log":
            return list(slopes[number])
        if value.function == "power":
            below = pow(point[self.leaf_dimension + number], -1, p)
            return [x * below % p for x in slopes[number]]
        return self._total(self.arguments[number], point, p, slopes)

    def _drawn(self, seed: int, p: int) -> list[int] | None:
        """Residues that keep the relations, or None."""
        point = [1 + int(x) % (p - 1) for x in mix(29, seed, len(self.stored.names), p)]
        for number, value in enumerate(self.stored.values):
            place = self.leaf_dimension + number
            if value.function == "sin":
                t = point[place]
                if (1 + t * t) % p == 0:
                    return None
                below = pow(1 + t * t, -1, p)
                point[place] = 2 * t * below % p
                point[self.leaf_dimension + value.partner] = (1 - t * t) * below % p
            elif value.function == "root":
                under = self._at(self.arguments[number], point, p)
                found = _root(pow(under, -1, p), value.index, p) if under else None
                if found is None:
                    return None
                point[place] = found
        return point


def _product(x: Any, y: Any) -> Any:
    tick()
    if len(x) * len(y) > _LARGEST_PRODUCT:
        raise UndecidedError("the polynomials grow beyond what this re-checker multiplies out")
    return x * y


def _powers(base: Any, most: int) -> list[Any]:
    """The powers of a polynomial, from the one of exponent 0."""
    if most > _LARGEST_POWER:
        raise UndecidedError("the powers of a value are higher than this re-checker multiplies out")
    found = [base * 0 + 1]
    for _ in range(most):
        found.append(_product(found[-1], base))
    return found


def _root(value: int, index: int, p: int) -> int | None:
    if index == 1:
        return value
    found = flint.nmod_poly([-value % p, *([0] * (index - 1)), 1], p).roots()
    return int(found[0][0]) if found else None


def _by_power(polynomial: Any, place: int) -> dict[int, Any]:
    """The coefficients of the powers of one variable."""
    tables: dict[int, dict[tuple[int, ...], Any]] = {}
    for exponent, value in polynomial.to_dict().items():
        rest = (*exponent[:place], 0, *exponent[place + 1 :])
        tables.setdefault(int(exponent[place]), {})[tuple(int(e) for e in rest)] = value
    context = polynomial.context()
    return {power: context.from_dict(table) for power, table in tables.items()}


def _sum(polynomials: Iterable[Any]) -> Any:
    first, *others = polynomials
    for polynomial in others:
        first = first + polynomial
    return first
