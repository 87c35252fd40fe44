"""E f(X) f(Y) in floats for many pairs of correlated Gaussian variables at once, by Mehler's series.

E f(X) f(Y) = sum_k c^k a_k(q) a_k(q'), a_k(q) = E f(sqrt(q) Z) h_k(Z) with normalized Hermite polynomials h_k: one
matrix of coefficients serves all pairs. What is left after K terms is at most |c|^K times the norms of what is left of
both; pairs for which that is too much, as those close to |c| = 1, are integrated in the plane.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from symdyn.errors import ModelError
from symdyn.numerics.arrays import Floats
from symdyn.numerics.gaussian.grids import REACH, Function, grid_mean, panels, trapezoid

_TERMS = 160
_REACH = 16.0  # of Hermite functions of that order, to the rounding unit
_MOST_LEVELS = 5


def pair_mean(
    function: Function,
    first: Floats,
    second: Floats,
    correlation: Floats,
    *,
    kinks: Sequence[float] = (),
    tolerance: float = 1e-12,
) -> Floats:
    """E f(X) f(Y), X and Y of the variances `first` and `second` and with that correlation.

    Parameters
    ----------
    function
        f on arrays.
    first, second, correlation
        Arrays that broadcast; correlations between -1 and 1.
    kinks
        Where f or a derivative jumps.
    tolerance
        Relative to 1 or to the norms of f(X) and f(Y).

    Examples
    --------
    >>> pair_mean(np.sin, np.array(1.0), np.array(1.0), np.array([0.5])) - np.exp(-1) * np.sinh(0.5) < 1e-15
    array([ True])
    """
    p, q, c = (np.asarray(part, dtype=float) for part in np.broadcast_arrays(first, second, correlation))
    shape, p, q, c = p.shape, p.ravel(), q.ravel(), c.ravel()
    variances, places = np.unique(np.concatenate([p, q]), return_inverse=True)
    squares = grid_mean(lambda x: function(x) ** 2, variances, kinks=kinks)
    left, right = places[: len(p)], places[len(p) :]
    scale = tolerance * np.maximum(1.0, np.sqrt(squares[left] * squares[right]))
    coefficients = hermite_coefficients(function, variances, kinks)
    rest = np.maximum(squares - (coefficients**2).sum(axis=1), 0) + 1e-16 * squares
    beyond = np.abs(c) ** _TERMS * np.sqrt(rest[left] * rest[right])
    found = np.zeros_like(c)
    power = np.ones_like(c)
    for k in range(_TERMS):
        found += power * coefficients[left, k] * coefficients[right, k]
        power *= c
    same = (c == 1) & (p == q)
    found[same] = squares[left[same]]
    open_ = np.flatnonzero(~same & (beyond > scale))
    for place in open_:
        found[place] = _in_the_plane(function, p[place], q[place], c[place], kinks, scale[place])
    return found.reshape(shape)


def hermite_coefficients(function: Function, variances: Floats, kinks: Sequence[float]) -> Floats:
    """a_k(q) = E f(sqrt(q) Z) h_k(Z) for positive variances (n,), shape (n, terms)."""
    found = np.empty((len(variances), _TERMS))
    if not len(kinks):
        z, _, _ = trapezoid(1, _REACH)
        basis = _hermite_functions(z) * np.exp(-(z**2) / 4) * (z[1] - z[0]) / np.sqrt(2 * np.pi)
        step = max(1, 4_000_000 // len(z))
        for k in range(0, len(variances), step):
            found[k : k + step] = function(np.sqrt(variances[k : k + step, None]) * z) @ basis.T
        return found
    u, weight = panels(40)
    for k, variance in enumerate(variances):
        inner = [kink / np.sqrt(variance) for kink in sorted(kinks)] if variance > 0 else []
        ends = np.clip([-_REACH, *inner, _REACH], -_REACH, _REACH)
        z = np.concatenate([low + (high - low) * u for low, high in zip(ends, ends[1:], strict=False)])
        w = np.concatenate([(high - low) * weight for low, high in zip(ends, ends[1:], strict=False)])
        values = function(np.sqrt(variance) * z) * w * np.exp(-(z**2) / 4) / np.sqrt(2 * np.pi)
        found[k] = _hermite_functions(z) @ values
    return found


def _hermite_functions(z: Floats) -> Floats:
    """h_k(z) exp(-z^2/4), k below the number of terms: bounded, so that nothing overflows."""
    rows = [np.exp(-(z**2) / 4)]
    rows.append(z * rows[0])
    for k in range(1, _TERMS - 1):
        rows.append((z * rows[k] - np.sqrt(k) * rows[k - 1]) / np.sqrt(k + 1))
    return np.array(rows)


def _in_the_plane(function: Function, p: float, q: float, c: float, kinks: Sequence[float], allowed: float) -> float:
    before = None
    for level in range(_MOST_LEVELS):
        value = (_kinked if len(kinks) else _smooth)(function, p, q, c, kinks, level)
        if before is not None and abs(value - before) <= allowed * 10**level:
            return value
        before = value
    raise ModelError("the quadrature in the plane did not settle: the function is not smooth, say where its kinks are")


def _smooth(function: Function, p: float, q: float, c: float, _: Sequence[float], level: int) -> float:
    steps = 128 * 2**level
    z = np.linspace(-REACH, REACH, steps + 1)
    weight = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (2 * REACH / steps)
    inner = np.array([function(np.sqrt(q) * (c * one + np.sqrt(max(0.0, 1 - c * c)) * z)) @ weight for one in z])
    return float((function(np.sqrt(p) * z) * inner) @ weight)


def _kinked(function: Function, p: float, q: float, c: float, kinks: Sequence[float], level: int) -> float:
    """Outer places crowd at the kinks, where the inner mean bends within a width of sqrt(1 - c^2)."""
    spread = np.sqrt(max(0.0, 1 - c * c))
    turns = sorted({float(kink / np.sqrt(p)) for kink in kinks} | {float(kink / (c * np.sqrt(q))) for kink in kinks})
    u, weight = _graded(12 * 2**level)
    z, w = _pieces(np.array([-REACH, *np.clip(turns, -REACH, REACH), REACH])[None], u, weight)
    outer, outer_weight = z[0], w[0] * np.exp(-(z[0] ** 2) / 2) / np.sqrt(2 * np.pi)
    fine, fine_weight = panels(6 * 2**level)
    total = 0.0
    for part in range(0, len(outer), 512):
        x = outer[part : part + 512]
        places = [np.full_like(x, -REACH)]
        for kink in sorted(kinks):
            at = (kink / np.sqrt(q) - c * x) / spread if spread > 0 else np.sign(kink / np.sqrt(q) - c * x) * REACH
            places.append(np.clip(at, -REACH, REACH))
        places.append(np.full_like(x, REACH))
        y, v = _pieces(np.stack(places, axis=1), fine, fine_weight)
        inner = function(np.sqrt(q) * (c * x[:, None] + spread * y)) * np.exp(-(y**2) / 2) / np.sqrt(2 * np.pi)
        total += float((function(np.sqrt(p) * x) * (inner * v).sum(axis=1)) @ outer_weight[part : part + 512])
    return total


def _graded(number: int) -> tuple[Floats, Floats]:
    """Gauss's rule on parts of [0, 1] that halve towards both ends."""
    edges = 0.5 ** np.arange(number, 0, -1)
    edges = np.concatenate([[0.0], edges, 1 - edges[-2::-1], [1.0]])
    nodes, weights = np.polynomial.legendre.leggauss(16)
    widths = np.diff(edges)
    return (edges[:-1, None] + widths[:, None] * (nodes + 1) / 2).ravel(), (widths[:, None] * weights / 2).ravel()


def _pieces(ends: Floats, u: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Places and weights between neighbours among the ends of each row, (rows, places)."""
    widths = np.diff(ends, axis=1)
    places = ends[:, :-1, None] + widths[:, :, None] * u
    return places.reshape(len(ends), -1), (widths[:, :, None] * weight).reshape(len(ends), -1)
