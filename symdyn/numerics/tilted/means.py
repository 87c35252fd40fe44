"""Tilted means: the scalar map that a head computes, its integral, cumulants, and moments read off heads."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import comb
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, real_array, whole
from symdyn.numerics.empirical_measure import EmpiricalMeasure
from symdyn.numerics.enclosed_number import from_ball
from symdyn.numerics.enclosure import Enclosure, certified_integral
from symdyn.numerics.integrals import ball
from symdyn.numerics.softmax import softmax
from symdyn.numerics.tilted.exact import as_measure, exact_number, floats_of, formulas

_SPREAD = 700


def tilted_mean(mu: Any, tilt: Any, *, direction: Any = None, values: Any = None) -> Any:
    """m(s) = int e^{s<c,y>} f(y) dmu(y) / int e^{s<c,y>} dmu(y), f(y) = <c, y> unless values are given.

    Weights are shifted in the log domain, so no tilt overflows: where |s| times the spread of <c, y> is above 700, the
    answer is that of the atoms with the largest (smallest, for s < 0) <c, y>, up to rounding.

    Parameters
    ----------
    mu
        A measure, or atoms of a uniform one.
    tilt
        s: a number, an array, or a formula, which gives a formula for exact measures.
    direction
        c (d,); not needed where d = 1.
    values
        f at the atoms, (n,).

    Returns
    -------
    float, array or SymPy expression
        Of the shape of the tilt.

    Examples
    --------
    >>> from symdyn.numerics.empirical_measure import measure
    >>> s = sp.Symbol("s")
    >>> tilted_mean(measure([sp.S.Zero, 1]), s)
    exp(s)/(2*(exp(s)/2 + 1/2))
    >>> float(tilted_mean([0.0, 3.0], 1e308))
    3.0
    """
    context = as_measure(mu)
    if isinstance(tilt, sp.Expr):
        places = _exact_places(context, direction)
        kept = places if values is None else [exact_number(value, "a value") for value in _checked(values, context)]
        shares = [w * sp.exp(tilt * y) for w, y in zip(context.weights, places)]
        above = sum((share * value for share, value in zip(shares, kept)), sp.S.Zero)
        return above / sum(shares, sp.S.Zero)
    atoms, weights = floats_of(context)
    heights = _float_places(atoms, direction)
    amounts = heights if values is None else real_array(_checked(values, context), "the list of values", ndim=1)
    found = softmax(_scores(tilt, heights), weights=weights) @ amounts
    return found if found.ndim else float(found)


def _scores(tilt: Any, places: Floats) -> Floats:
    """s y minus its largest: 0 at the top, so that products that overflow are -inf and no nan."""
    try:
        s = real_array(tilt, "the tilt")[..., None]
    except ModelError:
        given = np.asarray(tilt)
        if given.dtype.kind == "f" and np.isinf(given).any():
            raise ModelError(
                f"a tilt is infinite: the limits are the largest <c, y> = {places.max():g} and the smallest "
                f"{places.min():g}, give a finite tilt"
            ) from None
        raise
    top = np.where(s >= 0, places.max(), places.min())
    with np.errstate(over="ignore"):
        return np.asarray(s * (places - top))


def log_laplace(mu: Any, tilt: Any, *, direction: Any = None) -> Any:
    """log int e^{s<c,y>} dmu(y), whose derivative in s is `tilted_mean`; parameters as there.

    Examples
    --------
    >>> from symdyn.numerics.empirical_measure import measure
    >>> s = sp.Symbol("s")
    >>> log_laplace(measure([sp.S.Zero, 1]), s)
    log(exp(s)/2 + 1/2)
    """
    context = as_measure(mu)
    if isinstance(tilt, sp.Expr):
        places = _exact_places(context, direction)
        return sp.log(sum((w * sp.exp(tilt * y) for w, y in zip(context.weights, places)), sp.S.Zero))
    atoms, weights = floats_of(context)
    heights = _float_places(atoms, direction)
    scores = _scores(tilt, heights)
    s = real_array(tilt, "the tilt")
    found = np.log(np.exp(scores) @ weights) + s * np.where(s >= 0, heights.max(), heights.min())
    return found if found.ndim else float(found)


@dataclass(frozen=True)
class InjectivityIntegral(Enclosure):
    """int_0^s m by certified quadrature, beside an enclosure of the log-Laplace transform, which it meets."""

    log_laplace: Enclosure


def injectivity_integral(mu: Any, tilt: Any, *, direction: Any = None, digits: int = 15) -> InjectivityIntegral:
    """The integral of the tilted mean from 0 to s, enclosed twice: by quadrature, and as log int e^{s<c,y>} dmu.

    So the tilted means for all s give the Laplace transform along c, and those for all c the measure (derived).

    Parameters
    ----------
    mu, direction
        As of `tilted_mean`; floats are taken for the fractions that they are.
    tilt
        s, an exact number or a float.
    digits
        Of the quadrature.

    Raises
    ------
    ModelError
        If an entry is none of these, or the two enclosures do not meet.

    Examples
    --------
    >>> injectivity_integral([-1, 1], 1).meets(Enclosure(Fraction(4337, 10000), Fraction(4338, 10000)))
    True
    """
    context = _rational(as_measure(mu))
    s, end = sp.Dummy("s"), _fraction_of(tilt, "the tilt")
    along = None if direction is None else [_fraction_of(one, "a coordinate of the direction") for one in direction]
    closed = log_laplace(context, end, direction=along)
    with flint.ctx.workprec(8 * digits + 64):
        other = from_ball(ball(closed))
    if end == 0:
        return InjectivityIntegral(Fraction(0), Fraction(0), other)
    mean = tilted_mean(context, s, direction=along)
    part = certified_integral(mean, s, min(end, sp.S.Zero), max(end, sp.S.Zero), digits=digits)
    low, high = (part.low, part.high) if end > 0 else (-part.high, -part.low)
    found = InjectivityIntegral(low, high, other)
    if not found.meets(other):
        raise ModelError(f"quadrature gives {part} and the logarithm {other}, which do not meet: report this measure")
    return found


def _rational(mu: EmpiricalMeasure) -> EmpiricalMeasure:
    if mu.is_exact:
        return mu
    weights = [_fraction_of(w, "a weight") for w in mu.weights]
    total = sum(weights, sp.S.Zero)
    atoms = sp.Matrix([[_fraction_of(y, "an atom") for y in row] for row in mu.atoms.tolist()])
    return EmpiricalMeasure(sp.ImmutableMatrix(atoms), tuple(w / total for w in weights))


def _fraction_of(value: Any, what: str) -> sp.Expr:
    if isinstance(value, float | np.floating) and np.isfinite(value):
        value = Fraction(float(value))
    return exact_number(value, what)


def cumulant(mu: Any, order: int, *, direction: Any = None) -> Any:
    """The cumulant of <c, y> of this order, derivative of `log_laplace` at 0; exact for exact measures.

    Examples
    --------
    >>> from symdyn.numerics.empirical_measure import measure
    >>> mu = measure([sp.S.Zero, 1])
    >>> [cumulant(mu, k) for k in (1, 2, 3, 4)]
    [1/2, 1/4, 0, -1/8]
    """
    context = as_measure(mu)
    number = whole(order, "the order of the cumulant", least=1, most=60)
    if context.is_exact:
        places = _exact_places(context, direction)
        powers = [sum((w * y**k for w, y in zip(context.weights, places)), sp.S.Zero) for k in range(1, number + 1)]
        return cumulants_of(powers)[-1]
    atoms, weights = floats_of(context)
    heights = _float_places(atoms, direction)
    mean = float(weights @ heights)
    if number == 1:
        return mean
    # centred, where all but the first are the same and moments do not cancel
    return float(cumulants_of([float(weights @ (heights - mean) ** k) for k in range(1, number + 1)])[-1])


def cumulants_of(moments: list[Any]) -> list[Any]:
    """kappa_1 .. kappa_n of the moments m_1 .. m_n: kappa_n = m_n - sum_k binom(n - 1, k - 1) kappa_k m_{n-k}.

    Examples
    --------
    >>> m1, m2 = sp.symbols("m1 m2")
    >>> cumulants_of([m1, m2])
    [m1, -m1**2 + m2]
    """
    found: list[Any] = []
    for n, moment in enumerate(moments, start=1):
        lower = sum(comb(n - 1, k - 1) * found[k - 1] * moments[n - k - 1] for k in range(1, n))
        found.append(moment - lower)
    return found


def head_covariance(mu: Any, scale: Any, *, values: Any = None, direction: Any = None) -> Any:
    """(m(s) - m(-s))/(2 s): the variance of <c, y>, or its covariance with values, by two heads.

    The variance comes out with the error s^2 kappa_4/6 + O(s^4).

    Parameters
    ----------
    mu, values, direction
        As of `tilted_mean`.
    scale
        s, not 0: a number, an array or a formula.

    Examples
    --------
    >>> round(head_covariance([1.0, 2.0, 3.0], 0.01, values=[2.0, 3.0, 7.0]), 9)
    1.666638889
    """
    if isinstance(scale, sp.Expr):
        up, down = (tilted_mean(mu, sign * scale, values=values, direction=direction) for sign in (1, -1))
        return (up - down) / (2 * scale)
    s = real_array(scale, "the scale")
    if (s == 0).any():
        raise ModelError("the scale is 0: two heads of one tilt show no covariance, give another scale")
    up, down = (tilted_mean(mu, sign * s, values=values, direction=direction) for sign in (1, -1))
    return (up - down) / (2 * s) if s.ndim else float((up - down) / (2 * s))


def _checked(values: Any, mu: EmpiricalMeasure) -> Any:
    listed = list(values) if isinstance(values, sp.MatrixBase) else values
    if np.ndim(listed) != 1 or len(listed) != len(mu):
        raise ShapeError(f"values of shape {np.shape(listed)} came for {len(mu)} atoms: give one for each")
    return listed


def _exact_places(mu: EmpiricalMeasure, direction: Any) -> list[sp.Expr]:
    if not mu.is_exact:
        raise ModelError("a formula in the tilt needs exact atoms and weights: give SymPy numbers or Fractions")
    if direction is None and mu.dimension == 1:
        return list(mu.atoms)
    along = None if direction is None else formulas([list(direction)], "the direction")
    return list(mu.atoms * along.T) if along is not None and along.cols == mu.dimension else _refused(mu, direction)


def _float_places(atoms: Floats, direction: Any) -> Floats:
    d = atoms.shape[1]
    if direction is None and d == 1:
        return atoms[:, 0]
    along = None if direction is None else real_array(direction, "the direction", ndim=1)
    return np.asarray(atoms @ along) if along is not None and len(along) == d else _refused(atoms, direction)


def _refused(atoms: Any, direction: Any) -> Any:
    d = atoms.dimension if isinstance(atoms, EmpiricalMeasure) else atoms.shape[1]
    came = "no direction" if direction is None else f"a direction of {len(direction)} numbers"
    raise ShapeError(f"{came} came for atoms of dimension {d}: give direction= of {d} numbers")
