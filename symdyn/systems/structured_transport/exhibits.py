"""The tables and figures of structured transport."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from symdyn.dynamics.exhibit import Exhibit, Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures import bifurcation_diagram, curves, heat_maps
from symdyn.numerics.arrays import Floats
from symdyn.systems.structured_transport.claims import DERIVED, fitting, run
from symdyn.systems.structured_transport.gromov import gromov_wasserstein, spectral_lower_bound
from symdyn.systems.structured_transport.model import Spaces
from symdyn.systems.structured_transport.regularizers import partial_minimum, prox
from symdyn.systems.structured_transport.starts import multistart
from symdyn.systems.structured_transport.transfer import foscttm, label_transfer

PAPER = (
    "O. Sebbouh, M. Cuturi, G. Peyré, Structured Transforms Across Spaces with Cost-Regularized Optimal Transport, "
    "arXiv 2311.05788"
)


def exhibits_of(model: Spaces) -> tuple[Exhibit, ...]:
    """The exhibits."""
    found = [
        Exhibit(
            "regularizers",
            r"The end of the alternating algorithm for each regularizer: energy, closed value of "
            r"$\min_M R(M) - \langle M, C_P \rangle$, its difference from $R(M) - \langle M, C_P \rangle$ at the end, "
            r"zeros of $M$ in per cent, rank, iterations, whether energies fall.",
            DERIVED,
            partial(_regularizer_table, model),
        ),
        Exhibit(
            "starts",
            r"Ends of many starts without entropy (a permutation each, where masses are equal), beside the bound by "
            r"spectra.",
            DERIVED,
            partial(_start_table, model),
        ),
        Exhibit(
            "matrices",
            r"Sizes of the entries of $M$ for four regularizers; columns are features of $X$.",
            f"as the panels of {PAPER}, on other data",
            partial(_matrices, model),
        ),
        Exhibit(
            "iterations",
            r"Energy over iterations, and the share of points whose partner is recovered.",
            f"as the curves of {PAPER}, on other data",
            partial(_iterations, model),
        ),
        Exhibit(
            "bifurcations",
            r"Fixed points of the two unit points over $\varepsilon$: a pitchfork at $\varepsilon = 1$ for the "
            r"quadratic regularizer, folds for l1 with $\lambda = 1/10$.",
            DERIVED,
            _bifurcations,
        ),
    ]
    if model.labels is not None or model.data == "planted":
        found.append(
            Exhibit(
                "low rank",
                r"FOSCTTM of the out-of-sample map against the number of points, for maps of low rank.",
                f"as the experiment with low rank of {PAPER}, on other data",
                partial(_low_rank, model),
                full_seconds=40,
            )
        )
    return tuple(found)


def _regularizer_table(model: Spaces, seed: int, full: bool) -> Table:
    rows = []
    for name in fitting(model):
        weight = model.weight_of(name)
        found = run(model, name, max_iterations=1000 if full else 150, tolerance=1e-8)
        closed = partial_minimum(found.C, name, weight)
        M = prox(found.C, name, weight)
        left = found.objective(found.P, M) - found.problem.epsilon * found.problem.entropy(found.P)
        energies = np.array(found.energies)
        falls = np.diff(energies).max(initial=0) <= 1e-6 * (1 + np.abs(energies).max())
        told = "fall" if falls else "rise"
        shape = (found.zeros, found.rank, found.iterations)
        rows.append((name, weight, energies[-1], closed, left - closed, *shape, told))
    header = (
        "regularizer", "weight", "energy", "closed value", "difference", "zeros in per cent", "rank", "iterations",
        "energies",
    )  # fmt: skip
    return Table(header, tuple(map(tuple, rows)))


def _start_table(model: Spaces, seed: int, full: bool) -> Table:
    found = multistart(model.X, model.Y, starts=model.starts, seed=seed, epsilon=0)
    bound = spectral_lower_bound(model.X, model.Y)
    rows: list[tuple[Any, ...]] = []
    for number, (one, count) in enumerate(zip(found.solutions, found.counts, strict=True), start=1):
        value = gromov_wasserstein(model.X, model.Y, one.P)
        rows.append((f"end {number}", one.energy, value, f"{100 * count / found.starts:.0f} %"))
        if number == 6 and not full:
            break
    rows.append(("bound by spectra", None, bound, None))
    return Table(("end", "energy", "Gromov-Wasserstein value", "starts"), tuple(rows))


def _matrices(model: Spaces, seed: int, full: bool) -> Figure:
    names = [name for name in ("quadratic", "l1", "l12", "nuclear") if name in fitting(model)]
    panels = {}
    for name in names:
        weight = model.weight_of(name)
        shown = name if weight is None else rf"\mathrm{{{name}}},\ \lambda = {weight:g}"
        panels[shown] = run(model, name, max_iterations=100, tolerance=1e-6).M
    return heat_maps(panels, labels={"x": "feature of X", "y": "feature of Y"})


def _iterations(model: Spaces, seed: int, full: bool) -> Figure:
    series, most = {}, 30
    for name in ("quadratic", "l1"):
        found = run(model, name, max_iterations=most, tolerance=1e-7)
        energies = np.array(found.energies)
        padded = np.append(energies, np.full(most - len(energies), energies[-1]))
        series[f"energy, {name}"] = padded / abs(padded).max()
        plans = [run(model, name, max_iterations=k, tolerance=1e-6).P for k in (1, 2, 4, 8, 16, most)]
        shares = [_accuracy(model, P) for P in plans]
        series[f"accuracy, {name}"] = np.interp(np.arange(1, most + 1), (1, 2, 4, 8, 16, most), shares)
    what = "energy over its size, accuracy"
    return curves(np.arange(1, most + 1), series, labels={"x": "iteration", "y": what})


def _accuracy(model: Spaces, P: Floats) -> float:
    """Labels that nearest neighbours transfer; without labels the share of points whose largest mass is their own."""
    if model.labels is not None:
        return label_transfer(P, model.Y, model.labels, model.labels)
    return float((P.argmax(axis=1) == np.arange(len(P))).mean()) if P.shape[0] == P.shape[1] else float("nan")


def _bifurcations(seed: int, full: bool) -> Figure:
    branches: list[tuple[str, Any]] = []
    t = np.concatenate([np.linspace(0.01, 0.99, 120), 1 - np.geomspace(0.01, 1e-6, 30)])
    for name, weight in (("quadratic", None), ("l1", 0.1)):
        M = prox(t[None, :], name, weight)[0]
        alive = M > 0
        epsilon = M[alive] / np.arctanh(t[alive])
        slopes = (1 - t[alive] ** 2) / epsilon
        for sign in (1, -1):
            branches.append((name, (epsilon, sign * t[alive], tuple(map(bool, slopes < 1)))))
        level = np.linspace(0.02, 1.4, 60)
        stable = tuple(bool(name == "l1" or e > 1) for e in level)
        if name == "quadratic":
            branches.append(("product coupling", (level, np.zeros_like(level), stable)))
    events = [(1.0, 0.0, r"\mathrm{pitchfork}")]
    return bifurcation_diagram(branches, events=events, labels={"x": r"\varepsilon", "y": "t"})


def _low_rank(model: Spaces, seed: int, full: bool) -> Figure:
    n = min(len(model.X), len(model.Y))
    sizes = sorted({*range(8, n, max(1, n // 10)), n} if full else {max(8, n // 4), n // 2, (3 * n) // 4, n})
    ranks = sorted({1, 2, min(model.X.shape[1], model.Y.shape[1])})
    series: dict[str, list[float]] = {}
    for rank in ranks:
        scores = []
        for size in sizes:
            start = (model.Y[:size].T @ model.X[:size]) / size
            found = _fit(model, size, rank, start)
            scores.append(foscttm(found.map(model.X[:n]), model.Y[:n]))
        series[rf"k = {rank}"] = scores
    return curves(sizes, series, levels={"chance": 0.5}, labels={"x": "points", "y": "FOSCTTM"})


def _fit(model: Spaces, size: int, rank: int, start: Floats) -> Any:
    from symdyn.systems.structured_transport.solving import solve

    return solve(
        model.X[:size], model.Y[:size], epsilon=model.epsilon, regularizer="rank", weight=rank, max_iterations=30,
        start=start, tolerance=1e-5,
    )  # fmt: skip
