"""What is said of the smoothness of attention; each claim calls the functions of the system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.agreement import already_compared
from symdyn.dynamics.claims import bounded, certified, close, exact
from symdyn.dynamics.outcome import Outcome
from symdyn.dynamics.system import Claim
from symdyn.numerics.arrays import Floats
from symdyn.numerics.enclosed_norm import cesaro_certificate, enclosed_norm, norm_certificate
from symdyn.systems.attention_lipschitz.adversary import balanced_bound, closed_bound, grouped_norm
from symdyn.systems.attention_lipschitz.attention import attention, jacobian
from symdyn.systems.attention_lipschitz.bounds import CODE, DERIVED, RECALLED, bounds, input_bound
from symdyn.systems.attention_lipschitz.constants import (
    constants_of,
    large_radius_limit,
    local_lipschitz,
    own_derivatives,
    weighted_jacobian,
)
from symdyn.systems.attention_lipschitz.diracs import two_diracs, two_symmetric_tokens
from symdyn.systems.attention_lipschitz.given import Heads, read
from symdyn.systems.attention_lipschitz.supremum import supremum

R = sp.Rational
A_EXAMPLE = sp.ImmutableMatrix([[1, R(1, 2)], [-R(1, 2), R(1, 4)]])
V_EXAMPLE = sp.ImmutableMatrix([[1, 1], [0, 2]])
SPLIT_EXAMPLE = ((2,), (-2,), (0,))
FOUR = ((1, R(1, 5)), (R(1, 10), R(11, 10)), (-R(6, 5), R(3, 10)), (R(2, 5), -R(9, 10)))
_HEADS_OF_DRAWS = 10


@dataclass(frozen=True)
class AttentionModel:
    """Heads in floats, number of tokens, radius of the ball, mask, masses of the tokens, first seed."""

    heads: Heads
    tokens: int
    radius: float
    mask: str
    masses: tuple[float, ...] | None
    seed: int

    @property
    def scores(self) -> tuple[Floats, ...]:
        """A of each head."""
        return self.heads.scores

    @property
    def values(self) -> tuple[Floats, ...]:
        """V of each head."""
        return self.heads.values

    def draw(self, number: int, seed: int, *, tokens: int | None = None, radius: float | None = None) -> Floats:
        """Tokens uniform in the ball, (number, n, d)."""
        n = self.tokens if tokens is None else tokens
        return in_ball(number, n, self.heads.dimension, self.radius if radius is None else radius, self.seed + seed)


def in_ball(number: int, tokens: int, dimension: int, radius: float, seed: int) -> Floats:
    """Tokens uniform in a ball, (number, tokens, dimension)."""
    rng = np.random.default_rng(seed)
    drawn = rng.normal(size=(number, tokens, dimension))
    lengths = radius * rng.random((number, tokens, 1)) ** (1 / dimension)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=-1, keepdims=True) * lengths)


def claims_of(model: AttentionModel) -> tuple[Claim, ...]:
    """The claims."""
    return (*_of_the_jacobian(), *_of_bounds(model), *_of_adversaries(), *_of_measures(), *_of_limits(model))


def _of_the_jacobian() -> list[Claim]:
    r, g = sp.symbols("r g", positive=True)
    return [
        exact(
            "jacobian",
            r"$J_{ij} = V (P_{ij} (I + (x_j - m_i)(A x_i)^\top) + \delta_{ij} C_i A)$ is the derivative of $f$: at three "
            r"tokens of dimension two, $A$ and $V$ of numbers, entry by entry.",
            lambda: tuple(_symbolic_jacobian(None)[0]),
            tuple(_symbolic_jacobian(None)[1]),
            source=DERIVED,
        ),
        exact(
            "masked jacobian",
            r"The same with the causal mask, where $P_{ij} = 0$ for $j > i$.",
            lambda: tuple(_symbolic_jacobian("causal")[0]),
            tuple(_symbolic_jacobian("causal")[1]),
            source=DERIVED,
        ),
        close(
            "central differences",
            r"Arrays agree with central differences of $f$, with and without mask, to $10^{-8}$.",
            _differences,
            [0.0, 0.0],
            within=1e-8,
            source=DERIVED,
        ),
        exact(
            "two symmetric tokens",
            r"At $X = (r, -r)$, $d = 1$, $t = g r^2$, $p = 1/(1 + e^{-2t})$: $J_{11} = p + 6 p (1 - p) t$, $J_{12} = "
            r"(1 - p)(1 - 2 p t)$, with eigenvalues $1 + 4 p (1 - p) t$ and $2 p - 1 + 8 p (1 - p) t$.",
            lambda: (*jacobian([[r], [-r]], [[g]], [[1]]), *_eigenvalues(g, r)),
            (*two_symmetric_tokens(g, r)[0], *two_symmetric_tokens(g, r)[1]),
            source=DERIVED,
        ),
    ]


def _of_bounds(model: AttentionModel) -> list[Claim]:
    a, s, E = sp.symbols("a s E", positive=True)
    p, q = sp.symbols("p1:4"), sp.symbols("x1:4")
    mean = sum(w * x for w, x in zip(p, q, strict=True))
    total = sum(p)
    return [
        exact(
            "variance",
            r"$\sum_j p_j |x_j - m|^2 = \sum_j p_j |x_j|^2 - |m|^2$ for weights with sum $1$: the spread of tokens in "
            r"the ball under any weights is at most $R^2$, which the bound of three terms rests on.",
            lambda: sum(w * (x - mean / total) ** 2 for w, x in zip(p, q, strict=True)) / total,
            sum(w * x**2 for w, x in zip(p, q, strict=True)) / total - (mean / total) ** 2,
            source=DERIVED,
        ),
        exact(
            "chain",
            r"With $a = \|A\| R^2$, $s = \sqrt n$: $3 (s^2 + a^2 + a^2 s^2) - (s + a + a s)^2$ is a sum of squares, so "
            r"$\|V\| (\sqrt n + \|A\| R^2 (1 + \sqrt n)) \le \sqrt 3 \|V\| (\|A\|^2 R^4 (n + 1) + n)^{1/2}$.",
            lambda: 3 * (s**2 + a**2 + a**2 * s**2) - (s + a + a * s) ** 2,
            (s - a) ** 2 + (s - a * s) ** 2 + (a - a * s) ** 2,
            source=DERIVED,
        ),
        bounded(
            "growth",
            r"For $n$ tokens in the ball of radius $R$ the constant is at most $\|V\| (\sqrt n + \|A\| R^2 (1 + \sqrt n))$: "
            r"random tokens, scores and values, with and without mask; it grows like $\sqrt n$ at most.",
            partial(_violations, draws=600),
            source=f"growth by the root of n: arXiv 2312.14820, abstract; the constant {DERIVED}",
        ),
        bounded(
            "growth of these heads",
            r"The same bound for the matrices $A$ and $V$ of this system, at tokens drawn in its ball.",
            partial(_own_violations, model),
            source=DERIVED,
        ),
        bounded(
            "bound of the input",
            r"$\sum_h \|V_h\| (R_h^2 r^2 (n + 1) + n)^{1/2}$, with $R_h = \max_i |A_h x_i|$ and $r$ the diameter of the "
            r"tokens, is not exceeded at random tokens.",
            partial(_input_violations, model),
            source=CODE,
        ),
        exact(
            "mean field",
            r"With $a = \|A\| R^2$ and $E = e^{2a}$ the bound $\|V\| (a + (1 + 2 a) E)$, for every number of tokens, is "
            r"below $\|V\| (1 + 3 a) E$ by $\|V\| a (E - 1) \ge 0$.",
            lambda: (1 + 3 * a) * E - (a + (1 + 2 * a) * E),
            a * (E - 1),
            source=f"{RECALLED}; the sharper one derived",
        ),
        bounded(
            "weighted tokens",
            r"$\|D^{1/2} J D^{-1/2}\|$ of weighted tokens, the constant in $W_2$, is at most $\|V\| (\|A\| R^2 + "
            r"(1 + 2 \|A\| R^2) e^{2 \|A\| R^2})$.",
            partial(_weighted_violations, model),
            source=DERIVED,
        ),
    ]


def _of_adversaries() -> list[Claim]:
    pair = r"$\sqrt{n - 1} \, p \, (1 + (1 - p) T)$ with $p = 1/(1 + (n - 1) e^{-T})$"
    return [
        _at_least(
            "positive configuration",
            rf"One token at $R$ and nine at $R/2$, $R = 2$, $g = 1$: the constant is at least {pair}, $T = g R^2/4$.",
            lambda: jacobian([[2]] + [[1]] * 9, [[sp.Integer(1)]], [[1]]),
            lambda: closed_bound(sp.Integer(1), 2, 10),
            f"the configuration {CODE}; the bound derived",
        ),
        _at_least(
            "negative configuration",
            rf"One token at $-R$ and nine at $R$, $R = 2$, $g = -1$: the constant is at least {pair}, $T = 2 |g| R^2$.",
            lambda: jacobian([[-2]] + [[2]] * 9, [[sp.Integer(-1)]], [[1]]),
            lambda: closed_bound(sp.Integer(-1), 2, 10),
            f"the configuration {CODE}; the bound derived",
        ),
        _at_least(
            "stronger input",
            r"One token at $-2$ and nine at $53/50$, in the same ball with $g = -1$, reach $4.63$: more than $3.07$ at "
            r"the configuration above.",
            lambda: jacobian([[-2]] + [[R(53, 50)]] * 9, [[sp.Integer(-1)]], [[1]]),
            lambda: R(463, 100),
            DERIVED,
        ),
        bounded(
            "balanced",
            r"Two-valued tokens whose weights are $1/2$ reach $\tfrac12 \sqrt{n - 1} (1 + \tfrac12 \log(n - 1))$, as long "
            r"as $\log(n - 1) \le g R^2/4$ for $g > 0$, or $2 |g| R^2$ for $g < 0$.",
            _balanced_ratios,
            source=DERIVED,
        ),
        certified(
            "supremum, g = 1",
            r"The largest constant of two tokens in $[-1, 1]$ with $g = 1$, $V = 1$ is $1.6017$, where the bound of three "
            r"terms says $3.83$.",
            lambda seed: supremum(1, tokens=2, radius=1, tolerance=R(1, 1000)),
            source=DERIVED,
        ),
        certified(
            "supremum, g = -1",
            r"The largest constant of two tokens in $[-1, 1]$ with $g = -1$, $V = 1$ is $1.6017$ too.",
            lambda seed: supremum(-1, tokens=2, radius=1, tolerance=R(1, 1000)),
            source=DERIVED,
        ),
    ]


def _of_measures() -> list[Claim]:
    return [
        _at_least(
            "two Diracs, W2",
            r"Two Diracs at $-R$, of mass $1/(1 + e^{2 |g| R^2})$, and $R$, $g = -1$, $R = 3/2$: the constant in $W_2$ is "
            r"at least $\tfrac12 (1 + |g| R^2) e^{|g| R^2}$.",
            partial(_diracs, R(3, 2), 2),
            lambda: two_diracs(sp.Integer(-1), R(3, 2)).lower_bound,
            DERIVED,
        ),
        _at_least(
            "two Diracs, W1",
            r"There the constant in $W_1$, a column sum, is at least $\tfrac12 (1 + |g| R^2) e^{2 |g| R^2}$: the exponent "
            r"is that of the upper bound.",
            partial(_diracs, R(3, 2), 1),
            lambda: two_diracs(sp.Integer(-1), R(3, 2), order=1).lower_bound,
            DERIVED,
        ),
        exact(
            "own derivative",
            r"At $X = (2, -2, 0)$, $A = -1$, $V = 1$ the token $0$ has $V C_i A = -8/3$.",
            lambda: own_derivatives(read(SPLIT_EXAMPLE, sp.Matrix([[-1]]), [[1]], None, None))[2][0, 0],
            -R(8, 3),
            source=DERIVED,
        ),
        _at_least(
            "splitting",
            r"With two copies of each of these tokens the constant is $8/3$, and without copies $2.398$: splitting a "
            r"mass before moving it is the stronger attack.",
            lambda: jacobian([one for one in SPLIT_EXAMPLE for _ in range(2)], sp.Matrix([[-1]]), [[1]]),
            lambda: R(8, 3) - R(1, 10**7),
            f"that splitting can be stronger: abstract of the first version of arXiv 2312.14820; the value {DERIVED}",
        ),
    ]


def _of_limits(model: AttentionModel) -> list[Claim]:
    return [
        certified(
            "masked zero",
            r"At $X = 0$ with the causal mask the constant is $\|V\| \|M_n\|$ with $M_n$ the matrix of means: $1.748$ at "
            r"$n = 1000$, below $2$, which it tends to slowly. One over it is the smallest singular value of $M_n^{-1}$.",
            lambda seed: cesaro_certificate(1000),
            source=f"Hardy's inequality; {DERIVED}",
        ),
        close(
            "large radius",
            r"$\|Df(R X)\| \to \|V\| (\max_j \#\{i : j^*(i) = j\})^{1/2}$ where the largest score of each token is "
            r"unique: four tokens, three attentions, $R = 16$, the limit by exact comparison of scores.",
            lambda seed: [found for found, _ in _far_out()],
            [limit for _, limit in _far_out()],
            within=1e-6,
            source=f"for almost all inputs: a summary of arXiv 2312.14820; the limit {DERIVED}",
        ),
    ]


def _at_least(
    id: str, statement: str, matrix: Callable[[], Any], bound: Callable[[], Any], source: str
) -> Claim:
    """The norm of an exact matrix is at least an exact number: PROVED by the certificate of the norm."""

    def measure() -> Outcome:
        certificate = norm_certificate(matrix())
        low, wanted = lower_end(certificate), enclosed_norm(sp.Matrix([[bound()]]))
        reason = f"the norm is at least {float(low):.10g} by its certificate, the bound at most {float(wanted.high):.10g}"
        if low >= wanted.high:
            return Outcome(True, Verdict.PROVED, float(low), reason, certificate)
        above = certificate.witness["high"]
        refuted = sp.Rational(*above) < wanted.low
        verdict = Verdict.REFUTED if refuted else Verdict.UNDECIDED
        return Outcome(False if refuted else None, verdict, float(low), reason, certificate)

    return Claim(id, statement, measure, "at least the bound", source, already_compared)


def lower_end(certificate: Certificate) -> sp.Rational:
    """The low end that a certificate of a norm holds."""
    return sp.Rational(*certificate.witness["low"])


def _symbolic_jacobian(mask: str | None) -> tuple[Any, Any]:
    """By the formula, and by differentiation."""
    X = sp.ImmutableMatrix(3, 2, sp.symbols("x1:4_1:3", real=True))
    f = attention(X, A_EXAMPLE, V_EXAMPLE, mask=mask)
    return jacobian(X, A_EXAMPLE, V_EXAMPLE, mask=mask), f.reshape(6, 1).jacobian(list(X))


def _differences(seed: int) -> list[float]:
    rng = np.random.default_rng(seed)
    X, A, V = rng.normal(size=(5, 3)), rng.normal(size=(3, 3)), rng.normal(size=(2, 3))
    found = []
    for mask in (None, "causal"):
        steps = 1e-5 * np.eye(15).reshape(15, 5, 3)
        ends = (attention(X + sign * steps, A, V, mask=mask).reshape(15, -1) for sign in (1, -1))
        difference = (next(ends) - next(ends)).T / 2e-5
        found.append(float(np.abs(difference - jacobian(X, A, V, mask=mask)).max()))
    return found


def _eigenvalues(g: sp.Expr, r: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    J = jacobian([[r], [-r]], [[g]], [[1]])
    return J[0, 0] + J[0, 1], J[0, 0] - J[0, 1]


def _violations(seed: int, draws: int) -> tuple[Floats, list[tuple[int, int, float]]]:
    """Constants over the bound, and (n, d, R) of each."""
    rng = np.random.default_rng(seed)
    ratios, states = [], []
    each = max(1, draws // (2 * _HEADS_OF_DRAWS))
    for k in range(_HEADS_OF_DRAWS):
        n, d = int(rng.integers(1, 12)), int(rng.integers(1, 5))
        radius = float(rng.choice([0.3, 1, 2, 3]))
        A, V = rng.normal(size=(d, d)) * rng.choice([0.3, 1, 3]), rng.normal(size=(d, d))
        bound = float(bounds(n, radius, A, V).three_term)
        for mask in (None, "causal"):
            found = constants_of(in_ball(each, n, d, radius, seed + 1000 * k), A, V, mask=mask)
            ratios += (found / bound).tolist()
            states += [(n, d, radius)] * each
    return np.array(ratios), states


def _own_violations(model: AttentionModel, seed: int) -> Floats:
    bound = float(bounds(model.tokens, model.radius, model.scores, model.values).three_term)
    batch = model.draw(40, seed)
    return constants_of(batch, model.scores, model.values, mask=_mask(model)) / bound if bound else np.zeros(1)


def _input_violations(model: AttentionModel, seed: int) -> Floats:
    batch = model.draw(40, seed + 1)
    found = constants_of(batch, model.scores, model.values, mask=_mask(model))
    return np.array([one / input_bound(X, model.scores, model.values) for one, X in zip(found, batch, strict=True)])


def _weighted_violations(model: AttentionModel, seed: int) -> Floats:
    bound = bounds(model.tokens, model.radius, model.scores, model.values).mean_field
    rng = np.random.default_rng(seed)
    found = []
    for X in model.draw(30, seed + 2):
        weights = np.array(model.masses) if model.masses is not None else rng.dirichlet(np.full(model.tokens, 0.5))
        weights = np.maximum(weights, 1e-6) / np.maximum(weights, 1e-6).sum()
        norm = local_lipschitz(X, model.scores, model.values, weights=weights).value
        found.append(np.exp(min(np.log(max(norm, 1e-300)) - bound.logarithm, 50.0)))
    return np.array(found)


def _mask(model: AttentionModel) -> str | None:
    return None if model.mask == "none" else model.mask


def _balanced_ratios(seed: int) -> tuple[Floats, list[tuple[float, int]]]:
    """The closed bound over the constant at the tokens that it is of."""
    ratios, states = [], []
    for g, radius in ((1.0, 6.0), (-1.0, 3.0), (4.0, 3.0), (-0.5, 4.0)):
        for n in (2, 3, 5, 10, 30, 100, 1000):
            bound = balanced_bound(g, radius, n)
            if bound is None:
                continue
            room = np.log(n - 1) / abs(g)
            if g > 0:
                one, other = radius, (radius + np.sqrt(radius**2 - 4 * room)) / 2
            else:
                one, other = -radius, (-radius + np.sqrt(radius**2 + 4 * room)) / 2
            ratios.append(bound / float(grouped_norm(g, one, other, 1, n)))
            states.append((g, n))
    return np.array(ratios), states


def _diracs(radius: sp.Rational, order: int) -> sp.Matrix:
    """The matrix whose norm is the constant: of W_2, or the larger column sum as one entry."""
    mass = 1 / (1 + sp.exp(2 * radius**2))
    rows = [[-radius], [radius]]
    if order == 2:
        return weighted_jacobian(rows, [[-1]], [[1]], weights=[mass, 1 - mass])
    J = jacobian(rows, [[-1]], [[1]], weights=[mass, 1 - mass])
    # the column of the light atom is the larger one; either is a lower bound
    return sp.Matrix([[abs(J[0, 0]) + abs(J[1, 0]) * (1 - mass) / mass]])


def _far_out() -> list[tuple[float, float]]:
    """Constants at R = 16, and their limits."""
    swap = sp.Matrix([[0, 1], [1, 0]])
    found = []
    for A, mask in ((sp.eye(2), None), (swap, None), (swap, "causal")):
        far = [[16 * x for x in row] for row in FOUR]
        limit = large_radius_limit(FOUR, A, V_EXAMPLE, mask=mask)
        constant = local_lipschitz(far, A, V_EXAMPLE, mask=mask).value
        found.append((constant, limit if isinstance(limit, float) else np.nan))
    return found
