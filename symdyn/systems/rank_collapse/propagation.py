"""Tokens and gradients through layers: stable ranks by width and depth, with their constants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, one_of, real_array, whole
from symdyn.numerics.ensembles import EntryLaw, entry_law, gaussian, haar, markov
from symdyn.numerics.estimate import PowerLaw, power_law_fit
from symdyn.numerics.spectral_laws import product_law
from symdyn.systems.rank_collapse.attention import checked_tokens, key_query_attention, stochastic

VALUES = ("gaussian", "orthogonal", "identity", "xavier")
RESIDUALS = ("none", "skip", "upscaled")
ATTENTIONS = ("markov", "key-query")


@dataclass(frozen=True, kw_only=True)
class Propagation:
    """Tokens layer by layer.

    Parameters
    ----------
    tokens
        X_L, scaled so that its largest singular value is exp(-log_scale) of the true one.
    singular_values
        (L + 1, k) of X_0 .. X_L, each divided by its largest.
    gram_stable_ranks, gram_excess
        (L + 1,): |S|_F^2/|S|^2 of S = X X^T, and how much it is above 1, summed without that 1.
    distance_to_consensus
        (L + 1,): |X - mean row|_F / |X|_F.
    log_scale
        (L + 1,): logarithm of the largest singular value.
    """

    tokens: Floats
    singular_values: Floats
    gram_stable_ranks: Floats
    gram_excess: Floats
    distance_to_consensus: Floats
    log_scale: Floats


def propagate(
    X0: Any,
    attentions: Any,
    values: Any,
    *,
    remove_outlier: bool = False,
    residual: str = "none",
    layer_norm: bool = False,
    mlp: Any = None,
) -> Propagation:
    """Tokens through layers, scaled between them so that nothing under- or overflows.

    Parameters
    ----------
    X0
        (T, d).
    attentions, values
        (L, T, T) and (L, d, d).
    remove_outlier
        Whether A^perp stands for A.
    residual
        "none", "skip" (X + A X W) or "upscaled" (X + A X W/sqrt(d)).
    layer_norm
        Whether each row is centred and divided by its deviation after the layer.
    mlp
        A function of (T, d) arrays applied after that.

    Raises
    ------
    ModelError, ShapeError
        If shapes do not fit, or rows of an attention do not sum to 1.
    """
    X = real_array(X0, "the tokens", ndim=2)
    A, W = stochastic(attentions), real_array(values, "the value matrices", ndim=3)
    kind = one_of(residual, "the residual", RESIDUALS)
    T, d = X.shape
    if A.ndim != 3 or A.shape[1] != T or W.shape != (len(A), d, d):
        raise ShapeError(
            f"tokens {X.shape} came with attentions {A.shape} and values {W.shape}: give (L, T, T) and (L, d, d)"
        )
    A = A - 1 / T if remove_outlier else A
    weight = {"none": 1.0, "skip": 1.0, "upscaled": 1 / np.sqrt(d)}[kind]
    singular, scales, consensus, log = [], [], [], 0.0
    for layer in range(len(A) + 1):
        s = np.linalg.svd(X, compute_uv=False)
        if not s[0] > 0:
            raise ModelError(f"all tokens are zero at layer {layer}: the stable rank is not defined, give others")
        X, log = X / s[0], log + float(np.log(s[0]))
        singular.append(s / s[0])
        scales.append(log)
        consensus.append(float(np.linalg.norm(X - X.mean(axis=0)) / np.linalg.norm(X)))
        if layer < len(A):
            moved = weight * (A[layer] @ X @ W[layer])
            X = moved if kind == "none" else X + moved
            if layer_norm:
                X = (X - X.mean(axis=1, keepdims=True)) / X.std(axis=1, keepdims=True)
            if mlp is not None:
                X = real_array(mlp(X), "what the mlp gives", ndim=2)
    listed = np.array(singular)
    excess = (listed[:, 1:] ** 4).sum(axis=1)
    return Propagation(
        tokens=X,
        singular_values=listed,
        gram_stable_ranks=1 + excess,
        gram_excess=excess,
        distance_to_consensus=np.array(consensus),
        log_scale=np.array(scales),
    )


@dataclass(frozen=True)
class GramLaw:
    """Limits for S_l in units of sigma^(2 l) T^(-l): second moment, edge; coefficient of sr - 1, plateau of sr/T."""

    second_moment: sp.Expr
    edge: sp.Expr
    slope_coefficient: sp.Expr
    plateau: sp.Expr


def gram_law(depth: int, *, values: str = "gaussian", ratio: Any = 1) -> GramLaw:
    """Free-probability constants after so many layers, exact (derived).

    With values of independent entries the bulk is a free product of l Marchenko-Pastur laws of ratio 1 and l of
    `ratio`; with orthogonal values or none of l of ratio 1. sr - 1 ~ slope_coefficient sigma^(4 l) T^(1 - 2 l), and
    without the outlier sr ~ plateau T.

    Examples
    --------
    >>> gram_law(1).edge, gram_law(1).plateau, gram_law(2, values="orthogonal").second_moment
    (27/4, 16/243, 3)
    """
    layers = whole(depth, "the depth", least=1)
    kind = one_of(values, "the values", VALUES)
    own = [checked_ratio(ratio)] * layers if kind in ("gaussian", "xavier") else []
    law = product_law([1] * layers + own)
    second = law.moment(2)
    return GramLaw(second, law.edge, second, sp.radsimp(second / law.edge**2))


def checked_ratio(ratio: Any) -> sp.Expr:
    is_number = isinstance(ratio, int | float | sp.Expr) and not isinstance(ratio, bool)
    exact_ratio = sp.nsimplify(ratio) if is_number else sp.nan
    if not exact_ratio.is_positive:
        raise ModelError(f"the ratio T/d is {came(ratio)}: give a positive number, up to 1 for the proof")
    return exact_ratio


@dataclass(frozen=True)
class Collapse:
    """sr - 1 (or sr where the outlier is removed) by size, layer and draw, with the slope in T at each layer."""

    excess: Floats
    ranks: Floats
    slopes: tuple[PowerLaw, ...]
    predicted: Floats


def collapse_in_width(
    sizes: Sequence[int],
    *,
    depth: int,
    law: str | EntryLaw = "exponential",
    values: str = "gaussian",
    ratio: Any = 1,
    attention: str = "markov",
    remove_outlier: bool = False,
    draws: int = 5,
    seed: int = 0,
) -> Collapse:
    """Stable ranks of S_1 .. S_depth for random layers of several widths.

    Parameters
    ----------
    sizes
        Numbers of tokens T.
    depth
        L.
    law, values, ratio, attention
        Of the entries; of W; T/d; "markov" or "key-query" (of the tokens of that layer).
    remove_outlier
        Whether A^perp stands for A.
    draws, seed
        How many, and their seed.

    Returns
    -------
    Collapse
        excess and ranks (sizes, depth, draws); slopes and predicted (sizes, depth) of sr - 1, or of sr without outlier.
    """
    kind, form = one_of(values, "the values", VALUES), one_of(attention, "the attention", ATTENTIONS)
    layers, number = whole(depth, "the depth", least=1), whole(draws, "the number of draws", least=1)
    share = float(checked_ratio(ratio))
    excess = np.zeros((len(sizes), layers, number))
    for i, T in enumerate(sizes):
        d = round(checked_tokens(T) / share)
        for j in range(number):
            start = seed + 7919 * (number * i + j)
            excess[i, :, j] = _one_run(T, d, layers, law, kind, form, remove_outlier, start)
    sigma = float(entry_law(law).ratio)
    constants = [gram_law(k, values=kind, ratio=ratio) for k in range(1, layers + 1)]
    width = np.asarray(sizes, dtype=float)[:, None]
    order = np.arange(1, layers + 1)[None, :]
    c = np.array([[float(one.plateau if remove_outlier else one.slope_coefficient) for one in constants]])
    predicted = c * width if remove_outlier else c * sigma ** (4 * order) * width ** (1.0 - 2 * order)
    shown = 1 + excess if remove_outlier else excess
    fits = tuple(power_law_fit(sizes, shown[:, k], seed=seed) for k in range(layers)) if len(sizes) > 2 else ()
    return Collapse(excess, 1 + excess, fits, predicted)


def _one_run(
    T: int, d: int, layers: int, law: str | EntryLaw, values: str, attention: str, remove_outlier: bool, seed: int
) -> Floats:
    """gram_excess after each layer."""
    X, found = isometric(T, d), []
    for layer in range(layers):
        A = markov(T, law, seed=seed + layer) if attention == "markov" else key_query_attention(X, seed=seed + layer)
        W = _values(values, d, seed + 104729 + layer)
        run = propagate(X, A[None], W[None], remove_outlier=remove_outlier)
        X = run.tokens if attention == "markov" else run.tokens * np.exp(run.log_scale[-1])
        found.append(run.gram_excess[-1])
    return np.array(found)


def isometric(tokens: int, dimension: int) -> Floats:
    """X_0 (T, d) with X_0 X_0^T = 1; where d < T, columns of the unit matrix, and said to be outside the proof."""
    return np.eye(tokens, dimension)


def _values(kind: str, d: int, seed: int) -> Floats:
    if kind == "identity":
        return np.eye(d)
    if kind == "orthogonal":
        return haar(d, seed=seed)
    return gaussian(d, d, seed=seed) / np.sqrt(d)


def gradient_norm_squared(attentions: Any, X0: Any, values: Any, layer: int) -> Any:
    """|dX_L/dW_l|_F^2 for attention that does not depend on X, without the Jacobian: exact for exact input.

    The Jacobian is the Kronecker product of A_L .. A_1 X_0 W_1 .. W_{l-1} and (W_{l+1} .. W_L)^T (derived), so the
    square is |A_L .. A_1 X_0 W_1 .. W_{l-1}|_F^2 |W_{l+1} .. W_L|_F^2, the last factor d for l = L.

    Parameters
    ----------
    attentions, values
        L matrices each, arrays or SymPy.
    X0
        (T, d).
    layer
        l, from 1 to L.
    """
    A, W = list(attentions), list(values)
    if len(A) != len(W) or not A:
        raise ShapeError(f"{len(A)} attentions came with {len(W)} values: give one of each for a layer")
    place = whole(layer, "the layer", least=1, most=len(A))
    is_exact = isinstance(A[0], sp.MatrixBase)
    left = sp.Matrix(X0) if is_exact else real_array(X0, "the tokens", ndim=2)
    for matrix in A:
        left = matrix * left if is_exact else np.asarray(matrix) @ left
    for matrix in W[: place - 1]:
        left = left * matrix if is_exact else left @ np.asarray(matrix)
    d = left.shape[1]
    right = sp.eye(d) if is_exact else np.eye(d)
    for matrix in W[place:]:
        right = right * matrix if is_exact else right @ np.asarray(matrix)
    return _square(left) * _square(right)


def _square(matrix: Any) -> Any:
    if isinstance(matrix, sp.MatrixBase):
        return sum((entry**2 for entry in matrix), sp.S.Zero)
    return float((np.asarray(matrix) ** 2).sum())


def mean_gradient_norm_squared(attentions: Any, X0: Any, depth: int, *, value_variance: Any = 1) -> Any:
    """The mean over independent centred W_l of variance v, for every layer v^(L-1) d^L |A_L .. A_1 X_0|_F^2."""
    A = list(attentions)
    layers = whole(depth, "the depth", least=1)
    if len(A) != layers:
        raise ShapeError(f"{len(A)} attentions came with depth {layers}: give one for each layer")
    is_exact = isinstance(A[0], sp.MatrixBase)
    product = sp.Matrix(X0) if is_exact else real_array(X0, "the tokens", ndim=2)
    for matrix in A:
        product = matrix * product if is_exact else np.asarray(matrix) @ product
    return value_variance ** (layers - 1) * product.shape[1] ** layers * _square(product)
