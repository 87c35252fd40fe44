"""Cases of a system with symbols: equations that are left, unknowns that are known, and what divisions may lose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from symdyn.algebra.programs.fractions_of_polynomials import irreducible_factors
from symdyn.algebra.solutions.elimination import placed, product
from symdyn.algebra.solutions.radicals import Radical, norm, reduced
from symdyn.algebra.zeros.groebner import BasisTooLargeError, dimension, groebner_basis, saturated

_MOST_VARIABLES = 9


@dataclass(frozen=True)
class Solution:
    """Formulas for the unknowns.

    Parameters
    ----------
    values
        For each unknown a fraction (numerator, denominator) in the symbols, the roots and the unknowns that are free.
    free
        Unknowns that may have any value.
    roots
        The roots that occur, each in terms of the symbols and those before it.
    """

    values: tuple[tuple[Any, Any], ...]
    free: tuple[int, ...]
    roots: tuple[Radical, ...]


@dataclass(frozen=True)
class Solved:
    """What came out.

    Parameters
    ----------
    solutions
        Formulas, each different.
    exceptions
        Irreducible polynomials in the symbols: where one vanishes there may be other solutions.
    unsolved
        What was not solved, in words that follow "there is": the least equations that are left.
    """

    solutions: tuple[Solution, ...]
    exceptions: tuple[Any, ...]
    unsolved: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """Equations that are left, unknowns that are known as fractions in those that are not, and roots."""

    equations: tuple[Any, ...]
    poles: tuple[Any, ...]
    known: tuple[tuple[int, Any, Any], ...] = ()
    roots: tuple[Radical, ...] = ()
    orders: int = 0


@dataclass
class Divisors:
    """Divisors that may vanish: those at which solutions may be lost are noted.

    Parameters
    ----------
    unknowns
        How many there are; the symbols and the roots follow them.
    sign
        What is known of a polynomial in symbols and roots for all their values.
    exceptions
        Irreducible polynomials in the symbols: where one vanishes there may be other solutions.
    """

    unknowns: int
    sign: Callable[[Any], str]
    exceptions: list[Any] = field(default_factory=list)

    def unknowns_of(self, polynomial: Any) -> list[int]:
        """The unknowns that occur."""
        return [k for k, e in enumerate(polynomial.degrees()[: self.unknowns]) if e]

    def note(self, divisor: Any, case: Case, equations: Sequence[Any], kept: Sequence[Any] = ()) -> None:
        """Where a divisor vanishes solutions of the equations may be lost, unless there are none without those kept."""
        for factor in irreducible_factors(norm(divisor, case.roots)):
            if factor in self.exceptions or self.is_sure(factor):
                continue
            without = case.poles if not kept else (*case.poles, product(kept))
            if not self.is_empty([*equations, factor], replace(case, poles=without)):
                self.exceptions.append(factor)

    def is_empty(self, equations: Sequence[Any], case: Case) -> bool:
        """Whether equations are seen to have no common solution at which no pole vanishes."""
        live = [*equations, *(root.relation for root in case.roots)]
        context = live[0].context()
        used = {k for p in (*live, *case.poles) for k, e in enumerate(p.degrees()) if e}
        if len(used) > _MOST_VARIABLES:
            return False
        try:
            lifted, size = saturated(live, case.poles, context.nvars())
            return dimension(groebner_basis(lifted, size), size) < 0
        except BasisTooLargeError:
            return False

    def is_sure(self, polynomial: Any) -> bool:
        """Whether a polynomial in the symbols vanishes for no values of them."""
        return bool(polynomial.is_constant()) or self.sign(polynomial) in ("positive", "negative", "nonzero")


def with_fraction(case: Case, equation: Any, slot: int, above: Any, below: Any) -> Case:
    """The case with a fraction for an unknown in place of an equation."""
    others = [e for e in case.equations if e is not equation]
    equations = tuple(placed(e, slot, above, below)[0] for e in others)
    poles = [reduced(placed(p, slot, above, below)[0], case.roots) for p in case.poles]
    factors: list[Any] = []
    for pole in poles:  # polynomials of FLINT have no hash
        factors += [f for f in (irreducible_factors(pole) if pole != 0 else [pole]) if f not in factors]
    known = (*case.known, (slot, above, below))
    return replace(case, equations=equations, poles=tuple(factors), known=known, orders=0)
