"""The way back to a constraint, for many states at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.equilibrium.asked.lowering import Residual

Floats = npt.NDArray[np.float64]
_CORRECTIONS = 3


def _is_linear(expression: sp.Expr, system: Residual) -> bool:
    known = expression.is_polynomial(*system.coords)
    return bool(known and sp.Poly(expression, *system.coords).total_degree() <= 1)


def projection(system: Residual) -> Callable[[Floats], Floats] | None:
    """From states (n, B) near the constraint to states on it, spheres by their norm; None without a constraint."""
    constraint = system.model.constraint
    if constraint is None:
        return None
    if constraint.factors:
        groups = [list(group) for group in constraint.factors]

        def normalised(states: Floats) -> Floats:
            found = np.array(states)
            for rows in groups:
                found[rows] /= np.linalg.norm(found[rows], axis=0)
            return found

        return normalised
    n = len(system.coords)
    if all(_is_linear(expression, system) for expression in system.equations):
        origin = np.zeros(n)
        offset = np.asarray(system.value(origin)).reshape(-1, 1)[n:]
        plane = np.asarray(system.jacobian(origin)).reshape(-1, n)[n:]
        back = np.linalg.pinv(plane)
        return lambda states: states - back @ (plane @ states + offset)

    def corrected(states: Floats) -> Floats:
        found = np.array(states)
        for _ in range(_CORRECTIONS):
            value = np.asarray(system.value(found))[n:, 0]
            slope = np.moveaxis(np.asarray(system.jacobian(found))[n:], -1, 0)
            gram = slope @ np.swapaxes(slope, 1, 2)
            found -= (np.swapaxes(slope, 1, 2) @ np.linalg.pinv(gram) @ value.T[:, :, None])[:, :, 0].T
        return found

    return corrected
