"""Infinitely deep ResNets: closed forms, adjoints against differences, closures, laws; the cases of the sheet."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import solve_ivp

import symdyn as sd
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.transport import gaussian_wasserstein
from symdyn.systems.conditional_transport_resnet import (
    adjoint,
    closure,
    conditional_distance,
    depth_limit,
    forward,
    interpolate,
    neuron_laws,
    product_distance,
    residual,
    risk,
    single_hidden_layer,
    train,
    transport_gradient,
)

u, v, w, x, y, X, s = sp.symbols("u v w x y X s")
LINEAR, BIAS, PRODUCT = residual(w * x, [w], [x]), residual([w], [w], [x]), residual(u * v * x, [u, v], [x])
PLANE = single_hidden_layer(2)


def drawn(seed, L=20, n=30, N=4, feature=PLANE):
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(n, feature.q)) for _ in range(L)]
    return weights, rng.normal(size=(N, feature.d)), rng.normal(size=(N, feature.d))


# --- closed forms of one scalar output ---


@pytest.mark.case("COT-01")
def test_the_output_of_linear_neurons_obeys_a_closed_ode_with_a_first_integral():
    found = closure(LINEAR)
    assert found.field.coords == (X,)
    assert sp.expand(found.field.components[0] + X**2 * (X - y)) == 0
    G = sp.log(sp.Abs((X - y) / X)) / y**2 + 1 / (y * X)
    values = {X: sp.Rational(6, 5), y: 2}
    slopes = [sp.diff(one, X).subs(values) for one in (found.first_integral, G)]
    assert sp.N(slopes[0] - slopes[1], 30) == pytest.approx(0, abs=1e-20)
    assert found.verdict is sd.Verdict.PROVED
    assert found.certificate.verify().verdict is sd.Verdict.PROVED


@pytest.mark.case("COT-01")
def test_the_first_integral_at_the_start_has_the_value_of_the_sheet():
    found = closure(LINEAR, start=[sp.exp(sp.Rational(1, 10))], target=[2])
    assert float(found.start) == pytest.approx(0.39963807, abs=5e-9)


@pytest.mark.case("COT-01")
def test_deep_networks_of_linear_neurons_reach_the_output_of_the_closed_ode():
    """x_L is x_0 (1 + q/L)^L, so that three depths extrapolate to the limit."""
    ends = []
    for L in (50, 100, 200):
        weights = np.full((L, 1, 1), 0.1)
        ends.append(train(LINEAR, weights, [[1.0]], [[2.0]], duration=1, samples=2).outputs[-1, 0, 0])
    assert (8 * ends[2] - 6 * ends[1] + ends[0]) / 3 == pytest.approx(1.93748349, abs=1e-6)
    field = closure(LINEAR, target=[2]).field.components[0]
    right = sp.lambdify(X, field)
    exact = solve_ivp(lambda _, at: [right(at[0])], (0, 1), [math.exp(0.1)], rtol=1e-12, atol=1e-13, method="DOP853")
    assert exact.y[0, -1] == pytest.approx(1.93748349, abs=1e-8)


@pytest.mark.case("COT-01")
def test_costate_times_state_is_constant_in_depth_and_all_neurons_move_alike():
    weights = np.random.default_rng(0).normal(size=(50, 7, 1))
    states = forward(LINEAR, weights, [[1.0]])
    costates = adjoint(LINEAR, weights, states, states[-1] - 2)
    products = (states[:-1] * costates[1:])[:, 0, 0]
    gradient = transport_gradient(LINEAR, weights, [[1.0]], [[2.0]])
    for one, value in zip(gradient, products, strict=True):
        assert one.ravel() == pytest.approx(np.full(7, value), abs=1e-12)


@pytest.mark.case("COT-02")
def test_pure_biases_decay_at_rate_two_and_travel_the_whole_bound():
    weights = np.full((5, 2, 1), 0.2)
    found = train(BIAS, weights, [[1.0]], [[2.0]], duration=0.7, samples=3)
    assert found.risks[-1] / found.risks[0] == pytest.approx(0.246596964, abs=1e-8)
    far = train(BIAS, weights, [[1.0]], [[2.0]], duration=25, samples=2)
    assert float(conditional_distance(weights, far.weights)) == pytest.approx(0.8, abs=1e-8)
    assert far.length == pytest.approx(math.sqrt(2 * found.risks[0]), abs=1e-8)
    assert closure(BIAS).field.components[0] == y - X


@pytest.mark.case("COT-12")
def test_a_negative_target_is_never_reached_and_the_output_falls_like_one_over_time():
    found = closure(LINEAR, start=[1], target=[-1])
    level, at = float(found.start), sp.lambdify(X, found.first_integral.subs(sp.Symbol("t"), 0))
    products = []
    for t in (1e2, 1e3, 1e4):
        low, high = 1e-9, 1.0
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (low, middle) if at(middle) + t > level else (middle, high)
        products.append(t * low)
    assert products == pytest.approx([0.9527, 0.9928, 0.9990], abs=6e-5)


# --- distances ---


@pytest.mark.case("COT-04")
def test_gaussian_fibres_integrate_to_four_thirds():
    depth = sp.Symbol("s", positive=True)
    square = sp.expand(gaussian_wasserstein(depth, 1, 0, 4) ** 2)
    assert sp.simplify(square - (depth**2 + 1)) == 0
    assert sp.integrate(square, (depth, 0, 1)) == sp.Rational(4, 3)


@pytest.mark.case("COT-05")
def test_fibres_agree_with_transport_on_all_atoms_where_depth_costs_much():
    mu, nu = np.random.default_rng(0).normal(size=(2, 4, 5, 2))
    found = conditional_distance(mu, nu)
    # depth times sqrt(1e5): a change of depth by 1 costs 1e5
    far = [np.column_stack([np.full(5, math.sqrt(1e5) * r), one]) for r, one in enumerate(mu)]
    other = [np.column_stack([np.full(5, math.sqrt(1e5) * r), one]) for r, one in enumerate(nu)]
    penalised = product_distance(far, other, depths=[0, 0.25, 0.5, 0.75])
    assert float(penalised) == pytest.approx(float(found), abs=1e-12)
    assert float(product_distance(mu, nu, depths=[0, 0.25, 0.5, 0.75])) < float(found) < found.labelled


def test_exact_networks_have_exact_distances_with_one_certificate_for_all_depths():
    half = Fraction(1, 2)
    mu, nu = [[[half, 1], [0, 3]], [[1, 2]]], [[[0, 1], [2, 0], [1, 1]], [[0, 0]]]
    found = conditional_distance(mu, nu)
    # W^2 of the first fibre by splitting into six atoms, of the second |(1, 2)|^2
    assert found.value == sp.sqrt((found.fibres[0] + 5) / sp.Integer(2))
    assert found.certificate.verify().verdict is sd.Verdict.PROVED
    floats = conditional_distance([np.array(one, float) for one in mu], [np.array(one, float) for one in nu])
    assert float(floats) == pytest.approx(float(found.value), abs=1e-12)
    assert found.labelled is None


def test_a_shift_of_layers_is_far_for_conditional_transport_and_near_for_the_product():
    mu = [[[float(r)]] for r in range(4)]
    nu = [*mu[1:], mu[0]]
    places = [0, 0.01, 0.02, 0.03]
    assert float(product_distance(mu, nu, depths=places)) < 0.02 < 1.7 < float(conditional_distance(mu, nu))


@pytest.mark.case("COT-14")
@pytest.mark.parametrize(("q", "n", "m"), [(1, 7, 7), (2, 6, 6), (2, 6, 4)])
def test_interpolation_has_constant_speed(q, n, m):
    rng = np.random.default_rng(q)
    mu, nu = rng.normal(size=(3, n, q)), rng.normal(size=(3, m, q))
    whole = float(conditional_distance(mu, nu))
    part = float(conditional_distance(interpolate(mu, nu, 0.2), interpolate(mu, nu, 0.7)))
    assert part / whole == pytest.approx(0.5, abs=1e-12)


def test_masses_that_are_equal_change_nothing():
    mu, nu = np.random.default_rng(3).normal(size=(2, 3, 5, 2))
    masses = [np.full(5, 0.2)] * 3
    assert float(conditional_distance(mu, nu, masses=masses)) == pytest.approx(float(conditional_distance(mu, nu)))


# --- gradients ---


@pytest.mark.case("COT-06")
@pytest.mark.parametrize(
    "feature", [PLANE, single_hidden_layer(2, "sigmoid", bias=True), single_hidden_layer(3, "relu")]
)
def test_the_gradient_is_l_n_times_the_partial_derivative(feature):
    weights, inputs, targets = drawn(1, L=3, n=4, feature=feature)
    gradient = transport_gradient(feature, weights, inputs, targets)
    h = 1e-6
    for r in range(3):
        for i in range(4):
            for k in range(feature.q):
                sides = []
                for sign in (1, -1):
                    moved = [one.copy() for one in weights]
                    moved[r][i, k] += sign * h
                    sides.append(risk(feature, moved, inputs, targets))
                assert (sides[0] - sides[1]) / (2 * h) * 3 * 4 == pytest.approx(gradient[r][i, k], abs=1e-6)


def test_formulas_and_products_of_matrices_give_one_gradient():
    """The same feature with its parameters in another order is no hidden layer to the code."""
    a, b, c, e, x1, x2 = sp.symbols("a b c e x1 x2")
    inner = sp.tanh(a * x1 + b * x2)
    other = residual([c * inner, e * inner], [a, b, c, e], [x1, x2])
    assert other.activation is None
    weights, inputs, targets = drawn(2, L=5, n=3)
    turned = [one[:, [2, 3, 0, 1]] for one in weights]
    first = transport_gradient(PLANE, weights, inputs, targets)
    second = transport_gradient(other, turned, inputs, targets)
    for one, two in zip(first, second, strict=True):
        assert one[:, [2, 3, 0, 1]] == pytest.approx(two, abs=1e-13)


def test_a_loss_as_a_formula_is_the_loss_that_it_is():
    weights, inputs, targets = drawn(3, L=4, n=3)
    x1, x2, y1, y2 = sp.symbols("x1 x2 y1 y2")
    loss = ((x1 - y1) ** 2 + (x2 - y2) ** 2) / 2
    assert risk(PLANE, weights, inputs, targets, loss=loss) == pytest.approx(risk(PLANE, weights, inputs, targets))
    for one, two in zip(
        transport_gradient(PLANE, weights, inputs, targets, loss=loss),
        transport_gradient(PLANE, weights, inputs, targets),
        strict=True,
    ):
        assert one == pytest.approx(two, abs=1e-14)


@pytest.mark.case("COT-06")
def test_in_symbols_the_gradient_is_l_n_times_the_derivative_of_the_risk():
    symbols = sp.Matrix(2, 4, sp.symbols("p0:8"))
    weights = [symbols[:, :2], symbols[:, 2:]]
    start, target = sp.symbols("a b")
    f = risk(PRODUCT, weights, [[start]], [[target]])
    gradient = transport_gradient(PRODUCT, weights, [[start]], [[target]])
    for matrix, one in zip(weights, gradient, strict=True):
        for place in range(4):
            assert sp.expand(4 * sp.diff(f, matrix[place]) - one[place]) == 0


@pytest.mark.case("COT-07")
def test_in_symbols_costate_times_sensitivity_is_constant_exactly():
    weights = [[[one], [other]] for one, other in zip(sp.symbols("a1:5"), sp.symbols("b1:5"), strict=True)]
    states = forward(LINEAR, weights, [[x]])
    costates = adjoint(LINEAR, weights, states, [[1]])
    products = [p[0] * sp.diff(one[0], x) for p, one in zip(costates, states, strict=True)]
    assert all(sp.expand(one - products[0]) == 0 for one in products)


def test_fractions_in_give_fractions_out_and_agree_with_floats():
    weights = [[[Fraction(1, 3)], [Fraction(1, 2)]], [[Fraction(-1, 5)], [2]]]
    exact = forward(LINEAR, weights, [[Fraction(3, 2)]])
    assert exact[-1][0] == sp.Rational(3, 2) * (1 + sp.Rational(5, 24)) * (1 + sp.Rational(9, 20))
    floats = forward(LINEAR, [np.array(one, float) for one in weights], [[1.5]])
    assert floats[-1, 0, 0] == pytest.approx(float(exact[-1][0]), abs=1e-15)
    with pytest.raises(ModelError, match="mixes floats with exact numbers"):
        forward(LINEAR, weights, [[1.5]])


@pytest.mark.case("COT-07")
@pytest.mark.parametrize("feature", [LINEAR, PRODUCT])
def test_costate_times_sensitivity_is_constant_in_depth(feature):
    weights = np.random.default_rng(4).normal(size=(30, 6, feature.q))
    states = forward(feature, weights, [[1.0]])
    costates = adjoint(feature, weights, states, [[1.0]])
    products = (states * costates)[:, 0, 0] / costates[0, 0, 0]  # dx_r/dx_0 = x_r for x_0 = 1
    assert products == pytest.approx(np.ones(31), abs=1e-14)


def test_widths_may_differ_between_layers():
    rng = np.random.default_rng(5)
    weights = [rng.normal(size=(n, 4)) for n in (2, 5, 3)]
    inputs, targets = rng.normal(size=(2, 4, 2))
    found = train(PLANE, weights, inputs, targets, duration=1, samples=3)
    assert found.scale == (6, 15, 9)
    assert found.speeds.shape == (3, 3)
    repeated = [np.repeat(one, 30 // len(one), axis=0) for one in weights]
    same = train(PLANE, repeated, inputs, targets, duration=1, samples=3)
    assert same.risks == pytest.approx(found.risks, rel=1e-8)  # neurons twice are the same measure


def test_explicit_steps_come_near_the_flow():
    weights, inputs, targets = drawn(8, L=4, n=5)
    flow = train(PLANE, weights, inputs, targets, duration=1, samples=3)
    gaps = []
    for step in (2e-3, 1e-3):
        steps = train(PLANE, weights, inputs, targets, duration=1, method="euler", step=step, samples=3)
        assert steps.times == pytest.approx(flow.times)
        gaps.append(abs(steps.risks[-1] - flow.risks[-1]))
    assert gaps[0] / gaps[1] == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize("options", [{}, {"method": "euler", "step": 0.01}])
def test_an_unbounded_loss_blows_up_in_finite_time_and_that_is_said(options):
    """x' = x^2 for the loss -x: 1/(1 - t) in continuous depth."""
    found = train(LINEAR, np.zeros((5, 1, 1)), [[1.0]], [[2.0]], duration=9, samples=10, loss=-x, **options)
    assert found.status == "blow-up"
    assert found.times[-1] < 9
    assert np.isfinite(found.risks).all()


