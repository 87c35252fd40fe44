"""What is said of measures in context; each claim calls the functions of the system."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symdyn.dynamics.claims import bounded, certified, close, exact, for_all, sampled, slope
from symdyn.dynamics.system import Claim
from symdyn.numerics.arrays import Floats
from symdyn.numerics.contexts.attention import attention_map, causal_map, context_lipschitz, modulus
from symdyn.numerics.contexts.density import random_measures, tilted_means_of
from symdyn.numerics.contexts.products import product_of_means, realise
from symdyn.numerics.contexts.separation import separating_head, sharp_pair
from symdyn.numerics.empirical_measure import EmpiricalMeasure
from symdyn.numerics.relu_squares import relu_square
from symdyn.numerics.tilted.exact import floats_of
from symdyn.numerics.tilted.means import (
    cumulant,
    cumulants_of,
    head_covariance,
    injectivity_integral,
    log_laplace,
    tilted_mean,
)
from symdyn.numerics.tilted.sampling import langevin, sampling_deviation
from symdyn.numerics.transport import line_distances
from symdyn.systems.in_context_universality.model import InContext

DERIVED = "derived; it concerns the maps of arXiv 2408.01367"
COUNT = "derived construction with the count of arXiv 2408.01367"
_S = sp.Symbol("s", real=True)
PAIRS = 2000


def claims_of(model: InContext) -> tuple[Claim, ...]:
    """The claims."""
    return (
        *_of_symbols(model),
        *_of_tilted_means(model),
        *_of_constructions(model),
        *_of_limits(model),
        *(_of_causal_contexts(model) if model.causal else ()),
    )


def _of_symbols(model: InContext) -> tuple[Claim, ...]:
    return (
        close(
            "duplication",
            r"The heads of the model give the same values on $\mu$ with every atom split into three.",
            lambda seed: _split_apart(model),
            0.0,
            within=1e-12 * (1 + _size(model)),
            source=DERIVED,
        ),
        exact(
            "permutation",
            r"$\Gamma$ depends on the measure alone: permuting $3$ tokens permutes its values, and duplicating all of "
            r"them leaves these as they are.",
            _permuted,
            (0,) * 6,
            source=DERIVED,
        ),
        exact(
            "causal equivariance",
            r"With times that travel with the tokens the causal map commutes with permutations, and its first three "
            r"values do not depend on the last of $4$ tokens.",
            _causal,
            (0,) * 7,
            source=DERIVED,
        ),
    )


def _of_tilted_means(model: InContext) -> tuple[Claim, ...]:
    along = _along(model)
    told: dict[str, Any] = {"direction": along}
    return (
        exact(
            "injectivity integral",
            r"$m_\mu(s) = \frac{d}{ds} \log \int e^{s \langle c, y \rangle} d\mu$: tilted means give the Laplace "
            r"transform.",
            lambda: sp.diff(log_laplace(model.mu, _S, **told), _S),
            tilted_mean(model.mu, _S, **told),
            source=DERIVED,
        ),
        close(
            "two enclosures",
            r"$\int_0^2 m_\mu$ by certified quadrature meets $\log \int e^{2 \langle c, y \rangle} d\mu$.",
            lambda seed: float(injectivity_integral(model.mu, 2, **told)),
            log_laplace(model.mu, 2.0, **told),
            within=1e-12,
            source=DERIVED,
        ),
        certified(
            "separating head",
            r"$\mu$ and the uniform measure on its atoms are told apart by the tilted mean of one head, or are one.",
            lambda seed: separating_head(model.mu, EmpiricalMeasure(model.mu.atoms, _uniform(model.mu))),
            source=DERIVED,
        ),
        exact(
            "variance by two heads",
            r"$M'(s) = m(s) M(s)$ for $M = 1 + m_1 s + \dots + m_4 s^4/24$ and "
            r"$m = \kappa_1 + \kappa_2 s + \kappa_3 s^2/2 + \kappa_4 s^3/6$ up to $s^3$; hence "
            r"$(m(s) - m(-s))/(2 s) = \kappa_2 + s^2 \kappa_4/6 + O(s^4)$.",
            _series_of_moments,
            (0, 0, 0, 0),
            source=DERIVED,
        ),
        close(
            "covariance by heads",
            r"At $s = 1/10$ two heads give the covariance of $x = (1, 2, 3)$ with $y = (2, 3, 7)$, which is $5/3$, as "
            r"$1.66389489$, at $s = 1/100$ as $1.66663889$.",
            lambda seed: head_covariance([1.0, 2.0, 3.0], [0.1, 0.01], values=[2.0, 3.0, 7.0]),
            (1.663894893, 1.666638889),
            within=1e-9,
            source=DERIVED,
        ),
        exact(
            "modulus by its derivative",
            r"$\partial \Gamma/\partial y_j = w_j e^{s y_j} (1 + s (y_j - \Gamma))/\sum_i w_i e^{s y_i}$ for $3$ "
            r"atoms; with $|s| \le |A| R$ and $|y_j - \Gamma| \le 2 R$ it is at most $w_j (1 + 2 |A| R^2) "
            r"e^{2 |A| R^2}$.",
            _derivatives,
            (0, 0, 0),
            source=DERIVED,
        ),
        bounded(
            "modulus on pairs",
            r"$|\Gamma_\mu(x) - \Gamma_\nu(x)| \le |V| (1 + 2 |A| R^2) e^{2 |A| R^2} W_1(\mu, \nu)$ on "
            f"${PAIRS}$ pairs of random measures.",
            lambda seed: _ratios(seed + model.seed),
            source=DERIVED,
        ),
        for_all(
            "modulus is sharp",
            r"For $|A| R^2 = 1$ no modulus is below $99.9$ percent of $(1 + 2) e^2$: two measures need as much.",
            [sp.S.One],
            lambda strength: _short_of(strength, sp.Rational(999, 1000)),
            certify=lambda cases: sharp_pair(cases[0]).certificate,
            source=DERIVED,
        ),
    )


def _of_constructions(model: InContext) -> tuple[Claim, ...]:
    z, h, k = sp.symbols("t h k")
    m = sp.symbols("m1 m2")
    chord = (1 - z) * (k * h) ** 2 + z * ((k + 1) * h) ** 2
    return (
        exact(
            "channels",
            r"A product of tilted means runs on $d + 3 d'$ numbers for each token, here for $d = 1, 2, 3$ and "
            r"$d' = 1, 2$, whatever the number of factors.",
            _channels,
            [d + 3 * e for d in (1, 2, 3) for e in (1, 2)],
            source=COUNT,
        ),
        exact(
            "error of squares",
            r"Between $k h$ and $(k + 1) h$ the chord of $z^2$ is above it by $t (1 - t) h^2 = h^2/4 - (t - 1/2)^2 "
            r"h^2$; a product by two squares is off by at most $h^2/16$.",
            lambda: (chord - ((k + z) * h) ** 2, relu_square(model.grid, 2)(model.grid / 2) - model.grid**2 / 4),
            (h**2 / 4 - (z - sp.Rational(1, 2)) ** 2 * h**2, model.grid**2 / 4),
            source=DERIVED,
        ),
        certified(
            "construction",
            r"$m_1 m_2^2 + m_1 m_2/2$ of the tilted means at $x$ and $2 x + 1$ is computed within its bound, for every "
            r"measure on $[-1, 1]$.",
            lambda seed: realise(m[0] * m[1] ** 2 + m[0] * m[1] / 2, m, [(1, 0), (2, 1)], grid=model.grid).certificate,
            source=DERIVED,
        ),
    )


def _of_limits(model: InContext) -> tuple[Claim, ...]:
    return (
        exact(
            "uniform law",
            r"The tilted mean of the uniform law on $[-1, 1]$ is $\frac{d}{ds} \log(\sinh(s)/s) = \coth s - 1/s$.",
            lambda: sp.diff(sp.log(sp.sinh(_S) / _S), _S).rewrite(sp.exp),
            langevin(_S).rewrite(sp.exp),
            source=DERIVED,
        ),
        slope(
            "midpoint grid",
            r"$n$ midpoints of $[-1, 1]$ miss the tilted mean of the uniform law by $c/n^2$.",
            (10, 30, 100, 300, 1000),
            lambda rng, n: abs(midpoint_error(int(n), 2.0)),
            -2,
            within=0.01,
            source=DERIVED,
        ),
        sampled(
            "sampling deviation",
            r"$n$ independent tokens miss it with the variance $E[G^2 (Y - m)^2]/(E G)^2/n$, $G = e^{2 Y}$; "
            r"here the quotient of both for $n = 1000$.",
            _squared_errors,
            1.0,
            draws=1000,
            within=0.05,
            source=DERIVED,
        ),
        close(
            "cumulants",
            r"$m(s) = \kappa_1 + \kappa_2 s + O(s^2)$ at $s = 10^{-4}$.",
            lambda seed: tilted_mean(model.mu, 1e-4, direction=_along(model)),
            float(cumulant(model.mu, 1, direction=_along(model)))
            + 1e-4 * float(cumulant(model.mu, 2, direction=_along(model))),
            within=1e-6 * (1 + _size(model)) ** 3,
            source=DERIVED,
        ),
    )


def _of_causal_contexts(model: InContext) -> tuple[Claim, ...]:
    tokens = [(1, 0), (0, 1), (-1, 1), (1, 1)]
    times = [sp.Rational(k, 4) for k in range(1, 5)]

    def measured() -> Any:
        found = context_lipschitz(sp.Matrix(tokens), times)
        return found.constant, found.bound

    return (
        exact(
            "context Lipschitz",
            r"The tokens $(1, 0), (0, 1), (-1, 1), (1, 1)$ at the times $k/4$ have $C = 8$, below diameter over gap.",
            measured,
            (8, 4 * sp.sqrt(5)),
            source=DERIVED,
        ),
        close(
            "causality",
            r"The atoms at the times $k/n$ have values that later atoms do not change.",
            lambda seed: _without_the_last(model, seed),
            0.0,
            within=1e-12,
            source=DERIVED,
        ),
    )


def _along(model: InContext) -> list[int] | None:
    return None if model.dimension == 1 else [1] + [0] * (model.dimension - 1)


def _size(model: InContext) -> float:
    return float(np.abs(floats_of(model.mu)[0]).max())


def _uniform(mu: EmpiricalMeasure) -> tuple[Any, ...]:
    return (sp.Rational(1, len(mu)),) * len(mu)


def _one_head() -> list[Any]:
    return [tuple(sp.Matrix([[sp.Symbol(name)]]) for name in ("q", "k", "v", "w"))]


def _less(one: Any, other: Any) -> list[sp.Expr]:
    """Differences that SymPy does not evaluate, so that a certificate has both sides."""
    return [sp.Add(a, sp.Mul(-1, b, evaluate=False), evaluate=False) for a, b in zip(one, other, strict=True)]


def _permuted() -> list[sp.Expr]:
    """Values at three tokens in symbols, less those of permuted tokens, permuted back, and of each token twice."""
    tokens, heads = sp.Matrix(sp.symbols("y1:4")), _one_head()
    plain = list(attention_map(tokens, tokens, heads))
    order = [2, 0, 1]
    moved = attention_map(sp.Matrix([tokens[i] for i in order]), sp.Matrix([tokens[i] for i in order]), heads)
    twice = attention_map(sp.Matrix([*tokens, *tokens]), tokens, heads)
    return _less([*plain, *plain], [*(moved[order.index(i)] for i in range(3)), *twice])


def _split_apart(model: InContext) -> float:
    atoms, _ = floats_of(model.mu)
    one, other = (attention_map(mu, atoms, list(model.heads)) for mu in (model.mu, model.mu.split(3)))
    return float(np.abs(one - other).max())


def _causal() -> list[sp.Expr]:
    """Values at four tokens in symbols, less those of permuted pairs of token and time; and with another last one."""
    tokens, heads = sp.Matrix(sp.symbols("y1:5")), _one_head()
    times = [0.25, 0.5, 0.75, 1.0]
    plain = list(causal_map(tokens, times, heads))
    order = [3, 1, 0, 2]
    moved = causal_map(sp.Matrix([tokens[i] for i in order]), [times[i] for i in order], heads)
    other = causal_map(tokens.subs(tokens[3], sp.Symbol("z")), times, heads)
    return _less([*plain, *plain[:3]], [*(moved[order.index(i)] for i in range(4)), *list(other)[:3]])


def _series_of_moments() -> list[sp.Expr]:
    """Coefficients of m M - M' up to s^3, in moments."""
    moments = list(sp.symbols("m1:5"))
    kappa = cumulants_of(moments)
    M = [sp.S.One, *(m / sp.factorial(k) for k, m in enumerate(moments, start=1))]
    mean = [kappa[k] / sp.factorial(k) for k in range(4)]
    return [sum(mean[j] * M[k - j] for j in range(k + 1)) - (k + 1) * M[k + 1] for k in range(4)]


