"""What is said of infinitely deep residual networks; each claim calls the functions of the system."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy as sp
from scipy.optimize import brentq

from symdyn.certificate.certificate import Certificate
from symdyn.dynamics.claims import bounded, certified, close, exact
from symdyn.dynamics.system import Claim
from symdyn.errors import ModelError
from symdyn.numerics.arrays import Floats, generator
from symdyn.numerics.transport import gaussian_wasserstein
from symdyn.systems.conditional_transport_resnet.closures import TIME, closure
from symdyn.systems.conditional_transport_resnet.convergence import local_convergence
from symdyn.systems.conditional_transport_resnet.depth import depth_limit
from symdyn.systems.conditional_transport_resnet.distances import conditional_distance, interpolate, product_distance
from symdyn.systems.conditional_transport_resnet.layers import adjoint, forward, risk, transport_gradient
from symdyn.systems.conditional_transport_resnet.model import TransportResnet
from symdyn.systems.conditional_transport_resnet.neurons import neuron_laws
from symdyn.systems.conditional_transport_resnet.residual import residual, single_hidden_layer
from symdyn.systems.conditional_transport_resnet.training import train

DERIVED = "derived; it concerns the networks of arXiv 2403.12887"
U, V, W, X = sp.symbols("u v w x")
LINEAR, BIAS, PRODUCT = residual(W * X, [W], [X]), residual(W, [W], [X]), residual(U * V * X, [U, V], [X])
R = sp.Rational


def claims_of(model: TransportResnet) -> tuple[Claim, ...]:
    """The claims."""
    return (*_of_gradients(model), *_of_closures(), *_of_convergence(model), *_of_distances(), *_of_laws())


def _of_gradients(model: TransportResnet) -> list[Claim]:
    return [
        close(
            "gradient",
            r"$L n_r \, \partial f / \partial w_{r,i} = E [(D_w \psi)^\top p_{r+1}]$: the gradient of conditional "
            r"transport against differences of the risk.",
            partial(_gradient_defect, model),
            0,
            within=1e-6,
            source=DERIVED,
        ),
        close(
            "dissipation",
            r"$\frac{d}{dt} f = -|\nabla f|^2$ along the flow: the relative difference of both sides.",
            partial(_dissipation_defect, model),
            0,
            within=1e-6,
            source=DERIVED,
        ),
        close(
            "costates",
            r"$p_r \, dx_r / dx_0$ is constant in depth for $\psi = w x$, in the discrete scheme too.",
            _costate_defect,
            0,
            within=1e-14,
            source=DERIVED,
        ),
        exact(
            "euler",
            r"For $\psi = w x$ and weights $w(s) = s/2$: $x(1) = e^{1/4} x_0$, $c = -\frac{7}{24} e^{1/4} x_0$, here "
            r"$x_0 = 1$; $x_L(1) = x(1) + c/L + o(1/L)$.",
            lambda: list(depth_limit(LINEAR, [[sp.Symbol("s") / 2]], [[1]], depths=[10]).formula or ()),
            [sp.exp(R(1, 4)), -R(7, 24) * sp.exp(R(1, 4))],
            source=DERIVED,
        ),
        close(
            "euler ratios",
            r"$((1 + M/L)^L - e^M) (-2 L)/(M^2 e^M) \to 1$, here $M = 0.7$ and $L = 10, 100, 1000$.",
            lambda seed: depth_limit(LINEAR, [[R(7, 10)]], [[1.0]], depths=[10, 100, 1000]).ratios,
            [0.94455, 0.99415, 0.99941],
            within=1e-5,
            source=DERIVED,
        ),
    ]


def _gradient_defect(model: TransportResnet, seed: int) -> float:
    weights = [w.copy() for w in model.weights(seed)]
    gradient = transport_gradient(model.residual, weights, model.inputs, model.targets)
    rng, worst, h = generator(seed + 1), 0.0, 1e-5
    for _ in range(5):
        r, i, k = int(rng.integers(len(weights))), int(rng.integers(model.width)), int(rng.integers(model.residual.q))
        values = []
        for sign in (1, -1):
            weights[r][i, k] += sign * h
            values.append(risk(model.residual, weights, model.inputs, model.targets))
            weights[r][i, k] -= sign * h
        difference = (values[0] - values[1]) / (2 * h) * len(weights) * model.width
        worst = max(worst, abs(difference - gradient[r][i, k]))
    return worst


def _dissipation_defect(model: TransportResnet, seed: int) -> float:
    start, h = model.weights(seed), 1e-4
    gradient = transport_gradient(model.residual, start, model.inputs, model.targets)
    sides = [[w - sign * h * g for w, g in zip(start, gradient)] for sign in (1, -1)]
    ahead, behind = (risk(model.residual, one, model.inputs, model.targets) for one in sides)
    square = float(np.mean([(g**2).sum(axis=1).mean() for g in gradient]))
    return ((ahead - behind) / (2 * h) + square) / square


def _costate_defect(seed: int) -> float:
    weights = generator(seed).normal(size=(12, 5, 1))
    states = forward(LINEAR, weights, [[1.0]])
    costates = adjoint(LINEAR, weights, states, [[1.0]])
    return float(np.ptp((costates * states)[:, 0, 0]) / abs(costates[0, 0, 0]))


def _of_closures() -> list[Claim]:
    x, y = sp.symbols("X y")
    return [
        certified(
            "closed output",
            r"$\psi = w x$: $\dot{X} = -X^2 (X - y)$ for $X = x(1)$, with the first integral of the ODE.",
            lambda seed: _certificate(closure(LINEAR)),
            source=DERIVED,
        ),
        exact(
            "closed output, symbols",
            r"$\psi = w x$: $\dot{X} = -X^2 (X - y)$; $\psi = w$: $\dot{X} = -(X - y)$, so that "
            r"$f(t) = f(0) e^{-2 t}$ and $\kappa = 1$, attained.",
            lambda: [_field(one).components[0] for one in (LINEAR, BIAS)],
            [-(x**2) * (x - y), y - x],
            source=DERIVED,
        ),
        certified(
            "closed moments",
            r"$\psi = u v x$: $\dot{X} = -X^2 (X - y) S$ with $\dot{S} = -4 X (X - y) A$, $\dot{A} = -X (X - y) S$, "
            r"$A = \mathrm{mean}(u v)$, $S = \mathrm{mean}(u^2 + v^2)$.",
            lambda seed: _certificate(closure(PRODUCT)),
            source=DERIVED,
        ),
        close(
            "no limit",
            r"$\psi = w x$, $x_0 = 1$, $y = -1$, $X(0) = 1$: $t X(t) \to 1$, the risk falls to $1/2$, which is not "
            r"attained: why convergence is only local; here $t = 10^2, 10^3, 10^4$.",
            lambda seed: [t * _output_at(t, 1.0, -1) for t in (1e2, 1e3, 1e4)],
            [0.9527, 0.9928, 0.9990],
            within=6e-5,
            source=DERIVED,
        ),
    ]


def _field(feature: Any) -> Any:
    found = closure(feature).field
    if found is None:
        raise ModelError("no closure was found")
    return found


def _certificate(answer: Any) -> Certificate:
    if not isinstance(answer.certificate, Certificate):
        raise ModelError(f"there is no certificate: {getattr(answer, 'reason', answer)}")
    return answer.certificate


def _output_at(t: float, start: float, target: int) -> float:
    """X(t) of psi = w x, a root of the first integral."""
    found = closure(LINEAR, start=[sp.nsimplify(start)], target=[target])
    if found.first_integral is None:
        raise ModelError("there is no first integral")
    integral = found.first_integral.subs(TIME, 0)
    level, symbol = float(found.start), found.output[0]
    return float(brentq(lambda value: float(integral.subs(symbol, value)) + t - level, 1e-9, start))


def _of_convergence(model: TransportResnet) -> list[Claim]:
    found = [
        certified(
            "certified convergence",
            r"Training three layers of two tanh neurons on one sample takes the risk to zero: a constant on a ball "
            r"around the weights, and $\sqrt{2 f / \kappa(R)} < R$.",
            _small_convergence,
            source="derived; the constants of arXiv 2403.12887 are not known here",
        ),
        close(
            "bias",
            r"$\psi = w$, $x_0 = 1$, mean weight $0.2$, $y = 2$: the path has the length $0.8 = \sqrt{2 f_0/\kappa}$, "
            r"and $f(0.7)/f(0) = e^{-1.4}$.",
            lambda seed: _bias_path(),
            [0.8, float(np.exp(-1.4))],
            within=1e-6,
            source=DERIVED,
        ),
    ]
    if model.residual.activation is not None:
        found += [
            bounded(
                "inequality",
                r"$2 \kappa f \le |\nabla f|^2$ at random weights, $\kappa = \frac{1}{N} \mathrm{mean}_r \, "
                r"\lambda_{\min}(K_r) \prod_{k > r} (1 - m_k/L)^2$.",
                partial(_inequality_ratios, model),
                source=DERIVED,
            ),
            close(
                "quadratic form",
                r"The $u$-part of $|\nabla f|^2$ is $\mathrm{mean}_r \, \frac{1}{N^2} \sum_{ij} K_r(x_i, x_j) \langle "
                r"p_i, p_j \rangle$; relative difference.",
                partial(_form_defect, model),
                0,
                within=1e-12,
                source=DERIVED,
            ),
        ]
    return found


def _small_convergence(seed: int) -> Certificate:
    rng = generator(seed)
    feature = single_hidden_layer(1)
    weights = np.stack([np.array([[0.3, 1.0], [-0.2, 1.5]]) + 0.05 * rng.normal(size=(2, 2)) for _ in range(3)])
    trained = train(feature, weights, [[1.0]], [[1.2]], duration=20, samples=2)
    return _certificate(local_convergence(feature, trained.weights, [[1.0]], [[1.2]]))


def _bias_path() -> list[float]:
    weights = np.full((4, 3, 1), 0.2)
    long = train(BIAS, weights, [[1.0]], [[2.0]], duration=30, samples=2)
    short = train(BIAS, weights, [[1.0]], [[2.0]], duration=0.7, samples=2)
    return [long.length, float(short.risks[-1] / short.risks[0])]


def _inequality_ratios(model: TransportResnet, seed: int) -> Floats:
    ratios = []
    for k in range(5):
        weights = model.weights(seed + k)
        found = local_convergence(model.residual, weights, model.inputs, model.targets)
        gradient = transport_gradient(model.residual, weights, model.inputs, model.targets)
        square = np.mean([(g**2).sum(axis=1).mean() for g in gradient])
        ratios.append(2 * found.kappa_here * found.risk / square)
    return np.array(ratios)


def _form_defect(model: TransportResnet, seed: int) -> float:
    feature, weights = model.residual, model.weights(seed)
    states = forward(feature, weights, model.inputs)
    costates = adjoint(feature, weights, states, states[-1] - model.targets)
    gradient = transport_gradient(feature, weights, model.inputs, model.targets)
    part = np.mean([(g[:, : feature.d] ** 2).sum(axis=1).mean() for g in gradient])
    form = np.mean([_form(feature, w, x, p) for w, x, p in zip(weights, states[:-1], costates[1:], strict=True)])
    return float((part - form) / part)


def _form(feature: Any, w: Floats, x: Floats, p: Floats) -> float:
    """By formulas of the feature: psi at u = e_1 is sigma(v.x)."""
    one = np.zeros_like(w)
    one[:, 0], one[:, feature.d :] = 1.0, w[:, feature.d :]
    h = np.stack([forward(feature, [row[None]], x)[1][:, 0] - x[:, 0] for row in one])
    return float(np.einsum("ij,id,jd->", h.T @ h / len(w), p, p) / len(x) ** 2)


def _of_distances() -> list[Claim]:
    s = sp.Symbol("s", positive=True)
    return [
        exact(
            "gaussian fibres",
            r"$\mu_s = N(s, 1)$, $\nu_s = N(0, 4)$: $\mathrm{COT}_2^2 = \int_0^1 (s^2 + 1) \, ds = 4/3$.",
            lambda: sp.integrate(sp.expand(gaussian_wasserstein(s, 1, 0, 4) ** 2), (s, 0, 1)),
            R(4, 3),
            source=DERIVED,
        ),
        certified(
            "fibres",
            r"The mean of the distances of the fibres is optimal transport where a change of depth costs more than it "
            r"saves: a plan and potentials, in fractions.",
            lambda seed: _certificate(conditional_distance(*_rational_measures(seed))),
            source=DERIVED,
        ),
        bounded(
            "product",
            r"$W_2 \le \mathrm{COT}_2$ and $\mathrm{COT}_2 \le$ the distance of neurons in order, at random networks.",
            _distance_ratios,
            source=DERIVED,
        ),
        close(
            "geodesic",
            r"$\mathrm{COT}(\mu_{0.2}, \mu_{0.7}) = 0.5 \, \mathrm{COT}(\mu_0, \mu_1)$ on the geodesic, on the line "
            r"and in the plane.",
            _geodesic_ratios,
            [0.5, 0.5],
            within=1e-12,
            source=DERIVED,
        ),
    ]


def _rational_measures(seed: int) -> tuple[Any, Any]:
    rng = generator(seed)
    mu, nu = rng.integers(-9, 9, size=(2, 3, 4, 2)).tolist()
    return _quarters(mu), _quarters(nu)


def _quarters(layers: Any) -> Any:
    return [[[R(n, 4) for n in row] for row in one] for one in layers]


def _distance_ratios(seed: int) -> Floats:
    rng, ratios = generator(seed), []
    for _ in range(5):
        mu, nu = rng.normal(size=(2, 4, 5, 2))
        conditional = conditional_distance(mu, nu)
        product = product_distance(mu, nu, depths=[0, 0.25, 0.5, 0.75])
        ratios += [float(product) / float(conditional), float(conditional) / conditional.labelled]
    return np.array(ratios)


def _geodesic_ratios(seed: int) -> list[float]:
    rng, found = generator(seed), []
    for q in (1, 2):
        mu, nu = rng.normal(size=(2, 3, 7, q))
        inner = conditional_distance(interpolate(mu, nu, 0.2), interpolate(mu, nu, 0.7))
        found.append(float(inner) / float(conditional_distance(mu, nu)))
    return found


def _of_laws() -> list[Claim]:
    tanh, relu = single_hidden_layer(2), single_hidden_layer(2, "relu")
    return [
        certified(
            "product neurons",
            r"A neuron of $\psi = u v x$ keeps $u^2 - v^2$ and nothing else.",
            lambda seed: neuron_laws(PRODUCT).certificate,
            source=DERIVED,
        ),
        certified(
            "tanh neurons",
            r"A neuron $u \tanh(v \cdot x)$ in the plane keeps nothing.",
            lambda seed: neuron_laws(tanh).certificate,
            source=DERIVED,
        ),
        certified(
            "relu neurons",
            r"A neuron $u \, \mathrm{relu}(v \cdot x)$ in the plane keeps $|u|^2 - |v|^2$ and nothing else.",
            lambda seed: neuron_laws(relu).certificate,
            source=DERIVED,
        ),
    ]