# --- products of two parameters ---


@pytest.mark.case("COT-09")
def test_a_neuron_of_products_keeps_the_difference_of_squares_and_nothing_else():
    found = neuron_laws(PRODUCT)
    assert (found.lower, found.upper) == (1, 1)
    assert sp.expand(found.laws[0].expression - (u**2 - v**2)) == 0


@pytest.mark.case("COT-09")
def test_the_moments_of_products_close_with_the_law_of_their_squares():
    found = closure(PRODUCT)
    A, S = (symbol for symbol, _ in found.moments)
    assert [function for _, function in found.moments] == [u * v, u**2 + v**2]
    assert found.field.coords == (X, A, S)
    rates = [-(X**2) * (X - y) * S, -X * (X - y) * S, -4 * X * (X - y) * A]
    assert all(sp.expand(one - rate) == 0 for one, rate in zip(found.field.components, rates, strict=True))
    assert [sp.expand(law.expression**2 - (S**2 - 4 * A**2) ** 2) for law in found.laws] == [0]
    assert found.verdict is sd.Verdict.PROVED


@pytest.mark.case("COT-09")
def test_the_squared_slope_of_products_is_that_of_the_closed_form():
    L, rng = 200, np.random.default_rng(6)
    weights = rng.normal(size=(5, 2)) * np.ones((L, 1, 1))
    gradient = transport_gradient(PRODUCT, weights, [[1.0]], [[2.0]])
    square = np.mean([(one**2).sum(axis=1).mean() for one in gradient])
    end = forward(PRODUCT, weights, [[1.0]])[-1, 0, 0]
    S = (weights[0] ** 2).sum(axis=1).mean()
    # the discrete costate stands one layer later: x_r p_{r+1} is x_L p_L over 1 + A/L
    A = weights[0].prod(axis=1).mean()
    assert square == pytest.approx(2 * end**2 * S * (end - 2) ** 2 / 2 / (1 + A / L) ** 2, rel=1e-12)


