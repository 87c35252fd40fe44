"""Conditions that hold together, as short as what is given allows, and as a person writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy as sp

from symdyn.algebra.conditions.joint_conditions import Positive, jointly, positive
from symdyn.algebra.conditions.sign_conditions import gap, is_strict
from symdyn.algebra.conditions.written_conditions import written


def readable(conditions: Sequence[sp.Basic], given: Sequence[sp.Basic] = ()) -> tuple[sp.Basic, ...] | None:
    """Conditions that hold, where `given` does, exactly where the conditions hold; None where that is nowhere.

    Parameters
    ----------
    conditions
        Strict inequalities and inequations of real expressions.
    given
        Inequalities that hold anyway; of those that are not strict none is used.

    Examples
    --------
    >>> a, b = sp.symbols("a b", real=True)
    >>> readable([a - 1 > 0, a + 1 > 0, sp.Ne(a, 0), a * b < 0])
    (a > 1, b < 0)
    >>> readable([a > 0, -a > 1])
    """
    entered: list[Positive] = []
    for one in conditions:
        if one == sp.false:
            return None
        for part in _positives(one):
            if part is None:
                return None
            entered.append(part)
    kept = jointly(entered, facts_of(given))
    return None if kept is None else written(kept)


def facts_of(given: Sequence[sp.Basic]) -> list[sp.Expr]:
    """What strict inequalities say is positive."""
    return [gap(one) for one in given if is_strict(one)]


def _positives(one: sp.Basic) -> Iterator[Positive | None]:
    """The conditions of one relation."""
    if one == sp.true:
        return
    if isinstance(one, sp.Ne):
        factors = positive((one.lhs - one.rhs) ** 2)
        yield None if factors is None else Positive(1, (), factors.even)
    elif isinstance(one.lts, sp.Abs):
        inside = one.lts.args[0]
        yield positive(one.gts - inside)
        yield positive(one.gts + inside)
    else:
        yield positive(gap(one))
