"""Is the field tangent to its constraint, does a map keep it? Decided exactly, once for each model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import symengine
import sympy as sp

from symdyn.algebra.programs.derivatives import entered, gradient
from symdyn.algebra.programs.vanishing import polynomial_vanishes, vanishes_where
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iterate import Iterate
from symdyn.dynamics.iteration import Iteration

_UNROLLED = 6


@lru_cache(maxsize=256)
def is_tangent(flow: Flow) -> bool:
    """Whether grad h . field vanishes wherever all equations h do.

    The rate must lie in the ideal of the equations, with transcendental parts as further symbols: that proves tangency;
    anything else counts as not tangent.
    """
    if flow.constraint is None:
        return True
    constraint, coords = flow.constraint, flow.coords
    for equation in constraint.equations:
        slopes = gradient(equation, coords)
        terms = [(slope, v) for slope, v in zip(slopes, flow.field.components, strict=True) if slope != 0]
        if any(_seen_to_vanish(rate, constraint.equations, coords) for rate in _rates(terms, coords)):
            continue
        if not vanishes_on(sp.Add(*(slope * v for slope, v in terms)), constraint.equations, coords):
            return False
    return True


def _rates(terms: list[tuple[sp.Expr, sp.Expr]], coords: tuple[sp.Symbol, ...]) -> Iterator[sp.Expr]:
    """The sum of slope times velocity, first with its repeated parts as independent symbols, then written out more.

    An identity that holds with independent symbols holds, and projections are seen long before all is written out.
    """
    inside, renaming = entered([v for _, v in terms], coords)
    parts, velocities = symengine.cse(inside)
    back = {internal: symbol for symbol, internal in renaming.items()}
    definitions = {sp.Symbol(str(name)): value._sympy_() for name, value in parts}
    rate = sp.Add(*(slope.xreplace(renaming) * v._sympy_() for (slope, _), v in zip(terms, velocities, strict=True)))
    for name in [None, *list(definitions)[: -_UNROLLED - 1 : -1]]:  # the latest part stands nearest to the result
        rate = rate if name is None else rate.xreplace({name: definitions[name]})
        opaque = {part: sp.Dummy() for part in definitions}
        yield rate.xreplace({**opaque, **back})
    yield sp.Add(*(slope * v for slope, v in terms))


@lru_cache(maxsize=256)
def keeps_constraint(iteration: Iteration) -> bool:
    """Whether the equations of the constraint hold at the next state wherever they hold; False if it is not shown.

    Each equation at the next state must lie in the ideal of all, with roots as symbols whose powers are known. An
    iterate keeps what its map keeps.
    """
    if isinstance(iteration, Iterate) and iteration.base is not None:
        return keeps_constraint(iteration.base)
    if iteration.constraint is None:
        return True
    equations, coords = iteration.constraint.equations, iteration.coords
    image = dict(zip(coords, iteration.update, strict=True))
    return all(vanishes_on(equation.xreplace(image), equations, coords) for equation in equations)


def vanishes_on(rate: sp.Expr, equations: tuple[sp.Expr, ...], coords: tuple[sp.Symbol, ...]) -> bool:
    """Whether an expression vanishes wherever all equations do; False means that it was not shown."""
    decided = polynomial_vanishes(rate, equations)
    if decided is not None:
        return decided
    return _seen_to_vanish(rate, equations, coords) or vanishes_where(rate, equations)


def _seen_to_vanish(rate: sp.Expr, equations: tuple[sp.Expr, ...], coords: tuple[sp.Symbol, ...]) -> bool:
    """The same by expansion and one division, with functions as symbols without relations: cheap, often enough."""
    opaque = {
        part: sp.Dummy(f"q{k}")
        for k, part in enumerate(
            sorted((f for f in rate.atoms(sp.Function) | _odd_powers(rate)), key=sp.default_sort_key)
        )
    }
    plain = rate.xreplace(opaque)
    # an identity that holds with independent symbols for all denominators holds, and expanding is far cheaper
    below = {p: sp.Dummy() for p in plain.atoms(sp.Pow) if p.exp.is_negative}
    if sp.expand(_powers_of_one_base(plain, below)) == 0:
        return True
    numerator = sp.fraction(sp.together(plain))[0]
    expanded = sp.expand(numerator)
    if expanded == 0:
        return True
    if not equations or not all(e.is_polynomial(*coords) for e in equations):
        return False
    _, remainder = sp.reduced(expanded, list(equations), *coords, *sorted(expanded.free_symbols - set(coords), key=str))
    return bool(sp.expand(remainder) == 0)


def _powers_of_one_base(expression: sp.Expr, below: dict[sp.Expr, sp.Symbol]) -> sp.Expr:
    """The expression with 1/b as a symbol for every base b, its powers as powers of that symbol."""
    symbols: dict[sp.Expr, sp.Symbol] = {}
    for power, symbol in below.items():
        symbols.setdefault(power.base, symbol)
    return expression.xreplace({power: symbols[power.base] ** (-power.exp) for power in below})


def _odd_powers(expression: sp.Expr) -> set[sp.Expr]:
    """Powers that are neither integer powers nor numbers: roots and exponentials with symbols."""
    return {p for p in expression.atoms(sp.Pow) if not p.exp.is_Integer and p.free_symbols}
