"""Conservation laws in the forms in which they are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sympy as sp

from symdyn.algebra.polynomials import to_expression
from symdyn.algebra.symbols import checked_expression, flattened
from symdyn.certificate.shown import Shown
from symdyn.geometry.block import Block

Monomial = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class PolynomialForm:
    """A polynomial: terms ((coordinate, exponent), ...) -> non-zero integer, over `variables`."""

    variables: tuple[sp.Symbol, ...]
    terms: tuple[tuple[Monomial, int], ...]

    def expression(self) -> sp.Expr:
        """As a SymPy expression."""
        return to_expression(dict(self.terms), self.variables)

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data: numbers of variables, not names."""
        return {
            "kind": "polynomial",
            "terms": [[c, [x for place, power in monomial for x in (place, power)]] for monomial, c in self.terms],
        }


@dataclass(frozen=True)
class GramTerm:
    """coefficient * B B^T (side "rows") or coefficient * B^T B (side "columns") of block number `block`."""

    coefficient: int
    block: int
    side: str


@dataclass(frozen=True)
class MatrixIdentity:
    """A matrix whose entries are laws: a sum of Gram matrices of parameter blocks.

    Parameters
    ----------
    blocks
        All blocks of the model.
    terms
        The Gram matrices that are added.
    part
        "symmetric" if every entry is a law, "diagonal" if only those of the diagonal are.
    coords
        How to get the symbols of the coordinates.
    matrices
        Where the entries of each block stand among the coordinates, if not block by block and row by row.
    """

    blocks: tuple[Block, ...]
    terms: tuple[GramTerm, ...]
    part: str
    coords: Callable[[], tuple[sp.Symbol, ...]] = field(repr=False, compare=False)
    matrices: tuple[tuple[tuple[int, ...], ...], ...] | None = None

    @property
    def size(self) -> int:
        """Order of the matrix."""
        term = self.terms[0]
        block = self.blocks[term.block]
        return block.rows if term.side == "rows" else block.columns

    @property
    def count(self) -> int:
        """Number of different entries that are laws; the independent ones may be fewer."""
        return self.size * (self.size + 1) // 2 if self.part == "symmetric" else self.size

    def places(self, number: int) -> tuple[tuple[int, ...], ...]:
        """Coordinate numbers of the entries of a block."""
        if self.matrices is not None:
            return self.matrices[number]
        start = sum(block.size for block in self.blocks[:number])
        block = self.blocks[number]
        return tuple(
            tuple(range(start + i * block.columns, start + (i + 1) * block.columns)) for i in range(block.rows)
        )

    def expression(self) -> sp.MatrixBase:
        """The matrix, or the column of its diagonal entries."""
        coords = self.coords()
        total = sp.zeros(self.size, self.size)
        for term in self.terms:
            block = sp.Matrix([[coords[place] for place in row] for row in self.places(term.block)])
            total += term.coefficient * (block * block.T if term.side == "rows" else block.T * block)
        if self.part == "diagonal":
            return sp.ImmutableMatrix([total[k, k] for k in range(self.size)])
        return sp.ImmutableMatrix(total)

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data."""
        return {
            "kind": "matrix",
            "part": self.part,
            "terms": [[term.coefficient, term.block, term.side] for term in self.terms],
            **({} if self.matrices is None else {"places": [self.places(i) for i in range(len(self.blocks))]}),
        }


@dataclass(frozen=True)
class NeuronBalance:
    """Laws |outgoing|^2 - |incoming|^2 - bias^2, one for each hidden neuron of a ReLU graph.

    Parameters
    ----------
    neurons
        Signed coordinate numbers for each neuron: +k + 1 outgoing, -(k + 1) incoming or bias; made on demand.
    count
        Number of neurons.
    coords
        How to get the symbols.
    """

    neurons: Callable[[], tuple[tuple[int, ...], ...]] = field(repr=False, compare=False)
    count: int
    coords: Callable[[], tuple[sp.Symbol, ...]] = field(repr=False, compare=False)

    def expression(self) -> sp.MatrixBase:
        """A column with one law for each neuron."""
        coords = self.coords()
        return sp.ImmutableMatrix(
            [
                sp.Add(*(coords[k - 1] ** 2 if k > 0 else -(coords[-k - 1] ** 2) for k in neuron))
                for neuron in self.neurons()
            ]
        )

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data; the re-checker derives the rest from the graph."""
        return {"kind": "neurons", "count": self.count}


LawForm = PolynomialForm | MatrixIdentity | NeuronBalance


@dataclass(frozen=True)
class Law(Shown):
    """A conservation law, or a matrix of them.

    Parameters
    ----------
    form
        A SymPy expression or matrix, or one of the structural forms of this module.
    source
        Where it comes from: "search up to degree 2", "structure", "given".
    """

    form: Any
    source: str = field(default="given", compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.form, (PolynomialForm, MatrixIdentity, NeuronBalance)):
            entries, shape = flattened(self.form)
            checked = [checked_expression(entry, "a law") for entry in entries]
            if shape == ():
                object.__setattr__(self, "form", checked[0])
            else:
                rows = shape[0] if shape else 1
                object.__setattr__(self, "form", sp.ImmutableMatrix(rows, len(checked) // max(rows, 1), checked))

    @cached_property
    def expression(self) -> sp.Expr | sp.MatrixBase:
        """The law in SymPy, built at the first use."""
        if isinstance(self.form, (PolynomialForm, MatrixIdentity, NeuronBalance)):
            return self.form.expression()
        return self.form

    @property
    def count(self) -> int:
        """Number of scalar laws in it, dependent ones included."""
        if isinstance(self.form, (MatrixIdentity, NeuronBalance)):
            return self.form.count
        return len(self.form) if isinstance(self.form, sp.MatrixBase) else 1

    def entries(self) -> tuple[sp.Expr, ...]:
        """The scalar laws."""
        expression = self.expression
        if not isinstance(expression, sp.MatrixBase):
            return (expression,)
        if isinstance(self.form, MatrixIdentity) and self.form.part == "symmetric":
            return tuple(expression[k, m] for k in range(self.form.size) for m in range(k, self.form.size))
        return tuple(expression)

    def __repr__(self) -> str:
        if isinstance(self.form, MatrixIdentity):
            return f"Law({identity_text(self.form, '.T')})"
        if isinstance(self.form, NeuronBalance):
            return f"Law(<{self.form.count} neuron balances>)"
        return f"Law({self.expression})"


def identity_text(form: MatrixIdentity, transposed: str = "^T") -> str:
    """A matrix identity in a line: W1 W1^T - W2^T W2."""
    times = "*" if transposed == ".T" else " "
    out = ""
    for term in form.terms:
        name = form.blocks[term.block].name
        product = f"{name}{times}{name}{transposed}" if term.side == "rows" else f"{name}{transposed}{times}{name}"
        size = abs(term.coefficient)
        sign = "-" if term.coefficient < 0 else "+"
        body = product if size == 1 else f"{size}{times}{product}"
        out += f"{'-' if sign == '-' else ''}{body}" if not out else f" {sign} {body}"
    return f"diag({out})" if form.part == "diagonal" else out