def _derivatives() -> list[sp.Expr]:
    """Derivatives of the tilted mean by its atoms, less their formula."""
    y, w, s = sp.symbols("y1:4"), sp.symbols("w1:4"), _S
    mean = tilted_mean(EmpiricalMeasure(sp.ImmutableMatrix(y), w), s)
    total = sum((a * sp.exp(s * b) for a, b in zip(w, y)), sp.S.Zero)
    formula = [a * sp.exp(s * b) * (1 + s * (b - mean)) / total for a, b in zip(w, y)]
    return _less([sp.diff(mean, one) for one in y], formula)


def random_pairs(count: int, seed: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Atoms (count, 5) and weights of two measures on [-1, 1] each, the second of every other pair near the first."""
    y, w = random_measures(count, 1, 5, seed=seed)
    z, v = random_measures(count, 1, 5, seed=seed + 10**6)
    rng = np.random.default_rng(seed + 2 * 10**6)
    moved = np.clip(y + rng.normal(size=y.shape) * 10 ** rng.uniform(-3, 0, (count, 1)), -1, 1)
    near = (np.arange(count) % 2 == 0)[:, None]
    return y, w, np.where(near, moved, z), np.where(near, w, v)


def pair_differences(seed: int, count: int, *, strength: float | None = None) -> tuple[Floats, Floats, Floats]:
    """W_1, |Gamma_mu(x) - Gamma_nu(x)| and |A| R^2, from 0 to 3 unless given, for random pairs, R = 1, |x| = 1."""
    y, w, z, v = random_pairs(count, seed)
    rng = np.random.default_rng(seed + 3 * 10**6)
    a = rng.uniform(0, 3, count) if strength is None else np.full(count, float(strength))
    one, other = (tilted_means_of(places, masses, a[:, None])[:, 0] for places, masses in ((y, w), (z, v)))
    return line_distances(y, w, z, v), np.abs(one - other), a


def _ratios(seed: int) -> tuple[Floats, list[str]]:
    distance, difference, a = pair_differences(seed, PAIRS)
    ratios = difference / (np.array([modulus(float(one), 1, 1) for one in a]) * distance)
    return ratios, [f"|A| R^2 = {one:.3g}, W_1 = {far:.3g}" for one, far in zip(a, distance)]


def _short_of(strength: sp.Expr, share: sp.Rational) -> str | None:
    """None if a pair of measures is found whose ratio is at least so much of the modulus, decided exactly."""
    ratio = sharp_pair(strength).ratio
    enough = sp.Rational(ratio.numerator, ratio.denominator) >= share * modulus(strength, 1, 1)
    return None if bool(enough) else f"the largest ratio found is {float(ratio):.6g}"


def _channels() -> list[int]:
    found = []
    for d in (1, 2, 3):
        atoms, x = np.linspace(-0.3, 0.3, 3 * d).reshape(3, d), np.zeros((1, d))
        for outputs in (1, 2):
            directions = np.eye(max(d, outputs), d)[:outputs]
            tilts = [(np.ones(d), 0)] * (d + 1)
            found.append(product_of_means(atoms, x, tilts, grid=0.5, directions=directions).channels)
    return found


def midpoint_error(n: int, tilt: float) -> float:
    """Tilted mean of n midpoints of [-1, 1], minus that of the uniform law."""
    return float(tilted_mean((2 * np.arange(n) + 1) / n - 1, tilt) - langevin(tilt))


def _squared_errors(rng: np.random.Generator, draws: int) -> Floats:
    n, tilt = 1000, 2.0
    y = rng.uniform(-1, 1, (draws, n))
    G = np.exp(tilt * y)
    errors = (G * y).sum(axis=1) / G.sum(axis=1) - langevin(tilt)
    return np.asarray(n * errors**2 / sampling_deviation("uniform", tilt) ** 2)


def _without_the_last(model: InContext, seed: int) -> float:
    atoms, _ = floats_of(model.mu)
    n = len(atoms)
    times = (np.arange(n) + 1) / n
    moved = atoms.copy()
    moved[-1] += np.random.default_rng(seed).normal(size=model.dimension)
    one, other = (causal_map(rows, times, list(model.heads)) for rows in (atoms, moved))
    return float(np.abs(one[:-1] - other[:-1]).max(initial=0.0))


