"""The coupling of least energy of all, proved by a search over directions of M."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Table
from symdyn.dynamics.summary import Summary
from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import Floats, one_of, real_array
from symdyn.numerics.transport import DirectionSearch, largest_value
from symdyn.systems.structured_transport.gromov import COSTS, gromov_wasserstein
from symdyn.systems.structured_transport.points import both, exact_of, exact_sides
from symdyn.systems.structured_transport.regularizers import checked, prox

_SEARCHED = ("quadratic", "l1", "l12", "nuclear")


@dataclass(frozen=True, kw_only=True)
class GlobalOptimum(Summary):
    """The least energy of all couplings, with proved bounds.

    Parameters
    ----------
    P
        The best coupling, (n, m).
    M
        prox(C_P), (d_y, d_x).
    value
        Of P: Gromov-Wasserstein for the quadratic regularizer, else min over M of R(M) - <M, C_P>.
    lower, upper
        Between which the least value lies; one number where it is found exactly.
    certificate
        PROVED: what no coupling exceeds, of C_P and so of the energy.
    is_closed
        Whether the search ended in time.
    vertices
        Transport problems that were solved and certified.
    """

    P: Floats = field(repr=False)
    M: Any = field(repr=False)
    value: Any
    lower: Any
    upper: Any
    certificate: Certificate = field(repr=False)
    is_closed: bool
    vertices: int

    @property
    def verdict(self) -> Verdict:  # type: ignore[override]
        """PROVED where the search ended; UNDECIDED between the bounds else."""
        return Verdict.PROVED if self.is_closed else Verdict.UNDECIDED

    @property
    def headline(self) -> str:
        """The bounds."""
        if self.lower == self.upper:
            return f"least value {float(self.value):.10g}"
        return f"least value between {float(self.lower):.10g} and {float(self.upper):.10g}"

    @property
    def statement(self) -> str:
        """The bounds."""
        if self.lower == self.upper:
            return f"the least value of all couplings is {float(self.value):.10g}, and the plan has it"
        return (
            f"the least value of all couplings lies between {float(self.lower):.10g} and {float(self.upper):.10g}, the "
            "value of the plan"
        )

    def table(self) -> Table:
        """Bounds and effort."""
        row = (float(self.value), float(self.lower), float(self.upper), self.vertices)
        return Table(("value", "lower", "upper", "transport problems"), (row,))


def global_optimum(
    X: Any,
    Y: Any,
    *,
    cost: str = "inner product",
    regularizer: str = "quadratic",
    weight: Any = None,
    a: Any = None,
    b: Any = None,
    gap: Any = 0,
    time_limit: float = 60,
) -> GlobalOptimum:
    """The coupling of least energy of all, proved by cones that cover all directions of M (derived here).

    max over P of |C_P| is the largest value on the sphere of the convex function h(M) = max_P <M, C_P>, in d_x d_y
    dimensions. Floats are the fractions that they are. From d_x d_y of about 6 time is up first.

    Parameters
    ----------
    X, Y
        (n, d_x) and (m, d_y).
    cost
        "inner product" or "squared euclidean", the latter with the quadratic regularizer.
    regularizer, weight
        quadratic, l1, l12 or nuclear, as of `prox`.
    a, b
        Masses, uniform unless given.
    gap
        How far the bounds may be apart; 0 is exact for quadratic and l1, and rounding for l12 and nuclear.
    time_limit
        Seconds.

    Raises
    ------
    ModelError, ShapeError
        If data do not fit, the regularizer has no such search, or d_x d_y is above 12.

    Examples
    --------
    >>> found = global_optimum([[-1], [1]], [[-2], [2]])
    >>> found.value, found.verdict, found.certificate.verify().verdict
    (9, Verdict.PROVED, Verdict.PROVED)
    """
    kind = one_of(cost, "the cost", COSTS)
    name, level = checked(regularizer, weight)
    if name not in _SEARCHED:
        raise ModelError(f"the regularizer {name} is not convex: the search takes {', '.join(_SEARCHED)}")
    if kind == COSTS[1] and name != "quadratic":
        raise ModelError(f"squared euclidean came with the regularizer {name}: it goes with quadratic")
    both(X, Y)
    for value, what, least in ((gap, "the gap", 0.0), (time_limit, "the time limit", 0.0)):
        if isinstance(value, bool) or not float(real_array(value, what, ndim=0)) >= least:
            raise ModelError(f"{what} is {came(value)}: give a number from 0")
    first, second = (_rational(side, what) for side, what in ((X, "X"), (Y, "Y")))
    p, q = exact_sides(_shares(a), _shares(b), first.rows, second.rows)
    if kind == COSTS[1]:
        first = first - sp.ones(first.rows, 1) * (p.T * first)
        second = second - sp.ones(second.rows, 1) * (q.T * second)
    found = largest_value(
        _rows(first), _rows(second), _column(p), _column(q), cost=kind, regularizer=name, weight=_fraction(level or 0),
        gap=_fraction(gap) / _factor(kind, name), time_limit=float(time_limit),
    )  # fmt: skip
    return _answer(found, first, second, kind, name, level)


def _answer(
    found: DirectionSearch, X: sp.ImmutableMatrix, Y: sp.ImmutableMatrix, cost: str, regularizer: str, weight: Any
) -> GlobalOptimum:
    total = int(found.plan.sum())
    P = sp.ImmutableMatrix([[sp.Rational(int(v), total) for v in row] for row in found.plan])
    C = Y.T * P.T * X
    if regularizer == "quadratic":
        value: Any = gromov_wasserstein(X, Y, P, cost=cost)
    else:
        value = -_number(found.lower)
    spread = found.upper - found.lower if isinstance(found.lower, Fraction) else float(found.upper) - found.lower
    lower = value - _factor(cost, regularizer) * _number(spread)
    M = prox(np.array(C.tolist(), dtype=float), regularizer, None if regularizer == "quadratic" else float(weight))
    return GlobalOptimum(
        P=found.plan / total, M=M, value=value, lower=lower, upper=value, certificate=found.certificate,
        is_closed=found.is_closed, vertices=found.vertices,
    )  # fmt: skip


def _factor(cost: str, regularizer: str) -> int:
    """How many times the value of the search the energy has: GW = constant - 4 W, or - 16 W for squared distances."""
    return (4 if cost == COSTS[0] else 16) if regularizer == "quadratic" else 1


def _number(value: Any) -> Any:
    return sp.Rational(value.numerator, value.denominator) if isinstance(value, Fraction) else value


def _fraction(value: Any) -> Fraction:
    if isinstance(value, sp.Rational):
        return Fraction(int(value.p), int(value.q))
    if isinstance(value, sp.Expr):
        raise ModelError(f"{came(value)} came where a fraction is needed: give a rational number")
    return Fraction(value)


def _rational(side: Any, what: str) -> sp.ImmutableMatrix:
    rows = side.tolist() if isinstance(side, sp.MatrixBase | np.ndarray) else side
    found = exact_of(sp.Matrix(rows).applyfunc(lambda v: sp.Rational(float(v)) if v.is_Float else v), what)
    if not all(entry.is_Rational for entry in found):
        raise ModelError(f"a coordinate of {what} is no rational number: give fractions or floats")
    return found


def _shares(given: Any) -> Any:
    if given is None:
        return None
    shares = [Fraction(float(one)) if isinstance(one, float) else _fraction(one) for one in given]
    return [one / sum(shares) for one in shares]


def _rows(side: sp.ImmutableMatrix) -> list[list[Fraction]]:
    return [[Fraction(int(v.p), int(v.q)) for v in side.row(i)] for i in range(side.rows)]


def _column(side: sp.ImmutableMatrix) -> list[Fraction]:
    return [Fraction(int(v.p), int(v.q)) for v in side]
