"""How far the first singular value of a matrix with numbers leads, proved: the gap, and what stable ranks are above 1.

Floats are the fractions that they are. A direction of the first singular value is found in floats; what it shows is
computed exactly, and stored with the matrices for a re-check.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.singular_values import (
    EXCESS,
    GAP,
    GRAM_EXCESS,
    MOST_FACTORS,
    MOST_ROWS,
    SingularValuesWitness,
    StoredMatrix,
)
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, real_array, whole

_METHOD = "exact quotients of a direction that floats found, and a definite matrix in balls"
_BITS = 50


def singular_gap(matrix: Any, *, digits: int = 6) -> Certificate:
    """A lower bound of s_1/s_2, proved.

    Parameters
    ----------
    matrix
        Array or SymPy matrix of rational numbers, up to 400 rows and columns.
    digits
        Of the bound.

    Raises
    ------
    ModelError, ShapeError
        If it is no such matrix, or its first two singular values are too close to one another.

    Examples
    --------
    >>> singular_gap([[3, 0], [0, 1]]).claim.partition("satisfy ")[2]
    's_1/s_2 >= 2.999997'
    """
    places = whole(digits, "the number of digits", least=1, most=9)
    record, floats = _found([matrix])
    singular = np.linalg.svd(floats, compute_uv=False)
    from symdyn.certificate.recheck.matrices.singular_values import refuted_or_not

    alone = _with(replace(record, vector=max(record.factors[0].rows, key=any)), ((GAP, None),))
    if not refuted_or_not(alone):  # of rank one, exactly: any row that is not zero is its direction
        return certified(alone, Verdict.PROVED, _METHOD, provenance=provenance())
    ratio = singular[0] / max(singular[1], np.finfo(float).tiny)
    for loss in range(places):
        near = Fraction(float(ratio)) * (1 - Fraction(10**loss, 10**places))
        bound = _rounded(near, places + 1, ROUND_FLOOR)
        if not refuted_or_not(_with(record, ((GAP, bound),))):
            return _certified(record, ((GAP, bound),))
    raise ModelError("the gap was not enclosed: singular values are too close, or differ too much in size, for floats")


def stable_rank_excess(factors: Sequence[Any], *, digits: int = 4) -> Certificate:
    """Upper bounds of what the stable ranks of a product are above 1, proved: of X, and of X X^T.

    Parameters
    ----------
    factors
        Arrays or SymPy matrices of rational numbers; their product in this order is X. It is computed exactly.
    digits
        Of the bounds.

    Raises
    ------
    ModelError, ShapeError
        If they are no such matrices, or the product is zero.

    Examples
    --------
    >>> stable_rank_excess([[[3, 0], [0, 1]]]).claim.partition("satisfy ")[2]
    'sum over i >= 2 of (s_i/s_1)**2 <= 0.1112, sum over i >= 2 of (s_i/s_1)**4 <= 0.01235'
    """
    places = whole(digits, "the number of digits", least=1, most=12)
    record, _ = _found(list(factors))
    from symdyn.certificate.recheck.matrices.singular_values import excess, gram_excess, leading_parts

    parts = leading_parts(record)
    bounds = tuple(
        (name, _rounded(value, places, ROUND_CEILING))
        for name, value in ((EXCESS, excess(parts)), (GRAM_EXCESS, gram_excess(parts)))
    )
    return _certified(record, bounds)


def matrix_sha256(*factors: Any) -> str:
    """The SHA-256 by which certificates name a matrix, or the factors of a product."""
    return _with(_found(list(factors))[0], ()).sha256


def _certified(record: SingularValuesWitness, bounds: tuple[tuple[str, Fraction | None], ...]) -> Certificate:
    return certified(_with(record, bounds), Verdict.PROVED, _METHOD, provenance=provenance())


def _with(record: SingularValuesWitness, bounds: tuple[tuple[str, Fraction | None], ...]) -> SingularValuesWitness:
    return replace(record, bounds=bounds)


def _found(matrices: list[Any]) -> tuple[SingularValuesWitness, Floats]:
    """The record without bounds, and the product in floats, scaled."""
    if not 0 < len(matrices) <= MOST_FACTORS:
        raise ModelError(f"{len(matrices)} factors came: give 1 to {MOST_FACTORS}")
    factors = tuple(map(_stored, matrices))
    for one, other in zip(factors, factors[1:]):
        if one.shape[1] != other.shape[0]:
            raise ShapeError(f"factors {one.shape} and {other.shape} came: give such as can be multiplied")
    product = _floats(factors[0])
    for one in factors[1:]:
        product = product @ _floats(one)
        product = product / (np.abs(product).max() or 1)
    if not product.any():
        raise ModelError("the matrix is zero: it has no first singular value, give another")
    right = np.linalg.svd(product)[2][0]
    vector = tuple(int(np.round(np.ldexp(x, _BITS))) for x in right)
    return SingularValuesWitness(factors, vector, ()), product


def _stored(matrix: Any) -> StoredMatrix:
    if isinstance(matrix, sp.MatrixBase):
        if not all(entry.is_Rational for entry in matrix):
            raise ModelError("the matrix has entries that are no rational numbers: give fractions or floats")
        rows = [[Fraction(int(x.p), int(x.q)) for x in matrix.row(i)] for i in range(matrix.rows)]
    else:
        rows = [[Fraction(x) for x in row] for row in real_array(matrix, "the matrix", ndim=2).tolist()]
    if not rows or not rows[0] or max(len(rows), len(rows[0])) > MOST_ROWS:
        raise ShapeError(f"a matrix with up to {MOST_ROWS} rows and columns is needed: give such a one")
    below = lcm(*(x.denominator for row in rows for x in row))
    return StoredMatrix(tuple(tuple(x.numerator * (below // x.denominator) for x in row) for row in rows), below)


def _floats(matrix: StoredMatrix) -> Floats:
    largest = max(abs(x) for row in matrix.rows for x in row) or 1
    return np.array([[float(Fraction(x, largest)) for x in row] for row in matrix.rows])


def _rounded(value: Fraction, digits: int, way: str) -> Fraction:
    """To so many significant digits, downwards or upwards."""
    context = Context(prec=digits, rounding=way)
    return Fraction(context.divide(Decimal(value.numerator), Decimal(value.denominator)))
