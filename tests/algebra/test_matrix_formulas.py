"""Formulas in matrices: read safely, evaluated as SymPy does, with shapes in the refusals."""

from __future__ import annotations

import pytest
import sympy as sp

from symdyn.algebra.formulas.matrix_formulas import evaluated, matrix_formula, shape_of, words
from symdyn.errors import FormulaError, ShapeError

A = sp.Matrix(2, 3, sp.symbols("a:6"))
B = sp.Matrix(3, 2, sp.symbols("b:6"))
SHAPES = {"A": (2, 3), "B": (3, 2)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A*B", A * B),
        ("A B - 2*B^T*A^T", A * B - 2 * (A * B).T),
        ("1/2*A*A^T + eye(2)", A * A.T / 2 + sp.eye(2)),
        ("transpose(A*B)", (A * B).T),
        ("A.T", A.T),
        ("(A*B)**2", (A * B) ** 2),
        ("trace(A*B)", (A * B).trace()),
        ("diag(A*B)", sp.Matrix([(A * B)[0, 0], (A * B)[1, 1]])),
        ("-A", -A),
    ],
)
def test_a_formula_means_what_sympy_computes(text, expected):
    found = evaluated(matrix_formula(text), {"A": A, "B": B})
    assert sp.simplify(sp.sympify(found - expected)) in (sp.zeros(*getattr(expected, "shape", (0, 0))), 0)


@pytest.mark.parametrize("text", ["A*A", "A + B", "A*B + A", "trace(A)", "A**2"])
def test_shapes_that_do_not_fit_are_named(text):
    with pytest.raises(ShapeError, match=r"2x3|2 x 3|\(2, 3\)"):
        shape_of(matrix_formula(text), SHAPES)


@pytest.mark.parametrize(
    "text", ["", "A*", "(A", "A)", "A^B", "A.shape", "__import__('os')", "A[0]", "A;B", "0.1*A", "\u0410*B", "(" * 500]
)
def test_text_that_is_no_matrix_formula_is_refused(text):
    with pytest.raises(FormulaError) as caught:
        shape_of(matrix_formula(text), SHAPES)
    assert "\n" not in str(caught.value)


def test_words_are_the_expansion_in_the_free_algebra():
    found = words(matrix_formula("(A + B^T)*A^T"))
    assert sorted(word for _, word in found) == [(("A", False), ("A", True)), (("B", True), ("A", True))]
    assert [coefficient for coefficient, _ in found] == [1, 1]
