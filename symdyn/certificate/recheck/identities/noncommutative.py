"""Re-check of identities between words: sums of multiples of relations are multiplied out, over the integers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import Recheck, UndecidedError, need
from symdyn.certificate.witness.noncommutative import Multiple, NoncommutativeWitness, Pair, Words

_MOST_PRODUCTS = 2_000_000
Word = tuple[int, ...]
#: A sum of words without zeros.
Sum = dict[Word, int]


def check_noncommutative(witness: NoncommutativeWitness, verdict: str) -> Recheck:
    """Left minus right of every pair is the stored combination of relations, at the first place and at the next one.

    Raises
    ------
    RefutedError
        With the place where it fails.
    UndecidedError
        If the words are too many to be multiplied out here.
    """
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of identities")
    work = _Work()
    letters = len(witness.letters)
    given = [work.difference(pair) for pair in witness.relations]
    first = _images(letters, [one.first for one in witness.sequences])
    for number, (pair, multiples) in enumerate(zip(witness.pairs, witness.shown, strict=True)):
        wanted = work.substituted(work.difference(pair), first)
        holds = wanted == work.combination(multiples, given)
        at = f"at n = {witness.base}" if witness.running else "from the relations"
        need(holds, f"witness.shown[{number}]", f"does not show the pair {at}")
    if not witness.running:
        return Recheck("proved", f"{len(witness.pairs)} identities between words were multiplied out again and hold")
    following = _images(letters, [one.next for one in witness.sequences])
    # at n the pairs themselves are assumed
    assumed = [*given, *(work.difference(pair) for pair in witness.pairs)]
    for number, (pair, multiples) in enumerate(zip(witness.pairs, witness.steps, strict=True)):
        wanted = work.substituted(work.difference(pair), following)
        holds = wanted == work.combination(multiples, assumed)
        need(holds, f"witness.steps[{number}]", "does not lead from n to n + 1")
    return Recheck("proved", f"{len(witness.pairs)} identities hold at n = {witness.base} and are inherited by n + 1")


def _images(letters: int, values: Sequence[Words]) -> Mapping[int, Words]:
    """What stands for the last letters, which are the sequences."""
    return dict(enumerate(values, start=letters - len(values)))


class _Work:
    """Sums of words; products are counted."""

    left = _MOST_PRODUCTS

    def difference(self, pair: Pair) -> Sum:
        return self.sum([*pair[0], *((-coefficient, word) for coefficient, word in pair[1])])

    def combination(self, multiples: Iterable[Multiple], relations: Sequence[Sum]) -> Sum:
        """The sum of c a (l - r) b."""
        return self.sum(
            (coefficient * value, before + word + after)
            for which, coefficient, before, after in multiples
            for word, value in relations[which].items()
        )

    def substituted(self, given: Sum, images: Mapping[int, Words]) -> Sum:
        """With sums in the place of letters."""
        return self.sum(term for word, value in given.items() for term in self._expanded(word, value, images))

    def _expanded(self, word: Word, value: int, images: Mapping[int, Words]) -> list[tuple[int, Word]]:
        terms: list[tuple[int, Word]] = [(value, ())]
        for letter in word:
            image = images.get(letter, ((1, (letter,)),))
            self.spend(len(terms) * len(image))
            terms = [(c * d, before + after) for c, before in terms for d, after in image]
        return terms

    def sum(self, terms: Iterable[tuple[int, Word]]) -> Sum:
        found: Sum = {}
        for coefficient, word in terms:
            self.spend(1)
            found[word] = found.get(word, 0) + coefficient
        return {word: value for word, value in found.items() if value}

    def spend(self, products: int) -> None:
        tick()
        self.left -= products
        if self.left < 0:
            raise UndecidedError("the words are too many to be multiplied out here")
