"""Leaves of laws: projection, steps, and the Hessian along a leaf."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symdyn import conservation_laws, networks
from symdyn.errors import ModelError, ShapeError
from symdyn.training.leaf import Leaf

u, v, w = sp.symbols("u v w")
HYPERBOLA = Leaf([u**2 - v**2], (u, v), (2, 1))


def linear_leaf(seed):
    network = networks.linear(3, 2, 2)
    point = np.random.default_rng(seed).normal(size=network.dimension)
    return Leaf(conservation_laws(network).laws, network.coords, point)


@pytest.mark.parametrize("seed", range(3))
def test_projection_lands_on_the_leaf_and_moves_along_normals_to_first_order(seed):
    leaf = linear_leaf(seed)
    away = np.array(leaf.point) + 1e-4 * np.random.default_rng(seed + 10).normal(size=len(leaf.coords))
    back = leaf.project(away)
    again = Leaf(leaf.laws, leaf.coords, back)
    np.testing.assert_allclose(again.values, leaf.values, atol=1e-12)  # stops at a few units of roundoff
    assert np.abs(leaf.tangent(back, back - away)).max() < 1e-7  # what is left is of second order, (1e-4)^2


@pytest.mark.parametrize("seed", range(3))
def test_a_step_stays_on_the_leaf_and_agrees_with_the_direction_to_first_order(seed):
    leaf = linear_leaf(seed)
    direction = np.random.default_rng(seed).normal(size=len(leaf.coords))
    end = leaf.step(leaf.point, direction, 1e-4)
    np.testing.assert_allclose(Leaf(leaf.laws, leaf.coords, end).values, leaf.values, atol=1e-12)  # roundoff
    speed = (end - np.array(leaf.point)) / 1e-4
    np.testing.assert_allclose(speed, leaf.tangent(leaf.point, direction), atol=1e-2)  # first order in 1e-4


def test_the_gradient_of_a_loss_is_tangent_already():
    """That is what a law says: steps along gradients need the projection only for the second order."""
    slope = np.array([1.0, 2.0])  # of f(u v) = u v at (2, 1): (v, u)
    np.testing.assert_allclose(HYPERBOLA.tangent((2, 1), slope), slope, atol=1e-14)  # roundoff


def test_hessian_on_a_leaf_at_a_minimum_forgets_the_neutral_direction_of_the_scaling():
    """L = (u v - 2)^2 / 2 at (2, 1): Hessian (1 2; 2 4) has eigenvalues 0 and 5; on the leaf 5 alone remains."""
    found = HYPERBOLA.restricted_hessian((u * v - 2) ** 2 / 2)
    assert (found.signs.positive, found.signs.zero, found.signs.negative) == (1, 0, 0)
    assert found.multipliers == (0,)
    assert found.eigenvalues == pytest.approx((5.0,))


def test_hessian_on_a_leaf_uses_the_curvature_of_the_leaf():
    """On the circle u^2 + v^2 = 1 the height v is largest at (0, 1): Hess v is zero, the second derivative is -1."""
    found = Leaf([u**2 + v**2], (u, v), (0, 1)).restricted_hessian(v)
    assert found.multipliers == (sp.Rational(1, 2),)
    assert (found.signs.positive, found.signs.zero, found.signs.negative) == (0, 0, 1)
    assert found.eigenvalues == pytest.approx((-1.0,))


def test_floats_give_the_same_eigenvalues_and_no_exact_signs():
    exact = HYPERBOLA.restricted_hessian((u * v - 2) ** 2 / 2)
    floats = HYPERBOLA.restricted_hessian((u * v - 2) ** 2 / 2, (2.0, 1.0))
    assert floats.signs is None
    assert floats.eigenvalues == pytest.approx(exact.eigenvalues)


def test_dependent_laws_do_not_disturb():
    """Laws of (1, 3, 1) number 6 of which 5 are independent."""
    network = networks.linear(1, 3, 1)
    leaf = Leaf(conservation_laws(network).laws, network.coords, [1, 2, 3, 3, 2, 1])
    assert len(leaf.laws) == 6
    found = leaf.restricted_hessian((network.outputs[0] - 10) ** 2 / 2)
    assert found.signs.size == 1


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Leaf([], (u, v), (1, 2)), ModelError, "there are no laws"),
        (lambda: Leaf([u - w], (u, v), (1, 2)), ModelError, "`w` in a law is no coordinate"),
        (lambda: Leaf([u - v], (u, v), (1, 2, 3)), ShapeError, "the point has 3 numbers: give 2"),
        (lambda: Leaf([u - v], (u, v), {u: 1}), ModelError, "the point has no value for v"),
        (lambda: HYPERBOLA.restricted_hessian(u), ModelError, "the loss is not critical on the leaf here"),
        (lambda: Leaf([u**2], (u, v), (1, 1)).project([0.0, 1.0]), ModelError, "laws are dependent at this point"),
    ],
)
def test_misuse_is_one_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Leaf(u * v, (u, v), (1, 1)), r"the laws are u\*v: give a list of them"),
        (lambda: Leaf("u*v", (u, v), (1, 1)), "the laws are 'u\\*v': give a list"),
        (lambda: Leaf([u * v], (u, v), None), "the point is None: give a number for each of u, v"),
        (lambda: Leaf([u * v], (u, v), "ab"), "the point is 'ab'"),
        (lambda: Leaf([u * v], (u, v), (1j, 1)), "u is 1j in the point: give a finite real number"),
        (lambda: Leaf([u * v], (u, v), (w, 1)), "u is w in the point: give a finite real number"),
        (lambda: Leaf([u * v], (u, v), (float("nan"), 1)), "u is nan in the point"),
        (lambda: Leaf([sp.log(u) - v], (u, v), (-1, 1)), "a law has no finite real value at the point of the leaf"),
        (lambda: Leaf([v / u], (u, v), (0, 1)), "a law has no finite real value at the point of the leaf"),
        (lambda: Leaf([u * v], (u, v), (1, 1)).project([float("inf"), 1]), "u is inf in the point"),
        (lambda: Leaf([u * v], (u, v), (1, 1)).project("ab"), "the point is 'ab'"),
        (lambda: Leaf([sp.log(u) - v], (u, v), (1, 1)).project([-1, 1]), "the point was not carried to the leaf"),
        (lambda: Leaf([u * v], (u, v), (1, 1)).project([0, 0]), r"are dependent at this point \(rank 0, and 1"),
        (
            lambda: Leaf([u**2 + v**2, u], (u, v), (1, 2)).project([5.0, 0.0]),
            r"the laws are dependent at this point \(rank 1, and 2 on the leaf\)",
        ),
        (lambda: Leaf([u * v], (u, v), (1, 1)).step([1, 1], [1, float("nan")]), "v is nan in the direction"),
        (lambda: Leaf([u * v], (u, v), (1, 1)).step([1, 1], [1, -1], float("nan")), "the size of the step is nan"),
        (lambda: Leaf([u * v], (u, v), (1, 1)).restricted_hessian(w * u), "`w` in the loss is no coordinate"),
    ],
)
def test_points_and_laws_that_cannot_be_used_are_refused_in_one_sentence(call, message):
    with pytest.raises(ModelError, match=message) as refusal:
        call()
    assert "\n" not in str(refusal.value)


def test_laws_that_depend_on_each_other_make_one_leaf():
    leaf = Leaf([u**2 - v**2, 2 * u**2 - 2 * v**2], (u, v), (2, 1))
    x, y = leaf.project([2.0, 1.5])
    assert abs(x**2 - y**2 - 3) < 1e-12  # rounding
