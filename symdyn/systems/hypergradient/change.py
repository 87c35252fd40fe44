"""Maps x = phi(z, y) without a formula for z: the point z of a root, and expansions there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from scipy.optimize import root as find_root

from symdyn.algebra.polynomials.truncated import taylor_coefficients
from symdyn.errors import ModelError, came
from symdyn.systems.hypergradient.arrays import array_function
from symdyn.systems.hypergradient.formulas import pieces_of_map
from symdyn.systems.hypergradient.problem import Bilevel, Method, Reparametrization, map_of


@dataclass(frozen=True)
class Place:
    """A map with its z at the root.

    Parameters
    ----------
    change
        The map, given by phi.
    z
        Values.
    notes
        Which z was taken, where there are several.
    """

    change: Reparametrization
    z: tuple[sp.Expr, ...]
    notes: tuple[str, ...] = ()

    def tables(
        self, problem: Bilevel, values: Mapping[sp.Symbol, sp.Expr], order: int
    ) -> dict[str, list[dict[Any, sp.Expr]]]:
        """Taylor coefficients in (z, x) of phi and its derivatives with frozen copies put back."""
        A, B, S, T, _ = pieces_of_map(problem, self.change)
        phi = self.change.phi.subs(dict(self.change.frozen), simultaneous=True)
        parts = {"phi": [phi], "A": [A], "B": [B], "S": S, "T": T}
        point = {**values, **dict(zip(self.change.z, self.z, strict=True))}
        variables = (*self.change.z, *problem.x)
        return {
            name: taylor_coefficients([entry for part in found for entry in part], variables, point, order)
            for name, found in parts.items()
        }


def place_of_map(
    problem: Bilevel, method: Method, values: Mapping[sp.Symbol, sp.Expr], root: Mapping[Any, Any], near: Any
) -> Place | None:
    """z at the root, given or solved for; None for methods without phi.

    Raises
    ------
    ModelError
        If there is no real z, or the one given does not fit.
    """
    change = map_of(problem, method)
    if change is None or change.phi is None:
        return None
    equations = change.phi.subs(dict(change.frozen), simultaneous=True).subs(dict(values), simultaneous=True)
    targets = [values[s] for s in problem.x]
    names = {getattr(key, "name", key): value for key, value in root.items()}
    if all(s.name in names for s in change.z):
        given = tuple(sp.S.Zero + names[s.name] for s in change.z)
        at = dict(zip(change.z, given, strict=True))
        for left, right in zip(equations.subs(at, simultaneous=True), targets, strict=True):
            gap = sp.nsimplify(left - right) if not (left - right).has(sp.Float) else left - right
            if not (abs(float(gap)) < 1e-9 if gap.is_number else sp.simplify(gap) == 0):
                raise ModelError(f"phi(z, y) is not x at this z: the difference is {sp.simplify(gap)}, give another z")
        return Place(change, given)
    if len(change.z) == 1:
        found = _exact_z(equations[0] - targets[0], change.z[0], near)
        if found is not None:
            return Place(change, *found)
    return Place(change, *_float_z(equations, targets, change, near))


def _exact_z(equation: sp.Expr, z: sp.Symbol, near: Any) -> tuple[tuple[sp.Expr, ...], tuple[str, ...]] | None:
    """The real zero nearest to `near`, of a polynomial in one z."""
    if equation.free_symbols - {z} or not equation.is_polynomial(z) or equation.has(sp.Float):
        return None
    zeros = sp.Poly(equation, z).real_roots() if sp.Poly(equation, z).degree() else []
    if not zeros:
        raise ModelError(f"phi(z, y) = x has no real z at this root: {equation} has no real zero, give another map")
    wanted = 0.0 if near is None else float(np.ravel(near)[0])
    distinct = sorted(set(zeros), key=lambda one: abs(float(one) - wanted))
    chosen = distinct[0]
    if not isinstance(chosen, sp.Rational) and sp.Poly(equation, z).degree() > 2:
        chosen = chosen if chosen.is_algebraic else sp.N(chosen)
    more = len(distinct) - 1
    notes = (f"{more + 1} values of z give this x: z = {sp.N(chosen, 6)} was taken",) if more else ()
    return (sp.radsimp(chosen),), notes


def _float_z(
    equations: Any, targets: list[sp.Expr], change: Reparametrization, near: Any
) -> tuple[tuple[sp.Expr, ...], tuple[str, ...]]:
    if equations.free_symbols - set(change.z) or any(t.free_symbols for t in targets):
        raise ModelError("z is not solved for at a root with symbols: give z in root=, or inverse= instead of phi")
    run = array_function([left - right for left, right in zip(equations, targets, strict=True)], change.z)

    def gap(z: Any) -> Any:
        return run(np.asarray(z, dtype=float)[:, None])[:, 0]

    start = np.zeros(len(change.z)) if near is None else np.ravel(np.asarray(near, dtype=float))
    if start.shape != (len(change.z),):
        raise ModelError(f"near is {came(near)}: give {len(change.z)} numbers, one for each z")
    with np.errstate(all="ignore"):
        found = find_root(gap, start, tol=1e-14)
        left = np.abs(gap(found.x)).max()
    if not left < 1e-9:
        raise ModelError(f"phi(z, y) = x was not solved for z from {start.tolist()}: give near= close to it")
    return tuple(sp.Float(v) for v in found.x), ("z was found in floats",)
