"""Networks of finite width beside the Gaussian process of their limit: variance, kurtosis, distances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, generator, real_array, whole
from symdyn.numerics.ensembles import EntryLaw
from symdyn.numerics.estimate import Estimate, mean_interval
from symdyn.systems.pseudo_iid_network.activation import read_activation
from symdyn.systems.pseudo_iid_network.ensembles import draw_weights, own_weights
from symdyn.systems.pseudo_iid_network.maps import nngp_kernel
from symdyn.systems.pseudo_iid_network.numbers import nonnegative

_BATCHES = 10
_NEURONS = 8
_AT_ONCE = 4_000_000


def preactivations(
    phi: Any,
    widths: Sequence[int],
    *,
    ensemble: Any = "gaussian",
    weight_variance: Any,
    bias_variance: Any,
    inputs: Any,
    draws: int,
    rank: int | None = None,
    block: int | None = None,
    law: str | EntryLaw = "gaussian",
    neurons: int = _NEURONS,
    seed: int = 0,
) -> list[Floats]:
    """The first preactivations of each layer of random networks, (draws, n, neurons) a layer.

    Parameters
    ----------
    phi, ensemble, rank, block, law
        As of `draw_weights`; the first layer has independent Gaussian weights (N_0 stays fixed). `ensemble` may be a
        function of the number of draws and a generator, for layers of one shape.
    widths
        N_1 .. N_L.
    weight_variance, bias_variance
        sigma_w^2 and sigma_b^2.
    inputs
        (n, N_0).
    draws
        Networks.
    neurons
        That are kept of a layer, the narrowest layer permitting.
    seed
        Of the draws.
    """
    function = read_activation(phi).in_floats()
    sizes = [whole(N, "a width", least=1) for N in widths]
    X = real_array(inputs, "the inputs", ndim=2)
    w, b = (float(nonnegative(v, n)) for v, n in ((weight_variance, "the weight variance"),
                                                  (bias_variance, "the bias variance")))  # fmt: skip
    many = whole(draws, "the number of draws", least=1)
    if not sizes or not X.size:
        raise ShapeError(f"{len(sizes)} layers and inputs of the shape {X.shape} came: give at least one of each")
    rng = generator(seed)
    found: list[list[Floats]] = [[] for _ in sizes]
    step = max(1, _AT_ONCE // max(max(sizes) ** 2, X.shape[1] * sizes[0]))
    for start in range(0, many, step):
        k = min(step, many - start)
        H = np.broadcast_to(X, (k, *X.shape))
        for layer, N in enumerate(sizes):
            columns = H.shape[2]
            if layer == 0:
                W = rng.normal(size=(k, N, columns)) * np.sqrt(w / columns)
            elif callable(ensemble):
                W = np.sqrt(w) * own_weights(ensemble, N, columns, k, rng)
            else:
                W = draw_weights(
                    ensemble, N, columns, variance=w, rank=rank, block=block, law=law, draws=k,
                    seed=int(rng.integers(2**31)),
                )  # fmt: skip
            H = H @ W.transpose(0, 2, 1) + np.sqrt(b) * rng.normal(size=(k, 1, N))
            found[layer].append(H[:, :, : min(neurons, N)])
            H = function(H)
    return [np.concatenate(parts) for parts in found]


@dataclass(frozen=True, kw_only=True)
class FiniteWidth:
    """Samples of preactivations of the first input beside the normal law of the limit, one entry for each layer.

    Parameters
    ----------
    widths
        N_1 .. N_L.
    variance
        Of a preactivation; a draw is the mean square over the neurons that are kept.
    kurtosis
        Excess kurtosis, E h^4/(E h^2)^2 - 3, over batches of draws.
    kolmogorov, wasserstein
        Kolmogorov and Smirnov's distance, and the first Wasserstein distance in units of the deviation, of batches from
        the normal law of the limit; batches of a normal sample have the distances `chance`, too.
    covariance
        Of the first two inputs, where there are two.
    predicted
        Variances of the limit.
    predicted_covariance
        Of the first two inputs in the limit.
    chance
        Mean Kolmogorov distance of a normal batch of the same size.
    """

    widths: tuple[int, ...]
    variance: tuple[Estimate, ...]
    kurtosis: tuple[Estimate, ...]
    kolmogorov: tuple[Estimate, ...]
    wasserstein: tuple[Estimate, ...]
    covariance: tuple[Estimate, ...]
    predicted: tuple[float, ...]
    predicted_covariance: tuple[float, ...]
    chance: float


def finite_width_test(
    phi: Any,
    widths: Sequence[int],
    *,
    ensemble: Any = "gaussian",
    weight_variance: Any,
    bias_variance: Any,
    inputs: Any,
    draws: int = 500,
    rank: int | None = None,
    block: int | None = None,
    law: str | EntryLaw = "gaussian",
    seed: int = 0,
) -> FiniteWidth:
    """How far networks of these widths are from their Gaussian limit, layer by layer.

    Parameters
    ----------
    phi, widths, ensemble, weight_variance, bias_variance, inputs, rank, block, law, seed
        As of `preactivations`.
    draws
        Networks, from 20.
    """
    many = whole(draws, "the number of draws", least=2 * _BATCHES)
    X = real_array(inputs, "the inputs", ndim=2)
    samples = preactivations(
        phi, widths, ensemble=ensemble, weight_variance=weight_variance, bias_variance=bias_variance, inputs=X,
        draws=many, rank=rank, block=block, law=law, seed=seed,
    )  # fmt: skip
    limits = [
        nngp_kernel(phi, X[:2], layer + 1, weight_variance=weight_variance, bias_variance=bias_variance)
        for layer in range(len(samples))
    ]
    columns: dict[str, list[Any]] = {name: [] for name in ("variance", "kurtosis", "kolmogorov", "wasserstein")}
    both: list[Estimate] = []
    for h, K in zip(samples, limits, strict=True):
        if not K[0, 0] > 0:
            raise ModelError("the variance of the limit is 0: give an input that is not zero, or a bias")
        first = h[:, 0, :]
        columns["variance"].append(mean_interval((first**2).mean(axis=1), seed=seed))
        batches = [part.ravel() / np.sqrt(K[0, 0]) for part in np.array_split(first, _BATCHES)]
        fourth = [float((part**4).mean() / (part**2).mean() ** 2 - 3) for part in batches]
        columns["kurtosis"].append(mean_interval(fourth, seed=seed))
        columns["kolmogorov"].append(
            mean_interval([float(stats.kstest(part, "norm").statistic) for part in batches], seed=seed)
        )
        columns["wasserstein"].append(mean_interval([_from_normal(part) for part in batches], seed=seed))
        if h.shape[1] > 1:
            both.append(mean_interval((h[:, 0, :] * h[:, 1, :]).mean(axis=1), seed=seed))
    size = len(np.array_split(samples[0][:, 0, :], _BATCHES)[0]) * samples[0].shape[2]
    return FiniteWidth(
        widths=tuple(int(N) for N in widths),
        **{name: tuple(values) for name, values in columns.items()},
        covariance=tuple(both),
        predicted=tuple(float(K[0, 0]) for K in limits),
        predicted_covariance=tuple(float(K[0, 1]) for K in limits) if len(X) > 1 else (),
        chance=float(0.8687 / np.sqrt(size)),  # mean of Kolmogorov's law, sqrt(pi/2) ln 2
    )


def _from_normal(sample: Floats) -> float:
    """First Wasserstein distance of a sample from the standard normal law: quantiles against quantiles."""
    ordered = np.sort(sample)
    ends = stats.norm.ppf(np.linspace(0, 1, len(ordered) + 1))
    density = stats.norm.pdf(ends)
    means = (density[:-1] - density[1:]) * len(ordered)  # of the normal law between neighbouring quantiles
    return float(np.abs(ordered - means).mean())
