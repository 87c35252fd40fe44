"""What is said of a change of the number of inner iterations; each claim calls the functions of the system."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy as sp

from symdyn.dynamics.claims import certified, exact
from symdyn.dynamics.system import Claim
from symdyn.systems.implicit_deep_learning.answers import Decomposition
from symdyn.systems.implicit_deep_learning.descent import outer_gradient
from symdyn.systems.implicit_deep_learning.examples import exact_examples, sampled_examples
from symdyn.systems.implicit_deep_learning.gains import falling, known, no_gain, reachability
from symdyn.systems.implicit_deep_learning.inner import AffineInner, QuadraticLoss
from symdyn.systems.implicit_deep_learning.iteration import iterate_map, iterates
from symdyn.systems.implicit_deep_learning.model import DERIVED, PAPER, Problem
from symdyn.systems.implicit_deep_learning.rates import contraction_rate, kernel_laws
from symdyn.systems.implicit_deep_learning.training import decomposition, performance_change, train

QUALITATIVE = f"qualitative in {PAPER}; this form and its proof derived"


def claims_of(model: Problem) -> tuple[Claim, ...]:
    """The claims."""
    own = (*_iteration(model), *_gains(model), *_values(model), *_training(model))
    return (*own, *exact_examples(), *sampled_examples())


def _iteration(model: Problem) -> list[Claim]:
    theta = sp.symbols(f"theta1:{model.inner.parameters + 1}")
    found = [
        exact(
            "closed form",
            r"$z_N = G_N \theta + g_N$ with the closed form of $G_N$ and $g_N$ is what the iteration gives, for "
            r"$N = 1, 2, 5$ and every $\theta$: differences.",
            lambda: [_form_gaps(model.inner, theta, N) for N in (1, 2, 5)],
            [[0] * model.inner.states] * 3,
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
                lambda seed: known(contraction_rate(model.inner).certificate),
                source=DERIVED,
            )
        )
    return found


def _form_gaps(inner: AffineInner, theta: Any, steps: int) -> list[sp.Expr]:
    pairs = zip(_unexpanded(inner, theta, steps), _mapped(inner, theta, steps), strict=True)
    return [sp.Add(one, sp.Mul(-1, other, evaluate=False), evaluate=False) for one, other in pairs]


def _mapped(inner: AffineInner, theta: Any, steps: int) -> list[sp.Expr]:
    G, g = iterate_map(inner, steps)
    return list(G * sp.Matrix(theta) + g)


def _unexpanded(inner: AffineInner, theta: Any, steps: int) -> list[sp.Expr]:
    """The iteration as it is written, sums and products as they come."""
    S, T, r, Z, start = inner.parts
    z = list(Z * sp.Matrix(theta) + start)
    for _ in range(steps):
        point = [*z, *theta]
        rows = [[sp.Mul(*pair, evaluate=False) for pair in zip([*S[i, :], *T[i, :]], point, strict=True)]
                for i in range(inner.states)]  # fmt: skip
        z = [sp.Add(*row, push, evaluate=False) for row, push in zip(rows, r, strict=True)]
    return z


def _kept(inner: AffineInner, theta: Any, steps: int) -> list[sp.Expr]:
    names, start = (sp.symbols(f"{letter}1:{inner.states + 1}") for letter in "zs")
    z = list(iterates(replace(inner, start=start), theta, steps)[steps, :])
    return [law.expression.subs(dict(zip(names, z, strict=True))) for law in kernel_laws(inner, names)]


def _gains(model: Problem) -> list[Claim]:
    found = []
    N = model.steps
    if reachability(model.inner, N).is_overparametrized and reachability(model.inner, N).certificate is not None:
        found.append(
            certified(
                "no change gains",
                r"Under overparametrisation, that is if $\{z_N(\theta)\}$ is the whole affine set that holds all "
                r"iterates, changing the number of inner iterations at test time cannot decrease the training loss: "
                r"$D(N, M) \ge 0$ for every outer loss and every $M \ge -N$, and the best is $M = 0$.",
                lambda seed: known(reachability(model.inner, N).certificate),
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
                        lambda seed, inner=inner, M=M: known(no_gain(inner, N, M).certificate),  # type: ignore[misc]
                        source=DERIVED,
                    )
                )
        falls = {M: one for M, one in answers.items() if not one.holds and one.certificate is not None}
        if falls:
            M = next(iter(falls))
            name = r"\infty" if M is sp.oo else str(M)
            found.append(
                certified(
                    f"a loss that falls, width {width}",
                    rf"With width {width}, $N = {N}$ and $M = {name}$ there is an outer loss $\frac12 \|z - w\|^2$ "
                    r"that falls by $\frac12 \|v\|^2$, $v = z_{N+M}(\theta) - z_N(\theta)$.",
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
                r"Under overparametrisation $D(N, M) = \frac12 \|K_{out} (E_N - E_{N+M}) (1 - E_N)^{-1} (z_N - "
                r"z_0)\|^2$, inverse on the range of $K^\top$.",
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
    z = sp.Matrix(iterates(model.inner, train(model.inner, model.loss, N).theta, N))
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
    z = sp.Matrix(iterates(inner, train(inner, loss, steps).theta, steps)[steps])
    return _half_square(loss.K_out * z - loss.w, loss.scale)
