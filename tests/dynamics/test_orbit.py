"""Orbits of matrices, functions and formulas."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symdyn.dynamics.orbit import orbit
from symdyn.errors import ModelError, ShapeError

R = sp.Rational


def test_a_matrix_a_function_and_formulas_give_one_orbit():
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    by_matrix = orbit(turn, [1, 0], length=6)
    by_function = orbit(lambda x: turn @ x, [1, 0], length=6)
    by_formulas = orbit(["3/5*x1 - 4/5*x2", "0.8*x1 + 0.6*x2"], [1, 0], length=6)
    x1, x2 = sp.symbols("x1 x2")
    by_sympy = orbit([R(3, 5) * x1 - R(4, 5) * x2, R(4, 5) * x1 + R(3, 5) * x2], [1, 0], length=6)
    assert by_matrix.shape == (7, 2)
    for other in (by_function, by_formulas, by_sympy):
        assert np.allclose(by_matrix, other)


def test_exact_starts_stay_exact():
    exact = orbit([[Fraction(3, 5), Fraction(-4, 5)], [Fraction(4, 5), Fraction(3, 5)]], [R(1), R(0)], length=3)
    assert exact.row(3) == sp.Matrix([[-R(117, 125), R(44, 125)]])
    assert orbit(["x1**2 - x2**2", "2*x1*x2"], [Fraction(3, 5), Fraction(4, 5)], length=1).row(1) == sp.Matrix(
        [[-R(7, 25), R(24, 25)]]
    )


def test_complex_starts_turn():
    found = orbit(np.diag([1j, -1]), [1, 1], length=4)
    assert np.allclose(found[-1], [1, 1])


def test_tokens_are_divided_by_their_norm():
    found = orbit([[2, 0], [0, 1]], [1, 1], length=30, normalise=True)
    assert np.allclose(np.linalg.norm(found, axis=1), 1)
    assert np.allclose(found[-1], [1, 0], atol=1e-8)
    exact = orbit(sp.Matrix([[2, 0], [0, 1]]), [R(3, 5), R(4, 5)], length=1, normalise=True)
    assert exact.row(1).norm() == 1


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: orbit([[2, 0], [0, 1]], [1, 0], length=100), "token 41 grows beyond 1e\\+12"),
        (lambda: orbit(["x1"], [1, 0], length=1), "1 formulas and the start 2 entries"),
        (lambda: orbit(["x1", "x3"], [1, 0], length=1), "x3"),
        (lambda: orbit(np.eye(3), [1, 0], length=1), r"the map has the shape \(3, 3\)"),
        (lambda: orbit(np.eye(2), [1, 0], length=0), "the length is 0"),
        (lambda: orbit(np.zeros((2, 2)), [1, 0], length=2, normalise=True), "token 2 is 0"),
        (lambda: orbit(["x1", "x2"], [1j, 0], length=1), "formulas are over the real numbers"),
        (lambda: orbit(np.eye(2), [np.inf, 0], length=1), "nan or infinity"),
        (lambda: orbit(lambda x: x * np.nan, [1.0], length=1), "nan or infinity"),
    ],
)
def test_what_cannot_be_meant_is_refused(call, fault):
    with pytest.raises((ModelError, ShapeError, ValueError), match=fault) as refused:
        call()
    assert "\n" not in str(refused.value)
