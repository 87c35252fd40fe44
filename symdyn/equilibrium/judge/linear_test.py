"""The linear test of stability in symbols: eigenvalues in closed form, and conditions of Routh, Hurwitz and Jury."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace

import sympy as sp

from symdyn.algebra.budgets.deadline import OutOfTimeError, check_time
from symdyn.algebra.budgets.limited import limited
from symdyn.algebra.conditions.certain_signs import certain_sign, factored
from symdyn.algebra.conditions.joint_conditions import Positive, excluded_at_edges, jointly, lighter, positive
from symdyn.algebra.conditions.readable_conditions import facts_of
from symdyn.algebra.conditions.sign_conditions import thresholds
from symdyn.algebra.conditions.written_conditions import weakly, written
from symdyn.algebra.formulas.plain_text import listed, terminal_text
from symdyn.equilibrium.judge.hurwitz import TooLongError, stable_quantities

_MOST_NAMED = 4
_LONGEST_SHOWN = 60
_LONGEST_SOLVED = 120
_SAID_BY_DEGREE = 4


@dataclass(frozen=True)
class LinearTest:
    """What the spectrum says; the fields are those of SymbolicEquilibrium."""

    eigenvalues: tuple[tuple[sp.Expr, int], ...]
    conditions: tuple[sp.Basic, ...] | None
    conclusion: str
    thresholds: dict[sp.Symbol, tuple[sp.Expr, ...]] = field(default_factory=dict)


def linear_test(
    matrix: sp.ImmutableMatrix,
    discrete: bool,
    longest: int | None = None,
    *,
    given: Sequence[sp.Basic] = (),
    inside: Sequence[sp.Expr] = (),
    deadline: float | None = None,
) -> LinearTest:
    """The spectrum of a real matrix with symbols: real parts against 0, or moduli against 1 if `discrete`.

    Parameters
    ----------
    matrix
        Square, with real entries.
    discrete
        Whether it is of an iteration.
    longest
        Roots of quadratic factors with more operations are not written out.
    given
        Inequalities that hold anyway.
    inside
        What is positive where the equilibrium is in its domain; it becomes part of the conditions.
    deadline
        At this value of `time.monotonic` what was found so far is given.

    Examples
    --------
    >>> a, b = sp.symbols("a b", positive=True)
    >>> linear_test(sp.ImmutableMatrix([[b - 1, a**2], [-b, -a**2]]), False).conditions
    (b < a**2 + 1,)
    """
    if matrix.has(sp.zoo, sp.oo, -sp.oo, sp.nan, sp.Derivative, sp.Subs):
        return LinearTest((), None, "inconclusive: there is no derivative at the candidate")
    found = LinearTest((), None, "inconclusive: the time was over")
    try:
        with nullcontext() if deadline is None else limited(deadline):
            factors = _factors(matrix)
            symbols = tuple(sorted(matrix.free_symbols, key=str))
            found = _Judged(factors, discrete, symbols, given, inside).test()
            found = replace(found, thresholds=thresholds_of(found.conditions or ()))
            found = replace(found, eigenvalues=_eigenvalues(factors, matrix.rows, longest))
    except OutOfTimeError:
        pass
    return found


def _eigenvalues(
    factors: Sequence[tuple[list[sp.Expr], int]], size: int, longest: int | None
) -> tuple[tuple[sp.Expr, int], ...]:
    """In closed form with multiplicities; none if one is missing."""
    counts: dict[sp.Expr, int] = {}
    for coefficients, multiplicity in factors:
        if longest is None or len(coefficients) == 2 or sum(map(sp.count_ops, coefficients)) <= longest:
            for value in _roots(coefficients):
                counts[value] = counts.get(value, 0) + multiplicity
    if sum(counts.values()) != size:
        return ()
    return tuple(sorted(counts.items(), key=lambda pair: sp.default_sort_key(pair[0])))


def _factors(matrix: sp.ImmutableMatrix) -> list[tuple[list[sp.Expr], int]]:
    """Factors of the characteristic polynomial, coefficients from the constant up, with multiplicities."""
    t = sp.Dummy("t")
    polynomial = sp.fraction(sp.together(_characteristic(matrix, t)))[0]
    found = []
    for factor, multiplicity in sp.factor_list(sp.expand(polynomial), t)[1]:
        degree = sp.degree(factor, t)
        expanded = sp.expand(factor)
        coefficients = [_plain(expanded.coeff(t, k)) for k in range(degree + 1)]
        if degree:
            found.append((coefficients, multiplicity))
    return found


def _plain(coefficient: sp.Expr) -> sp.Expr:
    """A polynomial as it is, others as SymPy simplifies them."""
    if coefficient.is_polynomial():
        return sp.expand(coefficient)
    return sp.factor_terms(sp.expand(sp.simplify(coefficient)))


def _characteristic(matrix: sp.ImmutableMatrix, t: sp.Symbol) -> sp.Expr:
    """det(t - matrix); a block that stands alone is taken alone, so that factors show."""
    product = sp.S.One
    blocks = sp.Matrix(matrix).strongly_connected_components()
    for rows in blocks:
        check_time()
        block = sp.Matrix(matrix).extract(list(rows), list(rows))
        product *= block.charpoly(t).as_expr(t)
    return product


def _roots(coefficients: list[sp.Expr]) -> list[sp.Expr]:
    if len(coefficients) == 2:
        return [_short(-coefficients[0] / coefficients[1])]
    if len(coefficients) == 3:
        c, b, a = coefficients
        root = sp.sqrt(_short((b**2 - 4 * a * c) / a**2))
        middle = _short(-b / (2 * a))
        return [middle - root / 2, middle + root / 2]
    return []


def _short(value: sp.Expr) -> sp.Expr:
    """A rational formula in lowest terms, expanded where that is as short; others as SymPy simplifies them."""
    if not value.is_rational_function():
        return sp.simplify(value)
    reduced = sp.factor(value)
    opened = sp.expand(reduced)
    return opened if sp.count_ops(opened) <= sp.count_ops(reduced) + 1 else reduced


class _Judged:
    """The quantities of all factors, and what follows."""

    def __init__(
        self,
        factors: Sequence[tuple[list[sp.Expr], int]],
        discrete: bool,
        symbols: tuple[sp.Symbol, ...],
        given: Sequence[sp.Basic],
        inside: Sequence[sp.Expr] = (),
    ) -> None:
        self.factors = [coefficients for coefficients, _ in factors]
        self.discrete, self.symbols, self.facts = discrete, symbols, facts_of(given)
        self.inside = [one for one in map(positive, inside) if one is not None]
        self.one = "multiplier" if discrete else "eigenvalue"

    def test(self) -> LinearTest:
        """Conditions and conclusion."""
        if any(c.has(sp.I) or c.is_real is False for coefficients in self.factors for c in coefficients):
            return LinearTest((), None, "inconclusive: the characteristic polynomial is not seen to be real")
        try:
            conditions, conclusion = self._judged()
        except TooLongError:
            conditions, conclusion = None, "inconclusive: conditions would have thousands of terms"
        return LinearTest((), conditions, conclusion)

    def _judged(self) -> tuple[tuple[sp.Basic, ...] | None, str]:
        conditions: list[Positive] = []
        silent = nowhere = False
        for coefficients in self.factors:
            for quantity in stable_quantities(coefficients, self.discrete):
                entered = positive(quantity)
                light = False if entered is None else lighter(entered, self.facts)
                if entered is None:
                    silent = True
                elif light is False:
                    if certain_sign(quantity, self.facts) == -1:
                        return (sp.false,), self._unstable(coefficients, quantity)
                    nowhere = True
                    conditions.append(entered)
                elif isinstance(light, Positive):
                    conditions.append(light)
        conditions = list(dict.fromkeys(conditions))
        kept = None if nowhere else jointly([*self.inside, *conditions], self.facts)
        if silent or kept is None:
            return self._never(conditions, silent)
        shown = written(kept)
        return shown, stable_in_words(shown)

    def _never(self, conditions: list[Positive], silent: bool) -> tuple[tuple[sp.Basic, ...] | None, str]:
        """Where no values fulfil all conditions."""
        if excluded_at_edges(conditions):
            shown = listed(written([one for one in conditions if one.odd]))
            return (sp.false,), f"unstable{self._everywhere()}: one of {shown} fails"
        weak = weakly(conditions)
        if weak:
            undecided = "there the linear test does not decide"
            return None, f"inconclusive: unstable except where {listed(weak)}; {undecided}"
        degree = max(len(coefficients) for coefficients in self.factors) - 1
        if degree > _SAID_BY_DEGREE:
            return None, f"inconclusive: {self._values()}not all {self.one}s are on the stable side"
        where = "on the unit circle" if self.discrete else "with real part zero"
        article = "a" if self.discrete else "an"
        return None, f"inconclusive: {self._values()}there is {article} {self.one} {where}"

    def _values(self) -> str:
        return "for all values of the parameters " if self.symbols else ""

    def _everywhere(self) -> str:
        if not self.symbols:
            return ""
        if len(self.symbols) > _MOST_NAMED:
            return " for all values of the parameters"
        return f" for every {', '.join(symbol.name for symbol in self.symbols)}"

    def _unstable(self, coefficients: Sequence[sp.Expr], quantity: sp.Expr) -> str:
        """The sentence, with the eigenvalue if it is one, or the quantity that is negative."""
        said = f"unstable{self._everywhere()}"
        if len(coefficients) == 2:
            root = terminal_text(sp.factor(-coefficients[0] / coefficients[1]))
            return f"{said}: the {self.one} {root} {'has modulus above 1' if self.discrete else 'is positive'}"
        side = "of modulus above 1" if self.discrete else "with positive real part"
        criterion = "Jury" if self.discrete else "Routh and Hurwitz"
        shown = terminal_text(factored(quantity))
        reason = f", as {shown} is negative" if quantity.free_symbols and len(shown) <= _LONGEST_SHOWN else ""
        return f"{said}: there is {'a' if self.discrete else 'an'} {self.one} {side} by {criterion}{reason}"


def stable_in_words(conditions: Sequence[sp.Basic]) -> str:
    """In words, with what the test leaves open."""
    if not conditions:
        return "linearly stable"
    said = "linearly stable where the conditions hold"
    if len(conditions) == 1:
        edge = sp.Eq(conditions[0].lhs, conditions[0].rhs, evaluate=False)
        return f"{said}; where {terminal_text(edge)} the linear test does not decide"
    return f"{said}; where one is an equality and the others hold the linear test does not decide"


def thresholds_of(conditions: Sequence[sp.Basic]) -> dict[sp.Symbol, tuple[sp.Expr, ...]]:
    """Where one of the conditions changes, and the others are not seen to fail."""
    found: dict[sp.Symbol, tuple[sp.Expr, ...]] = {}
    for one in conditions:
        if one.count_ops() > _LONGEST_SOLVED:
            continue
        others = [c for c in conditions if c is not one]
        for symbol, values in thresholds(one).items():
            check_time()
            live = [v for v in values if not any(_fails(c, symbol, v) for c in others)]
            together = tuple(dict.fromkeys((*found.get(symbol, ()), *live)))
            if together:
                found[symbol] = together
    return found


def _fails(one: sp.Basic, symbol: sp.Symbol, value: sp.Expr) -> bool:
    """Whether a condition is false at the value, and not only at its edge."""
    if isinstance(one, sp.Ne):
        return bool(sp.simplify((one.lhs - one.rhs).subs(symbol, value)) == 0)
    if not isinstance(one, sp.core.relational.Relational):
        return False
    above = (one.gts - one.lts).subs(symbol, value)
    return bool(above.is_number and above.is_real and above.is_negative)
