"""A head that tells two measures apart, with a proof; and measures for which the modulus of continuity is sharp."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.measures.tilted_means import Atoms, TiltedMeansWitness
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats
from symdyn.numerics.contexts.attention import modulus
from symdyn.numerics.contexts.heads import wasserstein
from symdyn.numerics.empirical_measure import EmpiricalMeasure, measure
from symdyn.numerics.relu_squares import as_fraction
from symdyn.numerics.tilted.exact import as_measure
from symdyn.numerics.tilted.means import cumulant, tilted_mean
from symdyn.numerics.transport.plans import exact_fraction

_METHOD = "directions of integers in order until projections differ, the tilt halved until balls tell the means apart"
_BITS = 256
_HALVINGS = 200


def separating_head(mu: Any, nu: Any) -> Certificate:
    """Two measures with rational atoms are one, or a direction and a tilt tell them apart (derived).

    Two finite measures that differ have different laws of <c, y> for some c of integers, by Cramer and Wold, and then
    a first cumulant that differs; the tilted means differ for all small tilts but 0, and at 0 too if it is the mean.

    Parameters
    ----------
    mu, nu
        Measures of one dimension with rational atoms and weights; floats are taken for the fractions that they are.

    Returns
    -------
    Certificate
        PROVED: equality after atoms are merged, or the distance of the two tilted means.

    Raises
    ------
    ModelError, ShapeError
        If an atom is no rational number, or the dimensions differ.

    Examples
    --------
    >>> separating_head(measure([0.0, 1.0]), measure([0.5])).claim
    'the tilted means of y at the tilt 1 under 1/2 delta(0) + 1/2 delta(1) and delta(1/2) differ by at least 231/1000'
    >>> separating_head(measure([0.0, 1.0, 0.0, 1.0]), measure([1.0, 0.0])).claim
    '1/2 delta(0) + 1/2 delta(1) and 1/2 delta(0) + 1/2 delta(1) are one measure'
    """
    first, second = _atoms(mu), _atoms(nu)
    d = len(first.points[0])
    if len(second.points[0]) != d:
        raise ShapeError(f"measures of dimension {d} and {len(second.points[0])} came: give two of one dimension")
    if first == second:
        return _certificate(TiltedMeansWitness(first, second))
    direction = next(c for c in _directions(d) if _law(first, c) != _law(second, c))
    laws = [measure(*map(list, zip(*_law(one, direction)))) for one in (first, second)]
    tilt = Fraction(int(cumulant(laws[0], 1) == cumulant(laws[1], 1)))
    for _ in range(_HALVINGS):
        apart = _apart(first, second, direction, tilt)
        if apart > 0:
            return _certificate(TiltedMeansWitness(first, second, direction=direction, tilt=tilt, apart=apart))
        tilt /= 2
    raise ModelError("the tilted means are too near each other for balls to tell them apart: scale the atoms")


def _certificate(record: TiltedMeansWitness) -> Certificate:
    return certified(record, Verdict.PROVED, _METHOD, provenance=provenance())


def _atoms(mu: Any) -> Atoms:
    """Merged, in order, as fractions."""
    context = as_measure(mu)
    if context.is_exact:
        rows = [[exact_fraction(y, "an atom") for y in row] for row in context.atoms.tolist()]
        weights = [exact_fraction(w, "a weight") for w in context.weights]
    else:
        rows = [[Fraction(y) for y in row] for row in context.atoms.tolist()]
        weights = [Fraction(w) for w in context.weights.tolist()]
        # uniform weights are meant as 1/n, which no float is but for powers of 2
        weights = [Fraction(1, len(weights))] * len(weights) if len(set(weights)) == 1 else weights
        total = sum(weights)
        weights = [w / total for w in weights]
    found: dict[tuple[Fraction, ...], Fraction] = {}
    for row, weight in zip(rows, weights):
        found[tuple(row)] = found.get(tuple(row), Fraction(0)) + weight
    ordered = sorted(found)
    return Atoms(tuple(ordered), tuple(found[point] for point in ordered))


def _directions(d: int) -> Iterator[tuple[Fraction, ...]]:
    """Integer vectors without common divisor, by their largest entry and then in order, first entry not negative."""
    for size in itertools.count(1):
        for entries in itertools.product(range(size, -size - 1, -1), repeat=d):
            leading = next((e for e in entries if e), 0)
            if max(map(abs, entries)) == size and leading > 0 and math.gcd(*entries) == 1:
                yield tuple(map(Fraction, entries))


def _law(one: Atoms, direction: tuple[Fraction, ...]) -> list[tuple[Fraction, Fraction]]:
    """Places <c, y> with their weights, merged."""
    found: dict[Fraction, Fraction] = {}
    for place, weight in zip(one.along(direction), one.weights):
        found[place] = found.get(place, Fraction(0)) + weight
    return sorted(found.items())


def _apart(
    first: Atoms, second: Atoms, direction: tuple[Fraction, ...], tilt: Fraction, digits: int = 4
) -> Fraction:
    """A short fraction below the distance of the tilted means, 0 where balls do not show that they differ."""
    with flint.ctx.workprec(_BITS):
        one, other = (_ball_mean(_law(side, direction), tilt) for side in (first, second))
        lower = abs(one - other).lower()
        if not lower > 0:
            return Fraction(0)
        mantissa, exponent = lower.man_exp()
    value = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    scale = Fraction(10) ** (digits - 1 - math.floor(math.log10(value)))
    return math.floor(value * scale) / scale


def _ball_mean(law: list[tuple[Fraction, Fraction]], tilt: Fraction) -> flint.arb:
    def ball(value: Fraction) -> flint.arb:
        return flint.arb(flint.fmpq(value.numerator, value.denominator))

    shares = [(ball(w) * ball(tilt * y).exp(), ball(y)) for y, w in law]
    above = sum((share * y for share, y in shares), flint.arb(0))
    return above / sum((share for share, _ in shares), flint.arb(0))


@dataclass(frozen=True)
class SharpPair:
    """Two measures on [-1, 1] whose outputs are nearly as far apart as the modulus allows.

    Parameters
    ----------
    strength
        |A| R^2: with x = R = 1 the tilt.
    ratio
        |Gamma(mu, 1) - Gamma(nu, 1)| is at least this times W_1(mu, nu): a lower bound of every modulus.
    modulus
        (1 + 2 strength) e^{2 strength}.
    certificate
        PROVED: the two tilted means, and W_1.
    """

    strength: Fraction
    ratio: Fraction
    modulus: float
    certificate: Certificate

    @property
    def share(self) -> float:
        """Ratio over modulus, at most 1."""
        return float(self.ratio) / self.modulus


def sharp_pair(strength: Any, *, steps: int = 6) -> SharpPair:
    """Rational measures that show how much a modulus of continuity has to be at least (derived).

    Searched among two Diracs, and (1 - p) delta(-1) + p delta(1) beside the same with the second atom moved to 1 - q,
    p and q powers of 1/10: their ratio tends to the modulus as both tend to 0, which is therefore the best constant.

    Parameters
    ----------
    strength
        |A| R^2, a fraction above 0.
    steps
        Powers that are tried.

    Examples
    --------
    >>> pair = sharp_pair(1)
    >>> pair.share > 0.999, pair.certificate.verify().verdict
    (True, Verdict.PROVED)
    """
    s = as_fraction(strength, "the strength")
    if not 0 < s <= 100:
        raise ModelError(f"the strength is {s}: give a number above 0, up to 100")
    powers = [Fraction(1, 10**k) for k in range(1, steps + 1)]
    pairs = [_moved(p, q) for p in powers for q in powers] + [(_dirac(Fraction(1)), _dirac(Fraction(0)))]
    best = max(pairs, key=lambda pair: _ratio(pair, float(s)))
    direction = (Fraction(1),)
    apart = _apart(*best, direction, s, digits=10)
    distance = exact_fraction(wasserstein(*map(_measure, best)), "the distance")
    record = TiltedMeansWitness(*best, direction=direction, tilt=s, apart=apart, transport=distance)
    return SharpPair(s, apart / distance, modulus(float(s), 1, 1), _certificate(record))


def _dirac(place: Fraction) -> Atoms:
    return Atoms(((place,),), (Fraction(1),))


def _moved(p: Fraction, q: Fraction) -> tuple[Atoms, Atoms]:
    one, other = (Atoms(((Fraction(-1),), (end,)), (1 - p, p)) for end in (Fraction(1), 1 - q))
    return one, other


def _measure(one: Atoms) -> EmpiricalMeasure:
    return measure([list(point) for point in one.points], list(one.weights))


def _ratio(pair: tuple[Atoms, Atoms], s: float) -> float:
    means: list[Any] = []
    places: list[Floats] = []
    for one in pair:
        y, w = np.array([float(p[0]) for p in one.points]), np.array([float(w) for w in one.weights])
        means.append(tilted_mean(measure(y, w), s))
        places.append(np.asarray(y @ w))
    # one atom moves, to one side: the difference of the means is W_1
    return float(abs(means[0] - means[1]) / abs(places[0] - places[1]))
