"""What is said of causal kernel descent; each claim calls the functions of the system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from scipy.special import iv

from symdyn.dynamics.claims import bounded, certified, close, exact
from symdyn.dynamics.orbit import orbit
from symdyn.dynamics.system import Claim
from symdyn.numerics.ensembles import gaussian, haar
from symdyn.numerics.kernels.cyclic import period_polynomial, periodic_rate
from symdyn.numerics.kernels.gram import KERNELS
from symdyn.numerics.kernels.kaczmarz import fixed_point, kaczmarz
from symdyn.numerics.kernels.numbers import Array
from symdyn.systems.causal_kernel_descent.depth import depth_flow
from symdyn.systems.causal_kernel_descent.descent import descend, exact_depth
from symdyn.systems.causal_kernel_descent.identities import (
    cyclic_determinant,
    energy_defects,
    generic_kernel,
    generic_targets,
    kaczmarz_identity,
    layer_determinant,
    leading_period,
    projected_determinant,
    symbolic_modes,
    third_token_defects,
    turned_determinant,
)
from symdyn.systems.causal_kernel_descent.rates import Z, convergence_rate, rate_polynomial
from symdyn.systems.causal_kernel_descent.search import as_array
from symdyn.systems.causal_kernel_descent.softmax_limits import softmax_limits

PAPER = "M. Sander, G. Peyre, arXiv 2410.03011"
DERIVED = f"derived; it concerns the layers of {PAPER}"
LINK = f"the link to Kaczmarz' iteration is that of {PAPER}; this form derived"
_R = sp.Rational

#: A period of three rational tokens that no linear map gives.
BENT = sp.ImmutableMatrix([[1, 0], [0, 1], [-_R(4, 5), _R(3, 5)]])
#: Three points of the unit circle, and weights.
MULTIPLIERS = ((3 + 4 * sp.I) / 5, (5 - 12 * sp.I) / 13, sp.S.NegativeOne)
WEIGHTS = (_R(1, 2), _R(3, 10), _R(1, 5))


@dataclass(frozen=True)
class Sequence:
    """Tokens x_1 .. x_{T+1} as rows, the map that made them, kernel, step and layers."""

    map: str
    tokens: Any
    omega: Any
    angle: float
    period: int
    kernel: str
    step: float
    layers: int
    seed: int


def claims_of(model: Sequence) -> tuple[Claim, ...]:
    """The claims."""
    return (*_layers(model), *_linear(model), *_periodic(), *_softmax())


def _layers(model: Sequence) -> list[Claim]:
    kernel = generic_kernel(5)
    return [
        certified(
            "kaczmarz, all lengths",
            r"For every $T$, $d$ and kernel with $k(x, x) = 1$ layers with step $1$ reach what Kaczmarz' iteration "
            r"predicts, token $t$ after $\max(1, t - 1)$ of them.",
            lambda seed: kaczmarz_identity(),
            source=LINK,
        ),
        close(
            "kaczmarz on arrays",
            r"The triangular solve and the sequential iteration agree on random tokens, largest deviation over the "
            r"linear, exponential and softmax kernels.",
            _sequential_gap,
            0,
            within=1e-11,
            source=LINK,
        ),
        exact(
            "nilpotent",
            r"For every kernel with $k(x, x) = 1$ the first layers from which tokens $1, \dots, 5$ are exact are "
            r"$1, 1, 2, 3, 4$, and four layers give $y_1, \dots, y_5$, in symbols.",
            lambda: _after_layers(kernel),
            (0, 0, 0, 0, 0, 1, 1, 2, 3, 4),
            source=DERIVED,
        ),
        exact(
            "layer spectrum",
            r"$\det(z - (1 - \eta (1 + L))) = (z - 1 + \eta)^T$ for $T = 4$ and every kernel with $k(x, x) = 1$: "
            r"layers converge for $0 < \eta < 2$.",
            layer_determinant,
            (Z - 1 + sp.Symbol("eta")) ** 4,
            source=DERIVED,
        ),
        bounded(
            "exact depth",
            r"Layers with step $1/k(x, x)$ are exact at token $t$ after $\max(1, t - 1)$ of them, to $10^{-8}$.",
            lambda seed: _depth_ratio(model),
            source=DERIVED,
        ),
        close(
            "depth flow",
            r"Layers of step $1/2000$ follow $u(s) = L (1 - e^{-s (1 + L)}) c$, largest deviation at $s = 2$.",
            lambda seed: _flow_gap(model),
            0,
            within=5e-3,
            source=DERIVED,
        ),
    ]


def _linear(model: Sequence) -> list[Claim]:
    c, s = sp.symbols("c s", real=True)
    found = [
        exact(
            "rate polynomial",
            r"$\det(z - (1 - x_1 x_1^*) \Omega) = z Q(z)$ for every diagonal $\Omega$ with $d = 2, 3, 4$ modes of "
            r"weights $w_k$, $\sum_k w_k = 1$.",
            lambda: [
                projected_determinant(d) - Z * rate_polynomial(*symbolic_modes(d)).as_expr() for d in (2, 3, 4)
            ],
            (0, 0, 0),
            source=DERIVED,
        ),
        certified(
            "inside the disc",
            r"For the multipliers $\frac{3 + 4 i}{5}, \frac{5 - 12 i}{13}, -1$ with weights $\frac12, \frac3{10}, "
            r"\frac15$ all roots of $Q$ have modulus below $1$: the linear kernel converges geometrically.",
            lambda seed: _certificate(convergence_rate(MULTIPLIERS, WEIGHTS)),
            source=DERIVED,
        ),
        exact(
            "planar rotation",
            r"For a rotation $\Omega$ with cosine $c$ and sine $s$ and every unit $x_1$, $\det(z - (1 - x_1 x_1^\top) "
            r"\Omega) = z Q(z) = z (z - c)$: the rate is $|c|$.",
            turned_determinant,
            sp.expand(Z * rate_polynomial([c + sp.I * s, c - sp.I * s], [_R(1, 2), _R(1, 2)]).as_expr()),
            source=DERIVED,
        ),
        exact(
            "Lyapunov",
            r"$\|W_{t+1} - \Omega\|_F^2 = \|W_t - \Omega\|_F^2 - \|x_{t+1} - y_t\|^2 / \|x_t\|^2$ for $t = 1, 2$, "
            r"every $\Omega$ of shape $(2, 2)$ and every $x_1$.",
            energy_defects,
            (0, 0),
            source=DERIVED,
        ),
        bounded(
            "energy",
            r"$\sum_t \|x_{t+1} - y_t\|^2 \le \|\Omega\|_F^2$ for the linear kernel on orthogonal maps, of Haar's law "
            r"for $d = 2, 3, 5, 8$.",
            _energy_ratios,
            source=DERIVED,
        ),
        close(
            "fitted rate",
            r"The slope of the logarithm of the error over $t$ of a rotation by $1$ is $\log \cos 1$.",
            lambda seed: _fitted_slope(1.0),
            float(np.log(np.cos(1.0))),
            within=1e-6,
            source=DERIVED,
        ),
    ]
    if model.omega is not None and model.kernel == "linear":
        found.append(
            bounded(
                "energy of the sequence",
                r"$\sum_t \|x_{t+1} - y_t\|^2 \le \|\Omega\|_F^2$ on the tokens at hand.",
                lambda seed: _energy_ratio(model.tokens, model.omega),
                source=DERIVED,
            )
        )
    return found


def _periodic() -> list[Claim]:
    g = sp.symbols("g12 g13 g23")
    gram = sp.Matrix([[1, g[0], g[1]], [g[0], 1, g[2]], [g[1], g[2], 1]])
    return [
        exact(
            "cyclic projections",
            r"One period of $m = 3$ projections has the characteristic polynomial $\det(z (1 + L) + L^\top)$.",
            lambda: cyclic_determinant(gram) - Z * period_polynomial(gram).as_expr(),
            0,
            source=DERIVED,
        ),
        certified(
            "exponential kernel, periodic",
            r"On the period $(1, 0), (0, 1), (-\frac45, \frac35)$ the exponential kernel converges geometrically: all "
            r"roots of $\det(z (1 + L) + L^\top)/z$ have modulus below $1$.",
            lambda seed: _certificate(periodic_rate(BENT, kernel="exponential")),
            source=DERIVED,
        ),
        exact(
            "linear kernel fails",
            r"On every period $(1, 0), (0, 1), (c, s)$ of unit tokens one period takes every $W$ to the same one, and "
            r"the squares of the errors are $c^2 \varrho, s^2 \varrho, \varrho$ for ever, $\varrho = (1 - c s)^2 + "
            r"(c + s^2)^2 > 0$; here $(c, s) = (\frac{1 - a^2}{1 + a^2}, \frac{2 a}{1 + a^2})$.",
            third_token_defects,
            (0,) * 7,
            source=DERIVED,
        ),
    ]


def _softmax() -> list[Claim]:
    return [
        exact(
            "softmax, leading order",
            r"With $G u = \mathrm{diag}(S) X$ a period takes the leading part $n u$ of the state to itself, in symbols "
            r"for $m = 3$: the errors vanish in leading order.",
            lambda: leading_period()[0],
            leading_period()[1],
            source=DERIVED,
        ),
        certified(
            "softmax, constants",
            r"On the period $(1, 0), (0, 1), (-\frac45, \frac35)$ the state $u$ and $c_i = m^2 |x_{i+1} - u_i|^2 / "
            r"S_i^2$ are the only fixed point of a period, and attract: $t \cdot \mathrm{error} \to \sqrt{c_i}$.",
            lambda seed: _certificate(softmax_limits(BENT)),
            source=DERIVED,
        ),
        close(
            "softmax, rotation",
            r"For a rotation by $1$, no rational multiple of $\pi$, $t$ times the error is near "
            r"$e (1/I_1(1) - 1/I_0(1))$, the limit of the constants of rotations by $2 \pi/m$; largest of "
            r"$t = 1994, \dots, 2000$.",
            lambda seed: _turning_constant(2000),
            float(np.e * (1 / iv(1, 1) - 1 / iv(0, 1))),
            within=0.02,
            source=DERIVED,
        ),
        close(
            "softmax, measured",
            r"$t$ times the error of softmax at $t = 1498, 1499, 1500$ over its limit.",
            lambda seed: _measured_constants(500),
            [1, 1, 1],
            within=2e-3,
            source=DERIVED,
        ),
    ]


def _certificate(found: Any) -> Any:
    if found.certificate is None:
        raise ArithmeticError("an exact case has no certificate")
    return found.certificate


def random_tokens(count: int, dimension: int, seed: int) -> Array:
    """Independent and uniform on the sphere."""
    found = gaussian(count, dimension, seed=seed)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def _sequential_gap(seed: int) -> float:
    X = random_tokens(41, 4, seed)
    gaps = [fixed_point(X, kernel=k).predictions - kaczmarz(X, kernel=k).predictions for k in KERNELS]
    return float(np.abs(gaps).max())


def _after_layers(kernel: sp.ImmutableMatrix) -> tuple[Any, ...]:
    """Estimates after four layers less the fixed point, and the first layers from which they agree."""
    targets = generic_targets(5)
    found = descend(targets, kernel=lambda X, Y: kernel, step=1, layers=4)
    limit = fixed_point(targets, kernel=lambda X, Y: kernel)
    gaps = [one - other for one, other in zip(found.estimates, limit.predictions, strict=True)]
    return (*gaps, *found.first_exact)


def _depth_ratio(model: Sequence) -> Array:
    X = np.real(model.tokens[: min(len(model.tokens), 13)])
    kernel = "exponential" if model.kernel == "softmax" else model.kernel
    found = exact_depth(X, kernel=kernel, step=1, tolerance=1e-8)
    return found / np.maximum(1, np.arange(len(found)))


def _flow_gap(model: Sequence) -> float:
    X = model.tokens[: min(len(model.tokens), 11)]
    kernel = "exponential" if model.kernel == "softmax" else model.kernel
    layers = descend(X, kernel=kernel, step=1 / 2000, layers=4000).estimates
    return float(np.abs(layers - depth_flow(X, [2.0], kernel=kernel)[0]).max())


def _energy_ratio(tokens: Array, omega: Array) -> float:
    errors = fixed_point(tokens).errors
    return float((errors**2).sum() / np.sum(np.abs(omega) ** 2))


def _energy_ratios(seed: int) -> list[float]:
    found = []
    for d in (2, 3, 5, 8):
        omega, start = haar(d, seed=seed + d), random_tokens(1, d, seed)[0]
        found.append(_energy_ratio(orbit(omega, start, length=200), omega))
    return found


def _fitted_slope(angle: float) -> float:
    return log_slope(fixed_point(orbit(turn(angle), [1, 0], length=40)).errors, 5)


def turn(angle: float) -> Array:
    """The rotation of the plane."""
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def log_slope(errors: Array, first: int) -> float:
    """Of the logarithm of errors over t from `first` on, as far as they are above rounding."""
    t = np.arange(1, len(errors) + 1)
    kept = (t >= first) & (errors > 1e-13)
    return float(np.polyfit(t[kept], np.log(errors[kept]), 1)[0]) if kept.sum() > 1 else float("-inf")


def _measured_constants(periods: int) -> list[float]:
    """t times the error over the limits, in the last of so many periods."""
    rows, m = as_array(BENT), BENT.rows
    errors = fixed_point(np.tile(rows, (periods + 1, 1))[: periods * m + 1], kernel="softmax").errors
    limits = np.asarray(softmax_limits(rows).constants)
    t = np.arange((periods - 1) * m + 1, periods * m + 1)
    return (t * errors[-m:] / limits).tolist()


def _turning_constant(length: int) -> float:
    tokens = orbit(turn(1.0), [1, 0], length=length)
    errors = fixed_point(tokens, kernel="softmax").errors
    t = np.arange(1, length + 1)
    return float((t * errors)[-7:].max())
