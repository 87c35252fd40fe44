"""Conditional transport of networks with exact weights, with one certificate for all depths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats
from symdyn.numerics.transport.plans import exact_fraction, transport_plan

_MOST_CERTIFIED = 80


def is_exact(mu: Any, nu: Any) -> bool:
    """Whether all numbers are exact and one says that it is meant so."""
    if not all(isinstance(side, list | tuple) and side for side in (mu, nu)):
        return False
    layers = [one.tolist() if isinstance(one, sp.MatrixBase) else one for side in (mu, nu) for one in side]
    if not all(isinstance(one, list | tuple) and all(isinstance(row, list | tuple) for row in one) for one in layers):
        return False
    numbers = [entry for one in layers for row in one for entry in row]
    known = all(isinstance(n, int | Fraction | sp.Rational) and not isinstance(n, bool) for n in numbers)
    return known and any(isinstance(n, Fraction | sp.Rational) for n in numbers)


def exact_distance(mu: Any, nu: Any, p: int, depths: Any) -> dict[str, Any]:
    """The fields of the distance: exact fibres, and for few atoms a certificate with a price on every change of depth.

    Raises
    ------
    ModelError, ShapeError
        If weights of depths are not one for each, or do not add up to 1.
    """
    first, second = (
        [[[exact_fraction(n, "a weight") for n in row] for row in _rows(one)] for one in side] for side in (mu, nu)
    )
    L = len(first)
    weights = [Fraction(1, L)] * L if depths is None else [exact_fraction(one, "a weight of a depth") for one in depths]
    if len(weights) != L:
        raise ShapeError(f"the weights of the depths are {len(weights)} numbers for {L}: give one for each")
    if sum(weights) != 1 or min(weights) < 0:
        raise ModelError(f"the weights of the depths sum to {sum(weights)}: give weights from 0 with sum 1")
    costs = [_exact_powers(one, other, p) for one, other in zip(first, second, strict=True)]
    fibres, plans = [], []
    for cost in costs:
        n, m = len(cost), len(cost[0])
        common = math.lcm(n, m)
        found = transport_plan(_repeated_costs(cost, [common // n] * n, [common // m] * m), certify=True)
        fibres.append(found.value)
        plans.append(found.plan.reshape(n, common // n, m, common // m).sum(axis=(1, 3)))
    total = sum((w * one for w, one in zip(weights, fibres)), Fraction(0))
    labelled = None
    if all(len(one) == len(other) for one, other in zip(first, second)):
        kept = (w * sum(c[i][i] for i in range(len(c))) / len(c) for w, c in zip(weights, costs))
        labelled = _root(sum(kept, Fraction(0)), p)
    return {
        "value": _root(total, p),
        "fibres": tuple(fibres),
        "plans": tuple(plans),
        "labelled": labelled,
        "certificate": _certificate(costs, weights, total),
    }


def as_floats(side: Any) -> list[Floats]:
    """Layers of exact numbers as arrays."""
    return [np.array(_rows(one), float) for one in side]


def _repeated_costs(cost: Any, rows: Sequence[int], columns: Sequence[int]) -> list[list[Fraction]]:
    return [
        [entry for entry, k in zip(row, columns, strict=True) for _ in range(k)]
        for row, times in zip(cost, rows, strict=True)
        for _ in range(times)
    ]


def _rows(one: Any) -> Any:
    return one.tolist() if isinstance(one, sp.MatrixBase) else one


def _exact_powers(x: Any, y: Any, p: int) -> list[list[Fraction]]:
    return [[sum(((a - b) ** 2 for a, b in zip(v, w)), Fraction(0)) ** (p // 2) for w in y] for v in x]


def _root(total: Any, p: int) -> sp.Expr:
    return sp.Rational(total.numerator, total.denominator) ** sp.Rational(1, p)


def _certificate(costs: list[Any], weights: list[Fraction], total: Fraction) -> Certificate | None:
    """Transport of all atoms at once, repeated to equal masses, where a change of depth costs more than it can save."""
    shares = [[w / n for w, n in zip(weights, sizes) for _ in range(n)] for sizes in _sizes(costs)]
    unit = Fraction(1, math.lcm(*(one.denominator for side in shares for one in side)))
    times = [[int(one / unit) for one in side] for side in shares]
    if sum(times[0]) > _MOST_CERTIFIED:
        return None
    rows, columns = (len(side) for side in shares)
    penalty = 1 + 2 * sum(times[0]) * max(entry for c in costs for row in c for entry in row)
    table, i, j = [[penalty] * columns for _ in range(rows)], 0, 0
    for cost in costs:
        for k, row in enumerate(cost):
            table[i + k][j : j + len(row)] = row
        i, j = i + len(cost), j + len(cost[0])
    found = transport_plan(_repeated_costs(table, times[0], times[1]), certify=True)
    return found.certificate if found.value == total else None


def _sizes(costs: list[Any]) -> tuple[list[int], list[int]]:
    return [len(c) for c in costs], [len(c[0]) for c in costs]
