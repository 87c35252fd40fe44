"""Tokens at which attention is steep: configurations with closed bounds, two-valued inputs, ascent.

On tokens x_i = s_i u for a unit vector u, moves along u see attention in dimension one with score g = <A u, u>, and
their images are multiples of V u: so ||Df(X)|| >= ||V u|| times the norm of that (n, n) Jacobian. Where k tokens are at
a and n - k at b, this is a (2, 2) matrix between the groups, and |g| times a variance on moves that keep both means.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import sympy as sp
from scipy.optimize import minimize

from symdyn.errors import ModelError
from symdyn.numerics.arrays import Floats, generator, one_of, whole
from symdyn.systems.attention_lipschitz.attention import jacobian
from symdyn.systems.attention_lipschitz.constants import local_lipschitz
from symdyn.systems.attention_lipschitz.given import exact_number, is_exact, read_heads, real_number

CONFIGURATIONS = ("closed", "two-valued", "search")
_SWITCH = -8  # exponents of the two configurations differ by this factor
_GRID = 41
_STARTS = 12
_MOST_SEARCHED = 400


@dataclass(frozen=True, kw_only=True)
class WorstInput:
    """Tokens in the ball at which the constant is large; a lower bound of the worst case, no maximiser.

    Parameters
    ----------
    tokens
        (n, d).
    lower_bound
        What the formula of this kind gives; the constant is at least this.
    constant
        The constant at the tokens; that of two-valued inputs is along u alone where the tokens are very many.
    kind
        "positive", "negative" (the configurations of the authors' code), "two-valued" or "search".
    direction
        u, (d,).
    """

    tokens: Floats
    lower_bound: float
    constant: float
    kind: str
    direction: Floats


def worst_input(
    A: Any, V: Any, *, tokens: int, radius: Any, method: str = "closed", seed: int = 0
) -> WorstInput:
    """Tokens in the ball of a radius with a large constant.

    Parameters
    ----------
    A, V
        One head, as of `attention`.
    tokens
        n, from 2.
    radius
        R, above 0.
    method
        "closed": the configuration of the authors' code for the sign that wins, u an eigenvector of the symmetric part
        of A at its extremes g; "two-valued": k tokens at a u and n - k at b u, best over k, a and b; "search": ascent
        from both and from random tokens (what it finds is observed).
    seed
        Of the random tokens.

    Raises
    ------
    ModelError, ShapeError
        If something is out of range.

    Examples
    --------
    >>> found = worst_input([[-1.0]], [[1.0]], tokens=10, radius=2)
    >>> found.kind, found.tokens[:2, 0].tolist(), round(found.constant, 8)
    ('negative', [-2.0, 2.0], 3.0637831)
    """
    way = one_of(method, "the method", CONFIGURATIONS)
    n, R = whole(tokens, "the number of tokens", least=2), real_number(radius, "the radius", least=0)
    if R == 0:
        raise ModelError("the radius is 0, and all tokens are zero: give a radius above 0")
    heads = read_heads(A, V)
    if len(heads.scores) > 1:
        raise ModelError(f"{len(heads.scores)} heads came: give one, whose scores have one direction that is worst")
    score, value = (np.array(one.tolist(), dtype=float) for one in (heads.scores[0], heads.values[0]))
    if way == "closed":
        return _closed(score, value, n, R)
    best = _two_valued(score, value, n, R)
    if way == "two-valued":
        return best
    return _search(score, value, n, R, [_closed(score, value, n, R), best], seed)


def closed_bound(score: Any, radius: Any, tokens: int, *, size: Any = 1) -> Any:
    """The lower bound at the configuration of the authors' code, size = ||V u|| (derived); exact for exact input.

    ||V u|| sqrt(n - 1) p (1 + (1 - p) T) with p = 1/(1 + (n - 1) e^-T). g > 0: one token at R, the others at R/2, and
    T = g R^2/4. g <= 0: one at -R, the others at R, and T = 2 |g| R^2.
    """
    n = whole(tokens, "the number of tokens", least=2)
    if is_exact(score) or is_exact(radius):
        g, R = exact_number(score), exact_number(radius)
        t = g * R**2 / 4 if g.is_positive else -2 * g * R**2
        p = 1 / (1 + (n - 1) * sp.exp(-t))
        return exact_number(size) * sp.sqrt(n - 1) * p * (1 + (1 - p) * t)
    t = float(score) * float(radius) ** 2 * (0.25 if score > 0 else -2.0)
    p = 1 / (1 + (n - 1) * math.exp(-t))
    return float(size) * math.sqrt(n - 1) * p * (1 + (1 - p) * t)


def balanced_bound(score: Any, radius: Any, tokens: int) -> float | None:
    """The closed bound sqrt(n - 1)/2 (1 + log(n - 1)/2) of two-valued inputs in dimension one with V = 1 (derived).

    The one token and the others are placed so that each of the others gives it the weight 1/2: one at R, others at b
    with g b (R - b) = log(n - 1) for g > 0, one at -R, others at b with |g| b (b + R) = log(n - 1) for g < 0. None
    where n is too large for the ball: log(n - 1) above g R^2/4, or above 2 |g| R^2.
    """
    n = whole(tokens, "the number of tokens", least=2)
    room = float(score) * float(radius) ** 2 * (0.25 if score > 0 else -2.0)
    return math.sqrt(n - 1) / 2 * (1 + math.log(n - 1) / 2) if math.log(n - 1) <= room else None


def grouped_norm(score: Any, a: Any, b: Any, k: Any, n: Any) -> Floats:
    """The norm in dimension one, V = 1, at k tokens a and n - k tokens b; arrays broadcast, without (n, n) matrices."""
    g, a, b, k, n = (np.asarray(one, dtype=float) for one in (score, a, b, k, n))
    counts, places = (k, n - k), (a, b)
    rows, variances = [], []
    for s in places:
        # weight of the first group, from the difference of its scores: nothing overflows
        with np.errstate(over="ignore", divide="ignore"):
            first = 1 / (1 + counts[1] / counts[0] * np.exp(np.clip(g * s * (b - a), -700, 700)))
        shares = (first, 1 - first)
        mean = first * a + (1 - first) * b
        variance = first * (1 - first) * (a - b) ** 2
        rows.append([share / count * (1 + g * s * (y - mean)) for share, count, y in zip(shares, counts, places)])
        variances.append(g * variance)
    between = np.sqrt(counts[0] * counts[1])
    x, y = counts[0] * rows[0][0] + variances[0], between * rows[0][1]
    z, w = between * rows[1][0], counts[1] * rows[1][1] + variances[1]
    largest = 0.5 * (np.hypot(x + w, y - z) + np.hypot(x - w, y + z))
    own = np.where(counts[0] > 1, np.abs(variances[0]), 0.0)
    return np.asarray(np.maximum(largest, np.maximum(own, np.where(counts[1] > 1, np.abs(variances[1]), 0.0))))


def _extremes(score: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues and eigenvectors of the symmetric part of A: <A u, u> at its extremes."""
    values, vectors = np.linalg.eigh((score + score.T) / 2)
    return values, vectors


def _closed(score: Floats, value: Floats, n: int, R: float) -> WorstInput:
    values, vectors = _extremes(score)
    positive = bool(values[-1] > _SWITCH * values[0])
    g, u = (float(values[-1]), vectors[:, -1]) if positive else (float(values[0]), vectors[:, 0])
    places = np.full(n, R / 2 if positive and g > 0 else R)
    places[0] = R if positive and g > 0 else -R
    bound = closed_bound(g, R, n, size=float(np.linalg.norm(value @ u)))
    return _made(score, value, places, u, bound, "positive" if positive and g > 0 else "negative")


def _two_valued(score: Floats, value: Floats, n: int, R: float) -> WorstInput:
    values, vectors = _extremes(score)
    best = (-1.0, np.zeros(n), vectors[:, 0])
    counts = np.unique(np.concatenate([np.arange(1, min(n, 9)), np.rint(np.geomspace(1, n // 2, 9)).astype(int)]))
    counts = counts[counts < n]
    for place in dict.fromkeys((0, len(values) - 1)):
        g, u = float(values[place]), vectors[:, place]
        size = float(np.linalg.norm(value @ u))
        k, a, b = _best_pair(g, n, R, counts)
        found = size * float(grouped_norm(g, a, b, k, n))
        if found > best[0]:
            best = (found, np.concatenate([np.full(k, a), np.full(n - k, b)]), u)
    return _made(score, value, best[1], best[2], best[0], "two-valued")


def _best_pair(g: float, n: int, R: float, counts: Any) -> tuple[int, float, float]:
    """k, a, b with the largest norm: on a grid, then by ascent from the best of each k."""
    line = np.linspace(-R, R, _GRID)
    grid = grouped_norm(g, line[None, :, None], line[None, None, _GRID // 2 :], counts[:, None, None], n)
    flat = grid.reshape(len(counts), -1)
    best = (-1.0, 1, R, R)
    for row in np.argsort(-flat.max(axis=1))[:3]:
        i, j = divmod(int(flat[row].argmax()), grid.shape[2])
        for a, b in _ascended(g, n, R, int(counts[row]), float(line[i]), float(line[_GRID // 2 + j])):
            best = max(best, (float(grouped_norm(g, a, b, counts[row], n)), int(counts[row]), a, b))
    return best[1:]


def _ascended(g: float, n: int, R: float, k: int, a: float, b: float) -> list[tuple[float, float]]:
    """The start, where ascent from it ends, and the best points of three sides: maxima hide there behind ridges."""

    def fall(pair: Floats) -> float:
        return -float(grouped_norm(g, pair[0], pair[1], k, n))

    inner = minimize(fall, np.array([a, b]), bounds=[(-R, R)] * 2).x
    sides = [(end, _zoomed(partial(grouped_norm, g, end, k=k, n=n), 0.0, R)) for end in (-R, R)]
    top = (_zoomed(lambda x: grouped_norm(g, x, R, k, n), -R, R), R)
    return [(a, b), (float(inner[0]), float(inner[1])), *sides, top]


def _zoomed(function: Callable[[Floats], Floats], low: float, high: float) -> float:
    """Where a function on an interval is largest, by grids that close in."""
    for _ in range(6):
        places = np.linspace(low, high, _GRID)
        best = int(np.argmax(function(places)))
        low, high = float(places[max(best - 1, 0)]), float(places[min(best + 1, _GRID - 1)])
    return float(places[best])


def _made(score: Floats, value: Floats, places: Floats, u: Floats, bound: float, kind: str) -> WorstInput:
    X = places[:, None] * u[None, :]
    if X.size <= _MOST_SEARCHED:
        constant = local_lipschitz(X, score, value, method="dense").value
    else:
        # two places: by groups, with the moves off the line left out, so still a lower bound
        a, b = float(places[0]), float(places[-1])
        k = int((places == a).sum())
        g = float(u @ score @ u)
        constant = float(np.linalg.norm(value @ u)) * float(grouped_norm(g, a, b, k, len(places)))
    return WorstInput(tokens=X, lower_bound=bound, constant=max(constant, bound), kind=kind, direction=u)


def _search(
    score: Floats, value: Floats, n: int, R: float, known: list[WorstInput], seed: int
) -> WorstInput:
    d = score.shape[0]
    if n * d > _MOST_SEARCHED:
        raise ModelError(f"a search would go over {n * d} numbers: give n d up to {_MOST_SEARCHED}")
    rng = generator(seed)
    drawn = rng.normal(size=(_STARTS - len(known), n, d))
    drawn *= R / np.maximum(np.linalg.norm(drawn, axis=-1, keepdims=True), 1e-300)
    starts = np.concatenate([[one.tokens for one in known], drawn])
    found, tokens = ascent(starts, score, value, R)
    best = max(known, key=lambda one: one.constant)
    place = int(found.argmax())
    if found[place] <= best.constant:
        return replace(best, kind="search")
    _, _, right = np.linalg.svd(tokens[place])
    return replace(best, tokens=tokens[place], constant=float(found[place]), kind="search", direction=right[0])


def ascent(starts: Floats, score: Floats, value: Floats, R: float, *, steps: int = 150) -> tuple[Floats, Floats]:
    """Constants and tokens after projected ascent from a batch (B, n, d), every start with its own step."""
    X = starts.copy()

    def constants(batch: Floats) -> Floats:
        return np.asarray(np.linalg.norm(jacobian(batch, score, value), 2, axis=(-2, -1)))

    best = constants(X)
    size = np.full(len(X), 0.1 * R)
    n = X.shape[1]
    rng = np.random.default_rng(0)
    for _ in range(steps):
        move = rng.normal(size=X.shape) * (rng.random((len(X), n, 1)) < max(0.3, 1 / n))
        other = _into_ball(X + size[:, None, None] * move, R)
        found = constants(other)
        better = found > best
        X[better], best[better] = other[better], found[better]
        size *= np.where(better, 1.5, 0.9)
        size = np.clip(size, 1e-6 * R, R)
    return best, X


def _into_ball(X: Floats, R: float) -> Floats:
    return np.asarray(X * np.minimum(1, R / np.maximum(np.linalg.norm(X, axis=-1, keepdims=True), 1e-300)))
