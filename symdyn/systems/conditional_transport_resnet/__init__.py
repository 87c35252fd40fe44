"""Infinitely deep ResNets trained in conditional transport: gradients, closures, laws, certified convergence.

    dx/ds = int psi(w, x) dmu_s(w);   L layers:  x_{r+1} = x_r + (1/L)(1/n_r) sum_i psi(w_{r,i}, x_r)

Weights are a sequence of L arrays of shape (n_r, q), widths may differ; inputs and targets are (N, d), states and
costates (L + 1, N, d). The risk is the mean over samples of |x - y|^2/2, or of a formula. Time and gradients are those
of the metric (1/L) sum_r (1/n_r) sum_i |dw_{r,i}|^2 of conditional transport: the gradient is L n_r times the ordinary
partial derivative. Everything is dimensionless. The constants of the paper are not known here: what is below is
derived.

Source: R. Barboni, G. Peyré, F.-X. Vialard, Understanding the training of infinitely deep and wide ResNets with
Conditional Optimal Transport, arXiv 2403.12887, of which the abstract was at hand. What is marked derived is not stated
there.
"""

from __future__ import annotations

from typing import Any

from symdyn.dynamics.system import System
from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import real_array, whole
from symdyn.systems.conditional_transport_resnet.claims import claims_of
from symdyn.systems.conditional_transport_resnet.closures import TransportClosure, closure
from symdyn.systems.conditional_transport_resnet.convergence import LocalConvergence, local_convergence
from symdyn.systems.conditional_transport_resnet.depth import DepthLimit, depth_limit
from symdyn.systems.conditional_transport_resnet.distances import (
    ConditionalDistance,
    conditional_distance,
    interpolate,
    product_distance,
)
from symdyn.systems.conditional_transport_resnet.exhibits import PAPER, exhibits_of
from symdyn.systems.conditional_transport_resnet.layers import adjoint, forward, risk, transport_gradient
from symdyn.systems.conditional_transport_resnet.model import HIDDEN, TransportResnet, data_of, feature_of, iris
from symdyn.systems.conditional_transport_resnet.neurons import neuron_laws
from symdyn.systems.conditional_transport_resnet.residual import Residual, residual, single_hidden_layer
from symdyn.systems.conditional_transport_resnet.training import Training, train

__all__ = [
    "ConditionalDistance",
    "DepthLimit",
    "LocalConvergence",
    "Residual",
    "Training",
    "TransportClosure",
    "TransportResnet",
    "adjoint",
    "build",
    "closure",
    "conditional_distance",
    "depth_limit",
    "forward",
    "interpolate",
    "iris",
    "local_convergence",
    "neuron_laws",
    "product_distance",
    "residual",
    "risk",
    "single_hidden_layer",
    "train",
    "transport_gradient",
]


def build(
    psi: Any = HIDDEN,
    activation: Any = "tanh",
    d: int = 2,
    L: int = 10,
    width: int = 30,
    data: Any = "random",
    duration: float = 600,
    seed: int = 0,
) -> System:
    """A residual network, its data and its training.

    Parameters
    ----------
    psi
        The words "single hidden layer", or d formulas in x (x1, ..., xd) and parameters, as u*v*x.
    activation
        Of the hidden layer: tanh, sin, atan, sigmoid, erf, relu, identity; or a formula in one symbol.
    d
        Dimension of a state, from 1.
    L
        Layers, from 1.
    width
        Neurons of a layer, from 1.
    data
        random (d + 1 samples), iris (20 flowers, d = 4), or a pair of arrays (N, d).
    duration
        Of training, in the time of the metric, a number above 0.
    seed
        Of weights and random data.

    Raises
    ------
    ModelError, ShapeError
        If a parameter is out of range, or shapes do not fit.
    """
    dimension = whole(d, "the dimension d", least=1, most=1000)
    layers, neurons = whole(L, "the number of layers L", least=1), whole(width, "the width", least=1)
    start = whole(seed, "the seed")
    time = float(real_array(duration, "the duration", ndim=0))
    if time <= 0:
        raise ModelError(f"the duration is {came(duration)}: give a number above 0")
    feature = feature_of(psi, activation, dimension)
    inputs, targets = data_of(data, dimension, start)
    model = TransportResnet(
        residual=feature,
        L=layers,
        width=neurons,
        inputs=inputs,
        targets=targets,
        duration=time,
        seed=start,
    )
    return System(
        "conditional_transport_resnet",
        {
            "psi": psi if isinstance(psi, str | tuple | list) else str(psi),
            "activation": activation if isinstance(activation, str) else str(activation),
            "d": dimension,
            "L": layers,
            "width": neurons,
            "data": data if isinstance(data, str) else f"arrays of {len(inputs)} samples",
            "duration": duration,
            "seed": start,
        },
        claims_of(model),
        PAPER,
        model=model,
        equations=(
            *feature.equations,
            r"$\mathrm{COT}_p(\mu, \nu)^p = \int_0^1 W_p(\mu_s, \nu_s)^p \, ds$, at most the distance of neurons in "
            r"order.",
            rf"Training time is that of the metric $\frac{{1}}{{L}} \sum_r \frac{{1}}{{n_r}} \sum_i |d w_{{r,i}}|^2$: "
            rf"the gradient is $L n_r = {layers * neurons}$ times the ordinary partial derivatives.",
            r"$|\nabla f|^2 \ge 2 \kappa f$ within $R$ and $\sqrt{2 f_0/\kappa} < R$ give $f(\mu_t) \le f_0 "
            r"e^{-2 \kappa t}$, a path of length at most $\sqrt{2 f_0/\kappa}$, and a limit: general theory; "
            r"constants derived.",
            "Quoted from the abstract of arXiv 2403.12887, not measured: the gradient flow is well posed and "
            "consistent with training at finite width; if the number of features is finite but large enough and the "
            "risk at the start small enough, it converges to a global minimiser.",
        ),
        exhibits=exhibits_of(model),
    )
