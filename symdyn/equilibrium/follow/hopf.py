"""Whether cycles that leave at a Hopf crossing attract within the centre manifold: the first Lyapunov coefficient.

Formula: Y. A. Kuznetsov, Elements of Applied Bifurcation Theory, (5.39); its derivatives are differences in floats.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdyn.equilibrium.follow.branch_system import BranchSystem, Floats

_STEP = 1e-2
_AGREE = 0.05
_SMALLEST = 1e-5
Complexes = np.ndarray[Any, np.dtype[np.complex128]]


def criticality(system: BranchSystem, z: Floats) -> str:
    """ "supercritical", "subcritical", or nothing where the sign of the coefficient is not sure in floats."""
    size = max(0.1, float(np.abs(z[:-1]).max()))
    first, scale = _coefficient(system, z, _STEP * size)
    second, _ = _coefficient(system, z, 0.5 * _STEP * size)
    sure = np.isfinite(first) and abs(first - second) < _AGREE * abs(second) and abs(second) > _SMALLEST * scale
    return ("subcritical" if second > 0 else "supercritical") if sure else ""


def _coefficient(system: BranchSystem, z: Floats, step: float) -> tuple[float, float]:
    """The coefficient, and the size of the largest of its three terms."""
    field, basis = system.in_tangent_coordinates(z)
    matrix = basis.T @ system.derivative(z)[: system.size, : system.size] @ basis
    values, vectors = np.linalg.eig(matrix)
    k = int(np.argmin(np.where(values.imag > 0, np.abs(values.real), np.inf)))
    frequency, q = float(values[k].imag), np.asarray(vectors[:, k], dtype=np.complex128)
    if not frequency > 0:
        return np.nan, np.nan
    left_values, left = np.linalg.eig(matrix.T)
    p = np.asarray(left[:, int(np.argmin(np.abs(left_values + 1j * frequency)))], dtype=np.complex128)
    p = p / np.conj(complex(np.vdot(p, q)))
    second, third = _forms(field, step)
    a, b = q.real.copy(), q.imag.copy()

    def twice(u: Complexes, v: Complexes) -> Complexes:
        real = second(u.real, v.real) - second(u.imag, v.imag)
        return np.asarray(real + 1j * (second(u.real, v.imag) + second(u.imag, v.real)))

    cubic = third(a, a, a) + third(a, b, b) + 1j * (third(a, a, b) + third(b, b, b))
    unit = np.eye(len(matrix))
    mean = np.asarray(np.linalg.solve(matrix, twice(q, q.conj())), dtype=np.complex128)
    double = np.asarray(np.linalg.solve(2j * frequency * unit - matrix, twice(q, q)), dtype=np.complex128)
    terms = [complex(np.vdot(p, term)) for term in (cubic, -2 * twice(q, mean), twice(q.conj(), double))]
    return sum(terms).real / (2 * frequency), max(map(abs, terms)) / (2 * frequency)


def _forms(
    field: Callable[[Floats], Floats], step: float
) -> tuple[Callable[[Floats, Floats], Floats], Callable[[Floats, Floats, Floats], Floats]]:
    """Second and third derivatives at 0 as symmetric forms, by polarization of those along one direction."""

    def along(direction: Floats, weights: dict[int, float]) -> Floats:
        size = float(np.linalg.norm(direction))
        if size == 0:
            return np.zeros(len(direction))
        return np.asarray(sum(w * field(k * step * direction / size) for k, w in weights.items()))

    def square(u: Floats) -> Floats:
        weights = {-2: -1 / 12, -1: 4 / 3, 0: -2.5, 1: 4 / 3, 2: -1 / 12}
        return along(u, weights) * (np.linalg.norm(u) / step) ** 2

    def cube(u: Floats) -> Floats:
        weights = {-3: 1 / 8, -2: -1.0, -1: 13 / 8, 1: -13 / 8, 2: 1.0, 3: -1 / 8}
        return along(u, weights) * (np.linalg.norm(u) / step) ** 3

    def second(u: Floats, v: Floats) -> Floats:
        return np.asarray(square(u + v) - square(u - v)) / 4

    def third(u: Floats, v: Floats, w: Floats) -> Floats:
        signs = [(1, 1, 1, 1), (1, 1, -1, -1), (1, -1, 1, -1), (1, -1, -1, 1)]
        return np.asarray(sum(s * cube(e * u + f * v + g * w) for e, f, g, s in signs)) / 24

    return second, third
