"""States, costates and gradients of networks with exact numbers or symbols, as formulas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.formulas.symbols import checked_expression
from symdyn.errors import ModelError, ShapeError, came
from symdyn.systems.conditional_transport_resnet.residual import Residual

Rows = list[list[sp.Expr]]
_MOST_TERMS = 20_000


def is_exact(*given: Any) -> bool:
    """Whether some number came as a SymPy one or a Fraction, which means that the answer is to be exact."""
    return any(_says_exact(one) for one in given)


def _says_exact(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype == object and any(map(_says_exact, value.ravel().tolist()))
    if isinstance(value, sp.MatrixBase):
        return True
    if isinstance(value, list | tuple):
        return any(map(_says_exact, value))
    return isinstance(value, sp.Basic) or type(value).__name__ == "Fraction"


def rows_of(values: Any, width: int, what: str) -> Rows:
    """Rows of so many exact numbers or symbols.

    Raises
    ------
    ModelError, ShapeError
        If there are none, or a row has another length, or a number is a float.
    """
    listed = values.tolist() if hasattr(values, "tolist") else values
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise ModelError(f"{what} is {came(values)}: give rows of {width} numbers")
    rows = []
    for row in listed:
        if not isinstance(row, Sequence) or len(row) != width:
            raise ShapeError(f"{what} has the row {came(row)}: give {width} numbers in each")
        entries = [checked_expression(entry, what) for entry in row]
        if any(entry.has(sp.Float) for entry in entries):
            raise ModelError(f"{what} mixes floats with exact numbers: give fractions, or floats alone")
        rows.append(entries)
    return rows


def layers_of(residual: Residual, weights: Any) -> list[Rows]:
    """The weights of every layer.

    Raises
    ------
    ModelError, ShapeError
        As `rows_of`, and if the products are too many to be written out.
    """
    if not isinstance(weights, Sequence | np.ndarray) or isinstance(weights, str) or not len(weights):
        raise ModelError(f"the weights are {came(weights)}: give one matrix (n, {residual.q}) for each layer")
    found = [rows_of(one, residual.q, f"the matrix of layer {r}") for r, one in enumerate(weights, start=1)]
    if sum(map(len, found)) * residual.q > _MOST_TERMS:
        raise ModelError("there are too many exact weights to be written out: give floats")
    return found


def exact_forward(residual: Residual, layers: list[Rows], x: Rows) -> list[Rows]:
    """States after every layer."""
    states = [x]
    for rows in layers:
        scale = sp.Rational(1, len(layers) * len(rows))
        x = [
            [one + scale * total for one, total in zip(sample, _total(residual, residual.psi, rows, sample))]
            for sample in x
        ]
        states.append(x)
    return states


def _total(residual: Residual, formulas: Sequence[sp.Expr], rows: Rows, sample: list[sp.Expr]) -> list[sp.Expr]:
    """Sums over the neurons at one state."""
    found = [sp.S.Zero] * len(formulas)
    for row in rows:
        at = _place(residual, row, sample)
        found = [total + one.xreplace(at) for total, one in zip(found, formulas)]
    return [sp.expand(one) if one.is_polynomial() else one for one in found]


def _place(residual: Residual, row: list[sp.Expr], sample: list[sp.Expr]) -> dict[sp.Symbol, sp.Expr]:
    return {**dict(zip(residual.w, row, strict=True)), **dict(zip(residual.x, sample, strict=True))}


def exact_adjoint(residual: Residual, layers: list[Rows], states: list[Rows], terminal: Rows) -> list[Rows]:
    """Costates p_0 .. p_L."""
    costates, d = [terminal], residual.d
    slopes = list(residual.state_derivative)
    for rows, x in zip(reversed(layers), reversed(states[:-1]), strict=True):
        scale = sp.Rational(1, len(layers) * len(rows))
        p = []
        for sample, later in zip(x, costates[-1], strict=True):
            D = _total(residual, slopes, rows, sample)
            p.append([later[j] + scale * sum(D[k * d + j] * later[k] for k in range(d)) for j in range(d)])
        costates.append([[sp.expand(one) if one.is_polynomial() else one for one in row] for row in p])
    return costates[::-1]


def exact_gradient(
    residual: Residual, layers: list[Rows], states: list[Rows], costates: list[Rows]
) -> tuple[sp.ImmutableMatrix, ...]:
    """The gradient of conditional transport, a matrix (n_r, q) for each layer."""
    d, q, count = residual.d, residual.q, len(states[0])
    slopes = residual.parameter_derivative
    found = []
    for rows, x, p in zip(layers, states[:-1], costates[1:], strict=True):
        gradient = []
        for row in rows:
            at = [(slopes.xreplace(_place(residual, row, sample)), later) for sample, later in zip(x, p, strict=True)]
            gradient.append([sum(D[k, j] * later[k] for D, later in at for k in range(d)) / count for j in range(q)])
        found.append(sp.ImmutableMatrix(gradient))
    return tuple(found)


def square_risk(outputs: Rows, targets: Rows) -> sp.Expr:
    """The mean of |x - y|^2/2."""
    total = sum((a - b) ** 2 for one, other in zip(outputs, targets, strict=True) for a, b in zip(one, other))
    return total / (2 * len(outputs))
