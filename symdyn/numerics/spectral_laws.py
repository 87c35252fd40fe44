"""Limits of spectra: the circular law, the quarter circle, Marchenko and Pastur, and products of their like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import Floats, real_array, whole

_Function = Callable[[Floats], Floats]
#: A singular value below this part of the edge is zero.
_ZERO = 1e-12
#: Nearer to zero the roots of a product's equation lie closer together than floats tell them apart.
_SMALLEST = 1e-12


@dataclass(frozen=True, kw_only=True)
class SpectralLaw:
    """A law of moduli, singular values or squared singular values, with compact support.

    Parameters
    ----------
    name
        With its parameters.
    edge
        The right end of the support, exact where it is algebraic.
    moments
        The k-th moment as a function of k, exact.
    low
        The left end of the support, but for an atom at zero.
    atom
        The weight of zero.
    """

    name: str
    edge: sp.Expr
    moments: Callable[[int], sp.Expr] = field(repr=False, compare=False)
    density_at: Callable[[Floats], Floats] = field(repr=False, compare=False)
    cumulative_at: Callable[[Floats], Floats] = field(repr=False, compare=False)
    low: sp.Expr = sp.S.Zero
    atom: sp.Expr = sp.S.Zero

    def moment(self, k: int) -> sp.Expr:
        """E x^k, exact.

        Examples
        --------
        >>> quarter_circle().moment(4), marchenko_pastur(1).moment(3)
        (2, 5)
        """
        return self.moments(whole(k, "the order of a moment"))

    def density(self, x: Any) -> Floats:
        """The density, without the atom; 0 outside of the support."""
        return self.density_at(real_array(x, "the places"))

    def cdf(self, x: Any) -> Floats:
        """The distribution function, atom included."""
        return self.cumulative_at(real_array(x, "the places"))


def _catalan(k: int) -> sp.Expr:
    return sp.binomial(2 * k, k) / (k + 1)


def quarter_circle(scale: Any = 1) -> SpectralLaw:
    """Singular values of a square matrix of independent entries of variance scale^2 / n.

    Density sqrt(4 - x^2)/pi on (0, 2) for scale 1.
    """
    s = _positive(scale, "the scale")
    size = float(s)

    def density(x: Floats) -> Floats:
        u = x / size
        return np.asarray(np.where((u >= 0) & (u <= 2), np.sqrt(np.maximum(4 - u**2, 0)) / np.pi, 0) / size)

    def cumulative(x: Floats) -> Floats:
        u = np.clip(x / size, 0, 2)
        return np.asarray((u * np.sqrt(np.maximum(4 - u**2, 0)) / 2 + 2 * np.arcsin(u / 2)) / np.pi)

    def moment(k: int) -> sp.Expr:
        if k % 2 == 0:
            return s**k * _catalan(k // 2)
        # integral of x^k sqrt(4 - x^2)/pi over (0, 2), a Beta integral
        value = 2 ** (k + 1) * sp.gamma(sp.Rational(k + 1, 2)) * sp.gamma(sp.Rational(3, 2))
        return sp.simplify(s**k * value / (sp.pi * sp.gamma(sp.Rational(k + 4, 2))))

    return SpectralLaw(
        name=f"quarter circle of scale {s}", edge=2 * s, moments=moment, density_at=density, cumulative_at=cumulative
    )


def circular(radius: Any = 1) -> SpectralLaw:
    """Moduli of the eigenvalues of a square matrix of independent entries of variance radius^2 / n.

    The eigenvalues are uniform in the disc, so the moduli have density 2 x / radius^2.
    """
    r = _positive(radius, "the radius")
    size = float(r)
    return SpectralLaw(
        name=f"circular law of radius {r}",
        edge=r,
        moments=lambda k: 2 * r**k / sp.Integer(k + 2),
        density_at=lambda x: np.asarray(np.where((x >= 0) & (x <= size), 2 * x / size**2, 0.0)),
        cumulative_at=lambda x: np.asarray(np.clip(x / size, 0, 1) ** 2),
    )


def marchenko_pastur(ratio: Any = 1) -> SpectralLaw:
    """Squared singular values of X X^T / n, X (m, n) of independent entries of variance 1, ratio = m/n.

    Density sqrt((b - x)(x - a))/(2 pi ratio x) between a, b = (1 -+ sqrt(ratio))^2; for a ratio above 1 an atom at
    zero of weight 1 - 1/ratio.
    """
    c = _positive(ratio, "the ratio")
    low, edge = sp.expand((1 - sp.sqrt(c)) ** 2), sp.expand((1 + sp.sqrt(c)) ** 2)
    a, b, y = float(low), float(edge), float(c)

    def density(x: Floats) -> Floats:
        inside = (x > a) & (x < b)
        safe = np.where(inside, x, 1.0)
        return np.asarray(np.where(inside, np.sqrt(np.maximum((b - x) * (x - a), 0)) / (2 * np.pi * y * safe), 0.0))

    atom = sp.Max(0, 1 - 1 / c)
    return SpectralLaw(
        name=f"Marchenko-Pastur of ratio {c}",
        edge=edge,
        moments=lambda k: _narayana(k, c),
        density_at=density,
        cumulative_at=_integrated(density, a, b, float(atom)),
        low=low,
        atom=atom,
    )


def _narayana(k: int, c: sp.Expr) -> sp.Expr:
    """sum_j c^j N(k, j + 1): Narayana numbers."""
    if k == 0:
        return sp.S.One
    return sp.Add(*(sp.binomial(k, j) * sp.binomial(k, j + 1) / sp.Integer(k) * c**j for j in range(k)))


def product_law(ratios: Sequence[Any]) -> SpectralLaw:
    """Squared singular values of a product of independent Gaussian factors, normalised to mean 1 at each factor.

    With factor i of shape (n_{i-1}, n_i), entries of variance 1/n_i, and ratios c_i = n_0/n_i, the S-transform is the
    product of 1/(1 + c_i z) (free multiplicative convolution of Marchenko-Pastur laws, derived). The inverse of the
    moment series is z / ((1 + z) prod (1 + c_i z)): moments are exact by Lagrange, and 1/edge is its largest value.

    Parameters
    ----------
    ratios
        c_i = n_0/n_i, positive numbers; at least one.

    Examples
    --------
    >>> product_law([1, 1]).moment(2), product_law([1, 1]).edge
    (3, 27/4)
    """
    given = [_positive(one, "a ratio") for one in ratios]
    if not given:
        raise ModelError("a product has no factors: give at least one ratio")
    z = sp.Symbol("z")
    steps = sp.Mul(*(1 + c * z for c in given))

    @cache
    def moment(k: int) -> sp.Expr:
        """[z^(k-1)] ((1 + z) prod (1 + c_i z))^k / k."""
        if k == 0:
            return sp.S.One
        polynomial = sp.Poly(((1 + z) * steps) ** k, z)
        return sp.simplify(polynomial.coeff_monomial(z ** (k - 1)) / k)

    # the edge is 1 / x at the positive critical point of x = z / ((1 + z) prod (1 + c_i z))
    inverse = (1 + z) * steps
    numerator = sp.Poly(sp.expand(inverse - z * sp.diff(inverse, z)), z)
    critical = next(root for root in sp.Poly(numerator, z).real_roots() if root.is_positive)
    edge = sp.radsimp(sp.simplify((inverse / z).subs(z, critical)))
    ratios_as_floats = [float(c) for c in given]
    density = _density_of_product(ratios_as_floats)
    atom = sp.Max(0, *(1 - 1 / c for c in given))
    return SpectralLaw(
        name=f"product of {len(given)} factors of ratios {', '.join(map(str, given))}",
        edge=edge,
        moments=moment,
        density_at=density,
        cumulative_at=_integrated(density, 0.0, float(edge), float(atom)),
        low=sp.S.Zero,
        atom=atom,
    )


def _density_of_product(ratios: list[float]) -> Callable[[Floats], Floats]:
    """Density by Stieltjes inversion from a root of z x = (1 + z) prod (1 + c_i z).

    The branch of the moment series lies above the real line, and its angles add up: arg z = arg(1 + z) + sum
    arg(1 + c_i z), without a turn.
    """
    steps = np.poly1d([1.0, 1.0])
    for c in ratios:
        steps = steps * np.poly1d([c, 1.0])

    def density(x: Floats) -> Floats:
        flat = np.atleast_1d(x).ravel()
        found = np.zeros(len(flat))
        for k, place in enumerate(flat):
            if place > _SMALLEST:
                roots = (steps - np.poly1d([place, 0.0])).roots
                above = roots[roots.imag > _ZERO * np.abs(roots)]
                turns = np.angle(above) - np.angle(1 + above) - sum(np.angle(1 + c * above) for c in ratios)
                branch = above[np.abs(turns) < 1]
                found[k] = float(branch.imag.max(initial=0.0)) / (np.pi * place)
        return np.asarray(found.reshape(np.shape(x)))

    return density


def _integrated(density: _Function, low: float, high: float, atom: float) -> _Function:
    """The distribution function by Gauss-Legendre in an angle, which takes the square roots at the ends away.

    A density that grows like a power at zero is integrated from the right, where it does not.
    """
    nodes, weights = np.polynomial.legendre.leggauss(400)
    angles = (nodes + 1) * np.pi / 2

    def cumulative(x: Floats) -> Floats:
        flat = np.clip(np.atleast_1d(x).ravel(), low, high)
        # t = x + (high - x) sin^2(angle / 2), dt = (high - x) sin(angle) / 2 d angle
        places = flat[:, None] + (high - flat[:, None]) * np.sin(angles / 2) ** 2
        slopes = (high - flat[:, None]) * np.sin(angles) / 2
        beyond = (density(places) * slopes) @ weights * np.pi / 2
        given = np.atleast_1d(x).ravel()
        reached = np.where(given >= low, 1 - beyond, np.where(given >= 0, atom, 0.0))
        return np.asarray(np.clip(reached, 0, 1).reshape(np.shape(x)))

    return cumulative


def distance(sample: Any, law: SpectralLaw) -> float:
    """The Kolmogorov-Smirnov distance: the largest gap between the distribution functions of a sample and of a law.

    Parameters
    ----------
    sample
        Numbers, all draws together; dimensionless.
    law
        What they are compared with.

    Raises
    ------
    ModelError
        If there are none.
    """
    values = np.sort(real_array(sample, "the sample").ravel())
    if not len(values):
        raise ModelError("the sample is empty: give at least one number")
    expected = law.cdf(values)
    steps = np.arange(len(values) + 1) / len(values)
    at_zero = np.abs(values) <= _ZERO * max(1.0, float(law.edge))
    expected = np.where(at_zero & (law.atom != 0), float(law.atom), expected)
    # of equal numbers the last stands for the distribution function, and the first for its limit from the left
    before = np.where(at_zero, 0.0, expected)
    last = np.append(np.diff(values) > 0, True) & ~(at_zero & np.append(at_zero[1:], False))
    first = np.insert(np.diff(values) > 0, 0, True) & ~(at_zero & np.insert(at_zero[:-1], 0, False))
    gaps = np.concatenate([np.abs(steps[1:] - expected)[last], np.abs(steps[:-1] - before)[first]])
    return float(gaps.max())


def _positive(value: Any, what: str) -> sp.Expr:
    if isinstance(value, float):
        value = sp.Rational(str(value)) if np.isfinite(value) else sp.nan
    exact = sp.Integer(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not (isinstance(exact, sp.Expr) and exact.is_positive):
        raise ModelError(f"{what} is {came(value)}: give a positive number")
    return exact
