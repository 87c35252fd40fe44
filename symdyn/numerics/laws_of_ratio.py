"""Laws of positive entries with one sigma = deviation/mean, and how heavy their tails are."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import Floats
from symdyn.numerics.ensembles import EntryLaw, entry_law

_SMALLEST = sp.Rational(1, 10**6)


def two_point_law(sigma: Any, probability: Any) -> EntryLaw:
    """Mean 1, deviation sigma, two values, the higher one with this probability p up to 1/(1 + sigma^2).

    At p = 1/(1 + sigma^2) the lower value is 0, a Bernoulli law up to scale; as p falls the fourth moment grows as 1/p.

    Raises
    ------
    ModelError
        If sigma or p is out of range.

    Examples
    --------
    >>> law = two_point_law(1, sp.Rational(1, 5))
    >>> law.ratio, law.fourth_moment
    (1, 65/4)
    """
    size, p = _positive(sigma, "sigma"), _positive(probability, "the probability")
    if not (p < 1 and p * (1 + size**2) <= 1):
        raise ModelError(f"the probability is {p}: give a number up to 1/(1 + sigma^2) = {1 / (1 + size**2)}")
    low, high = 1 - size * sp.sqrt(p / (1 - p)), 1 + size * sp.sqrt((1 - p) / p)
    fourth = sp.nsimplify(sp.expand((1 - p) * low**4 + p * high**4))
    ends, share = (float(low), float(high)), float(p)

    def sample(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        return np.where(rng.random(shape) < share, ends[1], ends[0])

    return EntryLaw(f"two values, probability {p}", sp.S.One, size**2, sp.simplify(fourth), False, sample)


def laws_of_ratio(sigma: Any = 1, *, spikes: int = 4) -> tuple[EntryLaw, ...]:
    """Laws with this sigma: lognormal, gamma, Pareto, Bernoulli, and two values with ever rarer spikes.

    Parameters
    ----------
    sigma
        An exact number or a float above 0.
    spikes
        How many of the last, of probability p_0/4, p_0/16, ... where p_0 = 1/(1 + sigma^2).

    Examples
    --------
    >>> [sp.simplify(law.ratio) for law in laws_of_ratio(2)] == [2] * 8
    True
    """
    size = _positive(sigma, "sigma")
    square = size**2
    first = 1 / (1 + square)
    return (
        entry_law("lognormal", deviation=sp.sqrt(sp.log(1 + square))),
        entry_law("gamma", shape=1 / square),
        entry_law("pareto", index=1 + sp.sqrt(1 + 1 / square)),
        entry_law("bernoulli", probability=first),
        *(two_point_law(size, first / 4**k) for k in range(1, spikes + 1)),
    )


def _positive(value: Any, what: str) -> sp.Expr:
    is_number = isinstance(value, int | float | sp.Expr) and not isinstance(value, bool)
    exact = sp.nsimplify(value, rational=isinstance(value, float)) if is_number else sp.nan
    if not (exact.is_positive and exact >= _SMALLEST):
        raise ModelError(f"{what} is {came(value)}: give a number from {float(_SMALLEST):g}")
    return exact
