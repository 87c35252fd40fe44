"""Structured transport: an outer iteration against POT's entropic Gromov-Wasserstein, energies by their definition."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from symdyn.systems import structured_transport as rot
from symdyn.systems.structured_transport.problem import plan_for, problem_of

Row = tuple[str, float, str, float | None]


def rows(full: bool = False) -> list[Row]:
    """(what, seconds, rival, seconds of the rival); 2000 points in dimension 50 with full, 800 in 20 else."""
    n, d = (2000, 50) if full else (800, 20)
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(2, n, d)) / np.sqrt(d)
    M = np.eye(d)
    epsilon = 0.05 * float(np.abs(X @ Y.T).max())
    given = problem_of(X, Y, epsilon=epsilon, regularizer="quadratic", weight=None)
    _, duals, *_ = plan_for(given, given.costs(M), None, 1e-6)
    P = np.full((n, n), 1 / n**2)
    small = rng.normal(size=(2, 60, 3))
    return [
        (f"one iteration, {n} x {n} in dimension {d}", _best(lambda: _iterate(given, 1.01 * M, duals)),
         "one iteration of ot.gromov.entropic_gromov_wasserstein", _pot(X, Y, 4 * epsilon)),
        (f"gromov_wasserstein, {n} x {n}", _best(lambda: rot.gromov_wasserstein(X, Y, P)),
         "two n x n kernels", _best(lambda: _by_kernels(X, Y, P))),
        ("gromov_wasserstein, 60 x 60", _best(lambda: rot.gromov_wasserstein(*small, np.full((60, 60), 1 / 3600))),
         "the sum over pairs of couples", _best(lambda: _by_definition(*small), 1)),
    ]  # fmt: skip


def _best(function: Callable[[], Any], repeats: int = 3) -> float:
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return min(times)


def _iterate(given: Any, M: Any, duals: Any) -> None:
    P, *_ = plan_for(given, given.costs(M), duals, 1e-6)
    given.correlation(P)


def _by_kernels(X: Any, Y: Any, P: Any) -> float:
    C, D = X @ X.T, Y @ Y.T
    a, b = P.sum(axis=1), P.sum(axis=0)
    return float(a @ C**2 @ a + b @ D**2 @ b - 2 * ((C @ P @ D) * P).sum())


def _by_definition(X: Any, Y: Any) -> float:
    C, D = X @ X.T, Y @ Y.T
    return sum(float(((c - D) ** 2).sum()) for row in C for c in row) / 60**4


def _pot(X: Any, Y: Any, epsilon: float) -> float | None:
    if find_spec("ot") is None:
        return None
    import ot

    mass = np.full(len(X), 1 / len(X))
    C, D = X @ X.T, Y @ Y.T
    start = mass[:, None] * mass * np.exp((X @ Y.T) / epsilon)
    start /= start.sum()

    def once() -> None:
        ot.gromov.entropic_gromov_wasserstein(
            C, D, mass, mass, "square_loss", epsilon=epsilon, max_iter=1, G0=start, stopThr=1e-6
        )

    return _best(once, 1)
