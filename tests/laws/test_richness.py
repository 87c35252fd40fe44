"""Whether phi may stand for a model: the loss gradients span what the gradients of phi span, proved or not."""

from __future__ import annotations

import json

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.verify import verify_text
from symdyn.errors import SymdynError
from symdyn.geometry.predictor import Predictor

u, v, x, y = sp.symbols("u v x y")
PLANE = [[1, 0, 0], [0, 1, 0], [2, 3, 0]]
DATA = {
    "a line": [[1, 2, 3], [2, 4, 6]],
    "a plane": PLANE,
    "fractions": [[sp.Rational(1, 2), 1, 0], [0, sp.Rational(2, 3), 1], [0, 0, 5]],
    "too few": [[1, 1, 1], [1, 0, 2]],
}


def symbols(name, rows, columns):
    return sp.Matrix(rows, columns, sp.symbols(f"{name}1:{rows * columns + 1}"))


def attention(size, tokens):
    """One row of softmax(X Q^T K X^T) X V^T O with heads of one row, and what phi keeps of it."""
    Q, K, V, Out = (symbols(name, 1, size) for name in "qkvo")
    X = symbols("x", tokens, size)
    scores = (X * Q.T * K * X.T).row(0)
    weights = scores.applyfunc(sp.exp) / sp.Add(*map(sp.exp, scores))
    coords = (*Q, *K, *V, *Out)
    return sd.Parametrization(coords, [*(Q.T * K), *(V.T * Out)]), Predictor(coords, tuple(X), weights * X * V.T * Out)


def test_all_inputs_of_a_linear_network_are_rich_under_squared_error():
    found = sd.richness(sd.networks.linear(3, 2, 2))
    assert (found.is_rich, found.rank, found.needed, found.missing) == (True, 6, 6, ())
    assert found.verdict is found.certificate.verify().verdict is sd.Verdict.PROVED


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_rank_on_data_is_the_number_of_outputs_times_the_rank_of_the_inputs(name, outputs):
    found = sd.richness(sd.networks.linear(3, 2, outputs), data=DATA[name])
    inputs = sp.Matrix(DATA[name]).rank()
    assert (found.rank, found.needed) == (outputs * inputs, 3 * outputs)
    assert found.verdict is found.certificate.verify().verdict is sd.Verdict.PROVED
    assert len(found.missing) == len(found.unseen) == found.needed - found.rank


@pytest.mark.parametrize("name", DATA)
def test_forms_that_no_loss_sees_vanish_on_every_input(name):
    found = sd.richness(sd.networks.linear(3, 2, 2), data=DATA[name])
    phi = sp.Matrix(2, 3, [sp.Symbol(f"phi_{i}_{j}") for i in (1, 2) for j in (1, 2, 3)])
    for form in found.unseen:
        slope = sp.Matrix(2, 3, [form.diff(entry) for entry in phi])
        assert slope * sp.Matrix(DATA[name]).T == sp.zeros(2, len(DATA[name]))


def test_cross_entropy_loses_the_sum_of_the_rows():
    found = sd.richness(sd.networks.linear(2, 2, 3), loss="cross-entropy")
    assert (found.rank, found.needed, found.verdict) == (4, 6, sd.Verdict.PROVED)
    columns = [sum(sp.Symbol(f"phi_{i}_{j}") for i in (1, 2, 3)) for j in (1, 2)]
    assert set(found.unseen) == set(columns)


def test_data_that_are_not_rich_have_the_laws_of_phi_and_more():
    """Weights from an input that the data never use do not move: one law for each, beside the balances."""
    network = sd.networks.linear(3, 2, 2)
    all_data, plane = sd.conservation_laws(network), sd.conservation_laws(network, data=PLANE)
    assert (all_data.count, plane.count, plane.exhibited) == (3, 5, 5)
    assert plane.verdict is plane.certificate.verify().verdict is sd.Verdict.PROVED
    first, second = network.symbol_matrices()
    assert first[0, 2] in [entry for law in plane.laws for entry in law.entries()]
    seen = sd.Parametrization(network.coords, second * first * sp.Matrix(PLANE).T)
    for law in all_data.laws:
        assert sd.is_conserved(law, seen).verdict is sd.Verdict.PROVED
    assert sd.conservation_laws(seen).count == plane.count


