"""Re-check of ratios of singular values: exact quotients, and a definite matrix shown by a factorisation in balls.

With v the direction, s_1 is at least |M v| / |v|, and the singular values of M (1 - v v^T / |v|^2) are at least s_2,
s_3, ... in turn (Weyl), since the difference has rank one.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import flint
import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import Recheck, RefutedError, UndecidedError, need
from symdyn.certificate.witness.singular_values import EXCESS, GAP, SingularValuesWitness

_PRECISIONS = (160, 320, 640)
_MOST_WORK = 4e11


def check_singular_values(witness: SingularValuesWitness, verdict: str) -> Recheck:
    """Every bound follows from the direction.

    Raises
    ------
    RefutedError
        With the bound that does not.
    UndecidedError
        If the matrices are too large, or balls do not decide.
    """
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of exact bounds")
    parts = leading_parts(witness)
    need(parts.along > 0, "witness.vector", "is mapped to zero: it shows nothing of s_1")
    for number, (name, bound) in enumerate(witness.bounds):
        place = f"witness.bounds[{number}]"
        if name == GAP:
            if bound is None:
                need(parts.rest == 0 * parts.rest, place, "is not infinite: the matrix has not rank one")
            else:
                _check_gap(parts, bound, place)
        else:
            value = excess(parts) if name == EXCESS else gram_excess(parts)
            need(bound is not None and value <= bound, place, "is below what the direction shows")
    return Recheck("proved", f"{len(witness.bounds)} bounds follow from the direction, by exact quotients and balls")


@dataclass(frozen=True)
class Parts:
    """M with whole numbers, v: |v|^2, |M v|^2, and |v|^2 M - M v v^T."""

    square: int
    along: int
    rest: flint.fmpz_mat


def leading_parts(witness: SingularValuesWitness) -> Parts:
    """The part along the direction and the rest, up to a common factor.

    Raises
    ------
    UndecidedError
        If the numbers are too many and too long.
    """
    sizes = [one.shape for one in witness.factors]
    bits = sum(max(abs(x).bit_length() for row in one.rows for x in row) for one in witness.factors)
    work = sum(float(m) * n for m, n in sizes) * max(n for _, n in sizes) * (bits + 400)
    if work > _MOST_WORK:
        raise UndecidedError("the matrices are too large to be multiplied out here")
    matrix = flint.fmpz_mat([list(row) for row in witness.factors[0].rows])
    for one in witness.factors[1:]:
        tick()
        matrix = matrix * flint.fmpz_mat([list(row) for row in one.rows])
    column = flint.fmpz_mat(len(witness.vector), 1, list(witness.vector))
    image = matrix * column
    square = int((column.transpose() * column)[0, 0])
    return Parts(square, int((image.transpose() * image)[0, 0]), square * matrix - image * column.transpose())


def excess(parts: Parts) -> Fraction:
    """What the sum of (s_i/s_1)^2 over i from 2 is at most."""
    return Fraction(_square(parts.rest), parts.square * parts.along)


def gram_excess(parts: Parts) -> Fraction:
    """What the sum of (s_i/s_1)^4 over i from 2 is at most."""
    return Fraction(_square(_gram(parts.rest)), (parts.square * parts.along) ** 2)


def _square(matrix: flint.fmpz_mat) -> int:
    return sum(int(x) ** 2 for x in matrix.entries())


def _gram(matrix: flint.fmpz_mat) -> flint.fmpz_mat:
    tick()
    other = matrix.transpose()
    return other * matrix if matrix.ncols() <= matrix.nrows() else matrix * other


def _check_gap(parts: Parts, bound: Fraction, place: str) -> None:
    """1 - x^2 R^T R / (|v|^2 |M v|^2) is positive definite."""
    if bound == 0:
        return
    gram = _gram(parts.rest)
    scale = flint.fmpq(bound.numerator**2, bound.denominator**2) / (parts.square * parts.along)
    for bits in _PRECISIONS:
        tick()
        with flint.ctx.workprec(bits):
            size = gram.nrows()
            one = flint.arb_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])
            verdict = is_definite(one - flint.arb_mat(gram) * flint.arb(scale))
        if verdict is not None:
            need(verdict, place, "is above what the direction shows")
            return
    raise UndecidedError(f"{place}: balls do not decide whether a matrix is positive definite")


def is_definite(matrix: flint.arb_mat) -> bool | None:
    """Whether a symmetric matrix of balls is positive definite; None where the balls, or floats, do not tell.

    With X the inverse of a triangular factor in floats, X A X^T is nearly 1, and dominated by its diagonal.
    """
    size = matrix.nrows()
    floats = np.array([float(x.mid()) for x in matrix.entries()]).reshape(size, size)
    if not np.isfinite(floats).all():
        return None
    try:
        factor = np.linalg.inv(np.linalg.cholesky(floats))
    except np.linalg.LinAlgError:
        _, vectors = np.linalg.eigh(floats)
        direction = flint.arb_mat(size, 1, vectors[:, 0].tolist())
        return False if (direction.transpose() * matrix * direction)[0, 0] < 0 else None
    exact = flint.arb_mat(size, size, factor.ravel().tolist())
    near = exact * matrix * exact.transpose()
    for i in range(size):
        others = sum((abs(near[i, j]) for j in range(size) if j != i), flint.arb(0))
        if not near[i, i] > others:
            return None
    return True


def refuted_or_not(witness: SingularValuesWitness) -> str:
    """Why the bounds do not follow; empty if they do."""
    try:
        check_singular_values(witness, "proved")
    except (RefutedError, UndecidedError) as failure:
        return str(failure)
    return ""
