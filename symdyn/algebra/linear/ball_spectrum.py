"""Signs of the real parts of a spectrum, and moduli of multipliers against 1, that are known only in balls.

Of small matrices the characteristic polynomial is computed in balls, a known number of zero roots is divided out, and
the rest is counted by Routh's scheme. Large ones are taken apart into diagonal blocks, whose signs a quadratic form
shows. Every sign that decides must be certain: clusters and Jordan blocks are no obstacle, a root on the imaginary axis
beyond the known zeros is, and then there is no answer.
"""

from __future__ import annotations

import flint
import numpy as np

from symdyn.algebra.linear.diagonal_blocks import diagonal_blocks
from symdyn.algebra.linear.inertia import floats_of_balls, sides_of_axis
from symdyn.algebra.linear.spectrum import SignCounts

#: Exponents of two by which the axis is shifted.
_SHIFTS = (-7, -13, -24, -50)
# rows up to which the characteristic polynomial comes first, its shifts are tried, and it is tried at all
_SMALL, _MEDIUM, _LARGEST = 40, 64, 200


def certified_signs(matrix: flint.arb_mat, zeros: int = 0) -> SignCounts | None:
    """Counts of eigenvalues by the sign of the real part, for every matrix in the ball; None if a sign is uncertain.

    Parameters
    ----------
    matrix
        Square, in balls.
    zeros
        How many eigenvalues are known to vanish exactly, with multiplicity; what is proved rests on that.
    """
    size = matrix.nrows()
    if size == zeros:
        return SignCounts(0, zeros, 0)
    if size <= _SMALL:
        found = _positive_roots(matrix, zeros)
        if found is not None:
            return SignCounts(found, zeros, size - zeros - found)
    sides = _sides(matrix) if not zeros else _sides_beside(matrix, zeros)
    return None if sides is None else SignCounts(sides[0], zeros, sides[1])


def _sides(matrix: flint.arb_mat) -> tuple[int, int] | None:
    """Eigenvalues right and left of the axis, where none is on it."""
    right = left = 0
    for block in diagonal_blocks(matrix):
        small = block.nrows() <= _SMALL
        sides = (_by_polynomial(block) or sides_of_axis(block)) if small else (
            sides_of_axis(block) or _by_polynomial(block)
        )
        if sides is None:
            return None
        right, left = right + sides[0], left + sides[1]
    return right, left


def _by_polynomial(matrix: flint.arb_mat) -> tuple[int, int] | None:
    size = matrix.nrows()
    if size > _LARGEST:
        return None
    found = _positive_roots(matrix, 0)
    if found is not None:
        return found, size - found
    # roots that come with their negatives stop the scheme; shifted a little to either side they do not
    for exponent in _SHIFTS if size <= _MEDIUM else ():
        distance = flint.arb(2) ** exponent
        right, left = _positive_roots(_moved(matrix, -distance), 0), _positive_roots(_moved(-matrix, -distance), 0)
        if right is not None and left is not None and right + left == size:
            return right, left
    return None


def certified_moduli(multipliers: flint.arb_mat, zeros: int = 0) -> SignCounts | None:
    """Counts of eigenvalues of modulus above, equal to and below 1; None where one is uncertain.

    With M the matrix, (M + 1)^-1 (M - 1) carries the disc to the half plane of negative real parts, and 1 to 0. An
    eigenvalue -1 is carried to infinity: there is no answer then.

    Parameters
    ----------
    multipliers
        Square, in balls.
    zeros
        How many eigenvalues are known to be 1 exactly, with multiplicity.

    Examples
    --------
    >>> certified_moduli(flint.arb_mat([[2, 0], [0, flint.arb("-0.5")]]))
    SignCounts(positive=1, zero=0, negative=1)
    """
    size = multipliers.nrows()
    one = flint.arb_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])
    try:
        return certified_signs((multipliers + one).solve(multipliers - one), zeros)
    except ZeroDivisionError:
        return None


