"""Equilibria of rational models with symbols, as formulas with the conditions under which they are real."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdyn.algebra.conditions.sign_conditions import condition, sign_of, strictly, together, unequal
from symdyn.algebra.programs.fractions_of_polynomials import fractions_of
from symdyn.algebra.solutions.radicals import Radical
from symdyn.algebra.solutions.solution_cases import Solution
from symdyn.algebra.solutions.solution_formulas import ROOTS, solution_formulas
from symdyn.equilibrium.solve.system import UnsolvedError
from symdyn.errors import ModelError


@dataclass(frozen=True)
class Root:
    """A positive symbol w with w^degree = inside, where inside has earlier ones; `edge` says that it is real."""

    symbol: sp.Symbol
    degree: int
    inside: sp.Expr
    edge: sp.Basic


@dataclass(frozen=True, kw_only=True)
class Formula:
    """Coordinates as formulas, and where they are real.

    Parameters
    ----------
    values
        In the symbols; a coordinate that stands for itself may have any value.
    free
        These coordinates.
    conditions
        Where the values are real and fulfil the signs of the coordinates.
    plain
        The values with a positive symbol for each root.
    roots
        Of the roots.
    """

    values: tuple[sp.Expr, ...]
    free: tuple[sp.Symbol, ...]
    conditions: tuple[sp.Basic, ...]
    plain: tuple[sp.Expr, ...] = ()
    roots: tuple[Root, ...] = ()


@dataclass(frozen=True)
class Formulas:
    """All formulas, where others may come in, and what was not solved."""

    items: tuple[Formula, ...]
    exceptions: tuple[sp.Expr, ...]
    unsolved: tuple[str, ...]


def formulas_of(
    expressions: Sequence[sp.Expr],
    inequalities: Sequence[sp.Expr],
    coords: tuple[sp.Symbol, ...],
    symbols: tuple[sp.Symbol, ...],
) -> Formulas:
    """Formulas for the coordinates at which expressions vanish; symbols are real.

    Raises
    ------
    UnsolvedError
        If an expression is not rational in the coordinates.
    """
    whole, parts = _named_parts([*expressions, *inequalities], coords)
    known = (*symbols, *parts.values())
    used = tuple(s for s in known if any(s in e.free_symbols for e in whole))
    rooms = tuple(sp.Dummy(f"w{k}", positive=True) for k in range(ROOTS))
    variables = (*coords, *used, *rooms)
    found = fractions_of(whole[: len(expressions)], variables)
    if found is None:
        raise UnsolvedError(f"the equations are not rational in {', '.join(map(str, coords))}, or too large")
    solved = solution_formulas(
        [p for p in found.numerators if p != 0],
        found.poles,
        len(coords),
        len(used),
        lambda p: sign_of(_expression(p, variables)),
        [str(symbol) for symbol in coords],
    )
    back = {symbol: part for part, symbol in parts.items()}
    poles = [_expression(p, variables) for p in found.poles]
    items: list[Formula] = []
    for solution in solved.solutions:
        for one in _choices(solution, poles, whole[len(expressions) :], coords, variables):
            if one not in items:
                items.append(one)
    alone = [one for one in items if not any(_lies_on(one, other, coords) for other in items if other is not one)]
    alone.sort(key=_size)
    exceptions = tuple(_expression(p, variables).xreplace(back) for p in solved.exceptions)
    never = [one for one in exceptions if one not in [p.xreplace(back) for p in poles]]
    return Formulas(tuple(_restored(one, back) for one in alone), tuple(never), solved.unsolved)


def _size(one: Formula) -> tuple[int, int]:
    return len(one.conditions), sum(int(sp.count_ops(value)) for value in one.values)


def _lies_on(one: Formula, family: Formula, coords: tuple[sp.Symbol, ...]) -> bool:
    """Whether a formula is that of a family with values for its free coordinates."""
    if len(family.free) <= len(one.free) or family.conditions:
        return False
    point = dict(zip(coords, one.values, strict=True))
    chosen = {symbol: point[symbol] for symbol in family.free}
    placed = [value.subs(chosen, simultaneous=True) for value in family.values]
    return all(sp.simplify(a - b) == 0 for a, b in zip(placed, one.values, strict=True))


def _named_parts(
    expressions: Sequence[sp.Expr], coords: Sequence[sp.Symbol]
) -> tuple[list[sp.Expr], dict[sp.Expr, sp.Symbol]]:
    """The expressions with a symbol for each part without coordinates that is not rational, as sqrt(a) or exp(b)."""
    parts: dict[sp.Expr, sp.Symbol] = {}
    inside = set(coords)
    taken = {symbol.name for e in expressions for symbol in e.free_symbols} | {symbol.name for symbol in coords}
    fresh = (name for k in itertools.count() if (name := f"q{k}") not in taken)

    def named(e: sp.Expr) -> sp.Expr:
        if e.is_Symbol or e.is_Rational or e.is_Float:
            return e
        plain = e.is_Add or e.is_Mul or (e.is_Pow and e.exp.is_Integer)
        if not plain and not e.free_symbols & inside:
            if e.is_real is False or e.has(sp.I):
                raise ModelError(f"{e} in the field is not real: give real symbols and numbers")
            signs = {s: True for s in ("positive", "negative", "nonzero") if getattr(e, f"is_{s}")}
            if e not in parts:
                parts[e] = sp.Symbol(next(fresh), real=True, **signs)
            return parts[e]
        return e.func(*map(named, e.args)) if e.args else e

    return [named(e) for e in expressions], parts


def _expression(polynomial: Any, variables: Sequence[sp.Symbol]) -> sp.Expr:
    terms = []
    for powers, value in polynomial.to_dict().items():
        factors = [s ** int(e) for s, e in zip(variables, powers, strict=True) if e]
        terms.append(sp.Mul(sp.Integer(int(value)), *factors))
    return sp.Add(*terms)


def _choices(
    solution: Solution,
    poles: Sequence[sp.Expr],
    inequalities: Sequence[sp.Expr],
    coords: tuple[sp.Symbol, ...],
    variables: Sequence[sp.Symbol],
) -> list[Formula]:
    """The formulas of a solution, one for each choice of the signs of its roots that is not seen to be impossible."""
    used = _used(solution)
    found = []
    for signs in itertools.product((1, -1), repeat=len(used)):
        one = _Choice(solution, used, signs, variables)
        conditions = one.conditions(poles, inequalities, coords)
        if conditions is None:
            continue
        free = tuple(coords[k] for k in solution.free)
        values = tuple(one.shown(v) for v in one.plain_values)
        found.append(Formula(
            values=values,
            free=free,
            conditions=conditions,
            plain=tuple(one.plain_values),
            roots=tuple(one.roots),
        ))
    return found


class _Choice:
    """A solution with one choice of signs; its formulas have a positive symbol for each root."""

    def __init__(
        self, solution: Solution, used: Sequence[Radical], signs: Sequence[int], variables: Sequence[sp.Symbol]
    ) -> None:
        self.variables, self.below = variables, [below for _, below in solution.values]
        self.plain: dict[sp.Symbol, sp.Expr] = {}
        self.whole: dict[sp.Symbol, sp.Expr] = {}
        self.real: list[sp.Basic] = []
        self.roots: list[Root] = []
        for root, sign in zip(used, signs, strict=True):
            w = variables[root.slot]
            inside = sp.factor(self.placed(root.radicand))
            self.plain[w] = sign * w
            if root.degree % 2:
                inside = sign * inside
            edge = self.above_zero(inside, root.degree % 2 == 1 and sign == -1)
            self.real.append(edge)
            self.roots.append(Root(w, root.degree, inside, edge))
            self.whole[w] = self.shown(inside) ** sp.Rational(1, root.degree)
        self.plain_values = [_value(pair, variables, self.plain) for pair in solution.values]

    def placed(self, polynomial: Any) -> sp.Expr:
        return _expression(polynomial, self.variables).xreplace(self.plain)

    def shown(self, expression: Any) -> Any:
        """With the roots themselves."""
        return expression.xreplace(self.whole)

    def above_zero(self, expression: sp.Expr, strict: bool) -> sp.Basic:
        """The condition without roots where that is seen to be the same."""
        said = condition(without_roots(expression, self.roots), strict)
        if strict and said != sp.false:
            # a root is positive but where it is 0
            inside = [root for root in self.roots if expression.has(root.symbol)]
            self.real += [strictly(root.edge) for root in inside if expression.subs(root.symbol, 0) == 0]
        return self.shown(said)

    def conditions(
        self, poles: Sequence[sp.Expr], inequalities: Sequence[sp.Expr], coords: Sequence[sp.Symbol]
    ) -> tuple[sp.Basic, ...] | None:
        """Where all is real; None where that is nowhere."""
        point = dict(zip(coords, self.plain_values, strict=True))
        for below in self.below:
            self.real += [self.shown(one) for one in unequal(self.placed(below))]
        for pole in poles:  # where a pole in the symbols alone vanishes the model itself has no value
            if pole.free_symbols & set(coords):
                self.real += [self.shown(one) for one in unequal(pole.subs(point, simultaneous=True))]
        for symbol, value in point.items():
            if value != symbol and symbol.is_nonnegative:
                self.real.append(self.above_zero(value, bool(symbol.is_positive)))
            elif value != symbol and symbol.is_nonpositive:
                self.real.append(self.above_zero(-value, bool(symbol.is_negative)))
        for expression in inequalities:
            self.real.append(self.above_zero(expression.subs(point, simultaneous=True), False))
        return together(self.real)


def without_roots(expression: sp.Expr, roots: Sequence[Root]) -> sp.Expr:
    """An expression of the same sign: A + B w with A and B of known signs is compared by squares."""
    above, below = sp.fraction(sp.together(expression))
    expanded = sp.expand(above * below)
    for root in [root for root in reversed(roots) if expanded.has(root.symbol)]:
        if root.degree != 2:
            return expanded
        w, square = root.symbol, root.inside
        powers = sp.Poly(expanded, w).all_coeffs()[::-1]
        a = sp.factor(sp.Add(*(c * square ** (k // 2) for k, c in enumerate(powers) if k % 2 == 0)))
        b = sp.factor(sp.Add(*(c * square ** (k // 2) for k, c in enumerate(powers) if k % 2)))
        if a.is_positive and b.is_negative:
            expanded = sp.expand(a**2 - b**2 * square)
        elif a.is_negative and b.is_positive:
            expanded = sp.expand(b**2 * square - a**2)
        else:
            return a + b * w
    return expanded


def _used(solution: Solution) -> list[Radical]:
    """The roots that the values need, those below others included."""
    needed: list[Radical] = []
    parts = [p for pair in solution.values for p in pair if p is not None]
    for root in reversed(solution.roots):
        if any(p.degrees()[root.slot] for p in (*parts, *(r.radicand for r in needed))):
            needed.insert(0, root)
    return needed


def _value(pair: tuple[Any, Any], variables: Sequence[sp.Symbol], roots: dict[sp.Symbol, sp.Expr]) -> sp.Expr:
    """A fraction as a sum: what is without roots, and the rest, each in lowest terms."""
    above, below = _expression(pair[0], variables), _expression(pair[1], variables).xreplace(roots)
    inside = [w for w in roots if above.has(w)]
    collected = sp.Poly(above, *inside).terms() if inside else [((), above)]
    total = sp.S.Zero
    for powers, coefficient in collected:
        monomial = sp.Mul(*(roots[w] ** e for w, e in zip(inside, powers, strict=True)))
        total += sp.factor(coefficient / below) * monomial
    return total


def _restored(one: Formula, back: dict[sp.Symbol, sp.Expr]) -> Formula:
    """The formula with the parts that had names."""

    def put(entries: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(e.xreplace(back) for e in entries)

    roots = tuple(Root(r.symbol, r.degree, r.inside.xreplace(back), r.edge.xreplace(back)) for r in one.roots)
    return Formula(
        values=put(one.values),
        free=one.free,
        conditions=put(one.conditions),
        plain=put(one.plain),
        roots=roots,
    )
