"""Tables and figures; the experiments of the paper, if it has any, are not known here, and none is imitated."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.dynamics.exhibit import Exhibit, Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures import curves, intervals, sectors
from symdyn.numerics.arrays import generator
from symdyn.numerics.estimate import mean_interval
from symdyn.systems.generative_compressed_sensing.claims import DERIVED, GORDON, MixedMeasurement
from symdyn.systems.generative_compressed_sensing.conditions import singular_bounds
from symdyn.systems.generative_compressed_sensing.cones import injective_on_range, relu_cones
from symdyn.systems.generative_compressed_sensing.mixing import mixing_matrix
from symdyn.systems.generative_compressed_sensing.ranks import effective_rank, effective_rank_formula
from symdyn.systems.generative_compressed_sensing.recovery import error_split
from symdyn.systems.generative_compressed_sensing.sampling import Proportion, deviation_ratio, success_curve
from symdyn.systems.generative_compressed_sensing.widths import relu_range_width

PAPER = "A. Naderi, Y. Plan, Beyond Independent Measurements, arXiv 2111.00327"
UNKNOWN = "derived; the experiments of arXiv 2111.00327 are not known here"


def exhibits_of(model: MixedMeasurement) -> tuple[Exhibit, ...]:
    """The tables and figures."""
    found = [
        Exhibit(
            "effective rank",
            r"$r(B)$ by family of mixing matrices: the formula, its value and that of the matrix.",
            DERIVED,
            partial(_rank_table, model),
        ),
        Exhibit(
            "singular values",
            r"Extreme singular values of $B A U$ over $\|B\|_F$ for Gaussian $A$, mean and 95 % interval, beside the "
            r"bounds of Gordon and Chevet.",
            GORDON,
            _gordon_table,
            full_seconds=10,
        ),
        Exhibit(
            "cones",
            r"Cones on which a random generator is linear, the bound of their number by Cover, its logarithm, and the "
            r"bounds of the width $\omega$ from both.",
            DERIVED,
            _cone_table,
            full_seconds=60,
        ),
        Exhibit(
            "recovery",
            r"Recovery by global least squares: success with its 95 % interval, $\omega$ from Cover's count; error "
            r"$\|\hat{x} - x\|/\|x\|$, term $2 \|w\|/(\|B\|_F \|x\|)$ of the bound, and the ratio of the two.",
            UNKNOWN,
            partial(_recovery_table, model),
            full_seconds=30,
        ),
        Exhibit(
            "measurements",
            r"How many Gaussian measurements tell all signals of the range apart, decided exactly for one generator "
            r"and one draw of rows.",
            UNKNOWN,
            partial(_separation_table, model),
        ),
        Exhibit(
            "success",
            r"Success without noise against $r(B)/\omega^2$, with Wilson intervals; every family at growing sizes. "
            r"Without noise the rank of $B$ counts: $\mathrm{diag}(1/i)$ succeeds at a small $r(B)$.",
            UNKNOWN,
            partial(_success_figure, model),
            full_seconds=60,
        ),
        Exhibit(
            "power law",
            r"$r(\mathrm{diag}(i^{-a}), i \le m)$ is bounded in $m$ for $a > 1/2$.",
            DERIVED,
            _power_figure,
        ),
        Exhibit(
            "noise",
            r"The error of recovery and its bound in parts against the noise $\|w\|/(\|B\|_F \|x\|)$, for a signal a "
            r"little off the range and a minimum attained up to $\epsilon = \|w\|/10$.",
            UNKNOWN,
            partial(_noise_figure, model),
        ),
        Exhibit(
            "sectors",
            r"The cones of a generator of two latent dimensions and two layers, with the number of active units.",
            UNKNOWN,
            _sector_figure,
        ),
    ]
    return tuple(found)


def _rank_table(model: MixedMeasurement, seed: int, full: bool) -> Table:
    m = 200 if full else model.size
    m -= m % 2
    a = sp.nsimplify(model.exponent)
    half, symbol = sp.Rational(1, 2), sp.Symbol("m", positive=True, integer=True)
    listed: list[tuple[str, dict[str, Any], Any]] = [
        ("identity", {}, m),
        ("orthonormal rows", {}, m // 2),
        ("rank one", {}, m),
        ("power law", {"exponent": a}, m),
        ("geometric", {"ratio": half}, m),
        ("bidiagonal", {}, m),
        ("blocks", {"groups": m // 2}, m),
        ("gaussian", {}, m),
    ]
    names = {
        "orthonormal rows": "$m/2$ orthonormal rows",
        "power law": f"power law, $a = {sp.latex(a)}$",
        "geometric": "geometric, $q = 1/2$",
        "blocks": "$m/2$ blocks",
        "gaussian": "gaussian, square (asymptotic)",
    }
    rows = []
    shown = {"ratio": sp.Symbol("q", positive=True), "groups": symbol / 2}
    for family, options, size in listed:
        many = symbol / 2 if family == "orthonormal rows" else symbol
        general: Any = r"$\sum_{i \le m} i^{-2 a}$"
        if family != "power law":
            general = effective_rank_formula(family, many, **{k: shown.get(k, v) for k, v in options.items()})
        number = float(sp.N(effective_rank_formula(family, size, **options)))
        matrix = mixing_matrix(family, m, exponent=a, seed=seed)
        rows.append((names.get(family, family), general, number, effective_rank(matrix)))
    header = ("family", "$r(B)$", f"formula at size {m}", "of the matrix")
    return Table(header, tuple(rows))


def _gordon_table(seed: int, full: bool) -> Table:
    cases: list[tuple[str, Any, int]] = [
        ("$I_{100}$", np.eye(100), 16),
        (r"$\mathrm{diag}(i^{-1/4})$, $i \le 200$", np.diag(np.arange(1, 201) ** -0.25), 4),
        ("$60$ orthonormal rows", np.eye(60), 16),
        (r"$\mathrm{diag}(1/i)$, $i \le 400$", np.diag(1 / np.arange(1.0, 401)), 4),
    ]
    rows = []
    for name, B, k in cases:
        found = deviation_ratio(B, columns=500, dimension=k, draws=200 if full else 50, seed=seed)
        bounds = singular_bounds(B, k)
        inside = found.high.high <= bounds.high and (bounds.low is None or bounds.low <= found.low.low)
        low = "vacuous" if bounds.low is None else bounds.low
        told = "yes" if inside else "no"
        rows.append((name, k, float(effective_rank(B)), low, found.low, found.high, bounds.high, told))
    header = ("$B$", "$k$", "$r(B)$", "lower", r"$s_{\min}$", r"$s_{\max}$", "upper", "inside")
    return Table(header, tuple(rows))


def _cone_table(seed: int, full: bool) -> Table:
    shapes = [((10,), 2), ((20,), 2), ((20, 20), 2), ((10,), 3), ((8, 8), 3)]
    shapes += [((20,), 3), ((64,), 3), ((12, 12), 3)] if full else []
    rows = []
    for widths, k in shapes:
        rng = generator(seed)
        sizes = (k, *widths)
        cones = relu_cones([rng.normal(size=(n, j)) for j, n in zip(sizes, sizes[1:], strict=False)])
        log, cover = (relu_range_width(k, widths, count=count) for count in ("log", "cover"))
        rows.append(
            (k, ", ".join(map(str, widths)), cones.count, cones.bound, float(np.log(cones.count)), log.log_count,
             cover.bound, log.bound)
        )  # fmt: skip
    header = (
        "$k$", "widths", "cones", "Cover", r"$\log N$", r"$k \sum \log(2 e n_i/k)$", r"$\omega$ by Cover",
        r"$\omega$ by logarithms",
    )  # fmt: skip
    return Table(header, tuple(rows))


def _recovery_table(model: MixedMeasurement, seed: int, full: bool) -> Table:
    names = ("identity", "power law", "orthonormal rows", "geometric", "blocks", "rank one")
    size = model.size - model.size % 2
    families = {name: mixing_matrix(name, size, exponent=model.exponent, seed=seed) for name in names}
    families = {f"the mixing, {model.mixing}": model.matrix(seed=seed), **families}
    noise = float(model.noise) or 0.05
    draws = 500 if full else model.draws
    options: dict[str, Any] = {"draws": draws, "seed": seed, "law": model.law}
    cones = model.cones(seed)
    plain = success_curve(families, cones, **options)
    noisy = success_curve(families, cones, noise=noise, **options)
    rows = []
    for one, other in zip(plain.points, noisy.points, strict=True):
        rows.append(
            (one.family, one.rank, one.relative, _share(one.success), _share(other.success), other.error, 2 * noise,
             other.bound_ratio)
        )  # fmt: skip
    header = (
        "$B$", "$r(B)$", r"$r/\omega^2$", "without noise", f"with noise {noise:g}", "error", "term", "ratio",
    )  # fmt: skip
    return Table(header, tuple(rows))


def _share(found: Proportion) -> str:
    return f"{100 * float(found):.0f} % ({100 * found.low:.0f}-{100 * found.high:.0f})"


def _separation_table(model: MixedMeasurement, seed: int, full: bool) -> Table:
    weights = model.weights(seed)
    rows = []
    M = generator(seed + 1).normal(size=(2 * model.latent + 1, model.output))
    for number in range(1, len(M) + 1):
        found = injective_on_range(M[:number], weights, linear_last=True)
        apart = "yes" if found.verdict.value == "proved" else "no: two signals have one measurement"
        rows.append((number, apart, found.verdict, found.verify().verdict))
    return Table(("measurements", "all signals told apart", "verdict", "re-checked"), tuple(rows))


def _success_figure(model: MixedMeasurement, seed: int, full: bool) -> Figure:
    top = 8 * model.latent
    sizes = range(1, top + 1) if full else sorted({1, 2, 3, 4, 5, 6, top // 2, top})
    even = [m for m in range(2, 2 * top + 1, 2) if full or m // 2 in sizes]
    families: dict[str, list[Any]] = {
        "identity": [np.eye(m) for m in sizes],
        r"\mathrm{diag}(i^{-1/4})": [mixing_matrix("power law", m, exponent=0.25) for m in sizes],
        r"\mathrm{diag}(1/i)": [mixing_matrix("power law", m, exponent=1) for m in sizes],
        "orthonormal rows": [mixing_matrix("orthonormal rows", m, seed=seed) for m in even],
        "blocks": [mixing_matrix("blocks", m) for m in even],
        "rank one": [np.ones((m, m)) for m in list(sizes)[:3]],
    }
    curve = success_curve(families, model.cones(seed), draws=500 if full else model.draws, seed=seed, law=model.law)
    series = {}
    for name in families:
        points = [one for one in curve.points if one.family == name]
        series[name] = ([one.relative for one in points], [one.success for one in points])
    labels = {"x": r"r(B)/\omega^2", "y": r"\mathrm{success}"}
    return intervals(series, logarithmic="x", labels=labels)


def _power_figure(seed: int, full: bool) -> Figure:
    places = np.linspace(0, 2, 81)
    series = {}
    for m in (10, 100):
        series[rf"i \leq {m}"] = [effective_rank(np.diag(np.arange(1, m + 1) ** -a)) for a in places]
    series[r"i < \infty"] = [
        float(effective_rank_formula("power law", sp.oo, exponent=sp.nsimplify(round(float(a), 6)))) for a in places
    ]
    return curves(places, series, marks={"1/2": 0.5}, labels={"x": "a", "y": r"\|B\|_F^2/\|B\|^2"})


def _noise_figure(model: MixedMeasurement, seed: int, full: bool) -> Figure:
    cones = model.cones(seed)
    rng = generator(seed)
    B = np.eye(8 * model.latent) if float(effective_rank(model.matrix())) < 2 else model.matrix(seed=seed)
    levels = np.geomspace(1e-3, 0.3, 8)
    runs = 40 if full else 12
    parts = np.zeros((len(levels), runs, 5))
    for j in range(runs):
        M = B @ rng.normal(size=(B.shape[1], model.output))
        x = cones.generator(rng.normal(size=model.latent))
        x = x + 0.002 * np.linalg.norm(x) * _direction(rng, len(x))
        direction = _direction(rng, len(B))
        length = float(np.linalg.norm(x))
        for i, level in enumerate(levels):
            size = level * np.linalg.norm(B) * length
            found = error_split(M, cones, x, size * direction, size / 10)
            told = (found.error, found.noise, found.optimisation, found.mismatch, found.bound)
            parts[i, j] = np.array(told) / length
    names = ("error", "noise", "optimisation", "mismatch", "bound")
    series = {name: (levels, list(mean_interval(parts[:, :, k]))) for k, name in enumerate(names)}
    positive = {
        name: (x, [(float(e), max(e.low, 0.2 * float(e)), e.high) for e in found])
        for name, (x, found) in series.items()
    }
    labels = {"x": r"\|w\|/(\|B\|_F \|x\|)", "y": r"\mathrm{over}\ \|x\|"}
    return intervals(positive, logarithmic="xy", labels=labels)


def _direction(rng: np.random.Generator, size: int) -> Any:
    found = rng.normal(size=size)
    return found / np.linalg.norm(found)


def _sector_figure(seed: int, full: bool) -> Figure:
    rng = generator(seed)
    cones = relu_cones([rng.normal(size=(8, 2)), rng.normal(size=(8, 8))])
    rays = [np.asarray(one, dtype=float) for one in cones.rays]
    ends = [(float(np.arctan2(one[0, 1], one[0, 0])), float(np.arctan2(one[-1, 1], one[-1, 0]))) for one in rays]
    return sectors(ends, cones.active, labels={"value": "active"})
