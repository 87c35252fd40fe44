"""Measures in context: acceptance cases, symmetries in symbols, limits by closed forms and by fixed draws."""

from __future__ import annotations

import json

import numpy as np
import pytest
import sympy as sp

from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.estimate import power_law_fit
from symdyn.systems import in_context_universality as uic

R = sp.Rational
HEADS = [
    ([[1, 0]], [[1, 1]], [[1, 0]], [[1], [0]]),
    ([[0, 1]], [[1, -1]], [[0.5, 1]], [[0], [1]]),
]
EXACT = [
    ([[1, 0]], [[1, 1]], [[1, 0]], [[1], [0]]),
    ([[0, 1]], [[1, -1]], [[R(1, 2), 1]], [[0], [1]]),
]
TOKENS = [[0, 0], [1, 0], [0, 1]]
THREE = uic.measure([-1, sp.S.Zero, 1], [R(1, 5), R(1, 2), R(3, 10)])
UNIT = np.eye(2)
CAUSAL = [[1, 0], [0, 1], [-1, 1], [1, 1]]
TIMES = [R(k, 4) for k in range(1, 5)]
#: Scores <x, y>: a head divides by sqrt(k) = sqrt(2).
PLAIN = [(np.sqrt(2) * UNIT, UNIT, UNIT, UNIT)]


# Attention of queries on a measure.


@pytest.mark.case("UIC-01")
def test_two_heads_at_a_query():
    assert np.allclose(uic.attention_map(TOKENS, [[1, 1]], HEADS), [[1.4223188, 1.42265105]], atol=1e-8)


@pytest.mark.case("UIC-02")
def test_two_heads_at_the_tokens_and_in_formulas():
    expected = [[1 / 3, 0.5], [1.4223188, 0.5], [1 / 3, 1.42265105]]
    assert np.allclose(uic.attention_map(TOKENS, TOKENS, HEADS), expected, atol=1e-8)
    exact = uic.attention_map(sp.Matrix(TOKENS), sp.Matrix(TOKENS), EXACT)
    assert exact[0, 0] == R(1, 3)
    assert sp.simplify(exact[1, 0] - (1 + sp.E / (2 * sp.E + 1))) == 0
    assert np.allclose(np.array(exact, dtype=float), expected, atol=1e-8)


@pytest.mark.case("UIC-03")
def test_permuting_tokens_permutes_their_values():
    order = [2, 0, 1]
    moved = [TOKENS[i] for i in order]
    plain = uic.attention_map(TOKENS, TOKENS, HEADS)
    assert np.allclose(uic.attention_map(moved, moved, HEADS), plain[order], atol=1e-15)
    y, q = sp.Matrix(sp.symbols("y1:4")), [tuple(sp.Matrix([[sp.Symbol(name)]]) for name in "qkvw")]
    one = uic.attention_map(y, y, q)
    other = uic.attention_map(sp.Matrix([y[i] for i in order]), sp.Matrix([y[i] for i in order]), q)
    assert all(sp.simplify(other[k] - one[i]) == 0 for k, i in enumerate(order))


@pytest.mark.case("UIC-04")
@pytest.mark.parametrize("copies", [1, 4])
def test_repeating_every_token_changes_nothing(copies):
    mu = uic.measure(np.array(TOKENS, dtype=float))
    repeated = np.repeat(TOKENS, copies, axis=0)
    expected = uic.attention_map(mu, TOKENS, HEADS)
    assert np.allclose(uic.attention_map(repeated, TOKENS, HEADS), expected, atol=1e-15)
    assert np.allclose(uic.attention_map(mu.split(copies), TOKENS, HEADS), expected, atol=1e-15)
    exact = uic.measure(sp.Matrix(TOKENS))
    assert uic.attention_map(exact.split(copies), sp.Matrix([[1, 1]]), EXACT).equals(
        uic.attention_map(exact, sp.Matrix([[1, 1]]), EXACT)
    )


