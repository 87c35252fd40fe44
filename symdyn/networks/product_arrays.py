"""Products of layers in floats, many at once: states of shape (D, B), layers of shape (B, d_k, d_(k-1))."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Shapes = Sequence[tuple[int, int]]


def split(states: Floats, shapes: Shapes) -> list[Floats]:
    """Layers of states, which hold them one after another and row by row."""
    corners = np.cumsum([rows * columns for rows, columns in shapes])[:-1]
    parts = np.split(states, corners)
    return [np.moveaxis(part.reshape(*shape, -1), -1, 0) for part, shape in zip(parts, shapes, strict=True)]


def products(layers: Sequence[Floats]) -> Floats:
    """W_h ... W_1 of each, shape (B, d_h, d_0)."""
    return reduce(lambda done, layer: np.asarray(layer @ done), layers)


def velocity(layers: Sequence[Floats], target: Floats) -> Floats:
    """Minus the slope of 1/2 |T - W_h ... W_1|^2 of each, as states of shape (D, B)."""
    batch, width = len(layers[0]), layers[0].shape[2]
    starts = [np.broadcast_to(np.eye(width), (batch, width, width))]
    for layer in layers:
        starts.append(layer @ starts[-1])
    pulled, parts = target - starts[-1], []
    for layer, start in zip(reversed(layers), reversed(starts[:-1])):
        slope = pulled @ np.swapaxes(start, 1, 2)
        parts.append(np.moveaxis(slope, 0, -1).reshape(-1, batch))
        pulled = np.swapaxes(layer, 1, 2) @ pulled
    return np.concatenate(parts[::-1])


def balance_drift(layers: Sequence[Floats]) -> float:
    """Largest change, from the first of them on, of an entry of W_k W_k^T - W_(k+1)^T W_(k+1)."""
    laws = (
        before @ np.swapaxes(before, 1, 2) - np.swapaxes(after, 1, 2) @ after
        for before, after in zip(layers, layers[1:])
    )
    return max((float(np.abs(law - law[:1]).max()) for law in laws), default=0.0)
