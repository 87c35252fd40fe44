"""Sampled numbers with their intervals, and exponents of power laws: nothing here proves, everything is OBSERVED."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, generator, real_array

_RESAMPLES = 2000


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The mean of a sample with a confidence interval.

    Parameters
    ----------
    mean
        Of the sample.
    low, high
        The interval for the mean of the distribution.
    deviation
        Standard deviation of a draw.
    draws
        How many there were.
    level
        Confidence level of the interval.
    seed
        That the draws were made with, if they were.
    """

    mean: float
    low: float
    high: float
    deviation: float
    draws: int
    level: float = 0.95
    seed: int | None = None

    verdict = Verdict.OBSERVED

    def __float__(self) -> float:
        return self.mean

    def __str__(self) -> str:
        return f"{self.mean:.6g} in [{self.low:.6g}, {self.high:.6g}] ({self.level:.0%}, {self.draws} draws)"

    def meets(self, value: float, within: float = 0.0) -> bool:
        """Whether the interval meets [value - within, value + within]; never for what is not finite."""
        return bool(np.isfinite(self.mean) and self.low <= value + within and self.high >= value - within)


def mean_interval(sample: Any, *, level: float = 0.95, axis: int = -1, seed: int | None = None) -> Any:
    """Means with their intervals by Student's t; batches lead.

    Parameters
    ----------
    sample
        At least two draws along `axis`.
    level
        Confidence level, between 0 and 1.
    axis
        Along which the draws run.
    seed
        Kept with the estimate.

    Returns
    -------
    Estimate, or nested tuples of them
        One for each entry of the other axes.

    Raises
    ------
    ModelError
        If there are fewer than two draws, or the level is not between 0 and 1.

    Examples
    --------
    >>> print(mean_interval([1.0, 2.0, 3.0]))
    2 in [-0.484138, 4.48414] (95%, 3 draws)
    """
    _check_level(level)
    values = real_array(sample, "the sample")
    if not values.ndim or values.shape[axis] < 2:
        raise ModelError("an interval of a mean needs at least two draws: give more")
    values = np.moveaxis(values, axis, -1)
    draws = values.shape[-1]
    mean, deviation = values.mean(axis=-1), values.std(axis=-1, ddof=1)
    half = stats.t.ppf((1 + level) / 2, draws - 1) * deviation / np.sqrt(draws)

    def made(place: tuple[int, ...]) -> Any:
        if len(place) < mean.ndim:
            return tuple(made((*place, k)) for k in range(mean.shape[len(place)]))
        m, h, d = float(mean[place]), float(half[place]), float(deviation[place])
        return Estimate(mean=m, low=m - h, high=m + h, deviation=d, draws=draws, level=level, seed=seed)

    return made(())


def _check_level(level: Any) -> None:
    if isinstance(level, bool) or not isinstance(level, int | float) or not 0 < level < 1:
        raise ModelError(f"the confidence level is {level!r}: give a number between 0 and 1, as in 0.95")


@dataclass(frozen=True, kw_only=True)
class PowerLaw:
    """value = prefactor * size^exponent, fitted to logarithms.

    Parameters
    ----------
    exponent
        The slope.
    low, high
        Its confidence interval.
    prefactor
        exp of the intercept.
    residual
        Largest deviation of a logarithm of the mean from the line.
    sizes
        Where it was fitted.
    level
        Confidence level of the interval.
    """

    exponent: float
    low: float
    high: float
    prefactor: float
    residual: float
    sizes: tuple[float, ...]
    level: float = 0.95

    verdict = Verdict.OBSERVED

    def __float__(self) -> float:
        return self.exponent

    def __str__(self) -> str:
        return f"exponent {self.exponent:.4g} in [{self.low:.4g}, {self.high:.4g}] ({self.level:.0%})"

    def meets(self, value: float, within: float = 0.0) -> bool:
        """Whether the interval of the exponent meets [value - within, value + within]."""
        return bool(np.isfinite(self.exponent) and self.low <= value + within and self.high >= value - within)

    def at(self, size: Any) -> Any:
        """The fitted value at a size."""
        return self.prefactor * np.asarray(size, dtype=float) ** self.exponent


def power_law_fit(sizes: Any, values: Any, *, level: float = 0.95, seed: int = 0) -> PowerLaw:
    """The exponent of a power law by regression of logarithms.

    Parameters
    ----------
    sizes
        Positive, at least three, not all equal.
    values
        Positive: one for each size, and the interval is Student's; or (sizes, draws), and it is that of a bootstrap
        over draws, which keeps the sizes.
    level
        Confidence level.
    seed
        Of the bootstrap.

    Raises
    ------
    ModelError, ShapeError
        If there are fewer than three sizes, a number is not above 0, or lengths differ.

    Examples
    --------
    >>> fit = power_law_fit([1, 2, 4, 8], [3, 12, 48, 192])
    >>> round(fit.exponent, 12), round(fit.prefactor, 12)
    (2.0, 3.0)
    """
    _check_level(level)
    places = real_array(sizes, "the list of sizes", ndim=1)
    found = real_array(values, "the list of values", ndim=(1, 2))
    if len(places) < 3 or len(set(places.tolist())) < 2:
        raise ModelError(f"a power law was to be fitted to {len(places)} sizes: give at least three that differ")
    if len(found) != len(places):
        raise ShapeError(f"{len(found)} values came with {len(places)} sizes: give one row for each size")
    if (places <= 0).any() or (found <= 0).any():
        raise ModelError("a power law has positive sizes and values: leave out what is zero or negative")
    x = np.log(places)
    means = np.log(found if found.ndim == 1 else found.mean(axis=1))
    slope, intercept = _line(x, means)
    residual = float(np.abs(means - intercept - slope * x).max())
    low, high = _student(x, means, slope, intercept, level) if found.ndim == 1 else _bootstrap(x, found, level, seed)
    return PowerLaw(
        exponent=float(slope),
        low=low,
        high=high,
        prefactor=float(np.exp(intercept)),
        residual=residual,
        sizes=tuple(places.tolist()),
        level=level,
    )


def _line(x: Floats, y: Floats) -> tuple[Any, Any]:
    """Slope and intercept; y may have leading axes."""
    centred = x - x.mean()
    slope = (y @ centred) / (centred @ centred)
    return slope, y.mean(axis=-1) - slope * x.mean()


def _student(x: Floats, y: Floats, slope: float, intercept: float, level: float) -> tuple[float, float]:
    rest = y - intercept - slope * x
    free = len(x) - 2
    error = float(np.sqrt(rest @ rest / free / ((x - x.mean()) ** 2).sum()))
    half = float(stats.t.ppf((1 + level) / 2, free)) * error
    return float(slope - half), float(slope + half)


def _bootstrap(x: Floats, values: Floats, level: float, seed: int) -> tuple[float, float]:
    """Percentiles of the slope when draws are drawn again at each size."""
    rng = generator(seed)
    chosen = rng.integers(values.shape[1], size=(_RESAMPLES, *values.shape))
    means = np.take_along_axis(np.broadcast_to(values, chosen.shape), chosen, axis=2).mean(axis=2)
    slopes, _ = _line(x, np.log(means))
    low, high = np.quantile(slopes, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
