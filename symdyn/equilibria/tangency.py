"""Is the field tangent to its constraint, does a map keep it? Decided exactly, once for each model."""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from symdyn.algebra.derivatives import gradient
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration


@lru_cache(maxsize=256)
def is_tangent(flow: Flow) -> bool:
    """Whether grad h . field vanishes wherever all equations h do.

    Transcendental parts are taken as independent symbols and the result is reduced modulo the equations: a remainder of
    zero proves tangency; anything else counts as not tangent.
    """
    if flow.constraint is None:
        return True
    constraint, coords = flow.constraint, flow.coords
    for equation in constraint.equations:
        rate = sp.Add(*(slope * v for slope, v in zip(gradient(equation, coords), flow.field.components, strict=True)))
        if not _vanishes(rate, constraint.equations, coords):
            return False
    return True


@lru_cache(maxsize=256)
def keeps_spheres(iteration: Iteration) -> bool:
    """Whether the map carries unit spheres to unit spheres, identically; False if it cannot be shown."""
    if iteration.constraint is None or not iteration.constraint.factors:
        return False
    equations, coords = iteration.constraint.equations, iteration.coords
    return all(
        _vanishes(sp.Add(*(iteration.update[k] ** 2 for k in group)) - 1, equations, coords)
        for group in iteration.constraint.factors
    )


def _vanishes(rate: sp.Expr, equations: tuple[sp.Expr, ...], coords: tuple[sp.Symbol, ...]) -> bool:
    opaque = {
        part: sp.Dummy(f"q{k}")
        for k, part in enumerate(
            sorted((f for f in rate.atoms(sp.Function) | _odd_powers(rate)), key=sp.default_sort_key)
        )
    }
    numerator = sp.fraction(sp.together(rate.xreplace(opaque)))[0]
    expanded = sp.expand(numerator)
    if expanded == 0:
        return True
    if not all(e.is_polynomial(*coords) for e in equations):
        return False
    _, remainder = sp.reduced(expanded, list(equations), *coords, *sorted(expanded.free_symbols - set(coords), key=str))
    return bool(sp.expand(remainder) == 0)


def _odd_powers(expression: sp.Expr) -> set[sp.Expr]:
    """Powers that are neither integer powers nor numbers: roots and exponentials with symbols."""
    return {p for p in expression.atoms(sp.Pow) if not p.exp.is_Integer and p.free_symbols}
