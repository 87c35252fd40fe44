"""Cones, global recovery and separation on the range of a generator, against other routes to the same answers."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from scipy.optimize import linprog, minimize

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.systems import generative_compressed_sensing as gcs
from symdyn.systems.generative_compressed_sensing.generator import dyadic


def normal_weights(seed, *sizes):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, k)) for k, n in itertools.pairwise(sizes)]


@pytest.mark.parametrize(
    ("sizes", "linear_last"), [((2, 8, 40), True), ((2, 5, 6), False), ((3, 6, 4), False), ((1, 4, 3), False)]
)
def test_on_every_cone_the_network_is_its_matrix_and_every_direction_is_in_a_cone(sizes, linear_last):
    cones = gcs.relu_cones(normal_weights(1, *sizes), linear_last=linear_last)
    network = cones.generator
    for rays, A in zip(cones.rays, cones.maps, strict=True):
        weights = np.random.default_rng(2).uniform(size=(5, len(rays)))
        z = weights @ rays
        assert np.allclose(network(z), z @ A.T, atol=1e-12)
    z = np.random.default_rng(3).normal(size=(300, sizes[0]))
    within = np.zeros(len(z), dtype=bool)
    for _, part in cones.simplices:
        columns = np.array([[float(x) for x in ray] for ray in part])
        columns /= np.linalg.norm(columns, axis=1, keepdims=True)
        within |= (np.linalg.solve(columns.T, z.T) >= -1e-12).all(axis=0)
    assert within.all()
    assert cones.complete.verify().verdict is Verdict.PROVED


def test_exact_weights_give_exact_rays_and_maps():
    cones = gcs.relu_cones([sp.Matrix([[1, 0], [0, sp.Rational(1, 2)], [1, 1]])])
    assert cones.count == 6
    assert cones.rays[0] == sp.Matrix([[1, 0], [0, 1]])
    assert cones.maps[0] == sp.Matrix([[1, 0], [0, sp.Rational(1, 2)], [1, 1]])
    assert sorted(cones.active) == [0, 1, 1, 2, 2, 3]
    assert cones.dead == tuple(k for k, active in enumerate(cones.active) if active == 0)


def test_zero_and_parallel_rows_make_fewer_cones():
    assert gcs.relu_cones([[[1, 0], [0, 1], [0, 0], [2, 0], [-3, 0]]]).count == 4
    half_planes = gcs.relu_cones([[[1, 2], [2, 4]]])
    assert half_planes.count == 2
    assert half_planes.complete.verify().verdict is Verdict.PROVED
    assert gcs.relu_cones([np.zeros((3, 2))]).count == 1


def test_a_thin_cone_is_not_missed():
    """Between two rows that differ by a rounding error there is a cone, which no grid of directions sees."""
    edge = [1.0, np.nextafter(1.0, 2.0)]
    assert gcs.relu_cones([[[1.0, 1.0], edge]]).count == 4


@pytest.mark.parametrize("seed", range(4))
def test_the_minimum_over_cones_is_below_every_local_search(seed):
    weights = normal_weights(seed, 2, 6, 9)
    network = gcs.generator_of(weights)
    rng = np.random.default_rng(seed)
    M, y = rng.normal(size=(5, 9)), rng.normal(size=5)
    found = gcs.recover(M, weights, y)

    def value(z):
        return np.linalg.norm(M @ network(z) - y)

    assert value(found.latent) == pytest.approx(found.residual, abs=1e-12)
    local = [minimize(value, rng.normal(size=2), method="Nelder-Mead").fun for _ in range(8)]
    assert found.residual <= min(local) + 1e-9
    assert gcs.recover(M, weights, y, method="gradient").residual >= found.residual - 1e-9
    assert found.optimal.verdict is found.optimal.verify().verdict is Verdict.PROVED
    exact = found.optimal.witness["points"][0]
    assert value([x / exact["scale"] for x in exact["entries"]]) == pytest.approx(found.residual, abs=1e-9)


@pytest.mark.parametrize("factors", [(1e-150, 1.0, 1.0), (1.0, 1e150, 1.0), (1e100, 1e-120, 1e-90)])
def test_units_of_matrix_data_and_weights_change_nothing(factors):
    weights = normal_weights(2, 2, 6, 9)
    rng = np.random.default_rng(0)
    M, y = rng.normal(size=(5, 9)), rng.normal(size=5)
    plain = gcs.recover(M, weights, y)
    a, b, c = factors
    scaled = gcs.recover(a * M, [weights[0], c * weights[1]], b * y)
    assert np.allclose(scaled.latent * (a * c / b), plain.latent, rtol=1e-10)


def test_exact_data_give_the_exact_minimiser():
    found = gcs.recover(sp.Matrix([[1, 0, 2], [0, 1, -1]]), [[[1, 0], [0, 1], [1, 1]]], [2, Fraction(1, 2)])
    point = found.optimal.witness["points"][0]
    # with a < 0 < a + b the two measurements are 2 (a + b) and -a
    assert [Fraction(x, point["scale"]) for x in point["entries"]] == [Fraction(-1, 2), Fraction(3, 2)]
    assert found.residual <= 1e-15


def test_gradient_takes_any_latent_dimension():
    weights = normal_weights(0, 5, 12, 30)
    x = gcs.generator_of(weights)(np.random.default_rng(1).normal(size=5))
    M = np.random.default_rng(2).normal(size=(25, 30))
    found = gcs.recover(M, weights, M @ x, method="gradient")
    assert np.linalg.norm(found.signal - x) <= 1e-6 * np.linalg.norm(x)
    assert found.optimal.verdict is Verdict.OBSERVED
    assert found.optimal.verify().verdict is Verdict.OBSERVED


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_separation_is_decided_as_linear_programs_decide_it(rows):
    """Pairs of cones: the largest difference of outputs among vectors with equal measurements, by floats."""
    weights = normal_weights(3, 2, 4, 5)
    M = np.random.default_rng(rows).normal(size=(rows, 5))
    cones = gcs.relu_cones(weights)
    largest = 0.0
    parts = [np.array([cones.generator(ray / np.linalg.norm(ray)) for ray in np.array(part, dtype=float)])
             for _, part in cones.simplices]  # fmt: skip
    for one, other in itertools.combinations_with_replacement(parts, 2):
        D = np.vstack([one, -other]).T
        for c in D:
            for sign in (1, -1):
                result = linprog(-sign * c, A_eq=M @ D, b_eq=np.zeros(rows), bounds=(0, 1))
                largest = max(largest, -result.fun)
    found = gcs.injective_on_range(M, weights)
    assert found.verdict is (Verdict.REFUTED if largest > 1e-7 else Verdict.PROVED)
    assert found.verify().verdict is Verdict.PROVED
    if found.verdict is Verdict.REFUTED:
        z = [[float(Fraction(x, p["scale"])) for x in p["entries"]] for p in found.witness["points"]]
        outputs = cones.generator(np.array(z))
        assert np.allclose(M @ outputs[0], M @ outputs[1], atol=1e-9)
        assert not np.allclose(outputs[0], outputs[1], atol=1e-9)


def test_twice_the_latent_dimension_is_enough_for_a_generic_matrix():
    for k in (1, 2):
        weights = normal_weights(5, k, 6, 12)
        M = np.random.default_rng(6).normal(size=(2 * k, 12))
        assert gcs.injective_on_range(M, weights, linear_last=True).verdict is Verdict.PROVED
        assert gcs.colliding(M, weights, linear_last=True) is None


def test_a_matrix_of_rank_one_has_two_vectors_that_look_alike():
    weights = [[[1, 0], [0, 1], [1, -1]], [[1, 2, 0], [0, 1, 1], [3, 0, 1]]]
    found = gcs.colliding([[1, 1, 1]] * 3, weights)
    assert found.verdict is found.verify().verdict is Verdict.PROVED
    assert gcs.injective_on_range([[1, 1, 1]] * 3, weights).verdict is Verdict.REFUTED


@pytest.mark.parametrize("seed", range(3))
def test_the_error_is_below_the_sum_of_its_parts(seed):
    rng = np.random.default_rng(seed)
    cones = gcs.relu_cones(normal_weights(seed, 2, 8, 40), linear_last=True)
    x = cones.generator(rng.normal(size=2)) + 0.05 * rng.normal(size=40)
    for B in (np.eye(12), np.diag(np.arange(1.0, 21) ** -0.25)):
        M = B @ rng.normal(size=(B.shape[1], 40))
        found = gcs.error_split(M, cones, x, 0.1 * rng.normal(size=len(B)), 0.01)
        assert found.error <= found.bound
        assert found.bound == pytest.approx(found.noise + found.optimisation + found.mismatch)
    on_range = gcs.error_split(M, cones, cones.generator(rng.normal(size=2)))
    assert on_range.noise == on_range.optimisation == 0
    assert on_range.error <= 1e-10
    assert gcs.error_split(np.ones((3, 40)), cones, x).bound == np.inf  # rank one: there is no bound
    given = gcs.error_split(M, cones, x, 2.0, 0.5, denominator=4.0)
    assert (given.noise, given.optimisation) == (pytest.approx(1.0), pytest.approx(0.125))


def test_success_rises_with_rank_and_rank_one_fails():
    families = {"identity": [np.eye(m) for m in (1, 3, 8)], "rank one": np.ones((4, 4))}
    curve = gcs.success_curve(families, normal_weights(0, 2, 8, 40), draws=40, linear_last=True)
    rates = [float(point.success) for point in curve.points]
    assert rates[0] < 0.2
    assert rates[2] == 1
    assert rates[3] < 0.2
    assert [point.rank for point in curve.points] == pytest.approx([1, 3, 8, 1])
    assert all(point.success.low <= float(point.success) <= point.success.high for point in curve.points)


def test_floats_are_the_fractions_that_they_are():
    matrix = np.array([[0.1, -3.0], [2.0**-40, 7.5]])
    found = dyadic(matrix)
    assert [[Fraction(x, found.scale) for x in row] for row in found.rows] == [
        [Fraction(float(x)) for x in row] for row in matrix
    ]


def test_the_study_holds_for_other_generators_and_families():
    for options in ({"latent": 1, "widths": (5,), "mixing": "blocks"}, {"latent": 3, "widths": (6,), "size": 40}):
        system = gcs.build(**options, draws=20)
        for claim in system.claims:
            assert claim.measured(seed=3).holds is True, claim.id


@pytest.mark.parametrize(
    ("z", "said"), [([1, 2, 3], r"shape \(3,\): give \(..., 2\)"), (3, r"shape \(\)"), ([1, np.nan], "nan")]
)
def test_latent_vectors_that_do_not_fit_are_refused(z, said):
    cones = gcs.relu_cones(normal_weights(0, 2, 4))
    with pytest.raises((ModelError, ShapeError), match=f"the latent vector .*{said}"):
        cones.generator(z)
