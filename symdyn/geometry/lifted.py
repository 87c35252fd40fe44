"""Fields and models with functions, lifted: every value of a function is a variable, and all fields are polynomial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.read import expansion_size
from symdyn.algebra.lifting.reading import Reading
from symdyn.algebra.lifting.values import along
from symdyn.certificate.brief import counted
from symdyn.errors import ModelError
from symdyn.geometry.distribution import Distribution
from symdyn.geometry.fields.lifted_fields import LiftedFields, lifted_fields, sparse_terms
from symdyn.geometry.model import WrittenModel
from symdyn.geometry.parametrization import Parametrization


@dataclass(frozen=True)
class LiftedFieldsModel(WrittenModel):
    """The fields of a distribution, or the gradients of the outputs of a parametrization, with values as variables.

    Parameters
    ----------
    given
        The Distribution or Parametrization.
    extra
        Expressions whose functions are values as well, such as a law in question.
    """

    given: Any
    extra: tuple[sp.Expr, ...] = ()
    reading: Reading = field(init=False, repr=False, compare=False)

    subject = "fields"

    def __post_init__(self) -> None:
        entries = _entries(self.given)
        places = [*_places(self.given), *["the law"] * len(self.extra)]
        reading = Reading(self.given.coords, self.given.constants, [*entries, *self.extra], places)
        object.__setattr__(self, "reading", reading)

    @property
    def coords(self) -> tuple[sp.Symbol, ...]:
        """The coordinates, without the values."""
        found: tuple[sp.Symbol, ...] = self.given.coords
        return found

    @property
    def constants(self) -> tuple[sp.Symbol, ...]:
        """Symbols that stand for generic values."""
        found: tuple[sp.Symbol, ...] = self.given.constants
        return found

    @property
    def symbols(self) -> tuple[sp.Expr, ...]:
        """Coordinates, functions, constants."""
        return tuple(self.reading.written)

    @property
    def dimension(self) -> int:
        """D, the number of coordinates."""
        return len(self.coords)

    @property
    def hypotheses(self) -> tuple[str, ...]:
        """What the fields are; where the functions are defined is said by the witness."""
        return ("the fields are the gradients of the outputs",) if isinstance(self.given, Parametrization) else ()

    @cached_property
    def polynomial_fields(self) -> LiftedFields:
        """The lifted fields."""
        tower, D = self.reading.tower, self.dimension
        read = self.reading.polynomials[: len(self.reading.polynomials) - len(self.extra)]
        if not isinstance(self.given, Parametrization):
            return lifted_fields(tower, [read[i : i + D] for i in range(0, len(read), D)])
        one = tower.context.gens()[0] ** 0
        units = [tower.lifted([one * int(a == b) for b in range(D)]) for a in range(D)]
        return lifted_fields(tower, [[along(phi, unit) for unit in units] for phi in read])

    @property
    def asked(self) -> list[Any]:
        """The extra expressions as polynomials of the tower."""
        return self.reading.polynomials[len(self.reading.polynomials) - len(self.extra) :]

    def check_moves(self) -> None:
        """Refuse: the fields are those of gradient flow, or given."""
        raise ModelError(
            "metric, dynamics, friction, decay and loss belong to a model whose outputs are polynomials, and functions "
            "came: give the field of these dynamics as a VectorField"
        )

    def taking(self, loss: Any) -> tuple[LiftedFieldsModel, Any]:
        """The fields as they are: no loss has entered them."""
        is_default = isinstance(loss, str) and loss == "squared-error" and isinstance(self.given, Parametrization)
        return self, None if is_default else loss

    def value_names(self) -> list[str]:
        """Names of the values, none of them that of a coordinate or constant."""
        taken, stem = {str(symbol) for symbol in (*self.coords, *self.constants)}, "s"
        while any(name.startswith(stem) and name[len(stem) :].isdecimal() for name in taken):
            stem += "s"
        return [f"{stem}{number}" for number in range(1, len(self.reading.tower.values) + 1)]

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data: values with function and argument, and the components on the coordinates."""
        fields, D = self.polynomial_fields, self.dimension
        rows, coefficients, sizes, variables = [], [], [], []
        for number, speeds in enumerate(fields.exact):
            for a, speed in enumerate(speeds[:D]):
                for monomial, value in sparse_terms(speed).items():
                    rows.append(number * D + a)
                    coefficients.append(value)
                    sizes.append(sum(power for _, power in monomial))
                    variables += [k for k, power in monomial for _ in range(power)]
        return {
            "kind": "lifted fields",
            "names": [*map(str, self.coords), *self.value_names(), *map(str, self.constants)],
            "dimension": D,
            "number": len(fields.exact),
            "values": [_value_data(value) for value in self.reading.tower.values],
            "row": rows,
            "coefficient": coefficients,
            "size": sizes,
            "variable": variables,
        }

    def _in_short(self) -> str:
        many = f"{counted(self.polynomial_fields.number, 'field')} on {counted(self.dimension, 'coordinate')}"
        return f"{many}, with {counted(len(self.reading.tower.values), 'value')} of functions"


def has_functions(expressions: Sequence[sp.Expr]) -> bool:
    """Whether one of them has a function, or a power that is not whole, of symbols in it."""
    return any(
        bool(node.free_symbols) and (isinstance(node, sp.Function) or not node.exp.is_Integer)
        for expression in expressions
        for node in expression.atoms(sp.Function, sp.Pow)
    )


_MOST_TERMS = 20_000


def lifted(model: Any) -> Any:
    """The model; one of formulas with functions as polynomial fields on coordinates and values.

    Formulas that have too many terms when they are multiplied out stay as they are.
    """
    if type(model) not in (Distribution, Parametrization) or any(
        expansion_size(e) > _MOST_TERMS for e in _entries(model)
    ):
        return model
    return LiftedFieldsModel(model) if has_functions(_entries(model)) else model


def _entries(model: Any) -> list[sp.Expr]:
    if isinstance(model, Distribution):
        return [entry for one in model.fields for entry in one.components]
    return list(model.outputs)


def _places(model: Any) -> list[str]:
    if isinstance(model, Distribution):
        D = model.dimension
        return [f"component {a + 1} of field {i + 1}" for i in range(len(model.fields)) for a in range(D)]
    return [f"output {number + 1}" for number in range(len(model.outputs))]


def _value_data(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"function": value.function, "argument": _terms_data(value.argument)}
    if value.function == "root":
        found["index"] = value.index
    if value.function == "power":
        found["exponent"] = _terms_data(value.exponent)
    if value.partner >= 0:
        found["partner"] = value.partner
    return found


def _terms_data(polynomial: Any) -> list[Any]:
    """Terms [numerator, denominator, [variable, exponent, ...]]."""
    return [
        [int(value.p), int(value.q), [x for k, power in enumerate(exponent) if power for x in (k, int(power))]]
        for exponent, value in polynomial.to_dict().items()
    ]
