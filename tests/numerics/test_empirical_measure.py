"""Measures with finitely many atoms: splitting changes no moment, merging undoes it, maps move the atoms alone."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.empirical_measure import measure

R = sp.Rational
ATOMS = np.random.default_rng(0).normal(size=(5, 2))
WEIGHTS = np.array([0.1, 0.2, 0.3, 0.15, 0.25])


@pytest.mark.parametrize("copies", [1, 2, 5])
def test_splitting_changes_no_moment_and_merging_undoes_it(copies):
    mu = measure(ATOMS, WEIGHTS)
    split = mu.split(copies)
    assert len(split) == 5 * copies
    for powers in [(0, 0), (1, 0), (2, 3)]:
        assert split.moment(powers) == pytest.approx(mu.moment(powers))
    back = split.merged()
    order = np.lexsort(ATOMS.T[::-1])
    assert np.array_equal(back.atoms, ATOMS[order])
    assert np.allclose(back.weights, WEIGHTS[order])


def test_an_affine_map_moves_the_mean_by_the_same_map():
    A, b = np.array([[1.0, 2], [0, 1], [3, -1]]), np.array([1.0, 0, 2])
    moved = measure(ATOMS, WEIGHTS).push_forward(lambda x: x @ A.T + b)
    assert moved.dimension == 3
    assert np.allclose(moved.mean, A @ (WEIGHTS @ ATOMS) + b)


def test_exact_numbers_stay_exact():
    mu = measure([[R(1, 2), 1], [0, Fraction(1, 3)], [R(1, 2), 1]], [R(1, 4), Fraction(1, 2), R(1, 4)])
    assert mu.is_exact
    assert mu.mean == (R(1, 4), R(2, 3))
    assert mu.moment((1, 2)) == R(1, 4)
    assert mu.split(3).merged().weights == mu.merged().weights == (R(1, 2), R(1, 2))
    assert mu.push_forward(lambda x: 2 * x).mean == (R(1, 2), R(4, 3))
    assert measure([sp.sqrt(2), 0]).moment(2) == 1


def test_floats_beside_exact_numbers_make_floats():
    assert not measure([[0.5], [sp.Rational(1, 2)]]).is_exact
    assert not measure([R(1, 2), 1], [0.5, 0.5]).is_exact
    assert measure([[1, 2]]).mean.dtype == float


def test_an_atom_of_weight_zero_drops_out_and_moments_stay():
    assert len(measure(ATOMS, [0.5, 0, 0.5, 0, 0])) == 2
    assert len(measure([R(1, 2), R(1, 3)], [1, 0])) == 1
    assert measure([3.0, 7.0], [0, 1]).tokens.tolist() == [[7.0]]


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: measure([]), "has no atom"),
        (lambda: measure(sp.zeros(0, 2)), "has no atom"),
        (lambda: measure([0.0, 1], [0.5, 0.6]), r"sum to 1.1, not to 1"),
        (lambda: measure([R(1, 2)], [R(1, 2)]), "sum to 1/2, not to 1"),
        (lambda: measure([0.0, 1], [1.5, -0.5]), "a weight is"),
        (lambda: measure([0.0, 1], [0, 0]), "sum to 0"),
        (lambda: measure([0.0, float("nan")]), "nan or infinity"),
        (lambda: measure([0.0]).split(0), "the number of copies is 0"),
        (lambda: measure([0.0]).moment(-1), "a power of a moment is -1"),
    ],
)
def test_what_is_no_measure_is_refused_in_one_sentence(call, fault):
    with pytest.raises(ModelError, match=fault) as refused:
        call()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: measure([[1.0, 2], [3]]), "rows of different lengths"),
        (lambda: measure([[R(1, 2), 2], [3]]), "rows of different lengths"),
        (lambda: measure(ATOMS, [1.0]), "came with 5 atoms"),
        (lambda: measure(ATOMS).moment((1,)), "1 powers came for atoms of dimension 2"),
        (lambda: measure(ATOMS).push_forward(lambda x: x[:2]), "a map of 5 atoms gave"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(call, fault):
    with pytest.raises(ShapeError, match=fault):
        call()
