"""Tables and figures; those of the paper are matched by this problem in the place of its networks."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.dynamics.exhibit import Exhibit, Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures import curves, intervals
from symdyn.dynamics.figures.level_map import level_map
from symdyn.numerics.estimate import mean_interval
from symdyn.systems.implicit_deep_learning.answers import shown
from symdyn.systems.implicit_deep_learning.gains import no_gain, reachability
from symdyn.systems.implicit_deep_learning.model import DERIVED, PAPER, Problem
from symdyn.systems.implicit_deep_learning.rates import contraction_rate
from symdyn.systems.implicit_deep_learning.tables import performance_table, sweep
from symdyn.systems.implicit_deep_learning.training import decomposition, performance_change

_KIND = f"the kind of figure is that of {PAPER}, the problem derived"
_SETTING = (
    r"$K$ of shape $(6, 8)$, $U$, $c$, $z_0$, $K_{out}$ of shape $(10, 8)$ and $w$ with standard normal entries, step "
    r"$1/\lambda_{max}$, $N = 5$"
)


def exhibits_of(model: Problem) -> tuple[Exhibit, ...]:
    """The tables and figures."""
    N = model.steps
    made: tuple[tuple[str, str, str, Any, float], ...] = (
        ("changes", rf"$D(N, M)$ at $N = {N}$ for the outer loss at hand, whether any outer loss can fall, and the "
         r"parts of $D$ within and outside of what training reaches.", DERIVED, _changes, 0),
        ("reachable sets", r"Dimension of $\{z_N(\theta)\}$, of what holds all iterates, and missed directions.",
         DERIVED, _ranks, 0),
        ("rate", r"$D(N, \infty)$ of the widest problem, and its ratios, which tend to $\rho^2$ where all is reached "
         r"and seen.", DERIVED, _rates, 0),
        ("sweep", r"Fraction of draws in which the loss falls for some $M$ of $1, 2, 5, 10, 30$, and mean training "
         rf"loss: {_SETTING}.", DERIVED, _sweep, 5),
        ("change by steps", r"$D(N, M)$ over $M$ for the narrowest problem, on the training loss and on a test loss "
         r"with the target $w + (\frac12, -\frac12, \ldots)$.", _KIND, _curves, 0),
        ("change by steps, widest", r"The same for the widest problem.", _KIND, partial(_curves, place=-1), 0),
        ("map of changes", r"$D(N, M)$ of the narrowest problem by colour, $\mathrm{sign}(D) \log_{10}(1 + 100 |D|)$, "
         r"with the line on which it vanishes.", DERIVED, _map, 0),
        ("expressivity", r"$D(N, M)$ against the training loss, medians and quartiles over draws, a point for each "
         rf"$d_\theta$ from 1 to 9: {_SETTING}.", _KIND, _expressivity, 5),
    )  # fmt: skip
    return tuple(
        Exhibit(name, caption, source, partial(make, model), full_seconds=seconds)
        for name, caption, source, make, seconds in made
    )


def _name(change: Any) -> str:
    return r"$\infty$" if change is sp.oo else str(change)


def _changes(model: Problem, seed: int, full: bool) -> Table:
    rows = []
    for width, inner in enumerate(model.inners, start=1):
        loss = model.losses(inner)
        for M in model.changes:
            parts = decomposition(inner, loss, model.steps, M)
            answer = no_gain(inner, model.steps, M)
            said = "none falls" if answer.holds else "one falls"
            rows.append(
                (width, _name(M), shown(parts.total), said, answer.verdict, shown(parts.within), shown(parts.outside),
                 shown(parts.cross))
            )  # fmt: skip
    header = ("width", "$M$", "$D$", "outer losses", "known", "within", "outside", "cross term")
    return Table(header, tuple(rows))


def _ranks(model: Problem, seed: int, full: bool) -> Table:
    rows = []
    for width, inner in enumerate(model.inners, start=1):
        found = reachability(inner, model.steps)
        missed = None if found.is_overparametrized else found.directions_missed
        rows.append((width, found.rank, found.needed, missed, found.verdict))
    return Table(("width", r"dimension of $\{z_N(\theta)\}$", "needed", "directions missed", "known"), tuple(rows))


def _rates(model: Problem, seed: int, full: bool) -> Table:
    inner, loss = model.inner, model.loss
    rho = contraction_rate(inner, loss)
    places = (1, 2, 3, 5, 10, 20, 40, *((80, 160) if full else ()))
    rows = []
    for N in places:
        here, after = (performance_change(inner, loss, n, sp.oo) for n in (N, N + 1))
        ratio = float(after / here) if here else None
        rows.append((N, float(here), ratio, float(rho) ** 2))
    return Table(("$N$", r"$D(N, \infty)$", r"$D(N + 1, \infty)/D(N, \infty)$", r"$\rho^2$"), tuple(rows))


def _sweep(model: Problem, seed: int, full: bool) -> Table:
    found = sweep(draws=3000 if full else 300, seed=seed)
    losses = mean_interval(found.loss, seed=seed)
    rows = tuple(zip(found.widths, found.fractions, losses, strict=True))
    return Table((r"$d_\theta$", "some $D < 0$", "training loss"), rows)


def _curves(model: Problem, seed: int, full: bool, *, place: int = 0) -> Figure:
    inner, N = model.inners[place], model.steps
    steps, changes = (N, 2 * N + 1), list(range(-N, 41 if full else 21))
    found = performance_table(inner.in_floats(), model.losses(inner), steps, changes, test_loss=model.test_loss(inner))
    series = {}
    for k, number in enumerate(steps):
        for name, rows in (("training", found.train), ("test", found.test or ())):
            series[rf"N = {number},\ \mathrm{{{name}}}"] = rows[k]
    return curves(changes, series, levels={"0": 0.0}, labels={"x": "M", "y": "D"})


def _map(model: Problem, seed: int, full: bool) -> Figure:
    inner, most = model.inners[0], 30 if full else 12
    steps, changes = range(1, most + 1), range(-most, 2 * most + 1)
    found = performance_table(inner.in_floats(), model.losses(inner), steps, changes)
    table = [[np.nan if x is None else np.sign(x) * np.log10(1 + 100 * abs(x)) for x in row] for row in found.train]
    # rounding at M = 0 would draw a line of its own
    turned = np.array(table).T
    turned[most] = 0.0
    labels = {"x": "N", "y": "M", "value": r"\mathrm{sign}(D) \log_{10}(1 + 100 |D|)"}
    return level_map(turned, list(steps), list(changes), lines=[0.0], labels=labels)


def _expressivity(model: Problem, seed: int, full: bool) -> Figure:
    found = sweep(changes=(1, sp.oo), draws=3000 if full else 300, seed=seed)
    losses = [float(one) for one in np.median(found.loss, axis=1)]
    series = {}
    for k, name in ((0, r"\ell(z_6) - \ell(z_5)"), (1, r"\ell(z_\infty) - \ell(z_5)")):
        low, middle, high = np.quantile(found.change[..., k], [0.25, 0.5, 0.75], axis=1)
        series[name] = (losses, list(zip(middle, low, high, strict=True)))
    return intervals(series, labels={"x": "training loss", "y": "D"})
