"""Learning in time: trajectories with the critical products that they pass."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.networks.product_arrays import Floats, balance_drift, products, split
from symdyn.numerics.integrate import integrate
from symdyn.systems.deep_linear_network.critical import subsets
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork


@dataclass(frozen=True, kw_only=True)
class LearningTrajectory:
    """A trajectory, annotated by the nearest critical product; dimensionless time.

    Parameters
    ----------
    times, losses
        Sample times, and the loss at each, shape (T,).
    nearest, distances
        At each, the subset S whose critical product P_S is nearest to P, and the Frobenius norm of P - P_S.
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
    given = [np.asarray(layer, dtype=float) for layer in weights]
    if tuple(layer.shape for layer in given) != model.shapes:
        raise ShapeError(f"the weights have shapes {[layer.shape for layer in given]}: give {list(model.shapes)}")
    start = np.concatenate([layer.ravel() for layer in given])[:, None]
    times = np.linspace(0.0, duration, samples + 1)
    with np.errstate(divide="ignore"):  # at rest the error estimate is 0, and its negative power the longest step
        run = integrate(
            model.velocity, start, duration, rtol=rtol, atol=1e-3 * rtol, sample_times=times[1:], max_steps=1_000_000
        )
    states = np.concatenate([start, run.samples[:, :, 0].T], axis=1)
    layers = split(states, model.shapes)
    nearest, distances = _nearest(model, products(layers))
    return LearningTrajectory(
        times=times,
        losses=model.losses(states),
        nearest=nearest,
        distances=distances,
        drift=balance_drift(layers),
        final=tuple(layer[0] for layer in split(run.final, model.shapes)),
        speed=float(np.linalg.norm(model.velocity(run.final))),
        status=run.status[0],
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
