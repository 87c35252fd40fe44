"""Classes of losses, metrics and momentum on every kind of model: two routes to each count."""

import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import ModelError, SymdynError
from symdyn.geometry.predictor import Predictor
from symdyn.networks import layer_graph, linear, relu

u, v, w, x, t = sp.symbols("u v w x t")
net = sd.networks


def linear_predictor(*widths, loss="squared-error"):
    """A linear network as a function of its inputs."""
    network = linear(*widths)
    data = sp.Matrix(sp.symbols(f"x1:{widths[0] + 1}"))
    (phi,) = network.outputs_as_matrices
    return Predictor(network.coords, tuple(data), list(phi * data), loss=loss)


def neuron_matrix(inputs, hidden, outputs, bias):
    """The lifting of a two-layer ReLU network as one matrix: a column for each neuron and each of its inputs."""
    network = relu(inputs, hidden, outputs, bias=bias)
    first = sp.Matrix(hidden, inputs, network.coords[: hidden * inputs])
    second = sp.Matrix(outputs, hidden, network.coords[hidden * inputs : hidden * (inputs + outputs)])
    biases = sp.Matrix(hidden, 1, network.coords[hidden * (inputs + outputs) :]) if bias else sp.zeros(hidden, 0)
    into = first.row_join(biases)
    return sd.Parametrization(
        network.coords, sp.Matrix.hstack(*(second.col(k) * into.row(k) for k in range(hidden)))
    )


@pytest.mark.parametrize("loss", ["cross-entropy", [[1], [0], [-1]]], ids=["cross-entropy", "subspace"])
@pytest.mark.parametrize("bias", [False, True])
def test_a_loss_acts_on_the_outputs_of_a_relu_network(bias, loss):
    answer, typed = (
        sd.conservation_laws(model, loss=loss) for model in (relu(2, 2, 3, bias=bias), neuron_matrix(2, 2, 3, bias))
    )
    assert (answer.count, answer.exhibited, answer.verdict) == (typed.count, typed.exhibited, sd.Verdict.PROVED)


@pytest.mark.parametrize("bias", [False, True])
def test_cross_entropy_adds_a_column_sum_for_each_last_neuron_to_the_balances_of_a_relu_network(bias):
    answer = sd.conservation_laws(relu(3, 2, 3, bias=bias), loss="cross-entropy")
    assert answer.count == answer.exhibited == 2 + 2
    second = sp.Matrix(3, 2, answer.model.coords[6:12])
    laws = {law.expression for law in answer.laws}
    assert {sum(second.col(k)) for k in range(2)} <= laws
    assert any("cross-entropy class" in line for line in answer.certificate.assumptions)
    assert any("fixed activation pattern" in line for line in answer.certificate.assumptions)


def test_a_loss_sees_the_constant_part_of_a_linear_network_with_its_matrix():
    """U (V x + b) + c: beside the sums of the columns of U that of c is conserved."""
    network = linear(2, 2, 3, bias=True)
    answer = sd.conservation_laws(network, loss="cross-entropy")
    product, constant = network.outputs_as_matrices
    typed = sd.Parametrization(network.coords, product.row_join(constant).applyfunc(sp.expand))
    assert answer.count == sd.conservation_laws(typed, loss="cross-entropy").count == 3 + 2 + 1
    assert sum(network.coords[-3:]) in {law.expression for law in answer.laws}


def test_a_loss_acts_on_the_last_layer_of_a_graph():
    import networkx as nx

    graph = nx.DiGraph()
    for name, width, kind in (("x", 3, "linear"), ("h", 2, "relu"), ("y", 3, "linear")):
        graph.add_node(name, width=width, activation=kind, bias=name == "h")
    graph.add_edge("x", "h")
    graph.add_edge("h", "y")
    both = layer_graph(graph), relu(3, 2, 3, bias=True)
    assert [sd.conservation_laws(model, loss="cross-entropy").count for model in both] == [4, 4]
    graph.add_node("z", width=2)
    graph.add_edge("h", "z")
    with pytest.raises(SymdynError, match="this model has several outputs of different kinds"):
        sd.conservation_laws(layer_graph(graph), loss="cross-entropy")


