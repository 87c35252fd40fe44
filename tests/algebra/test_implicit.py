"""Functions that equations define: expansions against closed forms."""

from __future__ import annotations

import pytest
import sympy as sp

from symdyn.algebra.implicit import implicit_expansion, implicit_jacobian
from symdyn.errors import ModelError, ShapeError

a, b, u, v, x, y = sp.symbols("a b u v x y")


@pytest.mark.parametrize(
    ("F", "solution", "point"),
    [
        (x - y**3, y**3, {x: 8, y: 2}),
        (x**2 - y, sp.sqrt(y), {x: 2, y: 4}),
        (x**2 - y, sp.sqrt(y), {x: sp.sqrt(2), y: 2}),
        ((a + sp.exp(y)) * x - b, b / (a + sp.exp(y)), {x: b / (a + sp.exp(y)), y: y}),
        (sp.exp(x) - y, sp.log(y), {x: 0, y: 1}),
    ],
)
def test_expansion_is_taylors_polynomial_of_the_solution(F, solution, point):
    found = implicit_expansion(F, x, y, point=point, order=3)
    h = found.shifts[0]
    expected = sum(solution.diff(y, k).subs(y, point[y]) * h**k / sp.factorial(k) for k in range(4))
    assert sp.simplify(found.polynomial[0] - expected) == 0
    assert sp.simplify(found.first[0] - solution.diff(y).subs(y, point[y])) == 0
    assert found.exact


def test_two_equations_have_the_jacobian_of_the_inverse_map():
    polar = [u**2 + v**2 - x, u * v - y]
    jacobian = implicit_jacobian(polar, (u, v), (x, y))
    inverse = sp.Matrix([u**2 + v**2, u * v]).jacobian([u, v]).inv()
    assert (jacobian - inverse).applyfunc(sp.simplify) == sp.zeros(2, 2)
    found = implicit_expansion(polar, (u, v), (x, y), point={u: 2, v: 1, x: 5, y: 2})
    assert found.first == jacobian.subs({u: 2, v: 1})


def test_floats_stay_floats():
    found = implicit_expansion(x**2 - y, x, y, point={x: 1.5, y: 2.25})
    assert not found.exact
    assert abs(float(found.first[0]) - 1 / 3) < 1e-14


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: implicit_expansion(x**2 - y, x, y, point={x: 0, y: 0}), "rank 0, and takes"),
        (lambda: implicit_expansion(x - y, x, y, point={x: 1, y: 0}), "a residual is 1"),
        (lambda: implicit_expansion(x - y, x, y, point={x: 1}), "no value of y"),
        (lambda: implicit_expansion(x - y, x, y, point={x: 1, y: 1}, order=0), "whole number from 1"),
        (lambda: implicit_jacobian([x, y], x, y), "2 equations for 1 unknowns"),
        (lambda: implicit_jacobian("x - y", x, y), "give SymPy formulas"),
        (lambda: implicit_jacobian(y, x, y), "singular everywhere"),
    ],
)
def test_misuse_is_one_sentence(call, message):
    with pytest.raises((ModelError, ShapeError), match=message):
        call()
