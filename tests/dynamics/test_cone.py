"""The cone theorem: its hypotheses decided exactly, and its bounds at random tokens and attentions."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.tokens.cone import cone, cone_radius, states_in_cone
from symdyn.errors import ModelError, ShapeError

TINY = sp.Rational(1, 10**30)


@pytest.mark.parametrize(
    ("matrix", "direction", "holds", "reason"),
    [
        (sp.diag(2, 1), [1, 0], True, "all hypotheses"),
        (sp.diag(1, 1 - TINY), [1, 0], True, "all hypotheses"),  # floats see a tie
        (sp.diag(1, -1 - TINY), [1, 0], False, "is not below lambda = 1"),
        (sp.diag(-2, 1), [1, 0], False, "not below"),
        (sp.Matrix([[1, -50], [0, sp.Rational(1, 2)]]), [1, 0], False, "complement of v is not invariant"),
        (sp.diag(2, 1), [1, 1], False, "no eigenvector"),
        (sp.Matrix([[2, 1], [1, 2]]), [1, 1], True, "all hypotheses"),  # v has a square root, v v^T has none
        (sp.Matrix([[3, 0, 0], [0, 1, 2], [0, 0, 1]]), [1, 0, 0], True, "all hypotheses"),  # nu = 1 + sqrt(2)
        (sp.Matrix([[1, 2], [2, 0]]), [1 + sp.sqrt(17), 4], True, "all hypotheses"),
    ],
)
def test_hypotheses_are_decided_exactly(matrix, direction, holds, reason):
    found = cone(matrix, sp.Matrix(direction))
    assert (found.holds, found.verdict) == (holds, Verdict.PROVED)
    assert reason in found.reason
    assert (found.rate is None) == (not holds)


def test_the_norm_is_exact_where_square_roots_suffice():
    found = cone(sp.Matrix([[3, 0, 0], [0, 1, 2], [0, 0, 1]]), sp.Matrix([1, 0, 0]))
    assert sp.simplify(found.norm - (1 + sp.sqrt(2))) == 0
    assert sp.simplify(found.rate - (2 - sp.sqrt(2))) == 0


def test_floats_are_observed():
    assert cone(sp.Matrix([[2.5, 0], [0, 1]]), sp.Matrix([1, 0])).verdict is Verdict.OBSERVED


def test_a_float_norm_of_an_exact_matrix_is_compared_exactly():
    """The Gram matrix on the complement has an irreducible cubic: no closed norm, yet a proved comparison."""
    inner = sp.Matrix([[0, 1, 1], [0, 0, 1], [1, 1, 0]])
    found = cone(sp.diag(2, inner), sp.Matrix([1, 0, 0, 0]))
    assert found.norm.is_Float
    assert (found.holds, found.verdict) == (bool(found.norm < 2), Verdict.PROVED)


@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_one_layer_keeps_to_the_bound_whatever_the_attention(seed, residual):
    random = np.random.default_rng(seed)
    n, d = 5, 4
    turn = np.linalg.qr(random.normal(size=(d, d)))[0]
    inner = random.normal(size=(d - 1, d - 1))
    value = 1.2 * np.linalg.norm(inner, 2)
    M = turn @ np.block([[np.array([[value]]), np.zeros((1, d - 1))], [np.zeros((d - 1, 1)), inner]]) @ turn.T
    found = cone(sp.Matrix(M), sp.Matrix(turn[:, 0]))
    assert found.holds
    x = states_in_cone(random, n, found.direction, 100)
    alpha = random.dirichlet(np.ones(n), size=(100, n))
    after = np.einsum("ab,zij,jbz->iaz", M, alpha, x) + (x if residual else 0)
    (before, least), (radius, later) = cone_radius(x, found.direction), cone_radius(after, found.direction)
    assert np.all(radius <= before * found.factor(least, residual=residual) * (1 + 1e-12))
    assert np.all(later >= least - 1e-12) or not residual


def test_a_token_outside_of_the_half_space_has_an_infinite_radius():
    radius, least = cone_radius([[3.0, 4.0], [-1.0, 0.0]], [2, 0])
    assert radius == np.inf
    assert least == -1
    assert cone_radius([[3.0, 4.0]], [2, 0])[0] == pytest.approx(4 / 3, abs=1e-15)


@pytest.mark.parametrize(
    ("matrix", "direction", "error", "message"),
    [
        (sp.diag(2, 1), [1, 0, 0], ShapeError, r"give \(d, d\) and d entries"),
        (sp.diag(2, 1), [0, 0], ModelError, "the direction is zero"),
        (sp.diag(sp.Symbol("a"), 1), [1, 0], ModelError, "give values to the symbols"),
    ],
)
def test_misuse_is_refused_in_one_sentence(matrix, direction, error, message):
    with pytest.raises(error, match=message):
        cone(matrix, sp.Matrix(direction))
