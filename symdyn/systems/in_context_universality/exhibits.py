"""Tables and figures of a study; the paper is theoretical and has none."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.dynamics.exhibit import Exhibit, Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures import band, cloud, curves
from symdyn.numerics.contexts.attention import modulus
from symdyn.numerics.contexts.density import density_experiment, random_measures
from symdyn.numerics.contexts.products import product_of_means, realise
from symdyn.numerics.contexts.separation import sharp_pair
from symdyn.numerics.empirical_measure import measure
from symdyn.numerics.tilted.means import cumulant, head_covariance, tilted_mean
from symdyn.numerics.tilted.sampling import sampled_deviation, sampling_deviation
from symdyn.systems.in_context_universality.claims import COUNT, DERIVED, midpoint_error, pair_differences
from symdyn.systems.in_context_universality.model import InContext

_SOURCE = f"{DERIVED}, which has no figures"
_TILT = 2.0
_GUIDE_SIZES = (10, 30, 100, 300, 1000)


def exhibits_of(model: InContext) -> tuple[Exhibit, ...]:
    """The tables and figures."""
    return (
        Exhibit(
            "construction",
            r"Polynomials of tilted means $m_1$ (tilt $x$) and $m_2$ (tilt $2 x + 1$) by networks with a proved bound, "
            r"and the largest error on random measures and queries in $[-1, 1]$.",
            COUNT,
            partial(_construction_table, model),
            full_seconds=60,
        ),
        Exhibit(
            "mean field",
            r"Tilted mean of the uniform law on $[-1, 1]$ at the tilt $2$ by $n$ tokens: midpoints, and random ones "
            r"with their deviation times $\sqrt n$.",
            _SOURCE,
            partial(_mean_field_table, model),
            full_seconds=60,
        ),
        Exhibit(
            "moments by heads",
            r"The variance of the context by two heads of tilts $\pm s$, and its error beside $s^2 \kappa_4/6$.",
            _SOURCE,
            partial(_moments_table, model),
        ),
        Exhibit(
            "density",
            r"Least squares for $E|Y - Y'|$ on products of tilted means of random measures: the error on others.",
            _SOURCE,
            partial(_density_table, model),
            full_seconds=10,
        ),
        Exhibit(
            "tilted means",
            r"Tilted means of measures with the mean $0$: $(\delta_{-1} + \delta_1)/2$, $(\delta_{-1} + \delta_0 + "
            r"\delta_1)/3$ and, skew, $(2 \delta_{-1/2} + \delta_1)/3$; at $s = 0$ they coincide.",
            _SOURCE,
            partial(_tilted_figure, model),
        ),
        Exhibit(
            "convergence",
            r"Error of $n$ midpoints and deviation of $n$ random tokens, with the slopes $-2$ and $-1/2$.",
            _SOURCE,
            partial(_convergence_figure, model),
            full_seconds=30,
        ),
        Exhibit(
            "modulus",
            r"$|\Gamma_\mu(x) - \Gamma_\nu(x)|$ over $W_1(\mu, \nu)$ for $|A| R^2 = 1$: random pairs below the modulus "
            r"$3 e^2 W_1$, and pairs that come near it.",
            _SOURCE,
            partial(_modulus_figure, model),
            full_seconds=5,
        ),
        Exhibit(
            "product network",
            r"$m_\mu(x) \, m_\mu(2 x + 1)$ by a network on a coarse grid, and exactly, along $x$.",
            _SOURCE,
            partial(_product_figure, model),
        ),
    )


def _construction_table(model: InContext, seed: int, full: bool) -> Table:
    m = sp.symbols("m1 m2")
    grid = min(model.grid, model.grid / 125) if full else model.grid
    count = 1000 if full else 100
    places, weights = random_measures(count, 1, 5, seed=seed + model.seed)
    x = np.linspace(-1, 1, 5)
    rows = []
    for target in (m[0] * m[1], m[0] ** 3 - m[0] / 2, m[0] * m[1] ** 2 + m[1]):
        built = realise(target, m, [(1, 0), (2, 1)], grid=grid)
        worst = 0.0
        for y, w in zip(places, weights):
            mu = measure(y, w)
            worst = max(worst, float(np.abs(built.evaluate(mu, x) - built.exactly(mu, x)).max()))
        rows.append((target, built.layers, built.heads, built.channels, float(built.error_bound), worst))
    header = ("target", "layers", "heads in each", "channels", "proved bound", f"largest error, {count} measures")
    return Table(header, tuple(rows))


def _mean_field_table(model: InContext, seed: int, full: bool) -> Table:
    sizes = (10, 100, 1000, 10_000, 100_000, 1_000_000) if full else (10, 100, 1000, 10_000)
    rows = []
    limit = float(sampling_deviation("uniform", _TILT))
    for n in sizes:
        error = midpoint_error(n, _TILT)
        draws = 400 if n <= 10_000 else 100
        sampled = sampled_deviation("uniform", _TILT, tokens=n, draws=draws, seed=seed + model.seed)
        rows.append((n, error, n**2 * error, sampled, limit))
    header = ("$n$", "midpoint error", r"$n^2$ error", r"$\sqrt n$ deviation", "limit")
    return Table(header, tuple(rows))


def _moments_table(model: InContext, seed: int, full: bool) -> Table:
    along = None if model.dimension == 1 else [1] + [0] * (model.dimension - 1)
    variance, fourth = (cumulant(model.mu, k, direction=along) for k in (2, 4))
    rows = []
    for s in (1.0, 0.3, 0.1, 0.03, 0.01):
        found = head_covariance(model.mu, s, direction=along)
        rows.append((s, found, variance, found - float(variance), s**2 * float(fourth) / 6))
    return Table(("$s$", "by two heads", "variance", "error", r"$s^2 \kappa_4/6$"), tuple(rows))


def _density_table(model: InContext, seed: int, full: bool) -> Table:
    measures = 4000 if full else 1000
    rows = []
    for heads, degree in ((1, 1), (3, 1), (3, 2), (5, 2), (5, 3)):
        found = density_experiment(
            "mean difference", heads=heads, degree=degree, measures=measures, test=1000, seed=seed + model.seed
        )
        rows.append((heads, degree, found.features, found.rms, found.maximum))
    return Table(("heads", "degree", "products", "root mean square", "largest"), tuple(rows))


def _tilted_figure(model: InContext, seed: int, full: bool) -> Figure:
    s = np.linspace(-6, 6, 121)
    shown = {
        "two atoms": measure([-1.0, 1.0]),
        "three atoms": measure([-1.0, 0.0, 1.0]),
        "skew": measure([-0.5, 1.0], [2 / 3, 1 / 3]),
    }
    series = {name: tilted_mean(mu, s) for name, mu in shown.items()}
    return curves(s, series, labels={"x": "s", "y": r"m_\mu(s)"})


def _convergence_figure(model: InContext, seed: int, full: bool) -> Figure:
    sizes = np.array([*_GUIDE_SIZES, 10_000, 100_000] if full else _GUIDE_SIZES)
    errors = [abs(midpoint_error(int(n), _TILT)) for n in sizes]
    deviations = []
    for n in sizes:
        one = sampled_deviation("uniform", _TILT, tokens=int(n), draws=200, seed=seed + model.seed)
        deviations.append(tuple(end / np.sqrt(n) for end in (one.mean, one.low, one.high)))
    limit = float(sampling_deviation("uniform", _TILT))
    series: dict[str, Any] = {"midpoints": errors, "random tokens": deviations}
    guides = {r"c/n^2": errors[0] * (sizes / sizes[0]) ** -2.0, r"\sigma/\sqrt{n}": limit / np.sqrt(sizes)}
    return band(sizes, series, guides=guides, logarithmic=True, labels={"x": "n", "y": "error"})


def _modulus_figure(model: InContext, seed: int, full: bool) -> Figure:
    distance, difference, _ = pair_differences(seed + model.seed, 2000, strength=1.0)
    kept = (difference > 1e-6) & (distance > 1e-6)
    sharp = [sharp_pair(1, steps=steps) for steps in (1, 2, 3)]
    moved = [Fraction(*pair.certificate.witness["transport"]) for pair in sharp]
    line = np.array([1e-6, 2.0])
    return cloud(
        {
            "random pairs": (distance[kept], difference[kept]),
            "sharp pairs": ([float(far) for far in moved], [float(p.ratio * far) for p, far in zip(sharp, moved)]),
        },
        curves={r"3 e^2 W_1": (line, modulus(1.0, 1.0, 1.0) * line)},
        logarithmic=True,
        labels={"x": "W_1", "y": r"|\Gamma_\mu - \Gamma_\nu|"},
    )


def _product_figure(model: InContext, seed: int, full: bool) -> Figure:
    mu, x = measure([-1.0, -0.2, 1.0], [0.3, 0.5, 0.2]), np.linspace(-3, 3, 61)
    points = {}
    for name, grid in (("h = 1", Fraction(1)), (f"h = {model.grid}", model.grid)):
        points[name] = (x, product_of_means(mu, x, [(1, 0), (2, 1)], grid=grid).values)
    fine = np.linspace(-3, 3, 301)
    exactly = tilted_mean(mu, fine) * tilted_mean(mu, 2 * fine + 1)
    return cloud(points, curves={"exact": (fine, exactly)}, labels={"x": "x", "y": "product of two tilted means"})
