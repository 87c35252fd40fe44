"""Matrices of coordinates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """A matrix of coordinates with a name."""

    name: str
    rows: int
    columns: int

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.rows * self.columns