@pytest.mark.case("UIC-05")
def test_two_layers_and_the_measure_between_them():
    found = uic.compose(TOKENS, [[1, 1]], [HEADS, HEADS])
    assert np.allclose(found, [[2.29965332, 2.55973963]], atol=1e-8)
    between = uic.push_through(TOKENS, [HEADS])
    middle = uic.attention_map(TOKENS, [[1, 1]], HEADS)
    assert np.allclose(uic.attention_map(between, middle, HEADS), found)


def test_functions_without_context_compose_with_attention():
    F = np.tanh
    found = uic.compose(TOKENS, [[1, 1]], [F, HEADS, F])
    assert np.allclose(found, F(uic.attention_map(F(np.array(TOKENS)), F(np.ones((1, 2))), HEADS)))


def test_weights_enter_the_softmax_as_a_measure():
    double = uic.measure([[0.0], [1.0]], [1 / 3, 2 / 3])
    one = [(np.eye(1),) * 4]
    assert np.allclose(uic.attention_map(double, [[0.7]], one), uic.attention_map([[0.0], [1.0], [1.0]], [[0.7]], one))


def test_large_contexts_go_in_blocks():
    rng = np.random.default_rng(0)
    atoms, x = rng.normal(size=(5000, 2)), rng.normal(size=(1000, 2))
    whole = uic.attention_map(atoms, x, HEADS)
    parts = np.vstack([uic.attention_map(atoms, x[k : k + 100], HEADS) for k in range(0, 1000, 100)])
    assert np.allclose(whole, parts, atol=1e-13)


# Causal maps.


@pytest.mark.case("UIC-14")
def test_causal_attention_sees_earlier_tokens():
    expected = [[2, 0], [0.26894142, 1.73105858], [-1.67026549, 1.96488097], [1.65872909, 1.80338807]]
    found = uic.causal_map(CAUSAL, TIMES, PLAIN)
    assert np.allclose(found, expected, atol=1e-8)


@pytest.mark.case("UIC-15")
def test_causal_attention_is_equivariant_with_its_times_and_does_not_look_ahead():
    found = uic.causal_map(CAUSAL, TIMES, PLAIN)
    order = [2, 0, 3, 1]
    moved = uic.causal_map([CAUSAL[i] for i in order], [TIMES[i] for i in order], PLAIN)
    assert np.allclose(moved, found[order], atol=1e-15)
    other = uic.causal_map([*CAUSAL[:3], [7.0, -3.0]], TIMES, PLAIN)
    assert np.allclose(other[:3], found[:3], atol=1e-15)
    assert not np.allclose(other[3], found[3])


def test_equal_times_see_each_other():
    found = uic.causal_map(CAUSAL, [0.5] * 4, PLAIN)
    assert np.allclose(found, uic.attention_map(CAUSAL, CAUSAL, PLAIN))


@pytest.mark.case("UIC-16")
def test_the_context_constant_is_the_steepest_step_and_below_diameter_over_gap():
    """The norm over the gap, sqrt(2)/(1/4) = 5.66, is no bound: the radius of such bounds is a diameter."""
    found = uic.context_lipschitz(sp.Matrix(CAUSAL), TIMES)
    assert (found.constant, found.bound, found.pair) == (8, 4 * sp.sqrt(5), (2, 3))
    floats = uic.context_lipschitz(np.array(CAUSAL, dtype=float), [float(t) for t in TIMES])
    assert floats.constant == pytest.approx(8)
    assert floats.bound == pytest.approx(8.94427191)
    apart, gap = np.linalg.norm(np.array(CAUSAL)[:, None] - np.array(CAUSAL), axis=2), np.subtract.outer(TIMES, TIMES)
    ratios = apart / (np.abs(gap.astype(float)) + np.eye(4))
    assert ratios.max() == pytest.approx(8)


@pytest.mark.case("UIC-19")
@pytest.mark.parametrize(("n", "norm"), [(1, 1), (10, 1.41008224), (100, 1.62999015), (1000, 1.74810288)])
def test_norms_of_running_means(n, norm):
    assert uic.cesaro_norm(n) == pytest.approx(norm, abs=1e-8)
    if n <= 100:
        means = np.tril(np.ones((n, n))) / np.arange(1, n + 1)[:, None]
        assert uic.cesaro_norm(n) == pytest.approx(np.linalg.norm(means, 2), abs=1e-9)


