"""One file, both questions: laws and equilibria are read from files of either kind."""

from __future__ import annotations

import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import ModelError
from symdyn.reading.files import flow_from_data, model_with_options

LOTKA = {"coordinates": ["x", "y"], "parameters": {"a": 2}, "field": ["x*(a - y)", "y*(x - 1)"]}
HEAVY = {"coordinates": ["q", "p"], "potential": "q**2/2 + p**4/4"}
TWO_LAYERS = {"coordinates": ["u", "v"], "outputs": ["u*v"], "targets": ["1"]}


def laws(data):
    model, options = model_with_options(data)
    return sd.conservation_laws(model, **{key: value for key, value in options.items() if key != "title"})


def test_laws_of_a_flow_file_are_those_of_its_field():
    found = laws({**LOTKA, "title": "prey", "degree": 2})
    assert (found.count, found.verdict) == (1, sd.Verdict.PROVED)
    assert laws({**LOTKA, "parameters": {"a": "symbol"}}).count == 1


def test_laws_of_reactions_hold_for_all_rates():
    data = {"reactions": ["E + S <-> C, k1, k2", "C -> E + P, k3"]}
    assert laws(data).count == 2
    assert laws({"reactions": "A -> 0, 2; B -> 0, 2"}).count == 0


def test_equilibria_of_reactions_with_numbers():
    flow = flow_from_data({"reactions": "0 -> A, 3; A -> 0, k", "parameters": {"k": 2}}, {"k": "1/2"})
    (only,) = sd.equilibria(flow)
    assert list(only.point.values()) == [6]


def test_equilibria_of_a_model_with_targets_are_critical_points_of_its_loss():
    """(u v - 1)^2/2: the saddle at 0, and the hyperbola u v = 1."""
    flow = flow_from_data(TWO_LAYERS, {})
    u, v = flow.coords
    assert sp.expand(flow.potential - (u * v - 1) ** 2 / 2) == 0
    found = sd.equilibria(flow)
    assert [list(item.point.values()) for item in found] == [[0, 0]]
    assert [family.dimension for family in found.families] == [1]


def test_a_model_of_inputs_is_summed_over_its_data():
    data = {"coordinates": ["w"], "inputs": ["x"], "outputs": ["w*x"], "data": [[1], [2]], "targets": [[1], [3]]}
    (only,) = sd.equilibria(flow_from_data(data, {}))
    assert float(next(iter(only.point.values()))) == pytest.approx(7 / 5, rel=1e-15)  # (1*1 + 2*3)/(1 + 4), to rounding


def test_logits_rest_where_the_probabilities_are_the_targets():
    data = {"coordinates": ["z"], "outputs": ["z", "0"], "loss": "cross-entropy", "targets": ["3/4", "1/4"]}
    flow = flow_from_data(data, {})
    assert sp.simplify(flow.field.components[0].subs(flow.coords[0], sp.log(3))) == 0
    logistic = {"coordinates": ["z"], "outputs": ["z"], "loss": "logistic", "targets": [1]}
    slope = flow_from_data(logistic, {}).field.components[0]
    (z,) = slope.free_symbols
    assert sp.simplify(slope - 1 / (1 + sp.exp(z))) == 0


def test_a_single_field_with_constants_is_a_flow():
    data = {"coordinates": ["x"], "constants": ["a"], "fields": [["a - x**2"]]}
    assert len(sd.equilibria(flow_from_data(data, {"a": "4"}))) == 2


def test_a_preset_with_targets():
    flow = flow_from_data({"network": "linear:1,1,1", "targets": [2]}, {})
    a, b = flow.coords
    assert sp.expand(flow.potential - (a * b - 2) ** 2 / 2) == 0


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"coordinates": ["u"], "outputs": ["u"]}, "add its targets"),
        ({**TWO_LAYERS, "targets": [1, 2]}, "targets has 2 numbers: give 1"),
        ({**TWO_LAYERS, "targets": ["u"]}, "no number"),
        ({**TWO_LAYERS, "dynamics": "momentum"}, "no meaning for equilibria"),
        ({**TWO_LAYERS, "loss": "hinge"}, "write one of squared-error"),
        ({"coordinates": ["z"], "outputs": ["z"], "loss": "logistic", "targets": [0]}, "targets -1 and 1"),
        ({"coordinates": ["z"], "outputs": ["z", "0"], "loss": "cross-entropy", "targets": [1, 1]}, "add up to 1"),
        ({"coordinates": ["w"], "inputs": ["x"], "outputs": ["w*x"], "targets": [[1]]}, "no data came"),
        ({"coordinates": ["x"], "fields": [["x"], ["1"]], "constants": []}, "2 fields, and a flow has one"),
        ({"blocks": {"W": [1, 1]}, "outputs": ["W"]}, "read for its laws"),
        ({"reactions": "A -> B, k", "field": ["A"]}, "does not go with reactions"),
        ({"reactions": "A -> B, k", "parameters": {"q": 1}}, "no constant of the reactions"),
        ({"reactions": "A -> B, k", "parameters": 3}, "write a table"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(data, message):
    with pytest.raises(ModelError, match=message):
        flow_from_data(data, {})


def test_an_iteration_has_no_laws_here():
    with pytest.raises(ModelError, match="laws are those of a flow"):
        model_with_options({"coordinates": ["x"], "update": ["x**2"]})
