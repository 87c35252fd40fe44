"""Re-check of identities: both sides are multiplied out as fractions of polynomials over Q, by FLINT alone."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Any

import flint

from symdyn.certificate.refutation import need
from symdyn.certificate.witness.identity import IdentityWitness, claim_of, hypotheses_of, read

#: Products of numbers of terms, bits of a coefficient and degrees up to which a side is multiplied out here.
_MOST_PRODUCTS = 20_000_000
_MOST_BITS = 2_000_000
_MOST_DEGREE = 100_000


class TooLargeError(Exception):
    """Multiplying a side out takes more than is allowed here: nothing is said about the identity."""


def check_identity(witness: dict[str, Any], verdict: str, claim: str) -> str:
    """Every pair of formulas is equal, and the claim is the sentence of the witness.

    Raises
    ------
    RefutedError
        With the place where it fails.
    TooLargeError
        If a side is too large to be multiplied out here.
    """
    record = read(witness, "witness")
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of identities")
    need(claim == claim_of(record, verdict), "claim", "is not what the witness says")
    return check_record(record)


def check_assumptions(witness: dict[str, Any], assumptions: list[str]) -> None:
    """The assumptions are those of the witness.

    Raises
    ------
    RefutedError
        If they are not.
    """
    expected = hypotheses_of(read(witness, "witness"))
    need(tuple(assumptions) == expected, "assumptions", "are not what the witness rests on")


def check_record(record: IdentityWitness) -> str:
    """Every pair of formulas is equal.

    Raises
    ------
    RefutedError, TooLargeError
        See `check_identity`.
    """
    context = flint.fmpq_mpoly_ctx.get(list(record.names), "degrevlex")
    values: list[_Fraction] = []
    for number, step in enumerate(record.steps):
        values.append(_value(step, values, context, f"witness.steps[{number}]"))
    for number, (left, right) in enumerate(record.pairs):
        one, other = values[left], values[right]
        equal = _product(one.top, other.bottom) == _product(other.top, one.bottom)
        need(equal, f"witness.pairs[{number}]", "is no identity: the two sides differ")
    names = f" in {len(record.names)} names" if record.names else ""
    return f"{len(record.pairs)} identities{names} were multiplied out again and hold"


@dataclass(frozen=True)
class _Fraction:
    """A quotient of polynomials; the lower one is not zero."""

    top: Any
    bottom: Any


def _value(step: Any, values: list[_Fraction], context: Any, place: str) -> _Fraction:
    kind, number, parts = step
    one = context.constant(1)
    if kind == "number":
        return _Fraction(context.constant(flint.fmpq(number.numerator, number.denominator)), one)
    if kind == "name":
        return _Fraction(context.gens()[number], one)
    if kind == "sum":
        total = _Fraction(context.constant(0), one)
        for part in parts:
            total = _added(total, values[part])
        return total
    if kind == "product":
        top, bottom = one, one
        for part in parts:
            top, bottom = _product(top, values[part].top), _product(bottom, values[part].bottom)
        return _Fraction(top, bottom)
    if kind == "power":
        base = values[parts[0]]
        if number < 0:
            need(base.top != 0, place, "divides by zero")
            base, number = _Fraction(base.bottom, base.top), -number
        return _Fraction(_power(base.top, number, one), _power(base.bottom, number, one))
    return _determinant([[values[parts[i * number + j]] for j in range(number)] for i in range(number)], one)


def _added(one: _Fraction, other: _Fraction) -> _Fraction:
    """The sum over the least common denominator, so that equal denominators do not pile up."""
    if one.bottom == other.bottom:
        return _Fraction(one.top + other.top, one.bottom)
    common = one.bottom.gcd(other.bottom)
    left, right = one.bottom / common, other.bottom / common
    top = _product(one.top, right) + _product(other.top, left)
    return _Fraction(top, _product(one.bottom, right))


def _product(one: Any, other: Any) -> Any:
    if len(one) * len(other) > _MOST_PRODUCTS:
        raise TooLargeError
    found = one * other
    if found != 0 and (_bits(found) > _MOST_BITS or found.total_degree() > _MOST_DEGREE):
        raise TooLargeError
    return found


def _bits(polynomial: Any) -> int:
    return max(
        (max(int(c.p).bit_length(), int(c.q).bit_length()) for c in polynomial.coeffs()), default=0
    )


def _power(base: Any, exponent: int, one: Any) -> Any:
    if exponent == 0 or base == 0:
        return one if exponent == 0 else base
    terms = len(base)
    if comb(exponent + terms - 1, terms - 1) > _MOST_PRODUCTS // 10:
        raise TooLargeError
    if _bits(base) * exponent > _MOST_BITS or base.total_degree() * exponent > _MOST_DEGREE:
        raise TooLargeError
    return base**exponent


def _determinant(rows: list[list[_Fraction]], one: Any) -> _Fraction:
    """By elimination without fractions (Bareiss), after each row was multiplied by its denominators."""
    bottom = one
    matrix = []
    for row in rows:
        common = one
        for entry in row:
            common = _product(common, entry.bottom / common.gcd(entry.bottom))
        bottom = _product(bottom, common)
        matrix.append([_product(entry.top, common / entry.bottom) for entry in row])
    size, sign, before = len(matrix), 1, one
    for k in range(size - 1):
        pivots = [i for i in range(k, size) if matrix[i][k] != 0]
        if not pivots:
            return _Fraction(one * 0, one)
        pivot = min(pivots, key=lambda i: len(matrix[i][k]))
        if pivot != k:
            matrix[k], matrix[pivot], sign = matrix[pivot], matrix[k], -sign
        for i in range(k + 1, size):
            for j in range(k + 1, size):
                cross = _product(matrix[i][j], matrix[k][k]) - _product(matrix[i][k], matrix[k][j])
                matrix[i][j] = cross / before
        before = matrix[k][k]
    return _Fraction(matrix[-1][-1] * sign, bottom)