# Tilted means.


@pytest.mark.case("UIC-06")
def test_tilted_means_of_three_atoms():
    s = sp.Symbol("s")
    assert uic.tilted_mean(THREE, sp.S.Zero) == R(1, 10)
    assert np.allclose(uic.tilted_mean(THREE, [0, 1, -2]), [0.1, 0.534108265, -0.712050252], atol=1e-9)
    formula = uic.tilted_mean(THREE, s)
    assert float(formula.subs(s, -2)) == pytest.approx(-0.712050252, abs=1e-9)
    assert sp.simplify(sp.diff(uic.log_laplace(THREE, s), s) - formula) == 0


@pytest.mark.case("UIC-07")
@pytest.mark.parametrize("tilt", [2, -2, R(1, 3)])
def test_the_integral_of_tilted_means_is_the_logarithm_of_the_laplace_transform(tilt):
    found = uic.injectivity_integral(THREE, tilt)
    exact = uic.log_laplace(THREE, sp.S(tilt))
    assert found.contains(exact)
    assert found.log_laplace.contains(exact)
    assert found.width < 1e-14
    if tilt == 2:
        assert float(found) == pytest.approx(1.009337948, abs=1e-9)


def test_a_head_computes_a_tilted_mean():
    rng = np.random.default_rng(1)
    atoms, c, x = rng.normal(size=(5, 2)), np.array([0.3, -0.7]), rng.normal(size=(4, 2))
    head = ([[1, 2]], [c], [c], [[1], [0]], [0.5])
    found = uic.attention_map(atoms, x, [head], residual=False)
    assert np.allclose(found[:, 0], uic.tilted_mean(atoms, x @ [1, 2] + 0.5, direction=c))


@pytest.mark.parametrize("tilt", [1e3, 1e300, -1e308])
def test_a_tilt_that_would_overflow_gives_the_extreme_atom(tilt):
    mu = uic.measure([-1.0, 0.5, 2.0], [0.3, 0.3, 0.4])
    assert uic.tilted_mean(mu, tilt) == (2.0 if tilt > 0 else -1.0)
    assert uic.log_laplace(mu, 1e3) == pytest.approx(2e3 + np.log(0.4))


@pytest.mark.case("UIC-08")
def test_two_heads_give_the_variance_up_to_the_fourth_cumulant():
    s = sp.Symbol("s")
    found = sp.series(uic.head_covariance(THREE, s), s, 0, 4).removeO()
    variance, fourth = uic.cumulant(THREE, 2), uic.cumulant(THREE, 4)
    assert sp.simplify(found - variance - s**2 * fourth / 6) == 0
    derivatives = [sp.diff(uic.log_laplace(THREE, s), s, k).subs(s, 0) for k in range(1, 5)]
    assert [sp.simplify(d) for d in derivatives] == [uic.cumulant(THREE, k) for k in range(1, 5)]
    floats = uic.measure([-1.0, 0.0, 1.0], [0.2, 0.5, 0.3])
    assert uic.cumulant(floats, 4) == pytest.approx(float(fourth))


@pytest.mark.case("UIC-17")
def test_regression_in_context_by_ridge_and_by_heads():
    found = uic.in_context_regression([sp.S(1), 2, 3], [2, 3, 7], ridge=R(1, 2))
    assert found.coefficient == R(58, 31)
    assert found.exact == pytest.approx(1.870967742, abs=1e-9)
    covariances = uic.head_covariance([1.0, 2.0, 3.0], [0.1, 0.01], values=[2.0, 3.0, 7.0])
    assert np.allclose(covariances, [1.663894893, 1.666638889], atol=1e-9)
    exact = uic.head_covariance(uic.measure([sp.S(1), 2, 3]), sp.Symbol("s"), values=[2, 3, 7])
    assert sp.limit(exact, sp.Symbol("s"), 0) == R(5, 3)


def test_regression_of_several_features_is_least_squares():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(60, 3)) - 0.2
    y = x @ [1, -2, 0.5] + 0.1 * rng.normal(size=60)
    found = uic.in_context_regression(x, y, scale=1e-3)
    assert np.allclose(found.exact, np.linalg.lstsq(x, y, rcond=None)[0])
    assert found.error < 1e-5


