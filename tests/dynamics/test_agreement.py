"""What was measured is what is expected: exactly, or within a tolerance; what is not finite never is."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symdyn.dynamics.agreement import checked_expectation, identical, same_spectrum, within
from symdyn.errors import ModelError

x, y = sp.symbols("x y", real=True)
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (7, 7),
        (7, sp.Integer(7)),
        (0.5, Fraction(1, 2)),
        (sp.Rational(1, 2), 0.5),
        (np.int64(3), 3),
        (np.array([[1, 2], [3, 4]]), sp.Matrix([[1, 2], [3, 4]])),
        ([1, (2, 3)], (1, [2, 3])),
        ({"a": 1, "b": x}, {"b": x, "a": 1}),
        ((x + y) ** 2, x**2 + 2 * x * y + y**2),
        (sp.sin(x) ** 2 + sp.cos(x) ** 2, 1),
        (sp.sqrt(8), 2 * sp.sqrt(2)),
        (True, sp.true),
        ("agreement", "agreement"),
        (1 + 2j, sp.Integer(1) + 2 * sp.I),
    ],
)
def test_equal_values_agree_however_they_are_written(measured, expected):
    assert identical(measured, expected).holds is True
    assert identical(expected, measured).holds is True


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (6, 7),
        (True, 1),
        (1, True),
        ("7", 7),
        (0.1 + 0.2, Fraction(3, 10)),
        (7 + 1e-12, 7),
        ((1, 2), (1, 2, 3)),
        (1, (1,)),
        ((1,), 1),
        (sp.eye(2), (1, 0, 0, 1)),
        (x, y),
        (x**2, x),
        (NAN, 7),
        (INF, 7),
        (sp.oo, 7),
        (sp.nan, 7),
        (complex(NAN, 0), 7),
        (7 + 1j, 7),
        (None, 7),
        (object(), 7),
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"b": 1}),
    ],
)
def test_other_values_do_not_agree(measured, expected):
    assert identical(measured, expected).holds is False


@pytest.mark.parametrize("value", [NAN, INF, -INF, sp.nan, sp.oo, sp.zoo, [1, NAN], {"a": sp.oo}])
def test_nothing_is_equal_to_what_is_not_finite(value):
    assert identical(value, value).holds is False
    with pytest.raises(ModelError, match="nothing is equal to that"):
        checked_expectation(value)


@pytest.mark.parametrize("value", [None, object(), {1, 2}, lambda: 7, [1, None], 7 .__class__])
def test_what_cannot_be_compared_is_refused_as_an_expectation(value):
    with pytest.raises(ModelError, match="cannot be compared"):
        checked_expectation(value)


def test_a_difference_comes_with_the_point_where_it_is_seen():
    found = identical(x**2, x)
    assert found.holds is False
    assert "at x = 2" in found.reason


@pytest.mark.parametrize(
    ("measured", "expected", "holds"),
    [
        (1.0005, 1, True),
        (1.002, 1, False),
        ([1.0, 2.0], (1, 2), True),
        ([1.0, 2.1], (1, 2), False),
        ([1.0, 2.0], (1, 2, 3), False),
        ([[1.0, 2.0]], (1, 2), False),
        (np.ones((2, 2)), sp.ones(2, 2), True),
        (sp.sqrt(2), 1.4142, True),
        (1 + 1e-5j, 1, True),
        (1 + 0.1j, 1, False),
        (NAN, 1, False),
        (INF, 1, False),
        ([1.0, NAN], (1, 2), False),
        (10**400, 1, False),
        ("1", 1, False),
        (True, 1, False),
        (x, 1, False),
        ([], (), True),
        ([[1.0], [2.0, 3.0]], (1, 2), False),
    ],
)
def test_numbers_agree_within_a_tolerance_entry_by_entry(measured, expected, holds):
    assert within(1e-3)(measured, expected).holds is holds


@pytest.mark.parametrize("tolerance", [-1, NAN, INF, "small", None, True])
def test_a_tolerance_is_a_number_from_zero(tolerance):
    with pytest.raises(ModelError, match="the tolerance is"):
        within(tolerance)


def test_spectra_agree_in_any_order_and_never_if_the_sizes_or_multiplicities_differ():
    same = same_spectrum(1e-9)
    assert same([1, 2j, -2j], (-2j, 1, 2j)).holds
    assert not same([1, 1, 2], [1, 2, 2]).holds
    assert not same([1], [1, 1]).holds
    assert not same([float("nan")], [1]).holds
    assert not same("words", [1]).holds
    assert same([], []).holds
