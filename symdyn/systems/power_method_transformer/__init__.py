"""Transformer layers as power iteration: which direction the tokens turn to, how fast, and how to steer it.

    post-LN      x_i <- N(x_i + sum_h F_h sum_j alpha^h_ij x_j)         alpha^h_ij ~ exp(beta (Q_h x_i)^T (K_h x_j))
    no residual  x_i <- N(sum_h F_h sum_j alpha^h_ij x_j)
    pre-LN       x_i <- x_i + sum_h F_h sum_j alpha^h_ij N(x_j)         alpha^h from the N(x_j)

Tokens x_i are the rows of a matrix of shape (tokens, dimension); F_h = W_O^h W_V^h, (d, d), acts on a token as a
column, so on all of them as X -> X F_h^T: code that writes x @ W has W = F^T, whose eigenvectors are left ones of F.
W_O W_V and W_V W_O share their spectrum, not their eigenvectors (v = W_O u). N normalises each token. The layer index
is time, the feed-forward block is left out; all quantities are dimensionless.

Source: C. Li, C. Altafini, Analogies between Transformer Layers and Power Method, arXiv 2605.25619. What is marked as
derived is not stated there.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from symdyn.algebra.spectra.steering import (
    additive,
    additive_threshold,
    compressed,
    needed_strength,
    rank_one,
    transport,
)
from symdyn.dynamics.system import System
from symdyn.dynamics.tokens.attention_input import head_matrices, matrix
from symdyn.dynamics.tokens.power_iteration import geometric_ratio, growth_exponent, predicted_rate, rotation_angle
from symdyn.errors import ShapeError
from symdyn.systems.power_method_transformer.claims import claims_of, winning_cone
from symdyn.systems.power_method_transformer.consensus import (
    attention_spectrum,
    bipartite_multipliers,
    consensus_multipliers,
    sign_alternates,
)
from symdyn.systems.power_method_transformer.exhibits import designs, exhibits_of
from symdyn.systems.power_method_transformer.layer import FORMS, Layer, layer, single, trajectory, uniform
from symdyn.systems.power_method_transformer.powering import (
    RULES,
    disagreement,
    dominance,
    layer_dominance,
    powered_matrix,
    winning_span,
)

__all__ = [
    "FORMS", "RULES", "Layer", "additive", "additive_threshold", "attention_spectrum", "bipartite_multipliers",
    "build", "compressed", "consensus_multipliers", "designs", "disagreement", "dominance", "geometric_ratio",
    "growth_exponent", "head_matrices", "layer", "layer_dominance", "needed_strength", "powered_matrix",
    "predicted_rate", "rank_one", "rotation_angle", "sign_alternates", "single", "trajectory", "transport", "uniform",
    "winning_cone", "winning_span",
]  # fmt: skip

SOURCE = "C. Li, C. Altafini, Analogies between Transformer Layers and Power Method, arXiv 2605.25619"
_HEADS = r"\sum_h F_h \sum_j \alpha^h_{ij} "
_STEP = {"post-LN": rf"N(x_i + {_HEADS} x_j)", "no residual": rf"N({_HEADS} x_j)", "pre-LN": rf"x_i + {_HEADS} N(x_j)"}
_NORM = {
    "L2": r"\Gamma \frac{x}{|x|}", "RMSNorm": r"\sqrt{d}\, \Gamma \frac{x}{|x|}",
    "LayerNorm": r"\sqrt{d}\, \Gamma \frac{\Pi x}{|\Pi x|}",
}  # fmt: skip


def build(
    F: Any = ((3, 0, 0), (0, 1, 0), (0, 0, -1)), tokens: int = 1, beta: Any = 1, Q: Any = None, K: Any = None,
    form: str = "post-LN", norm: str = "L2", mask: Any = None, gain: Any = None, target: Any = None,
) -> System:  # fmt: skip
    """One layer, repeated: the power method with attention. Its `model` is the Layer, its `iteration` the formulas.

    Parameters
    ----------
    F
        Matrix W_O W_V of shape (d, d), or a list of them, one for each head.
    tokens
        Number n of tokens.
    beta
        Inverse temperature of the softmax, at least 0, dimensionless.
    Q, K
        Query and key matrices of shape (d_h, d), one of each for each head; without them scores are beta x_i^T x_j.
    form
        "post-LN", "no residual" or "pre-LN".
    norm
        "L2", "RMSNorm" or "LayerNorm".
    mask
        None, "causal", or an (n, n) matrix of 0 and 1.
    gain
        Diagonal of the gain Gamma of the normalisation, d numbers.
    target
        Direction that steering turns tokens to, d numbers; the sum of all axes but the first unless given.

    Raises
    ------
    ModelError, ShapeError
        One sentence each, for what does not fit.

    Examples
    --------
    >>> disagreement(build([[2, 0], [0, -3]]).model.F)[:37]
    'the three ordering rules disagree: |l'
    """
    model = layer(F, tokens, beta, Q, K, form, norm, mask, gain)
    n, d, heads = model.tokens, model.dimension, [tuple(map(tuple, F.tolist())) for F in model.attention.values]
    aim = matrix([[0] + [1] * (d - 1)] if target is None else [list(target)], "target").T
    if len(aim) != d or (d > 1 and aim.is_zero_matrix):
        raise ShapeError(f"target is {tuple(aim)}: give {d} numbers, not all 0, the direction to steer tokens to")
    seen = "N(x)" if form == "pre-LN" else "x"
    return System(
        name="power_method_transformer",
        parameters={
            "F": heads[0] if len(heads) == 1 else tuple(heads), "tokens": n, "beta": model.attention.beta, "Q": Q,
            "K": K, "form": form, "norm": norm, "mask": mask, "gain": gain, "target": tuple(aim),
        },
        claims=claims_of(model),
        source=SOURCE,
        iteration=model.iteration(),
        model=model,
        equations=(
            rf"$x_i \leftarrow {_STEP[form]}$, layer by layer, for $n = {n}$ tokens $x_i \in \mathbb{{R}}^{{{d}}}$.",
            rf"$N(x) = {_NORM[norm]}$, $\Gamma$ the diagonal matrix of the gain, "
            r"$\Pi = I - \frac{1}{d} \mathbf{1} \mathbf{1}^\top$.",
            r"$\alpha^h_{ij} = \frac{e^{\beta (Q_h y_i)^\top (K_h y_j)}}{\sum_k e^{\beta (Q_h y_i)^\top (K_h y_k)}}$, "
            rf"over the tokens $j$ and $k$ that the mask allows, where $y = {seen}$ is what the heads see.",
            r"$F = \sum_h F_h$ with $F_h = W_O^h W_V^h$ is what the heads do together where all tokens agree.",
        ),
        exhibits=exhibits_of(model, sp.ImmutableMatrix(aim)),
    )  # fmt: skip
