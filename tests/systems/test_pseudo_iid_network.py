"""Variance and correlation maps of wide networks, their edge of chaos and fixed points."""

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import quad
from scipy.special import erf

from symdyn.certificate.verdict import Verdict
from symdyn.errors import FormulaError, ModelError, ShapeError
from symdyn.numerics.enclosure import Enclosure
from symdyn.systems import pseudo_iid_network as pid

R = sp.Rational
q, c = sp.Symbol("q", positive=True), sp.Symbol("c", real=True)


def near(value, expected, within):
    return abs(float(value) - expected) <= within


@pytest.mark.case("PID-01")
def test_the_edge_of_tanh_is_1_760955_and_the_1_76_of_the_literature_is_right_to_three_digits_only():
    (edge,) = pid.edge_of_chaos("tanh", bias_variance=R(1, 20))
    assert near(edge.q, 0.570048, 1e-6)
    assert near(edge.weight_variance, 1.760955, 1e-6)
    assert not edge.weight_variance.contains(R(176, 100))
    (point,) = pid.variance_fixed_points("tanh", weight_variance=1.76, bias_variance=0.05)
    assert near(point.q, 0.56946284, 1e-8)
    assert near(point.chi, 0.99979642, 1e-8)
    assert near(point.correlation_depth_scale, 4911.7, 0.05)
    assert point.phase == "ordered"


TANH_EDGES = {
    "0.01": (0.273301, 1.424205), "0.04": (0.512079, 1.700796), "0.09": (0.763475, 1.947655),
    "0.25": (1.317939, 2.401489), "0.3": (1.461169, 2.505127), "1": (3.036396, 3.443211),
}  # fmt: skip


@pytest.mark.case("PID-02")
@pytest.mark.parametrize("bias", TANH_EDGES)
def test_the_edge_of_tanh_by_bias_is_unique_and_has_the_values_of_the_table(bias):
    found = pid.edge_of_chaos("tanh", bias_variance=R(bias))
    assert len(found) == 1
    assert found.completeness is Verdict.PROVED
    assert near(found[0].q, TANH_EDGES[bias][0], 2e-6)
    assert near(found[0].weight_variance, TANH_EDGES[bias][1], 2e-6)


@pytest.mark.case("PID-02")
def test_without_bias_the_edge_of_tanh_tends_to_weight_variance_one():
    edge = pid.edge_of_chaos("tanh", q=R(1, 10**6))[0]
    assert near(edge.weight_variance, 1 + 2e-6, 1e-10)
    assert near(edge.bias_variance, 4e-18 / 3, 1e-21)  # 4 q^3/3 to that order


FIXED = {
    1.0: (0.19359252, 0.75903165, 0.564280, 1.0),
    2.5: (1.06395838, 1.13351570, 0.428464, 0.446804),
    4.0: (2.19549393, 1.34240241, None, None),
}


@pytest.mark.case("PID-04", "PID-05", "PID-06")
@pytest.mark.parametrize(("weight", "expected"), FIXED.items())
def test_tanh_has_one_fixed_point_of_the_variance(weight, expected):
    found = pid.variance_fixed_points("tanh", weight_variance=weight, bias_variance=0.05)
    variance, chi, slope, correlation = expected
    assert len(found) == 1
    assert found.completeness is Verdict.PROVED
    assert near(found[0].q, variance, 1e-8)
    assert near(found[0].chi, chi, 1e-8)
    if slope is not None:
        assert near(found[0].slope, slope, 1e-6)
        resting = [
            one.value
            for one in pid.correlation_fixed_points("tanh", weight_variance=weight, bias_variance=0.05)
            if one.stability == "attracting"
        ]
        assert near(resting[0], correlation, 1e-6)


@pytest.mark.case("PID-04")
def test_depth_scales_of_the_ordered_phase():
    (point,) = pid.variance_fixed_points("tanh", weight_variance=1, bias_variance=R(1, 20))
    assert near(point.correlation_depth_scale, 3.6270, 1e-4)
    assert near(point.depth_scale, 1.74763, 1e-5)


