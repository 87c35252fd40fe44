"""Where there are infinitely many solutions: continua by dimension, each with a real witness, and isolated points."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from symdyn.algebra.budgets.deadline import OutOfTimeError, until
from symdyn.algebra.programs.fractions_of_polynomials import ring
from symdyn.algebra.solutions.components import Component, components
from symdyn.algebra.zeros.groebner import BasisTooLargeError
from symdyn.algebra.zeros.quotient_algebra import TooManySolutionsError
from symdyn.algebra.zeros.real_zeros import RealZero, solutions
from symdyn.equilibrium.asked.lowering import Residual
from symdyn.equilibrium.solve.system import UnsolvedError, equations_of, is_inside

_SECONDS = 10.0
_TRIES = 40
# 3/5 before others: with 4/5 it is a rational point of the unit circle
_VALUES = tuple(Fraction(x) for x in ("3/5", "1/3", "-2/5", "0", "1", "-5/4", "1/40", "3", "-7", "25", "120"))
_REGULAR = 1e-8


@dataclass(frozen=True)
class Continuum:
    """A part of positive dimension, and real points near which it is a manifold of that dimension.

    The points are all that have certain values of the free unknowns of the part.
    """

    part: Component
    witnesses: tuple[RealZero, ...]


@dataclass(frozen=True)
class Parts:
    """The real solutions of a system with infinitely many complex ones.

    Parameters
    ----------
    continua
        Parts of positive dimension at a real point of which equations of full rank hold.
    isolated
        Real solutions that lie on none of the parts of positive dimension, or alone on one.
    unseen
        Number of parts on which no such point was met.
    """

    continua: tuple[Continuum, ...]
    isolated: tuple[RealZero, ...]
    unseen: int


def parts_of(system: Residual, time_limit: float | None = None) -> Parts:
    """The parts of the solution set in the domain.

    Raises
    ------
    UnsolvedError
        With the reason, where splitting is out of reach.
    """
    deadline = time.monotonic() + (_SECONDS if time_limit is None else min(time_limit, _SECONDS))
    try:
        with until(deadline):
            return _parts(system)
    except (OutOfTimeError, BasisTooLargeError, TooManySolutionsError, ArithmeticError) as reason:
        shown = str(reason) or "the time was over"
        raise UnsolvedError(f"the solution set was not split into its parts: {shown}") from None


def _parts(system: Residual) -> Parts:
    return split(*equations_of(system), len(system.coords))


def split(
    equations: Sequence[Any], poles: Sequence[Any], conditions: Sequence[tuple[Any, bool]], unknowns: int
) -> Parts:
    """The parts of the solutions of polynomials at which no pole vanishes and all conditions hold."""
    found = components(equations, poles, unknowns)
    large = [part for part in found if part.dimension]
    continua: list[Continuum] = []
    alone: list[RealZero] = []
    unseen = 0
    for part in large:
        witnesses = _witnesses(part, poles, conditions, unknowns)
        if witnesses:
            continua.append(Continuum(part, witnesses))
            continue
        singular = solutions([*part.basis, *_minors(part, unknowns)], poles, unknowns)
        unseen += 1
        if singular.dimension <= 0:
            others = [one for one in large if one is not part]
            alone += [zero for zero in singular.zeros if not any(_lies_on(zero, one) for one in others)]
    small = [z for p in found if not p.dimension for z in solutions(p.basis, poles, unknowns).zeros]
    isolated = alone + [zero for zero in small if not any(_lies_on(zero, part) for part in large)]
    return Parts(tuple(continua), tuple(z for z in isolated if is_inside(z, conditions)), unseen)


def _lies_on(zero: RealZero, part: Component) -> bool:
    return all(zero.sign(p) == 0 for p in part.basis)


def _witnesses(
    part: Component, poles: Sequence[Any], conditions: Sequence[tuple[Any, bool]], unknowns: int
) -> tuple[RealZero, ...]:
    """Regular real points of a part in the domain, with simple values of its free unknowns; none if none is met."""
    gens = ring(unknowns).gens()
    for values in itertools.islice(_choices(len(part.free)), _TRIES):
        cut = [gens[k] * v.denominator - v.numerator for k, v in zip(part.free, values, strict=True)]
        found = solutions([*part.basis, *cut], poles, unknowns)
        regular = [zero for zero in found.zeros if is_inside(zero, conditions) and _is_regular(zero, part, unknowns)]
        if regular:
            return tuple(regular)
    return ()


def _choices(number: int) -> Iterator[tuple[Fraction, ...]]:
    """Values for so many unknowns: different ones first, in a fixed order."""
    size = len(_VALUES)
    for step in range(size):
        for start in range(size):
            yield tuple(_VALUES[(start + k * (step + 1)) % size] for k in range(number))


def _is_regular(zero: RealZero, part: Component, unknowns: int) -> bool:
    """Whether the derivatives of the equations of a part have full rank at a real point."""
    if not part.basis:
        return True
    slope = np.asarray([[float(zero.value(p.derivative(k), 40)) for k in range(unknowns)] for p in part.basis])
    size = np.abs(slope).max(axis=1, keepdims=True)
    singular = np.linalg.svd(slope / np.where(size > 0, size, 1.0), compute_uv=False)
    return int((singular > _REGULAR).sum()) == unknowns - part.dimension


def _minors(part: Component, unknowns: int) -> list[Any]:
    """Minors that all vanish where the derivatives of the equations of a part do not have full rank."""
    height = unknowns - part.dimension
    rows = [[p.derivative(k) for k in range(unknowns)] for p in part.basis]
    chosen = itertools.product(
        itertools.combinations(range(len(rows)), height), itertools.combinations(range(unknowns), height)
    )
    return [_determinant([[rows[i][j] for j in columns] for i in lines]) for lines, columns in chosen]


def _determinant(rows: list[list[Any]]) -> Any:
    if len(rows) == 1:
        return rows[0][0]
    total = rows[0][0] * 0
    for k, entry in enumerate(rows[0]):
        minor = _determinant([[*row[:k], *row[k + 1 :]] for row in rows[1:]])
        total = total + (-1) ** k * entry * minor
    return total
