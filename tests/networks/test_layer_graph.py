"""Networks composed on a graph of layers: what they compute, what they share, and what is refused."""

import networkx as nx
import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import ModelError

net = sd.networks


def composed(nodes, edges, kind=nx.DiGraph):
    graph = kind()
    for name, attributes in nodes.items():
        graph.add_node(name, **attributes)
    for tail, head, attributes in edges:
        graph.add_edge(tail, head, **attributes)
    return graph


def wide(width, **attributes):
    return {"width": width, **attributes}


def relu(width, **attributes):
    return {"width": width, "activation": "relu", **attributes}


CHAIN = composed({"x": wide(3), "h": wide(2), "y": wide(2)}, [("x", "h", {}), ("h", "y", {})])
TIED = composed(
    {"x": wide(3), "h": wide(2), "y": wide(3)},
    [("x", "h", {"weight": "W"}), ("h", "y", {"weight": "W", "transposed": True})],
)
GRAPHS = {
    "chain": CHAIN,
    "tied": TIED,
    "biases": composed(
        {"x": wide(2), "h": wide(3, bias=True), "y": wide(2, bias="c")}, [("x", "h", {}), ("h", "y", {})]
    ),
    "ReLU": composed({"x": wide(2), "h": relu(3, bias=True), "y": wide(2)}, [("x", "h", {}), ("h", "y", {})]),
    "tied ReLU": composed(
        {"x": wide(2), "h": relu(3), "y": wide(2)},
        [("x", "h", {"weight": "W"}), ("h", "y", {"weight": "W", "transposed": True})],
    ),
    "deep ReLU": composed(
        {"x": wide(2), "h": relu(2, bias=True), "k": relu(2), "y": wide(1)},
        [("x", "h", {}), ("h", "k", {}), ("k", "y", {})],
    ),
    "residual ReLU": composed(
        {"x": wide(2), "a": relu(1), "s": wide(2), "b": relu(2), "y": wide(2)},
        [
            ("x", "a", {}),
            ("a", "s", {}),
            ("x", "s", {"identity": True}),
            ("s", "b", {}),
            ("b", "y", {}),
            ("s", "y", {"identity": True}),
        ],
    ),
    "linear then ReLU": composed(
        {"x": wide(3), "l": wide(2), "h": relu(2), "y": wide(1)}, [("x", "l", {}), ("l", "h", {}), ("h", "y", {})]
    ),
    "two steps of a recurrence": composed(
        {"x1": wide(2), "x2": wide(2), "h1": relu(2), "h2": relu(2), "y": wide(1)},
        [
            ("x1", "h1", {"weight": "B"}),
            ("x2", "h2", {"weight": "B"}),
            ("h1", "h2", {"weight": "A"}),
            ("h2", "y", {"weight": "C"}),
        ],
    ),
    "parallel": composed(
        {"x": wide(2), "y": wide(2)}, [("x", "y", {"weight": "A"}), ("x", "y", {"weight": "B"})], nx.MultiDiGraph
    ),
}


def entry(program, name, i, j):
    """The symbol of an entry of a weight, whichever way its rows and columns are split."""
    blocks = dict(zip([block.name for block in program.blocks], program.symbol_matrices(), strict=True))
    split = {key: matrix for key, matrix in blocks.items() if key.rpartition("_")[0] == name or key == name}
    if name in split:
        return split[name][i, j]
    first = next(iter(split.values()), None)
    if first is None:
        return blocks[f"{name}_{i + 1}_{j + 1}"][0]
    return blocks[f"{name}_{i + 1}"][0, j] if first.rows == 1 and first.cols > 1 else _across(blocks, name, i, j)


def _across(blocks, name, i, j):
    rows = blocks.get(f"{name}_{i + 1}")
    columns = blocks.get(f"{name}_{j + 1}")
    if columns is not None and columns.cols == 1 and columns.rows > i:
        return columns[i, 0]
    return rows[0, j]


