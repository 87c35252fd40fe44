"""Parametrizations phi(theta), and what the law engine asks of a model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.symbols import (
    check_names,
    checked_coordinates,
    checked_expression,
    checked_symbols,
    flattened,
    unknown_symbol,
)
from symdyn.algebra.polynomials.sparse import SparsePolynomials, polynomials_from_expressions
from symdyn.certificate.brief import one_line
from symdyn.errors import ModelError
from symdyn.geometry.fields.polynomial_fields import PolynomialFields, gradients
from symdyn.geometry.model import WrittenModel


@dataclass(frozen=True)
class Parametrization(WrittenModel):
    """A map phi from parameters to outputs, through which a loss sees the model.

    Under gradient flow of any loss l(phi(theta)), theta' is a combination of the gradients of the outputs; these
    gradients are the fields whose common laws are counted.

    Parameters
    ----------
    coords
        The parameters theta, in order.
    outputs
        SymPy expressions: a list, a matrix, an array or nested lists. Kept flat, row by row.
    constants
        Symbols that stand for generic values; laws may depend on them.

    Raises
    ------
    ModelError
        If there are no coordinates or no outputs, a symbol comes twice or is unknown, or an output is text, nan or
        infinite.
    """

    coords: tuple[sp.Symbol, ...]
    outputs: tuple[sp.Expr, ...]
    constants: tuple[sp.Symbol, ...] = ()

    def __post_init__(self) -> None:
        coords = checked_coordinates(self.coords)
        constants = checked_symbols(self.constants, "constants")
        check_names(coords + constants)
        both = set(coords) & set(constants)
        if both:
            raise ModelError(f"`{min(both, key=str)}` is both a coordinate and a constant: choose one")
        entries, shape = flattened(self.outputs)
        if not entries:
            raise ModelError("there are no outputs: give at least one expression, as in [u*v, v*w]")
        outputs = tuple(checked_expression(entry, f"output {place + 1}") for place, entry in enumerate(entries))
        unknown = unknown_symbol(outputs, coords + constants)
        if unknown is not None:
            raise ModelError(
                f"`{unknown[0]}` in output {unknown[1] + 1}, {_short(outputs[unknown[1]])}, is neither a coordinate "
                "nor a constant: add it to the coordinates, or to `constants`"
            )
        for name, value in (("coords", coords), ("constants", constants), ("outputs", outputs), ("_shape", shape)):
            object.__setattr__(self, name, value)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape in which the outputs were given."""
        return self._shape  # type: ignore[attr-defined]

    @property
    def dimension(self) -> int:
        """D, the number of parameters."""
        return len(self.coords)

    @cached_property
    def polynomials(self) -> SparsePolynomials:
        """The outputs as sparse polynomials in coordinates and constants.

        Raises
        ------
        ModelError
            If an output is not a polynomial with rational coefficients; the message names it.
        """
        return polynomials_from_expressions(self.outputs, self.coords + self.constants)

    @cached_property
    def polynomial_fields(self) -> PolynomialFields:
        """The gradients of the outputs."""
        return gradients(self.polynomials, self.dimension)

    def input_shape(self) -> tuple[int, int] | None:
        """Rows and columns where the outputs came as a number, a list or a matrix; not where there are hypotheses."""
        if len(self.shape) > 2 or self.hypotheses:
            return None
        return (self.shape[0] if self.shape else 1), (self.shape[1] if len(self.shape) > 1 else 1)

    def loss_shape(self) -> tuple[int | None, int]:
        """Rows, on which a loss acts, and columns."""
        if len(self.shape) > 2:
            return None, 1
        return (self.shape[0] if self.shape else 1), (self.shape[1] if len(self.shape) > 1 else 1)

    def loss_outputs(self) -> SparsePolynomials:
        """The outputs, all on one common scale, since losses combine them."""
        return polynomials_from_expressions(self.outputs, self.coords + self.constants, group=len(self.outputs))

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data."""
        return {
            "kind": "outputs",
            "names": [str(symbol) for symbol in self.coords + self.constants],
            "dimension": self.dimension,
            "number": len(self.outputs),
            **self.polynomials.to_data(),
        }

    def _in_short(self) -> str:
        shown = ", ".join(one_line(str(output), 60) for output in self.outputs[:6])
        return f"{', '.join(map(str, self.coords[:6]))}{', ...' if len(self.coords) > 6 else ''} -> {shown}" + (
            ", ..." if len(self.outputs) > 6 else ""
        )


def _short(expression: sp.Expr) -> str:
    text = str(expression)
    return text if len(text) <= 60 else text[:57] + "..."
