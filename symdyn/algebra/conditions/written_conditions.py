"""Inequalities as a person writes them: one symbol on a side, a ratio against 1, a modulus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy as sp

from symdyn.algebra.conditions.certain_signs import certain_sign
from symdyn.algebra.conditions.joint_conditions import Positive, positive
from symdyn.algebra.formulas.plain_text import terminal_text

_MOST_TERMS = 14


def written(conditions: Sequence[Positive]) -> tuple[sp.Basic, ...]:
    """Relations that say the same, the simplest first.

    Examples
    --------
    >>> from symdyn.algebra.conditions.joint_conditions import positive
    >>> a, b, c = sp.symbols("a b c", positive=True)
    >>> written([positive(a**2 - b + 1), positive(a + b - c), positive(2 + 2*a - b*c)])
    (b < a**2 + 1, c/(a + b) < 1, b*c < 2*(a + 1))
    """
    rest, found = list(conditions), []
    for first, second in _pairs(conditions):
        if first in rest and second in rest:
            modulus = _modulus(first, second)
            if modulus is not None:
                rest.remove(first)
                rest.remove(second)
                found.append(modulus)
    found += [_relation(one) for one in rest if one.odd]
    apart = [_apart(factor) for one in rest for factor in one.even]
    found = sorted(dict.fromkeys(found), key=lambda r: (sp.count_ops(r), str(r.lhs), r.rel_op == "<"))
    return (*found, *dict.fromkeys(apart))


def _apart(factor: sp.Expr) -> sp.Basic:
    """That a factor is not zero."""
    edge = _relation(Positive(1, (factor,), ()))
    return sp.Ne(edge.lhs, edge.rhs)


def written_as(one: sp.Basic) -> sp.Basic:
    """One inequality, strict or not, or inequation as a person writes it; other conditions as they are.

    Examples
    --------
    >>> r = sp.Symbol("r", real=True)
    >>> written_as(r - 1 > 0), written_as(1 - r >= 0), written_as(sp.Ne(r - 1, 0))
    (r > 1, r <= 1, Ne(r, 1))
    """
    if isinstance(one, sp.Ne):
        return _apart(one.lhs - one.rhs)
    if not isinstance(one, sp.core.relational.Relational) or isinstance(one, sp.Eq) or one.has(sp.Abs):
        return one
    entered = positive(one.gts - one.lts)
    if entered is None or entered.even or not entered.odd:
        return one
    strict = _relation(entered)
    if isinstance(one, sp.StrictGreaterThan | sp.StrictLessThan):
        return strict
    return (sp.Ge if strict.rel_op == ">" else sp.Le)(strict.lhs, strict.rhs)


def _pairs(conditions: Sequence[Positive]) -> Iterator[tuple[Positive, Positive]]:
    plain = [one for one in conditions if len(one.odd) == 1 and not one.even]
    yield from ((first, second) for k, first in enumerate(plain) for second in plain[k + 1 :])


def _modulus(first: Positive, second: Positive) -> sp.Basic | None:
    """|m| < d for d - m > 0 and d + m > 0, unless these are two bounds of one symbol."""
    d, m = sp.expand(first.gap + second.gap) / 2, sp.expand(first.gap - second.gap) / 2
    if not m.free_symbols:
        return None
    apart = len(sp.Add.make_args(m)) + len(sp.Add.make_args(d))
    if apart != _terms(first) or apart != _terms(second):
        return None
    offset, rest = m.as_coeff_Add()
    bounds = len(m.free_symbols) == 1 and rest.as_coeff_Mul()[1].is_Symbol and d.is_number
    if bounds and (offset != 0 or rest.free_symbols <= {s for s in m.free_symbols if s.is_positive}):
        return None
    factor = m.as_content_primitive()[0]
    inside, right = sp.factor_terms(sp.expand(m / factor)), sp.factor_terms(sp.expand(d / factor))
    inside = -inside if inside.could_extract_minus_sign() else inside
    return None if certain_sign(right) in (-1, 0) else sp.Lt(sp.Abs(inside), right, evaluate=False)


def _terms(one: Positive) -> int:
    return len(sp.Add.make_args(sp.expand(one.gap)))


def _relation(one: Positive) -> sp.Basic:
    """One inequality in the form with the fewest operations."""
    forms = list(_forms(one))
    left, right, above = min(forms, key=lambda form: _cost(form[0], form[1]))
    return sp.Gt(left, right, evaluate=False) if above else sp.Lt(left, right, evaluate=False)


def _cost(left: sp.Expr, right: sp.Expr) -> tuple[int, int, int, str]:
    """Operations, and what reads badly: minus signs, denominators, one symbol on both sides, a sum against 0."""
    above, below = sp.fraction(sp.together(right))
    minus = sum(term.could_extract_minus_sign() for term in sp.Add.make_args(sp.expand(above)))
    minus = 0 if right.is_Number and left.is_Symbol else minus
    divided = 1 + 2 * len(below.free_symbols) if below.free_symbols else 0
    plain = [part for part in sp.Mul.make_args(left) if not part.is_Add]
    both = len(sp.Mul(*plain).free_symbols & right.free_symbols)
    bare = right == 0 and left.is_Add
    whole = int(sp.count_ops(left) + sp.count_ops(right)) + 2 * minus + divided + both + 3 * int(bare)
    return whole, int(not left.is_Symbol), int(right.is_Add), str(left)


def _forms(one: Positive) -> Iterator[tuple[sp.Expr, sp.Expr, bool]]:
    """Left side, right side, and whether the left is the larger one."""
    gap = sp.expand(one.gap)
    terms = sp.Add.make_args(gap)
    ratio = _ratio(gap) if len(one.odd) == 1 and len(terms) <= _MOST_TERMS else None
    if ratio is not None:
        yield ratio
        return
    yield sp.Mul(*one.odd), sp.S.Zero, one.sign > 0
    if not 1 < len(terms) <= _MOST_TERMS or (len(one.odd) > 1 and gap.as_coeff_Add()[0] == 0):
        return
    yield from _monomials(terms)
    yield from _by_degree(gap)
    for symbol in sorted(gap.free_symbols, key=str):
        if gap.is_polynomial(symbol) and sp.degree(gap, symbol) == 1:
            yield from _isolated(gap, symbol)


def _ratio(gap: sp.Expr) -> tuple[sp.Expr, sp.Expr, bool] | None:
    """A product over a sum against 1, where all terms have one degree: as a reproduction number."""
    symbols = sorted(gap.free_symbols, key=str)
    terms = sp.Add.make_args(gap)
    if len(terms) < 3 or not all(s.is_positive for s in symbols) or not gap.is_polynomial(*symbols):
        return None
    if not sp.Poly(gap, *symbols).is_homogeneous:
        return None
    above = [term for term in terms if term.is_positive]
    below = [-term for term in terms if term.is_negative]
    if len(above) + len(below) != len(terms) or min(len(above), len(below)) != 1:
        return None
    single, many, larger = (above, below, True) if len(above) == 1 else (below, above, False)
    left = sp.Mul(*single) / sp.factor(sp.Add(*many))
    return left, sp.S.One, larger


def _monomials(terms: Sequence[sp.Expr]) -> Iterator[tuple[sp.Expr, sp.Expr, bool]]:
    """One term against the others."""
    for term in terms:
        number, monomial = term.as_coeff_Mul()
        if not monomial.free_symbols:
            continue
        others = -sp.Add(*(other for other in terms if other is not term)) / number
        for right in () if monomial in others.free_symbols else _shapes(others):
            yield monomial, right, bool(number > 0)


def _by_degree(gap: sp.Expr) -> Iterator[tuple[sp.Expr, sp.Expr, bool]]:
    """The terms of one degree against those of another, each in factors: b - a < (a + b)^3."""
    symbols = sorted(gap.free_symbols, key=str)
    if not gap.is_polynomial(*symbols):
        return
    parts: dict[int, sp.Expr] = {}
    for powers, number in sp.Poly(gap, *symbols).terms():
        monomial = sp.Mul(number, *(s**e for s, e in zip(symbols, powers, strict=True)))
        parts[sum(powers)] = parts.get(sum(powers), sp.S.Zero) + monomial
    if len(parts) == 2 and all(part.free_symbols for part in parts.values()):
        low, high = (parts[degree] for degree in sorted(parts))
        for turn in (1, -1):
            yield sp.factor_terms(turn * low), sp.factor(-turn * high), turn > 0


def _isolated(gap: sp.Expr, symbol: sp.Symbol) -> Iterator[tuple[sp.Expr, sp.Expr, bool]]:
    """A symbol, or its product with a sum, against the rest."""
    slope, rest = sp.Poly(gap, symbol).all_coeffs()
    sign = certain_sign(slope)
    if sign:
        for right in _shapes(-rest / slope):
            yield symbol, right, sign > 0
    number, factor = sp.factor_terms(slope).as_coeff_Mul()
    if not factor.free_symbols:
        return
    for turn in (1, -1):
        for right in _shapes(-turn * rest / number):
            yield symbol * (turn * factor), right, bool(number * turn > 0)


def _shapes(expression: sp.Expr) -> set[sp.Expr]:
    return {sp.factor(expression), sp.expand(expression), sp.factor_terms(sp.expand(expression))}


def weakly(conditions: Sequence[Positive]) -> tuple[sp.Basic, ...]:
    """The closed conditions: where none of the gaps is negative.

    Examples
    --------
    >>> from symdyn.algebra.conditions.joint_conditions import positive
    >>> a, b = sp.symbols("a b", real=True)
    >>> weakly([positive(a - b), positive(-a**2)])
    (a >= b, Eq(a, 0))
    """
    found: list[sp.Basic] = []
    for one in conditions:
        if one.odd:
            strict = _relation(Positive(one.sign, one.odd, ()))
            closed = (sp.Ge if strict.rel_op == ">" else sp.Le)(strict.lhs, strict.rhs)
            if not one.even and Positive(-one.sign, one.odd, ()) in conditions:
                closed = sp.Eq(strict.lhs, strict.rhs)
            apart = [sp.Eq(factor, 0) for factor in one.even]
            found.append(sp.Or(closed, *apart) if apart else closed)
        elif one.sign < 0:
            found.append(sp.Eq(sp.Mul(*one.even), 0))
    return tuple(dict.fromkeys(found))


def solved(one: sp.Basic) -> str:
    """s (a - b) < c for a positive c solved for s, case by case, in words; empty for other conditions.

    Examples
    --------
    >>> s, a, b = sp.symbols("s a b", positive=True)
    >>> solved(s * (a - b) < a + 1)
    's < (a + 1)/(a - b) where a > b, and every s elsewhere'
    """
    left = getattr(one, "lhs", None)
    if not isinstance(one, sp.StrictLessThan) or not isinstance(left, sp.Mul) or certain_sign(one.rhs) != 1:
        return ""
    symbols = [part for part in left.args if part.is_Symbol and part.is_positive]
    sums = [part for part in left.args if part.is_Add]
    if len(symbols) != 1 or len(left.args) != 2 or len(sums) != 1:
        return ""
    symbol, slope = symbols[0], sums[0]
    where = _relation(Positive(1, (slope,), ()))
    return f"{symbol} < {terminal_text(one.rhs / slope)} where {terminal_text(where)}, and every {symbol} elsewhere"