@pytest.mark.case("COT-09")
def test_equal_factors_follow_the_scalar_ode_to_the_logarithm_of_the_target():
    q = solve_ivp(lambda _, q: -2 * np.exp(q) * (np.exp(q) - 2) * q, (0, 2), [0.1], rtol=1e-12, atol=1e-13)
    assert q.y[0, -1] == pytest.approx(0.69220106, abs=1e-8)
    ends = []
    for L in (100, 200):
        weights = np.full((L, 1, 2), math.sqrt(0.1))
        last = train(PRODUCT, weights, [[1.0]], [[2.0]], duration=2, samples=2).weights
        ends.append(np.mean([one.prod(axis=1).mean() for one in last]))
    assert 2 * ends[1] - ends[0] == pytest.approx(q.y[0, -1], abs=2e-5)


def test_two_samples_close_in_one_time():
    found = closure(LINEAR, target=[1, 2])
    X1, X2 = found.output
    g = (X1 * (X1 - 1) + X2 * (X2 - 2)) / 2
    assert [sp.expand(one) for one in found.field.components] == [sp.expand(-X1 * g), sp.expand(-X2 * g)]


def test_a_cubic_neuron_does_not_close_and_that_is_undecided():
    found = closure(residual(w**3 * x, [w], [x]))
    assert found.field is None
    assert found.verdict is sd.Verdict.UNDECIDED


