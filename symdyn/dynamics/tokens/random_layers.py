"""Random layers X -> A X W: attention of independent entries or of keys and queries, values of several kinds."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.dynamics.tokens.layers import Propagation, propagate
from symdyn.numerics.arrays import Floats, one_of, positive, whole
from symdyn.numerics.ensembles import EntryLaw, gaussian, haar, markov
from symdyn.numerics.stochastic.gram_law import VALUES
from symdyn.numerics.stochastic.key_query import key_query_attention

ATTENTIONS = ("markov", "key-query")
_OF_VALUES = 104_729


def isometric(tokens: int, dimension: int) -> Floats:
    """X_0 (T, d) with X_0 X_0^T = 1; where d < T, where there is none, the first columns of the unit matrix."""
    return np.eye(tokens, dimension)


def value_matrices(kind: str, shape: tuple[int, int, int], *, variance: float = 1.0, seed: int = 0) -> Floats:
    """Matrices (draws, layers, d, d), entries of this mean square: gaussian, orthogonal or identity (times sqrt(d v)).

    The kind xavier is gaussian of variance 1/d.

    Examples
    --------
    >>> value_matrices("orthogonal", (2, 3, 5), variance=4.0)[0, 0].round(1).shape
    (5, 5)
    """
    draws, layers, d = shape
    name = one_of(kind, "the values", VALUES)
    variance = float(positive(variance, "the variance of values"))
    if name == "identity":
        return np.broadcast_to(np.sqrt(d * variance) * np.eye(d), (draws, layers, d, d))
    if name == "orthogonal":
        return np.sqrt(d * variance) * haar(d, draws=draws * layers, seed=seed).reshape(draws, layers, d, d)
    size = np.sqrt(1 / d if name == "xavier" else variance)
    return np.asarray(size * gaussian(d, d, draws=draws * layers, seed=seed).reshape(draws, layers, d, d))


def random_layers(
    tokens: int,
    dimension: int,
    *,
    depth: int,
    law: str | EntryLaw = "exponential",
    values: str = "gaussian",
    attention: str = "markov",
    initialisation: str = "normal",
    remove_outlier: bool = False,
    residual: str = "none",
    layer_norm: bool = False,
    value_variance: float = 1.0,
    draws: int = 1,
    seed: int = 0,
) -> Propagation:
    """Isometric tokens through random layers, all draws at once.

    Parameters
    ----------
    tokens, dimension
        T and d.
    depth
        L.
    law
        Of the entries, for the attention "markov".
    values, value_variance
        As of `value_matrices`.
    attention, initialisation
        "markov", or "key-query" of the tokens of each layer, "normal" or "xavier".
    remove_outlier, residual, layer_norm
        As of `propagate`.
    draws, seed
        How many, and their seed.

    Raises
    ------
    ModelError
        If an option is not known.

    Examples
    --------
    >>> random_layers(10, 20, depth=3, draws=4).gram_excess.shape
    (4, 4)
    """
    layers, number = whole(depth, "the depth", least=1), whole(draws, "the number of draws", least=1)
    W = value_matrices(values, (number, layers, dimension), variance=value_variance, seed=seed + _OF_VALUES)

    def of_tokens(X: Floats, layer: int) -> Floats:
        return key_query_attention(X, initialisation=initialisation, seed=seed + layer)

    A: Any = of_tokens
    if one_of(attention, "the attention", ATTENTIONS) == "markov":
        A = markov(tokens, law, draws=number * layers, seed=seed).reshape(number, layers, tokens, tokens)
    X0 = np.broadcast_to(isometric(tokens, dimension), (number, tokens, dimension))
    return propagate(X0, A, W, remove_outlier=remove_outlier, residual=residual, layer_norm=layer_norm)
