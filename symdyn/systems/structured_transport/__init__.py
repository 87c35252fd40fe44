r"""Structured transport across spaces: a linear map M and a coupling found together, regularised, with proved optima.

    min over M and P in U(a, b) of   R(M) - <M, C_P> + epsilon KL(P | a b^T),   C_P = Y^T P^T X

X (n, d_x), Y (m, d_y), P (n, m), and M, C_P of shape (d_y, d_x); the ground cost is -<M x, y>, and R(M) =
|M|_F^2/2 + r(M). Columns of M belong to source features. POT's epsilon of entropic Gromov-Wasserstein with inner
products is 4 times this epsilon. Everything is dimensionless.

Source: O. Sebbouh, M. Cuturi, G. Peyré, Structured Transforms Across Spaces with Cost-Regularized Optimal Transport,
arXiv 2311.05788. What is marked derived is not stated there, or was not read there.
"""

from __future__ import annotations

from typing import Any

from symdyn.dynamics.system import System
from symdyn.systems.structured_transport.claims import claims_of
from symdyn.systems.structured_transport.critical import (
    CriticalEpsilon,
    Path,
    critical_epsilon,
    regularization_path,
    two_point_reduction,
)
from symdyn.systems.structured_transport.exhibits import PAPER, exhibits_of
from symdyn.systems.structured_transport.gromov import (
    cross_correlation,
    gromov_identity,
    gromov_wasserstein,
    spectral_lower_bound,
)
from symdyn.systems.structured_transport.model import Spaces, made
from symdyn.systems.structured_transport.optimum import GlobalOptimum, global_optimum
from symdyn.systems.structured_transport.regularizers import FORMULAS, partial_minimum, prox
from symdyn.systems.structured_transport.solving import solve
from symdyn.systems.structured_transport.starts import Solutions, multistart
from symdyn.systems.structured_transport.stationary import StructuredTransport
from symdyn.systems.structured_transport.transfer import foscttm, label_transfer

__all__ = [
    "CriticalEpsilon", "GlobalOptimum", "Path", "Solutions", "Spaces", "StructuredTransport", "build",
    "critical_epsilon", "cross_correlation", "foscttm", "global_optimum", "gromov_identity", "gromov_wasserstein",
    "label_transfer", "multistart", "partial_minimum", "prox", "regularization_path", "solve",
    "spectral_lower_bound", "two_point_reduction",
]  # fmt: skip


def build(
    X: Any = "planted",
    Y: Any = None,
    regularizer: str = "quadratic",
    weight: Any = None,
    epsilon: Any = 0.2,
    step: Any = None,
    starts: int = 20,
) -> System:
    """Two clouds of points in different spaces.

    Parameters
    ----------
    X
        Points (n, d_x); or "planted" (30 points, and a sparse map of them), "two points", "digits" (scikit-learn's).
    Y
        Points (m, d_y); nothing where X names data.
    regularizer
        quadratic, l1, l12, nuclear, rank or orthogonal.
    weight
        Of the regularizer, a number from 0; for rank a whole number; else one in proportion to the data.
    epsilon
        Above 0; POT's is 4 times it.
    step
        gamma of proximal-gradient steps, above 0; none for exact minimisation over M.
    starts
        Of the table of starts, from 2.

    Raises
    ------
    ModelError, ShapeError
        If a parameter is out of range.
    """
    model = made(X, Y, regularizer, weight, epsilon, step, starts)
    parameters = {
        "X": X, "Y": Y, "regularizer": model.regularizer, "weight": weight, "epsilon": epsilon, "step": step,
        "starts": model.starts,
    }  # fmt: skip
    return System(
        "structured_transport",
        parameters,
        claims_of(model),
        PAPER,
        model=model,
        equations=_equations(model.regularizer),
        exhibits=exhibits_of(model),
    )


def _equations(regularizer: str) -> tuple[str, ...]:
    form, map_, value = FORMULAS[regularizer]
    return (
        r"$\min_{M, P \in U(a, b)} R(M) - \langle M, C_P \rangle + \varepsilon \, \mathrm{KL}(P | a b^\top)$, "
        r"$C_P = Y^\top P^\top X$ of shape $(d_y, d_x)$.",
        rf"$R(M) = {form}$, the regularizer {regularizer}.",
        rf"$M = {map_}$ at $C = C_P = \sum_i \sigma_i u_i v_i^\top$ minimises over $M$, and a fixed point has this "
        r"$M$ with $P_{ij} = a_i b_j e^{(f_i + g_j + \langle M x_i, y_j \rangle)/\varepsilon}$.",
        rf"$\min_M R(M) - \langle M, C \rangle = {value}$: the energy without $M$, concave in $P$.",
        r"$\sum (\langle x_i, x_k \rangle - \langle y_j, y_l \rangle)^2 P_{ij} P_{kl} = \|S_x\|_F^2 + \|S_y\|_F^2 "
        r"- 2 \|C_P\|_F^2$ with $S_x = X^\top \mathrm{diag}(a) X$: Gromov-Wasserstein with inner products is a "
        r"constant and $4$ times this problem with the quadratic regularizer.",
        r"POT's epsilon of entropic Gromov-Wasserstein with inner products is $4 \varepsilon$ (derived).",
    )
