"""What is said of hypergradient estimates; each claim calls the functions of the system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy as sp
from sympy import ImmutableMatrix as Matrix

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.claims import bounded, certified, close, exact
from symdyn.dynamics.outcome import Outcome
from symdyn.dynamics.system import Claim
from symdyn.numerics.arrays import Floats
from symdyn.systems.hypergradient.arrays import ArrayBilevel
from symdyn.systems.hypergradient.datasets import data_problem
from symdyn.systems.hypergradient.efficiency import best_parameter, efficient_map, super_efficiency
from symdyn.systems.hypergradient.enclosing import enclose_hypergradient
from symdyn.systems.hypergradient.estimates import error_curves, estimate
from symdyn.systems.hypergradient.expansion import error_expansion
from symdyn.systems.hypergradient.formulas import error, sensitivity, tidy
from symdyn.systems.hypergradient.problem import Bilevel, Preconditioner, Reparametrization, bilevel

PAPER = "Z. Ye, G. Peyre, D. Cremers, P. Ablin, arXiv 2402.16748"
DERIVED = f"derived; it concerns the estimates of {PAPER}"
DEFINITION = f"super-efficiency is defined in {PAPER}; derived"

a, b, c, p, t, X, Y, Z = sp.symbols("a b c p t x y z")
H = a + sp.exp(Y)
ROOT = {X: b / H}
RIDGE, LINEAR = bilevel(H * X - b, (X - c) ** 2 / 2, X, Y), bilevel(H * X - b, X, X, Y)
CUBIC = bilevel(X**3 + X - Y, X, X, Y)
D = RIDGE.delta[0]


@dataclass(frozen=True)
class Hypergradient:
    """A bilevel problem with its root, the methods that are compared, and data."""

    problem: Bilevel
    root: Mapping[sp.Symbol, sp.Expr]
    methods: tuple[str, ...]
    data: str
    numbers: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict)
    starts: int = 5


def claims_of(model: Hypergradient) -> tuple[Claim, ...]:
    """The claims."""
    return (*_of_the_model(model), *_scalar(), *_preconditioned(), *_maps(), *_decided(), *_measured(model))


def _of_the_model(model: Hypergradient) -> list[Claim]:
    """Of the user's own problem: its E, and that Newton removes it."""
    found = [
        certified(
            "expansion",
            r"At the root of the model the gradient and $E$ solve the equations that define them.",
            lambda seed: _certificate(error_expansion(model.problem, root=model.root).certificate),
            source=DERIVED,
        )
    ]
    if len(model.problem.x) <= 2:
        found.append(
            certified(
                "newton",
                r"With $P = F_1$ the error is quadratic at every regular root of the model, for every outer loss.",
                lambda seed: super_efficiency(model.problem, "newton", outer="every"),
                source=DEFINITION,
            )
        )
    return found


def _scalar() -> list[Claim]:
    star = b / H
    return [
        exact(
            "ridge, vanilla",
            r"For $F = (a + e^y) x - b$, $l = (x - c)^2 / 2$ the error is $-\frac{e^y}{H} ((2 x^* - c) \delta + "
            r"\delta^2)$, $H = a + e^y$: super-efficient iff $c = 2 x^*$.",
            lambda: error(RIDGE, root=ROOT)[0],
            -sp.exp(Y) / H * ((2 * star - c) * D + D**2),
            source=DERIVED,
        ),
        exact(
            "ridge, every estimator",
            r"With $l = x$ vanilla errs by $-e^y \delta / H$, $P = p$ by $(1 - H/p)$ times that, $x = e^z$ by "
            r"$-\frac{e^y}{H} \frac{\delta^2}{x^* + 2 \delta}$, $x = z / H$ and Newton by $0$.",
            lambda: [
                error(LINEAR, m, root=ROOT)[0]
                for m in ("vanilla", Preconditioner(p), "exponential", "scaled", "newton")
            ],
            (
                -sp.exp(Y) / H * D,
                -sp.exp(Y) / H * D * (1 - H / p),
                -sp.exp(Y) / H * D**2 / (star + 2 * D),
                0,
                0,
            ),
            source=DERIVED,
        ),
        exact(
            "cubic",
            r"For $F = x^3 + x - y$ at $y = 2$, $l = x$: $E = -\frac38$, vanilla has $\frac38 \delta^2$, Newton "
            r"$-\frac9{32} \delta^2 + \frac{15}{64} \delta^3$, the frozen $P = 4$ has $+\frac9{32} \delta^2 + "
            r"\frac3{32} \delta^3$.",
            lambda: [
                error_expansion(CUBIC, m, root={X: 1, Y: 2}, order=3).error[0].subs(CUBIC.delta[0], D).coeff(D, k)
                for m in ("vanilla", "newton", Preconditioner(4))
                for k in ((1, 2) if m == "vanilla" else (1, 2, 3))
            ],
            (-_q(3, 8), _q(3, 8), 0, -_q(9, 32), _q(15, 64), 0, _q(9, 32), _q(3, 32)),
            source=DERIVED,
        ),
        exact(
            "two equations",
            r"For $F = (x_1 - y, x_2 - x_1^2)$ the outer losses $x_1$, $x_2$, $x_1 x_2$ have the errors $0$, "
            r"$2 \delta_1$ and $2 \delta_1^2 + 4 y \delta_1 + \delta_2$.",
            _two_equations,
            _two_expected(),
            source=DERIVED,
        ),
    ]


