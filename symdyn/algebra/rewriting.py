"""Sums of words rewritten by relations, each step remembered as multiples of the relations that were given.

A rule replaces the longest word of a relation (the last of equally long ones) by the others. Rules that overlap give
new ones, up to a budget (Bergman's diamond lemma: where all overlaps resolve, normal forms are unique).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from symdyn.certificate.witness.noncommutative import MOST_WORD, Multiple
from symdyn.errors import ModelError

_MOST_RULES = 60
_MOST_OVERLAPS = 3_000
_MOST_STEPS = 20_000
_LONGEST_RULE = 16

Word = tuple[int, ...]
#: A sum of words, without zeros.
Sum = dict[Word, int]
#: How often each relation was used, between which words.
Used = dict[tuple[int, Word, Word], int]


@dataclass(frozen=True)
class _Rule:
    """A sum that is zero, its longest word, and how it came from the relations."""

    lead: Word
    zero: Sum
    used: Used


def difference(one: Sum, other: Sum) -> Sum:
    """One minus the other."""
    found = dict(one)
    _add(found, other, -1)
    return found


class Rewriting:
    """Relations, each a sum of words that is zero, completed by their overlaps as far as the budget goes."""

    def __init__(self, relations: Sequence[Sum]) -> None:
        self.rules: list[_Rule] = []
        for number, zero in enumerate(relations):
            self._learn(zero, {(number, (), ()): 1})
        self._complete()

    def reduced(self, given: Sum) -> tuple[Sum, tuple[Multiple, ...]]:
        """What is left, and the multiples of relations that given minus that adds up to.

        Raises
        ------
        ModelError
            If a word becomes longer than certificates hold, or rewriting does not end.
        """
        rest, used = self._reduced(given)
        return rest, tuple((k, value, before, after) for (k, before, after), value in used.items() if value)

    def _reduced(self, given: Sum) -> tuple[Sum, Used]:
        left, rest, used = dict(given), Sum(), Used()
        for _ in range(_MOST_STEPS):
            if not left:
                return rest, used
            word = max(left, key=_order)
            if len(word) > MOST_WORD:
                raise ModelError(f"a word has more than {MOST_WORD} letters: give shorter ones")
            match = next(self._matches(word, left[word]), None)
            if match is None:
                rest[word] = left.pop(word)
                continue
            rule, factor, before, after = match
            _add(left, {before + inner + after: value for inner, value in rule.zero.items()}, -factor)
            _use(used, rule.used, factor, before, after)
        raise ModelError(f"rewriting did not end in {_MOST_STEPS:,} steps: give relations that make words shorter")

    def _matches(self, word: Word, value: int) -> Iterator[tuple[_Rule, int, Word, Word]]:
        for rule in self.rules:
            size, divisor = len(rule.lead), rule.zero[rule.lead]
            if value % divisor:
                continue
            for k in range(len(word) - size + 1):
                if word[k : k + size] == rule.lead:
                    yield rule, value // divisor, word[:k], word[k + size :]

    def _learn(self, zero: Sum, used: Used) -> bool:
        rest, more = self._reduced(zero)
        if not rest:
            return False
        whole: Used = dict(used)
        _use(whole, more, -1, (), ())
        lead = max(rest, key=_order)
        if len(lead) > _LONGEST_RULE and len(self.rules) > 0:
            return False
        self.rules.append(_Rule(lead, rest, whole))
        return True

    def _complete(self) -> None:
        """Each overlap of two longest words, rewritten in both ways, gives a sum that is zero."""
        tried, place = 0, 0
        while place < len(self.rules):
            for other in range(place + 1):
                for first, second in {(place, other), (other, place)}:
                    for zero, used in list(_overlaps(self.rules[first], self.rules[second])):
                        tried += 1
                        if tried > _MOST_OVERLAPS or len(self.rules) >= _MOST_RULES:
                            return
                        self._learn(zero, used)
            place += 1


def _overlaps(one: _Rule, other: _Rule) -> Iterator[tuple[Sum, Used]]:
    """Words that begin with one longest word and end with the other, which share letters; and one inside the other."""
    if abs(one.zero[one.lead]) != 1 or abs(other.zero[other.lead]) != 1:
        return
    for shared in range(1, min(len(one.lead), len(other.lead))):
        if one.lead[-shared:] == other.lead[:shared]:
            yield _cancelled(one, (), other.lead[shared:], other, one.lead[:-shared], ())
    inside = len(one.lead) - len(other.lead)
    if one is not other and inside >= 0:
        for k in range(inside + 1):
            if one.lead[k : k + len(other.lead)] == other.lead:
                yield _cancelled(one, (), (), other, one.lead[:k], one.lead[k + len(other.lead) :])


def _cancelled(one: _Rule, a: Word, b: Word, other: _Rule, c: Word, d: Word) -> tuple[Sum, Used]:
    zero, used = Sum(), Used()
    for rule, before, after, sign in ((one, a, b, 1), (other, c, d, -1)):
        factor = sign * rule.zero[rule.lead]  # its own inverse
        _add(zero, {before + word + after: value for word, value in rule.zero.items()}, factor)
        _use(used, rule.used, factor, before, after)
    return zero, used


def _add(to: Sum, other: Sum, factor: int) -> None:
    for word, value in other.items():
        found = to.get(word, 0) + factor * value
        if found:
            to[word] = found
        else:
            to.pop(word, None)


def _use(to: Used, other: Used, factor: int, before: Word, after: Word) -> None:
    for (number, left, right), value in other.items():
        key = (number, before + left, right + after)
        to[key] = to.get(key, 0) + factor * value


def _order(word: Word) -> tuple[int, Word]:
    return len(word), word
