"""Strict inequalities that hold together, without what follows from the others or from the signs of the symbols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from symdyn.algebra.certain_signs import certain_sign, factored
from symdyn.algebra.deadline import check_time


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
    sign, odd, even = 1, [], []
    for part in sp.Mul.make_args(factored(quantity)):
        base, power = part.as_base_exp()
        if base == 0:
            return None
        if part.is_Number or not part.free_symbols:
            sign = -sign if part.is_negative else sign
        elif power.is_Integer:
            (odd if int(power) % 2 else even).append(base)
        elif power.is_Rational and sp.Rational(power).q % 2 == 0:  # a real square root is positive where it is not 0
            even.append(base)
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
    """
    kept = list(dict.fromkeys(conditions))
    changed = True
    while changed:
        changed = False
        for one in sorted(kept, key=lambda c: -c.size):
            check_time()
            others = sorted((other for other in kept if other is not one and other.odd), key=lambda c: c.size)
            new = lighter(one, [*(other.gap for other in others), *given])
            if new is False:
                return None
            if new != one:
                place = kept.index(one)
                kept[place : place + 1] = [new] if isinstance(new, Positive) and new not in kept else []
                changed = True
                break
    return kept


def excluded_at_edges(conditions: Sequence[Positive]) -> bool:
    """Whether two of the conditions are never both true or equalities: where their sum is negative."""
    gaps = [one.gap for one in conditions]
    return any(
        certain_sign(sp.expand(first + second)) == -1
        for place, first in enumerate(gaps)
        for second in gaps[place + 1 :]
    )
