"""Random attention beyond its spectra: formulas by layer, gradients of key-query attention, certificates, options."""

from __future__ import annotations

import csv
import dataclasses
import io

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.tokens.layer_gradients import jacobian_norm_squared
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.ensembles import entry_law, gaussian, markov
from symdyn.numerics.estimate import power_law_fit
from symdyn.numerics.spectral_laws import product_law
from symdyn.systems import rank_collapse as gap
from symdyn.systems.rank_collapse.claims import claims_of

R = sp.Rational
T, SIGMA, SIGMA_V = sp.symbols("T sigma sigma_V", positive=True)


def test_the_product_identity_is_proved_for_every_length_and_size():
    found = gap.product_identity()
    assert found.verdict is Verdict.PROVED
    assert found.verify().verdict is Verdict.PROVED
    assert "for every n >= 1" in found.claim


@pytest.mark.parametrize("ratio", [1, R(1, 2), R(1, 5), 3])
@pytest.mark.parametrize("depth", [1, 2])
def test_constants_of_every_ratio_are_those_of_the_free_product(depth, ratio):
    found, law = gap.gram_law(depth, ratio=ratio), product_law([1] * depth + [ratio] * depth)
    assert found.second_moment == law.moment(2) == 1 + depth + depth * ratio
    assert abs(sp.N(found.edge - law.edge, 30)) < 1e-25
    assert abs(sp.N(found.plateau * law.edge**2 - law.moment(2), 30)) < 1e-25


@pytest.mark.parametrize("depth", [1, 2])
def test_constants_are_continuous_in_the_ratio(depth):
    """An irrational ratio lies between its neighbours, and the limit of many dimensions is orthogonal values."""
    low, middle, high = (gap.gram_law(depth, ratio=one) for one in (R(141, 100), sp.sqrt(2), R(142, 100)))
    assert float(high.plateau) < float(middle.plateau) < float(low.plateau)
    wide, orthogonal = gap.gram_law(depth, ratio=R(1, 10**6)), gap.gram_law(depth, values="orthogonal")
    assert float(wide.plateau) == pytest.approx(float(orthogonal.plateau), rel=1e-4)


def test_the_gap_of_rational_weights_is_that_of_the_fractions():
    A = sp.Matrix([[R(1, 3), R(2, 3)], [1, 0]])
    found = gap.certified_gap(A)
    assert found.witness["factors"][0] == {"rows": [[1, 2], [3, 0]], "denominator": 3}


def test_the_plateau_without_outlier_decays_like_one_over_the_depth():
    ratios = [float(gap.gram_law(k).plateau * 2 * k * sp.exp(2)) for k in (5, 10, 40)]
    assert np.allclose(ratios, 1, atol=0.2)
    assert abs(ratios[2] - 1) < abs(ratios[0] - 1)


def test_the_table_of_rates_has_the_orders_of_every_layer_and_prints_as_latex():
    table = gap.rate_table([1, 3])
    one, three = table.rows
    assert one == (1, 3 * SIGMA**4 / T, R(16, 243) * T, T * (1 + SIGMA**2), T * SIGMA**2)
    assert [sp.simplify(a - b) for a, b in zip(
        three[1:], (7 * SIGMA**12 / T**5, gap.gram_law(3).plateau * T, SIGMA_V**4 * T**3, SIGMA_V**4 * SIGMA**6 * T),
        strict=True,
    )] == [0] * 4  # fmt: skip
    assert str(table) == table.latex()
    assert r"\frac{3 \sigma^{4}}{T}" in str(table)
    assert gap.rate_table(3).rows[2] == three
    xavier = gap.rate_table([2], values="xavier").rows[0]
    assert [sp.simplify(a - b) for a, b in zip(xavier[3:], (T, SIGMA**4), strict=True)] == [0, 0]


