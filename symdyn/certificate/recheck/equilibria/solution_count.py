"""Re-check of the number of real solutions of a polynomial system: a basis by FLINT, then Hermite's quadratic form.

In the algebra of polynomials modulo the system the form (f, g) -> trace of multiplication by f g has the number of
different complex solutions as rank and that of the real ones as signature. The roots of its characteristic polynomial
are all real, so that Descartes' rule counts the positive ones exactly.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import Recheck, UndecidedError, need
from symdyn.certificate.witness.solution_count import SolutionCountWitness

Exponents = tuple[int, ...]

_MOST_MONOMIALS = 120
# sizes at which the basis is given up: polynomials, terms of one, bits of a coefficient; the clock is looked at before
# a larger one is tried
_LIMITS = ((60, 600, 3000), (120, 1000, 6000), (200, 1500, 10_000))


def check_solution_count(witness: SolutionCountWitness, verdict: str) -> Recheck:
    """Count the real and the complex solutions again; undecided where the basis grows too large."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of an exact count")
    size, real, every = len(witness.names), witness.real, witness.complex
    context = flint.fmpz_mpoly_ctx.get([f"x{k}" for k in range(size)], "degrevlex")
    equations = [context.from_dict({powers: value for value, powers in terms}) for terms in witness.equations]
    table = {}
    for polynomial in _basis(equations, context).autoreduction():
        terms = [(tuple(map(int, powers)), Fraction(int(value))) for powers, value in polynomial.terms()]
        (lead, scale), rest = terms[0], terms[1:]
        table[lead] = {powers: -value / scale for powers, value in rest}
    if (0,) * size in table:
        found = 0, 0
    else:
        monomials = _below(table, size)
        if len(monomials) > _MOST_MONOMIALS:
            raise UndecidedError(f"the system has more than {_MOST_MONOMIALS} solutions, counted as they repeat")
        found = _counts(table, monomials, size)
    need(found == (real, every), "witness.real", f"and complex are {real} and {every}, but the re-check counts {found}")
    return Recheck("proved", f"the form of traces has signature {real} and rank {every} again")


def _basis(equations: list[Any], context: Any) -> Any:
    for limits in _LIMITS:
        tick()
        basis, finished = flint.fmpz_mpoly_vec(equations, context).buchberger_naive(limits=limits)
        if finished:
            return basis
    raise UndecidedError("the basis of the system grows beyond what this re-checker repeats")


def _below(table: dict[Exponents, Any], size: int) -> list[Exponents]:
    """Monomials that no leading one divides, by increasing degree; one more than may be if they are many."""
    pure = [any(lead[k] == sum(lead) for lead in table) for k in range(size)]
    need(all(pure), "witness.equations", "have infinitely many complex solutions")
    found: list[Exponents] = []
    layer = [(0,) * size]
    while layer and len(found) <= _MOST_MONOMIALS:
        alive = [m for m in layer if not any(_divides(lead, m) for lead in table)]
        found += alive
        layer = sorted({_times(m, k) for m in alive for k in range(size)})
    return found


def _divides(lead: Exponents, monomial: Exponents) -> bool:
    return all(a <= b for a, b in zip(lead, monomial, strict=True))


def _times(monomial: Exponents, k: int) -> Exponents:
    return (*monomial[:k], monomial[k] + 1, *monomial[k + 1 :])


def _counts(table: dict[Exponents, Any], monomials: list[Exponents], size: int) -> tuple[int, int]:
    """Signature and rank of the form of traces."""
    place = {m: k for k, m in enumerate(monomials)}
    known: dict[Exponents, dict[Exponents, Fraction]] = {m: {m: Fraction(1)} for m in monomials}

    def reduced(monomial: Exponents) -> dict[Exponents, Fraction]:
        """The combination of `monomials` that a monomial is modulo the basis."""
        if monomial not in known:
            tick()
            total: dict[Exponents, Fraction] = {}
            if monomial in table:
                parts = [(m, c) for m, c in table[monomial].items()]
            else:
                k = next(k for k in range(size) if monomial[k] and _lower(monomial, k) not in place)
                parts = [(_times(m, k), c) for m, c in reduced(_lower(monomial, k)).items()]
            for m, c in parts:
                for target, value in reduced(m).items():
                    total[target] = total.get(target, Fraction(0)) + c * value
            known[monomial] = total
        return known[monomial]

    by_unknown = []
    for k in range(size):
        columns = [reduced(_times(m, k)) for m in monomials]
        rows = [[_exact(column.get(m, Fraction(0))) for column in columns] for m in monomials]
        by_unknown.append(flint.fmpq_mat(rows))
    identity = [[int(i == j) for j in range(len(monomials))] for i in range(len(monomials))]
    products = [flint.fmpq_mat(identity)]
    for m in monomials[1:]:
        tick()
        k = next(k for k in range(size) if m[k])
        products.append(by_unknown[k] * products[place[_lower(m, k)]])
    traces = flint.fmpq_mat([[sum((p[i, i] for i in range(len(monomials))), flint.fmpq(0)) for p in products]])
    form = flint.fmpq_mat([(traces * product).entries() for product in products])
    need(form == form.transpose(), "witness.equations", "have a basis that is none")
    coefficients = form.charpoly().coeffs()
    rank = len(monomials) - next(k for k, c in enumerate(coefficients) if c != 0)
    signs = [c > 0 for c in coefficients if c != 0]
    positive = sum(a != b for a, b in zip(signs, signs[1:], strict=False))
    return 2 * positive - rank, rank


def _lower(monomial: Exponents, k: int) -> Exponents:
    return (*monomial[:k], monomial[k] - 1, *monomial[k + 1 :])


def _exact(value: Fraction) -> flint.fmpq:
    return flint.fmpq(value.numerator, value.denominator)
