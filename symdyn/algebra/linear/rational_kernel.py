"""Kernels and solutions of rational linear systems that may be rank deficient."""

from __future__ import annotations

import flint


def rational_kernel(matrix: flint.fmpq_mat) -> flint.fmpq_mat:
    """Columns that form a basis of the kernel, of shape (columns of the matrix, nullity).

    Examples
    --------
    >>> rational_kernel(flint.fmpq_mat(1, 2, [2, 4]))
    [-2]
    [ 1]
    """
    echelon, rank = matrix.rref()
    pivots = _pivots(echelon, rank)
    width = matrix.ncols()
    free = [j for j in range(width) if j not in set(pivots)]
    kernel = flint.fmpq_mat(width, len(free))
    for column, j in enumerate(free):
        kernel[j, column] = 1
        for i, pivot in enumerate(pivots):
            kernel[pivot, column] = -echelon[i, j]
    return kernel


def solved(matrix: flint.fmpq_mat, right: flint.fmpq_mat) -> list[flint.fmpq] | None:
    """One solution of matrix x = right (a column), with zeros for the free unknowns; None if there is none."""
    height, width = matrix.nrows(), matrix.ncols()
    rows = [[*row, *tail] for row, tail in zip(matrix.tolist(), right.tolist(), strict=True)]
    echelon, rank = flint.fmpq_mat(height, width + 1, [x for row in rows for x in row]).rref()
    pivots = _pivots(echelon, rank)
    if width in pivots:
        return None
    found = [flint.fmpq(0)] * width
    for i, pivot in enumerate(pivots):
        found[pivot] = echelon[i, width]
    return found


def _pivots(echelon: flint.fmpq_mat, rank: int) -> list[int]:
    width = echelon.ncols()
    return [next(j for j in range(width) if echelon[i, j] != 0) for i in range(rank)]
