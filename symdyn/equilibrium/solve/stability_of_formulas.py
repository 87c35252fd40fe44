"""Linear stability of an equilibrium that is a formula: conditions in the symbols, and where they change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from symdyn.algebra.budgets.deadline import OutOfTimeError
from symdyn.algebra.budgets.limited import limited
from symdyn.algebra.conditions.certain_signs import certain_sign
from symdyn.algebra.conditions.readable_conditions import facts_of, readable
from symdyn.algebra.conditions.sign_conditions import condition, gap, strictly, together
from symdyn.algebra.conditions.written_conditions import written_as
from symdyn.algebra.formulas.plain_text import listed
from symdyn.algebra.programs.derivatives import jacobian
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.equilibrium import Stability
from symdyn.equilibrium.judge.linear_test import LinearTest, linear_test, stable_in_words, thresholds_of
from symdyn.equilibrium.judge.linearization import exact_tangent_map
from symdyn.equilibrium.solve.formulas import Formula, Root, without_roots

#: Operations in the coefficients of a quadratic factor beyond which its roots are not simplified.
_LONGEST = 40
#: Operations in the Jacobian beyond which conditions would fill pages, and take minutes.
_MOST_OPERATIONS = 100
_MOST_SYMBOLS = 24
_TOO_LATE = "inconclusive: the time was over"


@dataclass(frozen=True, kw_only=True)
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


def stability_of_formula(
    rates: Rates, one: Formula, others: Sequence[Formula], deadline: float
) -> tuple[tuple[sp.Basic, ...], Stability]:
    """Where the formula is an equilibrium apart from others, and the linear test there.

    At the edge of a square root two formulas meet. Where they meet in another that is listed the edge is left to it.
    """
    changed = _Changed(one)
    met = {root.edge for root in one.roots if changed.meets(root, others)}
    exists = together([strictly(c) if c in met else c for c in one.conditions]) or ()
    try:
        with limited(deadline):
            return exists, _across_nothing(rates, one, changed, exists)
    except OutOfTimeError:
        return exists, Stability(verdict=Verdict.UNDECIDED, unstable=0, neutral=0, stable=0, conclusion=_TOO_LATE)


def _across_nothing(rates: Rates, one: Formula, changed: _Changed, exists: tuple[sp.Basic, ...]) -> Stability:
    """The linear test of a formula that is no family."""
    test = _linear_test(rates, changed, 0)
    conditions = None if test.conditions is None else [changed.restored(c) for c in test.conditions]
    conclusion = test.conclusion
    edges = [strictly(root.edge) for root in one.roots if root.edge in exists and root.edge != strictly(root.edge)]
    if conditions is not None and edges:
        if sp.false in conditions:
            conclusion = f"unstable where {listed(map(written_as, edges))}"
        else:
            conditions += edges  # formulas meet at an edge: the Jacobian is singular there
    return _stability(rates, test, conditions, exists, conclusion, 0, changed)


def stability_across(rates: Rates, one: Formula, deadline: float) -> Stability:
    """The linear test across a family, with the directions along it explained."""
    along = len(one.free)
    explained = ((f"family of dimension {along}", along),)
    try:
        with limited(deadline):
            changed = _Changed(one)
            test = _linear_test(rates, changed, along)
            conditions = None if test.conditions is None else [changed.restored(c) for c in test.conditions]
            found = _stability(rates, test, conditions, one.conditions, test.conclusion, along, changed)
    except OutOfTimeError:
        return Stability(
            verdict=Verdict.UNDECIDED,
            unstable=0,
            neutral=along,
            stable=0,
            explained=explained,
            conclusion=_TOO_LATE,
        )
    conclusion = found.conclusion.replace("linearly stable", "stable modulo its family")
    return Stability(
        verdict=found.verdict,
        unstable=found.unstable,
        neutral=found.neutral + along,
        stable=found.stable,
        explained=explained,
        conclusion=conclusion,
        eigenvalues=found.eigenvalues,
        conditions=found.conditions,
        thresholds=found.thresholds,
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
        if isinstance(relation, sp.Ne) or relation.has(sp.Abs):
            return self.back(relation)
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
        if kept is not None:
            kept = readable([c for c in kept if c not in exists], exists)
        if kept is not None:
            conclusion = stable_in_words(kept)
        elif sp.false in conditions:
            kept = (sp.false,)
            if any(root.symbol.name in conclusion for root in changed.roots):  # said in symbols that stand for roots
                conclusion = f"unstable where {listed(map(written_as, exists))}" if exists else "unstable"
        elif any(_fails_strictly(c, exists) for c in conditions):
            kept, conclusion = (sp.false,), "unstable wherever it exists"
        else:
            failing = listed(conditions)
            conclusion = f"inconclusive: unstable where it exists, but where none of {failing} fails strictly"
    unstable, neutral, stable = (0, 0, size) if kept == () else _sure(test, rates.discrete)
    verdict = Verdict.PROVED if unstable + neutral + stable == size else Verdict.UNDECIDED
    eigenvalues = tuple(changed.back(value) for value, count in test.eigenvalues for _ in range(count))
    thresholds = thresholds_of([*exists, *(kept or ())])
    return Stability(
        verdict=verdict,
        unstable=unstable,
        neutral=neutral,
        stable=stable,
        explained=(),
        conclusion=conclusion,
        eigenvalues=eigenvalues,
        conditions=kept,
        thresholds=thresholds,
    )


def _fails_strictly(one: sp.Basic, exists: Sequence[sp.Basic]) -> bool:
    """Whether a condition is false, and no equality, wherever the equilibrium exists."""
    sides = isinstance(one, sp.core.relational.Relational) and not isinstance(one, sp.Ne) and not one.has(sp.Abs)
    return sides and certain_sign(gap(one), facts_of(exists)) == -1


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
