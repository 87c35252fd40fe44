"""Matrix laws of momentum: e^T times the antisymmetric part of sums of B B'^T, the angular momenta of layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from symdyn.geometry.block import Block

#: (coefficient, block number, "rows" for B B'^T or "columns" for B^T B').
Move = tuple[int, int, str]


@dataclass(frozen=True)
class AngularMomentum:
    """The antisymmetric matrix e^T (A - A^T) with A = sum c B B'^T (side "rows") or c B^T B' (side "columns").

    Parameters
    ----------
    blocks
        All blocks of the model; the coordinates are theta block by block, then theta' likewise.
    terms
        The products that are added.
    factor
        e^T in closed form.
    coords
        How to get the symbols of theta and of theta'.
    """

    blocks: tuple[Block, ...]
    terms: tuple[Move, ...]
    factor: sp.Expr
    coords: Callable[[], tuple[sp.Symbol, ...]] = field(repr=False, compare=False)

    @property
    def size(self) -> int:
        """Order of the matrix."""
        _, number, side = self.terms[0]
        return self.blocks[number].rows if side == "rows" else self.blocks[number].columns

    @property
    def count(self) -> int:
        """Number of entries above the diagonal; the independent ones may be fewer."""
        return self.size * (self.size - 1) // 2

    def expression(self) -> sp.MatrixBase:
        """The matrix in SymPy."""
        coords = self.coords()
        half = sum(block.size for block in self.blocks)
        total = sp.zeros(self.size, self.size)
        for coefficient, number, side in self.terms:
            block = self.blocks[number]
            start = sum(other.size for other in self.blocks[:number])
            now = sp.Matrix(block.rows, block.columns, coords[start : start + block.size])
            moving = sp.Matrix(block.rows, block.columns, coords[half + start : half + start + block.size])
            product = now * moving.T if side == "rows" else now.T * moving
            total += coefficient * (product - product.T)
        return sp.ImmutableMatrix(self.factor * total)

    def entries(self) -> tuple[sp.Expr, ...]:
        """The entries above the diagonal, row by row."""
        whole = self.expression()
        return tuple(whole[k, m] for k in range(self.size) for m in range(k + 1, self.size))

    def text(self, transposed: str = "^T", product: str = " ") -> str:
        """In a line: e^T (A - A^T) with A = W1 W1'^T - W2^T W2'."""
        inner = ""
        for coefficient, number, side in self.terms:
            name = self.blocks[number].name
            body = f"{name}{product}{name}'{transposed}" if side == "rows" else f"{name}{transposed}{product}{name}'"
            size = "" if abs(coefficient) == 1 else f"{abs(coefficient)}{product}"
            sign = ("-" if coefficient < 0 else "") if not inner else (" - " if coefficient < 0 else " + ")
            inner += sign + size + body
        factor = "" if self.factor == 1 else f"{str(self.factor).replace('**', '^') if product == ' ' else self.factor}{product}"
        return f"{factor}(A - A{transposed}) with A = {inner}"

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data."""
        return {"kind": "angular momentum", "terms": [list(term) for term in self.terms]}
