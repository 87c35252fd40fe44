"""Measures in context: arrays against loops over measures and queries, distances against SciPy and POT."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from scipy.stats import wasserstein_distance

from symdyn.numerics.contexts.density import random_measures
from symdyn.systems import in_context_universality as uic

Row = tuple[str, float, str, float | None]


def rows(full: bool = False) -> list[Row]:
    """(what, seconds, rival, seconds of the rival); 10^5 atoms with full, 10^4 else."""
    rng = np.random.default_rng(0)
    n = 10**5 if full else 10**4
    head = [tuple(rng.normal(size=(2, 2)) for _ in range(4))]
    atoms, x = rng.normal(size=(n, 2)), rng.normal(size=(1000, 2))
    u, v = rng.normal(size=(2, 10**5))
    first, second = rng.normal(size=(2, 200, 2))
    a, b = rng.uniform(-1, 1, (2, 10**6))
    net = uic.relu_square(0.125, 2)
    return [
        ("density_experiment, 4000 measures, 5 heads, degree 3",
         _best(lambda: uic.density_experiment("mean difference", heads=5, degree=3)),
         "the same measure by measure", _best(_by_measure, 1)),
        (f"attention_map, {n:,} atoms, 1000 queries", _best(lambda: uic.attention_map(atoms, x, head), 1),
         "query by query", _best(lambda: _by_query(atoms, x, head[0]), 1)),
        ("wasserstein on the line, 10^5 atoms", _best(lambda: uic.wasserstein(u, v)),
         "scipy.stats.wasserstein_distance", _best(lambda: wasserstein_distance(u, v))),
        ("wasserstein in the plane, 200 x 200 atoms", _best(lambda: uic.wasserstein(first, second)),
         "ot.emd2", _pot(first, second)),
        ("relu_product, 10^6 pairs, grid 1/8", _best(lambda: uic.relu_product(a, b, grid=0.125)),
         "the net neuron by neuron", _best(lambda: _by_neuron(net, a, b), 1)),
    ]  # fmt: skip


def _best(function: Callable[[], Any], repeats: int = 3) -> float:
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return min(times)


def _by_measure() -> None:
    """Target and features of 5000 measures in a loop, as one would write it down."""
    places, weights = random_measures(5000, 1, 5, seed=0)
    tilts = np.linspace(-5, 5, 5)
    chosen = [c for size in range(4) for c in itertools.combinations_with_replacement(range(5), size)]
    rows, values = [], []
    for row, mass in zip(places, weights):
        y, w = row[mass > 0], mass[mass > 0]
        means = [float((w * np.exp(s * y) * y).sum() / (w * np.exp(s * y)).sum()) for s in tilts]
        rows.append([float(np.prod([means[k] for k in c])) for c in chosen])
        values.append(sum(p * q * abs(one - other) for one, p in zip(y, w) for other, q in zip(y, w)))
    np.linalg.lstsq(np.array(rows[:4000]), np.array(values[:4000]), rcond=None)


def _by_query(atoms: Any, x: Any, head: Any) -> None:
    Q, K, V, W = head
    keys, values = atoms @ K.T / np.sqrt(2), atoms @ V.T @ W.T
    for one in x:
        scores = keys @ (Q @ one)
        shares = np.exp(scores - scores.max())
        one + shares @ values / shares.sum()


def _pot(first: Any, second: Any) -> float | None:
    if find_spec("ot") is None:
        return None
    import ot

    costs = np.sqrt(((first[:, None] - second) ** 2).sum(axis=2))
    masses = np.full(len(first), 1 / len(first))
    return _best(lambda: ot.emd2(masses, masses, costs))


def _by_neuron(net: Any, a: Any, b: Any) -> None:
    total = np.zeros_like(a)
    for sign in (1, -1):
        z = a + sign * b
        for bias, turn in zip(net.biases[0], net.weights[1]):
            total += sign * float(turn) * np.maximum(0, z + float(bias))
    total / 4
