"""Laws of entries, ensembles, limits of spectra and estimates, against closed forms and second routes."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from scipy import integrate

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.ensembles import LAWS, block_sparse, entry_law, gaussian, haar, low_rank, markov, sub_gaussian
from symdyn.numerics.estimate import mean_interval, power_law_fit
from symdyn.numerics.spectral_laws import circular, distance, marchenko_pastur, product_law, quarter_circle

POSITIVE = ("exponential", "lognormal", "uniform", "half-normal", "gamma", "bernoulli", "pareto")


def test_the_sub_gaussian_norm_is_where_the_mean_of_exp_is_two():
    z = sp.Symbol("z", real=True)
    density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    t = entry_law("gaussian").psi2
    assert sp.integrate(sp.powsimp(density * sp.exp(z**2 / t**2)), (z, -sp.oo, sp.oo)) == 2
    assert entry_law("half-normal").psi2 == t
    assert sp.exp(1 / entry_law("rademacher").psi2 ** 2) == 2
    p, s = sp.Rational(1, 3), entry_law("bernoulli", probability=sp.Rational(1, 3)).psi2
    assert sp.simplify(1 - p + p * sp.exp(1 / s**2)) == 2
    end, bound = float(sp.sqrt(3)), float(entry_law("uniform-symmetric").psi2)
    assert integrate.quad(lambda x: np.exp(x**2 / bound**2) / (2 * end), -end, end)[0] < 2
    heavy = ("exponential", "lognormal", "gamma", "pareto", "laplace", "student")
    assert {entry_law(name).psi2 for name in heavy} == {sp.oo}


@pytest.mark.parametrize("name", LAWS)
def test_the_moments_of_a_law_are_those_of_its_draws(name):
    law = entry_law(name, **({"index": 12} if name == "pareto" else {"degrees": 12} if name == "student" else {}))
    draws = law.sample(np.random.default_rng(3), (400_000,))
    # four standard errors of each moment; that of the fourth is bounded by the sample itself
    for power, moment in ((1, law.mean), (2, law.variance + law.mean**2), (4, law.fourth_moment)):
        error = (draws**power).std() / np.sqrt(len(draws))
        assert abs((draws**power).mean() - float(moment)) <= 5 * error + 1e-12


@pytest.mark.parametrize(
    ("name", "shape", "ratio"),
    [
        ("exponential", {}, 1),
        ("uniform", {}, 1 / sp.sqrt(3)),
        ("lognormal", {}, 1),
        ("gamma", {"shape": 4}, sp.Rational(1, 2)),
        ("bernoulli", {"probability": sp.Rational(1, 4)}, sp.sqrt(3)),
        ("pareto", {"index": 3}, sp.sqrt(3) / 3),
        ("half-normal", {}, sp.sqrt(sp.pi / 2 - 1)),
        ("uniform", {"low": 1, "high": 2}, sp.sqrt(3) / 9),
    ],
)
def test_the_ratio_of_deviation_and_mean_is_exact(name, shape, ratio):
    assert sp.simplify(entry_law(name, **shape).ratio - ratio) == 0


def test_a_law_without_fourth_moment_says_so():
    assert entry_law("pareto", index=4).fourth_moment == sp.oo
    assert entry_law("student", degrees=3).fourth_moment == sp.oo


@pytest.mark.parametrize("name", POSITIVE)
def test_rows_of_a_markov_matrix_sum_to_one(name):
    matrices = markov(30, name, draws=3, seed=1)
    assert matrices.shape == (3, 30, 30)
    assert (matrices >= 0).all()
    assert np.allclose(matrices.sum(axis=-1), 1, atol=1e-13)  # rounding of a sum of 30 numbers


def test_rows_of_zeros_are_drawn_again():
    matrices = markov(4, entry_law("bernoulli", probability=0.3), draws=200, seed=0)
    assert np.isfinite(matrices).all()
    assert np.allclose(matrices.sum(axis=-1), 1, atol=1e-13)


def test_the_mean_square_of_exponential_rows_is_that_of_dirichlet_weights():
    """Rows of exponential entries are uniform in the simplex: E |A|_F^2 = 2 T / (T + 1)."""
    T = 20
    squares = (markov(T, draws=2000, seed=5) ** 2).sum(axis=(1, 2))
    assert mean_interval(squares, level=0.9999).meets(2 * T / (T + 1))


def test_orthogonal_matrices_are_orthogonal_and_their_entries_have_the_moments_of_the_haar_measure():
    q = haar(5, draws=4000, seed=2)
    assert np.allclose(q @ np.swapaxes(q, 1, 2), np.eye(5), atol=1e-12)
    assert mean_interval(q[:, 0, 0] ** 2, level=0.9999).meets(1 / 5)
    assert mean_interval(q[:, 0, 0] ** 4, level=0.9999).meets(3 / (5 * 7))  # 3 / (n (n + 2))
    assert mean_interval(q[:, 0, 0], level=0.9999).meets(0)


def test_one_matrix_has_no_axis_of_draws():
    assert [f(4, 6).shape for f in (gaussian, sub_gaussian)] == [(4, 6)] * 2
    assert haar(3).shape == (3, 3)
    assert np.linalg.matrix_rank(low_rank(8, 6, 2, seed=1)) == 2
    assert low_rank(8, 6, 2, draws=5).shape == (5, 8, 6)


def test_sparse_blocks_vanish_together():
    matrix = block_sparse(12, 8, 4, density=0.5, draws=50, seed=0)
    blocks = matrix.reshape(50, 3, 4, 2, 4)
    vanishing = (blocks == 0).all(axis=(2, 4))
    assert ((blocks == 0).any(axis=(2, 4)) == vanishing).all()
    assert 0.3 < vanishing.mean() < 0.7


def test_the_same_seed_gives_the_same_matrices_and_another_others():
    assert (markov(5, seed=7) == markov(5, seed=7)).all()
    assert (markov(5, seed=7) != markov(5, seed=8)).any()


LIMITS = [
    quarter_circle(), quarter_circle(sp.Rational(1, 2)), circular(), circular(3), marchenko_pastur(),
    marchenko_pastur(sp.Rational(1, 4)), marchenko_pastur(2), product_law([1]), product_law([1, 1]),
    product_law([sp.Rational(1, 2), 1]), product_law([1, 1, 1]), product_law([sp.Rational(1, 2), 1, 2]),
    product_law([sp.Rational(1, 3)] * 4),
]  # fmt: skip


@pytest.mark.parametrize("law", LIMITS, ids=lambda law: law.name)
def test_moments_are_the_integrals_of_the_density(law):
    for k in range(1, 5):
        # in u with t = u^4, since the densities of products grow like t^(-s/(s+1)) at zero
        def power(u, k=k):
            return 4 * u**3 * u ** (4 * k) * float(law.density(u**4))

        ends = max(2e-3, float(law.low) ** 0.25), float(law.edge) ** 0.25
        value = integrate.quad(power, *ends, limit=400, epsabs=1e-6, epsrel=1e-6)[0]
        assert value == pytest.approx(float(law.moment(k)), rel=2e-5)  # quadrature with square roots at the ends


@pytest.mark.parametrize("law", LIMITS, ids=lambda law: law.name)
def test_the_distribution_function_ends_at_one_and_has_the_density_as_slope(law):
    edge = float(law.edge)
    assert float(law.cdf(edge)) == 1
    assert float(law.cdf(1e-9 * edge)) == pytest.approx(float(law.atom), abs=5e-2)  # products grow like a power there
    places = np.linspace(0.3, 0.8, 6) * edge
    slope = (law.cdf(places + 1e-5) - law.cdf(places - 1e-5)) / 2e-5
    assert np.allclose(slope, law.density(places), rtol=1e-3)


def test_a_product_of_one_factor_is_marchenko_and_pastur():
    for ratio in (1, sp.Rational(1, 3), 2):
        one, other = product_law([ratio]), marchenko_pastur(ratio)
        assert sp.simplify(one.edge - other.edge) == 0
        assert [sp.simplify(one.moment(k) - other.moment(k)) for k in range(7)] == [0] * 7
        assert one.atom == other.atom


def test_products_of_square_factors_have_the_moments_of_fuss_and_catalan():
    for s in (1, 2, 3):
        law = product_law([1] * s)
        expected = [sp.binomial((s + 1) * k, k) / (s * k + 1) for k in range(6)]
        assert [law.moment(k) for k in range(6)] == expected
        assert law.edge == sp.Rational((s + 1) ** (s + 1), s**s)


def test_spectra_of_large_matrices_are_close_to_their_limits():
    n = 400
    matrix = gaussian(n, n, seed=1) / np.sqrt(n)
    # distances of one draw: some numbers of spacing, 1/n; for moduli of eigenvalues, which come in pairs, some more
    assert distance(np.linalg.svd(matrix, compute_uv=False), quarter_circle()) < 0.01
    assert distance(np.abs(np.linalg.eigvals(matrix)), circular()) < 0.06
    wide = gaussian(100, 400, seed=2) / np.sqrt(400)
    assert distance(np.linalg.svd(wide, compute_uv=False) ** 2, marchenko_pastur(sp.Rational(1, 4))) < 0.04
    tall = gaussian(400, 200, seed=3) / np.sqrt(200)
    squares = np.append(np.linalg.svd(tall, compute_uv=False) ** 2, np.zeros(200))
    assert distance(squares, marchenko_pastur(2)) < 0.04


def test_intervals_of_means_hold_the_mean_as_often_as_they_say():
    samples = np.random.default_rng(0).normal(2, 3, size=(2000, 8))
    held = [one.meets(2.0) for one in mean_interval(samples, level=0.9)]
    assert 0.88 < np.mean(held) < 0.92  # 2000 trials: four standard errors are 0.027
    assert mean_interval([1.0, 2.0]).verdict is Verdict.OBSERVED


def test_batches_of_samples_give_estimates_in_their_shape():
    found = mean_interval(np.arange(24.0).reshape(2, 3, 4))
    assert [[float(one) for one in row] for row in found] == [[1.5, 5.5, 9.5], [13.5, 17.5, 21.5]]


def test_a_power_law_is_found_by_both_intervals():
    rng = np.random.default_rng(1)
    sizes = np.array([50, 100, 200, 400, 800])
    values = 3 * sizes[:, None] ** -1.5 * np.exp(0.1 * rng.normal(size=(5, 40)))
    fit, means = power_law_fit(sizes, values, level=0.999), power_law_fit(sizes, values.mean(axis=1), level=0.999)
    assert fit.meets(-1.5)
    assert means.meets(-1.5)
    assert fit.exponent == means.exponent
    assert fit.at(100) == pytest.approx(3 * 100**-1.5, rel=0.05)


def test_a_power_law_does_not_depend_on_units():
    sizes, values = [1, 2, 4, 9], [3.0, 5, 11, 20]
    one = power_law_fit(sizes, values)
    other = power_law_fit([7 * s for s in sizes], [0.1 * v for v in values])
    assert (one.exponent, one.low, one.high) == pytest.approx((other.exponent, other.low, other.high))


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: entry_law("exponentiel"), "did you mean exponential"),
        (lambda: entry_law("gamma", shpe=2), "did you mean shape"),
        (lambda: entry_law("gaussian", scale=2), "has no parameter, and scale came"),
        (lambda: entry_law("gamma", shape=-1), "shape of the gamma law is -1"),
        (lambda: entry_law("uniform", low=2, high=1), "a lower and a higher"),
        (lambda: entry_law("pareto", index=2), "above 2 it has a variance"),
        (lambda: entry_law("gaussian").ratio, "has mean 0"),
        (lambda: markov(5, "gaussian"), "may be negative"),
        (lambda: markov(0), "the number of tokens is 0"),
        (lambda: markov(3, draws=0), "the number of draws is 0"),
        (lambda: markov(3, seed=-1), "the seed is -1"),
        (lambda: sub_gaussian(3, 3, "exponential"), "has a mean"),
        (lambda: low_rank(3, 4, 5), "the rank is 5"),
        (lambda: block_sparse(5, 4, 2), "do not tile"),
        (lambda: mean_interval([1.0]), "at least two draws"),
        (lambda: mean_interval([1.0, float("nan")]), "nan or infinity"),
        (lambda: mean_interval([1, 2], level=1), "between 0 and 1"),
        (lambda: power_law_fit([1, 2], [1, 2]), "at least three"),
        (lambda: power_law_fit([1, 2, 3], [1, 0, 2]), "positive sizes and values"),
        (lambda: quarter_circle(0), "the scale is 0"),
        (lambda: product_law([]), "at least one ratio"),
        (lambda: distance([], circular()), "the sample is empty"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(call, fault):
    with pytest.raises(ModelError, match=fault) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_lengths_that_differ_are_refused():
    with pytest.raises(ShapeError, match="2 values came with 3 sizes"):
        power_law_fit([1, 2, 3], [1, 2])
