"""The span of fields and of their iterated brackets at one point mod p, level by level.

The rank found is a lower bound for the generic rank of the involutive closure, whatever the prime and the point: a
bad draw loses rank, never gains any. A level that adds nothing says, at a generic point only, that the span is
closed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symdyn.algebra.budgets.deadline import OutOfTimeError
from symdyn.algebra.linear.echelon import Echelon
from symdyn.algebra.linear.jets import constant
from symdyn.algebra.linear.mixes import mix_coefficients
from symdyn.algebra.linear.prime_field import Array, PrimeField
from symdyn.geometry.fields.draws import drawn_point, seed_of_mixes
from symdyn.geometry.fields.generators import Generators, bracket, largest_rank

#: A generator is its number, or "m7": the seventh pseudo-random mix of all generators. A word is a generator or a
#: pair (generator, word), read as the bracket [generator, word].
Generator = int | str
Word = Any

_CHUNK = 256
_SURPLUS = 4


@dataclass(kw_only=True)
class BracketSpan:
    """What one exploration found.

    Parameters
    ----------
    prime, seed
        The prime, and the seed that the mixes have: made from the seed asked for, the prime and the fields.
    point
        Residues of the coordinates and symbolic constants.
    words
        The independent words, in the order found.
    columns
        Pivot columns, in the order of the words.
    determinant
        Determinant mod p of the minor of `words` and `columns`.
    levels
        Rank after level 0 (the generators), level 1, ...
    closed
        Whether the last level added nothing, or the rank is the dimension.
    """

    prime: int
    seed: int
    point: list[int]
    words: list[Word] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    determinant: int = 1
    levels: list[int] = field(default_factory=list)
    closed: bool = False

    @property
    def rank(self) -> int:
        """Proved lower bound of the generic rank of the closure."""
        return len(self.words)

    def to_data(self) -> dict[str, Any]:
        """The part of a witness that a re-checker needs."""
        return {
            "by": "brackets",
            "prime": self.prime,
            "seed": self.seed,
            "point": self.point,
            "words": [_listed(word) for word in self.words],
            "columns": self.columns,
            "determinant": self.determinant,
        }


def explore(
    generators: Generators,
    prime: int,
    *,
    seed: int = 0,
    point: list[int] | None = None,
    target: int | None = None,
    max_level: int | None = None,
    stop_when_idle: bool = True,
    max_rank: int | None = None,
    deadline: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BracketSpan:
    """Span generators and brackets until nothing is added, or the rank reaches `target`.

    Parameters
    ----------
    generators
        The fields.
    prime
        Below 2^31.
    seed
        Of the point and of the mixes; both depend on the fields as well, so that no fields can be made for them.
    point
        Residues to use instead of random ones; stagnation there proves nothing.
    target
        A rank that is known not to be exceeded (dimension minus the number of verified laws).
    max_level
        Explore brackets no deeper than this.
    stop_when_idle
        Whether a level that adds nothing ends the exploration; right at a generic point only.
    max_rank
        Stop, without an answer, at about this rank: a budget of memory.
    deadline
        Value of `time.monotonic` after which to stop with what was found.
    progress
        Called with (level, rank) after each batch.
    """
    prime_field = PrimeField(prime)
    if point is None:
        point = drawn_point(generators, prime, seed)
    seed = seed_of_mixes(generators, prime, seed)
    search = _Search(generators, prime_field, seed, point, only_mixes=not stop_when_idle)
    largest = largest_rank(generators)
    bound = largest if target is None else min(target, largest)
    span = BracketSpan(prime=prime, seed=seed, point=point)
    level = 0

    def is_spent() -> bool:
        too_large = max_rank is not None and search.echelon.rank >= max_rank
        return too_large or (deadline is not None and time.monotonic() > deadline)

    while max_level is None or level <= max_level:
        before = search.echelon.rank
        for words in search.candidates(level, bound):
            try:
                search.add(words)
            except OutOfTimeError:  # in the middle of a batch
                deadline = float("-inf")
            if progress is not None:
                progress(level, search.echelon.rank)
            if search.echelon.rank >= bound or is_spent():
                break
        rank = search.echelon.rank
        if rank > before or level == 0 or not stop_when_idle:
            span.levels.append(rank)
        span.closed = rank >= bound or (rank == before and stop_when_idle and not is_spent())
        if span.closed or is_spent() or (rank == before and stop_when_idle):
            break
        level += 1
    span.words = list(search.echelon.kept)
    span.columns = search.echelon.pivots
    span.determinant = search.echelon.determinant % prime
    return span


class _Search:
    """Candidate words of each level and their values."""

    def __init__(
        self, generators: Generators, prime_field: PrimeField, seed: int, point: list[int], *, only_mixes: bool
    ) -> None:
        self.only_mixes = only_mixes
        self.generators, self.field, self.seed = generators, prime_field, seed
        self.point = constant(prime_field.array(point))
        self.echelon = Echelon[Word](prime_field, generators.dimension)
        self.mixes = 0
        # rows of at most about 5 million entries, so that a time limit is noticed in time
        self.chunk = max(8, min(_CHUNK, 5_000_000 // generators.dimension))
        self.level_starts = [0]

    def candidates(self, level: int, bound: int) -> Iterator[list[Word]]:
        """Batches of words of one level."""
        missing = largest_rank(self.generators) - self.echelon.rank
        if level == 0:
            yield from self._generators()
            return
        self.level_starts.append(self.echelon.rank)
        last = self.echelon.kept[self.level_starts[-2] : self.level_starts[-1]]
        kept = self.echelon.kept[: self.level_starts[1]]
        if not self.only_mixes and len(kept) * len(last) <= 4 * missing + 64:
            words = [(a, w) for w in last for a in kept if level > 1 or _before(w, a)]
            for start in range(0, len(words), self.chunk):
                yield words[start : start + self.chunk]
            return
        wanted = bound - self.echelon.rank + _SURPLUS
        while wanted > 0:
            size = min(wanted, self.chunk)
            yield [self._mixed_word(level) for _ in range(size)]
            wanted -= size

    def _generators(self) -> Iterator[list[Word]]:
        number = self.generators.number
        if number <= 4 * self.generators.dimension:
            for start in range(0, number, self.chunk):
                yield list(range(start, min(number, start + self.chunk)))
            return
        wanted = self.generators.dimension + _SURPLUS
        while wanted > 0:
            size = min(wanted, self.chunk)
            before = self.echelon.rank
            yield [self._mix() for _ in range(size)]
            wanted = wanted - size if self.echelon.rank - before == size else 0

    def _mix(self) -> str:
        self.mixes += 1
        return f"m{self.mixes}"

    def _mixed_word(self, level: int) -> Word:
        word: Word = self._mix()
        for _ in range(level):
            word = (self._mix(), word)
        return word

    def add(self, words: list[Word]) -> None:
        """Evaluate words of one depth and keep the independent ones."""
        if not words:
            return
        slots: list[list[Generator]] = []
        rest: list[Any] = words
        while isinstance(rest[0], tuple):
            slots.append([word[0] for word in rest])
            rest = [word[1] for word in rest]
        slots.append(rest)
        coefficients = [self._coefficients(slot) for slot in slots]
        (value,) = bracket(self.generators, coefficients, self.point, self.field)
        if value is not None:
            self.echelon.add(value, words)

    def _coefficients(self, slot: list[Generator]) -> Array:
        number = self.generators.number
        if isinstance(slot[0], str):
            numbers = [int(name[1:]) for name in slot if isinstance(name, str)]
            return self.field.array(mix_coefficients(self.seed, numbers, number, self.field.p))
        unit: Array = np.zeros((len(slot), number), dtype=self.field.dtype)
        unit[np.arange(len(slot)), np.asarray(slot, dtype=np.int64)] = 1
        return unit


def _before(first: Generator, second: Generator) -> bool:
    """Whether the bracket [second, first] is to be formed; the other one is its negative."""
    return _number(first) < _number(second)


def _number(generator: Generator) -> int:
    return generator if isinstance(generator, int) else int(generator[1:])


def _listed(word: Word) -> Any:
    return [word[0], _listed(word[1])] if isinstance(word, tuple) else word
