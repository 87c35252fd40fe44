"""ReLU networks on any acyclic graph, through their path lifting."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import networkx as nx
import sympy as sp

from symdyn.algebra.polynomials.sparse import SparsePolynomials, from_terms
from symdyn.errors import ModelError
from symdyn.geometry.fields.polynomial_fields import PolynomialFields, gradients
from symdyn.geometry.model import LawModel
from symdyn.networks.relu import MAX_LISTED_PATHS


@dataclass(frozen=True)
class ReluGraph(LawModel):
    """The path lifting of a ReLU network on an acyclic graph.

    Nodes are numbered in topological order; parameters are the edges, then the biases.

    Parameters
    ----------
    nodes
        Number of nodes.
    edges
        Pairs (tail, head) with tail < head.
    sources, sinks
        Nodes where paths begin and end.
    biased
        Hidden nodes with a bias, at which paths may begin too.
    """

    nodes: int
    edges: tuple[tuple[int, int], ...]
    sources: tuple[int, ...]
    sinks: tuple[int, ...]
    biased: tuple[int, ...] = ()

    name = "ReLU network on a graph"
    subject = "relu paths"

    @property
    def description(self) -> str:
        """Sizes of the graph."""
        return f"{self.nodes} nodes, {len(self.edges)} edges, {len(self.biased)} biases"

    @property
    def dimension(self) -> int:
        """D, the number of parameters."""
        return len(self.edges) + len(self.biased)

    @cached_property
    def hidden(self) -> tuple[int, ...]:
        """Nodes that are neither input nor output."""
        ends = set(self.sources) | set(self.sinks)
        return tuple(node for node in range(self.nodes) if node not in ends)

    @property
    def hidden_count(self) -> int:
        """Number of hidden nodes."""
        return len(self.hidden)

    @cached_property
    def coords(self) -> tuple[sp.Symbol, ...]:
        """Symbols w_tail_head, then b_node; nodes counted from 1."""
        weights = [sp.Symbol(f"w_{tail + 1}_{head + 1}") for tail, head in self.edges]
        return tuple(weights + [sp.Symbol(f"b_{node + 1}") for node in self.biased])

    def paths(self) -> list[tuple[int, ...]]:
        """Coordinate numbers along every path.

        Raises
        ------
        ModelError
            If there are more than MAX_LISTED_PATHS paths.
        """
        outgoing: dict[int, list[tuple[int, int]]] = {}
        for place, (tail, head) in enumerate(self.edges):
            outgoing.setdefault(tail, []).append((head, place))
        starts: list[tuple[int, tuple[int, ...]]] = [(node, ()) for node in self.sources]
        starts += [(node, (len(self.edges) + place,)) for place, node in enumerate(self.biased)]
        ends, found, stack = set(self.sinks), [], starts
        while stack:
            node, path = stack.pop()
            if node in ends:
                found.append(path)
                if len(found) > MAX_LISTED_PATHS:
                    raise ModelError(f"this graph has more than {MAX_LISTED_PATHS:,} paths, too many to list")
            stack += [(head, (*path, place)) for head, place in outgoing.get(node, ())]
        return sorted(tuple(sorted(path)) for path in found)

    @cached_property
    def polynomials(self) -> SparsePolynomials:
        """The monomials of all paths as sparse polynomials."""
        return from_terms([{tuple((k, 1) for k in path): 1} for path in self.paths()], self.dimension)

    @cached_property
    def polynomial_fields(self) -> PolynomialFields:
        """Gradients of the monomials."""
        return gradients(self.polynomials, self.dimension)

    @cached_property
    def outputs(self) -> tuple[sp.Expr, ...]:
        """The monomials in SymPy."""
        return tuple(sp.Mul(*(self.coords[place] for place in path)) for path in self.paths())

    def neurons(self) -> tuple[tuple[int, ...], ...]:
        """For each hidden node +(k + 1) for outgoing coordinates k, -(k + 1) for incoming ones and its bias."""
        signed: dict[int, list[int]] = {node: [] for node in self.hidden}
        for place, (tail, head) in enumerate(self.edges):
            if tail in signed:
                signed[tail].append(place + 1)
            if head in signed:
                signed[head].append(-place - 1)
        for place, node in enumerate(self.biased):
            signed[node].append(-(len(self.edges) + place) - 1)
        return tuple(tuple(signed[node]) for node in self.hidden)

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data."""
        return {
            "kind": "relu graph",
            "nodes": self.nodes,
            "tails": [tail for tail, _ in self.edges],
            "heads": [head for _, head in self.edges],
            "inputs": list(self.sources),
            "outputs": list(self.sinks),
            "biased": list(self.biased),
        }