def test_a_count_through_phi_is_not_said_of_data_that_are_not_rich():
    network = sd.networks.linear(3, 2, 2)
    through_phi, on_data = sd.conservation_laws(network), sd.conservation_laws(network, data=PLANE)
    assert any("where the data are rich" in line for line in through_phi.certificate.assumptions)
    assert not any("where the data are rich" in line for line in on_data.certificate.assumptions)
    assert any("the count is that of the 3 inputs given" in line for line in on_data.certificate.assumptions)


def test_data_that_span_all_inputs_leave_the_count_of_phi():
    answer = sd.conservation_laws(sd.networks.linear(3, 2, 2), data=DATA["fractions"])
    assert answer.count == 3
    assert any("the inputs given span all inputs" in line for line in answer.certificate.assumptions)


@pytest.mark.parametrize("options", [{"dynamics": "nesterov"}, {"metric": "entropic"}, {"loss": "cross-entropy"}])
def test_data_go_with_dynamics_metrics_and_losses(options):
    """Against the outputs on the data written out, with the columns phi x as the new outputs."""
    network = sd.networks.linear(3, 2, 2)
    first, second = network.symbol_matrices()
    seen = sd.Parametrization(network.coords, second * first * sp.Matrix(PLANE).T)
    assert sd.conservation_laws(network, data=PLANE, **options).count == sd.conservation_laws(seen, **options).count


@pytest.mark.parametrize("size", [1, 2])
def test_two_tokens_make_attention_rich_and_one_token_does_not(size):
    phi, two = attention(size, tokens=2)
    found = sd.richness(phi, two)
    assert found.is_rich
    # the products Q^T K of rank one are dependent where size > 1: their generic rank is known at a point alone
    assert found.verdict is (sd.Verdict.PROVED if size == 1 else sd.Verdict.PROBABLE)
    assert found.certificate.verify().verdict is found.verdict
    alone = sd.richness(phi, attention(size, tokens=1)[1])
    # one token has the weight 1 whatever the query; where phi has full rank that is proved by the form q k
    known = (False, sd.Verdict.PROVED) if size == 1 else (None, sd.Verdict.OBSERVED)
    assert (alone.is_rich, alone.verdict) == known
    assert alone.unseen == ((sp.Symbol("phi_1"),) if size == 1 else ())
    assert set(alone.missing) <= {f"phi_{k + 1}" for k in range(size**2)}
    assert alone.certificate.verify().verdict is known[1]


def test_differences_of_logits_stand_for_a_softmax_and_logits_do_not():
    T, X = symbols("t", 3, 2), symbols("x", 2, 1)
    powers = (T * X).applyfunc(sp.exp)
    model = Predictor(tuple(T), tuple(X), powers / sum(powers))
    differences = sd.Parametrization(tuple(T), [T[i, j] - T[2, j] for i in (0, 1) for j in (0, 1)])
    assert sd.richness(differences, model).verdict is sd.Verdict.PROVED
    logits = sd.richness(sd.Parametrization(tuple(T), T), model)
    assert (logits.rank, logits.needed, logits.is_rich, logits.verdict) == (4, 6, False, sd.Verdict.PROVED)
    sums = {sp.Symbol(f"phi_{j}") + sp.Symbol(f"phi_{j + 2}") + sp.Symbol(f"phi_{j + 4}") for j in (1, 2)}
    assert set(logits.unseen) == sums
    assert logits.certificate.verify().verdict is sd.Verdict.PROVED


def tanh_network(hidden):
    """sum_k u_k tanh(v_k . x) of two inputs."""
    U, V, X = symbols("u", 1, hidden), symbols("v", hidden, 2), symbols("x", 2, 1)
    return Predictor((*U, *V), tuple(X), U * (V * X).applyfunc(sp.tanh))


INPUTS = [[1, 0], [0, 1], [1, 1], [2, -1], [3, 1], [1, 4], [-2, 3]]


