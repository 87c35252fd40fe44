"""Re-check of formulas fitted to counts: that the formula says what the counts listed say, by exact fractions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symdyn.certificate.refutation import Recheck, RefutedError, need
from symdyn.certificate.witness.laws.count_formula import Condition, CountFormulaWitness, Piece


def check_count_formula(witness: CountFormulaWitness, verdict: str) -> Recheck:
    """Compare the formula with every count in the witness; the counts themselves have certificates of their own.

    Raises
    ------
    RefutedError
        If the formula misses a count that it was fitted to, or the verdict does not go with those held back.
    """
    pieces, held_out = witness.pieces, witness.held_out
    wrong = [row for row in witness.fitted if _value(pieces, row[:-1]) != row[-1]]
    need(not wrong, "fitted", f"the formula misses {wrong[:1]}")
    missed = [row for row in held_out if _value(pieces, row[:-1]) != row[-1]]
    need(verdict == ("refuted" if missed else "observed"), "verdict", f"is {verdict}, with {len(missed)} counts missed")
    right = len(held_out) - len(missed)
    return Recheck(  # a fit is no proof, and its counts are not proved again here
        "observed",
        f"the formula gives {len(witness.fitted)} counts fitted and {right} of {len(held_out)} others",
        unchecked=("the counts that a formula was fitted to: each has a certificate of its own",),
    )


def _value(pieces: tuple[Piece, ...], sizes: Sequence[int]) -> Fraction:
    for piece in pieces:
        if piece.condition is None or _applies(piece.condition, sizes):
            return sum((value * _product(sizes, powers) for value, powers in piece.terms), Fraction(0))
    raise RefutedError("pieces", "do not cover all sizes")


def _applies(condition: Condition, sizes: Sequence[int]) -> bool:
    total = sum(c * size for c, size in zip(condition.coefficients, sizes, strict=True))
    return total % condition.modulus == condition.bound if condition.modulus else total >= condition.bound


def _product(sizes: Sequence[int], powers: Sequence[int]) -> int:
    product = 1
    for size, power in zip(sizes, powers, strict=True):
        product *= size**power
    return product
