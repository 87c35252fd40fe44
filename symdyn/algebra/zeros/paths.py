"""All complex zeros of a square polynomial system in floats, along paths from those of x_k^d = c.

Where the zeros are simple and none is at infinity, each path of (1 - t) gamma (x^d - c) + t f(x) leads to one of them,
for all but finitely many gamma. Nothing is proved here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from symdyn.algebra.budgets.deadline import check_time

Complex = np.ndarray[Any, np.dtype[np.complex128]]

_TRIES = 3
_MOST_STEPS = 400
_SHORTEST = 1e-6
_FAR = 1e7
_CLOSE = 1e-9
# of coordinates, relative to their size: nearer ends of two paths are one
_SAME = 1e-7


class DenseSystem:
    """Values and derivatives of polynomials at many points, each polynomial divided by its largest coefficient."""

    def __init__(self, polynomials: Sequence[Any], unknowns: int) -> None:
        tables = [{tuple(map(int, m)): int(c) for m, c in p.to_dict().items()} for p in polynomials]
        monomials = {m for table in tables for m in table}
        waiting = list(monomials)
        while waiting:  # all that divide them, so that each is an unknown times another
            below = {_lower(m, k) for m in waiting for k in range(unknowns) if m[k]} - monomials
            monomials |= below
            waiting = list(below)
        listed = sorted(monomials | {(0,) * unknowns}, key=lambda m: (sum(m), m))
        place = {m: k for k, m in enumerate(listed)}
        self.unknowns = unknowns
        self._factors = [_factor(m, place) for m in listed[1:]]
        values = np.zeros((len(tables), len(listed)))
        slopes = np.zeros((len(tables), unknowns, len(listed)))
        for row, table in enumerate(tables):
            largest = max(map(abs, table.values()))
            for m, c in table.items():
                value = c / largest  # of whole numbers, rounded once
                values[row, place[m]] = value
                for k in range(unknowns):
                    if m[k]:
                        slopes[row, k, place[_lower(m, k)]] += value * m[k]

        # sparse products run in one thread: on a busy machine those of a BLAS wait for one another
        self._values = sparse.csr_array(values)
        self._slopes = sparse.csr_array(slopes.reshape(-1, len(listed)))

    def at(self, x: Complex) -> tuple[Complex, Complex]:
        """Values (m, B) and derivatives (B, m, n) at points (n, B)."""
        powers = np.ones((1 + len(self._factors), x.shape[1]), dtype=complex)
        for row, (unknown, lower) in enumerate(self._factors, start=1):
            np.multiply(x[unknown], powers[lower], out=powers[row])
        slopes: Complex = np.asarray(self._slopes @ powers, dtype=complex).reshape(-1, self.unknowns, x.shape[1])
        return np.asarray(self._values @ powers, dtype=complex), np.moveaxis(slopes, 2, 0)


def zeros_by_paths(polynomials: Sequence[Any], unknowns: int, seed: int = 0) -> Complex | None:
    """As many different zeros, one a column, as the product of the degrees; None where some path does not end.

    Raises
    ------
    OutOfTimeError
        If a deadline is over.
    """
    system = DenseSystem(polynomials, unknowns)
    degrees = [int(p.total_degree()) for p in polynomials]
    for attempt in range(_TRIES):
        rng = np.random.default_rng([seed, attempt])
        found = _followed(system, degrees, rng, 0.1 / 4**attempt)
        if found is None:
            return None
        if are_different(found):
            return found
    return None


def are_different(points: Complex) -> bool:
    """Whether no two columns are near each other."""
    size = 1 + np.abs(points).max(axis=1)
    for k in range(points.shape[1] - 1):
        gap = np.abs(points[:, k + 1 :] - points[:, k : k + 1]) / size[:, None]
        if bool((gap.max(axis=0) < _SAME).any()):
            return False
    return True


def _followed(system: DenseSystem, degrees: Sequence[int], rng: np.random.Generator, longest: float) -> Complex | None:
    """The ends of all paths; None if one does not end."""
    gamma = np.exp(2j * np.pi * rng.random())
    shift = np.exp(2j * np.pi * rng.random(len(degrees)))
    roots = [
        [s * np.exp(2j * np.pi * k / d) for k in range(d)] for d, s in zip(degrees, shift, strict=True)
    ]
    x = np.asarray(list(itertools.product(*roots)), dtype=complex).T
    homotopy = _Homotopy(system, np.asarray(degrees), gamma, shift)
    time = np.zeros(x.shape[1])
    step = np.full(x.shape[1], longest)
    for _ in range(_MOST_STEPS):
        check_time()
        live = np.flatnonzero(time < 1)
        if not len(live):
            return _polished(system, x)
        now, ahead = time[live], np.minimum(1.0, time[live] + step[live])
        with np.errstate(all="ignore"):  # what is not finite is a step that fails
            moved, good = homotopy.step(x[:, live], now, ahead)
        x[:, live[good]] = moved[:, good]
        time[live[good]] = ahead[good]
        step[live] = np.where(good, np.minimum(2 * step[live], longest), step[live] / 2)
        if bool((step[live] < _SHORTEST).any()) or bool((np.abs(x) > _FAR).any()):
            return None
    return None


class _Homotopy:
    """(1 - t) gamma (x^d - s^d) + t f(x)."""

    def __init__(self, system: DenseSystem, degrees: Any, gamma: complex, shift: Complex) -> None:
        self.system, self.degrees, self.gamma = system, degrees[:, None], gamma
        self.constant = (shift**degrees)[:, None]

    def at(self, x: Complex, t: Any) -> tuple[Complex, Complex, Complex]:
        """Values, derivatives by x, and by t."""
        value, slope = self.system.at(x)
        start = self.gamma * (x**self.degrees - self.constant)
        turn = self.gamma * self.degrees * x ** (self.degrees - 1)
        slope = slope * t[:, None, None]
        k = np.arange(self.system.unknowns)
        slope[:, k, k] += ((1 - t) * turn).T
        return (1 - t) * start + t * value, slope, value - start

    def speed(self, x: Complex, t: Any) -> Complex:
        """dx/dt along the path."""
        _, slope, drift = self.at(x, t)
        return -_solved(slope, drift)

    def step(self, x: Complex, now: Any, ahead: Any) -> tuple[Complex, Any]:
        """Runge and Kutta's step, corrected by Newton's method; and where that is near its prediction."""
        h = ahead - now
        first = self.speed(x, now)
        second = self.speed(x + h / 2 * first, now + h / 2)
        third = self.speed(x + h / 2 * second, now + h / 2)
        fourth = self.speed(x + h * third, ahead)
        guess = x + h / 6 * (first + 2 * second + 2 * third + fourth)
        size = 1 + np.abs(guess).max(axis=0)
        new, last = guess, np.zeros(len(now))
        for _ in range(3):
            value, slope, _ = self.at(new, ahead)
            move = _solved(slope, value)
            new = new - move
            last = np.abs(move).max(axis=0) / size
        near = np.abs(new - guess).max(axis=0) < 1e-3 * size
        return new, np.isfinite(new).all(axis=0) & near & (last < _CLOSE)


def _solved(slope: Complex, value: Complex) -> Complex:
    """Solutions of many square systems; not a number where one is singular."""
    try:
        return np.asarray(np.linalg.solve(slope, value.T[:, :, None])[:, :, 0].T, dtype=complex)
    except np.linalg.LinAlgError:
        return np.full_like(value, np.nan)


def _polished(system: DenseSystem, x: Complex) -> Complex | None:
    with np.errstate(all="ignore"):
        for _ in range(3):
            value, slope = system.at(x)
            x = x - _solved(slope, value)
    return x if bool(np.isfinite(x).all()) else None


def _lower(monomial: tuple[int, ...], k: int) -> tuple[int, ...]:
    return (*monomial[:k], monomial[k] - 1, *monomial[k + 1 :])


def _factor(monomial: tuple[int, ...], place: dict[tuple[int, ...], int]) -> tuple[int, int]:
    k = next(k for k, e in enumerate(monomial) if e)
    return k, place[_lower(monomial, k)]


def number_of_paths(polynomials: Sequence[Any]) -> int:
    """The product of the degrees."""
    return math.prod(int(p.total_degree()) for p in polynomials)
