"""Models of formulas that are too large to expand: their fields are evaluated as steps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from symdyn.algebra.budgets.deadline import OutOfTimeError
from symdyn.algebra.polynomials.expansion import TooManyTermsError
from symdyn.geometry.distribution import Distribution
from symdyn.geometry.fields.formula_fields import FormulaFields, formula_fields
from symdyn.geometry.parametrization import Parametrization


@dataclass(frozen=True)
class UnexpandedParametrization(Parametrization):
    """A parametrization whose outputs stay as they are written."""

    @cached_property
    def formula_fields(self) -> FormulaFields:
        """The gradients of the outputs, as steps."""
        return formula_fields(self.outputs, self.coords + self.constants, self.dimension, is_gradient=True)

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data: the steps."""
        return {
            "kind": "formulas",
            "of": "outputs",
            "names": [str(symbol) for symbol in self.coords + self.constants],
            "dimension": self.dimension,
            "number": len(self.outputs),
            **self.formula_fields.to_data(),
        }


@dataclass(frozen=True)
class UnexpandedDistribution(Distribution):
    """A distribution whose components stay as they are written."""

    @cached_property
    def formula_fields(self) -> FormulaFields:
        """The fields, as steps."""
        components = [entry for field in self.fields for entry in field.components]
        return formula_fields(components, self.coords + self.constants, self.dimension, is_gradient=False)

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data: the steps."""
        return {
            "kind": "formulas",
            "of": "fields",
            "names": [str(symbol) for symbol in self.coords + self.constants],
            "dimension": self.dimension,
            "number": len(self.fields),
            **self.formula_fields.to_data(),
        }


def expanded_if_small(model: Any) -> Any:
    """The model, or the same one unexpanded if it is too large or the time for it is over.

    Raises
    ------
    ModelError
        If it is no polynomial with rational coefficients.
    """
    if type(model) not in (Parametrization, Distribution):
        return model
    try:
        _ = model.polynomials if isinstance(model, Parametrization) else model.polynomial_fields
        return model
    except (TooManyTermsError, OutOfTimeError):
        if isinstance(model, Distribution):
            return UnexpandedDistribution(model.fields, model.constants)
        made = UnexpandedParametrization(model.coords, model.outputs, model.constants)
        object.__setattr__(made, "_shape", model.shape)
        return made
