"""Points that coincide, regular polygons, and how many states symmetries make of one."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symdyn.geometry.points import distinct_points, regular_polygon
from symdyn.geometry.symmetry import Symmetries, commuting_rotations

TOKENS = ((0, 1), (2, 3), (4, 5))


def at(*angles):
    return np.array([(np.cos(a), np.sin(a)) for a in angles])


def test_points_and_their_negatives_count_as_one_where_asked():
    points = [[1, 0], [-1, 0], [0, 1], [1, 1e-9]]
    assert distinct_points(points)[1] == (2, 1, 1)
    assert distinct_points(points, up_to_sign=True)[1] == (3, 1)


@pytest.mark.parametrize("corners", [3, 4, 7])
def test_corners_of_a_regular_polygon_are_counted_whatever_the_plane_and_how_often_they_occur(corners):
    circle = at(*(2 * np.pi * np.arange(corners) / corners + 0.3))
    plane = np.linalg.qr(np.random.default_rng(corners).normal(size=(4, 2)))[0].T
    assert regular_polygon(circle) == regular_polygon(np.vstack([circle, circle]) @ plane) == corners
    assert regular_polygon(np.vstack([circle, circle[:1]])) is None
    assert regular_polygon(circle * np.linspace(1, 1.1, corners)[:, None]) is None


def test_segments_and_points_out_of_a_plane_are_no_polygon():
    assert regular_polygon(at(0, np.pi)) is None
    assert regular_polygon(np.vstack([np.eye(3), -np.ones((1, 3))])) is None


@pytest.mark.parametrize(
    ("angles", "states"), [((0, 0, 0), 2), ((0, 0, np.pi), 6), ((0.3, 0.3, 2), 6), ((0.3, 1, 2.5), 12)]
)
def test_states_are_counted_by_permutations_and_the_global_sign(angles, states):
    symmetries = Symmetries(TOKENS, (-sp.eye(6),), (), ("global sign",))
    assert symmetries.orbit_size(at(*angles).ravel()) == states


def test_an_image_that_is_a_permutation_is_no_new_state():
    swapped = Symmetries(((0,), (1,)), (-sp.eye(2),), (), ())
    assert swapped.orbit_size(np.array([1.0, -1.0])) == 2
    assert swapped.orbit_size(np.array([1.0, 2.0])) == 4
    assert Symmetries((), (-sp.eye(2),), (), ()).orbit_size(np.array([1.0, -1.0])) == 2


def test_rotations_that_commute_are_those_of_the_equal_eigenvalues():
    assert commuting_rotations([sp.diag(2, 1)]) == ()
    (turn,) = commuting_rotations([sp.diag(2, 2, 1)])
    assert turn * sp.diag(2, 2, 1) == sp.diag(2, 2, 1) * turn
    assert len(commuting_rotations([sp.eye(3)])) == 3
    assert commuting_rotations([sp.Matrix([[0.5]])]) == ()
