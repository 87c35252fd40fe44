"""Re-check of the number of real solutions of a polynomial system: a basis by FLINT, then Hermite's quadratic form."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.equilibria.bezout import check_all_zeros
from symdyn.certificate.recheck.equilibria.domain_count import real_solutions_inside
from symdyn.certificate.recheck.equilibria.trace_form import TraceForm
from symdyn.certificate.refutation import Recheck, UndecidedError, need
from symdyn.certificate.witness.equilibria.solution_count import Polynomial, SolutionCountWitness

# sizes at which the basis is given up: polynomials, terms of one, bits of a coefficient; the clock is looked at before
# a larger one is tried
_LIMITS = ((60, 600, 3000), (120, 1000, 6000), (200, 1500, 10_000))


def check_solution_count(witness: SolutionCountWitness, verdict: str) -> Recheck:
    """Count the real and the complex solutions again; undecided where the basis grows too large."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of an exact count")
    if witness.zeros:
        return check_all_zeros(witness)
    real, every = witness.real, witness.complex
    inside, whole, found = counted(witness)
    need(
        (inside, found) == (real, every),
        "witness.real",
        f"and complex are {real} and {every}, but the re-check counts {(inside, found)}",
    )
    reason = f"there are {whole} real and {every} complex solutions again"
    if witness.inequalities:
        reason += f", and {real} of the real solutions fulfil all inequalities"
    return Recheck("proved", reason)


def counted(witness: SolutionCountWitness) -> tuple[int, int, int]:
    """How many real solutions fulfil all inequalities, how many are real at all, and how many complex."""
    width = len(witness.names) + bool(witness.denominators)
    table = _basis(_equations(witness, width), width)
    if (0,) * width in table:
        return 0, 0, 0
    form = TraceForm(table, width)
    found = form.counts()
    inside = real_solutions_inside(form, found, witness.inequalities) if witness.inequalities else found[0]
    return inside, *found


def _equations(witness: SolutionCountWitness, width: int) -> list[Any]:
    """The equations in FLINT; one more unknown is the inverse of the product of all denominators."""
    context = flint.fmpz_mpoly_ctx.get([f"x{k}" for k in range(width)], "degrevlex")

    def entered(terms: Polynomial) -> Any:
        return context.from_dict({(*powers, *(0,) * (width - len(powers))): value for value, powers in terms})

    equations = [entered(terms) for terms in witness.equations]
    if witness.denominators:
        product = context.gens()[width - 1]
        for terms in witness.denominators:
            product = product * entered(terms)
        equations.append(product - 1)
    return equations


def _basis(equations: Sequence[Any], width: int) -> dict[tuple[int, ...], dict[tuple[int, ...], Fraction]]:
    """The reduced basis: what each leading monomial is modulo the system."""
    table = {}
    for polynomial in _grown(equations).autoreduction():
        terms = [(tuple(map(int, powers)), Fraction(int(value))) for powers, value in polynomial.terms()]
        (lead, scale), others = terms[0], terms[1:]
        table[lead] = {powers: -value / scale for powers, value in others}
    return table


def _grown(equations: Sequence[Any]) -> Any:
    context: Any = equations[0].context()
    for limits in _LIMITS:
        tick()
        basis, finished = flint.fmpz_mpoly_vec(equations, context).buchberger_naive(limits=limits)
        if finished:
            return basis
    raise UndecidedError("the basis of the system grows beyond what this re-checker repeats")
