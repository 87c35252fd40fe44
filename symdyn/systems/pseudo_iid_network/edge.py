"""The edge of chaos: by its parametrization by q, all points at a bias variance, the plane of phases."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.items import Items
from symdyn.errors import ModelError
from symdyn.numerics.arrays import Floats, real_array
from symdyn.numerics.enclosed_number import Enclosure, from_ball
from symdyn.numerics.gaussian.pairs import hermite_coefficients
from symdyn.numerics.integrals import ball
from symdyn.numerics.scalar_roots import ScalarRoots, ball_roots
from symdyn.systems.pseudo_iid_network.activation import Activation, Q, read_activation
from symdyn.systems.pseudo_iid_network.fixed_points import FAR, growing_cuts
from symdyn.systems.pseudo_iid_network.layer_means import mean_square_floats
from symdyn.systems.pseudo_iid_network.mean_balls import mean_ball
from symdyn.systems.pseudo_iid_network.numbers import DIGITS, arb, is_float, positive, rational, variances

_NEAR_ZERO = Fraction(1, 1000)
_MOST_PARTS = 600
_MOST_TURNS = 4000
_TURNS_FROM = 1e-3
_ITERATIONS = 60


@dataclass(frozen=True)
class EdgePoint:
    """A point of the edge: sigma_w^2 = 1/D(q), sigma_b^2 = q - V(q)/D(q).

    Parameters
    ----------
    q, weight_variance, bias_variance
        Exact where formulas are known, else enclosures; formulas for a symbol q.
    branch
        How often sigma_b^2 has turned, as a function of q, below this q; 0 where it only rises.
    """

    q: Any
    weight_variance: Any
    bias_variance: Any
    branch: int = 0


@dataclass(frozen=True)
class EdgeOfChaos(Items):
    """Points of the edge by rising q.

    Parameters
    ----------
    items
        The points.
    between
        The variances that were looked at, where a bias variance was asked for.
    undecided
        Parts of them that may hold others.
    families
        Says where every q belongs to one point of the plane.
    reason
        Why there is none.
    """

    items: tuple[EdgePoint, ...]
    between: Enclosure | None = None
    undecided: tuple[Enclosure, ...] = ()
    families: tuple[EdgePoint, ...] = ()
    reason: str = ""

    @property
    def completeness(self) -> Verdict:
        """PROVED if these are all points at that bias variance with q in `between`."""
        return Verdict.UNDECIDED if self.undecided else Verdict.PROVED


def edge_of_chaos(phi: Any, *, bias_variance: Any = None, q: Any = None, points: Any = None) -> EdgeOfChaos:
    """The edge of chaos, sigma_w^2 D(q) = 1 at a fixed point q: all its points at a bias variance, or by q.

    Parameters
    ----------
    phi
        As of `variance_map`.
    bias_variance
        All points with this bias variance, sorted by q; an empty list is an answer, as for relu with bias.
    q
        The point at this variance; a symbol gives formulas.
    points
        Several variances q: the curve.

    Returns
    -------
    EdgeOfChaos
        A sequence of points.

    Raises
    ------
    ModelError
        Unless exactly one of the three is given.

    Examples
    --------
    >>> edge_of_chaos("erf", q=sp.Rational(1, 2))[0].weight_variance
    sqrt(3)*pi/4
    >>> point = edge_of_chaos("tanh", bias_variance=0.05)[0]
    >>> print(round(float(point.q), 6), round(float(point.weight_variance), 6))
    0.570048 1.760955
    """
    activation = read_activation(phi)
    given = [name for name, value in (("bias_variance", bias_variance), ("q", q), ("points", points))
             if value is not None]  # fmt: skip
    if len(given) != 1:
        raise ModelError(f"{' and '.join(given) or 'nothing'} came: give one of bias_variance, q and points")
    if q is not None:
        return EdgeOfChaos((_point(activation, q),))
    if points is not None:
        listed = sorted(variances(points, "the list of variances").ravel().tolist())
        return EdgeOfChaos(tuple(_point(activation, one) for one in listed))
    return _at_bias(activation, rational(bias_variance, "the bias variance"))


def _point(phi: Activation, q: Any) -> EdgePoint:
    at = positive(q, "the variance q")
    V, D = phi.closed(0), phi.closed(1)
    if V is not None and D is not None:
        weight, bias = sp.simplify(1 / D).subs(Q, at), sp.simplify(Q - V / D).subs(Q, at)
        if is_float(q) and not at.free_symbols:
            return EdgePoint(float(q), float(sp.N(weight, 17)), float(sp.N(bias, 17)), _branch(phi, float(q)))
        return EdgePoint(q if at.free_symbols else at, weight, bias, 0 if at.free_symbols else _branch(phi, float(at)))
    if at.free_symbols:
        raise ModelError(f"no closed form is known for the activation {phi.formula}: give a number for {at}")
    where = ball(at)
    v, d = mean_ball(phi, where, 0), mean_ball(phi, where, 1)
    bias = where - v / d
    return EdgePoint(from_ball(where), from_ball(1 / d), from_ball(bias), _branch(phi, float(at)))


def _branch(phi: Activation, q: float) -> int:
    """Turns of sigma_b^2 below q, in floats."""
    places = np.geomspace(_TURNS_FROM, max(q, _TURNS_FROM), 60)
    v, d = mean_square_floats(phi, places, 0), mean_square_floats(phi, places, 1)
    bias = places - v / d
    steps = np.diff(bias)
    steps = steps[np.abs(steps) > 1e-9 * (1 + places[1:])]
    return int((np.diff(np.sign(steps)) != 0).sum())


def _at_bias(phi: Activation, b: Fraction) -> EdgeOfChaos:
    phi.need_pieces()
    V, D = phi.closed(0), phi.closed(1)
    if V is not None and D is not None and sp.simplify(Q - V / D) == 0:
        if b:
            return EdgeOfChaos((), reason="sigma_b^2 = q - V/D is 0 for every q: there is no edge with bias")
        kept = EdgePoint(Q, sp.simplify(1 / D), sp.S.Zero)
        return EdgeOfChaos((kept,), families=(kept,), reason="every q > 0 belongs to this one point")
    found = edge_roots(phi, b)
    items = []
    for number, root in enumerate(found):
        weight = from_ball(1 / mean_ball(phi, arb(root), 1))
        items.append(EdgePoint(root, weight, Enclosure(b, b), number))
    undecided = found.undecided if b else (*found.undecided, Enclosure(Fraction(0), _NEAR_ZERO))
    far = max(FAR, 4 * b)
    return EdgeOfChaos(tuple(items), Enclosure(Fraction(0), far), undecided)


def edge_roots(phi: Activation, b: Fraction, *, most: Fraction | None = None, digits: int = DIGITS) -> ScalarRoots:
    """All q up to `most` with q - V/D = sigma_b^2: there are none below sigma_b^2, since V >= 0."""

    def gap(q: flint.arb) -> flint.arb:
        return q - mean_ball(phi, q, 0) / mean_ball(phi, q, 1) - arb(b)

    def slope(q: flint.arb) -> flint.arb:
        return bias_slope(phi, q)

    least = b or _NEAR_ZERO
    return ball_roots(gap, slope, growing_cuts(least, most or max(FAR, 4 * b)), digits=digits, most_parts=_MOST_PARTS)


def bias_slope(phi: Activation, q: flint.arb) -> flint.arb:
    """d sigma_b^2/dq = 1 - V'/D + V D'/D^2 along the edge."""
    v, d = mean_ball(phi, q, 0), mean_ball(phi, q, 1)
    return 1 - mean_ball(phi, q, 0, slope=True) / d + v * mean_ball(phi, q, 1, slope=True) / (d * d)


def edge_turns(phi: Any, between: tuple[Any, Any]) -> ScalarRoots:
    """Where sigma_b^2(q) turns along the edge: at a bias variance between two turns there are several edge points.

    Every part of the interval is shown not to turn where the list is empty and `completeness` is PROVED. The family
    phi_a(x) = phi(a x)/a needs no search: its edge is that of phi with q and sigma_b^2 divided by a^2 (derived).

    Parameters
    ----------
    phi
        As of `variance_map`.
    between
        Two variances.

    Examples
    --------
    >>> found = edge_turns("tanh", (0.5, 2))
    >>> len(found), found.completeness
    (0, Verdict.PROVED)
    """
    activation = read_activation(phi)
    low, high = (rational(end, "an end of the interval") for end in between)

    def value(q: flint.arb) -> flint.arb:
        return bias_slope(activation, q)

    def slope(q: flint.arb) -> flint.arb:
        return flint.arb("nan")

    return ball_roots(value, slope, growing_cuts(low, high), digits=6, most_parts=_MOST_TURNS)


@dataclass(frozen=True)
class PhaseDiagram:
    """Over weight variances (rows) and bias variances (columns), floats, shape (w, b).

    Parameters
    ----------
    weight_variances, bias_variances
        (w,) and (b,).
    q
        The variance that deep layers reach from large inputs; infinite where it diverges.
    chi
        sigma_w^2 D(q).
    correlation
        The attracting correlation: 1 where chi <= 1.
    depth_scale
        -1/ln C' at that correlation, in layers.
    """

    weight_variances: Floats
    bias_variances: Floats
    q: Floats
    chi: Floats
    correlation: Floats
    depth_scale: Floats


def phase_diagram(phi: Any, weight_variances: Any, bias_variances: Any) -> PhaseDiagram:
    """chi_1, the attracting correlation and the depth scale on a grid, in floats.

    Examples
    --------
    >>> phase_diagram("tanh", [1.0, 2.5], [0.05]).chi.round(6)
    array([[0.759032],
           [1.133516]])
    """
    activation = read_activation(phi)
    w, b = real_array(weight_variances, "the weight variances", ndim=1), real_array(
        bias_variances, "the bias variances", ndim=1
    )
    if (w < 0).any() or (b < 0).any():
        raise ModelError("a variance is negative: give variances from 0")
    W, B = (part.ravel() for part in np.meshgrid(w, b, indexing="ij"))
    q = _resting(activation, W, B)
    finite = np.isfinite(q)
    kept = np.where(finite, q, 1.0)
    chi = W * mean_square_floats(activation, kept, 1)
    c = np.ones_like(q)
    chaotic = finite & (chi > 1) & (kept > 0)
    c[chaotic] = _resting_correlation(activation, kept[chaotic], W[chaotic], B[chaotic])
    slope = np.where(chaotic, 0.0, chi)
    slope[chaotic] = _slope_at(activation, kept[chaotic], W[chaotic], c[chaotic])
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where((slope > 0) & (slope < 1), -1 / np.log(slope), np.where(slope <= 0, 0.0, np.inf))
    shape = (len(w), len(b))
    return PhaseDiagram(w, b, q.reshape(shape), chi.reshape(shape), c.reshape(shape), scale.reshape(shape))


def _resting(phi: Activation, w: Floats, b: Floats) -> Floats:
    """Fixed points reached from large variances: on a spline of V, and then by Newton's method on V itself."""
    from scipy.interpolate import CubicSpline

    places = np.concatenate([[0.0], np.geomspace(1e-8, 1e4, 400)])
    spline = CubicSpline(places, mean_square_floats(phi, places, 0))
    q = np.full_like(w, 1e3)
    for _ in range(400):
        q, before = np.minimum(b + w * np.maximum(spline(np.minimum(q, 1e4)), 0), 1e4), q
        if np.allclose(q, before, rtol=1e-6, atol=1e-12):
            break
    diverges = q > 5e3
    q = np.where(diverges, 1.0, np.maximum(q, 0))
    for _ in range(6):
        positive_part = np.maximum(q, 1e-12)
        # a secant of V stands for its slope: quotients of nearby values cost two quadratures and no derivative of phi
        near = positive_part * (1 + 1e-5)
        V = mean_square_floats(phi, np.stack([positive_part, near]), 0)
        slope = w * (V[1] - V[0]) / (near - positive_part) - 1
        gap = b + w * V[0] - positive_part
        step = np.where(np.abs(slope) > 1e-6, -gap / np.where(slope == 0, 1, slope), 0)
        q = np.where(q > 1e-10, np.maximum(positive_part + step, 0), q)
        if (np.abs(step) < 1e-12 * (1 + q)).all():
            break
    return np.where(diverges, np.inf, q)


def _slope_at(phi: Activation, q: Floats, w: Floats, c: Floats) -> Floats:
    """C'(c) by the series of phi', whose coefficients fall fast enough below 1."""
    squares = hermite_coefficients(phi.in_floats(1), q, phi.places) ** 2
    total = np.zeros_like(q)
    for column in squares.T[::-1]:
        total = total * c + column
    return w * total


def _resting_correlation(phi: Activation, q: Floats, w: Floats, b: Floats) -> Floats:
    """By bisection below 1, all at once."""
    low, high = np.zeros_like(q), np.full_like(q, 1 - 1e-9)
    squares = hermite_coefficients(phi.in_floats(), q, phi.places) ** 2
    for _ in range(40):
        middle = (low + high) / 2
        mean = np.zeros_like(q)
        for column in squares.T[::-1]:
            mean = mean * middle + column
        above = b + w * mean > q * middle
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return (low + high) / 2