@pytest.mark.case("PID-05")
def test_correlations_tend_to_the_attracting_one_in_the_chaotic_phase():
    found = pid.correlation_recursion("tanh", 400, weight_variance=2.5, bias_variance=0.05, start=0.9)
    assert near(found[-1], 0.446804, 1e-5)


@pytest.mark.case("PID-06")
def test_tanh_is_enclosed_at_variance_one():
    V, D = pid.variance_map("tanh", 1), pid.derivative_map("tanh", 1)
    assert isinstance(V, Enclosure)
    assert near(V, 0.3942944904, 1e-10)
    assert near(D, 0.4644029025, 1e-10)
    assert V.width < R(1, 10**14)


@pytest.mark.case("PID-07")
def test_relu_is_exact_and_its_correlations_follow_a_power_law():
    assert pid.variance_map("relu", 1) == pid.derivative_map("relu", 1) == R(1, 2)
    kernel = [pid.correlation_map("relu", at, weight_variance=2, bias_variance=0, q=1) for at in (0, R(1, 2), -1)]
    assert kernel[0] == 1 / sp.pi
    assert near(sp.N(kernel[1]), 0.6089977810, 1e-10)
    assert kernel[2] == 0
    steps = pid.correlation_recursion("relu", 1000, weight_variance=2, bias_variance=0, start=0, q=1)
    expected = {1: 0.31830989, 2: 0.49373109, 3: 0.60482572, 10: 0.87153552, 100: 0.99642315, 1000: 0.99995687}
    assert all(near(steps[layer], value, 1e-8) for layer, value in expected.items())
    assert near(1000**2 * (1 - steps[1000]), 43.13, 0.01)
    decay = pid.correlation_decay("relu", weight_variance=2, bias_variance=0)
    assert decay.coefficient == 9 * sp.pi**2 / 2
    assert decay.local_coefficient == 2 * sp.sqrt(2) / (3 * sp.pi)
    assert (decay.kind, decay.exponent, decay.local_exponent) == ("power law", 2, R(3, 2))


@pytest.mark.case("PID-09")
def test_erf_is_exact_at_one_half():
    assert pid.variance_map("erf", R(1, 2)) == R(1, 3)
    assert sp.simplify(pid.derivative_map("erf", 1) - 4 / (sp.pi * sp.sqrt(5))) == 0
    assert near(pid.two_point_map("erf", 1.0, 0.5), 0.2163468959, 1e-10)
    edge = pid.edge_of_chaos("erf", q=R(1, 2))[0]
    assert sp.simplify(edge.weight_variance - sp.pi * sp.sqrt(3) / 4) == 0
    assert sp.simplify(edge.bias_variance - R(1, 2) + sp.pi * sp.sqrt(3) / 12) == 0


#: The sheet has q = .463866 for hard-tanh at .05; q - V/D = .05 has its root at .46386397, by the closed forms too.
EDGES = [
    ("erf", "0.01", 0.253210, 1.114280), ("erf", "0.05", 0.517177, 1.375839),
    ("erf", "0.25", 1.183272, 1.880547), ("erf-scaled", "0.05", 0.752044, 2.485677),
    ("hard-tanh", "0.05", 0.463864, 1.165545), ("hard-tanh", "0.25", 1.013380, 1.471728),
    ("gelu", "0.04", 0.575637, 2.393238),
]  # fmt: skip


@pytest.mark.case("PID-10", "PID-11", "PID-12")
@pytest.mark.parametrize(("phi", "bias", "variance", "weight"), EDGES)
def test_the_edge_of_other_activations(phi, bias, variance, weight):
    found = pid.edge_of_chaos(phi, bias_variance=R(bias))
    assert len(found) == 1
    assert near(found[0].q, variance, 2e-6)
    assert near(found[0].weight_variance, weight, 2e-6)