# --- depth ---


@pytest.mark.case("COT-11")
def test_the_error_in_depth_has_the_leading_coefficient_of_euler():
    found = depth_limit(LINEAR, [[sp.Rational(7, 10)]], [[1]], depths=[10, 100, 1000])
    M = 0.7
    direct = [((1 + M / L) ** L - math.exp(M)) * (-2 * L) / (M**2 * math.exp(M)) for L in (10, 100, 1000)]
    assert found.ratios == pytest.approx(direct, abs=1e-8)
    assert found.ratios == pytest.approx([0.94455, 0.99415, 0.99941], abs=6e-6)
    assert found.formula == (sp.exp(sp.Rational(7, 10)), -sp.Rational(49, 200) * sp.exp(sp.Rational(7, 10)))


def test_weights_that_change_in_depth_have_their_own_coefficient():
    found = depth_limit(LINEAR, [[s**2], ["sin(s)"]], [[1]], depths=[1000])
    assert found.coefficient[0, 0] == pytest.approx(float(found.formula[1]), abs=1e-10)
    rng = np.random.default_rng(7)
    first, second = rng.normal(size=(2, 5, 4))
    many = depth_limit(PLANE, lambda depth: first + depth * second, rng.normal(size=(3, 2)), depths=[100, 1000])
    assert abs(many.ratios - 1) == pytest.approx([0, 0], abs=1e-2)
    assert many.errors[0] / many.errors[1] == pytest.approx(10, rel=1e-2)


