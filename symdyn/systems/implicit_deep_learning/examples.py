"""Claims about problems of their own: in symbols, of one dimension, random ones, a small network."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symdyn.dynamics.claims import bounded, certified, close, exact, sampled
from symdyn.dynamics.system import Claim
from symdyn.systems.implicit_deep_learning.descent import outer_descent, outer_gradient
from symdyn.systems.implicit_deep_learning.gains import known, no_gain
from symdyn.systems.implicit_deep_learning.inner import AffineInner, QuadraticLoss, gradient_descent, meta_learning
from symdyn.systems.implicit_deep_learning.model import DERIVED, PAPER
from symdyn.systems.implicit_deep_learning.nonlinear import NonlinearInner
from symdyn.systems.implicit_deep_learning.rates import contraction_rate
from symdyn.systems.implicit_deep_learning.tables import sweep
from symdyn.systems.implicit_deep_learning.training import performance_change, train

_R = sp.Rational
_FALLS = 1e-9


def exact_examples() -> list[Claim]:
    e, omega = sp.symbols("e omega")
    scalar, target = AffineInner([[e]], [[1 - e]]), QuadraticLoss([[1]], [omega])
    pairs = ((1, 1), (1, 2), (2, 1), (2, -1), (3, 4))
    task, outer = meta_learning([(1, 2)], step=_R(1, 4), proximal=1), QuadraticLoss([[1]], [3])
    one = gradient_descent([[1, 0], [0, 2]], [[0], [1]], step=_R(1, 4))
    gamma, first = sp.symbols("gamma theta0")
    return [
        exact(
            "outer descent",
            r"Gradient descent on $\theta$ is $\theta_k = \theta_\infty + (1 - \gamma M^\top M)^k (\theta_0 - "
            r"\theta_\infty)$ with $M = K_{out} G_N$, for $N = 2$, $k \le 3$, one dimension, in symbols: differences.",
            lambda: _descent_gaps(scalar, target, gamma, first, 3),
            [0] * 4,
            source=DERIVED,
        ),
        exact(
            "one dimension",
            r"In one dimension $D(N, M) = \frac{\omega^2 e^{2N} (1 - e^M)^2}{2 (1 - e^N)^2}$ for the contraction $e$, "
            r"the target $\omega$ and $(N, M) = (1, 1), (1, 2), (2, 1), (2, -1), (3, 4)$, in symbols.",
            lambda: [performance_change(scalar, target, *pair) for pair in pairs],
            [omega**2 * e ** (2 * N) * (1 - e**M) ** 2 / (2 * (1 - e**N) ** 2) for N, M in pairs],
            source=DERIVED,
        ),
        exact(
            "meta-learning",
            r"One scalar task $a = 1$, $b = 2$ with pull $1$, step $\frac14$ and outer target $3$: $\theta^1 = "
            r"\frac{10}3$, $\theta^2 = \frac{18}5$, $D(1, 1), D(1, 2), D(1, \infty), D(2, \infty) = \frac1{72}, "
            r"\frac1{32}, \frac1{18}, \frac1{50}$.",
            lambda: [
                *(train(task, outer, N).theta[0] for N in (1, 2)),
                *(performance_change(task, outer, *pair) for pair in ((1, 1), (1, 2), (1, sp.oo), (2, sp.oo))),
            ],
            [_R(10, 3), _R(18, 5), _R(1, 72), _R(1, 32), _R(1, 18), _R(1, 50)],
            source=DERIVED,
        ),
        certified(
            "one parameter is enough",
            r"Overparametrisation is not necessary: with $K^\top U$ an eigenvector of $K^\top K$ and $c = 0$ one "
            r"parameter "
            r"reaches all iterates of two dimensions, and no outer loss falls from $N = 1$ to infinitely many steps.",
            lambda seed: known(no_gain(one, 1, sp.oo).certificate),
            source=DERIVED,
        ),
    ]


def sampled_examples() -> list[Claim]:
    return [
        close(
            "ratio of changes",
            r"$D(N+1, \infty)/D(N, \infty)$ over $\rho^2$ for a random square $K$ of size 4 and 5 parameters, at the "
            r"$N$ with $\rho^N \approx e^{-8}$.",
            _ratio,
            1,
            within=1e-3,
            source=DERIVED,
        ),
        sampled(
            "one parameter of six",
            r"With $K$ of shape $(6, 8)$, $N = 5$ and one parameter a change by $1$, $2$, $5$, $10$ or $30$ lets the "
            r"loss fall in about $0.63$ of Gaussian draws.",
            lambda rng, draws: _falls(sweep([1], draws=draws, seed=int(rng.integers(2**31)))),
            0.63,
            draws=600,
            within=0.06,
            source=DERIVED,
        ),
        bounded(
            "six parameters of six",
            r"With six to nine parameters it falls in none: $-D$ over $10^{-9} (1 + \ell)$, largest of all draws.",
            _no_fall,
            source=DERIVED,
        ),
        bounded(
            "a fixed-point network",
            r"For $z \leftarrow -\tanh(W z + x + b)$ with six parameters and one sample, trained at $N = 4$ to a loss "
            r"below $10^{-15}$, $D(4, M) \ge 0$ for $M = -2, -1, 1, 2, 4, 20$: $-10^{12} D$.",
            _network,
            source=f"derived; a small network of the kind of {PAPER}",
        ),
    ]


def _ratio(seed: int) -> float:
    rng = np.random.default_rng(seed)
    K, U = rng.normal(size=(4, 4)), rng.normal(size=(4, 5))
    K = K + 2 * np.eye(4)
    inner = gradient_descent(K, U, rng.normal(size=4), step=1 / np.linalg.norm(K, 2) ** 2)
    loss = QuadraticLoss(rng.normal(size=(6, 4)), rng.normal(size=6))
    rho = float(contraction_rate(inner, loss))
    N = max(1, round(-8 / np.log(rho)))
    found = [performance_change(inner, loss, n, sp.oo) for n in (N, N + 1)]
    return float(found[1] / found[0] / rho**2)


def _falls(found: Any) -> Any:
    return (found.change < -_FALLS * (1 + found.loss[..., None])).any(axis=-1)[0].astype(float)


def _no_fall(seed: int) -> list[float]:
    found = sweep(range(6, 10), draws=100, seed=seed)
    return [float(x) for x in (-found.change / (_FALLS * (1 + found.loss[..., None]))).max(axis=(1, 2))]


def _network(seed: int) -> list[float]:
    z, w, b = sp.symbols("z1 z2"), sp.symbols("w11 w12 w21 w22"), sp.symbols("b1 b2")
    inner = NonlinearInner(
        (-sp.tanh(w[0] * z[0] + w[1] * z[1] + _R(1, 2) + b[0]), -sp.tanh(w[2] * z[0] + w[3] * z[1] - _R(3, 10) + b[1])),
        z, (*w, *b), start=(sp.S.Zero, sp.S.Zero),
    )  # fmt: skip
    loss = ((z[0] - _R(3, 10)) ** 2 + (z[1] + _R(2, 5)) ** 2) / 2
    found = train(inner, loss, 4, seed=seed, starts=3)
    changes = [performance_change(inner, loss, 4, M, theta=found.theta) for M in (-2, -1, 1, 2, 4, 20)]
    return [-1e12 * x for x in changes] + [found.loss / 1e-15]


def _descent_gaps(inner: AffineInner, loss: QuadraticLoss, rate: Any, start: Any, count: int) -> list[sp.Expr]:
    closed = outer_descent(inner, loss, 2, rate=rate, iterations=count, start=[start])[:, 0]
    walked = _descended(inner, loss, rate, start, count)
    return [sp.Add(one, sp.Mul(-1, other, evaluate=False), evaluate=False)
            for one, other in zip(closed, walked, strict=True)]  # fmt: skip


def _descended(inner: AffineInner, loss: QuadraticLoss, rate: Any, start: Any, count: int) -> list[sp.Expr]:
    """theta_0, theta_1, ... of one parameter, by the gradients of two steps."""
    found = [start]
    for _ in range(count):
        found.append(found[-1] - rate * outer_gradient(inner, loss, [found[-1]], 2, kind="unrolled")[0])
    return found
