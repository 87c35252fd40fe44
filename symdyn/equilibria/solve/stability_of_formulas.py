"""Linear stability of an equilibrium that is a formula: conditions in the symbols, and where they change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from symdyn.algebra.derivatives import jacobian
from symdyn.algebra.sign_conditions import condition, gap, strictly, thresholds, together
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.equilibrium import Stability
from symdyn.equilibria.linear_test import LinearTest, linear_test
from symdyn.equilibria.linearization import exact_tangent_map
from symdyn.equilibria.solve.formulas import Formula, Root, without_roots

#: Operations in the coefficients of a quadratic factor beyond which its roots are not simplified.
_LONGEST = 40
#: Operations in the Jacobian beyond which conditions would fill pages, and take minutes.
_MOST_OPERATIONS = 100
_MOST_SYMBOLS = 24


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
    met = {root.edge for root in one.roots if changed.meets(root, others)}
    exists = together([strictly(c) if c in met else c for c in one.conditions]) or ()
    if not in_time:
        return exists, Stability(Verdict.UNDECIDED, 0, 0, 0, conclusion="inconclusive: the time was over")
    test = _linear_test(rates, changed, 0)
    conditions = None if test.conditions is None else [changed.restored(c) for c in test.conditions]
    conclusion = test.conclusion
    edges = [strictly(root.edge) for root in one.roots if root.edge in exists and root.edge != strictly(root.edge)]
    if conditions is not None and edges:
        if sp.false in conditions:
            conclusion = f"unstable where {', '.join(map(str, edges))}"
        else:
            conditions += edges  # formulas meet at an edge: the Jacobian is singular there
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
        found.eigenvalues, conditions=found.conditions, thresholds=found.thresholds,
    )  # fmt: skip


class _Changed:
    """A formula with positive symbols for its roots, and a symbol of the model in terms of the first."""

    def __init__(self, one: Formula) -> None:
        self.roots = one.roots
        self.whole: dict[sp.Symbol, sp.Expr] = {}
        for root in one.roots:
            self.whole[root.symbol] = root.inside.xreplace(self.whole) ** sp.Rational(1, root.degree)
        self.replaced = _first_root_replaces(one.roots)
        self.values = tuple(self.simple(value) for value in one.plain)

    def simple(self, expression: sp.Expr) -> sp.Expr:
        """In lowest terms, with low powers of the roots."""
        if _has_roots(expression):
            return sp.simplify(expression)
        above, below = sp.fraction(sp.together(expression))
        for root in reversed(self.roots):
            relation = root.symbol**root.degree - root.inside
            above, below = (
                sp.rem(part, relation, root.symbol) if part.has(root.symbol) else part for part in (above, below)
            )
        return sp.factor((above / below).xreplace(self.replaced))

    def meets(self, root: Root, others: Sequence[Formula]) -> bool:
        """Whether at the edge of a root the formula is one of others."""
        here = [value.subs(root.symbol, 0) for value in self.values]
        for other in others:
            there = [value.xreplace(self.replaced).subs(root.symbol, 0) for value in other.values]
            if all(sp.simplify(a - b) == 0 for a, b in zip(here, there, strict=True)):
                return True
        return False

    def restored(self, relation: sp.Basic) -> sp.Basic:
        """A condition in the symbols of the model."""
        if not isinstance(relation, sp.core.relational.Relational):
            return relation
        if isinstance(relation.lhs, sp.Abs):
            return relation.func(sp.Abs(self.back(relation.lhs.args[0])), relation.rhs)
        simple = condition(gap(relation), True)  # positive factors first: what is left may be compared by squares
        if not isinstance(simple, sp.core.relational.Relational):
            return simple
        return self.back(condition(without_roots(gap(simple), self.roots), True))

    def back(self, expression: sp.Basic) -> sp.Basic:
        """A formula in the symbols of the model."""
        return expression.xreplace(self.whole)


def _first_root_replaces(roots: Sequence[Root]) -> dict[sp.Symbol, sp.Expr]:
    """A symbol that enters the first root linearly, in terms of the root."""
    for root in roots[:1]:
        for symbol in sorted(root.inside.free_symbols, key=str):
            if root.inside.is_polynomial(symbol) and sp.degree(root.inside, symbol) == 1:
                slope = sp.factor(sp.diff(root.inside, symbol))
                if slope.is_nonzero:
                    return {symbol: (root.symbol**root.degree - root.inside.subs(symbol, 0)) / slope}
    return {}


def _has_roots(expression: sp.Expr) -> bool:
    return any(not power.exp.is_Integer for power in expression.atoms(sp.Pow))


def _linear_test(rates: Rates, changed: _Changed, along: int) -> LinearTest:
    """The spectrum of the tangent map; so many neutral directions are left out."""
    point = dict(zip(rates.coords, changed.values, strict=True))

    def placed(expression: sp.Expr) -> sp.Expr:
        return changed.simple(expression.xreplace(changed.replaced).subs(point, simultaneous=True))

    derivative = jacobian(list(rates.next_), rates.coords).applyfunc(placed)
    normal = sp.ImmutableMatrix(0, len(rates.coords), [])
    if rates.equations:
        normal = jacobian(list(rates.equations), rates.coords).applyfunc(placed)
    matrix = exact_tangent_map(derivative, normal).applyfunc(changed.simple)
    if _is_too_long(matrix):
        return LinearTest((), None, "inconclusive: the Jacobian is too long for conditions that can be read")
    return linear_test(_without(matrix, along, rates.discrete) if along else matrix, rates.discrete, _LONGEST)


def _is_too_long(matrix: sp.ImmutableMatrix) -> bool:
    """Whether the minors of Routh and Hurwitz would have thousands of terms: by operations, or symbols and rows."""
    if sum(sp.count_ops(entry) for entry in matrix) > _MOST_OPERATIONS:
        return True
    return (matrix.rows - 2) * len(matrix.free_symbols) > _MOST_SYMBOLS


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
    thresholds = _thresholds([*exists, *(kept or ())])
    return Stability(
        verdict, unstable, neutral, stable, (), conclusion, eigenvalues, conditions=kept, thresholds=thresholds
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
        others = [c for c in conditions if c is not one]
        for symbol, values in thresholds(one).items():
            live = [v for v in values if not any(_fails(c, symbol, v) for c in others)]
            listed = tuple(dict.fromkeys((*found.get(symbol, ()), *live)))
            if listed:
                found[symbol] = listed
    return found


def _fails(one: sp.Basic, symbol: sp.Symbol, value: sp.Expr) -> bool:
    """Whether a condition is false at the value, and not only at its edge."""
    if isinstance(one, sp.Ne):
        return bool(sp.simplify((one.lhs - one.rhs).subs(symbol, value)) == 0)
    if not isinstance(one, sp.core.relational.Relational):
        return False
    above = gap(one).subs(symbol, value)
    return bool(above.is_number and above.is_real and above.is_negative)
