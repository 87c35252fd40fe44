"""Fixed points of the variance map, all of them, enclosed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.items import Items
from symdyn.errors import ModelError
from symdyn.numerics.enclosed_number import Enclosure, from_ball
from symdyn.numerics.gaussian.balls import compiled
from symdyn.numerics.integrals import ball, growth
from symdyn.numerics.scalar_roots import ball_roots
from symdyn.systems.pseudo_iid_network.activation import Activation, Q, X, read_activation
from symdyn.systems.pseudo_iid_network.mean_balls import exact_enclosure, mean_ball
from symdyn.systems.pseudo_iid_network.numbers import DIGITS, arb, rational
from symdyn.systems.pseudo_iid_network.resting import correlation_scale

#: How far fixed points are looked for where nothing bounds them.
FAR = Fraction(100)
_SMALL = Fraction(1, 2**40)
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
class VarianceFixedPoints(Items):
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
    activation.need_pieces()
    homogeneous = _of_a_multiple(activation, w, b)
    if homogeneous is not None:
        return homogeneous
    if w == 0:
        items = _points(activation, [exact_enclosure(b)] if b else [], w, b)
        return VarianceFixedPoints(items, Enclosure(Fraction(0), b + 1))
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
    items = _points(phi, [exact_enclosure(point)], w, b)
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
    at_zero = next(f for low, high, f in pieces if bool(low <= 0) and bool(high > 0)).subs(X, 0)
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
                return flint.arb("inf")
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
                correlation_depth_scale=correlation_scale(phi, q, chi, w, b) if scales or chi < 1 else None,
                stability=stability,
            )
        )
    return tuple(items)


def resting_variance(phi: Activation, w: sp.Expr, b: sp.Expr) -> Any:
    """The attracting fixed point of the variance map; 1 where every variance is one.

    Raises
    ------
    ModelError
        If there is none.
    """
    found = fixed_points(phi, w, b, scales=False)
    if found.families:
        return sp.S.One
    resting = [point for point in found if point.stability == "attracting"]
    if not resting:
        raise ModelError(
            f"the variance map has no attracting fixed point above 0 at weight variance {w}, bias variance {b}: give q"
        )
    return resting[-1].q
