"""What a reader expects to see: critical values, the landscape, learning from saddle to saddle, Hessian spectra."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import numpy as np

from symdyn.dynamics.exhibit import Exhibit, Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures import curves, loss_landscape, real_spectra
from symdyn.dynamics.figures.loss_landscape import MOST_NODES
from symdyn.networks.product_modes import mode_time
from symdyn.systems.deep_linear_network.claims import PAPER
from symdyn.systems.deep_linear_network.classify import balanced_spectrum, inertia_at
from symdyn.systems.deep_linear_network.landscape import landscape
from symdyn.systems.deep_linear_network.learning import LearningTrajectory, learn
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork

_MOST_ROWS, _MOST_SPECTRA = 64, 8


def exhibits_of(model: DeepLinearNetwork) -> tuple[Exhibit, ...]:
    """Table and figures of a model with positive rational singular values, small enough for its Hessians."""
    show = partial(Exhibit, source=f"derived; subject of {PAPER}")
    return (
        show(
            "critical values",
            r"Critical values by the subset $S$ of learnt modes, lowest first: $L_S = \frac{1}{2} \sum_{i \notin S} "
            r"\sigma_i^2$, $r = |S|$, class and index at the aligned balanced point, zero eigenvalues of its Hessian, "
            r"and the dimension of the fibre $\{W_h \cdots W_1 = \Sigma_S\}$. Those of the 64 lowest values at most.",
            make=partial(_values, model),
            full_seconds=10.0,
        ),
        show(
            "landscape",
            "Critical points by rank and loss. An edge learns one more mode, or exchanges a mode for a larger one, and "
            "the loss falls along it. The 64 lowest at most.",
            make=partial(_landscape, model),
        ),
        show(
            "saddle to saddle",
            r"Loss from a small balanced start $W_k = \varepsilon I$: it stays near the value $L_S$ of one saddle "
            "after the other, and falls when the next mode is learnt.",
            make=partial(_saddle_to_saddle, model),
            full_seconds=5.0,
        ),
        show(
            "spectra",
            r"Spectra of the Hessian $\nabla^2 L$ at aligned balanced points, with multiplicity: the loss falls along "
            "eigenvectors of negative ones. The 8 points of lowest loss at most.",
            make=partial(_spectra, model),
        ),
    )


def _named(subset: Sequence[int]) -> str:
    return r"\{" + ",".join(map(str, subset)) + r"\}" if subset else r"\emptyset"


def _values(model: DeepLinearNetwork, seed: int, full: bool) -> Table:
    graph = landscape(model, most=None if full else _MOST_ROWS)
    rows = [
        (f"${_named(s)}$", node["value"], node["rank"], node["kind"], node["index"], inertia_at(model, s)[2],
         node["fibre_dimension"])
        for s, node in sorted(graph.nodes(data=True), key=lambda pair: pair[1]["value"])
    ]  # fmt: skip
    return Table(("$S$", "$L_S$", "$r$", "class", "index", "zeros", "fibre"), tuple(rows))


def _landscape(model: DeepLinearNetwork, seed: int, full: bool) -> Figure:
    return loss_landscape(landscape(model, most=MOST_NODES), name=_named)


def small_start(model: DeepLinearNetwork, *, wait: float = 30.0, samples: int = 200) -> LearningTrajectory:
    """Learning from W_k = epsilon I, so small that the smallest mode that is learnt starts after about wait/sigma.

    It is followed until that mode is learnt, or for as long as some ten thousand steps of the fastest rate take.
    """
    h, last = model.depth, min(model.bottleneck, model.signal_rank)
    largest, smallest = (float(model.sigma[k]) if last else 1.0 for k in (0, last - 1))
    start = math.exp(-2 * wait / 3) if h == 2 else ((h - 2) * wait) ** (-h / (h - 2))
    start = min(start, smallest / 10)
    duration = 1.05 * mode_time(h, smallest, start, 0.999 * smallest)
    duration = min(duration, 1e4 / (h * largest ** (2 - 2 / h)))
    weights = [start ** (1 / h) * np.eye(*shape) for shape in model.shapes]
    return learn(model, weights, duration, samples=samples, rtol=1e-9)


def _saddle_to_saddle(model: DeepLinearNetwork, seed: int, full: bool) -> Figure:
    run = small_start(model, wait=90.0, samples=800) if full else small_start(model)
    sigma = [float(value) for value in model.sigma]
    levels = {
        f"S = {_named(s)}": sum(x * x for i, x in enumerate(sigma, start=1) if i not in s) / 2 for s in run.visits
    }
    return curves(run.times, {"L": run.losses}, levels=levels, labels={"x": "t", "y": "L"})


def _spectra(model: DeepLinearNetwork, seed: int, full: bool) -> Figure:
    graph = landscape(model, most=_MOST_SPECTRA)
    chosen = sorted(graph, key=lambda subset: -graph.nodes[subset]["value"])
    spectra = {f"S = {_named(s)}": balanced_spectrum(model, s) for s in chosen}
    return real_spectra(spectra, labels={"x": r"\lambda(\nabla^2 L)"})
