"""Conditions in exponentials of one symbol: their signs, and the bound of the symbol that a person writes."""

from __future__ import annotations

import math

import pytest
import sympy as sp

from symdyn.algebra.conditions.certain_signs import certain_sign
from symdyn.algebra.conditions.joint_conditions import positive
from symdyn.algebra.conditions.written_conditions import written

p = sp.Symbol("p", positive=True)
s = sp.Symbol("s", real=True)


@pytest.mark.parametrize(
    ("expression", "sign"),
    [
        (sp.exp(p) - 1, 1),
        (1 - sp.exp(-2 * p), 1),
        (sp.exp(-p) - 1, -1),
        (1 + sp.exp(s), 1),
        (sp.exp(2 * s) + sp.exp(s) + 1, 1),
        (sp.exp(s) - 1, None),
        (sp.exp(4 * p) - 3, None),
        (p * sp.exp(p) - 1, None),
    ],
)
def test_the_sign_of_an_exponential_is_certain_where_it_is_the_same_everywhere(expression, sign):
    assert certain_sign(expression) == sign
    if sign is not None:
        values = [float(expression.subs({p: v, s: v - 2})) for v in (1e-3, 0.1, 1.0, 3.0, 8.0)]
        assert all(math.copysign(1, value) == sign for value in values)


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (sp.exp(4 * p) - 3, p > sp.log(3) / 4),
        (3 - sp.exp(-2 * s), s > -sp.log(3) / 2),
        (5 - 2 * sp.exp(3 * s), s < sp.log(sp.Rational(5, 2)) / 3),
    ],
)
def test_a_condition_on_an_exponential_bounds_its_symbol(gap, expected):
    (found,) = written([positive(gap)])
    for value in (-2, -1, -0.5, 0.1, 0.25, 0.3, 1, 2):
        if value > 0 or p not in gap.free_symbols:
            assert bool(found.subs({p: value, s: value})) == (float(gap.subs({p: value, s: value})) > 0)
            assert bool(expected.subs({p: value, s: value})) == bool(found.subs({p: value, s: value}))
