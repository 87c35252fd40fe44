"""Eigenvalues in order: ties, near ties and Jordan blocks, exactly and in floats."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.spectra.ranked_eigenvalues import KEYS, ranked_eigenvalues
from symdyn.errors import ModelError

TINY = sp.Rational(1, 10**20)


def ranks(matrix, by="modulus"):
    found, exact = ranked_eigenvalues(sp.ImmutableMatrix(matrix), by)
    assert exact
    return [(one.rank, one.multiplicity, one.largest_block) for one in found]


@pytest.mark.parametrize(
    ("matrix", "by", "expected"),
    [
        ([[0, 2], [1, 0]], "modulus", [(0, 1, 1), (0, 1, 1)]),  # sqrt(2) and -sqrt(2)
        ([[0, 2], [1, 0]], "real part", [(0, 1, 1), (1, 1, 1)]),
        ([[1, -2, 0], [2, 1, 0], [0, 0, 1]], "real part", [(0, 1, 1)] * 3),
        (sp.diag(3, -3 + TINY), "modulus", [(0, 1, 1), (1, 1, 1)]),
        (sp.diag(3, -3 - TINY), "modulus", [(0, 1, 1), (1, 1, 1)]),
        ([[2, 1, 0], [0, 2, 0], [0, 0, 1]], "modulus", [(0, 2, 2), (1, 1, 1)]),
        (sp.zeros(3, 3), "modulus", [(0, 3, 1)]),
    ],
)
def test_ties_are_told_from_near_ties_and_blocks_are_counted(matrix, by, expected):
    assert ranks(matrix, by) == expected


def test_the_larger_of_two_close_moduli_stands_first():
    found, _ = ranked_eigenvalues(sp.ImmutableMatrix(sp.diag(3, -3 - TINY)))
    assert [one.exact for one in found] == [-3 - TINY, 3]


@pytest.mark.parametrize("by", KEYS)
@pytest.mark.parametrize("seed", range(3))
def test_exact_and_float_orders_agree(seed, by):
    matrix = np.random.default_rng(seed).integers(-5, 6, (4, 4))
    exact, how = ranked_eigenvalues(sp.ImmutableMatrix(matrix.tolist()), by)
    floats, other = ranked_eigenvalues(sp.ImmutableMatrix(matrix.astype(float).tolist()), by)
    assert (how, other) == (True, False)
    assert [(one.rank, one.multiplicity) for one in exact] == [(one.rank, one.multiplicity) for one in floats]
    assert np.allclose([one.value for one in exact], [one.value for one in floats], atol=1e-9, rtol=0)


def test_misuse_is_refused_in_one_sentence():
    with pytest.raises(ModelError, match="write one of modulus, real part"):
        ranked_eigenvalues(sp.ImmutableMatrix([[1]]), "size")
    with pytest.raises(ModelError, match="give values to the symbols"):
        ranked_eigenvalues(sp.ImmutableMatrix([[sp.Symbol("a")]]))
