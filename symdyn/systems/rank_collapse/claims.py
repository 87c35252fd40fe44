"""What is said of random layers; each claim calls the functions of the system."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.dynamics.claims import bounded, certified, exact, sampled, slope
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.system import Claim
from symdyn.dynamics.tokens.in_width import collapse_in_width, gradients_in_width
from symdyn.dynamics.tokens.layer_gradients import gradient_norm_squared, jacobian_norm_squared
from symdyn.dynamics.tokens.layers import certified_collapse
from symdyn.dynamics.tokens.random_layers import isometric
from symdyn.equilibrium.find import equilibria
from symdyn.geometry.vector_field import VectorField
from symdyn.numerics.arrays import Floats
from symdyn.numerics.ensembles import gaussian, markov
from symdyn.numerics.laws_of_ratio import dirichlet_frobenius_squared
from symdyn.numerics.stochastic.gap import certified_gap, spectral_gap
from symdyn.numerics.stochastic.gram_law import gram_law
from symdyn.numerics.stochastic.key_query import key_query_attention
from symdyn.numerics.stochastic.outlier import product_identity, without_outlier
from symdyn.systems.rank_collapse.model import RandomAttention

CIRCULAR = "C. Bordenave, P. Caputo, D. Chafai, Circular law theorem for random Markov matrices, arXiv 0808.1502"
DERIVED = "derived; it concerns the layers of arXiv 2410.07799"
_MOST_CERTIFIED = 30
#: Tokens from which limits are looked at.
LIMITS_FROM = 100


def claims_of(model: RandomAttention) -> tuple[Claim, ...]:
    """The claims; those about limits only where the layers are such that the limits were derived."""
    T = sp.Symbol("T", positive=True)
    return (
        *_algebra(),
        exact(
            "Dirichlet rows",
            r"$\mathbb{E} \|A\|_F^2 = 2T/(T + 1)$ for exponential entries, whose rows are Dirichlet, by Beta moments.",
            lambda: dirichlet_frobenius_squared(T),
            2 * T / (T + 1),
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
        certified(
            "certified gap",
            r"One matrix of these entries: $s_1/s_2$ is at least a number that is proved for it.",
            lambda seed: certified_gap(markov(min(model.tokens, _MOST_CERTIFIED), model.law, seed=seed)),
            source=DERIVED,
        ),
        certified(
            "certified collapse",
            r"Two layers with these entries: what the stable ranks of $X_2$ and $\Sigma_2$ are above $1$ is bounded.",
            partial(_certified_collapse, model),
            source=DERIVED,
        ),
        *_key_query(model),
        *(_spectra(model) if model.tokens >= LIMITS_FROM else ()),
        *(_layers(model) if model.tokens >= LIMITS_FROM and model.is_plain else ()),
    )


def _algebra() -> tuple[Claim, ...]:
    a, b, lam = sp.symbols("a b lambda")
    rows = sp.Matrix(3, 2, sp.symbols("a:6"))
    two = sp.Matrix([[a, 1 - a], [b, 1 - b]])
    three = rows.row_join(sp.Matrix([1 - sum(rows.row(i)) for i in range(3)]))

    def mended(A: sp.Matrix) -> sp.Expr:
        rest = without_outlier(A)
        return lam * A.charpoly(lam).as_expr() - (lam - 1) * rest.charpoly(lam).as_expr()

    return (
        certified(
            "product",
            r"$A_L \cdots A_1 = \mathbf{1} \pi_L^\top + A_L^\perp \cdots A_1^\perp$ with $\pi_L^\top \mathbf{1} = 1$ "
            r"for all row-stochastic factors, every $L$ and $T$; with $J = \tfrac{1}{T} \mathbf{1} \mathbf{1}^\top$.",
            lambda seed: product_identity(),
            source=DERIVED,
        ),
        exact(
            "mended spectrum",
            r"For every row-stochastic $2 \times 2$ and $3 \times 3$ matrix $A$ the characteristic polynomials satisfy "
            r"$\lambda \chi_A(\lambda) = (\lambda - 1) \chi_{A^\perp}(\lambda)$: one eigenvalue $1$ becomes $0$.",
            lambda: [mended(two), mended(three)],
            [0, 0],
            source=DERIVED,
        ),
        exact(
            "gradient",
            r"$\|\partial X_3 / \partial W_2\|_F^2 = \|A_3 A_2 A_1 X_0 W_1\|_F^2 \, \|W_3\|_F^2$, in symbols for "
            r"$T = d = 2$.",
            partial(_gradient_defect, 2),
            0,
            source=DERIVED,
        ),
        exact(
            "gradient of six tokens",
            r"The same for rational matrices of $T = d = 6$, the Jacobian entry by entry.",
            partial(_gradient_defect, 6),
            0,
            source=DERIVED,
        ),
    )


def _gradient_defect(size: int) -> sp.Expr:
    """Of rational attention; values of symbols for two tokens, of numbers else."""
    A = [_rational_attention(size, k) for k in range(3)]
    if size == 2:
        W = [sp.Matrix(2, 2, sp.symbols(f"w{k}_11 w{k}_12 w{k}_21 w{k}_22")) for k in range(3)]
    else:
        W = [sp.Matrix(size, size, lambda i, j, k=k: sp.Rational((i + 2 * j + k) % 7 - 3, k + 2)) for k in range(3)]
    return jacobian_norm_squared(A, sp.eye(size), W, 2) - gradient_norm_squared(A, sp.eye(size), W, 2)


def _rational_attention(size: int, number: int) -> sp.Matrix:
    entries = sp.Matrix(size, size, lambda i, j: 1 + (3 * i + 5 * j + i * j + number) % 11)
    return sp.Matrix(size, size, lambda i, j: entries[i, j] / sum(entries.row(i)))


def _certified_collapse(model: RandomAttention, seed: int) -> Certificate:
    size = min(model.tokens, _MOST_CERTIFIED)
    A, W = markov(size, model.law, draws=2, seed=seed), gaussian(size, size, draws=2, seed=seed + 1)
    return certified_collapse(isometric(size, size), A, W)


def _spectra(model: RandomAttention) -> tuple[Claim, ...]:
    T, sigma, slow = model.tokens, model.sigma, 6 if model.is_slow else 1
    radius = sampled(
        "circular law",
        r"The mean of $T |\lambda|^2$ over all eigenvalues but $1$ tends to $\sigma^2/2$.",
        lambda rng, n: np.asarray(spectral_gap(model.drawn(rng, n)).disc_moment),
        sigma**2 / 2,
        draws=model.draws,
        within=0.1 * sigma**2,
        source=CIRCULAR,
    )
    if not model.has_edge:
        return (radius,)
    return (
        radius,
        sampled(
            "spectral radius",
            r"$\sqrt{T} \, |\lambda_2| \to \sigma$, the radius of the disc.",
            lambda rng, n: np.sqrt(T) * np.abs(spectral_gap(model.drawn(rng, n)).eigenvalues[:, 1]),
            sigma,
            draws=model.draws,
            within=0.25 * slow * sigma,
            source=f"{CIRCULAR}; that no eigenvalue stays outside is derived",
        ),
        sampled(
            "quarter circle",
            r"Singular values of $\sqrt{T} A^\perp$ follow the quarter circle on $[0, 2 \sigma]$: their distance from "
            r"it (Kolmogorov and Smirnov) tends to $0$.",
            lambda rng, n: [spectral_gap(A, sigma=sigma).quarter_circle_distance for A in model.drawn(rng, n)],
            0,
            draws=model.draws,
            within=0.05 * slow,
            source=f"quarter-circle law: {CIRCULAR}; of $A^\\perp$ derived",
        ),
        sampled(
            "singular edge",
            r"$\sqrt{T} \, s_2(A) \to 2 \sigma$: the second singular value is that of the quarter circle."
            + model.warning(),
            lambda rng, n: np.sqrt(T) * np.linalg.svd(model.drawn(rng, n), compute_uv=False)[:, 1],
            2 * sigma,
            draws=2 * model.draws,
            within=0.2 * slow * sigma,
            source=f"quarter-circle law: {CIRCULAR}; the edge derived",
        ),
    )


def _key_query(model: RandomAttention) -> tuple[Claim, ...]:
    m, size = sp.Symbol("m", real=True), model.tokens
    t, limit = sp.E - 2, 4 * (sp.E - 1)
    lifted = m**4 + 2 * t * m**2 * (m - 1) + t**2 * (m - 1) ** 2 - limit * m * (m - 1)
    flow = Flow(VectorField((m,), [lifted]))

    def ratios(seed: int) -> Any:
        A = key_query_attention(isometric(size, size), draws=model.draws, seed=seed)
        return 2 * np.sqrt(np.e - 1) / (np.sqrt(size) * np.linalg.svd(A, compute_uv=False)[:, 1])

    near = (
        bounded(
            "key-query matrices",
            r"$\sqrt{T} \, s_2(A)$ of key-query attention on orthonormal tokens is above $2 \sqrt{e - 1}$.",
            ratios,
            source=DERIVED,
        ),
    )
    return (
        certified(
            "key-query edge",
            r"On orthonormal tokens the singular edge of key-query attention, $\min_{1 < m < 3/2} (w + t m/w)$ with "
            r"$w^2 = m^3/(m - 1)$ and $t = e - 2$, is not $2 \sqrt{e - 1}$, that of independent entries: $m (m - 1)$ "
            r"times the difference of squares is $1$ at $m = 1$ and has no zero up to $m = 3/2$.",
            lambda seed: equilibria(flow, box={m: (1, sp.Rational(3, 2))}, seed=seed).completeness,
            source=DERIVED,
        ),
        *(near if size >= LIMITS_FROM else ()),
    )


def _layers(model: RandomAttention) -> tuple[Claim, ...]:
    def over(rng: np.random.Generator, n: int, *, removed: bool) -> Floats:
        seed = int(rng.integers(2**31))
        options = model.options(depth=1, draws=n, seed=seed)
        return collapse_in_width([model.tokens], remove_outlier=removed, **options).over_prediction[0, 0]

    def gradient(rng: np.random.Generator, size: int, *, removed: bool) -> float:
        options = {"law": model.law, "ratio": model.ratio, "draws": model.draws, "seed": int(rng.integers(2**31))}
        return float(gradients_in_width([size], depth=2, layer=1, remove_outlier=removed, **options).mean())

    sizes, slow = [40, 80, 160], 0.6 if model.is_slow else 0.25
    plateau = (
        sampled(
            "plateau",
            r"Without the outlier $\mathrm{sr}(\Sigma_1)/T \to c$: the stable rank grows with the width.",
            partial(over, removed=True),
            1,
            draws=2 * model.draws,
            within=slow,
            source=DERIVED,
        ),
        slope(
            "gradient in width without outlier",
            r"Without the outlier $\|\partial X_2 / \partial W_1\|_F^2$ grows linearly in $T$.",
            sizes,
            partial(gradient, removed=True),
            1,
            within=0.3,
            source=DERIVED,
        ),
    )
    if model.remove_outlier or not model.has_edge:
        return plateau if model.has_edge else ()
    return (
        sampled(
            "rank collapse",
            r"$(\mathrm{sr}(\Sigma_1) - 1) T / (c \, \sigma^4) \to 1$ for isometric $X_0$, $c$ the second moment of "
            r"the free product.",
            partial(over, removed=False),
            1,
            draws=2 * model.draws,
            within=slow,
            source=DERIVED,
        ),
        slope(
            "gradient in width",
            r"$\|\partial X_2 / \partial W_1\|_F^2$ grows as $T^2$; the paper draws the reference $T^{L - 1}$.",
            sizes,
            partial(gradient, removed=False),
            2,
            within=0.3,
            source=DERIVED,
        ),
        *plateau,
    )