def forward(graph, program):
    """The network as it computes: a gate symbol multiplies each ReLU neuron. Inputs, gates and outputs."""
    numbers, values, variables = iter(range(1, 100)), {}, []
    order = list(nx.lexicographical_topological_sort(graph, key=str))
    place = {node: k for k, node in enumerate(order)}
    edges = sorted(graph.edges(data=True), key=lambda e: (place[e[0]], place[e[1]]))
    names = {id(data): data.get("weight") or f"W{next(numbers)}" for *_, data in edges if not data.get("identity")}
    biased = [node for node in order if graph.nodes[node].get("bias")]
    for node in order:
        width = graph.nodes[node]["width"]
        if not graph.in_degree(node):
            values[node] = sp.Matrix(sp.symbols(f"in_{node}_:{width}"))
            variables += values[node]
            continue
        total = sp.zeros(width, 1)
        for tail, head, data in edges:
            if head != node:
                continue
            if data.get("identity"):
                total += values[tail]
                continue
            turned = bool(data.get("transposed"))
            shape = width, graph.nodes[tail]["width"]
            name = names[id(data)]
            matrix = sp.Matrix(*shape, lambda i, j, n=name, t=turned: entry(program, n, *((j, i) if t else (i, j))))
            total += matrix * values[tail]
        if node in biased:
            given = graph.nodes[node]["bias"]
            name = f"b{biased.index(node) + 1}" if given is True else given
            total += sp.Matrix(width, 1, lambda i, _, name=name: entry(program, name, i, 0))
        if graph.nodes[node].get("activation") == "relu":
            gates = sp.symbols(f"gate_{node}_:{width}")
            variables += gates
            total = sp.diag(*gates) * total
        values[node] = total
    return variables, [value for node in order if not graph.out_degree(node) for value in values[node]]


@pytest.mark.parametrize("name", GRAPHS)
def test_outputs_are_what_the_network_computes_gate_by_gate(name):
    """The coefficients of the forward pass in the inputs and the gates are the outputs of the program."""
    program = net.layer_graph(GRAPHS[name])
    variables, outputs = forward(GRAPHS[name], program)
    shown = {
        sp.expand(value)
        for output in outputs
        for value in sp.Poly(sp.expand(output), *variables).coeffs()
        if not value.is_number
    }
    assert {sp.expand(value) for value in program.outputs} == shown


@pytest.mark.parametrize("name", GRAPHS)
def test_number_of_laws_is_proved_and_rechecked(name):
    answer = sd.conservation_laws(net.layer_graph(GRAPHS[name]))
    assert answer.verdict is sd.Verdict.PROVED
    assert answer.exhibited == answer.count
    assert answer.certificate.verify().verdict is sd.Verdict.PROVED


def test_a_chain_is_the_linear_network():
    assert net.layer_graph(CHAIN).sums == net.linear(3, 2, 2).sums
    assert net.layer_graph(CHAIN).blocks == net.linear(3, 2, 2).blocks


@pytest.mark.parametrize("widths", [(2, 3, 2), (3, 2, 2, 1), (1, 2, 1)])
def test_relu_layers_have_the_laws_of_the_relu_network(widths):
    names = "xhky"[: len(widths) - 1] + "y"
    nodes = {name: wide(width) for name, width in zip(names, widths, strict=True)}
    for name in list(nodes)[1:-1]:
        nodes[name] |= {"activation": "relu", "bias": True}
    edges = [(tail, head, {}) for tail, head in zip(names, names[1:], strict=False)]
    answer = sd.conservation_laws(net.layer_graph(composed(nodes, edges)))
    assert answer.count == sd.conservation_laws(net.relu(*widths, bias=True)).count == sum(widths[1:-1])


def test_tied_weights_of_an_autoencoder_lose_their_law():
    assert sd.conservation_laws(net.layer_graph(CHAIN)).count == 3
    assert sd.conservation_laws(net.layer_graph(TIED)).count == 0
    assert sd.conservation_laws(net.autoencoder(3, 2, tied_weights=True)).count == 0


def test_skips_leave_the_laws_of_the_residual_blocks():
    blocks = sd.conservation_laws(net.layer_graph(GRAPHS["residual ReLU"]))
    assert blocks.count == 1 + 2
    assert [law.form.count for law in blocks.laws] == [1, 1, 1]


def test_sum_of_parallel_weights_keeps_their_difference():
    answer = sd.conservation_laws(net.layer_graph(GRAPHS["parallel"]))
    assert [repr(law) for law in answer.laws] == ["Law(A - B)"]
    assert answer.count == 4


def test_input_convex_network_has_one_law_for_each_hidden_neuron():
    answer = sd.conservation_laws(net.input_convex(2, 3, 2, 1, bias=True))
    assert answer.count == answer.exhibited == 5
    assert answer.dimension == 2 * 3 + (3 + 2) * 2 + (2 + 2) * 1 + 5


