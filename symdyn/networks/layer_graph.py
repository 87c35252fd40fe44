"""Networks composed of layers on a graph, with skips, biases, ReLU layers and shared (tied) weights.

A ReLU layer lets each neuron pass or not, so the model sees apart what goes through different neurons. Such a layer is
split into nodes of width one, and with it the rows or columns of the weights that touch it, and of all weights shared
with these. Each output of the program then adds up the products along the paths that pass the same neurons.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import networkx as nx

from symdyn.errors import ModelError
from symdyn.geometry.block import Block
from symdyn.networks.programs.program import Factor, MatrixProgram, Term
from symdyn.networks.programs.sizes import MAX_PARAMETERS
from symdyn.networks.programs.words import checked_sizes

MAX_WORDS = 20_000
_ACTIVATIONS = ("linear", "relu")
_EDGE_KEYS = {"weight", "transposed", "identity"}
_NODE_KEYS = {"width", "activation", "bias"}

#: A node, and the neuron in it where the layer is split.
Place = tuple[Hashable, int]


@dataclass(frozen=True)
class _Edge:
    tail: Hashable
    head: Hashable
    weight: str | None
    transposed: bool


def layer_graph(graph: nx.DiGraph) -> MatrixProgram:
    """Network composed of layers: nodes are layers of neurons, edges are weight matrices or identity skips.

    Parameters
    ----------
    graph
        Acyclic networkx DiGraph or MultiDiGraph. A node has `width` (a positive integer), and may have `activation`
        ("linear" or "relu") and `bias` (True, or the name of the bias vector). An edge may have `weight` (the name of
        its matrix; one name on several edges is one shared matrix), `transposed=True` for the transpose, and
        `identity=True` for a skip without parameters. Nodes without predecessors are inputs, without successors
        outputs; what comes into a node is added.

    Returns
    -------
    MatrixProgram
        Blocks in the order of the edges. Rows or columns that a ReLU layer tells apart are blocks of their own, W_1,
        W_2, ...

    Raises
    ------
    ModelError
        If the graph has a cycle or no weight, an attribute is unknown or missing, shapes of a shared weight differ, a
        tied weight is given twice between two layers, or there are more than MAX_WORDS products.

    Examples
    --------
    >>> graph = nx.DiGraph()
    >>> graph.add_node("x", width=3); graph.add_node("h", width=2); graph.add_node("y", width=3)
    >>> graph.add_edge("x", "h", weight="W"); graph.add_edge("h", "y", weight="W", transposed=True)
    >>> layer_graph(graph).sums == layer_graph(graph).sums, layer_graph(graph).dimension
    (True, 6)
    """
    return _Layers(graph).program()


class _Layers:
    """The graph with its sizes checked, and which sizes are split into single neurons."""

    def __init__(self, graph: Any) -> None:
        _check_graph(graph)
        self.graph = graph
        self.order: list[Hashable] = list(nx.lexicographical_topological_sort(graph, key=str))
        self.widths = {node: self._width(node) for node in self.order}
        self.edges = self._edges()
        self.shapes = self._shapes()
        self.biases = self._biases()
        self.split = self._split_sizes()

    def _width(self, node: Hashable) -> int:
        data = self.graph.nodes[node]
        _refuse_unknown(f"the layer {node!r}", data, _NODE_KEYS)
        if "width" not in data:
            raise ModelError(f"the layer {node!r} has no width: write graph.add_node({node!r}, width=...)")
        (width,) = checked_sizes(f"the layer {node!r}", width=data["width"])
        if data.get("activation", "linear") not in _ACTIVATIONS:
            raise ModelError(f"the layer {node!r} has activation {data['activation']!r}: write 'linear' or 'relu'")
        if self.is_relu(node) and not (self.graph.in_degree(node) and self.graph.out_degree(node)):
            raise ModelError(f"the layer {node!r} is an input or an output: its activation is part of the data or loss")
        return width

    def is_relu(self, node: Hashable) -> bool:
        return bool(self.graph.nodes[node].get("activation") == "relu")

    def _edges(self) -> list[_Edge]:
        taken = {data.get("weight") for _, _, data in self.graph.edges(data=True)}
        fresh = (f"W{number}" for number in itertools.count(1) if f"W{number}" not in taken)
        place = {node: number for number, node in enumerate(self.order)}
        found: list[_Edge] = []
        for tail, head, data in sorted(self.graph.edges(data=True), key=lambda e: (place[e[0]], place[e[1]])):
            _refuse_unknown(f"the edge {tail!r} -> {head!r}", data, _EDGE_KEYS)
            for flag in ("identity", "transposed"):
                if not isinstance(data.get(flag, False), bool):
                    came = f"the edge {tail!r} -> {head!r} has {flag}={data[flag]!r}"
                    raise ModelError(f"{came}: write True or leave it out")
            identity = bool(data.get("identity"))
            if identity and ("weight" in data or self.widths[tail] != self.widths[head]):
                raise ModelError(
                    f"the identity {tail!r} -> {head!r} has a weight or joins layers of widths {self.widths[tail]} and "
                    f"{self.widths[head]}: leave out one of both, or use equal widths"
                )
            weight = None if identity else data["weight"] if "weight" in data else next(fresh)
            if weight is not None and not (isinstance(weight, str) and weight.isidentifier()):
                raise ModelError(f"the edge {tail!r} -> {head!r} has weight {weight!r}: give a name such as 'W'")
            twins = [edge for edge in found if (edge.tail, edge.head, edge.weight) == (tail, head, weight)]
            if twins:
                raise ModelError(
                    f"the tied weight {weight or 'identity'} is given twice from {tail!r} to {head!r}: give it "
                    "once, or give the second edge a weight of its own"
                )
            found.append(_Edge(tail, head, weight, bool(data.get("transposed"))))
        if not any(edge.weight for edge in found):
            raise ModelError("the graph has no weight: add an edge that is no identity")
        return found

    def _shapes(self) -> dict[str, tuple[int, int]]:
        shapes: dict[str, tuple[int, int]] = {}
        first: dict[str, _Edge] = {}
        for edge in self.edges:
            if edge.weight is None:
                continue
            shape = self.widths[edge.head], self.widths[edge.tail]
            shape = shape[::-1] if edge.transposed else shape
            known = shapes.setdefault(edge.weight, shape)
            other = first.setdefault(edge.weight, edge)
            if known != shape:
                turned = " (write transposed=True on one of them)" if known == shape[::-1] else ""
                raise ModelError(
                    f"the tied weight {edge.weight} has shape {known} from {other.tail!r} to {other.head!r} and "
                    f"{shape} from {edge.tail!r} to {edge.head!r}: one matrix has one shape{turned}"
                )
        return shapes

    def _biases(self) -> dict[Hashable, str]:
        names: dict[Hashable, str] = {}
        hidden = [node for node in self.order if self.graph.nodes[node].get("bias")]
        for number, node in enumerate(hidden, start=1):
            bias = self.graph.nodes[node]["bias"]
            name = f"b{number}" if bias is True else bias
            if not self.graph.in_degree(node) or not (isinstance(name, str) and name.isidentifier()):
                raise ModelError(f"the layer {node!r} has bias {bias!r}: write True or a name, and none at an input")
            if name in self.shapes or name in names.values():
                raise ModelError(f"{name} names two parameters: give the bias of {node!r} another name")
            names[node] = name
        return names

    def _split_sizes(self) -> set[Any]:
        """Sizes (of layers, and of rows and columns of weights) that some ReLU layer splits."""
        same: nx.Graph[Any] = nx.Graph()
        same.add_nodes_from(("layer", node) for node in self.order)
        for edge in self.edges:
            if edge.weight is None:
                same.add_edge(("layer", edge.head), ("layer", edge.tail))
            else:
                head, tail = ("columns", "rows") if edge.transposed else ("rows", "columns")
                same.add_edge(("layer", edge.head), (head, edge.weight))
                same.add_edge(("layer", edge.tail), (tail, edge.weight))
        relu = {("layer", node) for node in self.order if self.is_relu(node)}
        return {size for group in nx.connected_components(same) if group & relu for size in group}

    def _neurons(self, node: Hashable) -> range:
        """The places of a layer: its neurons if it is split, else one for the whole layer."""
        return range(self.widths[node] if ("layer", node) in self.split else 1)

    def program(self) -> MatrixProgram:
        blocks: dict[tuple[str, int, int], Block] = {}
        for name, (rows, columns) in self.shapes.items():
            heights = range(rows) if ("rows", name) in self.split else None
            widths = range(columns) if ("columns", name) in self.split else None
            for i, j in itertools.product(heights or range(1), widths or range(1)):
                place = "".join(f"_{k + 1}" for k, cut in ((i, heights), (j, widths)) if cut is not None)
                blocks[name, i, j] = Block(name + place, 1 if heights else rows, 1 if widths else columns)
        for node, name in self.biases.items():
            for i in self._neurons(node):
                cut = ("layer", node) in self.split
                blocks[name, i, 0] = Block(f"{name}_{i + 1}" if cut else name, 1 if cut else self.widths[node], 1)
        _refuse_one_name_twice(blocks.values())
        number = {key: place for place, key in enumerate(blocks)}
        outputs: dict[Any, list[Term]] = {}
        for words, (key, word) in enumerate(self._words(number)):
            if words == MAX_WORDS:
                raise ModelError(
                    f"this graph has more than {MAX_WORDS:,} products along its paths: give fewer layers or neurons, "
                    "or networks.relu and networks.relu_graph for ReLU layers without shared weights"
                )
            if word:
                outputs.setdefault(key, []).append(Term(1, word))
        described = f"{len(self.order)} layers, widths " + "-".join(str(self.widths[node]) for node in self.order)
        relu = any(map(self.is_relu, self.order))
        ends = [node for node in self.order if not self.graph.out_degree(node)]
        hypotheses = ("the inputs tell the neurons of ReLU layers apart, on a region of fixed activations",)
        return MatrixProgram(
            "network on a graph of layers",
            tuple(blocks.values()),
            tuple(map(tuple, outputs.values())),
            described,
            hypotheses if relu else (),
            len(ends) == 1 and ("layer", ends[0]) not in self.split,
        )

    def _words(self, number: dict[tuple[str, int, int], int]) -> Iterator[tuple[Any, tuple[Factor, ...]]]:
        """Products along all paths, each with what the model tells apart: both ends and the neurons passed."""
        starts: list[tuple[Any, Place, tuple[Factor, ...], tuple[Place, ...]]] = []
        for node in self.order:
            if not self.graph.in_degree(node):
                starts += [((node, i), (node, i), (), ()) for i in self._neurons(node)]
            if node in self.biases:
                for i in self._neurons(node):
                    gates: tuple[Place, ...] = ((node, i),) if self.is_relu(node) else ()
                    starts.append(("constant", (node, i), (Factor(number[self.biases[node], i, 0]),), gates))
        out: dict[Hashable, list[_Edge]] = {node: [] for node in self.order}
        for edge in self.edges:
            out[edge.tail].append(edge)
        stack = starts[::-1]
        while stack:
            start, (node, i), word, gates = stack.pop()
            if not out[node]:
                yield (start, gates, (node, i)), word
            for edge in reversed(out[node]):
                for j in self._neurons(edge.head):
                    if edge.weight is None:
                        if j != i:
                            continue
                        longer = word
                    else:
                        piece = (i, j) if edge.transposed else (j, i)
                        longer = (Factor(number[edge.weight, *piece], edge.transposed), *word)
                    passed = (*gates, (edge.head, j)) if self.is_relu(edge.head) else gates
                    stack.append((start, (edge.head, j), longer, passed))


def _check_graph(graph: Any) -> None:
    """Refuse what is no directed graph of layers, without cycles, all joined to others."""
    if not isinstance(graph, nx.DiGraph):
        raise ModelError(f"a {type(graph).__name__} came: give the layers as a networkx.DiGraph")
    if not graph:
        raise ModelError("the graph has no layers: add nodes with a width, and edges between them")
    if not nx.is_directed_acyclic_graph(graph):
        steps = [edge[0] for edge in nx.find_cycle(graph)]
        shown = " -> ".join(map(repr, [*steps[:6], steps[0]] if len(steps) <= 6 else [*steps[:6], "..."]))
        raise ModelError(
            f"the layers {shown} form a cycle: write a recurrence out, one node for each time, with one weight name on "
            "all its copies"
        )
    alone = [node for node in graph if not graph.degree(node)]
    if alone and len(graph) > 1:
        raise ModelError(f"the layer {alone[0]!r} is joined to no other: add an edge, or leave it out")


def _refuse_one_name_twice(blocks: Collection[Block]) -> None:
    """Names of entries must differ: W_1_1 is an entry of W, and may be a weight."""
    if sum(block.size for block in blocks) > MAX_PARAMETERS:
        raise ModelError(f"this graph has more than {MAX_PARAMETERS:,} parameters: give smaller widths")
    names = {block.name for block in blocks}
    entries = {
        f"{block.name}_{i + 1}_{j + 1}"
        for block in blocks
        if block.size > 1 and any(name.startswith(f"{block.name}_") for name in names)
        for i, j in itertools.product(range(block.rows), range(block.columns))
    }
    if len(names) < len(blocks) or names & entries:
        raise ModelError("two parameters have one name once rows are numbered: give the weights names without _1")


def _refuse_unknown(what: str, data: dict[str, Any], known: set[str]) -> None:
    for key in data:
        if key not in known:
            raise ModelError(f"{what} has the attribute {key!r}: attributes are {', '.join(sorted(known))}")