@pytest.mark.case("PID-11")
def test_hard_tanh_has_the_closed_forms_of_the_table():
    inside = sp.erf(1 / sp.sqrt(2 * q))
    V = q * inside - sp.sqrt(2 * q / sp.pi) * sp.exp(-1 / (2 * q)) + 1 - inside
    assert sp.simplify(pid.variance_map("hard-tanh", q) - V) == 0
    assert sp.simplify(pid.derivative_map("hard-tanh", q) - inside) == 0
    assert near(pid.variance_map("hard-tanh", 1.0), 0.5160585510, 1e-10)
    assert near(pid.derivative_map("hard-tanh", 1.0), 0.6826894921, 1e-10)


GELU = {0.1: (0.0290904621, 0.3030119472), 1.0: (0.4252214826, 0.4558508656), 3.0: (1.4256169296, 0.5009863207),
        10.0: (4.9475745755, 0.5112957699)}  # fmt: skip


@pytest.mark.case("PID-12")
def test_gelu_has_the_closed_forms_of_the_table():
    V = q / 4 + q / (2 * sp.pi) * sp.asin(q / (1 + q)) + q**2 / (sp.pi * (1 + q) * sp.sqrt(1 + 2 * q))
    assert sp.simplify(pid.variance_map("gelu", q) - V) == 0
    for at, (mean, slope) in GELU.items():
        assert near(pid.variance_map("gelu", at), mean, 1e-10)
        assert near(pid.derivative_map("gelu", at), slope, 1e-10)
    edge = pid.edge_of_chaos("gelu", q=1)[0]
    assert near(sp.N(edge.weight_variance), 2.193700, 1e-6)
    assert near(sp.N(edge.bias_variance), 0.067192, 1e-6)


@pytest.mark.case("PID-12")
def test_gelu_below_its_edge_has_two_fixed_points_of_which_the_larger_repels():
    """Beyond the spec: the variance map of GELU is convex enough to meet the diagonal twice."""
    found = pid.variance_fixed_points("gelu", weight_variance=2.19, bias_variance=0.06)
    assert [one.stability for one in found] == ["attracting", "repelling"]
    assert [one.phase for one in found] == ["ordered", "chaotic"]
    assert found.completeness is Verdict.PROVED
    for one in found:
        at = float(one.q)
        assert near(0.06 + 2.19 * pid.variance_map("gelu", at), at, 1e-12)


@pytest.mark.case("PID-14")
def test_the_derivative_by_the_correlation_is_that_of_price():
    step = 1e-5
    up, down = (pid.two_point_map("tanh", [1.0], [0.3 + s])[0] for s in (step, -step))
    assert near(pid.two_point_map("tanh", 1, R(3, 10), derivative=1), 0.3729919123, 1e-10)
    assert near((up - down) / (2 * step), 0.3729919123, 1e-9)


@pytest.mark.parametrize("name", ["erf", "relu", "sin", "gelu", "leaky-relu"])
def test_price_in_closed_form(name):
    left = sp.diff(pid.two_point_map(name, q, c), c)
    right = q * pid.two_point_map(name, q, c, derivative=1)
    for at in (R(1, 3), R(-2, 5)):
        assert abs(sp.N((left - right).subs({q: R(3, 2), c: at}), 30)) < 1e-25


@pytest.mark.case("PID-17")
def test_the_recursion_of_the_experiments():
    found = pid.variance_recursion("tanh", 6, weight_variance=1.76, bias_variance=0.05, start=1.81)
    assert np.allclose(found, [1.81, 0.933881, 0.722119, 0.641303, 0.604989, 0.587447, 0.578673], atol=1e-6)
    kernel = pid.nngp_kernel("tanh", np.ones((1, 9)), 7, weight_variance=1.76, bias_variance=0.05)
    assert near(kernel[0, 0], found[-1], 1e-12)


