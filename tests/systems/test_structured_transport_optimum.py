"""The proved optimum of structured transport, and what starts of the alternating algorithm miss."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import ModelError
from symdyn.systems import structured_transport as rot


def whole(seed, count, size):
    return np.random.default_rng(seed).integers(-30, 31, (count, size))


@pytest.mark.case("ROT-01")
@pytest.mark.parametrize(("cost", "value"), [("inner product", 9), ("squared euclidean", 72)])
def test_two_points_have_the_least_energies_9_and_72(cost, value):
    found = rot.global_optimum([[-1], [1]], [[-2], [2]], cost=cost)
    assert (found.value, found.lower, found.upper) == (value, value, value)
    assert found.verdict is sd.Verdict.PROVED
    assert abs(found.M[0, 0]) == 2


@pytest.mark.case("ROT-02")
@pytest.mark.parametrize(("weight", "value"), [(1, sp.Rational(-1, 2)), (2, 0), (3, 0)])
def test_l1_has_the_least_values_of_the_two_points(weight, value):
    assert rot.global_optimum([[-1], [1]], [[-2], [2]], regularizer="l1", weight=weight).value == value


@pytest.mark.case("ROT-05")
@pytest.mark.parametrize(("cost", "size"), [("inner product", 2), ("squared euclidean", 1)])
@pytest.mark.parametrize("seed", range(2))
def test_the_optimum_is_the_least_energy_of_all_permutations_exactly(cost, size, seed):
    X, Y = whole(seed, 5, 2), whole(seed + 5, 5, size)
    energies = [
        rot.gromov_wasserstein(X, Y, np.eye(5)[list(order)] / 5, cost=cost) for order in permutations(range(5))
    ]
    found = rot.global_optimum(X, Y, cost=cost)
    assert found.value.is_Rational
    assert float(found.value) == pytest.approx(min(energies), rel=1e-12)
    assert found.certificate.verify().verdict is sd.Verdict.PROVED


@pytest.mark.case("ROT-09")
def test_the_bound_by_spectra_is_below_the_optimum():
    X, Y = whole(1, 8, 2), whole(2, 8, 2)
    assert rot.spectral_lower_bound(X, Y) <= float(rot.global_optimum(X, Y).value)


def test_no_start_is_below_the_proved_optimum_and_the_plan_is_stationary():
    X, Y = whole(3, 12, 2), whole(4, 12, 2)
    found = rot.global_optimum(X, Y)
    starts = rot.multistart(X, Y, epsilon=0, starts=40, seed=0)
    values = [rot.gromov_wasserstein(X, Y, one.P) for one in starts.solutions]
    assert min(values) >= float(found.value) * (1 - 1e-12)
    again = rot.solve(X, Y, epsilon=0, start=found.M)
    assert rot.gromov_wasserstein(X, Y, again.P) == pytest.approx(float(found.value), rel=1e-12)


@pytest.mark.parametrize("regularizer", ["l12", "nuclear"])
def test_other_regularizers_are_enclosed_and_meet_the_best_start(regularizer):
    X, Y = whole(5, 6, 2) / 10, whole(6, 6, 2) / 10
    found = rot.global_optimum(X, Y, regularizer=regularizer, weight=0.5)
    starts = rot.multistart(X, Y, epsilon=0, starts=60, seed=1, regularizer=regularizer, weight=0.5)
    assert float(found.lower) <= float(starts.best.energy) + 1e-12
    assert float(found.value) == pytest.approx(float(starts.best.energy), abs=1e-9)
    assert float(found.upper) - float(found.lower) < 1e-4


def test_when_time_is_up_the_bounds_are_said_and_nothing_is_proved_of_the_value():
    found = rot.global_optimum(whole(1, 12, 2), whole(2, 12, 2), time_limit=0)
    assert found.verdict is sd.Verdict.UNDECIDED
    assert found.lower < found.value == found.upper
    assert "between" in found.text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"regularizer": "rank", "weight": 1}, "the regularizer rank is not convex"),
        ({"regularizer": "l1", "weight": 1, "cost": "squared euclidean"}, "goes with quadratic"),
        ({"gap": -1}, "the gap is -1"),
        ({"time_limit": -1}, "the time limit is -1"),
        ({"cost": "inner products"}, "did you mean inner product"),
    ],
)
def test_misuse_is_refused(options, message):
    with pytest.raises(ModelError, match=message):
        rot.global_optimum([[-1], [1]], [[-2], [2]], **options)
