"""Smoothness of attention: the numbers of the acceptance cases, identities, two routes to one constant, refusals."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symdyn.numerics.empirical_measure import measure
from symdyn.numerics.enclosed_norm import enclosed_norm
from symdyn.numerics.enclosed_number import Enclosure
from symdyn.systems import attention_lipschitz as lip

R = sp.Rational
X3 = np.array([[1.0, 0], [0, 1], [-1, 1]])
X4 = np.array([[1, 0.2], [0.1, 1.1], [-1.2, 0.3], [0.4, -0.9]])
A = np.array([[1, 0.5], [-0.5, 0.25]])
V = np.array([[1.0, 1], [0, 2]])
SWAP = [[0, 1], [1, 0]]
CAUSAL = np.tril(np.ones((4, 4), dtype=bool))


def drawn(seed, n=5, d=3, out=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(d, d)), rng.normal(size=(out, d))


@pytest.mark.case("LIP-01")
def test_values_of_attention():
    found = lip.attention(X3, A, V)
    assert np.allclose(found, [[0.93710999, 0.46768559], [0.79016817, 1.11157204], [0.43829837, 1.80478178]], atol=1e-8)
    masked = lip.attention(X3, A, V, mask="causal")
    assert np.allclose(masked, [[1, 0], [1, 0.875647], [0.43829837, 1.80478178]], atol=1e-6)
    exact = lip.attention(sp.Matrix([[1, 0], [0, 1], [-1, 1]]), [[1, R(1, 2)], [-R(1, 2), R(1, 4)]], [[1, 1], [0, 2]])
    assert np.allclose(np.array(exact.evalf().tolist(), dtype=float), found, atol=1e-15)


@pytest.mark.case("LIP-02")
@pytest.mark.parametrize("mask", [None, "causal"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("out", [1, 3])
def test_the_jacobian_is_that_of_central_differences_and_of_its_linear_map(mask, weighted, out):
    X, S, W = drawn(3, out=out)
    weights = np.array([0.1, 0.2, 0.3, 0.15, 0.25]) if weighted else None
    options = {"mask": mask, "weights": weights}
    J = lip.jacobian(X, S, W, **options)
    steps = 1e-5 * np.eye(15).reshape(15, 5, 3)
    ends = [lip.attention(X + sign * steps, S, W, **options).reshape(15, -1) for sign in (1, -1)]
    assert np.allclose(J, (ends[0] - ends[1]).T / 2e-5, atol=1e-8)
    step = lip.jacobian_map(X, S, W, **options)
    assert step.shape == J.shape == (5 * out, 15)
    assert np.allclose(step.matrix(), J, atol=1e-12)
    assert np.allclose(step.transpose(np.arange(5.0 * out)), J.T @ np.arange(5.0 * out))


@pytest.mark.case("LIP-04")
def test_bounds_and_that_the_one_of_three_terms_is_the_tightest():
    found = lip.bounds(X3, np.sqrt(2), A, V)
    assert float(found.recalled) == pytest.approx(34.2871055, abs=1e-6)
    assert float(found.root_form) == pytest.approx(19.8582359, abs=1e-6)
    assert float(found.three_term) == pytest.approx(18.6595082, abs=1e-6)
    assert "derived" in found.three_term.source
    assert "second-hand" in found.recalled.source


@pytest.mark.parametrize("tokens", [1, 2, 10, 1000])
@pytest.mark.parametrize("radius", [0, 0.3, 1, 5])
def test_the_bounds_are_ordered(tokens, radius):
    found = lip.bounds(tokens, radius, A, V)
    assert found.three_term.value <= found.root_form.value * (1 + 1e-12) <= found.recalled.value * (1 + 1e-11)
    assert found.mean_field.value <= found.masked_mean_field.value


def test_a_bound_beyond_floats_has_a_logarithm():
    found = lip.bounds(4, 100, A, V).mean_field
    assert found.value == np.inf
    t = np.linalg.norm(A, 2) * 1e4
    assert found.logarithm == pytest.approx(np.log(np.linalg.norm(V, 2)) + np.log1p(2 * t) + 2 * t)
    assert lip.bounds(4, 1, A, V, p=1).masked_mean_field.value == np.inf


@pytest.mark.case("LIP-05")
def test_at_zero_attention_takes_means():
    zero = np.zeros((5, 2))
    assert lip.local_lipschitz(zero, A, V).value == pytest.approx(2.2882456113)
    assert lip.local_lipschitz(zero, A, V, mask="causal").value == pytest.approx(2.9957085159)
    assert 2.2882456113 * lip.cesaro_norm(5) == pytest.approx(2.9957085159)
    assert [round(lip.cesaro_norm(n), 8) for n in (1, 10, 100, 1000)] == [1, 1.41008224, 1.62999015, 1.74810288]


@pytest.mark.case("LIP-06")
@pytest.mark.parametrize(
    ("n", "radius", "constant"), [(2, 1, 1.12175045), (10, 2, 1.81249386), (50, 2, 1.24437405), (100, 3, 3.49108259)]
)
def test_the_configuration_for_positive_scores(n, radius, constant):
    found = lip.worst_input([[1]], [[1]], tokens=n, radius=radius)
    assert found.constant == pytest.approx(constant, abs=1e-8)
    assert found.kind == "positive"
    assert found.lower_bound <= found.constant
    better = lip.worst_input([[1]], [[1]], tokens=n, radius=radius, method="two-valued")
    assert better.constant > 1.4 * constant


@pytest.mark.case("LIP-07")
@pytest.mark.parametrize(
    ("n", "radius", "constant"), [(2, 1, 1.60154284), (10, 2, 3.06378310), (50, 2, 7.78636912), (100, 3, 9.95012941)]
)
def test_the_configuration_for_negative_scores(n, radius, constant):
    found = lip.worst_input([[-1]], [[1]], tokens=n, radius=radius)
    assert found.constant == pytest.approx(constant, abs=1e-8)
    assert found.kind == "negative"
    assert found.lower_bound <= found.constant
    better = lip.worst_input([[-1]], [[1]], tokens=n, radius=radius, method="two-valued")
    assert better.constant >= constant
    assert np.abs(better.tokens).max() <= radius


def in_ball(rng, number, n, d, radius):
    X = rng.normal(size=(number, n, d))
    return X / np.linalg.norm(X, axis=-1, keepdims=True) * radius * rng.random((number, n, 1)) ** (1 / d)


@pytest.mark.case("LIP-09")
@pytest.mark.parametrize("mask", [None, "causal"])
def test_no_bound_is_violated_at_random_tokens(mask):
    rng = np.random.default_rng(1)
    for n, d, radius in [(1, 1, 1), (2, 3, 2), (5, 2, 0.5), (9, 1, 3), (12, 4, 1)]:
        S, W = rng.normal(size=(d, d)), rng.normal(size=(2, d))
        X = in_ball(rng, 150, n, d, radius)
        constants = np.linalg.norm(lip.jacobian(X, S, W, mask=mask), 2, axis=(-2, -1))
        assert (constants <= lip.bounds(n, radius, S, W, mask=mask).three_term.value).all()
        assert all(c <= lip.input_bound(x, S, W, mask=mask) for c, x in zip(constants, X, strict=True))


@pytest.mark.case("LIP-09")
def test_the_mean_field_bound_holds_for_weighted_tokens():
    rng = np.random.default_rng(2)
    for n, d, radius in [(2, 1, 1), (3, 2, 1), (6, 3, 0.7)]:
        S, W = rng.normal(size=(d, d)), rng.normal(size=(d, d))
        bound = lip.bounds(n, radius, S, W).mean_field.value
        for X in in_ball(rng, 60, n, d, radius):
            weights = rng.dirichlet(np.full(n, 0.4))
            if weights.min() > 1e-9:
                assert lip.local_lipschitz(X, S, W, weights=weights).value <= bound
                assert lip.split_constant(X, S, W, weights=weights).split <= bound


@pytest.mark.case("LIP-10")
@pytest.mark.parametrize(
    ("scores", "mask", "limit"),
    [(np.eye(2), None, 2.28824561), (SWAP, None, 2.28824561), (SWAP, "causal", 3.96335766)],
)
def test_the_limit_of_a_large_radius(scores, mask, limit):
    assert lip.local_lipschitz(16 * X4, scores, V, mask=mask).value == pytest.approx(limit, abs=1e-8)
    assert lip.large_radius_limit(X4, scores, V, mask=mask) == pytest.approx(limit, abs=1e-8)
    exact = [[R(round(10 * x), 10) for x in row] for row in X4.tolist()]
    assert lip.large_radius_limit(exact, scores, [[1, 1], [0, 2]], mask=mask) == pytest.approx(limit, abs=1e-8)


def test_a_tie_of_the_largest_scores_is_named():
    tie = lip.large_radius_limit([[R(1)], [R(1)], [R(1, 2)]], [[1]], [[1]])
    assert tie == lip.Tie(0, (0, 1))
    assert lip.large_radius_limit([[1.0], [-1.0]], [[0.0]], [[1.0]]) == lip.Tie(0, (0, 1))
    near = [[1 + R(1, 10**30)], [R(1)]]
    assert lip.large_radius_limit(near, [[1]], [[1]]) == pytest.approx(np.sqrt(2))


@pytest.mark.case("LIP-11")
@pytest.mark.parametrize(
    ("radius", "second", "first"),
    [(1, 2.90421547, 7.47704613), (R(3, 2), 15.68335254, 146.27938059), (2, 136.60613976, 7452.39497019)],
)
def test_two_diracs_have_a_constant_that_grows_exponentially(radius, second, first):
    for order, value in ((2, second), (1, first)):
        found = lip.two_diracs(-1.0, float(radius), order=order)
        assert found.constant == pytest.approx(value, rel=3e-9)
        assert found.lower_bound <= found.constant <= found.upper_bound
        exact = lip.two_diracs(sp.Integer(-1), sp.S(radius), order=order)
        assert isinstance(exact.constant, Enclosure)
        assert float(exact.constant) == pytest.approx(value, rel=1e-7)
        assert float(exact.lower_bound) == pytest.approx(found.lower_bound)
        assert exact.mass == 1 / (1 + sp.exp(2 * sp.S(radius) ** 2))


@pytest.mark.parametrize("score", [-2.0, -0.5, 0.0, 0.5, 2.0, 8.0])
@pytest.mark.parametrize("radius", [0.3, 1.0, 1.5])
@pytest.mark.parametrize("order", [1, 2])
def test_the_closed_bounds_of_two_diracs_hold_for_either_sign(score, radius, order):
    found = lip.two_diracs(score, radius, value=-3.0, order=order)
    assert found.lower_bound * (1 - 1e-12) <= found.constant <= found.upper_bound * (1 + 1e-12)


def test_two_diracs_of_symbols_are_formulas():
    g, radius = sp.Symbol("g", negative=True), sp.Symbol("R", positive=True)
    for order in (1, 2):
        found = lip.two_diracs(g, radius, order=order)
        at = {g: -1.0, radius: 1.0}
        for name in ("mass", "constant", "lower_bound", "upper_bound"):
            number = float(getattr(found, name).subs(at))
            assert number == pytest.approx(float(getattr(lip.two_diracs(-1.0, 1.0, order=order), name)))


@pytest.mark.case("LIP-12")
def test_splitting_reaches_eight_thirds_with_two_copies_and_no_more_with_three():
    X = np.array([[2.0], [-2.0], [0.0]])
    copies = [lip.local_lipschitz(np.repeat(X, k, axis=0), [[-1]], [[1]]).value for k in (1, 2, 3)]
    assert copies == pytest.approx([2.39803608, 8 / 3, 8 / 3], abs=1e-8)
    found = lip.split_constant(X, [[-1]], [[1]])
    assert (found.unsplit, found.split) == pytest.approx(copies[:2], abs=1e-8)
    assert found.ratio == pytest.approx(1.11202108, abs=1e-8)  # 8/3 over 2.39803608; 1.11202104 in print is misrounded
    assert found.token == 2
    exact = lip.split_constant([[R(2)], [-2], [0]], [[-1]], [[1]])
    assert exact.split.contains(R(8, 3))
    assert exact.unsplit.high < exact.split.low


@pytest.mark.parametrize("seed", range(4))
def test_two_copies_of_weighted_tokens_give_the_split_constant(seed):
    X, S, W = drawn(seed, n=4, d=2, out=2)
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    split = measure(X, weights).split(2)
    direct = lip.local_lipschitz(split.atoms, S, W, weights=split.weights).value
    assert lip.split_constant(X, S, W, weights=weights).split == pytest.approx(direct, rel=1e-9)


@pytest.mark.case("LIP-14")
def test_two_symmetric_tokens():
    J, eigenvalues = lip.two_symmetric_tokens(R(7, 10), R(13, 10))
    assert [float(J[0, k]) for k in (0, 1)] == pytest.approx([1.4709671, -0.09978745], abs=1e-7)
    g, r = sp.symbols("g r", positive=True)
    J, eigenvalues = lip.two_symmetric_tokens(g, r)
    by_formula = lip.jacobian([[r], [-r]], [[g]], [[1]])
    assert all(sp.simplify((one - other).rewrite(sp.exp)) == 0 for one, other in zip(J, by_formula, strict=True))
    assert sp.expand(J[0, 0] + J[0, 1] - eigenvalues[0]) == 0
    assert sp.expand(J[0, 0] - J[0, 1] - eigenvalues[1]) == 0


@pytest.mark.case("LIP-15")
@pytest.mark.parametrize("method", ["dense", "power", "lanczos", "auto"])
def test_every_method_finds_the_constant(method):
    found = lip.local_lipschitz(X4, np.eye(2), V, method=method)
    assert found.value == pytest.approx(3.212416658, abs=1e-8)
    assert found.converged
    assert found.residual <= 1e-8


def test_the_certified_constant_holds_the_one_in_floats():
    found = lip.local_lipschitz(X4, np.eye(2), V, method="certified")
    assert found.low <= Fraction(3212416658308594, 10**15) <= found.high
    assert found.width < Fraction(1, 10**6)
    weights = [0.125, 0.375, 0.25, 0.25]
    one = lip.local_lipschitz(X4, A, V, weights=weights, mask="causal", method="certified")
    assert float(one) == pytest.approx(lip.local_lipschitz(X4, A, V, weights=weights, mask="causal").value, rel=1e-7)
    line = lip.local_lipschitz(X4[:, :1], [[2.0]], [[-1.0]], weights=weights, order=1, method="certified")
    floats = lip.local_lipschitz(X4[:, :1], [[2.0]], [[-1.0]], weights=weights, order=1)
    assert float(line) == pytest.approx(floats.value, rel=1e-7)


@pytest.mark.parametrize("mask", [None, "causal"])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_certified_constant_of_heads_is_that_of_floats_by_either_route(mask, weighted):
    """Rational tokens go through a program, a square root among them through formulas."""
    X, A, V = [[1, 0], [R(1, 2), -1], [0, 2]], [[[1, 0], [R(1, 3), 1]], [[0, 1], [-1, 0]]], [[[1, 2]], [[0, -1]]]
    weights = [R(1, 2), R(1, 3), R(1, 6)] if weighted else None
    found = lip.local_lipschitz(X, A, V, mask=mask, weights=weights, method="certified")
    floats = lip.local_lipschitz(X, A, V, mask=mask, weights=weights)
    assert float(found) == pytest.approx(floats.value, rel=1e-7)
    by_formulas = lip.weighted_jacobian(X, A, V, mask=mask, weights=weights)
    assert found.meets(enclosed_norm(by_formulas))


def test_a_tie_of_leading_singular_values_converges_in_value():
    X, S = np.zeros((3, 2)), np.zeros((2, 2))
    for method in ("power", "lanczos"):
        found = lip.local_lipschitz(X, S, 5 * np.eye(2), method=method)
        assert found.value == pytest.approx(5)
        assert found.converged


def test_heads_are_summed():
    X, S, W = drawn(5, out=2)
    _, T, U = drawn(6, out=2)
    both = ([S, T], [W, U])
    assert np.allclose(lip.attention(X, *both), lip.attention(X, S, W) + lip.attention(X, T, U))
    J = lip.jacobian(X, S, W) + lip.jacobian(X, T, U)
    assert np.allclose(lip.jacobian(X, *both), J)
    assert np.allclose(lip.jacobian_map(X, np.array([S, T]), np.array([W, U])).matrix(), J)
    parts = [lip.bounds(5, 4, one, other).three_term.value for one, other in ((S, W), (T, U))]
    assert lip.bounds(5, 4, *both).three_term.value == pytest.approx(sum(parts))
    assert lip.local_lipschitz(X, *both).value <= lip.input_bound(X, *both)


def test_permuting_tokens_permutes_the_jacobian_and_changes_no_constant():
    X, S, W = drawn(7)
    order = np.array([3, 0, 4, 1, 2])
    J = lip.jacobian(X, S, W).reshape(5, 3, 5, 3)
    turned = lip.jacobian(X[order], S, W).reshape(5, 3, 5, 3)
    assert np.allclose(turned, J[order][:, :, order])
    assert lip.local_lipschitz(-X, S, W).value == pytest.approx(lip.local_lipschitz(X, S, W).value)


def test_weights_are_repetitions():
    """A token of twice the weight is the same token twice, where both move together."""
    X, S, W = drawn(8, n=3)
    twice = np.concatenate([X[:1], X])
    assert np.allclose(lip.attention(twice, S, W)[1:], lip.attention(X, S, W, weights=[0.5, 0.25, 0.25]))


def test_scores_that_overflow_an_exponential_are_shifted():
    found = lip.attention([[1e150], [-1e150]], [[1.0]], [[1.0]])
    assert found[:, 0].tolist() == [1e150, -1e150]
    assert np.isfinite(lip.jacobian([[30.0], [-30.0]], [[1.0]], [[1.0]])).all()
