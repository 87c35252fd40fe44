"""Norms, their enclosures, the derivative of attention, and proximal maps."""

from __future__ import annotations

import dataclasses
import json
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.programs.steps import StraightLine
from symdyn.certificate.recheck.norms.enclosed_norm import check_enclosed_norm
from symdyn.certificate.refutation import RefutedError
from symdyn.certificate.verify import verify_data
from symdyn.certificate.witness.norms.enclosed_norm import EnclosedNormWitness
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.enclosed_norm import cesaro_certificate
from symdyn.numerics.enclosure import Enclosure, polynomial_roots
from symdyn.numerics.norms import (
    LinearMap,
    cesaro_norm,
    enclosed_norm,
    norm_certificate,
    operator_norm,
    stable_rank,
)
from symdyn.numerics.proximal import (
    column_shrinkage,
    polar_factor,
    singular_value_threshold,
    soft_threshold,
    truncated_svd,
)
from symdyn.numerics.softmax import attention_tangent, softmax

RNG = np.random.default_rng(0)
HALF = sp.Rational(1, 2)


@pytest.mark.parametrize("method", ["dense", "power", "lanczos", "auto"])
@pytest.mark.parametrize("shape", [(7, 7), (3, 9), (20, 4), (1, 5)])
def test_every_method_finds_the_largest_singular_value(method, shape):
    matrix = np.random.default_rng(4).normal(size=shape)
    found = operator_norm(matrix, method=method, rtol=1e-10, max_iterations=5000)
    assert found.converged
    assert found.value == pytest.approx(np.linalg.norm(matrix, 2), rel=1e-12)
    assert found.lower <= found.value * (1 + 1e-12)


def test_an_iteration_that_has_not_converged_says_so_and_is_a_lower_bound():
    matrix = np.diag(np.linspace(1, 0.999, 200))
    found = operator_norm(matrix, method="power", max_iterations=2)
    assert not found.converged
    assert found.value <= 1


def test_a_linear_map_is_as_good_as_its_matrix():
    matrix = RNG.normal(size=(6, 4))
    given = LinearMap(lambda v: matrix @ v, lambda u: matrix.T @ u, (6, 4))
    assert np.allclose(given.matrix(), matrix)
    for method in ("dense", "power", "lanczos"):
        assert float(operator_norm(given, method=method)) == pytest.approx(np.linalg.norm(matrix, 2))


def test_the_norm_of_zero_is_zero():
    assert [float(operator_norm(np.zeros((3, 3)), method=m)) for m in ("dense", "power", "lanczos")] == [0, 0, 0]
    assert enclosed_norm(np.zeros((2, 3))) == Enclosure(Fraction(0), Fraction(0))


@pytest.mark.parametrize(
    ("matrix", "norm"),
    [
        (sp.Matrix([[1, 1], [0, 1]]), (1 + sp.sqrt(5)) / 2),
        (sp.Matrix([[3, 0], [4, 5]]), 3 * sp.sqrt(5)),
        (sp.Matrix([[sp.Rational(1, 3)]]), sp.Rational(1, 3)),
        (sp.ones(4, 6), sp.sqrt(24)),
        (sp.diag(1, -7, 2), 7),
        (sp.Matrix([[0, 10**12], [1, 0]]), 10**12),
        (sp.Matrix([[sp.exp(1) / 3, 0], [0, 1]]), 1),
        (sp.Matrix([[1, sp.sqrt(2)]]), sp.sqrt(3)),
        (sp.Matrix([[sp.exp(-1), 1 - sp.exp(-1)]] * 2), sp.sqrt(2 * (sp.exp(-2) + (1 - sp.exp(-1)) ** 2))),
        (sp.Matrix([[sp.Rational(1, 10**20)]]), sp.Rational(1, 10**20)),
    ],
)
def test_a_norm_is_enclosed_around_its_exact_value(matrix, norm):
    found = enclosed_norm(matrix)
    assert found.contains(norm)
    assert found.width <= Fraction(1, 10**6) * found.high


def test_a_float_matrix_is_the_fractions_that_it_is():
    matrix = RNG.normal(size=(30, 20))
    found = enclosed_norm(matrix, digits=10)
    assert float(found.low) <= np.linalg.norm(matrix, 2) * (1 + 1e-12)
    assert float(found.high) >= np.linalg.norm(matrix, 2) * (1 - 1e-12)