# Limits.


@pytest.mark.case("UIC-09")
def test_the_uniform_law_has_the_langevin_function():
    assert np.allclose(uic.langevin([1.0, 2.0]), [0.313035285, 0.537314721], atol=1e-9)
    s = np.array([-1e-9, 1e-6, 0.5, 0.999999, 1.000001, 30.0])
    exact = [float((sp.coth(one) - 1 / one).evalf(30)) for one in (sp.Rational(str(v)) for v in s)]
    assert np.allclose(uic.langevin(s), exact, rtol=1e-13)
    assert uic.langevin(0.0) == 0
    t = sp.Symbol("t", positive=True)
    y = sp.Symbol("y")
    quotient = sp.integrate(y * sp.exp(t * y), (y, -1, 1)) / sp.integrate(sp.exp(t * y), (y, -1, 1))
    assert sp.simplify((quotient - uic.langevin(t)).rewrite(sp.exp)) == 0


@pytest.mark.case("UIC-10")
def test_midpoints_miss_the_uniform_law_by_the_square_of_their_distance():
    sizes = [10, 100, 1000]
    errors = [uic.tilted_mean((2 * np.arange(n) + 1) / n - 1, 2.0) - uic.langevin(2.0) for n in sizes]
    assert np.allclose(errors, [-6.64895634e-3, -6.66648890e-5, -6.66666e-7], rtol=1e-5)
    assert float(power_law_fit(sizes, np.abs(errors))) == pytest.approx(-2, abs=1e-3)


@pytest.mark.case("UIC-11")
def test_random_tokens_miss_it_by_the_derived_deviation():
    exact = uic.sampling_deviation("uniform", 2)
    assert float(exact) == pytest.approx(0.47044, abs=5e-6)
    assert uic.sampling_deviation("uniform", 2.0) == pytest.approx(float(exact), rel=1e-12)
    y = sp.Symbol("y")
    assert uic.sampling_deviation(R(1, 2) + 0 * y, 2).contains(exact)
    sampled = uic.sampled_deviation("uniform", 2.0, tokens=1000, draws=2000, seed=3)
    assert float(sampled) == pytest.approx(float(exact), rel=0.05)


@pytest.mark.parametrize("tilt", [0.0, 1e-12, -1e-7, 1e-5, 1e-3])
def test_the_deviation_near_no_tilt_is_that_of_the_mean(tilt):
    assert uic.sampling_deviation("uniform", tilt) == pytest.approx(1 / np.sqrt(3), rel=1e-5 + tilt**2)


def test_the_deviation_at_a_large_tilt_is_finite():
    """With t = s (1 - y) both means are integrals of e^{-t}: the deviation tends to 1/sqrt(2 s)."""
    assert uic.sampling_deviation("uniform", 1000.0) == pytest.approx(1 / np.sqrt(2000), rel=1e-9)


@pytest.mark.parametrize("law", [THREE, (1 + sp.Symbol("y")) / 2], ids=["atoms", "density"])
def test_deviations_of_other_laws_are_those_of_draws(law):
    exact = float(uic.sampling_deviation(law, 1))
    sampled = uic.sampled_deviation(law, 1.0, tokens=1000, draws=2000, seed=4)
    assert sampled.meets(exact, 0.02)


def test_heads_come_from_a_file(tmp_path):
    path = tmp_path / "heads.json"
    path.write_text(json.dumps([dict(zip("QKVW", head, strict=True)) for head in HEADS]), encoding="utf-8")
    model = uic.build(dimension=2, atoms=TOKENS, weights=None, heads=str(path)).model
    found = uic.attention_map(model.mu, [[1.0, 1.0]], list(model.heads))
    assert np.allclose(found, [[1.4223188, 1.42265105]], atol=1e-8)
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(ModelError, match=r"the file heads\.json holds no heads"):
        uic.build(heads=str(path))


