"""Re-check of formulas fitted to counts: that the formula says what the counts listed say, by exact fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from symdyn.certificate.refutation import RefutedError, integer, integers, need


def check_count_formula(witness: dict[str, Any], verdict: str) -> str:
    """Compare the formula with every count in the witness; the counts themselves have certificates of their own.

    Returns
    -------
    str
        What was found.

    Raises
    ------
    RefutedError
        If the formula misses a count that it was fitted to, or the verdict does not go with those held back.
    """
    variables = witness["variables"]
    pieces = [_piece(data, len(variables), f"pieces[{k}]") for k, data in enumerate(witness["pieces"])]
    need(bool(pieces) and pieces[-1][0] is None, "pieces", "do not cover all sizes")
    fitted = [integers(row, "fitted", least=0) for row in witness["fitted"]]
    held_out = [integers(row, "held out", least=0) for row in witness["held out"]]
    need(all(len(row) == len(variables) + 1 for row in fitted + held_out), "fitted", "have another number of sizes")
    sizes = [tuple(row[:-1]) for row in fitted + held_out]
    need(len(set(sizes)) == len(sizes) and bool(held_out), "held out", "repeat sizes, or are none")
    wrong = [row for row in fitted if _value(pieces, row[:-1]) != row[-1]]
    need(not wrong, "fitted", f"the formula misses {wrong[:1]}")
    missed = [row for row in held_out if _value(pieces, row[:-1]) != row[-1]]
    need(verdict == ("refuted" if missed else "observed"), "verdict", f"is {verdict}, with {len(missed)} counts missed")
    return f"the formula gives {len(fitted)} counts fitted and {len(held_out) - len(missed)} of {len(held_out)} others"


def _piece(data: dict[str, Any], variables: int, place: str) -> tuple[Any, list[tuple[Fraction, list[int]]]]:
    condition = data["condition"]
    if condition is not None:
        coefficients = integers(condition["coefficients"], place)
        need(len(coefficients) == variables and type(condition["bound"]) is int, place, "has no condition")
        condition = coefficients, condition["bound"], integer(condition["modulus"], place)
    terms = []
    for row in data["terms"]:
        numerator, denominator, *exponents = integers(row, place)
        need(denominator > 0 and len(exponents) == variables, place, "has a bad term")
        need(all(0 <= power <= 100 for power in exponents), place, "has an exponent out of range")
        terms.append((Fraction(numerator, denominator), exponents))
    return condition, terms


def _value(pieces: list[tuple[Any, list[tuple[Fraction, list[int]]]]], sizes: list[int]) -> Fraction:
    for condition, terms in pieces:
        if condition is not None:
            coefficients, bound, modulus = condition
            total = sum(c * size for c, size in zip(coefficients, sizes, strict=True))
            if not (total % modulus == bound if modulus else total >= bound):
                continue
        value = Fraction(0)
        for coefficient, exponents in terms:
            product = coefficient
            for size, power in zip(sizes, exponents, strict=True):
                product *= size**power
            value += product
        return value
    raise RefutedError("pieces", "do not cover all sizes")
