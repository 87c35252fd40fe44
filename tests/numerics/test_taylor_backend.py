"""The compiled backend: the same values as NumPy, and the same trajectories."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.programs.straight_line import jacobian_line, straight_line
from symdyn.errors import ModelError
from symdyn.numerics.backends import numpy_backend, taylor_backend
from symdyn.numerics.integrate import integrate

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
def test_the_compiled_program_gives_the_value_of_the_formula(expression):
    program = straight_line([expression], [x, y])
    value = float(expression.subs({x: sp.Rational(1, 2), y: sp.Rational(3, 4)}).evalf(30))
    assert taylor_backend.lower(program)(POINT)[0, 0] == pytest.approx(value, rel=1e-14)  # a few roundings


@pytest.mark.parametrize("expression", EXPRESSIONS[:6], ids=str)
def test_the_compiled_jacobian_is_the_derivative(expression):
    program = jacobian_line([expression], [x, y], [x, y])
    values = [
        float(sp.diff(expression, s).subs({x: sp.Rational(1, 2), y: sp.Rational(3, 4)}).evalf(30)) for s in (x, y)
    ]
    assert taylor_backend.lower(program)(POINT)[0] == pytest.approx(values, rel=1e-12)


@pytest.mark.parametrize("shape", [(2,), (2, 1), (2, 37), (2, 3, 5)])
def test_shapes_and_values_are_those_of_numpy(shape):
    program = straight_line([x + y, x * y, sp.exp(x), x - y**3, sp.sin(y), sp.Integer(2)], [x, y], (3, 2))
    points = np.random.default_rng(0).normal(size=shape)
    ours, theirs = taylor_backend.lower(program)(points), numpy_backend.lower(program)(points)
    assert ours.shape == theirs.shape
    assert np.allclose(ours, theirs, rtol=1e-14, atol=1e-15)  # a few roundings


def test_columns_of_a_larger_array_are_read_in_their_order():
    program = straight_line([x - 2 * y], [x, y])
    points = np.arange(24.0).reshape(2, 12)[:, ::3]
    assert (taylor_backend.lower(program)(points)[0, 0] == points[0] - 2 * points[1]).all()


def test_a_program_without_inputs_is_a_constant():
    assert taylor_backend.lower(straight_line([sp.Rational(1, 4)], []))([])[0, 0] == 0.25


def test_another_number_of_inputs_is_refused():
    with pytest.raises(ValueError, match="for 2 inputs"):
        taylor_backend.lower(straight_line([x + y], [x, y]))([1.0, 2.0, 3.0])


def test_trajectories_agree_with_those_of_numpy():
    program = straight_line([y, -sp.sin(x) - y / 10], [x, y])
    lowered = numpy_backend.lower(program)
    starts = np.random.default_rng(1).normal(size=(2, 40))
    compiled = integrate(taylor_backend.right_side(program), starts, 7.0, rtol=1e-10, atol=1e-12)
    plain = integrate(lambda state: lowered(state)[:, 0], starts, 7.0, rtol=1e-10, atol=1e-12)
    assert np.abs(compiled.final - plain.final).max() < 1e-8  # two orders above the tolerance of a step
    assert (compiled.steps == plain.steps).all()


def test_a_right_side_has_one_velocity_for_each_coordinate():
    with pytest.raises(ModelError, match="one velocity for each coordinate"):
        taylor_backend.right_side(straight_line([x + y], [x, y]))


def test_without_heyoka_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "heyoka", None)
    taylor_backend._compiled.cache_clear()
    assert not taylor_backend.is_installed()
    with pytest.raises(ModelError, match=r"symdyn-toolkit\[taylor\]"):
        taylor_backend.lower(straight_line([x + y], [x, y]))
