"""Matrix programs, graphs of layers and ReLU networks, multiplied out here entry by entry."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import networkx as nx
import sympy as sp

import symdyn as sd
from symdyn.networks.layer_graph import layer_graph
from symdyn.networks.programs.program import Block, Factor, MatrixProgram, Term
from symdyn.networks.programs.words import matrix_program
from symdyn.networks.relu_graph import relu_graph

from .cases import Case, call, gradients
from .drawing import odd, small
from .quotients import Quotient, Space

Matrix = list[list[Quotient]]
_MOST_PARAMETERS = 9


def product(one: Matrix, two: Matrix) -> Matrix:
    """The matrix product."""
    return [[sum(a * b for a, b in zip(row, column)) for column in zip(*two)] for row in one]


def total(one: Matrix, two: Matrix) -> Matrix:
    """The sum."""
    return [[a + b for a, b in zip(x, y)] for x, y in zip(one, two)]


def transposed(one: Matrix) -> Matrix:
    """The transpose."""
    return [list(column) for column in zip(*one)]


def _blocks(draw: random.Random) -> dict[str, tuple[int, int]]:
    """Two to four blocks with sizes 1 and 2, so that many products fit."""
    while True:
        shapes = {
            name: (draw.choice((1, 2)), draw.choice((1, 2, 2))) for name in "ABCD"[: draw.randint(1, 4)]
        }
        if sum(rows * columns for rows, columns in shapes.values()) <= _MOST_PARAMETERS:
            return shapes


def _word(draw: random.Random, shapes: Mapping[str, tuple[int, int]], ends: tuple[int, int] | None) -> list[str] | None:
    """A product of one to three factors that fits, from the first size to the last one of `ends`."""
    factors = [(name, shape) for name, shape in shapes.items()]
    factors += [(name + "^T", shape[::-1]) for name, shape in shapes.items()]
    for _ in range(40):
        word = [draw.choice(factors) for _ in range(draw.randint(1, 3))]
        fits = all(left[1][1] == right[1][0] for left, right in itertools.pairwise(word))
        if fits and (ends is None or (word[0][1][0], word[-1][1][1]) == ends):
            return [name for name, _ in word]
    return None


def _sums(draw: random.Random, shapes: Mapping[str, tuple[int, int]]) -> list[list[list[str]]]:
    """Outputs, each a list of words of one shape."""
    outputs = []
    while len(outputs) < draw.randint(1, 2):
        first = _word(draw, shapes, None)
        if first is None:
            continue
        sizes = {**shapes, **{name + "^T": shape[::-1] for name, shape in shapes.items()}}
        ends = sizes[first[0]][0], sizes[first[-1]][1]
        others = [_word(draw, shapes, ends) for _ in range(draw.randint(0, 2))]
        outputs.append([first, *(word for word in others if word)])
    return outputs


def _program_space(shapes: Mapping[str, tuple[int, int]]) -> tuple[Space, dict[str, Matrix]]:
    space = Space.of(sum(rows * columns for rows, columns in shapes.values()))
    symbols = iter(space.generators())
    return space, {
        name: [[next(symbols) for _ in range(columns)] for _ in range(rows)]
        for name, (rows, columns) in shapes.items()
    }


def _multiplied(word: Sequence[str], blocks: Mapping[str, Matrix]) -> Matrix:
    factors = [transposed(blocks[one[:-2]]) if one.endswith("^T") else blocks[one] for one in word]
    found = factors[0]
    for factor in factors[1:]:
        found = product(found, factor)
    return found


def _program_case(
    text: str,
    model: MatrixProgram,
    shapes: Mapping[str, tuple[int, int]],
    weighted: Sequence[Sequence[tuple[int, Sequence[str]]]],
) -> Case:
    """Outputs as sums of integer multiples of words."""
    space, blocks = _program_space(shapes)
    outputs: list[Quotient] = []
    for output in weighted:
        parts = [[[weight * x for x in row] for row in _multiplied(word, blocks)] for weight, word in output]
        added = parts[0]
        for part in parts[1:]:
            added = total(added, part)
        outputs += itertools.chain(*added)
    places = {symbol: place for place, symbol in enumerate(model.coords)}
    return Case(text, lambda: model, space, gradients(space, outputs), places, {"seed": 0})


def word_programs(draw: random.Random) -> Case:
    """Words with transposes and signs, as texts."""
    shapes = _blocks(draw)
    signed = [[(draw.choice((1, 1, -1)), word) for word in output] for output in _sums(draw, shapes)]
    texts = [[("- " if sign < 0 else "") + " ".join(word) for sign, word in output] for output in signed]
    model = matrix_program("program", shapes, texts)
    shown = f"matrix_program('program', {shapes}, {texts})"
    return _program_case(call(shown, {"seed": 0}), model, shapes, signed)


def weighted_programs(draw: random.Random) -> Case:
    """Words with coefficients: small ones, multiples of primes, huge ones; and repeated words."""
    shapes = _blocks(draw)
    sums = _sums(draw, shapes)
    if draw.random() < 0.3:
        sums.append(list(sums[0]))
    weighted = [[(int(odd(draw)) or small(draw), word) for word in output] for output in sums]
    if draw.random() < 0.3:  # one factor for all, as a prime that divides everything
        common = int(odd(draw)) or 1
        weighted = [[(common * sign, word) for sign, word in output] for output in weighted]
    number = {name: place for place, name in enumerate(shapes)}
    blocks = tuple(Block(name, *shape) for name, shape in shapes.items())
    terms = tuple(
        tuple(
            Term(weight, tuple(Factor(number[one.removesuffix("^T")], one.endswith("^T")) for one in word))
            for weight, word in output
        )
        for output in weighted
    )
    model = MatrixProgram("program", blocks, terms)
    shown = f"MatrixProgram('program', {blocks}, {terms})"
    return _program_case(call(shown, {"seed": 0}), model, shapes, weighted)


def layer_graphs(draw: random.Random) -> Case:
    """Layers on a graph: skips, biases, shared and transposed weights, ReLU layers over all patterns of activation."""
    while True:
        graph = _random_graph(draw)
        shapes = _weights(graph)
        biased = {node: width for node, width in graph.nodes(data="width") if graph.nodes[node].get("bias")}
        size = sum(rows * columns for rows, columns in shapes.values()) + sum(biased.values())
        if shapes and size <= _MOST_PARAMETERS:
            return _graph_case(graph, shapes, biased, size)


def _random_graph(draw: random.Random) -> nx.DiGraph[Any]:
    graph: nx.DiGraph[Any] = nx.DiGraph()
    number = draw.randint(2, 5)
    for node in range(number):
        graph.add_node(node, width=draw.choice((1, 1, 2)))
    for head in range(1, number):
        for tail in sorted(draw.sample(range(head), min(head, draw.choice((1, 1, 2))))):
            graph.add_edge(tail, head, **_random_edge(draw, graph, tail, head))
    for node in range(1, number):
        if draw.random() < 0.25:
            graph.nodes[node]["bias"] = True
        if graph.out_degree(node) and draw.random() < 0.4:
            graph.nodes[node]["activation"] = "relu"
    return graph


def _random_edge(draw: random.Random, graph: nx.DiGraph[Any], tail: int, head: int) -> dict[str, Any]:
    shape = graph.nodes[head]["width"], graph.nodes[tail]["width"]
    if shape[0] == shape[1] and draw.random() < 0.2:
        return {"identity": True}
    known = _weights(graph)
    if known and draw.random() < 0.3:
        name = draw.choice(sorted(known))
        if known[name] == shape:
            return {"weight": name}
        if known[name] == shape[::-1]:
            return {"weight": name, "transposed": True}
    return {"weight": f"W{'abcdefgh'[len(known)]}"}


def _weights(graph: nx.DiGraph[Any]) -> dict[str, tuple[int, int]]:
    """Shapes of the weights by name."""
    found: dict[str, tuple[int, int]] = {}
    for tail, head, data in graph.edges(data=True):
        if "weight" in data:
            shape = graph.nodes[head]["width"], graph.nodes[tail]["width"]
            found.setdefault(data["weight"], shape[::-1] if data.get("transposed") else shape)
    return found


def _graph_case(
    graph: nx.DiGraph[Any], shapes: Mapping[str, tuple[int, int]], biased: Mapping[int, int], size: int
) -> Case:
    space = Space.of(size)
    symbols = iter(space.generators())
    weights = {name: [[next(symbols) for _ in range(c)] for _ in range(r)] for name, (r, c) in shapes.items()}
    biases = {node: [[next(symbols)] for _ in range(width)] for node, width in biased.items()}
    outputs = {str(entry): entry for entry in _all_patterns(graph, space, weights, biases)}
    fields = gradients(space, list(outputs.values()))
    text = f"layer_graph of nodes {dict(graph.nodes(data=True))} and edges {list(graph.edges(data=True))}"
    return Case(text, lambda: layer_graph(graph), space, fields, _Places(graph, shapes, biased), {"seed": 0})


def _all_patterns(
    graph: nx.DiGraph[Any], space: Space, weights: Mapping[str, Matrix], biases: Mapping[int, Matrix]
) -> Iterator[Quotient]:
    """The outputs as linear maps of all inputs and 1, for every pattern of active neurons."""
    neurons = [
        (node, i) for node, data in graph.nodes(data=True) if data.get("activation") for i in range(data["width"])
    ]
    for active in itertools.product((False, True), repeat=len(neurons)):
        gate = dict(zip(neurons, active))
        values = _forward(graph, space, weights, biases, gate)
        for node in graph:
            if not graph.out_degree(node):
                yield from itertools.chain(*values[node])


def _forward(
    graph: nx.DiGraph[Any],
    space: Space,
    weights: Mapping[str, Matrix],
    biases: Mapping[int, Matrix],
    gate: Mapping[tuple[int, int], bool],
) -> dict[int, Matrix]:
    """Each layer as a matrix of columns: the inputs, then the constant 1."""
    zero, one = space.number(0), space.number(1)
    sources = [(node, i) for node in graph if not graph.in_degree(node) for i in range(graph.nodes[node]["width"])]
    values: dict[int, Matrix] = {}
    for node in graph:  # numbered along the edges
        width = graph.nodes[node]["width"]
        rows = [[one if source == (node, i) else zero for source in sources] + [zero] for i in range(width)]
        for tail in graph.predecessors(node):
            data = graph.edges[tail, node]
            weight = weights[data["weight"]] if "weight" in data else None
            if weight is not None and data.get("transposed"):
                weight = transposed(weight)
            rows = total(rows, values[tail] if weight is None else product(weight, values[tail]))
        if node in biases:
            rows = [[*row[:-1], row[-1] + b[0]] for row, b in zip(rows, biases[node])]
        values[node] = [
            row if gate.get((node, i), True) else [zero] * len(row) for i, row in enumerate(rows)
        ]
    return values


class _Places(dict[sp.Symbol, int]):
    """Numbers of the symbols of a layer graph, read off the names and shapes of its blocks at the first use."""

    def __init__(
        self, graph: nx.DiGraph[Any], shapes: Mapping[str, tuple[int, int]], biased: Mapping[int, int]
    ) -> None:
        super().__init__()
        self.graph, self.start, place = graph, {}, 0
        sizes = {**shapes, **{f"b{k}": (width, 1) for k, width in enumerate(biased.values(), start=1)}}
        for name, (rows, columns) in sizes.items():
            self.start[name] = place, rows, columns
            place += rows * columns

    def __missing__(self, symbol: sp.Symbol) -> int:
        model = layer_graph(self.graph)
        coords = iter(model.coords)
        for block in model.blocks:
            for i, j in itertools.product(range(block.rows), range(block.columns)):
                self[next(coords)] = self._place(block, i, j)
        return self[symbol]

    def _place(self, block: Block, i: int, j: int) -> int:
        name, *numbers = block.name.split("_")
        start, _, columns = self.start[name]
        first = [int(number) - 1 for number in numbers]
        if len(first) == 2:
            i, j = first
        elif first and (block.rows, block.columns) == (1, columns):
            i = first[0]
        elif first:
            j = first[0]
        return start + i * columns + j


def relu_networks(draw: random.Random) -> Case:
    """Layered ReLU networks: the monomials of all paths, listed here."""
    while True:
        widths = tuple(draw.randint(1, 3) for _ in range(draw.randint(2, 4)))
        bias = draw.random() < 0.5
        model = sd.networks.relu(*widths, bias=bias)
        if model.dimension <= 14:
            break
    layers = range(len(widths) - 1)
    names = {(layer, i, j): f"W{layer + 1}_{j + 1}_{i + 1}" for layer in layers for i in range(widths[layer])
             for j in range(widths[layer + 1])}  # fmt: skip
    starts = [(0, i, ()) for i in range(widths[0])]
    if bias:
        starts += [(k, i, (f"b{k}_{i + 1}",)) for k in layers[1:] for i in range(widths[k])]
    paths = []
    while starts:
        layer, i, path = starts.pop()
        if layer == len(widths) - 1:
            paths.append(path)
        else:
            starts += [(layer + 1, j, (*path, names[layer, i, j])) for j in range(widths[layer + 1])]
    return _path_case(f"sd.networks.relu{(*widths,)}, bias={bias}", model, paths)


def relu_graphs(draw: random.Random) -> Case:
    """ReLU networks on any acyclic graph."""
    while True:
        number = draw.randint(2, 6)
        pairs = [(i, j) for j in range(number) for i in range(j) if draw.random() < 0.6]
        graph: nx.DiGraph[Any] = nx.DiGraph(pairs)
        if pairs and len(pairs) <= 10:
            break
    bias = draw.random() < 0.5
    model = relu_graph(graph, bias=bias)
    number_of = {node: place + 1 for place, node in enumerate(nx.topological_sort(graph))}
    starts: list[tuple[Any, tuple[str, ...]]] = [(node, ()) for node in graph if not graph.in_degree(node)]
    inner = [node for node in graph if graph.in_degree(node) and graph.out_degree(node)]
    starts += [(node, (f"b_{number_of[node]}",)) for node in inner] if bias else []
    paths = []
    while starts:
        node, path = starts.pop()
        if not graph.out_degree(node):
            paths.append(path)
        starts += [(head, (*path, f"w_{number_of[node]}_{number_of[head]}")) for head in graph.successors(node)]
    return _path_case(f"relu_graph(nx.DiGraph({pairs}), bias={bias})", model, paths)


def _path_case(text: str, model: Any, paths: Sequence[Sequence[str]]) -> Case:
    places = {symbol: place for place, symbol in enumerate(model.coords)}
    number = {symbol.name: place for symbol, place in places.items()}
    space = Space.of(len(places))
    variables = space.generators()
    outputs = []
    for path in paths:
        output = space.number(1)
        for name in path:
            output = output * variables[number[name]]
        outputs.append(output)
    return Case(text, lambda: model, space, gradients(space, outputs), places, {"seed": 0})
