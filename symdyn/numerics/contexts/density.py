"""How well sums of products of tilted means fit a function of measures: least squares on random measures, in arrays."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, generator, real_array, whole
from symdyn.numerics.backends import numpy_backend
from symdyn.numerics.empirical_measure import EmpiricalMeasure

_LARGEST_MATRIX = 2 * 10**9


@dataclass(frozen=True)
class Density:
    """Least squares on products of tilted means.

    Parameters
    ----------
    rms, maximum
        Of the error on the test measures.
    features
        Products, the constant among them.
    tilts
        Of the heads.
    """

    rms: float
    maximum: float
    features: int
    tilts: tuple[float, ...]

    verdict = Verdict.OBSERVED


def density_experiment(
    target: Any,
    *,
    heads: Any,
    degree: int,
    measures: int = 4000,
    atoms: tuple[int, int] = (1, 5),
    test: int = 1000,
    seed: int = 0,
) -> Density:
    """Fit a function of measures on [-1, 1] by polynomials in tilted means, and look at it on other measures.

    Atoms are uniform on [-1, 1] and weights uniform on the simplex. All measures stand in one array, padded by atoms of
    weight 0.

    Parameters
    ----------
    target
        A function of a measure; or a formula whose mean over independent Y_1, Y_2, ... of the measure it is, one for
        each of its symbols, as |y - z| for the mean difference; or "mean difference".
    heads
        Tilts, or how many: k of them are spread over [-k, k].
    degree
        Of the polynomials.
    measures, test
        How many are fitted to, and looked at.
    atoms
        Least and largest number of them.
    seed
        Of both.

    Raises
    ------
    ModelError, ShapeError
        If a number is out of range, the target gives no numbers, or the matrix of least squares would be above 2 GB.

    Examples
    --------
    >>> y = sp.Symbol("y")
    >>> found = density_experiment(y, heads=[0.0], degree=1, measures=50, test=20)
    >>> found.features, found.rms < 1e-12
    (2, True)
    """
    tilts = _tilts(heads)
    power = whole(degree, "the degree", least=1, most=12)
    count, looked = whole(measures, "the number of measures", least=1), whole(test, "the number of tests", least=1)
    number = comb(len(tilts) + power, power)
    if 8 * number * (count + looked) > _LARGEST_MATRIX:
        raise ModelError(
            f"{number:,} products at {count + looked:,} measures are more than 2 GB: give fewer heads, a lower "
            "degree or fewer measures"
        )
    least, most = (whole(number, "a number of atoms", least=1) for number in atoms)
    if least > most:
        raise ModelError(f"the numbers of atoms are {came(atoms)}: give the least first")
    products = [
        list(chosen)
        for size in range(power + 1)
        for chosen in itertools.combinations_with_replacement(range(len(tilts)), size)
    ]
    places, weights = random_measures(count + looked, least, most, seed=seed)
    values = _values(target, places, weights)
    means = tilted_means_of(places, weights, tilts)
    matrix = np.stack([means[:, chosen].prod(axis=1) for chosen in products], axis=1)
    fitted, *_ = np.linalg.lstsq(matrix[:count], values[:count], rcond=None)
    errors = matrix[count:] @ fitted - values[count:]
    rms = float(np.sqrt((errors**2).mean()))
    return Density(rms, float(np.abs(errors).max()), len(products), tuple(map(float, tilts)))


def random_measures(count: int, least: int, most: int, *, seed: int = 0) -> tuple[Floats, Floats]:
    """Atoms (count, most) uniform on [-1, 1] and weights uniform on the simplex of the first few, 0 for the others."""
    rng = generator(seed)
    numbers = rng.integers(least, most + 1, size=count)
    places = rng.uniform(-1, 1, (count, most))
    weights = rng.exponential(size=(count, most)) * (np.arange(most) < numbers[:, None])
    return places, weights / weights.sum(axis=1, keepdims=True)


def tilted_means_of(places: Floats, weights: Floats, tilts: Floats) -> Floats:
    """Tilted means (count, tilts) of measures (count, atoms) on [-1, 1]; tilts are common, or (count, tilts)."""
    s = np.broadcast_to(tilts, (len(places), np.shape(tilts)[-1]))[:, :, None]
    # a shift by |s| bounds the exponents, since places are within [-1, 1]
    shares = weights[:, None, :] * np.exp(s * places[:, None, :] - np.abs(s))
    return np.asarray((shares * places[:, None, :]).sum(axis=2) / shares.sum(axis=2))


def _tilts(heads: Any) -> Floats:
    if not isinstance(heads, int | np.integer):
        found = real_array(heads, "the list of tilts", ndim=1)
        if not len(found) or np.abs(found).max() > 300:
            raise ModelError("the tilts are none, or beyond 300: give some from -300 to 300")
        return found
    number = whole(heads, "the number of heads", least=1, most=100)
    return np.linspace(-number, number, number) if number > 1 else np.zeros(1)


def _values(target: Any, places: Floats, weights: Floats) -> Floats:
    if isinstance(target, str) and target == "mean difference":
        y, z = sp.symbols("y z", real=True)
        return _mean_of(abs(y - z), places, weights)
    if isinstance(target, sp.Expr):
        return _mean_of(target, places, weights)
    if not isinstance(target, Callable):  # type: ignore[arg-type]
        raise ModelError(f'the target is {came(target)}: give a function of a measure, a formula, or "mean difference"')
    kept = ((row[w > 0, None], w[w > 0]) for row, w in zip(places, weights))
    found = real_array([float(target(EmpiricalMeasure(y, w))) for y, w in kept], "what the target gives")
    if found.shape != (len(places),):
        raise ShapeError(f"the target gave the shape {found.shape}: give one number for a measure")
    return found


def _mean_of(formula: sp.Expr, places: Floats, weights: Floats) -> Floats:
    """The mean over independent atoms, one for each symbol."""
    names = sorted(formula.free_symbols, key=str)
    if not 0 < len(names) <= 4:
        raise ModelError(f"the formula {formula} has {len(names)} symbols: give one to four independent atoms")
    run = numpy_backend.lower(straight_line([formula], tuple(names)))
    count, most = places.shape
    axes = [(slice(None), *(slice(None) if k == j else None for j in range(len(names)))) for k in range(len(names))]
    shape = (count, *[most] * len(names))
    points = np.stack([np.broadcast_to(places[axis], shape).ravel() for axis in axes])
    heights = np.asarray(run(points)).reshape(shape)
    total = heights
    for axis in axes:
        total = total * weights[axis]
    return np.asarray(total.reshape(count, -1).sum(axis=1))
