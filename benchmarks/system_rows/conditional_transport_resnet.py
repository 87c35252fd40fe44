"""Training in conditional transport beside what a user would write: NumPy with einsum, and jitted JAX where it is."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from symdyn.systems import conditional_transport_resnet as cot

Row = tuple[str, float, str, float | None]
L, WIDTH, SAMPLES, STEP = 20, 30, 100, 0.01


def rows(full: bool = False) -> list[Row]:
    """(what, seconds, rival, seconds of the rival) of explicit steps; risks of all agree to 1e-10."""
    steps = 1000 if full else 300
    feature = cot.single_hidden_layer(2)
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(L, WIDTH, 4))
    x, y = rng.normal(size=(2, SAMPLES, 2))
    ours: list[Any] = []
    seconds = _best(lambda: ours.append(_train(feature, weights, x, y, steps)), 3)
    plain: list[Any] = []
    loop = _best(lambda: plain.append(_einsum(weights, x, y, steps // 10)), 1) * 10
    check = _train(feature, weights, x, y, steps // 10)
    _same(check, cot.risk(feature, plain[-1], x, y))
    what = f"{steps} explicit steps, L = {L}, width {WIDTH}, {SAMPLES} samples"
    found: list[Row] = [(what, seconds, "NumPy, einsum over neurons (from a tenth)", loop)]
    if importlib.util.find_spec("jax") is not None:
        risk, fast = _jax(weights, x, y, steps)
        _same(ours[-1], risk)
        found.append((what, seconds, "jitted JAX, compiled before", fast))
    else:
        found.append((what, seconds, "jitted JAX, compiled before", None))
    return found


def _train(feature: Any, weights: Any, x: Any, y: Any, steps: int) -> float:
    found = cot.train(feature, weights, x, y, duration=steps * STEP, method="euler", step=STEP, samples=2)
    return float(found.risks[-1])


def _same(one: float, other: float) -> None:
    if abs(one - other) > 1e-10:
        raise AssertionError(f"risks {one} and {other} differ")


def _einsum(weights: Any, x: Any, y: Any, steps: int) -> Any:
    """The formulas as they stand, neuron by neuron in one array."""
    w = weights.copy()
    for _ in range(steps):
        states = [x]
        for u, v in zip(w[..., :2], w[..., 2:]):
            h = np.tanh(np.einsum("ik,nk->ni", v, states[-1]))
            states.append(states[-1] + np.einsum("ik,ni->nik", u, h).mean(axis=1) / L)
        p, gradient = states[-1] - y, np.empty_like(w)
        for r in range(L - 1, -1, -1):
            u, v, at = w[r, :, :2], w[r, :, 2:], states[r]
            h = np.tanh(np.einsum("ik,nk->ni", v, at))
            inner = np.einsum("ik,nk->ni", u, p) * (1 - h**2)
            gradient[r, :, :2] = np.einsum("ni,nk->nik", h, p).mean(axis=0)
            gradient[r, :, 2:] = np.einsum("ni,nk->nik", inner, at).mean(axis=0)
            p = p + np.einsum("ni,ik->nik", inner, v).mean(axis=1) / L
        w -= STEP * gradient
    return w


def _jax(weights: Any, x: Any, y: Any, steps: int) -> tuple[float, float]:
    jax = importlib.import_module("jax")
    jnp = importlib.import_module("jax.numpy")
    jax.config.update("jax_enable_x64", True)

    def risk(w: Any) -> Any:
        def layer(at: Any, one: Any) -> Any:
            return at + jnp.tanh(at @ one[:, 2:].T) @ one[:, :2] / (WIDTH * L), None

        return (((jax.lax.scan(layer, x, w)[0] - y) ** 2).sum(axis=1) / 2).mean()

    step = jax.jit(lambda w: w - STEP * L * WIDTH * jax.grad(risk)(w))
    step(jnp.asarray(weights)).block_until_ready()
    start, w = time.perf_counter(), jnp.asarray(weights)
    for _ in range(steps):
        w = step(w)
    w.block_until_ready()
    return float(risk(w)), time.perf_counter() - start


def _best(run: Callable[[], Any], times: int) -> float:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return min(found)
