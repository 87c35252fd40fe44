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
from symdyn.dynamics.tokens.in_width import collapse_in_width, gradients_in_width, simulations
from symdyn.dynamics.tokens.layer_gradients import (
    gradient_norm_key_query,
    gradient_norm_squared,
    mean_gradient_norm_squared,
)
from symdyn.dynamics.tokens.layers import RESIDUALS, certified_collapse, propagate
from symdyn.dynamics.tokens.random_layers import ATTENTIONS, isometric
from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import one_of, positive, whole
from symdyn.numerics.ensembles import entry_law
from symdyn.numerics.laws_of_ratio import dirichlet_frobenius_squared, worst_laws
from symdyn.numerics.norms import stable_rank
from symdyn.numerics.stochastic.gap import certified_gap, spectral_gap
from symdyn.numerics.stochastic.gram_law import VALUES, checked_ratio, gram_law
from symdyn.numerics.stochastic.key_query import key_query_attention, key_query_edge
from symdyn.numerics.stochastic.outlier import markov_attention, product_identity, split_product, without_outlier
from symdyn.systems.rank_collapse.claims import claims_of
from symdyn.systems.rank_collapse.exhibits import PAPER, exhibits_of
from symdyn.systems.rank_collapse.model import RandomAttention
from symdyn.systems.rank_collapse.tables import RateTable, plateau_table, rate_table

__all__ = [
    "RandomAttention", "RateTable", "build", "certified_collapse", "certified_gap", "collapse_in_width",
    "dirichlet_frobenius_squared", "gradient_norm_key_query", "gradient_norm_squared", "gradients_in_width", "gram_law",
    "isometric", "key_query_attention", "key_query_edge", "markov_attention", "mean_gradient_norm_squared",
    "plateau_table", "product_identity", "propagate", "rate_table", "simulations", "spectral_gap", "split_product",
    "stable_rank", "without_outlier", "worst_laws",
]  # fmt: skip


def build(
    tokens: int = 200,
    ratio: Any = 1,
    law: str = "exponential",
    attention: str = "markov",
    values: str = "gaussian",
    depth: int = 3,
    remove_outlier: bool = False,
    residual: str = "none",
    layer_norm: bool = False,
    value_variance: Any = 1,
    draws: int = 5,
) -> System:
    """Layers of random attention.

    Parameters
    ----------
    tokens
        T, a whole number from 2; limits are looked at from 100.
    ratio
        T/d, a positive number; above 1 it is outside the proof.
    law
        Of the entries of A before rows are divided by their sums: exponential, lognormal, uniform, half-normal, gamma,
        bernoulli, pareto.
    attention
        markov (independent entries) or key-query (of the tokens of each layer); layers are drawn so.
    values
        How W is drawn: gaussian, orthogonal, identity or xavier.
    depth
        Layers of the tables, from 1 to 10.
    remove_outlier
        Whether A^perp stands for A in the layers.
    residual
        none, skip (X + A X W) or upscaled (X + A X W/sqrt(d)).
    layer_norm
        Whether rows are normalised after each layer.
    value_variance
        Of an entry of W, a positive number.
    draws
        Of each sampled number, from 2.

    Raises
    ------
    ModelError
        If a parameter is out of range.
    """
    chosen = entry_law(law)
    if chosen.is_centered:
        raise ModelError(f"entries of the law {chosen.name} may be negative: take a positive law, as exponential")
    for name, value in (("remove_outlier", remove_outlier), ("layer_norm", layer_norm)):
        if not isinstance(value, bool):
            raise ModelError(f"{name} is {came(value)}: give true or false")
    model = RandomAttention(
        tokens=whole(tokens, "the number of tokens", least=2),
        ratio=checked_ratio(ratio),
        law=chosen,
        attention=one_of(attention, "the attention", ATTENTIONS),
        values=one_of(values, "the values", VALUES),
        depth=whole(depth, "the depth", least=1, most=10),
        remove_outlier=remove_outlier,
        residual=one_of(residual, "the residual", RESIDUALS),
        layer_norm=layer_norm,
        value_variance=float(positive(value_variance, "the variance of values")),
        draws=whole(draws, "the number of draws", least=2),
    )
    parameters = {
        "tokens": model.tokens, "ratio": model.ratio, "law": law, "attention": model.attention, "values": model.values,
        "depth": model.depth, "remove_outlier": remove_outlier, "residual": model.residual, "layer_norm": layer_norm,
        "value_variance": model.value_variance, "draws": model.draws,
    }  # fmt: skip
    return System(
        "rank_collapse",
        parameters,
        claims_of(model),
        PAPER,
        model=model,
        equations=model.equations(),
        exhibits=exhibits_of(model),
    )
