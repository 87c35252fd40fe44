"""Path liftings: monomials counted and listed two ways, layered networks and graphs."""

import itertools
import math

import networkx as nx
import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import ModelError
from tests.laws import models

relu, relu_graph = sd.networks.relu, sd.networks.relu_graph
WIDTHS = [(3, 2), (2, 3, 2), (1, 4, 1), (3, 2, 4, 2), (2, 1, 1, 3)]
with_and_without_bias = pytest.mark.parametrize("bias", [False, True])
all_widths = pytest.mark.parametrize("widths", WIDTHS, ids=str)


def layered_graph(widths):
    """The layered network as a graph; nodes are (layer, neuron)."""
    layers = [[(k, i) for i in range(width)] for k, width in enumerate(widths)]
    pairs = zip(layers, layers[1:], strict=False)
    return nx.DiGraph([edge for before, after in pairs for edge in itertools.product(before, after)])


def up_to_names(network):
    """The monomials as a multiset of degree patterns that no renaming of parameters changes.

    Parameters are refined by the paths that run through them until the classes are stable.
    """
    paths = [tuple(sorted(output.free_symbols, key=str)) for output in network.outputs]
    colour = dict.fromkeys(network.coords, 0)
    for _ in range(4):
        signature = {
            symbol: (colour[symbol], sorted(sorted(colour[s] for s in path) for path in paths if symbol in path))
            for symbol in network.coords
        }
        classes = sorted({repr(value) for value in signature.values()})
        colour = {symbol: classes.index(repr(value)) for symbol, value in signature.items()}
    return sorted(sorted(colour[s] for s in path) for path in paths)


@all_widths
@with_and_without_bias
def test_number_of_monomials_is_that_of_the_formula(widths, bias):
    """One for each choice of a neuron in every layer; with biases, from each hidden layer on too."""
    wanted = math.prod(widths)
    if bias:
        wanted += sum(math.prod(widths[layer:]) for layer in range(1, len(widths) - 1))
    network = relu(*widths, bias=bias)
    assert network.number == len(network.outputs) == len(set(network.outputs)) == wanted


@all_widths
@with_and_without_bias
def test_monomials_are_those_of_the_typed_path_lifting(widths, bias):
    """The typed formulas name the factors U_1, ... from the output on, the network W_1, ... from the input on."""
    network, typed = relu(*widths, bias=bias), models.relu_monomials(widths, bias)
    depth = len(widths) - 1

    def renamed(symbol):
        letter, layer, *indices = symbol.name[0], int(symbol.name[1]), *symbol.name.split("_")[1:]
        if letter == "U":
            return sp.Symbol("_".join([f"W{depth + 1 - layer}", *indices]))
        return sp.Symbol(f"b{depth - layer}_{indices[0]}")

    names = {symbol: renamed(symbol) for symbol in typed.coords}
    assert set(network.coords) == set(names.values())
    assert {output.xreplace(names) for output in typed.outputs} == set(network.outputs)


@all_widths
@with_and_without_bias
def test_every_monomial_is_a_product_of_different_parameters(widths, bias):
    network = relu(*widths, bias=bias)
    layers = len(widths) - 1
    assert all(output == sp.Mul(*output.free_symbols) for output in network.outputs)
    assert max(len(output.free_symbols) for output in network.outputs) == layers
    assert network.dimension == len(network.coords) == len(set(network.coords))


@all_widths
@with_and_without_bias
def test_neurons_balance_what_leaves_and_what_enters(widths, bias):
    """Each exponent vector of a path is orthogonal to +1 on outgoing and -1 on incoming edges and biases."""
    network = relu(*widths, bias=bias)
    place = {symbol: k for k, symbol in enumerate(network.coords)}
    signs = [{abs(k) - 1: 1 if k > 0 else -1 for k in neuron} for neuron in network.neurons()]
    paths = [[place[symbol] for symbol in output.free_symbols] for output in network.outputs]
    assert len(signs) == network.hidden == sum(widths[1:-1])
    assert {sum(sign.get(k, 0) for k in path) for sign in signs for path in paths} <= {0}
    assert all(1 in sign.values() and -1 in sign.values() for sign in signs)


@all_widths
@with_and_without_bias
def test_a_layered_graph_is_the_layered_network(widths, bias):
    network, graph = relu(*widths, bias=bias), relu_graph(layered_graph(widths), bias=bias)
    assert (graph.dimension, len(graph.outputs)) == (network.dimension, network.number)
    assert len(graph.hidden) == network.hidden
    assert up_to_names(graph) == up_to_names(network)


@all_widths
@with_and_without_bias
def test_graph_and_network_have_the_same_laws(widths, bias):
    network = sd.conservation_laws(relu(*widths, bias=bias))
    graph = sd.conservation_laws(relu_graph(layered_graph(widths), bias=bias))
    assert (graph.lower, graph.upper) == (network.lower, network.upper) == (sum(widths[1:-1]),) * 2
    assert graph.certificate.verify().verdict is network.certificate.verify().verdict is sd.Verdict.PROVED