def _preconditioned() -> list[Claim]:
    f = [sp.Symbol(f"f{k}") for k in range(10)]
    u = sp.Symbol("u")
    F = f[0] * X + f[1] * X**2 / 2 + f[2] * X**3 / 6 + Y * (f[3] + f[4] * X + f[5] * X**2 / 2)
    loss = f[6] * X + f[7] * X**2 / 2 + f[8] * X * Y + f[9] * X**3 / 6
    problem = bilevel(F, loss, X, Y)
    at = {X: 0, Y: 0}
    omega = -f[3] / f[0]
    slope = -(f[1] * omega + f[4]) / f[0]
    E = f[8] + omega * f[7] + slope * f[6]
    return [
        exact(
            "first order",
            r"$E v = l_{21} v + \Omega^\top l_{11} v + (\Omega_1[v])^\top l_1$ with $\Omega_1 = -F_1^{-1} "
            r"(F_{11} \Omega + F_{12})$, for one unknown and every jet of $F$ and $l$.",
            lambda: error_expansion(problem, root=at, order=1).first[0],
            E,
            source=DERIVED,
        ),
        exact(
            "preconditioned",
            r"With $P$ the error is $E (1 - P^{-1} F_1) \delta$, for one unknown, every jet and every $P$.",
            lambda: error_expansion(problem, Preconditioner(u), root=at, order=1).first[0],
            E * (1 - f[0] / u),
            source=DERIVED,
        ),
        exact(
            "newton, second order",
            r"With $P = F_1(x)$ the error is $+\frac12 E F_1^{-1} F_{11} \delta^2$, with $P = F_1(x^*)$ the same with "
            r"minus, for one unknown and every jet.",
            lambda: [
                error_expansion(problem, m, root=at).second[0][0] for m in ("newton", Preconditioner(f[0]))
            ],
            (E * f[1] / f[0], -E * f[1] / f[0]),
            source=DERIVED,
        ),
        exact(
            "newton, affine",
            r"For $F = M(y) x - v(y)$ with two unknowns, $M$ symmetric in symbols, the Newton estimate is exact.",
            _affine_error,
            0,
            source=DERIVED,
        ),
    ]


def _maps() -> list[Claim]:
    f = [sp.Symbol(f"f{k}") for k in range(6)]
    g = [sp.Symbol(f"g{k}") for k in range(5)]
    F = f[0] * X + f[1] * X**2 / 2 + Y * (f[3] + f[4] * X)
    problem = bilevel(F, X, X, Y)
    phi = g[0] * Z + g[1] * Z**2 / 2 + Y * (g[2] + g[3] * Z)
    omega = -f[3] / f[0]
    slope = -(f[1] * omega + f[4]) / f[0]
    return [
        exact(
            "maps, scalar",
            r"$\tilde \Omega_x = \Omega_x - \phi_{zy} / \phi_z + (\phi_y - \Omega) \phi_{zz} / \phi_z^2$, for "
            r"every jet of $F$ and $\phi$.",
            lambda: error_expansion(
                problem, Reparametrization(Z, phi=phi), root={X: 0, Y: 0, "z": 0}, order=1
            ).first[0],
            slope - g[3] / g[0] + (g[2] - omega) * g[1] / g[0] ** 2,
            source=DERIVED,
        ),
        exact(
            "maps, consistent",
            r"$\tilde \Omega(x^*) = \Omega(x^*)$: the ridge with $x = z / H$, $x = e^z$ and the optimal map.",
            lambda: [
                tidy(Matrix((sensitivity(RIDGE, m) - sensitivity(RIDGE)).subs(ROOT)))[0]
                for m in ("scaled", "exponential", "optimal")
            ],
            (0, 0, 0),
            source=DERIVED,
        ),
        exact(
            "optimal map",
            r"For affine $F$ the optimal map and $x = z / H$ give $\tilde \Omega(x) = \Omega(x^*)$ at every $x$.",
            lambda: [tidy(sensitivity(RIDGE, m), factored=True)[0] for m in ("scaled", "optimal")],
            (-sp.exp(Y) * b / H**2,) * 2,
            source=DERIVED,
        ),
        exact(
            "diagonal ridge",
            r"For two unknowns with a ridge weight each and a linear outer loss the diagonal preconditioner and "
            r"the map $x = P^{-1} z$ have one error.",
            lambda: list(error_of_pair()),
            (0, 0),
            source=DERIVED,
        ),
    ]


