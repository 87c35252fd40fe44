"""Random attention: spectral gap, rank collapse by width and depth, and what removing the outlier mends.

    X_l = A_l X_{l-1} W_l,   l = 1 .. L

Tokens are rows: X_l is (T, d), A_l (T, T) row-stochastic, W_l (d, d); the first factor acts first, `factors[0]` is A_1.
X_0 is isometric, X_0 X_0^T = 1, unless given. ratio = T/d. sigma is the deviation of an entry of A over its mean,
before rows are divided by their sums. A^perp = A - (1/T) 1 1^T is A without its outlier. Everything is dimensionless.

Two stable ranks: `gram_stable_rank`, |S|_F^2/|S|^2 of S = X X^T (the authors' code), and `stable_rank`, |X|_F^2/|X|^2.

Source: T. Nait Saada, A. Naderi, J. Tanner, Mind the Gap: a Spectral Analysis of Rank Collapse and Signal Propagation
in Attention Layers, arXiv 2410.07799. What is marked derived is not stated there.
"""

from __future__ import annotations

from typing import Any

from symdyn.dynamics.system import System
from symdyn.errors import ModelError
from symdyn.numerics.arrays import one_of, whole
from symdyn.numerics.ensembles import entry_law
from symdyn.systems.rank_collapse.attention import (
    checked_tokens,
    key_query_attention,
    markov_attention,
    without_outlier,
)
from symdyn.systems.rank_collapse.claims import RandomAttention, claims_of
from symdyn.systems.rank_collapse.exhibits import PAPER, exhibits_of
from symdyn.systems.rank_collapse.propagation import (
    VALUES,
    checked_ratio,
    collapse_in_width,
    gradient_norm_squared,
    gram_law,
    isometric,
    mean_gradient_norm_squared,
    propagate,
)
from symdyn.systems.rank_collapse.spectra import spectral_gap, split_product

__all__ = [
    "RandomAttention",
    "build",
    "collapse_in_width",
    "gradient_norm_squared",
    "gram_law",
    "isometric",
    "key_query_attention",
    "markov_attention",
    "mean_gradient_norm_squared",
    "propagate",
    "spectral_gap",
    "split_product",
    "without_outlier",
]


def build(
    tokens: int = 200,
    law: str = "exponential",
    values: str = "gaussian",
    ratio: Any = 1,
    depth: int = 3,
    draws: int = 5,
) -> System:
    """Layers of random attention.

    Parameters
    ----------
    tokens
        T, a whole number from 2.
    law
        Of the entries of A before rows are divided by their sums: exponential, lognormal, uniform, half-normal, gamma,
        bernoulli, pareto.
    values
        How W is drawn: gaussian, orthogonal, identity or xavier.
    ratio
        T/d, a positive number; above 1 it is outside the proof.
    depth
        Layers of the tables.
    draws
        Of each sampled number.

    Raises
    ------
    ModelError
        If a parameter is out of range.
    """
    chosen = entry_law(law)
    if chosen.is_centered:
        raise ModelError(f"entries of the law {chosen.name} may be negative: take a positive law, as exponential")
    model = RandomAttention(
        checked_tokens(tokens),
        chosen,
        one_of(values, "the values", VALUES),
        checked_ratio(ratio),
        whole(depth, "the depth", least=1, most=10),
        whole(draws, "the number of draws", least=2),
    )
    return System(
        "rank_collapse",
        {
            "tokens": model.tokens,
            "law": law,
            "values": model.values,
            "ratio": model.ratio,
            "depth": depth,
            "draws": draws,
        },
        claims_of(model),
        PAPER,
        model=model,
        equations=(
            r"$X_l = A_l X_{l-1} W_l$, layer by layer; $A_l$ is row-stochastic of shape $(T, T)$, $W_l$ is $(d, d)$.",
            r"$A_{ij} = x_{ij} / \sum_k x_{ik}$ with independent $x_{ij} \ge 0$ of deviation $\sigma$ times the mean.",
            r"$A^\perp = A - \tfrac{1}{T} \mathbf{1} \mathbf{1}^\top$, the attention without its outlier.",
            r"$\mathrm{sr}(\Sigma) = \|\Sigma\|_F^2 / \|\Sigma\|^2$, the stable rank of $\Sigma_l = X_l X_l^\top$.",
        ),
        exhibits=exhibits_of(model),
    )
