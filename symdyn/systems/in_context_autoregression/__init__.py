r"""Attention that learns a linear map in context: losses, all optima, which one training selects, gradient steps.

    s_{t+1} = W s_t,   s_1 = 1,   s_{t,k} = lambda_k^(t-1)   in the common eigenbasis of all maps W

Tokens are rows, shape (T, d); T is the length of the context, s_{T+1} the target. Family "unitary": d independent
angles, lambda_k uniform on the unit circle. Family "orthogonal": d is even, coordinates (2k, 2k+1), counted from 0, are
conjugate pairs, and there are d/2 independent angles. A and B have a head in each row, shape (H, d), and enter through
C = B^T A, shape (d, d); p has shape (T,), p[-1] is p_T and p[-2] is p_{T-1}. The output at T is

    sum_t p_t sum_j C_kj conj(s_{T-1,j}) s_{t,j} s_{t,k}.

P of shape (T, T) has a row of positions for each length: row t = 1 .. T - 1 has its entries 1 .. t + 1 in use. Losses
are expectations of squared errors over all angles, exact for exact input. Augmented tokens (0, s_t, s_{t-1}) have
functions of their own. Everything is dimensionless.

Source: M. Sander, R. Giryes, T. Suzuki, M. Blondel, G. Peyre, How do Transformers Perform In-Context Autoregressive
Learning?, arXiv 2402.05787. What is marked derived is not stated there.
"""

from __future__ import annotations

from typing import Any

from symdyn.dynamics.system import System
from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import one_of, whole
from symdyn.systems.in_context_autoregression.claims import claims_of
from symdyn.systems.in_context_autoregression.curvature import Nullity, hessian, hessian_nullity
from symdyn.systems.in_context_autoregression.entries import sizes
from symdyn.systems.in_context_autoregression.exhibits import exhibits_of
from symdyn.systems.in_context_autoregression.heads import augmented_head, gradient_step, predict, recover_multiplier
from symdyn.systems.in_context_autoregression.losses import (
    attention_loss,
    augmented_loss,
    optimal_step,
    population_loss,
    population_loss_by_moments,
)
from symdyn.systems.in_context_autoregression.model import PAPER, InContext
from symdyn.systems.in_context_autoregression.optima import ZeroLossSet, forced, squares, zero_loss_set
from symdyn.systems.in_context_autoregression.positions import PositionalEncoding, positional_encoding
from symdyn.systems.in_context_autoregression.selected import SelectedOptimum, selected_optimum
from symdyn.systems.in_context_autoregression.sequences import ArFit, ar_fit
from symdyn.systems.in_context_autoregression.training import Training, train, training_flow, training_model

__all__ = [
    "ArFit",
    "InContext",
    "Nullity",
    "PositionalEncoding",
    "SelectedOptimum",
    "Training",
    "ZeroLossSet",
    "ar_fit",
    "attention_loss",
    "augmented_head",
    "augmented_loss",
    "build",
    "forced",
    "gradient_step",
    "hessian",
    "hessian_nullity",
    "optimal_step",
    "population_loss",
    "population_loss_by_moments",
    "positional_encoding",
    "predict",
    "recover_multiplier",
    "selected_optimum",
    "squares",
    "train",
    "training_flow",
    "training_model",
    "zero_loss_set",
]


