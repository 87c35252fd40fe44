"""One conformance suite for every backend: the same program, the same values."""

from __future__ import annotations

import flint
import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.programs.straight_line import jacobian_line, straight_line
from symdyn.errors import ModelError
from symdyn.numerics.backends import ball_backend, numpy_backend

x, y = sp.symbols("x y")
POINT = (0.5, 0.75)

EXPRESSIONS = [
    x * y + sp.Rational(1, 3),
    x**5 / (y - 2) ** 3,
    sp.exp(x * y) / (1 + sp.exp(y)),
    sp.sqrt(y) + x ** sp.Rational(2, 3),
    sp.log(x) * sp.sin(y) - sp.cos(x) * sp.tan(y),
    sp.tanh(x) + sp.sinh(y) / sp.cosh(x) + sp.atan(y) + sp.asin(x) + sp.acos(y),
    sp.erf(x) + sp.Abs(x - 1) + sp.pi + sp.E,
    x**y,
    sp.Integer(7),
]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_both_backends_give_the_value_of_the_formula(expression):
    program = straight_line([expression], [x, y])
    value = float(expression.subs({x: sp.Rational(1, 2), y: sp.Rational(3, 4)}).evalf(30))
    assert numpy_backend.lower(program)(POINT)[0, 0] == pytest.approx(value, rel=1e-14)  # a few roundings
    with flint.ctx.workprec(100):
        ball = ball_backend.lower(program)([flint.fmpq(1, 2), flint.fmpq(3, 4)])[0, 0]
        exact = flint.arb(str(expression.subs({x: sp.Rational(1, 2), y: sp.Rational(3, 4)}).evalf(40)))
        assert ball.overlaps(flint.arb(exact.mid(), 1e-25))
        assert float(ball.rad()) < 1e-20


@pytest.mark.parametrize("expression", EXPRESSIONS[:6], ids=str)
def test_the_lowered_jacobian_is_the_derivative(expression):
    program = jacobian_line([expression], [x, y], [x, y])
    values = [
        float(sp.diff(expression, s).subs({x: sp.Rational(1, 2), y: sp.Rational(3, 4)}).evalf(30)) for s in (x, y)
    ]
    assert numpy_backend.lower(program)(POINT)[0] == pytest.approx(values, rel=1e-12)


def test_the_batch_axis_is_last():
    program = straight_line([x + y, x * y], [x, y])
    points = np.arange(8.0).reshape(2, 4)
    result = numpy_backend.lower(program)(points)
    assert result.shape == (2, 1, 4)
    assert (result[1, 0] == points[0] * points[1]).all()


def test_rationals_reach_balls_as_exact_rationals():
    with flint.ctx.workprec(200):
        third = ball_backend.lower(straight_line([sp.Rational(1, 3)], []))([])[0, 0]
        assert third.contains(flint.fmpq(1, 3))
        assert float(third.rad()) < 1e-55


def test_a_power_of_a_ball_around_zero_is_finite():
    """A power function of a ball that contains zero may be nan; products are not."""
    program = straight_line([x**2 + x**3], [x])
    assert ball_backend.lower(program)([flint.arb(0, 1)])[0, 0].is_finite()


def test_symbols_of_one_name_stay_apart():
    positive = sp.Symbol("x", positive=True)
    program = straight_line([x - positive], [x, positive])
    assert numpy_backend.lower(program)([5.0, 3.0])[0, 0] == 2.0


def test_a_symbol_without_value_and_an_unknown_function_are_refused():
    with pytest.raises(ModelError, match="`y` has no value"):
        straight_line([x * y], [x])
    with pytest.raises(ModelError, match="not known to the numerical backends"):
        straight_line([sp.gamma(x)], [x])
