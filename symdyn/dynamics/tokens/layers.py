"""Tokens through layers X -> A X W: stable ranks and distance to consensus, whatever the scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from symdyn.certificate.certificate import Certificate
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, one_of, real_array
from symdyn.numerics.singular_gap import stable_rank_excess
from symdyn.numerics.stochastic.outlier import row_stochastic

RESIDUALS = ("none", "skip", "upscaled")


@dataclass(frozen=True, kw_only=True)
class Propagation:
    """Tokens layer by layer; a batch leads.

    Parameters
    ----------
    tokens
        X_L exp(-log_scale) of the last layer, whose largest singular value is 1.
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
    mlp: Callable[[Floats], Any] | None = None,
) -> Propagation:
    """Tokens through layers, scaled between them so that nothing under- or overflows.

    Parameters
    ----------
    X0
        (T, d), or (draws, T, d).
    attentions
        (L, T, T), or (draws, L, T, T); or a function of the tokens (..., T, d) and the number of the layer, from 1,
        that gives (..., T, T).
    values
        (L, d, d), or (draws, L, d, d).
    remove_outlier
        Whether A - (1/T) 1 1^T stands for A.
    residual
        "none", "skip" (X + A X W) or "upscaled" (X + A X W/sqrt(d)).
    layer_norm
        Whether each row is centred and divided by its deviation after the layer.
    mlp
        A function of tokens (..., T, d) applied after that.

    Raises
    ------
    ModelError, ShapeError
        If shapes do not fit, rows of an attention do not sum to 1, or tokens become zero.

    Examples
    --------
    >>> half = np.full((1, 2, 2), 0.5)
    >>> propagate(np.eye(2), half, np.eye(2)[None]).gram_excess.round(12).tolist()  # equal rows: consensus at once
    [1.0, 0.0]
    """
    X = real_array(X0, "the tokens", ndim=(2, 3))
    W = real_array(values, "the value matrices", ndim=(3, 4))
    kind = one_of(residual, "the residual", RESIDUALS)
    given = attentions if callable(attentions) else row_stochastic(attentions)
    (T, d), layers = X.shape[-2:], W.shape[-3]
    if not callable(given) and (given.ndim not in (3, 4) or given.shape[-3:] != (layers, T, T)):
        raise ShapeError(f"tokens {X.shape} came with attentions {given.shape}: give (L, T, T), L as of W")
    if W.shape[-2:] != (d, d):
        raise ShapeError(f"tokens {X.shape} came with value matrices {W.shape}: give (L, {d}, {d})")
    leads = {one for one in (X.shape[:-2], W.shape[:-3], () if callable(given) else given.shape[:-3]) if one}
    if len(leads) > 1:
        raise ShapeError(f"batches of {sorted(one[0] for one in leads)} draws came: give as many of each")
    batch = next(iter(leads), ())
    X, log = np.broadcast_to(X, (*batch, T, d)), np.zeros(batch)
    weight = 1 / np.sqrt(d) if kind == "upscaled" else 1.0
    singular, scales, consensus = [], [], []
    for layer in range(layers + 1):
        s = np.linalg.svd(X, compute_uv=False)
        if not (s[..., 0] > 0).all():
            raise ModelError(f"all tokens are zero at layer {layer}: the stable rank is not defined, give others")
        X, log = X / s[..., :1, None], log + np.log(s[..., 0])
        singular.append(s / s[..., :1])
        scales.append(log)
        spread = np.linalg.norm(X - X.mean(axis=-2, keepdims=True), axis=(-2, -1))
        consensus.append(spread / np.linalg.norm(X, axis=(-2, -1)))
        if layer == layers:
            break
        if callable(given):
            A = row_stochastic(given(X * np.exp(log)[..., None, None], layer + 1))
        else:
            A = given[..., layer, :, :]
        moved = weight * ((A - 1 / T if remove_outlier else A) @ X @ W[..., layer, :, :])
        X = moved if kind == "none" else X + moved
        if layer_norm:
            X, log = _normalised(X, layer + 1), np.zeros(batch)
        if mlp is not None:
            X = real_array(mlp(X * np.exp(log)[..., None, None]), "what the mlp gives", ndim=X.ndim)
            log = np.zeros(batch)
            if X.shape != (*batch, T, d):
                raise ShapeError(f"the mlp gives the shape {X.shape}: give back {(*batch, T, d)}")
    listed = np.stack(singular, axis=-2)
    excess = (listed[..., 1:] ** 4).sum(axis=-1)
    return Propagation(
        tokens=X,
        singular_values=listed,
        gram_stable_ranks=1 + excess,
        gram_excess=excess,
        distance_to_consensus=np.stack(consensus, axis=-1),
        log_scale=np.stack(scales, axis=-1),
    )


def _normalised(X: Floats, layer: int) -> Floats:
    deviation = X.std(axis=-1, keepdims=True)
    if not (deviation > 0).all():
        raise ModelError(f"a token has equal entries at layer {layer}: layer norm is not defined there, give others")
    return np.asarray((X - X.mean(axis=-1, keepdims=True)) / deviation)


def certified_collapse(X0: Any, attentions: Any, values: Any) -> Certificate:
    """PROVED: what the stable ranks of X_L and of X_L X_L^T are above 1, at most.

    X_L = A_L .. A_1 X_0 W_1 .. W_L is computed exactly from the fractions that floats are; the bounds are sums of
    (s_i/s_1)^2 and of (s_i/s_1)^4 over i >= 2.

    Parameters
    ----------
    X0, attentions, values
        (T, d), (L, T, T) and (L, d, d).

    Raises
    ------
    ModelError, ShapeError
        If shapes do not fit, or X_L is zero.

    Examples
    --------
    >>> A = np.array([[[0.75, 0.25], [0.25, 0.75]]])
    >>> certified_collapse(np.eye(2), A, np.eye(2)[None]).claim.partition("satisfy ")[2]  # s_2/s_1 = 1/2
    'sum over i >= 2 of (s_i/s_1)**2 <= 0.25, sum over i >= 2 of (s_i/s_1)**4 <= 0.0625'
    """
    X = real_array(X0, "the tokens", ndim=2)
    A, W = row_stochastic(real_array(attentions, "the attention", ndim=3)), real_array(values, "the values", ndim=3)
    if A.shape[1:] != (len(X), len(X)) or W.shape != (len(A), X.shape[1], X.shape[1]):
        raise ShapeError(f"tokens {X.shape} came with {A.shape} and {W.shape}: give (L, T, T) and (L, d, d)")
    return stable_rank_excess([*A[::-1], X, *W])
