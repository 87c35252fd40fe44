"""Random attention: gaps, rank collapse and gradients, by closed forms, exact arithmetic and means over fixed draws."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.ensembles import entry_law, gaussian, markov
from symdyn.numerics.estimate import mean_interval, power_law_fit
from symdyn.systems import rank_collapse as gap

R = sp.Rational
SMALL = [[0.5, 0.25, 0.25], [0.2, 0.6, 0.2], [0.1, 0.3, 0.6]]


@pytest.mark.case("GAP-01")
def test_spectra_of_a_matrix_of_three_tokens():
    found = gap.spectral_gap(SMALL)
    assert np.allclose(found.singular_values, [1.01218438, 0.38220637, 0.32311154], atol=1e-8)
    assert np.allclose(found.bulk_singular_values, [0.39571968, 0.34410163, 0], atol=1e-8)
    assert np.allclose(sorted(found.eigenvalues, key=lambda v: (v.real, v.imag)), [0.35 - 0.05j, 0.35 + 0.05j, 1])
    mended = np.linalg.eigvals(gap.without_outlier(SMALL))
    assert np.allclose(sorted(mended, key=lambda v: (v.real, v.imag)), [0, 0.35 - 0.05j, 0.35 + 0.05j], atol=1e-12)
    assert found.stable_rank == pytest.approx(1.24448859, abs=1e-8)
    A = np.array(SMALL)
    run = gap.propagate(np.eye(3), A[None], np.eye(3)[None])
    assert run.gram_stable_ranks[1] == pytest.approx(1.03071490, abs=1e-8)


@pytest.mark.case("GAP-02")
def test_removing_the_outlier_replaces_the_eigenvalue_one_by_zero():
    a, b = sp.symbols("a b")
    A = sp.Matrix([[a, 1 - a], [b, 1 - b]])
    assert A.eigenvals() == {sp.S.One: 1, a - b: 1}
    assert {sp.simplify(v): n for v, n in gap.without_outlier(A).eigenvals().items()} == {sp.S.Zero: 1, a - b: 1}


@pytest.mark.case("GAP-04")
def test_the_mean_square_of_exponential_rows_is_two_t_over_t_plus_one():
    squares = gap.spectral_gap(gap.markov_attention(300, draws=8, seed=1)).frobenius_squared
    assert mean_interval(squares, level=0.999).meets(600 / 301)


@pytest.mark.case("GAP-05")
def test_the_edge_of_exponential_rows():
    found = gap.spectral_gap(gap.markov_attention(300, draws=6, seed=2), sigma=1)
    first, second = (mean_interval(found.singular_values[:, k], level=0.999) for k in (0, 1))
    assert first.meets(np.sqrt(1 + 1 / 300), 3e-4)  # second order of the formula
    assert np.sqrt(300) * float(second) == pytest.approx(2, abs=0.1)
    assert found.predicted["s_1"][0] == pytest.approx(np.sqrt(1 + 1 / 300))


@pytest.mark.case("GAP-06")
@pytest.mark.slow("singular values of 1600 x 1600")
def test_the_edge_of_uniform_rows():
    law = entry_law("uniform")
    found = gap.spectral_gap(gap.markov_attention(1600, law, seed=3), sigma=float(law.ratio))
    assert np.sqrt(1600) * found.singular_values[1] == pytest.approx(2 / np.sqrt(3), abs=0.02)
    assert found.frobenius_squared == pytest.approx(4 / 3, abs=0.01)


@pytest.mark.case("GAP-07")
@pytest.mark.slow("eigenvalues of 1600 x 1600")
def test_eigenvalues_fill_the_disc():
    found = gap.spectral_gap(gap.markov_attention(1600, seed=4))
    assert abs(found.eigenvalues[0] - 1) < 1e-10
    assert 40 * abs(found.eigenvalues[1]) == pytest.approx(1, abs=0.06)
    assert found.disc_moment == pytest.approx(0.5, abs=0.01)


@pytest.mark.case("GAP-09")
def test_entries_with_a_large_fourth_moment_reach_their_edge_slowly():
    values = np.linalg.svd(gap.markov_attention(300, "lognormal", draws=5, seed=5), compute_uv=False)
    edges = np.sqrt(300) * values[:, 1]
    assert ((edges > 1.8) & (edges < 3.2)).all()
    assert entry_law("lognormal").fourth_moment == 64


@pytest.mark.case("GAP-10")
def test_stable_ranks_of_attention_with_and_without_its_outlier():
    found = gap.spectral_gap(gap.markov_attention(400, draws=3, seed=6))
    assert np.mean(found.stable_rank) == pytest.approx(2, abs=0.03)
    bulk = found.bulk_singular_values
    ranks = ((bulk / bulk[:, :1]) ** 2).sum(axis=1) / 400
    assert np.mean(ranks) == pytest.approx(0.25, abs=0.01)


@pytest.mark.case("GAP-11")
def test_collapse_with_identity_values_has_the_derived_constants():
    found = gap.collapse_in_width([300], depth=3, values="identity", draws=4, seed=7)
    assert np.allclose(found.excess[0].mean(axis=1) / found.predicted[0], 1, atol=0.08)


@pytest.mark.case("GAP-12")
def test_collapse_with_gaussian_values_has_the_derived_constants():
    found = gap.collapse_in_width([300], depth=3, values="gaussian", draws=12, seed=8)
    assert np.allclose(found.excess[0].mean(axis=1) / found.predicted[0], 1, atol=0.4)


@pytest.mark.case("GAP-14")
def test_constants_of_free_products_are_exact():
    one, two = gap.gram_law(1), gap.gram_law(2)
    assert (one.edge, two.edge) == (R(27, 4), R(3125, 256))
    assert (one.plateau, two.plateau) == (R(16, 243), 5 * R(256, 3125) ** 2)
    assert [gap.gram_law(k).second_moment for k in (1, 2, 3)] == [3, 5, 7]
    assert [gap.gram_law(k, values="orthogonal").second_moment for k in (1, 2, 3)] == [2, 3, 4]
    ratio = sp.Symbol("gamma", positive=True)
    assert sp.expand(gap.gram_law(1, ratio=R(1, 5)).second_moment - (2 + R(1, 5))) == 0
    assert all(sp.expand(gap.gram_law(k, ratio=R(1, 2)).second_moment - (1 + k + k * R(1, 2))) == 0 for k in (1, 2, 3))
    assert ratio.is_positive


@pytest.mark.case("GAP-15")
def test_without_the_outlier_the_stable_rank_grows_with_the_width():
    found = gap.collapse_in_width([300], depth=3, remove_outlier=True, draws=6, seed=9)
    ranks = found.ranks[0].mean(axis=1) / 300
    assert ranks[0] == pytest.approx(0.0658436, rel=0.2)
    assert np.allclose(ranks, [0.0692, 0.0376, 0.0268], rtol=0.2)  # above their limits by a finite width
    assert ((ranks > found.predicted[0] / 300) & (ranks < 1.6 * found.predicted[0] / 300)).all()


@pytest.mark.case("GAP-16")
def test_the_norm_of_the_jacobian_is_that_of_differences():
    T, L = 6, 3
    A, W, X0 = markov(T, draws=L, seed=1), gaussian(T, T, draws=L, seed=2), gaussian(T, T, seed=3)

    def output(second):
        X = X0
        for attention, weights in zip(A, (W[0], second, W[2]), strict=True):
            X = attention @ X @ weights
        return X

    # linear in W_2: a difference with step 1 is the derivative, up to rounding
    square = sum(
        np.linalg.norm(output(W[1] + step) - output(W[1])) ** 2 for step in np.eye(T * T).reshape(T * T, T, T)
    )
    assert square / gap.gradient_norm_squared(A, X0, W, 2) == pytest.approx(1, abs=1e-8)


@pytest.mark.case("GAP-17")
@pytest.mark.parametrize(("depth", "layer"), [(2, 1), (3, 1), (3, 2)])
def test_gradients_grow_like_t_to_the_depth_and_linearly_without_the_outlier(depth, layer):
    sizes, draws = [50, 100, 200, 400], 6
    plain, mended = (np.zeros((len(sizes), draws)) for _ in range(2))
    for i, T in enumerate(sizes):
        for j in range(draws):
            A = markov(T, "lognormal", draws=depth, seed=100 * i + j)
            W = gaussian(T, T, draws=depth, seed=10**6 + 100 * i + j)
            plain[i, j] = gap.gradient_norm_squared(A, np.eye(T), W, layer)
            mended[i, j] = gap.gradient_norm_squared(gap.without_outlier(A), np.eye(T), W, layer)
    assert float(power_law_fit(sizes, plain)) == pytest.approx(depth, abs=0.2)
    assert float(power_law_fit(sizes, mended)) == pytest.approx(1, abs=0.3)  # an edge that is reached slowly, as above


def test_the_mean_over_values_is_the_formula():
    A = [sp.Matrix([[R(1, 3), R(2, 3)], [R(1, 2), R(1, 2)]]), sp.Matrix([[R(1, 4), R(3, 4)], [1, 0]])]
    draws = gaussian(2, 2, draws=20_000, seed=3).reshape(10_000, 2, 2, 2)
    arrays = [np.array(a.tolist(), dtype=float) for a in A]
    for layer in (1, 2):
        squares = [gap.gradient_norm_squared(arrays, np.eye(2), W, layer) for W in draws[:3000]]
        expected = gap.mean_gradient_norm_squared(A, sp.eye(2), 2)
        assert mean_interval(squares, level=0.9999).meets(float(expected))


@pytest.mark.case("GAP-19")
def test_products_of_attention_reach_consensus_geometrically():
    runs = [[], [], [], []]
    for seed in range(4):
        product = np.eye(200)
        for k, A in enumerate(markov(200, "lognormal", draws=4, seed=seed)):
            product = A @ product
            runs[k].append(np.linalg.norm(product - product.mean(axis=0)))
    means = np.mean(runs, axis=1)
    assert np.allclose(means, [200 ** (0.5 * (1 - k)) for k in range(1, 5)], rtol=0.15)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_product_is_a_common_row_and_a_remainder(length):
    A = markov(7, draws=length, seed=1)
    split = gap.split_product(A)
    assert np.allclose(split.product, np.ones((7, 1)) * split.common_row + split.remainder, atol=1e-14)
    assert split.common_row.sum() == pytest.approx(1)
    exact = [sp.Matrix(3, 3, [R(k, 20) for k in (10, 5, 5, 4, 12, 4, 2, 6, 12)])] * length
    found = gap.split_product(exact)
    assert found.product == exact[0] ** length
    assert found.product == sp.ones(3, 1) * found.common_row + found.remainder


def test_attention_of_keys_and_queries_is_row_stochastic_and_invariant_under_permutations():
    X = gaussian(6, 4, seed=1)
    Q, K = gaussian(4, 3, seed=2), gaussian(4, 3, seed=3)
    A = gap.key_query_attention(X, Q=Q, K=K)
    assert np.allclose(A.sum(axis=1), 1)
    order = np.array([3, 1, 0, 5, 4, 2])
    assert np.allclose(gap.key_query_attention(X[order], Q=Q, K=K), A[np.ix_(order, order)])
    assert gap.key_query_attention(X, draws=2, seed=5).shape == (2, 6, 6)


def test_scales_between_layers_change_no_stable_rank():
    A, W = markov(20, draws=4, seed=1), gaussian(20, 20, draws=4, seed=2)
    one, other = gap.propagate(np.eye(20), A, W), gap.propagate(1e-90 * np.eye(20), A, 1e30 * W)
    assert np.allclose(one.gram_excess, other.gram_excess, rtol=1e-9)
    assert np.allclose(one.log_scale - other.log_scale, np.log(1e90) - np.arange(5) * np.log(1e30))


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: gap.spectral_gap([[0.5, 0.4], [0.5, 0.5]]), "row 1 of the attention matrix sums to 0.9"),
        (lambda: gap.without_outlier(sp.Matrix([[1, 1], [0, 1]])), "row 1 sums to 2"),
        (lambda: gap.markov_attention(1), "the number of tokens is 1"),
        (lambda: gap.gram_law(0), "the depth is 0"),
        (lambda: gap.gram_law(1, ratio=0), "the ratio T/d is 0"),
        (lambda: gap.collapse_in_width([20], depth=1, values="gausian"), "did you mean gaussian"),
        (lambda: gap.propagate(np.eye(2), np.eye(2)[None], np.zeros((1, 2, 2))), "all tokens are zero at layer 1"),
        (lambda: gap.key_query_attention(np.eye(2), Q=np.eye(2)), "one of Q and K came"),
        (lambda: gap.gradient_norm_squared([np.eye(2)], np.eye(2), [np.eye(2)], 2), "the layer is 2"),
        (lambda: gap.build(law="gaussian"), "may be negative"),
        (lambda: gap.build(tokens=1), "the number of tokens is 1"),
        (lambda: gap.split_product([]), "there are no factors"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(call, fault):
    with pytest.raises(ModelError, match=fault) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match=r"give \(L, T, T\)"):
        gap.propagate(np.eye(3), np.eye(2)[None], np.eye(3)[None])