TWO = {"x": wide(2), "y": wide(3)}


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (nx.Graph([("x", "y")]), "a Graph came: give the layers as a networkx.DiGraph"),
        (None, "a NoneType came: give the layers as a networkx.DiGraph"),
        (nx.DiGraph(), "the graph has no layers"),
        (composed(TWO, [("x", "y", {}), ("y", "x", {})]), "the layers 'x' -> 'y' -> 'x' form a cycle"),
        (composed(TWO, [("x", "y", {}), ("y", "y", {})]), "the layers 'y' -> 'y' form a cycle"),
        (composed({**TWO, "z": {"width": 2}}, [("x", "y", {})]), "the layer 'z' is joined to no other"),
        (composed(TWO, [("x", "y", {"transposed": "yes"})]), "has transposed='yes': write True or leave it out"),
        (composed(TWO, [("x", "y", {"identity": 1})]), "has identity=1: write True or leave it out"),
        (composed({"x": {}, "y": wide(3)}, [("x", "y", {})]), "the layer 'x' has no width: write graph.add_node"),
        (composed({"x": wide(0), "y": wide(3)}, [("x", "y", {})]), "the layer 'x' got 0 for width"),
        (composed({"x": wide(2, depth=1), "y": wide(3)}, [("x", "y", {})]), "attribute 'depth': attributes are"),
        (composed(TWO, [("x", "y", {"name": "W"})]), "'x' -> 'y' has the attribute 'name': attributes are"),
        (composed(TWO, [("x", "y", {"weight": "W 1"})]), "has weight 'W 1': give a name such as 'W'"),
        (composed(TWO, [("x", "y", {"identity": True})]), "joins layers of widths 2 and 3"),
        (composed({"x": wide(2), "y": wide(2)}, [("x", "y", {"identity": True})]), "the graph has no weight"),
        (composed({"x": wide(2), "y": relu(3)}, [("x", "y", {})]), "is an input or an output: its activation"),
        (
            composed({"x": wide(2), "h": wide(2, activation="gelu"), "y": wide(1)}, [("x", "h", {}), ("h", "y", {})]),
            "activation 'gelu': write 'linear' or 'relu'",
        ),
        (
            composed(TWO, [("x", "y", {"weight": "W"}), ("x", "y", {"weight": "W"})], nx.MultiDiGraph),
            "the tied weight W is given twice from 'x' to 'y': give it once",
        ),
        (
            composed(
                {"x": wide(3), "h": wide(2), "y": wide(3)},
                [("x", "h", {"weight": "W"}), ("h", "y", {"weight": "W"})],
            ),
            "W has shape \\(2, 3\\) from 'x' to 'h' and \\(3, 2\\) from 'h' to 'y'.*write transposed=True",
        ),
        (composed({"x": wide(2, bias=True), "y": wide(3)}, [("x", "y", {})]), "none at an input"),
        (composed({"x": wide(2), "y": wide(3, bias="W1")}, [("x", "y", {})]), "W1 names two parameters"),
        (
            composed(
                {"x": wide(2), "h": relu(2), "y": wide(2)},
                [("x", "h", {"weight": "W"}), ("h", "y", {"weight": "V"}), ("x", "y", {"weight": "W_1"})],
            ),
            "two parameters have one name once rows are numbered",
        ),
        (
            composed({"x": wide(10**5), "y": wide(10**5)}, [("x", "y", {})]),
            "more than 100,000,000 parameters: give smaller widths",
        ),
        (
            composed({"x": wide(200), "h": relu(200), "y": wide(1)}, [("x", "h", {}), ("h", "y", {})]),
            None,
        ),
        (
            composed(
                {"x": wide(2), "h": relu(200), "k": relu(200), "y": wide(1)},
                [("x", "h", {}), ("h", "k", {}), ("k", "y", {})],
            ),
            "more than 20,000 products along its paths",
        ),
    ],
)
def test_misuse_is_refused_in_one_sentence(graph, message):
    if message is None:
        assert net.layer_graph(graph).dimension == 200 * 201
        return
    with pytest.raises(ModelError, match=message) as refusal:
        net.layer_graph(graph)
    assert "\n" not in str(refusal.value)
