"""E f(X) f(Y) in a ball, X and Y Gaussian of one variance and a correlation: an integral of integrals, each in balls.

Y = c X + sqrt(1 - c^2) T: for each X the inner mean is an analytic function of X, kinks of f included, since the places
where its pieces meet move along. Both variables are cut off at a radius, and what lies beyond is bounded.
"""

from __future__ import annotations

import math

import flint
import sympy as sp

from symdyn.errors import ModelError
from symdyn.numerics.analytic import Analytic
from symdyn.numerics.gaussian.balls import Pieces, ball_mean, compiled
from symdyn.numerics.integrals import ball, growth

_WIDE = 1e-6
_MOST_EVALUATIONS = 4000
_EVALUATIONS_ON_WIDE_BALLS = 200


def ball_pair_mean(pieces: Pieces, symbol: sp.Symbol, variance: flint.arb, c: flint.arb, *, digits: int) -> flint.arb:
    """E f(X) f(Y) in a ball.

    Parameters
    ----------
    pieces
        Of f, over the whole line, none of which grows faster than linearly when it is continued.
    symbol
        The variable of the formulas.
    variance
        q > 0, of both.
    c
        The correlation, from -1 to 1.
    digits
        After the first.

    Raises
    ------
    ModelError
        If how a piece grows is not known.
    """
    if c == 1:
        return ball_mean([(low, high, f**2) for low, high, f in pieces], symbol, variance, digits=digits)
    if c == -1:
        return ball_mean(_mirrored_product(pieces, symbol), symbol, variance, digits=digits)
    with flint.ctx.workprec(math.ceil(3.33 * digits) + 40):
        return _Plane(pieces, symbol, variance, c, digits).value()


def _mirrored_product(pieces: Pieces, symbol: sp.Symbol) -> list[tuple[sp.Expr, sp.Expr, sp.Expr]]:
    """Pieces of f(x) f(-x)."""
    ends = {end for low, high, _ in pieces for end in (low, high, -low, -high)}
    ordered = sorted(ends, key=lambda end: float(end) if end.is_finite else math.inf if end > 0 else -math.inf)

    def of(low: sp.Expr, high: sp.Expr) -> sp.Expr:
        return next(f for left, right, f in pieces if left <= low and high <= right)

    return [
        (low, high, of(low, high) * of(-high, -low).subs(symbol, -symbol))
        for low, high in zip(ordered, ordered[1:], strict=False)
    ]


class _Plane:
    """The double integral, z and t in units of the deviation."""

    def __init__(self, pieces: Pieces, symbol: sp.Symbol, q: flint.arb, c: flint.arb, digits: int) -> None:
        self.scale, self.c = q.sqrt(), c
        self.spread = (1 - c * c).sqrt()
        self.tolerance = 10.0**-digits
        self.functions: list[Analytic] = [compiled(f, symbol) for _, _, f in pieces]
        self.joints = [ball(low) for low, _, _ in pieces[1:]]
        self.density = 1 / (2 * flint.arb.pi()).sqrt()
        self.radius, self.beyond = self._cut(pieces, symbol)

    def _cut(self, pieces: Pieces, symbol: sp.Symbol) -> tuple[flint.arb, flint.arb]:
        """Where |f| <= A + B |z| for every piece, what lies beyond R is at most this many times the density at R."""
        A, B = flint.arb(0), flint.arb(0)
        for _, _, f in pieces:
            bound = growth(f, symbol)
            if bound is None or any(rate > 0 or (power > 1 and decay <= 0) for _, power, rate, decay in bound):
                raise ModelError(f"{f} is not seen to grow linearly at most: give arrays, for which floats are known")
            for K, power, _, decay in bound:
                if decay > 0 and power:  # x^k exp(-d x^2) <= (k/(2 d e))^(k/2)
                    A += ball(K * (power / (2 * decay * sp.E)) ** sp.Rational(power, 2))
                elif power == 1:
                    B += ball(K) * self.scale
                else:
                    A += ball(K)
        radius = math.sqrt(2 * -math.log(self.tolerance)) + 1
        both = A + B
        factor = 2 * (len(pieces) + 1) * (2 * both * both / flint.arb(radius) + 2 * B * both)
        return flint.arb(radius), (factor * (-flint.arb(radius) ** 2 / 2).exp() * self.density).upper()

    def value(self) -> flint.arb:
        """The mean."""
        total = flint.arb(0)
        ends = [-self.radius, *(joint / self.scale for joint in self.joints), self.radius]
        for k, function in enumerate(self.functions):
            low, high = ends[k], ends[k + 1]

            def outer(z: flint.acb, must: bool, function: Analytic = function) -> flint.acb:
                first = function(self.scale * z, must)
                return first * self._inner(z, must) * (-(z * z) / 2).exp() * self.density

            if low < self.radius and high > -self.radius:
                found = flint.acb.integral(
                    outer, flint.acb(low), flint.acb(high), abs_tol=flint.arb(self.tolerance / 8)
                )
                total += flint.arb(found.real)
            # a joint beyond the radius costs no more than what is already bounded
        return total + flint.arb(0, float(self.beyond) * 1.0000001)

    def _inner(self, z: flint.acb, must: bool) -> flint.acb:
        shift = self.c * z
        wide = max(float(z.real.rad()), float(z.imag.rad())) > _WIDE
        allowed, relative = (0.1, 0.1) if wide else (self.tolerance / 64, self.tolerance / 1024)
        most = _EVALUATIONS_ON_WIDE_BALLS if wide else _MOST_EVALUATIONS
        joints = [(joint / self.scale - shift) / self.spread for joint in self.joints]
        ends = [flint.acb(-self.radius), *joints, flint.acb(self.radius)]
        total = flint.acb(0)
        for function, low, high in zip(self.functions, ends, ends[1:], strict=False):

            def weighted(t: flint.acb, analytic: bool, function: Analytic = function) -> flint.acb:
                # analytic in z as well as in t
                value = function(self.scale * (shift + self.spread * t), must or analytic)
                return value * (-(t * t) / 2).exp()

            part = flint.acb.integral(
                weighted, low, high, abs_tol=flint.arb(allowed), rel_tol=flint.arb(relative), eval_limit=most
            )
            total += flint.acb(part)
        return total * self.density
