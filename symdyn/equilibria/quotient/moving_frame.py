"""Equilibria on circles modulo rotations where formulas are not rational: a frame that turns with some circles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
import sympy as sp

from symdyn.algebra.spectrum import SignCounts
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.equilibrium import Equilibria, Equilibrium, Family, Stability
from symdyn.dynamics.flow import Flow
from symdyn.equilibria.classify import stability_of
from symdyn.equilibria.quotient.action import Rotations, images, rotations_of
from symdyn.equilibria.tangency import vanishes_on
from symdyn.geometry.constraint import Constraint
from symdyn.geometry.symmetry import Symmetries
from symdyn.geometry.vector_field import VectorField

_SAME = 1e-7
_MOST_EXCHANGED = 5


@lru_cache(maxsize=32)
def in_moving_frame(flow: Flow, rotations: Rotations) -> Flow | None:
    """The flow of the other circles while the pivots are turned to (1, 0); its equilibria rest or turn as a whole.

    None where it is not shown that those that turn do not exist: with speeds s_k = N_k / D_k of the circles and
    D_k positive, the sums of w_k N_k vanish for each generator w, so that s_k = w_k Omega leaves Omega = 0 alone.
    """
    rest = [k for k in range(len(rotations.tokens)) if k not in rotations.pivots]
    speeds = [flow.coords[x] * flow.field.components[y] - flow.coords[y] * flow.field.components[x]
              for x, y in rotations.tokens]  # fmt: skip
    pairs = [sp.fraction(sp.together(speed)) for speed in speeds]
    if not rest or not all(_is_positive(below) for _, below in pairs) or flow.constraint is None:
        return None
    for row in rotations.weights:
        total = sp.Add(*(w * above for w, (above, _) in zip(row, pairs, strict=True)))
        if not vanishes_on(total, flow.constraint.equations, flow.coords):
            return None
    fixed = {flow.coords[rotations.tokens[k][place]]: 1 - place for k in rotations.pivots for place in (0, 1)}
    turned = [speed.subs(fixed) for speed in speeds]
    coords = tuple(flow.coords[place] for k in rest for place in rotations.tokens[k])
    field = []
    for k in rest:
        x, y = (flow.coords[place] for place in rotations.tokens[k])
        own = turned[k] - sum(w[k] * turned[p] for w, p in zip(rotations.weights, rotations.pivots, strict=True))
        field += [-y * own, x * own]
    circles = tuple(coords[2 * i] ** 2 + coords[2 * i + 1] ** 2 - 1 for i in range(len(rest)))
    factors = tuple((2 * i, 2 * i + 1) for i in range(len(rest)))
    constraint = Constraint(coords, circles, (), factors, f"the product of {len(rest)} circles")
    return Flow(VectorField(coords, field), constraint, symmetries=Symmetries())


def _is_positive(below: sp.Expr) -> bool:
    """Whether a denominator is a sum of products of exponentials and positive numbers."""
    return all(
        all(isinstance(f, sp.exp) or f.is_positive is True or _is_positive_sum(f) for f in sp.Mul.make_args(term))
        for term in sp.Add.make_args(below)
    )


def _is_positive_sum(factor: sp.Expr) -> bool:
    base = factor.base if factor.is_Pow and factor.exp.is_Integer else factor
    return bool(base.is_Add) and _is_positive(base)


def orbits_in_frame(
    flow: Flow, symmetries: Symmetries, solve: Callable[[Flow], Equilibria]
) -> tuple[list[Family], str] | None:
    """Orbits of equilibria, and what is known of others; None where the frame does not tell them all apart.

    Parameters
    ----------
    flow, symmetries
        The flow, and what was shown of it.
    solve
        Finds the equilibria in the frame.
    """
    rotations = rotations_of(flow, symmetries.generators)
    if rotations is None or not rotations.weights or len(symmetries.exchangeable) > _MOST_EXCHANGED:
        return None
    framed = in_moving_frame(flow, rotations)
    found = None if framed is None else solve(framed)
    if found is None or not len(found) or found.families or any(item.verdict is not Verdict.PROVED for item in found):
        return None
    dimension, group = len(rotations.pivots), symmetries.group(len(flow.coords))
    kept: list[np.ndarray[tuple[int], np.dtype[np.float64]]] = []
    families = []
    for item in found:
        point = lifted(flow, rotations, item)
        moved = [rotations.framed(image) for image in images(point, group, symmetries.exchangeable)]
        if any(float(np.abs(image - other).max()) < _SAME for other in kept for image in moved):
            continue
        kept.append(point)
        at = dict(zip(flow.coords, point.tolist(), strict=True))
        stability = across(item.stability, dimension)
        families.append(Family(dimension, at, "orbit of a symmetry", Verdict.PROVED, stability))
    known = found.completeness
    said = f"in a frame that turns with the flow {known.claim}, {known.verdict}: {known.method}"
    return families, said


def lifted(flow: Flow, rotations: Rotations, item: Equilibrium) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The state in which the pivots are at (1, 0)."""
    at = {flow.coords[rotations.tokens[k][place]]: 1.0 - place for k in rotations.pivots for place in (0, 1)}
    at |= {symbol: float(value) for symbol, value in item.point.items()}
    return np.asarray([at[symbol] for symbol in flow.coords])


def across(stability: Stability, dimension: int) -> Stability:
    """Signs on the whole space: those in the moving frame, and zeros along the orbit."""
    signs = SignCounts(stability.unstable, stability.neutral + dimension, stability.stable)
    zeros = (0.0,) * dimension
    values = (*stability.eigenvalues, *zeros)
    found = stability_of(signs, stability.verdict, (("symmetry orbit", dimension), *stability.explained), values)
    return replace(found, eigenvalues=values)
