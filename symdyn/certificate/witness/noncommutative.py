"""Witness of identities between words: they follow from relations, once, or for every n by induction.

Letters are elements of a ring that need not commute: some stand for one element, some for one at each place n, and
some for a sequence that a recurrence defines. A sum of words is a list of [coefficient, letter, letter, ...], letters
by their number; the empty word is one. What follows from relations l = r is shown by a combination of terms
c a (l - r) b, each written as [relation, coefficient, a, b].
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, listed, names, need, record

MOST_LETTERS = 100
MOST_TERMS = 20_000
MOST_WORD = 200
_MOST_BITS = 4_000
_MOST_SHOWN = 300
_GROUPS = ("constants", "indexed", "running")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

#: A sum of words: a coefficient and the letters of each.
Words = tuple[tuple[int, tuple[int, ...]], ...]
#: A multiple of a relation: its number, the coefficient, the words left and right of it.
Multiple = tuple[int, int, tuple[int, ...], tuple[int, ...]]
Pair = tuple[Words, Words]


@dataclass(frozen=True)
class Recurrence:
    """A sequence: its first value, and the next one from those at n and from letters at the next place."""

    first: Words
    next: Words


@dataclass(frozen=True)
class NoncommutativeWitness:
    """Pairs of sums of words that are equal where the relations hold.

    Parameters
    ----------
    constants, indexed, running
        Names of the letters, numbered in this order: one element; one at each place; a sequence.
    relations
        Pairs that are assumed equal, at every place; without sequences.
    base
        The first place.
    sequences
        For each running letter its definition.
    pairs
        What is equal, at every place; without letters that stand for one element at each place, where there are
        sequences.
    shown
        For each pair the multiples of relations that add up to left - right, at the first place.
    steps
        For each pair those at the next place; relations from the number of `relations` on are the pairs themselves at
        n. Empty without sequences.
    """

    constants: tuple[str, ...]
    indexed: tuple[str, ...]
    running: tuple[str, ...]
    relations: tuple[Pair, ...]
    base: int
    sequences: tuple[Recurrence, ...]
    pairs: tuple[Pair, ...]
    shown: tuple[tuple[Multiple, ...], ...]
    steps: tuple[tuple[Multiple, ...], ...]
    kind: ClassVar[str] = "noncommutative identity"

    @property
    def letters(self) -> tuple[str, ...]:
        """All names, in the order of their numbers."""
        return self.constants + self.indexed + self.running

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> NoncommutativeWitness:
        """The stored record, or a refutation with the place."""
        fields = ("kind", *_GROUPS, "relations", "base", "sequences", "pairs", "shown", "steps")
        data = record(value, place, fields)
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        groups = [names(data[key], f"{place}.{key}") for key in _GROUPS]
        every = [name for group in groups for name in group]
        need(all(_NAME.match(name) for name in every), place, "has a letter that is no name")
        need(len(set(every)) == len(every), place, "has one name for two letters")
        counted = [f"{name}_" for group in groups[1:] for name in group]  # A_n is the letter A at n, and no other one
        clear = not any(name.startswith(tuple(counted)) for name in every)
        need(clear, place, "has a letter whose name reads as that of another at a place")
        need(len(every) <= MOST_LETTERS, place, f"has more than {MOST_LETTERS} letters")
        plain, at_place = len(groups[0]), len(groups[0]) + len(groups[1])
        outside = set(range(at_place, len(every)))
        inside = set(range(plain, at_place)) if groups[2] else set()
        sequences = []
        for number, one in enumerate(listed(data["sequences"], f"{place}.sequences")):
            where = f"{place}.sequences[{number}]"
            entry = record(one, where, ("first", "next"))
            first = _words(entry["first"], len(every), f"{where}.first")
            need(not outside & _used(first), f"{where}.first", "speaks of a sequence")
            sequences.append(Recurrence(first, _words(entry["next"], len(every), f"{where}.next")))
        need(len(sequences) == len(groups[2]), f"{place}.sequences", "are not one for each running letter")
        relations = _pairs(data["relations"], len(every), f"{place}.relations")
        for number, (left, right) in enumerate(relations):
            spoken = _used(left) | _used(right)
            need(not outside & spoken, f"{place}.relations[{number}]", "speaks of a sequence")
        pairs = _pairs(data["pairs"], len(every), f"{place}.pairs")
        need(bool(pairs), f"{place}.pairs", "are none: nothing would be said")
        for number, (left, right) in enumerate(pairs):
            spoken = _used(left) | _used(right)
            need(not inside & spoken, f"{place}.pairs[{number}]", "speaks of a letter at one place beside sequences")
        base = integer(data["base"], f"{place}.base")
        need(base < 1000, f"{place}.base", "is no first place below 1000")
        known = len(relations)
        shown = _shown(data["shown"], len(pairs), known, at_place, f"{place}.shown")
        many = len(pairs) if sequences else 0
        steps = _shown(data["steps"], many, known + len(pairs), len(every), f"{place}.steps")
        return cls(groups[0], groups[1], groups[2], relations, base, tuple(sequences), pairs, shown, steps)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "constants": list(self.constants),
            "indexed": list(self.indexed),
            "running": list(self.running),
            "relations": [[_plain(left), _plain(right)] for left, right in self.relations],
            "base": self.base,
            "sequences": [{"first": _plain(one.first), "next": _plain(one.next)} for one in self.sequences],
            "pairs": [[_plain(left), _plain(right)] for left, right in self.pairs],
            "shown": [[_multiple_data(one) for one in multiples] for multiples in self.shown],
            "steps": [[_multiple_data(one) for one in multiples] for multiples in self.steps],
        }


def claim_of(witness: NoncommutativeWitness, verdict: str) -> str:
    """The one sentence that may be claimed."""
    at = "n" if witness.running else ""
    told = "; ".join(_equation(pair, _Names(witness, at, at)) for pair in witness.pairs)
    if not witness.running:
        return f"{told}, in every ring"
    first = _Names(witness, str(witness.base), str(witness.base))
    following = _Names(witness, "(n+1)", "n")
    rules = []
    for name, one in zip(witness.running, witness.sequences, strict=True):
        start = f"{name}_{witness.base} = {first.text(one.first)}"
        rules.append(f"{start}, {name}_(n+1) = {following.text(one.next)}")
    return f"{told} for every n >= {witness.base}, in every ring, where {'; '.join(rules)}"


def hypotheses_of(witness: NoncommutativeWitness) -> tuple[str, ...]:
    """The relations."""
    at = "n" if witness.indexed and witness.running else ""
    shown = _Names(witness, at, at)
    always = " for every n" if at else ""
    return tuple(f"{_equation(pair, shown)}{always}" for pair in witness.relations)


class _Names:
    """Words as text, letters at this place and sequences at that."""

    def __init__(self, witness: NoncommutativeWitness, place: str, of_sequences: str) -> None:
        self.names = [
            *witness.constants,
            *(f"{name}_{place}" if place else name for name in witness.indexed),
            *(f"{name}_{of_sequences}" for name in witness.running),
        ]

    def text(self, words: Words) -> str:
        whole = " + ".join(self._term(*term) for term in words).replace("+ -", "- ") or "0"
        return whole if len(whole) <= _MOST_SHOWN else f"{whole[:_MOST_SHOWN]}..."

    def _term(self, coefficient: int, letters: tuple[int, ...]) -> str:
        word = "*".join(self.names[letter] for letter in letters)
        if not word:
            return str(coefficient)
        sign = {1: "", -1: "-"}.get(coefficient, f"{coefficient}*")
        return f"{sign}{word}"


def _equation(pair: Pair, shown: _Names) -> str:
    return f"{shown.text(pair[0])} = {shown.text(pair[1])}"


def _used(words: Words) -> set[int]:
    return {letter for _, letters in words for letter in letters}


def _plain(words: Words) -> list[list[int]]:
    return [[coefficient, *letters] for coefficient, letters in words]


def _multiple_data(one: Multiple) -> list[Any]:
    return [one[0], one[1], list(one[2]), list(one[3])]


def _words(value: Any, letters: int, place: str) -> Words:
    return tuple(_terms(value, letters, place))


def _terms(value: Any, letters: int, place: str) -> Iterator[tuple[int, tuple[int, ...]]]:
    given = listed(value, place)
    need(len(given) <= MOST_TERMS, place, f"has more than {MOST_TERMS:,} words")
    for number, entry in enumerate(given):
        where = f"{place}[{number}]"
        numbers = integers(entry, where)
        need(bool(numbers) and numbers[0] != 0, where, "is no coefficient, other than 0, and letters")
        _bounded(numbers[0], where)
        yield numbers[0], _word(numbers[1:], letters, where)


def _word(value: Any, letters: int, place: str) -> tuple[int, ...]:
    word = integers(value, place, least=0, below=letters)
    need(len(word) <= MOST_WORD, place, f"has more than {MOST_WORD} letters")
    return tuple(word)


def _bounded(coefficient: int, place: str) -> None:
    need(abs(coefficient).bit_length() <= _MOST_BITS, place, "has a coefficient out of range")


def _pairs(value: Any, letters: int, place: str) -> tuple[Pair, ...]:
    found = []
    for number, entry in enumerate(listed(value, place)):
        where = f"{place}[{number}]"
        sides = listed(entry, where)
        need(len(sides) == 2, where, "is no pair")
        found.append((_words(sides[0], letters, where), _words(sides[1], letters, where)))
    return tuple(found)


def _shown(value: Any, many: int, relations: int, letters: int, place: str) -> tuple[tuple[Multiple, ...], ...]:
    given = listed(value, place)
    need(len(given) == many, place, f"are not {many}, one for each pair")
    return tuple(tuple(_multiples(one, relations, letters, f"{place}[{k}]")) for k, one in enumerate(given))


def _multiples(value: Any, relations: int, letters: int, place: str) -> Iterator[Multiple]:
    given = listed(value, place)
    need(len(given) <= MOST_TERMS, place, f"has more than {MOST_TERMS:,} multiples")
    for number, entry in enumerate(given):
        where = f"{place}[{number}]"
        parts = listed(entry, where)
        need(len(parts) == 4, where, "is no relation with a coefficient and two words")
        which, coefficient = integers(parts[:2], where)
        need(0 <= which < relations, where, f"is a multiple of relation {str(which)[:40]}, which there is not")
        _bounded(coefficient, where)
        yield which, coefficient, _word(parts[2], letters, where), _word(parts[3], letters, where)
