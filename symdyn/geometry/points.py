"""Finitely many points as rows: which coincide, and whether they are the corners of a regular polygon."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_SAME = 1e-7


def distinct_points(points: Any, *, up_to_sign: bool = False, within: float = _SAME) -> tuple[Floats, tuple[int, ...]]:
    """The different points, in the order of their appearance, and how many there are of each.

    Parameters
    ----------
    points
        Shape (n, d).
    up_to_sign
        Whether x and -x count as one.
    within
        Tolerance of every coordinate.

    Examples
    --------
    >>> distinct_points([[1, 0], [0, 1], [1, 0]])[1]
    (2, 1)
    """
    kept: list[Floats] = []
    counts: list[int] = []
    for point in np.asarray(points, dtype=float):
        near = [np.abs(known - sign * point).max() <= within for known in kept for sign in (1, -1 if up_to_sign else 1)]
        if any(near):
            counts[near.index(True) // 2] += 1
        else:
            kept.append(point)
            counts.append(1)
    return np.array(kept), tuple(counts)


def regular_polygon(points: Any, *, within: float = _SAME) -> int | None:
    """The number of corners if points (n, d) sit equally often at the corners of a regular polygon around 0, else None.

    Examples
    --------
    >>> regular_polygon([[1, 0], [0, 1], [-1, 0], [0, -1]])
    4
    """
    corners, counts = distinct_points(points, within=within)
    m = len(corners)
    if m < 3 or len(set(counts)) > 1:
        return None
    _, sizes, rows = np.linalg.svd(corners)
    if len(sizes) > 2 and sizes[2] > within * m:
        return None
    planar = corners @ rows[:2].T
    radii = np.linalg.norm(planar, axis=1)
    angles = np.sort(np.arctan2(planar[:, 1], planar[:, 0]))
    gaps = np.diff(np.append(angles, angles[0] + 2 * np.pi))
    regular = np.allclose(gaps, 2 * np.pi / m, atol=within * m) and np.ptp(radii) <= within * m
    return m if regular else None
