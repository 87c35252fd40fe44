"""Distributions: the span of a few vector fields."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.symbols import check_names, checked_symbols, unknown_symbol
from symdyn.algebra.polynomials.sparse import polynomials_from_expressions
from symdyn.certificate.brief import counted
from symdyn.errors import ModelError
from symdyn.geometry.fields.polynomial_fields import PolynomialFields
from symdyn.geometry.model import WrittenModel
from symdyn.geometry.vector_field import VectorField


@dataclass(frozen=True)
class Distribution(WrittenModel):
    """The span of vector fields with common coordinates.

    Parameters
    ----------
    fields
        At least one `VectorField`; all with the same coordinates in the same order.
    constants
        Symbols that stand for generic values.

    Raises
    ------
    ModelError
        If there is no field, the coordinates differ, or a symbol is unknown.
    """

    fields: tuple[VectorField, ...]
    constants: tuple[sp.Symbol, ...] = ()

    subject = "fields"

    def __post_init__(self) -> None:
        fields = (self.fields,) if isinstance(self.fields, VectorField) else tuple(self.fields)
        constants = checked_symbols(self.constants, "constants")
        if not fields:
            raise ModelError("there are no fields: give at least one VectorField")
        for field in fields:
            if not isinstance(field, VectorField):
                raise ModelError(f"{field!r} is no VectorField: write VectorField(coords, components)")
            if field.coords != fields[0].coords:
                raise ModelError(
                    f"the fields have coordinates {fields[0].coords} and {field.coords}: they must agree, in order"
                )
            check_names(fields[0].coords + constants)
            both = set(fields[0].coords) & set(constants)
            if both:
                raise ModelError(f"`{min(both, key=str)}` is both a coordinate and a constant: choose one")
            unknown = unknown_symbol(list(field.components), fields[0].coords + constants)
            if unknown is not None:
                raise ModelError(
                    f"`{unknown[0]}` in component {unknown[1] + 1} is neither a coordinate nor a constant: add it to "
                    "the coordinates, or to `constants`"
                )
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "constants", constants)

    @property
    def coords(self) -> tuple[sp.Symbol, ...]:
        """The common coordinates."""
        return self.fields[0].coords

    @property
    def dimension(self) -> int:
        """D, the number of coordinates."""
        return len(self.coords)

    @cached_property
    def polynomial_fields(self) -> PolynomialFields:
        """The fields as sparse polynomials.

        Raises
        ------
        ModelError
            If a component is not a polynomial with rational coefficients.
        """
        n = len(self.coords)
        entries = [entry for field in self.fields for entry in field.components]
        names = [f"component {a + 1} of field {i + 1}" for i in range(len(self.fields)) for a in range(n)]
        components = polynomials_from_expressions(entries, self.coords + self.constants, names=names, group=n)
        return PolynomialFields(n, len(self.fields), components)

    def taking(self, loss: Any) -> tuple[Distribution, Any]:
        """The fields as they are: no loss has entered them."""
        return self, loss

    def check_moves(self) -> None:
        """Refuse: there are no outputs."""
        raise ModelError(
            "metric, dynamics, friction, decay and loss belong to a model with outputs, and fields came: give a "
            "Parametrization or a network"
        )

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data."""
        return {
            "kind": "fields",
            "names": [str(symbol) for symbol in self.coords + self.constants],
            "dimension": len(self.coords),
            "number": len(self.fields),
            **self.polynomial_fields.components.to_data(),
        }

    def _in_short(self) -> str:
        return f"{counted(len(self.fields), 'field')} on {counted(len(self.coords), 'coordinate')}"
