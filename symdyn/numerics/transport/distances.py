"""Wasserstein distances: of atoms, exactly on the line where they are exact, and of Gaussians in closed form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, real_array
from symdyn.numerics.transport.plans import exact_fraction, exact_masses, float_masses, least_plan


def wasserstein(x: Any, y: Any, *, order: Any = 2, a: Any = None, b: Any = None) -> Any:
    """The Wasserstein distance of two sets of atoms for the Euclidean distance.

    Parameters
    ----------
    x, y
        Atoms (n, d) and (m, d), or (n,) and (m,) on the line, where sorting solves it. Lists of Fractions or SymPy
        rationals on the line give an exact answer.
    order
        From 1.
    a, b
        Masses; uniform unless given.

    Raises
    ------
    ModelError, ShapeError
        As `transport_plan`, and if the order is below 1 or the dimensions differ.

    Examples
    --------
    >>> wasserstein([0.0, 1.0], [0.0, 3.0], order=1)
    1.0
    >>> wasserstein([sp.Rational(1, 2)], [0, 1], order=1)
    1/2
    """
    if isinstance(order, bool) or not isinstance(order, int | float) or not order >= 1:
        raise ModelError(f"the order is {came(order)}: give a number from 1")
    exact = _on_the_line(x, y, a, b)
    if exact is not None:
        return _exact_distance(*exact, order)
    first, second = (real_array(atoms, "the list of atoms", ndim=(1, 2)) for atoms in (x, y))
    first, second = (one[:, None] if one.ndim == 1 else one for one in (first, second))
    if not first.size or not second.size or first.shape[1] != second.shape[1]:
        raise ShapeError(f"atoms of shapes {first.shape} and {second.shape} came: give (n, d) and (m, d)")
    if first.shape[1] == 1:
        return float(_line_cost(first[:, 0], second[:, 0], a, b, order) ** (1 / order))
    square = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2 * first @ second.T
    # cancellation leaves what is near zero wrong by the square of the size: those pairs are computed again
    near = np.nonzero(square < 1e-8 * (1 + square.max()))
    square[near] = ((first[near[0]] - second[near[1]]) ** 2).sum(axis=1)
    plan = least_plan(square ** (order / 2), float_masses(a, len(first), "a"), float_masses(b, len(second), "b"))
    return float((plan * square ** (order / 2)).sum() ** (1 / order))


def _line_cost(x: Floats, y: Floats, a: Any, b: Any, order: float) -> float:
    """The integral of |difference of quantiles|^order."""
    if a is None and b is None and len(x) == len(y):
        return float((np.abs(np.sort(x) - np.sort(y)) ** order).mean())
    quantiles = []
    for atoms, masses, name in ((x, a, "a"), (y, b, "b")):
        places = np.argsort(atoms, kind="stable")
        heights = np.cumsum(float_masses(masses, len(atoms), name)[places])
        heights[-1] = 1.0
        quantiles.append((atoms[places], heights))
    levels = np.sort(np.concatenate([heights for _, heights in quantiles]))
    widths = np.diff(levels, prepend=0.0)
    values = [atoms[np.minimum(np.searchsorted(heights, levels), len(atoms) - 1)] for atoms, heights in quantiles]
    return float(widths @ np.abs(values[0] - values[1]) ** order)


def line_distances(places: Any, masses: Any, other_places: Any, other_masses: Any) -> Floats:
    """W_1 of pairs of measures on the line, (count,): the integrals of the differences of distribution functions.

    Parameters
    ----------
    places, masses
        (count, n), a measure in each row; atoms may have the mass 0.
    other_places, other_masses
        (count, m).

    Raises
    ------
    ShapeError
        If shapes do not fit.

    Examples
    --------
    >>> line_distances([[0.0, 1.0]], [[0.5, 0.5]], [[2.0]], [[1.0]]).tolist()
    [1.5]
    """
    given = (places, masses, other_places, other_masses)
    x, a, y, b = (real_array(part, "a table of measures", ndim=2) for part in given)
    if x.shape != a.shape or y.shape != b.shape or len(x) != len(y):
        shapes = ", ".join(str(part.shape) for part in (x, a, y, b))
        raise ShapeError(f"tables of shapes {shapes} came: give (count, n) twice and (count, m) twice")
    every = np.concatenate([x, y], axis=1)
    order = np.argsort(every, axis=1)
    heights = np.cumsum(np.take_along_axis(np.concatenate([a, -b], axis=1), order, axis=1), axis=1)
    gaps = np.diff(np.take_along_axis(every, order, axis=1), axis=1)
    return np.asarray((np.abs(heights[:, :-1]) * gaps).sum(axis=1))


_Side = list[tuple[Fraction, Fraction]]


def _on_the_line(x: Any, y: Any, a: Any, b: Any) -> tuple[_Side, _Side] | None:
    """Sorted atoms with masses where all is exact, some number says that it is meant so, and the dimension is 1."""
    sides, said = [], False
    for atoms, masses, name in ((x, a, "a"), (y, b, "b")):
        listed = list(atoms) if isinstance(atoms, list | tuple | sp.MatrixBase) else None
        if listed is None or (isinstance(atoms, sp.MatrixBase) and atoms.cols != 1):
            return None
        flat = [one[0] if isinstance(one, list | tuple) and len(one) == 1 else one for one in listed]
        shares = [] if masses is None else list(masses)
        if not flat or not all(_is_exact(one) for one in (*flat, *shares)):
            return None
        said = said or any(isinstance(one, Fraction | sp.Basic) for one in (*flat, *shares))
        places = [exact_fraction(one, "an atom") for one in flat]
        sides.append(sorted(zip(places, exact_masses(masses, len(places), name))))
    return (sides[0], sides[1]) if said else None


def _is_exact(value: Any) -> bool:
    return isinstance(value, int | np.integer | Fraction | sp.Rational) and not isinstance(value, bool)


def _exact_distance(first: Sequence[tuple[Fraction, Fraction]], second: _Side, order: float) -> sp.Expr:
    """The north-west corner of sorted atoms is the optimal plan on the line."""
    power = sp.nsimplify(order)
    total, i, j = sp.S.Zero, 0, 0
    left, right = first[0][1], second[0][1]
    while True:
        moved = min(left, right)
        gap = abs(first[i][0] - second[j][0])
        total += sp.Rational(moved.numerator, moved.denominator) * sp.Rational(gap.numerator, gap.denominator) ** power
        left, right = left - moved, right - moved
        if left == 0:
            i += 1
            if i == len(first):
                return total ** (1 / power)
            left = first[i][1]
        if right == 0:
            j += 1
            if j == len(second):
                return total ** (1 / power)
            right = second[j][1]


def gaussian_wasserstein(m: Any, S: Any, m2: Any, S2: Any) -> Any:
    """The Wasserstein distance of order 2 of two Gaussians: |m - m2|^2 + tr(S + S2 - 2 (S S2)^(1/2)) is its square.

    Parameters
    ----------
    m, m2
        Means (d,), or numbers.
    S, S2
        Covariances (d, d), or variances.

    Returns
    -------
    float, or a SymPy expression
        SymPy in: a formula, for eigenvalues of S S2 that SymPy finds.

    Raises
    ------
    ModelError, ShapeError
        If a covariance is not symmetric or has a negative eigenvalue, or shapes do not fit.

    Examples
    --------
    >>> a, b = sp.symbols("a b", positive=True)
    >>> sp.simplify(gaussian_wasserstein(0, a**2, 3, b**2) ** 2 - (9 + (a - b) ** 2))
    0
    >>> gaussian_wasserstein([0, 0], [[1, 0], [0, 4]], [3, 0], [[4, 0], [0, 4]]) == math.sqrt(10)
    True
    """
    if any(isinstance(part, sp.Basic | sp.MatrixBase) for part in (m, S, m2, S2)):
        return _gaussian_formula(m, S, m2, S2)
    means = [np.atleast_1d(real_array(one, "a mean", ndim=(0, 1))) for one in (m, m2)]
    covariances = [np.atleast_2d(real_array(one, "a covariance", ndim=(0, 2))) for one in (S, S2)]
    d = len(means[0])
    if len(means[1]) != d or any(one.shape != (d, d) for one in covariances):
        raise ShapeError(f"means of {d} numbers came with other shapes: give (d,) and (d, d) for both")
    roots = []
    for one in covariances:
        values, vectors = np.linalg.eigh(one)
        scale = float(np.abs(one).max())
        if np.abs(one - one.T).max() > 1e-12 * (1 + scale) or values[0] < -1e-12 * (1 + scale):
            raise ModelError("a covariance is not symmetric with eigenvalues from 0: give one that is")
        roots.append((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)
    mixed = np.linalg.svd(roots[0] @ roots[1], compute_uv=False).sum()
    spread = sum(float(np.trace(one)) for one in covariances) - 2 * float(mixed)
    return math.sqrt(max(float(((means[0] - means[1]) ** 2).sum()) + spread, 0.0))


def _gaussian_formula(m: Any, S: Any, m2: Any, S2: Any) -> sp.Expr:
    def column(one: Any) -> sp.Matrix:
        return sp.Matrix(one) if isinstance(one, list | tuple | sp.MatrixBase) else sp.Matrix([one])

    def square(one: Any) -> sp.Matrix:
        return sp.Matrix(one) if isinstance(one, list | tuple | sp.MatrixBase) else sp.Matrix([[one]])

    gap, first, second = column(m) - column(m2), square(S), square(S2)
    if first.shape != second.shape or first.shape != (gap.rows, gap.rows):
        raise ShapeError(f"covariances {first.shape} and {second.shape} came with {gap.rows} means: give (d, d)")
    if first != first.T or second != second.T:
        raise ModelError("a covariance is not symmetric: give one that is")
    values = (first * second).eigenvals()
    mixed = sum((times * sp.sqrt(value) for value, times in values.items()), sp.S.Zero)
    return sp.sqrt(gap.dot(gap) + first.trace() + second.trace() - 2 * mixed)
