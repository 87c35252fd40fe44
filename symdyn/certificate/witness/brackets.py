"""Brackets at a point, minors, and arguments for existence, as witnesses hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from symdyn.certificate.refutation import integer, integers, listed, need, one_of, record

#: A field by its number, the seventh pseudo-random mix of all fields "m7", or a bracket (generator, word).
Word = Any
ARGUMENTS = ("single field", "full rank", "closed algebra", "relations")
_DEEPEST = 8
_LARGEST_PRIME = 2**31


@dataclass(frozen=True)
class Minor:
    """A minor that does not vanish: names of its rows, its columns, its determinant mod p."""

    rows: tuple[Any, ...]
    columns: tuple[int, ...]
    determinant: int

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {"rows": _unfrozen(self.rows), "columns": list(self.columns), "determinant": self.determinant}


@dataclass(frozen=True, kw_only=True)
class Brackets:
    """Independent brackets at one point mod p.

    Parameters
    ----------
    prime, seed
        The prime, and the seed of the mixes.
    point
        Residues of the variables.
    words, columns, determinant
        The words, pivot columns, and the determinant mod p of the minor that they form.
    """

    prime: int
    seed: int
    point: tuple[int, ...]
    words: tuple[Word, ...]
    columns: tuple[int, ...]
    determinant: int

    @property
    def rank(self) -> int:
        """The rank that the minor shows."""
        return len(self.words)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "by": "brackets",
            "prime": self.prime,
            "seed": self.seed,
            "point": list(self.point),
            "words": _unfrozen(self.words),
            "columns": list(self.columns),
            "determinant": self.determinant,
        }


def _unfrozen(value: Any) -> Any:
    """Tuples as lists, at every depth."""
    return [_unfrozen(entry) for entry in value] if isinstance(value, tuple | list) else value


def read_brackets(value: Any, place: str) -> Brackets:
    """Stored brackets, or a refutation."""
    data = record(value, place, ("prime", "seed", "point", "words", "columns", "determinant"), ("by",))
    one_of(data.get("by", "brackets"), f"{place}.by", ("brackets",))
    p = read_prime(data["prime"], f"{place}.prime")
    words = listed(data["words"], f"{place}.words")
    columns = integers(data["columns"], f"{place}.columns", least=0)
    distinct = len(columns) == len(set(columns)) == len(words)
    need(distinct, f"{place}.columns", "are not one different column for each word")
    return Brackets(
        prime=p,
        seed=integer(data["seed"], f"{place}.seed"),
        point=tuple(integers(data["point"], f"{place}.point", least=0, below=p)),
        words=tuple(_word(word, f"{place}.words[{number}]") for number, word in enumerate(words)),
        columns=tuple(columns),
        determinant=integer(data["determinant"], f"{place}.determinant"),
    )


def read_minor(value: Any, place: str) -> Minor:
    """A stored minor, or a refutation; rows are numbers or lists of numbers."""
    data = record(value, place, ("rows", "columns", "determinant"))
    columns = integers(data["columns"], f"{place}.columns", least=0)
    rows = []
    for row in listed(data["rows"], f"{place}.rows"):
        pair = isinstance(row, list | tuple)
        rows.append(
            tuple(integers(row, f"{place}.rows", least=0)) if pair else integer(row, f"{place}.rows")
        )
    need(len(rows) == len(columns) == len(set(columns)), place, "is no minor: its columns are not one for each row")
    return Minor(tuple(rows), tuple(columns), integer(data["determinant"], f"{place}.determinant"))


def read_prime(value: Any, place: str) -> int:
    """A number that may be a prime below 2^31."""
    need(type(value) is int and 2 < value < _LARGEST_PRIME, place, f"{value!r} is no prime below 2^31")
    return int(value)


def read_existence(value: Any, place: str) -> str | None:
    """The name of an argument for existence, or None."""
    if value is None or value == {}:
        return None
    return one_of(record(value, place, ("by",))["by"], f"{place}.by", ARGUMENTS)


def _word(word: Any, place: str) -> Word:
    letters: list[int | str] = []
    while isinstance(word, list | tuple):
        need(len(word) == 2 and not isinstance(word[0], list | tuple), place, "is no right-nested bracket")
        letters.append(_generator(word[0], place))
        word = word[1]
        need(len(letters) <= _DEEPEST, place, "is nested too deeply")
    found: Word = _generator(word, place)
    for letter in reversed(letters):
        found = letter, found
    return found


def _generator(name: Any, place: str) -> int | str:
    if type(name) is int:
        return integer(name, place)
    mixed = isinstance(name, str) and name[:1] == "m" and name[1:].isdecimal() and name.isascii() and len(name) < 20
    need(mixed, place, "is no word")
    return str(name)


def depth(word: Word) -> int:
    """How many brackets a word nests."""
    return 1 + depth(word[1]) if isinstance(word, tuple) else 0


def existence_data(argument: str | Mapping[str, Any] | None) -> dict[str, Any] | None:
    """JSON data of an argument."""
    return {"by": argument} if isinstance(argument, str) else None if argument is None else dict(argument)
