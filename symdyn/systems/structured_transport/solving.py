"""Alternating minimisation over plans and matrices: entropic or exact transport for M, then M from the plan."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.errors import ShapeError
from symdyn.numerics.arrays import Floats, real_array, whole
from symdyn.systems.structured_transport.exact_steps import solve_exactly
from symdyn.systems.structured_transport.points import is_exact
from symdyn.systems.structured_transport.problem import Problem, plan_for, problem_of, remark_of
from symdyn.systems.structured_transport.regularizers import prox
from symdyn.systems.structured_transport.stationary import StructuredTransport


def solve(
    X: Any,
    Y: Any,
    *,
    epsilon: Any,
    regularizer: str = "quadratic",
    weight: Any = None,
    a: Any = None,
    b: Any = None,
    start: Any = None,
    step: Any = None,
    fused: Any = None,
    tolerance: float = 1e-9,
    max_iterations: int = 1000,
) -> StructuredTransport:
    """Local minimiser of R(M) - <M, C_P> + epsilon KL(P | a b^T) by turns: P for M, then M for P.

    Parameters
    ----------
    X, Y
        (n, d_x) and (m, d_y). Exact data (a fraction or a SymPy number among them) with epsilon 0 and the regularizer
        quadratic or l1: every step is exact, and the end is proved stationary.
    epsilon
        From 0; 0 is exact transport.
    regularizer, weight
        As of `prox`.
    a, b
        Masses of one sum; uniform unless given.
    start
        M (d_y, d_x); else the leading singular pair of the linearised map, which leaves the product coupling.
    step
        gamma of a proximal-gradient step for M; None is exact minimisation.
    fused
        (X2, Y2, eta): the cost is (1 - eta) (-<M x, y>) + eta (-<x2, y2>), and M answers to (1 - eta) C_P.
    tolerance
        Of M relative to its size, and of marginals.
    max_iterations
        After which the answer says that it has not converged.

    Raises
    ------
    ModelError, ShapeError
        If data do not fit, or epsilon is below what float64 carries; the smallest usable one is named.

    Examples
    --------
    >>> found = solve([[-1], [1]], [[-2], [2]], epsilon=0)
    >>> found.M.tolist(), found.energy, found.is_converged
    ([[2.0]], -2.0, True)
    """
    given = problem_of(X, Y, epsilon=epsilon, regularizer=regularizer, weight=weight, a=a, b=b, fused=fused)
    whole(max_iterations, "the number of iterations", least=1)
    shape = (given.Y.shape[1], given.X.shape[1])
    first = given.leading() if start is None else real_array(start, "start", ndim=2)
    if first.shape != shape:
        raise ShapeError(f"start has the shape {first.shape}: give {shape}, as M has")
    if is_exact(X, Y) and not given.epsilon and given.regularizer in ("quadratic", "l1") and fused is None and not step:
        return solve_exactly(given, X, Y, a, b, start, max_iterations)
    return descend(given, first, step=step, tolerance=tolerance, max_iterations=max_iterations)


def descend(
    given: Problem, M: Floats, *, step: Any = None, tolerance: float = 1e-9, max_iterations: int = 1000
) -> StructuredTransport:
    """The alternating algorithm from M."""
    energies: list[float] = []
    duals: Any = None
    error, resolved, moved, P = 0.0, True, np.inf, np.outer(given.a, given.b)
    C = given.correlation(P)
    # of the data, and not of M, which may tend to zero
    scale = max(float(np.abs(given.leading()).max()), 1e-300)
    for _ in range(max_iterations):
        P, duals, error, resolved = plan_for(given, given.costs(M), duals, tolerance)
        C = given.correlation(P)
        before = M
        if step is None:
            M = prox(C, given.regularizer, given.weight)
        else:
            M = prox(C, given.regularizer, given.weight, start=M, step=step)
        energies.append(given.objective(P, M))
        moved = float(np.abs(M - before).max())
        if moved <= tolerance * scale:
            break
    values = np.linalg.svd(M, compute_uv=False)
    return StructuredTransport(
        M=M,
        P=P,
        C=given.correlation(P) / (1 - given.eta) if given.eta < 1 else given.Y.T @ (P.T @ given.X),
        potentials=duals,
        energies=tuple(energies),
        iterations=len(energies),
        is_converged=moved <= tolerance * scale and resolved,
        marginal_error=error,
        zeros=100 * float((M == 0).mean()),
        rank=int((values > 1e-10 * max(values[0], 1e-300)).sum()) if values[0] > 0 else 0,
        epsilon=given.epsilon,
        pot_epsilon=4 * given.epsilon,
        remark=remark_of(given, P),
        problem=given,
    )
