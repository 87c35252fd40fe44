"""Inequalities in symbols, as simple as their assumptions allow, and the values of a symbol at which one changes."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

_MOST_DEGREE = 4
_MOST_TERMS = 60


def sign_of(expression: sp.Expr) -> str:
    """What the assumptions say for all values: "positive", "negative", "nonzero", "nonpositive" or "".

    Examples
    --------
    >>> a, b = sp.symbols("a b", real=True)
    >>> [sign_of(e) for e in (1 + a**2, -a**2, a - b, -3 - b**2)]
    ['positive', 'nonpositive', '', 'negative']
    """
    factored = sp.factor(expression) if len(sp.Add.make_args(expression)) <= _MOST_TERMS else expression
    if factored.is_positive:
        return "positive"
    if factored.is_negative:
        return "negative"
    if factored.is_nonzero:
        return "nonzero"
    return "nonpositive" if factored.is_nonpositive else ""


def condition(expression: sp.Expr, strict: bool) -> sp.Basic:
    """expression > 0 or >= 0 without factors that change nothing; true or false where that is known.

    Examples
    --------
    >>> a, b = sp.symbols("a b", real=True)
    >>> c = sp.Symbol("c", positive=True)
    >>> condition(2*c*(a - b), True), condition(-c, False), condition(c/(1 + a**2), True), condition(-a, False)
    (a - b > 0, False, True, a <= 0)
    """
    above, below = sp.fraction(sp.together(expression))
    factored = sp.factor(above * below)
    if factored.is_positive or (not strict and factored.is_nonnegative):
        return sp.true
    if factored.is_negative or (strict and factored.is_nonpositive):
        return sp.false
    coefficient, rest = factored.as_coeff_Mul()
    kept = [sp.sign(coefficient)]
    for part in sp.Mul.make_args(rest):
        base, power = part.as_base_exp()
        if power.is_Integer and base.is_real and part.free_symbols:
            part = base if power % 2 else part if strict else sp.S.One
        if part.is_negative:
            kept.append(sp.S.NegativeOne)
        elif not part.is_positive:
            kept.append(part)
    left = sp.Mul(*kept)
    left = left if sum(bool(part.free_symbols) for part in kept) > 1 else sp.expand(left)
    if left.could_extract_minus_sign():
        return sp.Lt(-left, 0) if strict else sp.Le(-left, 0)
    return sp.Gt(left, 0) if strict else sp.Ge(left, 0)


def gap(one: sp.Basic) -> sp.Expr:
    """What is positive, or not negative, where an inequality holds."""
    return one.gts - one.lts


def is_strict(one: sp.Basic) -> bool:
    """Whether an inequality excludes its edge."""
    return isinstance(one, sp.StrictGreaterThan | sp.StrictLessThan)


def strictly(one: sp.Basic) -> sp.Basic:
    """The inequality without its edge."""
    return condition(gap(one), True) if _is_inequality(one) else one


def _is_inequality(one: sp.Basic) -> bool:
    return isinstance(one, sp.StrictGreaterThan | sp.StrictLessThan | sp.GreaterThan | sp.LessThan)


def unequal(expression: sp.Expr) -> list[sp.Basic]:
    """Conditions that say that an expression is not 0: one for each factor that may vanish."""
    found: list[sp.Basic] = []
    for part in sp.Mul.make_args(sp.factor(expression)):
        base = part.as_base_exp()[0]
        if base == 0:
            return [sp.false]
        if base.free_symbols and not base.is_nonzero:
            found.append(sp.Ne(base, 0))
    return found


def together(conditions: Sequence[sp.Basic]) -> tuple[sp.Basic, ...] | None:
    """Different conditions without those that always hold; None where one never does.

    Examples
    --------
    >>> a = sp.Symbol("a", real=True)
    >>> together([a > 0, sp.true, a >= 0, sp.Ne(a, 0)])
    (a > 0,)
    """
    kept: list[sp.Basic] = []
    for one in conditions:
        if one == sp.false:
            return None
        if one != sp.true and one not in kept:
            kept.append(one)
    strict = {gap(one) for one in kept if is_strict(one)}
    strict |= {-above for above in strict}
    plain = [
        one
        for one in kept
        if not (isinstance(one, sp.Ne) and one.lhs - one.rhs in strict)
        and not (_is_inequality(one) and not is_strict(one) and gap(one) in strict and strictly(one) in kept)
    ]
    if any(_excludes(one, other) for one in plain for other in plain):
        return None
    return tuple(one for one in plain if not _follows(one, [other for other in plain if other is not one]))


def _follows(one: sp.Basic, others: Sequence[sp.Basic]) -> bool:
    """Whether a bound of one symbol follows from another."""
    bound = _bound(one)
    if bound is None:
        return False
    for other in others:
        known = _bound(other)
        if known is not None and known[:2] == bound[:2]:
            apart = sp.expand((known[2] - bound[2]) * bound[1])
            if apart.is_positive or (apart == 0 and is_strict(other)):
                return True
    return False


def _excludes(one: sp.Basic, other: sp.Basic) -> bool:
    """Whether two bounds of one symbol are never true together."""
    first, second = _bound(one), _bound(other)
    if first is None or second is None or first[0] != second[0] or first[1] == second[1]:
        return False
    apart = sp.expand((second[2] - first[2]) * first[1])
    return bool(apart.is_negative or (apart == 0 and (is_strict(one) or is_strict(other))))


def _bound(one: sp.Basic) -> tuple[sp.Symbol, int, sp.Expr] | None:
    """Symbol, direction and end of an inequality in one symbol that is linear there."""
    if not _is_inequality(one) or len(one.free_symbols) != 1:
        return None
    (symbol,) = one.free_symbols
    above = sp.expand(gap(one))
    if not above.is_polynomial(symbol) or sp.degree(above, symbol) != 1:
        return None
    slope = above.coeff(symbol, 1)
    return symbol, int(sp.sign(slope)), -above.coeff(symbol, 0) / slope


def thresholds(one: sp.Basic) -> dict[sp.Symbol, tuple[sp.Expr, ...]]:
    """Where a condition changes: for each factor the symbol for which its zeros are found most simply, and these.

    Examples
    --------
    >>> a, b = sp.symbols("a b", real=True)
    >>> thresholds(a**2 - b + 1 > 0)
    {b: (a**2 + 1,)}
    """
    found: dict[sp.Symbol, tuple[sp.Expr, ...]] = {}
    if not isinstance(one, sp.core.relational.Relational):
        return found
    for part in sp.Mul.make_args(sp.factor(one.lhs - one.rhs)):
        solved = _simplest(part.as_base_exp()[0])
        if solved is not None:
            found[solved[0]] = tuple(dict.fromkeys((*found.get(solved[0], ()), *solved[1])))
    return found


def _simplest(above: sp.Expr) -> tuple[sp.Symbol, tuple[sp.Expr, ...]] | None:
    best: tuple[tuple[int, int, str], sp.Symbol, tuple[sp.Expr, ...]] | None = None
    for symbol in sorted(above.free_symbols, key=str):
        values = _zeros(above, symbol)
        if values:
            cost = len(values), sum(int(sp.count_ops(value)) for value in values), str(symbol)
            if best is None or cost < best[0]:
                best = cost, symbol, values
    return None if best is None else (best[1], best[2])


def _zeros(edge: sp.Expr, symbol: sp.Symbol) -> tuple[sp.Expr, ...]:
    if isinstance(edge, sp.Abs) or edge.has(sp.Abs):
        inner = sorted(edge.atoms(sp.Abs), key=str)
        opened = [edge.xreplace({part: sign * part.args[0] for part in inner}) for sign in (1, -1)]
        return tuple(dict.fromkeys(value for one in opened for value in _zeros(one, symbol)))
    above = sp.fraction(sp.together(edge))[0]
    if not above.is_polynomial(symbol):
        return ()
    degree = sp.degree(above, symbol)
    if degree == 1:
        slope = above.coeff(symbol, 1) if above.is_Add else sp.diff(above, symbol)
        found: list[sp.Expr] = [_without_minus(sp.factor(-above.subs(symbol, 0) / slope))]
    elif degree <= _MOST_DEGREE and (len(edge.free_symbols) == 1 or degree == 2):
        found = list(sp.roots(sp.Poly(above, symbol)))
    else:
        return ()
    real = [v for v in found if v.is_real is not False and not v.has(sp.I) and _fits(symbol, v)]
    return tuple(sorted(real, key=sp.default_sort_key))


def _without_minus(fraction: sp.Expr) -> sp.Expr:
    """-a/(b - c) as a/(c - b)."""
    if not fraction.could_extract_minus_sign():
        return fraction
    parts = [part.as_base_exp() for part in sp.Mul.make_args(-fraction)]
    for place, (base, power) in enumerate(parts):
        if base.is_Add and power.is_odd and any(term.could_extract_minus_sign() for term in base.args):
            turned = [-b if k == place else b for k, (b, _) in enumerate(parts)]
            return sp.Mul(*(b**e for b, (_, e) in zip(turned, parts, strict=True)))
    return fraction


def _fits(symbol: sp.Symbol, value: sp.Expr) -> bool:
    """Whether a value may be one of the symbol."""
    if (symbol.is_positive and value.is_nonpositive) or (symbol.is_negative and value.is_nonnegative):
        return False
    return not (symbol.is_nonnegative and value.is_negative)
