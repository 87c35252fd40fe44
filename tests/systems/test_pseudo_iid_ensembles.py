"""Ensembles of wide networks: exact moments against draws, conditions in the limit, networks of finite width."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.systems import pseudo_iid_network as pid
from symdyn.systems.pseudo_iid_network.certificates import (
    closed_form_certificate,
    edge_certificate,
    phase_certificate,
)

R = sp.Rational
n, m, r, b = sp.symbols("n m r b")
FIELDS = ("variance", "eighth", "same_row", "cross_rows", "distinct_rows", "diagonal")
CASES = [
    ("gaussian", {}), ("iid", {"law": "uniform-symmetric"}), ("haar", {}), ("low-rank", {"rank": 2}),
    ("low-rank", {"rank": 4}), ("block-sparse", {"block": 4, "law": "rademacher"}),
]  # fmt: skip


def agree(estimate, value):
    """Within four standard errors, and a unit of rounding."""
    error = estimate.deviation / np.sqrt(estimate.draws)
    return abs(estimate.mean - float(value)) <= 4 * error + 1e-12


@pytest.mark.parametrize(("ensemble", "options"), CASES)
@pytest.mark.parametrize("shape", [(8, 8), (4, 8)])
def test_exact_moments_are_those_of_draws(ensemble, options, shape):
    if shape == (4, 8) and ensemble == "low-rank":
        options = {"rank": 2}
    exact = pid.ensemble_moments(ensemble, *shape, variance=2, **options)
    drawn = pid.sampled_moments(ensemble, *shape, variance=2, draws=4000, seed=5, **options)
    for name in FIELDS:
        assert agree(getattr(drawn, name), getattr(exact, name)), name


@pytest.mark.case("PID-15")
def test_uniform_orthogonal_matrices_have_the_moments_of_the_table():
    exact = pid.ensemble_moments("haar", 8, 8)
    assert exact.distinct_rows / 64 == R(-1, 560)
    assert exact.same_row / 64 == R(1, 80)
    assert exact.cross_rows / 64 == R(9, 560)
    assert exact.eighth / 8**4 == R(105, 13440)
    assert sp.cancel(pid.ensemble_moments("haar", n, n).cross_rows - n * (n + 1) / ((n - 1) * (n + 2))) == 0


@pytest.mark.case("PID-16")
@pytest.mark.parametrize(
    ("rank", "cross", "row", "eighth"), [(2, 5.357e-3, 0.025, 0.1875), (4, 1.786e-3, 0.01875, 0.058594)]
)
def test_matrices_of_low_rank_have_the_moments_of_the_table(rank, cross, row, eighth):
    exact = pid.ensemble_moments("low-rank", 8, 8, rank=rank)
    assert float(exact.distinct_rows) / 64 == pytest.approx(cross, rel=1e-3)
    assert float(exact.same_row) / 64 == pytest.approx(row, rel=1e-12)
    assert float(exact.eighth) / 8**4 == pytest.approx(eighth, rel=1e-5)
    assert exact.variance == 1


def test_moments_of_blocks_are_those_of_the_sheet():
    exact = pid.ensemble_moments("block-sparse", n, n, block=b)
    assert sp.cancel(exact.same_row - n * (b - 1) / ((n - 1) * b)) == 0
    assert sp.cancel(exact.cross_rows - n * ((b - 1) ** 2 + (n - b) * b) / ((n - 1) ** 2 * b)) == 0
    assert exact.distinct_rows == 0
    assert pid.ensemble_moments("block-sparse", 8, 8, block=1).same_row == 0


def test_full_rank_is_the_limit_of_low_rank():
    full = pid.ensemble_moments("low-rank", m, n, rank=m)
    assert full.same_row == 1
    assert full.distinct_rows == 0


@pytest.mark.parametrize(
    ("ensemble", "options", "holds"),
    [
        ("gaussian", {}, True), ("haar", {}, True), ("low-rank", {"rank": R(1, 2)}, True),
        ("low-rank", {"rank": 0.25}, True), ("low-rank", {"rank": 3}, False),
        ("block-sparse", {"block": R(1, 4)}, True),
        ("block-sparse", {"block": 2}, False), ("iid", {"law": "student"}, False),
    ],
)  # fmt: skip
def test_the_conditions_hold_for_rank_and_blocks_in_proportion_only(ensemble, options, holds):
    found = pid.check_pseudo_iid(ensemble, **options)
    assert found.holds is holds
    assert [one.name for one in found.conditions] == ["(i)", "(ii)", "(iii)", "(iv)"]
    assert all(one.verdict is (Verdict.PROVED if one.holds else Verdict.REFUTED) for one in found.conditions)
    assert bool(found.counterexample) is not holds


def test_a_fixed_rank_leaves_one_over_the_rank():
    found = pid.check_pseudo_iid("low-rank", rank=3)
    assert found.conditions[-1].limit == R(1, 3)
    assert "tends to 1/3, not to 0" in found.counterexample


def test_an_orthogonal_matrix_tends_to_independence_like_one_over_n():
    found = pid.check_pseudo_iid("haar").conditions[-1]
    assert (found.limit, found.rate) == (0, -1)


def test_an_ensemble_of_the_user_is_sampled_only():
    def mirrored(size, draws, rng):
        W = rng.normal(size=(draws, size, size)) / np.sqrt(size)
        W[:, 1::2] = W[:, ::2]  # rows twice
        return W

    found = pid.check_pseudo_iid(mirrored, sizes=(8, 16), draws=2000, seed=1)
    assert {one.verdict for one in found.conditions} == {Verdict.OBSERVED}
    drawn = pid.sampled_moments(
        lambda k, rng: rng.normal(size=(k, 6, 6)) / np.sqrt(6), 6, 6, draws=3000, seed=2
    )
    assert agree(drawn.distinct_rows, 0)
    with pytest.raises(ShapeError, match="the ensemble gave the shape"):
        pid.sampled_moments(lambda k, rng: rng.normal(size=(k, 5, 6)), 6, 6, draws=10)


@pytest.mark.parametrize("ensemble", pid.ENSEMBLES)
def test_draws_have_their_shape_their_seed_and_their_rank(ensemble):
    one = pid.draw_weights(ensemble, 8, 12, variance=3, seed=4, rank=2, block=3)
    many = pid.draw_weights(ensemble, 8, 12, variance=3, draws=5, seed=4, rank=2, block=3)
    assert one.shape == (8, 12)
    assert many.shape == (5, 8, 12)
    assert np.array_equal(many, pid.draw_weights(ensemble, 8, 12, variance=3, draws=5, seed=4, rank=2, block=3))
    if ensemble == "low-rank":
        assert np.linalg.matrix_rank(one) == 2
    if ensemble == "haar":
        assert np.allclose(one @ one.T, 3 * np.eye(8))
    if ensemble == "block-sparse":
        assert (many != 0).sum(axis=(1, 2)).tolist() == [8 * 3] * 5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pid.draw_weights("low-rank", 4, 8, rank=5), "the rank is 5: give a whole number from 1 to 4"),
        (lambda: pid.draw_weights("block-sparse", 12, 12, block=5), "such as 4 or 6"),
        (lambda: pid.draw_weights("iid", 4, 4, law="exponential"), "has a mean"),
        (lambda: pid.draw_weights("gaussian", 4, 4, variance=-1), "it is a variance"),
        (lambda: pid.ensemble_moments("low-rank", m, n), "the rank is missing"),
        (lambda: pid.check_pseudo_iid("low-rank", rank=1.5), "a part of n between 0 and 1"),
        (lambda: pid.finite_width_test("tanh", [4], weight_variance=1, bias_variance=0, inputs=[[0.0]], draws=20),
         "the variance of the limit is 0"),
    ],
)  # fmt: skip
def test_misuse_is_refused(call, message):
    with pytest.raises((ModelError, ShapeError), match=message) as refused:
        call()
    assert "\n" not in str(refused.value)


@pytest.mark.case("PID-19")
@pytest.mark.parametrize(
    ("ensemble", "options", "draws"),
    [
        ("gaussian", {}, 500), ("iid", {"law": "uniform-symmetric"}, 500), ("haar", {}, 80),
        ("low-rank", {"rank": 64}, 150), ("block-sparse", {"block": 32}, 500),
    ],
)  # fmt: skip
def test_deep_networks_of_width_128_have_the_variance_of_the_limit(ensemble, options, draws):
    """Orthogonal and low-rank matrices are fewer: their draws take longest, and their means spread least."""
    h = pid.preactivations(
        "tanh", [128] * 7, ensemble=ensemble, weight_variance=1.76, bias_variance=0.05, inputs=np.ones((1, 16)),
        draws=draws, neurons=128, seed=3, **options,
    )[-1][:, 0]  # fmt: skip
    assert abs((h**2).mean() - 0.5787) < 0.04
    few = h[:, :8].ravel()
    assert abs((few**4).mean() / (few**2).mean() ** 2 - 3) < 0.3 + 4 * np.sqrt(24 / len(few))


def test_the_finite_width_test_sees_the_limit_and_its_covariance():
    X = np.stack([np.ones(9), np.tile([1.0, -1.0, 1.0], 3)])
    found = pid.finite_width_test(
        "tanh", [64, 64, 64], weight_variance=2, bias_variance=0.1, inputs=X, draws=1500, seed=8
    )
    K = pid.nngp_kernel("tanh", X, 3, weight_variance=2, bias_variance=0.1)
    assert found.predicted[-1] == pytest.approx(K[0, 0])
    assert found.predicted_covariance[-1] == pytest.approx(K[0, 1])
    assert abs(found.variance[-1].mean - K[0, 0]) < 0.05 * K[0, 0]
    assert abs(found.covariance[-1].mean - K[0, 1]) < 0.05 * K[0, 0]
    assert found.kolmogorov[0].mean < 1.3 * found.chance  # the first layer is Gaussian


def test_narrow_networks_have_heavier_tails_than_wide_ones():
    def kurtosis(width):
        h = pid.preactivations(
            "tanh", [width] * 5, weight_variance=2, bias_variance=0.1, inputs=np.ones((1, 4)), draws=4000, neurons=1,
            seed=9,
        )[-1].ravel()  # fmt: skip
        return (h**4).mean() / (h**2).mean() ** 2 - 3

    assert kurtosis(3) > 0.3 > abs(kurtosis(100))


@pytest.mark.parametrize(
    "make",
    [
        lambda: edge_certificate("tanh", Fraction(1, 20)),
        lambda: edge_certificate("hard-tanh", Fraction(1, 4)),
        lambda: phase_certificate("tanh", Fraction("1.76"), Fraction(1, 20)),
        lambda: phase_certificate("relu", Fraction(1), Fraction(1, 20)),
        lambda: phase_certificate("softplus", Fraction(1), Fraction(1, 20)),
        lambda: closed_form_certificate("gelu", [R(1, 2), 3]),
        lambda: closed_form_certificate("hard-tanh", [R(1, 2), 3]),
    ],
)
def test_certificates_of_maps_are_proved_again(make):
    certificate = make()
    assert certificate.verify().verdict is Verdict.PROVED


def test_a_phase_that_is_not_decided_is_refused():
    with pytest.raises(ModelError, match="no attracting variance"):
        phase_certificate("relu", Fraction(3), Fraction(1))