def test_a_program_without_inputs_is_the_matrix_that_it_computes():
    steps = (("rational", (0, 1)), ("rational", (1, 2)), ("exp", (1,)), ("multiply", (1, 2)))
    line = StraightLine(0, steps, (2, 0, 3, 1), (2, 2))
    matrix = sp.Matrix([[sp.exp(HALF), 0], [sp.exp(HALF) / 2, HALF]])
    assert enclosed_norm(line).meets(enclosed_norm(matrix))
    assert enclosed_norm(StraightLine(0, steps, (0, 0), (1, 2))) == Enclosure(Fraction(0), Fraction(0))


def test_lanczos_finds_a_norm_far_below_the_number_of_its_vectors():
    rng = np.random.default_rng(8)
    matrix = rng.normal(size=(400, 300))
    found = operator_norm(matrix, method="lanczos", rtol=1e-10)
    assert found.converged
    assert found.iterations < 150
    assert found.value == pytest.approx(np.linalg.norm(matrix, 2), rel=1e-13)
    cut = operator_norm(matrix, method="lanczos", rtol=1e-10, max_iterations=3)
    assert not cut.converged
    assert cut.lower <= found.value


def test_the_norm_of_means_is_that_of_the_matrix_and_stays_below_two():
    for n in (1, 2, 7, 40):
        matrix = np.tril(np.ones((n, n))) / np.arange(1, n + 1)[:, None]
        assert cesaro_norm(n) == pytest.approx(np.linalg.norm(matrix, 2), rel=1e-12)
        exact = sp.Matrix(n, n, lambda i, j: sp.Rational(1, i + 1) if j <= i else 0)
        assert cesaro_norm(n, digits=10).meets(enclosed_norm(exact, digits=10))
    assert cesaro_norm(1000, digits=6).high < 2
    assert cesaro_norm(100_000) < 2  # Hardy


@pytest.mark.parametrize("matrix", [sp.Matrix([[1, sp.exp(-1)], [0, 2]]), [[0.1, 2.0, 3.0], [1.0, 0.0, 0.5]]])
def test_the_certificate_of_a_norm_is_proved_again_and_refuted_where_an_end_is_moved(matrix):
    data = json.loads(norm_certificate(matrix).to_json())
    assert verify_data(data).verdict == "proved"
    record = EnclosedNormWitness.read(data["witness"])
    near = enclosed_norm(matrix, digits=12)
    below, above = near.low * Fraction(99, 100), near.high
    for change in ({"low": Fraction(0), "high": below}, {"low": above, "high": 2 * above}):
        with pytest.raises(RefutedError, match="is no end of the largest singular value"):
            check_enclosed_norm(dataclasses.replace(record, **change), "proved")


def test_the_certificate_of_means_encloses_the_inverse_of_the_norm():
    data = json.loads(cesaro_certificate(60).to_json())
    assert verify_data(data).verdict == "proved"
    low, high = (Fraction(*data["witness"][end]) for end in ("low", "high"))
    assert float(low) < 1 / cesaro_norm(60) < float(high)


def test_the_stable_rank_is_invariant_and_lies_between_one_and_the_rank():
    matrix = RNG.normal(size=(5, 8, 6))
    found = stable_rank(matrix)
    assert found.shape == (5,)
    assert ((found >= 1) & (found <= 6)).all()
    assert np.allclose(found, stable_rank(-3 * np.swapaxes(matrix, 1, 2)))
    assert stable_rank(sp.Matrix([[1, 2], [2, 4]])) == 1
    assert stable_rank(sp.eye(3)) == 3


def test_softmax_is_invariant_under_a_shift_and_weights_are_repetitions():
    scores = RNG.normal(size=(4, 5))
    assert np.allclose(softmax(scores), softmax(scores + 700))
    twice = softmax(np.append(scores, scores[:, :1], axis=1))
    once = softmax(scores, weights=[2, 1, 1, 1, 1])
    assert np.allclose(once[:, 0], twice[:, 0] + twice[:, -1])
    masked = softmax(scores, mask=[True, True, False, True, True])
    assert (masked[:, 2] == 0).all()
    assert np.allclose(masked.sum(axis=1), 1)


@pytest.mark.parametrize("masked", [False, True])
def test_the_derivative_of_attention_is_that_of_differences_and_its_transpose(masked):
    n, d = 5, 3
    rng = np.random.default_rng(2)
    X, A, V, D, G = (rng.normal(size=size) for size in ((n, d), (d, d), (d, d), (n, d), (n, d)))
    mask = np.tril(np.ones((n, n), dtype=bool)) if masked else None
    weights = rng.random(n) + 0.5

    def output(tokens):
        return softmax(tokens @ A @ tokens.T, mask=mask, weights=weights) @ tokens @ V.T

    tangent = attention_tangent(X, A, V, mask=mask, weights=weights)
    step = 1e-5
    difference = (output(X + step * D) - output(X - step * D)) / (2 * step)
    assert np.allclose(tangent.apply(D.ravel()), difference.ravel(), atol=1e-8)  # error of the difference: step^2
    assert tangent.apply(D.ravel()) @ G.ravel() == pytest.approx(D.ravel() @ tangent.transpose(G.ravel()))


