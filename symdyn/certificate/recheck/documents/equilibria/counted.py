"""Equilibria that are listed beside a count of solutions: each is a solution of what is counted.

Without this a count that holds for one flow could stand beside the equilibria of another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import flint

from symdyn.certificate.recheck.documents.equilibria.points import CertifiedPoint
from symdyn.certificate.recheck.identities.residual import balls_along
from symdyn.certificate.refutation import need
from symdyn.certificate.witness.equilibria.case_count import CaseCountWitness
from symdyn.certificate.witness.equilibria.solution_count import Polynomial, SolutionCountWitness

_BITS = 300


def need_counted(records: Sequence[tuple[int, CertifiedPoint]], count: SolutionCountWitness | CaseCountWitness) -> None:
    """Refute where at a listed equilibrium an equation that is counted is certainly not 0, or a condition fails.

    Points of which the count has only some coordinates, and those of orbits of an iteration whose states are further
    unknowns, are not compared here.
    """
    for number, record in records:
        if isinstance(count, CaseCountWitness):
            found = _values_of_formulas(record, count)
        else:
            found = _values_of_polynomials(record, count)
        if found is None:
            continue
        equations, conditions = found
        place = f"equilibria[{number}]"
        need(all(value.contains(0) for value in equations), place, "is no solution of the equations that are counted")
        for value, strict in conditions:
            holds = not (value < 0 or (strict and value <= 0))
            need(holds, place, "is outside of the domain in which solutions are counted")


_Found = tuple[list[Any], list[tuple[Any, bool]]]


def _values_of_formulas(record: CertifiedPoint, count: CaseCountWitness) -> _Found | None:
    if record.names != count.names:
        return None
    with flint.ctx.workprec(_BITS):
        try:
            values = balls_along(count.whole, list(record.balls))
        except ZeroDivisionError:
            return None
    if values is None:
        return None
    rows = len(count.names) + count.equations
    return values[:rows], list(zip(values[rows:], count.strict, strict=True))


def _values_of_polynomials(record: CertifiedPoint, count: SolutionCountWitness) -> _Found | None:
    if set(record.names) != set(count.coordinates):
        return None
    balls = dict(zip(record.names, record.balls, strict=True))
    with flint.ctx.workprec(_BITS):
        state = _unknowns(balls, count)
        equations = [_value(terms, state) for terms in count.equations]
        return equations, [(_value(one.polynomial, state), one.strict) for one in count.inequalities]


def _unknowns(balls: Mapping[str, Any], count: SolutionCountWitness) -> list[Any]:
    """The point in the unknowns of the count, where an angle is its cosine and its sine."""
    state = [balls.get(name) for name in count.names]
    for one in count.angles:
        state[one.cosine], state[one.sine] = balls[one.name].cos(), balls[one.name].sin()
    return state


def _value(terms: Polynomial, state: Sequence[Any]) -> Any:
    """A polynomial in balls, by products: a power of a ball around 0 has no sign to lose."""
    total = flint.arb(0)
    for factor, powers in terms:
        term = flint.arb(factor)
        for x, power in zip(state, powers, strict=True):
            for _ in range(power):
                term = term * x
        total += term
    return total