def test_the_mean_gradient_of_products_has_the_orders_of_the_table():
    """|P_L|_F^2 is 1 + sigma^(2L) T^(1-L), and without the outlier the second term alone."""
    row = gap.rate_table([2]).rows[0]
    A = markov(300, draws=20, seed=1).reshape(10, 2, 300, 300)
    for entry, factors in ((row[3], A), (row[4], gap.without_outlier(A))):
        found = gap.mean_gradient_norm_squared(factors, np.eye(300), 2, value_variance=0.25)
        assert found.mean() == pytest.approx(float(entry.subs({T: 300, SIGMA: 1, SIGMA_V: 0.5})), rel=0.02)


def test_plateaus_by_layer_and_ratio_are_exact():
    table = gap.plateau_table([1, 2], [1, R(1, 2)])
    assert table.rows[0] == (1, R(16, 243), 615 - 275 * sp.sqrt(5))
    assert table.rows[1][1] == R(65536, 1953125)
    assert r"275 \sqrt{5}" in str(table)


def test_dirichlet_rows_of_every_shape_have_their_mean_square():
    n = sp.Symbol("T", positive=True)
    assert sp.simplify(gap.dirichlet_frobenius_squared(n) - 2 * n / (n + 1)) == 0
    assert sp.simplify(gap.dirichlet_frobenius_squared(n, shape=3) - 4 * n / (3 * n + 1)) == 0
    squares = (markov(20, "gamma", draws=4000, seed=1) ** 2).sum(axis=(1, 2))  # of shape 2
    assert squares.mean() == pytest.approx(float(gap.dirichlet_frobenius_squared(20, shape=2)), rel=5e-3)


def test_the_edge_of_key_query_attention_is_not_that_of_independent_entries():
    one, quarter = gap.key_query_edge(1), gap.key_query_edge(R(1, 4))
    assert float(one) == pytest.approx(3.0016, abs=5e-5)
    assert float(quarter) == pytest.approx(1.3381, abs=5e-5)
    assert not one.contains(2 * sp.sqrt(sp.E - 1))
    m = np.linspace(1.0001, 1.5, 400_001)  # and by a second route
    w, t = np.sqrt(m**3 / (m - 1)), np.e - 2
    assert float(one) == pytest.approx((w + t * m / w).min(), abs=1e-9)
    with pytest.raises(ModelError, match="the variance of logits is 0"):
        gap.key_query_edge(0)


@pytest.mark.parametrize("tokens", [3, 20, 200])
def test_the_gap_of_given_weights_is_proved_below_the_true_one(tokens):
    A = gap.markov_attention(tokens, seed=tokens)
    found = gap.certified_gap(A)
    _, above, below = found.witness["bounds"][0]
    assert found.verdict is Verdict.PROVED
    assert above / below <= float(gap.spectral_gap(A).gap) <= above / below * (1 + 1e-4)


def test_collapse_of_given_weights_is_proved():
    A, W, X0 = markov(15, draws=3, seed=1), gaussian(15, 15, draws=3, seed=2), gap.isometric(15, 15)
    found = gap.certified_collapse(X0, A, W)
    excess = gap.propagate(X0, A, W).gram_excess[-1]
    _, above, below = found.witness["bounds"][1]
    assert excess <= above / below <= excess * 1.001
    assert found.verify().verdict is Verdict.PROVED


def test_a_uniform_matrix_has_an_infinite_gap_exactly():
    found = gap.spectral_gap(np.stack([np.full((4, 4), 0.25), markov(4, seed=1)]))
    assert found.gap[0] == np.inf
    assert found.eigenvalue_gap[0] == np.inf
    assert np.isfinite(found.gap[1])
    assert found.stable_rank[0] == 1
    assert gap.certified_gap(np.full((4, 4), 0.25)).claim.endswith("s_2 = 0")


def differences(X0, Q, K, W, layer, removed):
    """The Jacobian by central differences, layer by layer as written in the docstring."""
    def output(values):
        X = X0
        for q, k, w in zip(Q, K, values, strict=True):
            A = gap.key_query_attention(X, Q=q, K=k)
            X = (gap.without_outlier(A) if removed else A) @ X @ w
        return X

    total, step = 0.0, 1e-5
    for place in np.ndindex(W.shape[1:]):
        unit = np.zeros_like(W)
        unit[(layer - 1, *place)] = step
        total += (((output(W + unit) - output(W - unit)) / (2 * step)) ** 2).sum()
    return total


