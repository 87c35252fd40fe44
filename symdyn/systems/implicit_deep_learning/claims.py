"""What is said of a change of the number of inner iterations; each claim calls the functions of the system."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.dynamics.claims import bounded, certified, close, exact, sampled
from symdyn.dynamics.system import Claim
from symdyn.systems.implicit_deep_learning.answers import Decomposition
from symdyn.systems.implicit_deep_learning.gains import falling, no_gain, reachability
from symdyn.systems.implicit_deep_learning.inner import AffineInner, QuadraticLoss, gradient_descent, meta_learning
from symdyn.systems.implicit_deep_learning.iteration import iterate_map, iterates
from symdyn.systems.implicit_deep_learning.model import DERIVED, PAPER, Problem
from symdyn.systems.implicit_deep_learning.nonlinear import NonlinearInner
from symdyn.systems.implicit_deep_learning.rates import contraction_rate, kernel_laws
from symdyn.systems.implicit_deep_learning.tables import sweep
from symdyn.systems.implicit_deep_learning.training import (
    decomposition,
    outer_descent,
    outer_gradient,
    performance_change,
    train,
)

QUALITATIVE = f"qualitative in {PAPER}; this form and its proof derived"
_R = sp.Rational
_FALLS = 1e-9


def claims_of(model: Problem) -> tuple[Claim, ...]:
    """The claims."""
    return (*_iteration(model), *_gains(model), *_values(model), *_training(model), *_examples(), *_seen())


def _iteration(model: Problem) -> list[Claim]:
    theta = sp.symbols(f"theta1:{model.inner.parameters + 1}")
    found = [
        exact(
            "closed form",
            r"$z_N = G_N \theta + g_N$ with the closed form of $G_N$ and $g_N$ is what the iteration gives, for "
            r"$N = 1, 2, 5$ and every $\theta$.",
            lambda: [_unexpanded(model.inner, theta, N) for N in (1, 2, 5)],
            [_mapped(model.inner, theta, N) for N in (1, 2, 5)],
            source=DERIVED,
        )
    ]
    if kernel_laws(model.inner):
        found.append(
            exact(
                "kernel law",
                r"Linear functions of $z$ that vanish on the range of $S - 1$, $T$ and $r$ keep their values along the "
                r"inner iteration for every $\theta$ and start; for gradient descent the component of $z$ in $\ker K$.",
                lambda: _kept(model.inner, theta, 3),
                _kept(model.inner, theta, 0),
                source=DERIVED,
            )
        )
    rate = contraction_rate(model.inner)
    if rate.certificate is not None:
        found.append(
            certified(
                "rate",
                r"The largest modulus $\rho$ of an eigenvalue of $S$ where the iterates move is enclosed.",
                lambda seed: _known(contraction_rate(model.inner).certificate),
                source=DERIVED,
            )
        )
    return found


def _mapped(inner: AffineInner, theta: Any, steps: int) -> list[sp.Expr]:
    G, g = iterate_map(inner, steps)
    return list(G * sp.Matrix(theta) + g)


def _unexpanded(inner: AffineInner, theta: Any, steps: int) -> list[sp.Expr]:
    """The iteration as it is written, sums and products as they come."""
    S, T, r, Z, start = inner.parts
    z = list(Z * sp.Matrix(theta) + start)
    for _ in range(steps):
        z = [
            sp.Add(*(sp.Mul(a, b, evaluate=False) for a, b in zip([*S[i, :], *T[i, :]], [*z, *theta], strict=True)), r[i],
                   evaluate=False)
            for i in range(inner.states)
        ]  # fmt: skip
    return z


def _kept(inner: AffineInner, theta: Any, steps: int) -> list[sp.Expr]:
    names, start = (sp.symbols(f"{letter}1:{inner.states + 1}") for letter in "zs")
    z = list(iterates(replace(inner, start=start), theta, steps)[steps, :])
    return [law.expression.subs(dict(zip(names, z, strict=True))) for law in kernel_laws(inner, names)]


def _known(certificate: Certificate | None) -> Certificate:
    if certificate is None:
        raise ArithmeticError("there is no certificate")
    return certificate


def _gains(model: Problem) -> list[Claim]:
    found = []
    N = model.steps
    if reachability(model.inner, N).is_overparametrized:
        found.append(
            certified(
                "no change gains",
                r"Under overparametrisation, that is if $\{z_N(\theta)\}$ is the whole affine set that holds all "
                r"iterates, changing the number of inner iterations at test time cannot decrease the training loss: "
                r"$D(N, M) \ge 0$ for every outer loss and every $M \ge -N$, and the best is $M = 0$.",
                lambda seed: _known(reachability(model.inner, N).certificate),
                source=QUALITATIVE,
            )
        )
    for width, inner in enumerate(model.inners, start=1):
        answers = {M: no_gain(inner, N, M) for M in model.changes if M != 0}
        for M, answer in answers.items():
            name = r"\infty" if M is sp.oo else str(M)
            if answer.holds and answer.certificate is not None and not reachability(inner, N).is_overparametrized:
                found.append(
                    certified(
                        f"no gain, width {width}, change {M}",
                        rf"Width {width} is not overparametrised, and still no outer loss can fall from $N = {N}$ to "
                        rf"$M = {name}$.",
                        lambda seed, inner=inner, M=M: _known(no_gain(inner, N, M).certificate),  # type: ignore[misc]
                        source=DERIVED,
                    )
                )
        falls = {M: one for M, one in answers.items() if not one.holds}
        if falls:
            M = next(iter(falls))
            name = r"\infty" if M is sp.oo else str(M)
            found.append(
                certified(
                    f"a loss that falls, width {width}",
                    rf"With width {width}, $N = {N}$ and $M = {name}$ there is an outer loss $\frac12 \|z - w\|^2$ that "
                    r"falls by $\frac12 \|v\|^2$, $v = z_{N+M}(\theta) - z_N(\theta)$.",
                    lambda seed, inner=inner, M=M: falling(inner, N, M),  # type: ignore[misc]
                    source=DERIVED,
                )
            )
    return found


def _values(model: Problem) -> list[Claim]:
    N, finite = model.steps, [M for M in model.changes if M != 0]
    found = [
        exact(
            "decomposition",
            r"$D = \frac12 \|P K_{out} \Delta z\|^2 + \frac12 \|(1 - P) K_{out} \Delta z\|^2 + \langle r_N, (1 - P) "
            r"K_{out} \Delta z \rangle$, $P$ the projection on the range of $K_{out} G_N$, for all widths and changes.",
            lambda: [_sum(decomposition(i, model.losses(i), N, M)) for i in model.inners for M in finite],
            [performance_change(i, model.losses(i), N, M) for i in model.inners for M in finite],
            source=DERIVED,
        ),
        exact(
            "lower bound",
            r"$D - \left( \frac12 \|P K_{out} \Delta z\|^2 - \frac12 \|r_N\|^2 \right) = \frac12 \|(1 - P) (K_{out} "
            r"z_{N+M} - w)\|^2 \ge 0$ for all widths and changes.",
            lambda: [_above(decomposition(i, model.losses(i), N, M)) for i in model.inners for M in finite],
            [_hidden(i, model.losses(i), N, M) for i in model.inners for M in finite],
            source=DERIVED,
        ),
    ]
    if model.descent is not None and reachability(model.inner, N).is_overparametrized:
        found.append(
            exact(
                "exact value",
                r"Under overparametrisation $D(N, M) = \frac12 \|K_{out} (E_N - E_{N+M}) (1 - E_N)^{-1} (z_N - z_0)\|^2$, "
                r"inverse on the range of $K^\top$.",
                lambda: [performance_change(model.inner, model.loss, N, M) for M in finite],
                [_by_powers(model, M) for M in finite],
                source=DERIVED,
            )
        )
    return found


def _sum(parts: Decomposition) -> sp.Expr:
    return sp.Add(parts.within, parts.outside, parts.cross, evaluate=False)


def _above(parts: Decomposition) -> sp.Expr:
    return sp.Add(parts.total, sp.Mul(-1, parts.lower_bound, evaluate=False), evaluate=False)


def _hidden(inner: AffineInner, loss: QuadraticLoss, steps: int, change: Any) -> sp.Expr:
    """scale/2 times the square of the part of the later residual that training does not reach, as a sum of squares."""
    theta = train(inner, loss, steps).theta
    A = loss.K_out * iterate_map(inner, steps)[0]
    G, g = iterate_map(inner, change if change is sp.oo else steps + change)
    error = loss.K_out * (G * theta + g) - loss.w
    return _half_square(error - A * A.pinv() * error, loss.scale)


def _half_square(vector: Any, scale: Any = 1) -> sp.Expr:
    squares = [sp.Pow(sp.radsimp(x), 2, evaluate=False) for x in vector]
    return sp.Mul(scale / sp.Integer(2), sp.Add(*squares, evaluate=False), evaluate=False)


def _by_powers(model: Problem, change: Any) -> sp.Expr:
    """The value by E_N, without the projection: another route to D."""
    K, _, _, step = model.descent
    N = model.steps
    z = iterates(model.inner, train(model.inner, model.loss, N).theta, N)
    E = (sp.eye(K.cols) - step * K.T * K) ** N
    onto = K.T * (K * K.T).inv() * K if K.rank() == K.rows else K.pinv() * K
    later = sp.eye(K.cols) - onto if change is sp.oo else (sp.eye(K.cols) - step * K.T * K) ** (N + int(change))
    # on the range of K^T the inverse of 1 - E_N is that of 1 - E_N + (1 - onto)
    inverse = (2 * sp.eye(K.cols) - E - onto).inv()
    moved = model.loss.K_out * (E - later) * inverse * (z[N, :] - z[0, :]).T
    return _half_square(moved)


def _training(model: Problem) -> list[Claim]:
    N, inner, loss = model.steps, model.inner, model.loss
    theta = train(inner, loss, N).theta
    found = []
    if reachability(inner, N).is_overparametrized:
        found = [
            exact(
                "loss without steps",
                r"Under overparametrisation the least training loss is the same for $N = 1, 2, 3, 5$.",
                lambda: [_squares_left(inner, loss, n) for n in (1, 2, 3, 5)],
                [train(inner, loss, 1).loss] * 4,
                source=DERIVED,
            ),
            exact(
                "both gradients vanish",
                r"Under overparametrisation the unrolled and the implicit gradient both vanish at $\theta^N$.",
                lambda: [x for kind in ("unrolled", "implicit") for x in _products(inner, loss, theta, N, kind)],
                [0] * (2 * inner.parameters),
                source=DERIVED,
            ),
        ]
    narrow = model.inners[0]
    if model.descent is not None and not reachability(narrow, N).is_overparametrized:
        best = train(narrow, loss, N).theta
        gap = list(outer_gradient(narrow, loss, best, N, kind="implicit"))
        if any(gap):
            found.append(
                exact(
                    "the gradients differ",
                    r"With width 1 the unrolled gradient vanishes at $\theta^N$, and the implicit one is "
                    rf"${sp.latex(gap[0])}$.",
                    lambda: [_products(narrow, loss, best, N, k)[0] for k in ("unrolled", "implicit")],
                    [0, gap[0]],
                    source=DERIVED,
                )
            )
    return found


def _descended(inner: AffineInner, loss: QuadraticLoss, rate: Any, start: Any, count: int) -> list[sp.Expr]:
    """theta_0, theta_1, ... of one parameter, by the gradients of two steps."""
    found = [start]
    for _ in range(count):
        found.append(found[-1] - rate * outer_gradient(inner, loss, [found[-1]], 2, kind="unrolled")[0])
    return found


def _products(inner: AffineInner, loss: QuadraticLoss, theta: Any, steps: int, kind: str) -> list[sp.Expr]:
    """The gradient in theta as sums of products of slopes and errors, as they come."""
    G, g = iterate_map(inner, steps)
    slope = G if kind == "unrolled" else (sp.eye(inner.states) - inner.S).pinv() * inner.T
    error = loss.scale * loss.K_out.T * (loss.K_out * (G * theta + g) - loss.w)
    return [
        sp.Add(*(sp.Mul(a, b, evaluate=False) for a, b in zip(slope[:, k], error, strict=True)), evaluate=False)
        for k in range(inner.parameters)
    ]


def _squares_left(inner: AffineInner, loss: QuadraticLoss, steps: int) -> sp.Expr:
    """The least training loss as a sum of squares."""
    z = iterates(inner, train(inner, loss, steps).theta, steps)[steps, :].T
    return _half_square(loss.K_out * z - loss.w, loss.scale)


def _examples() -> list[Claim]:
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
            r"\theta_\infty)$ with $M = K_{out} G_N$, for $N = 2$, $k \le 3$ and one dimension, in symbols.",
            lambda: list(outer_descent(scalar, target, 2, rate=gamma, iterations=3, start=[first])),
            _descended(scalar, target, gamma, first, 3),
            source=DERIVED,
        ),
        exact(
            "one dimension",
            r"In one dimension $D(N, M) = \frac{\omega^2 e^{2N} (1 - e^M)^2}{2 (1 - e^N)^2}$ for the contraction $e$, the "
            r"target $\omega$ and $(N, M) = (1, 1), (1, 2), (2, 1), (2, -1), (3, 4)$, in symbols.",
            lambda: [performance_change(scalar, target, *pair) for pair in pairs],
            [omega**2 * e ** (2 * N) * (1 - e**M) ** 2 / (2 * (1 - e**N) ** 2) for N, M in pairs],
            source=DERIVED,
        ),
        exact(
            "meta-learning",
            r"One scalar task $a = 1$, $b = 2$ with pull $1$, step $\frac14$ and outer target $3$: $\theta^1 = "
            r"\frac{10}3$, $\theta^2 = \frac{18}5$, $D(1, 1), D(1, 2), D(1, \infty), D(2, \infty) = \frac1{72}, \frac1{32}, "
            r"\frac1{18}, \frac1{50}$.",
            lambda: [
                *(train(task, outer, N).theta[0] for N in (1, 2)),
                *(performance_change(task, outer, *pair) for pair in ((1, 1), (1, 2), (1, sp.oo), (2, sp.oo))),
            ],
            [_R(10, 3), _R(18, 5), _R(1, 72), _R(1, 32), _R(1, 18), _R(1, 50)],
            source=DERIVED,
        ),
        certified(
            "one parameter is enough",
            r"Overparametrisation is not necessary: with $K^\top U$ an eigenvector of $K^\top K$ and $c = 0$ one parameter "
            r"reaches all iterates of two dimensions, and no outer loss falls from $N = 1$ to infinitely many steps.",
            lambda seed: _known(no_gain(one, 1, sp.oo).certificate),
            source=DERIVED,
        ),
    ]


def _seen() -> list[Claim]:
    return [
        close(
            "ratio of changes",
            r"$D(N+1, \infty)/D(N, \infty)$ over $\rho^2$ for a random square $K$ of size 4 and 5 parameters, at the $N$ "
            r"with $\rho^N \approx e^{-8}$.",
            _ratio,
            1,
            within=1e-3,
            source=DERIVED,
        ),
        sampled(
            "one parameter of six",
            r"With $K$ of shape $(6, 8)$, $N = 5$ and one parameter a change by $1$, $2$, $5$, $10$ or $30$ lets the loss "
            r"fall in about $0.63$ of Gaussian draws.",
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
            r"For $z \leftarrow -\tanh(W z + x + b)$ with six parameters and one sample, trained at $N = 4$ to a loss below "
            r"$10^{-15}$, $D(4, M) \ge 0$ for $M = -2, -1, 1, 2, 4, 20$: $-10^{12} D$.",
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
        [-sp.tanh(w[0] * z[0] + w[1] * z[1] + _R(1, 2) + b[0]), -sp.tanh(w[2] * z[0] + w[3] * z[1] - _R(3, 10) + b[1])],
        z, (*w, *b), start=[0, 0],
    )  # fmt: skip
    loss = ((z[0] - _R(3, 10)) ** 2 + (z[1] + _R(2, 5)) ** 2) / 2
    found = train(inner, loss, 4, seed=seed, starts=3)
    changes = [performance_change(inner, loss, 4, M, theta=found.theta) for M in (-2, -1, 1, 2, 4, 20)]
    return [-1e12 * x for x in changes] + [found.loss / 1e-15]