@pytest.mark.parametrize("phi", ["tanh", "silu", "softplus", "x/(1 + exp(-3*x))", "max(x, x/5)", "hard-tanh", "elu"])
@pytest.mark.parametrize("at", [0.01, 1.0, 16.0, 100.0])
def test_floats_enclosures_and_adaptive_quadrature_are_three_routes_to_one_value(phi, at):
    value = pid.variance_map(phi, sp.Rational(str(at)))
    floats = pid.variance_map(phi, [at])[0]
    assert near(sp.N(value) if isinstance(value, sp.Expr) else value, floats, 1e-12 * max(1, at))
    function = pid.read_activation(phi).in_floats()

    def density(z):
        return float(function(np.array([np.sqrt(at) * z]))[0]) ** 2 * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)

    kinks = [place / np.sqrt(at) for place in (-1, 0, 1)]
    edges = [-12, *sorted(kinks), 12]
    assert near(sum(quad(density, a, b, epsabs=1e-12, limit=200)[0] for a, b in zip(edges, edges[1:])), floats, 1e-9)


@pytest.mark.parametrize("name", ["erf", "erf-scaled", "gelu", "hard-tanh", "sin", "elu"])
def test_closed_forms_lie_in_the_enclosures_of_their_integrals(name):
    for order in (0, 1):
        from symdyn.numerics.gaussian.balls import ball_mean
        from symdyn.numerics.integrals import ball
        from symdyn.systems.pseudo_iid_network.activation import Q, X

        phi = pid.read_activation(name)
        for at in (R(1, 50), R(3, 2), R(40)):
            inside = ball_mean(phi.squares(order), X, ball(at), digits=15)
            assert inside.overlaps(ball(phi.closed(order).subs(Q, at)))
            assert float(inside.rad()) < 1e-13 * max(1, float(at))


def test_the_pair_of_hard_tanh_is_that_of_a_double_integral():
    """No closed form; kinks in both variables."""
    z = np.linspace(-9, 9, 3001)
    weight = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    u = np.clip(z, -1, 1)
    v = np.array([np.clip(0.6 * one + 0.8 * z, -1, 1) @ weight for one in z])
    assert near(pid.two_point_map("hard-tanh", 1, R(3, 5)), float((u * v) @ weight), 1e-6)
    assert near(pid.two_point_map("hard-tanh", [1.0], [0.6])[0], float((u * v) @ weight), 1e-6)


@pytest.mark.parametrize("phi", ["tanh", "silu"])
@pytest.mark.parametrize("at", [-1, R(-9, 10), 0, R(1, 2), R(999, 1000), 1])
def test_a_pair_is_enclosed_at_every_correlation_around_its_value_in_floats(phi, at):
    found = pid.two_point_map(phi, 2, at)
    assert near(found, pid.two_point_map(phi, [2.0], [float(at)])[0], 1e-11)
    assert found.width < R(1, 10**12)


def test_families_and_emptiness_are_answers():
    assert pid.variance_fixed_points("relu", weight_variance=2, bias_variance=0).families == ("every q > 0",)
    assert pid.variance_fixed_points("linear", weight_variance=1, bias_variance=0).families == ("every q > 0",)
    for w in (2, 3):
        none = pid.variance_fixed_points("relu", weight_variance=w, bias_variance=1)
        assert len(none) == 0
        assert "diverges" in none.reason
    (only,) = pid.variance_fixed_points("relu", weight_variance=1, bias_variance=1)
    assert only.q.contains(2)
    empty = pid.edge_of_chaos("relu", bias_variance=R(1, 10))
    assert (len(empty), empty.completeness) == (0, Verdict.PROVED)
    kept = pid.edge_of_chaos("relu", bias_variance=0)
    assert (kept[0].weight_variance, kept[0].bias_variance) == (2, 0)
    assert pid.edge_of_chaos("linear", bias_variance=0)[0].weight_variance == 1


def test_without_weights_the_variance_is_that_of_the_bias():
    (only,) = pid.variance_fixed_points("tanh", weight_variance=0, bias_variance=0.3)
    assert only.q.contains(R(3, 10))


@pytest.mark.parametrize(("weight", "count"), [(R(1, 2), 0), (2, 1)])
def test_without_bias_tanh_has_a_fixed_point_above_zero_only_for_large_weights(weight, count):
    found = pid.variance_fixed_points("tanh", weight_variance=weight, bias_variance=0)
    assert (len(found), found.completeness) == (count, Verdict.PROVED)


