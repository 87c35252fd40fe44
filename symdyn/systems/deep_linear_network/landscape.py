"""The landscape: subsets of learnt modes as a graph, with values, indices and the dimensions of their fibres."""

from __future__ import annotations

from typing import Any

import networkx as nx

from symdyn.networks import matrix_product
from symdyn.systems.deep_linear_network.classify import balanced_index, kind_at
from symdyn.systems.deep_linear_network.critical import checked_subset, critical_value, exact_weights, subsets
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork


def fibre_dimension(model: DeepLinearNetwork, subset: Any) -> int:
    """Dimension of the fibre {W : W_h ... W_1 = P_S} of all weights with the critical product of a subset (derived).

    At the minimal value all of the fibre are minima; above it some points need not be critical.

    Examples
    --------
    >>> fibre_dimension(DeepLinearNetwork((2, 2, 2), (2, 1)), (1, 2))
    4
    """
    return matrix_product.fibre_dimension(model.widths, len(checked_subset(model, subset)))


def orbit_dimension(model: DeepLinearNetwork, weights: Any) -> int:
    """Dimension of the orbit of rational weights under invertible changes of the hidden bases; exact."""
    return matrix_product.orbit_dimension(exact_weights(model, weights))


def landscape(model: DeepLinearNetwork, *, most: int | None = None) -> nx.DiGraph:
    """The graph of critical products, for rational values: nodes are subsets, edges ways down between balanced points.

    With `most` only so many subsets of lowest value.

    Returns
    -------
    networkx.DiGraph
        Nodes carry `value`, `rank`, `kind`, `index` (both at the aligned balanced point), `fibre_dimension`. An edge
        "learns" another mode: along it alone the flow of that mode leads from 0 to its singular value. An edge
        "exchanges" a mode for a larger one: within the plane of the two, through the one hidden unit of the smaller,
        the loss only falls and nothing else is critical below. No edge joins equal losses (derived).
    """
    graph = nx.DiGraph(widths=model.widths, sigma=tuple(map(str, model.sigma)))
    lowest = set(sorted(subsets(model), key=lambda subset: critical_value(model, subset))[:most])
    for subset in (one for one in subsets(model) if one in lowest):
        graph.add_node(
            subset,
            value=critical_value(model, subset),
            rank=len(subset),
            kind=kind_at(model, subset),
            index=balanced_index(model, subset),
            fibre_dimension=fibre_dimension(model, subset),
        )
    for subset in list(graph):
        for mode in set(range(1, model.signal_rank + 1)) - set(subset):
            larger = tuple(sorted((*subset, mode)))
            if larger in graph:
                graph.add_edge(subset, larger, way="learns", mode=mode)
            for old in subset:
                if mode < old and model.sigma[mode - 1] != model.sigma[old - 1]:
                    exchanged = tuple(sorted({*subset, mode} - {old}))  # of lower value, so among the nodes
                    graph.add_edge(subset, exchanged, way="exchanges", mode=mode, old=old)
    return graph


def values_graph(model: DeepLinearNetwork) -> nx.DiGraph:
    """The same with each critical value once: nodes are values, with the subsets that share them."""
    fine = landscape(model)
    graph = nx.DiGraph()
    for subset, value in fine.nodes(data="value"):
        if value not in graph:
            graph.add_node(value, subsets=())
        graph.nodes[value]["subsets"] += (subset,)
    graph.add_edges_from((fine.nodes[before]["value"], fine.nodes[after]["value"]) for before, after in fine.edges)
    return graph
