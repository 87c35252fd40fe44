"""How fast a sequence converges: measured from its values, and how many steps a rate needs. Angles in radians."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.errors import ModelError

_ROUNDING = 1e-10  # below it, what is left of a tangent is rounding


def geometric_rate(values: npt.ArrayLike) -> float | None:
    """Factor per step of positive values, over the last fifth of those that stand above rounding; None if too few do.

    Examples
    --------
    >>> geometric_rate([0.5**k for k in range(100)])
    0.5
    """
    x = np.asarray(values, dtype=np.float64)
    known = np.isfinite(x)
    kept = known & (x > _ROUNDING * x.max(initial=0.0, where=known))
    above = x[: int(np.argmin(np.append(kept, False)))]
    span = len(above) // 5
    return float((above[-1] / above[-1 - span]) ** (1 / span)) if span else None


def power_exponent(values: npt.ArrayLike) -> float | None:
    """Exponent e of values ~ t^e, t = 0, 1, 2, ..., from their last half; None if they are not positive there."""
    x = np.asarray(values, dtype=np.float64)
    last, half = len(x) - 1, (len(x) - 1) // 2
    if half < 1 or not (np.isfinite(x[[half, last]]).all() and (x[[half, last]] > 0).all()):
        return None
    return float(np.log(x[last] / x[half]) / np.log(last / half))


def turn_per_step(path: npt.ArrayLike) -> float:
    """Mean turn of a path in the plane, shape (T, 2), over its last half: between 0 and pi."""
    x = np.asarray(path, dtype=np.float64)
    angles = np.unwrap(np.arctan2(x[:, 1], x[:, 0]))[len(x) // 2 :]
    return float(abs(angles[-1] - angles[0]) / (len(angles) - 1))


def steps_needed(start: Any, target: Any, ratio: Any) -> int:
    """Steps that bring an angle from `start` to `target` where each multiplies its tangent by `ratio`.

    Raises
    ------
    ModelError
        If the ratio is not in (0, 1), or an angle not in (0, pi/2).

    Examples
    --------
    >>> steps_needed(sp.pi/4, sp.atan(sp.Rational(1, 8)), sp.Rational(1, 2))
    3
    """
    angles, factor = [sp.S.Zero + start, sp.S.Zero + target], sp.S.Zero + ratio
    if not 0 < factor < 1:
        raise ModelError(f"the ratio is {factor}: steps can be counted for a ratio between 0 and 1 only")
    if not all(0 < angle < sp.pi / 2 for angle in angles):
        raise ModelError(f"the angles are {angles}: give angles between 0 and pi/2, in radians")
    distance = sp.log(sp.tan(angles[0]) / sp.tan(angles[1])) / -sp.log(factor)
    whole = round(float(distance))
    # where the quotient of logarithms is a whole number, floats would round up one step too many
    exact = sp.simplify(sp.tan(angles[1]) - sp.tan(angles[0]) * factor**whole) == 0
    return max(0, whole if exact else int(sp.ceiling(distance.evalf(30))))
