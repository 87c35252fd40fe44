"""Models in matrix notation: the same as written out, laws as matrices, and refusals with both shapes."""

from __future__ import annotations

import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import FormulaError, ModelError, ShapeError
from symdyn.networks.programs.program import MatrixProgram
from symdyn.reading.files import model_with_options

SHAPES = {"W1": (3, 5), "W2": (2, 3)}
A, B = sp.MatrixSymbol("A", 2, 2), sp.MatrixSymbol("B", 2, 2)
SQUARES = {"A": (2, 2), "B": (2, 2)}


def entries(model):
    """Outputs as polynomials in entries that are named alike whatever the kind of model is."""
    names = [sp.Symbol(f"t{k}") for k in range(len(model.coords))]
    return [sp.expand(output.subs(dict(zip(model.coords, names, strict=True)))) for output in model.outputs]


def test_a_sum_of_products_is_a_program_and_has_its_laws_as_matrices():
    model = sd.matrix_model(SHAPES, ["W2 W1"])
    assert isinstance(model, MatrixProgram)
    ours, preset = sd.conservation_laws(model), sd.conservation_laws(sd.networks.linear(5, 3, 2))
    assert (ours.count, ours.verdict) == (preset.count, sd.Verdict.PROVED) == (6, sd.Verdict.PROVED)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("A B + 2 A^T", A * B + 2 * A.T),
        ("A (I + B B') A", A * (sp.Identity(2) + B * B.T) * A),
        ("A*(I - 1/2 B)", A * (sp.Identity(2) - B / 2)),
        ("(A B)^T", (A * B).T),
        ("A^2 @ B", A**2 * B),
        ("A .* B", sp.HadamardProduct(A, B)),
        ("tr(A B)", sp.Trace(A * B)),
        ("[A, B; B, A]", sp.BlockMatrix([[A, B], [B, A]])),
        ("A (3 I) B", A * (3 * sp.eye(2)) * B),
    ],
)
def test_text_and_sympy_denote_the_same_as_explicit_matrices(text, expression):
    """Up to a common factor and constants, which no law sees."""
    given, same = (sd.matrix_model(SQUARES, [one]) for one in (text, expression))
    explicit = expression.doit().as_explicit() if hasattr(expression, "as_explicit") else expression
    a, b = sp.symbols("t:4"), sp.symbols("t4:8")
    values = dict(zip([*A.as_explicit(), *B.as_explicit()], (*a, *b), strict=True))
    if isinstance(expression, sp.Trace):
        explicit = sp.Matrix([[(A * B).as_explicit().trace()]])
    want = [sp.expand(entry.subs(values)) for entry in explicit]
    for model in (given, same):
        found = entries(model)
        ratio = next(sp.cancel(f / w) for f, w in zip(found, want, strict=True) if w != 0)
        assert ratio.is_Rational
        assert [sp.expand(f - ratio * w) for f, w in zip(found, want, strict=True)] == [0] * len(want)


def test_a_model_of_inputs_is_a_predictor():
    model = sd.matrix_model({"W": (2, 2), "a": (1, 2)}, ["a tanh(W x)"], inputs={"x": 2})
    w, v = model.coords[:4], model.coords[4:]
    x, y = model.inputs
    expected = v[0] * sp.tanh(w[0] * x + w[1] * y) + v[1] * sp.tanh(w[2] * x + w[3] * y)
    assert sp.expand(model.outputs[0] - expected) == 0


def test_traces_of_a_product_and_entrywise_products_count_as_written_out():
    assert sd.conservation_laws(sd.matrix_model(SQUARES, ["tr(A B)"])).count == 7
    assert sd.conservation_laws(sd.matrix_model(SQUARES, ["A .* B"])).count == 4


def test_blocks_in_a_file():
    model, options = model_with_options({"blocks": {"W1": [3, 5], "W2": [2, 3]}, "outputs": ["W2*W1"], "degree": 2})
    assert (model.dimension, options) == (21, {"degree": 2})
    with pytest.raises(ModelError, match="does not go with blocks"):
        model_with_options({"blocks": {"W": [1, 1]}, "outputs": ["W"], "coordinates": ["u"]})
    with pytest.raises(ModelError, match="without outputs"):
        model_with_options({"blocks": {"W": [1, 1]}})


@pytest.mark.parametrize(
    ("formula", "error", "message"),
    [
        ("W1 W2", ShapeError, "multiplies W1, 3 by 5, and W2, 2 by 3: the inner sizes must agree"),
        ("W1 + W2", ShapeError, "adds W1, 3 by 5, and W2, 2 by 3"),
        ("I + W1", ShapeError, "the identity is square"),
        ("W2^T W1^2", ShapeError, "needs a square matrix, and W1 is 3 by 5"),
        ("tr(W1)", ShapeError, "needs a square matrix"),
        ("[W1, W2]", ShapeError, "side by side"),
        ("W2 W1 +", FormulaError, "the end, column 8, stands where a matrix is needed"),
        ("W3", FormulaError, "`W3`, column 1, is no block and no function"),
        ("W2 (W1", FormulaError, r"the end, column 7, stands where \) is needed"),
        ("W2 W1 / 0", FormulaError, "only a number that is not 0 divides"),
        ("W1^99", FormulaError, "whole number from 1 to 12"),
        ("$", FormulaError, "column 1, is not read"),
        ("3", ModelError, "depends on no block"),
        (3.5, ModelError, "give a text such as W2 W1"),
        (sp.MatrixSymbol("Q", 2, 2), ModelError, "MatrixSymbol Q of shape"),
        (sp.Determinant(A), ModelError, "which is not read"),
    ],
)
def test_what_is_no_formula_of_matrices_is_one_sentence(formula, error, message):
    with pytest.raises(error, match=message):
        sd.matrix_model(SHAPES, [formula])


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ({}, "there are no blocks"),
        ({"W": (0, 2)}, "whole number from 1"),
        ({"W": "ab"}, "give rows and columns"),
        ([("W", 2)], "give names with shapes"),
    ],
)
def test_shapes_are_checked(blocks, message):
    with pytest.raises(ModelError, match=message):
        sd.matrix_model(blocks, ["W"])
