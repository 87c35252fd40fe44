"""Monomials in chains by division: a running product passes all of a chain, and the chains have the fewest factors."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.optimize import linear_sum_assignment

from symdyn.certificate.witness.measures.product_network import Chain

Monomial = tuple[int, ...]
_MOST_CHOICES = 2**12


@dataclass(frozen=True)
class Chains:
    """Chains of factors, and the numbers of the monomials that they pass."""

    chains: tuple[Chain, ...]
    numbers: Mapping[Monomial, Fraction]

    @property
    def layers(self) -> int:
        """Factors in all."""
        return sum(len(chain.factors) for chain in self.chains)


def chains_of(terms: Mapping[Monomial, Fraction], spare: Fraction) -> tuple[Chains, Fraction]:
    """Chains for monomials that are not constant, and what terms that were left out may add up to, below `spare`.

    A term m on which nothing is built costs its degree, and one that another one continues costs nothing more: the
    least sum is an assignment of at most one continuation to each. Up to 12 terms, every set of small terms is tried.

    Examples
    --------
    >>> found, left = chains_of({(1, 0): Fraction(1), (1, 1): Fraction(1), (0, 3): Fraction(1, 100)}, Fraction(1, 10))
    >>> found.layers, left
    (2, Fraction(1, 100))
    """
    best, left = _least(terms), Fraction(0)
    small = [m for m, number in terms.items() if abs(number) < spare]
    if not small or 2 ** len(small) > _MOST_CHOICES:
        return best, left
    for size in range(1, len(small) + 1):
        for out in itertools.combinations(small, size):
            total = sum((abs(terms[m]) for m in out), Fraction(0))
            if total < spare and len(out) < len(terms):
                tried = _least({m: number for m, number in terms.items() if m not in out})
                if (tried.layers, total) < (best.layers, left):
                    best, left = tried, total
    return best, left


def _least(terms: Mapping[Monomial, Fraction]) -> Chains:
    listed = sorted(terms, key=lambda m: (sum(m), m))
    saved = np.zeros((len(listed), len(listed)))
    for i, low in enumerate(listed):
        for j, high in enumerate(listed):
            if i != j and all(a <= b for a, b in zip(low, high)):
                saved[i, j] = sum(low)
    rows, columns = linear_sum_assignment(saved, maximize=True)
    after = {int(i): int(j) for i, j in zip(rows, columns) if saved[i, j] > 0}
    starts = [i for i in range(len(listed)) if i not in after.values()]
    return Chains(tuple(_chain(start, after, listed, terms) for start in starts), dict(terms))


def _chain(
    start: int, after: Mapping[int, int], listed: Sequence[Monomial], terms: Mapping[Monomial, Fraction]
) -> Chain:
    factors: list[int] = []
    added: list[Fraction] = []
    done, place = (0,) * len(listed[start]), start
    while True:
        more = [k for k, (a, b) in enumerate(zip(done, listed[place])) for _ in range(b - a)]
        factors += more
        added += [Fraction(0)] * (len(more) - 1) + [terms[listed[place]]]
        if place not in after:
            return Chain(tuple(factors), tuple(added))
        done, place = listed[place], after[place]