@pytest.mark.parametrize("loss", ["squared-error", "cross-entropy", [[1, 0], [1, 1]], [[1], [3]]], ids=str)
@pytest.mark.parametrize("widths", [(2, 1, 2), (1, 2, 2)], ids=str)
def test_a_model_of_its_inputs_has_the_laws_of_its_parametrization_under_every_loss(widths, loss):
    one = sd.conservation_laws(linear_predictor(*widths), loss=loss)
    other = sd.conservation_laws(linear(*widths), loss=loss)
    same = sd.conservation_laws(linear_predictor(*widths, loss=loss))
    assert one.count == other.count == same.count


@pytest.mark.parametrize(
    "options",
    [
        {"metric": "entropic"},
        {"metric": "burg"},
        {"metric": "natural"},
        {"metric": [1, 2, 3, 4, 5, 6]},
        {"dynamics": "nesterov"},
        {"dynamics": "momentum", "friction": 0},
        {"dynamics": "weight decay", "decay": 1},
        {"dynamics": "sign flow"},
        {"dynamics": "naive momentum", "friction": 3 / t, "metric": "entropic"},
        {"dynamics": "accelerated mirror", "friction": 3 / t, "metric": "entropic"},
        {"dynamics": "nesterov", "loss": "cross-entropy"},
    ],
    ids=str,
)
def test_dynamics_of_a_model_of_its_inputs_are_those_of_its_parametrization(options):
    answers = [sd.conservation_laws(model, **options) for model in (linear_predictor(1, 2, 2), linear(1, 2, 2))]
    assert answers[0].count == answers[1].count
    assert answers[0].certificate.verify().verdict is sd.Verdict.PROVED
    assert any("all data" in line for line in answers[0].certificate.assumptions)


@pytest.mark.parametrize(
    "options", [{}, {"metric": "entropic"}, {"dynamics": "nesterov"}, {"dynamics": "weight decay", "decay": 1}], ids=str
)
def test_fields_of_a_normalised_weight_stand_for_its_gradients_under_all_dynamics(options):
    """The direction of w in the plane through rational functions of it, w_i w_1 / |w|^2."""
    network = net.weight_normalisation(2)
    first, second = network.coords
    norm = first**2 + second**2
    model = Predictor(network.coords, (x,), [x * first**2 / norm, x * first * second / norm])
    answers = [sd.conservation_laws(each, **options) for each in (network, model)]
    assert answers[0].count == answers[1].count
    assert "gradient flow in the Euclidean metric" not in str(answers[0].certificate.assumptions) or not options


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        (linear_predictor(2, 1, 2, loss="cross-entropy"), {"loss": "squared-error"}, "give it in one place"),
        (linear_predictor(2, 1, 2), {"loss": "logistic"}, "the binary logistic loss has one logit"),
        (linear_predictor(2, 1, 2), {"loss": [[1], [1], [1]]}, "matrix of loss directions is 3 x 1"),
        (linear_predictor(2, 1, 2), {"loss": "hinge"}, "the loss 'hinge' is not known"),
        (net.batch_normalisation(3, 2), {"loss": "cross-entropy"}, "batch normalisation came with a loss of its own"),
        (sd.VectorField((u, v), [v, -u]), {"loss": "cross-entropy"}, "belong to a model with outputs"),
        (net.linear(60, 60, 60), {"metric": "entropic"}, "7,200 parameters, too many to expand"),
    ],
)
def test_losses_that_do_not_fit_are_refused(model, options, message):
    with pytest.raises(SymdynError, match=message):
        sd.conservation_laws(model, **options)


def test_directions_may_come_as_a_numpy_array():
    import numpy as np

    assert sd.conservation_laws(linear(1, 1, 2), loss=np.array([[1], [-1]])).count == 2


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ([sp.sqrt(u), 1], r"sqrt\(u\) in entry \(1, 1\) of the metric is no rational function"),
        ([sp.exp(u), 1], r"exp\(u\) in entry \(1, 1\) of the metric is no rational function"),
        ([sp.pi, 1], "pi in entry .* is no rational function with rational numbers"),
        ([float("nan"), 1], "diagonal entry 1 of the metric contains nan"),
        ([1, 1, 1], "the metric is 3 entries, and the model has 2 parameters"),
    ],
)
def test_metrics_that_cannot_be_decided_are_refused(metric, message):
    with pytest.raises(SymdynError, match=message):
        sd.conservation_laws(sd.Parametrization((u, v), [u * v]), metric=metric)


def test_the_natural_gradient_with_momentum_is_refused_by_name():
    with pytest.raises(ModelError, match="the natural gradient goes with gradient flow, not with nesterov"):
        sd.conservation_laws(sd.Parametrization((u, v), [u * v]), metric="natural", dynamics="nesterov")
