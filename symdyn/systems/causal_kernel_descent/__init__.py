"""Causal kernel descent: attention layers that learn x_{t+1} = f(x_t) in context, as Kaczmarz' iteration does.

    r_t <- r_t - eta sum_{j=2..t} k(x_{t-1}, x_{j-1}) r_j        r_t = x_t at first
    u_t <- u_t + eta sum_{j=2..t} k(x_t, x_{j-1}) r_j            u_t = 0 at first

X, shape (T+1, d), holds x_1 .. x_{T+1} as rows. Estimates, predictions and errors have T rows: row t - 1 belongs to
token t and targets x_{t+1}; the first prediction is 0 by definition. Everything is dimensionless.

Kernels: "linear", <x, y>; "exponential", exp(<x, y> - 1); "softmax", the exponential divided by the causal row sums Z_t
and Z'_t over j = 2..t; or a function of X (n, d) and Y (m, d) that gives (n, m). Tokens of norm 1 are needed for
k(x, x) = 1. With others the diagonal D of the Gram matrix stands where 1 stands, y = L (D + L)^-1 X, and the step must
lie below 2/max k(x_t, x_t).

Source: M. Sander, G. Peyre, Towards Understanding the Universality of Transformers for Next-Token Prediction,
arXiv 2410.03011. What is marked derived is not stated there.
"""

from __future__ import annotations

from collections.abc import Sequence as ListOf
from typing import Any

import numpy as np

from symdyn.dynamics.orbit import orbit
from symdyn.dynamics.system import System
from symdyn.errors import ModelError
from symdyn.numerics.arrays import generator, one_of, real_array, whole
from symdyn.numerics.ensembles import haar
from symdyn.numerics.kernels.cyclic import PeriodicRate, limit_cycle, periodic_rate
from symdyn.numerics.kernels.gram import KERNELS, Softmax, gram
from symdyn.numerics.kernels.kaczmarz import FixedPoint, Kaczmarz, fixed_point, kaczmarz
from symdyn.systems.causal_kernel_descent.claims import PAPER, Sequence, claims_of, random_tokens, turn
from symdyn.systems.causal_kernel_descent.depth import depth_flow
from symdyn.systems.causal_kernel_descent.descent import Descent, descend, exact_depth
from symdyn.systems.causal_kernel_descent.exhibits import exhibits_of
from symdyn.systems.causal_kernel_descent.identities import kaczmarz_identity
from symdyn.systems.causal_kernel_descent.rates import Rate, circulant_weights, convergence_rate, rate_polynomial
from symdyn.systems.causal_kernel_descent.search import Failure, largest_softmax_constant, smallest_failure
from symdyn.systems.causal_kernel_descent.softmax_limits import SoftmaxLimits, softmax_limits

__all__ = [
    "Descent",
    "Failure",
    "FixedPoint",
    "Kaczmarz",
    "PeriodicRate",
    "Rate",
    "Sequence",
    "Softmax",
    "SoftmaxLimits",
    "build",
    "circulant_weights",
    "convergence_rate",
    "depth_flow",
    "descend",
    "exact_depth",
    "fixed_point",
    "gram",
    "kaczmarz",
    "kaczmarz_identity",
    "largest_softmax_constant",
    "limit_cycle",
    "orbit",
    "periodic_rate",
    "rate_polynomial",
    "smallest_failure",
    "softmax_limits",
]

MAPS = ("rotation", "shift", "haar", "periodic", "formulas")