@pytest.mark.parametrize("removed", [False, True])
@pytest.mark.parametrize("layer", [1, 2, 3])
def test_gradients_through_attention_of_the_tokens_are_those_of_differences(layer, removed):
    X0, W = gaussian(5, 4, seed=1), gaussian(4, 4, draws=3, seed=2) / 2
    Q, K = (gaussian(4, 3, draws=3, seed=seed) for seed in (3, 4))
    found = gap.gradient_norm_key_query(X0, Q, K, W, layer, remove_outlier=removed)
    assert found == pytest.approx(differences(X0, Q, K, W, layer, removed), rel=1e-7)
    estimate = gap.gradient_norm_key_query(X0, Q, K, W, layer, remove_outlier=removed, probes=4000, seed=1)
    assert estimate.meets(found, 0.02 * found)


def test_without_scores_attention_is_uniform_and_the_formula_holds():
    X0, W, zero = gaussian(6, 5, seed=1), gaussian(5, 5, draws=3, seed=2), np.zeros((3, 5, 5))
    uniform = np.full((3, 6, 6), 1 / 6)
    for layer in (1, 2, 3):
        found = gap.gradient_norm_key_query(X0, zero, zero, W, layer)
        assert found == pytest.approx(gap.gradient_norm_squared(uniform, X0, W, layer), rel=1e-12)


def test_gradients_of_a_batch_are_those_of_its_draws():
    A, W = markov(6, draws=8, seed=1).reshape(4, 2, 6, 6), gaussian(6, 6, draws=8, seed=2).reshape(4, 2, 6, 6)
    batch = gap.gradient_norm_squared(A, np.eye(6), W, 1)
    assert np.allclose(batch, [gap.gradient_norm_squared(a, np.eye(6), w, 1) for a, w in zip(A, W, strict=True)])


@pytest.mark.parametrize("depth", [2, 3])
def test_slopes_of_gradients_tend_to_the_depth_and_to_one(depth):
    for removed, limit in ((False, depth), (True, 1)):
        squares = gap.gradients_in_width([40, 80, 160], depth=depth, layer=1, remove_outlier=removed, draws=6, seed=1)
        assert float(power_law_fit([40, 80, 160], squares)) == pytest.approx(limit, abs=0.2)


def test_the_laws_of_one_sigma_are_ordered_by_their_distance_from_the_limit():
    found = gap.worst_laws(1, tokens=120, draws=8, seed=1)
    assert {sp.simplify(one.law.ratio) for one in found} == {1}
    distances = [abs(float(one.edge) - 1) for one in found]
    assert distances == sorted(distances, reverse=True)
    assert found[0].law.fourth_moment > 64  # rarer spikes than those of the lognormal law, or no fourth moment
    assert found[-1].law.fourth_moment <= 24


def test_simulations_are_stored_one_by_one_as_text():
    table = gap.simulations([10, 20], ratios=(1, R(1, 2)), depth=3, draws=2, seed=4)
    rows = list(csv.reader(io.StringIO(table.csv())))
    assert rows[0] == ["ratio", "simulation", "$T$", "$l$", r"$\mathrm{sr}(\Sigma_l)$"]
    assert len(rows) == 1 + 2 * 2 * 2 * 3
    ranks = gap.collapse_in_width([10, 20], ratio=R(1, 2), depth=3, draws=2, seed=4).ranks
    assert float(rows[-1][-1]) == ranks[1, 2, 1]


def test_residuals_keep_the_rank_that_attention_alone_loses():
    options = {"depth": 4, "draws": 4, "seed": 1}
    plain, skip, mended = (
        gap.collapse_in_width([60], **options, **more).ranks[0, -1].mean()
        for more in ({}, {"residual": "upscaled"}, {"remove_outlier": True})
    )
    assert plain < 1.001
    assert skip - 1 > 100 * (plain - 1)
    assert mended > 1.5


