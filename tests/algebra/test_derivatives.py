"""Derivatives against SymPy's own, in the user's own symbols."""

import pytest
import sympy as sp

from symdyn.algebra.programs.derivatives import gradient, jacobian
from symdyn.numerics.enclosure import certified_integral

x, y, z = sp.symbols("x y z")
FUNCTIONS = [
    sp.Integer(7),
    x**3 * y - 2 * x * z + sp.Rational(1, 3) * z**4,
    (x + y * z) ** 5,
    x / (1 + y**2),
    sp.exp(x * y) * sp.sin(z),
    sp.log(x + y) ** 2,
    sp.tanh(x * z) + sp.sqrt(y),
    x**y,
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_gradient_is_that_of_sympy(function):
    found = gradient(function, (x, y, z))
    assert [sp.simplify(part - sp.diff(function, symbol)) for part, symbol in zip(found, (x, y, z), strict=True)] == [
        0
    ] * 3


def test_jacobian_is_that_of_sympy():
    found = jacobian(FUNCTIONS[:4], (x, y, z))
    wanted = sp.Matrix(FUNCTIONS[:4]).jacobian([x, y, z])
    assert found.shape == (4, 3)
    assert (found - wanted).applyfunc(sp.simplify) == sp.zeros(4, 3)


def test_second_derivatives_commute():
    function = sp.exp(x * y) / (1 + z**2) + x**2 * y * z
    hessian = jacobian(gradient(function, (x, y, z)), (x, y, z))
    assert (hessian - hessian.T).applyfunc(sp.simplify) == sp.zeros(3, 3)


def test_result_is_immutable_and_in_sympy():
    found = jacobian([x * y], (x, y))
    assert isinstance(found, sp.ImmutableMatrix)
    assert all(isinstance(entry, sp.Expr) for entry in found)


@pytest.mark.parametrize("assumption", ["positive", "real", "integer", "nonzero"])
def test_symbols_keep_their_assumptions(assumption):
    """A symbol that lost them is another symbol: x(positive) is not x."""
    u, v = sp.symbols("u v", **{assumption: True})
    assert gradient(u**2 * v, (u, v)) == (2 * u * v, u**2)


def test_symbols_of_one_name_stay_apart():
    first, second = sp.Dummy("x"), sp.Dummy("x")
    assert gradient(first**2 * second, (first, second)) == (2 * first * second, first**2)
    plain, real = sp.Symbol("x"), sp.Symbol("x", real=True)
    assert gradient(plain**2 * real, (plain, real)) == (2 * plain * real, plain**2)


def test_a_dummy_is_a_symbol_like_another():
    hidden, plain = sp.Dummy("s"), sp.Symbol("s")
    found = certified_integral(hidden * sp.exp(hidden), hidden, 0, 1)
    assert found.contains(1)
    assert certified_integral(plain * sp.exp(plain), plain, 0, 1) == found
