"""The coupling of largest value where the value sees it through a small matrix: a search over directions, proved.

value(P) = max over M of <M, C_P> - |M|_F^2/2 - r(M), C_P = sum P_ij y_j x_i^T, and for squared distances
sum P_ij |x_i|^2 |y_j|^2/4 is added. h(M, t) = max over P of <M, C_P> + t (that sum) is convex and homogeneous; on a
simplicial cone it is below what its values at the vertices give. Cones start as orthants; a cone is closed by a linear
function <D + S, M> + c t above these values, with S in the dual ball of r and |D|^2/2 + c at most the best value found.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.measures.direction_cover import COSTS, DirectionCoverWitness
from symdyn.errors import ModelError
from symdyn.numerics.transport.direction_search import Points, Search

_METHOD = "a cover of all directions by cones, transport certified at their vertices by duals, in fractions"


@dataclass(frozen=True, kw_only=True)
class DirectionSearch:
    """What the search found.

    Parameters
    ----------
    plan
        The best plan, (n, m), in whole masses.
    lower, upper
        Its value, and what no plan exceeds.
    is_closed
        Whether every cone was closed in time, so that the upper end is the value (or within the gap of it).
    vertices, cones
        How many there were.
    certificate
        Of the bounds.
    """

    plan: Any = field(repr=False)
    lower: Any
    upper: Fraction
    is_closed: bool
    vertices: int
    cones: int
    certificate: Certificate = field(repr=False)


def largest_value(
    x: Sequence[Sequence[Fraction]],
    y: Sequence[Sequence[Fraction]],
    a: Sequence[Fraction],
    b: Sequence[Fraction],
    *,
    cost: str = COSTS[0],
    regularizer: str = "quadratic",
    weight: Fraction = Fraction(0),
    gap: Fraction = Fraction(0),
    time_limit: float = 60,
) -> DirectionSearch:
    """The coupling of largest value, with a certificate; exact where values are fractions and the gap is 0.

    Parameters
    ----------
    x, y
        Points (n, d_x) and (m, d_y); products d_x d_y of about 6 take long.
    a, b
        Masses.
    cost
        "inner product", or "squared euclidean" (with the quadratic regularizer, for centred points).
    regularizer, weight
        quadratic, l1, l12 or nuclear; with the last two the gap is at least a relative 1e-6.
    gap
        How far the bound may be above the value.
    time_limit
        Seconds; after these the bounds are further apart.

    Raises
    ------
    ModelError
        If d_x d_y is above 12.
    """
    if len(x[0]) * len(y[0]) > 12:
        product = len(x[0]) * len(y[0])
        raise ModelError(f"d_x d_y is {product}: the search over directions goes to 12; give fewer features")
    points = _whole(x, y, a, b, cost, regularizer, weight)
    search = Search(points, gap)
    if regularizer in ("l12", "nuclear"):
        # S is rounded into the ball, which costs a little: relative to the largest |C_P|^2 that masses allow
        search.gap = max(gap, Fraction(_spread(x, a) * _spread(y, b)) / 10**7)
    is_closed = search.run(time_limit)
    return _answer(search, points, is_closed, cost)


def _spread(points: Sequence[Sequence[Fraction]], masses: Sequence[Fraction]) -> float:
    return sum(float(m) * sum(float(v) ** 2 for v in row) for row, m in zip(points, masses))


def _whole(
    x: Any, y: Any, a: Sequence[Fraction], b: Sequence[Fraction], cost: str, regularizer: str, weight: Fraction,
) -> Points:
    units = tuple(math.lcm(*(v.denominator for row in side for v in row)) for side in (x, y))
    sides = [[[int(v * unit) for v in row] for row in side] for side, unit in zip((x, y), units)]
    total = math.lcm(*(v.denominator for v in (*a, *b)))
    masses = [np.array([int(v * total) for v in side], dtype=np.int64) for side in (a, b)]
    arrays = [np.array(side, dtype=object) for side in sides]
    return Points(
        arrays[0], arrays[1], (units[0], units[1]), masses[0], masses[1],
        cost == COSTS[0], regularizer, weight,
    )  # fmt: skip


def _answer(search: Search, points: Points, is_closed: bool, cost: str) -> DirectionSearch:
    plan = search.plans[search.best]
    has_value = points.regularizer in ("quadratic", "l1")
    upper = search.limit if search.gap else search.lower
    moved = tuple((int(i), int(j), int(plan[i, j])) for i, j in zip(*np.nonzero(plan)))
    record = DirectionCoverWitness(
        cost=cost,
        regularizer=points.regularizer,
        weight=(points.weight.numerator, points.weight.denominator),
        x=tuple(tuple(map(int, row)) for row in points.x),
        y=tuple(tuple(map(int, row)) for row in points.y),
        units=points.units,
        first=tuple(map(int, points.a)),
        second=tuple(map(int, points.b)),
        vertices=tuple(search.vertices),
        prices=tuple(search.prices),
        splits=tuple(search.splits),
        bounds=tuple(search.bounds),
        closed=tuple(search.closed),
        bound=(upper.numerator, upper.denominator),
        plan=moved,
        attained=(search.lower.numerator, search.lower.denominator) if has_value else None,
    )
    certificate = certified(record, Verdict.PROVED, _METHOD, provenance=provenance())
    return DirectionSearch(
        plan=plan,
        lower=search.lower if has_value else search.float_value(search.best),
        upper=upper,
        is_closed=is_closed,
        vertices=len(search.vertices),
        cones=len(search.closed),
        certificate=certificate,
    )