def test_layer_norm_and_mlp_act_on_true_tokens_and_the_scale_is_kept():
    A, W, X0 = markov(8, draws=2, seed=1), gaussian(8, 8, draws=2, seed=2), gaussian(8, 8, seed=3)
    run = gap.propagate(X0, A, W, residual="skip", layer_norm=True, mlp=lambda X: np.tanh(X) + X)
    X = X0
    for a, w in zip(A, W, strict=True):
        X = X + a @ X @ w
        X = (X - X.mean(axis=1, keepdims=True)) / X.std(axis=1, keepdims=True)
        X = np.tanh(X) + X
    assert np.allclose(run.tokens * np.exp(run.log_scale[-1]), X, atol=1e-10)


def test_attention_of_the_tokens_is_that_of_each_layer():
    W, X0 = gaussian(6, 6, draws=3, seed=1), gaussian(6, 6, seed=2)
    run = gap.propagate(X0, lambda X, layer: gap.key_query_attention(X, seed=layer), W)
    X = X0
    for layer, w in enumerate(W, start=1):
        X = gap.key_query_attention(X, seed=layer) @ X @ w
    assert np.allclose(run.tokens * np.exp(run.log_scale[-1]), X, rtol=1e-9)


def test_options_of_the_layers_change_equations_and_claims():
    plain, other = gap.build(), gap.build(attention="key-query", residual="skip", layer_norm=True, remove_outlier=True)
    assert len(other.claims) < len(plain.claims)
    assert r"\mathrm{LN}(X_{l-1} + A_l^\perp X_{l-1} W_l)" in other.equations[0]
    assert any("softmax" in text for text in other.equations)
    assert any("outside of the proof" in text for text in gap.build(ratio=2).equations)
    assert {"attention", "remove_outlier", "residual", "layer_norm", "value_variance"} <= set(plain.parameters)


@pytest.mark.parametrize(
    "options",
    [{"attention": "key-query"}, {"residual": "upscaled", "remove_outlier": True}, {"law": "lognormal"}, {"ratio": 2}],
)
def test_claims_hold_under_other_options(options):
    report = sd.study(gap.build(tokens=100, depth=2, draws=6, **options), seed=3)
    assert [(one.id, one.measured) for one in report.findings if one.holds is not True] == []


