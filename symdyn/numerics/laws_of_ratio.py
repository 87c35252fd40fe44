"""Laws of positive entries with one sigma = deviation/mean, hence one limit; which are farthest from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import Floats, positive, whole
from symdyn.numerics.ensembles import EntryLaw, entry_law, markov
from symdyn.numerics.estimate import Estimate, mean_interval

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


def dirichlet_frobenius_squared(tokens: Any, *, shape: Any = 1) -> sp.Expr:
    """E |A|_F^2 for rows of gamma entries of this shape, which are Dirichlet: T^2 times a second moment of Beta, exact.

    Examples
    --------
    >>> dirichlet_frobenius_squared(300)
    600/301
    """
    k = positive(shape, "the shape of the entries")
    n = tokens if isinstance(tokens, sp.Symbol) else sp.Integer(whole(tokens, "the number of tokens", least=2))
    moment = sp.gammasimp(sp.beta(k + 2, (n - 1) * k).rewrite(sp.gamma) / sp.beta(k, (n - 1) * k).rewrite(sp.gamma))
    return sp.factor(n**2 * moment)


@dataclass(frozen=True)
class LawExcess:
    """How far a law of entries is from the limit at some T: its edge over 2 sigma, its sr - 1 over the prediction."""

    law: EntryLaw
    edge: Estimate
    collapse: Estimate


def worst_laws(
    sigma: Any = 1, *, tokens: int = 200, draws: int = 10, seed: int = 0, spikes: int = 4
) -> tuple[LawExcess, ...]:
    """Laws with one sigma, hence one limit, by falling distance from it at this T.

    Parameters
    ----------
    sigma, spikes
        As of `laws_of_ratio`.
    tokens, draws, seed
        T, how many matrices of each law, and their seed. sr - 1 is that of A A^T.

    Examples
    --------
    >>> found = worst_laws(1, tokens=40, draws=4)
    >>> float(found[0].edge) > float(found[-1].edge)
    True
    """
    found, size = [], float(_positive(sigma, "sigma"))
    whole(tokens, "the number of tokens", least=2)
    whole(draws, "the number of draws", least=2)
    whole(spikes, "the number of spikes")
    for law in laws_of_ratio(sigma, spikes=spikes):
        s = np.linalg.svd(markov(tokens, law, draws=draws, seed=seed), compute_uv=False)
        collapse = ((s[:, 1:] / s[:, :1]) ** 4).sum(axis=1) * tokens / (2 * size**4)
        edge = mean_interval(np.sqrt(tokens) * s[:, 1] / (2 * size), seed=seed)
        found.append(LawExcess(law, edge, mean_interval(collapse, seed=seed)))
    return tuple(sorted(found, key=lambda one: -abs(float(one.edge) - 1)))


def _positive(value: Any, what: str) -> sp.Expr:
    exact = positive(value, what, advice=f"give a number from {float(_SMALLEST):g}")
    if exact < _SMALLEST:
        raise ModelError(f"{what} is {came(value)}: give a number from {float(_SMALLEST):g}")
    return exact
