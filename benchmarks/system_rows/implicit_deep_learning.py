"""D over widths and draws, exact D, and the criterion against what one would write instead, in the same run."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import sympy as sp

from symdyn.systems import implicit_deep_learning as idl

Row = tuple[str, float, str, float | None]


def rows(full: bool = False) -> list[Row]:
    """What, seconds, its rival, seconds of the rival."""
    return [_sweep(300 if full else 100), _exact(), _table()]


def _seconds(run: Any, times: int = 3) -> float:
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        run()
        found.append(time.perf_counter() - begin)
    return min(found)


def _sweep(draws: int) -> Row:
    widths, changes, N = range(1, 10), (1, 2, 5, 10, 30), 5

    def loop() -> int:
        rng, falls = np.random.default_rng(0), 0
        for width in widths:
            for _ in range(draws):
                K, U = rng.normal(size=(6, 8)), rng.normal(size=(6, width))
                c, z0, K_out, w = (rng.normal(size=size) for size in (6, 8, (10, 8), 10))
                step = 1 / np.linalg.norm(K, 2) ** 2
                S, T, r = np.eye(8) - step * K.T @ K, -step * K.T @ U, -step * K.T @ c
                G, g = np.zeros((8, width)), z0
                for _ in range(N):
                    G, g = S @ G + T, S @ g + r
                theta = np.linalg.lstsq(K_out @ G, w - K_out @ g, rcond=None)[0]
                base = ((K_out @ (G @ theta + g) - w) ** 2).sum() / 2
                for M in changes:
                    z = z0
                    for _ in range(N + M):
                        z = S @ z + T @ theta + r
                    falls += ((K_out @ z - w) ** 2).sum() / 2 < base - 1e-9
        return falls

    ours = _seconds(lambda: idl.sweep(widths, changes, steps=N, draws=draws))
    return f"D of 9 widths x {draws} draws x 5 changes", ours, "a loop of iterations and lstsq", _seconds(loop, 1)


def _whole() -> tuple[Any, Any, Any, Any]:
    rng = np.random.default_rng(0)
    K, U, K_out = (sp.Matrix(rng.integers(-3, 4, size=size).tolist()) for size in ((6, 8), (6, 6), (10, 8)))
    return K, U, K_out, sp.Matrix(rng.integers(-3, 4, size=10).tolist())


def _exact() -> Row:
    K, U, K_out, w = _whole()
    step = sp.Rational(1, 150)

    def ours() -> Any:
        inner = idl.gradient_descent(K, U, [1] * 6, step=step)
        return idl.performance_change(inner, idl.QuadraticLoss(K_out, w), 10, 5)

    def rival() -> Any:
        S, T, r = sp.eye(8) - step * K.T * K, -step * K.T * U, -step * K.T * sp.ones(6, 1)
        G, g = sp.zeros(8, 6), sp.zeros(8, 1)
        for _ in range(10):
            G, g = S * G + T, S * g + r
        A, b = K_out * G, w - K_out * g
        theta = (A.T * A).LUsolve(A.T * b)
        z = G * theta + g
        later = z
        for _ in range(5):
            later = S * later + T * theta + r
        return [((K_out * x - w).T * (K_out * x - w))[0] / 2 for x in (z, later)]

    exact = rival()
    if ours() != exact[1] - exact[0]:
        raise ArithmeticError("two exact routes differ")
    return "exact D over Q, d_z = 8, d_theta = 6, N = 10", _seconds(ours), "SymPy's matrices", _seconds(rival, 1)


def _table() -> Row:
    rng = np.random.default_rng(1)
    K, U = rng.normal(size=(20, 30)), rng.normal(size=(20, 5))
    inner = idl.gradient_descent(K, U, rng.normal(size=20), step=1 / np.linalg.norm(K, 2) ** 2)
    loss = idl.QuadraticLoss(rng.normal(size=(40, 30)), rng.normal(size=40))
    steps, changes = range(1, 21), range(-20, 41)

    def loop() -> list[float]:
        found = []
        for N in steps:
            theta = idl.train(inner, loss, N).theta
            base = loss(idl.iterates(inner, theta, N)[N])
            found += [loss(idl.iterates(inner, theta, N + M)[-1]) - base for M in changes if N + M >= 0]
        return found

    ours = _seconds(lambda: idl.performance_table(inner, loss, steps, changes))
    return "table of 20 x 61 pairs (N, M), d_z = 30", ours, "a loop of iterations", _seconds(loop, 1)
