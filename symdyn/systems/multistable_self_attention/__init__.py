r"""Self-attention on the unit sphere: its equilibria, their closed-form spectra, and when several are stable at once.

    dx_i/dt = (I - x_i x_i^T) V sum_j alpha_ij x_j,   alpha_ij = exp(beta x_i^T B x_j) / sum_k exp(beta x_i^T B x_k)

for n tokens x_i of length 1, the rows of X, shape (n, d). V (d, d) is the value matrix, B = Q^T K (d, d) the score
matrix, beta >= 0 the inverse temperature; time is the depth of the network. All quantities are dimensionless.

Source: C. Altafini, Multistability of Self-Attention Dynamics in Transformers, arXiv 2511.11553. Statements that the
paper does not make are marked as derived.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from symdyn.dynamics.attention import Attention
from symdyn.dynamics.system import System
from symdyn.dynamics.tokens.attention_flow import energy, energy_rates, flow_on_spheres
from symdyn.dynamics.tokens.attention_input import inverse_temperature, mask_rows, matrix, score_matrices, token_count
from symdyn.errors import ShapeError
from symdyn.systems.multistable_self_attention.claims import PAPER, claims_of
from symdyn.systems.multistable_self_attention.collinear import (
    bipartite_spectrum,
    collinear_equilibria,
    collinear_spectrum,
    consensus_spectrum,
    is_stable,
    reduced_matrix,
    sigma,
    stability_conditions,
    stable_beta,
)
from symdyn.systems.multistable_self_attention.exhibits import exhibits_of
from symdyn.systems.multistable_self_attention.hypotheses import hypotheses
from symdyn.systems.multistable_self_attention.states import (
    class_of,
    describe,
    flags,
    mixed_condition,
    mixed_equilibria,
    mixed_tokens,
)

__all__ = [
    "attention", "bipartite_spectrum", "build", "class_of", "collinear_equilibria", "collinear_spectrum",
    "consensus_spectrum", "describe", "energy", "energy_rates", "flags", "hypotheses", "is_stable", "mixed_condition",
    "mixed_equilibria", "mixed_tokens", "reduced_matrix", "sigma", "stability_conditions", "stable_beta",
]  # fmt: skip


def build(
    V: Any = ((2, 0), (0, 1)),
    B: Any = None,
    Q: Any = None,
    K: Any = None,
    beta: Any = 1,
    tokens: int = 3,
    mask: Any = None,
) -> System:
    """Self-attention with weights V and B (or Q and K), inverse temperature beta and a number of tokens.

    Parameters
    ----------
    V
        Value matrix (d, d); diag(2, 1) by default.
    B
        Score matrix (d, d); the identity by default.
    Q, K
        Query and key matrices (d_h, d) instead of B = Q^T K.
    beta
        Inverse temperature, at least 0; 1 by default. May be a symbol.
    tokens
        Number of tokens; 3 by default.
    mask
        None, "causal", or a matrix of zeros and ones (n, n).

    Raises
    ------
    ModelError, ShapeError
        For values that do not fit together.

    Examples
    --------
    >>> system = build(V=[[2, 0], [0, 1]], beta=1, tokens=3)
    >>> [row.kind for row in collinear_equilibria(system.model) if row.is_stable]
    ['consensus at eigenvalue 2', 'bipartite consensus 2+1 at eigenvalue 2']
    """
    model = attention(V, B=B, Q=Q, K=K, beta=beta, tokens=tokens, mask=mask)
    dynamics = flow_on_spheres(model)
    return System(
        name="multistable_self_attention",
        parameters={"V": model.V, "B": model.B, "beta": model.beta, "tokens": model.tokens, "mask": model.allowed},
        claims=claims_of(model, dynamics),
        source=PAPER,
        flow=dynamics,
        model=model,
        equations=_equations(model),
        exhibits=exhibits_of(model, dynamics),
        names=partial(describe, model) if model.is_numeric else None,
    )


def attention(
    V: Any, B: Any = None, *, Q: Any = None, K: Any = None, beta: Any = 1, tokens: Any = 3, mask: Any = None
) -> Attention:
    """Read the parameters, as `build` explains them; rational numbers stay exact and symbols stay symbols.

    Raises
    ------
    ModelError, ShapeError
        For wrong shapes, a beta that is negative or not finite, no tokens, or an unknown mask.
    """
    value = matrix(V, "V")
    if value.rows != value.cols:
        raise ShapeError(f"V has shape {value.shape}: the value matrix must be square, as in V=[[2, 0], [0, 1]]")
    if value.rows < 2:
        raise ShapeError("V is 1 x 1: tokens on the sphere S^0 cannot move; give at least a 2 x 2 matrix")
    scores = score_matrices(value.rows, 1, B, Q, K)
    temperature, n = inverse_temperature(beta), token_count(tokens)
    return Attention(values=(value,), scores=scores, beta=temperature, tokens=n, allowed=mask_rows(mask, n))


def _equations(model: Attention) -> tuple[str, ...]:
    seen = "all tokens" if model.allowed is None else "the tokens that the mask lets token $i$ attend to"
    return (
        rf"The tokens $x_1, \dots, x_n \in \mathbb{{R}}^d$, $n = {model.tokens}$, $d = {model.dimension}$, have length "
        "1, and time is the depth of the network:",
        r"$\dot x_i = (I - x_i x_i^\top) V \sum_j \alpha_{ij} x_j$",
        r"$\alpha_{ij} = \frac{\exp(\beta x_i^\top B x_j)}{\sum_k \exp(\beta x_i^\top B x_k)}$, with sums over "
        f"{seen}. The output at token $i$ is $y_i = V \\sum_j \\alpha_{{ij}} x_j$.",
    )
