"""How smooth attention is: Jacobians, bounds by tokens and radius, inputs that are worst, measures, splitting, limits.

    f(X)_i = V sum_j P_ij x_j,   P = softmax of S by rows,   S_ij = <A x_i, x_j>

Tokens are rows: X is (n, d). A = K^T Q / sqrt(k) is (d, d), so S = X A^T X^T with queries i and keys j; V is (d_out,
d). The Jacobian is (n d_out, n d), with rows i d_out + a and columns j d + b; norms are Euclidean on the stacked
tokens. With weights a, of the measure sum_i a_i delta(x_i), the softmax has the factors a_j and the constant in W_2 is
||D^(1/2) J D^(-1/2)||, D = diag(a) (x) I. Heads are sequences of A and of V (with the output matrix W_O in V), summed.
The causal mask lets j <= i. Everything is dimensionless.

Source: V. Castin, P. Ablin, G. Peyré, How Smooth Is Attention?, arXiv 2312.14820. What is marked derived is not stated
there; recalled marks what is known second-hand.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.dynamics.system import System
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import one_of, real_array, whole
from symdyn.numerics.norms import cesaro_norm
from symdyn.systems.attention_lipschitz.adversary import (
    WorstInput,
    balanced_bound,
    closed_bound,
    grouped_norm,
    worst_input,
)
from symdyn.systems.attention_lipschitz.attention import attention, jacobian, jacobian_map, scores_matrix
from symdyn.systems.attention_lipschitz.bounds import PAPER, Bound, LipschitzBounds, bounds, input_bound
from symdyn.systems.attention_lipschitz.checkpoint import read_weights
from symdyn.systems.attention_lipschitz.claims import claims_of
from symdyn.systems.attention_lipschitz.constants import (
    Growth,
    Split,
    Tie,
    growth,
    large_radius_limit,
    local_lipschitz,
    split_constant,
    weighted_jacobian,
)
from symdyn.systems.attention_lipschitz.diracs import TwoDiracs, two_diracs, two_symmetric_tokens
from symdyn.systems.attention_lipschitz.exhibits import exhibits_of
from symdyn.systems.attention_lipschitz.given import heads_in_floats, read_heads, real_number
from symdyn.systems.attention_lipschitz.measured import AttentionModel
from symdyn.systems.attention_lipschitz.supremum import supremum

__all__ = [
    "AttentionModel",
    "Bound",
    "Growth",
    "LipschitzBounds",
    "Split",
    "Tie",
    "TwoDiracs",
    "WorstInput",
    "attention",
    "balanced_bound",
    "bounds",
    "build",
    "cesaro_norm",
    "closed_bound",
    "grouped_norm",
    "growth",
    "input_bound",
    "jacobian",
    "jacobian_map",
    "large_radius_limit",
    "local_lipschitz",
    "read_weights",
    "scores_matrix",
    "split_constant",
    "supremum",
    "two_diracs",
    "two_symmetric_tokens",
    "weighted_jacobian",
    "worst_input",
]


def build(
    A: Any = ((1, 0), (0, 1)),
    V: Any = ((1, 0), (0, 1)),
    tokens: int = 8,
    radius: Any = 1,
    mask: str = "none",
    heads: Any = None,
    masses: Any = None,
    seed: int = 0,
) -> System:
    """Attention on tokens in a ball.

    Parameters
    ----------
    A, V
        Matrices (d, d) and (d_out, d), or a sequence of each, one for every head.
    tokens
        n, a whole number from 1.
    radius
        R of the ball, a number above 0.
    mask
        none, or causal.
    heads
        An .npz file of heads, as `read_weights` takes it, in place of A and V.
    masses
        Of the tokens, n numbers above 0 with sum 1; drawn at random unless given.
    seed
        Added to the seed of a study.

    Raises
    ------
    ModelError, ShapeError
        If a parameter is out of range.
    """
    n = whole(tokens, "the number of tokens", least=1)
    if heads is not None:
        A, V = read_weights(heads)
    read = heads_in_floats(read_heads(A, V))
    if not any(value.any() for value in read.values):
        raise ModelError("V is zero, and so is attention everywhere: give another matrix of values")
    R = real_number(radius, "the radius")
    if R <= 0:
        raise ModelError(f"the radius is {came(radius)}: give a number above 0")
    model = AttentionModel(
        heads=read,
        tokens=n,
        radius=R,
        mask=one_of(mask, "the mask", ("none", "causal")),
        masses=_checked_masses(masses, n),
        seed=whole(seed, "the seed"),
    )
    return System(
        "attention_lipschitz",
        {"A": A, "V": V, "tokens": n, "radius": radius, "mask": mask, "heads": heads, "masses": masses, "seed": seed},
        claims_of(model),
        PAPER,
        model=model,
        equations=(
            r"$f(X)_i = V \sum_j P_{ij} x_j$, $P = \mathrm{softmax}(S)$ by rows, $S_{ij} = \langle A x_i, x_j "
            r"\rangle$; the rows $x_i$ of $X$, of shape $(n, d)$, are tokens.",
            r"$J_{ij} = V (P_{ij} (I + (x_j - m_i)(A x_i)^\top) + \delta_{ij} C_i A)$, $m_i$ and $C_i$ the mean and "
            r"covariance of the tokens under row $i$ of $P$.",
            r"$\|D^{1/2} J D^{-1/2}\|$, $D = \mathrm{diag}(a) \otimes I$, is the constant in $W_2$ at $\sum_i a_i "
            r"\delta_{x_i}$ where no atom splits; the largest of it and of $\|V C_i A\|$ where atoms split.",
            r"$\|J\| \le \|V\| (\sqrt n + \|A\| R^2 (1 + \sqrt n))$ for $n$ tokens in the ball of radius $R$, with "
            r"or without mask.",
            r"$\|J\| \le \|V\| (\|A\| R^2 + (1 + 2 \|A\| R^2) e^{2 \|A\| R^2})$ for any number of tokens, without "
            r"mask.",
            r"$\|J\| \ge \|V u\| \sqrt{n - 1} \, p \, (1 + (1 - p) T)$ at worst, $p = 1/(1 + (n - 1) e^{-T})$, for "
            r"unit $u$ with $g = \langle A u, u \rangle$: $T = g R^2/4$ if $g > 0$, $T = 2 |g| R^2$ if $g < 0$.",
            r"$\|J\| = \|V\| \|M_n\| \to 2 \|V\|$ at $X = 0$ with the causal mask, $(M_n)_{ij} = 1/i$ for $j \le i$.",
        ),
        exhibits=exhibits_of(model),
    )


def _checked_masses(masses: Any, tokens: int) -> tuple[float, ...] | None:
    if masses is None:
        return None
    found = real_array(masses, "the list of masses", ndim=1)
    if len(found) != tokens:
        raise ShapeError(f"{len(found)} masses came for {tokens} tokens: give one for each")
    if (found <= 0).any() or abs(float(found.sum()) - 1) > 1e-9:
        raise ModelError(f"the masses are {came(masses)}: give numbers above 0 with sum 1")
    return tuple(np.asarray(found).tolist())
