"""Points of simple fractions near which a function is lowest, by floats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from scipy.optimize import minimize

from symdyn.algebra.deadline import check_time
from symdyn.algebra.straight_line import jacobian_line, straight_line
from symdyn.certificate.witness.lyapunov import Ends
from symdyn.equilibria.exact_points import simple_points
from symdyn.numerics import numpy_backend

Floats = np.ndarray[Any, np.dtype[np.float64]]
_STARTS = 12
_WIDE = 3.0
_HUGE = 1e30


def lowest_points(
    function: sp.Expr, coords: Sequence[sp.Symbol], box: Sequence[Ends], *, starts: Floats | None = None
) -> Iterator[tuple[Fraction, ...]]:
    """Points of simple fractions beside minima of a function in a box, from several starts."""
    value = numpy_backend.lower(straight_line([function], coords))
    slope = numpy_backend.lower(jacobian_line([function], coords, coords))

    def at(x: Floats) -> float:
        with np.errstate(all="ignore"):  # a value that is none is far away
            found = float(np.asarray(value(x[:, None]))[0, 0, 0])
        return found if np.isfinite(found) else _HUGE

    def slope_at(x: Floats) -> Floats:
        with np.errstate(all="ignore"):  # a slope that is none leads nowhere
            return np.nan_to_num(np.asarray(slope(x[:, None]))[0, :, 0], nan=0.0, posinf=0.0, neginf=0.0)

    limits = [(None if a is None else float(a), None if b is None else float(b)) for a, b in box]
    seen: set[tuple[Fraction, ...]] = set()
    for start in (drawn(box, _STARTS) if starts is None else starts).T:
        check_time()
        with np.errstate(all="ignore"):  # steps beyond the range of floats end the search
            end = minimize(at, start, jac=slope_at, bounds=limits, method="L-BFGS-B").x
        for point in simple_points(end.tolist(), max(1.0, float(np.abs(end).max()))):
            if point not in seen:
                seen.add(point)
                yield point


def drawn(box: Sequence[Ends], count: int, *, seed: int = 0) -> Floats:
    """Random states (n, count) in a box, within a few units of 0 or of the end where a side has none."""
    rng = np.random.default_rng(seed)
    rows = []
    for low, high in box:
        below = float(low) if low is not None else (float(high) - 2 * _WIDE if high is not None else -_WIDE)
        above = float(high) if high is not None else below + 2 * _WIDE
        rows.append(rng.uniform(below, above, count))
    return np.asarray(rows)
