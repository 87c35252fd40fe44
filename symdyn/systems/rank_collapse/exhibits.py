"""Tables and figures of the paper and of its rebuttal, by another program."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any, cast

import numpy as np
import sympy as sp

from symdyn.dynamics.exhibit import Exhibit, Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures import band, histogram, scatter
from symdyn.dynamics.tokens.in_width import collapse_in_width, gradients_in_width, simulations
from symdyn.dynamics.tokens.layer_gradients import gradient_norm_key_query
from symdyn.dynamics.tokens.random_layers import isometric, random_layers
from symdyn.errors import ModelError
from symdyn.numerics.arrays import Floats
from symdyn.numerics.ensembles import counted_markov, entry_law, gaussian, markov
from symdyn.numerics.estimate import Estimate, mean_interval, power_law_fit
from symdyn.numerics.laws_of_ratio import worst_laws
from symdyn.numerics.spectral_laws import quarter_circle
from symdyn.numerics.stochastic.gap import spectral_gap
from symdyn.numerics.stochastic.key_query import key_query_attention
from symdyn.systems.rank_collapse.claims import CIRCULAR, DERIVED
from symdyn.systems.rank_collapse.model import RandomAttention
from symdyn.systems.rank_collapse.tables import plateau_table, rate_table

PAPER = "T. Nait Saada, A. Naderi, J. Tanner, arXiv 2410.07799"
RATIOS = (sp.S.One, sp.Rational(1, 2), sp.Rational(1, 5))
_NORMAL = 1.96
_PROBES = 40
_GRADIENT = r"$\|\partial X_L / \partial W_l\|_F^2$"


def exhibits_of(model: RandomAttention) -> tuple[Exhibit, ...]:
    """The tables and figures."""
    layers = r"$\mathrm{sr}(\Sigma_l)$"
    made = (
        ("spectrum", "Spectrum of $A$: mean and 95 % interval over draws beside the limits, by the law of the entries.",
         f"eigenvalues: {CIRCULAR}; singular values derived", _spectrum_table, 240),
        ("formulas", "Orders in $T$ by layer, isometric $X_0$: stable rank and gradient, with and without the outlier.",
         DERIVED, _formula_table, 0),
        ("rates", rf"Collapse in width: {layers} $- 1$ over its prediction, without the outlier {layers} over its own, "
         "and the slopes in $T$.", DERIVED, _rates_table, 120),
        ("gradient slopes", rf"Slopes in $T$ of {_GRADIENT}, with and without the outlier.", DERIVED,
         _gradient_table, 60),
        ("plateaus", rf"{layers} over $T$ without the outlier, in the limit, by layer and $T/d$.", DERIVED,
         _plateau_table, 0),
        ("worst entries", r"Laws of entries with one $\sigma$, by falling distance from the common limit at this $T$.",
         DERIVED, _worst_table, 60),
        ("simulations", "Stable ranks of single simulations, by $T/d$, $T$ and layer.",
         f"the stored results of {PAPER}", _simulation_table, 60),
        ("eigenvalues", r"Eigenvalues of $\sqrt{T} A$, the circle of radius $\sigma$, and the outlier at $\sqrt{T}$.",
         f"the spectra of {PAPER}", _eigenvalue_figure, 10),
        ("eigenvalues by ratio", "Eigenvalues of key-query attention but the outlier, rows of unit length, by $T/d$.",
         f"experiment IX of {PAPER}", _ratio_figure, 30),
        ("singular values", r"Singular values of $\sqrt{T} A$ (but the first) and of $\sqrt{T} A^\perp$ with the "
         r"quarter circle of scale $\sigma$.", f"quarter-circle law: {CIRCULAR}", _singular_figure, 10),
        ("stable rank by layer", rf"{layers} with and without the outlier for several $T/d$, mean and 1.96 deviations.",
         f"experiments X and XI of {PAPER}", _layer_figure, 120),
        ("gradients", rf"{_GRADIENT} for $L = 2$, $l = 1$ against $T$; the thin line $T^{{L-1}}$ is the reference that "
         "the authors draw.", f"experiment VIII of {PAPER}, and independent entries", _gradient_figure, 60),
        ("configurations", rf"{layers} by layer for attention of independent entries and of keys and queries, with "
         "residuals and layer norm, with and without the outlier; zero: too small for floats.",
         f"experiment VII of {PAPER}", _configuration_table, 120),
    )  # fmt: skip
    return tuple(
        Exhibit(name, caption, source, partial(make, model), full_seconds=seconds)
        for name, caption, source, make, seconds in made
    )


def _spectrum_table(model: RandomAttention, seed: int, full: bool) -> Table:
    T, draws = (1000, 20) if full else (model.tokens, model.draws)
    rows = []
    for law in dict.fromkeys((model.law, entry_law("exponential"), entry_law("uniform"), entry_law("lognormal"))):
        matrices, again = counted_markov(T, law, draws=draws, seed=seed)
        gap = spectral_gap(matrices, sigma=float(law.ratio))
        first, edges, radii, squares = map(
            mean_interval,
            (gap.singular_values[:, 0], np.sqrt(T) * gap.singular_values[:, 1],
             np.sqrt(T) * np.abs(gap.eigenvalues[:, 1]), gap.frobenius_squared),
        )  # fmt: skip
        name = f"{law.name}, {again} rows of zeros drawn again" if again else law.name
        rows.append(
            (name, law.ratio, first, (edges, 2 * law.ratio), radii, (squares, 1 + law.ratio**2),
             _short(gap.quarter_circle_distance))
        )  # fmt: skip
    header = (
        "law", r"$\sigma$", "$s_1$", r"$\sqrt{T} s_2$, limit $2 \sigma$", r"$\sqrt{T} |\lambda_2|$, limit $\sigma$",
        r"$\|A\|_F^2$, limit $1 + \sigma^2$", "from quarter circle",
    )  # fmt: skip
    return Table(header, tuple(rows))


def _short(value: float, digits: int = 3) -> float:
    return float(f"{value:.{digits}g}")


def _formula_table(model: RandomAttention, seed: int, full: bool) -> Table:
    return rate_table(10 if full else model.depth, ratio=model.ratio, values=model.values)


def _rates_table(model: RandomAttention, seed: int, full: bool) -> Table:
    sizes = [50, 100, 200, 350] if full else [40, 80, 160]
    options = model.options(draws=max(model.draws, 12), seed=seed)
    plain = collapse_in_width(sizes, **options)
    mended = collapse_in_width(sizes, remove_outlier=True, **options)
    rows = []
    for k in range(model.depth):
        over, over_mended = (one.over_prediction[-1, k] if model.is_plain else None for one in (plain, mended))
        rows.append(
            (k + 1, None if over is None else mean_interval(over), plain.slopes[k], 1 - 2 * (k + 1),
             None if over_mended is None else mean_interval(over_mended), mended.slopes[k], 1)
        )  # fmt: skip
    header = (
        "$l$", r"$(\mathrm{sr} - 1)$ over prediction", r"slope of $\mathrm{sr} - 1$", r"limit $1 - 2 l$",
        r"$\mathrm{sr}^\perp$ over prediction", r"slope of $\mathrm{sr}^\perp$", "limit",
    )  # fmt: skip
    return Table(header, tuple(rows))


def _gradient_table(model: RandomAttention, seed: int, full: bool) -> Table:
    sizes = [50, 100, 200, 400] if full else [40, 80, 160]
    deepest = 5 if full else max(2, min(model.depth, 3))
    rows = []
    for depth in range(2, deepest + 1):
        for layer in range(1, depth):
            options = {"depth": depth, "layer": layer, **_of_gradients(model), "seed": seed}
            plain, mended = (
                power_law_fit(sizes, gradients_in_width(sizes, remove_outlier=removed, **options), seed=seed)
                for removed in (False, True)
            )
            rows.append((depth, layer, plain, depth, mended, 1))
    return Table(("$L$", "$l$", "slope", "limit $L$", "slope, outlier removed", "limit"), tuple(rows))


def _of_gradients(model: RandomAttention) -> dict[str, Any]:
    options = model.options(draws=max(model.draws, 5))
    return {name: options[name] for name in ("law", "ratio", "value_variance", "draws")}


def _plateau_table(model: RandomAttention, seed: int, full: bool) -> Table:
    depth, shares = 10 if full else model.depth, dict.fromkeys((*RATIOS, model.ratio))
    exact = plateau_table(range(1, depth + 1), shares, values=model.values)
    return Table(exact.header, tuple((k, *(_short(float(value), 6) for value in row)) for k, *row in exact.rows))


def _worst_table(model: RandomAttention, seed: int, full: bool) -> Table:
    T, draws = (1000, 10) if full else (min(model.tokens, 150), max(model.draws, 5))
    found = worst_laws(model.law.ratio, tokens=T, draws=draws, seed=seed)
    tails = (one.law.fourth_moment / one.law.mean**4 for one in found)
    shown = (_short(float(tail)) if tail.is_finite else r"$\infty$" for tail in tails)
    rows = tuple((one.law.name, tail, one.edge, one.collapse) for one, tail in zip(found, shown, strict=True))
    header = ("law", r"$\mathbb{E} x^4 / m^4$", r"$\sqrt{T} s_2 / (2 \sigma)$", r"$(\mathrm{sr} - 1) T / (2 \sigma^4)$")
    return Table(header, rows)


def _simulation_table(model: RandomAttention, seed: int, full: bool) -> Table:
    if full:
        options = model.options(depth=10, draws=5, seed=seed)
        del options["ratio"]
        return simulations([20, 40, 60, 80, 100, 150], ratios=RATIOS, **options)
    options = model.options(depth=2, draws=2, seed=seed)
    return simulations([20, 40], ratios=(options.pop("ratio"),), **options)


def _eigenvalue_figure(model: RandomAttention, seed: int, full: bool) -> Figure:
    T = 1000 if full else model.tokens
    values = np.sqrt(T) * spectral_gap(markov(T, model.law, seed=seed)).eigenvalues
    circle = {rf"\sigma = {sp.latex(model.law.ratio)}": (0.0, 0.0, model.sigma)}
    points = {"bulk": (values[1:], None), "outlier": (values[:1], None)}
    return scatter(points, circles=circle, labels={"x": r"\mathrm{Re}", "y": r"\mathrm{Im}"})


def _ratio_figure(model: RandomAttention, seed: int, full: bool) -> Figure:
    T = 800 if full else min(model.tokens, 100)
    points = {}
    for share in (0.1, 0.5, 2, 10):
        X = gaussian(T, max(1, round(T / share)), seed=seed)
        A = key_query_attention(X / np.linalg.norm(X, axis=1, keepdims=True), seed=seed + 1)
        points[f"T/d = {share:g}"] = (spectral_gap(A).eigenvalues[1:], None)
    return scatter(points, labels={"x": r"\mathrm{Re}", "y": r"\mathrm{Im}"})


def _singular_figure(model: RandomAttention, seed: int, full: bool) -> Figure:
    T = 1000 if full else model.tokens
    gap = spectral_gap(markov(T, model.law, draws=model.draws, seed=seed))
    samples = {"A": gap.singular_values[:, 1:], r"A^\perp": gap.bulk_singular_values}
    scaled = {name: np.sqrt(T) * values.ravel() for name, values in samples.items()}
    density = quarter_circle(model.law.ratio).density
    return histogram(scaled, density=density, density_name="quarter circle", labels={"x": r"\sqrt{T} s"})


def _layer_figure(model: RandomAttention, seed: int, full: bool) -> Figure:
    T, depth = (350, 10) if full else (min(model.tokens, 80), 6)
    series = {}
    for share, removed in product(RATIOS, (False, True)):
        options = model.options(ratio=share, depth=depth, draws=max(5, model.draws), seed=seed)
        ranks = collapse_in_width([T], remove_outlier=removed, **options).ranks[0]
        series[f"T/d = {float(share):g}{', outlier removed' if removed else ''}"] = _band_of(ranks)
    return band(range(1, depth + 1), series, labels={"x": "layer", "y": r"\mathrm{sr}(\Sigma)"})


def _band_of(values: Floats) -> list[tuple[float, float, float]]:
    """Mean and 1.96 deviations of each row."""
    mean, half = values.mean(axis=1), _NORMAL * values.std(axis=1, ddof=1)
    return list(zip(mean, mean - half, mean + half, strict=True))


def _gradient_figure(model: RandomAttention, seed: int, full: bool) -> Figure:
    sizes = [50, 100, 200, 400] if full else [30, 60, 120]
    options = {"depth": 2, "layer": 1, **_of_gradients(model), "seed": seed}
    series: dict[str, Any] = {}
    guides: dict[str, Any] = {}
    for name, removed in (("as it is", False), ("outlier removed", True)):
        squares = gradients_in_width(sizes, remove_outlier=removed, **options)
        series[f"{name}, slope {float(power_law_fit(sizes, squares, seed=seed)):.2f}"] = [*map(mean_interval, squares)]
        if not removed:
            guides["T^{L-1}"] = [float(squares[0].mean()) * size / sizes[0] for size in sizes]
    series["key-query attention"] = [_key_query_gradient(T, model.value_variance, seed) for T in sizes]
    labels = {"x": "T", "y": r"\|\partial X_2/\partial W_1\|_F^2"}
    return band(sizes, series, guides=guides, logarithmic=True, labels=labels)


def _key_query_gradient(tokens: int, variance: float, seed: int) -> Estimate:
    """Two layers with attention of their tokens, by random directions."""
    Q, K, W = (gaussian(tokens, tokens, draws=2, seed=seed + k) for k in range(3))
    values = np.sqrt(variance) * W
    found = gradient_norm_key_query(isometric(tokens, tokens), Q, K, values, 1, probes=_PROBES, seed=seed)
    return cast("Estimate", found)


def _ranks_until_they_vanish(tokens: int, depth: int, **options: Any) -> list[Estimate | str]:
    """Stable ranks by layer; without the outlier, tokens of key-query attention may become zero, or equal."""
    for layers in range(depth, 0, -1):
        try:
            ranks = random_layers(tokens, tokens, depth=layers, **options).gram_stable_ranks[:, 1:]
        except ModelError:
            continue
        return [*map(mean_interval, ranks.T), *["zero"] * (depth - layers)]
    return ["zero"] * depth


def _configuration_table(model: RandomAttention, seed: int, full: bool) -> Table:
    T, depth = (150, 10) if full else (min(model.tokens, 40), model.depth)
    rows = []
    for attention, removed in product(("markov", "key-query"), (False, True)):
        for residual, normed in product(("none", "skip", "upscaled"), (False, True)):
            ranks = _ranks_until_they_vanish(
                T, depth, law=model.law, values=model.values, attention=attention, remove_outlier=removed,
                residual=residual, layer_norm=normed, value_variance=model.value_variance, draws=5, seed=seed,
            )  # fmt: skip
            around = {"none": "plain", "skip": "skip", "upscaled": "upscaled skip"}[residual]
            rows.append((("A(X)" if attention == "key-query" else "A") + (", outlier removed" if removed else ""),
                         around + (" and layer norm" if normed else ""), *ranks))  # fmt: skip
    header = ("attention", "around it", *(f"$l = {k}$" for k in range(1, depth + 1)))
    return Table(header, tuple(rows))
