"""Exact values of certified points: sqrt(3)/2 for 0.866025, recognised in the digits and then proved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice, product
from typing import Any

import flint
import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.equilibria.equilibrium import EquilibriumWitness
from symdyn.equilibrium.judge.placed import residual_certificate
from symdyn.errors import SymdynError

#: Larger points and longer lists are shown in digits.
_MOST_COORDINATES = 24
_MOST_POINTS = 120
_MOST_STEPS = 2000
_BITS = 256
#: Least digits of a ball in which a number is recognised; numbers of a relation have at most so many.
_LEAST_DIGITS = 15
_LARGEST = 10**4
_SQUARE_FREE = 10**4


def certified_values(
    model: Any, point: Mapping[sp.Symbol, Any], certificate: Certificate
) -> tuple[sp.Expr, ...] | None:
    """The coordinates of a certified equilibrium in fractions, square roots and multiples of pi; None if none is seen.

    Proved: all formulas vanish at these values, which lie where the certificate proves that there is one equilibrium.
    """
    values = tuple(point.values())
    if model is None or not 0 < len(values) <= _MOST_COORDINATES:
        return None
    if not any(isinstance(value, float) for value in values):
        return tuple(sp.S.Zero + value for value in values)
    witness = certificate.witness
    if certificate.verdict is not Verdict.PROVED or witness.get("kind") != EquilibriumWitness.kind:
        return None
    record = EquilibriumWitness.read(witness)
    if record.speeds or len(record.names) != len(values) or len(record.program.steps) > _MOST_STEPS:
        return None
    with flint.ctx.workprec(_BITS):
        balls = [flint.arb(text) for text in record.enclosure]
        guesses = [list(_guesses(ball)) for ball in balls]
        if not all(guesses):
            return None
        for candidate in islice(product(*guesses), 4):
            if _is_inside(candidate, record) and _is_proved(model, candidate):
                return candidate
    return None


def exact_points(model: Any, items: Sequence[Any]) -> list[tuple[sp.Expr, ...] | None]:
    """The same for a list of equilibria."""
    if len(items) > _MOST_POINTS:
        return [None] * len(items)
    return [certified_values(model, item.point, item.certificate) for item in items]


def _is_inside(candidate: Sequence[sp.Expr], record: EquilibriumWitness) -> bool:
    """Whether it lies where there is no other equilibrium."""
    mantissa, exponent = record.radius
    radius = flint.arb(mantissa) * flint.arb(2) ** exponent
    for value, (m, e) in zip(candidate, record.start, strict=True):
        if not abs(_ball(value) - flint.arb(m) * flint.arb(2) ** e) < radius:
            return False
    return True


def _is_proved(model: Any, candidate: Sequence[sp.Expr]) -> bool:
    try:
        return residual_certificate(model, list(candidate)).verdict is Verdict.PROVED
    except SymdynError:
        return False


def _ball(value: sp.Expr) -> Any:
    """A value in fractions, one square root and pi, as a ball."""
    total = flint.arb(0)
    for term in sp.Add.make_args(value):
        product_ = flint.arb(1)
        for factor in sp.Mul.make_args(term):
            if factor.is_Rational:
                product_ *= flint.arb(flint.fmpq(int(factor.p), int(factor.q)))
            elif factor is sp.pi:
                product_ *= flint.arb.pi()
            else:
                product_ *= flint.arb(int(factor.base)).sqrt()
        total += product_
    return total


def _guesses(ball: Any) -> Iterator[sp.Expr]:
    """Numbers in the ball that are simple: a fraction, a root of a quadratic equation, a multiple of pi."""
    if ball.contains(0):
        yield sp.S.Zero
        return
    if ball.rel_accuracy_bits() < 3.32 * _LEAST_DIGITS:
        return
    found = _fraction(ball, 10**6)
    if found is not None:
        yield sp.Rational(found.numerator, found.denominator)
        return
    turn = _fraction(ball / flint.arb.pi(), 1000)
    if turn is not None:
        yield sp.Rational(turn.numerator, turn.denominator) * sp.pi
    root = _quadratic(ball)
    if root is not None:
        yield root


def _fraction(ball: Any, largest: int) -> Fraction | None:
    mantissa, exponent = (int(part) for part in ball.mid().man_exp())
    value = (Fraction(mantissa) * Fraction(2) ** exponent).limit_denominator(largest)
    return value if ball.contains(flint.arb(flint.fmpq(value.numerator, value.denominator))) else None


def _quadratic(ball: Any) -> sp.Expr | None:
    """The root of a x^2 + b x + c with small a, b, c that the ball holds, by a short vector of a lattice."""
    size = 2 ** (min(int(ball.rel_accuracy_bits()), 160) - 4)
    powers = [flint.arb(1), ball, ball * ball]
    rows = [[int(k == j) for j in range(3)] + [_whole(power * size)] for k, power in enumerate(powers)]
    c, b, a, _ = (int(x) for x in flint.fmpz_mat(rows).lll().tolist()[0])
    inside = b * b - 4 * a * c
    if a == 0 or max(abs(a), abs(b), abs(c)) > _LARGEST or inside <= 0:
        return None
    # a square factor comes out of the root; what is left has to be small as well to be read
    for sign in (1, -1):
        value = (sp.Integer(-b) + sign * sp.sqrt(inside)) / (2 * a)
        value = sp.expand(value)
        if _is_readable(value) and ball.overlaps(_ball(value)):
            return value
    return None


def _is_readable(value: sp.Expr) -> bool:
    roots = [factor for factor in value.atoms(sp.Pow) if factor.exp == sp.Rational(1, 2)]
    return len(roots) == 1 and len(value.atoms(sp.Pow)) == 1 and 0 < int(roots[0].base) <= _SQUARE_FREE


def _whole(ball: Any) -> int:
    """The integer next to the middle of a ball."""
    mantissa, exponent = (int(part) for part in ball.mid().man_exp())
    return round(Fraction(mantissa) * Fraction(2) ** exponent)
