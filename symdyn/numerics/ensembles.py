"""Random matrices: laws of entries with their exact moments, row-stochastic, Gaussian, orthogonal and sparse ensembles.

`draws=None` gives one matrix (m, n), `draws=k` gives k of them (k, m, n) in one call. sigma, the deviation of an entry
over its mean, is all that the limits of a row-stochastic matrix depend on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import Floats, generator, one_of, whole

Draw = Callable[[np.random.Generator, tuple[int, ...]], Floats]
_MOST_REDRAWS = 100
_NORMAL_PSI2 = sp.sqrt(sp.Rational(8, 3))


@dataclass(frozen=True)
class EntryLaw:
    """The law of an entry.

    Parameters
    ----------
    name
        With its parameters.
    mean, variance
        Exact.
    fourth_moment
        E x^4 about zero, exact; infinity if there is none.
    density_bounded
        Whether there is a density and it is bounded.
    psi2
        The sub-gaussian norm inf {t : E exp(x^2/t^2) <= 2}, for uniform laws an upper bound of it; infinity if the law
        is not sub-gaussian.
    """

    name: str
    mean: sp.Expr
    variance: sp.Expr
    fourth_moment: sp.Expr
    density_bounded: bool
    sample: Draw = field(repr=False, compare=False)
    psi2: sp.Expr = sp.oo

    @property
    def ratio(self) -> sp.Expr:
        """sigma = deviation / mean.

        Raises
        ------
        ModelError
            If the mean is zero.
        """
        if self.mean == 0:
            raise ModelError(f"the law {self.name} has mean 0, and no ratio of deviation and mean: take a positive one")
        return sp.sqrt(self.variance) / self.mean

    @property
    def is_centered(self) -> bool:
        """Whether the mean is zero."""
        return bool(self.mean == 0)


def _exponential() -> EntryLaw:
    return EntryLaw("exponential", sp.S.One, sp.S.One, sp.Integer(24), True, lambda r, s: r.standard_exponential(s))


def _lognormal(deviation: sp.Expr) -> EntryLaw:
    """exp of a normal number of this deviation, with mean 1."""
    square, size = deviation**2, float(deviation)
    return EntryLaw(
        f"lognormal of deviation {deviation}",
        sp.S.One,
        sp.exp(square) - 1,
        sp.exp(6 * square),
        True,
        lambda r, s: r.lognormal(-(size**2) / 2, size, s),
    )


def _uniform(low: sp.Expr, high: sp.Expr) -> EntryLaw:
    if not low < high:
        raise ModelError(f"the uniform law has the ends {low} and {high}: give a lower and a higher one")
    fourth = (high**5 - low**5) / (5 * (high - low))
    ends = float(low), float(high)
    return EntryLaw(
        f"uniform on ({low}, {high})",
        (low + high) / 2,
        (high - low) ** 2 / 12,
        fourth,
        True,
        lambda r, s: r.uniform(*ends, s),
        _bounded_psi2(sp.Max(abs(low), abs(high))),
    )


def _bounded_psi2(largest: sp.Expr) -> sp.Expr:
    """The norm where |x| is this number, and a bound where it is at most that."""
    return largest / sp.sqrt(sp.log(2))


def _half_normal() -> EntryLaw:
    mean = sp.sqrt(2 / sp.pi)
    draw: Draw = lambda r, s: np.abs(r.normal(size=s))  # noqa: E731
    return EntryLaw("half-normal", mean, 1 - mean**2, sp.Integer(3), True, draw, _NORMAL_PSI2)


def _gamma(shape: sp.Expr) -> EntryLaw:
    k = float(shape)
    fourth = shape * (shape + 1) * (shape + 2) * (shape + 3)
    bounded = bool(shape >= 1)
    return EntryLaw(f"gamma of shape {shape}", shape, shape, fourth, bounded, lambda r, s: r.standard_gamma(k, s))


def _bernoulli(probability: sp.Expr) -> EntryLaw:
    if not 0 < probability <= 1:
        raise ModelError(f"the probability is {probability}: give a number above 0 and up to 1")
    p = float(probability)
    return EntryLaw(
        f"Bernoulli of probability {probability}",
        probability,
        probability * (1 - probability),
        probability,
        False,
        lambda r, s: (r.random(s) < p).astype(float),
        1 / sp.sqrt(sp.log((1 + probability) / probability)),
    )


def _pareto(index: sp.Expr) -> EntryLaw:
    if not index > 2:
        raise ModelError(f"the Pareto law has the index {index}: above 2 it has a variance, give such a one")
    a = float(index)
    fourth = index / (index - 4) if index > 4 else sp.oo
    variance = index / ((index - 1) ** 2 * (index - 2))

    def sample(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        return np.asarray(1 + rng.pareto(a, shape), dtype=float)

    return EntryLaw(f"Pareto of index {index}", index / (index - 1), variance, fourth, True, sample)


def _gaussian() -> EntryLaw:
    return EntryLaw("gaussian", sp.S.Zero, sp.S.One, sp.Integer(3), True, lambda r, s: r.normal(size=s), _NORMAL_PSI2)


def _rademacher() -> EntryLaw:
    def sample(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        return np.asarray(2.0 * rng.integers(0, 2, size=shape) - 1.0)

    return EntryLaw("rademacher", sp.S.Zero, sp.S.One, sp.S.One, False, sample, _bounded_psi2(sp.S.One))


def _symmetric_uniform() -> EntryLaw:
    end = float(np.sqrt(3))
    draw: Draw = lambda r, s: r.uniform(-end, end, s)  # noqa: E731
    bound = _bounded_psi2(sp.sqrt(3))
    return EntryLaw("uniform-symmetric", sp.S.Zero, sp.S.One, sp.Rational(9, 5), True, draw, bound)


def _laplace() -> EntryLaw:
    scale = float(1 / np.sqrt(2))
    return EntryLaw("laplace", sp.S.Zero, sp.S.One, sp.Integer(6), True, lambda r, s: r.laplace(0, scale, s))


def _student(degrees: sp.Expr) -> EntryLaw:
    """Student's t, scaled to variance 1."""
    if not degrees > 2:
        raise ModelError(f"Student's law has {degrees} degrees of freedom: above 2 it has a variance, give more")
    fourth = 3 * (degrees - 2) / (degrees - 4) if degrees > 4 else sp.oo
    nu = float(degrees)
    scale = float(np.sqrt((nu - 2) / nu))
    return EntryLaw(
        f"student of {degrees} degrees", sp.S.Zero, sp.S.One, fourth, True, lambda r, s: scale * r.standard_t(nu, s)
    )


