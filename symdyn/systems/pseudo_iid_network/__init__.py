"""Wide networks with pseudo-iid weights: edge of chaos of any activation, exact moments of ensembles, finite width.

    h^(l) = W^(l) phi(h^(l-1)) + b^(l),   l = 1 .. L,   W^(l) of shape (N_l, N_{l-1}), h^(1) = W^(1) x + b^(1)

weight_variance is sigma_w^2 with E W_ij^2 = sigma_w^2/N_{l-1}, bias_variance is sigma_b^2: variances everywhere, never
standard deviations. q is the variance of a preactivation, c a correlation of two. V(q) = E phi(sqrt(q) Z)^2,
D(q) = E phi'(sqrt(q) Z)^2, Z standard normal; q' = sigma_b^2 + sigma_w^2 V(q); chi_1 = sigma_w^2 D(q*). Inputs
are rows: X is (n, N_0). Everything is dimensionless; depth scales are in layers.

An activation is a name (linear, relu, erf, erf-scaled = erf(x/sqrt 2), hard-tanh, tanh, gelu, silu, sin, softplus),
a formula text, or a SymPy expression in one symbol.

Source: T. Nait Saada, A. Naderi, J. Tanner, Beyond IID weights: sparse and low-rank deep Neural Networks are also
Gaussian Processes, arXiv 2310.16597. What is marked derived is not stated there.
"""

from __future__ import annotations

from typing import Any

from symdyn.dynamics.system import System
from symdyn.errors import ModelError
from symdyn.numerics.arrays import one_of, whole
from symdyn.systems.pseudo_iid_network.activation import ACTIVATIONS, Activation, read_activation
from symdyn.systems.pseudo_iid_network.claims import PAPER, WideNetwork, claims_of
from symdyn.systems.pseudo_iid_network.conditions import PseudoIID, check_pseudo_iid
from symdyn.systems.pseudo_iid_network.correlations import correlation_fixed_points
from symdyn.systems.pseudo_iid_network.decay import Decay, correlation_decay
from symdyn.systems.pseudo_iid_network.edge import (
    EdgeOfChaos,
    EdgePoint,
    PhaseDiagram,
    edge_of_chaos,
    edge_turns,
    phase_diagram,
)
from symdyn.systems.pseudo_iid_network.ensembles import (
    ENSEMBLES,
    EnsembleMoments,
    draw_weights,
    ensemble_moments,
    sampled_moments,
)
from symdyn.systems.pseudo_iid_network.exhibits import exhibits_of
from symdyn.systems.pseudo_iid_network.finite_width import FiniteWidth, finite_width_test, preactivations
from symdyn.systems.pseudo_iid_network.fixed_points import (
    VarianceFixedPoint,
    VarianceFixedPoints,
    variance_fixed_points,
)
from symdyn.systems.pseudo_iid_network.maps import (
    correlation_map,
    correlation_recursion,
    derivative_map,
    nngp_kernel,
    two_point_map,
    variance_map,
    variance_recursion,
    variance_slope,
)
from symdyn.systems.pseudo_iid_network.numbers import rational

__all__ = [
    "ACTIVATIONS",
    "ENSEMBLES",
    "Activation",
    "Decay",
    "EdgeOfChaos",
    "EdgePoint",
    "EnsembleMoments",
    "FiniteWidth",
    "PhaseDiagram",
    "PseudoIID",
    "VarianceFixedPoint",
    "VarianceFixedPoints",
    "WideNetwork",
    "build",
    "check_pseudo_iid",
    "correlation_decay",
    "correlation_fixed_points",
    "correlation_map",
    "correlation_recursion",
    "derivative_map",
    "draw_weights",
    "edge_of_chaos",
    "edge_turns",
    "ensemble_moments",
    "finite_width_test",
    "nngp_kernel",
    "phase_diagram",
    "preactivations",
    "sampled_moments",
    "two_point_map",
    "variance_fixed_points",
    "variance_map",
    "variance_recursion",
    "variance_slope",
]


