"""Deep linear networks: gradient flow of 1/2 |Sigma - W_h ... W_1|^2, its laws, saddles and learning.

    dW_k/dt = (W_h ... W_(k+1))^T (Sigma - P) (W_(k-1) ... W_1)^T,    P = W_h ... W_1,    k = 1, ..., h

W_k has shape (d_k, d_(k-1)) for widths d_0, ..., d_h, and Sigma shape (d_h, d_0), zero but for its diagonal: the
singular values of whitened data, largest first. Time, weights and loss are dimensionless. A subset S of modes stands
for the critical points whose product is Sigma on the modes in S and zero on the others. Inertia is (positive, negative,
zero).

Source: J. Wendin and C. Altafini, Gradient Flow Equations for Deep Linear Neural Networks: A Survey from a Network
Perspective, arXiv 2511.10362. What is tagged as derived is not stated there, or not read there.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from symdyn.dynamics.system import System
from symdyn.networks.linear import linear
from symdyn.networks.product_modes import escape_time, half_time, mode_path, mode_time, mode_velocity
from symdyn.systems.deep_linear_network.claims import claims_of
from symdyn.systems.deep_linear_network.classify import (
    MAX_WEIGHTS,
    balanced_index,
    balanced_spectrum,
    classify,
    escape,
    has_hessian,
    hessian,
    inertia,
    inertia_at,
    kind_at,
    kind_by_pivots,
    loss_along,
    pivots,
    representative,
    spectrum_residual,
)
from symdyn.systems.deep_linear_network.critical import (
    critical_value,
    critical_values,
    exact_weights,
    gradient_norm,
    gradients,
    is_critical,
    learnt,
    minimal_value,
    subsets,
)
from symdyn.systems.deep_linear_network.exhibits import exhibits_of, small_start
from symdyn.systems.deep_linear_network.landscape import fibre_dimension, landscape, orbit_dimension, values_graph
from symdyn.systems.deep_linear_network.learning import learn, nearest_subset
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork
from symdyn.systems.deep_linear_network.structure import (
    balance,
    balance_count,
    balance_velocity,
    euler_change,
    euler_step,
    is_isospectral,
    is_nilpotent,
)

__all__ = [
    "DeepLinearNetwork", "MAX_WEIGHTS", "balance", "balance_count", "balance_velocity", "balanced_index",
    "balanced_spectrum", "build", "classify", "critical_value", "critical_values", "escape", "escape_time",
    "euler_change", "euler_step", "exact_weights", "fibre_dimension", "gradient_norm", "gradients", "half_time",
    "has_hessian", "hessian", "inertia", "inertia_at", "is_critical", "is_isospectral", "is_nilpotent", "kind_at",
    "kind_by_pivots", "landscape", "learn", "learnt", "loss_along", "minimal_value", "mode_path", "mode_time",
    "mode_velocity", "nearest_subset", "orbit_dimension", "pivots", "representative", "small_start",
    "spectrum_residual", "subsets", "values_graph",
]  # fmt: skip

SOURCE = (
    "J. Wendin and C. Altafini, Gradient Flow Equations for Deep Linear Neural Networks: A Survey from a Network "
    "Perspective, arXiv 2511.10362"
)


def build(widths: Any = (2, 2, 2), sigma: Any = (2, 1)) -> System:
    """The system for given widths and singular values.

    Parameters
    ----------
    widths
        d_0, ..., d_h with at least one hidden layer.
    sigma
        Singular values, largest first: numbers, symbols, or text such as "s1".

    Returns
    -------
    System
        `model` is what the functions of this module take first. Above MAX_WEIGHTS weights the flow as formulas is
        left out, and so are tables and figures, which need rational singular values.

    Raises
    ------
    ModelError
        With what came and what to write.

    Examples
    --------
    >>> model = build(widths=(2, 2, 2, 2)).model
    >>> inertia(model, representative(model, (1,)))
    (3, 0, 9)
    """
    model = DeepLinearNetwork(widths, sigma)
    return System(
        name="deep_linear_network",
        parameters={"widths": model.widths, "sigma": model.sigma},
        claims=claims_of(model),
        source=SOURCE,
        flow=model.flow if model.dimension <= MAX_WEIGHTS else None,
        parametrization=linear(*model.widths),
        model=model,
        equations=_equations(model),
        exhibits=exhibits_of(model) if has_hessian(model) else (),
    )


def _equations(model: DeepLinearNetwork) -> tuple[str, ...]:
    widths, sigma = ", ".join(map(str, model.widths)), ", ".join(map(sp.latex, model.sigma))
    return (
        r"$L = \frac{1}{2} \| \Sigma - W_h \cdots W_1 \|_F^2$ with layers $W_k$ of shape $d_k \times d_{k-1}$ and "
        f"$h = {model.depth}$, $(d_0, \\dots, d_h) = ({widths})$; $\\Sigma$ is zero but for the singular values "
        f"$({sigma})$ on its diagonal.",
        r"$\dot W_k = (W_h \cdots W_{k+1})^\top (\Sigma - W_h \cdots W_1) (W_{k-1} \cdots W_1)^\top$ for "
        r"$k = 1, \dots, h$, the gradient flow of $L$.",
        r"$\dot A = \sum_{j=1}^{h} (A^{h-j})^\top (E - A^h) (A^{j-1})^\top$, the same flow on the adjacency matrix $A$ "
        r"of all $d_0 + \dots + d_h$ nodes, whose blocks below the diagonal are $W_1, \dots, W_h$; $E$ has $\Sigma$ "
        r"where $A^h$ has $W_h \cdots W_1$.",
    )