def moduli_beside(multipliers: flint.arb_mat, ones: int, minus_ones: int) -> SignCounts | None:
    """The same where eigenvalues 1 and -1 are known exactly, with their multiplicities; None where one is uncertain.

    The known factors are divided out of the characteristic polynomial, and the rest is carried by z = (1 + w)/(1 - w).

    Examples
    --------
    >>> moduli_beside(flint.arb_mat([[-1, 5, 0], [0, 1, 0], [0, 0, flint.arb("0.5")]]), 1, 1)
    SignCounts(positive=0, zero=2, negative=1)
    """
    polynomial = multipliers.charpoly()
    rest = [polynomial[k] for k in range(multipliers.nrows() + 1)]
    for root, times in ((1, ones), (-1, minus_ones)):
        for _ in range(times):
            rest = _divided(rest, root)
    degree = len(rest) - 1
    if not degree:
        return SignCounts(0, ones + minus_ones, 0)
    plus, minus = flint.arb_poly([1, 1]), flint.arb_poly([1, -1])
    image = flint.arb_poly([0])
    for k, coefficient in enumerate(rest):
        image += flint.arb_poly([coefficient]) * plus**k * minus ** (degree - k)
    outside = routh_positive_roots([image[k] for k in range(degree + 1)])
    return None if outside is None else SignCounts(outside, ones + minus_ones, degree - outside)


def _divided(coefficients: list[flint.arb], root: int) -> list[flint.arb]:
    """The quotient by z - root, of which the remainder is known to vanish: Horner's scheme."""
    quotient = [coefficients[-1]]
    for coefficient in coefficients[-2:0:-1]:
        quotient.append(coefficient + root * quotient[-1])
    return quotient[::-1]


def _sides_beside(matrix: flint.arb_mat, zeros: int) -> tuple[int, int] | None:
    """Eigenvalues right and left of a strip around the axis, where the strip holds no others than known zeros."""
    middle = floats_of_balls(matrix)
    if not np.isfinite(middle).all():
        return None
    size = np.sort(np.abs(np.linalg.eigvals(middle).real))
    width = flint.arb(float(np.sqrt(max(size[zeros - 1], 1e-15 * size[-1]) * size[zeros])))
    right, left = _sides(_moved(matrix, -width)), _sides(_moved(matrix, width))
    if right is None or left is None or right[0] + left[1] + zeros != len(size):
        return None
    return right[0], left[1]


def _moved(matrix: flint.arb_mat, distance: flint.arb) -> flint.arb_mat:
    """The matrix with all eigenvalues moved along the real line."""
    size = matrix.nrows()
    return matrix + flint.arb_mat(size, size, [distance if i == j else 0 for i in range(size) for j in range(size)])


def _positive_roots(matrix: flint.arb_mat, zeros: int) -> int | None:
    polynomial = matrix.charpoly()
    return routh_positive_roots([polynomial[k] for k in range(zeros, matrix.nrows() + 1)])


def routh_positive_roots(coefficients: list[flint.arb]) -> int | None:
    """Number of roots with positive real part, from ball coefficients c_0 + c_1 x + ...; None if uncertain.

    Routh's rows: each next row is the one before last minus a multiple of the last, and the sign changes in the first
    column count the roots. A first entry that may vanish ends the scheme without an answer.
    """
    degree = len(coefficients) - 1
    above = coefficients[degree::-2]
    below = coefficients[degree - 1 :: -2] if degree else []
    column = [above[0]]
    for _ in range(degree):
        if not below or _sign(below[0]) == 0:
            return None
        column.append(below[0])
        ratio = above[0] / below[0]
        width = len(above) - 1
        nxt = [above[k + 1] - ratio * below[k + 1] if k + 1 < len(below) else above[k + 1] for k in range(width)]
        above, below = below, nxt
    signs = [_sign(entry) for entry in column]
    if 0 in signs:
        return None
    return sum(a != b for a, b in zip(signs, signs[1:], strict=False))


def _sign(ball: flint.arb) -> int:
    """1 or -1 where certain, else 0."""
    if not ball.is_finite():
        return 0
    return 1 if ball > 0 else (-1 if ball < 0 else 0)
