"""Least squares over the range of a generator from random starts, all at once: damped Gauss-Newton steps."""

from __future__ import annotations

import numpy as np

from symdyn.numerics.arrays import Floats, generator
from symdyn.systems.generative_compressed_sensing.generator import Generator

_STEPS = 200


def descend(network: Generator, M: Floats, y: Floats, *, starts: int, seed: int) -> Floats:
    """The best latent vector (k,) found; a step is taken only where it makes the residual smaller."""
    rng = generator(seed)
    z = rng.normal(size=(starts, network.latent))
    z = z * _scale(network, M, y, z)[:, None]
    damping = np.full(starts, 1e-3)
    value = _residuals(network, M, y, z)
    for _ in range(_STEPS):
        J = M @ network.slopes(z)  # (starts, l, k)
        rest = y - network(z) @ M.T
        gram = J.swapaxes(1, 2) @ J
        size = np.trace(gram, axis1=1, axis2=2) + 1e-300
        system = gram + (damping * size)[:, None, None] * np.eye(network.latent)
        step = np.linalg.solve(system, (J.swapaxes(1, 2) @ rest[..., None]))[..., 0]
        after = _residuals(network, M, y, z + step)
        better = after < value
        z[better], value[better] = (z + step)[better], after[better]
        damping = np.clip(np.where(better, damping / 5, damping * 4), 1e-12, 1e6)
        if not better.any() and (damping > 1e3).all():
            break
    return np.asarray(z[int(np.argmin(value))])


def _residuals(network: Generator, M: Floats, y: Floats, z: Floats) -> Floats:
    return np.asarray(((network(z) @ M.T - y) ** 2).sum(axis=-1))


def _scale(network: Generator, M: Floats, y: Floats, z: Floats) -> Floats:
    """The best multiple of each start, which is linear along its ray."""
    shown = network(z) @ M.T
    square = (shown**2).sum(axis=-1)
    return np.asarray(np.maximum(shown @ y, 1e-3 * square) / np.where(square > 0, square, 1))