def test_an_odd_activation_without_bias_has_mirrored_correlations():
    found = pid.correlation_fixed_points("tanh", weight_variance=R(5, 2), bias_variance=0)
    assert [float(one.value) for one in found] == [-1, 0, 1]
    assert [one.stability for one in found] == ["repelling", "attracting", "repelling"]


def test_a_silent_double_zero_is_not_called_absent():
    found = pid.edge_of_chaos("tanh", bias_variance=0)
    assert found.completeness is Verdict.UNDECIDED


def test_a_family_scaled_in_its_argument_has_the_edge_of_its_first_member_scaled():
    """phi_a(x) = phi(a x)/a: q and sigma_b^2 are divided by a^2, so no a makes a second edge."""
    a = 3
    edge, scaled = pid.edge_of_chaos("gelu", q=9)[0], pid.edge_of_chaos("x*(1 + erf(3*x/sqrt(2)))/2", q=1)[0]
    assert abs(sp.N(edge.weight_variance - scaled.weight_variance, 30)) < 1e-25
    assert abs(sp.N(edge.bias_variance - a**2 * scaled.bias_variance, 30)) < 1e-25


def test_the_edge_of_tanh_and_of_sin_does_not_turn():
    for phi in ("tanh", "sin"):
        found = pid.edge_turns(phi, (R(1, 10), 5))
        assert (len(found), found.completeness) == (0, Verdict.PROVED)


def test_the_edge_of_gelu_does_not_turn_around_variance_one():
    """So x Phi(a x) has one edge point at a bias variance there, for every a."""
    found = pid.edge_turns("gelu", (R(1, 2), 1))
    assert (len(found), found.completeness) == (0, Verdict.PROVED)


def test_the_phase_diagram_agrees_with_certified_fixed_points():
    found = pid.phase_diagram("tanh", [1.0, 2.5, 4.0], [0.05])
    assert np.allclose(found.q[:, 0], [0.19359252, 1.06395838, 2.19549393], atol=1e-8)
    assert np.allclose(found.chi[:, 0], [0.75903165, 1.13351570, 1.34240241], atol=1e-8)
    assert np.allclose(found.correlation[:2, 0], [1, 0.446804], atol=1e-6)
    assert np.isinf(pid.phase_diagram("relu", [3.0], [0.1]).q[0, 0])


def test_the_decay_of_tanh_at_its_edge_is_that_of_the_recursion():
    edge = pid.edge_of_chaos("tanh", bias_variance=R(1, 20))[0]
    w, at = float(edge.weight_variance), float(edge.q)
    decay = pid.correlation_decay("tanh", weight_variance=w, bias_variance=0.05, q=at)
    assert (decay.kind, decay.exponent, decay.local_exponent) == ("power law", 1, 2)
    assert decay.verdict is Verdict.OBSERVED
    steps = pid.correlation_recursion("tanh", 2000, weight_variance=w, bias_variance=0.05, start=0.0, q=at)
    assert near(2000 * (1 - steps[-1]), float(decay.coefficient), 0.05 * float(decay.coefficient))


def test_a_kink_gives_the_power_three_halves():
    edge = pid.edge_of_chaos("hard-tanh", bias_variance=R(1, 20))[0]
    w, at = float(edge.weight_variance), float(edge.q)
    decay = pid.correlation_decay("hard-tanh", weight_variance=w, bias_variance=0.05, q=at)
    assert decay.local_exponent == R(3, 2)
    e = 1e-6
    lost = 1 - pid.correlation_map("hard-tanh", [1 - e], weight_variance=w, bias_variance=0.05, q=at)[0]
    assert near((e - lost) / e**1.5, float(sp.N(decay.local_coefficient)), 0.01)


@pytest.mark.parametrize("phi", ["tanh", "erf", "relu", "gelu", "hard-tanh"])
def test_the_kernel_of_unequal_inputs_is_that_of_draws(phi):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(3, 5)) * np.array([[0.5], [1.0], [2.0]])
    K = pid.nngp_kernel(phi, X, 2, weight_variance=1.5, bias_variance=0.1)
    first = pid.nngp_kernel(phi, X, 1, weight_variance=1.5, bias_variance=0.1)
    h = rng.multivariate_normal(np.zeros(3), first, size=400_000)
    values = pid.read_activation(phi).in_floats()(h)
    assert np.allclose(K, 0.1 + 1.5 * values.T @ values / len(h), atol=0.03)
    assert np.allclose(K, K.T)