def build(
    dimension: int = 4,
    heads: int = 4,
    length: int = 6,
    family: str = "unitary",
    tokens: str = "plain",
    init: Any = 0.1,
    seed: int = 0,
) -> System:
    """Heads of linear attention that predict the next token of s_{t+1} = W s_t.

    Parameters
    ----------
    dimension
        d, a whole number from 1 to 12; even for conjugate pairs.
    heads
        H, a whole number from 1 to 12.
    length
        T, a whole number from 2 to 30.
    family
        unitary or orthogonal.
    tokens
        plain, or augmented: only what concerns gradient steps.
    init
        Standard deviation of random starts, a number above 0 and at most 1.
    seed
        Of the starts.

    Raises
    ------
    ModelError
        If a parameter is out of range.
    """
    whole(dimension, "the dimension", least=1, most=12)
    whole(heads, "the number of heads", least=1, most=12)
    whole(length, "the length", least=2, most=30)
    H, d, T, _ = sizes(heads, dimension, length, family)
    if isinstance(init, bool) or not hasattr(init, "__float__") or not 0 < float(init) <= 1:
        raise ModelError(f"init is {came(init)}: give a number above 0 and at most 1")
    kind = one_of(tokens, "tokens", ("plain", "augmented"))
    model = InContext(d, H, T, family, kind, float(init), whole(seed, "the seed"))
    return System(
        "in_context_autoregression",
        {"dimension": d, "heads": H, "length": T, "family": family, "tokens": kind, "init": model.init, "seed": seed},
        claims_of(model),
        PAPER,
        model=model,
        equations=_equations(model),
        exhibits=exhibits_of(model),
    )


def _equations(model: InContext) -> tuple[str, ...]:
    augmented = (
        r"$s_{t+1} = W s_t$, $s_1 = \mathbf{1}$, $s_{t,k} = \lambda_k^{t-1}$ in the common eigenbasis of all $W$.",
        r"$\hat{s}_{T+1} = \eta \sum_{t=1}^{T-1} s_{t+1} \langle s_t, s_T \rangle$, the head on augmented tokens, a "
        r"step of size $\eta$ for $\frac{1}{2} \sum_t |s_{t+1} - W s_t|^2$ from $W = 0$.",
    )
    if model.tokens == "augmented":
        return augmented
    loss = (
        r"$L = (|p|^2 - p_{T-1}^2) |C|_F^2 + p_{T-1}^2 |C \mathbf{1}|^2 - 2 p_T \, \mathrm{tr}\, C + d$, the loss over "
        "unitary maps."
        if model.family == "unitary"
        else r"$L = p_{T-1}^2 \sum_k r_k^2 + Q |C|_F^2 + 2 p_{T-1} S \sum_k r_k o_k + (S^2 - Q) \sum_k o_k^2 - 2 p_T "
        r"\, \mathrm{tr}\, C + d$, the loss over conjugate pairs; $r_k = \sum_j C_{kj}$, $o_k = C_{k\bar{k}}$, and "
        r"$S$, $Q$ are the sum and the sum of squares of all $p_t$ but $p_{T-1}$."
    )
    optima = (
        r"The loss is zero where $p_T C = 1$ and $p_t = 0$ for $t < T$, and nowhere else."
        if model.family == "unitary"
        else r"The loss is zero where $p_T C = 1 + c K$, $p_{T-1} = -\tfrac{c}{1 + c} p_T$ and the other $p_t = 0$, "
        "and nowhere else; $K$ exchanges partners, and $c = 1$ for fewer than $d$ heads."
    )
    return (
        *augmented,
        r"$\hat{s}_{T+1,k} = \sum_{t=1}^{T} p_t \sum_j C_{kj} \bar{s}_{T-1,j} s_{t,j} s_{t,k}$, the plain heads, with "
        r"$C = B^\top A$ of shape $(d, d)$.",
        loss,
        optima,
        r"Gradient flow conserves $A A^\top - B B^\top$ and $|A|_F^2 - |p|^2$.",
        r"$\sum_i \tfrac{1}{2} (D_i + \sqrt{D_i^2 + 4 c^2}) - n c^{-2} = |A|_F^2 - |P|_F^2$, which $c$ solves: "
        r"training whose loss goes to zero ends at $C = \pm c$ and $p_T = \pm 1/c$; $D_i$ are the eigenvalues of $A "
        r"A^\top - B B^\top$ and $n$ is the number of rows of positions"
        + ("." if model.family == "unitary" else r"; in pairs, with $2 c$ in the root and $\tfrac{5}{4} n$ for $n$."),
        r"$p^{(k)} = e - U (1 - 2 \eta w/(T - 1))^k U^\top e$, positions alone after $k$ steps from zero, for the "
        r"quadratic form $G = U \mathrm{diag}(w) U^\top$ of a row.",
    )
