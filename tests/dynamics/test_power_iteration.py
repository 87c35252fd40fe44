"""Power iteration: predicted rates against the powers of matrices."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.spectra.dominance import dominance, eigenvalue_certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.multipliers import derivative_across, stability_by_multipliers
from symdyn.dynamics.tokens.power_iteration import defective_tangent, geometric_ratio, growth_exponent, predicted_rate
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.alignment import largest_tangent
from symdyn.numerics.convergence import geometric_rate, power_exponent, turn_per_step

SIX = [[0, 3, 0], [1, 2, 0], [0, 0, -2]]


def powers(F, shift, steps, growing=False):
    x = np.ones(len(F))
    path = [x]
    for _ in range(steps):
        x = x + F @ x / np.linalg.norm(x) if growing else (shift * x + F @ x)
        x = x if growing else x / np.linalg.norm(x)
        path.append(x)
    return np.stack(path)[:, None]


@pytest.mark.parametrize("shift", [0, 1])
@pytest.mark.parametrize("F", [np.diag([3.0, 1, -1]), np.diag([1.0, -4]), np.array([[2.0, 1], [1, 3]]), np.array(SIX)])
def test_tangents_fall_by_the_predicted_factor(F, shift):
    found = dominance(sp.ImmutableMatrix(F.tolist()), shift=shift)
    path = powers(F, shift, 200)
    rate = predicted_rate(found)
    assert rate.kind == "geometric"
    measured = geometric_rate(largest_tangent(path, found.leading_span(F)))
    assert measured == pytest.approx(float(rate.value), rel=1e-4)


def test_growing_iterations_fall_by_the_predicted_power():
    found = dominance(sp.ImmutableMatrix(sp.diag(2, 1)), "real part")
    assert predicted_rate(found).value == growth_exponent(2, 1) == -sp.Rational(1, 2)
    path = powers(np.diag([2.0, 1.0]), 1, 20_000, growing=True)
    # corrections fall like log(t)/t
    assert power_exponent(largest_tangent(path, [1.0, 0.0])) == pytest.approx(-0.5, abs=1e-3)


def test_a_complex_pair_turns_and_its_plane_is_the_leading_span():
    F = np.array([[1.0, -2, 5], [2, 1, 0], [0, 0, 0.25]])
    found = dominance(sp.ImmutableMatrix(F.tolist()), shift=1)
    span, rate, path = found.leading_span(F), predicted_rate(found), powers(F, 1, 400)
    assert (found.kind, rate.kind, span.shape) == ("complex pair", "rotation", (3, 2))
    assert largest_tangent(path, span)[-1] < 1e-12
    assert turn_per_step(path[:, 0] @ span) == pytest.approx(float(rate.value), abs=5e-3)
    assert float(rate.value) == pytest.approx(np.pi / 4, abs=1e-12)


def test_a_defective_block_falls_like_one_over_t():
    path = powers(np.array([[1.0, 1], [0, 1]]), 1, 1000)
    assert predicted_rate(dominance(sp.ImmutableMatrix([[1, 1], [0, 1]]), shift=1)).kind == "1/t"
    assert power_exponent(largest_tangent(path, [1.0, 0.0])) == pytest.approx(-1, abs=5e-3)
    assert defective_tangent(1, 4) == sp.Rational(1, 2)


@pytest.mark.parametrize(
    ("F", "shift", "kind"),
    [([[1, 0], [0, -3]], 1, "tie"), ([[-1, 1], [0, -1]], 1, "nilpotent"), ([[0, 2], [1, 0]], 0, "tie")],
)
def test_where_nothing_is_reached_there_is_no_rate(F, shift, kind):
    found = dominance(sp.ImmutableMatrix(F), shift=shift)
    assert (found.kind, predicted_rate(found).kind, predicted_rate(found).latex) == (kind, "none", "")


def test_all_leading_eigenvectors_of_a_tie_are_in_the_span():
    found = dominance(sp.ImmutableMatrix(sp.diag(1, -3, 0)), shift=1)
    assert largest_tangent(found.leading_span(np.diag([1.0, -3, 0])).T, np.eye(3)[:, :2]) < 1e-15


@pytest.mark.parametrize(
    ("F", "proved"),
    [
        (SIX, True),
        ([[0, 2], [1, 0]], True),
        ([[1, -2], [2, 1]], True),
        ([[0, 0, 1], [1, 0, 1], [0, 1, 0]], False),  # t^3 - t - 1
        ([[0.5, 0], [0, 1]], False),
    ],
)
def test_eigenvalues_up_to_degree_two_are_certified(F, proved):
    found = eigenvalue_certificate(sp.ImmutableMatrix(F))
    assert (found is not None) == proved
    assert not proved or found.verify().verdict is Verdict.PROVED


def test_numerical_eigenvalues_agree_with_the_exact_leaders():
    F = np.array(SIX, dtype=float)
    found = dominance(sp.ImmutableMatrix(SIX))
    assert found.leading == (3,)
    assert found.deficit(F) < 1e-14
    assert found.deficit(np.diag([4.0, 3.0])) == pytest.approx(0.25, abs=1e-15)


def test_misuse_is_refused_in_one_sentence():
    with pytest.raises(ModelError, match="annihilated at the shift 1"):
        geometric_ratio(-1, 2)
    with pytest.raises(ModelError, match="the norm does not grow"):
        growth_exponent(-1, -2)
    with pytest.raises(ModelError, match="does not change the order"):
        dominance(sp.ImmutableMatrix([[1]]), "real part", 1)
    with pytest.raises(ShapeError, match="give a square one"):
        dominance(sp.ImmutableMatrix([[1, 2]]))


def test_multipliers_are_counted_by_their_exact_modulus():
    almost = 1 - sp.Rational(1, 10**30)
    found = stability_by_multipliers(((sp.Integer(-1), 2), (almost, 3), ((3 + 4 * sp.I) / 5, 1)))
    assert (found.unstable, found.neutral, found.stable, found.conclusion) == (0, 3, 3, "inconclusive")
    assert stability_by_multipliers(((sp.Float(2), 1),)).verdict is Verdict.OBSERVED
    with pytest.raises(ModelError, match="give values to its symbols"):
        stability_by_multipliers(((sp.Symbol("a"), 1),))


def test_the_derivative_across_a_token_of_a_power_step_is_the_quotient_of_eigenvalues():
    from symdyn.dynamics.iteration import Iteration

    x = sp.Matrix(sp.symbols("x y z", real=True))
    image = sp.diag(4, 2, 1) * x
    step = Iteration(tuple(x), image / sp.sqrt((image.T * image)[0]))
    assert derivative_across(step, sp.Matrix([[1, 0, 0]])) == sp.diag(sp.Rational(1, 2), sp.Rational(1, 4))