@pytest.mark.parametrize(
    ("phi", "message"),
    [
        ("exp(x)", "no linear envelope"),
        ("x**2", "no linear envelope"),
        ("x*y", "the symbols x, y: give a formula in x alone"),
        ("sqrt(x)", "no finite real value"),
        ("1/x", "no finite real value"),
        ("sign(x)", "jumps by 2 at x = 0"),
        ("tahn", "did you mean tanh"),
        (3, "give a name, a formula text, or a SymPy expression"),
        (sp.I * sp.Symbol("x"), "no real function"),
    ],
)
def test_what_is_no_activation_is_refused(phi, message):
    with pytest.raises(ModelError, match=message) as refused:
        pid.variance_map(phi, 1)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pid.variance_map("tanh", -1), "the variance q is -1: give a positive number"),
        (lambda: pid.variance_map("tanh", 0), "give a positive number"),
        (lambda: pid.variance_map("tanh", float("nan")), "give a finite number"),
        (lambda: pid.variance_map("tanh", 1j), "give a number"),
        (lambda: pid.variance_map("tanh", [1.0, -2.0]), "give positive numbers"),
        (lambda: pid.variance_map("tanh", q), "no closed form is known"),
        (lambda: pid.two_point_map("tanh", 1, 2), "from -1 to 1"),
        (lambda: pid.two_point_map("tanh", 1, 0, derivative=2), "from 0 to 1"),
        (lambda: pid.variance_fixed_points("tanh", weight_variance=-1, bias_variance=0), "it is a variance"),
        (lambda: pid.edge_of_chaos("tanh"), "give one of bias_variance, q and points"),
        (lambda: pid.edge_of_chaos("tanh", q=1, bias_variance=1), "give one of"),
        (lambda: pid.build(weight_variance=0), "every layer would be its bias alone"),
        (lambda: pid.build(ensemble="haarr"), "did you mean haar"),
        (lambda: pid.build(ensemble="block-sparse", width=12, block=5), "such as 4 or 6"),
        (lambda: pid.build(ensemble="low-rank", width=4, rank=5), "the rank is 5"),
    ],
)
def test_misuse_is_refused_in_one_sentence(call, message):
    with pytest.raises((ModelError, ShapeError, FormulaError), match=message) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_infinitely_many_kinks_leave_floats_only():
    """|sin x|: sin^2 is closed, but phi' is not enclosed, and pairs are floats."""
    assert pid.variance_map("abs(sin(x))", 1) == R(1, 2) - sp.exp(-2) / 2
    value = pid.two_point_map("abs(sin(x))", [1.0], [0.0])[0]
    assert near(value, (2 / np.pi) ** 2 * _mean_of_abs_sine(), 1e-4)
    with pytest.raises(ModelError, match="has kinks is not found exactly"):
        pid.variance_fixed_points("abs(sin(x)) + tanh(x)/2", weight_variance=1, bias_variance=1)


def _mean_of_abs_sine():
    z = np.linspace(-10, 10, 400_001)
    mean = np.sum(np.abs(np.sin(z)) * np.exp(-(z**2) / 2)) * (z[1] - z[0]) / np.sqrt(2 * np.pi)
    return mean**2 * (np.pi / 2) ** 2


def test_a_formula_that_users_type_is_the_named_one():
    names = {"silu": "x/(1 + exp(-x))", "relu": "max(0, x)", "erf-scaled": "erf(x/sqrt(2))", "tanh": "tanh(z)"}
    for name, text in names.items():
        assert np.allclose(pid.variance_map(name, [0.5, 2.0]), pid.variance_map(text, [0.5, 2.0]), rtol=1e-12)
    assert near(erf(1), float(pid.read_activation("erf").in_floats()(np.array([1.0]))[0]), 1e-15)
