"""Learning in time: decoupled modes, half-times, and trajectories with the critical products they pass."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from scipy.integrate import quad

from symdyn.algebra.formulas.symbols import checked_expression
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.integrate import integrate
from symdyn.systems.deep_linear_network.critical import subsets
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork, Floats


@dataclass(frozen=True)
class LearningTrajectory:
    """A trajectory, annotated by the nearest critical product; dimensionless time.

    Parameters
    ----------
    times
        Sample times, shape (T,).
    losses
        Loss at each, shape (T,).
    nearest
        At each, the subset S whose critical product P_S is nearest to P.
    distances
        Frobenius norm of P - P_S, shape (T,).
    drift
        Largest change of an entry of a balance matrix: the error of the integration, seen by the laws.
    final
        Last weights, layer by layer.
    speed
        Norm of the velocity at the end; a saddle may hold a trajectory for long without being its limit.
    status
        "end", "rest", "steps" or "blow-up", as the integrator reports.
    verdict
        OBSERVED: floats.
    """

    times: Floats
    losses: Floats
    nearest: tuple[tuple[int, ...], ...]
    distances: Floats
    drift: float
    final: tuple[Floats, ...]
    speed: float
    status: str
    verdict: Verdict = Verdict.OBSERVED

    @property
    def visits(self) -> tuple[tuple[int, ...], ...]:
        """The subsets in the order in which they were nearest."""
        return tuple(s for k, s in enumerate(self.nearest) if k == 0 or self.nearest[k - 1] != s)

    @property
    def summary(self) -> str:
        """Where it ended, as one sentence that claims no limit."""
        return (
            f"at time {self.times[-1]:g} the product is within {self.distances[-1]:.3g} of the critical product of "
            f"{self.nearest[-1]}, the velocity is {self.speed:.3g}"
        )


def mode_velocity(depth: int, sigma: Any, u: Any) -> sp.Expr:
    """du/dt = h u^(2 - 2/h) (sigma - u) of an aligned balanced mode (derived)."""
    return depth * u ** (2 - sp.Rational(2, depth)) * (sigma - u)


def mode_path(sigma: Any, start: Any, time: Any) -> sp.Expr:
    """u(t) for two layers: sigma e^(2 sigma t) / (e^(2 sigma t) - 1 + sigma/u0), as a formula (derived)."""
    growth = sp.exp(2 * sigma * time)
    return sigma * growth / (growth - 1 + sigma / start)


def half_time(sigma: Any, start: Any) -> sp.Expr:
    """Time at which a mode of two layers has learnt half: ln((sigma - u0)/u0) / (2 sigma), as a formula (derived)."""
    return sp.log((sigma - start) / start) / (2 * sigma)


def mode_time(depth: int, sigma: float, start: float, end: float) -> float:
    """Time from u = start to u = end, both between 0 and sigma, for any depth; numerical quadrature.

    With u = w^h it is the integral of dw / (w^(h-1) (sigma - w^h)).

    Raises
    ------
    ModelError
        If the ends are not in order between 0 and sigma.
    """
    if not 0 < start <= end < sigma:
        raise ModelError(f"a mode goes from u0 to u with 0 < u0 <= u < sigma: got {start}, {end} and sigma = {sigma}")
    # in log w the integrand varies slowly near 0, where most of the time is spent
    value, _ = quad(
        lambda x: math.exp((2 - depth) * x) / (sigma - math.exp(depth * x)),
        math.log(start) / depth,
        math.log(end) / depth,
        epsabs=0.0,
        epsrel=1e-11,
        limit=500,
    )
    return float(value)


def escape_time(depth: int, sigma: Any, start: Any) -> sp.Expr:
    """Leading time to leave u = 0 from a small u0 > 0: u0^-(1 - 2/h) / ((h - 2) sigma) for h >= 3 (derived).

    For h = 2 it is the half-time.
    """
    if depth == 2:
        return half_time(sigma, start)
    return checked_expression(start, "the start") ** (sp.Rational(2, depth) - 1) / ((depth - 2) * sigma)


def learn(
    model: DeepLinearNetwork, weights: Any, duration: float, *, samples: int = 100, rtol: float = 1e-11
) -> LearningTrajectory:
    """Integrate the gradient flow from given weights and say which critical products it passes.

    Parameters
    ----------
    weights
        One array for each layer; floats.
    duration
        End of time, positive; dimensionless.
    samples
        Number of sample times after 0.
    rtol
        Relative tolerance; the absolute one is a thousandth of it.

    Raises
    ------
    ModelError, ShapeError
        If sigma has symbols, a shape is wrong, or the duration is not positive.
    """
    if any(value.free_symbols for value in model.sigma):
        raise ModelError(f"singular values {model.sigma} have symbols: give numbers to integrate")
    if not (math.isfinite(duration) and duration > 0):
        raise ModelError(f"the duration is {duration}: give a positive time")
    layers = [np.asarray(layer, dtype=float) for layer in weights]
    if tuple(layer.shape for layer in layers) != model.shapes:
        raise ShapeError(f"the weights have shapes {[layer.shape for layer in layers]}: give {list(model.shapes)}")
    start = np.concatenate([layer.ravel() for layer in layers])[:, None]
    times = np.linspace(0.0, duration, samples + 1)
    with np.errstate(divide="ignore"):  # at rest the error estimate is 0, and its negative power the longest step
        run = integrate(
            model.velocity, start, duration, rtol=rtol, atol=1e-3 * rtol, sample_times=times[1:], max_steps=1_000_000
        )
    states = np.concatenate([start, run.samples[:, :, 0].T], axis=1)
    nearest, distances = _nearest(model, model.products(states))
    return LearningTrajectory(
        times,
        model.losses(states),
        nearest,
        distances,
        _drift(model, states),
        tuple(layer[0] for layer in model.split(run.final)),
        float(np.linalg.norm(model.velocity(run.final))),
        run.status[0],
    )


def nearest_subset(model: DeepLinearNetwork, product: Any) -> tuple[tuple[int, ...], float]:
    """The subset whose critical product is nearest to `product`, and the Frobenius distance; floats."""
    subset, distance = _nearest(model, np.asarray(product, dtype=float)[None])
    return subset[0], float(distance[0])


def _nearest(model: DeepLinearNetwork, products: Floats) -> tuple[tuple[tuple[int, ...], ...], Floats]:
    """Nearest diagonal critical product; among repeated singular values P_S stands for its continuum."""
    known = subsets(model)
    sigma = np.array([float(value) for value in model.sigma])
    targets = np.zeros((len(known), *products.shape[1:]))
    for row, subset in enumerate(known):
        for s in subset:
            targets[row, s - 1, s - 1] = sigma[s - 1]
    flat = targets.reshape(len(known), -1)
    found = np.array([np.linalg.norm(flat - product.ravel(), axis=1) for product in products])
    best = found.argmin(axis=1)
    return tuple(known[k] for k in best), found.min(axis=1)


def _drift(model: DeepLinearNetwork, states: Floats) -> float:
    layers = model.split(states)
    largest = 0.0
    for before, after in zip(layers, layers[1:]):
        law = before @ np.swapaxes(before, 1, 2) - np.swapaxes(after, 1, 2) @ after
        largest = max(largest, float(np.abs(law - law[:1]).max()))
    return largest
