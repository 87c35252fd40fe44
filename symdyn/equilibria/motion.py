"""A model in motion: velocities (or next states) of many states at once, and the way back to the constraint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.algebra.straight_line import straight_line
from symdyn.equilibria.array_code import forward
from symdyn.equilibria.cover.region import closed_box
from symdyn.equilibria.lowering import Model, Residual, residual
from symdyn.equilibria.options import checked_array, checked_number, checked_seed
from symdyn.equilibria.projection import projection
from symdyn.errors import ModelError
from symdyn.numerics import numpy_backend

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Motion:
    """A flow or an iteration without free parameters, as array code.

    Parameters
    ----------
    system
        Its residual, lowered.
    forward
        Velocities of a flow, next states of an iteration: from (n, B) to (n, B).
    project
        Back to the constraint; None if there is none.
    """

    system: Residual
    forward: Callable[[Floats], Floats]
    project: Callable[[Floats], Floats] | None

    def point(self, state: Floats) -> Mapping[sp.Symbol, float]:
        """A state as a mapping from symbol to float."""
        return dict(zip(self.system.coords, state.tolist(), strict=True))

    def inside(self, states: Floats) -> npt.NDArray[np.bool_]:
        """Which states are finite and violate no inequality of the constraint."""
        fine: npt.NDArray[np.bool_] = np.asarray(np.isfinite(states).all(axis=0))
        constraint = self.system.model.constraint
        if constraint is not None and constraint.inequalities:
            values = numpy_backend.lower(straight_line(constraint.inequalities, self.system.coords))(states)[:, 0]
            fine = fine & (np.asarray(values) >= -1e-7).all(axis=0)
        return fine


def motion(model: Model) -> Motion:
    """The array code of a model; its own kernel where it has one, after it was compared with the formulas.

    Raises
    ------
    ModelError
        If parameters have no value, or the kernel disagrees with the formulas on the constraint.
    """
    system = residual(model)
    return Motion(system, forward(system), projection(system))


def tangent_spectra(system: Residual, states: Floats) -> npt.NDArray[np.complex128]:
    """Eigenvalues of the tangent Jacobian of the residual at each of (n, B) states, shape (B, n - m).

    The Jacobian, projected from both sides, has those of the tangent map and one zero for each equation; the zeros
    along the normals are moved out of the way and cut off.
    """
    n = len(system.coords)
    slope = np.moveaxis(np.asarray(system.jacobian(states)), -1, 0)
    field, normal = slope[:, :n], slope[:, n:]
    m = normal.shape[1]
    if not m:
        return np.linalg.eigvals(field).astype(complex)
    # the columns of Q beyond the normals span the tangent space
    basis = np.linalg.qr(np.swapaxes(normal, 1, 2), mode="complete").Q[:, :, m:]
    return np.linalg.eigvals(np.swapaxes(basis, 1, 2) @ field @ basis).astype(complex)


def polished(system: Residual, states: Floats, steps: int = 12) -> Floats:
    """Zeros of the residual near the states, by Gauss-Newton steps of least norm; the order is kept.

    Steps of least norm also settle on a continuum of zeros. Whether a state is a zero is for the caller to see.
    """
    x = np.array(states)
    with np.errstate(all="ignore"):  # what is not finite is seen by the caller
        for _ in range(steps):
            value = np.asarray(system.value(x))[:, 0].T
            slope = np.moveaxis(np.asarray(system.jacobian(x)), -1, 0)
            good = np.isfinite(value).all(axis=1) & np.isfinite(slope).all(axis=(1, 2))
            if not good.any() or float(np.abs(value[good]).max(initial=0.0)) < 1e-15:
                break
            move = (np.linalg.pinv(slope[good], rcond=1e-7) @ value[good][:, :, None])[:, :, 0]
            x[:, good] -= move.T
    return x


def uniform_starts(
    model: Model, number: int, seed: int, box: Any = None
) -> tuple[Floats, str]:
    """Starts drawn uniformly, shape (n, number), and the distribution in words.

    Raises
    ------
    ModelError
        If the space is not compact and no box was given, or the constraint has no uniform distribution known here.
    """
    rng = np.random.default_rng(seed)
    n, constraint = len(model.coords), model.constraint
    if constraint is None:
        if box is None:
            raise ModelError(
                "the state space is not bounded, so there is no uniform start: give a box, as in box=(-2, 2) or "
                "--box -2..2, or the starts themselves"
            )
        if isinstance(box, Mapping):
            region = closed_box(model.coords, box, getattr(model, "angles", ()))
            assert region is not None
            return region.starts(number, seed), f"uniform{region.in_words}"
        low, high = float(box[0]), float(box[1])
        if not (np.isfinite([low, high]).all() and low < high):
            raise ModelError(f"the box is {box}: give two finite numbers, the lower one first")
        return rng.uniform(low, high, size=(n, number)), f"uniform on [{low:g}, {high:g}]^{n}"
    if constraint.factors:
        states = rng.normal(size=(n, number))
        for group in constraint.factors:
            rows = list(group)
            states[rows] /= np.linalg.norm(states[rows], axis=0)
        return states, f"uniform on {constraint.name}"
    if constraint.inequalities == constraint.coords:
        states = rng.exponential(size=(n, number))
        return states / states.sum(axis=0), f"uniform on the {constraint.name}"
    raise ModelError(
        f"no uniform distribution is known on {constraint.name}: give the starts as an array of shape ({n}, B)"
    )


def checked_starts(model: Model, starts: Any, seed: int, box: Any) -> tuple[Floats, str]:
    """Starts from a number or an array.

    Raises
    ------
    ModelError
        If the number is below 1, or the array is of another shape, not finite, or off the constraint.
    """
    number = checked_number(starts)
    if number is not None:
        return uniform_starts(model, number, checked_seed(seed), box)
    n = len(model.coords)
    given = checked_array(starts, n)
    off = np.abs(np.asarray(residual(model).value(given))[n:]).max(initial=0.0)
    if off > 1e-6:
        raise ModelError(f"a start is off the constraint by {off:.1e}: give starts on {model.constraint.name}")  # type: ignore[union-attr]
    return given, "given starts"
