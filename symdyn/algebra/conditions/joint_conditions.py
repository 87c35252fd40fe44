"""Strict inequalities that hold together, without what follows from the others or from the signs of the symbols."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from symdyn.algebra.budgets.deadline import OutOfTimeError, check_time
from symdyn.algebra.budgets.limited import limited
from symdyn.algebra.conditions.certain_signs import certain_sign, factored

_SECONDS = 8.0


@dataclass(frozen=True)
class Positive:
    """sign * (product of odd) > 0, with no factor of `even` zero.

    Parameters
    ----------
    sign
        1 or -1.
    odd
        Factors, each once; none has a sign that is known.
    even
        Factors of even powers.
    """

    sign: int
    odd: tuple[sp.Expr, ...]
    even: tuple[sp.Expr, ...]

    @property
    def gap(self) -> sp.Expr:
        """What is positive."""
        return self.sign * sp.Mul(*self.odd)

    @property
    def size(self) -> int:
        """Operations, to try the long ones first."""
        return int(sum(sp.count_ops(factor) for factor in (*self.odd, *self.even)))


def positive(quantity: sp.Expr) -> Positive | None:
    """The condition that a quantity is positive; None where it is identically zero.

    Examples
    --------
    >>> a, b = sp.symbols("a b", real=True)
    >>> positive(-2 * a**3 * (b - 1)**2)
    Positive(sign=-1, odd=(a,), even=(b - 1,))
    """
    sign = 1
    odd: list[sp.Expr] = []
    even: list[sp.Expr] = []
    for part in sp.Mul.make_args(factored(quantity)):
        base, power = part.as_base_exp()
        if base == 0:
            return None
        if part.is_Number or not part.free_symbols:
            sign = -sign if part.is_negative else sign
        elif power.is_Integer:
            turned = base.could_extract_minus_sign()  # a factor and its negative are one factor
            sign = -sign if turned and int(power) % 2 else sign
            (odd if int(power) % 2 else even).append(-base if turned else base)
        elif power.is_Rational and sp.Rational(power).q % 2 == 0:  # of what is not negative where the root is real
            odd.append(base)
        else:
            odd.append(part)
    return Positive(sign, tuple(dict.fromkeys(odd)), tuple(dict.fromkeys(even)))


def lighter(one: Positive, facts: Sequence[sp.Expr]) -> Positive | bool:
    """The condition without factors that have a sign where the facts are positive; a truth value where none is left."""
    sign, odd = one.sign, []
    for factor in one.odd:
        known = certain_sign(factor, facts)
        if known == 0:
            return False
        if known is None:
            odd.append(factor)
        else:
            sign *= known
    if not odd and sign < 0:
        return False
    positive_ones = [sign * sp.Mul(*odd), *facts] if odd else facts
    even = [factor for factor in one.even if factor not in odd and not certain_sign(factor, positive_ones)]
    return Positive(sign, tuple(odd), tuple(even)) if odd or even else True


def jointly(conditions: Sequence[Positive], given: Sequence[sp.Expr] = ()) -> list[Positive] | None:
    """Conditions of which none follows from the others and what is given; None where they exclude each other.

    Together they hold exactly where all that came in hold.

    Examples
    --------
    >>> a, b = sp.symbols("a b", positive=True)
    >>> [one.gap for one in jointly([positive(a * b - 1), positive(a * b * (2 * a * b - 1))])]
    [a*b - 1]
    >>> products = (1 - a) * (1 - b), (1 - b) * (1 - a * b), 1 - a * b
    >>> [one.gap for one in jointly([positive(product) for product in products])]
    [1 - a, 1 - b]
    """
    kept = _by_signs(list(dict.fromkeys(part for one in conditions for part in _without_root(one))))
    try:
        with limited(time.monotonic() + _SECONDS):
            while kept is not None:
                fewer = _fewer(kept, given)
                if fewer == kept:
                    break
                kept = fewer
    except OutOfTimeError:  # what was reached says the same
        check_time()
    return kept


def _fewer(kept: list[Positive], given: Sequence[sp.Expr]) -> list[Positive] | None:
    """The conditions with one of them made lighter, or without it; themselves if none can be."""
    for one in sorted(kept, key=lambda c: -c.size):
        check_time()
        others = sorted((other for other in kept if other is not one and other.odd), key=lambda c: c.size)
        new = lighter(one, [*(other.gap for other in others), *given])
        if new is False:
            return None
        if new != one:
            instead = [new] if isinstance(new, Positive) and new not in kept else []
            return [part for other in kept for part in (instead if other is one else [other])]
    return kept


def _without_root(one: Positive) -> list[Positive]:
    """A - B sqrt(X) > 0 with B > 0 as A > 0 and A^2 > B^2 X; others as they are."""
    roots = [p for p in one.gap.atoms(sp.Pow) if p.exp == sp.Rational(1, 2) and p.free_symbols]
    if len(one.odd) != 1 or len(roots) != 1 or not one.gap.is_polynomial(roots[0]):
        return [one]
    root = sp.Dummy("w", nonnegative=True)
    placed = sp.expand(one.gap).xreplace({roots[0]: root})
    if not placed.is_polynomial(root) or sp.degree(placed, root) != 1:
        return [one]
    b, a = sp.Poly(placed, root).all_coeffs()
    if certain_sign(b) != -1:
        return [one]
    parts = [positive(a), positive(a**2 - b**2 * roots[0].base)]
    found = [Positive(part.sign, part.odd, (*part.even, *one.even)) for part in parts if part is not None]
    return found if len(found) == 2 else [one]


def _by_signs(conditions: list[Positive]) -> list[Positive] | None:
    """Products of conditions are conditions: those with the fewest factors, by elimination modulo 2.

    Every factor of the one set stands in the other too, so that none may be zero in both.
    """
    factors = list(dict.fromkeys(factor for one in conditions for factor in one.odd))
    if all(len(one.odd) < 2 for one in conditions):
        return conditions
    rows = [(frozenset(one.odd), one.sign) for one in conditions if one.odd]
    used: set[int] = set()
    for factor in factors:
        pivot = next((k for k, row in enumerate(rows) if k not in used and factor in row[0]), None)
        if pivot is None:
            continue
        used.add(pivot)
        inside, sign = rows[pivot]
        rows = [
            (row[0] ^ inside, row[1] * sign) if k != pivot and factor in row[0] else row for k, row in enumerate(rows)
        ]
    if any(not inside and sign < 0 for inside, sign in rows):
        return None
    found = [Positive(sign, tuple(f for f in factors if f in inside), ()) for inside, sign in rows if inside]
    apart = [Positive(1, (), one.even) for one in conditions if one.even]
    new = [*dict.fromkeys(found), *apart]
    before, after = (sum(len(one.odd) for one in which) for which in (conditions, new))
    return new if after < before else conditions


def excluded_at_edges(conditions: Sequence[Positive]) -> bool:
    """Whether two of the conditions are never both true or equalities: where their sum is negative."""
    gaps = [one.gap for one in conditions]
    return any(
        certain_sign(sp.expand(first + second)) == -1
        for place, first in enumerate(gaps)
        for second in gaps[place + 1 :]
    )
