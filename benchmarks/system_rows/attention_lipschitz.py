"""The Jacobian of attention and its norm, beside row by row, power iteration, and grids that prove nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from symdyn.numerics.norms import operator_norm
from symdyn.systems import attention_lipschitz as lip

Row = tuple[str, float, str, float | None]


def rows(full: bool = False) -> list[Row]:
    """What was done, its seconds, what a user would do instead, its seconds."""
    return [_products(), _dense(), _iterations(), _bounds(), _worst_pair(), _supremum()]


def _drawn(n: int, d: int) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, d)), rng.normal(size=(d, d)) / d, rng.normal(size=(d, d)) / np.sqrt(d)


def _products() -> Row:
    """J and J^T where the matrix would take 8.6 GB."""
    X, A, V = _drawn(512, 64)
    step = lip.jacobian_map(X, A, V)
    v = np.random.default_rng(1).normal(size=512 * 64)

    def difference() -> Any:
        ends = [lip.attention(X + sign * 1e-6 * v.reshape(512, 64), A, V) for sign in (1, -1)]
        return (ends[0] - ends[1]) / 2e-6

    both = _best(lambda: (step.apply(v), step.transpose(v)))
    return "J v and J^T u, n = 512, d = 64", both, "J v alone by differences, 1e-9 off", _best(difference)


def _dense() -> Row:
    """All rows at once, against one product with J^T for each row."""
    X, A, V = _drawn(64, 16)
    step = lip.jacobian_map(X, A, V)
    rows_of = _best(lambda: np.stack([step.transpose(row) for row in np.eye(1024)]), runs=1)
    return "J, n = 64, d = 16", _best(lambda: lip.jacobian(X, A, V)), "1024 products with J^T (reverse mode)", rows_of


def _iterations() -> Row:
    """To the residual 1e-6, both with the same linear map."""
    step = lip.jacobian_map(*_drawn(512, 64))
    found = {way: _timed(lambda: operator_norm(step, method=way, rtol=1e-6)) for way in ("lanczos", "power")}  # noqa: B023
    return "norm, n = 512, d = 64, Lanczos", found["lanczos"], "power iteration", found["power"]


def _bounds() -> Row:
    """3000 constants of 8 tokens."""
    rng = np.random.default_rng(2)
    X, A, V = rng.normal(size=(3000, 8, 3)), rng.normal(size=(3, 3)), rng.normal(size=(3, 3))

    def loop() -> list[float]:
        return [float(np.linalg.norm(lip.jacobian_map(one, A, V).matrix(), 2)) for one in X[:100]]

    batch = _best(lambda: np.linalg.norm(lip.jacobian(X, A, V), 2, axis=(-2, -1)))
    return "3000 constants, n = 8, d = 3", batch, "one by one, column by column", 30 * _best(loop, runs=1)


def _worst_pair() -> Row:
    """Two-valued tokens by groups, against singular values of the full matrices of one grid."""
    n, R = 40, 3.0

    def by_matrices() -> float:
        line = np.linspace(-R, R, 41)
        found = 0.0
        for a in line:
            X = np.stack([np.concatenate([[a], np.full(n - 1, b)]) for b in line])[..., None]
            found = max(found, float(np.linalg.norm(lip.jacobian(X, [[-1.0]], [[1.0]]), 2, axis=(-2, -1)).max()))
        return found

    ours = _best(lambda: lip.worst_input([[-1.0]], [[1.0]], tokens=n, radius=R, method="two-valued"))
    grid = _best(by_matrices, runs=1)
    return "worst two-valued tokens, n = 40, all k", ours, "a grid of matrices for k = 1 alone", grid


def _supremum() -> Row:
    """Proved to 1e-6, against a grid of that width about its maximum only, which proves nothing."""

    def grid() -> float:
        line = np.linspace(-1, 1, 1001)
        pairs = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2, 1)
        return float(np.linalg.norm(lip.jacobian(pairs, [[1.0]], [[1.0]]), 2, axis=(-2, -1)).max())

    ours = _best(lambda: lip.supremum(1, tolerance=1e-6))
    return "supremum of two tokens, proved to 1e-6", ours, "a grid of 1001 x 1001, no proof", _best(grid, runs=1)


def _best(work: Callable[[], Any], *, runs: int = 3) -> float:
    return min(_timed(work) for _ in range(runs))


def _timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    for what, seconds, rival, rival_seconds in rows():
        ratio = (rival_seconds or 0) / seconds
        print(f"{what:42} {seconds:9.4f} s   {rival:40} {rival_seconds:9.4f} s   x {ratio:7.1f}")
