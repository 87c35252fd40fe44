"""Consensus: the multipliers of a layer at equal tokens, and at tokens split into two opposite halves.

At consensus v with F v = lambda v every head averages equal vectors, so attention is the row-normalised mask whatever
Q and K, and its derivative drops out because rows sum to one. What remains is I + alpha (x) F (or alpha (x) F without
residual) on directions across v. The formulas, derived, hold for any F with F v = lambda v, for L2 and for RMSNorm
without gain. Multipliers are those of the projective map; where the powered eigenvalue is negative the state also
changes sign in every layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import symengine
import sympy as sp

from symdyn.algebra.programs.derivatives import differentiated
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.equilibrium import Stability
from symdyn.dynamics.iteration import Iteration
from symdyn.errors import ModelError
from symdyn.systems.power_method_transformer.matrices import as_matrix
from symdyn.systems.power_method_transformer.model import Layer

Multipliers = tuple[tuple[sp.Expr, int], ...]


def consensus_attention(layer: Layer) -> sp.ImmutableMatrix:
    """The attention matrix at consensus: the mask with rows normalised to one."""
    n = layer.tokens
    return sp.ImmutableMatrix(n, n, lambda i, j: layer.allowed[i, j] / sum(layer.allowed.row(i)))


def attention_spectrum(layer: Layer) -> Multipliers:
    """Eigenvalues of the attention at consensus: 1 and 0 for a full mask, 1/k for a causal one."""
    alpha = consensus_attention(layer)
    if alpha.is_lower:
        return _merged([(alpha[k, k], 1) for k in range(layer.tokens)])
    return _merged([(value, int(count)) for value, count in alpha.eigenvals().items()])


def consensus_multipliers(
    value: Any, others: Sequence[Any], spectrum: Multipliers | Sequence[tuple[Any, int]], form: str = "post-LN"
) -> Multipliers:
    """Multipliers at consensus on an eigenvector: (1 + nu s) / (1 + lambda), or nu s / lambda without residual.

    Parameters
    ----------
    value
        lambda, the eigenvalue of F at the consensus.
    others
        The other d - 1 eigenvalues nu of F, with multiplicity.
    spectrum
        Pairs (s, multiplicity), the spectrum of the attention at consensus.

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
        raise ModelError("pre-LN has no fixed consensus: its norm is not kept, see `pre_ln_exponent` for its rate")
    kept = 1 if form == "post-LN" else 0
    scale = kept + sp.S.Zero + value
    if scale == 0:
        raise ModelError(f"a {form} layer annihilates the eigenvector of {value}: its next state is undefined")
    return _merged([((kept + nu * s) / scale, count) for s, count in spectrum for nu in others])


def bipartite_multipliers(value: Any, others: Sequence[Any], g: Any, tokens: int) -> Multipliers:
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
    return _merged([*across, (1 / scale, (tokens - 2) * len(others))])


def sign_alternates(value: Any, form: str = "post-LN") -> bool:
    """Whether v and -v follow each other: the powered eigenvalue is negative (period 2 in sign, fixed as a line)."""
    return bool((1 if form == "post-LN" else 0) + sp.S.Zero + value < 0)


def other_eigenvalues(F: Any, value: Any) -> tuple[sp.Expr, ...]:
    """Eigenvalues of `F` with multiplicity, one copy of `value` left out.

    Raises
    ------
    ModelError
        If `value` is no eigenvalue.
    """
    found = as_matrix(F, "F").eigenvals(multiple=True)
    place = next((k for k, entry in enumerate(found) if sp.simplify(entry - value) == 0), None)
    if place is None:
        raise ModelError(f"{value} is no eigenvalue of F: they are {found}")
    return tuple(found[:place] + found[place + 1 :])


def consensus_stability(multipliers: Multipliers) -> Stability:
    """Counts of multipliers by modulus against 1, decided exactly for numbers.

    A multiplier of modulus 1 leaves the linear test inconclusive.

    Raises
    ------
    ModelError
        If a modulus cannot be compared with 1, as with symbols.
    """
    counts = {1: 0, 0: 0, -1: 0}
    for multiplier, count in multipliers:
        sign = sp.sign(sp.Abs(multiplier) - 1)
        if sign not in (-1, 0, 1):
            raise ModelError(f"|{multiplier}| cannot be compared with 1: give values to its symbols")
        counts[int(sign)] += count
    conclusion = "unstable" if counts[1] else "inconclusive" if counts[0] else "stable"
    exact = not any(multiplier.has(sp.Float) for multiplier, _ in multipliers)
    values = tuple(multiplier for multiplier, count in multipliers for _ in range(count))
    verdict = Verdict.PROVED if exact else Verdict.OBSERVED
    return Stability(
        verdict=verdict,
        unstable=counts[1],
        neutral=counts[0],
        stable=counts[-1],
        explained=(),
        conclusion=conclusion,
        eigenvalues=values,
    )


def tangent_derivative(iteration: Iteration, states: sp.MatrixBase) -> sp.ImmutableMatrix:
    """Derivative of a layer at tokens of length 1, shape (n (d-1), n (d-1)), on tangent vectors across each token.

    Taken from the formulas of the layer, without the closed forms above. A basis of the complement of v is used at v
    and, the same one, at -v; where a token changes sign the derivative therefore keeps moduli and turns no sign.
    """
    n, d = states.shape
    entries, inside = differentiated(tuple(iteration.update), iteration.coords)
    point = {inside[symbol].name: value for symbol, value in zip(iteration.coords, states, strict=True)}
    # substituted before it goes back to SymPy: the entries shrink to numbers at once
    ambient = sp.ImmutableMatrix(n * d, n * d, [entry.subs(_entered(point))._sympy_() for entry in entries])
    columns = sp.zeros(n * d, n * (d - 1))
    for i in range(n):
        vectors = sp.Matrix([list(states.row(i))]).nullspace()
        for k, vector in enumerate(vectors):
            columns[i * d : (i + 1) * d, i * (d - 1) + k] = vector
    return sp.ImmutableMatrix((columns.T * columns).LUsolve(columns.T * ambient * columns))


def _entered(point: dict[str, Any]) -> dict[Any, Any]:
    return {symengine.Symbol(name): value for name, value in point.items()}


def _merged(pairs: Sequence[tuple[Any, int]]) -> Multipliers:
    """Equal values joined, in order of first appearance; none of multiplicity 0."""
    found: dict[sp.Expr, int] = {}
    for value, count in pairs:
        if count:
            key = sp.S.Zero + value
            found[key] = found.get(key, 0) + count
    return tuple(found.items())
