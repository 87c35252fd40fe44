"""Exact linear algebra over Q: kernels that are kernels, fractions that are recovered."""

import math
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdyn.algebra.linear.exact import integer_matrix, nullspace, rank, rational, reduced_basis
from symdyn.algebra.linear.primes import prime

#: rows, columns, rank, size of the entries of the two factors; beyond 48 columns kernels are reconstructed
SHAPES = [(3, 5, 3, 9), (7, 4, 2, 9), (6, 6, 6, 9), (10, 20, 8, 3), (40, 48, 30, 2), (30, 49, 20, 1), (60, 80, 70, 1)]
shapes = pytest.mark.parametrize(("rows", "columns", "rank_", "size"), SHAPES)


def of_rank(rows, columns, rank_, size, seed):
    rng = np.random.default_rng([seed, rows, columns])
    left, right = (rng.integers(-size, size + 1, size=s) for s in ((rows, rank_), (rank_, columns)))
    return left @ right


def over_flint(matrix):
    array = np.asarray(matrix, dtype=object)
    return flint.fmpz_mat(*array.shape, [int(x) for x in array.ravel()])


def assert_is_kernel(matrix, vectors):
    """As many independent vectors as the dimension of the kernel, each annihilated."""
    array = np.asarray(matrix, dtype=object)
    basis = np.asarray(vectors, dtype=object).reshape(len(vectors), array.shape[1])
    assert not (array @ basis.T).any()
    assert len(vectors) == array.shape[1] - over_flint(array).rank()
    assert len(vectors) == 0 or over_flint(basis).rank() == len(vectors)


@shapes
@pytest.mark.parametrize("seed", range(2))
def test_rank_is_that_of_flint(rows, columns, rank_, size, seed):
    matrix = of_rank(rows, columns, rank_, size, seed)
    assert rank(matrix) == over_flint(matrix).rank() <= rank_


@shapes
@pytest.mark.parametrize("seed", range(2))
def test_nullspace_is_annihilated_and_has_the_right_dimension(rows, columns, rank_, size, seed):
    matrix = of_rank(rows, columns, rank_, size, seed)
    assert_is_kernel(matrix, nullspace(matrix))


@shapes
def test_vectors_are_primitive(rows, columns, rank_, size):
    vectors = nullspace(of_rank(rows, columns, rank_, size, 3))
    assert [math.gcd(*vector) for vector in vectors] == [1] * len(vectors)


@shapes
def test_vectors_lead_with_a_positive_entry_and_come_shortest_first(rows, columns, rank_, size):
    vectors = nullspace(of_rank(rows, columns, rank_, size, 3))
    assert all(next(x for x in vector if x) > 0 for vector in vectors)
    lengths = [sum(x * x for x in vector) for vector in vectors]
    assert lengths == sorted(lengths)


@pytest.mark.parametrize("matrix", [[[3, 6, 9, 1]], [[2, 1, 1], [4, 2, 2]], [[1, 1, 0, 4], [1, -1, 0, 2]]])
def test_kernels_of_small_matrices_are_primitive_too(matrix):
    vectors = nullspace(np.asarray(matrix))
    assert_is_kernel(matrix, vectors)
    assert {math.gcd(*vector) for vector in vectors} == {1}


def test_nothing_constrains_a_matrix_without_rows():
    assert sorted(nullspace(np.zeros((0, 3), dtype=np.int64))) == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
    assert sorted(nullspace(np.zeros((2, 3), dtype=np.int64))) == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]


def test_a_matrix_without_columns_has_the_zero_kernel_and_rank():
    assert nullspace(np.zeros((3, 0), dtype=np.int64)) == []
    assert rank(np.zeros((3, 0), dtype=np.int64)) == rank(np.zeros((0, 3), dtype=np.int64)) == 0


def test_entries_beyond_64_bits_are_exact():
    """x_0 = 2^70 x_1, and no other equation."""
    row = [1, -(2**70), 0, 0]
    assert_is_kernel([row], nullspace(np.asarray([row], dtype=object)))


def test_integer_matrix_has_the_entries():
    assert integer_matrix([[2**80, -1, 0]]).tolist() == [[2**80, -1, 0]]


@given(st.lists(st.lists(st.integers(-6, 6), min_size=4, max_size=4), min_size=1, max_size=5))
def test_kernels_of_any_small_matrix(matrix):
    assert_is_kernel(matrix, nullspace(np.asarray(matrix)))


@pytest.mark.parametrize("seed", range(3))
def test_reduced_basis_spans_the_same_lattice(seed):
    vectors = np.random.default_rng(seed).integers(-50, 51, size=(4, 7)).tolist()
    reduced = reduced_basis(vectors)
    assert over_flint(reduced).hnf() == over_flint(vectors).hnf()
    assert sum(x * x for x in reduced[0]) <= min(sum(x * x for x in vector) for vector in vectors)


@pytest.mark.parametrize("modulus", [prime(31), prime(61)])
@given(data=st.data())
def test_fractions_of_small_height_are_recovered(modulus, data):
    bound = math.isqrt(modulus // 2) - 1
    wanted = Fraction(data.draw(st.integers(-bound, bound)), data.draw(st.integers(1, bound)))
    residue = wanted.numerator * pow(wanted.denominator, -1, modulus) % modulus
    assert rational(residue, modulus) == wanted


@pytest.mark.parametrize("modulus", [101, 499])
def test_a_fraction_is_found_exactly_if_there_is_one(modulus):
    bound = math.isqrt(modulus // 2)
    heights = [(n, d) for n in range(-bound, bound + 1) for d in range(1, bound + 1)]
    wanted = {n * pow(d, -1, modulus) % modulus: Fraction(n, d) for n, d in heights}
    assert {r: rational(r, modulus) for r in range(modulus)} == {r: wanted.get(r) for r in range(modulus)}
