"""Linear symmetries of a map given by polynomials: matrices X with dphi(theta) X theta = 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from symdyn.certificate.refutation import RefutedError, integers, listed, need, record
from symdyn.certificate.witness.laws.models import PolynomialTerms, read_model

#: Entries (row, column, value) of a matrix, values not zero.
Entries = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class SymmetriesWitness:
    """Independent symmetric and antisymmetric ones."""

    model: PolynomialTerms
    symmetric: tuple[Entries, ...]
    antisymmetric: tuple[Entries, ...]
    kind: ClassVar[str] = "linear symmetries"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> SymmetriesWitness:
        """The record of JSON data, or a refutation."""
        data = record(value, place, ("kind", "model", "symmetric", "antisymmetric"))
        model = read_model(data["model"], f"{place}.model")
        if not isinstance(model, PolynomialTerms) or model.kind != "outputs":
            raise RefutedError(f"{place}.model", "is no map given by polynomials")
        matrices = [
            tuple(
                _entries(matrix, model.dimension, f"{place}.{name}[{number}]")
                for number, matrix in enumerate(listed(data[name], f"{place}.{name}"))
            )
            for name in ("symmetric", "antisymmetric")
        ]
        return cls(model, *matrices)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "model": self.model.to_data(),
            "symmetric": [[list(entry) for entry in matrix] for matrix in self.symmetric],
            "antisymmetric": [[list(entry) for entry in matrix] for matrix in self.antisymmetric],
        }


def _entries(value: Any, size: int, place: str) -> Entries:
    entries = []
    for entry in listed(value, place):
        row, column, x = integers(entry, place) if len(listed(entry, place)) == 3 else (-1, -1, 0)
        need(0 <= row < size and 0 <= column < size and x != 0, place, "has a bad entry")
        entries.append((row, column, x))
    need(bool(entries), place, "is no list of entries")
    need(len({entry[:2] for entry in entries}) == len(entries), place, "has an entry twice")
    return tuple(entries)
