"""Tables and figures of heads that learn in context, by another program than the authors'."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from symdyn.dynamics.exhibit import Exhibit, Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures import band, curves, heat_map, histogram, training_curve
from symdyn.laws.count import conservation_laws
from symdyn.numerics.arrays import Floats
from symdyn.numerics.ensembles import haar
from symdyn.numerics.estimate import mean_interval
from symdyn.systems.in_context_autoregression.curvature import hessian_nullity
from symdyn.systems.in_context_autoregression.heads import gradient_step
from symdyn.systems.in_context_autoregression.losses import augmented_loss, optimal_step
from symdyn.systems.in_context_autoregression.model import (
    DERIVED,
    PAPER,
    InContext,
    expected_laws,
    optimum,
    trained,
)
from symdyn.systems.in_context_autoregression.optima import zero_loss_set
from symdyn.systems.in_context_autoregression.positions import positional_encoding
from symdyn.systems.in_context_autoregression.selected import selected_optimum
from symdyn.systems.in_context_autoregression.sequences import ar_fit
from symdyn.systems.in_context_autoregression.training import Training, train, training_model

_SLOWNESS = (50, 100, 200, 300)
_ZERO = 1e-6  # of a loss
_SCRIPT = f"the setting of its code, {PAPER}"


def exhibits_of(model: InContext) -> tuple[Exhibit, ...]:
    """The tables and figures: those of gradient steps, and of plain tokens unless only augmented ones are studied."""
    steps = Exhibit(
        "steps",
        r"The best step $\eta$ of the augmented head for one length $T$, its loss, and the best step for the sum of "
        r"the losses of the lengths $2, \dots, T$.",
        DERIVED,
        partial(_step_table, model),
    )
    depth = Exhibit(
        "depth",
        r"Mean squared error of the prediction $W_k s_T$ after $k$ gradient steps on random rotations of "
        r"$\mathbb{R}^5$, $T = 50$, with 95 % intervals: more layers of augmented heads are more steps.",
        f"figure 5 of {PAPER}, on its data, with gradient steps in place of trained layers",
        _depth_figure,
        full_seconds=10,
    )
    fit = Exhibit(
        "next token",
        "Error of the next token by least squares of first order on windows of five tokens, rotations with noise: as "
        "they are, and with the tokens of each window shuffled; errors above $4$ are put there.",
        f"figure 4 of {PAPER}, on other data: it has embeddings of a novel",
        _fit_figure,
        full_seconds=5,
    )
    if model.tokens == "augmented":
        return steps, depth, fit
    return (
        Exhibit(
            "minima",
            r"Least loss by family and heads $H$, with the rank of $C = B^\top A$, $p_{T-1}/p_T$, and the zero "
            "eigenvalues of the Hessian at a rational optimum: directions of heads, of the scale, of a curve of "
            "optima.",
            DERIVED,
            partial(_minima_table, model),
        ),
        Exhibit(
            "laws",
            r"Conserved quantities of the training of $(A, B, p)$: bounds from both sides, and the entries of "
            r"$A A^\top - B B^\top$ and $|A|^2 - |p|^2$ that are independent.",
            DERIVED,
            partial(_law_table, model),
        ),
        steps,
        Exhibit(
            "training",
            r"Gradient descent on all lengths from random starts of size $x$: the predicted $c$, enclosed, and what "
            r"was reached, $|C_{11}|$ and $|C_{11} P_{T-1,T}|$, where the loss went to zero: pairs have other minima "
            "as well.",
            DERIVED,
            partial(_training_table, model),
            full_seconds=60,
        ),
        Exhibit(
            "positions",
            r"Positions trained alone on maps $e^{i \theta/\mu}$: steps until the loss is below $10^{-3}$, the last "
            r"two positions, and how many eigenvalues of the quadratic form are above $10^{-6}$.",
            _SCRIPT,
            _position_table,
        ),
        Exhibit(
            "heads",
            r"$C = B^\top A$ and $P$ after gradient descent on all lengths, unitary (first two) and conjugate pairs.",
            f"figure 3 of {PAPER}",
            partial(_head_figure, model),
            full_seconds=30,
        ),
        Exhibit(
            "slow positions",
            r"The last row of positions when they are trained alone, for slower and slower maps.",
            f"figure 6 of {PAPER}",
            _position_figure,
        ),
        depth,
        fit,
        Exhibit(
            "flow",
            "The loss along gradient flow from a random start, and the drift of the conserved quantities.",
            DERIVED,
            partial(_flow_figure, model),
        ),
    )


def _minima_table(model: InContext, seed: int, full: bool) -> Table:
    d, T = (6, 8) if full else (4, min(model.length, 5))
    rows = []
    for family in ("unitary", "orthogonal"):
        for heads in range(1, d + 1):
            found = zero_loss_set(heads, d, T, family=family)
            curvature: tuple[Any, ...] = (None, None)
            if heads in (d, d // 2 if family == "orthogonal" else d):
                point = optimum(InContext(d, heads, T, family, "plain", 1.0, 0))
                signs = hessian_nullity(*point, family=family)
                told = " + ".join(map(str, signs.explained.values()))
                curvature = (signs.nullity, told)
            ratio = (found.p[T - 2] / found.p[T - 1]).cancel()
            rows.append((family, heads, found.minimum, found.verdict, found.rank, ratio, *curvature))
    header = ("family", "$H$", "least loss", "known", "rank of $C$", "$p_{T-1}/p_T$", "flat", "heads + scale + curve")
    return Table(header, tuple(rows))


def _law_table(model: InContext, seed: int, full: bool) -> Table:
    sizes = [(1, 1, 2), (2, 2, 3), (3, 1, 3), (2, 4, 5), (4, 4, 6)] + ([(6, 6, 8), (8, 10, 20)] if full else [])
    own = (model.heads, model.dimension, model.length)
    rows = []
    for size in dict.fromkeys((*sizes, own)):
        found = conservation_laws(training_model(*size))
        rows.append((*size, found.lower, found.upper, expected_laws(size[0], size[1]), found.verdict))
    return Table(("$H$", "$d$", "$T$", "at least", "at most", "listed", "known"), tuple(rows))


def _step_table(model: InContext, seed: int, full: bool) -> Table:
    rows = []
    for T, d in dict.fromkeys([(4, 2), (10, 5), (50, 5), (100, 1), (model.length, model.dimension)]):
        step = optimal_step(T, d)
        rows.append((T, d, step, augmented_loss(step, length=T, dimension=d), optimal_step(T, d, lengths="all")))
    return Table(("$T$", "$d$", r"$\eta$", "loss", r"$\eta$ for all lengths"), tuple(rows))


def _training_table(model: InContext, seed: int, full: bool) -> Table:
    d, T, rate, steps = (10, 20, 0.0025, 10_000) if full else (4, 6, 0.01, 4000)
    rows = []
    for family, heads in (("unitary", d), ("orthogonal", d // 2 if not full else 5)):
        for size in (0.05, 0.1, 0.2):
            starts = [_starts(seed + k, heads, d, T, size) for k in range(5 if full else 1)]
            ends = [
                train(*start, family=family, lengths="all", steps=steps, learning_rate=rate) for start in starts
            ]
            kept = [k for k, end in enumerate(ends) if end.loss[-1] < _ZERO]
            predicted = [selected_optimum(*starts[k], family=family).scale for k in kept]
            reached = [abs(float(ends[k].C[0, 0])) for k in kept]
            product = [abs(float(ends[k].C[0, 0] * ends[k].p[T - 2, T - 1])) for k in kept]
            told = (_told([float(one) for one in row]) for row in (predicted, reached, product))
            enclosed = predicted[0] if len(predicted) == 1 else next(told)
            own = tuple(told)[-2:]
            rows.append((family, heads, d, T, size, f"{len(kept)} of {len(ends)}", enclosed, *own))
    header = ("family", "$H$", "$d$", "$T$", "$x$", "to zero", "$c$ predicted", "$c$ reached", r"$|p_T| c$")
    return Table(header, tuple(rows))


def _told(values: list[float]) -> Any:
    """One number, or the mean with its interval."""
    return mean_interval(values) if len(values) > 1 else next(iter(values), None)


def _starts(seed: int, heads: int, d: int, T: int, size: float) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    A, B, P = (size * rng.normal(size=shape) for shape in ((heads, d), (heads, d), (T, T)))
    return A, B, P


def _position_table(seed: int, full: bool) -> Table:
    rows = []
    for mu in _SLOWNESS:
        for T in (30, 100) if full else (30,):
            found = positional_encoding(mu, length=T)
            last, clear = found.rows[-1, -2:], int((found.gram_spectrum > 1e-6).sum())
            rows.append((mu, T, found.iterations, float(last[0]), float(last[1]), clear))
    return Table((r"$\mu$", "$T$", "steps", "$p_{T-1}$", "$p_T$", "above $10^{-6}$"), tuple(rows))


def _head_figure(model: InContext, seed: int, full: bool) -> Figure:
    d, T = (10, 20) if full else (6, 8)
    matrices: dict[str, Any] = {}
    plans = (("unitary", d, 0.01, 10_000 if full else 2000), ("orthogonal", d - 2, 1e-3, 100_000 if full else 20_000))
    for family, heads, rate, steps in plans:
        start = _starts(seed, heads, d, T, 0.1)
        end = train(*start, family=family, lengths="all", steps=steps, learning_rate=rate)
        name = r"\mathrm{unitary}" if family == "unitary" else r"\mathrm{pairs}"
        matrices |= {rf"C, {name}": end.C, rf"P, {name}": _positions(end)}
    return heat_map(matrices)


def _positions(end: Training) -> Floats:
    """The rows in use; what is not in use is left out."""
    size = len(end.p)
    used = np.arange(size) <= np.arange(size)[:-1, None] + 1
    return np.where(used, end.p[:-1], np.nan)


def _position_figure(seed: int, full: bool) -> Figure:
    T = 100 if full else 30
    series = {rf"\mu = {mu}": positional_encoding(mu, length=T).rows[-1] for mu in _SLOWNESS}
    return curves(range(1, T + 1), series, levels={"0": 0.0}, labels={"x": "position", "y": "p"})


def _depth_figure(seed: int, full: bool) -> Figure:
    d, T, draws = 5, 50, 2000 if full else 200
    W = haar(d, draws=draws, seed=seed)
    tokens = np.empty((draws, T + 1, d))
    tokens[:, 0] = d**-0.5
    for t in range(T):
        tokens[:, t + 1] = (W @ tokens[:, t, :, None])[..., 0]
    depths = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
    series = {}
    for factor, name in ((1.0, r"\eta = 1/(T - 1)"), (1.5, r"\eta = 3/(2 (T - 1))")):
        errors = [
            ((gradient_step(tokens[:, :-1], factor / (T - 1), steps=k) - tokens[:, -1]) ** 2).sum(axis=1)
            for k in depths
        ]
        series[name] = list(mean_interval(np.array(errors)))
    return band(depths, series, labels={"x": "gradient steps", "y": "squared error"})


def _fit_figure(seed: int, full: bool) -> Figure:
    draws = 10_000 if full else 1000
    W = haar(3, draws=draws, seed=seed)
    rng = np.random.default_rng(seed)
    tokens = np.empty((draws, 5, 3))
    tokens[:, 0] = 3**-0.5
    for t in range(4):
        tokens[:, t + 1] = (W @ tokens[:, t, :, None])[..., 0]
    found = ar_fit(tokens + 0.05 * rng.normal(size=tokens.shape), seed=seed)
    # a few windows are nearly singular: their errors are put at the end of the axis
    samples = {"as they are": found.next_error, "shuffled": found.shuffled_error}
    return histogram({name: np.minimum(row, 4.0) for name, row in samples.items()}, labels={"x": "error"})


def _flow_figure(model: InContext, seed: int, full: bool) -> Figure:
    long = trained(model, seed)
    settled = np.flatnonzero(long.loss - long.loss[-1] < 1e-12)
    duration = float(long.times[max(1, int(settled[0]))])
    end = train(*model.start(seed), family=model.family, time=duration)
    return training_curve(end.times, np.maximum(end.loss, 1e-16), end.drift, labels={"x": "time"})
