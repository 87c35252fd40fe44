"""Does an expression vanish identically? Polynomial and rational ones exactly, others by certain values in balls."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.budgets.call_budget import BudgetSpentError, call_budget
from symdyn.algebra.formulas.read import expansion_size
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError
from symdyn.numerics.backends import ball_backend

_MAX_TERMS = 200_000
_BITS = 300
#: Calls that one simplification may take: ten seconds or so.
_SIMPLIFY_CALLS = 40_000_000
_POINTS = 40


@dataclass(frozen=True)
class Vanishing:
    """Whether an expression is identically zero.

    Parameters
    ----------
    verdict
        PROVED if it is, REFUTED if it is certainly not zero at `point`, UNDECIDED otherwise.
    reason
        How it was decided.
    point
        Where it is not zero.
    """

    verdict: Verdict
    reason: str
    point: Mapping[sp.Symbol, sp.Rational] = field(default_factory=dict)


def vanishes(expression: sp.Expr, *, positive: Sequence[sp.Symbol] = ()) -> Vanishing:
    """Decide whether an expression is zero wherever it is defined.

    What is proved: rational functions by expansion of the numerator over Q; other expressions by SymPy's
    simplification to zero, after no tried point contradicted it. What is refuted: a point where the value in balls, or
    the exact value of a rational function, is certainly not zero.

    Parameters
    ----------
    expression
        In real symbols, with exact numbers.
    positive
        Symbols that stand for positive numbers.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> vanishes((x + 1)**2 - x**2 - 2*x - 1).verdict, vanishes(sp.sin(x)**2 + sp.cos(x)**2 - 1).verdict
    (Verdict.PROVED, Verdict.PROVED)
    >>> vanishes(sp.exp(x) - 1 - x).point
    {x: 1}
    """
    symbols = sorted(expression.free_symbols, key=str)
    if expression.is_rational_function(*symbols) and all(number.is_Rational for number in expression.atoms(sp.Number)):
        if expression.atoms(sp.NumberSymbol) or any(not p.exp.is_Integer for p in expression.atoms(sp.Pow)):
            return _transcendental(expression, symbols, positive)
        return _rational(expression, symbols, positive)
    return _transcendental(expression, symbols, positive)


def _rational(expression: sp.Expr, symbols: list[sp.Symbol], positive: Sequence[sp.Symbol]) -> Vanishing:
    for point in small_points(symbols, positive, 4):
        value = _exact_value(expression, point)
        if value is not None and value != 0:
            return Vanishing(Verdict.REFUTED, f"the difference there is {_short(value)}", point)
    if expansion_size(expression) > _MAX_TERMS:
        return Vanishing(Verdict.UNDECIDED, f"more than {_MAX_TERMS:,} terms, and no point tried contradicts it")
    numerator = sp.expand(sp.fraction(sp.together(expression))[0])
    if numerator == 0:
        return Vanishing(Verdict.PROVED, "as an identity of rational functions, by expansion")
    for point in small_points(symbols, positive, 4000):
        value = _exact_value(expression, point)
        if value is not None and value != 0:
            return Vanishing(Verdict.REFUTED, f"the difference there is {_short(value)}", point)
    return Vanishing(Verdict.UNDECIDED, "the numerator is not zero, but no point was found where it is defined")


def _exact_value(expression: sp.Expr, point: Mapping[sp.Symbol, sp.Rational]) -> sp.Rational | None:
    value = expression.xreplace(dict(point)) if point else expression
    return value if value.is_Rational else None


def _short(value: sp.Rational) -> str:
    text = str(value)
    return text if len(text) <= 30 else f"about {float(value):.6g}"


def _transcendental(expression: sp.Expr, symbols: list[sp.Symbol], positive: Sequence[sp.Symbol]) -> Vanishing:
    try:
        lowered = ball_backend.lower(straight_line([expression], symbols))
    except ModelError as failure:
        return Vanishing(Verdict.UNDECIDED, str(failure).rstrip("."))
    defined = 0
    for point in small_points(symbols, positive, _POINTS if symbols else 1):
        value = ball_value(lowered, list(point.values()))
        if value is None:
            continue
        defined += 1
        if value > 0 or value < 0:
            return Vanishing(Verdict.REFUTED, f"the difference there is {value.str(6, radius=False)}", point)
    if not defined:
        return Vanishing(Verdict.UNDECIDED, "it is defined at no point that was tried")
    known = expression.xreplace({symbol: sp.Dummy(symbol.name, positive=True) for symbol in positive})
    try:
        with call_budget(_SIMPLIFY_CALLS):
            zero = any(attempt(known) == 0 for attempt in (sp.simplify, _by_exponentials))
    except BudgetSpentError:
        zero = False
    if zero:
        return Vanishing(Verdict.PROVED, f"simplifies to zero; no contradiction in balls at {defined} points")
    return Vanishing(Verdict.UNDECIDED, f"below 2^-{_BITS // 2} at {defined} points, but it does not simplify to zero")


def _by_exponentials(expression: sp.Expr) -> sp.Expr:
    return sp.simplify(sp.expand(sp.fraction(sp.together(expression.rewrite(sp.exp)))[0]))


def ball_value(lowered: Any, values: Sequence[Any], bits: int = _BITS) -> flint.arb | None:
    """The value of a lowered expression in a ball; None where it is not finite or not defined."""
    with flint.ctx.workprec(bits):
        try:
            value = lowered(values)[0, 0]
        except (ZeroDivisionError, ValueError):
            return None
        return value if value.is_finite() else None


def small_points(
    symbols: Sequence[sp.Symbol], positive: Sequence[sp.Symbol], number: int
) -> Iterator[dict[sp.Symbol, sp.Rational]]:
    """Rational points, the smallest first: grids of small numbers, then larger ones with different digits."""
    kept = {symbol for symbol in symbols if symbol in set(positive) or symbol.is_positive}
    size = len(symbols)
    grids: list[list[int]] = [[1] * size, list(range(1, size + 1))] if size else [[]]
    if 0 < size <= 6:
        grids = [list(g) for g in itertools.islice(itertools.product((0, 1, 2), repeat=size), 27)][1:] + grids
        grids.sort(key=lambda g: (max(g), sum(g)))
    rng = np.random.default_rng(0)
    shapes = itertools.chain(
        ((g, 1) for g in grids),
        ((rng.integers(-2 - k // 8, 3 + k // 8, size).tolist(), 1 + k % 7) for k in range(number)),
    )
    seen: set[tuple[int, ...]] = set()
    for numerators, denominator in shapes:
        key = (*numerators, denominator)
        point = {s: sp.Rational(n, denominator) for s, n in zip(symbols, numerators, strict=True)}
        if key in seen or any(point[s] <= 0 for s in kept):
            continue
        seen.add(key)
        yield point
        if len(seen) >= number:
            return