@pytest.mark.parametrize(("hidden", "number"), [(1, 1), (1, 2), (1, 3), (1, 5), (2, 2), (2, 4)])
def test_rank_on_data_is_that_of_the_jacobian_in_floats(hidden, number):
    """Values of tanh at the inputs are independent variables here, and numbers there."""
    model = tanh_network(hidden)
    found = sd.richness(model, data=INPUTS[:number])
    jacobian = sp.lambdify([model.coords, model.inputs], sp.Matrix(model.outputs).jacobian(model.coords), "numpy")
    theta = np.random.default_rng(5).normal(size=model.dimension)
    rows = np.vstack([np.asarray(jacobian(theta, point), float) for point in INPUTS[:number]])
    values = np.linalg.svd(rows, compute_uv=False)
    # a few inputs of moderate size: true singular values are above 1e-6, rounding is 1e-16
    assert found.rank == (values > 1e-9 * values[0]).sum()
    assert found.is_rich is (True if found.rank == model.dimension else None)
    assert found.verdict is (sd.Verdict.PROVED if found.is_rich else sd.Verdict.OBSERVED)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("widths", [(2, 3, 2), (3, 4, 4, 2), (4, 3, 1)])
def test_relu_networks_are_rich_near_some_parameters(widths, bias):
    """The gradients never span more than D less one for each neuron, whose balance they keep."""
    network = sd.networks.relu(*widths, bias=bias)
    found = sd.richness(network, seed=1)
    assert found.rank == found.needed == network.dimension - sum(widths[1:-1])
    assert found.verdict is found.certificate.verify().verdict is sd.Verdict.PROVED


def test_neurons_of_one_input_share_their_hyperplane_and_are_not_rich():
    found = sd.richness(sd.networks.relu(1, 3, 1))
    assert (found.rank, found.needed, found.verdict) == (2, 3, sd.Verdict.OBSERVED)


def test_few_inputs_of_a_relu_network_are_not_rich():
    found = sd.richness(sd.networks.relu(2, 3, 2), data=[[1, 2], [2, 1]])
    assert found.rank <= 4 < found.needed
    assert found.verdict is sd.Verdict.OBSERVED


@pytest.mark.parametrize("seed", range(3))
def test_rank_does_not_depend_on_the_seed(seed):
    assert sd.richness(tanh_network(2), seed=seed).rank == 6


def test_a_changed_certificate_is_refuted():
    stored = json.loads(sd.richness(sd.networks.linear(2, 2, 2)).json())
    ((_, before),) = verify_text(json.dumps(stored))
    stored["certificate"]["witness"]["rank"]["words"][0] = 1
    ((_, after),) = verify_text(json.dumps(stored))
    assert (before.verdict, after.verdict) == ("proved", "refuted")


@pytest.mark.parametrize("form", ["text", "latex", "markdown", "html", "json"])
def test_an_answer_shows_what_is_missing_in_every_format(form):
    found = sd.richness(sd.networks.linear(2, 1, 1), data=[[1, 0]])
    assert "2" in getattr(found, form)()
    assert "does not stand for the model" in found.statement


PRODUCT = sd.Parametrization((u, v), [u * v])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sd.richness(sd.networks.attention(2, 2)), "how inputs enter the attention head is not known"),
        (lambda: sd.richness(PRODUCT, PRODUCT), "give a Predictor"),
        (lambda: sd.richness(PRODUCT, Predictor((u,), (x,), [u * x])), "different coordinates"),
        (lambda: sd.richness(PRODUCT, Predictor((u, v), (x,), [u * x])), "the model is no function of phi"),
        (lambda: sd.richness(tanh_network(1), loss="cross-entropy"), "at least 2 logits"),
        (lambda: sd.richness(sd.networks.linear(2, 1, 1), data=[[1]]), "1 column, and the model has 2 inputs"),
        (lambda: sd.richness(sd.networks.linear(2, 1, 1), data=[[1, 0.5]]), "write 1/2"),
        (lambda: sd.richness(sd.networks.linear(2, 1, 1), data=[[0, 0]]), "they see nothing of the model"),
        (lambda: sd.richness(sd.networks.linear(2, 1, 1), data=[[1, x]]), "no rational number"),
        (lambda: sd.richness(sd.networks.linear(2, 1, 1), seed=-1), "seed is -1"),
        (lambda: sd.richness(sd.networks.linear(99, 1, 99)), "at most 1,000"),
        (lambda: sd.conservation_laws(sd.networks.relu(2, 2, 1), data=[[1, 0]]), "outputs in one matrix"),
    ],
)
def test_misuse_is_refused_in_one_sentence(call, message):
    with pytest.raises(SymdynError, match=message) as refusal:
        call()
    assert "\n" not in str(refusal.value)
