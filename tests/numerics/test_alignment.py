"""Alignment of tokens with directions, and what chance gives."""

from __future__ import annotations

import numpy as np
import pytest

from symdyn.errors import ShapeError
from symdyn.numerics.alignment import alignment, largest_tangent, random_alignment


@pytest.mark.parametrize("d", [2, 3, 64])
def test_baselines_are_what_random_directions_give(d):
    x = np.random.default_rng(d).normal(size=(40_000, d))
    # the mean has a relative standard error of 0.4 percent
    assert alignment(x, np.eye(d)[0]) == pytest.approx(float(random_alignment(d)), rel=0.02)
    assert alignment(x, np.eye(d)[:, :2]) == pytest.approx(float(random_alignment(d, 2)), rel=0.02)


def test_the_baseline_of_a_line_is_that_of_the_paper_for_many_dimensions():
    assert float(random_alignment(768)) == pytest.approx(0.0288, abs=5e-5)
    assert float(random_alignment(768)) == pytest.approx(np.sqrt(2 / (np.pi * 768)), rel=1e-3)


def test_one_direction_and_a_plane_agree_with_angles():
    states = np.array([[3.0, 4.0, 0.0], [0.0, 1.0, 1.0]])
    assert alignment(states, [0, 5, 0]) == pytest.approx((0.8 + np.sqrt(0.5)) / 2, abs=1e-15)
    assert largest_tangent(states, [0, 5, 0]) == pytest.approx(1, abs=1e-15)
    assert alignment(states, np.eye(3)[:, 1:]) == pytest.approx(np.sqrt((0.64 + 1) / 2), abs=1e-15)
    assert largest_tangent(np.stack([states, -states]), np.eye(3)[:, :2]).tolist() == pytest.approx([1, 1], abs=1e-15)
    assert largest_tangent(states, [1, 0, 0]) == np.inf


def test_sizes_that_do_not_agree_are_refused():
    with pytest.raises(ShapeError, match=r"give \(n, d\) and \(d, k\)"):
        alignment([[1.0, 2.0]], [1.0, 2.0, 3.0])
