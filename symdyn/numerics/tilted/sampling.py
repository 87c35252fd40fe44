"""How far the tilted mean of finitely many tokens is from that of their law."""

from __future__ import annotations

from typing import Any

import flint
import numpy as np
import sympy as sp
from scipy import special

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import Floats, generator, one_of, real_array, whole
from symdyn.numerics.backends import numpy_backend
from symdyn.numerics.empirical_measure import EmpiricalMeasure
from symdyn.numerics.enclosed_number import from_ball
from symdyn.numerics.enclosure import Enclosure, certified_integral
from symdyn.numerics.estimate import Estimate, mean_interval
from symdyn.numerics.tilted.exact import exact_number, floats_of
from symdyn.numerics.tilted.means import tilted_mean

_TERMS = 18
_GRID = 20_001
_FLAT = 1e-8  # below it the deviation is 1/sqrt(3) up to rounding
_BLOCK = 2**21


def langevin(tilt: Any) -> Any:
    """coth s - 1/s, the tilted mean of the uniform law on [-1, 1], 0 at 0; a series near 0, where terms cancel.

    Examples
    --------
    >>> langevin(sp.Symbol("s"))
    coth(s) - 1/s
    >>> round(langevin(1.0), 9), langevin(0.0)
    (0.313035285, 0.0)
    """
    if isinstance(tilt, sp.Expr):
        return sp.S.Zero if tilt == 0 else sp.coth(tilt) - 1 / tilt
    s = real_array(tilt, "the tilt")
    small = np.abs(s) < 1
    k = np.arange(1, _TERMS + 1)
    # sum of B_2k 2^2k s^(2k-1)/(2k)!, which converges for |s| < pi
    terms = special.bernoulli(2 * _TERMS)[2 * k] * 2.0 ** (2 * k) / special.factorial(2 * k)
    near = np.where(small, s, 0.0)
    series = near * np.polynomial.polynomial.polyval(near**2, terms)
    far = np.where(small, 1.0, s)
    found = np.where(small, series, 1 / np.tanh(far) - 1 / far)
    return found if found.ndim else float(found)


def sampling_deviation(law: Any, tilt: Any) -> Any:
    """(E[G^2 |Y - m|^2])^(1/2)/E G with G = e^{sY}: sqrt(n) times the deviation of m from n tokens (derived).

    Parameters
    ----------
    law
        "uniform" on [-1, 1], a measure of dimension 1, or a density on [-1, 1] as a SymPy formula of one symbol.
    tilt
        s. Exact numbers and formulas give a formula for the first two laws; a density gives an enclosure.

    Examples
    --------
    >>> round(float(sampling_deviation("uniform", 2)), 5)
    0.47044
    """
    if isinstance(law, EmpiricalMeasure):
        return _of_atoms(law, tilt)
    if isinstance(law, sp.Expr):
        return _of_density(law, tilt)
    one_of(law, "the law", ("uniform",))
    if isinstance(tilt, float | np.floating):
        # exactly, and then rounded: near 0 the terms cancel, and far out they overflow
        near = abs(float(real_array(tilt, "the tilt", ndim=0))) < _FLAT
        return float(sp.N(sampling_deviation(law, sp.S.Zero if near else sp.Rational(float(tilt))), 17))
    s = exact_number(tilt, "the tilt")
    if s == 0:
        return 1 / sp.sqrt(3)
    mean = sp.coth(s) - 1 / s
    y = sp.Symbol("y")
    # int e^{2sy} (y - m)^2 dy has this primitive, derived by parts
    primitive = sp.exp(2 * s * y) * ((y - mean) ** 2 / (2 * s) - (y - mean) / (2 * s**2) + 1 / (4 * s**3))
    square = (primitive.subs(y, 1) - primitive.subs(y, -1)) / 2
    return sp.sqrt(square) * s / sp.sinh(s)


def _of_atoms(mu: EmpiricalMeasure, tilt: Any) -> Any:
    if mu.dimension != 1:
        raise ModelError(f"the measure has dimension {mu.dimension}: give the law of one coordinate")
    if mu.is_exact and not isinstance(tilt, float):
        s = exact_number(tilt, "the tilt")
        mean = tilted_mean(mu, s)
        shares = [(w, sp.exp(s * y), y) for w, y in zip(mu.weights, mu.atoms)]
        square = sum((w * G**2 * (y - mean) ** 2 for w, G, y in shares), sp.S.Zero)
        return sp.sqrt(square) / sum((w * G for w, G, _ in shares), sp.S.Zero)
    atoms, weights = floats_of(mu)
    y = atoms[:, 0]
    real_array(tilt, "the tilt", ndim=0)
    G = np.exp(float(tilt) * y - (float(tilt) * y).max())
    mean = tilted_mean(mu, float(tilt))
    return float(np.sqrt(weights @ (G**2 * (y - mean) ** 2)) / (weights @ G))


