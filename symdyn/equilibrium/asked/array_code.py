"""A model as array code: its own kernel where it has one, compared with the formulas first; else the formulas, lowered.

Kernel and formulas agree on the constraint; off it they may continue the field in different ways.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from symdyn.algebra.programs.straight_line import jacobian_line, straight_line
from symdyn.dynamics.flow import Flow
from symdyn.equilibrium.asked.lowering import Residual
from symdyn.equilibrium.asked.projection import projection
from symdyn.equilibrium.search.multistart import Zeros, random_starts
from symdyn.errors import ModelError
from symdyn.numerics.backends import numpy_backend

Floats = npt.NDArray[np.float64]
ArrayFunction = Callable[[Any], Any]
_AGREE = 1e-9
_STEP, _AGREE_SLOPE = 1e-5, 1e-6  # central differences lose a third of the digits


def forward(system: Residual) -> ArrayFunction:
    """Velocities of a flow, next states of an iteration: from (n, B) to (n, B).

    Raises
    ------
    ModelError
        If the kernel of a flow disagrees with its formulas on the constraint.
    """
    model, n = system.model, len(system.coords)
    formulas = tuple(model.field.components) if isinstance(model, Flow) else tuple(model.update)
    lowered = numpy_backend.lower(straight_line(formulas, system.coords))

    def by_formula(states: Floats) -> Floats:
        return np.asarray(lowered(states)).reshape(n, -1)

    kernel = model.kernel if isinstance(model, Flow) else None
    if kernel is None:
        return by_formula
    states = _states(system)
    expected, got = by_formula(states), np.asarray(kernel(states))
    if got.shape != expected.shape:
        raise ModelError(f"the kernel of the flow gives shape {got.shape} for states {states.shape}: keep the shape")
    gap = float(np.abs(got - expected).max())
    if not gap <= _AGREE * max(1.0, float(np.abs(expected).max())):
        raise ModelError(f"the kernel of the flow differs from its formulas by {gap:.1e}: correct one, or leave it out")
    return kernel


def zeros_of(system: Residual) -> Residual | Zeros:
    """What a search for equilibria runs on: kernel, its derivatives and the constraint, where a flow has them.

    Raises
    ------
    ModelError
        If the kernel of a flow disagrees with its formulas, or its derivatives with its differences.
    """
    model = system.model
    if not isinstance(model, Flow) or model.kernel is None or model.kernel_jacobian is None:
        return system
    kernel, slope = forward(system), model.kernel_jacobian
    _check_slope(kernel, slope, _states(system))
    if not system.equations:
        return Zeros(lambda x: np.asarray(kernel(x))[:, None], slope)
    equations = numpy_backend.lower(straight_line(system.equations, system.coords))
    normals = numpy_backend.lower(jacobian_line(system.equations, system.coords, system.coords))
    return Zeros(
        lambda x: np.concatenate([np.asarray(kernel(x))[:, None], equations(x)]),
        lambda x: np.concatenate([slope(x), normals(x)]),
    )


def _states(system: Residual) -> Floats:
    states = random_starts(system, 4, 0)
    project = projection(system)
    return states if project is None else project(states)


def _check_slope(kernel: ArrayFunction, slope: ArrayFunction, states: Floats) -> None:
    n, batch = states.shape
    got = np.asarray(slope(states))
    if got.shape != (n, n, batch):
        raise ModelError(f"the kernel's Jacobian has shape {got.shape} for states {states.shape}: give (n, n, B)")
    directions = np.random.default_rng(0).normal(size=states.shape)
    ahead, behind = (np.asarray(kernel(states + h * directions)) for h in (_STEP, -_STEP))
    expected = (ahead - behind) / (2 * _STEP)
    gap = float(np.abs(np.einsum("ijb,jb->ib", got, directions) - expected).max())
    if not gap <= _AGREE_SLOPE * max(1.0, float(np.abs(expected).max())):
        raise ModelError(
            f"the kernel's Jacobian is off its differences by {gap:.1e}: correct it, or leave it out"
        )
