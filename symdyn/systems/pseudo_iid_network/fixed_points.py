"""Fixed points of the variance map and of the correlation map, all of them, enclosed; how correlations decay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.numerics.analytic import Analytic, analytic
from symdyn.numerics.enclosed_number import Enclosure, from_ball
from symdyn.numerics.gaussian.balls import ball_mean, compiled
from symdyn.numerics.integrals import ball, growth
from symdyn.numerics.scalar_maps import FixedPoint, FixedPoints
from symdyn.numerics.scalar_roots import ball_roots
from symdyn.systems.pseudo_iid_network.activation import Activation, Q, X, read_activation
from symdyn.systems.pseudo_iid_network.maps import pair_ball, pair_floats, resting_variance
from symdyn.systems.pseudo_iid_network.numbers import DIGITS, arb, nonnegative, rational

#: How far fixed points are looked for where nothing bounds them.
FAR = Fraction(100)
_SMALL = Fraction(1, 2**40)
_DIGITS_ON_BALLS = 4
_PAIR_DIGITS = 13
_MOST_PARTS = 600


@dataclass(frozen=True, kw_only=True)
class VarianceFixedPoint:
    """A fixed point of q' = sigma_b^2 + sigma_w^2 V(q).

    Parameters
    ----------
    q
        The variance.
    chi
        chi_1 = sigma_w^2 D(q).
    slope
        dq'/dq.
    depth_scale
        -1/ln(dq'/dq), in layers; None unless the slope lies between 0 and 1.
    correlation_depth_scale
        -1/ln C'(c*) at the attracting correlation c*, which is 1 where chi_1 < 1; None where that is not decided.
    stability
        "attracting", "repelling" or "undecided".
    """

    q: Any
    chi: Any
    slope: Any
    depth_scale: Any
    correlation_depth_scale: Any
    stability: str

    @property
    def phase(self) -> str:
        """"ordered" (chi_1 < 1), "chaotic" (chi_1 > 1), or "not decided within" the width of chi_1."""
        chi = self.chi
        low, high = (chi.low, chi.high) if isinstance(chi, Enclosure) else (chi, chi)
        return "ordered" if high < 1 else "chaotic" if low > 1 else f"not decided within {float(high - low):.0e}"


@dataclass(frozen=True)
class VarianceFixedPoints(Sequence[VarianceFixedPoint]):
    """Fixed points in order.

    Parameters
    ----------
    items
        Those above 0.
    between
        Where they were looked for: (0, q_max]; beyond q_max the map has none where `reason` says so.
    undecided
        Parts that may hold others.
    families
        Says which variances are all fixed points; empty where none are.
    reason
        Why there are none beyond, or none at all.
    """

    items: tuple[VarianceFixedPoint, ...]
    between: Enclosure
    undecided: tuple[Enclosure, ...] = ()
    families: tuple[str, ...] = ()
    reason: str = ""

    @property
    def completeness(self) -> Verdict:
        """PROVED if these are all in (0, q_max]."""
        return Verdict.UNDECIDED if self.undecided else Verdict.PROVED

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, place: Any) -> Any:
        return self.items[place]

    def __iter__(self) -> Iterator[VarianceFixedPoint]:
        return iter(self.items)


def variance_fixed_points(phi: Any, *, weight_variance: Any, bias_variance: Any) -> VarianceFixedPoints:
    """All fixed points above 0 of q' = sigma_b^2 + sigma_w^2 V(q).

    The linear envelope of phi bounds where they can be; below, every part of the line is shown to hold none or exactly
    one (interval Newton; V, and its derivative by q without derivatives of phi, in balls).

    Parameters
    ----------
    phi
        As of `variance_map`.
    weight_variance, bias_variance
        Numbers from 0; a float is the decimal that it prints as.

    Raises
    ------
    ModelError
        If phi is not known piece by piece, so that nothing is enclosed.

    Examples
    --------
    >>> found = variance_fixed_points("tanh", weight_variance=1.0, bias_variance=0.05)
    >>> len(found), found.completeness, round(float(found[0].q), 8), found[0].phase
    (1, Verdict.PROVED, 0.19359252, 'ordered')
    >>> variance_fixed_points("relu", weight_variance=2, bias_variance=0).families
    ('every q > 0',)
    """
    return fixed_points(phi, weight_variance, bias_variance)


def fixed_points(phi: Any, weight_variance: Any, bias_variance: Any, *, scales: bool = True) -> VarianceFixedPoints:
    """The same; without `scales` the depth scale of correlations is left out where it takes long."""
    activation = read_activation(phi)
    w, b = rational(weight_variance, "the weight variance"), rational(bias_variance, "the bias variance")
    homogeneous = _of_a_multiple(activation, w, b)
    if homogeneous is not None:
        return homogeneous
    if w == 0:
        return VarianceFixedPoints(_points(activation, [_exact(b)] if b else [], w, b), Enclosure(Fraction(0), b + 1))
    most, reason, open_ends = _largest(activation, w, b)
    least, near_zero = (b, []) if b else _smallest(activation, w)

    def gap(q: flint.arb) -> flint.arb:
        return arb(b) + arb(w) * mean_ball(activation, q, 0) - q

    def slope(q: flint.arb) -> flint.arb:
        return arb(w) * mean_ball(activation, q, 0, slope=True) - 1

    found = ball_roots(gap, slope, growing_cuts(least, most), digits=DIGITS, most_parts=_MOST_PARTS)
    undecided = (*near_zero, *found.undecided, *open_ends)
    items = _points(activation, list(found), w, b, scales=scales)
    return VarianceFixedPoints(items, Enclosure(Fraction(0), most), undecided, (), reason)


def growing_cuts(least: Fraction, most: Fraction) -> list[Fraction]:
    """Ends and places between, each a quarter further than the one before: balls of variances are to be narrow."""
    cuts = [least]
    while cuts[-1] < most:
        cuts.append(min(most, Fraction(round(cuts[-1] * 5 * 2**60), 4 * 2**60) + Fraction(1, 2**62)))
    return cuts


def mean_ball(phi: Activation, q: flint.arb, order: int, *, slope: bool = False) -> flint.arb:
    """V or D, or their derivatives by q, in a ball: by the closed form where one is known."""
    closed = phi.closed(order)
    if closed is not None:
        return flint.arb(_closed_ball(sp.diff(closed, Q) if slope else closed)(flint.acb(q), False).real)
    digits = DIGITS + 3 if float(q.rad()) < 1e-9 * float(q.mid()) else _DIGITS_ON_BALLS
    return ball_mean(phi.squares(order), X, q, slope=slope, digits=digits)


@lru_cache(maxsize=256)
def _closed_ball(formula: sp.Expr) -> Analytic:
    return analytic(formula, Q)


def _exact(value: Fraction) -> Enclosure:
    return Enclosure(value, value)


def _of_a_multiple(phi: Activation, w: Fraction, b: Fraction) -> VarianceFixedPoints | None:
    """V(q) = v q, as of linear and rectified units: solved exactly."""
    closed = phi.closed(0)
    multiple = None if closed is None else sp.simplify(closed / Q)
    if multiple is None or multiple.free_symbols or not multiple.is_Rational:
        return None
    factor = w * Fraction(int(multiple.p), int(multiple.q))
    everything = Enclosure(Fraction(0), FAR)
    if factor == 1:
        if b == 0:
            return VarianceFixedPoints((), everything, (), ("every q > 0",), "the variance is kept by every layer")
        return VarianceFixedPoints((), everything, reason=f"q' = q + {b}: the variance diverges")
    if b == 0:
        return VarianceFixedPoints((), everything, reason=f"q' = {factor} q: 0 is the only fixed point")
    if factor > 1:
        return VarianceFixedPoints((), everything, reason=f"q' = {factor} q + {b}: the variance diverges")
    point = b / (1 - factor)
    items = _points(phi, [_exact(point)], w, b)
    return VarianceFixedPoints(items, Enclosure(Fraction(0), max(FAR, 2 * point)), reason="q' is linear in q")


def _largest(phi: Activation, w: Fraction, b: Fraction) -> tuple[Fraction, str, tuple[Enclosure, ...]]:
    """Beyond which q' < q, or q' > q, by the linear envelope; else how far was looked, and that it is open."""
    beyond = Enclosure(FAR, FAR + 1)
    if phi.tails is None:
        return FAR, f"how phi grows is not seen: beyond {FAR} nothing was looked at", (beyond,)
    root = (2 / flint.arb.pi()).sqrt()
    half = arb(w) / 2
    squares = half * sum((one.steepest**2 for one in phi.tails), flint.arb(0))
    cross = 2 * half * root * sum((one.steepest * one.offset for one in phi.tails), flint.arb(0))
    constant = arb(b) + half * sum((one.offset**2 for one in phi.tails), flint.arb(0))
    if squares < 1:  # q' <= squares q + cross sqrt(q) + constant
        rest = 1 - squares
        size = (cross + (cross**2 + 4 * rest * constant).sqrt()) / (2 * rest)
        return _above(size**2, b), "beyond, the linear envelope of phi gives q' < q", ()
    if all(one.slope is not None for one in phi.tails) and squares > 1:  # q' >= squares q - cross sqrt(q)
        return _above((cross / (squares - 1)) ** 2, b), "beyond, the slopes of phi at infinity give q' > q", ()
    return FAR, f"beyond {FAR} the envelope of phi decides nothing", (beyond,)


def _above(size: flint.arb, least: Fraction) -> Fraction:
    return max(Fraction(int(float(size.upper())) + 2), 2 * least + 1)


def _smallest(phi: Activation, w: Fraction) -> tuple[Fraction, list[Enclosure]]:
    """Below which there is no fixed point without bias, and what remains open.

    V(q)/q = E Z^2 g(sqrt(q) Z)^2 with g(x) = phi(x)/x = phi'(between 0 and x), where phi(0) = 0; else V(q) > q/w.
    """
    pieces, slopes = phi.piecewise(0), phi.piecewise(1)
    at_zero = next(f for low, high, f in pieces if bool(low <= 0) and bool(0 < high)).subs(X, 0)
    steepest = _slopes_on(slopes, None)
    least = Fraction(1, 100)
    while least > _SMALL:
        q = flint.arb(0).union(arb(least))
        if at_zero != 0:
            reach = 4 * arb(least).sqrt()
            low = _values_on(pieces, reach)
            if arb(w) * (1 - 2 * (flint.arb(-8)).exp()) * low**2 > q:  # P(|Z| > 4) < 2 e^-8
                return least, []
        else:
            reach = 6 * arb(least).sqrt()
            inner = _slopes_on(slopes, reach)
            rest = flint.arb(0).union(steepest.upper() ** 2) * flint.arb("1e-7")  # E Z^2 over |Z| > 6 is below 1e-7
            ratio = arb(w) * (inner**2 * (1 - flint.arb(0).union(flint.arb("1e-7"))) + rest)
            if ratio < 1 or ratio > 1:
                return least, []
        least /= 4
    return least, [Enclosure(Fraction(0), least)]


def _slopes_on(slopes: Any, reach: flint.arb | None) -> flint.arb:
    """|phi'| on [-reach, reach], or on the line: a ball from 0 there."""
    if reach is None:
        total = flint.arb(0)
        for _, _, f in slopes:
            bound = growth(f, X)
            if bound is None or any(rate > 0 or (power and decay <= 0) for _, power, rate, decay in bound):
                return flint.arb("1e3")  # slopes of what grows linearly, far from where they matter
            total += sum((ball(K) for K, *_ in bound), flint.arb(0))
        return total
    return abs(_on(slopes, reach))


def _values_on(pieces: Any, reach: flint.arb) -> flint.arb:
    """A lower bound of |phi| on [-reach, reach]."""
    return flint.arb(max(0.0, float(abs(_on(pieces, reach)).lower())))


def _on(pieces: Any, reach: flint.arb) -> flint.arb:
    """All values on [-reach, reach]."""
    found: flint.arb | None = None
    for low, high, f in pieces:
        left = -reach if low.is_infinite else ball(low)
        right = reach if high.is_infinite else ball(high)
        if right < -reach or left > reach:
            continue
        left = left if left > -reach else -reach
        right = right if right < reach else reach
        place = flint.acb(left.union(right))
        value = flint.arb(compiled(sp.S.Zero + f, X)(place, False).real)
        found = value if found is None else found.union(value)
    return flint.arb(0) if found is None else found


def _points(
    phi: Activation, roots: list[Enclosure], w: Fraction, b: Fraction, *, scales: bool = True
) -> tuple[VarianceFixedPoint, ...]:
    items = []
    for root in roots:
        q = arb(root)
        slope, chi = (arb(w) * mean_ball(phi, q, order, slope=order == 0) for order in (0, 1))
        depth = -1 / slope.log() if slope > 0 and slope < 1 else None
        stability = "attracting" if abs(slope) < 1 else "repelling" if abs(slope) > 1 else "undecided"
        items.append(
            VarianceFixedPoint(
                q=root,
                chi=from_ball(chi),
                slope=from_ball(slope),
                depth_scale=None if depth is None else from_ball(depth),
                correlation_depth_scale=_correlation_scale(phi, q, chi, w, b) if scales or chi < 1 else None,
                stability=stability,
            )
        )
    return tuple(items)


def _correlation_scale(phi: Activation, q: flint.arb, chi: flint.arb, w: Fraction, b: Fraction) -> Enclosure | None:
    if chi > 0 and chi < 1:
        return from_ball(-1 / chi.log())
    if not chi > 1:
        return None
    resting = _below_one(phi, q, w, b)
    if resting is None:
        return None
    slope = resting[1]
    return from_ball(-1 / slope.log()) if slope > 0 and slope < 1 else None


def _below_one(phi: Activation, q: flint.arb, w: Fraction, b: Fraction) -> tuple[Enclosure, flint.arb] | None:
    """The one fixed point of C in [0, 1) where chi_1 > 1, with C' there.

    C is a power series with coefficients from 0, so it is convex on [0, 1]: one change of sign is all there is.
    """

    def gap(c: flint.arb) -> flint.arb:
        return (arb(b) + arb(w) * pair_ball(phi, q, c, digits=_PAIR_DIGITS)) / q - c

    def slope(c: flint.arb) -> flint.arb:
        return arb(w) * pair_ball(phi, q, c, 1, digits=_PAIR_DIGITS)

    at_zero = gap(flint.arb(0))
    if b == 0 and _is_odd(phi):
        return _exact(Fraction(0)), slope(flint.arb(0))
    if not at_zero > 0:
        return None
    place = _in_floats(phi, float(q.mid()), float(w), float(b))
    if place is None:
        return None
    for width in (Fraction(1, 10**10), Fraction(1, 10**8), Fraction(1, 10**6)):
        low, high = Fraction(place) - width, Fraction(place) + width
        if 0 < low and high < 1 and gap(arb(low)) > 0 and gap(arb(high)) < 0:
            inside = Enclosure(low, high)
            return inside, slope(arb(low)).union(slope(arb(high)))  # C' rises
    return None


def _in_floats(phi: Activation, q: float, w: float, b: float) -> float | None:
    """By Newton's method from 0, which rises to the fixed point since C is convex."""
    c, at = 0.0, np.array(q)
    for _ in range(60):
        place = np.array(c)
        gap = (b + w * float(pair_floats(phi, at, at, place, 0))) / q - c
        slope = w * float(pair_floats(phi, at, at, place, 1)) - 1
        if not slope < 0:
            return c if abs(gap) < 1e-12 else None
        step = -gap / slope
        c = min(c + step, 1.0)
        if step < 1e-14:
            return c
    return None


def _is_odd(phi: Activation) -> bool:
    return bool(sp.expand(phi.formula.subs(X, -X) + phi.formula) == 0) or _mirrors(phi)


def _mirrors(phi: Activation) -> bool:
    """Whether the pieces on the left are minus those on the right, mirrored."""
    pieces = phi.pieces or ()
    return all(
        (low, high) == (-other_high, -other_low) and sp.expand(f + other.subs(X, -X)) == 0
        for (low, high, f), (other_low, other_high, other) in zip(pieces, reversed(list(pieces)), strict=True)
    )


def correlation_fixed_points(phi: Any, *, weight_variance: Any, bias_variance: Any, q: Any = None) -> FixedPoints:
    """All fixed points in [-1, 1] of the correlation map at a fixed point of the variance; c = 1 is the last of them.

    C(c) = (sigma_b^2 + sigma_w^2 sum_k a_k^2 c^k)/q is convex on [0, 1] and C(1) = 1, so chi_1 decides how many there
    are in [0, 1]; below 0 there are none but mirror images, which an odd phi has without bias (derived).

    Parameters
    ----------
    phi, weight_variance, bias_variance
        As of `variance_fixed_points`.
    q
        The variance, by default the attracting fixed point.

    Examples
    --------
    >>> found = correlation_fixed_points("tanh", weight_variance=2.5, bias_variance=0.05)
    >>> [round(float(one.value), 6) for one in found], [one.stability for one in found]
    ([0.446804, 1.0], ['attracting', 'repelling'])
    """
    activation = read_activation(phi)
    w, b = rational(weight_variance, "the weight variance"), rational(bias_variance, "the bias variance")
    at = resting_variance(activation, sp.Rational(w), sp.Rational(b)) if q is None else nonnegative(q, "the variance q")
    place = arb(at) if isinstance(at, Enclosure) else ball(at)
    between = Enclosure(Fraction(-1), Fraction(1))
    if activation.closed(0) == Q and _is_odd(activation) and b == 0 and w == 1:
        return FixedPoints((), between, family=True)
    chi = arb(w) * mean_ball(activation, place, 1)
    closed = activation.closed(1)
    edge = closed is not None and isinstance(at, sp.Expr) and sp.simplify(sp.Rational(w) * closed.subs(Q, at) - 1) == 0
    top = FixedPoint(_exact(Fraction(1)), from_ball(chi), "attracting" if edge or chi < 1 else _stability(chi))
    if edge:  # C(c) > c below 1, since C is convex and no straight line
        top = FixedPoint(_exact(Fraction(1)), _exact(Fraction(1)), "attracting")
    if edge or chi < 1:
        return FixedPoints((top,), between)
    resting = _below_one(activation, place, w, b) if chi > 1 else None
    if resting is None:
        return FixedPoints((top,), between, undecided=(Enclosure(Fraction(0), Fraction(1)),))
    lower = FixedPoint(resting[0], from_ball(resting[1]), _stability(resting[1]))
    if b == 0 and _is_odd(activation):
        mirrored = FixedPoint(_exact(Fraction(-1)), from_ball(chi), _stability(chi))
        return FixedPoints((mirrored, lower, top), between)
    return FixedPoints((lower, top), between)


def _stability(multiplier: flint.arb) -> str:
    return "attracting" if abs(multiplier) < 1 else "repelling" if abs(multiplier) > 1 else "undecided"

