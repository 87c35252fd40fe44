"""Counts at one given point, for quadratic outputs: their gradients generate a finite Lie algebra of matrices.

Its dimension at the point is exact over Q: all brackets of matrices are formed until no new one is independent.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import flint
import sympy as sp

from .cases import Case, call, names
from .drawing import formula, multiple, small
from .outputs import parametrized

_Matrix = list[list[int]]


def points_given(draw: random.Random) -> Case:
    """Quadratic outputs at points with zeros, equal coordinates and multiples of primes."""
    dimension = draw.randint(1, 4)
    matrices = [_symmetric(draw, dimension) for _ in range(draw.randint(1, 2))]
    case = parametrized([formula(_terms(one)) for one in matrices], dimension)
    value = draw.choice((small(draw), multiple(draw)))
    point = [draw.choice((0, value, value, small(draw), multiple(draw))) for _ in range(dimension)]
    given = {**case.options, "at": dict(zip(names(dimension), map(sp.Integer, point)))}
    text = call(case.text[len("sd.conservation_laws(") : case.text.rindex(", seed=")], given)
    return replace(case, text=text, options=given, rank_at=rank_at(matrices, point))


def _symmetric(draw: random.Random, size: int) -> _Matrix:
    matrix = [[0] * size for _ in range(size)]
    for _ in range(draw.randint(1, size + 1)):
        i, j = draw.randrange(size), draw.randrange(size)
        matrix[i][j] = matrix[j][i] = small(draw) if draw.random() < 0.8 else multiple(draw)
    return matrix


def _terms(matrix: _Matrix) -> list[tuple[tuple[int, ...], int]]:
    """x^T A x."""
    size = range(len(matrix))
    return [
        (tuple((k == i) + (k == j) for k in size), matrix[i][j]) for i in size for j in size if matrix[i][j]
    ]


def rank_at(matrices: Sequence[_Matrix], point: Sequence[int]) -> int:
    """Dimension, at a point, of the Lie algebra that linear fields generate."""
    first = [flint.fmpz_mat(one) for one in matrices]
    basis: list[flint.fmpz_mat] = []
    waiting = list(first)
    while waiting:
        one = waiting.pop()
        rows = [_flat(other) for other in (*basis, one)]
        if flint.fmpz_mat(rows).rank() == len(rows):
            basis.append(one)
            waiting += [other * one - one * other for other in first]
    column = flint.fmpz_mat([[x] for x in point])
    return int(flint.fmpz_mat([_flat(one * column) for one in basis]).rank()) if basis else 0


def _flat(matrix: flint.fmpz_mat) -> list[flint.fmpz]:
    return [entry for row in matrix.tolist() for entry in row]