@all_widths
@with_and_without_bias
def test_laws_of_the_network_are_those_of_its_typed_monomials(widths, bias):
    """The count by paths against the rank of the exponents of the listed monomials."""
    network = relu(*widths, bias=bias)
    listed = sd.Parametrization(network.coords, network.outputs)
    assert sd.conservation_laws(network).count == sd.conservation_laws(listed).count


def test_outputs_have_no_bias():
    assert relu(3, 2, bias=True).dimension == relu(3, 2).dimension == 6


def test_too_many_paths_are_not_listed_but_counted():
    network = relu(200, 200, 200)
    assert network.number == 8_000_000
    with pytest.raises(ModelError, match=r"8,000,000 paths, too many to list \(up to 1,000,000\)"):
        network.outputs  # noqa: B018


# Graphs.


def diamond():
    """x -> h -> y and x -> k -> y, with the skip x -> y."""
    return nx.DiGraph([("x", "h"), ("x", "k"), ("h", "y"), ("k", "y"), ("x", "y")])


def test_paths_of_a_graph_are_its_simple_paths():
    graph = diamond()
    network = relu_graph(graph, bias=True)
    ways = list(nx.all_simple_edge_paths(graph, "x", "y"))
    from_biases = [path for node in "hk" for path in nx.all_simple_edge_paths(graph, node, "y")]
    assert sorted(len(output.free_symbols) for output in network.outputs) == sorted(
        [len(path) for path in ways] + [len(path) + 1 for path in from_biases]
    )
    assert network.dimension == graph.number_of_edges() + 2


def test_a_graph_has_one_law_for_each_hidden_node():
    """The monomials of the graph typed as formulas, counted by their exponents."""
    network = relu_graph(diamond(), bias=["h"])
    typed = sd.Parametrization(network.coords, network.outputs)
    assert sd.conservation_laws(network).count == sd.conservation_laws(typed).count == 2


def test_inputs_and_outputs_may_be_named():
    graph = nx.DiGraph([("x", "h"), ("h", "y"), ("z", "h")])
    assert relu_graph(graph, inputs=["x", "z"], outputs=["y"]) == relu_graph(graph)


@pytest.mark.parametrize("repeated", ["inputs", "outputs", "bias"])
def test_naming_a_node_twice_changes_nothing(repeated):
    graph = nx.DiGraph([("x", "h"), ("h", "y")])
    once = {"inputs": ["x"], "outputs": ["y"], "bias": ["h"]}
    assert relu_graph(graph, **{**once, repeated: once[repeated] * 2}) == relu_graph(graph, **once)


@pytest.mark.parametrize("ends", [{}, {"inputs": ["x"], "outputs": ["y"]}])
def test_a_node_without_edges_adds_no_law(ends):
    """phi is the one weight of x -> y: rank 1 in dimension 1."""
    graph = nx.DiGraph([("x", "y")])
    graph.add_node("lonely")
    answer = sd.conservation_laws(relu_graph(graph, **ends))
    assert (answer.lower, answer.upper) == (0, 0)


@pytest.mark.parametrize(
    ("graph", "options", "message"),
    [
        (nx.DiGraph(), {}, "a directed cycle or no edge"),
        (nx.DiGraph([("a", "b"), ("b", "a")]), {}, "a directed cycle or no edge"),
        (nx.DiGraph([("a", "a")]), {}, "a directed cycle or no edge"),
        (nx.Graph([("a", "b")]), {}, "give a.* networkx.DiGraph"),
        (diamond(), {"inputs": ["q"]}, "'q' is no node of the graph"),
        (diamond(), {"outputs": ["q"]}, "'q' is no node of the graph"),
        (diamond(), {"inputs": ["h"]}, "'h' is an input with predecessors or an output with successors"),
        (diamond(), {"outputs": ["h", "y"]}, "'h' is an input with predecessors or an output with successors"),
        (diamond(), {"bias": ["x"]}, "'x' has a bias but is no hidden node: biases are hidden"),
        (diamond(), {"bias": ["y", "h"]}, "'y' has a bias but is no hidden node: biases are hidden"),
        (nx.DiGraph([("x", "y"), ("z", "y")]), {"inputs": ["x"]}, "'z' -> 'y' lies on no path from an input"),
        (nx.DiGraph([("x", "y"), ("x", "z")]), {"outputs": ["y"]}, "'x' -> 'z' lies on no path from an input"),
        (nx.DiGraph([("x", "y")]), {"inputs": []}, "'x' -> 'y' lies on no path from an input"),
    ],
    ids=range(13),
)
def test_graphs_that_are_no_networks_are_refused(graph, options, message):
    with pytest.raises(ModelError, match=message):
        relu_graph(graph, **options)


@pytest.mark.parametrize(
    "graph",
    [nx.MultiDiGraph([("x", "y"), ("x", "y")]), [("x", "y")], None, "x -> y"],
    ids=["multigraph", "list", "None", "text"],
)
def test_what_is_no_directed_graph_is_refused(graph):
    with pytest.raises(ModelError, match=r"networkx\.DiGraph"):
        relu_graph(graph)
