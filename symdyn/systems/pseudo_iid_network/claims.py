"""What is said of wide networks; each claim calls the functions of the system."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import partial

import numpy as np
import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.dynamics.claims import certified, close, exact, sampled
from symdyn.dynamics.system import Claim
from symdyn.numerics.arrays import Floats
from symdyn.numerics.gaussian_expectation import gaussian_expectation
from symdyn.systems.pseudo_iid_network.activation import Activation, X, read_activation
from symdyn.systems.pseudo_iid_network.certificates import (
    closed_form_certificate,
    edge_certificate,
    phase_certificate,
    phase_point,
)
from symdyn.systems.pseudo_iid_network.decay import correlation_decay
from symdyn.systems.pseudo_iid_network.edge import edge_of_chaos
from symdyn.systems.pseudo_iid_network.ensembles import ensemble_moments
from symdyn.systems.pseudo_iid_network.finite_width import preactivations
from symdyn.systems.pseudo_iid_network.maps import (
    correlation_recursion,
    derivative_map,
    two_point_map,
    variance_recursion,
    variance_slope,
)

PAPER = "T. Nait Saada, A. Naderi, J. Tanner, arXiv 2310.16597"
DERIVED = "derived; it concerns the networks of arXiv 2310.16597"
SECOND_HAND = "theorem on the limit of arXiv 2310.16597, second-hand: observed at finite width, derived formulas"
q = sp.Symbol("q", positive=True)
c = sp.Symbol("c", real=True)
n, m, r = sp.symbols("n m r", positive=True)
#: Rational variances at which closed forms are compared with enclosed integrals.
PLACES = tuple(sp.Rational(k, 4) for k in range(1, 21))


@dataclass(frozen=True, kw_only=True)
class WideNetwork:
    """phi, sigma_w^2, sigma_b^2, L, N, how weights are drawn, draws."""

    activation: Activation
    weight_variance: Fraction
    bias_variance: Fraction
    depth: int
    width: int
    ensemble: str
    rank: int | None
    block: int | None
    draws: int


def claims_of(model: WideNetwork) -> tuple[Claim, ...]:
    """The claims."""
    return (*_of_maps(), *_of_the_edge(model), *_of_ensembles(), *_of_width(model))


def _of_maps() -> list[Claim]:
    found = [
        exact(
            f"variance slope {name}",
            rf"For $\phi = $ {name}: $V'(q) = \mathbb{{E}} \, (\phi'^2 + \phi \phi'')$ at variance $q$, in closed "
            "form.",
            partial(_slopes, name),
            0,
            source=DERIVED,
        )
        for name in ("erf", "erf-scaled", "sin")
    ]
    found += [
        exact(
            f"price {name}",
            rf"For $\phi = $ {name}: $\partial_c \, \mathbb{{E}} \, \phi(u) \phi(v) = q \, \mathbb{{E}} \, \phi'(u) "
            r"\phi'(v)$ (Price), in closed form" + (", both sides squared." if name == "erf" else "."),
            partial(_price, name),
            0,
            source=DERIVED,
        )
        for name in ("erf", "relu", "sin")
    ]
    found += [
        certified(
            f"closed form {name}",
            rf"For $\phi = $ {name}: the closed forms of $V$ and $D$ agree with the integrals at 20 rational $q$, both "
            "enclosed; a formula in $q$ is not proved by that.",
            partial(_closed_forms, name),
            source=DERIVED,
        )
        for name in ("erf", "gelu", "hard-tanh")
    ]
    return found


def _closed_forms(name: str, seed: int) -> Certificate:
    return closed_form_certificate(name, PLACES)


def _scaled_decay(layer: int) -> float:
    found = correlation_recursion("relu", layer, weight_variance=2, bias_variance=0, start=0, q=1)
    return float(layer**2 * (1 - found[-1]))


def _slopes(name: str) -> sp.Expr:
    phi = read_activation(name).formula
    mixed = gaussian_expectation(phi * sp.diff(phi, X, 2), X, covariance=q)
    return variance_slope(name, q, weight_variance=1) - derivative_map(name, q) - mixed


def _price(name: str) -> sp.Expr:
    left, right = sp.diff(two_point_map(name, q, c), c), q * two_point_map(name, q, c, derivative=1)
    # both sides are positive roots for erf: their squares are rational
    return left**2 - right**2 if name == "erf" else left - right


def _of_the_edge(model: WideNetwork) -> list[Claim]:
    relu, erf = partial(edge_of_chaos, "relu", q=q), partial(edge_of_chaos, "erf", q=q)
    w, b = model.weight_variance, model.bias_variance
    found = [
        exact(
            "edge of relu",
            r"The edge of chaos of ReLU is the single point $(\sigma_w^2, \sigma_b^2) = (2, 0)$, whatever $q$.",
            lambda: [relu()[0].weight_variance, relu()[0].bias_variance],
            [2, 0],
            source=DERIVED,
        ),
        exact(
            "edge of erf",
            r"The edge of chaos of $\mathrm{erf}$: $\sigma_w^2 = \frac{\pi}{4} \sqrt{1 + 4 q}$, $\sigma_b^2 = q - "
            r"\frac12 \sqrt{1 + 4 q} \arcsin \frac{2 q}{1 + 2 q}$.",
            lambda: [erf()[0].weight_variance, erf()[0].bias_variance],
            [sp.pi * sp.sqrt(1 + 4 * q) / 4, q - sp.sqrt(1 + 4 * q) * sp.asin(2 * q / (1 + 2 * q)) / 2],
            source=DERIVED,
        ),
        exact(
            "decay of relu",
            r"ReLU at $(2, 0)$: $1 - C(1 - e) = e - \frac{2 \sqrt{2}}{3 \pi} e^{3/2}$ to that order, so that $1 - c_l "
            r"\sim \frac{9 \pi^2}{2} l^{-2}$.",
            lambda: [
                correlation_decay("relu", weight_variance=2, bias_variance=0).local_coefficient,
                correlation_decay("relu", weight_variance=2, bias_variance=0).coefficient,
            ],
            [2 * sp.sqrt(2) / (3 * sp.pi), 9 * sp.pi**2 / 2],
            source=DERIVED,
        ),
        close(
            "power law of relu",
            r"ReLU at $(2, 0)$: $l^2 (1 - c_l)$ at $l = 2000$ from $c_0 = 0$, within 4 of $9 \pi^2/2$.",
            lambda seed: _scaled_decay(2000),
            float(9 * sp.pi**2 / 2),
            within=4,
            source=DERIVED,
        ),
        certified(
            "edge of tanh",
            r"The edge of chaos of $\tanh$ at $\sigma_b^2 = 0.05$: $\sigma_w^2 = 1.7609546\ldots$; the value 1.76 of "
            "the literature is right to three digits only.",
            lambda seed: edge_certificate("tanh", Fraction(1, 20)),
            source=DERIVED,
        ),
        certified(
            "1.76 is ordered",
            r"$\tanh$ at the quoted point $(\sigma_w^2, \sigma_b^2) = (1.76, 0.05)$ is in the ordered phase, "
            r"$\chi_1 < 1$.",
            lambda seed: phase_certificate("tanh", Fraction("1.76"), Fraction(1, 20)),
            source=DERIVED,
        ),
    ]
    if model.activation.is_known_piecewise and _has_phase(model):
        found.append(
            certified(
                "phase",
                r"The phase at $(\sigma_w^2, \sigma_b^2)$ of the study, decided in balls.",
                lambda seed: phase_certificate(model.activation, w, b),
                source=DERIVED,
            )
        )
        found.append(
            close(
                "recursion",
                r"$q' = \sigma_b^2 + \sigma_w^2 V(q)$ keeps the variance at which the certified fixed point lies.",
                lambda seed: _step_defect(model),
                0,
                within=1e-11,
                source=DERIVED,
            )
        )
    return found


def _has_phase(model: WideNetwork) -> bool:
    """Whether there is an attracting fixed point whose phase the certificate would decide."""
    name = model.activation.name
    if name == "tanh" and (model.weight_variance, model.bias_variance) == (Fraction("1.76"), Fraction(1, 20)):
        return True
    point = phase_point(model.activation, model.weight_variance, model.bias_variance)
    return point is not None and point.phase in ("ordered", "chaotic")


def _step_defect(model: WideNetwork) -> float:
    point = phase_point(model.activation, model.weight_variance, model.bias_variance)
    at = float(point.q) if point is not None else float("nan")
    step = variance_recursion(
        model.activation, 1, weight_variance=model.weight_variance, bias_variance=model.bias_variance, start=at
    )
    return float(step[1] - step[0])


def _of_ensembles() -> list[Claim]:
    haar = partial(ensemble_moments, "haar", n, n)
    low = partial(ensemble_moments, "low-rank", m, n, rank=r)
    return [
        exact(
            "haar moments",
            r"$n^2 \mathbb{E} \, O_{11} O_{12} O_{21} O_{22} = -\frac{n}{(n - 1)(n + 2)}$, $n^2 \mathbb{E} \, O_{11}^2 "
            r"O_{12}^2 = \frac{n}{n + 2}$ and $n^4 \mathbb{E} \, O_{11}^8 = \frac{105 n^3}{(n + 2)(n + 4)(n + 6)}$ for "
            "uniform orthogonal matrices.",
            lambda: [haar().distinct_rows, haar().same_row, haar().eighth],
            [-n / ((n - 1) * (n + 2)), n / (n + 2), 105 * n**3 / ((n + 2) * (n + 4) * (n + 6))],
            source=DERIVED,
        ),
        exact(
            "low-rank moments",
            r"$n^2 \mathbb{E} \, W_{11} W_{12} W_{21} W_{22} = \frac{m (m - r)}{r (m - 1)(m + 2)}$ and "
            r"$n^2 \mathbb{E} \, W_{11}^2 W_{12}^2 = \frac{m (r + 2)}{r (m + 2)}$ for $W = C P$ of rank $r$.",
            lambda: [low().distinct_rows, low().same_row],
            [m * (m - r) / (r * (m - 1) * (m + 2)), m * (r + 2) / (r * (m + 2))],
            source=DERIVED,
        ),
        exact(
            "fixed rank",
            r"At fixed rank $r$ the fourth cross moment tends to $1/r$, not to 0: condition (iv) of PSEUDO-IID fails.",
            lambda: sp.limit(low().distinct_rows, m, sp.oo),
            1 / r,
            source=DERIVED,
        ),
    ]


def _of_width(model: WideNetwork) -> list[Claim]:
    width, draws = min(model.width, 64), min(model.draws, 150)
    rest = width - width % 4 if width > 4 else width
    chosen = dict.fromkeys(("gaussian", "haar", "low-rank", "block-sparse", model.ensemble))
    return [
        sampled(
            f"one limit {name}",
            rf"Layer {model.depth} of networks of width {rest} with {name} weights has the variance of the one limit "
            "that all PSEUDO-IID ensembles share.",
            partial(_ratios, model, name, rest),
            1,
            draws=draws,
            within=0.12,
            source=SECOND_HAND,
        )
        for name in chosen
    ]


def _ratios(model: WideNetwork, name: str, width: int, rng: np.random.Generator, draws: int) -> Floats:
    """Mean square of preactivations of the last layer over that of the limit, for inputs of norm sqrt(N_0)."""
    w, b = model.weight_variance, model.bias_variance
    h = preactivations(
        model.activation, [width] * model.depth, ensemble=name, inputs=np.ones((1, 16)), draws=draws, neurons=width,
        rank=_within(model.rank, width) if name == "low-rank" else None, seed=int(rng.integers(2**31)),
        weight_variance=w, bias_variance=b,
    )[-1]  # fmt: skip
    limit = variance_recursion(model.activation, model.depth - 1, start=w + b, weight_variance=w, bias_variance=b)[-1]
    return np.asarray((h[:, 0, :] ** 2).mean(axis=1) / limit)


def _within(value: int | None, width: int) -> int | None:
    return None if value is None else min(value, width)

