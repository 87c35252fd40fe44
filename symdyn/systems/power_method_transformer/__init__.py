"""Transformer layers as power iteration: which direction the tokens turn to, how fast, and how to steer it.

After C. Li, C. Altafini, Analogies between Transformer Layers and Power Method, arXiv 2605.25619. The layer index is
time, the feed-forward block is left out, and the matrix that matters is F = sum_h W_O^h W_V^h, the products of output
and value matrices summed over heads. Tokens are rows; F acts on a token as a column (`model` states all conventions).
Closed forms marked as derived are not statements of the paper.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from symdyn.dynamics.system import System
from symdyn.systems.power_method_transformer import alignment, cone, consensus, ordering, rates, steering
from symdyn.systems.power_method_transformer.claims import claims_of
from symdyn.systems.power_method_transformer.matrices import head_matrices
from symdyn.systems.power_method_transformer.model import layer

SOURCE = "C. Li, C. Altafini, Analogies between Transformer Layers and Power Method, arXiv 2605.25619"
_EXAMPLE = ((3, 0, 0), (0, 1, 0), (0, 0, -1))


def build(
    F: Any = _EXAMPLE,
    tokens: int = 1,
    beta: Any = 1,
    Q: Any = None,
    K: Any = None,
    form: str = "post-LN",
    norm: str = "L2",
    mask: Any = None,
    gain: Any = None,
) -> System:
    """One layer, repeated: the power method with attention.

    Parameters
    ----------
    F
        Matrix W_O W_V of shape (d, d), or a list of them, one for each head.
    tokens
        Number n of tokens.
    beta
        Inverse temperature of the softmax, dimensionless.
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

    Returns
    -------
    System
        With `iteration` where formulas are small enough. In `details`: the `layer` (`step` on arrays, `exact_step`),
        and for a layer of numbers its `dominance`, `rate`, `warning` and `powered_matrix`; the modules
        `consensus`, `cone`, `steering`, `alignment`, `ordering` and `rates` by name.

    Raises
    ------
    ModelError, ShapeError
        One sentence each, for what does not fit.

    Examples
    --------
    >>> build([[2, 0], [0, -3]]).details["warning"][:37]
    'the three ordering rules disagree: |l'
    """
    one = layer(F, tokens, beta, Q, K, form, norm, mask, gain)
    details: dict[str, Any] = {
        "layer": one,
        "powered_matrix": ordering.powered_matrix(one),
        "head_matrices": head_matrices,
        "alignment": alignment,
        "cone": cone,
        "consensus": consensus,
        "ordering": ordering,
        "rates": rates,
        "steering": steering,
    }
    if not details["powered_matrix"].free_symbols:
        found = ordering.layer_dominance(one)
        warning = ordering.disagreement(one.F, form)
        details |= {"dominance": found, "rate": rates.predicted_rate(found), "warning": warning}
    parameters = {
        "F": sp.ImmutableMatrix(one.F), "tokens": one.tokens, "beta": one.beta, "Q": Q, "K": K, "form": form,
        "norm": norm, "mask": mask, "gain": gain,
    }  # fmt: skip
    return System(
        name="power_method_transformer",
        parameters=parameters,
        claims=claims_of(one),
        source=SOURCE,
        iteration=one.iteration(),
        details=details,
    )
