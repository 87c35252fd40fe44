"""Interval covers: complete lists are proved complete, incomplete ones are not."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.equilibrium.cover.circles import cover, is_coverable
from tests.equilibrium.attention import attention


def points_of(found):
    return np.asarray([list(item.point.values()) for item in found]).T


@pytest.mark.parametrize(("spectrum", "beta"), [([1, -2], 1), ([3, 2], sp.Rational(3, 2))])
def test_a_list_without_one_equilibrium_is_not_complete(spectrum, beta):
    flow = attention(sp.diag(*spectrum), sp.diag(*spectrum), beta, 2)
    found = sd.equilibria(flow, starts=500, covered=False)
    assert found.completeness.verdict is sd.Verdict.OBSERVED
    points = points_of(found)
    assert cover(flow, points).is_complete
    for missing in range(points.shape[1]):
        assert not cover(flow, np.delete(points, missing, axis=1)).is_complete


def test_the_budget_is_an_answer_and_not_a_proof():
    flow = attention(sp.diag(1, -2), sp.diag(1, -2), 1, 2)
    found = cover(flow, points_of(sd.equilibria(flow, covered=False)), max_boxes=10)
    assert not found.is_complete
    assert "budget" in found.reason


def test_a_circle_of_equilibria_is_never_covered():
    """V = I: every consensus state is an equilibrium."""
    flow = attention(sp.eye(2), sp.eye(2), 1, 2, symmetric=False)
    found = cover(flow, np.asarray([[1.0, 0.0, 1.0, 0.0]]).T)
    assert not found.is_complete
    assert "degenerate" in found.reason


def test_one_circle_without_symmetries_is_covered_too():
    """Oja's flow of diag(2, 1): the eigenvectors and their negatives."""
    x, y = sp.symbols("x y")
    circle = sd.Constraint((x, y), [x**2 + y**2 - 1], factors=((0, 1),))
    radial = 2 * x**2 + y**2
    flow = sd.Flow(sd.VectorField((x, y), [2 * x - radial * x, y - radial * y]), circle)
    found = sd.equilibria(flow)
    assert len(found) == 4
    assert found.completeness.verdict is sd.Verdict.PROVED
    assert "interval cover" in found.completeness.method


def test_only_products_of_circles_are_covered():
    assert not is_coverable(attention(sp.diag(3, 2, 1), sp.eye(3), 1, 2))
    x = sp.Symbol("x")
    assert not is_coverable(sd.Flow(sd.VectorField((x,), [x])))


@pytest.mark.slow("covers four angles")
def test_four_tokens_are_covered():
    flow = attention(sp.diag(3, 2), sp.diag(3, 2), sp.Rational(3, 2), 4)
    found = sd.equilibria(flow, starts=3000, covered=True)
    assert found.completeness.verdict is sd.Verdict.PROVED
