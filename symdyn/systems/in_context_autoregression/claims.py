"""What is claimed of heads that learn in context; each claim calls the functions of the system."""

from __future__ import annotations

import sympy as sp

from symdyn.dynamics.claims import exact
from symdyn.dynamics.identity_claims import identities
from symdyn.dynamics.system import Claim
from symdyn.systems.in_context_autoregression.heads import augmented_head, gradient_step, predict
from symdyn.systems.in_context_autoregression.losses import (
    attention_loss,
    augmented_loss,
    optimal_step,
    population_loss,
    population_loss_by_moments,
)
from symdyn.systems.in_context_autoregression.model import DERIVED, PAPER, InContext, Pair, symbols_of
from symdyn.systems.in_context_autoregression.optima_claims import of_optima
from symdyn.systems.in_context_autoregression.training_claims import of_training


def claims_of(model: InContext) -> tuple[Claim, ...]:
    """The claims: of augmented tokens, and unless only these are studied, of plain ones."""
    augmented = _of_augmented_tokens(model)
    if model.tokens == "augmented":
        return augmented
    return augmented + _of_losses(model) + of_optima(model) + of_training(model)


def _of_augmented_tokens(model: InContext) -> tuple[Claim, ...]:
    T, d = min(model.length, 5), min(model.dimension, 3)
    return (
        identities(
            "gradient step",
            r"On tokens $e_t = (0, s_t, s_{t-1})$ a linear head with diagonal blocks $a = 1$, $b = \eta$ predicts what "
            f"one gradient step from $W = 0$ does; here for all tokens with $T = {T}$, $d = {d}$. Both sides are sums "
            "over $t$ "
            "of one term, so that this is no matter of $T$.",
            lambda: _pairs(*(head(_tokens(T, d)) for head in (_augmented, _stepped))),
            source=f"abstract of {PAPER}; the blocks derived",
        ),
        exact(
            "loss of a step",
            r"The mean squared error of that head over all unitary diagonal maps is "
            r"$d (\eta^2 (T - 1)(T + d - 2) - 2 \eta (T - 1) + 1)$, for $(T, d) = (2, 1), (3, 2), (4, 3)$.",
            lambda: [_augmented_by_moments(T, d) for T, d in ((2, 1), (3, 2), (4, 3))],
            [augmented_loss(sp.Symbol("eta"), length=T, dimension=d) for T, d in ((2, 1), (3, 2), (4, 3))],
            source=DERIVED,
        ),
        exact(
            "best step",
            r"It is least at $\eta = 1/(T + d - 2)$, where it is $d (d - 1)/(T + d - 2)$; summed over the lengths "
            r"$2, \dots, T$ it is least at $3/(2 T + 3 d - 4)$.",
            _best_step,
            (0, sp.Symbol("d") * (sp.Symbol("d") - 1) / (sp.Symbol("T") + sp.Symbol("d") - 2), 0),
            source=f"{DERIVED}; the abstract of {PAPER} has the step",
        ),
    )


def _of_losses(model: InContext) -> tuple[Claim, ...]:
    T, d = min(model.length, 5), min(model.dimension, 4)
    C, p = symbols_of(T, d)
    found = [
        identities(
            "loss",
            f"The closed formula of the loss of the {model.family} family is the sum of the squared coefficients of "
            f"output minus target, for all $C$ and $p$ with $d = {d}$, $T = {T}$.",
            lambda: [
                (population_loss(C, p, family=model.family), population_loss_by_moments(C, p, family=model.family))
            ],
            source=DERIVED,
        )
    ]
    if model.family == "unitary":
        found.append(
            identities(
                "counted twice",
                r"The formula $|p|^2 |C|_F^2 + p_{T-1}^2 |C \mathbf{1}|^2 - 2 p_T \mathrm{tr}\, C + d$ of the authors' "
                r"script exceeds the loss by $p_{T-1}^2 |C|_F^2$: the term $t = T - 1$ is counted twice.",
                lambda: [
                    (
                        _script_loss(C, p) - population_loss_by_moments(C, p),
                        p[-2] ** 2 * sum(entry**2 for entry in C),
                    )
                ],
                source=f"{DERIVED}, from its code",
            )
        )
    else:
        found.append(
            identities(
                "Chebyshev",
                r"With $c = 1$ the heads are $2 \cos\theta \, W^{T-1} s - W^{T-2} s = W^T s$: for real tokens of a "
                r"plane, $C$ with all entries $2/|s|^2$, $p_T = 1$ and $p_{T-1} = -1/2$ predict the next token of "
                "every rotation.",
                lambda: _pairs(*_chebyshev(T)),
                source=DERIVED,
            )
        )
    return tuple(found)


def _tokens(T: int, d: int) -> sp.Matrix:
    return sp.Matrix(T, d, sp.symbols(f"s1:{T + 1}_1:{d + 1}"))


def _augmented(tokens: sp.Matrix) -> sp.Matrix:
    return augmented_head(tokens, 1, sp.Symbol("eta"))


def _stepped(tokens: sp.Matrix) -> sp.Matrix:
    return gradient_step(tokens, sp.Symbol("eta"))


def _augmented_by_moments(T: int, d: int) -> sp.Expr:
    units = sp.symbols(f"z1:{d + 1}")
    tokens = sp.Matrix(T, d, lambda t, k: units[k] ** t)
    return attention_loss(_augmented(tokens), units, [z**T for z in units])


def _best_step() -> list[sp.Expr]:
    T, d, x, t = sp.symbols("T d x t")
    loss = augmented_loss(x, length=T, dimension=d)
    best, best_of_all = optimal_step(T, d), optimal_step(T, d, lengths="all")
    every = sp.summation(augmented_loss(x, length=t, dimension=d), (t, 2, T))
    return [sp.diff(loss, x).subs(x, best), loss.subs(x, best), sp.diff(every, x).subs(x, best_of_all)]


def _script_loss(C: sp.Matrix, p: tuple[sp.Symbol, ...]) -> sp.Expr:
    squared, rows = sum(entry**2 for entry in C), [sum(C.row(k)) for k in range(C.rows)]
    return sum(q**2 for q in p) * squared + p[-2] ** 2 * sum(r**2 for r in rows) - 2 * p[-1] * C.trace() + C.rows


def _chebyshev(T: int) -> tuple[sp.Matrix, sp.Matrix]:
    """Prediction and next token of a rotation, by the tangent t of half its angle."""
    t, x, y = sp.symbols("t x y", real=True)
    W = sp.Matrix([[1 - t**2, -2 * t], [2 * t, 1 - t**2]]) / (1 + t**2)
    tokens = [sp.Matrix([x, y])]
    for _ in range(T):
        tokens.append(W * tokens[-1])
    rows = sp.Matrix(T, 2, [entry for token in tokens[:-1] for entry in token])
    p = [0] * (T - 2) + [-sp.Rational(1, 2), 1]
    return predict(rows, sp.ones(2, 2) * 2 / (x**2 + y**2), p), tokens[-1]


def _pairs(one: sp.MatrixBase, other: sp.MatrixBase) -> list[Pair]:
    return list(zip(one, other, strict=True))
