"""Loss classes: the directions in which the gradient of a loss can point at the outputs.

Laws see a loss only through V = span of its gradients in the outputs, over all labels. For outputs given as a matrix
phi of shape (n, m) the model is x -> phi x: the n rows are the outputs (logits), and the directions act on them.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import sympy as sp

from symdyn.algebra.polynomials import SparsePolynomials, from_terms
from symdyn.algebra.symbols import checked_expression, flattened
from symdyn.algebra.terms import plus
from symdyn.errors import ModelError, ShapeError

NAMES = ("squared-error", "cross-entropy", "logistic")


@dataclass(frozen=True)
class LossClass:
    """The losses whose gradients in the outputs span one fixed subspace V of R^n.

    Parameters
    ----------
    name
        "squared-error" (V = R^n), "cross-entropy" (labels in the simplex: V = {w : sum w = 0}), "logistic" (one
        logit, V = R) or "subspace".
    rows, columns
        n and m: phi has shape (n, m).
    directions
        Integer vectors of length n that span V; None for V = R^n.
    """

    name: str
    rows: int
    columns: int
    directions: tuple[tuple[int, ...], ...] | None = None

    @property
    def is_full(self) -> bool:
        """Whether V = R^n."""
        return self.directions is None

    def combinations(self) -> list[dict[int, int]]:
        """The outputs w^T phi e_j that the losses see: sparse combinations of the entries of phi, row by row."""
        assert self.directions is not None
        return [
            {i * self.columns + j: weight for i, weight in enumerate(direction) if weight}
            for direction in self.directions
            for j in range(self.columns)
        ]

    def seen(self, outputs: SparsePolynomials) -> SparsePolynomials:
        """The outputs that the losses see."""
        if self.directions is None:
            return outputs
        terms = outputs.to_terms()
        seen = [plus((weight, terms[i]) for i, weight in sparse.items()) for sparse in self.combinations()]
        return from_terms(seen, outputs.variables)

    def statement(self, outputs: str = "rows of phi") -> str:
        """The class in words, for the hypotheses of an answer; `outputs` says what it acts on."""
        if self.name == "cross-entropy":
            return (
                "every loss of the cross-entropy class (labels in the simplex): its gradients in the "
                f"{self.rows} logits, the {outputs}, sum to zero"
            )
        if self.name == "logistic":
            return "every loss of the binary logistic class: one logit, whose gradient is any number"
        if self.directions is None:
            return "every loss of the squared error class: its gradients in the outputs point in every direction"
        shown = ", ".join("(" + ", ".join(map(str, direction)) + ")" for direction in self.directions[:3])
        more = ", ..." if len(self.directions) > 3 else ""
        return (
            f"every loss whose gradients in the {self.rows} {outputs} lie in the span of {shown}{more}"
        )

    def to_data(self) -> dict[str, Any] | None:
        """Canonical JSON data; None for V = R^n."""
        if self.directions is None:
            return None
        return {"rows": self.rows, "columns": self.columns, "directions": [list(part) for part in self.directions]}


def loss_class(value: Any, rows: int | None, columns: int) -> LossClass:
    """A loss class from its name, or from a matrix whose columns span the directions.

    Parameters
    ----------
    value
        A name, or a matrix of shape (n, k) with rational entries; None for "squared-error".
    rows, columns
        Shape of phi; rows None where the outputs are not one matrix.

    Raises
    ------
    ModelError, ShapeError
        If the name is unknown, the outputs are not one matrix, or their number does not fit.
    """
    if value is None or (isinstance(value, str) and value == "squared-error"):
        return LossClass("squared-error", rows or 1, columns)
    if isinstance(value, str) and value not in NAMES:
        near = difflib.get_close_matches(value, NAMES, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ModelError(
            f"the loss {value!r} is not known: {hint}losses are {', '.join(NAMES)}, or a matrix whose columns span its "
            "gradients in the outputs"
        )
    if rows is None:
        raise ShapeError(
            "a loss other than squared-error acts on the rows of one output matrix, and this model has several outputs "
            "of different kinds: give a Parametrization with one matrix of outputs"
        )
    if not isinstance(value, str):
        return _subspace(value, rows, columns)
    if value == "cross-entropy":
        if rows < 2:
            raise ShapeError(
                "cross-entropy needs at least 2 logits, and the outputs have 1 row: give one row for each class, or "
                "write loss='logistic' for a single logit"
            )
        steps = [tuple(int(i == k) - int(i == rows - 1) for i in range(rows)) for k in range(rows - 1)]
        return LossClass("cross-entropy", rows, columns, tuple(steps))
    if rows != 1:
        raise ShapeError(
            f"the binary logistic loss has one logit, and the outputs have {rows} rows: give one row, as in "
            "[[f, g]], or write loss='cross-entropy'"
        )
    return LossClass("logistic", 1, columns)


def _subspace(value: Any, rows: int, columns: int) -> LossClass:
    entries, shape = flattened(value)
    if len(shape) == 1:
        shape = (shape[0], 1)
    if len(shape) != 2 or shape[0] != rows:
        came = " x ".join(map(str, shape)) or "a single entry"
        needed = f"{rows} row{'s' if rows > 1 else ''}"
        raise ShapeError(
            f"the matrix of loss directions is {came}, and the outputs have {needed}: give {needed}, one column for "
            "each direction"
        )
    numbers = []
    for entry in entries:
        exact = checked_expression(entry, "an entry of the matrix of loss directions")
        if not isinstance(exact, sp.Rational):
            raise ModelError(f"{entry} in the matrix of loss directions is no rational number: write one, as in 1/2")
        numbers.append(Fraction(int(exact.p), int(exact.q)))
    made = []
    for k in range(shape[1]):
        column = numbers[k :: shape[1]]
        common = lcm(*(x.denominator for x in column))
        whole = [int(x * common) for x in column]
        divisor = gcd(*whole)
        if divisor:
            made.append(tuple(x // divisor for x in whole))
    if not made:
        raise ModelError("the matrix of loss directions is zero: such a loss moves nothing; give a column that is not")
    if sp.Matrix(made).rank() == rows:
        return LossClass("subspace", rows, columns)
    return LossClass("subspace", rows, columns, tuple(made))
