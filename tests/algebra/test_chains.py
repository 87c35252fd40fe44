"""Chains of monomials by division have the fewest factors of all partitions into chains."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from symdyn.algebra.polynomials.chains import chains_of


def partitions(items):
    """All partitions of a list into lists."""
    if not items:
        yield []
        return
    first, *rest = items
    for part in partitions(rest):
        yield [[first], *part]
        for k, group in enumerate(part):
            yield [*part[:k], [first, *group], *part[k + 1 :]]


def is_chain(group):
    ordered = sorted(group, key=sum)
    return all(all(a <= b for a, b in zip(low, high)) for low, high in itertools.pairwise(ordered))


@pytest.mark.parametrize("seed", range(6))
def test_no_partition_into_chains_has_fewer_factors(seed):
    rng = np.random.default_rng(seed)
    monomials = list({tuple(map(int, row)) for row in rng.integers(0, 3, (6, 2))} - {(0, 0)})
    terms = {m: Fraction(k + 1, 7) for k, m in enumerate(monomials)}
    found, left = chains_of(terms, Fraction(0))
    costs = [sum(max(map(sum, group)) for group in p) for p in partitions(monomials) if all(map(is_chain, p))]
    assert found.layers == min(costs)
    assert left == 0
    passed = {}
    for chain in found.chains:
        for k, number in enumerate(chain.added, start=1):
            if number:
                passed[tuple(chain.factors[:k].count(v) for v in range(2))] = number
    assert passed == terms


def test_small_terms_are_left_out_only_where_that_saves_factors():
    terms = {(1, 0): Fraction(1, 100), (2, 0): Fraction(1), (0, 4): Fraction(1, 200)}
    found, left = chains_of(terms, Fraction(1, 10))
    assert set(found.numbers) == {(1, 0), (2, 0)}
    assert (found.layers, left) == (2, Fraction(1, 200))
    assert chains_of(terms, Fraction(1, 200))[0].layers == 6
