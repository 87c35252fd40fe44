"""Laws that every flow keeps on the neurons of one layer, for all data and losses."""

from __future__ import annotations

import sympy as sp

from symdyn.dynamics.answers.law_count import LawCount
from symdyn.geometry.predictor import Predictor
from symdyn.laws.count import conservation_laws
from symdyn.networks.relu import relu
from symdyn.numerics.arrays import whole
from symdyn.systems.conditional_transport_resnet.residual import Residual, activation_name


def neuron_laws(residual: Residual, *, neurons: int = 1) -> LawCount:
    """Laws of the flow of `neurons` neurons w of a layer, with proved bounds of their number.

    Whatever the states and costates are, each neuron moves along combinations of D_w psi(w, x)^T p: these are laws of
    the model w -> sum_i psi(w_i, x). Hidden layers with relu are counted as ReLU networks, others with absolute values
    on the region where these are positive.

    Parameters
    ----------
    residual
        The feature.
    neurons
        Of one layer.

    Raises
    ------
    ModelError
        If psi has a function that the engine does not know.

    Examples
    --------
    >>> from symdyn.systems.conditional_transport_resnet import residual
    >>> u, v, x = sp.symbols("u v x")
    >>> found = neuron_laws(residual(u * v * x, [u, v], [x]))
    >>> found.count, found.laws
    (1, (Law(u**2 - v**2),))
    """
    number = whole(neurons, "the number of neurons", least=1, most=20)
    if activation_name(residual.activation) == "relu":
        return conservation_laws(relu(residual.d, number, residual.d, bias=residual.bias))
    coords: list[sp.Symbol] = []
    outputs: list[sp.Expr] = [sp.S.Zero] * residual.d
    for i in range(number):
        renamed = residual.w if number == 1 else [sp.Symbol(f"{one}_{i + 1}") for one in residual.w]
        coords += renamed
        swapped = dict(zip(residual.w, renamed, strict=True))
        psi = [one.replace(sp.Abs, lambda inner: inner).xreplace(swapped) for one in residual.psi]
        outputs = [total + part for total, part in zip(outputs, psi, strict=True)]
    free = set().union(*(one.free_symbols for one in outputs))
    inputs = [one for one in residual.x if one in free] or list(residual.x)
    return conservation_laws(Predictor(tuple(coords), tuple(inputs), tuple(outputs)))
