"""Certificates of exact inertia: of symmetric rational matrices, or of a polynomial at its critical points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import flint
import sympy as sp

from symdyn.algebra.linear.spectrum import rational_matrix, symmetric_signs
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.program import Program
from symdyn.certificate.witness.stability.inertia import (
    MOST_CASES,
    MOST_ROWS,
    InertiaWitness,
    MatrixInertia,
    PointInertia,
    Signs,
)
from symdyn.errors import ShapeError

_METHOD = "signs of the coefficients of characteristic polynomials over Q, all of whose roots are real (Descartes)"


class CriticalPoint(NamedTuple):
    """A rational critical point of a polynomial.

    Parameters
    ----------
    name
        In words.
    point
        Its coordinates.
    value
        Of the polynomial.
    hessian
        There.
    curve
        For each coordinate (n, c): it moves by c e^n along a curve that leads down. Empty if none is shown.
    """

    name: str
    point: Sequence[Fraction]
    value: Fraction
    hessian: flint.fmpq_mat
    curve: Sequence[tuple[int, Fraction]] = ()


def matrix_signs(matrix: flint.fmpq_mat) -> Signs:
    """Numbers of positive, zero and negative eigenvalues of a symmetric rational matrix; exact.

    Examples
    --------
    >>> matrix_signs(rational_matrix([[0, 1], [1, 0]]))
    (1, 0, 1)
    """
    found = symmetric_signs(matrix)
    return found.positive, found.zero, found.negative


def inertia_certificate(matrices: Mapping[str, Any]) -> Certificate:
    """The certificate that symmetric rational matrices have the signs of eigenvalues that they have.

    Parameters
    ----------
    matrices
        By name: rows of integers and fractions, or FLINT matrices.

    Raises
    ------
    ShapeError
        If a matrix is not symmetric, or there is none.

    Examples
    --------
    >>> inertia_certificate({"A": [[1, 2], [2, 0]]}).claim
    'the symmetric matrix A = [[1, 2], [2, 0]] has 1 positive, 0 zero and 1 negative eigenvalues'
    """
    if not matrices:
        raise ShapeError("there is no matrix: give at least one, as in {'A': [[1, 2], [2, 0]]}")
    told = []
    for name, rows in matrices.items():
        matrix = rows if isinstance(rows, flint.fmpq_mat) else rational_matrix(rows)
        if matrix != matrix.transpose():
            raise ShapeError(f"{name} is not symmetric: signs of eigenvalues are counted of symmetric matrices")
        size = matrix.nrows()
        upper = ((i, j, _fraction(matrix[i, j])) for i in range(size) for j in range(i, size))
        entries = tuple(entry for entry in upper if entry[2])
        told.append(MatrixInertia(name, size, entries, matrix_signs(matrix)))
    return certified(InertiaWitness(tuple(told)), Verdict.PROVED, _METHOD, provenance=provenance())


def critical_point_certificate(
    function: sp.Expr, coords: Sequence[sp.Symbol], points: Iterable[CriticalPoint]
) -> Certificate | None:
    """The certificate of values, slopes that vanish, and signs of Hessians of a polynomial at rational points.

    A re-check computes all of them again from the formula. None for more coordinates or points than a witness holds.

    Parameters
    ----------
    function
        A polynomial; it need not be expanded.
    coords
        Its symbols, in the order of the coordinates of the points.
    points
        At least one.
    """
    listed = list(points)
    if len(coords) > MOST_ROWS or not 0 < len(listed) <= MOST_CASES:
        return None
    line = straight_line([function], coords)
    told = tuple(
        PointInertia(
            one.name,
            tuple((k, Fraction(x)) for k, x in enumerate(one.point) if x),
            Fraction(one.value),
            matrix_signs(one.hessian),
            tuple((k, n, Fraction(c)) for k, (n, c) in enumerate(one.curve) if c),
        )
        for one in listed
    )
    steps = tuple((name, *operands) for name, operands in line.steps)
    program = Program(len(coords), steps, tuple(line.outputs))
    record = InertiaWitness(names=tuple(map(str, coords)), function=program, points=told)
    return certified(record, Verdict.PROVED, _METHOD, provenance=provenance())


def _fraction(value: flint.fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))
