"""Exact identities between programs on circles: formal fractions in coordinates, exponentials and opaque functions.

A polynomial is a dictionary of monomials, a monomial a product of powers of atoms. Atoms are the coordinates, one
exponential for each monomial that occurs in an exponent (so that exp turns sums into products of rational powers), pi,
and every other function of a formal argument, about which no rule is used but parity and sqrt(u)^2 = u. On the circle
x^2 + y^2 = 1 the square of y is replaced by 1 - x^2, and likewise on spheres. If the difference of two fractions,
multiplied out, is the zero polynomial, they are equal wherever both are defined on the circles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import UndecidedError, need
from symdyn.certificate.witness.program import FUNCTIONS, Program

Monomial = tuple[tuple[int, Fraction | int], ...]  # (atom, power), by increasing atoms; whole powers are integers
Polynomial = dict[Monomial, Fraction]
Divisors = tuple[tuple[frozenset[tuple[Monomial, Fraction]], int], ...]  # (polynomial, power)

_MOST_TERMS = 20_000
_LARGEST_POWER = 64
ONE = Fraction(1)
_ODD, _EVEN = ("sin", "tan", "sinh", "tanh", "asin", "atan", "erf"), ("cos", "cosh", "abs")
_TOTAL = ("sin", "cos", "sinh", "cosh", "tanh", "atan", "erf", "abs")


@dataclass(frozen=True)
class Formal:
    """A fraction: a polynomial above, powers of polynomials below."""

    above: Polynomial
    below: Divisors = ()


@dataclass
class Algebra:
    """The atoms so far, and arithmetic with fractions of them.

    Parameters
    ----------
    circles
        Groups of coordinates, pairs on circles, whose squares add up to 1.
    """

    circles: Sequence[Sequence[int]]
    names: list[Any] = field(default_factory=list)
    numbers: dict[Any, int] = field(default_factory=dict)
    squares: dict[int, Polynomial] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for k in range(sum(map(len, self.circles))):
            self.atom(("coordinate", k))
        for *others, last in self.circles:
            self.squares[last] = {(): ONE, **{((i, 2),): -ONE for i in others}}

    def atom(self, name: Any) -> int:
        """The number of an atom, made if it is new."""
        if name not in self.numbers:
            self.numbers[name] = len(self.names)
            self.names.append(name)
        return self.numbers[name]

    def coordinate(self, k: int) -> Formal:
        """x_k."""
        return Formal({((k, 1),): ONE})

    def add(self, x: Formal, y: Formal) -> Formal:
        """x + y over the least common divisors."""
        powers = dict(x.below)
        for divisor, power in y.below:
            powers[divisor] = max(power, powers.get(divisor, 0))
        total: Polynomial = {}
        for part in (x, y):
            _accumulate(total, self._raised(part, powers), ONE)
        return Formal(total, tuple(powers.items()))

    def multiply(self, x: Formal, y: Formal) -> Formal:
        """x y."""
        powers = dict(x.below)
        for divisor, power in y.below:
            powers[divisor] = powers.get(divisor, 0) + power
        return Formal(self.product(x.above, y.above), tuple(powers.items()))

    def cleared(self, x: Formal, y: Formal) -> Formal:
        """x y, where y may divide by just what stands in x: equal where both have a value."""
        divisor = None if x.below else frozenset(x.above.items())
        powers = dict(y.below)
        if divisor not in powers:
            return self.multiply(x, y)
        powers[divisor] -= 1
        return Formal(y.above, tuple((k, power) for k, power in powers.items() if power))

    def divide(self, x: Formal, y: Formal) -> Formal:
        """x / y."""
        need(bool(y.above), "witness.program", "divides by zero")
        upside = y.above
        if len(upside) == 1:
            ((monomial, value),) = upside.items()
            if all(self.is_unit(k) for k, _ in monomial):
                inverse = Formal({tuple((k, -power) for k, power in monomial): 1 / value})
                return self.multiply(self.multiply(x, inverse), Formal(self._raised(Formal({(): ONE}), dict(y.below))))
        inverse = Formal(self._raised(Formal({(): ONE}), dict(y.below)), ((frozenset(upside.items()), 1),))
        return self.multiply(x, inverse)

    def power(self, x: Formal, exponent: int) -> Formal:
        """x^n for n >= 1."""
        if not 1 <= exponent <= _LARGEST_POWER:
            raise UndecidedError(f"the program has a power above {_LARGEST_POWER}, which is not multiplied out")
        total = x
        for _ in range(exponent - 1):
            total = self.multiply(total, x)
        return total

    def function(self, name: str, x: Formal) -> Formal:
        """A function of one argument of a fraction."""
        if name == "exp" and not x.below:
            powers = {self.atom(("exp", monomial)): _plain(value) for monomial, value in x.above.items()}
            return Formal({tuple(sorted(powers.items())): ONE})
        sign = ONE
        above = x.above
        if name in _ODD + _EVEN and above and above[min(above)] < 0:
            above, sign = {monomial: -value for monomial, value in above.items()}, -ONE if name in _ODD else ONE
        number = self.atom((name, frozenset(above.items()), frozenset(x.below)))
        if name == "sqrt" and not x.below:
            self.squares[number] = above
        return Formal({((number, 1),): sign})

    def is_unit(self, atom: int) -> bool:
        """Whether an atom is an exponential of a polynomial, which has no zero."""
        name = self.names[atom]
        return bool(name[0] == "exp" and len(name) == 2)

    def is_total(self, atom: int, known: int) -> bool:
        """Whether an atom has a value wherever those with numbers below `known` have theirs."""
        name = self.names[atom]
        if atom < known or name == ("pi",):
            return True
        if self.is_unit(atom):
            return all(self.is_total(k, known) for k, _ in name[1])
        inner = [k for monomial, _ in name[1] for k, _ in monomial]
        return name[0] in _TOTAL and not name[2] and all(self.is_total(k, known) for k in inner)

    def are_equal(self, x: Formal, y: Formal) -> bool:
        """Whether the difference, multiplied out, is the zero polynomial."""
        minus = Formal({monomial: -value for monomial, value in y.above.items()}, y.below)
        return not self.add(x, minus).above

    def product(self, x: Polynomial, y: Polynomial) -> Polynomial:
        """Of two polynomials, without squares that have a rule."""
        tick()
        if len(x) * len(y) > 50 * _MOST_TERMS:
            raise UndecidedError("the program is too large to be multiplied out")
        total: Polynomial = {}
        for left, a in x.items():
            for right, b in y.items():
                powers = dict(left)
                for k, power in right:
                    powers[k] = powers.get(k, 0) + power
                monomial = tuple(sorted((k, _plain(power)) for k, power in powers.items() if power))
                _accumulate(total, {monomial: a}, b)
        return self._reduced(total)

    def _reduced(self, polynomial: Polynomial) -> Polynomial:
        done: Polynomial = {}
        waiting = polynomial
        while waiting:
            again: Polynomial = {}
            for monomial, value in waiting.items():
                high = next((k for k, power in monomial if power >= 2 and k in self.squares), None)
                if high is None:
                    _accumulate(done, {monomial: value}, ONE)
                    continue
                lower = {tuple((k, p - 2 * (k == high)) for k, p in monomial if k != high or p > 2): value}
                _accumulate(again, self.product(lower, self.squares[high]), ONE)
            waiting = again
        if len(done) > _MOST_TERMS:
            raise UndecidedError("the program is too large to be multiplied out")
        return done

    def _raised(self, x: Formal, powers: dict[Any, int]) -> Polynomial:
        """What stands above if these powers stand below."""
        own = dict(x.below)
        above = x.above
        for divisor, power in powers.items():
            for _ in range(power - own.get(divisor, 0)):
                above = self.product(above, dict(divisor))
        return above


def _plain(power: Fraction | int) -> Fraction | int:
    """The same number, which is compared faster if it is whole."""
    return power if isinstance(power, int) or power.denominator != 1 else power.numerator


def _accumulate(total: Polynomial, terms: Polynomial, scale: Fraction) -> None:
    for monomial, value in terms.items():
        new = total.get(monomial, Fraction(0)) + scale * value
        if new:
            total[monomial] = new
        else:
            total.pop(monomial, None)


def evaluated(algebra: Algebra, program: Program, inputs: list[Formal]) -> tuple[list[Formal], set[Any]]:
    """The outputs of a program on fractions, and the polynomials by which its steps divide."""
    values: list[Formal] = []
    for name, *operands in program.steps:
        values.append(_step(algebra, name, operands, values, inputs))
    return [values[k] for k in program.outputs], {divisor for value in values for divisor, _ in value.below}


def _step(algebra: Algebra, name: str, operands: list[int], values: list[Formal], inputs: list[Formal]) -> Formal:
    if name == "input":
        return inputs[operands[0]]
    if name == "rational":
        value = Fraction(operands[0], operands[1])
        return Formal({(): value} if value else {})
    if name == "pi":
        return Formal({((algebra.atom(("pi",)), 1),): ONE})
    if name in ("add", "multiply"):
        total = values[operands[0]]
        for k in operands[1:]:
            total = (algebra.add if name == "add" else algebra.multiply)(total, values[k])
        return total
    if name == "divide":
        return algebra.divide(values[operands[0]], values[operands[1]])
    if name == "power":
        return algebra.power(values[operands[0]], operands[1])
    if name in FUNCTIONS:
        return algebra.function(name, values[operands[0]])
    raise UndecidedError(f"the program has the step {name}, which has no rule here")
