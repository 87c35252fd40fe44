"""The landscape: subsets of learnt modes as a graph, with values, indices and the dimensions of their fibres."""

from __future__ import annotations

from typing import Any

import flint
import networkx as nx
import sympy as sp

from symdyn.systems.deep_linear_network.classify import kind_by_pivots
from symdyn.systems.deep_linear_network.critical import checked_subset, critical_value, subsets
from symdyn.systems.deep_linear_network.hessian import balanced_index, representative
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork
from symdyn.systems.deep_linear_network.weights import Layers, exact_weights


def fibre_dimension(model: DeepLinearNetwork, subset: Any) -> int:
    """Dimension of the fibre {W : W_h ... W_1 = P_S} of all weights with the critical product of a subset (derived).

    The weights whose partial products W_k ... W_1 have ranks n_k, n_0 = d_0 and n_h = r, have codimension
    sum (n_(k-1) - n_k) (d_k - n_k): a map of rank n_k on a space of dimension n_(k-1). The least codimension is found
    by dynamic programming, and the matrices of rank r, over which the fibres are all alike, have dimension
    r (d_0 + d_h - r). At the minimal value all of the fibre are minima; above it some points need not be critical.

    Examples
    --------
    >>> fibre_dimension(DeepLinearNetwork((2, 2, 2), (2, 1)), (1, 2))
    4
    """
    rank = len(checked_subset(model, subset))
    widths = model.widths
    least = {widths[0]: 0}
    for k in range(1, model.depth + 1):
        following: dict[int, int] = {}
        for before, cost in least.items():
            for after in range(rank, min(before, widths[k]) + 1):
                total = cost + (before - after) * (widths[k] - after)
                following[after] = min(total, following.get(after, total))
        least = following
    return model.dimension - least[rank] - rank * (widths[0] + widths[-1] - rank)


def orbit_dimension(model: DeepLinearNetwork, weights: Any) -> int:
    """Dimension of the orbit of rational weights under invertible changes of the hidden bases; exact.

    Its tangent space is spanned by (Z_1 W_1, Z_2 W_2 - W_2 Z_1, ..., -W_h Z_(h-1)).
    """
    layers = exact_weights(model, weights)
    rows = [_tangent(model, layers, k, p, q) for k in range(1, model.depth) for p, q in _places(model.widths[k])]
    return int(flint.fmpq_mat(len(rows), model.dimension, [x for row in rows for x in row]).rank())


def _places(width: int) -> list[tuple[int, int]]:
    return [(p, q) for p in range(width) for q in range(width)]


def _tangent(model: DeepLinearNetwork, layers: Layers, hidden: int, p: int, q: int) -> list[flint.fmpq]:
    """Velocity of the weights when Z of one hidden layer is the unit matrix at (p, q)."""
    unit = flint.fmpq_mat(model.widths[hidden], model.widths[hidden])
    unit[p, q] = 1
    parts: list[flint.fmpq] = []
    for k, layer in enumerate(layers, start=1):
        if k == hidden:
            parts += (unit * layer).entries()
        elif k == hidden + 1:
            parts += (-(layer * unit)).entries()
        else:
            parts += [flint.fmpq(0)] * (layer.nrows() * layer.ncols())
    return parts


def landscape(model: DeepLinearNetwork) -> nx.DiGraph:
    """The graph of critical products: nodes are subsets, edges are ways down between aligned balanced points.

    Parameters
    ----------
    model
        With rational singular values.

    Returns
    -------
    networkx.DiGraph
        Nodes carry `value`, `rank`, `kind`, `index` (both at the aligned balanced point), `fibre_dimension`. An edge
        "learns" another mode: along it alone the flow of that mode leads from 0 to its singular value. An edge
        "exchanges" a mode for a larger one: within the plane of the two, through the one hidden unit of the smaller,
        the loss only falls and nothing else is critical below. No edge joins equal losses (derived).
    """
    graph = nx.DiGraph(widths=model.widths, sigma=tuple(map(str, model.sigma)))
    for subset in subsets(model):
        graph.add_node(
            subset,
            value=critical_value(model, subset),
            rank=len(subset),
            kind=kind_by_pivots(model, representative(model, subset)),
            index=balanced_index(model, subset),
            fibre_dimension=fibre_dimension(model, subset),
        )
    for subset in list(graph):
        for mode in range(1, model.signal_rank + 1):
            if mode in subset:
                continue
            larger = tuple(sorted((*subset, mode)))
            if larger in graph:
                graph.add_edge(subset, larger, way="learns", mode=mode)
            for old in subset:
                if mode < old and model.sigma[mode - 1] != model.sigma[old - 1]:
                    exchanged = tuple(sorted({*subset, mode} - {old}))
                    graph.add_edge(subset, exchanged, way="exchanges", mode=mode, old=old)
    return graph


def values_graph(model: DeepLinearNetwork) -> nx.DiGraph:
    """The same with each critical value once: nodes are values, with the subsets that share them."""
    fine = landscape(model)
    graph = nx.DiGraph()
    for subset, node in fine.nodes(data=True):
        value: sp.Expr = node["value"]
        if value not in graph:
            graph.add_node(value, subsets=())
        graph.nodes[value]["subsets"] += (subset,)
    for before, after in fine.edges:
        graph.add_edge(fine.nodes[before]["value"], fine.nodes[after]["value"])
    return graph
