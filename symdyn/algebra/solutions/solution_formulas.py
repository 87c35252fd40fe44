"""Solutions of polynomial equations with symbols, as formulas: by factors, elimination and roots, case by case.

Every step keeps the solutions: an equation that factors is one of its factors, an unknown that enters linearly is a
fraction in the others, an equation in one unknown is solved by roots. A step that divides by a polynomial in the
symbols alone keeps them where that is not 0: such polynomials are told, unless nothing is lost where they vanish.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import gcd
from typing import Any

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.programs.fractions_of_polynomials import irreducible_factors
from symdyn.algebra.solutions.elimination import (
    at,
    coefficients_in,
    determinant,
    lexicographic,
    linear,
    linear_part,
    permuted,
)
from symdyn.algebra.solutions.radicals import Radical, as_quotient, even_root, odd_root, quadratic, reduced
from symdyn.algebra.solutions.solution_cases import Case, Divisors, Solution, Solved, with_fraction
from symdyn.algebra.zeros.groebner import BasisTooLargeError

#: Slots for roots after the unknowns and the symbols.
ROOTS = 5
_MOST_CASES = 200
_MOST_TERMS = 3000
_MOST_ORDERS = 6
_MOST_LINES = 6


def solution_formulas(
    equations: Sequence[Any],
    poles: Sequence[Any],
    unknowns: int,
    symbols: int,
    sign: Callable[[Any], str],
    names: Sequence[str],
) -> Solved:
    """Solutions of equations in unknowns and symbols, generic in the symbols.

    Parameters
    ----------
    equations, poles
        Polynomials in the ring of the unknowns, the symbols and `ROOTS` further slots: what vanishes, what must not.
    unknowns, symbols
        How many there are of each.
    sign
        What is known of a polynomial in symbols and roots for all their values: "positive", "negative", "nonzero",
        "nonpositive" or "".
    names
        Of the unknowns, for what is told.
    """
    return _Search(unknowns, sign, [], symbols, names).run(Case(tuple(equations), tuple(poles)))


@dataclass
class _Search(Divisors):
    symbols: int = 0
    names: Sequence[str] = ()
    found: list[Solution] = field(default_factory=list)
    unsolved: list[str] = field(default_factory=list)

    def run(self, case: Case) -> Solved:
        waiting, cases = [case], 0
        while waiting:
            cases += 1
            check_time()
            if cases > _MOST_CASES:
                self.unsolved.append(f"more than {_MOST_CASES} cases")
                break
            waiting += self.next_cases(waiting.pop())[::-1]
        return Solved(tuple(self.found), tuple(self.exceptions), tuple(dict.fromkeys(self.unsolved)))

    def next_cases(self, case: Case) -> list[Case]:
        """The cases into which one splits; a solution, or what cannot be solved, is noted."""
        cleaned = self.cleaned(case)
        if cleaned is None:
            return []
        case, split = cleaned
        if split:
            return split
        if not case.equations:
            self.finish(case)
            return []
        if max(map(len, case.equations)) > _MOST_TERMS:
            self.unsolved.append(f"an equation of more than {_MOST_TERMS} terms")
            return []
        linear = self.by_line, self.by_determinants, self.by_steep_line
        for step in (*linear, self.by_roots, self.by_two_cases, self.by_basis):
            found = step(case)
            if found is not None:
                return found
        self.unsolved.append(self.in_words(case))
        return []

    def cleaned(self, case: Case) -> tuple[Case, list[Case]] | None:
        """Equations in lowest terms, and the cases of the first that factors; None where one cannot hold."""
        kept: list[Any] = []
        for equation in case.equations:
            polynomial = reduced(equation, case.roots)
            if polynomial == 0:
                continue
            factors = irreducible_factors(polynomial)
            live = [f for f in factors if self.unknowns_of(f) and f not in case.poles]
            for other in factors:
                if not self.unknowns_of(other):
                    self.note(other, case, [e for e in case.equations if e is not equation], live)
            if not live:
                return None
            if len(live) > 1:
                others = tuple(e for e in case.equations if e is not equation)
                return case, [replace(case, equations=(f, *others), orders=0) for f in live]
            if live[0] not in kept:
                kept.append(live[0])
        return replace(case, equations=tuple(kept)), []

    def by_line(self, case: Case) -> list[Case] | None:
        """One unknown that enters linearly, with a coefficient that is not 0."""
        return self.by_slope(case, certain=True)

    def by_steep_line(self, case: Case) -> list[Case] | None:
        """One unknown that enters linearly, with a coefficient in the symbols alone."""
        return self.by_slope(case, certain=False)

    def by_slope(self, case: Case, *, certain: bool) -> list[Case] | None:
        best = None
        for equation in case.equations:
            for slot in self.unknowns_of(equation):
                if equation.degrees()[slot] > 1:
                    continue
                slope, rest = linear(equation, slot)
                if self.unknowns_of(slope) or (certain and not self.is_sure(slope)):
                    continue
                cost = (not slope.is_constant(), len(equation), -slot)
                if best is None or cost < best[0]:
                    best = cost, equation, slot, slope, rest
        if best is None:
            return None
        _, equation, slot, slope, rest = best
        self.note(slope, case, [*case.equations])
        return [with_fraction(case, equation, slot, -rest, slope)]

    def by_determinants(self, case: Case) -> list[Case] | None:
        """As many linear equations as unknowns: Cramer's rule, which divides by the determinant alone."""
        live = sorted({k for e in case.equations for k in self.unknowns_of(e)})
        if len(live) != len(case.equations) or not 2 <= len(live) <= _MOST_LINES:
            return None
        rows = [[e.derivative(k) for k in live] for e in case.equations]
        if any(self.unknowns_of(entry) for row in rows for entry in row):
            return None
        whole = reduced(determinant(rows), case.roots)
        if whole == 0:
            return None
        self.note(whole, case, list(case.equations))
        rest = [e - linear_part(row, live, e) for e, row in zip(case.equations, rows, strict=True)]
        known = case.known
        for place, slot in enumerate(live):
            turned = [[*row[:place], -r, *row[place + 1 :]] for row, r in zip(rows, rest, strict=True)]
            known = (*known, (slot, determinant(turned), whole))
        values = {slot: (above, below) for slot, above, below in known[len(case.known) :]}
        poles = tuple(at(pole, values, case.roots)[0] for pole in case.poles)
        return [replace(case, equations=(), poles=poles, known=known)]

    def by_roots(self, case: Case) -> list[Case] | None:
        """An equation in one unknown, of degree two after a power of the unknown is taken for a new one."""
        alone = [e for e in case.equations if len(self.unknowns_of(e)) == 1]
        for equation in sorted(alone, key=lambda e: (e.total_degree(), len(e))):
            (slot,) = self.unknowns_of(equation)
            found = self.rooted(case, equation, slot)
            if found is not None:
                return found
        return None

    def rooted(self, case: Case, equation: Any, slot: int) -> list[Case] | None:
        powers = coefficients_in(equation, slot)
        step = gcd(*powers)
        degree = max(powers) // step
        if degree > 2:
            return None
        top = powers[degree * step]
        if not top.is_constant():
            self.note(top, case, [*case.equations])
        zero = top * 0
        ends: list[tuple[Any, Any, tuple[Radical, ...]]] = []
        if degree == 1:
            ends = [(-powers.get(0, zero), top, case.roots)]
        else:
            coefficients = powers.get(0, zero), powers.get(step, zero), top
            ends = quadratic(coefficients, case.roots, self.place)
        ends = [root for end in ends if self.is_real(end, case) for root in self.taken(end, step)]
        ends = [end for end in ends if self.is_real(end, case)]
        if any(len(roots) > ROOTS for _, _, roots in ends):
            return None
        return [with_fraction(replace(case, roots=roots), equation, slot, above, below) for above, below, roots in ends]

    def taken(self, end: tuple[Any, Any, tuple[Radical, ...]], step: int) -> list[tuple[Any, Any, tuple[Radical, ...]]]:
        """The roots of so high a degree of a fraction."""
        ends = [end]
        while step % 2 == 0:
            ends = [root for one in ends if len(one[2]) < ROOTS for root in even_root(*one, self.place)]
            step //= 2
        return ends if step == 1 else [odd_root(*one, step, self.place) for one in ends]

    def is_real(self, end: tuple[Any, Any, tuple[Radical, ...]], case: Case) -> bool:
        """Whether the last root that came in may be real; where only on a part of the symbols' values, that is told."""
        roots = end[2]
        if len(roots) == len(case.roots) or roots[-1].degree % 2:
            return True
        said = self.sign(roots[-1].radicand)
        if said == "nonpositive":
            self.note(roots[-1].radicand, replace(case, roots=roots[:-1]), [])
        return said not in ("negative", "nonpositive")

    def place(self, number: int) -> int:
        """The slot of a root."""
        return self.unknowns + self.symbols + number

    def by_two_cases(self, case: Case) -> list[Case] | None:
        """One unknown that enters linearly, with a coefficient that vanishes or not."""
        best = None
        for equation in case.equations:
            for slot in self.unknowns_of(equation):
                if equation.degrees()[slot] == 1:
                    slope, rest = linear(equation, slot)
                    cost = len(slope), slope.total_degree(), len(equation), -slot
                    if best is None or cost < best[0]:
                        best = cost, equation, slot, slope, rest
        if best is None:
            return None
        _, equation, slot, slope, rest = best
        others = tuple(e for e in case.equations if e is not equation)
        both = replace(case, equations=(slope, rest, *others), orders=0)
        return [both, with_fraction(replace(case, poles=(*case.poles, slope)), equation, slot, -rest, slope)]

    def by_basis(self, case: Case) -> list[Case] | None:
        """A Groebner basis, with the unknowns in one order after another."""
        live = sorted({k for e in case.equations for k in self.unknowns_of(e)})
        if case.orders >= min(len(live), _MOST_ORDERS) or (len(live) < 2 and len(case.equations) < 2):
            return None
        turned = live[case.orders :] + live[: case.orders]
        size = case.equations[0].context().nvars()
        order = [*turned, *(k for k in range(self.unknowns) if k not in live), *range(self.unknowns, size)]
        back = sorted(range(size), key=lambda k: order[k])
        try:
            basis = lexicographic([*case.equations, *(root.relation for root in case.roots)], case.poles, order)
        except BasisTooLargeError:
            return None
        context = case.equations[0].context()
        return [replace(case, equations=tuple(permuted(p, back, context) for p in basis), orders=case.orders + 1)]

    def finish(self, case: Case) -> None:
        """The formulas of a case without equations."""
        given = {slot for slot, _, _ in case.known}
        free = tuple(k for k in range(self.unknowns) if k not in given)
        values: dict[int, tuple[Any, Any]] = {}
        for slot, above, below in reversed(case.known):
            found = as_quotient(at(above, values, case.roots), at(below, values, case.roots), case.roots)
            if found is None:
                return
            values[slot] = found
        if any(at(pole, values, case.roots)[0] == 0 for pole in case.poles):
            return
        context = (case.poles or [v for pair in values.values() for v in pair] or [None])[0]
        one = None if context is None else context.context().constant(1)
        gens = () if context is None else context.context().gens()
        entries = tuple(values[k] if k in values else (gens[k], one) for k in range(self.unknowns))
        solution = Solution(entries, free, case.roots)
        if solution not in self.found:
            self.found.append(solution)

    def in_words(self, case: Case) -> str:
        """The simplest equation that is left."""
        alone = [e for e in case.equations if len(self.unknowns_of(e)) == 1]
        if alone:
            least = min(alone, key=lambda e: max(e.degrees()[: self.unknowns]))
            (slot,) = self.unknowns_of(least)
            return f"an equation of degree {least.degrees()[slot]} in {self.names[slot]}"
        names = sorted({k for e in case.equations for k in self.unknowns_of(e)})
        return f"a system in {', '.join(self.names[k] for k in names)} that elimination leaves coupled"
