"""States of a slice over boxes of its unknowns, as jets, and which boxes hold none that needs to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symdyn.certificate.recheck.covers.outward import (
    Floats,
    Interval,
    Jet,
    cosine,
    less,
    outward,
    quotient,
    rational,
    sine,
    times,
    whole_power,
)

#: The angle of the second token runs to a little more than pi.
TOP = 3217 / 1024
_ZERO, _ONE, _TWO, _HALF = rational(0, 1), rational(1, 1), rational(2, 1), rational(1, 2)


def in_slice(tokens: Sequence[Sequence[int]], low: Floats, high: Floats, charts: Floats, *, slopes: bool) -> list[Jet]:
    """Coordinates over boxes (m, B) in charts (n - 2, B), with derivatives by the unknowns if asked."""
    size, batch = low.shape
    angle = low[0], high[0]
    across, up = cosine(angle), sine(angle)
    entries: list[tuple[Interval, dict[int, Interval]]] = [(_ZERO, {}), (_ZERO, {}), (_ONE, {})]
    entries += [(up, {0: across}), (_ZERO, {}), (across, {0: (-up[1], -up[0])})]
    for number, chart in enumerate(charts):
        a, b = 1 + 2 * number, 2 + 2 * number
        found = chart_of((low[a], high[a]), (low[b], high[b]), chart > 0)
        entries += [(value, {a: by_u, b: by_v}) for value, by_u, by_v in found]
    return placed(tokens, [jet_of(value, rates, size * slopes, batch) for value, rates in entries])


def placed(tokens: Sequence[Sequence[int]], jets: Sequence[Jet]) -> list[Jet]:
    """Jets that come token by token, in the order of the coordinates."""
    at = dict(zip((k for token in tokens for k in token), jets, strict=True))
    return [at[k] for k in range(len(at))]


def jet_of(value: Interval, rates: dict[int, Interval], size: int, batch: int) -> Jet:
    """A jet of a value and of some derivatives, the others 0."""
    low, high = np.zeros((1 + size, batch)), np.zeros((1 + size, batch))
    low[0], high[0] = value
    for k, (below, above) in rates.items():
        if size:
            low[1 + k], high[1 + k] = below, above
    return Jet(low, high)


def chart_of(u: Interval, v: Interval, is_above: Any) -> list[tuple[Interval, Interval, Interval]]:
    """x, y, z of a token in a stereographic chart, each with its derivatives by u and v."""
    uu, vv = whole_power(u, 2), whole_power(v, 2)
    k = quotient(_TWO, _plus(_ONE, _plus(uu, vv)))
    square = whole_power(k, 2)
    half = times(_HALF, square)
    mixed = times(times(u, v), square)
    against = -mixed[1], -mixed[0]
    across = [times(half, less(_plus(_ONE, y), x)) for x, y in ((uu, vv), (vv, uu))]
    falls = [times(w, square) for w in (u, v)]
    down = [_on_side((-w[1], -w[0]), is_above) for w in falls]
    return [
        (_along(u, v, k), across[0], against),
        (_along(v, u, k), against, across[1]),
        (_on_side(less(k, _ONE), is_above), down[0], down[1]),
    ]


def _plus(x: Interval, y: Interval) -> Interval:
    return outward(x[0] + y[0], x[1] + y[1])


def _on_side(x: Interval, is_above: Any) -> Interval:
    return np.where(is_above, x[0], -x[1]), np.where(is_above, x[1], -x[0])


def _along(u: Interval, v: Interval, k: Interval) -> Interval:
    """2 u / (1 + u^2 + v^2): its derivative by u has the sign of 1 + v^2 - u^2, that by v the other sign of u v."""
    low, high = times(u, k)
    far = np.maximum(np.abs(v[0]), np.abs(v[1]))
    near = np.where((v[0] <= 0) & (v[1] >= 0), 0.0, np.minimum(np.abs(v[0]), np.abs(v[1])))
    first = _at_point(u[0], np.where(u[0] > 0, far, near))[0]
    last = _at_point(u[1], np.where(u[1] > 0, near, far))[1]
    grows = (u[0] >= -1) & (u[1] <= 1)
    return np.where(grows, np.maximum(low, first), low), np.where(grows, np.minimum(high, last), high)


def _at_point(u: Floats, v: Floats) -> Interval:
    return quotient(times(_TWO, (u, u)), _plus(_ONE, _plus(whole_power((u, u), 2), whole_power((v, v), 2))))


def are_outside(tokens: Sequence[Sequence[int]], state: Sequence[Jet], low: Floats, high: Floats) -> Any:
    """Which boxes hold no state that needs to be looked at, shape (B,).

    In every orbit of rotations, reflections and exchanges that is not on a line there is a state of the slice in which
    no two tokens are further from a line than the first two, |x_j . x_k| >= |cos a|; the sum of (x_1 - x_2) . x_j over
    the others is not negative, for the first two may be exchanged; the third has the largest |y|, its y is not
    negative, and the y of those after it fall. Places in charts lie in the unit disc.
    """
    vectors = [[state[k].value() for k in token] for token in tokens]
    least = _sizes(vectors[1][2])[0]
    found = np.zeros(low.shape[1], dtype=bool)
    for a in range(1, len(low), 2):
        length = _plus(whole_power((low[a], high[a]), 2), whole_power((low[a + 1], high[a + 1]), 2))
        found |= length[0] > 1
    order: Interval = np.zeros(low.shape[1]), np.zeros(low.shape[1])
    for j in range(2, len(tokens)):
        order = _plus(order, less(vectors[j][2], product(vectors[1], vectors[j])))
        for k in range(j):
            found |= _sizes(product(vectors[k], vectors[j]))[1] < least
        height, first = vectors[j][1], vectors[2][1]
        found |= (first if j == 2 else _plus(first, height))[1] < 0
        if j > 2:
            found |= less(vectors[j - 1][1], height)[1] < 0
    return found | (order[1] < 0)


def product(x: Sequence[Interval], y: Sequence[Interval]) -> Interval:
    """x . y."""
    total = times(x[0], y[0])
    for a, b in zip(x[1:], y[1:], strict=True):
        total = _plus(total, times(a, b))
    return total


def _sizes(x: Interval) -> Interval:
    inside = (x[0] <= 0) & (x[1] >= 0)
    ends = np.abs(x[0]), np.abs(x[1])
    return np.where(inside, 0.0, np.minimum(*ends)), np.maximum(*ends)
