"""Entropic transport: Sinkhorn's iteration, with potentials that take in its factors, so that nothing underflows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, real_array, whole
from symdyn.numerics.transport.plans import float_masses

_ROUNDOFF = float(np.finfo(float).eps)
_LEAST = 1e-150
_WIDEST = 300.0


@dataclass(frozen=True, kw_only=True)
class EntropicPlan:
    """The plan P = a b^T e^{(f + g - C)/epsilon}.

    Parameters
    ----------
    plan
        (n, m).
    value
        <C, P>, without the entropy.
    objective
        <C, P> + epsilon KL(P | a b^T).
    potentials
        f (n,) and g (m,): give them as `start` for a near epsilon or cost.
    marginal_error
        Largest difference of a sum of rows from a, those of columns are exact up to rounding.
    iterations
        How many there were.
    converged
        Whether the error is within the tolerance.
    """

    plan: Floats
    value: float
    objective: float
    potentials: tuple[Floats, Floats] = field(repr=False)
    marginal_error: float
    iterations: int
    converged: bool

    verdict = Verdict.OBSERVED


def entropic_plan(
    cost: Any,
    epsilon: float,
    a: Any = None,
    b: Any = None,
    *,
    start: Any = None,
    tolerance: float = 1e-9,
    max_iterations: int = 10_000,
) -> EntropicPlan:
    """The minimiser of <C, P> + epsilon KL(P | a b^T) over plans with masses a and b.

    Parameters
    ----------
    cost
        C, (n, m).
    epsilon
        Above 0.
    a, b
        Masses, uniform unless given; atoms of mass 0 are left out.
    start
        Potentials (f, g) of an earlier run.
    tolerance
        Of the sums of the plan, for their largest difference from the masses.
    max_iterations
        After which the answer says that it has not converged.

    Raises
    ------
    ModelError, ShapeError
        If shapes do not fit, or epsilon is so small that rounding the potentials spoils the tolerance.

    Examples
    --------
    >>> found = entropic_plan([[0.0, 1.0], [1.0, 0.0]], 0.5)
    >>> found.converged, bool(abs(found.plan[0, 0] - 0.5 / (1 + np.exp(-2))) < 1e-12)
    (True, True)
    """
    costs = real_array(cost, "the matrix of costs", ndim=2)
    n, m = costs.shape
    first, second = float_masses(a, n, "a"), float_masses(b, m, "b")
    size = float(costs.max() - costs.min())
    _check(epsilon, tolerance, size)
    whole(max_iterations, "the number of iterations", least=1)
    f, g = _started(start, n, m)
    rows, columns = first > 0, second > 0
    C, p, q = costs[np.ix_(rows, columns)], first[rows], second[columns]
    shift = float(C.min())
    C, f, g = C - shift, f[rows] - shift, g[columns]
    f, g, iterations = _sinkhorn(C, float(epsilon), p, q, f, g, tolerance, max_iterations)
    small = p[:, None] * q * np.exp((f[:, None] + g - C) / epsilon)
    error = float(np.abs(small.sum(axis=1) - p).max())
    plan, whole_f, whole_g = np.zeros((n, m)), np.zeros(n), np.zeros(m)
    plan[np.ix_(rows, columns)], whole_f[rows], whole_g[columns] = small, f + shift, g
    value = float((small * (C + shift)).sum())
    entropy = float((small * (f[:, None] + g - C)).sum() - epsilon * (small.sum() - 1))
    return EntropicPlan(
        plan=plan,
        value=value,
        objective=value + entropy,
        potentials=(whole_f, whole_g),
        marginal_error=error,
        iterations=iterations,
        converged=error <= tolerance,
    )


def _check(epsilon: Any, tolerance: Any, size: float) -> None:
    for value, what in ((epsilon, "epsilon"), (tolerance, "the tolerance")):
        if isinstance(value, bool) or not isinstance(value, int | float | np.floating) or not 0 < value < np.inf:
            raise ModelError(f"{what} is {came(value)}: give a number above 0")
    least = 4 * _ROUNDOFF * size / tolerance
    if epsilon < least:
        raise ModelError(
            f"epsilon is {epsilon:g}, and costs that differ by {size:g} round to a marginal error above {tolerance:g}: "
            f"the smallest usable epsilon is {least:.2g}"
        )


def _started(start: Any, n: int, m: int) -> tuple[Floats, Floats]:
    if start is None:
        return np.zeros(n), np.zeros(m)
    f, g = (real_array(one, "a potential to start from", ndim=1) for one in start)
    if len(f) != n or len(g) != m:
        raise ShapeError(f"potentials of {len(f)} and {len(g)} numbers came for costs {(n, m)}: give one for each side")
    return f, g


def _sinkhorn(
    C: Floats, epsilon: float, p: Floats, q: Floats, f: Floats, g: Floats, tolerance: float, most: int
) -> tuple[Floats, Floats, int]:
    """Factors of one kernel matrix, several times faster than logarithms; potentials take them in where they grow.

    A step in logarithms comes before a kernel that is too wide, so that no column of it underflows; where a row does,
    the next step is in logarithms again.
    """
    log_p, log_q = np.log(p), np.log(q)
    number = 0
    exponents = (f[:, None] + g - C) / epsilon
    is_narrow = float(np.abs(exponents).max()) < _WIDEST
    while number < most:
        if not is_narrow:
            f = -epsilon * _log_sum((g - C) / epsilon + log_q, axis=1)
            g = -epsilon * _log_sum((f[:, None] - C) / epsilon + log_p[:, None], axis=0)
            number += 1
            exponents = (f[:, None] + g - C) / epsilon
        is_narrow = False
        kernel = np.exp(exponents) * p[:, None] * q
        u, v = np.ones_like(p), np.ones_like(q)
        while True:
            rows = kernel @ v
            if np.abs(u * rows - p).max() <= tolerance or number >= most:
                return f + epsilon * np.log(u), g + epsilon * np.log(v), number
            if not rows.min() > _LEAST:
                break
            u_next = p / rows
            columns = kernel.T @ u_next
            if not (columns.min() > _LEAST and u_next.max() < 1 / _LEAST and columns.max() < 1 / _LEAST):
                break
            u, v = u_next, q / columns
            number += 1
        f, g = f + epsilon * np.log(u), g + epsilon * np.log(v)
    return f, g, number


def _log_sum(exponents: Floats, axis: int) -> Floats:
    top = exponents.max(axis=axis, keepdims=True)
    return np.asarray(np.log(np.exp(exponents - top).sum(axis=axis)) + top.squeeze(axis))
