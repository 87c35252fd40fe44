"""Symmetries of a state space: finite ones merge equilibria, infinitesimal ones explain neutral directions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.errors import ShapeError
from symdyn.geometry.points import distinct_points

Floats = npt.NDArray[np.float64]
_MAX_GROUP = 512
_MOST_AT_ONCE = 1000


@dataclass(frozen=True)
class Symmetries:
    """What may be done to a state without changing the dynamics.

    Parameters
    ----------
    exchangeable
        Groups of coordinates of equal length that may be permuted among each other (tokens, neurons).
    maps
        Square matrices that commute with the flow, acting on all coordinates; with their products they form a finite
        group.
    generators
        Square matrices A such that x' = A x is a motion that commutes with the flow (rotations).
    names
        What to call the maps, then the generators, for a reader.
    """

    exchangeable: tuple[tuple[int, ...], ...] = ()
    maps: tuple[sp.ImmutableMatrix, ...] = ()
    generators: tuple[sp.ImmutableMatrix, ...] = ()
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len({len(group) for group in self.exchangeable}) > 1:
            raise ShapeError(
                "exchangeable groups have different lengths: each must hold the same number of coordinates"
            )
        object.__setattr__(self, "maps", tuple(sp.ImmutableMatrix(m) for m in self.maps))
        object.__setattr__(self, "generators", tuple(sp.ImmutableMatrix(m) for m in self.generators))

    @property
    def described(self) -> tuple[str, ...]:
        """All finite symmetries in words, permutations first."""
        permutes = len(self.exchangeable) > 1 and not any("permutation" in name for name in self.names)
        return (("permutations",) if permutes else ()) + self.names

    def group(self, size: int) -> tuple[Floats, ...]:
        """All products of the maps, as float matrices; the identity first."""
        return _group(self.maps, size)

    def distance(self, x: Floats, others: Floats, within: float = np.inf) -> Floats:
        """Distance from one state (n,) to each of others (n, B), minimised over the finite symmetries.

        Where it is not below `within` the result may be infinite.
        """
        best = np.full(others.shape[1], np.inf)
        for element in self.group(len(x)):
            best = np.minimum(best, self._aligned(element @ x, others, np.minimum(best, within)))
        return best

    def orbit_size(self, x: Floats, within: float = 1e-6) -> int:
        """How many different states the finite symmetries make of one state (n,), in floats."""
        groups = [list(group) for group in self.exchangeable]
        rest = np.setdiff1d(np.arange(len(x)), [k for group in groups for k in group])
        kept: list[tuple[Floats, Floats]] = []
        for turned in (element @ x for element in self.group(len(x))):
            rows = turned[groups] if groups else np.empty((0, 0))
            known = (_near(turned[rest], other, within) and _is_permuted(rows, seen, within) for seen, other in kept)
            if not any(known):
                kept.append((rows, turned[rest]))
        counts = distinct_points(x[groups], within=within)[1] if groups else ()
        return len(kept) * math.factorial(len(groups)) // math.prod(map(math.factorial, counts))

    def _aligned(self, x: Floats, others: Floats, known: Floats) -> Floats:
        """Distances minimised over permutations; infinite where they do not fall below those that are known."""
        if len(self.exchangeable) < 2:
            return np.asarray(np.linalg.norm(others - x[:, None], axis=0))
        groups = np.asarray(self.exchangeable)
        rest = np.setdiff1d(np.arange(len(x)), groups.ravel())
        away = np.square(others[rest] - x[rest, None]).sum(axis=0)
        cost = np.square(x[groups][:, None, :, None] - others[groups][None]).sum(axis=2)  # (groups, groups, B)
        return np.asarray(np.sqrt(away + _assignment(cost, np.square(known) - away)))


def _near(one: Floats, other: Floats, within: float) -> bool:
    return bool(np.abs(one - other).max(initial=0.0) <= within)


def _is_permuted(rows: Floats, others: Floats, within: float) -> bool:
    """Whether the rows of one array are those of another in some order."""
    left = list(range(len(others)))
    for row in rows:
        place = next((k for k in left if _near(row, others[k], within)), None)
        if place is None:
            return False
        left.remove(place)
    return True


@lru_cache(maxsize=64)
def _group(maps: tuple[sp.ImmutableMatrix, ...], size: int) -> tuple[Floats, ...]:
    found = [np.eye(size)]
    makers = [np.asarray(m.tolist(), dtype=float) for m in maps]
    for element in found:
        for maker in makers:
            product = maker @ element
            if not any(np.allclose(product, known, atol=1e-9) for known in found):
                found.append(product)
            if len(found) > _MAX_GROUP:
                return tuple(found)
    return tuple(found)


@lru_cache(maxsize=8)
def _orders(size: int) -> Any:
    """All permutations as rows."""
    return np.asarray(list(itertools.permutations(range(size))))


def _assignment(cost: Floats, enough: Floats) -> Floats:
    """Least cost of matching rows to columns, for each of the last axis; infinite where it is at least `enough`."""
    size = len(cost)
    totals = cost.min(axis=1).sum(axis=0)  # no matching costs less; one that takes every column once costs this
    if size <= 5:
        near = totals < enough
        totals[~near] = np.inf
        rows, costs = np.arange(size), cost[:, :, near]
        if costs.shape[2] <= _MOST_AT_ONCE:
            totals[near] = costs[rows, _orders(size)].sum(axis=1).min(axis=0, initial=np.inf)
        else:
            totals[near] = np.min([costs[rows, order].sum(axis=0) for order in _orders(size)], axis=0)
        return np.asarray(totals)
    from scipy.optimize import linear_sum_assignment

    nearest = np.sort(cost.argmin(axis=1), axis=0)
    exact = (nearest == np.arange(size)[:, None]).all(axis=0)
    totals[~exact & (totals >= enough)] = np.inf
    for k in np.flatnonzero(~exact & np.isfinite(totals)):
        totals[k] = cost[:, :, k][linear_sum_assignment(cost[:, :, k])].sum()
    return np.asarray(totals)


def commuting_reflections(matrices: Sequence[Any]) -> tuple[sp.ImmutableMatrix, ...]:
    """Diagonal sign matrices that commute with all given matrices, generated by as few as possible; exact.

    Coordinates i and j must flip together where some matrix couples them.
    """
    first = sp.ImmutableMatrix(matrices[0])
    size = first.rows
    label = list(range(size))
    for matrix in matrices:
        for i in range(size):
            for j in range(size):
                if sp.Matrix(matrix)[i, j] != 0:
                    a, b = label[i], label[j]
                    label = [min(a, b) if x in (a, b) else x for x in label]
    return tuple(
        sp.ImmutableMatrix(sp.diag(*(-1 if label[k] == group else 1 for k in range(size))))
        for group in sorted(set(label))
    )


def commuting_rotations(matrices: Sequence[sp.MatrixBase]) -> tuple[sp.ImmutableMatrix, ...]:
    """A basis of the skew matrices that commute with all given matrices; exact, floats read as what they are.

    Examples
    --------
    >>> commuting_rotations([sp.eye(2)])
    (Matrix([
    [0, -1],
    [1,  0]]),)
    >>> commuting_rotations([sp.diag(2, 1)])
    ()
    """
    exact = [m.applyfunc(lambda entry: sp.Rational(entry) if entry.is_Float else entry) for m in matrices]
    d = exact[0].rows
    pairs = [(a, b) for a in range(d) for b in range(a)]
    basis = [sp.Matrix(d, d, lambda i, j, a=a, b=b: int((i, j) == (a, b)) - int((i, j) == (b, a))) for a, b in pairs]
    if not basis:
        return ()
    columns = [sp.Matrix([entry for m in exact for entry in s * m - m * s]) for s in basis]
    return tuple(
        sp.ImmutableMatrix(sum((c * s for c, s in zip(v, basis, strict=True)), sp.zeros(d, d)))
        for v in sp.Matrix.hstack(*columns).nullspace()
    )
