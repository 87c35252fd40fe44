"""Self-attention on the unit sphere: its equilibria, their closed-form spectra, and when several are stable at once.

Source: C. Altafini, Multistability of Self-Attention Dynamics in Transformers, arXiv 2511.11553. Statements that the
paper does not make are marked as derived. All quantities are dimensionless.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from symdyn.dynamics.system import System
from symdyn.systems.multistable_self_attention.claims import PAPER, claims
from symdyn.systems.multistable_self_attention.cone import cone
from symdyn.systems.multistable_self_attention.energy import energy, energy_rates
from symdyn.systems.multistable_self_attention.flags import describe, flags
from symdyn.systems.multistable_self_attention.hypotheses import hypotheses
from symdyn.systems.multistable_self_attention.jacobian import closed_form_jacobian
from symdyn.systems.multistable_self_attention.model import flow
from symdyn.systems.multistable_self_attention.parameters import attention
from symdyn.systems.multistable_self_attention.table import collinear_equilibria


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
    ModelError
        For values that do not fit together.

    Examples
    --------
    >>> system = build(V=[[2, 0], [0, 1]], beta=1, tokens=3)
    >>> [row.kind for row in system.details["collinear_equilibria"]() if row.is_stable]
    ['consensus at eigenvalue 2', 'bipartite consensus 2+1 at eigenvalue 2']
    """
    model = attention(V, B=B, Q=Q, K=K, beta=beta, tokens=tokens, mask=mask)
    dynamics = flow(model)
    return System(
        name="multistable_self_attention",
        parameters={"V": model.V, "B": model.B, "beta": model.beta, "tokens": model.tokens, "mask": model.allowed},
        claims=claims(model, dynamics),
        source=PAPER,
        flow=dynamics,
        details={
            "model": model,
            "flags": partial(flags, model),
            "describe": partial(describe, model),
            "collinear_equilibria": partial(collinear_equilibria, model),
            "hypotheses": partial(hypotheses, model),
            "closed_form_jacobian": partial(closed_form_jacobian, model),
            "energy": partial(energy, model),
            "energy_rates": partial(energy_rates, model),
            "cone": partial(cone, model),
        },
    )
