"""The symmetries that an interval cover divides by, and the images of equilibria under them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.algebra.linear.spectrum import rational_matrix
from symdyn.dynamics.flow import Flow

Floats = npt.NDArray[np.float64]

TOP = 6.5  # a dyadic number above 2 pi: the seam is covered twice
WEIGHTS = (2, 1)  # of the coordinates of every circle, in the function that a symmetry must not raise
_MAX_GROUP = 512


@dataclass(frozen=True)
class Reduction:
    """The symmetries that are used: finitely many orthogonal rational maps, and whether all circles may be permuted.

    Where `is_turning` there is one more circle, at angle 0, which may be permuted with these, while all turn alike.
    """

    maps: tuple[sp.ImmutableMatrix, ...]
    is_exchangeable: bool
    elements: list[Floats]
    raised: list[list[Fraction]]
    is_turning: bool = False

    @staticmethod
    def of_turning() -> Reduction:
        """Of circles that turn alike, one of them at angle 0."""
        return Reduction((), True, [], [], True)

    @staticmethod
    def of(flow: Flow, circles: list[tuple[int, int]]) -> Reduction:
        given, size = flow.symmetries, 2 * len(circles)
        exchangeable = len(circles) > 1 and set(given.exchangeable) == set(circles)
        maps = list(given.maps)
        if not exchangeable:
            maps += [_exchange(size, a, b) for a, b in itertools.pairwise(given.exchangeable)]
        elements = _products(maps, size)
        if elements is None:
            maps, elements = [], [flint.fmpq_mat(np.eye(size, dtype=int).tolist())]
        weights = flint.fmpq_mat(1, size, [0] * size)
        for circle in circles:
            for k, weight in zip(circle, WEIGHTS, strict=True):
                weights[0, k] = weight
        rows = [[Fraction(int(x.p), int(x.q)) for x in (weights * g - weights).entries()] for g in elements]
        floats = [np.asarray([[float(x.p) / float(x.q) for x in row] for row in g.tolist()]) for g in elements]
        return Reduction(tuple(maps), exchangeable, floats, [row for row in rows if any(row)])

    def modulo(self, flow: Flow) -> tuple[str, ...]:
        """The symmetries that are used, in words."""
        if self.maps:
            return flow.symmetries.described
        return ("permutations",) if self.is_exchangeable else ()


def _products(maps: list[sp.ImmutableMatrix], size: int) -> list[Any] | None:
    """All products of orthogonal rational matrices, exactly; None if a matrix is not so, or they are many."""
    if not all(x.is_Rational for m in maps for x in m) or any(m * m.T != sp.eye(size) for m in maps):
        return None
    makers = [rational_matrix(m.tolist()) for m in maps]
    found = [flint.fmpq_mat(np.eye(size, dtype=int).tolist())]
    for element in found:
        for maker in makers:
            product = maker * element
            if product not in found:
                found.append(product)
        if len(found) > _MAX_GROUP:
            return None
    return found


def _exchange(size: int, first: tuple[int, ...], second: tuple[int, ...]) -> sp.ImmutableMatrix:
    order = list(range(size))
    for a, b in zip(first, second, strict=True):
        order[a], order[b] = b, a
    return sp.ImmutableMatrix(size, size, lambda i, j: int(order[i] == j))


def images(
    circles: list[tuple[int, int]], reduction: Reduction, flow: Flow, points: Floats
) -> tuple[Floats, list[int]]:
    """Angles of all images under the symmetries, ordered if circles are exchangeable, with copies across the seam."""
    if not reduction.maps and flow.symmetries.maps:  # they are not used: every image is listed by itself
        points = np.concatenate([element @ points for element in flow.symmetries.group(len(points))], axis=1)
        first = [k for k in range(points.shape[1]) if not _near(points[:, k], points[:, :k])]
        points = points[:, first]
    found: list[tuple[tuple[float, ...], int]] = []
    for element in reduction.elements:
        image = element @ points
        angles = np.asarray([np.arctan2(image[j], image[i]) % (2 * np.pi) for i, j in circles])
        for k in range(angles.shape[1]):
            spread = [
                [a + turn for turn in (0.0, 2 * np.pi, -2 * np.pi) if -0.3 < a + turn < TOP + 0.3] for a in angles[:, k]
            ]
            for choice in itertools.product(*spread):
                found.append((tuple(sorted(choice)) if reduction.is_exchangeable else choice, k))
    unique: list[tuple[tuple[float, ...], int]] = []
    for candidate in sorted(found):
        if not any(max(abs(a - b) for a, b in zip(candidate[0], known, strict=True)) < 1e-5 for known, _ in unique):
            unique.append(candidate)
    centers = np.asarray([angles for angles, _ in unique], dtype=float)
    return centers.reshape(len(unique), len(circles)).T, [k for _, k in unique]


def turned_images(points: Floats) -> tuple[Floats, list[int]]:
    """Angles in order of all states in which another circle is at 0 and the gap that ends there the widest.

    Parameters
    ----------
    points
        Angles of the other circles, shape (n, B).
    """
    found: list[tuple[Floats, int]] = []
    for k, point in enumerate(points.T):
        angles = np.concatenate([[0.0], point])
        for pivot in range(len(angles)):
            image = np.delete(angles, pivot) - angles[pivot]
            image = np.sort(image - 2 * np.pi * np.floor(image / (2 * np.pi) + 1e-9))
            last = 2 * np.pi - image[-1]
            widest = max(float(image[0]), float(np.diff(image).max(initial=0.0))) <= last + 1e-6
            if widest and not any(np.abs(image - known).max() < 1e-5 for known, _ in found):
                found.append((image, k))
    centers = np.asarray([image for image, _ in found], dtype=float).reshape(len(found), points.shape[0])
    return centers.T, [k for _, k in found]


def _near(point: Floats, others: Floats) -> bool:
    return bool((np.abs(others - point[:, None]).max(axis=0, initial=0.0) < 1e-5).any())
