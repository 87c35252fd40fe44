"""Input convex networks (ICNN): every layer sees the input again."""

from __future__ import annotations

import itertools
from collections.abc import Hashable

import networkx as nx

from symdyn.networks.programs.sizes import checked_widths
from symdyn.networks.relu_graph import ReluGraph, relu_graph


def input_convex(*widths: int, bias: bool = False) -> ReluGraph:
    """Input convex network z_{k+1} = relu(U_k z_k + V_k x + b_k), linear at the output, through its path lifting.

    Convexity asks for U_k >= 0 entrywise, which a multiplicative (entropic) flow of U_k keeps; the parametrization is
    that of a ReLU network whose input skips to every layer. Under Euclidean flow there is one law for each hidden
    neuron, |outgoing|^2 - |incoming|^2 - bias^2.

    Parameters
    ----------
    *widths
        From input to output, at least two.
    bias
        Whether hidden neurons have biases.

    Raises
    ------
    ModelError
        If there are too few widths or one is not a positive integer.

    Examples
    --------
    >>> input_convex(2, 3, 3, 1).dimension
    26
    """
    widths = checked_widths(widths, "input_convex")
    layers: list[list[Hashable]] = [[(k, i) for i in range(width)] for k, width in enumerate(widths)]
    graph = nx.DiGraph()
    for before, after in itertools.pairwise(layers):
        graph.add_edges_from(itertools.product(before, after))
        graph.add_edges_from(itertools.product(layers[0], after))
    return relu_graph(graph, bias=bias)
