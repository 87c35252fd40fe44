"""Functions of formal fractions: roots, exponentials, logarithms and angles as symbols with their relations.

Rules that are used, and hold wherever both sides have real values: (u^(1/q))^q = u; e^(a + b) = e^a e^b; e^(log u) = u;
log e^a = a and log of a product of positive numbers; cos^2 + sin^2 = 1 and the addition theorems; the values at
multiples of pi/4 and pi/6, and back; sine and cosine of an arc; hyperbolic functions from exponentials; parity. Any
other function is a symbol without relations.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any

import flint

from symdyn.certificate.recheck.identities.formal_fractions import Fractions, GivenUpError, Quotient, key_of

_LARGEST_NUMBER = 10**40
_LARGEST_UNIT = 1000
_LARGEST_MULTIPLE = 64
_ODD = ("asin", "atan", "erf")
_NEVER_NEGATIVE = ("exp", "root", "root of a prime", "abs", "pi", "log of a prime")
Angle = tuple[Quotient, Quotient]  # cosine and sine


class FinerUnitError(Exception):
    """A multiple of an exponent needs a finer unit: the evaluation starts again with it."""


class Functions:
    """The symbols of functions so far; `units` are the least common denominators of multiples of exponents."""

    def __init__(self, field: Fractions, units: dict[Any, int]) -> None:
        self.field, self.units = field, units
        self.symbols: dict[Any, int] = {}
        self.meaning: dict[int, Any] = {}

    def apply(self, name: str, x: Quotient) -> Quotient:
        """A function of one argument."""
        f = self.field
        if name == "sqrt":
            return self.root(x, 1, 2)
        if name == "exp":
            return self.exponential(x)
        if name == "log":
            return self.logarithm(x)
        if name in ("sin", "cos", "tan"):
            cosine, sine = self.angle(x)
            return {"sin": sine, "cos": cosine}[name] if name != "tan" else f.divide(sine, cosine)
        if name in ("sinh", "cosh", "tanh"):
            up = self.exponential(x)
            down = f.divide(f.constant(1), up)
            total, gap = f.add(up, down), f.add(up, f.minus(down))
            if name == "tanh":
                return f.divide(gap, total)
            return f.multiply(f.constant(1, 2), total if name == "cosh" else gap)
        if name == "abs":
            return self.absolute(x)
        return self.other(name, x)

    def pi(self) -> Quotient:
        """The number pi, as a symbol."""
        return self._symbol("pi")

    def root(self, x: Quotient, above: int, below: int) -> Quotient:
        """x^(above/below)."""
        f = self.field
        value = f.rational(x)
        if value is not None:
            return f.power(self._root_of_number(value, below), above)
        content = flint.fmpq(int(x.above.content()), int(x.below.content()))
        part = f.quotient(x.above / int(x.above.content()), x.below / int(x.below.content()))
        key = "root", key_of(part.above), key_of(part.below)
        degree = self._degree(key, below)
        number, is_new = self._made(*key)
        if is_new:
            f.relate(number, degree, part)
        root = f.power(f.symbol(number), degree // below)
        return f.power(f.multiply(self._root_of_number(content, below), root), above)

    def _root_of_number(self, value: Any, below: int) -> Quotient:
        f = self.field
        if value == 0:
            return f.constant(0)
        if value < 0:
            raise GivenUpError("a root of a negative number is taken")
        total = f.constant(1)
        for number, sign in ((int(value.p), 1), (int(value.q), -1)):
            for p, exponent in _factors(number):
                whole, rest = divmod(exponent, below)
                total = f.multiply(total, f.power(f.constant(p), sign * whole))
                if rest:
                    key = "root of a prime", p
                    degree = self._degree(key, below)
                    k, is_new = self._made(*key)
                    if is_new:
                        f.relate(k, degree, f.constant(p))
                    total = f.multiply(total, f.power(f.symbol(k), sign * rest * degree // below))
        return total

    def exponential(self, x: Quotient) -> Quotient:
        """e^x, as a product of powers of symbols."""
        f = self.field
        total = f.constant(1)
        for monomial, below, factor in self._parts(x):
            inner = self._logarithm_in(monomial) if not below else None
            if inner is not None:
                total = f.multiply(total, self.root(inner, factor.numerator, factor.denominator)
                                   if factor.denominator > 1 else f.power(inner, factor.numerator))
                continue
            power = self._multiple(("exp", monomial, below), factor)
            number, _ = self._made("exp", monomial, below)
            total = f.multiply(total, f.power(f.symbol(number), power))
        return total

    def logarithm(self, x: Quotient) -> Quotient:
        """log x."""
        f = self.field
        if len(x.above) != 1 or len(x.below) != 1:
            return self._symbol("log", key_of(x.above), key_of(x.below))
        total = f.constant(0)
        for polynomial, sign in ((x.above, 1), (x.below, -1)):
            ((exponents, value),) = key_of(polynomial)
            if value <= 0:
                raise GivenUpError("the logarithm of a negative number is taken")
            for k, power in enumerate(exponents):
                if not power:
                    continue
                kind = self.meaning.get(k)
                if kind is None or kind[0] != "exp":
                    return self._symbol("log", key_of(x.above), key_of(x.below))
                part = f.quotient(f.context.from_dict({kind[1]: 1}), _polynomial(f, kind[2]))
                unit = self.units.get(("exp", kind[1], kind[2]), 1)
                total = f.add(total, f.multiply(f.constant(sign * power, unit), part))
            for p, exponent in _factors(value):
                total = f.add(total, f.multiply(f.constant(sign * exponent), self._symbol("log of a prime", p)))
        return total

    def angle(self, x: Quotient) -> Angle:
        """Cosine and sine of x."""
        f = self.field
        total: Angle = (f.constant(1), f.constant(0))
        for monomial, below, factor in self._parts(x):
            if not below and monomial == self._pi_monomial():
                known = self._of_pi(factor)
                if known is not None:
                    total = self._turned(total, known)
                    continue
            inverse = self._inverse_in(monomial) if not below and factor.denominator == 1 else None
            power = int(factor) if inverse is not None else self._multiple(("angle", monomial, below), factor)
            if abs(power) > _LARGEST_MULTIPLE:
                raise GivenUpError("a multiple of an angle is too large")
            cosine, sine = inverse or self._unit_angle(monomial, below)
            for _ in range(abs(power)):
                total = self._turned(total, (cosine, sine if power > 0 else f.minus(sine)))
        return total

    def _unit_angle(self, monomial: Any, below: Any) -> Angle:
        """Symbols for cosine and sine of a unit, with their relation."""
        f = self.field
        cosine, _ = self._made("cos", monomial, below)
        sine, is_new = self._made("sin", monomial, below)
        if is_new:
            f.relate(sine, 2, f.add(f.constant(1), f.minus(f.power(f.symbol(cosine), 2))))
        return f.symbol(cosine), f.symbol(sine)

    def _inverse_in(self, monomial: tuple[int, ...]) -> Angle | None:
        """Cosine and sine of the arc that a monomial is: both are known, since arcs lie between -pi/2 and pi/2."""
        if sum(monomial) != 1:
            return None
        kind = self.meaning.get(monomial.index(1))
        if kind is None or kind[0] not in ("asin", "atan"):
            return None
        f = self.field
        u = f.quotient(_polynomial(f, kind[1]), _polynomial(f, kind[2]))
        square = f.power(u, 2)
        if kind[0] == "asin":
            return self.root(f.add(f.constant(1), f.minus(square)), 1, 2), u
        length = self.root(f.add(f.constant(1), square), 1, 2)
        return f.divide(f.constant(1), length), f.divide(u, length)

    def _turned(self, x: Angle, y: Angle) -> Angle:
        """Cosine and sine of a sum."""
        f = self.field
        cosine = f.add(f.multiply(x[0], y[0]), f.minus(f.multiply(x[1], y[1])))
        return cosine, f.add(f.multiply(x[1], y[0]), f.multiply(x[0], y[1]))

    def _of_pi(self, turns: Fraction) -> Angle | None:
        """Cosine and sine of a multiple of pi where it is one of pi/4 or pi/6."""
        if 12 % turns.denominator or turns.denominator == 12:
            return None
        return self._table(turns % 2), self._table((Fraction(1, 2) - turns) % 2)

    def _table(self, turns: Fraction) -> Quotient:
        """cos(turns pi), 0 <= turns < 2."""
        f = self.field
        turns = min(turns, 2 - turns)
        if turns > Fraction(1, 2):
            return f.minus(self._table(1 - turns))
        squares = {Fraction(0): 4, Fraction(1, 6): 3, Fraction(1, 4): 2, Fraction(1, 3): 1, Fraction(1, 2): 0}
        return self.root(f.constant(squares[turns], 4), 1, 2)

    def absolute(self, x: Quotient) -> Quotient:
        """|x|."""
        f = self.field
        value = f.rational(x)
        if value is not None:
            return f.constant(abs(int(value.p)), int(value.q))
        if self._is_never_negative(x):
            return x
        flipped = self._positive(x)
        number, is_new = self._made("abs", key_of(flipped.above), key_of(flipped.below))
        if is_new:
            f.relate(number, 2, f.power(flipped, 2))
        return f.symbol(number)

    def other(self, name: str, x: Quotient) -> Quotient:
        """A function about which only parity and its value at 0 are known."""
        f = self.field
        if name == "acos":
            return f.add(f.multiply(f.constant(1, 2), self.pi()), f.minus(self.other("asin", x)))
        if name in _ODD:
            if f.rational(x) == 0:
                return f.constant(0)
            known = self._arc(name, x)
            if known is not None:
                return known
            flipped = self._positive(x)
            symbol = self._symbol(name, key_of(flipped.above), key_of(flipped.below))
            return symbol if flipped == x else f.minus(symbol)
        return self._symbol(name, key_of(x.above), key_of(x.below))

    def _arc(self, name: str, x: Quotient) -> Quotient | None:
        """A multiple of pi/4 or pi/6 where the arc is one."""
        f = self.field
        for turns in (Fraction(1, 6), Fraction(1, 4), Fraction(1, 3), *((Fraction(1, 2),) if name == "asin" else ())):
            value = self._table(Fraction(1, 2) - turns)
            if name == "atan":
                value = f.divide(value, self._table(turns))
            for sign in (1, -1):
                same = f.add(x, f.minus(value) if sign > 0 else value).above == 0
                if name != "erf" and same:
                    return f.multiply(f.constant(sign * turns.numerator, turns.denominator), self.pi())
        return None

    def _is_never_negative(self, x: Quotient) -> bool:
        """Whether it is a quotient of products of squares, roots and exponentials."""
        for polynomial in (x.above, x.below):
            terms = key_of(polynomial)
            if len(terms) != 1 or terms[0][1] < 0:
                return False
            kinds = [(self.meaning.get(k), power) for k, power in enumerate(terms[0][0]) if power]
            if any(power % 2 and (kind is None or kind[0] not in _NEVER_NEGATIVE) for kind, power in kinds):
                return False
        return True

    def _positive(self, x: Quotient) -> Quotient:
        """x or -x, whichever has a positive leading coefficient."""
        return self.field.minus(x) if x.above != 0 and int(x.above.leading_coefficient()) < 0 else x

    def _parts(self, x: Quotient) -> list[tuple[tuple[int, ...], Any, Fraction]]:
        """A sum of rational multiples of monomials over one polynomial, which is () where it is 1."""
        scale = int(x.below.content())
        rest = x.below / scale
        below = () if rest.is_constant() else key_of(rest)
        return [(exponents, below, Fraction(value, scale)) for exponents, value in key_of(x.above)]

    def _multiple(self, key: Any, factor: Fraction) -> int:
        """How many units a multiple is; a finer unit starts the evaluation again."""
        return int(factor * self._finer(key, self.units.get(key, 1), factor.denominator))

    def _degree(self, key: Any, below: int) -> int:
        """Of which degree the root is of which roots of this base are powers; the first that is asked for will do."""
        return self._finer(key, self.units.setdefault(key, below), below)

    def _finer(self, key: Any, unit: int, below: int) -> int:
        if unit % below:
            finer = lcm(unit, below)
            if finer > _LARGEST_UNIT:
                raise GivenUpError("exponents have too many denominators")
            self.units[key] = finer
            raise FinerUnitError
        return unit

    def _logarithm_in(self, monomial: tuple[int, ...]) -> Quotient | None:
        """The argument of the logarithm that a monomial is."""
        if sum(monomial) != 1:
            return None
        kind = self.meaning.get(monomial.index(1))
        if kind is None or kind[0] not in ("log", "log of a prime"):
            return None
        if kind[0] == "log of a prime":
            return self.field.constant(kind[1])
        return self.field.quotient(_polynomial(self.field, kind[1]), _polynomial(self.field, kind[2]))

    def _pi_monomial(self) -> tuple[int, ...]:
        number = self.symbols.get(("pi",))
        return tuple(int(k == number) for k in range(len(self.field.gens)))

    def _symbol(self, *key: Any) -> Quotient:
        return self.field.symbol(self._made(*key)[0])

    def _made(self, *key: Any) -> tuple[int, bool]:
        """The symbol of a key, and whether it is new."""
        if key in self.symbols:
            return self.symbols[key], False
        number = self.symbols[key] = self.field.fresh()
        self.meaning[number] = key
        return number, True


def _polynomial(field: Fractions, terms: Any) -> Any:
    return field.context.from_dict(dict(terms)) if terms else field.context.constant(1)


def _factors(number: int) -> list[tuple[int, int]]:
    """Primes and exponents of a number of moderate size."""
    if number > _LARGEST_NUMBER:
        raise GivenUpError("a number is too large to be factored")
    return [(int(p), int(e)) for p, e in flint.fmpz(number).factor()] if number > 1 else []
