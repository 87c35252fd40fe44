"""The search over directions: against all permutations, all vertices of couplings, and its own certificates."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError
from symdyn.numerics.transport import largest_value


def tenths(seed, count, size):
    drawn = np.random.default_rng(seed).integers(-20, 21, (count, size))
    return [[Fraction(int(v), 10) for v in row] for row in drawn]


def uniform(count):
    return [Fraction(1, count)] * count


def value(X, Y, order, regularizer, weight, cost):
    """In floats, by definition."""
    x, y = np.array(X, dtype=float), np.array(Y, dtype=float)[list(order)]
    C = y.T @ x / len(x)
    sizes = {
        "quadratic": lambda: C.ravel(),
        "l1": lambda: np.abs(C).ravel(),
        "l12": lambda: np.linalg.norm(C, axis=0),
        "nuclear": lambda: np.linalg.svd(C, compute_uv=False),
    }[regularizer]()
    kept = sizes if regularizer == "quadratic" else np.maximum(sizes - weight, 0)
    more = ((x**2).sum(axis=1) * (y**2).sum(axis=1)).mean() / 4 if cost == "squared euclidean" else 0.0
    return float((kept**2).sum()) / 2 + more


CASES = [
    ("inner product", "quadratic", 0, (2, 2)),
    ("inner product", "quadratic", 0, (3, 1)),
    ("inner product", "l1", Fraction(1, 5), (2, 2)),
    ("inner product", "l12", Fraction(1, 5), (2, 1)),
    ("inner product", "nuclear", Fraction(1, 5), (2, 2)),
    ("squared euclidean", "quadratic", 0, (2, 1)),
    ("squared euclidean", "quadratic", 0, (2, 2)),
]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("cost", "regularizer", "weight", "sizes"), CASES)
def test_the_search_finds_the_best_of_all_permutations_and_proves_it(cost, regularizer, weight, sizes, seed):
    X, Y = tenths(seed, 5, sizes[0]), tenths(seed + 10, 5, sizes[1])
    found = largest_value(
        X, Y, uniform(5), uniform(5), cost=cost, regularizer=regularizer, weight=Fraction(weight), time_limit=60
    )
    best = max(value(X, Y, order, regularizer, float(weight), cost) for order in permutations(range(5)))
    assert found.is_closed
    assert float(found.lower) == pytest.approx(best, abs=1e-12)
    assert found.upper >= found.lower
    assert float(found.upper) == pytest.approx(best, rel=1e-5)
    assert (found.upper == found.lower) == (regularizer in ("quadratic", "l1"))
    assert found.certificate.verify().verdict is Verdict.PROVED


@pytest.mark.needs_package("ot")
def test_unequal_masses_have_a_best_coupling_too():
    X, Y = tenths(0, 3, 2), tenths(1, 4, 1)
    a, b = [Fraction(k, 6) for k in (1, 2, 3)], uniform(4)
    found = largest_value(X, Y, a, b)
    assert found.is_closed
    assert found.certificate.verify().verdict is Verdict.PROVED


def test_without_time_the_bounds_are_apart_and_proved_all_the_same():
    X, Y = tenths(0, 12, 2), tenths(1, 12, 2)
    found = largest_value(X, Y, uniform(12), uniform(12), time_limit=0)
    assert not found.is_closed
    assert found.lower < found.upper
    assert found.certificate.verify().verdict is Verdict.PROVED


def test_a_gap_closes_cones_sooner():
    X, Y = tenths(2, 12, 2), tenths(3, 12, 2)
    exact = largest_value(X, Y, uniform(12), uniform(12))
    wide = largest_value(X, Y, uniform(12), uniform(12), gap=exact.lower / 10)
    assert wide.vertices < exact.vertices
    assert wide.lower <= exact.lower <= wide.upper


def test_many_features_are_refused():
    with pytest.raises(ModelError, match="d_x d_y is 16: the search over directions goes to 12"):
        largest_value(tenths(0, 2, 4), tenths(0, 2, 4), uniform(2), uniform(2))