def test_a_law_without_fourth_moment_makes_no_statement_of_an_edge():
    heavy = dataclasses.replace(gap.build().model, law=entry_law("pareto", index=3))
    assert heavy.law.fourth_moment == sp.oo
    left = {claim.id for claim in claims_of(gap.build().model)} - {claim.id for claim in claims_of(heavy)}
    assert {"singular edge", "quarter circle", "rank collapse", "plateau"} <= left
    assert "circular law" not in left


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: gap.build(layer_norm="yes"), "layer_norm is 'yes': give true or false"),
        (lambda: gap.build(value_variance=0), "the variance of values is 0"),
        (lambda: gap.build(residual="skipp"), "did you mean skip"),
        (lambda: gap.build(ratio=-1), "the ratio T/d is -1"),
        (lambda: gap.spectral_gap(np.eye(2), sigma=-1), "sigma is -1"),
        (lambda: gap.spectral_gap(np.eye(2), sigma="large"), "sigma is 'large'"),
        (lambda: gap.key_query_attention(np.eye(2), initialisation="xaver"), "did you mean xavier"),
        (lambda: gap.gradient_norm_squared(lambda X: X, np.eye(2), [np.eye(2)], 1), "use gradient_norm_key_query"),
        (lambda: gap.certified_gap(np.full((201, 201), 1 / 201)), "a gap is proved for 2 to 200"),
        (lambda: gap.propagate(np.eye(2), markov(2, draws=1), np.eye(2)[None] * 0 + 1, layer_norm=True),
         "a token has equal entries at layer 1"),
        (lambda: gap.worst_laws(0), "sigma is 0"),
        (lambda: gap.worst_laws(1, tokens=1), "the number of tokens is 1"),
        (lambda: gap.gram_law(1, ratio=sp.Symbol("q", positive=True)), "the ratio T/d is q"),
        (lambda: gap.rate_table([]), "the list of layers is empty"),
        (lambda: gap.rate_table(2.5), "the list of layers is 2.5"),
        (lambda: gap.plateau_table(2, 1), "the list of ratios is 1"),
        (lambda: gap.collapse_in_width(10, depth=1), "the list of numbers of tokens is 10"),
        (lambda: gap.collapse_in_width([], depth=1), "the list of numbers of tokens is empty"),
        (lambda: gap.collapse_in_width([10], depth=1, value_variance="x"), "the variance of values is 'x'"),
        (lambda: gap.mean_gradient_norm_squared(markov(2, draws=2), np.eye(2), 2, value_variance=-1), "values is -1"),
        (lambda: gap.key_query_attention(np.eye(2), scale="x"), "the scale is 'x'"),
        (lambda: gap.key_query_edge(sp.pi), "the variance of logits is pi"),
        (lambda: gap.certified_gap([[1]]), "has 1 tokens"),
        (lambda: gap.certified_gap(sp.Matrix([[1, 1], [0, 1]])), "row 1 sums to 2"),
        (lambda: gap.dirichlet_frobenius_squared(5, shape=-1), "the shape of the entries is -1"),
        (lambda: gap.propagate(np.eye(2) * 1j, markov(2, draws=1), np.eye(2)[None]), "the tokens is complex"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_in_one_sentence(call, fault):
    with pytest.raises(ModelError, match=fault) as refused:
        call()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: gap.gradient_norm_key_query(np.eye(2), np.ones((1, 2, 1)), np.ones((1, 2, 2)), np.ones((1, 2, 2)), 1),
        lambda: gap.gradient_norm_squared(np.ones((1, 3, 3)), np.eye(2), np.ones((1, 2, 2)), 1),
        lambda: gap.certified_collapse(np.eye(2), np.full((1, 3, 3), 1 / 3), np.ones((1, 2, 2))),
        lambda: gap.propagate(np.eye(2), np.full((1, 2, 2), 0.5), np.ones((1, 3, 3))),
        lambda: gap.propagate(np.ones((4, 2, 2)), np.full((1, 2, 2), 0.5), np.ones((5, 1, 2, 2))),
        lambda: gap.split_product([sp.eye(2), sp.eye(3)]),
        lambda: gap.split_product([np.eye(2), np.eye(3)]),
        lambda: gap.split_product(np.eye(2)),
        lambda: gap.split_product(5),
    ],
)
def test_shapes_that_do_not_fit_are_refused(call):
    with pytest.raises(ShapeError, match="give"):
        call()


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_the_formula_of_the_gradient_is_the_jacobian_direction_by_direction(layer):
    A, W, X0 = markov(5, draws=3, seed=1), gaussian(4, 4, draws=3, seed=2), gaussian(5, 4, seed=3)
    whole = jacobian_norm_squared(A, X0, W, layer)
    assert gap.gradient_norm_squared(A, X0, W, layer) == pytest.approx(whole, rel=1e-12)
    exact = [[sp.Matrix(2, 2, [R(1, 3), R(2, 3), k, 1 - k]) for k in (0, R(1, 2))], sp.eye(2), [sp.ones(2, 2)] * 2]
    assert jacobian_norm_squared(*exact, min(layer, 2)) == gap.gradient_norm_squared(*exact, min(layer, 2))


def test_limits_are_not_looked_at_where_there_are_few_tokens():
    few, many = ({claim.id for claim in gap.build(tokens=size).claims} for size in (2, 100))
    assert {"singular edge", "plateau", "key-query matrices"} <= many
    assert not {"singular edge", "plateau", "circular law", "key-query matrices"} & few
    assert {"product", "certified gap"} <= few
    report = sd.study(gap.build(tokens=2, draws=2), seed=1)
    assert report.is_clean


def test_tokens_that_vanish_without_outlier_are_said_so_in_the_table():
    exhibits = {one.id: one for one in gap.build(tokens=40, depth=10).exhibits}
    rows = exhibits["configurations"].made().rows
    faded = [row for row in rows if "zero" in row]
    assert faded
    assert all(row[0] == "A(X), outlier removed" for row in faded)
