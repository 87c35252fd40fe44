"""Nouns that are sequences of the things they list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload


class Items(Sequence[Any]):
    """A sequence of the field `items`."""

    items: tuple[Any, ...]

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)