def build(
    dimension: int = 2,
    map: str = "rotation",
    angle: float = 1,
    period: int = 5,
    kernel: str = "linear",
    step: float = 1,
    layers: int = 20,
    length: int = 50,
    components: ListOf[str] = (),
    seed: int = 0,
) -> System:
    """A sequence of tokens and layers on it.

    Parameters
    ----------
    dimension
        d, a whole number from 1; even for a rotation.
    map
        rotation (by the angle and its multiples, one in each plane), shift (of the axes), haar (a random orthogonal
        map), periodic (random tokens that repeat), or formulas.
    angle
        In radians, a number.
    period
        Tokens of a period, from 2.
    kernel
        linear, exponential or softmax.
    step
        eta, above 0 and below 2.
    layers
        Of the descent of the figures, from 1.
    length
        T, from 3.
    components
        For the map formulas: d texts in x1, ..., xd (with ";" between them on the command line); tokens are divided
        by their norm.
    seed
        Of random maps and tokens.

    Raises
    ------
    ModelError
        If a parameter is out of range.
    """
    d, T = whole(dimension, "the dimension", least=1, most=1000), whole(length, "the length", least=3, most=10_000)
    word, name = one_of(map, "the map", MAPS), one_of(kernel, "the kernel", KERNELS)
    size = float(real_array(step, "the step", ndim=0))
    if not 0 < size < 2:
        raise ModelError(f"the step is {size:g}: give one above 0 and below 2, where the layers converge")
    turned = float(real_array(angle, "the angle", ndim=0))
    m, start = whole(period, "the period", least=2), whole(seed, "the seed")
    generator(start)
    if components and word != "formulas":
        raise ModelError(f"components came with the map {word}: set map to formulas")
    tokens, omega = _tokens(word, d, turned, m, T, tuple(components), start)
    model = Sequence(
        map=word,
        tokens=tokens,
        omega=omega,
        angle=turned,
        period=m,
        kernel=name,
        step=size,
        layers=whole(layers, "the number of layers", least=1, most=100_000),
        seed=start,
    )
    given: dict[str, Any] = {"dimension": d, "map": word, "angle": angle, "period": m, "kernel": name, "step": step}
    given |= {"layers": model.layers, "length": T, "components": tuple(components), "seed": start}
    return System(
        "causal_kernel_descent",
        given,
        claims_of(model),
        PAPER,
        model=model,
        equations=(
            r"Tokens: $x_{t+1} = f(x_t)$, augmented to $(x_{t-1}, 0, x_t, 1, r_t, u_t)$, $r_t = x_t$, $u_t = 0$.",
            r"First head: $u_t \leftarrow u_t + \eta \sum_{j=2}^{t} k(x_t, x_{j-1}) \, r_j$.",
            r"Second head: $r_t \leftarrow r_t - \eta \sum_{j=2}^{t} k(x_{t-1}, x_{j-1}) \, r_j$.",
            r"Fixed point: $y = L c$ with $(1 + L) c = (x_2, \dots, x_{T+1})$, $L_{tj} = k(x_t, x_j)$ for $j < t$.",
            r"Kaczmarz: $f_{t+1} = f_t + k(\cdot, x_t) (x_{t+1} - f_t(x_t))$ and $y_t = f_t(x_t)$.",
            r"Rate for unitary $\Omega$: $Q(z) = \sum_k w_k \prod_{j \ne k} (z - \lambda_j)$ with $w_k = |x_{1,k}|^2$.",
            r"Energy: $\|W_{t+1} - \Omega\|_F^2 = \|W_t - \Omega\|_F^2 - \|x_{t+1} - y_t\|^2$.",
            r"Infinite depth: $u(s) = L (1 - e^{-s (1 + L)}) c$.",
            r"Softmax: $u_t = \frac{1}{Z'_t} \sum_{j=2}^{t} k(x_t, x_{j-1}) \, c_j$, $(1 + L) c = (Z_t x_t)_{t > 1}$.",
        ),
        exhibits=exhibits_of(model),
    )


def _tokens(
    word: str, d: int, angle: float, period: int, length: int, components: tuple[str, ...], seed: int
) -> tuple[Any, Any]:
    """x_1 .. x_{T+1}, and the orthogonal map that made them, if one did."""
    if word == "periodic":
        rows = random_tokens(period, d, seed)
        return np.resize(rows, (length + 1, d)), None
    start = random_tokens(1, d, seed)[0] if word == "haar" else np.eye(d)[0]
    if word == "formulas":
        if len(components) != d:
            raise ModelError(f"{len(components)} components came for the dimension {d}: give one text for each")
        start = np.ones(d) / np.sqrt(d)
        return orbit(list(components), start, length=length, normalise=True), None
    if word == "rotation":
        if d % 2:
            raise ModelError(f"the dimension is {d}: a rotation turns planes, so give an even one")
        omega = np.zeros((d, d))
        for k in range(d // 2):
            omega[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] = turn((k + 1) * angle)
        start = np.tile([1.0, 0.0], d // 2) / np.sqrt(d // 2)
    else:
        omega = np.roll(np.eye(d), 1, axis=0) if word == "shift" else haar(d, seed=seed)
    return orbit(omega, start, length=length), omega
