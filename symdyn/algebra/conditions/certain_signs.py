"""Signs that an expression has for all real values of its symbols, from their assumptions and from inequalities."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import sympy as sp

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.conditions.sampled_signs import takes_both_signs

_MOST_TERMS = 80
_MOST_JOINED = 20  # terms of what is compared with facts
_MOST_DEPTH = 2
_MOST_FACTS = 6


def factored(expression: sp.Expr) -> sp.Expr:
    """In factors, without its denominator; a long one is expanded only.

    The factors of the denominator come as factors, so that the sign stays.
    """
    above, below = sp.fraction(sp.together(expression))
    if len(sp.Add.make_args(sp.expand(above))) > _MOST_TERMS:
        return sp.expand(above) * sp.factor(below)
    return sp.factor(above) * sp.factor(below)


def certain_sign(expression: sp.Expr, facts: Sequence[sp.Expr] = ()) -> int | None:
    """1, -1 or 0 where the expression is positive, negative or zero for all values at which all facts are positive.

    None where that is not seen. Nothing is numerical: signs of terms, squares, discriminants, counts of roots in one
    symbol, and of each fact a symbol that it has linearly put in, or the fact divided by the expression.

    Examples
    --------
    >>> a, b, c = sp.symbols("a b c", real=True)
    >>> p, q, k = sp.symbols("p q k", positive=True)
    >>> [certain_sign(e) for e in (1 + a**2, p + q, a**2 + a + 1, -p - 1, a - a, a - b)]
    [1, 1, 1, -1, 0, None]
    >>> certain_sign(p - q, [k * (p - q) - 1]), certain_sign(a + 1, [a - 1]), certain_sign(b - 1, [a - b])
    (1, 1, None)
    """
    if takes_both_signs(expression, facts):
        return None
    product: int | None = 1
    for part in sp.Mul.make_args(factored(_without_exponentials(expression))):
        base, power = part.as_base_exp()
        if power.is_Integer:
            one = None if takes_both_signs(base, facts) else _sign(base, facts)
            one = one if one is None else one ** int(abs(power))
        else:
            one = 1 if part.is_positive or (power.is_real and _sign(base, facts) == 1) else None
        if one == 0:
            return 0
        product = None if one is None or product is None else product * one
    return product


def never_zero(expression: sp.Expr, facts: Sequence[sp.Expr] = ()) -> bool:
    """Whether an expression is not zero at any values at which all facts are positive.

    Examples
    --------
    >>> a, b = sp.symbols("a b", real=True)
    >>> never_zero(a, [a**2 - 1]), never_zero(a - b, [(a - b) * (a + 2)]), never_zero(a, [a + b])
    (True, True, False)
    """
    return bool(certain_sign(expression, facts)) or any(_is_lost_with(expression, fact) for fact in facts)


def _is_lost_with(expression: sp.Expr, fact: sp.Expr) -> bool:
    """Whether fact = g * expression + h with h <= 0: where the expression is zero the fact fails."""
    if len(sp.Add.make_args(sp.expand(fact))) > _MOST_JOINED:
        return False
    for symbol in sorted(expression.free_symbols & fact.free_symbols, key=str):
        if not (expression.is_polynomial(symbol) and fact.is_polynomial(symbol)):
            continue
        times = sp.degree(fact, symbol) - sp.degree(expression, symbol) + 1
        if times < 1:
            continue
        rest = sp.factor(sp.prem(fact, expression, symbol) * sp.LC(expression, symbol) ** (times % 2))
        if rest == 0 or never_positive(rest):
            return True
    return False


def _without_exponentials(expression: sp.Expr) -> sp.Expr:
    """With powers of a positive number for exp(k s), if s stands nowhere else; of one above 1 for a positive s."""
    placed: dict[sp.Expr, sp.Expr] = {}
    for symbol in expression.free_symbols:
        inside = [part for part in expression.atoms(sp.exp) if symbol in part.free_symbols]
        multiples = [part.args[0] / symbol for part in inside]
        if not inside or not all(k.is_Integer for k in multiples):
            continue
        grown = sp.Dummy(positive=True)
        number = 1 + grown if symbol.is_positive else grown
        powers = {part: number**k for part, k in zip(inside, multiples, strict=True)}
        if symbol not in expression.xreplace(powers).free_symbols:
            placed |= powers
    return expression.xreplace(placed) if placed else expression


def never_positive(expression: sp.Expr) -> bool:
    """Whether an expression is negative or zero for all values, by the assumptions alone."""
    product = 1
    for part in sp.Mul.make_args(factored(expression)):
        base, power = part.as_base_exp()
        if power.is_Integer and int(power) % 2 == 0 and base.is_real:
            continue
        one = certain_sign(part)
        if one is None:
            one = 1 if part.is_nonnegative else -1 if part.is_nonpositive else 0
        product *= one
    return product < 0


def _sign(expression: sp.Expr, facts: Sequence[sp.Expr]) -> int | None:
    """The sign of one factor."""
    check_time()
    alone = _alone(expression, 0)
    if alone is not None or len(sp.Add.make_args(expression)) > _MOST_JOINED:
        return alone
    facts = [fact for fact in facts if len(sp.Add.make_args(sp.expand(fact))) <= _MOST_JOINED]
    for fact in facts[:_MOST_FACTS]:
        if fact.free_symbols & expression.free_symbols:
            found = _by_division(expression, fact)
            if found is not None:
                return found
    for chosen in _put_in(list(facts[:_MOST_FACTS])):
        check_time()
        placed = _placed(expression, chosen)
        found = _factored_sign(placed)
        if found is None and len(chosen) == 1:
            found = _by_difference(placed, [_placed(fact, chosen) for fact in facts[:_MOST_FACTS]])
        if found is not None:
            return found
    return None


def _by_difference(expression: sp.Expr, facts: Sequence[sp.Expr]) -> int | None:
    """The sign of what is larger than something positive, or smaller than something negative."""
    for fact in facts:
        if fact.free_symbols & expression.free_symbols:
            for sign in (1, -1):
                if _factored_sign(expression - sign * fact) == sign:
                    return sign
    return None


def _alone(expression: sp.Expr, depth: int) -> int | None:
    """By assumptions, discriminants and root counts."""
    for form in (expression, sp.expand(expression)):
        if form.is_zero or form == 0:
            return 0
        if form.is_positive:
            return 1
        if form.is_negative:
            return -1
    expression = _with_named_roots(expression)
    symbols = sorted(expression.free_symbols, key=str)
    if not symbols or not expression.is_polynomial(*symbols):
        return None
    polynomial = sp.Poly(expression, *symbols)
    if len(polynomial.terms()) > _MOST_TERMS:
        return None
    if len(symbols) == 1:
        return _without_roots(polynomial, symbols[0])
    return _by_discriminant(polynomial.as_expr(), symbols, depth)


def _with_named_roots(expression: sp.Expr) -> sp.Expr:
    """Even roots as symbols that are not negative: where they are real they are not."""
    roots = [p for p in expression.atoms(sp.Pow) if p.exp.is_Rational and sp.Rational(p.exp).q % 2 == 0]
    outer = sorted((p for p in roots if p.free_symbols), key=sp.count_ops, reverse=True)
    for root in outer:
        expression = expression.xreplace({root: sp.Dummy(nonnegative=True)})
    return expression


def _without_roots(polynomial: sp.Poly, symbol: sp.Symbol) -> int | None:
    """The sign of a polynomial in one symbol without roots where the symbol may be."""
    if not (polynomial.domain.is_QQ or polynomial.domain.is_ZZ) or symbol.is_real is not True:
        return None
    low, high = (0 if symbol.is_nonnegative else None), (0 if symbol.is_nonpositive else None)
    roots = polynomial.count_roots(low, high)
    if roots and (symbol.is_positive or symbol.is_negative) and polynomial.eval(0) == 0:
        roots -= 1
    if roots:
        return None
    return int(sp.sign(polynomial.eval(-1 if high == 0 else 1)))


def _by_discriminant(expression: sp.Expr, symbols: Sequence[sp.Symbol], depth: int) -> int | None:
    """Of degree two in a real symbol, with a negative discriminant, it has the sign of its first coefficient."""
    if depth >= _MOST_DEPTH:
        return None
    for symbol in symbols:
        if sp.degree(expression, symbol) != 2 or not symbol.is_real:
            continue
        a, b, c = sp.Poly(expression, symbol).all_coeffs()
        first = _alone(a, depth + 1)
        below = 4 * a * c - b**2
        if first and not takes_both_signs(below) and _product_sign(sp.factor(below), depth + 1) == 1:
            return first
    return None


def _factored_sign(expression: sp.Expr) -> int | None:
    """By the assumptions alone, factor by factor."""
    return None if takes_both_signs(expression) else _product_sign(factored(expression), 0)


def _product_sign(product: sp.Expr, depth: int) -> int | None:
    sign = 1
    for part in sp.Mul.make_args(product):
        base, power = part.as_base_exp()
        one = _alone(base, depth)
        if one is None or not power.is_Integer:
            return None
        sign *= one ** int(abs(power))
    return sign


def _by_division(expression: sp.Expr, fact: sp.Expr) -> int | None:
    """From fact = g * expression + h > 0 with h <= 0: the expression has the sign of g."""
    for symbol in sorted(expression.free_symbols & fact.free_symbols, key=str):
        if not (expression.is_polynomial(symbol) and fact.is_polynomial(symbol)):
            continue
        if sp.degree(expression, symbol) > sp.degree(fact, symbol):
            continue
        slope = _alone(sp.LC(expression, symbol), _MOST_DEPTH)
        if not slope:
            continue
        times = sp.degree(fact, symbol) - sp.degree(expression, symbol) + 1
        quotient, rest = sp.pdiv(fact, expression, symbol)  # slope^times * fact = quotient * expression + rest
        if slope**times < 0:
            quotient, rest = -quotient, -rest
        rest = sp.factor(rest)
        if rest == 0 or certain_sign(rest) == -1 or never_positive(rest):
            sign = certain_sign(quotient)
            if sign:
                return sign
    return None


def _put_in(facts: Sequence[sp.Expr]) -> Iterator[list[tuple[sp.Symbol, sp.Expr]]]:
    """Choices of one or two facts, each as a symbol that it has linearly and this symbol by the value of the fact."""
    linear = []
    for fact in facts:
        for symbol in sorted(fact.free_symbols, key=str):
            if fact.is_polynomial(symbol) and sp.degree(fact, symbol) == 1:
                slope, rest = sp.Poly(fact, symbol).all_coeffs()
                if _alone(slope, _MOST_DEPTH):
                    linear.append((symbol, _by_value(slope, rest)))
    yield from ([one] for one in linear)
    for first, second in itertools.permutations(linear, 2):
        if first[0] != second[0] and first[0] not in second[1].free_symbols:
            yield [first, second]


def _by_value(slope: sp.Expr, rest: sp.Expr) -> sp.Expr:
    """What the symbol is where slope * symbol + rest is a positive number."""
    if slope.is_Number and rest == 0:
        return sp.Dummy(positive=bool(slope > 0), negative=bool(slope < 0))
    return (sp.Dummy(positive=True) - rest) / slope


def _placed(expression: sp.Expr, chosen: Sequence[tuple[sp.Symbol, sp.Expr]]) -> sp.Expr:
    """The expression with each symbol written by the value of its fact."""
    for symbol, value in chosen:
        expression = expression.xreplace({symbol: value})
    return expression
