"""Attention of random keys and queries: row-stochastic matrices whose entries are not independent, and their edge."""

from __future__ import annotations

from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, one_of, positive, real_array, real_number, whole
from symdyn.numerics.enclosed_number import Enclosure, from_ball
from symdyn.numerics.ensembles import gaussian
from symdyn.numerics.scalar_roots import scalar_roots
from symdyn.numerics.softmax import softmax

INITIALISATIONS = ("normal", "xavier")
_KEYS = 10**6


def key_query_attention(
    X: Any,
    *,
    initialisation: str = "normal",
    key_dimension: int | None = None,
    scale: float | None = None,
    Q: Any = None,
    K: Any = None,
    draws: int | None = None,
    seed: int = 0,
) -> Floats:
    """softmax(X Q (X K)^T scale) by rows, (T, T) or (draws, T, T).

    Parameters
    ----------
    X
        Tokens (T, d); or (draws, T, d), and each has its own Q and K.
    initialisation
        "normal", entries of Q and K of variance 1, or "xavier", 2/(d + d_k).
    key_dimension
        d_k; d unless given.
    scale
        1/sqrt(d_k) unless given.
    Q, K
        Matrices (d, d_k) to use instead of random ones.
    draws, seed
        Of random ones.

    Raises
    ------
    ModelError, ShapeError
        If one of Q and K is missing, or a shape does not fit.
    """
    tokens = real_array(X, "the tokens", ndim=(2, 3))
    d = tokens.shape[-1]
    if (Q is None) != (K is None):
        raise ModelError("one of Q and K came: give both, or neither for random ones")
    if tokens.ndim == 3:
        if draws is not None:
            raise ModelError("draws came with a batch of tokens, each of which has its own: leave draws out")
        draws = len(tokens)
    if Q is not None:
        queries, keys = real_array(Q, "the matrix Q", ndim=2), real_array(K, "the matrix K", ndim=2)
        if queries.shape != keys.shape or queries.shape[0] != d:
            raise ShapeError(f"Q and K have shapes {queries.shape} and {keys.shape}: give ({d}, d_k) for both")
        inner = queries.shape[1]
    else:
        kind = one_of(initialisation, "the initialisation", INITIALISATIONS)
        inner = d if key_dimension is None else whole(key_dimension, "the dimension of keys", least=1)
        size = 1.0 if kind == "normal" else np.sqrt(2 / (d + inner))
        queries, keys = (size * gaussian(d, inner, draws=draws, seed=seed + k) for k in (0, _KEYS))
    factor = 1 / np.sqrt(inner) if scale is None else real_number(scale, "the scale")
    return softmax(factor * ((tokens @ queries) @ np.swapaxes(tokens @ keys, -1, -2)))


def key_query_edge(logit_variance: Any = 1) -> Enclosure:
    """The limit of sqrt(T) s_2 of key-query attention on orthonormal tokens, d = T (derived).

    Logits have the variance b^2 and are a product of two Gaussian matrices, not independent. With
    t = (e^{b^2} - 1 - b^2)/b^2 the limit is b min over 1 < m < 3/2 of w + t m/w, w^2 = m^3/(m - 1): not 2 sigma =
    2 sqrt(e^{b^2} - 1), that of independent entries.

    Parameters
    ----------
    logit_variance
        b^2, an exact number or a float, above 0 and up to 50.

    Returns
    -------
    Enclosure
        PROVED: all points without slope are enclosed, and the least value at them.

    Raises
    ------
    ModelError
        If the variance is out of range, or a minimum is not told from its neighbours.

    Examples
    --------
    >>> print(key_query_edge(1))
    3.001590003710585 (within 5e-16)
    """
    advice = "give a rational number or a float above 0, up to 50"
    variance = positive(logit_variance, "the variance of logits", advice=advice)
    if not (variance.is_Rational and variance <= 50):
        raise ModelError(f"the variance of logits is {came(logit_variance)}: {advice}")
    m = sp.Symbol("m", positive=True)
    t = (sp.exp(variance) - 1 - variance) / variance
    # the slope of (w + t m/w)^2 = m^3/(m - 1) + 2 t m + t^2 (m - 1)/m, times m^2 (m - 1)^2; the square is infinite at 1
    # and rises at 3/2
    slope = m**4 * (2 * m - 3) + 2 * t * m**2 * (m - 1) ** 2 + t**2 * (m - 1) ** 2
    roots = scalar_roots(slope, m, (1, sp.Rational(3, 2)), digits=14)
    if roots.completeness is not Verdict.PROVED or not len(roots):
        raise ModelError(f"the minimum was not enclosed at the variance {variance}: give another one")
    with flint.ctx.workprec(200):
        b2 = flint.arb(flint.fmpq(int(variance.p), int(variance.q)))
        ball = (b2.exp() - 1 - b2) / b2
        values = []
        for root in roots:
            low, high = (flint.arb(flint.fmpq(end.numerator, end.denominator)) for end in (root.low, root.high))
            x = low.union(high)
            values.append((b2 * (x**3 / (x - 1) + 2 * ball * x + ball**2 * (x - 1) / x)).sqrt())
        least = [from_ball(value) for value in values]
    return Enclosure(min(one.low for one in least), min(one.high for one in least))