#: Maker, and its parameters with the values that they have unless given.
_LAWS: dict[str, tuple[Callable[..., EntryLaw], dict[str, Any]]] = {
    "exponential": (_exponential, {}),
    "lognormal": (_lognormal, {"deviation": sp.sqrt(sp.log(2))}),
    "uniform": (_uniform, {"low": 0, "high": 1}),
    "half-normal": (_half_normal, {}),
    "gamma": (_gamma, {"shape": 2}),
    "bernoulli": (_bernoulli, {"probability": sp.Rational(1, 2)}),
    "pareto": (_pareto, {"index": 5}),
    "gaussian": (_gaussian, {}),
    "rademacher": (_rademacher, {}),
    "uniform-symmetric": (_symmetric_uniform, {}),
    "laplace": (_laplace, {}),
    "student": (_student, {"degrees": 5}),
}
LAWS = tuple(_LAWS)


def entry_law(name: str | EntryLaw, **shape: Any) -> EntryLaw:
    """A law of entries by name; its parameters are exact numbers.

    Parameters
    ----------
    name
        exponential, lognormal, uniform, half-normal, gamma, bernoulli, pareto (positive), gaussian, rademacher,
        uniform-symmetric, laplace, student (centered, variance 1); or a law, which stays as it is.
    **shape
        deviation of lognormal, low and high of uniform, shape of gamma, probability of bernoulli, index of pareto,
        degrees of student.

    Raises
    ------
    ModelError
        If the law or the parameter is not known, or the parameter is out of range.

    Examples
    --------
    >>> entry_law("uniform").ratio, entry_law("lognormal").ratio
    (sqrt(3)/3, 1)
    """
    if isinstance(name, EntryLaw):
        if shape:
            raise ModelError("parameters came with a law that has its own: give the name of a law with them")
        return name
    maker, defaults = _LAWS[one_of(name, "the law of the entries", LAWS)]
    values = dict(defaults)
    for key, value in shape.items():
        if not defaults:
            raise ModelError(f"the {name} law has no parameter, and {key} came: leave it out")
        values[one_of(key, f"a parameter of the {name} law", defaults)] = value
    return maker(**{key: _positive(value, f"{key} of the {name} law", key) for key, value in values.items()})


def _positive(value: Any, what: str, key: str) -> sp.Expr:
    if isinstance(value, float):
        value = sp.Rational(str(value)) if np.isfinite(value) else sp.nan
    exact = sp.Integer(value) if isinstance(value, int) and not isinstance(value, bool) else value
    good = isinstance(exact, sp.Expr) and exact.is_real and (key == "low" or exact.is_positive)
    if not good:
        raise ModelError(f"{what} is {came(value)}: give a positive number")
    return exact


