"""A conjectured formula: the number of laws of a family of models as a function of its sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from symdyn.algebra.polynomials.piecewise_fit import Condition, Piece, evaluate
from symdyn.certificate.brief import counted
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.shown import Answer
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError

Sizes = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class CountFormula(Answer):
    """A conjecture: the number of laws of a family of models as a piecewise polynomial in its sizes.

    Parameters
    ----------
    family
        Name of the family.
    variables
        One symbol for each size.
    pieces
        The decision list: the first piece whose condition holds gives the count. Empty if no formula was found.
    fitted, held_out
        Sizes with their counts, each count PROVED: those that the formula was fitted to, and those that were kept
        back to test it.
    unproved
        Sizes at which the count was not proved, and so not used.
    untested
        The first sizes, by their sum, at which nothing was counted.
    certificate
        OBSERVED if every count held back is as the formula says, REFUTED with the first that is not, UNDECIDED if no
        formula was found.
    """

    family: str
    variables: tuple[sp.Symbol, ...]
    pieces: tuple[Piece, ...]
    fitted: tuple[tuple[Sizes, int], ...]
    held_out: tuple[tuple[Sizes, int], ...]
    unproved: tuple[Sizes, ...]
    untested: Sizes
    certificate: Certificate = field(repr=False)

    @property
    def verdict(self) -> Verdict:
        """Never better than OBSERVED: a fit is no proof."""
        return self.certificate.verdict

    @property
    def counterexamples(self) -> tuple[tuple[Sizes, int], ...]:
        """Proved counts, among those held back, that the formula misses."""
        return missed(self.pieces, self.held_out)

    @property
    def formula(self) -> sp.Expr | None:
        """The conjecture as a SymPy expression, a Piecewise if there are several pieces; None without one."""
        if not self.pieces:
            return None
        names = self.variables
        parts = [(polynomial(piece, names), condition_expression(piece, names)) for piece in self.pieces]
        return parts[0][0] if len(parts) == 1 else sp.Piecewise(*parts)

    def __call__(self, *sizes: int) -> int:
        """The count that the formula says; for sizes that were not counted a guess.

        Raises
        ------
        ModelError
            If there is no formula, the number of sizes is another one, or the formula gives no whole number.
        """
        if not self.pieces:
            raise ModelError("no formula was found for these counts: widen the ranges, or raise the degree")
        if len(sizes) != len(self.variables):
            names = ", ".join(map(str, self.variables))
            raise ModelError(f"the formula came with {len(sizes)} sizes: give {len(self.variables)}, {names}")
        value = evaluate(self.pieces, sizes)
        if value.denominator != 1:
            raise ModelError(f"the formula gives {value} at {sizes}: it is wrong there")
        return int(value)

    def _in_short(self) -> str:
        return f"{self.family}, {counted(len(self.pieces), 'piece')}, {self.verdict}"


def missed(pieces: tuple[Piece, ...], cases: Sequence[tuple[Sizes, int]]) -> tuple[tuple[Sizes, int], ...]:
    """The cases that the formula does not meet."""
    return tuple((sizes, count) for sizes, count in cases if evaluate(pieces, sizes) != count) if pieces else ()


def polynomial(piece: Piece, variables: Sequence[sp.Symbol]) -> sp.Expr:
    """A piece in SymPy, factored unless that is much longer than expanded."""
    total = sp.Add(
        *(
            sp.Rational(value.numerator, value.denominator)
            * sp.Mul(*(symbol**power for symbol, power in zip(variables, exponents, strict=True)))
            for exponents, value in piece.terms
        )
    )
    factored, expanded = sp.factor(total), sp.expand(total)
    return factored if 4 * len(str(factored)) <= 5 * len(str(expanded)) else expanded


def condition_expression(piece: Piece, variables: Sequence[sp.Symbol]) -> Any:
    """The condition of a piece in SymPy, with positive coefficients on both sides; True for what is left."""
    condition = piece.condition
    if condition is None:
        return sp.true
    total = sp.Add(*(c * symbol for c, symbol in zip(condition.coefficients, variables, strict=True)))
    if condition.modulus:
        return sp.Eq(sp.Mod(total, condition.modulus), condition.bound)
    left, right = _sides(condition, variables)
    return sp.Ge(left, right, evaluate=False)


def _sides(condition: Condition, variables: Sequence[sp.Symbol]) -> tuple[sp.Expr, sp.Expr]:
    """left >= right without minus signs."""
    pairs = list(zip(condition.coefficients, variables, strict=True))
    left = sp.Add(*(c * symbol for c, symbol in pairs if c > 0), max(0, -condition.bound))
    right = sp.Add(*(-c * symbol for c, symbol in pairs if c < 0), max(0, condition.bound))
    return left, right
