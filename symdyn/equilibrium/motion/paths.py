"""Trajectories followed closely, tangent spaces beside them, and the units in which they are measured."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from symdyn.algebra.budgets.deadline import check_time
from symdyn.equilibrium.asked.lowering import tangent_basis
from symdyn.equilibrium.motion.lowered import Floats, Motion

RTOL = 1e-11
#: Decay rate times duration from which steps are implicit.
STIFF = 1500.0
_DIED_OUT = 1e-2


@dataclass(frozen=True)
class Frame:
    """A basis of the tangent space at a state, orthonormal in the units of the coordinates.

    Parameters
    ----------
    basis
        Shape (n, d), in the units.
    scale
        The units, shape (n,).
    """

    basis: Floats
    scale: Floats

    @property
    def into(self) -> Floats:
        """From components to tangent vectors, (n, d)."""
        return np.asarray(self.scale[:, None] * self.basis)

    @property
    def back(self) -> Floats:
        """From vectors to components, (d, n)."""
        return np.asarray(self.basis.T / self.scale)


def frame_at(move: Motion, x: Floats, scale: Floats) -> Frame:
    """The tangent space of the constraint at a state."""
    n = len(x)
    if not move.system.equations:
        return Frame(np.eye(n), scale)
    return Frame(tangent_basis(np.asarray(move.system.jacobian(x))[n:] * scale), scale)


def velocity(move: Motion, x: Floats) -> Floats:
    """The field at one state, taken on the constraint, so that a small error across it does not grow."""
    check_time()
    column = x[:, None]
    return np.asarray(move.forward(column if move.project is None else move.project(column))[:, 0])


def trajectory(
    move: Motion,
    x: Floats,
    duration: float,
    scale: Any = 1.0,
    rtol: float = RTOL,
    *,
    stiff: bool = False,
    **options: Any,
) -> Any:
    """One trajectory by SciPy's DOP853, or LSODA where it is stiff: both have dense output."""
    if stiff:
        options |= {"method": "LSODA", "jac": lambda _, state: move.slope(state[:, None])[:, :, 0]}
    with np.errstate(all="ignore"):  # what is not finite is seen by the caller
        return integrated(lambda _, state: velocity(move, state), duration, x, rtol, 1e-2 * rtol * scale, options)


def integrated(speed: Any, duration: float, start: Floats, rtol: float, atol: Any, options: dict[str, Any]) -> Any:
    given: dict[str, Any] = {"method": "DOP853"} | options
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # LSODA warns where it gives up: that is a failure here, not a message
        try:
            return solve_ivp(speed, (0.0, duration), start, rtol=rtol, atol=atol, **given)
        except UserWarning:
            return solve_ivp(speed, (0.0, duration), start, rtol=rtol, atol=atol, **(given | {"method": "BDF"}))


def units(states: Floats, gaps: Floats) -> Floats:
    """Half the range of each coordinate; of one that hardly moves, a small part of the others'."""
    ranges = 0.5 * (gaps.max(axis=1) - gaps.min(axis=1))
    size = np.maximum(np.abs(states).max(axis=1), 1e-300)
    largest = float((ranges / size).max(initial=0.0))
    # a coordinate that dies out has no scale of its own
    least = np.maximum(1e-3 * max(largest, 1e-6) * size, _DIED_OUT * float(ranges.max(initial=0.0)))
    return np.asarray(np.maximum(np.maximum(ranges, least), 1e-300))


def end_of(move: Motion, x: Floats, duration: float, scale: Floats, *, stiff: bool = False) -> Floats:
    """The state after a time; nan where there is none."""
    run = trajectory(move, x, duration, scale, stiff=stiff)
    end = np.asarray(run.y[:, -1]) if run.success else np.full(len(x), np.nan)
    return end if move.project is None else np.asarray(move.project(end[:, None])[:, 0])
