"""Tables and figures: bounds beside the truth, measures of two atoms, splitting, growth along sequences."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.dynamics.exhibit import Exhibit, Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures import band, curves
from symdyn.dynamics.figures.level_map import level_map
from symdyn.numerics.arrays import Floats
from symdyn.numerics.enclosed_number import Enclosure
from symdyn.numerics.estimate import mean_interval, power_law_fit
from symdyn.systems.attention_lipschitz.adversary import closed_bound, worst_input
from symdyn.systems.attention_lipschitz.attention import jacobian
from symdyn.systems.attention_lipschitz.bounds import CODE, DERIVED, PAPER, RECALLED, bounds
from symdyn.systems.attention_lipschitz.claims import SPLIT_EXAMPLE
from symdyn.systems.attention_lipschitz.constants import constants_of, growth, split_constant
from symdyn.systems.attention_lipschitz.diracs import two_diracs
from symdyn.systems.attention_lipschitz.measured import AttentionModel, in_ball
from symdyn.systems.attention_lipschitz.supremum import supremum

_ONE, _MINUS = [[1.0]], [[-1.0]]
_LARGE = ((50, 1), (50, 3), (50, 10), (50, 21.5), (50, 100), (100, 3), (502, 10))


def exhibits_of(model: AttentionModel) -> tuple[Exhibit, ...]:
    """The tables and figures."""
    return (
        Exhibit(
            "bounds",
            r"Dimension one, $V = 1$, scores $g$: the constant at random tokens, at the configuration of the "
            r"authors' code, at two-valued tokens, and its true supremum where that is proved; then the bounds, and "
            r"the tightest of them over the largest constant in hand.",
            f"{DERIVED}; the configuration {CODE}; recalled: {RECALLED}",
            _bounds_table,
            full_seconds=30,
        ),
        Exhibit(
            "mean field",
            r"Two Diracs at $-R$, of mass $1/(1 + e^{2 R^2})$, and $R$, $g = -1$: enclosed constants in $W_2$ and "
            r"$W_1$, their lower bounds and the mean-field upper bound.",
            DERIVED,
            _field_table,
        ),
        Exhibit(
            "splitting",
            r"Two or more copies of each token: the constant without and with them.",
            f"that it can be more: first version of arXiv 2312.14820; the formula {DERIVED}",
            _split_table,
        ),
        Exhibit(
            "growth",
            r"Exponent of the constant in the number of tokens, for the heads of this system.",
            f"the question of the figures of {PAPER}; other data",
            partial(_growth_table, model),
            full_seconds=60,
        ),
        Exhibit(
            "constant by tokens",
            r"The constant against $n$ in a ball where $g R^2 = -4$: random tokens, the configuration of the "
            r"authors' code, two-valued tokens, and guides $c \, n^{1/4}$, $c \, n^{1/2}$ with fitted $c$.",
            f"the main figures of {PAPER}, with other data",
            partial(_tokens_figure, model),
            full_seconds=60,
        ),
        Exhibit(
            "constant by radius",
            r"The constant against $R$ at $n = 50$, $g = -1$: growth by the exponential of mean field, then linear "
            r"in $R^2$; the bounds above.",
            DERIVED,
            _radius_figure,
        ),
        Exhibit(
            "two tokens",
            r"The constant over all pairs of tokens $(x_1, x_2)$ in $[-R, R]^2$, $g R^2 = 4$, with the largest one.",
            DERIVED,
            _pair_figure,
        ),
        Exhibit(
            "split by mass",
            r"What splitting gains at $X = (2, -2, 0)$, $A = -1$, against the mass of the token $0$.",
            DERIVED,
            _mass_figure,
        ),
    )


def _bounds_table(seed: int, full: bool) -> Table:
    cases: list[tuple[int, int, float]] = [(g, n, R) for g in (1, -1) for n, R in ((2, 1), (3, 1), (10, 2), (50, 2))]
    cases += [(g, n, R) for g in (1, -1) for n, R in _LARGE] if full else []
    rows: list[tuple[Any, ...]] = []
    for g, n, R in cases:
        A = [[float(g)]]
        random = constants_of(in_ball(200 if n <= 10 else 20, n, 1, R, seed), A, [[1.0]]).max()
        closed, pair = (worst_input(A, [[1]], tokens=n, radius=R, method=way) for way in ("closed", "two-valued"))
        proved = _enclosed_supremum(g, n, R) if n <= 3 else None
        found = bounds(n, R, A, [[1.0]])
        largest = max(pair.constant, float(random))
        rows.append(
            (g, n, R, float(random), closed.constant, pair.constant, proved, found.three_term.value,
             found.root_form.value, found.recalled.value, found.three_term.value / largest)
        )  # fmt: skip
    header = (
        "$g$", "$n$", "$R$", "random", "closed", "two-valued", "supremum", "three terms", "root form", "recalled",
        "ratio",
    )  # fmt: skip
    return Table(header, tuple(rows))


def _enclosed_supremum(g: int, n: int, R: float) -> Enclosure:
    witness = supremum(g, tokens=n, radius=R, tolerance="1/100000" if n == 2 else "1/1000").witness
    return Enclosure(Fraction(*witness["low"]), Fraction(*witness["high"]))


def _field_table(seed: int, full: bool) -> Table:
    rows: list[tuple[Any, ...]] = []
    for R in (sp.Integer(1), sp.Rational(3, 2), sp.Integer(2), *((sp.Integer(3),) if full else ())):
        two, one = (two_diracs(sp.Integer(-1), R, order=order) for order in (2, 1))
        rows.append(
            (R, two.constant, float(two.lower_bound), one.constant, float(one.lower_bound), float(two.upper_bound))
        )
    header = ("$R$", "$W_2$", "$W_2$ at least", "$W_1$", "$W_1$ at least", "at most")
    return Table(header, tuple(rows))


def _split_table(seed: int, full: bool) -> Table:
    cases = {
        r"$A = -1$, $X = (2, -2, 0)$": (SPLIT_EXAMPLE, -1),
        r"$A = 1$, $X = (2, -2, 0)$": (SPLIT_EXAMPLE, 1),
        r"$A = -1$, $X = (1, -1)$": (((1,), (-1,)), -1),
        r"$A = -2$, $X = (2, 1, 0, -2)$": (((2,), (1,), (0,), (-2,)), -2),
    }
    rows = []
    for name, (X, g) in cases.items():
        found = split_constant(X, sp.Matrix([[g]]), [[1]])
        rows.append((name, found.unsplit, found.split, found.ratio, found.token + 1 if found.token is not None else
        None))
    return Table(("tokens", "unsplit", "split", "ratio", "token that gains"), tuple(rows))


def _growth_table(model: AttentionModel, seed: int, full: bool) -> Table:
    lengths = list(range(2, 99, 4)) if full else [2, 4, 8, 16, 32]
    draws, d = (10, model.heads.dimension) if full else (6, model.heads.dimension)
    sequence = in_ball(1, draws * lengths[-1], d, model.radius, model.seed + seed)[0]
    mask = None if model.mask == "none" else model.mask
    random = growth(sequence, lengths, model.scores, model.values, mask=mask, draws=draws, seed=seed)
    first, last = random.constants[0], random.constants[-1]
    rows: list[tuple[Any, ...]] = [("random tokens in the ball", first, last, random.exponent)]
    if len(model.scores) == 1:
        for way in ("closed", "two-valued"):
            found = [
                worst_input(model.scores[0], model.values[0], tokens=n, radius=model.radius, method=way).constant
                for n in lengths
            ]
            rows.append((f"{way} inputs", found[0], found[-1], power_law_fit(lengths, found)))
    return Table(("tokens", f"$n = {lengths[0]}$", f"$n = {lengths[-1]}$", "exponent in $n$"), tuple(rows))


def _tokens_figure(model: AttentionModel, seed: int, full: bool) -> Figure:
    sizes = [2, 3, 5, 9, 17, 33, 65, 129, 257, 502] if full else [2, 3, 5, 9, 17, 33, 65]
    A, V, R = _MINUS, _ONE, 2.0
    random = [mean_interval(constants_of(in_ball(20 if n < 100 else 10, n, 1, R, seed + n), A, V)) for n in sizes]
    series: dict[str, list[Any]] = {"random tokens": random}
    for way, name in (("closed", "configuration of the authors' code"), ("two-valued", "two-valued tokens")):
        values = [worst_input(A, V, tokens=n, radius=R, method=way).constant for n in sizes]
        series[name] = [(v, v, v) for v in values]
    places = np.array(sizes, dtype=float)
    steep = np.array([one[0] for one in series["two-valued tokens"]])
    flat = np.array([float(one) for one in random])
    guides = {
        rf"{_fitted(places, flat, 0.25):.2g} \, n^{{1/4}}": _fitted(places, flat, 0.25) * places**0.25,
        rf"{_fitted(places, steep, 0.5):.2g} \, n^{{1/2}}": _fitted(places, steep, 0.5) * places**0.5,
    }
    return band(sizes, series, guides=guides, logarithmic=True, labels={"x": "n", "y": "constant"})


def _fitted(places: Floats, values: Floats, exponent: float) -> float:
    """The factor of a power law of this exponent, by logarithms."""
    return float(np.exp(np.mean(np.log(values) - exponent * np.log(places))))


def _radius_figure(seed: int, full: bool) -> Figure:
    radii = np.geomspace(0.2, 20, 33 if full else 17)
    A, V, n = _MINUS, _ONE, 50
    pairs = [worst_input(A, V, tokens=n, radius=R, method="two-valued").constant for R in radii]
    found = [bounds(n, R, A, V) for R in radii]
    field = [one.mean_field.value if one.mean_field.value < 1e6 else np.nan for one in found]
    guides = {
        "bound of three terms": [one.three_term.value for one in found],
        "mean-field bound": field,
    }
    series = {
        "two-valued tokens": [(v, v, v) for v in pairs],
        "closed bound of the configuration": [(v, v, v) for v in (closed_bound(-1, R, n) for R in radii)],
    }
    return band(radii, series, guides=guides, logarithmic=True, labels={"x": "R", "y": "constant"})


def _pair_figure(seed: int, full: bool) -> Figure:
    line = np.linspace(-2, 2, 161 if full else 81)

    def constants(points: Floats) -> Floats:
        return np.asarray(np.linalg.norm(jacobian(points.T[:, :, None], [[1.0]], [[1.0]]), 2, axis=(-2, -1)))

    best = worst_input([[1.0]], [[1.0]], tokens=2, radius=2, method="two-valued")
    x = best.tokens[:, 0]
    name = f"largest, {best.constant:.4g}"
    labels = {"x": "x_1", "y": "x_2", "value": "constant"}
    return level_map(constants, line, line, lines=[0.75, 1, 1.25, 1.5, 1.75, 2], points={name: (x[0], x[1])},
    labels=labels)


def _mass_figure(seed: int, full: bool) -> Figure:
    masses = np.linspace(0.01, 0.98, 98 if full else 49)
    X = np.array(SPLIT_EXAMPLE, dtype=float)
    found = [split_constant(X, _MINUS, _ONE, weights=[(1 - m) / 2, (1 - m) / 2, m]).ratio for m in masses]
    return curves(masses, {"split over unsplit": found}, labels={"x": "mass of the token 0", "y": "ratio"})