# --- laws of neurons along descent ---


@pytest.mark.case("COT-15")
def test_relu_neurons_keep_the_difference_of_norms_and_tanh_neurons_do_not():
    def drift(activation, step):
        feature = single_hidden_layer(2, activation)
        weights, inputs, targets = drawn(0, L=5, n=10, N=5)
        steps = round(4 / step)
        found = train(feature, weights, inputs, targets, duration=4, method="euler", step=step, samples=2)
        assert steps == round(found.times[-1] / step)
        balances = [(one[-1] ** 2 - one[0] ** 2) @ np.array([1, 1, -1, -1]) for one in found.history]
        return max(np.abs(one).max() for one in balances)

    coarse, fine = drift("relu", 4e-3), drift("relu", 2e-3)
    assert coarse < 2e-2
    assert fine / coarse == pytest.approx(0.5, rel=0.1)  # the drift is that of the step, O(dt)
    assert drift("tanh", 2e-3) > 0.1


@pytest.mark.case("COT-15")
def test_the_engine_of_laws_knows_the_balance_of_relu_and_that_tanh_has_none():
    assert neuron_laws(single_hidden_layer(2, "relu")).count == 1
    assert neuron_laws(single_hidden_layer(2, "relu"), neurons=2).count == 2
    tanh = neuron_laws(PLANE)
    assert (tanh.count, tanh.verdict) == (0, sd.Verdict.PROVED)


