"""Piecewise polynomials through tables: found where they are there, refused where points do not confirm them."""

import itertools
from fractions import Fraction

import pytest

from symdyn.algebra.polynomials.piecewise_fit import Condition, Piece, evaluate, piecewise_fit


def table(function, *ranges):
    points = list(itertools.product(*ranges))
    return points, [function(*point) for point in points]


def triangle(n):
    return n * (n + 1) // 2


FORMULAS = {
    "constant": (lambda a: 7, (range(1, 7),), 1),
    "integer-valued with halves": (triangle, (range(1, 9),), 1),
    "two variables": (lambda a, b: 3 * a * b - b + 2, (range(1, 6), range(1, 6)), 1),
    "cubic": (lambda a, b: a * triangle(b), (range(1, 6), range(1, 6)), 1),
    "larger of two": (lambda a, b: max(a, b), (range(1, 8), range(1, 8)), 2),
    "floor of a half": (lambda a: a // 2 + 1, (range(1, 14),), 2),
    "twice a size": (lambda a, b: min(b, 2 * a) * (b + 1), (range(1, 6), range(1, 11)), 2),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_formula_is_found_with_its_pieces_and_holds_beyond_the_table(name):
    function, ranges, pieces = FORMULAS[name]
    points, values = table(function, *ranges)
    found = piecewise_fit(points, values, degree=3)
    assert found is not None
    assert len(found) == pieces
    beyond = itertools.product(*(range(numbers[-1] + 1, numbers[-1] + 5) for numbers in ranges))
    assert all(evaluate(found, point) == function(*point) for point in beyond)


@pytest.mark.parametrize("name", FORMULAS)
def test_every_value_of_the_table_is_met_exactly(name):
    function, ranges, _ = FORMULAS[name]
    points, values = table(function, *ranges)
    found = piecewise_fit(points, values, degree=3)
    assert found is not None
    assert [evaluate(found, point) for point in points] == values


@pytest.mark.parametrize(
    ("points", "values"),
    [
        ([[1], [2], [3]], [1, 4, 9]),
        ([[k] for k in range(1, 12)], [2**k for k in range(1, 12)]),
        ([[k] for k in range(1, 10)], [5, 1, 8, 2, 9, 9, 0, 3, 1]),
    ],
    ids=["too few points", "exponential", "noise"],
)
def test_what_no_points_confirm_is_no_formula(points, values):
    assert piecewise_fit(points, values, degree=3) is None


def test_no_condition_is_tried_when_the_time_is_over():
    points, values = table(max, range(1, 8), range(1, 8))
    assert piecewise_fit(points, values, degree=2, deadline=0.0) is None
    assert piecewise_fit(points, [a + b for a, b in points], degree=2, deadline=0.0) is not None


def test_bounds_are_moved_to_the_plainest_that_fit():
    """max(a, b) has its border at a >= b, though a >= b - 1 and others split the table as well."""
    points, values = table(max, range(1, 7), range(1, 7))
    found = piecewise_fit(points, values, degree=2)
    assert found is not None
    assert found[0].condition is not None
    assert found[0].condition.bound == 0


def test_first_condition_that_holds_decides():
    pieces = (
        Piece(Condition((1, 0), 3), (((0, 1), Fraction(1, 2)),)),
        Piece(Condition((0, 1), 1, 2), (((0, 0), Fraction(5)),)),
        Piece(None, (((2, 1), Fraction(1)),)),
    )
    assert [evaluate(pieces, point) for point in [(3, 1), (2, 1), (2, 4)]] == [Fraction(1, 2), 5, 16]


def test_a_list_without_an_end_says_so():
    with pytest.raises(AssertionError, match="ends without condition"):
        evaluate((Piece(Condition((1,), 5), ()),), (1,))
