"""A model in motion: velocities (or next states) of many states at once, and the way back to the constraint."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.equilibrium.asked.array_code import forward
from symdyn.equilibrium.asked.domain import domain_of
from symdyn.equilibrium.asked.lowering import Model, Residual, residual
from symdyn.equilibrium.asked.projection import projection
from symdyn.numerics.backends import numpy_backend

Floats = npt.NDArray[np.float64]
_TURN = 2 * np.pi
_SLACK = 1e-7
# an angle of -1e-12 is 0 up to rounding, and not 2 pi
_SEAM = 1e-9


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
    is_reversed
        Whether time runs backwards.
    """

    system: Residual
    forward: Callable[[Floats], Floats]
    project: Callable[[Floats], Floats] | None
    is_reversed: bool = False

    def point(self, state: Floats) -> Mapping[sp.Symbol, float]:
        """A state as a mapping from symbol to float; angles from 0 to 2 pi."""
        return dict(zip(self.system.coords, self.reduced(state).tolist(), strict=True))

    def slope(self, states: Floats) -> Floats:
        """Derivatives of the velocities at states (n, B): (n, n, B)."""
        found = np.asarray(self.system.jacobian(states))[: len(states)]
        return -found if self.is_reversed else found

    def reversed(self) -> Motion:
        """The flow with time running backwards."""
        ahead = self.forward
        return dataclasses.replace(self, forward=lambda x: -ahead(x), is_reversed=not self.is_reversed)

    @property
    def angles(self) -> list[int]:
        """The places of coordinates that count modulo 2 pi."""
        angles = getattr(self.system.model, "angles", ())
        return [k for k, symbol in enumerate(self.system.coords) if symbol in angles]

    def reduced(self, states: Floats) -> Floats:
        """The states with angles from 0 to 2 pi."""
        found = np.array(states, dtype=float)
        if self.angles:
            found[self.angles] -= _TURN * np.floor((found[self.angles] + _SEAM) / _TURN)
        return found

    def gap(self, states: Floats, origin: Floats) -> Floats:
        """Differences of states; of angles, the shorter way around."""
        found = np.asarray(states - origin)
        for k in self.angles:
            found[k] -= _TURN * np.round(found[k] / _TURN)
        return found

    def inside(self, states: Floats) -> npt.NDArray[np.bool_]:
        """Which states are finite and violate no condition of the domain."""
        fine: npt.NDArray[np.bool_] = np.asarray(np.isfinite(states).all(axis=0))
        domain = domain_of(self.system)
        if domain is not None:
            values = numpy_backend.lower(straight_line(domain.expressions, self.system.coords))(states)[:, 0]
            scale = np.maximum(1.0, np.abs(np.where(fine, states, 0.0)).max(axis=0))
            fine = fine & (np.asarray(values) >= -_SLACK * scale).all(axis=0)
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
