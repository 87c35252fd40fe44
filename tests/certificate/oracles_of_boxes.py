"""Whether there are as many zeros in a closed box as a witness says: by values on a fine grid, and Newton's method.

Nothing of the halving is read, nor of the stored zeros: only the formulas, the closed box and the number. In one and
two unknowns, wherever on the grid all functions are as small as their change to the neighbours, Newton's method starts
in floats; what it finds is drawn together with 80 digits, and counted in the closed box, modulo 2 pi for angles. This
decides the number for functions that the grid resolves. It is no proof, and a zero that is not simple counts as false.
"""

import json
import math
from fractions import Fraction
from functools import cache

import mpmath as mp
import numpy as np

from tests.certificate.oracles_of_points import DIGITS, OfMpmath, OfNumpy, moved, newton, slopes

#: Points of the grid along each side.
POINTS = {1: 4001, 2: 161}
CLOSE = 1e-6
_TINY = 1e-9
_MOST_ZEROS = 60


class OfArrays(OfNumpy):
    """Functions of NumPy, and erf of each entry."""

    erf = staticmethod(np.vectorize(math.erf, otypes=[float]))


def in_box(witness, verdict):
    """Whether the number of zeros in the closed box is the one that is counted."""
    parts = {name: witness[name] for name in ("names", "program", "box")} | {"order": witness.get("order", 1)}
    return verdict == "proved" and _zeros(json.dumps(parts)) == witness["count"]


@cache
def _zeros(text):
    """How many zeros there are in the closed box; None where that is not seen."""
    data = json.loads(text)
    program, box = data, data["box"]
    if len(box) not in POINTS or not _turns(program, box):
        return None
    ends = [None if pair is None else [Fraction(*one) for one in pair] for pair in box]
    found = []
    for point in _candidates(program, ends):
        if not _is_near(point, ends) or any(_same(point, other, ends) for other in found):
            continue
        found.append(point)
        if len(found) > _MOST_ZEROS:
            return None
    with mp.workdps(2 * DIGITS):
        field = lambda x: moved(program, "program", list(x), OfMpmath())  # noqa: E731
        sharp = [newton(field, mp.matrix(list(p)), len(box)) for p in found]
        if any(zero is None or not _is_simple(field, zero) for zero in sharp):
            return None
        zeros = []
        for zero in sharp:
            if _is_inside(zero, ends) and not any(_same(zero, other, ends) for other in zeros):
                zeros.append(zero)
    return len(zeros)


def _values(program, points):
    """Values at points (n, ...), of the same shape."""
    with np.errstate(all="ignore"):
        found = moved(program, "program", list(points), OfArrays())
    return np.stack([np.broadcast_to(value, points.shape[1:]).astype(float) for value in found])


def _turns(program, box):
    """Whether the functions have the period 2 pi in every angle, at points drawn."""
    points = np.random.default_rng(1).uniform(-3, 3, (len(box), 50))
    for k, pair in enumerate(box):
        if pair is None:
            ahead = points.copy()
            ahead[k] += 2 * np.pi
            there, here = _values(program, ahead), _values(program, points)
            if not np.allclose(there, here, rtol=1e-8, atol=1e-8, equal_nan=True):
                return False
    return True


def _candidates(program, ends):
    """Where Newton's method comes to rest at a zero, from all grid points at which there may be one; shape (B, n)."""
    size = len(ends)
    sides = [(0.0123, 0.0123 + 2 * np.pi) if pair is None else tuple(map(float, pair)) for pair in ends]
    grid = np.stack(np.meshgrid(*(np.linspace(*side, POINTS[size]) for side in sides), indexing="ij"))
    values = _values(program, grid)
    change = np.zeros_like(values)
    for axis in range(1, size + 1):
        step = np.nan_to_num(np.abs(np.diff(values, axis=axis)))
        edge = [(0, 0)] * (size + 1)
        edge[axis] = (1, 1)
        padded = np.pad(step, edge)
        change += np.maximum(*(np.take(padded, range(s, s + POINTS[size]), axis=axis) for s in (0, 1)))
    small = np.all(np.abs(values) / 2 <= change + _TINY, axis=0)
    return _rested(program, grid[:, small])


def _rested(program, points):
    for _ in range(60):
        moved = points + _steps(program, points)
        points = moved[:, np.isfinite(moved).all(axis=0)]
        if not points.size:
            return points.T
    return points.T[np.all(np.abs(_steps(program, points)) < CLOSE, axis=0)]


def _steps(program, points):
    """Newton's steps by central differences and Cramer's rule."""
    size, values = len(points), _values(program, points)
    matrix = np.empty((points.shape[1], size, size))
    for k in range(size):
        step = np.zeros((size, 1))
        step[k] = 1e-6
        matrix[:, :, k] = ((_values(program, points + step) - _values(program, points - step)) / 2e-6).T
    moves = np.empty_like(points)
    with np.errstate(all="ignore"):
        for k in range(size):
            changed = matrix.copy()
            changed[:, :, k] = -values.T
            moves[k] = np.linalg.det(changed) / np.linalg.det(matrix)
    return np.where((values == 0).all(axis=0), 0, moves)


def _is_simple(field, zero):
    """Whether the slopes at a zero are independent, and are those beside it."""
    size = len(zero)
    here = slopes(field, zero, size)
    beside = slopes(field, zero + mp.matrix([mp.mpf(10) ** -8 / (1 + k) for k in range(size)]), size)
    norms = [mp.norm(here[k, :]) for k in range(size)]
    steady = all(mp.norm(beside[k, :] - here[k, :]) < norms[k] / 1000 for k in range(size))
    return steady and abs(mp.det(here)) > mp.mpf(10) ** -9 * mp.fprod(norms)


def _is_near(point, ends):
    """In the box, or so near to it that floats do not tell."""
    return all(
        pair is None or float(pair[0]) - CLOSE <= x <= float(pair[1]) + CLOSE
        for x, pair in zip(point, ends, strict=True)
    )


def _is_inside(zero, ends):
    """In the closed box, of whose ends 20 digits are told apart."""
    slack = mp.mpf(10) ** -20
    return all(
        pair is None or _number(pair[0]) - slack <= x <= _number(pair[1]) + slack
        for x, pair in zip(zero, ends, strict=True)
    )


def _number(value):
    return mp.mpf(value.numerator) / value.denominator


def _same(one, other, ends):
    """Whether two points are one, modulo 2 pi in angles."""
    gaps = [
        abs(a - b) if pair is not None else abs((a - b + mp.pi) % (2 * mp.pi) - mp.pi)
        for a, b, pair in zip(one, other, ends, strict=True)
    ]
    return all(gap < CLOSE for gap in gaps)
