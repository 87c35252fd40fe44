"""Tables and figures of the paper and of its rebuttal, by another program."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.dynamics.exhibit import Exhibit, Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures import band, histogram, scatter
from symdyn.numerics.ensembles import entry_law, markov
from symdyn.numerics.estimate import mean_interval
from symdyn.numerics.spectral_laws import quarter_circle
from symdyn.systems.rank_collapse.claims import CIRCULAR, DERIVED, RandomAttention
from symdyn.systems.rank_collapse.propagation import collapse_in_width
from symdyn.systems.rank_collapse.spectra import spectral_gap

PAPER = "T. Nait Saada, A. Naderi, J. Tanner, arXiv 2410.07799"


def exhibits_of(model: RandomAttention) -> tuple[Exhibit, ...]:
    """The tables and figures."""
    return (
        Exhibit(
            "spectrum",
            r"Spectrum of $A$: mean and 95 % interval over draws beside the limits, by the law of the entries.",
            f"eigenvalues: {CIRCULAR}; singular values derived",
            partial(_spectrum_table, model),
            full_seconds=60,
        ),
        Exhibit(
            "rates",
            r"Collapse in width: $\mathrm{sr}(\Sigma_l) - 1$ over its prediction, without the outlier "
            r"$\mathrm{sr}(\Sigma_l)$ over its own, and the slopes in $T$.",
            DERIVED,
            partial(_rates_table, model),
            full_seconds=120,
        ),
        Exhibit(
            "eigenvalues",
            r"Eigenvalues of $\sqrt{T} A$ but the outlier $\sqrt{T}$, with the circle of radius $\sigma$.",
            f"the spectra of {PAPER}",
            partial(_eigenvalue_figure, model),
            full_seconds=10,
        ),
        Exhibit(
            "singular values",
            r"Singular values of $\sqrt{T} A^\perp$ with the quarter circle of scale $\sigma$.",
            f"quarter-circle law: {CIRCULAR}",
            partial(_singular_figure, model),
            full_seconds=10,
        ),
        Exhibit(
            "stable rank by layer",
            r"$\mathrm{sr}(\Sigma_l)$ with and without removal of the outlier, mean and 95 % interval.",
            f"experiments X and XI of {PAPER}",
            partial(_layer_figure, model),
            full_seconds=60,
        ),
    )


def _spectrum_table(model: RandomAttention, seed: int, full: bool) -> Table:
    T, draws = (1000, 20) if full else (model.tokens, model.draws)
    rows = []
    for name in dict.fromkeys((model.law, entry_law("exponential"), entry_law("uniform"), entry_law("lognormal"))):
        gap = spectral_gap(markov(T, name, draws=draws, seed=seed), sigma=float(name.ratio))
        edges = mean_interval(np.sqrt(T) * gap.singular_values[:, 1])
        radii = mean_interval(np.sqrt(T) * np.abs(gap.eigenvalues[:, 1]))
        squares = mean_interval(gap.frobenius_squared)
        rows.append(
            (name.name, name.ratio, edges, 2 * name.ratio, radii, squares, 1 + name.ratio**2,
             gap.quarter_circle_distance)
        )  # fmt: skip
    header = (
        "law", r"$\sigma$", r"$\sqrt{T} s_2$", r"limit $2 \sigma$", r"$\sqrt{T} |\lambda_2|$", r"$\|A\|_F^2$",
        r"limit $1 + \sigma^2$", "distance from quarter circle",
    )  # fmt: skip
    return Table(header, tuple(rows))


def _rates_table(model: RandomAttention, seed: int, full: bool) -> Table:
    sizes = [50, 100, 200, 350] if full else [40, 80, 160]
    options: dict[str, Any] = {"depth": model.depth, "law": model.law, "values": model.values, "ratio": model.ratio}
    options |= {"draws": max(model.draws, 5), "seed": seed}
    plain = collapse_in_width(sizes, **options)
    mended = collapse_in_width(sizes, remove_outlier=True, **options)
    rows = []
    for k in range(model.depth):
        rows.append(
            (
                k + 1,
                float(plain.excess[-1, k].mean() / plain.predicted[-1, k]),
                plain.slopes[k],
                1 - 2 * (k + 1),
                float(mended.ranks[-1, k].mean() / mended.predicted[-1, k]),
                mended.slopes[k],
            )
        )
    header = (
        "layer $l$", r"$(\mathrm{sr} - 1)$ over prediction", r"slope of $\mathrm{sr} - 1$", r"limit $1 - 2 l$",
        r"$\mathrm{sr}^\perp$ over prediction", r"slope of $\mathrm{sr}^\perp$, limit $1$",
    )  # fmt: skip
    return Table(header, tuple(rows))


def _eigenvalue_figure(model: RandomAttention, seed: int, full: bool) -> Figure:
    T = 1000 if full else model.tokens
    values = np.sqrt(T) * spectral_gap(markov(T, model.law, seed=seed)).eigenvalues[1:]
    circle = {rf"\sigma = {sp.latex(model.law.ratio)}": (0.0, 0.0, float(model.law.ratio))}
    labels = {"x": r"\mathrm{Re}", "y": r"\mathrm{Im}"}
    return scatter({r"\lambda(\sqrt{T} A)": (values, None)}, circles=circle, labels=labels)


def _singular_figure(model: RandomAttention, seed: int, full: bool) -> Figure:
    T = 1000 if full else model.tokens
    values = np.sqrt(T) * spectral_gap(markov(T, model.law, draws=model.draws, seed=seed)).bulk_singular_values
    law = quarter_circle(model.law.ratio)
    return histogram(
        {r"A^\perp": values.ravel()}, density=law.density, density_name="quarter circle", labels={"x": r"\sqrt{T} s"}
    )


def _layer_figure(model: RandomAttention, seed: int, full: bool) -> Figure:
    T, depth = (350, 10) if full else (min(model.tokens, 100), 6)
    options: dict[str, Any] = {"depth": depth, "law": model.law, "values": model.values, "ratio": model.ratio}
    series = {}
    for name, mended in (("as it is", False), ("outlier removed", True)):
        found = collapse_in_width([T], remove_outlier=mended, draws=max(5, model.draws), seed=seed, **options)
        series[name] = list(mean_interval(found.ranks[0]))
    return band(range(1, depth + 1), series, labels={"x": "layer", "y": r"\mathrm{sr}(\Sigma)"})
