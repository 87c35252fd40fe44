"""Tables and figures of a study. Those of the paper are not known: these are recommended ones."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Exhibit, Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures import band, curves
from symdyn.errors import ModelError
from symdyn.numerics.arrays import Floats, generator
from symdyn.numerics.estimate import mean_interval
from symdyn.systems.conditional_transport_resnet.claims import DERIVED
from symdyn.systems.conditional_transport_resnet.closures import closure
from symdyn.systems.conditional_transport_resnet.convergence import LocalConvergence, local_convergence
from symdyn.systems.conditional_transport_resnet.depth import DepthLimit, depth_limit
from symdyn.systems.conditional_transport_resnet.distances import conditional_distance, product_distance
from symdyn.systems.conditional_transport_resnet.layers import forward
from symdyn.systems.conditional_transport_resnet.model import TransportResnet
from symdyn.systems.conditional_transport_resnet.neurons import neuron_laws
from symdyn.systems.conditional_transport_resnet.residual import (
    Residual,
    activation_name,
    residual,
    single_hidden_layer,
)

PAPER = "R. Barboni, G. Peyré, F.-X. Vialard, arXiv 2403.12887"
RECOMMENDED = f"recommended; derived for the networks of {PAPER}"
_ROWS = 9
_WARNED = 1e-6
_LINE = 1e-15
_WIDE = 20_000


def exhibits_of(model: TransportResnet) -> tuple[Exhibit, ...]:
    """The tables and figures."""
    return (
        Exhibit(
            "training",
            r"Training: risk, squared slope against $2 \kappa f$ ($\kappa$ at these weights), the distance travelled "
            r"by transport and with neurons in order, the bound $\sqrt{2 f/\kappa}$ of what is left to travel with "
            r"$\kappa$ on a ball, and whether the certificate of convergence holds.",
            RECOMMENDED,
            partial(_training_table, model),
        ),
        Exhibit(
            "closures and laws",
            r"Features: the laws of a neuron for all data and losses (bounds proved), and the closed system of the "
            r"output, where there is one.",
            DERIVED,
            partial(_feature_table, model),
        ),
        Exhibit(
            "fibres",
            r"Distance of the weights at the start and later, depth by depth and where mass may move along the depth.",
            RECOMMENDED,
            partial(_distance_table, model),
        ),
        Exhibit(
            "degenerate data",
            r"Data for which $\lambda_{\min}(K_s) = 0$ for every width, at $s = 0$.",
            DERIVED,
            _degenerate_table,
        ),
        Exhibit(
            "risk",
            r"$\log_{10} f$ over time, and the certified line of slope $-2 \kappa$ from the moment that the "
            r"certificate holds.",
            RECOMMENDED,
            partial(_risk_figure, model),
        ),
        Exhibit(
            "distance",
            r"Distance from the start against the bound from the first certified moment, around the weights there.",
            RECOMMENDED,
            partial(_travel_figure, model),
        ),
        Exhibit(
            "speed",
            r"$\log_{10} |\nabla f|_{L^2(\mu_s)}$ over depth at several times.",
            RECOMMENDED,
            partial(_speed_figure, model),
        ),
        Exhibit(
            "depth",
            r"Error of $L$ layers to the ODE, for weights that are smooth in depth: mean over draws with intervals; "
            r"the line is the mean of $|c|/L$.",
            RECOMMENDED,
            partial(_depth_figure, model),
            full_seconds=20,
        ),
        Exhibit(
            "width",
            r"Distance of outputs of width $n$ from those of a very wide network: mean over draws with intervals, and "
            r"a line of slope $-1/2$.",
            RECOMMENDED,
            partial(_width_figure, model),
            full_seconds=30,
        ),
    )


@lru_cache(maxsize=16)
def _certificates(model: TransportResnet) -> tuple[LocalConvergence, ...]:
    """At each sampled time."""
    found = model.training()
    return tuple(
        local_convergence(model.residual, _at(found.history, k), model.inputs, model.targets)
        for k in range(len(found.times))
    )


def _at(history: tuple[Floats, ...], k: int) -> tuple[Floats, ...]:
    return tuple(one[k] for one in history)


def _training_table(model: TransportResnet, seed: int, full: bool) -> Table:
    found, known = model.training(), _certificates(model)
    rows = []
    for k in np.unique(np.linspace(0, len(known) - 1, _ROWS).astype(int)):
        one = known[k]
        moved = conditional_distance(_at(found.history, 0), _at(found.history, k))
        verdict = "holds" if one.verdict is Verdict.PROVED else "not yet"
        warning = _warning(known[0], one)
        rows.append(
            (
                *map(
                    _short,
                    (
                        found.times[k],
                        found.risks[k],
                        found.slopes[k] ** 2,
                        2 * one.kappa_here * one.risk,
                        one.kappa_here,
                        float(moved),
                        moved.labelled,
                        one.radius_needed,
                    ),
                ),
                f"{verdict}{warning}",
            )
        )
    header = (
        "time $t$", "$f$", r"$|\nabla f|^2$", r"$2 \kappa f$", r"$\kappa$", "COT", "in order", "bound", "certificate",
    )  # fmt: skip
    return Table(header, tuple(rows))


def _short(value: Any) -> str:
    return f"{float(value):.3g}" if value is not None and np.isfinite(value) else ""


def _warning(first: LocalConvergence, now: LocalConvergence) -> str:
    """Where kappa has all but vanished: the layers."""
    if first.kappa_here > 0 and now.kappa_here > _WARNED * first.kappa_here:
        return ""
    low, m = now.profile[:, 0], now.profile[:, 1]
    bad = np.flatnonzero((low <= _WARNED * first.profile[:, 0]) | (m >= len(m))) + 1
    named = ", ".join(map(str, bad[:8])) + (", ..." if len(bad) > 8 else "")
    return f"; warning: kappa has vanished, by layers {named}" if len(bad) else "; warning: kappa has vanished"


def _feature_table(model: TransportResnet, seed: int, full: bool) -> Table:
    features: list[Residual] = [model.residual]
    for text, names in (("w*x", "w"), ("u*v*x", "u v"), ("w", "w")):
        features.append(residual(text, *_symbols(names)))
    features += [single_hidden_layer(2, "relu"), single_hidden_layer(1, "tanh")]
    rows = []
    for feature in {one.psi: one for one in features}.values():
        closed = closure(feature)
        rates = closed.field.components if closed.field is not None else ()
        shown: Any = tuple(rates) if rates else "none found"
        rows.append((_shown(feature), *_laws(feature), shown))
    return Table((r"$\psi$", "laws, from", "to", "verdict", "rates of the output and its moments"), tuple(rows))


def _laws(feature: Residual) -> tuple[Any, Any, str]:
    """Bounds of the number of laws and how they are known; nothing for functions that the engine does not know."""
    try:
        found = neuron_laws(feature)
    except ModelError:
        return None, None, str(Verdict.UNDECIDED)
    return found.lower, found.upper, str(found.verdict)


def _shown(feature: Residual) -> Any:
    """psi, in vectors for hidden layers in the plane and beyond."""
    name = activation_name(feature.activation)
    if feature.d == 1:
        return feature.psi[0]
    if name is None:
        return feature.psi
    inner = r"v \cdot x + b" if feature.bias else r"v \cdot x"
    return rf"$u \, \mathrm{{{name}}}({inner})$ in $\mathbb{{R}}^{{{feature.d}}}$"


def _symbols(names: str) -> tuple[Any, Any]:
    return list(sp.symbols(names.split())), [sp.Symbol("x")]


def _distance_table(model: TransportResnet, seed: int, full: bool) -> Table:
    found = model.training()
    depths = np.arange(model.L) / model.L
    rows: list[tuple[Any, ...]] = []
    for k in np.unique(np.linspace(1, len(found.times) - 1, 5).astype(int)):
        first, now = _at(found.history, 0), _at(found.history, k)
        whole = conditional_distance(first, now)
        rows.append((float(found.times[k]), whole.value, float(product_distance(first, now, depths=depths)),
                     whole.labelled))  # fmt: skip
    mu = [[[float(r)], [r + 1.0]] for r in range(4)]
    shifted = [*mu[1:], mu[0]]
    rows.append(
        (
            "layers moved by one, $L = 4$",
            conditional_distance(mu, shifted).value,
            float(product_distance(mu, shifted, depths=[0, 0.01, 0.02, 0.03])),
            conditional_distance(mu, shifted).labelled,
        )
    )
    return Table(("$t$", "depth by depth", "along the depth too", "neurons in order"), tuple(rows))


def _degenerate_table(seed: int, full: bool) -> Table:
    rng = generator(seed)
    x = rng.normal(size=2)
    cases = (
        ("tanh", False, [x, -x], "opposite data"),
        ("tanh", True, [x, -x], "opposite data"),
        ("tanh", False, [x, 0 * x], "data at 0"),
        ("relu", False, [x, 2 * x], "data on one ray"),
        ("relu", True, [x, 2 * x], "data on one ray"),
    )
    rows = []
    for activation, bias, data, words in cases:
        feature = single_hidden_layer(2, activation, bias=bias)
        weights = generator(seed + 1).normal(size=(5, 200, feature.q))
        found = local_convergence(feature, weights, data, np.ones((2, 2)))
        rows.append((activation, "yes" if bias else "no", words, float(found.profile[0, 0]), found.kappa_here))
    return Table(("activation", "bias", "data", r"$\lambda_{\min}(K_0)$", r"$\kappa$"), tuple(rows))


def _first_certified(model: TransportResnet) -> int | None:
    return next((k for k, one in enumerate(_certificates(model)) if one.verdict is Verdict.PROVED), None)


def _risk_figure(model: TransportResnet, seed: int, full: bool) -> Figure:
    found, start = model.training(), _first_certified(model)
    series = {r"\log_{10} f": np.log10(np.maximum(found.risks, _LINE))}
    marks = {}
    if start is not None:
        one = _certificates(model)[start]
        line = np.log10(one.risk) - one.rate * (found.times - found.times[start]) / np.log(10)
        line[:start] = series[r"\log_{10} f"][:start]
        series["certified bound"] = line
        marks["certificate"] = float(found.times[start])
    return curves(found.times, series, marks=marks or None, labels={"x": "t", "y": r"\log_{10} f"})


def _travel_figure(model: TransportResnet, seed: int, full: bool) -> Figure:
    found, start = model.training(), _first_certified(model)
    origin = 0 if start is None else start
    chosen = np.unique(np.linspace(origin, len(found.times) - 1, 21).astype(int))
    base = _at(found.history, origin)
    moved = [conditional_distance(base, _at(found.history, int(k))) for k in chosen]
    lengths = found.lengths[chosen] - found.lengths[origin]
    scale = 1.0 if start is None else 1 / _certificates(model)[start].radius_needed
    series = {
        "transport": scale * np.array([float(one) for one in moved]),
        "path": scale * lengths,
    }
    levels = None if start is None else {r"\sqrt{2 f/\kappa(R)}": 1.0}
    y = "distance" if start is None else r"\mathrm{distance} / \sqrt{2 f/\kappa(R)}"
    return curves(found.times[chosen], series, levels=levels, labels={"x": "t", "y": y})


def _speed_figure(model: TransportResnet, seed: int, full: bool) -> Figure:
    found = model.training()
    depths = np.arange(model.L) / model.L
    chosen = np.unique(np.linspace(0, len(found.times) - 1, 4).astype(int))
    series = {f"t = {found.times[k]:.3g}": np.log10(np.maximum(found.speeds[k], _LINE)) for k in chosen}
    return curves(depths, series, labels={"x": "s", "y": r"\log_{10} |\nabla f|"})


def _depth_figure(model: TransportResnet, seed: int, full: bool) -> Figure:
    sizes = [5, 10, 20, 40, 80, 160, *([320, 640] if full else [])]
    drawn = [_limit_of_draw(model, sizes, 1000 * seed + k) for k in range(20 if full else 4)]
    errors = np.stack([one.errors for one in drawn], axis=1)
    guide = np.mean([np.sqrt((one.coefficient**2).sum()) for one in drawn]) / np.array(sizes)
    return band(
        sizes, {r"|x_L(1) - x(1)|": [mean_interval(row, seed=seed) for row in errors]}, guides={r"|c|/L": guide},
        logarithmic=True, labels={"x": "L", "y": "error"},
    )  # fmt: skip


def _limit_of_draw(model: TransportResnet, sizes: list[int], seed: int) -> DepthLimit:
    ends = generator(seed).normal(size=(2, model.width, model.residual.q)) / 2
    return depth_limit(model.residual, lambda s: ends[0] + s * ends[1], model.inputs, depths=sizes)


def _width_figure(model: TransportResnet, seed: int, full: bool) -> Figure:
    widths = [10, 20, 40, 80, 160, *([320, 640] if full else [])]
    draws = 100 if full else 20
    limit = forward(model.residual, model.weights(seed, width=_WIDE), model.inputs)[-1]
    found = []
    for n in widths:
        outputs = [
            forward(model.residual, model.weights(1000 * seed + 1 + k, width=n), model.inputs)[-1] for k in range(draws)
        ]
        gaps = np.sqrt(((np.stack(outputs) - limit) ** 2).sum(axis=(1, 2)))
        found.append(mean_interval(gaps, seed=seed))
    guide = float(found[0]) * np.sqrt(widths[0] / np.array(widths))
    return band(
        widths, {"distance of outputs": found}, guides={"n^{-1/2}": guide}, logarithmic=True,
        labels={"x": "n", "y": "distance"},
    )  # fmt: skip
