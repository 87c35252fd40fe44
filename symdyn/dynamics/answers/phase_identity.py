"""Laws on the phase space as matrices: W W'^T - W' W^T and its like, times a function of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from symdyn.geometry.block import Block

#: Coordinate numbers of a matrix, row by row.
Places = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class PhaseTerm:
    """A multiple of a matrix made of block number `block`, B.

    Side "rows": B B^T, side "columns": B^T B; of an antisymmetric identity B B'^T - B' B^T and B^T B' - B'^T B, with
    the velocities (or momenta) B' of B.
    """

    coefficient: int
    block: int
    side: str


@dataclass(frozen=True, kw_only=True)
class PhaseIdentity:
    """A matrix of laws of a phase space: a function of time times a sum of products of parameter blocks.

    Parameters
    ----------
    blocks
        The matrices that occur, of parameters.
    terms
        The products that are added.
    part
        "antisymmetric", with velocities in every product, or "symmetric", without.
    factor
        A function of time.
    matrices
        Where the entries of each block stand among the coordinates.
    shift
        From the number of a parameter to that of its velocity.
    suffix
        Of the names of velocities.
    is_named
        Whether the blocks are those of the model, which defines them.
    coords
        How to get the symbols of the coordinates.
    """

    blocks: tuple[Block, ...]
    terms: tuple[PhaseTerm, ...]
    part: str
    factor: sp.Expr
    matrices: tuple[Places, ...]
    shift: int
    suffix: str
    is_named: bool
    coords: Callable[[], tuple[sp.Symbol, ...]] = field(repr=False, compare=False)

    @property
    def size(self) -> int:
        """Order of the matrix."""
        term = self.terms[0]
        block = self.blocks[term.block]
        return block.rows if term.side == "rows" else block.columns

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the matrix."""
        return self.size, self.size

    @property
    def count(self) -> int:
        """Number of different entries that are laws; the independent ones may be fewer."""
        return self.size * (self.size - 1) // 2 if self.part == "antisymmetric" else self.size * (self.size + 1) // 2

    def entry_places(self) -> list[tuple[int, int]]:
        """Row and column of each of these entries."""
        first = 1 if self.part == "antisymmetric" else 0
        return [(k, m) for k in range(self.size) for m in range(k + first, self.size)]

    def expression(self) -> sp.MatrixBase:
        """The matrix."""
        coords = self.coords()
        total = sp.zeros(*self.shape)
        for term in self.terms:
            places = self.matrices[term.block]
            still = sp.Matrix([[coords[k] for k in row] for row in places])
            still = still if term.side == "rows" else still.T
            if self.part == "antisymmetric":
                moving = sp.Matrix([[coords[k + self.shift] for k in row] for row in places])
                moving = moving if term.side == "rows" else moving.T
                total += term.coefficient * (still * moving.T - moving * still.T)
            else:
                total += term.coefficient * still * still.T
        return sp.ImmutableMatrix(self.factor * total)

    def products(self) -> list[tuple[int, tuple[str, bool], tuple[str, bool]]]:
        """The products as coefficient, first factor and second factor, each a name and whether it is transposed."""
        found = []
        for term in self.terms:
            name, is_left = self.blocks[term.block].name, term.side == "columns"
            moving = f"{name}_{self.suffix}" if self.part == "antisymmetric" else name
            found.append((term.coefficient, (name, is_left), (moving, not is_left)))
            if self.part == "antisymmetric":
                found.append((-term.coefficient, (moving, is_left), (name, not is_left)))
        return found

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data."""
        return {
            "kind": "phase matrix",
            "part": self.part,
            "factor": str(self.factor),
            "terms": [[term.coefficient, term.block, term.side] for term in self.terms],
            "places": [[list(row) for row in places] for places in self.matrices],
        }
