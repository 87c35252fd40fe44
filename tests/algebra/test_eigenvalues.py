"""Spectra of small matrices: exact where that can be written, and floats else."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.spectra.eigenvalues import (
    eigenvalues,
    eigenvectors,
    numbers,
    other_eigenvalues,
    real_eigenvalues,
    signature,
    spectral_gap,
    spectral_norm,
    with_multiplicity,
)
from symdyn.errors import ModelError

ROTATING = sp.ImmutableMatrix([[3, 0, 0], [0, 1, -2], [0, 2, 1]])
CUBIC = sp.ImmutableMatrix([[0, 1, 0], [0, 0, 1], [1, 1, 0]])  # z^3 - z - 1


def test_real_eigenvalues_come_first_and_descend():
    assert eigenvalues(ROTATING) == (3, 1 + 2 * sp.I, 1 - 2 * sp.I)
    assert real_eigenvalues(ROTATING) == (3,)
    assert other_eigenvalues(ROTATING, 3) == (1 + 2 * sp.I, 1 - 2 * sp.I)
    assert real_eigenvalues(sp.ImmutableMatrix([[1, 1], [0, 1]])) == (1,)


def test_roots_of_a_cubic_are_floats_or_radicals_as_asked():
    floats, radicals = eigenvalues(CUBIC), eigenvalues(CUBIC, radicals=True)
    assert all(value.has(sp.Float) for value in floats)
    assert not any(value.has(sp.Float) for value in radicals)
    assert spectral_gap([complex(v) for v in floats], [complex(sp.N(v)) for v in radicals]) < 1e-12
    assert abs(sp.N(radicals[0] ** 3 - radicals[0] - 1, 40)) < 1e-30


def test_one_copy_of_a_repeated_eigenvalue_is_left_out():
    assert other_eigenvalues(sp.ImmutableMatrix(sp.diag(2, 2, 1)), 2) == (2, 1)
    with pytest.raises(ModelError, match="5 is no eigenvalue: they are 2, 2, 1"):
        other_eigenvalues(sp.ImmutableMatrix(sp.diag(2, 2, 1)), 5)


def test_symbols_stay_symbols_and_those_without_a_formula_are_refused():
    a, b = sp.symbols("a b", real=True)
    assert set(eigenvalues(sp.ImmutableMatrix(sp.diag(a, b)))) == {a, b}
    companion = sp.ImmutableMatrix([[1, 0, 0, 0, a], *[[int(i == j) for j in range(5)] for i in range(4)]])
    with pytest.raises(ModelError, match="give values to symbols"):
        eigenvalues(companion)


@pytest.mark.parametrize(
    "matrix", [sp.diag(2, 2, 1), sp.diag(2.0, 2.0, 1.0), sp.Matrix([[2, 1, 0], [1, 2, 0], [0, 0, 3]])]
)
def test_eigenvectors_have_length_one_and_span_the_eigenspace(matrix):
    matrix = sp.ImmutableMatrix(matrix)
    top = real_eigenvalues(matrix)[0]
    vectors = eigenvectors(matrix, top)
    assert len(vectors) == 2
    for v in vectors:
        assert abs(sp.N((v.T * v)[0] - 1)) < 1e-12
        assert max(abs(sp.N(entry)) for entry in matrix * v - top * v) < 1e-12


@pytest.mark.parametrize("seed", range(5))
def test_signature_counts_the_signs_of_the_eigenvalues(seed):
    rng = np.random.default_rng(seed)
    half = rng.integers(-2, 3, (4, 2))
    symmetric = half @ np.diag([1, -1]) @ half.T
    values = np.linalg.eigvalsh(symmetric)
    expected = tuple(int(k) for k in ((values > 1e-9).sum(), (abs(values) <= 1e-9).sum(), (values < -1e-9).sum()))
    assert signature(sp.Matrix(symmetric.tolist())) == expected
    root = sp.sqrt(2)
    assert signature(sp.Matrix([[root, 2], [2, 2 * root]])) == (1, 1, 0)


def test_the_norm_is_exact_where_square_roots_suffice():
    assert spectral_norm(sp.diag(1, -3)) == 3
    assert float(spectral_norm(CUBIC)) == pytest.approx(np.linalg.norm(np.array(CUBIC.tolist(), dtype=float), 2))


def test_multiplicities_are_joined_and_written_out():
    joined = with_multiplicity([(sp.I, 1), (-1, 2), (sp.I, 1), (3, 0)])
    assert joined == ((sp.I, 2), (-1, 2))
    assert numbers(joined).tolist() == [-1, -1, 1j, 1j]


def test_the_gap_matches_eigenvalues_and_nan_is_never_near():
    assert spectral_gap([1, 2], [2, 1.5]) == pytest.approx(0.5)
    assert spectral_gap([float("nan")], [1]) == float("inf")
