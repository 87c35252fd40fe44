"""What maps of a layer are made of: V, D and means of pairs, in floats and in balls."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.numerics.analytic import evaluate
from symdyn.numerics.arrays import Floats
from symdyn.numerics.backends import numpy_backend
from symdyn.numerics.gaussian.grids import grid_mean
from symdyn.numerics.gaussian.pairs import pair_mean
from symdyn.numerics.gaussian.planes import ball_pair_mean
from symdyn.systems.pseudo_iid_network.activation import Q2, Activation, C, Q, X
from symdyn.systems.pseudo_iid_network.numbers import DIGITS

_ROUGH = 1e-6


def mean_square_floats(phi: Activation, q: Floats, order: int) -> Floats:
    """V or D for an array of variances from 0."""
    function = phi.in_floats(order)
    tolerance = {} if phi.is_known_piecewise else {"rtol": _ROUGH}
    return grid_mean(lambda x: function(x) ** 2, q, kinks=phi.places, **tolerance)


def slope_floats(phi: Activation, q: Floats, order: int) -> Floats:
    """dV/dq or dD/dq for an array of variances above 0: E f (Z^2 - 1)/(2 q)."""
    function = phi.in_floats(order)
    tolerance = {} if phi.is_known_piecewise else {"rtol": _ROUGH}
    scale = np.sqrt(q)
    found = np.empty_like(q)
    for place in np.ndindex(q.shape):  # the weight is a function of z = x/sqrt(q), so each variance has its own
        s = scale[place]
        one = np.array([q[place]])
        found[place] = grid_mean(partial(_with_weight, function, float(s)), one, kinks=phi.places, **tolerance)[0]
    return found


def _with_weight(function: Callable[[Floats], Floats], scale: float, x: Floats) -> Floats:
    """f(x)^2 (x^2/q - 1)/(2 q), q = scale^2."""
    return np.asarray(function(x) ** 2 * ((x / scale) ** 2 - 1) / (2 * scale * scale))


@lru_cache(maxsize=128)
def with_equal_variances(closed: sp.Expr) -> sp.Expr:
    """With both variances equal."""
    return sp.simplify(closed.subs(Q2, Q)) if closed.count_ops() < 80 else closed.subs(Q2, Q)


def pair_floats(phi: Activation, first: Any, second: Any, c: Any, order: int) -> Floats:
    """E phi(u) phi(v) for arrays of two variances and a correlation."""
    p, q, angle = (np.asarray(part, dtype=float) for part in np.broadcast_arrays(first, second, c))
    closed = phi.closed(order, pair=True)
    if closed is not None:
        run = numpy_backend.lower(straight_line([closed], (Q, Q2, C)))
        inside = np.clip(angle, -1 + 1e-15, 1 - 1e-15)  # some formulas have 0/0 at the ends
        with np.errstate(all="ignore"):
            return np.asarray(run(np.stack([p.ravel(), q.ravel(), inside.ravel()]))[0, 0]).reshape(p.shape)
    if not phi.is_known_piecewise:
        return pair_mean(phi.in_floats(order), p, q, angle, tolerance=_ROUGH)
    return pair_mean(phi.in_floats(order), p, q, angle, kinks=phi.places)


def pair_ball(phi: Activation, q: flint.arb, c: flint.arb, order: int = 0, *, digits: int = DIGITS) -> flint.arb:
    """E phi(u) phi(v), or of the derivatives, in a ball: by the closed form where one is known."""
    closed = phi.closed(order, pair=True)
    if closed is not None and abs(c) < 1:
        formula = with_equal_variances(closed)
        program = straight_line([formula], (Q, C))
        with flint.ctx.workprec(round(3.33 * digits) + 60):
            return flint.arb(evaluate(program, [flint.acb(q), flint.acb(c)], False)[0].real)
    return ball_pair_mean(phi.piecewise(order), X, q, c, digits=digits)
