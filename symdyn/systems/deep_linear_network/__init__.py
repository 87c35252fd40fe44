"""Deep linear networks: gradient flow of 1/2 |Sigma - W_h ... W_1|^2, its laws, saddles and learning.

Source: J. Wendin and C. Altafini, Gradient Flow Equations for Deep Linear Neural Networks: A Survey from a Network
Perspective, arXiv 2511.10362. What is tagged as derived is not stated there, or not read there.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from symdyn.dynamics.system import System
from symdyn.networks.linear import linear
from symdyn.systems.deep_linear_network.claims import claims_of
from symdyn.systems.deep_linear_network.classify import classify, pivots
from symdyn.systems.deep_linear_network.critical import critical_values, is_critical, learnt, subsets
from symdyn.systems.deep_linear_network.escape import escape
from symdyn.systems.deep_linear_network.hessian import (
    balanced_index,
    balanced_spectrum,
    hessian,
    inertia,
    representative,
)
from symdyn.systems.deep_linear_network.landscape import fibre_dimension, landscape, orbit_dimension, values_graph
from symdyn.systems.deep_linear_network.learning import escape_time, half_time, learn, mode_path, mode_time
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork
from symdyn.systems.deep_linear_network.structure import balance, balance_count, euler_change, euler_step

SOURCE = (
    "J. Wendin and C. Altafini, Gradient Flow Equations for Deep Linear Neural Networks: A Survey from a Network "
    "Perspective, arXiv 2511.10362"
)
MAX_SYMBOLIC = 300  # weights up to which the flow is also given as formulas

_OF_THE_MODEL = (
    balance, balance_count, balanced_index, balanced_spectrum, classify, critical_values, escape, euler_change,
    euler_step, fibre_dimension, hessian, inertia, is_critical, landscape, learn, learnt, orbit_dimension, pivots,
    representative, subsets, values_graph,
)  # fmt: skip
_OF_A_MODE = (escape_time, half_time, mode_path, mode_time)


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
        `details["model"]` is the model; the other details are the functions of this package, applied to it. The flow
        is left out above MAX_SYMBOLIC weights, where formulas serve no reader.

    Raises
    ------
    ModelError
        With what came and what to write.

    Examples
    --------
    >>> system = build(widths=(2, 2, 2, 2))
    >>> system.details["inertia"](system.details["representative"]((1,)))
    (3, 0, 9)
    """
    model = DeepLinearNetwork(widths, sigma)
    details: dict[str, Any] = {"model": model}
    details |= {function.__name__: partial(function, model) for function in _OF_THE_MODEL}
    details |= {function.__name__: function for function in _OF_A_MODE}
    return System(
        name="deep_linear_network",
        parameters={"widths": model.widths, "sigma": model.sigma},
        claims=claims_of(model),
        source=SOURCE,
        flow=model.flow if model.dimension <= MAX_SYMBOLIC else None,
        parametrization=linear(*model.widths),
        details=details,
    )
