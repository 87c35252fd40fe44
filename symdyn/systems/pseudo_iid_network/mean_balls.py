"""V, D and their derivatives in balls: by closed forms where these are known, else by integrals."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import flint
import sympy as sp

from symdyn.numerics.analytic import Analytic, analytic
from symdyn.numerics.enclosed_number import Enclosure
from symdyn.numerics.gaussian.balls import ball_mean
from symdyn.systems.pseudo_iid_network.activation import Activation, Q, X
from symdyn.systems.pseudo_iid_network.numbers import DIGITS

_DIGITS_ON_BALLS = 4


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


def exact_enclosure(value: Fraction) -> Enclosure:
    return Enclosure(value, value)
