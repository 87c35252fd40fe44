"""What is said of random layers; each claim calls the functions of the system."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import sympy as sp

from symdyn.dynamics.claims import exact, sampled
from symdyn.dynamics.system import Claim
from symdyn.numerics.arrays import Floats
from symdyn.numerics.ensembles import EntryLaw, markov
from symdyn.systems.rank_collapse.attention import without_outlier
from symdyn.systems.rank_collapse.propagation import collapse_in_width, gradient_norm_squared, gram_law
from symdyn.systems.rank_collapse.spectra import spectral_gap, split_product

CIRCULAR = "C. Bordenave, P. Caputo, D. Chafai, Circular law theorem for random Markov matrices, arXiv 0808.1502"
DERIVED = "derived; it concerns the layers of arXiv 2410.07799"


@dataclass(frozen=True)
class RandomAttention:
    """T tokens, T/d, the law of the entries, how W is drawn, layers."""

    tokens: int
    law: EntryLaw
    values: str
    ratio: sp.Expr
    depth: int
    draws: int


def claims_of(model: RandomAttention) -> tuple[Claim, ...]:
    """The claims."""
    T, sigma = model.tokens, float(model.law.ratio)
    a, b = sp.symbols("a b")
    two = sp.Matrix([[a, 1 - a], [b, 1 - b]])
    lam = sp.Symbol("lambda")
    found = [
        exact(
            "mended spectrum",
            r"For every row-stochastic $2 \times 2$ matrix $A$ the characteristic polynomials satisfy "
            r"$\lambda \chi_A(\lambda) = (\lambda - 1) \chi_{A^\perp}(\lambda)$: one eigenvalue $1$ becomes $0$.",
            lambda: lam * two.charpoly(lam).as_expr() - (lam - 1) * without_outlier(two).charpoly(lam).as_expr(),
            0,
            source=DERIVED,
        ),
        exact(
            "product",
            r"$A_3 A_2 A_1 = \mathbf{1} \pi^\top + A_3^\perp A_2^\perp A_1^\perp$ for all row-stochastic "
            r"$2 \times 2$ factors.",
            partial(_split_defects, 3),
            (0, 0, 0, 0),
            source=DERIVED,
        ),
        exact(
            "gradient",
            r"$\|\partial X_3 / \partial W_2\|_F^2 = \|A_3 A_2 A_1 X_0 W_1\|_F^2 \, \|W_3\|_F^2$, in symbols for "
            r"$T = d = 2$.",
            _gradient_defect,
            0,
            source=DERIVED,
        ),
        exact(
            "free product",
            r"Squared singular values of a product of $s$ square factors have the edge $(s + 1)^{s + 1}/s^s$ in the "
            r"limit, here for $s = 2, 4, 6$.",
            lambda: [gram_law(k).edge for k in (1, 2, 3)],
            [sp.Rational((s + 1) ** (s + 1), s**s) for s in (2, 4, 6)],
            source=DERIVED,
        ),
    ]
    found.append(
        sampled(
            "singular edge",
            r"$\sqrt{T} \, s_2(A) \to 2 \sigma$: the second singular value is that of the quarter circle.",
            lambda rng, n: np.sqrt(T) * np.linalg.svd(_drawn(model, rng, n), compute_uv=False)[:, 1],
            2 * sigma,
            draws=2 * model.draws,
            within=0.2 * sigma,
            source=f"quarter-circle law: {CIRCULAR}; the edge derived",
        )
    )
    found.append(
        sampled(
            "circular law",
            r"The mean of $T |\lambda|^2$ over all eigenvalues but $1$ tends to $\sigma^2/2$.",
            lambda rng, n: np.asarray(spectral_gap(_drawn(model, rng, n)).disc_moment),
            sigma**2 / 2,
            draws=model.draws,
            within=0.1 * sigma**2,
            source=CIRCULAR,
        )
    )
    found.append(
        sampled(
            "rank collapse",
            r"$(\mathrm{sr}(\Sigma_1) - 1) T / (c \, \sigma^4) \to 1$ for isometric $X_0$, $c$ the second moment of "
            r"the free product.",
            lambda rng, n: _collapse_ratios(model, rng, n, remove_outlier=False),
            1,
            draws=2 * model.draws,
            within=0.25,
            source=DERIVED,
        )
    )
    found.append(
        sampled(
            "plateau",
            r"Without the outlier $\mathrm{sr}(\Sigma_1)/T \to c$: the stable rank grows with the width.",
            lambda rng, n: _collapse_ratios(model, rng, n, remove_outlier=True),
            1,
            draws=2 * model.draws,
            within=0.25,
            source=DERIVED,
        )
    )
    return tuple(found)


def _drawn(model: RandomAttention, rng: np.random.Generator, draws: int) -> Floats:
    return markov(model.tokens, model.law, draws=draws, seed=int(rng.integers(2**31)))


def _collapse_ratios(model: RandomAttention, rng: np.random.Generator, draws: int, *, remove_outlier: bool) -> Floats:
    found = collapse_in_width(
        [model.tokens], depth=1, law=model.law, values=model.values, ratio=model.ratio, remove_outlier=remove_outlier,
        draws=draws, seed=int(rng.integers(2**31)),
    )  # fmt: skip
    return (found.ranks if remove_outlier else found.excess)[0, 0] / found.predicted[0, 0]


def _split_defects(length: int) -> list[sp.Expr]:
    """One side of the product identity minus the other, for factors in symbols, entry by entry."""
    factors = []
    for k in range(length):
        p, q = sp.symbols(f"p{k} q{k}")
        factors.append(sp.ImmutableMatrix([[p, 1 - p], [q, 1 - q]]))
    split = split_product(factors)
    parts = sp.ones(2, 1) * split.common_row + split.remainder
    return [one - other for one, other in zip(split.product, parts, strict=True)]


def _gradient_defect() -> sp.Expr:
    """The square of the Jacobian entry by entry minus the formula; factors of numbers, values of symbols."""
    rows = [(sp.Rational(1, k + 2), sp.Rational(k, 5)) for k in range(3)]
    A = [sp.Matrix([[p, 1 - p], [q, 1 - q]]) for p, q in rows]
    W = [sp.Matrix(2, 2, sp.symbols(f"w{k}_11 w{k}_12 w{k}_21 w{k}_22")) for k in range(3)]
    X = sp.eye(2)
    for attention, weights in zip(A, W, strict=True):
        X = attention * X * weights
    square = sum((sp.diff(entry, w) ** 2 for entry in X for w in W[1]), sp.S.Zero)
    return square - gradient_norm_squared(A, sp.eye(2), W, 2)