def objective(z, x, level, penalty):
    return ((z - x) ** 2).sum() / 2 + level * penalty(z)


@pytest.mark.parametrize(
    ("proximal", "penalty"),
    [
        (soft_threshold, lambda z: np.abs(z).sum()),
        (column_shrinkage, lambda z: np.linalg.norm(z, axis=0).sum()),
        (singular_value_threshold, lambda z: np.linalg.svd(z, compute_uv=False).sum()),
    ],
    ids=["entries", "columns", "singular values"],
)
def test_a_proximal_map_minimises_its_objective_and_moves_no_two_points_apart(proximal, penalty):
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(2, 6, 4))
    best = proximal(x, 0.7)
    value = objective(best, x, 0.7, penalty)
    for size in (1e-3, 1e-1, 1.0):
        assert all(objective(best + size * rng.normal(size=(6, 4)), x, 0.7, penalty) > value for _ in range(50))
    assert np.linalg.norm(best - proximal(y, 0.7)) <= np.linalg.norm(x - y)
    assert np.array_equal(proximal(x, 0), x) or np.allclose(proximal(x, 0), x, atol=1e-14)


def test_the_nearest_matrix_of_a_rank_misses_by_the_other_singular_values():
    x = RNG.normal(size=(7, 5))
    s = np.linalg.svd(x, compute_uv=False)
    for rank in range(6):
        near = truncated_svd(x, rank)
        assert np.linalg.matrix_rank(near) == rank
        assert np.linalg.norm(x - near) == pytest.approx(np.sqrt((s[rank:] ** 2).sum()), abs=1e-12)


def test_the_polar_factor_is_orthonormal_and_leaves_a_positive_matrix():
    x = RNG.normal(size=(6, 3))
    q = polar_factor(x)
    assert np.allclose(q.T @ q, np.eye(3))
    rest = q.T @ x
    assert np.allclose(rest, rest.T)
    assert (np.linalg.eigvalsh(rest) > 0).all()


def test_roots_of_a_polynomial_are_enclosed_with_multiplicity():
    x = sp.Symbol("x")
    found = polynomial_roots(sp.prod((x - k) for k in range(1, 11)), x)
    assert all(one.contains(k) for one, k in zip(found.real, range(1, 11), strict=True))
    found = polynomial_roots((x**2 - 2) ** 3 * (x**2 + x + 1), x)
    assert [one.contains(sign * sp.sqrt(2)) for one, sign in zip(found.real, (-1, 1), strict=True)] == [True, True]
    assert found.multiplicities == (3, 3, 1)
    ((real, imaginary),) = found.complex_pairs
    assert real.contains(-sp.Rational(1, 2))
    assert imaginary.contains(sp.sqrt(3) / 2)


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: operator_norm([[1, float("nan")]]), "nan or infinity"),
        (lambda: operator_norm([[1j]]), "is complex"),
        (lambda: operator_norm([[1.0]], method="lanzcos"), "did you mean lanczos"),
        (lambda: operator_norm([[1.0]], rtol=0), "between 0 and 1"),
        (lambda: stable_rank(np.zeros((2, 2))), "has no stable rank"),
        (lambda: enclosed_norm(sp.Matrix([[sp.Symbol("x")]])), "which is no real number"),
        (lambda: softmax([float("nan")]), "nan or infinity"),
        (lambda: softmax([1.0, 2.0], mask=[False, False]), "no term left"),
        (lambda: softmax([1.0], weights=[-1]), "weight is negative"),
        (lambda: soft_threshold([1.0], -1), "the level is -1"),
        (lambda: polar_factor([[1.0, 1], [1, 1]]), "not full rank"),
        (lambda: truncated_svd([[1.0]], 2), "the rank is 2"),
        (lambda: polynomial_roots(sp.sqrt(2) * sp.Symbol("x"), sp.Symbol("x")), "not rational"),
        (lambda: Enclosure(Fraction(2), Fraction(1)), "lower end first"),
        (lambda: Enclosure(0.5, 1), "an end of an enclosure is 0.5"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(call, fault):
    with pytest.raises(ModelError, match=fault) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match=r"give an array with 2 axes"):
        operator_norm([1.0, 2.0])
    with pytest.raises(ShapeError, match="tokens of dimension 2 came with"):
        attention_tangent(np.eye(2), np.eye(3), np.eye(2))
