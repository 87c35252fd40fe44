"""A Lie algebra over the real numbers: generators, words that are independent, and the relations that close them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, listed, names, need, one_of, record

KINDS = ("fields", "matrices", "pauli words")
#: (key, numerator, denominator); the key is (component, powers), (row, column, part) or (x bits, z bits).
Entries = tuple[tuple[tuple[Any, ...], int, int], ...]
#: (number in the basis, numerator, denominator).
Combination = tuple[tuple[int, int, int], ...]
Word = int | tuple[int, int]
_LARGEST = 100_000


@dataclass(frozen=True, kw_only=True)
class LieAlgebraWitness:
    """Generators, words, and relations where the words are all.

    Parameters
    ----------
    of
        "fields": the key of a term is (component, powers); "matrices": (row, column, 0 for the real part or 1);
        "pauli words": (x bits, z bits), each standing for i times the word.
    size
        Number of coordinates, rows or qubits.
    names
        Of the coordinates of fields; else none.
    generators
        Their terms.
    words
        The basis: a generator, or its bracket with an element of the basis before.
    known
        Each generator in the basis; empty where the words are not all.
    brackets
        For each generator its brackets with the basis, in the basis; empty where the words are not all.
    point
        Of fields: a point, as fractions, at which a rank is said; else None.
    rank
        Of all fields of the algebra at the point, or of the words there.
    """

    of: str
    size: int
    names: tuple[str, ...]
    generators: tuple[Entries, ...]
    words: tuple[Word, ...]
    known: tuple[Combination, ...] = ()
    brackets: tuple[tuple[Combination, ...], ...] = ()
    point: tuple[tuple[int, int], ...] | None = None
    rank: int | None = None
    kind: ClassVar[str] = "lie algebra"

    @property
    def is_whole(self) -> bool:
        """Whether the words are said to be all."""
        return bool(self.known)

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> LieAlgebraWitness:
        """The record of JSON data, or a refutation."""
        fields = ("kind", "of", "size", "names", "generators", "words", "known", "brackets", "point", "rank")
        data = record(value, place, fields)
        of = one_of(data["of"], f"{place}.of", KINDS)
        size = integer(data["size"], f"{place}.size", least=1)
        need(size <= _LARGEST, f"{place}.size", f"is larger than {_LARGEST}")
        known_names = names(data["names"], f"{place}.names")
        need(len(known_names) == (size if of == "fields" else 0), f"{place}.names", "are not those of the coordinates")
        generators = tuple(
            _entries(entry, of, size, f"{place}.generators[{k}]")
            for k, entry in enumerate(listed(data["generators"], f"{place}.generators"))
        )
        need(bool(generators), f"{place}.generators", "are none")
        stored = listed(data["words"], f"{place}.words")
        words = tuple(_word(word, k, len(generators), f"{place}.words[{k}]") for k, word in enumerate(stored))
        known = tuple(
            _combination(entry, len(words), f"{place}.known[{k}]")
            for k, entry in enumerate(listed(data["known"], f"{place}.known"))
        )
        brackets = tuple(
            tuple(_combination(e, len(words), f"{place}.brackets[{g}][{k}]") for k, e in enumerate(listed(row, place)))
            for g, row in enumerate(listed(data["brackets"], f"{place}.brackets"))
        )
        need(len(known) in (0, len(generators)), f"{place}.known", "are not as many as the generators")
        complete = len(brackets) == len(known) and all(len(row) == len(words) for row in brackets)
        need(complete, f"{place}.brackets", "are not those of each generator with each word")
        point, rank = _point(data, of, size, place)
        return cls(
            of=of,
            size=size,
            names=known_names,
            generators=generators,
            words=words,
            known=known,
            brackets=brackets,
            point=point,
            rank=rank,
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "of": self.of,
            "size": self.size,
            "names": list(self.names),
            "generators": [[[_plain(key), p, q] for key, p, q in entries] for entries in self.generators],
            "words": [word if isinstance(word, int) else list(word) for word in self.words],
            "known": [[list(entry) for entry in row] for row in self.known],
            "brackets": [[[list(e) for e in entry] for entry in row] for row in self.brackets],
            "point": None if self.point is None else [list(value) for value in self.point],
            "rank": self.rank,
        }


def _plain(key: Sequence[Any]) -> list[Any]:
    return [list(part) if isinstance(part, tuple) else part for part in key]


def _fraction(values: Sequence[Any], place: str) -> tuple[int, int]:
    numerator, denominator = integers(values, place) if len(values) == 2 else (0, 0)
    need(denominator > 0, place, "is no fraction")
    return numerator, denominator


def _entries(value: Any, of: str, size: int, place: str) -> Entries:
    found = []
    for number, entry in enumerate(listed(value, place)):
        where = f"{place}[{number}]"
        need(len(listed(entry, where)) == 3, where, "is no key and fraction")
        numerator, denominator = _fraction(entry[1:], where)
        need(numerator != 0, where, "is 0")
        found.append((_key(listed(entry[0], where), of, size, where), numerator, denominator))
    need(len({key for key, _, _ in found}) == len(found), place, "has a key twice")
    return tuple(found)


def _key(key: Sequence[Any], of: str, size: int, place: str) -> tuple[Any, ...]:
    if of == "fields":
        need(len(key) == 2, place, "is no component and powers")
        (component,) = integers(key[:1], place, least=0, below=size)
        powers = tuple(integers(listed(key[1], place), place, least=0, below=_LARGEST))
        need(len(powers) == size, place, "has not a power for each coordinate")
        return component, powers
    if of == "matrices":
        need(len(key) == 3, place, "is no row, column and part")
        row, column = integers(key[:2], place, least=0, below=size)
        (part,) = integers(key[2:], place, least=0, below=2)
        return row, column, part
    need(len(key) == 2, place, "is no pair of bits")
    x, z = integers(key, place, least=0, below=1 << size)
    return x, z


def _word(word: Any, number: int, generators: int, place: str) -> Word:
    if type(word) is int:
        return integers([word], place, least=0, below=generators)[0]
    need(len(listed(word, place)) == 2, place, "is no word")
    (first,) = integers(word[:1], place, least=0, below=generators)
    need(type(word[1]) is int and 0 <= word[1] < number, place, "uses a later word")
    return first, word[1]


def _combination(value: Any, size: int, place: str) -> Combination:
    found = []
    for number, entry in enumerate(listed(value, place)):
        where = f"{place}[{number}]"
        need(len(listed(entry, where)) == 3, where, "is no number and fraction")
        (k,) = integers(entry[:1], where, least=0, below=max(1, size))
        need(k < size, where, "names a word that there is not")
        found.append((k, *_fraction(entry[1:], where)))
    need(len({k for k, _, _ in found}) == len(found), place, "has a word twice")
    return tuple(found)


def _point(data: Any, of: str, size: int, place: str) -> tuple[tuple[tuple[int, int], ...] | None, int | None]:
    need((data["point"] is None) == (data["rank"] is None), f"{place}.rank", "goes with a point")
    if data["point"] is None:
        return None, None
    need(of == "fields", f"{place}.point", "goes with fields")
    stored = listed(data["point"], f"{place}.point")
    point = tuple(_fraction(listed(value, f"{place}.point"), f"{place}.point[{k}]") for k, value in enumerate(stored))
    need(len(point) == size, f"{place}.point", "has not a value for each coordinate")
    return point, integer(data["rank"], f"{place}.rank")
