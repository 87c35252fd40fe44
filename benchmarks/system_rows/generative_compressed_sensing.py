"""Cones, global recovery, effective ranks and widths against what one would write instead, in the same run."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg import svdvals
from scipy.optimize import linprog

from symdyn.systems import generative_compressed_sensing as gcs

Row = tuple[str, float, str, float]


def rows(full: bool = False) -> list[Row]:
    """What, seconds, its rival, seconds of the rival."""
    return [_cones(), _recovery(), _separation(), _rank(), _width()]


def _weights(*sizes: int) -> list[Any]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=(n, k)) for k, n in itertools.pairwise(sizes)]


def _timed(run: Callable[[], Any], times: int = 5) -> tuple[float, Any]:
    """The shortest of several runs, and what the last gave."""
    best, found = float("inf"), None
    for _ in range(times):
        start = time.perf_counter()
        found = run()
        best = min(best, time.perf_counter() - start)
    return best, found


def _cones() -> Row:
    weights = _weights(2, 20, 20)
    ours, cones = _timed(lambda: gcs.relu_cones(weights))

    def grid() -> int:
        angles = np.linspace(0, 2 * np.pi, 400_000, endpoint=False)
        first = np.stack([np.cos(angles), np.sin(angles)], axis=1) @ weights[0].T
        second = np.maximum(first, 0) @ weights[1].T
        return len(np.unique(np.packbits(np.hstack([first, second]) > 0, axis=1), axis=0))

    rival, seen = _timed(grid, 2)
    return f"{cones.count} cones of two layers of 20, exact", ours, f"a grid of 400,000 directions, sees {seen}", rival


def _recovery() -> Row:
    weights = _weights(2, 8, 40)
    network = gcs.generator_of(weights, linear_last=True)
    rng = np.random.default_rng(1)
    M = rng.normal(size=(10, 40))
    y = M @ network(rng.normal(size=2)) + rng.normal(size=10)
    ours, found = _timed(lambda: gcs.recover(M, weights, y, linear_last=True), 20)

    def adam() -> float:
        z = np.random.default_rng(2).normal(size=(20, 2))
        first, second = np.zeros_like(z), np.zeros_like(z)
        for step in range(1, 501):
            rest = network(z) @ M.T - y
            slope = np.einsum("blk,bl->bk", M @ network.slopes(z), rest)
            first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
            z = z - 0.05 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        return float(np.linalg.norm(network(z) @ M.T - y, axis=1).min())

    rival, residual = _timed(adam, 2)
    told = f"20 starts of 500 Adam steps, {residual - found.residual:.1e} above the minimum"
    return "global least squares over 16 cones", ours, told, rival


def _separation() -> Row:
    weights = _weights(2, 4, 5)
    M = np.random.default_rng(1).normal(size=(3, 5))
    ours, found = _timed(lambda: gcs.injective_on_range(M, weights, linear_last=True))
    cones = gcs.relu_cones(weights, linear_last=True)
    parts = [np.array([cones.generator(np.array(ray, dtype=float)) for ray in part]) for _, part in cones.simplices]
    parts = [part / np.linalg.norm(part, axis=1, keepdims=True) for part in parts]

    def programs() -> float:
        largest = 0.0
        for one, other in itertools.combinations_with_replacement(parts, 2):
            D = np.vstack([one, -other]).T
            for c in (*D, *-D):
                largest = max(largest, -linprog(-c, A_eq=M @ D, b_eq=np.zeros(len(M)), bounds=(0, 1)).fun)
        return largest

    rival, _ = _timed(programs, 1)
    told = "linear programs for all pairs, in floats"
    return f"three measurements tell apart: {found.verdict.value}", ours, told, rival


def _rank() -> Row:
    B = np.random.default_rng(0).normal(size=(1000, 1000))
    ours, _ = _timed(lambda: gcs.effective_rank(B), 3)
    rival, _ = _timed(lambda: svdvals(B), 3)
    return "effective rank of 1000 x 1000", ours, "scipy.linalg.svdvals", rival


def _width() -> Row:
    bases = np.random.default_rng(0).normal(size=(50, 100, 5))
    ours, _ = _timed(lambda: gcs.gaussian_width(bases, draws=1000))

    def loop() -> float:
        rng = np.random.default_rng(0)
        q = [np.linalg.qr(basis)[0] for basis in bases]
        draws = (rng.normal(size=100) for _ in range(1000))
        return float(np.mean([max(np.linalg.norm(one.T @ g) for one in q) for g in draws]))

    rival, _ = _timed(loop, 1)
    return "width of 50 subspaces of R^100, 1000 draws", ours, "a loop over draws and subspaces", rival
