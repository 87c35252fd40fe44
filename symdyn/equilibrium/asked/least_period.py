"""The least period of a candidate point of a map: seen in balls, for the caller to prove."""

from __future__ import annotations

from collections.abc import Sequence

import flint
import sympy as sp

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.dynamics.iteration import Iteration
from symdyn.numerics.backends import ball_backend

_LONGEST = 24
_BITS = 400  # bits that chaos spends: one or two for each step
_CLOSE = 1e-30


def likely_period(base: Iteration, point: Sequence[sp.Expr]) -> int | None:
    """After how many steps a point without symbols comes back in balls; None if it does not in the first 24.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> likely_period(Iteration((x,), [4 * x * (1 - x)]), [(5 + sp.sqrt(5)) / 8])
    2
    """
    with flint.ctx.workprec(_BITS):
        try:
            start = [row[0] for row in ball_backend.lower(straight_line(list(point), ()))([]).tolist()]
            step = ball_backend.lower(straight_line(list(base.update), base.coords))
            state = start
            for number in range(1, _LONGEST + 1):
                state = [row[0] for row in step(state).tolist()]
                gaps = [abs(x - y) for x, y in zip(state, start, strict=True)]
                if all(gap < _CLOSE for gap in gaps):
                    return number
                if not any(gap > _CLOSE for gap in gaps):  # not certainly apart: no later period is the least
                    return None
        except (ZeroDivisionError, ValueError):
            pass
    return None