def _decided() -> list[Claim]:
    return [
        certified(
            "super-efficient map",
            r"For $F = x^3 + x - y$ the map $z = x^3 + x$ is super-efficient for every affine outer loss: $z = "
            r"\int dx / \Omega$.",
            lambda seed: super_efficiency(CUBIC, efficient_map(CUBIC), outer="affine"),
            source=DEFINITION,
        ),
        certified(
            "exponential map",
            r"For the scalar ridge $x = e^z$ is super-efficient for every affine outer loss, $\Omega$ being "
            r"proportional to $x$.",
            lambda seed: super_efficiency(LINEAR, "exponential", outer="affine"),
            source=DEFINITION,
        ),
        _refuted(
            "no map for every loss",
            r"No map is super-efficient for every outer loss: for the scalar ridge and $x = z / H$ a loss with "
            r"$E \ne 0$ is written out.",
            lambda: super_efficiency(LINEAR, "scaled", outer="every"),
        ),
        exact(
            "best constant",
            r"Among $P = p$ the smallest $|E|$ at the root of $x^3 + x = 2$ is at $p = F_1 = 4$, and among $z = "
            r"x + t x^3$ at $t = 1$; both are $0$.",
            lambda: [
                part
                for method, symbol in ((Preconditioner(p), p), (Reparametrization(Z, inverse=X + t * X**3), t))
                for found in (best_parameter(CUBIC, method, symbol, root={X: 1, Y: 2}),)
                for part in (found.value, found.constant)
            ],
            (4, 0, 1, 0),
            source=DERIVED,
        ),
    ]


def _refuted(id: str, statement: str, certify: Callable[[], Certificate]) -> Claim:
    """A statement that a counterexample exists: the refutation is what holds."""

    def measure() -> Outcome:
        found = certify()
        holds = True if found.verdict is Verdict.REFUTED else None
        verdict = Verdict.OBSERVED if holds else Verdict.UNDECIDED
        again = found.verify().verdict
        return Outcome(
            holds=holds, verdict=verdict, measured="a counterexample",
            reason=f"{found.method}; enclosed again: {again}", counterexample=found.claim,
        )  # fmt: skip

    return Claim(id=id, statement=statement, measure=measure, expected="a counterexample", source=DEFINITION)


def _measured(model: Hypergradient) -> list[Claim]:
    return [
        certified(
            "enclosed",
            r"$\nabla h(2) = \frac14$ for $F = x^3 + x - y$, $l = x$: root, adjoint and gradient in balls, from "
            r"the rough point $x = 1.3$.",
            lambda seed: enclose_hypergradient(CUBIC, [2], [1.3]).certificate,
            source=DERIVED,
        ),
        bounded(
            "stopped inner loop",
            r"The error of a stopped inner loop is at most $C K |F(x, y)|$, at 50 random points within $0.05$ "
            r"of the root of $x^3 + x = 2$, for vanilla and Newton.",
            _bound_ratios,
            source=DERIVED,
        ),
        close(
            "slopes, ridge",
            r"Ridge with a linear outer loss, $7$ unknowns: the slopes of the error of vanilla, diagonal, scaled over "
            r"$|x - x^*|$ are $1$.",
            lambda seed: _slopes(data_problem("ridge", seed), ("vanilla", "diagonal", "scaled"), seed),
            [1, 1, 1],
            within=0.15,
            source=DERIVED,
        ),
        close(
            "exact, ridge",
            r"There Newton's and the optimal estimate are exact to rounding, at random points.",
            lambda seed: _exact_errors(seed),
            [0, 0],
            within=1e-12,
            source=DERIVED,
        ),
        close(
            "slopes, logistic",
            r"Logistic regression, $5$ unknowns: slopes $1$ of vanilla, diagonal, scaled, and $2$ of Newton.",
            lambda seed: _slopes(data_problem("logistic", seed), ("vanilla", "diagonal", "scaled", "newton"), seed),
            [1, 1, 1, 2],
            within=0.15,
            source=DERIVED,
        ),
        bounded(
            "diagonal and scaled",
            r"For ridge with a weight for each coordinate and a linear outer loss the errors of the diagonal "
            r"preconditioner and of $x = P^{-1} z$ agree to $10^{-12}$ of their size, at random points.",
            lambda seed: _pair_gap(seed) / 1e-12,
            source=DERIVED,
        ),
    ]


