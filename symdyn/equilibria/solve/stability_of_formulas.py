"""Linear stability of an equilibrium that is a formula: conditions in the symbols, and where they change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from symdyn.algebra.derivatives import jacobian
from symdyn.algebra.sign_conditions import condition, threshold, together
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.equilibrium import Stability
from symdyn.equilibria.linear_test import LinearTest, linear_test
from symdyn.equilibria.linearization import exact_tangent_map
from symdyn.equilibria.solve.formulas import Formula


@dataclass(frozen=True)
class Rates:
    """The formulas of a model, with real symbols.

    Parameters
    ----------
    coords
        The coordinates.
    next_
        The field, or the next values of an iteration.
    equations, inequalities
        Of the constraint.
    discrete
        Whether it is an iteration.
    """

    coords: tuple[sp.Symbol, ...]
    next_: tuple[sp.Expr, ...]
    equations: tuple[sp.Expr, ...]
    inequalities: tuple[sp.Expr, ...]
    discrete: bool

    @property
    def rates(self) -> tuple[sp.Expr, ...]:
        """What vanishes at an equilibrium."""
        if not self.discrete:
            return self.next_
        return tuple(f - x for f, x in zip(self.next_, self.coords, strict=True))


def real_symbol(symbol: sp.Symbol) -> sp.Symbol:
    """The symbol as a real one, with what else is assumed of it."""
    known = {name: value for name, value in symbol.assumptions0.items() if name != "commutative" and value is not None}
    return sp.Symbol(symbol.name, **{**known, "real": True})


def stability_of_formula(
    rates: Rates, one: Formula, others: Sequence[Formula], in_time: bool
) -> tuple[tuple[sp.Basic, ...], Stability]:
    """Where the formula is an equilibrium apart from others, and the linear test there.

    At the edge of a square root two formulas meet. Where they meet in another that is listed the edge is left to it.
    """
    changed = _Changed(one)
    exists = one.conditions
    edge = None if one.root is None else condition(one.root[1], False)
    if edge is not None and edge in exists and changed.meets(others):
        exists = tuple(condition(one.root[1], True) if c == edge else c for c in exists) if one.root else exists
    if not in_time:
        return exists, Stability(Verdict.UNDECIDED, 0, 0, 0, conclusion="inconclusive: the time was over")
    test = _linear_test(rates, changed, 0)
    conditions = None if test.conditions is None else [changed.restored(c) for c in test.conditions]
    conclusion = test.conclusion
    if conditions is not None and edge is not None and edge in exists:
        inside = condition(one.root[1], True) if one.root else sp.true
        if sp.false in conditions:
            conclusion = f"unstable where {inside}"
        else:
            conditions.append(inside)
    return exists, _stability(rates, test, conditions, exists, conclusion, 0, changed)


def stability_across(rates: Rates, one: Formula, in_time: bool) -> Stability:
    """The linear test across a family, with the directions along it explained."""
    along = len(one.free)
    explained = ((f"family of dimension {along}", along),)
    if not in_time:
        return Stability(Verdict.UNDECIDED, 0, along, 0, explained, "inconclusive: the time was over")
    changed = _Changed(one)
    test = _linear_test(rates, changed, along)
    conditions = None if test.conditions is None else [changed.restored(c) for c in test.conditions]
    found = _stability(rates, test, conditions, one.conditions, test.conclusion, along, changed)
    conclusion = found.conclusion.replace("linearly stable", "stable modulo its family")
    return Stability(
        found.verdict, found.unstable, found.neutral + along, found.stable, explained, conclusion,
        found.eigenvalues, found.conditions, found.thresholds,
    )  # fmt: skip


class _Changed:
    """A formula with a positive symbol for its square root, and a symbol of the model in terms of that."""

    def __init__(self, one: Formula) -> None:
        self.values: tuple[sp.Expr, ...] = one.values
        self.coords_values = one.values
        self.root = one.root
        self.replaced: dict[sp.Symbol, sp.Expr] = {}
        if one.root is None:
            return
        w, inside = one.root
        for symbol in sorted(inside.free_symbols, key=str):
            if inside.is_polynomial(symbol) and sp.degree(inside, symbol) == 1:
                slope = sp.factor(sp.diff(inside, symbol))
                if slope.is_nonzero:
                    self.replaced = {symbol: (w**2 - inside.subs(symbol, 0)) / slope}
                    self.values = tuple(sp.factor(v.xreplace(self.replaced)) for v in one.plain)
                    return

    def put(self, expression: sp.Expr) -> sp.Expr:
        """A formula of the model with the symbol replaced."""
        return expression.xreplace(self.replaced)

    def simple(self, expression: sp.Expr) -> sp.Expr:
        """In lowest terms, where there are no roots."""
        if self.root is not None and not self.replaced:
            return sp.simplify(expression)
        return sp.simplify(expression) if _has_roots(expression) else sp.factor(expression)

    def meets(self, others: Sequence[Formula]) -> bool:
        """Whether at the edge of the root the formula is one of others."""
        if self.root is None or not self.replaced:
            return False
        w = self.root[0]
        here = [value.subs(w, 0) for value in self.values]
        for other in others:
            there = [self.put(value).subs(w, 0) for value in other.values]
            if all(sp.simplify(a - b) == 0 for a, b in zip(here, there, strict=True)):
                return True
        return False

    def restored(self, relation: sp.Basic) -> sp.Basic:
        """A condition in the symbols of the model."""
        if not isinstance(relation, sp.core.relational.Relational):
            return relation
        if isinstance(relation.lhs, sp.Abs):
            return relation.func(sp.Abs(self.back(relation.lhs.args[0])), relation.rhs)
        gap = relation.gts - relation.lts
        return condition(self.back(gap), True)

    def back(self, expression: sp.Expr) -> sp.Expr:
        """A formula in the symbols of the model."""
        if self.root is None or not expression.has(self.root[0]):
            return expression
        w, inside = self.root
        return sp.expand(expression).subs(w, sp.sqrt(sp.factor(inside)))


def _has_roots(expression: sp.Expr) -> bool:
    return any(not power.exp.is_Integer for power in expression.atoms(sp.Pow))


def _linear_test(rates: Rates, changed: _Changed, along: int) -> LinearTest:
    """The spectrum of the tangent map; so many neutral directions are left out."""
    point = dict(zip(rates.coords, changed.values, strict=True))

    def placed(expression: sp.Expr) -> sp.Expr:
        return changed.simple(changed.put(expression).subs(point, simultaneous=True))

    derivative = jacobian(list(rates.next_), rates.coords).applyfunc(placed)
    normal = sp.ImmutableMatrix(0, len(rates.coords), [])
    if rates.equations:
        normal = jacobian(list(rates.equations), rates.coords).applyfunc(placed)
    matrix = exact_tangent_map(derivative, normal).applyfunc(changed.simple)
    return linear_test(_without(matrix, along, rates.discrete) if along else matrix, rates.discrete)


def _without(matrix: sp.ImmutableMatrix, along: int, discrete: bool) -> sp.ImmutableMatrix:
    """A matrix with the same spectrum but for so many neutral eigenvalues: the companion of the quotient."""
    t = sp.Dummy("t")
    polynomial = sp.Poly(sp.Matrix(matrix).charpoly(t).as_expr(t), t)
    divisor = sp.Poly((t - 1 if discrete else t) ** along, t)
    quotient, rest = sp.div(polynomial, divisor)
    if sp.simplify(rest.as_expr()) != 0:
        return matrix
    coefficients = [sp.simplify(c) for c in quotient.all_coeffs()[::-1]]
    size = len(coefficients) - 1

    def entry(i: int, j: int) -> sp.Expr:
        below = sp.S.One if i == j + 1 else sp.S.Zero
        return below - coefficients[i] / coefficients[size] if j == size - 1 else below

    return sp.ImmutableMatrix(size, size, entry)


def _stability(
    rates: Rates,
    test: LinearTest,
    conditions: list[sp.Basic] | None,
    exists: Sequence[sp.Basic],
    conclusion: str,
    along: int,
    changed: _Changed,
) -> Stability:
    size = len(rates.coords) - len(rates.equations) - along
    kept: tuple[sp.Basic, ...] | None = None
    if conditions is not None:
        kept = together([*exists, *conditions])
        kept = (sp.false,) if kept is None else tuple(c for c in kept if c not in exists)
        if kept == (sp.false,):
            conclusion = conclusion if conclusion.startswith("unstable") else "unstable"
        else:
            conclusion = "linearly stable where the conditions hold" if kept else "linearly stable"
    unstable, neutral, stable = (0, 0, size) if kept == () else _sure(test, rates.discrete)
    verdict = Verdict.PROVED if unstable + neutral + stable == size else Verdict.UNDECIDED
    eigenvalues = tuple(changed.back(value) for value, count in test.eigenvalues for _ in range(count))
    return Stability(
        verdict, unstable, neutral, stable, (), conclusion, eigenvalues, kept, _thresholds([*exists, *(kept or ())])
    )


def _sure(test: LinearTest, discrete: bool) -> tuple[int, int, int]:
    """How many eigenvalues are unstable, neutral and stable for all values of the symbols."""
    unstable = neutral = stable = 0
    for value, count in test.eigenvalues:
        size = sp.Abs(value) - 1 if discrete else sp.re(value)
        sign = sp.expand(size) if size.is_positive is None else size
        unstable += count if sign.is_positive else 0
        neutral += count if sign.is_zero else 0
        stable += count if sign.is_negative else 0
    return unstable, neutral, stable


def _thresholds(conditions: Sequence[sp.Basic]) -> dict[sp.Symbol, tuple[sp.Expr, ...]]:
    """Where one of the conditions changes, and the others are not seen to fail."""
    found: dict[sp.Symbol, tuple[sp.Expr, ...]] = {}
    for one in conditions:
        solved = threshold(one)
        if solved is None:
            continue
        symbol, values = solved
        others = [c for c in conditions if c is not one]
        live = [v for v in values if not any(_fails(c, symbol, v) for c in others)]
        listed = tuple(dict.fromkeys((*found.get(symbol, ()), *live)))
        if listed:
            found[symbol] = listed
    return found


def _fails(one: sp.Basic, symbol: sp.Symbol, value: sp.Expr) -> bool:
    """Whether a condition is false at the value, and not only at its edge."""
    if not isinstance(one, sp.core.relational.Relational) or isinstance(one, sp.Ne):
        return False
    gap = (one.gts - one.lts).subs(symbol, value)
    return bool(gap.is_number and gap.is_real and gap.is_negative)
