"""Matrices over one field against SymPy, and by the identities that define what is asked."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.exact_matrix import exact_matrices, exact_matrix
from symdyn.errors import ModelError, ShapeError

ROOT = sp.sqrt(2)
x, y = sp.symbols("x y")

MATRICES = {
    "rational": [[1, 2, 3], [2, 4, 6], [0, 1, Fraction(1, 2)]],
    "zero": [[0, 0], [0, 0], [0, 0]],
    "tall": [[1, 0], [1, 1], [2, 1]],
    "roots": [[ROOT, 2, 1], [1, ROOT, 1 / ROOT]],
    "symbols": [[x, 1, y], [x**2, x, x * y]],
    "both": [[ROOT * x, 1], [2 * x, ROOT]],
}


@pytest.mark.parametrize("name", MATRICES)
def test_the_pseudoinverse_has_the_four_properties_of_penrose(name):
    A = exact_matrix(MATRICES[name])
    P = A.pseudoinverse()
    assert A @ P @ A == A
    assert P @ A @ P == P
    assert (A @ P).T == A @ P
    assert (P @ A).T == P @ A
    assert A.projector() == A @ P


@pytest.mark.parametrize("name", MATRICES)
def test_rank_and_kernel_add_up_to_the_width(name):
    A = exact_matrix(MATRICES[name])
    kernel = A.nullspace()
    assert (A @ kernel).is_zero
    assert kernel.rank == kernel.shape[1] == A.shape[1] - A.rank
    assert A.rank == sp.Matrix(A.to_sympy()).rank(simplify=True)


@pytest.mark.parametrize("name", MATRICES)
def test_what_lies_in_the_range_is_solved_and_the_rest_is_not(name):
    A = exact_matrix(MATRICES[name])
    inside = A @ A.T
    assert A @ A.in_range(inside) == inside
    outside = A.T.nullspace()
    if outside.shape[1]:
        assert A.in_range(outside) is None


def test_powers_and_inverses_are_those_of_sympy():
    rows = [[1, 2], [3, Fraction(7, 2)]]
    A, plain = exact_matrix(rows), sp.Matrix([[1, 2], [3, sp.Rational(7, 2)]])
    assert A.power(7).to_sympy() == plain**7
    assert A.power(0).to_sympy() == sp.eye(2)
    assert A.inverse().to_sympy() == plain.inv()
    with pytest.raises(ModelError, match="has no inverse"):
        exact_matrix([[1, 2], [2, 4]]).inverse()


@pytest.mark.parametrize(
    ("rows", "inertia"),
    [
        ([[2, 1], [1, 2]], (2, 0, 0)),
        ([[0, 1], [1, 0]], (1, 1, 0)),
        ([[1, 1], [1, 1]], (1, 0, 1)),
        ([[1, ROOT], [ROOT, 2]], (1, 0, 1)),
        ([[0, 0], [0, 0]], (0, 0, 2)),
    ],
)
def test_inertia_counts_signs_of_eigenvalues(rows, inertia):
    assert exact_matrix(rows).inertia() == inertia


def test_inertia_of_symbols_is_refused():
    with pytest.raises(ModelError, match="has a symbol"):
        exact_matrix([[x, 0], [0, 1]]).inertia()


def test_several_matrices_come_over_one_field():
    one, other = exact_matrices([[ROOT]], [[sp.sqrt(3)]])
    assert sp.expand((one @ other).to_sympy()[0, 0] ** 2) == 6
    assert exact_matrices([[1]], [[0.5]]) is None
    assert exact_matrix(np.array([[1, 2]])).fractions() == [[1, 2]]
    assert one.fractions() is None


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ([[1, 2], [3]], ShapeError, "rows of different lengths"),
        ([["1"]], ModelError, "no real number"),
        ([[True]], ModelError, "no real number"),
        ([[sp.I]], ModelError, "no real number"),
        ([[sp.oo]], ModelError, "no real number"),
        ([[sp.pi]], ModelError, "pi is no algebraic number"),
        ([[sp.exp(x)]], ModelError, "no rational function"),
    ],
)
def test_what_has_no_field_is_refused(rows, error, message):
    with pytest.raises(error, match=message):
        exact_matrix(rows)