def test_another_model_has_a_clean_study():
    system = uic.build(dimension=2, atoms=TOKENS, weights=("1/2", "1/4", "1/4"), grid="1/4", causal="true")
    assert [claim.id for claim in system.claims if claim.measured().holds is not True] == []
    assert "context Lipschitz" in [claim.id for claim in system.claims]


@pytest.mark.parametrize(
    ("call", "error", "fault"),
    [
        (lambda: uic.measure([0.0, 1.0], [0.5, 0.4]), ModelError, r"the weights sum to 0.9"),
        (lambda: uic.measure([0.0, 1.0], [1.5, -0.5]), ModelError, "a weight is"),
        (lambda: uic.measure([0.0, 1.0], [0.0, 0.0]), ModelError, "the weights sum to 0"),
        (lambda: uic.measure([]), ModelError, "has no atom"),
        (lambda: uic.attention_map(TOKENS, [[1, 1]], [(UNIT, [[1]], UNIT, UNIT)]), ShapeError, r"K \(1, 1\)"),
        (lambda: uic.attention_map(TOKENS, [[1, 1, 1]], HEADS), ShapeError, "queries of dimension 3"),
        (lambda: uic.attention_map(TOKENS, [[1, 1]], []), ModelError, r"give a list of heads \(Q, K, V, W\)"),
        (lambda: uic.attention_map(sp.Matrix(TOKENS), sp.Matrix([[1, 1]]), HEADS), ModelError, "holds 0.5"),
        (lambda: uic.tilted_mean([0.0, 1.0], np.inf), ModelError, r"the largest <c, y> = 1 and the smallest 0"),
        (lambda: uic.tilted_mean(TOKENS, 1.0), ShapeError, "no direction came for atoms of dimension 2"),
        (lambda: uic.tilted_mean([0.0, 1.0], sp.Symbol("s")), ModelError, "needs exact atoms"),
        (lambda: uic.tilted_mean([0.0, 1.0], 1.0, values=[1.0]), ShapeError, "for 2 atoms"),
        (lambda: uic.causal_map(CAUSAL, [0, 1, 2, 3], PLAIN), ModelError, "a time is 2: give times from 0 to 1"),
        (lambda: uic.context_lipschitz([[0.0], [1.0]], [0.5, 0.5]), ModelError, "so that C is infinite"),
        (lambda: uic.head_covariance([0.0, 1.0], 0.0), ModelError, "the scale is 0"),
        (lambda: uic.in_context_regression([0.0, 0.0], [1.0, 2.0]), ModelError, "is singular"),
        (lambda: uic.sampling_deviation("unifrom", 2), ModelError, "did you mean uniform"),
        (lambda: uic.cumulant([0.0, 1.0], 0), ModelError, "the order of the cumulant is 0"),
        (lambda: uic.compose(TOKENS, [[1, 1]], ["tanh"]), ModelError, "the heads are 'tanh'"),
        (lambda: uic.modulus(1, 1, -1), ModelError, "the radius is -1"),
        (lambda: uic.build(weights=("1/2", "1/2", "x")), ModelError, "write a fraction, as 1/5"),
        (lambda: uic.build(dimension=2), ModelError, "the atoms have dimension 1"),
        (lambda: uic.build(grid=0), ModelError, "the grid is 0"),
        (lambda: uic.build(heads="nowhere.json"), ModelError, "give its path"),
        (lambda: uic.build(causal="yes"), ModelError, "causal is 'yes'"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(call, error, fault):
    with pytest.raises(error, match=fault) as refused:
        call()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("tilt", "said"), [("q", "the tilt is 'q'"), (1j, "the tilt is complex")])
def test_a_tilt_that_is_no_real_number_is_refused(tilt, said):
    with pytest.raises(ModelError, match=said):
        uic.tilted_mean([0.0, 1.0], tilt)


@pytest.mark.parametrize(("V", "radius"), [(1, 30.0), (0, 30.0), (1, 1e200), (1, 10**400)])
def test_a_modulus_beyond_floats_is_refused_and_exact_in_formulas(V, radius):
    with pytest.raises(ModelError, match="beyond the range of floats|give real numbers"):
        uic.modulus(1, V, radius)
    assert uic.modulus(1, 1, sp.Integer(30)) == 1801 * sp.exp(1800)
