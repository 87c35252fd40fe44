"""Models as witnesses hold them: polynomials by their terms, matrix programs, ReLU networks and graphs."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from symdyn.certificate.refutation import (
    RefutedError,
    flag,
    integer,
    integers,
    listed,
    names,
    need,
    one_of,
    record,
    text,
)

_LARGEST = 10**7
_LARGEST_POWER = 10**6
_FEWEST_BITS_REFUSED = 100_000
Letter = tuple[int, bool]
_ENTRY = re.compile(r"(?P<block>.+)_(?P<row>[1-9][0-9]{0,8})_(?P<column>[1-9][0-9]{0,8})\Z", re.DOTALL)


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


@dataclass(frozen=True)
class MatrixProgram:
    """Sums of products of matrices of parameters and their transposes.

    Parameters
    ----------
    blocks
        Name, rows and columns of each matrix; names are different.
    outputs
        Each a sum of (coefficient, ((block, is transposed), ...)).
    """

    blocks: tuple[tuple[str, int, int], ...]
    outputs: tuple[tuple[tuple[int, tuple[Letter, ...]], ...], ...]
    kind: ClassVar[str] = "matrix program"
    constants: ClassVar[tuple[str, ...]] = ()

    @property
    def dimension(self) -> int:
        """Number of parameters."""
        return sum(rows * columns for _, rows, columns in self.blocks)

    @property
    def coordinate_names(self) -> tuple[str, ...]:
        """Names of the entries, block by block and row by row."""
        return tuple(
            name if rows * columns == 1 else f"{name}_{i + 1}_{j + 1}"
            for name, rows, columns in self.blocks
            for i in range(rows)
            for j in range(columns)
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "blocks": [list(block) for block in self.blocks],
            "outputs": [
                [[value, [[block, int(turned)] for block, turned in word]] for value, word in output]
                for output in self.outputs
            ],
        }


@dataclass(frozen=True)
class ReluLayers:
    """A layered ReLU network, by its widths."""

    widths: tuple[int, ...]
    bias: bool
    kind: ClassVar[str] = "relu layers"
    constants: ClassVar[tuple[str, ...]] = ()

    @property
    def dimension(self) -> int:
        """Number of parameters."""
        weights = sum(a * b for a, b in zip(self.widths, self.widths[1:], strict=False))
        return weights + (sum(self.widths[1:-1]) if self.bias else 0)

    @property
    def hidden(self) -> int:
        """Number of hidden neurons."""
        return sum(self.widths[1:-1])

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {"kind": self.kind, "widths": list(self.widths), "bias": self.bias}


@dataclass(frozen=True, kw_only=True)
class ReluGraph:
    """A ReLU network as a graph whose nodes are numbered along its edges."""

    nodes: int
    tails: tuple[int, ...]
    heads: tuple[int, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    biased: tuple[int, ...]
    kind: ClassVar[str] = "relu graph"
    constants: ClassVar[tuple[str, ...]] = ()

    @property
    def dimension(self) -> int:
        """Number of parameters."""
        return len(self.tails) + len(self.biased)

    @property
    def hidden(self) -> int:
        """Number of hidden nodes."""
        return self.nodes - len({*self.inputs, *self.outputs})

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        lists = {name: list(getattr(self, name)) for name in ("tails", "heads", "inputs", "outputs", "biased")}
        return {"kind": self.kind, "nodes": self.nodes, **lists}


Model = PolynomialTerms | FormulaSteps | MatrixProgram | ReluLayers | ReluGraph


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
    need(number <= _LARGEST and dimension <= _LARGEST, place, f"is larger than {_LARGEST} outputs or coordinates")
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


def _program(value: Any, place: str) -> MatrixProgram:
    data = record(value, place, ("kind", "blocks", "outputs"))
    blocks = []
    for number, block in enumerate(listed(data["blocks"], f"{place}.blocks")):
        where = f"{place}.blocks[{number}]"
        need(len(listed(block, where)) == 3, where, "is no name with rows and columns")
        rows, columns = (integer(size, where, least=1) for size in block[1:])
        blocks.append((text(block[0], where), rows, columns))
    names([name for name, *_ in blocks], f"{place}.blocks", least=1)
    _need_own_entries(blocks, f"{place}.blocks")
    need(sum(rows * columns for _, rows, columns in blocks) <= _LARGEST, f"{place}.blocks", "are too large")
    outputs = []
    for number, output in enumerate(listed(data["outputs"], f"{place}.outputs")):
        where = f"{place}.outputs[{number}]"
        outputs.append(tuple(_term(term, len(blocks), where) for term in listed(output, where)))
    need(bool(outputs), f"{place}.outputs", "are none")
    return MatrixProgram(tuple(blocks), tuple(outputs))


def _need_own_entries(blocks: list[tuple[str, int, int]], place: str) -> None:
    """No block of one entry has the name that an entry of another block has: A_1_2."""
    sizes = {name: (rows, columns) for name, rows, columns in blocks}
    for name, rows, columns in blocks:
        found = _ENTRY.match(name) if rows * columns == 1 else None
        height, width = sizes.get(found["block"], (1, 1)) if found else (1, 1)
        inside = found is not None and int(found["row"]) <= height and int(found["column"]) <= width
        need(not inside or height * width == 1, place, f"call one block as an entry of another, {name[:40]}")


def _term(term: Any, blocks: int, place: str) -> tuple[int, tuple[Letter, ...]]:
    need(len(listed(term, place)) == 2 and type(term[0]) is int, place, "has no whole coefficient, or no factors")
    word = []
    for letter in listed(term[1], place):
        block, turned = integers(letter, place, least=0) if len(listed(letter, place)) == 2 else (-1, -1)
        need(0 <= block < blocks and turned in (0, 1), place, "names no block, or has no 0 or 1 for a transpose")
        word.append((block, bool(turned)))
    need(bool(word), place, "has no factors")
    return term[0], tuple(word)


def _relu_layers(value: Any, place: str) -> ReluLayers:
    data = record(value, place, ("kind", "widths", "bias"))
    widths = integers(data["widths"], f"{place}.widths", least=1)
    need(len(widths) >= 2, f"{place}.widths", "are fewer than two")
    return ReluLayers(tuple(widths), flag(data["bias"], f"{place}.bias"))


def _relu_graph(value: Any, place: str) -> ReluGraph:
    data = record(value, place, ("kind", "nodes", "tails", "heads", "inputs", "outputs", "biased"))
    nodes = integer(data["nodes"], f"{place}.nodes", least=1)
    lists = {
        name: tuple(integers(data[name], f"{place}.{name}", least=0, below=nodes))
        for name in ("tails", "heads", "inputs", "outputs", "biased")
    }
    need(nodes <= _LARGEST, f"{place}.nodes", "are too many")
    for name in ("inputs", "outputs"):
        need(len(set(lists[name])) == len(lists[name]), f"{place}.{name}", "are repeated")
    both = set(itertools.chain(lists["inputs"])) & set(lists["outputs"])
    need(not both, f"{place}.outputs", "hold an input")
    return ReluGraph(nodes=nodes, **lists)


_READERS: Mapping[str, Callable[[Any, str], Model]] = {
    "outputs": _polynomial_terms,
    "fields": _polynomial_terms,
    "formulas": _formula_steps,
    "matrix program": _program,
    "relu layers": _relu_layers,
    "relu graph": _relu_graph,
}