def _density(law: sp.Expr) -> sp.Symbol:
    if len(law.free_symbols) > 1:
        raise ModelError(f"the density {law} has several symbols: give a formula of one, on [-1, 1]")
    return next(iter(law.free_symbols), sp.Symbol("y"))


def _of_density(law: sp.Expr, tilt: Any) -> Enclosure:
    y, s = _density(law), exact_number(tilt, "the tilt")

    def integral(weight: sp.Expr) -> flint.arb:
        part = certified_integral(sp.expand(law * weight), y, -1, 1, digits=18)
        low, high = (flint.arb(flint.fmpq(end.numerator, end.denominator)) for end in (part.low, part.high))
        return low.union(high)

    with flint.ctx.workprec(200):
        mass, below, above = (integral(weight) for weight in (sp.S.One, sp.exp(s * y), y * sp.exp(s * y)))
        mean = above / below
        squares = [integral(y**k * sp.exp(2 * s * y)) for k in range(3)]
        total = squares[2] - 2 * mean * squares[1] + mean**2 * squares[0]
        if not total > 0 or not below > 0:
            raise ModelError(f"the density {law} is no density on [-1, 1]: give one that is nowhere negative")
        return from_ball((total * mass).sqrt() / below)


def sampled_deviation(law: Any, tilt: float, *, tokens: int = 1000, draws: int = 400, seed: int = 0) -> Estimate:
    """sqrt(n) times the root of the mean square of m(n tokens) - m(law), by draws; to `sampling_deviation` for large n.

    Parameters
    ----------
    law, tilt
        As of `sampling_deviation`.
    tokens
        n.
    draws, seed
        How many contexts, and their seed.
    """
    n, number = whole(tokens, "the number of tokens", least=1), whole(draws, "the number of draws", least=2)
    s, rng = float(tilt), generator(seed)
    sample, mean = _sampler(law, s)
    errors: list[Floats] = []
    step = max(1, _BLOCK // n)
    for start in range(0, number, step):
        y = sample(rng, (min(step, number - start), n))
        G = np.exp(s * y - np.abs(s) * np.abs(y).max())
        errors.append((G * y).sum(axis=1) / G.sum(axis=1) - mean)
    squares = mean_interval(n * np.concatenate(errors) ** 2, seed=seed)
    low, middle, high = (float(np.sqrt(max(end, 0.0))) for end in (squares.low, squares.mean, squares.high))
    return Estimate(
        mean=middle, low=low, high=high, deviation=squares.deviation / (2 * middle), draws=number, seed=seed
    )


def _sampler(law: Any, s: float) -> tuple[Any, float]:
    """A function of a generator and a shape, and the tilted mean of the law."""
    if isinstance(law, EmpiricalMeasure):
        atoms, weights = floats_of(law)
        return lambda rng, shape: rng.choice(atoms[:, 0], size=shape, p=weights), float(tilted_mean(law, s))
    if isinstance(law, sp.Expr):
        return _by_inversion(law, s)
    one_of(law, "the law", ("uniform",))
    return lambda rng, shape: rng.uniform(-1, 1, shape), float(langevin(s))


def _by_inversion(law: sp.Expr, s: float) -> tuple[Any, float]:
    places = np.linspace(-1, 1, _GRID)
    heights = np.asarray(numpy_backend.lower(straight_line([law], (_density(law),)))(places[None, :])).ravel()
    if (heights < 0).any() or not heights.sum() > 0:
        raise ModelError(f"the density {came(law)} is negative somewhere: give one that is not")
    steps = np.concatenate([[0.0], np.cumsum((heights[1:] + heights[:-1]) / 2)])
    G = heights * np.exp(s * places - abs(s))
    mean = float(np.trapezoid(G * places, places) / np.trapezoid(G, places))
    return lambda rng, shape: np.interp(rng.random(shape) * steps[-1], steps, places), mean
