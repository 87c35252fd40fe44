"""Where a state may be: inequalities of the constraint, and signs that symbols carry as assumptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.programs.steps import StraightLine
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.dynamics.iterate import Iterate
from symdyn.equilibrium.asked.exact_points import has_pole, rational_values, rational_zero
from symdyn.equilibrium.asked.lowering import Model, Residual
from symdyn.numerics.backends import ball_backend, numpy_backend
from symdyn.numerics.intervals.interval_program import enclosed

Floats = np.ndarray[Any, np.dtype[np.float64]]
_SLACK = 1e-9


@dataclass(frozen=True)
class Domain:
    """Expressions that are to be >= 0, or > 0 where they are strict."""

    expressions: tuple[sp.Expr, ...]
    strict: tuple[bool, ...]

    @property
    def is_bounded_by(self) -> str:
        """The conditions in words."""
        pairs = zip(self.expressions, self.strict, strict=True)
        shown = [f"{expression} {'>' if strict else '>='} 0" for expression, strict in pairs]
        return ", ".join(shown if len(shown) <= 4 else [*shown[:4], "..."])


def domain_of(system: Residual) -> Domain | None:
    """The conditions on the states of a model; None if there is none."""
    return domain_of_states(system.model)


def domain_of_states(model: Model) -> Domain | None:
    """The conditions on the states of a model that may have parameters; None if there is none."""
    alone = _domain(model.coords, () if model.constraint is None else model.constraint.inequalities)
    return _along_orbits(alone, model) if alone is not None and isinstance(model, Iterate) else alone


@lru_cache(maxsize=64)
def _along_orbits(domain: Domain, model: Iterate) -> Domain:
    """The conditions on all states of an orbit."""
    assert model.base is not None
    state, found = tuple(model.coords), list(domain.expressions)
    for _ in range(model.order - 1):
        state = tuple(entry.xreplace(dict(zip(model.coords, state, strict=True))) for entry in model.base.update)
        found += [one.xreplace(dict(zip(model.coords, state, strict=True))) for one in domain.expressions]
    return Domain(tuple(found), domain.strict * model.order)


@lru_cache(maxsize=64)
def _domain(coords: tuple[sp.Symbol, ...], inequalities: tuple[sp.Expr, ...]) -> Domain | None:
    pairs: list[tuple[sp.Expr, bool]] = []
    for symbol in coords:
        if symbol.is_nonnegative:
            pairs.append((symbol, bool(symbol.is_positive)))
        elif symbol.is_nonpositive:
            pairs.append((-symbol, bool(symbol.is_negative)))
    pairs += [(expression, False) for expression in inequalities if (expression, True) not in pairs]
    pairs = list(dict.fromkeys(pairs))
    return Domain(tuple(e for e, _ in pairs), tuple(s for _, s in pairs)) if pairs else None


def allowed(system: Residual, points: Floats) -> Floats:
    """The points (n, B) that violate no condition by more than rounding."""
    domain = domain_of(system)
    if domain is None or not points.shape[1]:
        return points
    with np.errstate(all="ignore"):  # where a condition has no value it is not fulfilled
        values = np.asarray(numpy_backend.lower(straight_line(domain.expressions, system.coords))(points))[:, 0]
    scale = np.maximum(1.0, np.abs(points).max(axis=0))
    return points[:, (values >= -_SLACK * scale).all(axis=0)]


def side(system: Residual, balls: Sequence[flint.arb]) -> bool | None:
    """Whether the state in these balls fulfils all conditions; None where a sign is not certain."""
    domain = domain_of(system)
    if domain is None:
        return True
    program = straight_line(domain.expressions, system.coords)
    point = rational_zero(system, balls)
    if _has_no_value(program, balls, point):
        return False
    values = ball_backend.lower(program)(list(balls))
    exact = None if point is None else rational_values(program, point)
    certain = True
    for number, strict in enumerate(domain.strict):
        value = values[number, 0]
        if exact is not None:
            if exact[number] < 0 or (strict and exact[number] == 0):
                return False
            continue
        if value < 0:
            return False
        certain = certain and bool(value > 0)
    return True if certain else None


def _has_no_value(program: StraightLine, balls: Sequence[flint.arb], point: Sequence[Fraction] | None) -> bool:
    """Whether some condition has no value at the state: the logarithm of a number that is not positive, a pole."""
    if point is not None and has_pole(program, point):
        return True
    ends = np.asarray([[float(end) for end in (ball.lower(), ball.upper())] for ball in balls])
    if not np.isfinite(ends).all():
        return False
    low, high = np.nextafter(ends[:, [0]], -np.inf), np.nextafter(ends[:, [1]], np.inf)
    for k, value in enumerate(point or ()):
        if Fraction(float(value)) == value:
            low[k] = high[k] = float(value)
    return bool(enclosed(program, low, high, with_slopes=False).undefined.any())
