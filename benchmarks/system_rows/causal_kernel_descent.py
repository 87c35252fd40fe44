"""Times of causal kernel descent beside what a user would write instead: loops over tokens, a general solve."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from scipy.linalg import solve_triangular

from symdyn.systems import causal_kernel_descent as ckd

Row = tuple[str, float, str, float]


def rows(full: bool = False) -> list[Row]:
    """(what, seconds, rival, seconds of the rival); each the best of a few runs in one process."""
    X = _tokens(1000, 8)
    G = ckd.gram(X[:-1], "exponential")
    given = lambda Y, Z: G  # noqa: E731
    small, long = _tokens(64, 8), _tokens(4000, 8)
    loop = _best(lambda: _token_loop(small, 40), 1) * 100
    points = [(3 + 4 * sp.I) / 5, (5 + 12 * sp.I) / 13, (-3 + 4 * sp.I) / 5, sp.I, 1, -sp.I, (4 - 3 * sp.I) / 5,
              (15 + 8 * sp.I) / 17]  # fmt: skip
    floats = [complex(point) for point in points]
    return [
        ("fixed point, T = 1000, Gram matrix given", _best(lambda: ckd.fixed_point(X, kernel=given), 5),
         "token by token", _best(lambda: _kaczmarz_loop(X, G), 2)),
        ("fixed point, T = 1000, Gram matrix given", _best(lambda: ckd.fixed_point(X, kernel=given), 5),
         "general solve", _best(lambda: np.tril(G, -1) @ np.linalg.solve(np.tril(G), X[1:]), 3)),
        ("4000 layers of softmax, T = 64", _best(lambda: ckd.descend(small, kernel="softmax", layers=4000), 2),
         "token by token (from 40 layers)", loop),
        ("softmax fixed point, T = 4000", _best(lambda: ckd.fixed_point(long, kernel="softmax"), 2),
         "by the formula with SciPy", _best(lambda: _by_formula(long), 2)),
        ("certified rate, d = 8", _best(lambda: ckd.convergence_rate(points, [sp.Rational(1, 8)] * 8), 3),
         "eigenvalues of floats, no proof", _best(lambda: ckd.convergence_rate(floats, [1 / 8] * 8), 3)),
    ]  # fmt: skip


def _tokens(length: int, dimension: int) -> Any:
    found = np.random.default_rng(0).normal(size=(length + 1, dimension))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def _best(run: Callable[[], Any], times: int) -> float:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return min(found)


def _kaczmarz_loop(X: Any, G: Any) -> Any:
    c = np.zeros((len(G), X.shape[1]))
    for t in range(len(G)):
        c[t] = X[t + 1] - G[t, :t] @ c[:t]
    return c


def _by_formula(X: Any) -> Any:
    K = np.exp(X[:-1] @ X[:-1].T - 1)
    below = np.tril(K, -1)
    c = solve_triangular(K, np.tril(K).sum(axis=1)[:, None] * X[1:], lower=True)
    return (below @ c)[1:] / below.sum(axis=1)[1:, None]


def _token_loop(X: Any, layers: int) -> Any:
    """Two heads, token by token, with softmax weights made once."""
    T = len(X) - 1
    G = ckd.gram(X[:T], "softmax")
    below = [G[t - 2, : t - 1] / G[t - 2, : t - 1].sum() for t in range(2, T + 1)]
    above = [G[t - 1, : t - 1] / G[t - 1, : t - 1].sum() for t in range(2, T + 1)]
    r, u = X[:T].copy(), np.zeros((T, X.shape[1]))
    for _ in range(layers):
        old = r.copy()
        for t in range(2, T + 1):
            r[t - 1] = old[t - 1] - below[t - 2] @ old[1:t]
            u[t - 1] += above[t - 2] @ old[1:t]
    return u


if __name__ == "__main__":
    for what, seconds, rival, other in rows():
        print(f"{what:45s} {seconds:8.4f} s   {rival:35s} {other:8.4f} s   {other / seconds:8.1f}")
