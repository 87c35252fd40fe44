"""Groebner bases of ideals of integer polynomials, by FLINT, within limits that are said."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import flint

from symdyn.algebra.budgets.deadline import check_time, seconds_left
from symdyn.algebra.programs.fractions_of_polynomials import ring

#: Sizes at which a basis is given up (polynomials, terms of one, bits of a coefficient), and about how long each takes.
_LADDER = (
    ((60, 500, 500), 0.0),
    ((100, 1000, 1000), 0.05),
    ((150, 1500, 1500), 0.1),
    ((200, 2000, 2000), 0.3),
    ((200, 2000, 3000), 4.0),
    ((300, 3000, 8000), 10.0),
)
_PATIENCE = 1.5
# a call into FLINT is not interrupted, and the next limits may take so many times as long as all before
_GROWTH = 30
Exponents = tuple[int, ...]


class BasisTooLargeError(Exception):
    """The basis outgrows its limits."""


def groebner_basis(polynomials: Sequence[Any], unknowns: int, order: str = "degrevlex") -> list[Any]:
    """The reduced basis of the ideal, ordered by leading monomials; [1] if there are no solutions, [] for no equations.

    Raises
    ------
    BasisTooLargeError
        Where it outgrows its limits.
    OutOfTimeError
        If a deadline is over, or so near that the next limits are out of reach.
    """
    context = ring(unknowns, order)
    live = [p for p in (moved(q, context) for q in polynomials) if p != 0]
    if not live:
        return []
    began = time.monotonic()
    tried = _LADDER[0][0]
    for limits, seconds in _LADDER:
        spent = time.monotonic() - began
        if spent > _PATIENCE:
            break
        left = seconds_left()
        check_time()
        if left is not None and max(seconds, _GROWTH * spent) > left:
            raise BasisTooLargeError(f"coefficients of {limits[2]} bits do not fit the time")
        tried = limits
        vector: Any = flint.fmpz_mpoly_vec(live, context)
        basis, finished = vector.buchberger_naive(limits=limits)
        if finished:
            reduced = [p.primitive()[1] for p in basis.autoreduction()]
            return sorted(reduced, key=lambda p: (sum(leading(p)), leading(p)))
    raise BasisTooLargeError(f"it has more than {tried[0]} polynomials, {tried[1]} terms in one or {tried[2]} bits")


def moved(polynomial: Any, context: Any) -> Any:
    """The polynomial in another ring: another order, or more unknowns after those it has."""
    width = context.nvars()
    table = {(*p, *(0,) * (width - len(p))): int(c) for p, c in _table(polynomial)}
    return context.from_dict(table)


def _table(polynomial: Any) -> list[tuple[Exponents, Any]]:
    return [(tuple(map(int, powers)), value) for powers, value in polynomial.to_dict().items()]


def leading(polynomial: Any) -> Exponents:
    """The exponents of the leading monomial."""
    return tuple(map(int, polynomial.monomial(0)))


def saturated(polynomials: Sequence[Any], poles: Sequence[Any], unknowns: int) -> tuple[list[Any], int]:
    """Equations of the solutions at which no pole vanishes, in as many unknowns as are said.

    One more unknown stands for the inverse of the product of the poles (Rabinowitsch).
    """
    if not poles:
        return list(polynomials), unknowns
    context = ring(unknowns + 1)
    product = context.constant(1)
    for pole in poles:
        product = product * moved(pole, context)
    inverse = context.gens()[unknowns]
    return [*(moved(p, context) for p in polynomials), inverse * product - 1], unknowns + 1


def dimension(basis: Sequence[Any], unknowns: int) -> int:
    """Dimension of the complex solution set of a basis: -1 where there is none.

    It is the largest number of unknowns such that no leading monomial is one in these alone.

    Examples
    --------
    >>> x, y = ring(2).gens()
    >>> [dimension(groebner_basis(p, 2), 2) for p in ([x*y], [x*y, x + y], [x*y - 1, x])]
    [1, 0, -1]
    """
    if any(not any(leading(p)) for p in basis):
        return -1
    return len(independent(basis, unknowns))


def independent(basis: Sequence[Any], unknowns: int) -> tuple[int, ...]:
    """A largest set of unknowns such that no leading monomial is one in these alone."""
    supports = [frozenset(k for k, e in enumerate(leading(p)) if e) for p in basis]
    best: frozenset[int] = frozenset()
    stack: list[tuple[frozenset[int], int]] = [(frozenset(), 0)]
    while stack:
        chosen, place = stack.pop()
        if len(chosen) > len(best):
            best = chosen
        if place == unknowns or len(chosen) + unknowns - place <= len(best):
            continue
        stack.append((chosen, place + 1))
        larger = chosen | {place}
        if not any(support <= larger for support in supports):
            stack.append((larger, place + 1))
    return tuple(sorted(best))
