"""Systems of linear equations: their one solution in fractions, with the exact signs of polynomials there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint


@dataclass(frozen=True)
class LinearZero:
    """A rational point; it answers as `RealZero` does."""

    exact: tuple[Fraction, ...]
    multiplicity: int = 1

    def sign(self, polynomial: Any) -> int:
        """The exact sign of a polynomial here."""
        total = Fraction(0)
        for powers, coefficient in polynomial.terms():
            term = Fraction(int(coefficient))
            for value, power in zip(self.exact, powers, strict=True):
                term *= value ** int(power)
            total += term
        return (total > 0) - (total < 0)

    def balls(self, bits: int = 64) -> list[Any]:
        """The point in balls."""
        with flint.ctx.workprec(bits + 16):
            return [flint.arb(flint.fmpq(x.numerator, x.denominator)) for x in self.exact]


def is_linear(equations: Sequence[Any]) -> bool:
    """Whether no polynomial has a term of degree two or more."""
    return all(int(p.total_degree()) <= 1 for p in equations)


def linear_zeros(equations: Sequence[Any], unknowns: int) -> tuple[LinearZero, ...] | None:
    """The solution of linear equations, or none; None where there are infinitely many.

    Examples
    --------
    >>> from symdyn.algebra.programs.fractions_of_polynomials import ring
    >>> x, y = ring(2).gens()
    >>> [zero.exact for zero in linear_zeros([x + y - 3, x - y], 2)], linear_zeros([x - y], 2)
    ([(Fraction(3, 2), Fraction(3, 2))], None)
    """
    table = flint.fmpq_mat(len(equations), unknowns + 1)
    for row, polynomial in enumerate(equations):
        for powers, coefficient in polynomial.terms():
            place = next((k for k, power in enumerate(powers) if power), unknowns)
            table[row, place] = flint.fmpq(int(coefficient))
    reduced, rank = table.rref()
    pivots = [next(k for k in range(unknowns + 1) if reduced[row, k] != 0) for row in range(rank)]
    if unknowns in pivots:
        return ()
    if rank < unknowns:
        return None
    values = [-reduced[row, unknowns] for row in range(rank)]
    return (LinearZero(tuple(Fraction(int(x.p), int(x.q)) for x in values)),)