def test_two_neurons_of_products_have_laws_between_them():
    u1, u2, v1, v2 = sp.symbols("u_1 u_2 v_1 v_2")
    found = neuron_laws(PRODUCT, neurons=2)
    assert found.count == 3
    for law in (u1 * u2 - v1 * v2, u1 * v2 - u2 * v1):
        assert sd.is_conserved(law, found.model).verdict is sd.Verdict.PROVED


# --- misuse ---


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: residual(w * x * y, [w], [x]), "`y` in formula 1 of psi is neither in w nor in x"),
        (lambda: residual([w], [w], sp.symbols("x1 x2")), "psi has 1 formulas for 2 coordinates"),
        (lambda: single_hidden_layer(2, "tanhh"), "did you mean tanh"),
        (lambda: conditional_distance([[[1.0]]], [[[1.0]], [[2.0]]]), "mu has 1 layers and nu 2"),
        (lambda: conditional_distance([[[1.0]]], [[[1.0]]], masses=[[0.5]]), "sum to 0.5"),
        (lambda: product_distance([[[1.0]]] * 2, [[[1.0]]] * 2, depths=[0.5, 0.2]), "do not increase in"),
        (lambda: interpolate([[[1.0]]], [[[1.0]]], 2), "give a number from 0 to 1"),
        (lambda: forward(LINEAR, [[[1e200]]] * 3, [[1e200]]), "overflow in layer 1"),
        (lambda: forward(LINEAR, [[[float("nan")]]], [[1.0]]), "nan or infinity"),
        (lambda: forward(LINEAR, [[[1.0, 2.0]]], [[1.0]]), r"give \(n, 1\)"),
        (lambda: train(LINEAR, [[[1.0]]], [[1.0]], [[2.0]], duration=1, method="eulr"), "did you mean euler"),
        (lambda: train(LINEAR, [[[1.0]]], [[1.0]], [[2.0]], duration=1, method="euler"), "euler needs a step"),
        (lambda: train(BIAS, [[[1.0]]], [[1.0]], [[9.0]], duration=9, method="euler", step=3), "bound 2 = 2/1"),
        (
            lambda: transport_gradient(single_hidden_layer(1, "relu"), [[[1.0, 1.0]]], [[0.0]], [[1.0]]),
            "no subgradient is chosen",
        ),
        (lambda: closure(LINEAR, start=[1, 2], target=[1]), "2 starts came for 1 targets"),
        (lambda: depth_limit(LINEAR, [["t"]], [[1.0]], depths=[10]), "t"),
        (lambda: risk(LINEAR, [[[1.0]]], [[1.0]], [[1.0]], loss=w * x), "`w` in the loss"),
    ],
)
def test_misuse_is_one_sentence(make, message):
    with pytest.raises((ModelError, ShapeError, sd.errors.FormulaError), match=message) as refused:
        make()
    assert "\n" not in str(refused.value).strip()
