"""Where the alternating algorithm came to rest, with the map that it gives to new points."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Table
from symdyn.dynamics.summary import Summary
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, real_array
from symdyn.systems.structured_transport.points import points
from symdyn.systems.structured_transport.problem import Problem


@dataclass(frozen=True, kw_only=True)
class StructuredTransport(Summary):
    """Where the alternating algorithm came to rest.

    Parameters
    ----------
    M
        (d_y, d_x).
    P
        (n, m), the plan for M.
    C
        Y^T P^T X.
    potentials
        f (n,) and g (m,).
    energies
        The objective after each iteration, from the first plan on.
    iterations
        How many there were.
    is_converged
        Whether M moves by less than the tolerance and every inner solver has converged.
    marginal_error
        The largest one of an inner solver.
    zeros
        Of M, in per cent.
    rank
        Of M, in floats.
    epsilon, pot_epsilon
        Of this problem, and 4 times it: the epsilon of POT's entropic Gromov-Wasserstein (inner products) with the same
        fixed points.
    remark
        What is to be known of this end, such as that it is the product coupling; empty else.
    certificate
        For exact data and epsilon 0: that the plan is optimal for M, in integers.
    """

    M: Any = field(repr=False)
    P: Any = field(repr=False)
    C: Any = field(repr=False)
    potentials: tuple[Any, Any] = field(repr=False)
    energies: tuple[Any, ...] = field(repr=False)
    iterations: int
    is_converged: bool
    marginal_error: float
    zeros: float
    rank: int
    epsilon: float
    pot_epsilon: float
    remark: str = ""
    certificate: Any = field(default=None, repr=False)
    problem: Any = field(default=None, repr=False, compare=False)

    @property
    def verdict(self) -> Verdict:  # type: ignore[override]
        """PROVED where every step was exact, else OBSERVED."""
        return Verdict.OBSERVED if self.certificate is None else Verdict.PROVED

    @property
    def energy(self) -> Any:
        """The last one."""
        return self.energies[-1]

    def objective(self, P: Any, M: Any) -> float:
        """R(M) - <M, C_P> + epsilon KL(P | a b^T), with the fused part if there is one."""
        return self.problem.objective(real_array(P, "the plan P", ndim=2), real_array(M, "the matrix M", ndim=2))

    def map(self, new: Any) -> Floats:
        """T(x) = sum_j p_j(x) y_j with p_j proportional to b_j e^{(g_j + <M x, y_j>)/epsilon}, for points (k, d_x).

        Raises
        ------
        ModelError, ShapeError
            If points have another dimension, or the cost is fused: then new points have no second part.
        """
        given: Problem = self.problem
        if given.fixed is not None:
            raise ModelError("the cost is fused, and new points have no second part: map points of a run without it")
        x = points(new, "the list of new points")
        if x.shape[1] != given.X.shape[1]:
            raise ShapeError(f"new points have {x.shape[1]} coordinates: give {given.X.shape[1]}, as those of X")
        scores = np.asarray(self.potentials[1], dtype=float) - given.costs_of(x, np.asarray(self.M, dtype=float))
        if not given.epsilon:
            return given.Y[np.argmax(scores, axis=1)]
        with np.errstate(divide="ignore"):
            scores = scores / given.epsilon + np.log(given.b)
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        return (shares / shares.sum(axis=1, keepdims=True)) @ given.Y

    @property
    def statement(self) -> str:
        """What was found."""
        given: Problem = self.problem
        end = "came to rest" if self.is_converged else "had not come to rest"
        noted = f"; {self.remark}" if self.remark else ""
        return (
            f"with the regularizer {given.regularizer} the alternating algorithm {end} after {self.iterations} "
            f"iterations at the energy {float(self.energy):.8g}, marginals within {self.marginal_error:.1g}, at "
            rf"$\varepsilon = {self.epsilon:g}$ (POT's is {self.pot_epsilon:g}){noted}"
        )

    @property
    def headline(self) -> str:
        """The energy."""
        return f"energy {float(self.energy):.8g}, {'at rest' if self.is_converged else 'not at rest'}"

    def table(self) -> Table:
        """Energy, zeros, rank."""
        header = ("regularizer", "weight", "energy", "zeros in per cent", "rank", "iterations", "marginal error")
        given: Problem = self.problem
        numbers = (float(self.energy), self.zeros, self.rank, self.iterations, self.marginal_error)
        return Table(header, ((given.regularizer, given.weight, *numbers),))