def _q(above: int, below: int) -> sp.Rational:
    return sp.Rational(above, below)


def _certificate(found: Certificate | None) -> Certificate:
    if found is None:
        raise ArithmeticError("an exact case has no certificate")
    return found


def _two_equations() -> list[sp.Expr]:
    x1, x2 = sp.symbols("x1 x2")
    problems = [bilevel([x1 - Y, x2 - x1**2], loss, (x1, x2), Y) for loss in (x1, x2, x1 * x2)]
    return [error(one, root={x1: Y, x2: Y**2})[0] for one in problems]


def _two_expected() -> tuple[Any, ...]:
    one, two = sp.symbols("delta1 delta2")
    return (0, 2 * one, 2 * one**2 + 4 * Y * one + two)


def _affine_error() -> sp.Expr:
    x1, x2, m1, m2, m3, v1, v2, k = sp.symbols("x1 x2 m1 m2 m3 v1 v2 k")
    M, v = sp.Matrix([[m1 + Y, m2], [m2, m3 + k * Y]]), sp.Matrix([v1, v2 * Y])
    problem = bilevel(list(M * sp.Matrix([x1, x2]) - v), x1 * x2, (x1, x2), Y)
    star = M.LUsolve(v)
    return error(problem, "newton", root={x1: star[0], x2: star[1]})[0]


def error_of_pair() -> Matrix:
    """The difference of two errors for a ridge with two weights."""
    x1, x2, y1, y2, g, c1, c2 = sp.symbols("x1 x2 y1 y2 g c1 c2")
    F = [(1 + sp.exp(y1)) * x1 + g * x2 - 1, g * x1 + (2 + sp.exp(y2)) * x2 - 3]
    problem = bilevel(F, c1 * x1 + c2 * x2, (x1, x2), (y1, y2))
    star = problem.slope.LUsolve(sp.Matrix([1, 3]))
    root = {x1: star[0], x2: star[1]}
    return tidy(Matrix(error(problem, "diagonal", root=root) - error(problem, "scaled", root=root)))


def _slopes(problem: ArrayBilevel, methods: tuple[str, ...], seed: int) -> list[float]:
    y = np.random.default_rng(seed + 1).uniform(-1, 1, problem.size[1])
    found = error_curves(problem, y, methods, distances=np.logspace(-1, -3.5, 12), seed=seed, starts=8)
    return [float("nan") if (law := found.slopes[name]) is None else law.exponent for name in methods]


def _exact_errors(seed: int) -> list[float]:
    problem = data_problem("ridge", seed)
    y = np.random.default_rng(seed).uniform(-1, 1, 7)
    found = error_curves(problem, y, ("newton", "optimal"), distances=[3, 1, 0.3], seed=seed)
    return [float(found.errors[name][0].max()) for name in ("newton", "optimal")]


def _pair_gap(seed: int) -> Floats:
    problem = data_problem("ridge", seed)
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(7, 20)), random.uniform(-1, 1, 7)
    one, other = (estimate(problem, x, y, word) for word in ("diagonal", "scaled"))
    return np.asarray(np.linalg.norm(one - other, axis=0) / np.linalg.norm(one, axis=0))


def _bound_ratios(seed: int) -> list[float]:
    points = 1 + np.random.default_rng(seed).uniform(-0.0499, 0.0499, 50)
    ratios = []
    for word in ("vanilla", "newton"):
        found = enclose_hypergradient(CUBIC, [2], [1.3], method=word, radius=0.05)
        errors = np.abs(estimate(CUBIC, points[None], [2.0], word)[0] - 0.25)
        ratios += [float(e / found.error_bound([x])) for e, x in zip(errors, points.tolist(), strict=True)]
    return ratios

