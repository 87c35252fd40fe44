"""Signs of real parts: exact counts against constructed spectra, balls against exact counts."""

from __future__ import annotations

import random

import flint
import pytest

from symdyn.algebra.linear.ball_spectrum import certified_signs
from symdyn.algebra.linear.spectrum import SignCounts, rational_matrix, real_part_signs, root_signs, symmetric_signs


def conjugated(blocks: list[list[list[int]]], seed: int) -> flint.fmpq_mat:
    """P B P^-1 for block-diagonal B and a random unimodular P."""
    size = sum(map(len, blocks))
    matrix = flint.fmpq_mat(size, size)
    start = 0
    for block in blocks:
        for i, row in enumerate(block):
            for j, entry in enumerate(row):
                matrix[start + i, start + j] = entry
        start += len(block)
    draw = random.Random(seed)
    lower = flint.fmpq_mat(
        size, size, [1 if i == j else draw.randint(-2, 2) * (j < i) for i in range(size) for j in range(size)]
    )
    upper = flint.fmpq_mat(
        size, size, [1 if i == j else draw.randint(-2, 2) * (j > i) for i in range(size) for j in range(size)]
    )
    change = lower * upper
    return change * matrix * change.inv()


ROTATION = [[0, 1], [-1, 0]]
FOCUS = [[1, 2], [-2, 1]]
SINK = [[-1, 3], [-3, -1]]
JORDAN = [[-2, 1, 0], [0, -2, 1], [0, 0, -2]]
NILPOTENT = [[0, 1], [0, 0]]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("blocks", "counts"),
    [
        ([ROTATION], (0, 2, 0)),
        ([ROTATION, ROTATION, [[5]]], (1, 4, 0)),
        ([FOCUS, SINK], (2, 0, 2)),
        ([[[3]], [[-3]], [[0]]], (1, 1, 1)),
        ([JORDAN, NILPOTENT, FOCUS], (2, 2, 3)),
        ([[[2]], [[-2]], ROTATION, JORDAN], (1, 2, 4)),
        ([FOCUS, [[-1, 2], [-2, -1]], [[7]], [[-7]], [[-7]]], (3, 0, 4)),
    ],
)
def test_exact_counts_are_those_of_the_spectrum_that_was_built(blocks, counts, seed):
    assert real_part_signs(conjugated(blocks, seed)) == SignCounts(*counts)


@pytest.mark.parametrize("seed", range(6))
def test_symmetric_matrices_are_counted_alike_by_both_rules(seed):
    draw = random.Random(seed)
    size = 7
    half = [[draw.randint(-3, 3) for _ in range(size)] for _ in range(size)]
    rows = [[half[i][j] + half[j][i] for j in range(size)] for i in range(size)]
    rows[3] = [0] * size
    for row in rows:
        row[3] = 0  # one eigenvalue is 0
    matrix = rational_matrix(rows)
    assert symmetric_signs(matrix) == real_part_signs(matrix)
    assert symmetric_signs(matrix).zero >= 1


def test_inertia_is_kept_by_congruence():
    """Sylvester: P^T D P has the inertia of D."""
    diagonal = [3, 1, 0, 0, -2]
    draw = random.Random(5)
    change = flint.fmpq_mat(5, 5, [1 if i == j else draw.randint(-3, 3) * (j > i) for i in range(5) for j in range(5)])
    middle = flint.fmpq_mat(5, 5, [diagonal[i] if i == j else 0 for i in range(5) for j in range(5)])
    assert symmetric_signs(change.transpose() * middle * change) == SignCounts(2, 2, 1)


@pytest.mark.parametrize("seed", range(5))
def test_balls_count_as_exact_arithmetic_does_or_not_at_all(seed):
    draw = random.Random(seed)
    rows = [[draw.randint(-5, 5) for _ in range(6)] for _ in range(6)]
    exact = real_part_signs(rational_matrix(rows))
    with flint.ctx.workprec(200):
        found = certified_signs(flint.arb_mat(rows))
    assert found == exact if exact.zero == 0 else found is None


def test_jordan_blocks_and_clusters_are_no_obstacle_for_balls():
    matrix = conjugated([JORDAN, [[-2]], [[1]], FOCUS], 1)
    with flint.ctx.workprec(300):
        balls = flint.arb_mat(7, 7, [flint.arb(matrix[i, j], 1e-60) for i in range(7) for j in range(7)])
        assert certified_signs(balls) == SignCounts(3, 0, 4)


def test_a_pair_on_the_axis_is_not_counted_in_balls():
    with flint.ctx.workprec(200):
        assert certified_signs(flint.arb_mat([[0, 1], [-1, 0]])) is None
        assert certified_signs(flint.arb_mat([[-1, 1], [0, 0]]), zeros=1) == SignCounts(0, 1, 1)


def test_the_zero_polynomial_is_refused():
    with pytest.raises(ValueError, match="every number as a root"):
        root_signs(flint.fmpq_poly([0]))
