"""Regions of ReLU networks, least squares on cones and collisions: against the re-checker, SciPy and plain geometry."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import nnls

from symdyn.algebra.cones.nearest import collision, nearest_in_cone
from symdyn.algebra.cones.relu_regions import relu_regions, simplicial
from symdyn.certificate.recheck.cones.regions import Network, pieces
from symdyn.certificate.witness.cones.matrices import ScaledMatrix
from symdyn.certificate.witness.cones.relu_range import ReluRangeWitness


def small_weights(seed, *sizes):
    """Whole numbers from -1 to 1: zero rows, parallel rows and dead units come often."""
    rng = np.random.default_rng(seed)
    return [rng.integers(-1, 2, size=(n, k)).tolist() for k, n in itertools.pairwise(sizes)]


@pytest.mark.parametrize("sizes", [(1, 3, 2), (2, 5, 4), (2, 3, 3, 3), (3, 5, 4), (3, 4, 4, 4)])
@pytest.mark.parametrize("seed", range(6))
def test_regions_have_the_patterns_of_cut_orthants(sizes, seed):
    weights = small_weights(seed, *sizes)
    regions = relu_regions(weights, len(weights))
    network = Network(ReluRangeWitness(tuple(ScaledMatrix(tuple(map(tuple, W))) for W in weights)))
    found = [tuple(itertools.chain(*one.pattern)) for one in regions]
    assert len(set(found)) == len(found)
    assert set(found) == {network.pattern(piece) for piece in pieces(network)}


@pytest.mark.parametrize("seed", range(4))
def test_a_plane_is_cut_into_sectors_that_turn_once_around(seed):
    regions = relu_regions(small_weights(seed + 10, 2, 6, 5), 2)
    turn = 0.0
    for region in regions:
        if len(region.rays) == 2:
            a, b = (np.array(ray, dtype=float) for ray in region.rays)
            turn += float(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1)))
        else:
            turn += np.pi
    assert turn == pytest.approx(2 * np.pi)


def test_cones_in_space_have_independent_parts():
    weights = np.random.default_rng(0).integers(-99, 99, size=(7, 3)).tolist()
    for region in relu_regions([weights], 1):
        for part in simplicial(region.rays, 3):
            assert abs(np.linalg.det(np.array(part, dtype=float))) > 0


@pytest.mark.parametrize("seed", range(30))
def test_least_squares_on_a_cone_are_those_of_floats(seed):
    rng = np.random.default_rng(seed)
    E, y = rng.integers(-3, 4, size=(1 + seed % 3, 1 + seed % 5)), rng.integers(-5, 6, size=1 + seed % 5)
    gain, weights = nearest_in_cone(E.tolist(), y.tolist())
    assert min(weights) >= 0
    reached = [sum((w * x for w, x in zip(weights, column, strict=True)), Fraction(0)) for column in E.T.tolist()]
    left = sum((a - int(b)) ** 2 for a, b in zip(reached, y, strict=True))
    assert left == int(y @ y) - gain
    assert float(left) == pytest.approx(nnls(E.T.astype(float), y.astype(float))[1] ** 2, abs=1e-9)


def test_a_collision_is_told_from_vectors_that_are_equal():
    assert collision([(1, 0), (-1, 0)], [(1, 2), (-1, -2)]) is None  # one measurement, one output
    assert collision([(1, 0), (-1, 0)], [(1, 2), (-1, 2)]) == (1, 1)
    assert collision([(0,), (1,)], [(3,), (1,)]) == (1, 0)
    assert collision([(1,), (1,)], [(3,), (1,)]) is None
