"""The numbers of a formula: reading literals exactly, and how large a computed number may become.

SymPy computes powers, sums and products of numbers at once, so their digits are bounded before.
"""

import math
from collections.abc import Iterable

import sympy as sp

from symdyn.algebra.formulas.grammar import Step
from symdyn.algebra.formulas.guard import MAX_NUMBER_DIGITS, Source

MAX_EXPONENT = 1_000
MAX_DIGITS = 4_000  # Python refuses to print an integer of more than 4,300
MAX_ROOT_DIGITS = 50  # SymPy factors a number before it takes a root
NOT_A_VALUE = (sp.nan, sp.zoo, sp.oo, -sp.oo, sp.I)


def read_number(step: Step, source: Source, exact: bool) -> sp.Rational:
    """The rational number that a literal denotes, from its digits and never from a float."""
    text = step.word
    if text.isdigit():
        return sp.Integer(int(text))
    mantissa, _, power = text.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    shift = int(power or 0) if len(power) <= 6 else MAX_NUMBER_DIGITS + 1
    if len(whole) + len(fraction) + abs(shift) > MAX_NUMBER_DIGITS:
        reason = f"has more than {MAX_NUMBER_DIGITS} digits when it is written out: write a shorter number"
        raise source.span_refusal(step.start, step.end, reason)
    shift -= len(fraction)
    value = sp.Rational(int(whole + fraction) * 10 ** max(shift, 0), 10 ** max(-shift, 0))
    if exact:
        written = str(value)
        raise source.error(
            f"{source.span(step.start, step.end)} in {source.around(step.start)} is a decimal, and laws are "
            f"decided exactly: write {written if len(written) <= 60 else 'a quotient of integers'}.",
            step.start,
        )
    return value


def digits(number: sp.Rational) -> float:
    """Decimal digits of numerator and denominator, less one each: the logarithm of their product."""
    return math.log10(max(1, abs(int(number.p)))) + math.log10(int(number.q))


def content_digits(expression: sp.Expr) -> float:
    """Digits of the numbers that SymPy multiplies when `expression` is a factor, or the base of a power."""
    if expression.is_Rational:
        return digits(expression)
    if expression.is_Add:
        return max(digits(term.as_coeff_Mul()[0]) for term in expression.args)
    if expression.is_Pow and expression.exp.is_Rational:
        base = expression.base
        return digits(base) * abs(float(expression.exp)) if base.is_Rational else 0.0
    if expression.is_Mul:
        return sum(content_digits(factor) for factor in expression.args if not factor.is_Mul)
    return 0.0


def product_digits(factors: Iterable[sp.Expr]) -> float:
    """A bound on the digits of every coefficient in the product; SymPy distributes a number over one sum."""
    sums, others = 0.0, 0.0
    for factor in factors:
        if factor.is_Add:
            sums = max(sums, content_digits(factor))
        else:
            others += content_digits(factor)
    return sums + others


def sum_digits(terms: Iterable[sp.Expr]) -> float:
    """A bound on the digits of every coefficient in the sum: denominators of like terms multiply."""
    denominators: dict[sp.Expr, set[int]] = {}
    largest = 0.0
    for term in terms:
        for part in sp.Add.make_args(term):
            coefficient, rest = part.as_coeff_Mul()
            if coefficient.q != 1:
                denominators.setdefault(rest, set()).add(int(coefficient.q))
            largest = max(largest, digits(coefficient))
    return largest + max((sum(map(math.log10, group)) for group in denominators.values()), default=0.0)


def largest_coefficient(terms: Iterable[sp.Expr]) -> sp.Rational:
    """The rational coefficient of largest absolute value among the terms of an exponent."""
    return max((abs(term.as_coeff_Mul()[0]) for term in terms), default=sp.Integer(0))


def fault(expression: sp.Expr) -> str | None:
    """Why a computed expression is not a formula over the real numbers, or None."""
    seen: set[sp.Expr] = set()
    pending = [expression]
    while pending:
        node = pending.pop()
        if node in seen:
            continue
        seen.add(node)
        pending.extend(node.args)
        if node in NOT_A_VALUE:
            return "is not real and finite: keep roots, logarithms and divisors within their bounds"
        if node.is_Rational and digits(node) > MAX_DIGITS:
            return f"contains a number of more than {MAX_DIGITS} digits: write smaller numbers"
        if node.is_Pow and node.base is not sp.E and largest_coefficient(sp.Add.make_args(node.exp)) > MAX_EXPONENT:
            return f"contains a power above {MAX_EXPONENT}: exponents up to {MAX_EXPONENT} are allowed"
    return None
