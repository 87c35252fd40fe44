"""Echelon forms that grow by batches, against FLINT on the whole matrix."""

import flint
import numpy as np
import pytest

from symdyn.algebra.linear.echelon import Echelon
from symdyn.algebra.linear.prime_field import PrimeField
from symdyn.algebra.linear.primes import prime

PRIMES = [prime(23), prime(31)]
both_primes = pytest.mark.parametrize("p", PRIMES)
#: rows, columns, rank, and how the rows are cut into batches
SHAPES = [
    (1, 1, 1, [1]),
    (8, 8, 8, [8]),
    (20, 12, 7, [3, 3, 14]),
    (30, 30, 29, [13, 1, 16]),
    (40, 25, 25, [40]),
    (60, 50, 31, [5, 25, 30]),
    (90, 70, 70, [45, 45]),
]
shapes = pytest.mark.parametrize(("rows", "columns", "rank", "batches"), SHAPES)


def of_rank(rows, columns, rank, p, seed):
    """Product of random factors of shapes (rows, rank) and (rank, columns), some rows repeated or zero."""
    rng = np.random.default_rng([seed, rows, columns, rank])
    left = rng.integers(0, p, size=(rows, rank)).astype(object)
    if rows > rank + 2:
        left[1] = left[0]
        left[2] = 0
    return left @ rng.integers(0, p, size=(rank, columns)).astype(object) % p


def over_flint(matrix, p):
    height, width = matrix.shape
    return flint.nmod_mat(height, width, [int(x) % p for x in matrix.ravel()], p)


def grown(matrix, batches, p):
    """The echelon form of all rows, added batch by batch under their numbers."""
    field = PrimeField(p)
    echelon = Echelon(field, matrix.shape[1])
    ends = np.cumsum([0, *batches])
    added = [echelon.add(field.array(matrix[a:b]), list(range(a, b))) for a, b in zip(ends[:-1], ends[1:], strict=True)]
    assert sum(added) == echelon.rank
    return echelon


@both_primes
@shapes
@pytest.mark.parametrize("seed", range(2))
def test_rank_is_that_of_the_whole_matrix(rows, columns, rank, batches, p, seed):
    matrix = of_rank(rows, columns, rank, p, seed)
    assert grown(matrix, batches, p).rank == over_flint(matrix, p).rank() == rank


@both_primes
@shapes
def test_determinant_is_that_of_kept_rows_and_pivot_columns(rows, columns, rank, batches, p):
    matrix = of_rank(rows, columns, rank, p, 5)
    echelon = grown(matrix, batches, p)
    minor = over_flint(matrix[np.ix_(echelon.kept, echelon.pivots)], p)
    assert echelon.determinant == int(minor.det()) != 0


@both_primes
@shapes
def test_a_row_is_kept_exactly_if_it_is_independent_of_those_before(rows, columns, rank, batches, p):
    matrix = of_rank(rows, columns, rank, p, 6)
    ranks = [over_flint(matrix[: i + 1], p).rank() for i in range(rows)]
    grows = [i for i, (before, after) in enumerate(zip([0, *ranks], ranks, strict=False)) if after > before]
    assert grown(matrix, batches, p).kept == grows


@both_primes
@shapes
def test_cutting_the_rows_differently_changes_nothing(rows, columns, rank, batches, p):
    matrix = of_rank(rows, columns, rank, p, 7)
    whole, pieces = grown(matrix, [rows], p), grown(matrix, batches, p)
    assert whole.kept == pieces.kept
    minor = over_flint(matrix[np.ix_(whole.kept, pieces.pivots)], p)
    assert pieces.determinant == int(minor.det())


@both_primes
@pytest.mark.parametrize("seed", range(3))
def test_residual_is_zero_on_pivots_and_differs_by_kept_rows(p, seed):
    matrix, other = of_rank(30, 20, 11, p, seed), of_rank(6, 20, 6, p, seed + 50)
    echelon = grown(matrix, [10, 20], p)
    rest = np.vectorize(int, otypes=[object])(echelon.residual(PrimeField(p).array(other)))
    assert not rest[:, echelon.pivots].any()
    assert rest.any()
    assert over_flint(np.concatenate([matrix, other - rest]), p).rank() == echelon.rank


@both_primes
def test_combinations_of_the_rows_leave_no_residual_and_no_trace(p):
    matrix = of_rank(30, 20, 11, p, 3)
    echelon = grown(matrix, [10, 20], p)
    weights = np.random.default_rng(4).integers(0, p, size=(5, 30)).astype(object)
    combined = PrimeField(p).array(weights @ matrix)
    assert not echelon.residual(combined).any()
    before = (echelon.rank, list(echelon.kept), list(echelon.pivots), echelon.determinant)
    assert echelon.add(combined, ["a", "b", "c", "d", "e"]) == 0
    assert (echelon.rank, echelon.kept, echelon.pivots, echelon.determinant) == before


@both_primes
@pytest.mark.parametrize("copies", [2, 20])
def test_of_equal_rows_the_first_is_kept(p, copies):
    field = PrimeField(p)
    row = of_rank(1, 9, 1, p, 1)
    echelon = Echelon(field, 9)
    names = [f"copy {i}" for i in range(copies)]
    assert echelon.add(field.array(np.repeat(row, copies, axis=0)), names) == 1
    assert echelon.kept == ["copy 0"]


@both_primes
def test_zero_rows_and_no_rows_add_nothing(p):
    field = PrimeField(p)
    echelon = Echelon(field, 4)
    assert echelon.add(np.zeros((3, 4), dtype=field.dtype), ["a", "b", "c"]) == 0
    assert echelon.add(np.zeros((0, 4), dtype=field.dtype), []) == 0
    assert (echelon.rank, echelon.determinant) == (0, 1)


@pytest.mark.parametrize("p", [3, 5, 101])
@pytest.mark.parametrize("seed", range(5))
def test_ranks_that_a_small_prime_loses_are_those_of_flint(p, seed):
    """Modulo 3 a random square matrix is singular more often than not."""
    matrix = np.random.default_rng(seed).integers(0, p, size=(16, 16)).astype(object)
    echelon = grown(matrix, [7, 9], p)
    assert echelon.rank == over_flint(matrix, p).rank()
    minor = over_flint(matrix[np.ix_(echelon.kept, echelon.pivots)], p)
    assert echelon.determinant % p == int(minor.det()) != 0
