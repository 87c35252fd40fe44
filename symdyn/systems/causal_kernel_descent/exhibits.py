"""Tables and figures. The paper's own experiments are not known here; these are of another design."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.dynamics.exhibit import Exhibit, Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures import band, curves, scatter
from symdyn.dynamics.orbit import orbit
from symdyn.numerics.ensembles import gaussian, haar
from symdyn.numerics.estimate import mean_interval, power_law_fit
from symdyn.numerics.kernels.cyclic import periodic_rate
from symdyn.numerics.kernels.gram import KERNELS, gram
from symdyn.numerics.kernels.kaczmarz import fixed_point
from symdyn.numerics.kernels.numbers import Array
from symdyn.systems.causal_kernel_descent.claims import (
    BENT,
    DERIVED,
    MULTIPLIERS,
    WEIGHTS,
    Sequence,
    random_tokens,
    turn,
)
from symdyn.systems.causal_kernel_descent.depth import depth_flow
from symdyn.systems.causal_kernel_descent.descent import descend, exact_depth
from symdyn.systems.causal_kernel_descent.rates import circulant_weights, convergence_rate
from symdyn.systems.causal_kernel_descent.search import as_array
from symdyn.systems.causal_kernel_descent.softmax_limits import softmax_limits

_ROUNDING = 1e-14
_OWN = "own design: the experiments of arXiv 2410.03011 are not known here; derived"


def exhibits_of(model: Sequence) -> tuple[Exhibit, ...]:
    """The tables and figures."""
    made: tuple[tuple[str, str, Any, float], ...] = (
        ("rates", r"Factor of the error in a step: largest root of $Q$ (of a period: its $m$-th root) beside the "
         r"factor fitted to the errors, with its 95 % interval.", _rates, 0),
        ("exact after", r"First layer from which token $t$ is exact to $10^{-10}$, by step $\eta$.", _exact_after, 0),
        ("energy", r"$\sum_t \|x_{t+1} - y_t\|^2$ of the linear kernel, and its bound $\|\Omega\|_F^2$.", _energy, 0),
        ("softmax", r"Softmax on the period $(1, 0), (0, 1), (-\frac45, \frac35)$: $t$ times the error and its limit.",
         _softmax_table, 5),
        ("softmax by layer", r"Largest deviation of softmax layers with step $1$ from their fixed point on the first "
         r"$T$ tokens: the slowest mode falls by the factor $1 - 1/\max_t Z_t$ in a layer.", _softmax_layers, 2),
        ("error by token", r"Error against $t$ on the tokens at hand under three kernels, with the rate of the linear "
         r"one where it is known.", _token_figure, 20),
        ("error by layer", r"Largest deviation of the estimates from the fixed point against layers times step, for "
         r"several steps, with the flow of infinite depth; curves end where all is exact.", _layer_figure, 10),
        ("roots", r"Roots of $Q$ in the hull of the multipliers of the table, on the unit disc.", _root_figure, 0),
        ("softmax limits", r"$t$ times the error of softmax on the same period, with the enclosed limits.",
         _softmax_figure, 5),
        ("random maps", r"Exploratory: geometric mean of the error and its 95 % interval over random maps of two "
         r"layers, divided by the norm, on the sphere.", _random_maps, 60),
    )  # fmt: skip
    return tuple(
        Exhibit(name, caption, DERIVED if name != "random maps" else _OWN, partial(make, model), full_seconds=seconds)
        for name, caption, make, seconds in made
    )


def _rates(model: Sequence, seed: int, full: bool) -> Table:
    half, rows = [sp.Rational(1, 2)] * 2, list[tuple[Any, ...]]()
    rotation = convergence_rate([sp.exp(sp.I), sp.exp(-sp.I)], half)
    rows.append(("rotation by $1$", "linear", rotation.value, _fitted(orbit(turn(1.0), [1, 0], length=40)),
                 rotation.verdict))  # fmt: skip
    three = convergence_rate(MULTIPLIERS, WEIGHTS)
    start = np.sqrt(np.array(WEIGHTS, dtype=float)).astype(complex)
    omega = np.diag(np.array(MULTIPLIERS, dtype=complex))
    rows.append(("three modes", "linear", three.value, _fitted(orbit(omega, start, length=2000)), three.verdict))
    for d in (3, 16) if full else (3,):
        omega = haar(d, seed=seed)
        tokens = orbit(omega, random_tokens(1, d, seed)[0], length=400 * d)
        values, vectors = np.linalg.eig(omega)
        haar_rate = convergence_rate(values, np.abs(np.linalg.solve(vectors, tokens[0])) ** 2)
        rows.append((f"Haar, $d = {d}$", "linear", haar_rate.value, _fitted(tokens), haar_rate.verdict))
    for m in (3, 4, 5):
        roots = [sp.exp(2 * sp.pi * sp.I * sp.Rational(k, m)) for k in range(m)]
        rate = convergence_rate(roots, circulant_weights("exponential", m, exact=True))
        tokens = orbit(turn(2 * np.pi / m), [1, 0], length=300)
        name = rf"rotation by $2 \pi/{m}$"
        rows.append((name, "exponential", rate.value, _fitted(tokens, "exponential"), rate.verdict))
    bent = periodic_rate(BENT)
    tokens = np.tile(as_array(BENT), (60, 1))
    rows.append(("bent period", "exponential", bent.per_step, _fitted(tokens, "exponential", 3), "PROVED in a period"))
    length = 1000 if full else 200
    turned = _fitted(orbit(turn(1.0), [1, 0], length=length), "exponential")
    rows.append((f"rotation by $1$, to $t = {length}$", "exponential", None, turned, "none known"))
    return Table(("sequence", "kernel", "factor by roots", "fitted factor", "verdict"), tuple(rows))


def _fitted(tokens: Array, kernel: str = "linear", period: int = 1) -> str:
    """exp of the slope of log error over t, with its interval; at one place of a period, in the second half."""
    errors = fixed_point(tokens, kernel=kernel).errors
    t = np.arange(1, len(errors) + 1)
    last = int(np.argmax(np.append(errors < 1e-12, True)))
    kept = (t > last // 2) & (t <= last) & (t % period == 0)
    if kept.sum() < 3:
        return "exact after a few"
    # a power law in e^t is geometric in t
    fit = power_law_fit(np.exp((t[kept] - t[kept][0]) / len(t)), errors[kept])
    mean, low, high = (float(np.exp(x / len(t))) for x in (fit.exponent, fit.low, fit.high))
    return f"{mean:.6f} in [{low:.6f}, {high:.6f}]"


def _kernel(model: Sequence) -> str:
    return "exponential" if model.kernel == "softmax" else model.kernel


def _exact_after(model: Sequence, seed: int, full: bool) -> Table:
    tokens = model.tokens[: min(len(model.tokens), 11)]
    steps = (1, 0.5, 1.5)
    found = [exact_depth(tokens, kernel=_kernel(model), step=step, tolerance=1e-10) for step in steps]
    rows = tuple((t + 1, *(int(one[t]) for one in found)) for t in range(len(found[0])))
    return Table(("$t$", *(rf"$\eta = {step:g}$" for step in steps)), rows)


def _energy(model: Sequence, seed: int, full: bool) -> Table:
    length, rows = 1000 if full else 200, []
    cases = [("rotation by $1$", turn(1.0), np.array([1.0, 0.0]))]
    cases.append(("cyclic shift, $d = 4$", np.roll(np.eye(4), 1, axis=0), np.eye(4)[0]))
    cases += [
        (f"Haar, $d = {d}$", haar(d, seed=seed), random_tokens(1, d, seed)[0]) for d in ((4, 8, 16) if full else (4, 8))
    ]
    for name, omega, start in cases:
        squares = fixed_point(orbit(omega, start, length=length)).errors ** 2
        bound = float((omega**2).sum())
        rows.append((name, float(squares.sum()), bound, float(squares.sum()) / bound))
    return Table(("sequence", "sum of squared errors", r"$\|\Omega\|_F^2$", "ratio"), tuple(rows))


def _softmax_errors(periods: int) -> Array:
    rows = as_array(BENT)
    tokens = np.tile(rows, (periods + 1, 1))[: periods * len(rows) + 1]
    return np.asarray(fixed_point(tokens, kernel="softmax").errors)


def _softmax_table(model: Sequence, seed: int, full: bool) -> Table:
    limits, errors = softmax_limits(BENT).constants, _softmax_errors(1333 if full else 340)
    rows = []
    for periods in (10, 100, 333, *((1333,) if full else ())):
        for i in range(3):
            t = 3 * (periods - 1) + i + 1
            rows.append((t, float(errors[t - 1]), float(t * errors[t - 1]), limits[i]))
    return Table(("$t$", "error", r"$t \cdot$ error", "limit"), tuple(rows))


def _softmax_layers(model: Sequence, seed: int, full: bool) -> Table:
    lengths, layers = ((8, 64), (100, 400, 1000, 4000)) if full else ((8,), (10, 20, 50, 100))
    rows = []
    for T in dict.fromkeys(min(length, len(model.tokens) - 1) for length in lengths):
        tokens = model.tokens[: T + 1]
        limit = fixed_point(tokens, kernel="softmax").predictions
        largest = np.tril(gram(tokens[: T - 1], "softmax")).sum(axis=1).max()
        for n in layers:
            gap = np.abs(descend(tokens, kernel="softmax", layers=n).estimates - limit).max()
            rows.append((T, float(largest), n, float(gap)))
    return Table(("$T$", r"$\max Z_t$", "layers", "largest deviation"), tuple(rows))


def _token_figure(model: Sequence, seed: int, full: bool) -> Figure:
    tokens = model.tokens
    if full and model.map == "rotation" and model.tokens.shape[1] == 2:
        tokens = orbit(turn(model.angle), [1, 0], length=1000)
    t = np.arange(1, len(tokens))
    series = {name: _above_rounding(fixed_point(tokens, kernel=name).errors) for name in KERNELS}
    if model.omega is not None:
        values, vectors = np.linalg.eig(model.omega)
        rate = float(convergence_rate(values, np.abs(np.linalg.solve(vectors, tokens[0])) ** 2))
        errors = series["linear"]
        known = np.flatnonzero(np.isfinite(errors))
        if 0 < rate < 1 and len(known) > 5:
            place = known[len(known) // 2]
            series[rf"\mathrm{{rate}}\ {rate:.4g}"] = _above_rounding(errors[place] * rate ** (t - t[place]), 10.0)
    return curves(t, series, labels={"x": "t", "y": r"|x_{t+1} - u_t|"})


def _above_rounding(errors: Array, most: float = np.inf) -> Array:
    return np.where((errors > _ROUNDING) & (errors < most), errors, np.nan)


def _layer_figure(model: Sequence, seed: int, full: bool) -> Figure:
    count = 41 if full else 11
    tokens, kernel = model.tokens[: min(len(model.tokens), count)], _kernel(model)
    limit = fixed_point(tokens, kernel=kernel).predictions
    times = np.linspace(0, 30, 121)
    series = {}
    for step in dict.fromkeys((0.25, 0.5, model.step if model.step < 1.5 else 1.0, 1.5)):
        layers = int(30 / step)
        history = descend(tokens, kernel=kernel, step=step, layers=layers, history=True).history
        gaps = np.abs(history - limit).max(axis=(1, 2))
        places = np.round(times / step).astype(int)
        series[rf"\eta = {step:g}"] = _above_rounding(gaps[np.minimum(places, layers)])
    flow = np.abs(depth_flow(tokens, times, kernel=kernel) - limit).max(axis=(1, 2))
    series["infinite depth"] = _above_rounding(flow)
    return curves(times, series, labels={"x": "layers times step", "y": r"\max |u - y|"})


def _root_figure(model: Sequence, seed: int, full: bool) -> Figure:
    values = np.array(MULTIPLIERS, dtype=complex)
    roots = convergence_rate(MULTIPLIERS, WEIGHTS).roots
    return scatter(
        {r"\lambda_k": (values, None), r"\mathrm{roots\ of}\ Q": (roots, None)},
        circles={r"|z| = 1": (0.0, 0.0, 1.0)},
        polygons={"hull": values[np.argsort(np.angle(values))]},
        labels={"x": r"\mathrm{Re}\,z", "y": r"\mathrm{Im}\,z"},
    )


def _softmax_figure(model: Sequence, seed: int, full: bool) -> Figure:
    periods = 1333 if full else 100
    limits = softmax_limits(BENT).constants
    errors = _softmax_errors(periods).reshape(periods, 3)
    t = 3 * np.arange(periods)[:, None] + np.arange(1, 4)
    series = {rf"t = {i + 1}\ \mathrm{{mod}}\ 3": (t * errors)[3:, i] for i in range(3)}
    levels = {f"{float(one):.4f}": float(one) for one in limits}
    return curves(t[3:, 0], series, levels=levels, labels={"x": "t", "y": r"t\,|x_{t+1} - u_t|"})


def _random_maps(model: Sequence, seed: int, full: bool) -> Figure:
    draws, length, d = (20, 1000, 16) if full else (12, 80, 3)
    errors: dict[str, list[Array]] = {name: [] for name in KERNELS}
    for draw in range(draws):
        first, second = (gaussian(d, d, seed=1000 * seed + 2 * draw + k) for k in range(2))
        tokens = orbit(
            lambda x: second @ np.tanh(2 * first @ x),  # noqa: B023
            random_tokens(1, d, seed + draw)[0], length=length, normalise=True,
        )  # fmt: skip
        for name in KERNELS:
            errors[name].append(np.log10(np.maximum(fixed_point(tokens, kernel=name).errors, _ROUNDING)))
    places = np.unique(np.geomspace(2, length, 30).astype(int))
    series = {}
    for name, rows in errors.items():
        means = mean_interval(np.array(rows).T[places - 1], seed=seed)
        series[name] = [tuple(10.0**x for x in (one.mean, one.low, one.high)) for one in means]
    return band(places, series, labels={"x": "t", "y": r"|x_{t+1} - u_t|"})