def build(
    activation: Any = "tanh",
    weight_variance: Any = 1.76,
    bias_variance: Any = 0.05,
    depth: int = 7,
    width: int = 300,
    ensemble: str = "gaussian",
    rank: int | None = None,
    block: int | None = None,
    draws: int = 2000,
) -> System:
    """A deep network of wide layers.

    Parameters
    ----------
    activation
        phi: a name, or a formula in x.
    weight_variance
        sigma_w^2, a number above 0.
    bias_variance
        sigma_b^2, a number from 0.
    depth
        L, layers.
    width
        N, neurons of a layer, a whole number from 2; of the exhibits at full size.
    ensemble
        Of the weights from the second layer on: gaussian, iid, haar, low-rank or block-sparse.
    rank
        Of low-rank weights; half of the width unless given.
    block
        Columns of a block of block-sparse weights; a quarter of the width unless given.
    draws
        Of sampled numbers at full size; a default study takes fewer.

    Raises
    ------
    ModelError
        If a parameter is out of range.
    """
    kind = one_of(ensemble, "the ensemble", ENSEMBLES)
    N = whole(width, "the width", least=2)
    w, b = rational(weight_variance, "the weight variance"), rational(bias_variance, "the bias variance")
    if w == 0:
        raise ModelError("the weight variance is 0: every layer would be its bias alone, give a positive number")
    model = WideNetwork(
        activation=read_activation(activation),
        weight_variance=w,
        bias_variance=b,
        depth=whole(depth, "the depth", least=1, most=200),
        width=N,
        ensemble=kind,
        rank=None if rank is None else whole(rank, "the rank", least=1, most=N),
        block=None if block is None else whole(block, "the block", least=1, most=N),
        draws=whole(draws, "the number of draws", least=20),
    )
    if kind == "block-sparse" or kind == "low-rank":
        draw_weights(kind, N, N, rank=rank, block=block)
    parameters = {
        "activation": model.activation.name, "weight_variance": w, "bias_variance": b, "depth": depth, "width": N,
        "ensemble": kind, "rank": rank, "block": block, "draws": draws,
    }  # fmt: skip
    return System(
        "pseudo_iid_network",
        parameters,
        claims_of(model),
        PAPER,
        model=model,
        equations=(
            r"$h^{(l)} = W^{(l)} \phi(h^{(l-1)}) + b^{(l)}$, $\mathbb{E} (W^{(l)}_{ij})^2 = \sigma_w^2/N_{l-1}$, "
            r"$b^{(l)}_i \sim \mathcal{N}(0, \sigma_b^2)$.",
            r"$K^{(1)}(x, x') = \sigma_b^2 + \sigma_w^2 \langle x, x' \rangle/N_0$, and $K^{(l)}(x, x') = \sigma_b^2 + "
            r"\sigma_w^2 \, \mathbb{E} \, \phi(u) \phi(v)$ with $(u, v) \sim \mathcal{N}(0, K^{(l-1)})$.",
            r"$V(q) = \mathbb{E} \, \phi(\sqrt{q} Z)^2$, $D(q) = \mathbb{E} \, \phi'(\sqrt{q} Z)^2$, "
            r"$\chi_1 = \sigma_w^2 D(q^*)$ at $q^* = \sigma_b^2 + \sigma_w^2 V(q^*)$.",
            r"Edge of chaos by $q$: $\sigma_w^2 = 1/D(q)$, $\sigma_b^2 = q - V(q)/D(q)$.",
            r"$C(c) = (\sigma_b^2 + \sigma_w^2 \, \mathbb{E} \, \phi(u) \phi(v))/q^*$ with correlation $c$ of $u$ and "
            r"$v$; $C'(1) = \chi_1$.",
        ),
        exhibits=exhibits_of(model),
    )
