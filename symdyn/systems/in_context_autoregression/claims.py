"""What is claimed of heads that learn in context; each claim calls the functions of the system."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.claims import bounded, close, exact
from symdyn.dynamics.identity_claims import identities
from symdyn.dynamics.outcome import Outcome, holds_by
from symdyn.dynamics.system import Claim
from symdyn.laws.count import conservation_laws
from symdyn.numerics.arrays import Floats
from symdyn.systems.in_context_autoregression.curvature import (
    hessian_nullity,
    loss_in_symbols,
    tangent_directions,
)
from symdyn.systems.in_context_autoregression.entries import Heads, checked_heads
from symdyn.systems.in_context_autoregression.heads import augmented_head, gradient_step, predict
from symdyn.systems.in_context_autoregression.losses import (
    attention_loss,
    augmented_loss,
    optimal_step,
    population_loss,
    population_loss_by_moments,
)
from symdyn.systems.in_context_autoregression.optima import forced, squares, zero_loss_set
from symdyn.systems.in_context_autoregression.positions import positional_encoding
from symdyn.systems.in_context_autoregression.selected import selected_optimum
from symdyn.systems.in_context_autoregression.training import Training, train, training_model

PAPER = "M. Sander, R. Giryes, T. Suzuki, M. Blondel, G. Peyre, arXiv 2402.05787"
DERIVED = "derived; it concerns the model of arXiv 2402.05787"
_MOST_MINOR = 40  # rows of a determinant in a certificate
_TIME = 60.0
_STARTS = 10
Pair = tuple[sp.Expr, sp.Expr]


@dataclass(frozen=True)
class InContext:
    """d, H, T, the family of maps, which tokens are studied, size and seed of the start."""

    dimension: int
    heads: int
    length: int
    family: str
    tokens: str
    init: float
    seed: int

    @property
    def rank(self) -> int:
        """Heads for which the laws select the optimum."""
        return self.dimension // 2 if self.family == "orthogonal" else self.dimension

    def start(self, seed: int = 0, *, heads: int | None = None, every: bool = False) -> tuple[Floats, Floats, Floats]:
        """Random heads and positions; all rows of them if `every`."""
        rng = np.random.default_rng([self.seed, seed])
        H, T = heads or self.heads, self.length
        shapes = ((H, self.dimension), (H, self.dimension), (T, T) if every else (T,))
        A, B, p = (self.init * rng.normal(size=shape) for shape in shapes)
        return A, B, p


def claims_of(model: InContext) -> tuple[Claim, ...]:
    """The claims: of augmented tokens, and unless only these are studied, of plain ones."""
    augmented = _of_augmented_tokens(model)
    if model.tokens == "augmented":
        return augmented
    return augmented + _of_losses(model) + _of_optima(model) + _of_training(model)


def _of_augmented_tokens(model: InContext) -> tuple[Claim, ...]:
    T, d = min(model.length, 5), min(model.dimension, 3)
    return (
        identities(
            "gradient step",
            r"On tokens $e_t = (0, s_t, s_{t-1})$ a linear head with diagonal blocks $a = 1$, $b = \eta$ predicts what one "
            f"gradient step from $W = 0$ does; here for all tokens with $T = {T}$, $d = {d}$. Both sides are sums over $t$ "
            "of one term, so that this is no matter of $T$.",
            lambda: _pairs(augmented_head(_tokens(T, d), 1, sp.Symbol("eta")), gradient_step(_tokens(T, d), sp.Symbol("eta"))),
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
    C, p = _symbols(T, d)
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
                r"With $c = 1$ the heads are $2 \cos\theta \, W^{T-1} s - W^{T-2} s = W^T s$: for real tokens of a plane, "
                r"$C$ with all entries $2/|s|^2$, $p_T = 1$ and $p_{T-1} = -1/2$ predict the next token of every rotation.",
                lambda: _pairs(*_chebyshev(T)),
                source=DERIVED,
            )
        )
    return tuple(found)


def _of_optima(model: InContext) -> tuple[Claim, ...]:
    d, T, family = min(model.dimension, 4), min(model.length, 5), model.family
    C, p = _symbols(T, d)
    where = (
        r"$p_T C = 1$ and $p_t = 0$ for $t < T$"
        if family == "unitary"
        else r"$p_T C = 1 + c K$ with the exchange $K$ of partners, $p_{T-1} = -c p_T/(1 + c)$ and the other $p_t = 0$"
    )
    found = [
        identities(
            "zero loss",
            f"The loss is zero exactly where {where}. It is a sum of squares, each equation follows from their vanishing by "
            f"the cofactors of the certificate, and the loss is zero there; for all $C$, $p$ with $d = {d}$, $T = {T}$.",
            lambda: [
                (population_loss(C, p, family=family), sp.Add(*(one**2 for one in squares(C, p, family=family)))),
                *forced(C, p, family=family),
                (_at(d, T, family), 0),
            ],
            source=DERIVED,
        )
    ]
    fewer = [h for h in range(1, d) if not zero_loss_set(h, d, T, family=family).exists]
    if fewer:
        found.append(
            bounded(
                "fewer heads",
                rf"With fewer than ${fewer[-1] + 1}$ heads no training gets below the loss of projectors, "
                + (r"$d - H$." if family == "unitary" else r"$d - 2 H$."),
                partial(_fewer, model, tuple(fewer)),
                slack=1e-7,
                source=DERIVED,
            )
        )
    if model.family == "orthogonal" and model.heads == model.rank:
        found.append(
            Claim(
                "other minima",
                r"With $H = d/2$ heads the loss has minima that are not global: where all pairs of $p_T C$ are "
                r"$\tfrac{T-1}{T} (1, -1; -1, 1)$ and $p_t = -p_T/(T - 1)$ for $t < T - 1$, the gradient vanishes, the "
                r"Hessian has no negative eigenvalue, and the loss is $d/T$. Training from random starts ends there, too.",
                lambda: _other_minimum(model),
                (sp.Rational(model.dimension, model.length), 0),
                DERIVED,
            )
        )
    if model.heads >= model.dimension or model.heads == model.rank:
        found += _of_curvature(model)
    return (*found, _law_claim(model.heads, model.dimension, model.length))


def _of_curvature(model: InContext) -> list[Claim]:
    H, d = model.heads, model.dimension
    family = int(model.family == "orthogonal" and d <= H)
    expected = H * H - max(0, H - d) ** 2 + 1 + family
    minimum = Claim(
        "nullity",
        rf"At an optimum the Hessian has ${expected}$ zero and no negative eigenvalues: "
        + (rf"$H^2 = {H * H}$ of" if d >= H else "those of")
        + r" the change of heads $A \to M A$, $B \to M^{-\top} B$, one of the scale"
        + (r", and one of the curve of optima." if family else "."),
        lambda: _nullity(model),
        (expected, 0),
        DERIVED,
    )
    if expected > _MOST_MINOR:
        return [minimum]
    kernel = identities(
        "flat directions",
        rf"These directions keep all $p_t C_{{kj}}$, or the loss zero, and ${expected}$ of them are independent at that optimum, by a minor: "
        "with the count of zero eigenvalues they span the kernel, so that the optima are a manifold along which alone the "
        "loss is flat (Morse and Bott), and gradient flow nearby converges to one of them.",
        lambda: _flat(model),
        source=DERIVED,
    )
    return [minimum, kernel]


def _law_claim(H: int, d: int, T: int) -> Claim:
    return Claim(
        "laws",
        r"Gradient flow in $(A, B, p)$ conserves $A A^\top - B B^\top$ and $|A|^2 - |p|^2$, and nothing else that is "
        rf"independent of them: there are exactly ${expected_laws(H, d)}$ laws.",
        lambda: _laws(H, d, T),
        expected_laws(H, d),
        DERIVED,
    )


def _of_training(model: InContext) -> tuple[Claim, ...]:
    found = [
        bounded(
            "conserved",
            r"Along the flow from a random start $A A^\top - B B^\top$ and $|A|^2 - |p|^2$ move by less than $10^{-9}$.",
            lambda seed: [row.max() / 1e-9 for row in trained(model, seed).drift.values()],
            source=DERIVED,
        ),
        close(
            "positions alone",
            "For slow rotations and positions alone, gradient descent from zero is the closed form, within $10^{-9}$, for "
            r"$\mu = 50$ and $300$.",
            lambda seed: [_by_descent(mu) for mu in (50, 300)],
            [0, 0],
            within=1e-9,
            source=f"derived; the setting of the code of {PAPER}",
        ),
    ]
    if model.heads == model.rank:
        found.append(
            close(
                "selected optimum",
                "Where the flow from a random start ends with loss zero, it ends at the optimum that the conserved "
                r"quantities select: its $c$, and $|p_T| c$, are those predicted, within $10^{-6}$.",
                partial(_selected, model),
                [0, 1],
                within=1e-6,
                source=DERIVED,
            )
        )
    return tuple(found)


def expected_laws(H: int, d: int) -> int:
    """Independent entries of the symmetric matrix A A^T - B B^T of rank at most 2 d, and one."""
    r = min(H, 2 * d)
    return r * H - r * (r - 1) // 2 + 1


def optimum(model: InContext) -> tuple[sp.Matrix, sp.Matrix, list[sp.Expr]]:
    """A rational optimum: a triangular A, or in pairs c = 1 for d/2 heads and c = 1/2 for more."""
    H, d, T = model.heads, model.dimension, model.length
    U = sp.Matrix(H, H, lambda i, j: int(j in (i, i + 1)))
    found = zero_loss_set(H, d, T, family=model.family)
    values = {one: sp.Rational(1, 2) if one.name == "c" else sp.Integer(1) for one in found.parameters}
    C, p = found.C.subs(values), found.p.subs(values)
    if H >= d:
        wide = sp.Matrix(H, d, lambda i, j: int(i == j))
        left, right = wide * C, wide
    else:
        left = right = sp.Matrix(H, d, lambda i, j: int(j // 2 == i))
    return U * left, U.T.inv() * right, list(p)


def trained(model: InContext, seed: int) -> Training:
    """The flow from a random start, all the way."""
    return train(*model.start(seed), family=model.family, time=_TIME / max(model.init, 0.05) ** 0.5)


def _tokens(T: int, d: int) -> sp.Matrix:
    return sp.Matrix(T, d, sp.symbols(f"s1:{T + 1}_1:{d + 1}"))


def _symbols(T: int, d: int) -> tuple[sp.Matrix, tuple[sp.Symbol, ...]]:
    return sp.Matrix(d, d, sp.symbols(f"C1:{d + 1}_1:{d + 1}")), sp.symbols(f"p1:{T + 1}")


def _augmented_by_moments(T: int, d: int) -> sp.Expr:
    units = sp.symbols(f"z1:{d + 1}")
    tokens = sp.Matrix(T, d, lambda t, k: units[k] ** t)
    return attention_loss(augmented_head(tokens, 1, sp.Symbol("eta")), units, [z**T for z in units])


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
    """Prediction and next token of a rotation whose cosine and sine are rational functions of the tangent of its half."""
    t, x, y = sp.symbols("t x y", real=True)
    W = sp.Matrix([[1 - t**2, -2 * t], [2 * t, 1 - t**2]]) / (1 + t**2)
    tokens = [sp.Matrix([x, y])]
    for _ in range(T):
        tokens.append(W * tokens[-1])
    rows = sp.Matrix(T, 2, [entry for token in tokens[:-1] for entry in token])
    p = [0] * (T - 2) + [-sp.Rational(1, 2), 1]
    return predict(rows, sp.ones(2, 2) * 2 / (x**2 + y**2), p), tokens[-1]


def _at(d: int, T: int, family: str) -> sp.Expr:
    """The loss at the optima, with symbols."""
    found = zero_loss_set(d, d, T, family=family)
    value: sp.Expr = population_loss(found.C, found.p, family=family)
    return value


def _pairs(one: sp.MatrixBase, other: sp.MatrixBase) -> list[Pair]:
    return list(zip(one, other, strict=True))


def _fewer(model: InContext, heads: tuple[int, ...], seed: int) -> list[float]:
    """The least loss that is expected over the one that was reached."""
    d, T, family = min(model.dimension, 4), min(model.length, 5), model.family
    small = InContext(d, 1, T, family, model.tokens, max(model.init, 0.3), model.seed)
    found = []
    for h in heads:
        least = float(zero_loss_set(h, d, T, family=family).minimum)
        for k in range(2):
            end = train(*small.start(seed + k, heads=h), family=family, time=_TIME)
            found.append(least / float(end.loss[-1]))
    return found


def _nullity(model: InContext) -> Outcome:
    found = hessian_nullity(*optimum(model), family=model.family)
    reason = f"{found.nullity} zero and {found.negative} negative of {found.size}; {found.spanned} are explained"
    if not found.is_explained:
        return Outcome(False, Verdict.OBSERVED, (found.nullity, found.negative), reason)
    certificate = found.certificate
    return Outcome(holds_by(found.verdict), found.verdict, (found.nullity, found.negative), reason, certificate)


def _flat(model: InContext) -> list[Pair]:
    """How all p_t C_kj change in the symmetric directions, and a minor of all directions; and their values."""
    H, d, T = model.heads, model.dimension, model.length
    coords, _ = loss_in_symbols(H, d, T, False)
    n = H * d
    A, B, p = (np.array(part, dtype=object) for part in (coords[:n], coords[n : 2 * n], coords[2 * n :]))
    A, B = A.reshape(H, d), B.reshape(H, d)
    rows = tangent_directions(Heads(A, B, p, False, True))[: H * H + 1]
    moved = np.array(sp.symbols(f"m1:{H * H + 2}"), dtype=object) @ rows
    by_A, by_B, by_p = moved[:n].reshape(H, d), moved[n : 2 * n].reshape(H, d), moved[2 * n :]
    change = (p[:, None, None] * (by_B.T @ A + B.T @ by_A) + by_p[:, None, None] * (B.T @ A)).ravel()
    # the direction beside these goes along the curve of optima, where the loss is zero
    zero = _at(min(d, 4), min(T, 5), model.family)
    kept = _independent(tangent_directions(checked_heads(*optimum(model), model.family)))
    return [*((one, sp.S.Zero) for one in change), (zero, sp.S.Zero), (sp.Determinant(kept), kept.det())]


def _other_minimum(model: InContext) -> Outcome:
    """Pairs of opposite signs: p_t = -1/(T - 1) for t < T - 1, p_{T-1} = 0, p_T = 1, C with (T - 1)/T (1, -1; -1, 1)."""
    d, H, T = model.dimension, model.heads, model.length
    signs = sp.Matrix(H, d, lambda i, j: (j // 2 == i) * (-1) ** j)
    p = [-sp.Rational(1, T - 1)] * (T - 2) + [0, 1]
    found = hessian_nullity(sp.Rational(T - 1, T) * signs, signs, p, family=model.family)
    reason = f"loss {found.loss}, {found.nullity} zero and {found.negative} negative of {found.size}"
    return Outcome(holds_by(found.verdict), found.verdict, (found.loss, found.negative), reason, found.certificate)


def _independent(directions: Any) -> sp.Matrix:
    """A square minor of full rank."""
    matrix = sp.Matrix(directions.tolist())
    _, rows = matrix.T.rref()
    _, columns = matrix[list(rows), :].rref()
    return sp.ImmutableMatrix(matrix[list(rows), list(columns)])


def _laws(H: int, d: int, T: int) -> Outcome:
    found = conservation_laws(training_model(H, d, T))
    reason = f"between {found.lower} and {found.upper} laws; {found.exhibited} in hand"
    if found.count is None:
        return Outcome(None, Verdict.UNDECIDED, "not proved", reason, found.certificate)
    return Outcome(holds_by(found.verdict), found.verdict, found.count, reason, found.certificate)


def _selected(model: InContext, seed: int) -> list[float]:
    """How far c is from its prediction, and |p_T| c."""
    for number in range(seed, seed + _STARTS):
        end = trained(model, number)
        if end.loss[-1] < 1e-10:  # in pairs there are other minima
            A, B, p = model.start(number)
            predicted = float(selected_optimum(A, B, p, family=model.family).scale)
            reached = abs(float(np.trace(end.C))) / model.dimension
            return [reached - predicted, abs(float(end.p[-1])) * reached]
    return [np.nan, np.nan]


def _by_descent(mu: float, T: int = 30, rate: float = 0.5) -> float:
    """The largest distance of rows after gradient descent, step by step, from the closed form."""
    found = positional_encoding(mu, length=T, learning_rate=rate)
    places = np.arange(T)
    gram = np.sinc(4 * (places[:, None] - places) / mu)
    used = places <= places[:-1, None] + 1
    last = (places == places[:-1, None] + 1).astype(float)
    rows = np.zeros((T - 1, T))
    for _ in range(found.iterations):
        rows -= rate / (T - 1) * 2 * (((rows - last) @ gram) * used)
    return float(np.abs(rows - found.rows).max())
