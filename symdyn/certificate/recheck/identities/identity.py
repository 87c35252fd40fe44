"""Re-check of identities: both sides are multiplied out as fractions of polynomials over Q, by FLINT alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import comb
from typing import Any

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import Recheck, UndecidedError, need
from symdyn.certificate.witness.identity import IdentityWitness, Step

#: Products of terms in all, bits of a coefficient and degrees up to which both sides are multiplied out here.
_MOST_PRODUCTS = 10_000_000
_MOST_BITS = 2_000_000
_MOST_DEGREE = 100_000
_TOO_LARGE = "the identity is too large to be multiplied out here"


def check_identity(record: IdentityWitness, verdict: str) -> Recheck:
    """Every pair of formulas is equal.

    Raises
    ------
    RefutedError
        With the place where it fails.
    UndecidedError
        If a side is too large to be multiplied out here.
    """
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of identities")
    work = _Work(flint.fmpq_mpoly_ctx.get(list(record.names), "degrevlex"))
    for number, step in enumerate(record.steps):
        work.values.append(work.value(step, f"witness.steps[{number}]"))
    for number, (left, right) in enumerate(record.pairs):
        equal = work.are_equal(work.values[left], work.values[right])
        need(equal, f"witness.pairs[{number}]", "is no identity: the two sides differ")
    names = f" in {len(record.names)} names" if record.names else ""
    return Recheck("proved", f"{len(record.pairs)} identities{names} were multiplied out again and hold")


@dataclass(frozen=True)
class _Fraction:
    """A polynomial over a product of powers of polynomials that are not zero, named by their numbers."""

    top: Any
    below: Mapping[int, int] = field(default_factory=dict)


@dataclass
class _Work:
    """Values of the steps. Denominators stay products, so that no common divisor is ever looked for."""

    context: Any
    values: list[_Fraction] = field(default_factory=list)
    divisors: list[Any] = field(default_factory=list)
    left: int = _MOST_PRODUCTS

    def value(self, step: Step, place: str) -> _Fraction:
        kind, number, parts = step
        given = [self.values[part] for part in parts]
        if kind == "number":
            return _Fraction(self.context.constant(flint.fmpq(number.numerator, number.denominator)))
        if kind == "name":
            return _Fraction(self.context.gens()[int(number)])
        if kind == "sum":
            below = _least_common(given)
            return _Fraction(sum((self.over(entry, below) for entry in given), self.context.constant(0)), below)
        if kind == "product":
            top, below = self.context.constant(1), {}
            for entry in given:
                top, below = self.product(top, entry.top), _added(below, entry.below)
            return _Fraction(top, below)
        if kind == "power":
            return self.raised(given[0], int(number), place)
        size = int(number)
        return self.determinant([given[i * size : (i + 1) * size] for i in range(size)])

    def are_equal(self, one: _Fraction, other: _Fraction) -> bool:
        below = _least_common([one, other])
        return bool(self.over(one, below) == self.over(other, below))

    def over(self, entry: _Fraction, below: Mapping[int, int]) -> Any:
        """The upper polynomial over a common denominator."""
        top = entry.top
        for number, exponent in below.items():
            top = self.product(top, self.power(self.divisors[number], exponent - entry.below.get(number, 0)))
        return top

    def raised(self, base: _Fraction, exponent: int, place: str) -> _Fraction:
        if exponent >= 0:
            below = {number: power * exponent for number, power in base.below.items()} if exponent else {}
            return _Fraction(self.power(base.top, exponent), below)
        need(base.top != 0, place, "divides by zero")
        top = self.over(_Fraction(self.context.constant(1)), base.below)
        number = next((k for k, divisor in enumerate(self.divisors) if divisor == base.top), len(self.divisors))
        if number == len(self.divisors):
            self.divisors.append(base.top)
            self.spend(number)  # the search above
        return _Fraction(self.power(top, -exponent), {number: -exponent})

    def determinant(self, rows: list[list[_Fraction]]) -> _Fraction:
        """By elimination without fractions (Bareiss), after each row was multiplied by its denominators."""
        below: dict[int, int] = {}
        matrix = []
        for row in rows:
            common = _least_common(row)
            below = _added(below, common)
            matrix.append([self.over(entry, common) for entry in row])
        size, sign, before = len(matrix), 1, self.context.constant(1)
        for k in range(size - 1):
            pivots = [i for i in range(k, size) if matrix[i][k] != 0]
            if not pivots:
                return _Fraction(self.context.constant(0))
            pivot = min(pivots, key=lambda i: len(matrix[i][k]))
            if pivot != k:
                matrix[k], matrix[pivot], sign = matrix[pivot], matrix[k], -sign
            for i in range(k + 1, size):
                for j in range(k + 1, size):
                    cross = self.product(matrix[i][j], matrix[k][k]) - self.product(matrix[i][k], matrix[k][j])
                    self.spend(len(cross) * len(before))
                    matrix[i][j] = cross / before
            before = matrix[k][k]
        return _Fraction(matrix[-1][-1] * sign, below)

    def product(self, one: Any, other: Any) -> Any:
        self.spend(len(one) * len(other))
        found = one * other
        if found != 0 and (_bits(found) > _MOST_BITS or found.total_degree() > _MOST_DEGREE):
            raise UndecidedError(_TOO_LARGE)
        return found

    def power(self, base: Any, exponent: int) -> Any:
        if exponent <= 1 or base == 0:
            return self.context.constant(1) if exponent == 0 else base
        terms = len(base)
        if _bits(base) * exponent > _MOST_BITS or base.total_degree() * exponent > _MOST_DEGREE:
            raise UndecidedError(_TOO_LARGE)
        self.spend(terms * comb(exponent + terms - 1, min(terms - 1, exponent)))
        return base**exponent

    def spend(self, products: int) -> None:
        tick()
        self.left -= products + 1
        if self.left < 0:
            raise UndecidedError(_TOO_LARGE)


def _least_common(entries: list[_Fraction]) -> dict[int, int]:
    found: dict[int, int] = {}
    for entry in entries:
        for number, exponent in entry.below.items():
            found[number] = max(found.get(number, 0), exponent)
    return found


def _added(one: Mapping[int, int], other: Mapping[int, int]) -> dict[int, int]:
    return {number: one.get(number, 0) + other.get(number, 0) for number in {**one, **other}}


def _bits(polynomial: Any) -> int:
    return max((max(int(c.p).bit_length(), int(c.q).bit_length()) for c in polynomial.coeffs()), default=0)
