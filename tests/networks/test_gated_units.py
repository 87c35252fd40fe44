"""Gated units with the gates of the literature: what they compute, their laws, and what they refuse."""

import numpy as np
import pytest
import sympy as sp
from scipy.special import erf, expit

import symdyn as sd
from symdyn.errors import ModelError
from symdyn.networks.programs.formula_network import PredictorNetwork

gated = sd.networks.gated
NAMED = {
    "sigmoid": ("gated linear unit (GLU)", expit),
    "silu": ("SwiGLU unit", lambda t: t * expit(t)),
    "gelu": ("GEGLU unit", lambda t: t * (1 + erf(t / np.sqrt(2))) / 2),
    "tanh": ("gated tanh unit", np.tanh),
}


def cut(coords, *shapes):
    """Coordinates as matrices, one after another."""
    found, start = [], 0
    for rows, columns in shapes:
        found.append(sp.Matrix(rows, columns, coords[start : start + rows * columns]))
        start += rows * columns
    return found


@pytest.mark.parametrize("gate", NAMED)
def test_a_named_gate_is_the_function_of_that_name(gate):
    """C ((A x) * s(B x)) in NumPy and SciPy, at random numbers; both sides round once or twice."""
    network = gated(3, 2, 2, gate=gate)
    assert isinstance(network, PredictorNetwork)
    name, s = NAMED[gate]
    rng = np.random.default_rng(4)
    a, b, c, x = (rng.normal(size=shape) for shape in ((2, 3), (2, 3), (2, 2), 3))
    values = dict(zip(network.coords, np.concatenate([a.ravel(), b.ravel(), c.ravel()]), strict=True))
    values |= dict(zip(network.inputs, x, strict=True))
    shown = [float(output.subs(values).evalf()) for output in network.outputs]
    assert network.name == name
    np.testing.assert_allclose(shown, c.T @ ((a @ x) * s(b @ x)), rtol=1e-12)


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 2, 1), (3, 4, 2)], ids=str)
@pytest.mark.parametrize("gate", NAMED)
def test_gates_that_are_not_homogeneous_keep_the_balance_of_value_and_output_alone(gate, shape):
    inputs, hidden, outputs = shape
    network = gated(*shape, gate=gate)
    answer = sd.conservation_laws(network)
    a, b, c = cut(network.coords, (hidden, inputs), (hidden, inputs), (hidden, outputs))
    laws = {sp.expand((a.row(k) * a.row(k).T - c.row(k) * c.row(k).T)[0]) for k in range(hidden)}
    assert (answer.count, answer.verdict) == (hidden, sd.Verdict.PROVED)
    assert {law.expression for law in answer.laws} | {-law.expression for law in answer.laws} >= laws
    assert answer.certificate.verify().verdict is sd.Verdict.PROVED
    on_the_gate = sum(entry**2 for entry in b.row(0)) - sum(entry**2 for entry in c.row(0))
    assert sd.is_conserved(on_the_gate, network).verdict is sd.Verdict.REFUTED


@pytest.mark.parametrize(("gate", "name"), [("identity", "bilinear unit"), ("relu", "ReGLU unit")])
@pytest.mark.parametrize("shape", [(2, 1, 2), (2, 3, 1)], ids=str)
def test_homogeneous_gates_keep_two_balances_for_each_unit(gate, name, shape):
    network = gated(*shape, gate=gate)
    answer = sd.conservation_laws(network)
    assert (network.name, answer.verdict) == (name, sd.Verdict.PROVED)
    a, b, c = cut(network.coords, (shape[1], shape[0]), (shape[1], shape[0]), (shape[1], shape[2]))
    for other in (a, b):
        law = (other.row(0) * other.row(0).T - c.row(0) * c.row(0).T)[0]
        assert sd.is_conserved(law, network).verdict is sd.Verdict.PROVED
    assert answer.count >= 2 * shape[1]


def test_relu_gates_are_seen_apart_and_bilinear_units_are_not():
    """Bilinear units add up in the same monomials of the input, so their fields have more laws."""
    relu, bilinear = (sd.conservation_laws(gated(1, 3, 1, gate=gate)) for gate in ("relu", "identity"))
    assert (relu.count, bilinear.count) == (6, 8)  # D - 3 monomials, and D - 1 for the single field


def test_a_wide_layer_is_decided_unit_by_unit():
    """72 parameters: denominators of different units are never multiplied with one another."""
    answer = sd.conservation_laws(gated(4, 6, 4, gate="silu"))
    assert (answer.count, answer.dimension) == (6, 72)


def test_cross_entropy_adds_the_column_sums_of_the_last_layer():
    network = gated(2, 2, 3, gate="silu")
    answer = sd.conservation_laws(network, loss="cross-entropy")
    assert answer.count == 4
    assert any("cross-entropy" in line for line in answer.certificate.assumptions)
    (c,) = cut(network.coords[8:], (2, 3))
    spaces = network.under("cross-entropy")
    assert {sd.is_conserved(sum(c.row(k)), spaces).verdict for k in range(2)} == {sd.Verdict.PROVED}
    assert sd.is_conserved(sum(c.row(0)), network).verdict is sd.Verdict.REFUTED


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        ("silo", "gated got the gate 'silo': did you mean 'silu'"),
        ("softmax", "gates are sigmoid, silu, gelu, tanh, swish, identity and relu"),
        ("", "gated got the gate ''"),
        (3, "gated got the gate 3: give the coefficients"),
        (None, "gated got the gate None"),
    ],
)
def test_an_unknown_gate_is_refused_with_those_that_are_known(gate, message):
    with pytest.raises(ModelError, match=message):
        gated(2, 1, 1, gate=gate)


@pytest.mark.parametrize("form", ["text", "latex", "markdown", "html", "json"])
def test_the_answer_names_the_unit_in_every_format(form):
    answer = sd.conservation_laws(gated(2, 1, 1, gate="silu"))
    assert "SwiGLU" in getattr(answer, form)() or form in ("latex", "json")
