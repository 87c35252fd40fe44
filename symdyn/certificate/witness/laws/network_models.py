"""Networks as witnesses hold them: matrix programs, ReLU layers and ReLU graphs."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Any, ClassVar

from symdyn.certificate.refutation import (
    flag,
    integer,
    integers,
    listed,
    names,
    need,
    record,
    text,
)

_ENTRY = re.compile(r"(?P<block>.+)_(?P<row>[1-9][0-9]{0,8})_(?P<column>[1-9][0-9]{0,8})\Z", re.DOTALL)


#: Entries of all blocks together, nodes of a graph, outputs, coordinates.
LARGEST = 10**7
Letter = tuple[int, bool]


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


def read_program(value: Any, place: str) -> MatrixProgram:
    data = record(value, place, ("kind", "blocks", "outputs"))
    blocks = []
    for number, block in enumerate(listed(data["blocks"], f"{place}.blocks")):
        where = f"{place}.blocks[{number}]"
        need(len(listed(block, where)) == 3, where, "is no name with rows and columns")
        rows, columns = (integer(size, where, least=1) for size in block[1:])
        blocks.append((text(block[0], where), rows, columns))
    names([name for name, *_ in blocks], f"{place}.blocks", least=1)
    _need_own_entries(blocks, f"{place}.blocks")
    need(sum(rows * columns for _, rows, columns in blocks) <= LARGEST, f"{place}.blocks", "are too large")
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


def read_relu_layers(value: Any, place: str) -> ReluLayers:
    data = record(value, place, ("kind", "widths", "bias"))
    widths = integers(data["widths"], f"{place}.widths", least=1)
    need(len(widths) >= 2, f"{place}.widths", "are fewer than two")
    return ReluLayers(tuple(widths), flag(data["bias"], f"{place}.bias"))


def read_relu_graph(value: Any, place: str) -> ReluGraph:
    data = record(value, place, ("kind", "nodes", "tails", "heads", "inputs", "outputs", "biased"))
    nodes = integer(data["nodes"], f"{place}.nodes", least=1)
    lists = {
        name: tuple(integers(data[name], f"{place}.{name}", least=0, below=nodes))
        for name in ("tails", "heads", "inputs", "outputs", "biased")
    }
    need(nodes <= LARGEST, f"{place}.nodes", "are too many")
    for name in ("inputs", "outputs"):
        need(len(set(lists[name])) == len(lists[name]), f"{place}.{name}", "are repeated")
    both = set(itertools.chain(lists["inputs"])) & set(lists["outputs"])
    need(not both, f"{place}.outputs", "hold an input")
    return ReluGraph(nodes=nodes, **lists)
