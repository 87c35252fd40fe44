"""What is seen over random measurements: singular values, the deviation of norms, and how often recovery succeeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from scipy import stats

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, generator, one_of, real_array, whole
from symdyn.numerics.ensembles import sub_gaussian
from symdyn.numerics.estimate import Estimate, mean_interval
from symdyn.numerics.norms import stable_rank
from symdyn.systems.generative_compressed_sensing.cones import Cones, relu_cones
from symdyn.systems.generative_compressed_sensing.ranks import checked_mixing
from symdyn.systems.generative_compressed_sensing.recovery import nearest_latent
from symdyn.systems.generative_compressed_sensing.widths import relu_range_width, sphere_width

#: Laws of the rows of A that are sub-gaussian and isotropic, and laws that are not.
LAWS = ("gaussian", "rademacher", "uniform", "sphere rows")
_HEAVY = ("student", "laplace", "exponential", "lognormal", "pareto", "gamma")
_MOST_NUMBERS = 2_000_000
_EXACT = 1e-6
_NOISY = 4.0

Law = str | Callable[[np.random.Generator, tuple[int, ...]], Any]


def row_law(law: Any) -> Law:
    """A law of rows by name, or a function of a generator and a shape (..., m, n).

    Raises
    ------
    ModelError
        If it is not known, or not sub-gaussian.
    """
    if callable(law):
        return law
    if law in _HEAVY:
        raise ModelError(f"the law {law} is not sub-gaussian: take gaussian, rademacher, uniform or sphere rows")
    return one_of(law, "the law of A", LAWS)


def measurements(rows: int, columns: int, law: Law, *, draws: int, seed: int) -> Floats:
    """A (draws, m, n) with independent isotropic rows."""
    if callable(law):
        found = real_array(law(generator(seed), (draws, rows, columns)), "what the law gives", ndim=3)
        if found.shape != (draws, rows, columns):
            raise ShapeError(f"the law gives an array {found.shape}: give {(draws, rows, columns)}")
        return found
    if law == "sphere rows":
        given = sub_gaussian(rows, columns, "gaussian", draws=draws, seed=seed)
        return np.asarray(np.sqrt(columns) * given / np.linalg.norm(given, axis=-1, keepdims=True))
    name = {"uniform": "uniform-symmetric"}.get(law, law)
    return sub_gaussian(rows, columns, name, draws=draws, seed=seed)


@dataclass(frozen=True)
class Deviation:
    """How far |B A x| is from |B|_F |x|, over draws of A and of a subspace.

    Parameters
    ----------
    ratio
        sup over the unit sphere of the subspace of | |B A x| - |B|_F |, over |B| (w + 1), w the width of the sphere.
    energy
        E |B A x|^2 / (|B|_F^2 |x|^2), which is 1 for isotropic rows.
    low, high
        Least and largest singular value of B A U over |B|_F, U a basis of the subspace.
    """

    ratio: Estimate
    energy: Estimate
    low: Estimate
    high: Estimate


def deviation_ratio(
    B: Any, *, columns: int, dimension: int, law: Law = "gaussian", draws: int = 200, seed: int = 0
) -> Deviation:
    """The deviation of B A on random subspaces, A (m, n) with independent isotropic rows.

    Parameters
    ----------
    B
        (l, m).
    columns
        n.
    dimension
        Of the subspace, up to n.
    law
        gaussian, rademacher, uniform, sphere rows; or a function of a generator and a shape (draws, m, n).
    draws, seed
        Of A and of the subspace.

    Raises
    ------
    ModelError, ShapeError
        If the law is not sub-gaussian, or a size is out of range.
    """
    matrix, rows = checked_mixing(B), row_law(law)
    n = whole(columns, "the number of columns", least=1)
    k = whole(dimension, "the dimension", least=1, most=n)
    number = whole(draws, "the number of draws", least=2)
    sizes = max(1, _MOST_NUMBERS // (matrix.shape[1] * (k if rows == "gaussian" else n)))
    frobenius, spectral = float(np.linalg.norm(matrix)), float(np.linalg.norm(matrix, 2))
    singular, energies = [], []
    for start in range(0, number, sizes):  # parts that fit into memory
        part = min(sizes, number - start)
        image = matrix @ _restricted(matrix.shape[1], n, k, rows, part, seed + 2 * start)
        squares = np.linalg.eigvalsh(image.swapaxes(1, 2) @ image)
        singular.append(np.sqrt(np.maximum(squares[:, [0, -1]], 0)))
        energies.append((image[:, :, 0] ** 2).sum(axis=1))
    s = np.concatenate(singular) / frobenius
    scale = frobenius / (spectral * (float(sphere_width(k)) + 1))
    ratio = np.maximum(s[:, 1] - 1, 1 - s[:, 0]) * scale
    energy = np.concatenate(energies) / frobenius**2
    return Deviation(*(_estimate(one, seed) for one in (ratio, energy, s[:, 0], s[:, 1])))


def _restricted(m: int, n: int, k: int, law: Law, draws: int, seed: int) -> Floats:
    """A U (draws, m, k) for random subspaces; of Gaussian rows it is Gaussian itself."""
    if law == "gaussian":
        return measurements(m, k, law, draws=draws, seed=seed)
    U = np.linalg.qr(generator(seed + 1).normal(size=(draws, n, k)))[0]
    return np.asarray(measurements(m, n, law, draws=draws, seed=seed) @ U)


def _estimate(sample: Floats, seed: int) -> Estimate:
    found: Estimate = mean_interval(sample, seed=seed)
    return found


@dataclass(frozen=True, kw_only=True)
class Proportion:
    """How often something happened, with Wilson's interval.

    Parameters
    ----------
    successes, draws
        Numbers.
    low, high
        The interval, at the level.
    level
        Of confidence.
    """

    successes: int
    draws: int
    low: float
    high: float
    level: float = 0.95

    verdict = Verdict.OBSERVED

    def __float__(self) -> float:
        return self.successes / self.draws

    def __str__(self) -> str:
        return f"{self.successes} of {self.draws}, in [{self.low:.3g}, {self.high:.3g}] ({self.level:.0%})"


def proportion(successes: int, draws: int, *, level: float = 0.95) -> Proportion:
    """Wilson's interval of a probability.

    Examples
    --------
    >>> print(proportion(10, 10))
    10 of 10, in [0.722, 1] (95%)
    """
    n, hits = whole(draws, "the number of draws", least=1), whole(successes, "the number of successes", most=draws)
    z, p = float(stats.norm.ppf((1 + level) / 2)), hits / n
    centre, half = p + z**2 / (2 * n), z * sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = ((centre + sign * half) / (1 + z**2 / n) for sign in (-1, 1))
    low, high = 0.0 if hits == 0 else max(low, 0.0), 1.0 if hits == n else min(high, 1.0)
    return Proportion(successes=hits, draws=n, low=low, high=high, level=level)


@dataclass(frozen=True, kw_only=True)
class SuccessPoint:
    """One mixing matrix.

    Parameters
    ----------
    family
        Its name.
    rank
        r(B).
    relative
        r(B) over omega^2, omega the bound of the width of the range.
    success
        How often recovery succeeded.
    error
        |x^ - x| / |x|, mean over draws.
    bound_ratio
        |x^ - x| |B|_F / (2 |w|), mean over draws; None without noise.
    """

    family: str
    rank: float
    relative: float
    success: Proportion
    error: Estimate
    bound_ratio: Estimate | None


@dataclass(frozen=True)
class SuccessCurve:
    """Success of recovery against r(B)/omega^2.

    Parameters
    ----------
    points
        One for each mixing matrix, as they came.
    squared_width
        omega^2.
    threshold
        The relative error up to which a recovery is a success.
    """

    points: tuple[SuccessPoint, ...]
    squared_width: float
    threshold: float


def success_curve(
    families: Any,
    generator: Any,
    *,
    noise: Any = 0,
    draws: int = 50,
    seed: int = 0,
    linear_last: bool = False,
    law: Law = "gaussian",
) -> SuccessCurve:
    """How often the global least squares recovers a random signal of the range from y = B A x + w.

    Parameters
    ----------
    families
        Name to a mixing matrix (l, m), or to a list of them.
    generator, linear_last
        Weights of it, or its `Cones`; latent vectors are drawn normal.
    noise
        |w| over |B|_F |x|; its direction is uniform.
    draws, seed
        Of A, x and w for each matrix.
    law
        Of A.

    Returns
    -------
    SuccessCurve
        A success is a relative error up to 1e-6 without noise, else up to 4 times the noise, twice the leading term of
        the bound.

    Raises
    ------
    ModelError
        If there is no matrix, or the noise is negative.
    """
    if not isinstance(families, Mapping) or not families:
        raise ModelError(f"the families are {came(families)}: give a dictionary of mixing matrices by name")
    if isinstance(noise, bool) or not isinstance(noise, int | float) or not 0 <= noise < np.inf:
        raise ModelError(f"the noise is {came(noise)}: give a number from 0")
    cones = generator if isinstance(generator, Cones) else relu_cones(generator, linear_last=linear_last)
    network, chosen = cones.generator, row_law(law)
    number = whole(draws, "the number of draws", least=2)
    width = relu_range_width(network.latent, network.widths, linear_last=network.linear_last, count="cover")
    threshold = _EXACT if noise == 0 else _NOISY * noise
    points = []
    listed = [(name, B) for name, given in families.items() for B in (given if isinstance(given, list) else [given])]
    for place, (name, given) in enumerate(listed):
        B = checked_mixing(given)
        start = seed + 7919 * place
        errors = _errors(cones, B, chosen, noise, number, start)
        r = float(stable_rank(B))
        scaled = None if noise == 0 else _estimate(errors / (2 * noise), seed)
        hits = int((errors <= threshold).sum())
        points.append(
            SuccessPoint(
                family=name,
                rank=r,
                relative=r / width.bound**2,
                success=proportion(hits, number),
                error=_estimate(errors, seed),
                bound_ratio=scaled,
            )
        )
    return SuccessCurve(tuple(points), float(width.bound**2), threshold)


def _errors(cones: Cones, B: Floats, law: Law, noise: float, draws: int, seed: int) -> Floats:
    """Relative errors of all draws at once."""
    network = cones.generator
    A = measurements(B.shape[1], network.widths[-1], law, draws=draws, seed=seed)
    rng = generator(seed + 1)
    x = _signals(cones, rng, draws)
    M = B @ A
    w = rng.normal(size=(draws, len(B)))
    lengths = np.linalg.norm(x, axis=1)
    w *= (noise * np.linalg.norm(B) * lengths / np.linalg.norm(w, axis=1))[:, None]
    found = network(nearest_latent(cones, M, np.einsum("bln,bn->bl", M, x) + w))
    return np.asarray(np.linalg.norm(found - x, axis=1) / lengths)


def _signals(cones: Cones, rng: np.random.Generator, draws: int) -> Floats:
    """Outputs that are not zero; a latent vector in a dead cone is drawn again."""
    network = cones.generator
    x = network(rng.normal(size=(draws, network.latent)))
    for _ in range(100):
        dead = ~x.any(axis=1)
        if not dead.any():
            return x
        x[dead] = network(rng.normal(size=(int(dead.sum()), network.latent)))
    raise ModelError("the generator gives zero nearly everywhere: give other weights")
