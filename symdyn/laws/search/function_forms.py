"""Functions that users give, as sums of logarithms and a fraction of polynomials: the forms that witnesses hold."""

from __future__ import annotations

from math import gcd

import sympy as sp

from symdyn.algebra.polynomials.expansion import MAX_EXPONENT
from symdyn.algebra.polynomials.sparse import polynomials_from_expressions
from symdyn.dynamics.answers.elementary_form import ElementaryForm, Terms
from symdyn.geometry.fields.flint_fields import TooLargeError
from symdyn.geometry.fields.polynomial_fields import PolynomialFields
from symdyn.laws.search.elementary import is_elementary_law

_LARGEST = 2000


def elementary_form(entry: sp.Expr, symbols: tuple[sp.Symbol, ...]) -> ElementaryForm | None:
    """The function as sum_j w_j ln|P_j| + A / B, up to a whole multiple; None where it is not of this form.

    Parameters
    ----------
    entry
        The function. Arguments of logarithms are polynomials with coprime coefficients.
    symbols
        Coordinates and constants.
    """
    rest: list[sp.Expr] = []
    weights: list[sp.Expr] = []
    arguments: list[Terms] = []
    for part in sp.Add.make_args(entry):
        logarithms = [factor for factor in sp.Mul.make_args(part) if isinstance(factor, sp.log)]
        if not part.has(sp.log):
            rest.append(part)
            continue
        argument = _primitive(logarithms[0].args[0], symbols) if len(logarithms) == 1 else None
        weight = part / logarithms[0] if argument is not None else sp.S.NaN
        if argument is None or weight.has(sp.log) or not weight.is_polynomial(*symbols):
            return None
        weights.append(weight)
        arguments.append(argument)
    total = sp.Add(*rest)
    if not total.is_rational_function(*symbols) or sp.count_ops(total) > _LARGEST:
        return None
    above, below = sp.fraction(sp.cancel(sp.together(total)))
    if not (above.is_polynomial(*symbols) and below.is_polynomial(*symbols)):
        return None
    # one whole multiple of the function: with B integral, weights and A share a denominator
    (bottom,) = polynomials_from_expressions([below], symbols).to_terms()
    scaled = sp.Add(*(c * sp.Mul(*(symbols[k] ** e for k, e in m)) for m, c in bottom.items()))
    factor = sp.cancel(scaled / below)
    both = [*weights, sp.expand(above * factor)]
    parts = polynomials_from_expressions(both, symbols, group=len(both)).to_terms()
    numerator = tuple(parts[-1].items())
    denominator = tuple(bottom.items()) if numerator else (((), 1),)
    pairs = tuple((tuple(weight.items()), argument) for weight, argument in zip(parts[:-1], arguments, strict=True))
    return ElementaryForm(symbols, pairs, numerator, denominator)


def _primitive(argument: sp.Expr, symbols: tuple[sp.Symbol, ...]) -> Terms | None:
    """A polynomial with coprime whole coefficients as terms; None for anything else, or a constant."""
    if not argument.is_polynomial(*symbols) or not argument.free_symbols or _degree(argument, symbols) > MAX_EXPONENT:
        return None
    (terms,) = polynomials_from_expressions([argument], symbols).to_terms()
    rebuilt = sp.Add(*(c * sp.Mul(*(symbols[k] ** e for k, e in m)) for m, c in terms.items()))
    same = sp.expand(rebuilt - argument) == 0
    return tuple(terms.items()) if same and gcd(*terms.values()) == 1 else None


def _degree(expression: sp.Expr, symbols: tuple[sp.Symbol, ...]) -> int:
    return int(sp.total_degree(expression, *symbols)) if sp.count_ops(expression) <= _LARGEST else MAX_EXPONENT + 1


def law_form(entry: sp.Expr, symbols: tuple[sp.Symbol, ...], fields: PolynomialFields) -> ElementaryForm | None:
    """The form of a function, where every field annihilates its weights and the whole; else None."""
    form = elementary_form(entry, symbols)
    if form is None or not (form.logarithms or form.numerator):
        return None
    try:
        return form if is_elementary_law(fields, form) else None
    except TooLargeError:
        return None