def relu_graph(
    graph: nx.DiGraph,
    *,
    inputs: Iterable[Hashable] | None = None,
    outputs: Iterable[Hashable] | None = None,
    bias: bool | Iterable[Hashable] = False,
) -> ReluGraph:
    """ReLU network on an acyclic graph; skips between layers are just edges.

    Parameters
    ----------
    graph
        A directed acyclic networkx graph; every edge is a parameter.
    inputs, outputs
        Nodes where paths begin and end; by default those without predecessors and without successors.
    bias
        True for a bias at every hidden node, or the hidden nodes that have one.

    Raises
    ------
    ModelError
        If the graph has a cycle or no edge, an input has predecessors, an output has successors, a bias is not at a
        hidden node, or a parameter lies on no path (phi would not depend on it).

    Examples
    --------
    >>> relu_graph(nx.DiGraph([("x", "h"), ("h", "y"), ("x", "y")])).dimension
    3
    """
    if not isinstance(graph, nx.DiGraph) or graph.is_multigraph():
        raise ModelError(f"{type(graph).__name__} is no directed graph without repeated edges: give a networkx.DiGraph")
    if not graph.number_of_edges() or not nx.is_directed_acyclic_graph(graph):
        raise ModelError("the graph has a directed cycle or no edge: give an acyclic networkx.DiGraph with edges")
    order = [node for node in nx.topological_sort(graph) if graph.degree(node)]  # a node without edges has no parameter
    number = {node: place for place, node in enumerate(order)}
    starts = [n for n in order if graph.in_degree(n) == 0] if inputs is None else list(dict.fromkeys(inputs))
    ends = [n for n in order if graph.out_degree(n) == 0] if outputs is None else list(dict.fromkeys(outputs))
    for node in [*starts, *ends]:
        if node not in number:
            raise ModelError(f"{node!r} is no node of the graph: inputs and outputs are nodes")
    inner = [n for n in order if n not in set(starts) and n not in set(ends)]
    biased = (inner if bias else []) if isinstance(bias, bool) else list(dict.fromkeys(bias))
    wrong = [n for n in starts if graph.in_degree(n)] + [n for n in ends if graph.out_degree(n)]
    if wrong:
        raise ModelError(
            f"{wrong[0]!r} is an input with predecessors or an output with successors: paths begin at inputs "
            "and end at outputs only"
        )
    if set(biased) - set(inner):
        raise ModelError(
            f"{min(set(biased) - set(inner), key=str)!r} has a bias but is no hidden node: biases are hidden"
        )
    _check_live(graph, starts, ends, biased)
    return ReluGraph(
        nodes=len(order),
        edges=tuple(sorted((number[tail], number[head]) for tail, head in graph.edges)),
        sources=tuple(sorted(number[n] for n in starts)),
        sinks=tuple(sorted(number[n] for n in ends)),
        biased=tuple(sorted(number[n] for n in biased)),
    )


def _check_live(graph: nx.DiGraph, starts: list[Hashable], ends: list[Hashable], biased: list[Hashable]) -> None:
    """Refuse parameters that no path uses."""
    reached = set(starts) | set(biased)
    for node in nx.topological_sort(graph):
        if any(before in reached for before in graph.predecessors(node)):
            reached.add(node)
    useful = set(ends)
    for node in reversed(list(nx.topological_sort(graph))):
        if any(after in useful for after in graph.successors(node)):
            useful.add(node)
    for tail, head in graph.edges:
        if tail not in reached or head not in useful:
            raise ModelError(
                f"the edge {tail!r} -> {head!r} lies on no path from an input to an output: remove it, phi does not "
                "depend on it"
            )
    for node in biased:
        if node not in useful:
            raise ModelError(f"the bias of {node!r} reaches no output: remove it, phi does not depend on it")
