"""Consensus: the multipliers of a layer at equal tokens, and at tokens split into two opposite halves.

At consensus v with F v = lambda v every head averages equal vectors, so attention is the row-normalised mask whatever
Q and K, and its derivative drops out because rows sum to one. What remains is I + alpha (x) F (or alpha (x) F without
residual) on directions across v. Derived, for any F with F v = lambda v, for L2 and for RMSNorm without gain; of the
projective map: where the powered eigenvalue is negative the state also changes sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from symdyn.algebra.spectra.eigenvalues import Spectrum, with_multiplicity
from symdyn.errors import ModelError
from symdyn.systems.power_method_transformer.layer import Layer


def attention_spectrum(layer: Layer) -> Spectrum:
    """Eigenvalues of the attention at consensus, the row-normalised mask: 1 and 0 if full, 1/k for a causal one."""
    n, seen = layer.tokens, layer.attention.attends
    alpha = sp.ImmutableMatrix(n, n, lambda i, j: sp.Rational(int(j) in seen(int(i)), len(seen(int(i)))))
    pairs = [(alpha[k, k], 1) for k in range(n)] if alpha.is_lower else alpha.eigenvals().items()
    return with_multiplicity([(value, int(count)) for value, count in pairs])


def consensus_multipliers(value: Any, others: Sequence[Any], spectrum: Any, form: str = "post-LN") -> Spectrum:
    """Multipliers at consensus on an eigenvector: (1 + nu s) / (1 + lambda), or nu s / lambda without residual.

    Lambda is the eigenvalue of F there, nu are the other d - 1 with multiplicity, and the spectrum of the attention at
    consensus is given as pairs of s and its multiplicity.

    Raises
    ------
    ModelError
        In pre-LN, whose norm grows or jumps, and where the layer annihilates the consensus.

    Examples
    --------
    >>> consensus_multipliers(3, [1, -1], [(1, 1), (0, 3)])
    ((1/2, 1), (0, 1), (1/4, 6))
    """
    if form == "pre-LN":
        raise ModelError("pre-LN has no fixed consensus: its norm is not kept, see `growth_exponent` for its rate")
    kept = sp.Integer(int(form == "post-LN"))
    if kept + value == 0:
        raise ModelError(f"a {form} layer annihilates the eigenvector of {value}: its next state is undefined")
    return with_multiplicity([((kept + nu * s) / (kept + value), count) for s, count in spectrum for nu in others])


def bipartite_multipliers(value: Any, others: Sequence[Any], g: Any, tokens: int) -> Spectrum:
    """Multipliers of a post-LN layer where half of the tokens are v and half are -v, with g = beta v^T Q^T K v.

    With c = tanh g the state is fixed for 1 + lambda c > 0, and the multipliers are (1 + nu)/(1 + lambda c),
    (1 + nu c)/(1 + lambda c), and 1/(1 + lambda c) with multiplicity (n - 2)(d - 1).

    Raises
    ------
    ModelError
        If the number of tokens is odd.
    """
    if tokens < 2 or tokens % 2:
        raise ModelError(f"{tokens} tokens have no balanced split: give an even number")
    c = sp.tanh(g)
    scale = 1 + value * c
    across = [entry for nu in others for entry in (((1 + nu) / scale, 1), ((1 + nu * c) / scale, 1))]
    return with_multiplicity([*across, (1 / scale, (tokens - 2) * len(others))])


def sign_alternates(value: Any, form: str = "post-LN") -> bool:
    """Whether v and -v follow each other: the powered eigenvalue is negative (period 2 in sign, fixed as a line)."""
    return bool(int(form == "post-LN") + sp.S.Zero + value < 0)
