"""Certified convergence of training: the inequality at one network, on balls, and the exact flow from there."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.verify import verify_data
from symdyn.errors import ModelError
from symdyn.systems.conditional_transport_resnet import (
    adjoint,
    build,
    conditional_distance,
    forward,
    local_convergence,
    residual,
    risk,
    single_hidden_layer,
    train,
    transport_gradient,
)
from symdyn.systems.conditional_transport_resnet.convergence import SUPREMA
from symdyn.systems.conditional_transport_resnet.residual import ACTIVATIONS, S, activation_formula

PLANE = single_hidden_layer(2)


def drawn(seed, L=20, n=30, N=4):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(L, n, 4)), rng.normal(size=(N, 2)), rng.normal(size=(N, 2))


@cache
def tail():
    """The system of the default study, its training, and the first certified moment."""
    model = build().model
    found = model.training()
    for k in range(len(found.times)):
        known = local_convergence(model.residual, [one[k] for one in found.history], model.inputs, model.targets)
        if known.certificate is not None:
            return model, found, k, known
    raise AssertionError("no moment is certified")


@pytest.mark.case("COT-10")
def test_the_u_part_of_the_slope_is_a_quadratic_form_of_the_gram_matrices():
    weights, inputs, targets = drawn(0)
    states = forward(PLANE, weights, inputs)
    costates = adjoint(PLANE, weights, states, states[-1] - targets)
    gradient = transport_gradient(PLANE, weights, inputs, targets)
    part = np.mean([(one[:, :2] ** 2).sum(axis=1).mean() for one in gradient])
    form = 0.0
    for w, x, p in zip(weights, states[:-1], costates[1:], strict=True):
        h = np.tanh(x @ w[:, 2:].T)
        form += np.einsum("ij,id,jd->", h @ h.T / 30, p, p) / 16 / 20
    assert part == pytest.approx(form, rel=1e-13)


@pytest.mark.case("COT-10")
@pytest.mark.parametrize("seed", range(3))
def test_the_slope_is_bounded_below_by_the_discrete_constant(seed):
    weights, inputs, targets = drawn(seed)
    weights[..., :2] /= 2
    found = local_convergence(PLANE, weights, inputs, targets)
    gradient = transport_gradient(PLANE, weights, inputs, targets)
    square = np.mean([(one**2).sum(axis=1).mean() for one in gradient])
    low, m = found.profile.T
    shares = [np.prod([(1 - m[k] / 20) ** 2 for k in range(r + 1, 20)]) for r in range(20)]
    assert found.kappa_here == pytest.approx(np.mean(low * shares) / 4, rel=1e-12)
    assert square >= 2 * found.kappa_here * found.risk > 0


@pytest.mark.case("COT-10")
def test_the_risk_falls_at_the_squared_slope():
    weights, inputs, targets = drawn(1)
    gradient = transport_gradient(PLANE, weights, inputs, targets)
    square = np.mean([(one**2).sum(axis=1).mean() for one in gradient])
    h = 1e-4
    ahead, behind = (
        risk(PLANE, [w - sign * h * g for w, g in zip(weights, gradient, strict=True)], inputs, targets)
        for sign in (1, -1)
    )
    assert (ahead - behind) / (2 * h) == pytest.approx(-square, abs=1e-6)
    flow = train(PLANE, weights, inputs, targets, duration=2e-3, samples=3)
    assert (flow.risks[2] - flow.risks[0]) / 2e-3 == pytest.approx(-(flow.slopes[1] ** 2), rel=1e-5)


def test_the_tail_of_the_default_training_is_certified_and_verified_again():
    *_, known = tail()
    assert known.verdict is sd.Verdict.PROVED
    assert known.radius_needed < known.radius
    assert known.kappa < known.kappa_here
    assert verify_data(json.loads(known.certificate.to_json())).verdict == "proved"


def test_the_flow_does_what_is_certified():
    """Risk below its exponential, travel below the bound: looked at after the certified moment."""
    _, found, k, known = tail()
    later = slice(k, None)
    bound = known.risk * np.exp(-known.rate * (found.times[later] - found.times[k]))
    assert (found.risks[later] <= bound * (1 + 1e-6) + 1e-18).all()
    start = [one[k] for one in found.history]
    moved = [
        float(conditional_distance(start, [one[j] for one in found.history])) for j in range(k, len(found.times))
    ]
    assert max(moved) <= known.radius_needed


def test_the_slope_obeys_the_inequality_on_the_whole_ball():
    model, found, k, known = tail()
    start = np.array([one[k] for one in found.history])
    rng = np.random.default_rng(0)
    for _ in range(20):
        step = rng.normal(size=start.shape)
        step *= known.radius / np.sqrt((step**2).sum(axis=2).mean())
        near = start + step
        gradient = transport_gradient(model.residual, near, model.inputs, model.targets)
        square = np.mean([(one**2).sum(axis=1).mean() for one in gradient])
        assert square >= 2 * known.kappa * risk(model.residual, near, model.inputs, model.targets)


def test_at_the_start_nothing_is_certified_and_the_gap_is_said():
    model = build().model
    known = local_convergence(model.residual, model.weights(), model.inputs, model.targets)
    assert known.verdict is sd.Verdict.UNDECIDED
    assert known.certificate is None
    assert 1 < known.gap < np.inf


@pytest.mark.parametrize("name", SUPREMA)
def test_suprema_of_activations_bound_them_and_are_nearly_attained(name):
    grid = np.linspace(-6, 6, 40_001)
    formula = ACTIVATIONS[name]
    for order, bound in enumerate(SUPREMA[name]):
        values = np.abs(sp.lambdify(S, sp.diff(formula, S, order), "scipy")(grid))
        assert values.max() <= bound * (1 + 1e-12)
        assert values.max() >= 0.85 * bound


@pytest.mark.parametrize(
    ("activation", "bias", "inputs", "reason"),
    [
        ("tanh", False, [[1.0, 2.0], [-1.0, -2.0]], "samples 1 and 2 are opposite"),
        ("tanh", False, [[1.0, 2.0], [0.0, 0.0]], "sample 2 is 0"),
        ("relu", False, [[1.0, 2.0], [2.0, 4.0]], "hidden layer with tanh"),
    ],
)
def test_data_for_which_no_width_is_enough_are_named(activation, bias, inputs, reason):
    feature = single_hidden_layer(2, activation, bias=bias)
    weights = np.random.default_rng(0).normal(size=(4, 100, feature.q))
    found = local_convergence(feature, weights, inputs, np.ones((2, 2)))
    assert found.profile[0, 0] == 0
    assert reason in found.reason
    biased = single_hidden_layer(2, activation, bias=True)
    weights = np.random.default_rng(0).normal(size=(4, 100, biased.q))
    assert local_convergence(biased, weights, inputs, np.ones((2, 2))).profile[0, 0] > 0


def test_pure_biases_have_the_constant_one():
    w, x = sp.symbols("w x")
    found = local_convergence(residual(w, [w], [x]), [[[0.2]]] * 3, [[1.0]], [[2.0]])
    assert found.kappa_here == pytest.approx(1.0)
    assert found.verdict is sd.Verdict.UNDECIDED


def test_a_risk_of_zero_in_floats_is_certified_too():
    feature = single_hidden_layer(1)
    weights = [[[1.0, 1.0]], [[0.5, 1.0]]]
    targets = forward(feature, weights, [[1.0]])[-1]
    found = local_convergence(feature, weights, [[1.0]], targets)
    assert (found.risk, found.verdict) == (0.0, sd.Verdict.PROVED)


def test_a_changed_constant_is_refuted():
    *_, known = tail()
    data = json.loads(known.certificate.to_json())
    data["witness"]["constant"] = [1, 1]
    assert verify_data(data).verdict == "refuted"


def test_too_few_bits_do_not_prove():
    model, found, k, _ = tail()
    with pytest.raises(ModelError, match="whole number from 32"):
        local_convergence(model.residual, [one[k] for one in found.history], model.inputs, model.targets, bits=8)


def test_an_activation_as_a_formula_is_the_named_one():
    z = sp.Symbol("z")
    assert activation_formula(sp.tanh(z)) == ACTIVATIONS["tanh"]
    assert single_hidden_layer(2, sp.tanh(z)).activation == PLANE.activation


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"data": "irs"}, "write random or iris"),
        ({"data": "iris"}, "give d = 4"),
        ({"psi": "hidden layer"}, "write single hidden layer"),
        ({"duration": -1}, "give a number above 0"),
        ({"activation": "tan"}, "did you mean tanh"),
        ({"data": ([[1.0, 2.0]], [[1.0]])}, "array of targets has the shape"),
    ],
)
def test_parameters_of_the_study_are_checked(parameters, message):
    with pytest.raises(sd.errors.SymdynError, match=message):
        sd.system("conditional_transport_resnet", **parameters)


@pytest.mark.parametrize(
    "parameters",
    [
        {"psi": "u*v*x", "d": 1, "L": 5, "width": 4, "duration": 2},
        {"psi": ("u*tanh(v*x1)", "w*x1*x2"), "L": 3, "width": 4, "duration": 1},
        {"activation": "atan", "L": 3, "width": 5, "duration": 1},
        {"activation": "relu", "L": 3, "width": 5, "duration": 1},
    ],
)
def test_studies_of_other_features_hold(parameters):
    report = sd.study(sd.system("conditional_transport_resnet", **parameters))
    assert report.is_clean
