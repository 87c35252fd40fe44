"""Unions of open intervals with exact ends, against the condition itself."""

from __future__ import annotations

import pytest
import sympy as sp

from symdyn.algebra.conditions.open_intervals import intervals_where, scaled_to_positive

ROOTS = [sp.sqrt(2), -sp.Integer(1), sp.log(3), sp.sqrt(2), sp.log(9) / 2]


def positive(x):
    return bool(sp.N((x + 1) * (x - sp.sqrt(2)) * (x - sp.log(3))) > 0)


def test_intervals_between_roots_in_any_order_and_named_twice_are_those_where_it_holds():
    found = intervals_where(ROOTS, positive)
    assert found == sp.Union(sp.Interval.open(-1, sp.log(3)), sp.Interval.open(sp.sqrt(2), sp.oo))
    for x in (sp.Rational(k, 3) for k in range(-9, 10)):
        assert (x in found) == positive(x)


def test_neighbours_are_joined_where_it_holds_between_them_and_not_where_it_never_does():
    assert intervals_where([sp.S.Zero], lambda _: True) == sp.Interval.open(-sp.oo, sp.oo)
    whole = intervals_where([sp.S.Zero], lambda _: True, never=[sp.S.Zero])
    assert whole == sp.Union(sp.Interval.open(-sp.oo, 0), sp.Interval.open(0, sp.oo))
    assert intervals_where([sp.S.Zero], lambda _: None) == sp.S.EmptySet


@pytest.mark.parametrize("factor", [sp.Integer(2), sp.Integer(-2), sp.sqrt(3)])
def test_scaling_keeps_the_positive_numbers_whose_multiple_is_inside(factor):
    inside = sp.Union(sp.Interval.open(-sp.oo, -3), sp.Interval.open(1, 4))
    found = scaled_to_positive(inside, factor)
    for x in (sp.Rational(k, 7) for k in range(1, 30)):
        assert (x in found) == ((factor * x) in inside)
    assert scaled_to_positive(sp.S.EmptySet, factor) == sp.S.EmptySet
