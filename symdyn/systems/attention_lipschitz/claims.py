"""What is said of the smoothness of attention; each claim calls the functions of the system."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.agreement import already_compared
from symdyn.dynamics.claims import bounded, close, exact
from symdyn.dynamics.outcome import Outcome
from symdyn.dynamics.system import Claim
from symdyn.numerics.enclosed_norm import cesaro_certificate, enclosed_norm, norm_certificate
from symdyn.systems.attention_lipschitz.adversary import closed_bound
from symdyn.systems.attention_lipschitz.attention import jacobian
from symdyn.systems.attention_lipschitz.bounds import CODE, DERIVED, RECALLED
from symdyn.systems.attention_lipschitz.constants import own_derivatives
from symdyn.systems.attention_lipschitz.diracs import two_diracs, two_symmetric_tokens
from symdyn.systems.attention_lipschitz.given import read
from symdyn.systems.attention_lipschitz.measured import (
    AttentionModel,
    balanced_ratios,
    central_differences,
    eigenvalues_of_pair,
    far_out,
    in_one_exponential,
    input_violations,
    jacobian_defects,
    matrix_of_diracs,
    own_violations,
    violations,
    weighted_violations,
)
from symdyn.systems.attention_lipschitz.supremum import supremum

R = sp.Rational
SPLIT_EXAMPLE = ((2,), (-2,), (0,))


def claims_of(model: AttentionModel) -> tuple[Claim, ...]:
    """The claims."""
    return (*_of_the_jacobian(), *_of_bounds(model), *_of_adversaries(), *_of_measures(), *_of_limits(model))


def _of_the_jacobian() -> list[Claim]:
    r, g = sp.symbols("r g", positive=True)
    return [
        exact(
            "jacobian",
            r"$J_{ij} = V (P_{ij} (I + (x_j - m_i)(A x_i)^\top) + \delta_{ij} C_i A)$ is the derivative of $f$: at "
            r"three tokens of dimension two, $A$ and $V$ of numbers, entry by entry, $e_{ij} = e^{S_{ij}}$.",
            partial(jacobian_defects, None),
            (0,) * 36,
            source=DERIVED,
        ),
        exact(
            "masked jacobian",
            r"The same with the causal mask, where $P_{ij} = 0$ for $j > i$.",
            partial(jacobian_defects, "causal"),
            (0,) * 36,
            source=DERIVED,
        ),
        close(
            "central differences",
            r"Arrays agree with central differences of $f$, with and without mask, to $10^{-8}$.",
            central_differences,
            [0.0, 0.0],
            within=1e-8,
            source=DERIVED,
        ),
        exact(
            "two symmetric tokens",
            r"At $X = (r, -r)$, $d = 1$, $t = g r^2$, $p = 1/(1 + e^{-2t})$: $J_{11} = p + 6 p (1 - p) t$, $J_{12} = "
            r"(1 - p)(1 - 2 p t)$, with eigenvalues $1 + 4 p (1 - p) t$ and $2 p - 1 + 8 p (1 - p) t$.",
            lambda: in_one_exponential(jacobian([[r], [-r]], [[g]], [[1]]), eigenvalues_of_pair(g, r), g, r),
            in_one_exponential(*two_symmetric_tokens(g, r), g, r),
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
            r"$\sum_j p_j |x_j - m|^2 = \sum_j p_j |x_j|^2 - |m|^2$ for weights with sum $1$: the spread of tokens "
            r"in the ball under any weights is at most $R^2$, which the bound of three terms rests on.",
            lambda: sum(w * (x - mean / total) ** 2 for w, x in zip(p, q, strict=True)) / total,
            sum(w * x**2 for w, x in zip(p, q, strict=True)) / total - (mean / total) ** 2,
            source=DERIVED,
        ),
        exact(
            "chain",
            r"With $a = \|A\| R^2$, $s = \sqrt n$: $3 (s^2 + a^2 + a^2 s^2) - (s + a + a s)^2$ is a sum of squares, "
            r"so $\|V\| (\sqrt n + \|A\| R^2 (1 + \sqrt n)) \le \sqrt 3 \|V\| (\|A\|^2 R^4 (n + 1) + n)^{1/2}$.",
            lambda: 3 * (s**2 + a**2 + a**2 * s**2) - (s + a + a * s) ** 2,
            (s - a) ** 2 + (s - a * s) ** 2 + (a - a * s) ** 2,
            source=DERIVED,
        ),
        bounded(
            "growth",
            r"For $n$ tokens in the ball of radius $R$ the constant is at most $\|V\| (\sqrt n + \|A\| R^2 (1 + "
            r"\sqrt n))$: random tokens, scores and values, with and without mask; it grows like $\sqrt n$ at most.",
            partial(violations, draws=3000),
            source=f"growth by the root of n: arXiv 2312.14820, abstract; the constant {DERIVED}",
        ),
        bounded(
            "growth of these heads",
            r"The same bound for the matrices $A$ and $V$ of this system, at tokens drawn in its ball.",
            partial(own_violations, model),
            source=DERIVED,
        ),
        bounded(
            "bound of the input",
            r"$\sum_h \|V_h\| (R_h^2 r^2 (n + 1) + n)^{1/2}$, with $R_h = \max_i |A_h x_i|$ and $r$ the diameter of "
            r"the tokens, is not exceeded at random tokens.",
            partial(input_violations, model),
            source=CODE,
        ),
        exact(
            "mean field",
            r"With $a = \|A\| R^2$ and $E = e^{2a}$ the bound $\|V\| (a + (1 + 2 a) E)$, for every number of tokens, "
            r"is below $\|V\| (1 + 3 a) E$ by $\|V\| a (E - 1) \ge 0$.",
            lambda: (1 + 3 * a) * E - (a + (1 + 2 * a) * E),
            a * (E - 1),
            source=f"{RECALLED}; the sharper one derived",
        ),
        bounded(
            "weighted tokens",
            r"$\|D^{1/2} J D^{-1/2}\|$ of weighted tokens, the constant in $W_2$, is at most $\|V\| (\|A\| R^2 + (1 "
            r"+ 2 \|A\| R^2) e^{2 \|A\| R^2})$.",
            partial(weighted_violations, model),
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
            r"One token at $-2$ and nine at $53/50$, in the same ball with $g = -1$, reach $4.63$: more than $3.07$ "
            r"at the configuration above.",
            lambda: jacobian([[-2]] + [[R(53, 50)]] * 9, [[sp.Integer(-1)]], [[1]]),
            lambda: R(463, 100),
            DERIVED,
        ),
        bounded(
            "balanced",
            r"Two-valued tokens whose weights are $1/2$ reach $\tfrac12 \sqrt{n - 1} (1 + \tfrac12 \log(n - 1))$, as "
            r"long as $\log(n - 1) \le g R^2/4$ for $g > 0$, or $2 |g| R^2$ for $g < 0$.",
            balanced_ratios,
            source=DERIVED,
        ),
        _between(
            "supremum, g = 1",
            r"The largest constant of two tokens in $[-1, 1]$ with $g = 1$, $V = 1$ is $1.60168$ to $10^{-6}$, where "
            r"the bound of three terms says $3.83$.",
            lambda: supremum(1, tokens=2, radius=1, tolerance=R(1, 10**6)),
            (R(160168, 10**5) - R(1, 10**6), R(160168, 10**5) + R(1, 10**6)),
            DERIVED,
        ),
        _between(
            "supremum, g = -1",
            r"The largest constant of two tokens in $[-1, 1]$ with $g = -1$, $V = 1$ is $1.601639$ to $10^{-6}$.",
            lambda: supremum(-1, tokens=2, radius=1, tolerance=R(1, 10**6)),
            (R(1601638, 10**6), R(1601640, 10**6)),
            DERIVED,
        ),
    ]


def _of_measures() -> list[Claim]:
    return [
        _at_least(
            "two Diracs, W2",
            r"Two Diracs at $-R$, of mass $1/(1 + e^{2 |g| R^2})$, and $R$, $g = -1$, $R = 3/2$: the constant in "
            r"$W_2$ is at least $\tfrac12 (1 + |g| R^2) e^{|g| R^2}$.",
            partial(matrix_of_diracs, R(3, 2), 2), lambda:
            two_diracs(sp.Integer(-1), R(3, 2)).lower_bound, DERIVED,
        ),
        _at_least(
            "two Diracs, W1",
            r"There the constant in $W_1$, a column sum, is at least $\tfrac12 (1 + |g| R^2) e^{2 |g| R^2}$: the "
            r"exponent is that of the upper bound.",
            partial(matrix_of_diracs, R(3, 2), 1), lambda:
            two_diracs(sp.Integer(-1), R(3, 2), order=1).lower_bound, DERIVED,
        ),
        exact(
            "own derivative",
            r"At $X = (2, -2, 0)$, $A = -1$, $V = 1$ the token $0$ has $V C_i A = -8/3$.",
            lambda: own_derivatives(read(SPLIT_EXAMPLE, sp.Matrix([[-1]]), [[1]], None, None))[2][0, 0],
            -R(8, 3),
            source=DERIVED,
        ),
        _between(
            "unsplit",
            r"The constant at these three tokens is $2.398$.",
            lambda: norm_certificate(jacobian(SPLIT_EXAMPLE, sp.Matrix([[-1]]), [[1]])),
            (R(23980, 10**4), R(23981, 10**4)),
            DERIVED,
        ),
        _between(
            "splitting",
            r"With two copies of each of them it is $8/3$: splitting a mass before it moves is the stronger attack.",
            lambda: norm_certificate(jacobian(np.repeat(SPLIT_EXAMPLE, 2, axis=0), sp.Matrix([[-1]]), [[1]])),
            (R(8, 3) - R(1, 10**6), R(8, 3) + R(1, 10**6)),
            f"that splitting can be stronger: abstract of the first version of arXiv 2312.14820; the value {DERIVED}",
        ),
    ]


def _of_limits(model: AttentionModel) -> list[Claim]:
    return [
        _between(
            "masked zero",
            r"At $X = 0$ with the causal mask the constant is $\|V\| \|M_n\|$ with $M_n$ the matrix of means. At $n "
            r"= 1000$ the smallest singular value of $M_n^{-1}$, one over it, is above $1/2$: the constant, $1.7481 "
            r"\|V\|$, is still below $2 \|V\|$, which it tends to slowly.",
            lambda: cesaro_certificate(1000),
            (1 / R(17482, 10**4), 1 / R(17480, 10**4)),
            f"Hardy's inequality; {DERIVED}",
        ),
        close(
            "large radius",
            r"$\|Df(R X)\| \to \|V\| (\max_j \#\{i : j^*(i) = j\})^{1/2}$ where the largest score of each token is "
            r"unique: four tokens, three attentions, $R = 16$, the limit by exact comparison of scores.",
            lambda seed: [found for found, _ in far_out()],
            [limit for _, limit in far_out()],
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
        reason = f"the norm is at least {float(low):.10g} by its certificate, the bound is {float(wanted.high):.10g}"
        if low >= wanted.high:
            return Outcome(True, Verdict.PROVED, float(low), reason, certificate=certificate)
        above = certificate.witness["high"]
        refuted = sp.Rational(*above) < wanted.low
        verdict = Verdict.REFUTED if refuted else Verdict.UNDECIDED
        return Outcome(False if refuted else None, verdict, float(low), reason, certificate=certificate)

    return Claim(id, statement, measure, "at least the bound", source, agrees=already_compared)


def _between(
    id: str, statement: str, certify: Callable[[], Certificate], ends: tuple[sp.Rational, sp.Rational], source: str
) -> Claim:
    """What a certificate encloses lies between two numbers."""

    def measure() -> Outcome:
        certificate = certify()
        low, high = (sp.Rational(*certificate.witness[name]) for name in ("low", "high"))
        if ends[0] <= low and high <= ends[1]:
            return Outcome(True, certificate.verdict, certificate.claim, certificate.method, certificate=certificate)
        away = low > ends[1] or high < ends[0]
        verdict = Verdict.REFUTED if away else Verdict.UNDECIDED
        return Outcome(False if away else None, verdict, certificate.claim, certificate.method, certificate=certificate)

    expected = f"between {float(ends[0]):.7g} and {float(ends[1]):.7g}"
    return Claim(id, statement, measure, expected, source, agrees=already_compared)


def lower_end(certificate: Certificate) -> sp.Rational:
    """The low end that a certificate of a norm holds."""
    return sp.Rational(*certificate.witness["low"])
