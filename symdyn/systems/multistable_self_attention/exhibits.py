"""Tables and figures: equilibria by class, their shapes, what happens over beta, and where starts go."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.dynamics.answers.equilibrium import Equilibria
from symdyn.dynamics.attention import Attention, softmax_weights
from symdyn.dynamics.exhibit import Exhibit, Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures import phase_portrait
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.tokens.attention_flow import flow_on_spheres
from symdyn.equilibrium.basins import basins
from symdyn.equilibrium.continuation import continuation
from symdyn.equilibrium.exhibited import basins_table, branches_figure, equilibria_table, in_words, shapes_figure
from symdyn.equilibrium.find import equilibria
from symdyn.systems.multistable_self_attention.claims import DERIVED, tex
from symdyn.systems.multistable_self_attention.collinear import collinear_equilibria
from symdyn.systems.multistable_self_attention.states import CLASSES, class_of, describe

_SHORT = 12  # operations


def exhibits_of(model: Attention, flow: Flow) -> tuple[Exhibit, ...]:
    """Those that the weights allow: closed forms for symbols too, figures in two and three dimensions."""
    derived = partial(Exhibit, source=DERIVED)
    collinear = derived(
        "collinear",
        r"Consensus and bipartite consensus on eigenvectors $v$ of $V$ in closed form: $g = \beta v^\top B v$, tangent "
        r"eigenvalues with their multiplicities, and the $\beta$ for which they are stable.",
        make=lambda seed, full: collinear_table(model),
    )
    if not model.is_numeric:
        return (collinear,)
    last = model.tokens - 1
    words: Any = {"describe": partial(describe, model), "classes": CLASSES, "class_of": partial(class_of, model)}
    axes = [row.eigenvector for row in collinear_equilibria(model) if not row.minus]
    table = derived(
        "equilibria",
        "Equilibria by class, modulo the symmetries of the weights: how many states each stands for, dimensions of its "
        "unstable, neutral and stable directions; the last row says whether these are all.",
        make=lambda seed, full: equilibria_table(equilibria_of(model, seed, full), **words),
    )
    shapes = derived(
        "configurations",
        "Tokens at the first equilibria, numbered as in the table; a number beside a token says how many sit there"
        + (", dotted lines are eigenvectors of $V$." if model.dimension == 2 else "."),
        make=lambda seed, full: shapes_figure(equilibria_of(model, seed, full), model.unit_tokens, **words, lines=axes),
    )
    portrait = derived(
        "portrait",
        r"The flow of two angles, where all tokens but one stay together at $\theta_1$, and one is at $\theta_2$.",
        make=lambda seed, full: phase_portrait(flow, equilibria_of(model, seed, full), groups=(range(last), (last,))),
    )
    branches = derived(
        "bifurcation",
        r"Equilibria over $\beta$, by the mean output $\bar \mu = \frac1n \sum_i x_i^\top y_i$, which is $\lambda$ at "
        "consensus and 0 at polygons.",
        make=lambda seed, full: branches_over_beta(model, seed, full),
        full_seconds=60,
    )
    shares = derived(
        "basins",
        "Where starts go that are uniform on the spheres, with confidence intervals, each for its row alone.",
        make=lambda seed, full: basins_table(
            basins(flow, starts=20_000 if full else 1000, seed=seed, time_limit=limit(full)), words["describe"]
        ),
        full_seconds=20,
    )
    planar = model.dimension == 2 and model.tokens > 1 and model.allowed is None
    drawn = (*([shapes] if model.dimension <= 3 else []), *([portrait] if planar else []))
    return (table, *drawn, collinear, branches, shares)


def limit(full: bool) -> float | None:
    """Seconds for one search."""
    return None if full else 15.0


@lru_cache(maxsize=8)
def equilibria_of(model: Attention, seed: int, full: bool) -> Equilibria:
    """The equilibria, found once for all exhibits."""
    return equilibria(flow_on_spheres(model), seed=seed, time_limit=limit(full))


def collinear_table(model: Attention) -> Table:
    """The closed forms row by row; eigenvalues whose formula is long with six digits."""
    rows = []
    for row in collinear_equilibria(model):
        values = tuple(v if v.free_symbols or v.count_ops() <= _SHORT else sp.N(v, 6) for v, _ in row.spectrum)
        counts = tuple(count for _, count in row.spectrum)
        stable = {True: "stable", False: "unstable", None: "open"}[row.is_stable]
        where = None if row.stable_beta is None else f"${tex(row.stable_beta)}$"
        rows.append((row.kind, row.g, values, counts, stable, where))
    header = ("state", "$g$", "eigenvalues", "multiplicities", "stability", r"stable for $\beta$ in")
    return Table(header, tuple(rows))


def branches_over_beta(model: Attention, seed: int, full: bool) -> Figure | Table:
    """Branches from a twentieth of beta to three times beta, coloured by class."""
    beta, middle = sp.Symbol("beta", real=True), model.beta if model.beta != 0 else sp.S.One
    step = 0.005 * float(middle) if full else None
    free = flow_on_spheres(replace(model, beta=beta))
    if beta not in free.parameters:
        return in_words(r"$\beta$ does not enter")
    (V, B), barred = replace(model, beta=sp.S.One).arrays[0], model.barred

    def mean_output(value: float, point: Any) -> float:
        x = np.reshape(np.asarray(point, dtype=float), (model.tokens, -1))
        return float((x * (softmax_weights(x[..., None], value * B, barred)[..., 0] @ x @ V.T)).sum() / model.tokens)

    def name(value: float, point: Any) -> str:
        return class_of(replace(model, beta=sp.Float(value)), point)

    span = (middle / 20, 3 * middle)
    followed = continuation(free, beta, span, seed=seed, step=step, time_limit=limit(full))
    return branches_figure(followed, mean_output, name, r"\bar \mu")
