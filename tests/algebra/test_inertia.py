"""Signs of large spectra in balls, against known ones: Kronecker sums, circulants, triangles, similar matrices."""

from __future__ import annotations

import flint
import numpy as np
import pytest

from symdyn.algebra.linear.ball_spectrum import certified_signs
from symdyn.algebra.linear.diagonal_blocks import components, diagonal_blocks
from symdyn.algebra.linear.inertia import sides_of_axis, sides_of_circle
from symdyn.algebra.linear.spectrum import SignCounts
from symdyn.certificate.recheck.equilibria.spectrum import spectrum_signs
from symdyn.certificate.refutation import UndecidedError

BITS = 256


def balls(rows, radius=0.0):
    rows = np.asarray(rows)
    return flint.arb_mat(len(rows), len(rows), [flint.arb(float(x), radius) for x in rows.ravel()])


def engine(rows, radius=0.0):
    with flint.ctx.workprec(BITS):
        found = certified_signs(balls(rows, radius))
    return None if found is None else (found.positive, found.zero, found.negative)


def checker(rows, radius=0.0):
    try:
        with flint.ctx.workprec(BITS):
            return tuple(spectrum_signs(balls(rows, radius)))
    except UndecidedError:
        return None


BOTH = pytest.mark.parametrize("count", [engine, checker])


def whole(size, seed, largest=9):
    return np.random.default_rng(seed).integers(-largest, largest + 1, (size, size)).astype(float)


def kronecker_sum(first, second):
    """Its eigenvalues are the sums of one eigenvalue of each."""
    return np.kron(first, np.eye(len(second))) + np.kron(np.eye(len(first)), second)


def circulant(row):
    """Its eigenvalues are the discrete Fourier transform of the row."""
    return np.asarray([np.roll(row, k) for k in range(len(row))])


def conjugated(rows, seed):
    """P A P^-1 for a unimodular P of whole numbers with a whole inverse: the entries are exact floats."""
    size, draw = len(rows), np.random.default_rng(seed)
    found = np.asarray(rows, dtype=float)
    for _ in range(2 * size):
        i, j = draw.choice(size, 2, replace=False)
        sign = draw.choice([-1.0, 1.0])
        found[i] += sign * found[j]  # P = 1 + s e_i e_j^T from the left
        found[:, j] -= sign * found[:, i]  # and its inverse from the right
    assert np.abs(found).max() < 2**50
    return found


@BOTH
@pytest.mark.parametrize("size", [7, 11])
def test_the_signs_of_a_kronecker_sum_are_those_of_sums_of_eigenvalues(count, size):
    first, second = whole(size, 1), whole(size, 2)
    sums = np.add.outer(np.linalg.eigvals(first), np.linalg.eigvals(second)).real
    assert np.abs(sums).min() > 1e-3  # far from the axis, so that floats know each sign
    right = int((sums > 0).sum())
    assert count(kronecker_sum(first, second)) == (right, 0, size**2 - right)


@BOTH
@pytest.mark.parametrize("size", [31, 64, 101])
def test_the_signs_of_a_circulant_are_those_of_a_fourier_transform(count, size):
    row = np.random.default_rng(size).integers(-9, 10, size).astype(float)
    parts = np.fft.fft(row).real
    assert np.abs(parts).min() > 1e-6
    right = int((parts > 0).sum())
    assert count(circulant(row)) == (right, 0, size - right)


@BOTH
def test_signs_are_those_of_a_similar_matrix_of_the_transposed_one_and_of_the_negative_one_the_other_way(count):
    rows = whole(60, 3)
    right, _, left = count(rows)
    assert right + left == 60
    assert count(conjugated(rows, 4)) == (right, 0, left)
    assert count(rows.T) == (right, 0, left)
    assert count(-rows) == (left, 0, right)
    assert count(rows * 2.0**60) == (right, 0, left)


@BOTH
def test_jordan_blocks_and_clusters_of_a_large_matrix_are_counted(count):
    rows = np.diag([1.0] * 20 + [-2.0] * 40) + np.diag(np.arange(59) % 5 > 0, 1)
    assert count(conjugated(rows, 5)) == (20, 0, 40)


@BOTH
def test_a_triangle_is_taken_apart_however_far_from_normal(count):
    """Eigenvalues are on the diagonal; no basis in floats makes 100 above it small."""
    order = np.random.default_rng(6).permutation(150)
    rows = np.diag(np.where(np.arange(150) % 3, -1.0, 1.0)) + np.diag(np.full(149, 100.0), 1)
    assert count(rows[np.ix_(order, order)]) == (50, 0, 100)


@BOTH
@pytest.mark.parametrize("size", [4, 80])
def test_an_eigenvalue_on_the_axis_or_a_ball_that_reaches_it_is_not_counted(count, size):
    skew = whole(size, 7)
    assert count(skew - skew.T) is None
    assert count(-np.eye(size), 0.5) is None
    assert count(-np.eye(size), 0.5 / size) == (0, 0, size)


def test_known_zeros_of_a_large_matrix_are_left_out():
    """The Laplacian of a cycle of 90: 0 once, and 2 cos(2 pi k/90) - 2."""
    rows = circulant(np.asarray([-2.0, 1.0] + [0.0] * 87 + [1.0]))
    with flint.ctx.workprec(BITS):
        assert certified_signs(balls(conjugated(rows, 8)), zeros=1) == SignCounts(0, 1, 89)
        assert certified_signs(balls(rows), zeros=0) is None
        assert certified_signs(balls(rows), zeros=2) is None


@pytest.mark.parametrize("size", [5, 60])
def test_moduli_against_one_are_those_of_a_known_spectrum(size):
    row = np.random.default_rng(size).normal(size=size) / np.sqrt(size)
    moduli = np.abs(np.fft.fft(row))
    outside = int((moduli > 1).sum())
    assert 0 < outside < size
    assert sides_of_circle(balls(circulant(row))) == (outside, size - outside)
    assert sides_of_circle(balls(np.linalg.inv(circulant(row)))) == (size - outside, outside)


def test_a_multiplier_on_the_circle_is_not_counted():
    turn = np.asarray([[0.6, -0.8], [0.8, 0.6]])
    assert sides_of_circle(balls(turn, 1e-10)) is None
    assert sides_of_circle(balls(-np.eye(3))) is None
    assert sides_of_axis(balls(np.zeros((3, 3)))) is None


def test_the_blocks_of_a_permuted_block_triangle_are_those_it_was_made_of():
    sizes = [3, 1, 5, 2]
    ends = np.cumsum([0, *sizes])
    rows = np.triu(np.ones((11, 11)))
    for a, b in zip(ends, ends[1:], strict=False):
        rows[a:b, a:b] = 1
    order = np.random.default_rng(9).permutation(11)
    blocks = diagonal_blocks(balls(rows[np.ix_(order, order)]))
    assert sorted(block.nrows() for block in blocks) == sorted(sizes)
    assert all(entry == 1 for block in blocks for entry in block.entries())


def test_components_of_a_long_path_and_of_a_cycle():
    size = 5000
    assert len(components([[k + 1] for k in range(size - 1)] + [[]])) == size
    assert components([[(k + 1) % size] for k in range(size)]) == [list(range(size))]
