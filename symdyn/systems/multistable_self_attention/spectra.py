"""Spectra of collinear equilibria in closed form: all tokens at +v or -v, where V v = lambda v. Derived, not quoted.

Eigenvalues of the Jacobian on the tangent space; dimensionless.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sympy as sp

from symdyn.systems.multistable_self_attention.parameters import Attention

#: Eigenvalue and multiplicity.
Spectrum = tuple[tuple[sp.Expr, int], ...]


def consensus_spectrum(eigenvalue: Any, others: Sequence[Any], tokens: int) -> Spectrum:
    """Full attention, all tokens at v: nu - lambda for each other eigenvalue nu of V, and -lambda (n-1)(d-1) times.

    Independent of B and beta; V need not be symmetric.

    Examples
    --------
    >>> consensus_spectrum(2, [1], tokens=3)
    ((-1, 1), (-2, 2))
    """
    return _gathered([(nu - eigenvalue, 1) for nu in others] + [(-eigenvalue, (tokens - 1) * len(others))])


def causal_consensus_spectrum(eigenvalue: Any, others: Sequence[Any], tokens: int) -> Spectrum:
    """Causal mask, all tokens at v: nu/k - lambda for k = 1..n. A negative lambda can be stable.

    Examples
    --------
    >>> causal_consensus_spectrum(-1, [-9], tokens=2)
    ((-8, 1), (-7/2, 1))
    """
    return _gathered([(nu / sp.Integer(k) - eigenvalue, 1) for nu in others for k in range(1, tokens + 1)])


def masked_consensus_spectrum(eigenvalue: Any, others: Sequence[Any], allowed: Sequence[Sequence[bool]]) -> Spectrum:
    """Any mask, all tokens at v: nu a - lambda for the eigenvalues a of the matrix of uniform attention."""
    n = len(allowed)
    uniform = sp.ImmutableMatrix(n, n, lambda i, j: sp.Rational(int(allowed[i][j]), sum(allowed[i])))
    if n <= 4 or all(not allowed[i][j] for i in range(n) for j in range(i + 1, n)):
        weights = list(uniform.eigenvals().items())
    else:  # roots of a polynomial of higher degree: floats
        weights = [(_clean(v), 1) for v in np.linalg.eigvals(np.array(uniform.tolist(), dtype=float)).astype(complex)]
    return _gathered([(nu * a - eigenvalue, count) for nu in others for a, count in weights])


def bipartite_weights(g: Any, plus: int, minus: int) -> tuple[sp.Expr, sp.Expr]:
    """Weights p, q that a token of the + and of the - group gives to its own group; g = beta v^T B v."""
    return plus / (plus + minus * sp.exp(-2 * g)), minus / (minus + plus * sp.exp(-2 * g))


def reduced_matrix(eigenvalue: Any, nu: Any, p: Any, q: Any) -> sp.ImmutableMatrix:
    """T(nu): how the two groups move as wholes along the direction with eigenvalue nu."""
    return sp.ImmutableMatrix(
        [
            [nu * p - eigenvalue * (2 * p - 1), nu * (1 - p)],
            [nu * (1 - q), nu * q - eigenvalue * (2 * q - 1)],
        ]
    )


def sigma(g: Any, plus: int, minus: int) -> sp.Expr:
    """det T(nu) vanishes at nu = lambda and at nu = lambda sigma; tanh g for equal groups.

    Examples
    --------
    >>> sigma(sp.Symbol("g"), 2, 2)
    tanh(g)
    """
    if plus == minus:
        return sp.tanh(g)
    r, c = sp.Rational(plus, minus), sp.exp(2 * g)
    return (c - r) * (c * r - 1) / (r * (c**2 - 1))


def bipartite_spectrum(eigenvalue: Any, others: Sequence[Any], g: Any, plus: int, minus: int) -> Spectrum:
    """Full attention, `plus` tokens at v and `minus` tokens at -v; B and beta enter through g = beta v^T B v alone.

    Examples
    --------
    >>> g = sp.Symbol("g")
    >>> bipartite_spectrum(2, [1], g, 1, 1)
    ((1 - 2*tanh(g), 1), (-tanh(g), 1))
    """
    if plus < 1 or minus < 1:
        raise ValueError(f"a split {plus}+{minus} is no bipartite consensus: both groups need at least one token")
    width = len(others)
    if plus == minus:
        t = sp.tanh(g)
        pairs = [(value, 1) for nu in others for value in (nu - eigenvalue * t, (nu - eigenvalue) * t)]
        return _gathered([*pairs, (-eigenvalue * t, (plus + minus - 2) * width)])
    p, q = bipartite_weights(g, plus, minus)
    within = [
        (-eigenvalue * (2 * p - 1), (plus - 1) * width),
        (-eigenvalue * (2 * q - 1), (minus - 1) * width),
    ]
    pairs = []
    for nu in others:
        T = reduced_matrix(eigenvalue, nu, p, q)
        half, determinant = (T[0, 0] + T[1, 1]) / 2, T[0, 0] * T[1, 1] - T[0, 1] * T[1, 0]
        root = sp.sqrt(half**2 - determinant)
        pairs += [(half + root, 1), (half - root, 1)]
    return _gathered(within + pairs)


def spectrum(model: Attention, eigenvalue: Any, others: Sequence[Any], g: Any = 0, minus: int = 0) -> Spectrum:
    """The spectrum of the consensus (`minus` = 0) or of the split n - minus, minus, for the mask of the model.

    A split under a mask has a closed form only in its signs token by token: see `collinear_spectrum`.
    """
    if minus:
        if model.allowed is not None:
            raise ValueError("a mask distinguishes the tokens: give all signs to `collinear_spectrum`")
        return bipartite_spectrum(eigenvalue, others, g, model.tokens - minus, minus)
    if model.allowed is None:
        return consensus_spectrum(eigenvalue, others, model.tokens)
    causal = all(open_ == (j <= i) for i, row in enumerate(model.allowed) for j, open_ in enumerate(row))
    if causal:
        return causal_consensus_spectrum(eigenvalue, others, model.tokens)
    return masked_consensus_spectrum(eigenvalue, others, model.allowed)


def collinear_spectrum(model: Attention, eigenvalue: Any, others: Sequence[Any], g: Any, signs: Sequence[int]) -> Any:
    """Floats, for any mask: the eigenvalues of nu alpha - diag(mu) for each nu, with x_i = signs_i v."""
    s = np.asarray(signs, dtype=float)
    weights = np.exp(float(g) * np.outer(s, s))
    if model.allowed is not None:
        weights = np.where(np.array(model.allowed), weights, 0.0)
    alpha = weights / weights.sum(axis=1, keepdims=True)
    mu = float(eigenvalue) * s * (alpha @ s)
    return np.concatenate([np.linalg.eigvals(complex(nu) * alpha - np.diag(mu)) for nu in others])


def numbers(spectrum_: Spectrum) -> Any:
    """Eigenvalues as floats with multiplicity, ascending by real part, then imaginary part; shape (n (d-1),)."""
    values = [complex(sp.N(value, 30)) for value, count in spectrum_ for _ in range(count)]
    return np.array(sorted(values, key=lambda z: (round(z.real, 9), z.imag)))


def _clean(value: complex) -> sp.Expr:
    return sp.Float(value.real) if abs(value.imag) < 1e-12 else sp.Float(value.real) + sp.I * sp.Float(value.imag)


def _gathered(pairs: Sequence[tuple[Any, int]]) -> Spectrum:
    counts: dict[sp.Expr, int] = {}
    for value, count in pairs:
        if count:
            counts[sp.S.Zero + value] = counts.get(sp.S.Zero + value, 0) + count
    return tuple(counts.items())
