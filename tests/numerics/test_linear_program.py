"""Linear programs: values by enumeration of vertices, infeasible ones by Farkas, both settled exactly."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.linear_program import linear_program


def least_vertex(c, A, b):
    """The least value over basic solutions, exact; None without one."""
    A, b, c = sp.Matrix(A), sp.Matrix(b), sp.Matrix(c)
    rank, values = A.rank(), []
    for chosen in itertools.combinations(range(A.cols), rank):
        part = A[:, list(chosen)]
        if part.rank() < rank:
            continue
        x = (part.T * part).LUsolve(part.T * b)
        if part * x == b and min(x) >= 0:
            values.append(sum(c[j] * v for j, v in zip(chosen, x, strict=True)))
    return min(values, default=None)


@pytest.mark.parametrize("seed", range(8))
def test_the_value_is_that_of_the_best_vertex_or_there_is_none(seed):
    rng = np.random.default_rng(seed)
    A = rng.integers(-2, 4, size=(2, 5)).tolist()
    b = (rng.integers(-2, 6, size=2)).tolist()
    c = rng.integers(0, 6, size=5).tolist()  # from 0: bounded below
    found, expected = linear_program(c, A, b), least_vertex(c, A, b)
    assert found.certificate.verdict is found.certificate.verify().verdict is Verdict.PROVED
    assert (found.value is None) == (expected is None)
    if expected is not None:
        assert sp.Rational(found.value.numerator, found.value.denominator) == expected


def test_a_transport_plan_has_whole_duals():
    cost = [4, 1, 3, 2, 0, 5, 3, 2, 2]
    marginals = [[int(k // 3 == i) for k in range(9)] for i in range(3)]
    marginals += [[int(k % 3 == j) for k in range(9)] for j in range(3)]
    found = linear_program(cost, marginals, [1] * 6)
    best = min(sum(cost[3 * i + p[i]] for i in range(3)) for p in itertools.permutations(range(3)))
    assert found.value == best
    assert found.certificate.verify().verdict is Verdict.PROVED


def test_floats_are_the_fractions_that_they_are():
    found = linear_program([0.1, 1.0], [[1.0, 1.0]], [0.3])
    assert found.value == Fraction(0.1) * Fraction(0.3)
    assert found.certificate.verdict is Verdict.PROVED


def test_a_program_without_a_least_value_is_undecided():
    assert linear_program([-1, 0], [[1, -1]], [0]).certificate.verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: linear_program([1], [[1, 2]], [1]), "these must fit"),
        (lambda: linear_program([1, 2], [[1], [1, 2]], [1, 1]), "rows of different lengths"),
        (lambda: linear_program([float("nan"), 1], [[1, 2]], [1]), "no finite real number"),
    ],
)
def test_what_is_no_program_is_refused(call, fault):
    with pytest.raises((ModelError, ShapeError), match=fault):
        call()
