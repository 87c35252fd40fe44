r"""Measures in context: attention of queries on a measure, universal networks with explicit weights, and proved bounds.

    Gamma(mu, x) = x + sum_h W_h int e^{<Q_h x, K_h y>/sqrt k} V_h y dmu(y) / int e^{<Q_h x, K_h z>/sqrt k} dmu(z)

A context is a probability measure mu with atoms (n, d) and weights (n,); queries x are rows (m, d). A head is
(Q (k, d), K (k, d), V (v, d), W (d, v)), with a bias of the query (k,) as a fifth part; `residual=True` adds x.
Weights enter the softmax as logarithms. The scalar map that heads compute is the tilted mean m(s) = int e^{s<c,y>}
<c, y> dmu / int e^{s<c,y>} dmu. Maps compose by (G2 after G1)(mu, x) = G2(G1(mu, .)_# mu, G1(mu, x)). Causal: tokens
carry times in [0, 1], and a key is seen if its time is not later than the query's. Everything is dimensionless.

Source: T. Furuya, M. de Hoop, G. Peyré, Transformers are Universal In-context Learners, arXiv 2408.01367. What is
marked derived is not stated there, or not read there; the paper has no figures.
"""

from __future__ import annotations

from typing import Any

from symdyn.dynamics.system import System
from symdyn.numerics.contexts.attention import (
    ContextLipschitz,
    attention_map,
    causal_map,
    compose,
    context_lipschitz,
    modulus,
    push_through,
)
from symdyn.numerics.contexts.density import Density, density_experiment
from symdyn.numerics.contexts.heads import Head, wasserstein
from symdyn.numerics.contexts.products import Construction, ProductRun, product_of_means, realise
from symdyn.numerics.contexts.separation import SharpPair, separating_head, sharp_pair
from symdyn.numerics.empirical_measure import EmpiricalMeasure, measure
from symdyn.numerics.norms import cesaro_norm
from symdyn.numerics.relu_squares import ReluNet, relu_product, relu_square
from symdyn.numerics.tilted.means import (
    InjectivityIntegral,
    cumulant,
    head_covariance,
    injectivity_integral,
    log_laplace,
    tilted_mean,
)
from symdyn.numerics.tilted.regression import Regression, in_context_regression
from symdyn.numerics.tilted.sampling import langevin, sampled_deviation, sampling_deviation
from symdyn.systems.in_context_universality.claims import claims_of
from symdyn.systems.in_context_universality.exhibits import exhibits_of
from symdyn.systems.in_context_universality.model import InContext, made

__all__ = [
    "Construction", "ContextLipschitz", "Density", "EmpiricalMeasure", "Head", "InContext", "InjectivityIntegral",
    "ProductRun", "Regression", "ReluNet", "SharpPair", "attention_map", "build", "causal_map", "cesaro_norm",
    "compose", "context_lipschitz", "cumulant", "density_experiment", "head_covariance", "in_context_regression",
    "injectivity_integral", "langevin", "log_laplace", "measure", "modulus", "product_of_means", "push_through",
    "realise", "relu_product", "relu_square", "sampled_deviation", "sampling_deviation", "separating_head",
    "sharp_pair", "tilted_mean", "wasserstein",
]  # fmt: skip

SOURCE = "T. Furuya, M. de Hoop, G. Peyré, Transformers are Universal In-context Learners, arXiv 2408.01367"


def build(
    dimension: int = 1,
    atoms: Any = ((-1,), (0,), (1,)),
    weights: Any = ("1/5", "1/2", "3/10"),
    heads: Any = "",
    grid: Any = "1/8",
    causal: bool = False,
    seed: int = 0,
) -> System:
    """Attention on a measure.

    Parameters
    ----------
    dimension
        d, a whole number from 1.
    atoms
        Rows of d rational numbers.
    weights
        One for each atom, from 0, with sum 1.
    heads
        Path of a JSON file, a list of records with Q, K, V, W; or such a list. Without one: the identity, for d = 2 two
        heads of key dimension 1.
    grid
        Of the squares, a rational number above 0, at most 2.
    causal
        Whether claims about causal contexts are added.
    seed
        Added to that of the study.

    Raises
    ------
    ModelError, ShapeError
        If a parameter is out of range.
    """
    model = made(dimension, atoms, weights, heads, grid, causal, seed)
    parameters = {
        "dimension": dimension, "atoms": atoms, "weights": weights, "heads": heads, "grid": grid, "causal": causal,
        "seed": seed,
    }  # fmt: skip
    return System(
        "in_context_universality",
        parameters,
        claims_of(model),
        SOURCE,
        model=model,
        equations=_EQUATIONS,
        exhibits=exhibits_of(model),
    )


_EQUATIONS = (
    r"$\Gamma(\mu, x) = x + \sum_h W_h \int \frac{e^{\langle Q_h x, K_h y \rangle/\sqrt k}}{\int e^{\langle Q_h x, "
    r"K_h z \rangle/\sqrt k} d\mu(z)} V_h y \, d\mu(y)$, for a probability measure $\mu$ on tokens and a query $x$.",
    r"$(\Gamma_2 \diamond \Gamma_1)(\mu, x) = \Gamma_2(\Gamma_1(\mu, \cdot)_\# \mu, \Gamma_1(\mu, x))$, layer after "
    r"layer.",
    r"Causal: tokens are pairs $(x, t)$ with $t \in [0, 1]$, and the integrals run over $\{s \le t\}$.",
    r"$m_\mu(s) = \int e^{s \langle c, y \rangle} \langle c, y \rangle d\mu / \int e^{s \langle c, y \rangle} d\mu = "
    r"\frac{d}{ds} \log \int e^{s \langle c, y \rangle} d\mu$, the tilted mean.",
    r"$|\Gamma_\mu(x) - \Gamma_\nu(x)| \le |V| (1 + 2 |A| R^2) e^{2 |A| R^2} W_1(\mu, \nu)$ with "
    r"$A = K^\top Q/\sqrt k$ (derived).",
    r"$p \leftarrow (S(p + \gamma) - S(p - \gamma))/4$ multiplies a running product by a tilted mean on $d + 3 d'$ "
    r"numbers for each token; $S$ interpolates $z^2$ on a grid $h$; a product is off by at most $h^2/16$ (derived).",
    r"$(m(s) - m(-s))/(2 s) = \mathrm{Var} + s^2 \kappa_4/6 + O(s^4)$, a variance by two heads (derived).",
    r"The abstract of the paper states that such maps, with a token dimension that does not depend on the precision "
    r"and on the number of tokens, approximate every continuous map of a measure and a query on a compact set. "
    r"This is not verified here: what is shown are constructions.",
)