def _shape(shape: tuple[int, ...], draws: int | None) -> tuple[int, ...]:
    return shape if draws is None else (whole(draws, "the number of draws", least=1), *shape)


def markov(size: int, law: str | EntryLaw = "exponential", *, draws: int | None = None, seed: int = 0) -> Floats:
    """Row-stochastic matrices whose entries are independent before each row is divided by its sum.

    Parameters
    ----------
    size
        T.
    law
        Of the entries, positive or zero.
    draws, seed
        How many, and their seed.

    Returns
    -------
    array (T, T) or (draws, T, T)
        Rows that sum to 1. A row of zeros, as of Bernoulli entries, is drawn again.

    Raises
    ------
    ModelError
        If the law has negative entries, or a row is zero in a hundred tries.
    """
    return counted_markov(size, law, draws=draws, seed=seed)[0]


def counted_markov(
    size: int, law: str | EntryLaw = "exponential", *, draws: int | None = None, seed: int = 0
) -> tuple[Floats, int]:
    """The matrices of `markov`, and how many rows of zeros were drawn again for them.

    Examples
    --------
    >>> counted_markov(2, entry_law("bernoulli", probability=sp.Rational(1, 4)), draws=100, seed=1)[1] > 50
    True
    """
    chosen = entry_law(law)
    if chosen.is_centered:
        raise ModelError(f"entries of the law {chosen.name} may be negative: take a positive law, as exponential")
    shape = _shape((whole(size, "the number of tokens", least=1),) * 2, draws)
    rng = generator(seed)
    entries, again = chosen.sample(rng, shape), 0
    for _ in range(_MOST_REDRAWS):
        empty = ~(entries.sum(axis=-1) > 0)
        if not empty.any():
            return np.asarray(entries / entries.sum(axis=-1, keepdims=True)), again
        again += int(empty.sum())
        entries[empty] = chosen.sample(rng, (int(empty.sum()), shape[-1]))
    raise ModelError(f"rows of the law {chosen.name} are zero again and again: take a larger probability or size")


def gaussian(rows: int, columns: int, *, draws: int | None = None, seed: int = 0) -> Floats:
    """Independent standard normal entries."""
    shape = (whole(rows, "the number of rows", least=1), whole(columns, "the number of columns", least=1))
    return np.asarray(generator(seed).normal(size=_shape(shape, draws)))


def sub_gaussian(
    rows: int, columns: int, law: str | EntryLaw = "gaussian", *, draws: int | None = None, seed: int = 0
) -> Floats:
    """Independent entries of a centered law of variance 1."""
    chosen = entry_law(law)
    if not chosen.is_centered:
        raise ModelError(f"the law {chosen.name} has a mean: take a centered one, as gaussian or rademacher")
    shape = (whole(rows, "the number of rows", least=1), whole(columns, "the number of columns", least=1))
    return chosen.sample(generator(seed), _shape(shape, draws))


def haar(size: int, *, draws: int | None = None, seed: int = 0) -> Floats:
    """Orthogonal matrices, uniform in the orthogonal group: QR of a Gaussian matrix with the signs of R's diagonal."""
    q, r = np.linalg.qr(gaussian(size, size, draws=draws, seed=seed))
    return np.asarray(q * np.sign(np.diagonal(r, axis1=-2, axis2=-1))[..., None, :])


def low_rank(rows: int, columns: int, rank: int, *, draws: int | None = None, seed: int = 0) -> Floats:
    """Products of Gaussian factors (rows, rank) and (rank, columns), of variance 1 in each entry."""
    inner = whole(rank, "the rank", least=1, most=min(rows, columns))
    rng = generator(seed)
    left, right = (rng.normal(size=_shape(shape, draws)) for shape in ((rows, inner), (inner, columns)))
    return np.asarray(left @ right / np.sqrt(inner))


def block_sparse(
    rows: int, columns: int, block: int, *, density: float = 0.5, draws: int | None = None, seed: int = 0
) -> Floats:
    """Gaussian entries in square blocks, each kept with this probability and else zero, scaled to variance 1."""
    side = whole(block, "the side of a block", least=1)
    if rows % side or columns % side:
        raise ModelError(f"blocks of side {side} do not tile {rows} x {columns}: give a common divisor")
    if isinstance(density, bool) or not 0 < density <= 1:
        raise ModelError(f"the density is {density!r}: give a number above 0 and up to 1")
    rng = generator(seed)
    kept = rng.random(_shape((rows // side, columns // side), draws)) < density
    mask = np.repeat(np.repeat(kept, side, axis=-2), side, axis=-1)
    return np.asarray(rng.normal(size=_shape((rows, columns), draws)) * mask / np.sqrt(density))
