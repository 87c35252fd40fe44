"""Models as witnesses hold them: polynomials by their terms, formulas by their steps, and networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from symdyn.certificate.refutation import (
    RefutedError,
    integer,
    integers,
    listed,
    names,
    need,
    one_of,
    record,
)
from symdyn.certificate.witness.laws.lifted_model import LiftedFields, read_lifted_fields
from symdyn.certificate.witness.laws.network_models import (
    LARGEST,
    MatrixProgram,
    ReluGraph,
    ReluLayers,
    read_program,
    read_relu_graph,
    read_relu_layers,
)

_LARGEST_POWER = 10**6
_FEWEST_BITS_REFUSED = 100_000


@dataclass(frozen=True)
class PolynomialTerms:
    """Outputs of a map, or components of fields, by their terms.

    Parameters
    ----------
    kind
        "outputs" (the fields are their gradients) or "fields".
    names
        Names of the coordinates, then of the symbolic constants; all different.
    dimension, number
        Number of coordinates, and of outputs or fields.
    row
        For each term the output that it belongs to; for fields `dimension` times the field plus the component.
    coefficient, size, variable
        Its coefficient, its degree, and numbers of its variables, one after the other.
    """

    kind: str
    names: tuple[str, ...]
    dimension: int
    number: int
    row: tuple[int, ...]
    coefficient: tuple[int, ...]
    size: tuple[int, ...]
    variable: tuple[int, ...]

    @property
    def constants(self) -> tuple[str, ...]:
        """Names of the symbolic constants."""
        return self.names[self.dimension :]

    @property
    def coordinate_names(self) -> tuple[str, ...]:
        """Names of all variables: coordinates, then constants."""
        return self.names

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        terms = {name: list(getattr(self, name)) for name in ("row", "coefficient", "size", "variable")}
        return {
            "kind": self.kind,
            "names": list(self.names),
            "dimension": self.dimension,
            "number": self.number,
            **terms,
        }


@dataclass(frozen=True, kw_only=True)
class FormulaSteps:
    """Outputs of a map, or components of fields, as steps that are never multiplied out.

    Parameters
    ----------
    of
        "outputs" (the fields are their gradients) or "fields".
    names
        Names of the coordinates, then of the symbolic constants; all different.
    dimension, number
        Number of coordinates, and of outputs or fields.
    steps
        ("input", k), ("rational", p, q), ("add", steps...), ("multiply", steps...), ("power", step, n) with n >= 0.
    results
        Numbers of the steps of the outputs, or of the components field by field.
    """

    of: str
    names: tuple[str, ...]
    dimension: int
    number: int
    steps: tuple[tuple[Any, ...], ...]
    results: tuple[int, ...]
    kind: ClassVar[str] = "formulas"

    @property
    def constants(self) -> tuple[str, ...]:
        """Names of the symbolic constants."""
        return self.names[self.dimension :]

    @property
    def coordinate_names(self) -> tuple[str, ...]:
        """Names of all variables: coordinates, then constants."""
        return self.names

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "of": self.of,
            "names": list(self.names),
            "dimension": self.dimension,
            "number": self.number,
            "steps": [list(step) for step in self.steps],
            "results": list(self.results),
        }


Model = PolynomialTerms | FormulaSteps | LiftedFields | MatrixProgram | ReluLayers | ReluGraph


def variables_of(model: Model) -> int:
    """Number of coordinates, values of functions, and symbolic constants."""
    values = len(model.values) if isinstance(model, LiftedFields) else 0
    return model.dimension + values + len(model.constants)


def read_model(value: Any, place: str = "witness.model") -> Model:
    """A stored model.

    Raises
    ------
    RefutedError
        If it is none; the message names the field.
    """
    if not isinstance(value, Mapping):
        raise RefutedError(place, "is no record")
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in _READERS:
        raise RefutedError(f"{place}.kind", f"is {str(kind)[:40]!r}, which is not known")
    return _READERS[kind](value, place)


def _polynomial_terms(value: Any, place: str) -> PolynomialTerms:
    fields = ("kind", "names", "dimension", "number", "row", "coefficient", "size", "variable")
    data = record(value, place, fields)
    dimension = integer(data["dimension"], f"{place}.dimension", least=1)
    number = integer(data["number"], f"{place}.number")
    need(number <= LARGEST and dimension <= LARGEST, place, f"is larger than {LARGEST} outputs or coordinates")
    known = names(data["names"], f"{place}.names", least=dimension)
    rows = integers(data["row"], f"{place}.row", least=0)
    sizes = integers(data["size"], f"{place}.size", least=0)
    variables = integers(data["variable"], f"{place}.variable", least=0, below=len(known))
    values = integers(data["coefficient"], f"{place}.coefficient")
    need(len(rows) == len(sizes) == len(values), place, "lists of terms have different lengths")
    need(sum(sizes) == len(variables), f"{place}.variable", "are not as many as the sizes say")
    limit = number if data["kind"] == "outputs" else number * dimension
    need(not rows or max(rows) < limit, f"{place}.row", "names an output that there is not")
    need(
        not values or max(map(int.bit_length, values)) < _FEWEST_BITS_REFUSED,
        f"{place}.coefficient",
        "holds a number of more than 100,000 bits",
    )
    terms = tuple(rows), tuple(values), tuple(sizes), tuple(variables)
    return PolynomialTerms(str(data["kind"]), known, dimension, number, *terms)


def _formula_steps(value: Any, place: str) -> FormulaSteps:
    data = record(value, place, ("kind", "of", "names", "dimension", "number", "steps", "results"))
    of = one_of(data["of"], f"{place}.of", ("outputs", "fields"))
    dimension = integer(data["dimension"], f"{place}.dimension", least=1)
    number = integer(data["number"], f"{place}.number")
    known = names(data["names"], f"{place}.names", least=dimension)
    stored = listed(data["steps"], f"{place}.steps")
    steps = tuple(_formula_step(step, k, len(known), f"{place}.steps[{k}]") for k, step in enumerate(stored))
    results = integers(data["results"], f"{place}.results", least=0, below=max(1, len(steps)))
    wanted = number if of == "outputs" else number * dimension
    need(len(results) == wanted and (not results or bool(steps)), f"{place}.results", f"are not {wanted} steps")
    return FormulaSteps(of=of, names=known, dimension=dimension, number=number, steps=steps, results=tuple(results))


def _formula_step(step: Any, number: int, inputs: int, place: str) -> tuple[Any, ...]:
    need(bool(listed(step, place)), place, "is no step")
    name = one_of(step[0], place, ("input", "rational", "add", "multiply", "power"))
    operands = integers(step[1:], place)
    if name == "input":
        need(len(operands) == 1 and 0 <= operands[0] < inputs, place, "is no input")
    elif name == "rational":
        need(len(operands) == 2 and operands[1] > 0, place, "is no fraction")
    else:
        parts = operands[:1] if name == "power" else operands
        need(bool(parts) and all(0 <= k < number for k in parts), place, "uses a later step")
        fits = name != "power" or (len(operands) == 2 and 0 <= operands[1] <= _LARGEST_POWER)
        need(fits, place, "has a power out of range")
    return name, *operands


_READERS: Mapping[str, Callable[[Any, str], Model]] = {
    "outputs": _polynomial_terms,
    "fields": _polynomial_terms,
    "formulas": _formula_steps,
    "lifted fields": read_lifted_fields,
    "matrix program": read_program,
    "relu layers": read_relu_layers,
    "relu graph": read_relu_graph,
}
