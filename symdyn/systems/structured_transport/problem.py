"""The problem: data, masses, regulariser and epsilon, checked once; its costs, energies and plans."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, real_array
from symdyn.numerics.transport import entropic_plan, transport_plan
from symdyn.systems.structured_transport.gromov import moment_spectrum
from symdyn.systems.structured_transport.points import both, masses, points
from symdyn.systems.structured_transport.regularizers import checked, regularization

_INNER = 3_000
#: Plans that agree to this, relative to the largest mass, are one.
SAME = 1e-6


@dataclass(frozen=True)
class Problem:
    """Data of the alternating algorithm, checked once."""

    X: Floats
    Y: Floats
    a: Floats
    b: Floats
    epsilon: float
    regularizer: str
    weight: Any
    fixed: Floats | None = field(default=None, repr=False)
    eta: float = 0.0

    def costs(self, M: Floats) -> Floats:
        """(1 - eta) (-<M x_i, y_j>) + eta (-<x2_i, y2_j>)."""
        found = -(1 - self.eta) * ((self.X @ M.T) @ self.Y.T)
        return found if self.fixed is None else found + self.fixed

    def correlation(self, P: Floats) -> Floats:
        """(1 - eta) Y^T P^T X, which M answers to."""
        return (1 - self.eta) * (self.Y.T @ (P.T @ self.X))

    def costs_of(self, new: Floats, M: Floats) -> Floats:
        """-<M x, y_j> for new points x."""
        return -((new @ M.T) @ self.Y.T)

    def objective(self, P: Floats, M: Floats) -> float:
        """R(M) - (1 - eta) <M, C_P> - eta sum <x2_i, y2_j> P_ij + epsilon KL(P | a b^T)."""
        return regularization(M, self.regularizer, self.weight) + self.linear(P, M)

    def linear(self, P: Floats, M: Floats) -> float:
        """The part of the objective without R."""
        value = -float((M * self.correlation(P)).sum())
        value += 0.0 if self.fixed is None else float((self.fixed * P).sum())
        return value + self.epsilon * self.entropy(P) if self.epsilon else value

    def entropy(self, P: Floats) -> float:
        """KL(P | a b^T)."""
        both_masses = np.outer(self.a, self.b)
        some = P > 0
        return float((P[some] * np.log(P[some] / both_masses[some])).sum() - P.sum() + both_masses.sum())

    def leading(self) -> Floats:
        """The leading singular pair of M -> S_y M S_x for centred data, as long as C_P can be along it."""
        sides = []
        for data, mass in ((self.Y, self.b), (self.X, self.a)):
            _, s, v = np.linalg.svd(np.sqrt(mass)[:, None] * (data - mass @ data), full_matrices=False)
            sides.append(v[0] * s[0])
        return np.outer(sides[0], sides[1]) + np.outer(self.b @ self.Y, self.a @ self.X)

    def critical(self) -> float:
        """lambda_max(S_x) lambda_max(S_y) of centred data."""
        sides = ((self.X, self.a), (self.Y, self.b))
        return float(np.prod([moment_spectrum(data - mass @ data, mass)[0] for data, mass in sides]))


def problem_of(
    X: Any, Y: Any, *, epsilon: Any, regularizer: str, weight: Any, a: Any = None, b: Any = None, fused: Any = None
) -> Problem:
    """Data, checked."""
    name, level = checked(regularizer, weight)
    level = None if name in ("quadratic", "orthogonal") else level
    first, second = both(X, Y)
    p, q = masses(a, b, len(first), len(second))
    if isinstance(epsilon, bool) or not real_array(epsilon, "epsilon").ndim == 0 or not float(epsilon) >= 0:
        raise ModelError(f"epsilon is {came(epsilon)}: give a number from 0")
    given = Problem(first, second, p, q, float(epsilon), name, level)
    if fused is None:
        return given
    if not isinstance(fused, list | tuple) or len(fused) != 3:
        raise ModelError(f"fused is {came(fused)}: give (X2, Y2, eta), second features of both sides and a weight")
    one, other = points(fused[0], "X2"), points(fused[1], "Y2")
    eta = float(real_array(fused[2], "eta", ndim=0))
    if one.shape != (len(first), other.shape[1]) or len(other) != len(second):
        n, m = len(first), len(second)
        raise ShapeError(f"fused features have the shapes {one.shape}, {other.shape}: give ({n}, d) and ({m}, d)")
    if not 0 <= eta <= 1:
        raise ModelError(f"eta is {eta:g}: give a number from 0 to 1")
    return Problem(first, second, p, q, float(epsilon), name, level, fixed=-eta * (one @ other.T), eta=eta)


def plan_for(given: Problem, costs: Floats, duals: Any, tolerance: float) -> tuple[Floats, Any, float, bool]:
    """The plan for costs, its potentials, its marginal error, and whether that is small enough."""
    if not given.epsilon:
        exact = transport_plan(costs, given.a, given.b)
        return exact.plan, exact.potentials, 0.0, True
    found = entropic_plan(
        costs, given.epsilon, given.a, given.b, start=duals, tolerance=tolerance, max_iterations=_INNER
    )
    return found.plan, found.potentials, found.marginal_error, found.converged


def remark_of(given: Problem, P: Floats) -> str:
    """What is to be known of this end."""
    remarks = []
    constant = [k + 1 for k in np.flatnonzero(np.ptp(given.X, axis=0) == 0)]
    if constant and np.abs(given.a @ given.X).max() < 1e-12 * max(1.0, np.abs(given.X).max()):
        listed = ", ".join(map(str, constant))
        remarks.append(f"the features {listed} of X are constant, and their columns of M are zero")
    if given.epsilon and np.abs(P - np.outer(given.a, given.b)).max() < SAME * np.outer(given.a, given.b).max():
        critical = given.critical()
        if given.regularizer in ("l1", "l12", "nuclear") and given.weight:
            known = "which is stable for every epsilon, since the weight is above 0"
        elif given.epsilon < critical:
            known = f"which is unstable below epsilon = {critical:.6g}: give another start"
        else:
            known = f"which is stable above epsilon = {critical:.6g}"
        remarks.append(f"it is the product coupling, {known}")
    return "; ".join(remarks)
