"""Row echelon form modulo a prime that grows by batches of rows.

Each batch becomes one block, fully reduced within itself (identity on its pivot columns) and zero on the pivots of the
blocks before it, so a new batch is reduced by one matrix product for each block. Each kept row remembers its number,
and the determinant of the pivot minor is carried along: rows in the order kept, columns in the order of their pivots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from symdyn.algebra.linear.prime_field import Array, PrimeField

_BASE_ROWS = 12

Name = TypeVar("Name")


@dataclass
class Echelon(Generic[Name]):
    """Reduced row echelon basis over F_p of the rows added so far.

    Parameters
    ----------
    prime_field
        The field.
    columns
        Number of columns.
    kept, pivots
        Names of the independent rows, of whatever type rows are named by, and the columns of their pivots.
    determinant
        Of the minor of these rows and columns.
    """

    prime_field: PrimeField
    columns: int
    kept: list[Name] = field(default_factory=list)
    pivots: list[int] = field(default_factory=list)
    determinant: int = 1

    def __post_init__(self) -> None:
        self._blocks: list[tuple[Array, list[int]]] = []

    @property
    def rank(self) -> int:
        """Number of independent rows so far; never more than the rank over Q."""
        return len(self.pivots)

    def residual(self, rows: Array) -> Array:
        """The rows minus a combination of the basis: zero on all pivot columns."""
        field_ = self.prime_field
        # a block is zero on the pivots of earlier blocks, so one pass in order clears them all
        for block, pivots in self._blocks:
            rows = field_.reduce(rows - field_.matmul(rows[:, pivots], block))
        return rows

    def add(self, rows: Array, names: Sequence[Name]) -> int:
        """Add rows (reduced residues, shape (m, columns)) and return how many were independent.

        Dependent rows leave no trace; of several dependent ones the first is kept.
        """
        rows = self.residual(rows)
        alive = np.flatnonzero(rows.any(axis=1))
        if not len(alive):
            return 0
        fresh, pivots, sources = self._eliminate(rows[alive])
        if pivots:
            self._blocks.append((fresh, pivots))
            self.pivots.extend(pivots)
            self.kept.extend(names[alive[i]] for i in sources)
        return len(pivots)

    def _eliminate(self, rows: Array) -> tuple[Array, list[int], list[int]]:
        """Reduced form of the rows: independent reduced rows, their pivots, their row numbers."""
        if len(rows) <= _BASE_ROWS:
            return self._eliminate_few(rows)
        field_ = self.prime_field
        half = len(rows) // 2
        top, top_pivots, top_sources = self._eliminate(rows[:half])
        rest = rows[half:]
        if top_pivots:
            rest = field_.reduce(rest - field_.matmul(rest[:, top_pivots], top))
        low, low_pivots, low_sources = self._eliminate(rest)
        if top_pivots and low_pivots:
            top = field_.reduce(top - field_.matmul(top[:, low_pivots], low))
        return (
            np.concatenate([top, low]),
            top_pivots + low_pivots,
            top_sources + [half + i for i in low_sources],
        )

    def _eliminate_few(self, rows: Array) -> tuple[Array, list[int], list[int]]:
        field_ = self.prime_field
        rows = rows.copy()
        pivots: list[int] = []
        sources: list[int] = []
        for i in range(len(rows)):
            row = rows[i]
            column = int(np.argmax(row != 0))
            if row[column] == 0:
                continue
            self.determinant = self.determinant * int(row[column]) % field_.p
            rows[i] = field_.multiply(row, np.asarray(field_.inverse(row[column]), dtype=row.dtype))
            others = rows[:, column].copy()
            others[i] = 0
            touched = np.flatnonzero(others)
            if len(touched):
                rows[touched] = field_.reduce(rows[touched] - field_.multiply(others[touched, None], rows[i][None, :]))
            pivots.append(column)
            sources.append(i)
        return rows[sources], pivots, sources
