"""Models in matrix notation, from text or from SymPy's matrix expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.matrices.expressions.hadamard import HadamardPower

from symdyn.algebra.formulas.read import parse_name
from symdyn.errors import ModelError
from symdyn.geometry.parametrization import Parametrization
from symdyn.geometry.predictor import Predictor
from symdyn.networks.matrix_model import model_of
from symdyn.networks.programs.matrix_formula import FUNCTIONS, Node, Shape
from symdyn.networks.programs.program import MatrixProgram
from symdyn.networks.programs.words import checked_sizes
from symdyn.reading.matrix_text import matrix_formula

_ELEMENTWISE = {sp.tanh: "tanh", sp.exp: "exp", sp.log: "log", sp.sin: "sin", sp.cos: "cos", sp.sinh: "sinh",
                sp.cosh: "cosh", sp.erf: "erf", sp.sqrt: "sqrt"}  # fmt: skip


def matrix_model(
    blocks: Mapping[str, Any], outputs: Any, *, inputs: Mapping[str, Any] | None = None
) -> MatrixProgram | Parametrization | Predictor:
    """A model of matrices, in the notation of a paper.

    Parameters
    ----------
    blocks
        From the name of each matrix of parameters to its shape, (rows, columns) or one number for a vector; in the
        order of the coordinates.
    outputs
        Formulas, as text or as SymPy's matrix expressions in MatrixSymbols of these names. In text, products stand side
        by side, with * or @; ^T, .T or ' transpose; .* multiplies entry by entry; tr(A), hadamard(A, B), [A, B; C, D],
        I, whole powers of squares, and tanh, exp, ... entry by entry.
    inputs
        Shapes of what the data give; the model is a Predictor then.

    Returns
    -------
    MatrixProgram, Parametrization or Predictor
        A program, whose laws are found as matrices at any size, where every output is a sum of products; else the
        entries. Constants that are added to an output, and its denominators, are left out: no law sees them.

    Raises
    ------
    FormulaError, ModelError, ShapeError
        With the place in the text, or the product that does not fit and both shapes.

    Examples
    --------
    >>> model = matrix_model({"W1": (3, 5), "W2": (2, 3)}, ["W2 (I + W1 W1^T) W1"])
    >>> model.dimension, len(model.sums[0])
    (21, 2)
    """
    known, given = _shapes(blocks, "blocks"), _shapes(inputs or {}, "inputs")
    both = set(known) & set(given)
    if both:
        raise ModelError(f"{min(both)} is both a block and an input: choose one")
    if not known:
        raise ModelError('there are no blocks: give their shapes, as in {"W1": (3, 5), "W2": (2, 3)}')
    items = list(outputs) if isinstance(outputs, Sequence) and not isinstance(outputs, str) else [outputs]
    if not items:
        raise ModelError('there are no outputs: give formulas, as in ["W2 W1"]')
    nodes = [_node(item, {**known, **given}, f"output {number}") for number, item in enumerate(items, start=1)]
    return model_of(known, nodes, given)


def _shapes(given: Any, what: str) -> dict[str, Shape]:
    if not isinstance(given, Mapping):
        raise ModelError(f'{what} is {str(given)[:40]!r}: give names with shapes, as in {{"W1": (3, 5)}}')
    found = {}
    for name, shape in given.items():
        key = parse_name(str(name), where=what).name
        sizes = [shape, 1] if isinstance(shape, int) and not isinstance(shape, bool) else shape
        if not isinstance(sizes, Sequence) or isinstance(sizes, str) or len(sizes) != 2:
            raise ModelError(f"the shape of {key} is {shape!r}: give rows and columns, as in (3, 5)")
        rows, columns = checked_sizes(key, rows=sizes[0], columns=sizes[1])
        found[key] = (rows, columns)
    return found


def _node(item: Any, shapes: Mapping[str, Shape], where: str) -> Node:
    if isinstance(item, str):
        return matrix_formula(item, shapes, where)
    if isinstance(item, sp.MatrixBase | sp.MatrixExpr | sp.Expr | int):
        return _from_sympy(item, shapes, where)
    raise ModelError(f"{where} is {type(item).__name__}: give a text such as W2 W1, or a SymPy matrix expression")


def _from_sympy(item: Any, shapes: Mapping[str, Shape], where: str) -> Node:
    """The tree of a matrix expression of SymPy, or of a trace and its like."""

    def inner(*parts: Any) -> tuple[Node, ...]:
        return tuple(_from_sympy(part, shapes, where) for part in parts)

    match item:
        case sp.MatrixSymbol():
            if item.name not in shapes or tuple(item.shape) != shapes[item.name]:
                raise ModelError(
                    f"{where}: the MatrixSymbol {item.name} of shape {item.shape} is no block: give its shape"
                )
            return Node("block", value=str(item.name))
        case sp.Identity():
            return Node("identity")
        case sp.Transpose():
            return Node("transpose", inner(item.arg))
        case sp.Trace():
            return Node("trace", inner(item.arg))
        case sp.MatAdd() | sp.Add():
            return Node("add", inner(*item.args))
        case sp.MatMul() | sp.Mul():
            return Node("product", inner(*item.args))
        case sp.HadamardProduct():
            return Node("hadamard", inner(*item.args))
        case HadamardPower() if item.exp.is_Integer and item.exp > 0:
            return Node("hadamard", inner(*[item.base] * int(item.exp)))
        case sp.BlockMatrix():
            return Node("stack", inner(*item.blocks), item.blockshape[1])
        case sp.MatPow() | sp.Pow() if item.exp.is_Integer and item.exp > 0:
            return Node("power", inner(item.base), int(item.exp))
        case sp.MatrixBase() if all(entry.is_Rational for entry in item):
            rows, columns = item.shape
            if rows == columns and item == item[0, 0] * sp.eye(rows):
                return Node("product", (*inner(item[0, 0]), Node("identity")))
            return Node("matrix", value=sp.ImmutableMatrix(item))
        case _ if isinstance(item, int) or (isinstance(item, sp.Expr) and item.is_Rational):
            number = sp.Rational(item)
            return Node("number", value=Fraction(int(number.p), int(number.q)))
        case _ if hasattr(item, "function") and hasattr(item, "expr"):  # applied entry by entry
            name = _ELEMENTWISE.get(item.function) or _ELEMENTWISE.get(getattr(item.function, "expr", None).__class__)
            if name in FUNCTIONS:
                return Node(str(name), inner(item.expr))
    raise ModelError(
        f"{where} has {str(item)[:60]}, which is not read: use MatrixSymbols of the blocks, sums, products, "
        "transposes, traces, Hadamard products, BlockMatrix, matrices of rational numbers"
    )
