"""Whether circles in fixed positions rest where all others do: sums of speeds that vanish everywhere, exact states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.dynamics.flow import Flow
from symdyn.equilibrium.asked.lowering import residual
from symdyn.equilibrium.asked.tangency import vanishes_on
from symdyn.equilibrium.quotient.action import Rotations
from symdyn.numerics.backends import ball_backend, numpy_backend

_BITS = 256
_NEAR = 1e-6
_LARGEST = 64
_VANISHES = 1e-9


@dataclass(frozen=True)
class Balanced:
    """Sums of speeds that vanish everywhere: sum_k row_k E_k s_k = 0 for each row.

    Parameters
    ----------
    rows
        One for each generator, independent at the pivots.
    factors
        E_1 to E_n.
    """

    rows: tuple[tuple[int, ...], ...]
    factors: tuple[sp.Expr, ...]


def angular(flow: Flow, rotations: Rotations) -> list[sp.Expr]:
    """The speed of each circle: x g - y f, or its one factor where the field is written as that times (-y, x)."""
    found = []
    for x, y in rotations.tokens:
        p, q, f, g = flow.coords[x], flow.coords[y], flow.field.components[x], flow.field.components[y]
        found.append(g / p if g / p == -f / q else p * g - q * f)
    return found


@lru_cache(maxsize=32)
def balanced(flow: Flow, rotations: Rotations) -> Balanced | None:
    """Sums of speeds that vanish everywhere, from which it follows that the pivots rest; None where none was shown.

    With speeds N_k / D_k the sums of w_k N_k or of w_k N_k / D_k vanish for each generator w where forces come in
    opposite pairs; other whole weights are read off from values, and shown as identities.
    """
    speeds = angular(flow, rotations)
    pairs = [sp.fraction(sp.together(speed)) for speed in speeds]
    cleared, ones = tuple(below for _, below in pairs), (sp.S.One,) * len(pairs)
    for factors, parts in ((cleared, [above for above, _ in pairs]), (ones, speeds)):
        for rows in (rotations.weights, _relations(flow, parts)):
            square = sp.Matrix([[row[k] for k in rotations.pivots] for row in rows]) if rows else None
            if square is not None and square.rows == square.cols and square.det() != 0 and _vanish(flow, rows, parts):
                return Balanced(rows, factors)
    return None


def _vanish(flow: Flow, rows: Sequence[Sequence[int]], parts: Sequence[sp.Expr]) -> bool:
    equations = () if flow.constraint is None else flow.constraint.equations
    sums = [sp.Add(*(weight * part for weight, part in zip(row, parts, strict=True) if weight)) for row in rows]
    return all(vanishes_on(total, equations, flow.coords) for total in sums)


def _relations(flow: Flow, parts: Sequence[sp.Expr]) -> tuple[tuple[int, ...], ...]:
    """Whole numbers by which sums of the functions vanish at random states on the circles."""
    circles = len(parts)
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, (circles, 4 * circles + 8))
    places = [[k for k, s in enumerate(flow.coords) if equation.has(s)] for equation in flow.constraint.equations]  # type: ignore[union-attr]
    states = np.empty((len(flow.coords), angles.shape[1]))
    for (x, y), angle in zip(places, angles, strict=True):
        states[x], states[y] = np.cos(angle), np.sin(angle)
    with np.errstate(all="ignore"):  # what is not finite is left out
        values = np.asarray(numpy_backend.lower(straight_line(parts, flow.coords))(states))[:, 0]
    values = values[:, np.isfinite(values).all(axis=0)]
    if values.shape[1] < circles:
        return ()
    left, singular, _ = np.linalg.svd(values)
    kernel = sp.Matrix(left[:, singular < _VANISHES * max(1.0, float(singular.max()))].T.tolist())
    if not kernel.rows:
        return ()
    rows = []
    for row in kernel.rref(iszerofunc=lambda x: abs(x) < _NEAR)[0].tolist():
        exact = [Fraction(float(value)).limit_denominator(_LARGEST) for value in row]
        scale = np.lcm.reduce([value.denominator for value in exact])
        rows.append(tuple(int(value * int(scale)) for value in exact))
    return tuple(row for row in rows if any(row))


def rests(flow: Flow, rotations: Rotations, sums: Balanced | None, balls: Sequence[flint.arb]) -> bool | None:
    """Whether the pivots rest at a state of the slice where all others do; None where that is not decided.

    Parameters
    ----------
    flow, rotations, sums
        What was shown of the flow.
    balls
        The state.
    """
    with flint.ctx.workprec(_BITS):
        try:
            moved = residual(flow).ball_value(balls).tolist()
            if sums is not None:
                lowered = ball_backend.lower(straight_line(sums.factors, flow.coords))
                factors = [row[0] for row in lowered(balls).tolist()]
                sure = all(x.is_finite() for x in factors) and all(factors[k] != 0 for k in rotations.pivots)
                return True if sure else None
        except (ZeroDivisionError, ValueError):
            return None
        if any(moved[rotations.tokens[k][1]][0] != 0 for k in rotations.pivots):
            return False
    exact = [sp.Integer(round(float(ball.mid()))) for ball in balls]
    if any(abs(float(ball.mid()) - int(value)) > _NEAR for ball, value in zip(balls, exact, strict=True)):
        return None
    at: dict[Any, Any] = dict(zip(flow.coords, exact, strict=True))
    return True if all(part.subs(at) == 0 for part in flow.field.components) else None
