"""Tables and figures: closed forms, the edge, ensembles and their conditions, networks of finite width."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.dynamics.exhibit import Exhibit, Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures import band, curves, histogram, scatter
from symdyn.systems.pseudo_iid_network.activation import ACTIVATIONS, read_activation
from symdyn.systems.pseudo_iid_network.claims import DERIVED, PAPER, WideNetwork
from symdyn.systems.pseudo_iid_network.conditions import check_pseudo_iid
from symdyn.systems.pseudo_iid_network.decay import correlation_decay
from symdyn.systems.pseudo_iid_network.edge import edge_of_chaos, phase_diagram
from symdyn.systems.pseudo_iid_network.finite_width import finite_width_test, preactivations
from symdyn.systems.pseudo_iid_network.maps import (
    correlation_map,
    correlation_recursion,
    derivative_map,
    nngp_kernel,
    variance_map,
)

_BIASES = ("0.01", "0.05", "0.25", "1")
_FOUR = ("gaussian", "haar", "low-rank", "block-sparse")
q = sp.Symbol("q", positive=True)


def exhibits_of(model: WideNetwork) -> tuple[Exhibit, ...]:
    """The tables and figures."""
    return (
        Exhibit(
            "closed forms",
            r"$V(q)$ and $D(q)$ of the activations for which both are known in closed form.",
            DERIVED,
            _closed_table,
        ),
        Exhibit(
            "edge",
            r"The edge of chaos of the activation by $\sigma_b^2$: all points with $q$ up to 100, enclosed; the last "
            "column is the width of the enclosure.",
            DERIVED,
            partial(_edge_table, model),
        ),
        Exhibit(
            "conditions",
            r"Moments of square ensembles at $n = 8$ and in the limit, with $\sigma = 1$: condition (iii) needs a "
            "bound, condition (iv) the limits 1, 1 and 0.",
            f"conditions of {PAPER}, second-hand; the moments derived",
            _condition_table,
        ),
        Exhibit(
            "finite width",
            rf"Layer {model.depth} of networks of finite width beside the limit: mean and 95 % interval.",
            f"experiments of {PAPER}, second-hand, by another program",
            partial(_width_table, model),
            full_seconds=900,
        ),
        Exhibit(
            "phases",
            r"The edge of chaos, $\chi_1 = 1$, and where $\chi_1$ has other values: above the edge the phase is "
            r"chaotic, below it ordered; the line is $\sigma_w^2$ of the study.",
            DERIVED,
            partial(_phase_figure, model),
            full_seconds=20,
        ),
        Exhibit(
            "correlation map",
            r"$C(c) - c$ of $\tanh$ at $\sigma_b^2 = 0.05$ in the ordered phase, close to the edge, and in the chaotic "
            "phase: where it is 0 a correlation stays.",
            DERIVED,
            partial(_correlation_figure, model),
        ),
        *(
            Exhibit(
                f"histograms, {word}",
                rf"One preactivation of layer {model.depth} of {word} networks for four ensembles, in units of the "
                "predicted deviation, with the standard normal density.",
                f"experiments of {PAPER}, second-hand, by another program",
                partial(_histogram_figure, model, word == "wide"),
                full_seconds=450,
            )
            for word in ("narrow", "wide")
        ),
        Exhibit(
            "two inputs",
            rf"One preactivation of layer {model.depth} at two inputs, with the ellipse that holds 95 % in the limit.",
            f"experiments of {PAPER}, second-hand, by another program",
            partial(_scatter_figure, model),
            full_seconds=300,
        ),
        Exhibit(
            "decay at the edge",
            r"$1 - c_l$ by layer at the edge of chaos, with the predicted power laws: $l^{-1}$ for $\tanh$, $l^{-2}$ "
            "for ReLU.",
            DERIVED,
            _decay_figure,
        ),
    )


def _closed_table(seed: int, full: bool) -> Table:
    rows = []
    for name in ACTIVATIONS:
        phi = read_activation(name)
        if phi.closed(0) is not None and phi.closed(1) is not None:
            rows.append((name, variance_map(name, q), derivative_map(name, q)))
    return Table((r"$\phi$", "$V(q)$", "$D(q)$"), tuple(rows))


def _edge_table(model: WideNetwork, seed: int, full: bool) -> Table:
    rows: list[tuple[Any, ...]] = []
    if not model.activation.is_known_piecewise:
        return Table((r"$\sigma_b^2$", "$q$"), (("any", "kinks not found exactly: no enclosure"),))
    for bias in _BIASES:
        found = edge_of_chaos(model.activation, bias_variance=sp.Rational(bias))
        for point in found:
            width = float(point.weight_variance.high - point.weight_variance.low)
            rows.append((bias, point.q, point.weight_variance, f"{width:.0e}"))
        if not len(found):
            rows.append((bias, "none", found.reason or "none found", ""))
    return Table((r"$\sigma_b^2$", "$q$", r"$\sigma_w^2$", "width"), tuple(rows))


def _condition_table(seed: int, full: bool) -> Table:
    rows = []
    cases: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("gaussian", "gaussian", {}),
        ("iid uniform", "iid", {"law": "uniform-symmetric"}),
        ("haar", "haar", {}),
        ("low rank $n/2$", "low-rank", {"rank": sp.Rational(1, 2)}),
        ("low rank 2", "low-rank", {"rank": 2}),
        ("blocks of $n/4$", "block-sparse", {"block": sp.Rational(1, 4)}),
        ("blocks of 2", "block-sparse", {"block": 2}),
    )
    for name, kind, options in cases:
        found = check_pseudo_iid(kind, (8,), **options)
        third, fourth = found.conditions[2:]
        said = [f"{'holds' if one.holds else 'fails'}, limit {_limit(one.limit)}" for one in (third, fourth)]
        rows.append((name, third.values[0][1], said[0], fourth.values[0][1], said[1]))
    header = (
        "ensemble", r"$n^4 \mathbb{E} \langle a, w \rangle^8$", "(iii)", "moment that decides (iv)", "(iv)",
    )  # fmt: skip
    return Table(header, tuple(rows))


def _limit(value: Any) -> str:
    return "infinite" if value == sp.oo else f"${sp.latex(value)}$"


def _inputs(correlation: float = 0.5) -> Any:
    """Two inputs of norm sqrt(N_0), N_0 = 16, with this correlation."""
    first, other = np.ones(16), np.tile([1.0, -1.0], 8)
    return np.stack([first, correlation * first + np.sqrt(1 - correlation**2) * other])


def _given(model: WideNetwork) -> dict[str, Any]:
    return {"weight_variance": model.weight_variance, "bias_variance": model.bias_variance}


def _width_table(model: WideNetwork, seed: int, full: bool) -> Table:
    widths, draws = ((30, 128, 300), 500) if full else ((16, 64), 100)
    rows = []
    for name in dict.fromkeys((*_FOUR, model.ensemble)):
        for N in widths:
            size = N - N % 4
            found = finite_width_test(
                model.activation, [size] * model.depth, ensemble=name, inputs=_inputs()[:1], draws=draws, seed=seed,
                **_given(model),
            )  # fmt: skip
            last = (found.variance[-1], found.predicted[-1], found.kurtosis[-1], found.wasserstein[-1])
            rows.append((name, size, *last))
    header = ("ensemble", "$N$", "variance", "limit", "excess kurtosis", "Wasserstein, in deviations")
    return Table(header, tuple(rows))


def _phase_figure(model: WideNetwork, seed: int, full: bool) -> Figure:
    number = 100 if full else 30
    w = np.linspace(0.05, max(4.0, 1.5 * float(model.weight_variance)), number)
    b = np.linspace(0, 1, number) ** 2 * max(1.0, 1.5 * float(model.bias_variance))
    found = phase_diagram(model.activation, w, b)
    series = {}
    for level in (1.0, 0.6, 0.8, 1.2):
        name = r"\chi_1 = 1, \mathrm{edge}" if level == 1 else rf"\chi_1 = {level:g}"
        series[name] = [_crossing(w, column, level) for column in found.chi.T]
    kept = {name: row for name, row in series.items() if np.isfinite(row).any()}
    studied = {r"\sigma_w^2, \mathrm{studied}": float(model.weight_variance)}
    return curves(
        b, kept or {r"\chi_1": found.chi[0]}, levels=studied, labels={"x": r"\sigma_b^2", "y": r"\sigma_w^2"}
    )


def _crossing(w: Any, chi: Any, level: float) -> float:
    """Where chi first rises through a level; nan where it does not."""
    above = np.flatnonzero((chi[:-1] < level) & (chi[1:] >= level))
    if not len(above):
        return float("nan")
    k = above[0]
    return float(w[k] + (level - chi[k]) / (chi[k + 1] - chi[k]) * (w[k + 1] - w[k]))


def _correlation_figure(model: WideNetwork, seed: int, full: bool) -> Figure:
    c = np.linspace(0, 1, 41)
    series: dict[str, Any] = {}
    for w in (1.0, 1.76, 4.0):
        values = correlation_map("tanh", c, weight_variance=w, bias_variance=0.05)
        series[rf"\sigma_w^2 = {w:g}"] = np.asarray(values).ravel() - c
    return curves(c, series, levels={"0": 0.0}, labels={"x": "c", "y": "C(c) - c"})


def _histogram_figure(model: WideNetwork, wide: bool, seed: int, full: bool) -> Figure:
    narrow, large, draws = (4, 300, 10_000) if full else (4, 32, 500)
    size = large if wide else narrow
    limit = nngp_kernel(model.activation, _inputs()[:1], model.depth, **_given(model))[0, 0]
    samples = {}
    for name in _FOUR:
        h = preactivations(
            model.activation, [size] * model.depth, ensemble=name, inputs=_inputs()[:1], draws=draws, neurons=1,
            seed=seed, **_given(model),
        )[-1]  # fmt: skip
        samples[name] = np.clip(h.ravel() / np.sqrt(limit), -5, 5)
    return histogram(
        samples, density=lambda x: np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi), density_name="standard normal law",
        labels={"x": r"h / \sqrt{K}"},
    )  # fmt: skip


def _scatter_figure(model: WideNetwork, seed: int, full: bool) -> Figure:
    N, draws = (model.width, 2000) if full else (min(model.width, 64), 300)
    size = N - N % 4 if N > 4 else N
    h = preactivations(
        model.activation, [size] * model.depth, ensemble=model.ensemble, inputs=_inputs(), draws=draws, neurons=1,
        rank=None if model.rank is None else min(model.rank, size), seed=seed, **_given(model),
    )[-1]  # fmt: skip
    K = nngp_kernel(model.activation, _inputs(), model.depth, **_given(model))
    turn = np.linspace(0, 2 * np.pi, 240)
    root = np.linalg.cholesky(K + 1e-15 * np.eye(2))
    ellipse = np.sqrt(-2 * np.log(0.05)) * root @ np.stack([np.cos(turn), np.sin(turn)])
    points = {f"networks of width {size}": (h[:, 0, 0], h[:, 1, 0]), "95 % in the limit": (ellipse[0], ellipse[1])}
    return scatter(points, labels={"x": "h(x)", "y": "h(x')"})


def _decay_figure(seed: int, full: bool) -> Figure:
    depth = 1000 if full else 300
    layers = np.unique(np.geomspace(1, depth, 40).astype(int))
    edge = edge_of_chaos("tanh", bias_variance=sp.Rational(1, 20))[0]
    places = {"tanh": (float(edge.weight_variance), 0.05, float(edge.q)), "relu": (2.0, 0.0, 1.0)}
    series, guides = {}, {}
    for name, (w, b, at) in places.items():
        c = correlation_recursion(name, depth, weight_variance=w, bias_variance=b, start=0.0, q=at)
        series[name] = list(1 - c[layers])
        law = correlation_decay(name, weight_variance=sp.Rational(str(w)), bias_variance=sp.Rational(str(b)), q=at)
        guides[f"{name}, predicted"] = float(law.coefficient) * layers ** (-float(law.exponent))
    return band(layers, series, guides=guides, logarithmic=True, labels={"x": "layer", "y": "1 - c"})
