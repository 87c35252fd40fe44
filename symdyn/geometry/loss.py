"""Loss classes: the directions in which the gradient of a loss can point at the outputs.

Laws see a loss only through V = span of its gradients in the outputs, over all labels. For outputs given as a matrix
phi of shape (n, m) the model is x -> phi x: the n rows are the outputs (logits), and the directions act on them. Given
inputs x see phi through the columns phi x alone.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.symbols import checked_expression, flattened
from symdyn.algebra.polynomials.sparse import SparsePolynomials, from_terms
from symdyn.algebra.polynomials.terms import plus
from symdyn.certificate.statement.setting import loss_sentence
from symdyn.certificate.witness.laws import setting
from symdyn.errors import ModelError, ShapeError

NAMES = ("squared-error", "cross-entropy", "logistic")


@dataclass(frozen=True, kw_only=True)
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
    inputs
        Multiples of the inputs of a data set, integer vectors of length m; None for all inputs.
    """

    name: str
    rows: int
    columns: int
    directions: tuple[tuple[int, ...], ...] | None = None
    inputs: tuple[tuple[int, ...], ...] | None = None

    @property
    def is_full(self) -> bool:
        """Whether V = R^n, for all inputs."""
        return self.directions is None and self.inputs is None

    def combinations(self) -> list[dict[int, int]]:
        """The outputs w^T phi x that the losses see: sparse combinations of the entries of phi, row by row."""
        return [
            {i * self.columns + j: w * x for i, w in enumerate(direction) for j, x in enumerate(point) if w * x}
            for direction in self.directions or _units(self.rows)
            for point in self.inputs or _units(self.columns)
        ]

    def seen(self, outputs: SparsePolynomials) -> SparsePolynomials:
        """The outputs that the losses see."""
        if self.is_full:
            return outputs
        terms = outputs.to_terms()
        seen = [plus((weight, terms[i]) for i, weight in sparse.items()) for sparse in self.combinations()]
        return from_terms(seen, outputs.variables)

    def stored(self, outputs: str = "rows of phi") -> setting.Loss:
        """As a witness holds it; `outputs` says what the class acts on."""
        inputs = None if self.inputs is None else len(self.inputs)
        return setting.Loss(name=self.name, rows=self.rows, outputs=outputs, directions=self.directions, inputs=inputs)

    def statement(self, outputs: str = "rows of phi") -> str:
        """The class in words, for the hypotheses of an answer."""
        return loss_sentence(self.stored(outputs))


def _units(size: int) -> list[tuple[int, ...]]:
    return [tuple(int(i == k) for i in range(size)) for k in range(size)]


def checked_data(data: Any, columns: int) -> tuple[tuple[Fraction, ...], ...]:
    """Inputs of a data set as exact rows.

    Parameters
    ----------
    data
        Shape (N, m), or (m,) for one input; rational entries.
    columns
        m, the number of components of an input.

    Raises
    ------
    ModelError, ShapeError
        If there is none, an entry is no rational number, or the rows have another length.
    """
    entries, shape = flattened(data)
    if len(shape) == 1:
        shape = (1, *shape)
    if len(shape) != 2 or not entries:
        raise ShapeError(f"the data have the shape {shape}: give one row for each input, as in [[1, 0], [2, 1]]")
    if shape[1] != columns:
        raise ShapeError(
            f"the data have {shape[1]} column{'' if shape[1] == 1 else 's'}, and the model has {columns} inputs: give "
            f"rows of {columns} numbers"
        )
    exact = [rational_entry(entry, "the data") for entry in entries]
    return tuple(tuple(exact[start : start + columns]) for start in range(0, len(exact), columns))


def rational_entry(entry: Any, what: str) -> Fraction:
    """A number as a fraction.

    Raises
    ------
    ModelError
        If it is no rational number; a decimal is told which fraction to write.
    """
    exact = checked_expression(entry, f"an entry of {what}")
    if isinstance(exact, sp.Float):
        raise ModelError(
            f"{entry} in {what} is a decimal, and ranks are decided exactly: write "
            f"{sp.nsimplify(exact, rational=True)}"
        )
    if not isinstance(exact, sp.Rational):
        raise ModelError(f"{entry} in {what} is no rational number: write one, as in 1/2")
    return Fraction(int(exact.p), int(exact.q))


def whole_multiples(rows: Iterable[Sequence[Fraction]]) -> tuple[tuple[int, ...], ...]:
    """Coprime whole multiples of the vectors that are not zero."""
    made = []
    for row in rows:
        whole = [int(x * lcm(*(y.denominator for y in row))) for x in row]
        divisor = gcd(*whole)
        if divisor:
            made.append(tuple(x // divisor for x in whole))
    return tuple(made)


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
        return LossClass(name="squared-error", rows=rows or 1, columns=columns)
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
        return LossClass(name="cross-entropy", rows=rows, columns=columns, directions=tuple(steps))
    if rows != 1:
        raise ShapeError(
            f"the binary logistic loss has one logit, and the outputs have {rows} rows: give one row, as in "
            "[[f, g]], or write loss='cross-entropy'"
        )
    return LossClass(name="logistic", rows=1, columns=columns)


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
    numbers = [rational_entry(entry, "the matrix of loss directions") for entry in entries]
    made = whole_multiples(numbers[k :: shape[1]] for k in range(shape[1]))
    if not made:
        raise ModelError("the matrix of loss directions is zero: such a loss moves nothing; give a column that is not")
    if sp.Matrix(made).rank() == rows:
        return LossClass(name="subspace", rows=rows, columns=columns)
    return LossClass(name="subspace", rows=rows, columns=columns, directions=made)
