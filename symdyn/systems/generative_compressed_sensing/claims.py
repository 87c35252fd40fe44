"""What is said of recovery from mixed measurements; each claim calls the functions of the system."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.dynamics.claims import bounded, certified, exact, sampled
from symdyn.dynamics.system import Claim
from symdyn.numerics.arrays import Floats, generator
from symdyn.systems.generative_compressed_sensing.conditions import (
    rank_above,
    singular_bounds,
    undecided,
)
from symdyn.systems.generative_compressed_sensing.cones import Cones, colliding, injective_on_range, relu_cones
from symdyn.systems.generative_compressed_sensing.mixing import mixing_matrix
from symdyn.systems.generative_compressed_sensing.ranks import effective_rank, effective_rank_formula
from symdyn.systems.generative_compressed_sensing.recovery import recover
from symdyn.systems.generative_compressed_sensing.sampling import (
    LAWS,
    Law,
    deviation_ratio,
    measurements,
    success_curve,
)
from symdyn.systems.generative_compressed_sensing.widths import gaussian_width, union_width_bound

DERIVED = "derived; it concerns the measurements of arXiv 2111.00327"
GORDON = "derived, from the inequalities of Gordon and Chevet for Gaussian matrices"
DEVIATION = "H. Jeong, X. Li, Y. Plan, O. Yilmaz, arXiv 2001.10631, second-hand; the constant is not stated here"
R = sp.Rational


@dataclass(frozen=True, kw_only=True)
class MixedMeasurement:
    """A generator with one linear last layer, a mixing family, the law of A, the noise; how many draws."""

    latent: int
    widths: tuple[int, ...]
    output: int
    mixing: str
    exponent: Any
    size: int
    law: Law
    noise: float
    draws: int

    def weights(self, seed: int) -> list[Floats]:
        """Normal weights W_1 .. W_d, rows scaled by the number of columns."""
        rng = generator(seed)
        sizes = (self.latent, *self.widths, self.output)
        return [rng.normal(size=(n, k)) / np.sqrt(k) for k, n in zip(sizes, sizes[1:], strict=False)]

    def cones(self, seed: int) -> Cones:
        """The cones of a generator with these weights."""
        return relu_cones(self.weights(seed), linear_last=True)

    def matrix(self, family: str | None = None, size: int | None = None, seed: int = 0) -> Floats:
        """B of a family."""
        return mixing_matrix(family or self.mixing, size or self.size, exponent=self.exponent, seed=seed)


def claims_of(model: MixedMeasurement) -> tuple[Claim, ...]:
    """The claims."""
    return (*_of_ranks(model), *_of_widths(model), *_of_recovery(model))


def _of_ranks(model: MixedMeasurement) -> list[Claim]:
    B = sp.diag(3, 2, 1)
    v = sp.Matrix([1, 2, 2])
    Q = sp.eye(3) - R(2, 9) * v * v.T
    q, m = sp.Symbol("q", positive=True), sp.Symbol("m", positive=True, integer=True)
    formula = partial(effective_rank_formula, "geometric", ratio=q)
    return [
        exact(
            "invariance",
            r"$r(c B) = r(B)$ and $r(Q B) = r(B)$ for orthogonal $Q$, here for $c = 3$, $B = \mathrm{diag}(3, 2, 1)$ "
            r"and a reflection.",
            lambda: [effective_rank(3 * B), effective_rank(Q * B)],
            [effective_rank(B), R(14, 9)],
            source=DERIVED,
        ),
        exact(
            "rows",
            r"The effective rank is not monotone under new rows: $r(I_3) = 3$, and $3/2$ with the row $(1, 1, 1)$.",
            lambda: [effective_rank(sp.eye(3)), effective_rank(sp.eye(3).col_join(sp.ones(1, 3)))],
            [3, R(3, 2)],
            source=DERIVED,
        ),
        exact(
            "families",
            r"Formulas agree with matrices: power laws $a = 1, 2$, geometric, blocks, rank one, identity.",
            _matrix_ranks,
            _formula_ranks(),
            source=DERIVED,
        ),
        exact(
            "geometric",
            r"$r(\mathrm{diag}(q^i)) = (1 - q^{2m})/(1 - q^2)$ for all $m$, by induction: $r_1 = 1$ and "
            r"$r_{m+1} - r_m = q^{2m}$.",
            lambda: [sp.cancel(formula(1)), sp.expand(formula(m + 1) - formula(m)) * (1 - q**2)],
            [1, q ** (2 * m) * (1 - q**2)],
            source=DERIVED,
        ),
        bounded(
            "between",
            r"$1 \le r(B) \le \mathrm{rank}(B)$.",
            _rank_ratios,
            source=DERIVED,
        ),
        certified(
            "certified rank",
            r"$r(B) > x$ for the mixing matrix, $x$ one percent below its effective rank: $\|B\|_F^2 - x B^\top B$ is "
            r"positive definite.",
            lambda seed: _certified_rank(model, seed),
            source=DERIVED,
        ),
    ]


def _matrix_ranks() -> list[Any]:
    i = range(1, 7)
    matrices = [
        sp.diag(*(R(1, k) for k in i)),
        sp.diag(*(R(1, k**2) for k in i)),
        sp.diag(*(R(1, 2**k) for k in i)),
        sp.Matrix(np.kron(np.eye(4, dtype=int), np.ones((1, 5), dtype=int)).tolist()),
        sp.ones(6, 6),
        sp.eye(6),
    ]
    return [effective_rank(one) for one in matrices]


def _formula_ranks() -> list[Any]:
    formula = effective_rank_formula
    return [
        formula("power law", 6, exponent=1),
        formula("power law", 6, exponent=2),
        formula("geometric", 6, ratio=R(1, 2)),
        formula("blocks", 20, groups=4),
        formula("rank one", 6),
        formula("identity", 6),
    ]


def _rank_ratios(seed: int) -> Any:
    rng = generator(seed)
    batch = rng.normal(size=(50, 4, 6)) * rng.exponential(size=(50, 1, 6)) ** 3
    r = effective_rank(batch)
    return np.concatenate([1 / r, r / 4])


def _certified_rank(model: MixedMeasurement, seed: int) -> Certificate:
    B = model.matrix(seed=seed)
    return rank_above(B, Fraction(int(990 * float(effective_rank(B))), 1000))


def _of_widths(model: MixedMeasurement) -> list[Claim]:
    return [
        certified(
            "cones",
            r"The count of Cover is attained: a layer of weights in general position cuts the latent space into "
            r"$2 \sum_{i<k} C(n-1, i)$ cones.",
            lambda seed: _all_cones(model, seed),
            source="derived: T. Cover's count of regions; the weights are drawn rational numbers",
        ),
        bounded(
            "union",
            r"The width of a union of $50$ subspaces of $\mathbb{R}^{100}$ of dimension $5$ is at most "
            r"$\sqrt{5} + \sqrt{2 \log 50}$.",
            _union_ratio,
            source=DERIVED,
        ),
        bounded(
            "singular values",
            r"Means of the extreme singular values of $B A U$ are between the bounds of Gordon and Chevet, for "
            r"identity, power law and orthonormal rows.",
            partial(_gordon_ratios, model),
            source=GORDON,
        ),
        bounded(
            "deviation",
            r"The deviation of $\|B A x\|$ from $\|B\|_F$ over a random subspace is below $\|B\| (w + 1)$ on average, "
            r"for every law of $A$ here.",
            partial(_deviation_ratios, model),
            source=DEVIATION,
        ),
        sampled(
            "energy",
            r"$E \|B A x\|^2 = \|B\|_F^2 \|x\|^2$ for isotropic rows of $A$.",
            partial(_energies, model),
            1.0,
            draws=20 * model.draws,
            within=0.02,
            source=DERIVED,
        ),
    ]


def _whole_weights(model: MixedMeasurement, seed: int) -> list[list[list[int]]]:
    """Whole numbers: exact, and in general position but for a chance below 1e-4."""
    rng = generator(seed)
    sizes = (model.latent, *model.widths, model.output)
    return [rng.integers(-(10**6), 10**6, size=(n, k)).tolist() for k, n in zip(sizes, sizes[1:], strict=False)]


def _all_cones(model: MixedMeasurement, seed: int) -> Certificate:
    cones = relu_cones(_whole_weights(model, seed)[:1])
    if cones.count == cones.bound:
        return cones.complete
    said = f"{cones.count} cones were found, and not {cones.bound}"
    return undecided(said, "the weights are not in general position")


def _union_ratio(seed: int) -> Any:
    bases = generator(seed).normal(size=(50, 100, 5))
    return [gaussian_width(bases, seed=seed).high / float(union_width_bound(50, 5))]


def _gordon_ratios(model: MixedMeasurement, seed: int) -> Any:
    ratios = []
    for family in ("identity", "power law", "orthonormal rows"):
        B = model.matrix(family, seed=seed)
        bounds = singular_bounds(B, model.latent)
        found = deviation_ratio(B, columns=model.output, dimension=model.latent, draws=4 * model.draws, seed=seed)
        ratios.append(float(found.high) / bounds.high)
        if bounds.low is not None:
            ratios.append(bounds.low / float(found.low))
    return ratios


def _deviation_ratios(model: MixedMeasurement, seed: int) -> Any:
    B = model.matrix(seed=seed)
    found = [
        deviation_ratio(B, columns=model.output, dimension=model.latent, law=law, draws=model.draws, seed=seed)
        for law in dict.fromkeys((*LAWS, model.law))
    ]
    return [one.ratio.high for one in found]


def _energies(model: MixedMeasurement, rng: np.random.Generator, draws: int) -> Any:
    B = model.matrix()
    A = measurements(B.shape[1], 3, model.law, draws=draws, seed=int(rng.integers(2**31)))
    x = np.array([2.0, -1.0, 2.0]) / 3
    return ((B @ (A @ x).T) ** 2).sum(axis=0) / np.linalg.norm(B) ** 2


def _of_recovery(model: MixedMeasurement) -> list[Claim]:
    need = 2 * model.latent
    return [
        bounded(
            "noiseless",
            rf"Without noise the global least squares recovers every signal of the range, up to rounding: for "
            rf"$B = I_{{{need + 2}}}$, $\mathrm{{diag}}(i^{{-1/4}})$, and $\mathrm{{diag}}(1/i)$, whose rank is large "
            r"and whose effective rank is not.",
            partial(_noiseless_ratios, model),
            source=DERIVED,
        ),
        bounded(
            "noise",
            r"With $\|w\| = 0.05 \|B\|_F \|x\|$ the error is below $2 \|w\|/\|B\|_F$ on average for "
            r"$B = I$ and $\mathrm{diag}(i^{-1/4})$.",
            partial(_noise_ratios, model),
            source=DERIVED,
        ),
        certified(
            "rank one",
            r"With $B$ of rank one recovery fails: two latent vectors have the same measurement and different signals.",
            lambda seed: _rank_one(model, seed),
            source=DERIVED,
        ),
        certified(
            "separation",
            rf"${need}$ Gaussian measurements tell all signals of the range apart.",
            lambda seed: _separation(model, seed),
            source=DERIVED,
        ),
        certified(
            "global optimum",
            r"The recovered signal of noisy data is the global minimum of $\|M G(z) - y\|$, which is not convex.",
            lambda seed: _optimum(model, seed),
            source=DERIVED,
        ),
    ]


def _noiseless_ratios(model: MixedMeasurement, seed: int) -> Any:
    need = 2 * model.latent + 2
    size = max(model.size, need)
    families = {
        "identity": np.eye(need),
        "power law": np.diag(np.arange(1, size + 1) ** -0.25),
        "diag(1/i)": np.diag(1 / np.arange(1.0, size + 1)),
    }
    curve = success_curve(families, model.cones(seed), draws=model.draws, seed=seed, law=model.law)
    # one error beside a mean of rounding errors would lift it by its size over the number of draws
    return [float(point.error) * model.draws / 1e-8 for point in curve.points]


def _noise_ratios(model: MixedMeasurement, seed: int) -> Any:
    size = max(model.size, 8 * model.latent)
    families = {"identity": np.eye(size), "power law": np.diag(np.arange(1, size + 1) ** -0.25)}
    curve = success_curve(families, model.cones(seed), noise=0.05, draws=model.draws, seed=seed, law=model.law)
    return [float(point.bound_ratio) for point in curve.points if point.bound_ratio is not None]


def _drawn_rows(model: MixedMeasurement, rows: int, seed: int) -> Floats:
    return generator(seed + 1).normal(size=(rows, model.output))


def _rank_one(model: MixedMeasurement, seed: int) -> Certificate:
    row = generator(seed + 1).integers(-(10**6), 10**6, size=model.output).tolist()
    found = colliding([row, row, row], _whole_weights(model, seed), linear_last=True)
    return found or undecided("M tells all signals apart", "this was not expected")


def _separation(model: MixedMeasurement, seed: int) -> Certificate:
    M = _drawn_rows(model, 2 * model.latent, seed)
    return injective_on_range(M, model.weights(seed), linear_last=True)


def _optimum(model: MixedMeasurement, seed: int) -> Certificate:
    cones = model.cones(seed)
    B = model.matrix(seed=seed)
    rng = generator(seed)
    M = B @ _drawn_rows(model, B.shape[1], seed)
    y = M @ cones.generator(rng.normal(size=model.latent)) + 0.1 * np.linalg.norm(B) * rng.normal(size=len(B))
    return recover(M, cones, y).optimal
